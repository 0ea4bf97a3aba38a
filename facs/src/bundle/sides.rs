//! One expression of a face whose halves may say different things.
//!
//! Takes what a model says of the whole face and of its two halves, each shown with its mirror image;
//! gives one distribution. The `calibration` command measures it, the daemon runs the same.

use serde::{Deserialize, Serialize};

/// How the halves of a face enter its expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SideFusion {
    /// The whole face, but as far as one half is at rest and the other is not, the other half:
    /// `(1 - d) * whole + d * other`, where `d` is by how much surer of neutral the model is in the half
    /// at rest. A face with a palsy on one side is read by the other; halves neither of which is at rest
    /// change little, whatever they show.
    Rest,
}

impl SideFusion {
    /// Makes `whole` the answer to the face, without allocating. `neutral`: the place of the class of
    /// faces at rest; without one nothing changes.
    pub fn fuse(self, whole: &mut [f32], [left, right]: [&[f32]; 2], neutral: Option<usize>) {
        let Some(neutral) = neutral else { return };
        match self {
            Self::Rest => {
                let resting = left[neutral] - right[neutral];
                let other = if resting > 0.0 { right } else { left };
                let share = resting.abs();
                for (whole, other) in whole.iter_mut().zip(other) {
                    *whole += share * (other - *whole);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_at_rest_is_not_heard_and_one_that_shows_another_thing_changes_nothing() {
        let (rest, smile, frown) = ([0.9, 0.1, 0.0], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]);
        let whole = [0.5, 0.3, 0.2];
        let fused = |halves, neutral| {
            let mut whole = whole;
            SideFusion::Rest.fuse(&mut whole, halves, neutral);
            whole
        };
        for halves in [[&rest[..], &smile], [&smile, &rest]] {
            // One is surer of rest by 0.8.
            for (found, wanted) in fused(halves, Some(0)).iter().zip([0.18, 0.7, 0.12]) {
                assert!((found - wanted).abs() < 1e-6, "{found}, not {wanted}");
            }
            assert_eq!(fused(halves, None), whole);
        }
        assert_eq!(fused([&smile, &smile], Some(0)), whole);
        assert_eq!(fused([&smile, &frown], Some(0)), whole);
    }
}
