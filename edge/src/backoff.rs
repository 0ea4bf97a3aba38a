//! How long to wait before the next try.
//!
//! Takes the shortest and the longest wait; gives waits that double up to the longest, each varied by
//! up to a quarter, so that many who lost the same peer do not all come back at once.

use std::time::Duration;

/// Waits between tries.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    shortest: Duration,
    longest: Duration,
    next: Duration,
    random: u64,
}

impl Backoff {
    /// `seed`: who waits; the same seed gives the same waits.
    #[must_use]
    pub(crate) fn new(shortest: Duration, longest: Duration, seed: u64) -> Self {
        Self {
            shortest,
            longest: longest.max(shortest),
            next: shortest,
            random: seed,
        }
    }

    /// The next wait.
    pub(crate) fn next_delay(&mut self) -> Duration {
        let delay = self.next;
        self.next = delay.saturating_mul(2).min(self.longest);
        delay.mul_f64(0.75 + 0.5 * self.share())
    }

    /// It worked: the next wait is the shortest again.
    pub(crate) fn reset(&mut self) {
        self.next = self.shortest;
    }

    /// In [0, 1): SplitMix64 (Steele, Lea and Flood 2014).
    fn share(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_vary_and_start_again() {
        let secs = Duration::from_secs;
        let mut backoff = Backoff::new(secs(1), secs(30), 7);
        for expected in [1, 2, 4, 8, 16, 30, 30] {
            let share = backoff.next_delay().as_secs_f64() / f64::from(expected);
            assert!((0.75..1.25).contains(&share), "{share} of {expected} s");
        }
        backoff.reset();
        assert!(backoff.next_delay() < secs(2));
        let first = |seed| Backoff::new(secs(1), secs(30), seed).next_delay();
        assert_eq!(first(1), first(1));
        assert_ne!(first(1), first(2));
    }
}
