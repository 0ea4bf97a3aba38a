//! A medical face mask, draped over what the face does.
//!
//! Takes the morphed skin; gives a sheet of cloth that lies on nose, cheeks and chin and spans the
//! hollows between them, with loops to the ears.

use glam::Vec3;
use rand::Rng;

use super::{
    colour,
    dice::{between, chance, pick},
    solid::Solid,
    studio::Measure,
};
use crate::render::Vertex;

const COLUMNS: usize = 20;
const ROWS: usize = 14;
/// Bins of the relief of a face, across and down.
const BINS: [usize; 2] = [36, 30];
/// What the relief covers, in face coordinates.
const LOW: [f32; 2] = [-2.2, -1.05];
const HIGH: [f32; 2] = [2.2, 1.05];

/// A mask.
#[derive(Clone, Debug)]
pub(super) struct Mask {
    colour: Vec3,
    /// Where it ends on the nose, in face coordinates: low on some faces.
    top: f32,
    /// Centimetres from the skin.
    lift: f32,
}

impl Mask {
    pub(super) fn draw(rng: &mut impl Rng) -> Self {
        let colour = match pick(rng, &[4.0, 3.0, 2.0, 1.0]) {
            0 => Vec3::new(0.36, 0.60, 0.72) * between(rng, 0.8, 1.15),
            1 => Vec3::splat(between(rng, 0.65, 0.85)),
            2 => Vec3::splat(between(rng, 0.015, 0.06)),
            _ => colour::cloth(rng),
        };
        Self {
            colour,
            top: if chance(rng, 0.12) {
                between(rng, 0.1, 0.3)
            } else {
                between(rng, 0.62, 0.86)
            },
            lift: between(rng, 0.15, 0.5),
        }
    }

    /// The mask on a face whose skin has these vertices.
    pub(super) fn wear(&self, skin: &[Vec3], measure: &Measure) -> Solid {
        let relief = Relief::of(skin, measure);
        let mut sheet: Vec<Vec3> = (0..ROWS * COLUMNS)
            .map(|index| {
                let [row, column] = [index / COLUMNS, index % COLUMNS];
                let [down, across] = [
                    row as f32 / (ROWS - 1) as f32,
                    2.0 * column as f32 / (COLUMNS - 1) as f32 - 1.0,
                ];
                let width = 1.15 + 0.75 * (down * std::f32::consts::PI).sin();
                let x = across * width;
                // The upper edge dips from the nose to the cheeks.
                let top = self.top - 0.3 * across * across;
                let y = top + (-0.8 - top) * down;
                Vec3::new(x, y, relief.at(x, y))
            })
            .collect();
        // Cloth is taut: first from nose to chin, then from cheek to cheek.
        for column in 0..COLUMNS {
            span(&mut sheet, column, COLUMNS, ROWS);
        }
        for row in 0..ROWS {
            span(&mut sheet, row * COLUMNS, 1, COLUMNS);
        }
        let mut solid = Solid::default();
        for (index, at) in sheet.iter().enumerate() {
            let row = index / COLUMNS;
            let pleat = matches!(row, 4 | 6 | 8);
            let lift = self.lift + if pleat { -0.1 } else { 0.0 };
            solid.vertices.push(Vertex {
                position: measure.position(*at) + Vec3::Z * lift,
                tint: self.colour * if pleat { 0.72 } else { 1.0 },
                occlusion: 1.0,
                ..Vertex::default()
            });
        }
        for row in 0..ROWS - 1 {
            for column in 0..COLUMNS - 1 {
                let a = (row * COLUMNS + column) as u32;
                let [b, c, d] = [a + 1, a + COLUMNS as u32, a + COLUMNS as u32 + 1];
                solid.triangles.extend([[a, c, b], [b, c, d]]);
            }
        }
        solid.smooth();
        for (column, side) in [(0, -1.0), (COLUMNS - 1, 1.0)] {
            for (row, height) in [(2, 0.95), (ROWS - 3, 0.3)] {
                let from = solid.vertices[row * COLUMNS + column].position;
                let ear = measure.position(Vec3::new(2.3 * side, height, -2.5));
                let loops = Solid::tube(&[from, ear], 0.1);
                solid.join(loops.coloured(|_| Vec3::splat(0.7)));
            }
        }
        solid
    }
}

