//! What a face shows at rest: a low quantile of everything that it showed, per action unit.
//!
//! Takes the probabilities of a frame; gives the neutral probability of every unit. Nobody says when
//! a face is calm, but most units rest most of the time: the quantile [`QUANTILE`] is a frame at rest
//! as long as a unit is at rest that often. OpenFace 2 takes a low quantile too. Other quantiles, and
//! means over frames that the model calls neutral, are compared in
//! `docs/benchmarks/2026-11-21-sides-and-baseline.md`.

/// Intervals of [0, 1] in which frames are counted.
pub(super) const BINS: usize = 32;
/// Share of frames below the neutral probability.
const QUANTILE: f64 = 0.2;
/// Frames that are remembered: at twice as many the older half fades. At 25 frames per second this is
/// ten minutes, so a baseline follows a camera that was moved.
pub(super) const REMEMBERED: u32 = 15_000;

/// The neutral state of one face, of bounded size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Neutral {
    /// Frames that went into it.
    pub(super) samples: u64,
    /// Unix time of the last of them, in seconds.
    pub(super) changed_secs: i64,
    /// Frames per unit and interval.
    pub(super) counts: Vec<[u32; BINS]>,
}

impl Neutral {
    /// Of a face that was never seen.
    pub(super) fn new(units: usize) -> Self {
        Self {
            samples: 0,
            changed_secs: 0,
            counts: vec![[0; BINS]; units],
        }
    }

    /// Adds a frame: one probability per unit.
    pub(super) fn add(&mut self, probabilities: &[f32], at_secs: i64) {
        self.samples += 1;
        self.changed_secs = at_secs;
        for (counts, p) in self.counts.iter_mut().zip(probabilities) {
            let bin = (p.clamp(0.0, 1.0) * BINS as f32) as usize;
            counts[bin.min(BINS - 1)] += 1;
        }
        self.fade();
    }

    /// Adds everything that another state of the same face was made of.
    pub(super) fn merge(&mut self, other: &Self) {
        self.samples += other.samples;
        self.changed_secs = self.changed_secs.max(other.changed_secs);
        for (counts, more) in self.counts.iter_mut().zip(&other.counts) {
            for (count, more) in counts.iter_mut().zip(more) {
                *count += more;
            }
        }
        self.fade();
    }

    /// The neutral probability of a unit; 0 for a unit that it does not know.
    pub(super) fn of(&self, unit: usize) -> f32 {
        self.counts.get(unit).map_or(0.0, quantile)
    }

    fn fade(&mut self) {
        for counts in &mut self.counts {
            while counts.iter().sum::<u32>() >= 2 * REMEMBERED {
                counts.iter_mut().for_each(|count| *count /= 2);
            }
        }
    }
}

/// [`QUANTILE`] of what was counted, frames of an interval spread evenly over it.
fn quantile(counts: &[u32; BINS]) -> f32 {
    let total: u32 = counts.iter().sum();
    let mut left = QUANTILE * f64::from(total);
    for (bin, &count) in counts.iter().enumerate() {
        let count = f64::from(count);
        if count > 0.0 && left <= count {
            return ((bin as f64 + left / count) / BINS as f64) as f32;
        }
        left -= count;
    }
    0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BIN: f32 = 1.0 / BINS as f32;

    fn learned(probabilities: impl IntoIterator<Item = f32>) -> Neutral {
        let mut neutral = Neutral::new(1);
        for p in probabilities {
            neutral.add(&[p], 7);
        }
        neutral
    }

    #[test]
    fn a_unit_that_acts_three_quarters_of_the_time_is_known_at_rest() {
        let smiles = (0..1000).map(|n| if n % 4 == 0 { 0.11 } else { 0.93 });
        assert!((learned(smiles).of(0) - 0.11).abs() <= BIN);
        let smiles = (0..1000).map(|n| if n % 10 == 0 { 0.11 } else { 0.93 });
        assert!(learned(smiles).of(0) > 0.9, "one tenth is too seldom");
    }

    #[test]
    fn the_ends_are_counted_and_nothing_is_zero() {
        assert!(learned([0.0; 50]).of(0) <= BIN);
        assert!(learned([1.0; 50]).of(0) >= 1.0 - BIN);
        assert_eq!(learned([]).of(0), 0.0);
        assert_eq!(learned([0.5]).of(3), 0.0);
    }

    #[test]
    fn it_follows_a_face_that_changed_and_stays_bounded() {
        let old = 4 * REMEMBERED as usize;
        let neutral = learned(std::iter::repeat_n(0.1, old).chain(vec![0.4; old]));
        assert!((neutral.of(0) - 0.4).abs() <= BIN, "{}", neutral.of(0));
        assert_eq!(neutral.samples, 2 * old as u64);
        assert!(neutral.counts[0].iter().sum::<u32>() < 2 * REMEMBERED);
    }

    #[test]
    fn two_halves_of_a_day_make_the_day() {
        let day: Vec<f32> = (0..400).map(|n| (n % 97) as f32 / 97.0).collect();
        let mut morning = learned(day[..150].iter().copied());
        morning.merge(&learned(day[150..].iter().copied()));
        assert_eq!(morning, learned(day));
    }

    proptest! {
        #[test]
        fn it_is_the_quantile_to_an_interval(
            mut probabilities in prop::collection::vec(0.0_f32..1.0, 5..200),
        ) {
            let neutral = learned(probabilities.iter().copied()).of(0);
            probabilities.sort_by(f32::total_cmp);
            let below = (QUANTILE * probabilities.len() as f64).ceil() as usize;
            prop_assert!((neutral - probabilities[below - 1]).abs() <= BIN + 1e-5);
        }
    }
}
