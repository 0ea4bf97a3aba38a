//! Calibration: what makes a model's probabilities true to their word.
//!
//! Takes the probabilities of one face as the model gives them; gives calibrated ones, of which those
//! near 0.7 come true in 70 of 100 cases on data like that it was fitted on. The `calibration` command
//! fits it and measures with [`Calibration::apply`], and the daemon runs the same.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ActionUnit;

/// What was fitted on labelled data that the model did not learn from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Above 0: divides the logits of the expressions (Guo et al. 2017, Eq. 9). None: 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expression_temperature: Option<f32>,
    /// Maps by unit; units without one stay as they are.
    #[serde(default)]
    pub action_units: BTreeMap<ActionUnit, ProbabilityMap>,
    /// Least calibrated probability of the likeliest expression that is worth telling.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expression_abstain_below: Option<f32>,
    /// Beyond which pose and blur the model errs too often. None: as far as it is allowed to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub quality: Option<QualityLimits>,
    /// What it was fitted on.
    pub data: String,
    /// Figures on data that it was not fitted on, by name: `expression_ece_before`.
    #[serde(default)]
    pub metrics: BTreeMap<String, f64>,
}

/// Beyond which pose and blur what a model says of a face should not be used; none: no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualityLimits {
    /// Largest turn of the head to a side.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max_yaw_degrees: Option<f32>,
    /// Largest nod.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max_pitch_degrees: Option<f32>,
    /// Least variance of the Laplacian of the crop, in squared grey levels.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub min_sharpness: Option<f32>,
}

impl Calibration {
    /// Calibrates the probabilities of one face in place, without allocating. `units`: the order of
    /// `action_units`; values a rounding error outside [0, 1] count as its ends, values that are no numbers
    /// mean nothing afterwards.
    pub fn apply(&self, units: &[ActionUnit], action_units: &mut [f32], expressions: &mut [f32]) {
        for (unit, p) in units.iter().zip(action_units) {
            if let Some(map) = self.action_units.get(unit) {
                *p = map.apply(*p);
            }
        }
        if let Some(temperature) = self.expression_temperature {
            temper(expressions, temperature);
        }
    }
}

/// `p_i^(1/T)`, scaled to sum to 1: what a softmax gives of logits that were divided by `T`.
fn temper(p: &mut [f32], temperature: f32) {
    // Against the largest, so that it never underflows.
    let largest = p.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    p.iter_mut()
        .for_each(|p| *p = (p.max(0.0) / largest).powf(1.0 / temperature));
    let sum: f32 = p.iter().sum();
    if sum > 0.0 {
        p.iter_mut().for_each(|p| *p /= sum);
    }
}

/// A map of probabilities that never falls: straight between its knots, level beyond the first and
/// the last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<[f32; 2]>", into = "Vec<[f32; 2]>")]
pub struct ProbabilityMap(Vec<[f32; 2]>);

/// Why knots are no map.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MapError {
    /// Too few for a line.
    #[error("a map of probabilities needs two knots at least, not {0}")]
    Few(usize),
    /// Outside [0, 1], or not a number.
    #[error("knot {index} of a map of probabilities is [{x}, {y}], and both must lie in [0, 1]")]
    Outside {
        /// Which, from 0.
        index: usize,
        /// As the model gives it.
        x: f32,
        /// Calibrated.
        y: f32,
    },
    /// The map would fall, or have two values in one place.
    #[error(
        "knot {index} of a map of probabilities is [{x}, {y}] after [{before_x}, {before_y}]: x must rise, and y must not fall"
    )]
    Order {
        /// Which, from 0.
        index: usize,
        /// As the model gives it.
        x: f32,
        /// Calibrated.
        y: f32,
        /// That of the knot before.
        before_x: f32,
        /// That of the knot before.
        before_y: f32,
    },
}

impl ProbabilityMap {
    /// Of knots `[x, y]`: `x` as the model gives it, `y` calibrated.
    ///
    /// # Errors
    /// [`MapError`] where there are fewer than two, one lies outside [0, 1], `x` does not rise or `y` falls.
    pub fn new(knots: Vec<[f32; 2]>) -> Result<Self, MapError> {
        if knots.len() < 2 {
            return Err(MapError::Few(knots.len()));
        }
        let probability = 0.0..=1.0;
        for (index, &[x, y]) in knots.iter().enumerate() {
            if !probability.contains(&x) || !probability.contains(&y) {
                return Err(MapError::Outside { index, x, y });
            }
            if let Some(&[before_x, before_y]) = index.checked_sub(1).map(|before| &knots[before])
                && (x <= before_x || y < before_y)
            {
                return Err(MapError::Order {
                    index,
                    x,
                    y,
                    before_x,
                    before_y,
                });
            }
        }
        Ok(Self(knots))
    }

    /// The knots `[x, y]`, two at least.
    #[must_use]
    pub fn knots(&self) -> &[[f32; 2]] {
        &self.0
    }

    /// The calibrated probability.
    #[must_use]
    pub fn apply(&self, p: f32) -> f32 {
        let after = self.0.partition_point(|&[x, _]| x <= p);
        let Some(&[x0, y0]) = after.checked_sub(1).map(|before| &self.0[before]) else {
            return self.0[0][1];
        };
        let Some(&[x1, y1]) = self.0.get(after) else {
            return y0;
        };
        // Rounding could end a hair above the next knot, and the map would fall there.
        ((p - x0) / (x1 - x0)).mul_add(y1 - y0, y0).min(y1)
    }
}

