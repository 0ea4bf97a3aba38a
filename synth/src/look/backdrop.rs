//! What is behind people: plain walls, rooms, leaves, stripes, blurred lights, noise.

use glam::{Vec2, Vec3};
use rand::{Rng, RngExt};

use super::{
    colour,
    dice::{between, chance, pick},
};
use crate::render::{Picture, noise};

/// A backdrop; its unit is the height of the picture.
#[derive(Clone, Debug)]
pub(super) struct Backdrop {
    kind: usize,
    colours: [Vec3; 3],
    scale: f32,
    angle: Vec2,
    shapes: Vec<Shape>,
    seed: u32,
}

#[derive(Clone, Debug)]
struct Shape {
    centre: Vec2,
    half: Vec2,
    round: bool,
    edge: f32,
    colour: Vec3,
}

impl Backdrop {
    pub(super) fn plain() -> Self {
        Self {
            kind: 0,
            colours: [Vec3::splat(0.25); 3],
            scale: 1.0,
            angle: Vec2::Y,
            shapes: Vec::new(),
            seed: 0,
        }
    }

    pub(super) fn draw(rng: &mut impl Rng) -> Self {
        let kind = pick(rng, &[2.0, 1.5, 1.0, 1.0, 1.0, 1.0]);
        let count = match kind {
            1 => rng.random_range(3..16),
            5 => rng.random_range(6..30),
            _ if chance(rng, 0.4) => rng.random_range(0..5),
            _ => 0,
        };
        let blur = between(rng, 0.004, 0.12);
        let colour = |rng: &mut _| {
            let value = between(rng, 0.05, 0.95);
            let saturation = between(rng, 0.0, 1.0);
            colour::any(rng, saturation * saturation, value * value)
        };
        let shapes = (0..count).map(|_| Shape {
            centre: Vec2::new(between(rng, -0.4, 1.8), between(rng, -0.2, 1.2)),
            half: Vec2::new(between(rng, 0.02, 0.5), between(rng, 0.02, 0.5))
                * if kind == 5 { 0.25 } else { 1.0 },
            round: kind == 5 || chance(rng, 0.25),
            edge: blur,
            colour: colour(rng),
        });
        let shapes = shapes.collect();
        let base = colour(rng);
        let second = if chance(rng, 0.6) {
            base * between(rng, 0.4, 1.6)
        } else {
            colour(rng)
        };
        Self {
            kind,
            colours: [base, second, colour(rng)],
            scale: between(rng, 2.0, 30.0),
            angle: Vec2::from_angle(rng.random::<f32>() * std::f32::consts::TAU),
            shapes,
            seed: rng.random(),
        }
    }

    /// The backdrop of a picture, black where a pixel is not `seen`.
    pub(super) fn paint(
        &self,
        width: usize,
        height: usize,
        seen: impl Fn([usize; 2]) -> bool,
    ) -> Picture {
        let unit = 1.0 / height as f32;
        Picture::from_fn(width, height, |at| {
            if seen([at.x as usize, at.y as usize]) {
                self.at(at * unit)
            } else {
                Vec3::ZERO
            }
        })
    }

    fn at(&self, at: Vec2) -> Vec3 {
        let [one, two, three] = self.colours;
        let along = at.dot(self.angle);
        let mut colour = match self.kind {
            2 => {
                let leaves = noise::fractal(at * self.scale, 3, self.seed);
                let shade = noise::plane(at * self.scale * 0.3, self.seed ^ 1);
                one.lerp(two, leaves * 2.0 - 0.5).max(Vec3::ZERO) * (0.3 + 1.2 * shade)
            }
            3 => {
                let stripe = (along * self.scale).rem_euclid(2.0) - 1.0;
                one.lerp(two, (stripe.abs() * 6.0 - 2.5).clamp(0.0, 1.0))
            }
            4 => {
                let grain = Vec2::new(at.x * self.scale * 0.3, at.y * self.scale * 2.0);
                one.lerp(two, noise::fractal(grain, 3, self.seed))
            }
            _ => one.lerp(two, (along + 0.5).clamp(0.0, 1.0)),
        };
        let mottle = noise::plane(at * 5.0, self.seed ^ 2);
        colour = colour.lerp(three, 0.12 * mottle);
        for shape in &self.shapes {
            let offset = (at - shape.centre).abs();
            let outside = if shape.round {
                (offset / shape.half).length() * shape.half.min_element() - shape.half.min_element()
            } else {
                (offset - shape.half).max_element()
            };
            let share = (0.5 - outside / shape.edge).clamp(0.0, 1.0);
            colour = colour.lerp(shape.colour, share);
        }
        colour
    }
}
