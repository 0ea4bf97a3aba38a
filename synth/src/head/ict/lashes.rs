//! Lashes of the ICT model: several sheets of strips per lid, of which one is enough.
//!
//! Takes the cut of one eye's lashes; keeps the sheet with the longest lashes of each lid and gives
//! it the uv that lashes have here: v from root to tip, u from the inner to the outer corner, one
//! more on the lower lid.

use glam::{Vec2, Vec3};

use super::cut::Cut;

/// One sheet: vertices that triangles connect.
struct Sheet {
    vertices: Vec<u32>,
    uvs: Vec<Vec2>,
    /// How far the tips are from the eye, compared with the roots.
    length: f32,
    is_upper: bool,
}

/// Thins out the lashes around an eyeball at `eye`; `positions` are those of the model.
pub(super) fn comb(cut: &mut Cut, positions: &[Vec3], eye: Vec3) {
    let sheets: Vec<Sheet> = connected(cut)
        .into_iter()
        .map(|vertices| Sheet::of(vertices, cut, positions, eye))
        .collect();
    let mut kept = vec![false; cut.source.len()];
    for is_upper in [true, false] {
        let of_lid = sheets.iter().filter(|sheet| sheet.is_upper == is_upper);
        let Some(sheet) = of_lid.max_by(|a, b| a.length.total_cmp(&b.length)) else {
            continue;
        };
        for (&vertex, uv) in sheet.vertices.iter().zip(&sheet.uvs) {
            kept[vertex as usize] = true;
            cut.uvs[vertex as usize] = *uv;
        }
    }
    cut.keep(&kept);
}

/// Vertices by what triangles connect, in order.
fn connected(cut: &Cut) -> Vec<Vec<u32>> {
    let mut parents: Vec<u32> = (0..cut.source.len() as u32).collect();
    fn top(parents: &mut [u32], mut vertex: u32) -> u32 {
        while parents[vertex as usize] != vertex {
            let above = parents[parents[vertex as usize] as usize];
            parents[vertex as usize] = above;
            vertex = above;
        }
        vertex
    }
    let edges = cut.triangles.iter().flat_map(|&[a, b, c]| [[a, b], [b, c]]);
    for [a, b] in edges.chain(cut.weld.iter().copied()) {
        let (a, b) = (top(&mut parents, a), top(&mut parents, b));
        parents[a.max(b) as usize] = a.min(b);
    }
    let mut groups = vec![Vec::new(); parents.len()];
    for vertex in 0..parents.len() as u32 {
        groups[top(&mut parents, vertex) as usize].push(vertex);
    }
    groups.retain(|group| group.len() > 2);
    groups
}

impl Sheet {
    fn of(vertices: Vec<u32>, cut: &Cut, positions: &[Vec3], eye: Vec3) -> Self {
        let places: Vec<Vec3> = vertices
            .iter()
            .map(|&vertex| positions[cut.source[vertex as usize] as usize])
            .collect();
        let raw: Vec<Vec2> = vertices.iter().map(|&v| cut.uvs[v as usize]).collect();
        let low = raw.iter().copied().fold(Vec2::MAX, Vec2::min);
        let span = raw.iter().copied().fold(Vec2::MIN, Vec2::max) - low;
        let mut uvs: Vec<Vec2> = raw
            .iter()
            .map(|uv| (*uv - low) / span.max(Vec2::splat(1e-6)))
            .collect();
        // Tips are further from the eye than roots, outer corners from the middle of the face.
        let from_eye = |at: &Vec3| at.distance(eye);
        if mean(&places, &uvs, from_eye, |uv| uv.y > 0.5)
            < mean(&places, &uvs, from_eye, |uv| uv.y < 0.5)
        {
            uvs.iter_mut().for_each(|uv| uv.y = 1.0 - uv.y);
        }
        let sideways = |at: &Vec3| at.x.abs();
        if mean(&places, &uvs, sideways, |uv| uv.x > 0.5)
            < mean(&places, &uvs, sideways, |uv| uv.x < 0.5)
        {
            uvs.iter_mut().for_each(|uv| uv.x = 1.0 - uv.x);
        }
        let tips = mean(&places, &uvs, from_eye, |uv| uv.y > 0.9);
        let roots = mean(&places, &uvs, from_eye, |uv| uv.y < 0.1);
        let is_upper = mean(&places, &uvs, |at| at.y, |uv| uv.y < 0.1) > eye.y;
        let tile = if is_upper { 0.0 } else { 1.0 };
        for uv in &mut uvs {
            uv.x = tile + 0.999 * uv.x;
        }
        Self {
            vertices,
            uvs,
            length: tips - roots,
            is_upper,
        }
    }
}

/// The mean of something over the places whose uv is chosen.
fn mean(
    places: &[Vec3],
    uvs: &[Vec2],
    of: impl Fn(&Vec3) -> f32,
    chosen: impl Fn(&Vec2) -> bool,
) -> f32 {
    let values = places.iter().zip(uvs).filter(|(_, uv)| chosen(uv));
    let (sum, count) = values.fold((0.0, 0.0_f32), |(sum, count), (at, _)| {
        (sum + of(at), count + 1.0)
    });
    sum / count.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_sheet_of_each_lid_stays_and_is_combed() {
        // Sheets of two by two vertices over an eye at the origin of x = 3: an upper and a lower
        // one with their uv the wrong way round, and a shorter upper one.
        let (mut cut, mut positions) = (Cut::default(), Vec::new());
        for (height, length, turned) in [(0.8, 0.5, true), (0.8, 0.2, false), (-0.8, 0.3, true)] {
            let first = positions.len() as u32;
            for (x, tip) in [(2.0, 0.0), (4.0, 0.0), (2.0, 1.0), (4.0, 1.0)] {
                positions.push(Vec3::new(x, height, 1.0 + tip * length));
                let uv = Vec2::new((x - 2.0) / 2.0, tip);
                let uv = if turned { Vec2::ONE - uv } else { uv };
                cut.uvs.push(uv * 0.1 + Vec2::splat(0.4));
                cut.source.push(positions.len() as u32 - 1);
            }
            let corners = [[0, 1, 2], [1, 3, 2]];
            let corners = corners.map(|triangle| triangle.map(|corner| corner + first));
            cut.triangles.extend(corners);
        }
        comb(&mut cut, &positions, Vec3::new(3.0, 0.0, 0.0));
        assert_eq!(cut.source, [0, 1, 2, 3, 8, 9, 10, 11]);
        let uvs: Vec<[f32; 2]> = cut
            .uvs
            .iter()
            .map(|uv| uv.to_array().map(|value| (value * 1e3).round() / 1e3))
            .collect();
        insta::assert_compact_debug_snapshot!(uvs, @"[[0.0, 0.0], [0.999, 0.0], [0.0, 1.0], [0.999, 1.0], [1.0, 0.0], [1.999, 0.0], [1.0, 1.0], [1.999, 1.0]]");
        assert_eq!(cut.triangles.len(), 4);
    }
}
