//! Faces of which one side falls short, as with a facial palsy.
//!
//! Takes what a face does; gives what of it fails to show. A classifier that learns from such faces
//! beside others learns that half an expression is that expression (Büchner et al., Facing Asymmetry,
//! 2024, measure that most do not know it).

use align::Side;
use facs::{ActionUnit, Expression};
use rand::{Rng, RngExt};

use super::label;
use crate::{
    causal::FaceState,
    head::{Freeze, Region},
};

/// Share of one-sided faces whose side is short as a whole; in the others it is a part of it.
const WHOLE_SIDE: f32 = 0.6;
/// Parts of a side that may fall short alone.
const PARTS: [Region; 3] = [Region::Brows, Region::Eyes, Region::Mouth];
/// Severities are drawn from 0 to this and cut at 1: a quarter of them are complete.
const LARGEST_SEVERITY: f32 = 4.0 / 3.0;

/// What fails to show of a face, if anything: in `share` of all faces the side that does less, by
/// some part, so that the other still says what the face does. Contempt is one-sided by itself and
/// stays. Draws the same number of times whatever the share.
pub(super) fn draw(share: f32, face: &FaceState, rng: &mut impl Rng) -> Option<Freeze> {
    let chosen = rng.random::<f32>() < share;
    let whole = rng.random::<f32>() < WHOLE_SIDE;
    let part = PARTS[rng.random_range(0..PARTS.len())];
    let severity = rng.random_range(0.0..LARGEST_SEVERITY).min(1.0);
    let either = [Side::Left, Side::Right][usize::from(rng.random::<bool>())];
    let region = if whole { Region::Face } else { part };
    let activity = |side: &[f32; ActionUnit::COUNT]| {
        let moved = ActionUnit::ALL.into_iter().filter(|unit| region.has(*unit));
        moved.map(|unit| side[unit.index()]).sum::<f32>()
    };
    let (left, right) = (activity(&face.left), activity(&face.right));
    let side = match left.total_cmp(&right) {
        std::cmp::Ordering::Less => Side::Left,
        std::cmp::Ordering::Equal => either,
        std::cmp::Ordering::Greater => Side::Right,
    };
    (chosen && face.expression != Expression::Contempt).then_some(Freeze {
        side,
        region,
        share: severity,
    })
}

/// What the face shows of what it does.
pub(super) fn shown(face: &FaceState, frozen: Freeze) -> FaceState {
    let shown = label::actions(face).freeze(frozen).as_shown();
    let [left, right] = [shown.left, shown.right].map(|side| side.map(|unit| 5.0 * unit));
    let mut face = face.clone();
    for (unit, intensity) in face.intensity.iter_mut().enumerate() {
        *intensity = left[unit].max(right[unit]);
    }
    FaceState {
        left,
        right,
        ..face
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::causal::CausalModel;

    #[test]
    fn the_side_that_does_less_falls_short_and_contempt_stays() {
        let model = CausalModel::built_in();
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let (mut frozen, mut complete) = (0_u32, 0_u32);
        for _ in 0..4000 {
            let noise = model.noise(&mut rng);
            let face = model.resolve(&noise, &[]);
            assert_eq!(draw(0.0, &face, &mut rng), None);
            let Some(freeze) = draw(0.5, &face, &mut rng) else {
                continue;
            };
            frozen += 1;
            complete += u32::from(freeze.share == 1.0);
            assert_ne!(face.expression, Expression::Contempt);
            let active = |side: &[f32; ActionUnit::COUNT]| {
                let units = ActionUnit::ALL.into_iter();
                let moved = units.filter(|unit| freeze.region.has(*unit));
                moved.map(|unit| side[unit.index()]).sum::<f32>()
            };
            let (left, right) = (active(&face.left), active(&face.right));
            let shown = shown(&face, freeze);
            let (more, still) = match freeze.side {
                Side::Left => (right - left, active(&shown.right) - right),
                Side::Right => (left - right, active(&shown.left) - left),
            };
            assert!(more >= 0.0 && still.abs() < 1e-4, "{more} {still}");
            let short = match freeze.side {
                Side::Left => active(&shown.left) - (1.0 - freeze.share) * left,
                Side::Right => active(&shown.right) - (1.0 - freeze.share) * right,
            };
            assert!(short.abs() < 1e-3, "{short}");
        }
        assert!((1700..=2000).contains(&frozen), "{frozen}");
        let complete = f64::from(complete) / f64::from(frozen);
        assert!((0.2..0.3).contains(&complete), "{complete}");
    }
}
