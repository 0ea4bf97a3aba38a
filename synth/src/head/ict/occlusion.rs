//! How much ambient light reaches each vertex of a neutral head.
//!
//! Takes parts; gives 0 to 255 per vertex. The head is looked at from many directions; a vertex is
//! lit from those that see it, more from those that its surface faces. Nostrils, mouth and the
//! sockets of the eyes stay dark. Lashes let light through and throw no shade.

use glam::{Quat, Vec3};
use rayon::prelude::*;

use super::super::{Material, Part};

/// How many directions light comes from.
const DIRECTIONS: usize = 64;
/// What counts as light that falls straight on a surface; 64 of it fit into 32 bits.
const UNIT: f32 = 65_536.0;
/// Side of the depth map of a direction in pixels.
const SIDE: usize = 384;
/// How far behind what is seen a vertex may lie and still be lit, in centimetres.
const SLACK: f32 = 0.06;
/// The same where a pixel covers a slope, at most.
const MOST_SLACK: f32 = 0.5;

/// Per part and vertex.
pub(super) fn light(parts: &[&Part]) -> Vec<Vec<u8>> {
    let normals: Vec<Vec<Vec3>> = parts.iter().map(|part| normals(part)).collect();
    let reach = parts
        .iter()
        .flat_map(|part| &part.positions)
        .map(|at| at.length())
        .fold(1.0, f32::max);
    let none = || -> Vec<Vec<[u32; 2]>> {
        let zeros = |part: &&Part| vec![[0; 2]; part.positions.len()];
        parts.iter().map(zeros).collect()
    };
    let sums = (0..DIRECTIONS)
        .into_par_iter()
        .fold(none, |mut sums, number| {
            add_light(&mut sums, parts, &normals, direction(number), reach);
            sums
        })
        .reduce(none, |mut a, b| {
            let pairs = a.iter_mut().flatten().zip(b.into_iter().flatten());
            pairs.for_each(|(a, b)| *a = [a[0] + b[0], a[1] + b[1]]);
            a
        });
    let byte =
        |[lit, all]: [u32; 2]| (255.0 * f64::from(lit) / f64::from(all.max(1))).round() as u8;
    sums.into_iter()
        .map(|sums| sums.into_iter().map(byte).collect())
        .collect()
}

/// Adds the light of one direction to `[what arrives, what would arrive in the open]` per vertex.
///
/// Whole numbers: their sum does not depend on how directions are spread over threads.
fn add_light(
    sums: &mut [Vec<[u32; 2]>],
    parts: &[&Part],
    normals: &[Vec<Vec3>],
    way: Vec3,
    reach: f32,
) {
    let map = DepthMap::of(parts, way, reach);
    for ((part, normals), sums) in parts.iter().zip(normals).zip(sums) {
        for ((at, normal), [lit, all]) in part.positions.iter().zip(normals).zip(sums) {
            let facing = match part.material {
                // Seen from both sides.
                Material::Lashes => 1.0,
                _ => normal.dot(way).max(0.0),
            };
            let share = (facing * UNIT) as u32;
            *all += share;
            if facing > 0.0 && map.sees(*at, facing) {
                *lit += share;
            }
        }
    }
}

/// Evenly spread over the sphere.
fn direction(number: usize) -> Vec3 {
    const GOLDEN_ANGLE: f32 = 2.399_963;
    let height = 1.0 - (2.0 * number as f32 + 1.0) / DIRECTIONS as f32;
    let (sin, cos) = (number as f32 * GOLDEN_ANGLE).sin_cos();
    let flat = (1.0 - height * height).sqrt();
    Vec3::new(flat * cos, height, flat * sin)
}

fn normals(part: &Part) -> Vec<Vec3> {
    let mut normals = vec![Vec3::ZERO; part.positions.len()];
    for triangle in &part.triangles {
        let [a, b, c] = triangle.map(|vertex| part.positions[vertex as usize]);
        let normal = (b - a).cross(c - a);
        for vertex in triangle {
            normals[*vertex as usize] += normal;
        }
    }
    for &[copy, original] in &part.weld {
        let sum = normals[copy as usize] + normals[original as usize];
        normals[original as usize] = sum;
    }
    for &[copy, original] in &part.weld {
        normals[copy as usize] = normals[original as usize];
    }
    normals.into_iter().map(Vec3::normalize_or_zero).collect()
}

/// What is seen first, looking against a direction.
struct DepthMap {
    turn: Quat,
    /// Pixels per centimetre.
    scale: f32,
    depths: Vec<f32>,
}

