//! Asymmetry of what the sides of a face were coded to do.

use std::collections::BTreeMap;

use facs::{ActionUnit, AuLabel};

/// Largest FACS intensity.
const MOST: f64 = 5.0;

/// Mean of |left - right| / 5 over the units that are coded on both sides, from 0 to 1; none where no unit
/// is.
#[must_use]
pub fn action_asymmetry(units: &BTreeMap<ActionUnit, AuLabel>) -> Option<f64> {
    let apart = |label: &AuLabel| Some(f64::from(label.left? - label.right?).abs() / MOST);
    let apart: Vec<f64> = units.values().filter_map(apart).collect();
    (!apart.is_empty()).then(|| apart.iter().sum::<f64>() / apart.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(left: Option<f32>, right: Option<f32>) -> AuLabel {
        AuLabel {
            on: true,
            intensity: None,
            left,
            right,
        }
    }

    #[test]
    fn units_of_one_side_or_none_do_not_count() {
        let both = |left, right| label(Some(left), Some(right));
        let mut units = BTreeMap::from([
            (ActionUnit::Au01, label(None, None)),
            (ActionUnit::Au02, label(Some(3.0), None)),
        ]);
        assert_eq!(action_asymmetry(&units), None);
        units.insert(ActionUnit::Au06, both(2.0, 2.0));
        assert_eq!(action_asymmetry(&units), Some(0.0));
        units.insert(ActionUnit::Au12, both(1.0, 4.0));
        assert!((action_asymmetry(&units).unwrap() - 0.3).abs() < 1e-12);
    }
}
