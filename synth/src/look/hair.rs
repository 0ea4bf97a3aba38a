//! Hair: a mass around the skull, curtains beside the face, single strands over it.
//!
//! Takes the neutral shape of one person; gives sheets whose v runs along the strands. The skull
//! is known as a radius per direction, measured from the skin.

use std::f32::consts::{FRAC_PI_2, PI, TAU};

use facs::Sex;
use glam::{Vec2, Vec3};
use rand::{Rng, RngExt};

use super::{
    dice::{between, chance, normal, pick},
    nature::Nature,
    skin::scalp_height,
    solid::Solid,
    studio::Measure,
};
use crate::render::{LOOSE, Vertex, noise};

/// Bins of azimuth (0 forward, growing to the subject's left) and of elevation.
const AZIMUTHS: usize = 36;
const ELEVATIONS: usize = 17;
/// The lowest elevation that is measured.
const LOWEST: f32 = -70.0 * PI / 180.0;

/// How far the skin is from a point inside the skull.
#[derive(Clone, Debug)]
pub(super) struct Skull {
    centre: Vec3,
    radii: Vec<f32>,
}

impl Skull {
    pub(super) fn measure(positions: &[Vec3], measure: &Measure) -> Self {
        let upper = positions
            .iter()
            .filter(|position| measure.face(**position).y > 1.2);
        let [back, front] = upper.fold([f32::MAX, f32::MIN], |[low, high], at| {
            [low.min(at.z), high.max(at.z)]
        });
        // A head without a back is as deep as usual.
        let middle = if front - back > 8.0 {
            (front + back) / 2.0
        } else {
            measure.eyes.z - 2.6 * measure.half
        };
        let mut centre = measure.position(Vec3::new(0.0, 1.3, 0.0));
        centre.z = middle;
        let mut radii = vec![0.0_f32; AZIMUTHS * ELEVATIONS];
        for position in positions {
            let offset = *position - centre;
            let radius = offset.length();
            let (azimuth, elevation) = (
                offset.x.atan2(offset.z),
                (offset.y / radius.max(1e-3)).asin(),
            );
            if elevation > LOWEST {
                let row = (elevation - LOWEST) / (FRAC_PI_2 - LOWEST) * (ELEVATIONS - 1) as f32;
                let column = (azimuth / TAU + 1.0).fract() * AZIMUTHS as f32;
                let bin = row.round() as usize * AZIMUTHS + column.round() as usize % AZIMUTHS;
                radii[bin] = radii[bin].max(radius);
            }
        }
        fill(&mut radii);
        Self { centre, radii }
    }

    fn radius(&self, azimuth: f32, elevation: f32) -> f32 {
        let row = ((elevation - LOWEST) / (FRAC_PI_2 - LOWEST)).clamp(0.0, 0.9999)
            * (ELEVATIONS - 1) as f32;
        let column = (azimuth / TAU + 2.0).fract() * AZIMUTHS as f32;
        let (y, x) = (row as usize, column as usize % AZIMUTHS);
        let at = |y: usize, x: usize| self.radii[y * AZIMUTHS + x % AZIMUTHS];
        let (fy, fx) = (row.fract(), column.fract());
        let lower = at(y, x) * (1.0 - fx) + at(y, x + 1) * fx;
        let upper = at(y + 1, x) * (1.0 - fx) + at(y + 1, x + 1) * fx;
        lower * (1.0 - fy) + upper * fy
    }

    /// A point `lift` centimetres over the skin.
    fn over(&self, azimuth: f32, elevation: f32, lift: f32) -> Vec3 {
        let (sin, cos) = elevation.sin_cos();
        let direction = Vec3::new(cos * azimuth.sin(), sin, cos * azimuth.cos());
        self.centre + direction * (self.radius(azimuth, elevation) + lift)
    }
}

/// Bins without a vertex take the mean of their neighbours; then everything is smoothed a little.
fn fill(radii: &mut [f32]) {
    for round in 0..8 {
        let before = radii.to_vec();
        for (index, radius) in radii.iter_mut().enumerate() {
            let (y, x) = (index / AZIMUTHS, index % AZIMUTHS);
            let near = [
                (y, x + 1),
                (y, x + AZIMUTHS - 1),
                (y + 1, x),
                (y.wrapping_sub(1), x),
            ];
            let near = near.map(|(y, x)| {
                before
                    .get(y.wrapping_mul(AZIMUTHS).wrapping_add(x % AZIMUTHS))
                    .copied()
            });
            let near: Vec<f32> = near
                .into_iter()
                .flatten()
                .filter(|radius| *radius > 0.0)
                .collect();
            let mean = near.iter().sum::<f32>() / near.len().max(1) as f32;
            if *radius == 0.0 {
                *radius = mean;
            } else if round == 7 {
                *radius = radius.max(0.5 * (*radius + mean));
            }
        }
    }
}

