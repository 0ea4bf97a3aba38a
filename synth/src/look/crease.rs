//! Lines that action units fold into skin, and those that are there at rest.
//!
//! Takes a place on the face; gives how deep each family of lines is there. [`Lines`] are those of
//! one person; a [`Folds`] says how far each family is folded on each side, from what the face does
//! and what its person's skin has kept.

use facs::ActionUnit;
use glam::{Vec2, Vec3};
use rand::Rng;

use super::{
    dice::{between, normal},
    furrow::Furrows,
    skin::smooth,
};
use crate::{head::Actions, render::noise};

/// Families of lines.
pub(super) const FAMILIES: usize = 10;
const FOREHEAD_INNER: usize = 0;
const FOREHEAD_OUTER: usize = 1;
const GLABELLA: usize = 2;
const CROWS_FEET: usize = 3;
const NOSE: usize = 4;
const NASOLABIAL: usize = 5;
const DIMPLE: usize = 6;
const CHIN: usize = 7;
const UNDER_EYE: usize = 8;
const MARIONETTE: usize = 9;

/// When lines of a family come to stay, as wear of the skin, and how deep they are in the end.
const STAYING: [(f32, f32); FAMILIES] = [
    (0.10, 0.50),
    (0.15, 0.42),
    (0.12, 0.42),
    (0.15, 0.60),
    (0.35, 0.10),
    (-0.25, 0.62),
    (0.30, 0.14),
    (0.30, 0.20),
    (-0.15, 0.62),
    (0.20, 0.45),
];

/// The lines of one person's skin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines {
    /// How far each family is folded at rest.
    pub(super) resting: [f32; FAMILIES],
    /// How deep each family folds when a muscle acts fully.
    pub(super) folding: [f32; FAMILIES],
}

impl Lines {
    /// Deeper with wear, and where a face has its habits.
    pub(super) fn draw(rng: &mut impl Rng, wear: f32) -> Self {
        let skin = between(rng, 0.65, 1.15);
        let mut lines = Self {
            resting: [0.0; FAMILIES],
            folding: [0.0; FAMILIES],
        };
        for (family, (onset, full)) in STAYING.into_iter().enumerate() {
            let habit = normal(rng, 0.4).exp().clamp(0.3, 2.2);
            lines.resting[family] = full * habit * smooth(onset, 1.1, wear);
            // Frowns leave deep furrows in some foreheads and hardly any in others.
            let spread = if family == GLABELLA { 0.45 } else { 0.3 };
            let own = between(rng, 1.0 - spread, 1.0 + spread);
            lines.folding[family] = skin * own * (0.75 + 0.45 * wear);
        }
        // What folds the forehead folds the whole of it.
        lines.folding[FOREHEAD_OUTER] = lines.folding[FOREHEAD_INNER];
        lines
    }
}

/// How far each family is folded: subject's right, then left.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Folds(pub(super) [[f32; FAMILIES]; 2]);

impl Folds {
    pub(super) fn of(actions: &Actions, lines: &Lines) -> Self {
        Self([&actions.right, &actions.left].map(|units| {
            let unit = |unit: ActionUnit| units[unit.index()];
            let mut folds = [0.0; FAMILIES];
            let lifted = 1.0 - 0.5 * unit(ActionUnit::Au04);
            folds[FOREHEAD_INNER] = unit(ActionUnit::Au01) * lifted + 0.2 * unit(ActionUnit::Au02);
            folds[FOREHEAD_OUTER] = unit(ActionUnit::Au02) * lifted;
            folds[GLABELLA] = 1.15 * unit(ActionUnit::Au04) + 0.25 * unit(ActionUnit::Au09);
            folds[CROWS_FEET] = unit(ActionUnit::Au06)
                + 0.2 * unit(ActionUnit::Au12)
                + 0.15 * unit(ActionUnit::Au07);
            folds[NOSE] = unit(ActionUnit::Au09);
            folds[NASOLABIAL] = 0.35 * unit(ActionUnit::Au06)
                + 0.5 * unit(ActionUnit::Au09)
                + 0.7 * unit(ActionUnit::Au10)
                + 0.8 * unit(ActionUnit::Au11)
                + 0.95 * unit(ActionUnit::Au12)
                + 0.3 * unit(ActionUnit::Au20);
            folds[DIMPLE] = unit(ActionUnit::Au14)
                + 0.2 * unit(ActionUnit::Au12)
                + 0.3 * unit(ActionUnit::Au15);
            folds[CHIN] = unit(ActionUnit::Au17);
            folds[UNDER_EYE] = 0.7 * unit(ActionUnit::Au06) + 0.5 * unit(ActionUnit::Au07);
            folds[MARIONETTE] = 0.55 * unit(ActionUnit::Au15) + 0.2 * unit(ActionUnit::Au17);
            std::array::from_fn(|family| {
                let active = folds[family] * lines.folding[family];
                (active + lines.resting[family]).min(1.25)
            })
        }))
    }
}

