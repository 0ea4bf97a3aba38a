//! Thresholds: from which probability on a unit counts as on.
//!
//! Takes (probability, truth); gives the threshold with the best F1, or the least one with few enough false
//! alarms, and what it does to the same cases. A case is on from the threshold on. Thresholds lie halfway
//! between two probabilities that occur, so that neither is on the edge.

use super::counts;

/// What a threshold does to cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    /// On, and true.
    pub hits: usize,
    /// Off, and true.
    pub misses: usize,
    /// On, and not true.
    pub false_alarms: usize,
    /// Off, and not true.
    pub rejections: usize,
}

impl Confusion {
    /// Counts.
    #[must_use]
    pub fn at(cases: &[(f32, bool)], threshold: f32) -> Self {
        let mut counts = Self::default();
        for &(p, truth) in cases {
            match (p >= threshold, truth) {
                (true, true) => counts.hits += 1,
                (false, true) => counts.misses += 1,
                (true, false) => counts.false_alarms += 1,
                (false, false) => counts.rejections += 1,
            }
        }
        counts
    }

    /// `2 TP / (2 TP + FP + FN)`; 0 where nothing is on or true.
    #[must_use]
    pub fn f1(&self) -> f64 {
        let all = 2 * self.hits + self.misses + self.false_alarms;
        2.0 * self.hits as f64 / all.max(1) as f64
    }

    /// Share of negative cases that are on; 0 without any.
    #[must_use]
    pub fn false_alarm_rate(&self) -> f64 {
        let negatives = self.false_alarms + self.rejections;
        self.false_alarms as f64 / negatives.max(1) as f64
    }

    /// Share of positive cases that are on; 0 without any.
    #[must_use]
    pub fn recall(&self) -> f64 {
        self.hits as f64 / (self.hits + self.misses).max(1) as f64
    }
}

/// The threshold with the best F1; of equally good ones the highest, which says "on" least often. None
/// without a positive case: every threshold is equally useless then.
#[must_use]
pub fn best_f1(cases: &[(f32, bool)]) -> Option<f32> {
    let (positives, _) = counts(cases);
    let sorted = falling(cases);
    let (mut best, mut threshold, mut hits) = (0.0, None, 0_usize);
    for (index, &(p, truth)) in sorted.iter().enumerate() {
        hits += usize::from(truth);
        let next = sorted.get(index + 1).map_or(0.0, |case| case.0);
        if next == p && index + 1 < sorted.len() {
            continue;
        }
        let f1 = 2.0 * hits as f64 / (index + 1 + positives) as f64;
        if f1 > best {
            (best, threshold) = (f1, Some(halfway(next, p)));
        }
    }
    threshold
}

/// The least threshold at which at most `rate` of the negative cases are on. None without a negative case,
/// and where none below 1 does it.
#[must_use]
pub fn at_false_alarm_rate(cases: &[(f32, bool)], rate: f64) -> Option<f32> {
    let (_, negatives) = counts(cases);
    if negatives == 0 {
        return None;
    }
    let allowed = (rate * negatives as f64 + 1e-9).floor() as usize;
    let sorted = falling(cases);
    // The first negative case too many, and whatever is as probable, must stay off.
    let Some(off) = sorted.iter().filter(|(_, truth)| !truth).nth(allowed) else {
        return Some(0.0);
    };
    let mut above = sorted.iter().map(|case| case.0).filter(|p| *p > off.0);
    match above.next_back() {
        Some(on) => Some(halfway(off.0, on)),
        None => (off.0 < 1.0).then(|| halfway(off.0, 1.0)),
    }
}

fn falling(cases: &[(f32, bool)]) -> Vec<(f32, bool)> {
    let mut sorted = cases.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    sorted
}

/// Between two probabilities, and never so near to the lower one that it would be on.
fn halfway(off: f32, on: f32) -> f32 {
    let middle = off + (on - off) / 2.0;
    if middle > off { middle } else { on }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ties_and_empty_cases_are_as_stated() {
        assert_eq!(best_f1(&[]), None);
        assert_eq!(best_f1(&[(0.4, false)]), None);
        assert_eq!(at_false_alarm_rate(&[(0.4, true)], 0.1), None);
        assert_eq!(at_false_alarm_rate(&[(1.0, false)], 0.0), None);
        assert_eq!(at_false_alarm_rate(&[(0.5, false)], 1.0), Some(0.0));
        assert_eq!(at_false_alarm_rate(&[(0.5, false)], 0.0), Some(0.75));
        // 2/3 at 0.75 and, with both false alarms between, at 0.125: the higher one is taken.
        let cases = [(0.75, true), (0.5, false), (0.25, false), (0.125, true)];
        assert_eq!(best_f1(&cases), Some(0.625));
        // Everything the same: on from the half of it.
        assert_eq!(best_f1(&[(0.6, true), (0.6, false)]), Some(0.3));
    }

    proptest! {
        #[test]
        fn no_other_threshold_is_better(
            cases in prop::collection::vec((0_u8..=20, any::<bool>()), 1..80),
            rate in 0.0_f64..1.0,
        ) {
            let cases: Vec<_> = cases.iter().map(|(p, truth)| (f32::from(*p) / 20.0, *truth)).collect();
            let others = || (0..=41).map(|n| n as f32 / 40.0 - 0.0125);
            let f1 = |threshold| Confusion::at(&cases, threshold).f1();
            match best_f1(&cases) {
                Some(best) => for other in others() {
                    prop_assert!(f1(best) >= f1(other) - 1e-12);
                    prop_assert!(other <= best || f1(other) < f1(best) || Confusion::at(&cases, other) == Confusion::at(&cases, best));
                },
                None => prop_assert!(cases.iter().all(|case| !case.1)),
            }
            let alarms = |threshold| Confusion::at(&cases, threshold).false_alarm_rate();
            if let Some(least) = at_false_alarm_rate(&cases, rate) {
                prop_assert!(alarms(least) <= rate + 1e-9);
                for other in others().filter(|other| *other < least) {
                    let same = Confusion::at(&cases, other) == Confusion::at(&cases, least);
                    prop_assert!(same || alarms(other) > rate);
                }
            }
        }
    }
}