/// A haircut.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    /// Centimetres over the skull.
    volume: f32,
    /// Face height where sides and back end.
    side_end: f32,
    back_end: f32,
    /// Azimuths where curtains begin, subject's right and left.
    opening: [f32; 2],
    /// How far below the hairline hair falls over the forehead, in face units.
    fringe: f32,
    hairline: f32,
    /// How far the hairline comes down at the temples; less than 0 where hair has left them.
    temples: f32,
    curl: f32,
    /// Single strands: azimuth, width in centimetres, where they end.
    strands: Vec<[f32; 3]>,
    pub(super) ragged: f32,
    seed: u32,
}

impl Cut {
    /// A cut of chance, short more often for men and long for women; none is bald.
    pub(super) fn draw(rng: &mut impl Rng, hairline: f32, nature: &Nature) -> Option<Self> {
        let style = match nature.sex {
            Sex::Female => pick(rng, &[0.1, 1.0, 2.0, 4.5, 1.2]),
            Sex::Male => pick(rng, &[0.9, 6.0, 1.2, 0.5, 0.8]),
        };
        if style == 0 || nature.loss > 0.78 {
            return None;
        }
        let long = style >= 2;
        let (side_end, back_end) = match style {
            1 => (between(rng, 0.7, 1.5), between(rng, -0.2, 0.8)),
            2 => (between(rng, -1.0, 0.3), between(rng, -1.2, 0.0)),
            3 => (between(rng, -3.6, -1.0), between(rng, -3.6, -1.2)),
            _ => (between(rng, -0.8, 0.9), between(rng, -1.2, 0.3)),
        };
        let opening = between(rng, 0.75, if long { 1.5 } else { 1.35 });
        let fringe = if chance(rng, 0.18) {
            between(rng, 0.15, 0.62)
        } else {
            between(rng, -0.02, 0.1)
        };
        let strands = if long && chance(rng, 0.06) {
            1 + rng.random_range(0..3)
        } else {
            0
        };
        let strands = (0..strands).map(|_| {
            let side = if chance(rng, 0.5) { 1.0 } else { -1.0 };
            [
                side * between(rng, 0.5, 1.15),
                between(rng, 0.5, 1.6),
                between(rng, -0.9, 1.2),
            ]
        });
        let strands = strands.collect();
        Some(Self {
            volume: if style == 4 {
                between(rng, 2.0, 6.0)
            } else {
                between(rng, 0.4, 2.4)
            },
            side_end,
            back_end,
            opening: [opening + normal(rng, 0.12), opening + normal(rng, 0.12)],
            fringe,
            hairline,
            temples: 0.42 - 0.75 * nature.loss,
            curl: if style == 4 {
                between(rng, 0.5, 1.0)
            } else {
                between(rng, 0.0, 0.4)
            },
            strands,
            ragged: between(rng, 0.03, 0.3),
            seed: rng.random(),
        })
    }

    /// The cut on a skull.
    pub(super) fn grow(&self, skull: &Skull, measure: &Measure) -> Solid {
        let mut solid = self.mass(skull, measure);
        for strand in &self.strands {
            solid.join(self.strand(skull, measure, strand));
        }
        for vertex in &mut solid.vertices {
            vertex.occlusion = 0.85;
        }
        solid
    }

    /// How far down column `azimuth` reaches, in face height.
    fn end(&self, azimuth: f32) -> f32 {
        let around = azimuth.abs();
        let opening = self.opening[usize::from(azimuth > 0.0)];
        let jitter = 0.12 * (noise::plane(Vec2::new(azimuth * 6.0, 0.0), self.seed) - 0.5);
        // The hairline comes down towards the temples.
        let temple = (around / opening).min(1.2);
        let front = self.hairline + 0.14 - self.temples * temple * temple - self.fringe + jitter;
        let side = self.side_end + jitter;
        let curtain = ((around - opening) / 0.16).clamp(0.0, 1.0);
        let back = ((around - 1.9) / 0.5).clamp(0.0, 1.0);
        let below = side * (1.0 - back) + self.back_end * back;
        front * (1.0 - curtain) + below.min(front) * curtain
    }

