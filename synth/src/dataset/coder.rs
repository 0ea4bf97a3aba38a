//! Who labels a face: exactly, or as people do.
//!
//! Takes what a face does; gives the labels that a coder would write down. Coders disagree about
//! intensities by some points and overlook or imagine a unit now and then.

use std::str::FromStr;

use facs::{ActionUnit, AuLabel, Sidedness};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::label::hundredths;
use crate::causal::ON;

/// How labels are written.
#[derive(Clone, Debug, PartialEq)]
pub struct Coder {
    /// Least FACS intensity that counts as active.
    pub threshold: f32,
    /// Standard deviation of a coder's intensity around the true one, in points. Above 0, coders
    /// write whole levels as FACS asks them to: A (1) from 1 on, B (2) from 2 on.
    pub disagreement: f32,
    /// How often each unit is labelled active where it is not, or the other way round.
    pub flips: [f32; ActionUnit::COUNT],
}

impl Default for Coder {
    /// The truth.
    fn default() -> Self {
        Self {
            threshold: ON,
            disagreement: 0.0,
            flips: [0.0; ActionUnit::COUNT],
        }
    }
}

impl Coder {
    /// The label of one unit, whose true intensities are given: of the stronger side, left and
    /// right. Draws the same number of times whatever the settings.
    pub fn label(&self, unit: ActionUnit, truth: [f32; 3], rng: &mut impl Rng) -> AuLabel {
        let error = self.disagreement * rng.sample::<f32, _>(StandardNormal);
        let flipped = rng.random::<f32>() < self.flips[unit.index()];
        let coded = |intensity: f32| match intensity {
            intensity if self.disagreement > 0.0 => (intensity + error).floor().clamp(0.0, 5.0),
            intensity => hundredths(intensity),
        };
        let [intensity, left, right] = truth.map(coded);
        let on = intensity >= self.threshold;
        let lateral = unit.sidedness() == Sidedness::Lateral && !flipped;
        AuLabel {
            on: on != flipped,
            intensity: Some(match (flipped, on) {
                (false, _) => intensity,
                (true, true) => 0.0,
                (true, false) => self.threshold,
            }),
            left: lateral.then_some(left),
            right: lateral.then_some(right),
        }
    }
}

/// How often labels of one unit, or of all, are flipped: `AU12=0.1` or `0.05`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flip {
    /// Which unit; all where absent.
    pub unit: Option<ActionUnit>,
    /// Probability.
    pub rate: f32,
}

/// A text that is no [`Flip`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no rate of flipped labels: write 0.05 for all units or AU12=0.1 for one, from 0 to 1"
)]
pub struct NoFlip(String);

impl FromStr for Flip {
    type Err = NoFlip;

    fn from_str(text: &str) -> Result<Self, NoFlip> {
        let refused = || NoFlip(text.to_owned());
        let (unit, rate) = match text.split_once('=') {
            Some((unit, rate)) => (Some(unit.parse().ok().ok_or_else(refused)?), rate),
            None => (None, text),
        };
        let rate = rate.parse().ok().filter(|rate| (0.0..=1.0).contains(rate));
        let rate = rate.ok_or_else(refused)?;
        Ok(Self { unit, rate })
    }
}

impl Coder {
    /// The same coder, who flips labels; later flips win.
    #[must_use]
    pub fn flipping(mut self, flips: &[Flip]) -> Self {
        for flip in flips {
            match flip.unit {
                Some(unit) => self.flips[unit.index()] = flip.rate,
                None => self.flips = [flip.rate; ActionUnit::COUNT],
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::causal::{CausalModel, FaceState};

    const UNIT: ActionUnit = ActionUnit::Au12;

    fn labels(coder: &Coder) -> Vec<(FaceState, AuLabel)> {
        let mut faces = ChaCha8Rng::seed_from_u64(1);
        let mut errors = ChaCha8Rng::seed_from_u64(2);
        let model = CausalModel::built_in();
        let label = |_| {
            let face = model.observe(&mut faces);
            let label = coder.label(UNIT, face.sides(UNIT), &mut errors);
            (face, label)
        };
        (0..4000).map(label).collect()
    }

    #[test]
    fn the_truth_is_the_default() {
        for (face, label) in labels(&Coder::default()) {
            assert_eq!(
                label.intensity,
                Some(hundredths(face.intensity[UNIT.index()]))
            );
            assert_eq!(label.on, face.intensity[UNIT.index()] >= 0.995);
        }
    }

    #[test]
    fn labels_flip_as_often_as_asked() {
        let flips = ["0.02", "AU12=0.15"].map(|flip| flip.parse().unwrap());
        let coder = Coder::default().flipping(&flips);
        assert_eq!(coder.flips[0], 0.02);
        let wrong = labels(&coder)
            .iter()
            .filter(|(face, label)| label.on != (face.intensity[UNIT.index()] >= ON))
            .count();
        assert!(
            (480..720).contains(&wrong),
            "{wrong} of 4000, expected about 600"
        );
        assert!("AU12=2".parse::<Flip>().is_err() && "AU03=0.1".parse::<Flip>().is_err());
    }

    #[test]
    fn coders_who_disagree_write_whole_levels_around_the_truth() {
        let coder = Coder {
            disagreement: 0.6,
            ..Coder::default()
        };
        let labels = labels(&coder);
        let between = |face: &FaceState| (1.5..4.0).contains(&face.intensity[UNIT.index()]);
        let errors: Vec<f32> = labels
            .iter()
            .filter(|(face, _)| between(face))
            .map(|(face, label)| {
                let coded = label.intensity.unwrap();
                assert_eq!(coded, coded.round());
                // A level stands for the whole of its range.
                coded + 0.5 - face.intensity[UNIT.index()]
            })
            .collect();
        let count = errors.len() as f32;
        let mean = errors.iter().sum::<f32>() / count;
        let deviation = (errors.iter().map(|error| error * error).sum::<f32>() / count).sqrt();
        assert!(mean.abs() < 0.1, "{mean}");
        // Their disagreement and the width of a level: the root of 0.6^2 + 1/12.
        assert!((deviation - 0.67).abs() < 0.08, "{deviation}");
        let [coded, true_share] = [
            labels.iter().filter(|(_, label)| label.on).count(),
            labels
                .iter()
                .filter(|(face, _)| face.intensity[UNIT.index()] >= ON)
                .count(),
        ];
        assert!(
            coded.abs_diff(true_share) < 200,
            "{coded} of 4000, truly {true_share}"
        );
    }
}
