//! How a head moves and where its eyes look while a face performs.
//!
//! Takes chance; gives head angles, gaze and closed lids at any time.

use std::f32::consts::TAU;

use glam::Vec2;
use rand::{Rng, RngExt};

use super::course::smooth;
use crate::look::dice::{between, chance, normal};

/// From the lid's first move to its rest, in seconds.
pub(super) const BLINK_SECS: f32 = 0.28;
/// How long the eyes take from one place to another, in seconds.
const SACCADE_SECS: f32 = 0.05;

/// Slow sway of a head, glances and blinks.
#[derive(Clone, Debug, PartialEq)]
pub struct Motion {
    /// Yaw, pitch and roll in degrees around which the head sways.
    rest: [f32; 3],
    /// How far it sways, 1 for a lively sitter.
    reach: f32,
    phases: [f32; 5],
    /// When blinks begin.
    pub(super) blinks: Vec<f32>,
    /// Where the eyes look from when on, in radians.
    glances: Vec<(f32, Vec2)>,
}

/// Head and eyes at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bearing {
    /// Yaw, pitch and roll in degrees.
    pub(super) turn: [f32; 3],
    /// Place in the picture, in shares of its height.
    pub(super) sway: [f32; 2],
    pub(super) gaze: Vec2,
    /// How far lids are closed by a blink, 0 to 1.
    pub(super) closed: f32,
}

impl Motion {
    /// A sitter who looks into the camera and blinks every few seconds.
    pub fn calm(rng: &mut impl Rng, secs: f32) -> Self {
        let phases = std::array::from_fn(|_| rng.random_range(0.0..TAU));
        let mut blinks = Vec::new();
        let mut next = rng.random_range(0.4..1.6);
        while next < secs {
            blinks.push(next);
            next += rng.random_range(1.6..3.6);
        }
        Self {
            rest: [0.0; 3],
            reach: 1.0,
            phases,
            blinks,
            glances: Vec::new(),
        }
    }

    /// Someone who turns around `spread` degrees from the camera, sways by `reach` and whose eyes
    /// wander.
    pub fn lively(rng: &mut impl Rng, secs: f32, spread: f32, reach: f32) -> Self {
        let mut glances = Vec::new();
        let mut time = -between(rng, 0.0, 1.0);
        while time < secs {
            let width = if chance(rng, 0.25) { 0.22 } else { 0.05 };
            glances.push((
                time,
                Vec2::new(normal(rng, width), normal(rng, 0.6 * width)),
            ));
            time += between(rng, 0.25, 1.8);
        }
        Self {
            rest: [
                normal(rng, spread).clamp(-42.0, 42.0),
                (normal(rng, 0.6 * spread) - 1.0).clamp(-24.0, 22.0),
                normal(rng, 0.4 * spread).clamp(-20.0, 20.0),
            ],
            reach,
            glances,
            ..Self::calm(rng, secs)
        }
    }

    pub(super) fn at(&self, time: f32) -> Bearing {
        let wave = |index: usize, hertz: f32| (time * hertz * TAU + self.phases[index]).sin();
        let [yaw, pitch, roll] = self.rest;
        let reach = self.reach;
        let lids = self
            .blinks
            .iter()
            .map(|start| blink((time - start) / BLINK_SECS));
        Bearing {
            turn: [
                yaw + reach * (7.0 * wave(0, 0.17) + 2.0 * wave(1, 0.41)),
                pitch + reach * 2.0 * wave(2, 0.23),
                roll + reach * 3.0 * wave(3, 0.13),
            ],
            sway: [reach * 0.02 * wave(4, 0.19), reach * 0.012 * wave(2, 0.23)],
            gaze: self.gaze(time),
            closed: lids.fold(0.0, f32::max),
        }
    }

    fn gaze(&self, time: f32) -> Vec2 {
        let next = self.glances.partition_point(|(start, _)| *start <= time);
        let look = |index: usize| {
            self.glances
                .get(index)
                .map_or(Vec2::ZERO, |glance| glance.1)
        };
        let Some(now) = next.checked_sub(1) else {
            return Vec2::ZERO;
        };
        let before = now.checked_sub(1).map_or(Vec2::ZERO, look);
        before.lerp(
            look(now),
            smooth((time - self.glances[now].0) / SACCADE_SECS),
        )
    }
}

/// Lids close in a third of a blink and open in the rest.
fn blink(share: f32) -> f32 {
    smooth(share * 3.0) - smooth((share - 1.0 / 3.0) * 1.5)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn eyes_jump_and_heads_do_not() {
        let motion = Motion::lively(&mut ChaCha8Rng::seed_from_u64(2), 6.0, 10.0, 1.0);
        let mut farthest = 0.0_f32;
        for frame in 1..144 {
            let [before, after] = [frame - 1, frame].map(|frame| motion.at(frame as f32 / 24.0));
            farthest = farthest.max(before.gaze.distance(after.gaze));
            assert!((after.turn[0] - before.turn[0]).abs() < 1.0);
        }
        assert!((0.05..1.5).contains(&farthest), "{farthest}");
    }
}