    fn mass(&self, skull: &Skull, measure: &Measure) -> Solid {
        const COLUMNS: usize = 56;
        const ROWS: usize = 18;
        let mut solid = Solid::wrapped(COLUMNS, ROWS, |angle, row| {
            let azimuth = angle - PI;
            self.path(skull, measure, azimuth, row as f32 / (ROWS - 1) as f32)
        });
        for vertex in &mut solid.vertices {
            vertex.uv.x *= 260.0;
        }
        solid
    }

    /// A point on column `azimuth`, `share` of the way from crown to end.
    fn path(&self, skull: &Skull, measure: &Measure, azimuth: f32, share: f32) -> Vec3 {
        let end = self.end(azimuth);
        let opening = self.opening[usize::from(azimuth > 0.0)];
        let curtain = ((azimuth.abs() - opening) / 0.16).clamp(0.0, 1.0);
        let crown = skull.over(0.0, FRAC_PI_2, self.volume).y;
        let end_y = measure.position(Vec3::new(0.0, end, 0.0)).y;
        // Heights first: from the crown down to the end, by angle over the skull.
        let top = crown - skull.centre.y;
        let low_angle = ((end_y - skull.centre.y) / top).clamp(-1.0, 1.0).asin();
        let hang = (skull.centre.y - end_y).max(0.0);
        let arc = (FRAC_PI_2 - low_angle.max(0.0)) * top;
        let travelled = share * (arc + hang);
        let bump = self.curl
            * 3.0
            * (noise::space(Vec3::new(azimuth * 5.0, share * 8.0, 0.0), self.seed) - 0.4);
        // Curtains stay full to their ends, hair over the forehead thins out.
        let taper = 1.0 - (1.0 - curtain) * share * share * 0.9;
        let lift = ((self.volume + bump) * taper).max(0.15);
        let wave =
            0.25 * (noise::plane(Vec2::new(azimuth * 14.0, share * 3.0), self.seed ^ 9) - 0.5);
        if travelled <= arc {
            return skull.over(azimuth, FRAC_PI_2 - travelled / top, lift + wave);
        }
        let fallen = travelled - arc;
        if curtain < 0.5 {
            // Fringe: follows the forehead.
            return skull.over(azimuth, -fallen / top, lift + wave);
        }
        let root = skull.over(azimuth, 0.0, lift);
        let forward = (1.2 - (azimuth.abs() - 1.2).abs()).max(0.0) * 0.10;
        let outward = Vec3::new(azimuth.sin(), 0.0, azimuth.cos())
            * (wave * 2.0 - 0.04 * fallen * azimuth.cos().max(0.0));
        root + Vec3::new(0.05 * fallen * azimuth.sin(), -fallen, forward * fallen) + outward
    }

    /// A ribbon that starts at the hairline and falls over the face.
    fn strand(&self, skull: &Skull, measure: &Measure, &[azimuth, width, end]: &[f32; 3]) -> Solid {
        const ROWS: usize = 14;
        let mut solid = Solid::default();
        let end_y = measure.position(Vec3::new(0.0, end, 0.0)).y;
        let low = ((end_y - skull.centre.y) / skull.radius(azimuth, 0.0))
            .clamp(-0.85, 0.7)
            .asin();
        for row in 0..ROWS {
            let share = row as f32 / (ROWS - 1) as f32;
            let elevation = 1.15 + (low - 1.15) * share;
            let drift = azimuth * (0.75 + 0.3 * share)
                + 0.25 * (noise::plane(Vec2::new(share * 2.5, azimuth * 9.0), self.seed) - 0.5);
            let thin = width * (1.0 - 0.6 * share) / skull.radius(azimuth, 0.0) / 2.0;
            for side in [-1.0, 1.0] {
                let lift = 0.35 + 1.1 * (share * PI).sin() * self.volume.min(1.5);
                let position = skull.over(drift + side * thin, elevation, lift);
                let uv = Vec2::new(2.0 * LOOSE + side * width * 6.0 + azimuth * 90.0, share);
                solid.vertices.push(Vertex {
                    position,
                    uv,
                    ..Vertex::default()
                });
            }
        }
        for row in 0..ROWS as u32 - 1 {
            let a = row * 2;
            solid
                .triangles
                .extend([[a, a + 2, a + 1], [a + 1, a + 2, a + 3]]);
        }
        solid.smooth();
        solid
    }
}

/// Whether a place on the skin is under hair: where scalp shows it is as dark as the roots.
pub(super) fn scalp(face: Vec3, hairline: f32) -> f32 {
    ((scalp_height(face) - hairline) / 0.1).clamp(0.0, 1.0)
}