impl DepthMap {
    fn of(parts: &[&Part], way: Vec3, reach: f32) -> Self {
        let mut map = Self {
            turn: Quat::from_rotation_arc(way, Vec3::Z),
            scale: SIDE as f32 / (2.0 * reach),
            depths: vec![f32::MIN; SIDE * SIDE],
        };
        let solid = |part: &&&Part| part.material != Material::Lashes;
        for part in parts.iter().filter(solid) {
            let seen: Vec<Vec3> = part.positions.iter().map(|at| map.project(*at)).collect();
            for triangle in &part.triangles {
                map.draw(triangle.map(|vertex| seen[vertex as usize]));
            }
        }
        map
    }

    /// Pixels to the right and down, centimetres towards the light.
    fn project(&self, at: Vec3) -> Vec3 {
        let turned = self.turn * at;
        let middle = 0.5 * SIDE as f32;
        Vec3::new(
            middle + turned.x * self.scale,
            middle + turned.y * self.scale,
            turned.z,
        )
    }

    fn draw(&mut self, [a, b, c]: [Vec3; 3]) {
        let area = (b - a).truncate().perp_dot((c - a).truncate());
        if area.abs() < 1e-6 {
            return;
        }
        let low = a.min(b).min(c).floor().max(Vec3::ZERO);
        let high = a.max(b).max(c).ceil().min(Vec3::splat(SIDE as f32));
        for y in low.y as usize..high.y as usize {
            for x in low.x as usize..high.x as usize {
                let at = Vec3::new(x as f32 + 0.5, y as f32 + 0.5, 0.0);
                let share =
                    |p: Vec3, q: Vec3| (p - at).truncate().perp_dot((q - at).truncate()) / area;
                let (u, v, w) = (share(b, c), share(c, a), share(a, b));
                if u >= 0.0 && v >= 0.0 && w >= 0.0 {
                    let depth = &mut self.depths[y * SIDE + x];
                    *depth = depth.max(u * a.z + v * b.z + w * c.z);
                }
            }
        }
    }

    /// Whether nothing lies before a point whose surface faces the light by `facing` (a cosine).
    fn sees(&self, at: Vec3, facing: f32) -> bool {
        let seen = self.project(at);
        let pixel = |value: f32| (value as usize).min(SIDE - 1);
        let slope = (1.0 - facing * facing).max(0.0).sqrt() / facing;
        let slack = (SLACK + slope / self.scale).min(MOST_SLACK);
        seen.z + slack > self.depths[pixel(seen.y) * SIDE + pixel(seen.x)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::{Head, testing};

    /// A square of two triangles, 4 cm wide, `height` above the ground.
    fn square(height: f32) -> Part {
        let corner = |x: f32, z: f32| Vec3::new(2.0 * x, height, 2.0 * z);
        Part {
            name: "square".into(),
            material: Material::Skin,
            positions: vec![
                corner(-1.0, -1.0),
                corner(-1.0, 1.0),
                corner(1.0, -1.0),
                corner(1.0, 1.0),
                corner(0.0, 0.0),
            ],
            uvs: Vec::new(),
            triangles: vec![[0, 1, 4], [1, 3, 4], [3, 2, 4], [2, 0, 4]],
            weld: Vec::new(),
            occlusion: Vec::new(),
            targets: Vec::new(),
            identity: Vec::new(),
        }
    }

    #[test]
    fn the_compact_ict_head_is_lit_as_it_says() {
        let Some(head) = testing::ict() else { return };
        let parts: Vec<&Part> = head.parts.iter().collect();
        let light: Vec<f64> = light(&parts)[0].iter().map(|v| f64::from(*v)).collect();
        let said: Vec<f64> = parts[0].occlusion.iter().map(|v| f64::from(*v)).collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let (a, b) = (mean(&light), mean(&said));
        let sum = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
            let pairs = light.iter().zip(&said);
            pairs.map(|(x, y)| of(x - a, y - b)).sum()
        };
        let correlation = sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt();
        assert!(correlation > 0.8, "{correlation}");
    }

    #[test]
    fn a_roof_takes_the_light() {
        let (ground, roof) = (square(0.0), square(1.0));
        let open = light(&[&ground]);
        assert!(open[0].iter().all(|light| *light > 250), "{open:?}");
        let roofed = light(&[&ground, &roof]);
        let (edge, middle) = (roofed[0][0], roofed[0][4]);
        assert!(middle < 100 && middle < edge, "{roofed:?}");
        assert!(roofed[1].iter().all(|light| *light > 250), "{roofed:?}");
    }
    #[test]
    fn light_does_not_depend_on_the_number_of_threads() {
        let head = Head::built_in();
        let parts: Vec<&Part> = head.parts.iter().collect();
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build().expect("threads").install(|| light(&parts))
        };
        let one = on(1);
        assert!(one[0].iter().any(|light| *light < 128), "nothing is dark");
        for threads in [2, 4, 5] {
            assert_eq!(one, on(threads), "{threads} threads");
        }
    }
}
