//! What people wear: clothes over the shoulders, glasses.

use glam::{Quat, Vec2, Vec3};
use rand::{Rng, RngExt};

use super::{
    colour,
    dice::{between, chance, pick},
    solid::Solid,
    studio::Measure,
};
use crate::render::noise;

/// Shoulders and what covers them.
#[derive(Clone, Debug)]
pub(super) struct Clothes {
    colours: [Vec3; 2],
    pattern: usize,
    scale: f32,
    /// How deep the neck of the garment is cut, in centimetres.
    cut: f32,
    /// Half the width of the shoulders.
    width: f32,
    seed: u32,
}

/// Below the neck's end: depth down, half width and half depth as shares of the shoulders.
const SECTIONS: [[f32; 3]; 8] = [
    [-1.5, 0.27, 0.30],
    [1.0, 0.36, 0.36],
    [3.0, 0.62, 0.42],
    [5.5, 0.88, 0.48],
    [9.0, 1.0, 0.52],
    [15.0, 1.02, 0.56],
    [26.0, 0.98, 0.58],
    [140.0, 0.95, 0.58],
];

impl Clothes {
    pub(super) fn draw(rng: &mut impl Rng) -> Self {
        Self {
            colours: [colour::cloth(rng), colour::cloth(rng)],
            pattern: pick(rng, &[3.0, 1.0, 1.0, 1.0]),
            scale: between(rng, 0.8, 5.0),
            cut: if chance(rng, 0.5) {
                between(rng, 2.0, 14.0)
            } else {
                0.0
            },
            width: between(rng, 17.0, 23.0),
            seed: rng.random(),
        }
    }

    fn colour(&self, at: Vec3) -> Vec3 {
        let share = match self.pattern {
            0 => 0.25 * noise::plane(Vec2::new(at.x, at.y) / 4.0, self.seed),
            1 => f32::from((at.y / self.scale).rem_euclid(2.0) < 1.0),
            2 => f32::from((at.x / self.scale).rem_euclid(2.0) < 1.0),
            _ => noise::fractal(Vec2::new(at.x, at.y) / self.scale, 2, self.seed),
        };
        self.colours[0].lerp(self.colours[1], share)
    }

    /// The torso below `neck`, the middle of the neck's lower end.
    pub(super) fn drape(&self, neck: Vec3, skin: Vec3) -> Solid {
        let mut solid = Solid::wrapped(28, SECTIONS.len(), |angle, row| {
            let [down, width, depth] = SECTIONS[row];
            let (sin, cos) = angle.sin_cos();
            // Squarer than an ellipse.
            let round = |value: f32| value.signum() * value.abs().powf(0.8);
            neck + Vec3::new(
                round(sin) * width * self.width,
                -down,
                round(cos) * depth * self.width * 0.9 - 0.06 * down,
            )
        });
        for vertex in &mut solid.vertices {
            let at = vertex.position - neck;
            let bare = at.z > 0.0 && -at.y < self.cut - 1.4 * at.x.abs();
            vertex.tint = if bare { skin * 0.92 } else { self.colour(at) };
            vertex.occlusion = (0.35 + 0.09 * (1.5 - at.y)).clamp(0.3, 1.0);
        }
        solid
    }
}

/// A pair of glasses.
#[derive(Clone, Debug)]
pub(super) struct Glasses {
    colour: Vec3,
    thickness: f32,
    size: Vec2,
    square: f32,
    /// Bits of coverage and colour of the lenses.
    lens: Option<(u8, Vec3)>,
}

/// Solids of a pair of glasses.
pub(super) struct Frames {
    pub(super) rims: Solid,
    /// Lenses with their coverage.
    pub(super) lenses: Option<(Solid, u8)>,
}

impl Glasses {
    pub(super) fn draw(rng: &mut impl Rng) -> Self {
        let dark = chance(rng, 0.22);
        let lens = if dark {
            Some((
                if chance(rng, 0.6) { 0b1111 } else { 0b0111 },
                colour::any(rng, 0.3, 0.03),
            ))
        } else if chance(rng, 0.4) {
            Some((0b1000, Vec3::splat(between(rng, 0.1, 0.9))))
        } else {
            None
        };
        Self {
            colour: if chance(rng, 0.6) {
                Vec3::splat(between(rng, 0.01, 0.06))
            } else {
                colour::cloth(rng)
            },
            thickness: between(rng, 0.08, 0.3),
            size: Vec2::new(between(rng, 2.3, 3.0), between(rng, 1.6, 2.5)),
            square: between(rng, 0.5, 1.0),
            lens,
        }
    }

    /// Whether the lenses are dark.
    pub(super) fn hide_eyes(&self) -> bool {
        self.lens
            .is_some_and(|(coverage, _)| coverage.count_ones() > 2)
    }

    /// The glasses in front of eyes at these places.
    pub(super) fn wear(&self, landmarks: &[Vec3; 5], measure: &Measure) -> Frames {
        let mut rims = Solid::default();
        let mut glass = Solid::default();
        let round = |value: f32| value.signum() * value.abs().powf(self.square);
        let front = landmarks[0].z.max(landmarks[1].z) + 1.7;
        for (eye, side) in [(landmarks[0], -1.0), (landmarks[1], 1.0)] {
            let centre = Vec3::new(eye.x + 0.12 * side, eye.y - 0.25, front);
            let wrap = Quat::from_rotation_y(0.12 * side);
            let rim = |angle: f32| {
                let (sin, cos) = angle.sin_cos();
                centre + wrap * Vec3::new(round(cos) * self.size.x, round(sin) * self.size.y, 0.0)
            };
            let path: Vec<Vec3> = (0..=20)
                .map(|step| rim(step as f32 / 20.0 * std::f32::consts::TAU))
                .collect();
            rims.join(Solid::tube(&path, self.thickness));
            glass.join(Solid::wrapped(16, 3, |angle, row| {
                centre.lerp(rim(angle), 1.0 - row as f32 / 2.0)
            }));
            let hinge = centre + wrap * Vec3::new(side * self.size.x, 0.5, 0.0);
            let ear = measure.position(Vec3::new(side * 2.35, 1.02, -2.5));
            rims.join(Solid::tube(
                &[hinge, hinge.lerp(ear, 0.5) + Vec3::X * (side * 0.5), ear],
                self.thickness,
            ));
        }
        let bridge =
            |side: f32, eye: Vec3| Vec3::new(eye.x + side * self.size.x, eye.y + 0.2, front + 0.1);
        let (right, left) = (bridge(1.0, landmarks[0]), bridge(-1.0, landmarks[1]));
        rims.join(Solid::tube(
            &[right, (right + left) / 2.0 + Vec3::Y * 0.25, left],
            self.thickness,
        ));
        let lenses = self
            .lens
            .map(|(coverage, colour)| (glass.coloured(|_| colour), coverage));
        Frames {
            rims: rims.coloured(|_| self.colour),
            lenses,
        }
    }
}
