//! How long to wait before something that failed is tried again: exponential, with jitter.
//!
//! Takes the number of the attempt and a seed; gives the delay. Pure: the same numbers give the same
//! delay, and different seeds keep many daemons from coming back in the same moment.

use std::time::Duration;

/// Delays between attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Longest first delay; each further attempt doubles it,
    pub first: Duration,
    /// up to this.
    pub longest: Duration,
}

impl Default for Backoff {
    /// From half a second to half a minute.
    fn default() -> Self {
        Self {
            first: Duration::from_millis(500),
            longest: Duration::from_secs(30),
        }
    }
}

impl Backoff {
    /// The delay before attempt `attempt` (0 is the first after a failure): between half of and the
    /// whole of `first * 2^attempt`, which is cut at `longest`.
    #[must_use]
    pub fn delay(&self, attempt: u32, seed: u64) -> Duration {
        let doubled = 2_u32.checked_pow(attempt.min(31)).unwrap_or(u32::MAX);
        let whole = self.first.saturating_mul(doubled).min(self.longest);
        let share = mix(seed ^ mix(u64::from(attempt))) >> 11;
        let share = share as f64 / (1_u64 << 53) as f64;
        whole.mul_f64(0.5 + share / 2.0)
    }
}

/// A seed from a name, the same in every run (FNV-1a).
#[must_use]
pub fn seed(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The output function of SplitMix64 (Steele, Lea and Flood, 2014).
const fn mix(state: u64) -> u64 {
    let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_stay_in_bounds_and_differ_by_seed() {
        let backoff = Backoff::default();
        for attempt in 0..200 {
            let whole = backoff.first.as_secs_f64() * 2_f64.powi(attempt.min(40));
            let whole = whole.min(backoff.longest.as_secs_f64());
            for name in ["door", "hall", "yard"] {
                let delay = backoff.delay(attempt as u32, seed(name));
                assert!(
                    (whole * 0.5..=whole).contains(&delay.as_secs_f64()),
                    "{attempt}"
                );
                assert_eq!(delay, backoff.delay(attempt as u32, seed(name)));
            }
            assert_ne!(
                backoff.delay(attempt as u32, seed("door")),
                backoff.delay(attempt as u32, seed("hall"))
            );
        }
    }

    #[test]
    fn no_delay_stays_none() {
        let never = Backoff {
            first: Duration::ZERO,
            longest: Duration::ZERO,
        };
        assert_eq!(never.delay(u32::MAX, 7), Duration::ZERO);
    }
}
