//! The course of one act: rest, onset, apex, offset, rest.
//!
//! Takes four times; gives the strength at any time. Speed and acceleration are zero wherever two
//! phases meet, as in a minimum-jerk movement.

use rand::Rng;

use crate::look::dice::between;

/// When an act begins, is full, is released and is over, in seconds. Rising.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Course {
    /// The onset begins.
    pub onset: f32,
    /// The apex begins.
    pub apex: f32,
    /// The offset begins.
    pub release: f32,
    /// The face is at rest again.
    pub end: f32,
}

impl Course {
    /// A course of chance that begins at `onset`, its apex `apex_secs` long. Faces come slower than
    /// they startle and go slower than they come.
    pub fn draw(rng: &mut impl Rng, onset: f32, apex_secs: f32) -> Self {
        let apex = onset + between(rng, 0.2, 0.8);
        let release = apex + apex_secs;
        Self {
            onset,
            apex,
            release,
            end: release + between(rng, 0.4, 1.4),
        }
    }

    /// 0 at rest, 1 at the apex.
    #[must_use]
    pub fn strength(&self, time: f32) -> f32 {
        let rise = smooth((time - self.onset) / (self.apex - self.onset));
        let fall = smooth((time - self.release) / (self.end - self.release));
        rise - fall
    }
}

/// From 0 to 1 with zero speed and acceleration at both ends.
pub(super) fn smooth(x: f32) -> f32 {
    let x = x.clamp(0.0, 1.0);
    x * x * x * (x * (x * 6.0 - 15.0) + 10.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_course_rises_holds_and_falls(onset in -1.0_f32..1.0, rise in 0.1_f32..1.0, hold in 0.0_f32..2.0, fall in 0.1_f32..2.0) {
            let [apex, release, end] = [onset + rise, onset + rise + hold, onset + rise + hold + fall];
            let course = Course { onset, apex, release, end };
            let at = |from: f32, to: f32, share: f32| course.strength(from + (to - from) * share);
            for step in 0..20 {
                let [now, next] = [step, step + 1].map(|step| step as f32 / 20.0);
                prop_assert!(at(onset, apex, now) <= at(onset, apex, next) + 1e-5);
                prop_assert!((at(apex, release, now) - 1.0).abs() < 1e-5);
                prop_assert!(at(release, end, now) >= at(release, end, next) - 1e-5);
            }
            prop_assert_eq!([course.strength(onset - 0.1), course.strength(end + 0.1)], [0.0, 0.0]);
        }
    }
}