/// About `exp(-t)`, 0 from 4 on.
pub(super) fn bell(t: f32) -> f32 {
    let left = (1.0 - 0.25 * t).max(0.0);
    left * left * left * left
}

/// A line at `distance` from its middle: a dark groove and the light ridge beside it.
pub(super) fn groove(distance: f32, width: f32) -> f32 {
    let t = distance / width;
    if t.abs() > 4.0 {
        return 0.0;
    }
    let ridge = t - 1.7;
    bell(t * t) - 0.3 * bell(ridge * ridge)
}

/// 1 inside `[low, high]`, fading over `edge`.
pub(super) fn window(value: f32, low: f32, high: f32, edge: f32) -> f32 {
    let rise = ((value - low) / edge + 0.5).clamp(0.0, 1.0);
    let fall = ((high - value) / edge + 0.5).clamp(0.0, 1.0);
    rise * fall
}

/// Depth of every family at a place on the face; where lines run differs from person to person.
pub(super) fn depth(face: Vec3, seed: u32, furrows: &Furrows) -> [f32; FAMILIES] {
    let mut depth = [0.0; FAMILIES];
    let x = face.x.abs();
    let y = face.y;
    if face.z < -2.2 || !(-0.75..2.2).contains(&y) {
        return depth;
    }
    let vary = |index: u32| noise::unit(index, 3, seed) - 0.5;
    let wobble = noise::plane(Vec2::new(face.x * 1.7, y * 2.0), seed) - 0.5;
    if y > 1.4 {
        forehead(&mut depth, x, y + 0.10 * wobble, seed);
    }
    depth[GLABELLA] = furrows.depth(face, wobble);
    // Lines that fan out from the outer corner of the eye.
    let from_corner = Vec2::new(x - 1.32, (y - 0.98) * 2.1);
    let reach = from_corner.length();
    if from_corner.x > 0.0 && reach < 1.0 {
        let angle = from_corner.y.atan2(from_corner.x) + 0.25 * wobble;
        let fan = (angle * 8.0 + 6.0 * vary(3)).cos().max(0.0);
        depth[CROWS_FEET] =
            fan * fan * window(reach, 0.16, 0.72, 0.22) * window(angle, -1.1, 0.9, 0.4) * 0.9;
    }
    // Across and beside the root of the nose.
    let lines = ((y - 0.9) * 42.0 + 10.0 * x * x + 3.0 * vary(4))
        .cos()
        .max(0.0);
    depth[NOSE] = lines * window(y, 0.72, 1.08, 0.1) * window(x, -1.0, 0.42, 0.16);
    nasolabial(&mut depth, x, y, wobble, vary(5));
    // From the corner of the mouth down, bending outwards.
    let fallen = -0.04 - y;
    let path = 0.86 + 0.10 * vary(8) + 0.22 * fallen + 0.3 * fallen * fallen + 0.04 * wobble;
    depth[MARIONETTE] =
        window(y, -0.44 + 0.1 * vary(9), -0.05, 0.14) * 0.8 * groove(x - path, 0.085);
    let pit = Vec2::new(x - 1.0 - 0.08 * vary(6), (y + 0.03) * 2.1);
    depth[DIMPLE] = groove(pit.x - 0.1 * pit.y * pit.y, 0.09) * window(pit.y, -0.3, 0.3, 0.2);
    // Orange peel and the arc above it.
    let peel = noise::plane(Vec2::new(face.x * 9.0, y * 18.0), seed ^ 5);
    let arc = groove(y + 0.30 + 0.25 * x * x, 0.05) * window(x, -1.0, 0.5, 0.15);
    depth[CHIN] = arc
        + 0.9 * (peel - 0.35).max(0.0) * window(x, -1.0, 0.42, 0.2) * window(y, -0.62, -0.34, 0.12);
    let lid = Vec2::new(x - 1.0, (y - 0.8 - 0.03 * vary(7)) * 2.1);
    depth[UNDER_EYE] =
        0.7 * groove(lid.y - 0.28 * lid.x * lid.x, 0.08) * window(lid.x, -0.55, 0.5, 0.3);
    depth
}