impl TryFrom<Vec<[f32; 2]>> for ProbabilityMap {
    type Error = MapError;
    fn try_from(knots: Vec<[f32; 2]>) -> Result<Self, Self::Error> {
        Self::new(knots)
    }
}

impl From<ProbabilityMap> for Vec<[f32; 2]> {
    fn from(map: ProbabilityMap) -> Self {
        map.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn map(knots: &[[f32; 2]]) -> ProbabilityMap {
        ProbabilityMap::new(knots.to_vec()).unwrap()
    }

    #[test]
    fn a_map_is_straight_between_its_knots_and_level_beyond() {
        let map = map(&[[0.2, 0.1], [0.6, 0.5], [0.8, 0.5]]);
        for (p, expected) in [
            (0.0, 0.1),
            (0.2, 0.1),
            (0.3, 0.2),
            (0.6, 0.5),
            (0.7, 0.5),
            (1.0001, 0.5),
        ] {
            assert!((map.apply(p) - expected).abs() < 1e-6, "{p}");
        }
    }

    #[test]
    fn knots_that_are_no_map_are_refused() {
        let refused = |knots: &[[f32; 2]]| ProbabilityMap::new(knots.to_vec()).unwrap_err();
        assert_eq!(refused(&[[0.5, 0.5]]), MapError::Few(1));
        insta::assert_snapshot!(refused(&[[0.0, 0.0], [0.5, 1.5]]), @"knot 1 of a map of probabilities is [0.5, 1.5], and both must lie in [0, 1]");
        assert!(matches!(
            refused(&[[f32::NAN, 0.0], [0.5, 0.5]]),
            MapError::Outside { index: 0, .. }
        ));
        insta::assert_snapshot!(refused(&[[0.0, 0.0], [0.5, 0.4], [0.7, 0.3]]), @"knot 2 of a map of probabilities is [0.7, 0.3] after [0.5, 0.4]: x must rise, and y must not fall");
        assert!(matches!(
            refused(&[[0.5, 0.0], [0.5, 0.4]]),
            MapError::Order { index: 1, .. }
        ));
    }

    #[test]
    fn a_temperature_divides_logits() {
        let logits = [1.5_f32, -0.5, 0.0];
        let softmax = |temperature: f32| {
            let powers = logits.map(|logit| (logit / temperature).exp());
            powers.map(|power| power / powers.iter().sum::<f32>())
        };
        for temperature in [0.4, 1.0, 3.0] {
            let calibration = Calibration {
                expression_temperature: Some(temperature),
                ..Calibration::default()
            };
            let mut p = softmax(1.0);
            calibration.apply(&[], &mut [], &mut p);
            for (p, expected) in p.iter().zip(softmax(temperature)) {
                assert!((p - expected).abs() < 1e-6, "{temperature}");
            }
        }
        // Far from where powers can be told.
        let mut p = [0.2, 0.3, 0.5];
        temper(&mut p, 1e-4);
        assert_eq!(p, [0.0, 0.0, 1.0]);
    }

    #[test]
    fn only_units_with_a_map_change() {
        let calibration = Calibration {
            action_units: [(ActionUnit::Au12, map(&[[0.0, 0.0], [1.0, 0.5]]))].into(),
            ..Calibration::default()
        };
        let (mut units, mut expressions) = ([0.4, 0.4], [0.25, 0.75]);
        let axis = [ActionUnit::Au06, ActionUnit::Au12];
        calibration.apply(&axis, &mut units, &mut expressions);
        assert_eq!(
            (units, expressions),
            ([0.4, 0.2], [0.25, 0.75]),
            "the expression has no temperature"
        );
    }

    fn maps() -> impl Strategy<Value = ProbabilityMap> {
        let axis = || prop::collection::vec(0.0_f32..=1.0, 2..20);
        (axis(), axis()).prop_filter_map("two places at least", |(mut x, mut y)| {
            x.sort_by(f32::total_cmp);
            x.dedup();
            y.sort_by(f32::total_cmp);
            ProbabilityMap::new(x.into_iter().zip(y).map(|(x, y)| [x, y]).collect()).ok()
        })
    }

    proptest! {
        #[test]
        fn a_map_never_falls_and_stays_a_probability(
            map in maps(),
            mut places in prop::collection::vec(-1e-4_f32..=1.0001, 1..50),
        ) {
            places.extend(map.knots().iter().map(|knot| knot[0]));
            places.extend(map.knots().iter().map(|knot| knot[0].next_down()));
            places.sort_by(f32::total_cmp);
            let calibrated: Vec<f32> = places.iter().map(|p| map.apply(*p)).collect();
            prop_assert!(calibrated.is_sorted());
            prop_assert!(calibrated.iter().all(|p| (0.0..=1.0).contains(p)));
            for &[x, y] in map.knots() {
                prop_assert_eq!(map.apply(x), y);
            }
        }

        #[test]
        fn a_tempered_distribution_is_one_in_the_same_order(
            mut p in prop::collection::vec(0.0_f32..1.0, 2..11),
            temperature in 0.01_f32..100.0,
        ) {
            let sum: f32 = p.iter().sum();
            prop_assume!(sum > 0.1);
            p.iter_mut().for_each(|p| *p /= sum);
            let before = p.clone();
            temper(&mut p, temperature);
            prop_assert!((p.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            for (i, j) in (0..p.len()).flat_map(|i| (0..i).map(move |j| (i, j))) {
                prop_assert!(before[i] <= before[j] || p[i] >= p[j]);
            }
        }
    }
}
