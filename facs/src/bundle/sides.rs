//! One expression of a face whose halves may say different things.
//!
//! Takes what a model says of the whole face and of its two halves, each shown with its mirror image;
//! gives one distribution. The `calibration` command measures it, the daemon runs the same.

use serde::{Deserialize, Serialize};

/// How the halves of a face enter its expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SideFusion {
    /// The whole face as far as its halves agree, the more expressive half as far as they do not:
    /// `(1 - d) * whole + d * stronger`, where `d` is their [`disagreement`] and the stronger half is
    /// the one that is less neutral. A face with a palsy on one side is read by the other.
    Agreement,
}

impl SideFusion {
    /// Makes `whole` the answer to the face, without allocating. `neutral`: the place of the class of
    /// faces at rest; without one the surer half is the stronger one.
    pub fn fuse(self, whole: &mut [f32], [left, right]: [&[f32]; 2], neutral: Option<usize>) {
        match self {
            Self::Agreement => {
                let share = disagreement(left, right);
                let stronger = stronger(left, right, neutral);
                for (whole, stronger) in whole.iter_mut().zip(stronger) {
                    *whole += share * (stronger - *whole);
                }
            }
        }
    }
}

/// How far two distributions are apart, 0 to 1: their total variation distance.
#[must_use]
pub fn disagreement(one: &[f32], two: &[f32]) -> f32 {
    let apart = one.iter().zip(two).map(|(one, two)| (one - two).abs());
    apart.sum::<f32>() / 2.0
}

/// The more expressive of two answers; the first of equals.
#[must_use]
pub fn stronger<'a>(one: &'a [f32], two: &'a [f32], neutral: Option<usize>) -> &'a [f32] {
    let strength = |answer: &[f32]| {
        let surest = || answer.iter().copied().fold(0.0, f32::max);
        neutral.map_or_else(surest, |neutral| 1.0 - answer[neutral])
    };
    if strength(one) >= strength(two) {
        one
    } else {
        two
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_that_agree_change_nothing_and_one_that_smiles_is_heard() {
        let (rest, smile) = ([0.9, 0.1, 0.0], [0.1, 0.8, 0.1]);
        let mut whole = [0.5, 0.3, 0.2];
        SideFusion::Agreement.fuse(&mut whole, [&smile, &smile], Some(0));
        assert_eq!(whole, [0.5, 0.3, 0.2]);
        for halves in [[&rest[..], &smile], [&smile, &rest]] {
            let mut whole = [0.5, 0.3, 0.2];
            SideFusion::Agreement.fuse(&mut whole, halves, Some(0));
            // They are 0.8 apart.
            for (found, wanted) in whole.iter().zip([0.18, 0.7, 0.12]) {
                assert!((found - wanted).abs() < 1e-6, "{whole:?}");
            }
        }
        // Without a class for rest the surer half counts.
        assert_eq!(stronger(&rest, &smile, None), rest);
    }
}
