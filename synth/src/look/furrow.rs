//! What a frown folds between the brows: one to three upright furrows, none like the other, and
//! the bulges of the inner brows with the shade under them.
//!
//! Takes the seed of a person; gives [`Furrows`], which know how deep they are at a place.

use glam::{Vec2, Vec3};

use super::crease::{bell, groove, window};
use crate::render::noise;

/// One furrow, in face coordinates.
#[derive(Clone, Copy, Debug)]
struct Furrow {
    /// Where it is at the height of the brows, subject's left positive.
    x: f32,
    /// How far it leans outwards per unit of height.
    lean: f32,
    low: f32,
    high: f32,
    width: f32,
    depth: f32,
}

/// The furrows of one person.
#[derive(Clone, Debug)]
pub(super) struct Furrows(Vec<Furrow>);

/// Height of the inner ends of the brows.
const BROWS: f32 = 1.3;

impl Furrows {
    /// The same furrows for the same seed.
    pub(super) fn of(seed: u32) -> Self {
        let one = |index: u32, x: f32, depth: f32| {
            let vary = |field: u32| noise::unit(index, 40 + field, seed) - 0.5;
            Furrow {
                x: x + 0.07 * vary(0),
                lean: x.signum() * 0.1 + 0.3 * vary(1),
                low: 1.15 + 0.1 * vary(2),
                high: 1.5 + 0.16 * vary(3),
                width: 0.06 + 0.03 * vary(4),
                depth: depth * (1.0 + 0.7 * vary(5)),
            }
        };
        let pair = [one(0, -0.2, 1.0), one(1, 0.2, 1.0)];
        let furrows = match noise::unit(9, 40, seed) {
            kind if kind < 0.15 => vec![one(2, 0.0, 1.1)],
            kind if kind < 0.3 => vec![one(2, 0.12, 1.1), one(3, -0.18, 0.35)],
            kind if kind < 0.75 => pair.into(),
            _ => vec![pair[0], pair[1], one(2, 0.0, 0.55)],
        };
        Self(furrows)
    }

    /// How deep they are at a place; less than 0 where a bulge catches light.
    pub(super) fn depth(&self, face: Vec3, wobble: f32) -> f32 {
        let (x, y) = (face.x, face.y);
        if x.abs() > 1.0 || !(0.9..1.75).contains(&y) {
            return 0.0;
        }
        let lines: f32 = self
            .0
            .iter()
            .map(|furrow| {
                let middle = furrow.x + furrow.lean * (y - BROWS) + 0.05 * wobble;
                let along = window(y, furrow.low, furrow.high, 0.18);
                furrow.depth * along * groove(x - middle, furrow.width)
            })
            .sum();
        let spot =
            |at: Vec2, radii: Vec2| bell(((Vec2::new(x.abs(), y) - at) / radii).length_squared());
        // The bulge over the inner end of each brow, the shade below it and at the root of the nose.
        let bulge = spot(Vec2::new(0.42, 1.5), Vec2::new(0.2, 0.09));
        let under = spot(Vec2::new(0.36, 1.17), Vec2::new(0.22, 0.1));
        let root = spot(Vec2::new(0.0, 1.08), Vec2::new(0.25, 0.07));
        lines + 0.42 * under + 0.3 * root - 0.25 * bulge
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_have_one_to_three_furrows_that_no_mirror_repeats() {
        let mut seen = [0; 4];
        for seed in 0..400 {
            let furrows = Furrows::of(seed);
            seen[furrows.0.len()] += 1;
            let at = |x: f32| furrows.depth(Vec3::new(x, 1.32, 0.0), 0.0);
            let mirrored = (1..40).all(|step| {
                let x = step as f32 / 100.0;
                (at(x) - at(-x)).abs() < 0.02
            });
            assert!(!mirrored, "seed {seed}");
            assert_eq!(furrows.depth(Vec3::new(0.2, 1.8, 0.0), 0.0), 0.0);
        }
        assert!(
            seen[0] == 0 && seen[1..].iter().all(|count| *count > 30),
            "{seen:?}"
        );
    }
}
