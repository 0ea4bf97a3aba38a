//! A correction that is fitted to what an audit measured.
//!
//! Takes [`Scores`] of all looks; gives a [`Lift`]: by how much the log-odds of each class are to rise
//! with the disagreement of a face's sides, so that the measured surfaces get level.

use serde::{Deserialize, Serialize};

use crate::{audit::Scores, statistics::log_odds, subject::disagreement};

/// `p_k exp(slope_k d)`, scaled to sum to 1, where `d` is how far the answers to the two chimeras are
/// apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lift {
    /// Log-odds per unit of disagreement, by class.
    pub slopes: Vec<f64>,
}

/// Sums of a regression through the origin.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    lost_times_apart: f64,
    apart_squared: f64,
}

impl Lift {
    /// Fits the slopes to the faces of some people. Of every picture at a symmetry below 1, `lost` is
    /// what the log-odds of the shown class are short of those of the same moment with full symmetry;
    /// the slope of the class is the least-squares regression of `lost` on the disagreement, through
    /// the origin. Classes that are not shown keep a slope of 0.
    #[must_use]
    pub fn fit(
        scores: &Scores,
        people: impl Iterator<Item = usize> + Clone,
        classes: usize,
    ) -> Self {
        let mut slopes = vec![0.0; classes];
        let times = scores.design.times;
        for (expression, target) in scores.targets().iter().copied().enumerate() {
            let mut sums = Sums::default();
            for person in people.clone() {
                let rows: Vec<&[f32]> = scores.rows(person, expression).collect();
                let grid = &rows[..scores.design.symmetries * times];
                let whole = &grid[grid.len() - times..];
                for (place, row) in grid[..grid.len() - times].iter().enumerate() {
                    let lost = log_odds(whole[place % times][target]) - log_odds(row[target]);
                    let apart = f64::from(apart(row, classes));
                    sums.lost_times_apart += lost * apart;
                    sums.apart_squared += apart * apart;
                }
            }
            if sums.apart_squared > 0.0 {
                slopes[target] = sums.lost_times_apart / sums.apart_squared;
            }
        }
        Self { slopes }
    }

    /// Appends the corrected answer to a face of which all looks are known.
    pub fn apply(&self, looks: &[f32], fused: &mut Vec<f32>) {
        let classes = self.slopes.len();
        let apart = f64::from(apart(looks, classes));
        let first = fused.len();
        let lifted = looks[..classes].iter().zip(&self.slopes);
        fused.extend(lifted.map(|(p, slope)| (f64::from(*p) * (slope * apart).exp()) as f32));
        let sum: f32 = fused[first..].iter().sum();
        fused[first..].iter_mut().for_each(|p| *p /= sum);
    }
}

/// How far the sides of a face disagree, by the answers to all looks.
fn apart(looks: &[f32], classes: usize) -> f32 {
    let [left, right] = [2, 3].map(|look| &looks[look * classes..(look + 1) * classes]);
    disagreement(left, right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_odds_rise_with_disagreement() {
        let lift = Lift {
            slopes: vec![0.0, 2.0],
        };
        // Whole, mirrored, left, right: the sides are 0.5 apart.
        let looks = [0.5, 0.5, 0.5, 0.5, 0.9, 0.1, 0.4, 0.6];
        let mut fused = vec![7.0];
        lift.apply(&looks, &mut fused);
        let e = 1_f32.exp();
        assert_eq!(fused[0], 7.0);
        assert!((fused[2] - e / (1.0 + e)).abs() < 1e-6, "{fused:?}");
        assert!((fused[1] + fused[2] - 1.0).abs() < 1e-6);
        // Sides that agree change nothing.
        let mut same = Vec::new();
        lift.apply(&[0.3, 0.7, 0.3, 0.7, 0.2, 0.8, 0.2, 0.8], &mut same);
        assert!((same[1] - 0.7).abs() < 1e-6, "{same:?}");
    }
}