/// Depth of the front of a face over its plane, in face coordinates.
struct Relief(Vec<f32>);

impl Relief {
    fn of(skin: &[Vec3], measure: &Measure) -> Self {
        let mut depths = vec![f32::MIN; BINS[0] * BINS[1]];
        for position in skin {
            let face = measure.face(*position);
            let [x, y] = Self::place(face.x, face.y);
            let inside = (0.0..BINS[0] as f32).contains(&x) && (0.0..BINS[1] as f32).contains(&y);
            if inside {
                let depth = &mut depths[y as usize * BINS[0] + x as usize];
                *depth = depth.max(face.z);
            }
        }
        // Bins without a vertex take the mean of those around them, nearest first.
        while depths.contains(&f32::MIN) && depths.iter().any(|depth| *depth > f32::MIN) {
            let before = depths.clone();
            for (index, depth) in depths.iter_mut().enumerate() {
                if *depth == f32::MIN {
                    let near = neighbours(index).map(|near| before[near]);
                    let (sum, count) = near
                        .filter(|near| *near > f32::MIN)
                        .fold((0.0, 0.0_f32), |(sum, count), near| {
                            (sum + near, count + 1.0)
                        });
                    if count > 0.0 {
                        *depth = sum / count;
                    }
                }
            }
        }
        Self(depths)
    }

    /// Where face coordinates lie among the bins.
    fn place(x: f32, y: f32) -> [f32; 2] {
        let share = |value: f32, axis: usize| {
            (value - LOW[axis]) / (HIGH[axis] - LOW[axis]) * BINS[axis] as f32
        };
        [share(x, 0), share(y, 1)]
    }

    fn at(&self, x: f32, y: f32) -> f32 {
        let [x, y] = Self::place(x, y).map(|at| (at - 0.5).max(0.0));
        let [left, low] = [(x as usize).min(BINS[0] - 2), (y as usize).min(BINS[1] - 2)];
        let [fx, fy] = [(x - left as f32).min(1.0), (y - low as f32).min(1.0)];
        let bin = |dx: usize, dy: usize| self.0[(low + dy) * BINS[0] + left + dx];
        let lower = bin(0, 0) * (1.0 - fx) + bin(1, 0) * fx;
        let upper = bin(0, 1) * (1.0 - fx) + bin(1, 1) * fx;
        lower * (1.0 - fy) + upper * fy
    }
}

/// The bins beside one.
fn neighbours(index: usize) -> impl Iterator<Item = usize> {
    let [x, y] = [index % BINS[0], index / BINS[0]];
    [
        (x > 0).then(|| index - 1),
        (x + 1 < BINS[0]).then(|| index + 1),
        (y > 0).then(|| index - BINS[0]),
        (y + 1 < BINS[1]).then(|| index + BINS[0]),
    ]
    .into_iter()
    .flatten()
}

/// Lifts a line of points onto the straight lines between any two of them: what taut cloth does.
fn span(sheet: &mut [Vec3], first: usize, stride: usize, count: usize) {
    let line: Vec<f32> = (0..count)
        .map(|step| sheet[first + step * stride].z)
        .collect();
    for low in 0..count {
        for high in low + 1..count {
            for between in low + 1..high {
                let share = (between - low) as f32 / (high - low) as f32;
                let depth = &mut sheet[first + between * stride].z;
                *depth = depth.max(line[low] + (line[high] - line[low]) * share);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cloth_spans_hollows_and_lies_on_ridges() {
        let mut line: Vec<Vec3> = [0.0, 2.0, 0.0, 1.0, 0.0]
            .map(|z| Vec3::new(0.0, 0.0, z))
            .into();
        span(&mut line, 0, 1, 5);
        let depths: Vec<f32> = line.iter().map(|at| at.z).collect();
        assert_eq!(depths, [0.0, 2.0, 1.5, 1.0, 0.0]);
    }
}