fn forehead(depth: &mut [f32; FAMILIES], x: f32, y: f32, seed: u32) {
    let count = 3 + noise::hash(1, 1, seed) % 3;
    let mut lines = 0.0;
    for line in 0..count {
        let share = (line as f32 + 0.5 + 0.4 * (noise::unit(line, 9, seed) - 0.5)) / count as f32;
        // Higher over the brows than in the middle.
        let height = 1.56 + 0.46 * share + 0.05 * (x * 1.6).sin() * (1.0 - 0.5 * share);
        lines += groove(y - height, 0.026) * (0.6 + 0.6 * noise::unit(line, 4, seed));
    }
    depth[FOREHEAD_INNER] = lines * window(x, -1.0, 0.85, 0.5);
    depth[FOREHEAD_OUTER] = lines * window(x, 0.6, 1.75, 0.5);
}

/// From the wing of the nose round the corner of the mouth.
fn nasolabial(depth: &mut [f32; FAMILIES], x: f32, y: f32, wobble: f32, vary: f32) {
    let down = 0.52 - y;
    let path = 0.46 + 1.05 * down - 0.42 * down * down + 0.08 * vary + 0.04 * wobble;
    let strength = window(y, -0.12, 0.55, 0.16);
    let inward = path - x;
    let shade = if inward > 0.0 {
        (-inward / 0.12).exp() * 0.25
    } else {
        0.0
    };
    depth[NASOLABIAL] = strength * (0.8 * groove(x - path, 0.085) + shade);
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn every_family_has_a_place() {
        let mut deepest = [0.0_f32; FAMILIES];
        let furrows = Furrows::of(4);
        for step in 0..40_000 {
            let face = Vec3::new(
                (step % 200) as f32 / 50.0 - 2.0,
                (step / 200) as f32 / 66.0 - 0.8,
                0.0,
            );
            for (most, depth) in deepest.iter_mut().zip(depth(face, 4, &furrows)) {
                *most = most.max(depth);
            }
        }
        assert!(
            deepest.iter().all(|depth| (0.3..2.0).contains(depth)),
            "{deepest:?}"
        );
    }

    #[test]
    fn one_sided_actions_fold_one_side() {
        let mut lines = Lines::draw(&mut ChaCha8Rng::seed_from_u64(1), 0.0);
        lines.resting = [0.0; FAMILIES];
        let folds = Folds::of(&Actions::only(ActionUnit::Au12, 1.0, 0.0), &lines);
        assert_eq!(folds.0[0], [0.0; FAMILIES]);
        assert!(folds.0[1][NASOLABIAL] > 0.3);
    }

    #[test]
    fn frowns_furrow_some_deeply_and_others_hardly() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let frown = Actions::only(ActionUnit::Au04, 1.0, 1.0);
        let depths: Vec<f32> = (0..300)
            .map(|_| Folds::of(&frown, &Lines::draw(&mut rng, 0.3)).0[0][GLABELLA])
            .collect();
        let share = |is: &dyn Fn(f32) -> bool| depths.iter().filter(|depth| is(**depth)).count();
        assert!(share(&|depth| depth < 0.7) > 30 && share(&|depth| depth > 1.1) > 30);
        assert!(depths.iter().all(|depth| *depth > 0.3));
    }
}
