//! How a face rests: brows low or high, lids that droop, corners of the mouth up or down.
//!
//! Takes chance and a [`Nature`]; gives slight [`Actions`] that are built into the shape of a
//! person at rest. They are no actions: they fold no lines, no label tells of them, and what a face
//! does comes on top. Who looks cross at rest is not frowning (Freudenberg and others, Frontiers in
//! Psychology 6:1476, 2015: old faces at rest are read as showing more than young ones).

use facs::ActionUnit;
use rand::Rng;

use super::{
    dice::{between, normal},
    nature::Nature,
};
use crate::head::Actions;

/// The most of any unit that a face shows at rest, and of its opposite.
const MOST: f32 = 0.42;
const LEAST: f32 = -0.25;

/// The resting face of one person.
pub(super) fn draw(rng: &mut impl Rng, nature: &Nature) -> Actions {
    let years = nature.years();
    let late = years.max(0.0);
    let height = normal(rng, 1.0) - 0.4 * years - 0.25 * nature.male;
    let tilt = normal(rng, 1.0);
    let lids = normal(rng, 1.0) + 0.7 * years;
    let corners = normal(rng, 1.0) - 0.5 * years;
    let chin = between(rng, -0.5, 1.0).max(0.0);
    let thin = between(rng, -1.0, 1.0).max(0.0) + 0.3 * late;
    let mut actions = Actions::default();
    let mut add = |unit: ActionUnit, amount: f32| {
        for side in [&mut actions.left, &mut actions.right] {
            side[unit.index()] += amount * (1.0 + normal(rng, 0.2));
        }
    };
    // Low brows, and high ones.
    add(ActionUnit::Au04, 0.15 * (-height).max(0.0));
    add(ActionUnit::Au01, 0.10 * height.max(0.0));
    add(ActionUnit::Au02, 0.10 * height.max(0.0));
    // Inner ends up and outer ends down, or the other way round; with age the outer ends sink.
    add(ActionUnit::Au01, 0.07 * tilt);
    add(ActionUnit::Au02, -0.06 * tilt - 0.05 * late);
    add(ActionUnit::Au43, (0.04 + 0.05 * lids).clamp(-0.06, 0.2));
    add(ActionUnit::Au07, 0.05 * lids.max(0.0));
    add(ActionUnit::Au12, 0.07 * corners.max(0.0));
    add(ActionUnit::Au15, 0.13 * (-corners).max(0.0));
    add(ActionUnit::Au17, 0.12 * chin);
    add(ActionUnit::Au24, 0.15 * thin);
    for side in [&mut actions.left, &mut actions.right] {
        for amount in side {
            *amount = amount.clamp(LEAST, MOST);
        }
    }
    actions
}

#[cfg(test)]
mod tests {
    use facs::Sex;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn resting(age: f32, unit: ActionUnit) -> Vec<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut draw_one = |_| {
            let nature = Nature::of(&mut rng, age, Sex::Female);
            draw(&mut rng, &nature).left[unit.index()]
        };
        (0..1500).map(&mut draw_one).collect()
    }

    #[test]
    fn resting_faces_vary_and_droop_with_age() {
        for unit in [ActionUnit::Au04, ActionUnit::Au15, ActionUnit::Au43] {
            let means = [25.0, 50.0, 75.0].map(|age| {
                let all = resting(age, unit);
                all.iter().sum::<f32>() / all.len() as f32
            });
            assert!(
                means.is_sorted() && means[2] > means[0] + 0.02,
                "{unit}: {means:?}"
            );
        }
        // Many have brows as low as a slight frown, and as many of the same age have not.
        let low = resting(50.0, ActionUnit::Au04);
        let share = low.iter().filter(|amount| **amount > 0.1).count() as f32 / 1500.0;
        assert!((0.15..0.5).contains(&share), "{share}");
        assert!(low.iter().all(|amount| (LEAST..=MOST).contains(amount)));
    }
}
