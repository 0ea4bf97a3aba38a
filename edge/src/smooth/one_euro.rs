//! The One-Euro filter (Casiez, Roussel & Vogel, CHI 2012): steady at rest, quick in motion.
//!
//! Takes samples of one signal with the time between them; gives the filtered signal. A low-pass
//! filter whose cut-off rises with the speed of the signal.

use std::f32::consts::TAU;

/// Parameters of the filter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Parameters {
    /// Cut-off at rest, in hertz.
    pub(super) min_cutoff_hz: f32,
    /// Hertz per unit per second.
    pub(super) beta: f32,
    /// Cut-off of the speed estimate, in hertz.
    pub(super) derivative_cutoff_hz: f32,
}

/// One filtered signal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct OneEuro {
    value: f32,
    /// Units per second.
    speed: f32,
}

impl OneEuro {
    pub(super) const fn new(value: f32) -> Self {
        Self { value, speed: 0.0 }
    }

    /// The next sample, `elapsed_secs` after the last.
    pub(super) fn filter(&mut self, sample: f32, elapsed_secs: f32, with: &Parameters) -> f32 {
        if elapsed_secs <= 0.0 {
            return self.value;
        }
        let speed = (sample - self.value) / elapsed_secs;
        self.speed += share(with.derivative_cutoff_hz, elapsed_secs) * (speed - self.speed);
        let cutoff = with.min_cutoff_hz + with.beta * self.speed.abs();
        self.value += share(cutoff, elapsed_secs) * (sample - self.value);
        self.value
    }
}

/// How much of a new sample a first-order low-pass filter takes.
fn share(cutoff_hz: f32, elapsed_secs: f32) -> f32 {
    let ratio = TAU * cutoff_hz * elapsed_secs;
    ratio / (ratio + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DEFAULT: Parameters = Parameters {
        min_cutoff_hz: 1.5,
        beta: 2.0,
        derivative_cutoff_hz: 1.0,
    };
    const FRAME_SECS: f32 = 0.04;

    #[test]
    fn noise_at_rest_is_damped_and_a_step_is_followed() {
        let mut filter = OneEuro::new(0.5);
        let mut noise = 0.0_f32;
        for n in 0..100 {
            let sample = 0.5 + if n % 2 == 0 { 0.05 } else { -0.05 };
            let value = filter.filter(sample, FRAME_SECS, &DEFAULT);
            if n > 20 {
                noise = noise.max((value - 0.5).abs());
            }
        }
        assert!(noise < 0.02, "{noise} of 0.05 is left");
        let mut frames = 0;
        while filter.filter(1.0, FRAME_SECS, &DEFAULT) < 0.95 {
            frames += 1;
        }
        assert!(frames < 8, "{frames} frames to follow a step");
    }

    proptest! {
        #[test]
        fn a_constant_stays_and_the_output_stays_between_the_samples(
            start in 0.0_f32..1.0,
            samples in prop::collection::vec((0.0_f32..1.0, 0.001_f32..2.0), 1..50),
        ) {
            let mut still = OneEuro::new(start);
            let mut moving = OneEuro::new(start);
            let (mut least, mut most) = (start, start);
            for (sample, elapsed) in samples {
                prop_assert_eq!(still.filter(start, elapsed, &DEFAULT), start);
                (least, most) = (least.min(sample), most.max(sample));
                let value = moving.filter(sample, elapsed, &DEFAULT);
                prop_assert!(value >= least - 1e-6 && value <= most + 1e-6);
            }
        }

        #[test]
        fn no_time_changes_nothing(start in 0.0_f32..1.0, sample in 0.0_f32..1.0) {
            prop_assert_eq!(OneEuro::new(start).filter(sample, 0.0, &DEFAULT), start);
        }
    }
}
