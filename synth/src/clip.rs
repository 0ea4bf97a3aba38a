//! The time course of a short clip: what a face does at every moment.
//!
//! Takes a head, a duration and a seed; gives the frame ([`Film`]) or the [`Moment`] at any time:
//! rest, sadness, rest, a smile, each with onset, apex and offset, under a slowly moving head that
//! blinks.

use facs::ActionUnit;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{
    head::{Actions, Head},
    look::{Person, Placement, Renderer, Shot, Studio},
};

use ActionUnit::{Au01, Au04, Au06, Au07, Au11, Au12, Au15, Au17, Au25, Au26, Au43};

const UNITS: usize = ActionUnit::COUNT;

/// Onset start, apex start, apex end and offset end, as shares of the clip.
type Course = [f32; 4];
const SAD: Course = [0.08, 0.20, 0.40, 0.52];
const SMILE: Course = [0.58, 0.66, 0.94, 1.06];
/// Intensities at the apex.
const SAD_UNITS: &[(ActionUnit, f32)] = &[
    (Au01, 3.8),
    (Au04, 3.4),
    (Au15, 4.0),
    (Au17, 2.4),
    (Au11, 0.8),
    (Au43, 1.0),
];
const SMILE_UNITS: &[(ActionUnit, f32)] = &[
    (Au12, 4.4),
    (Au06, 3.6),
    (Au25, 3.2),
    (Au26, 1.0),
    (Au07, 1.0),
];
/// Height of the face as a share of the frame's.
const FACE_SHARE: f32 = 0.5;
/// From the lid's first move to its rest, in seconds.
const BLINK_SECS: f32 = 0.28;

/// What a face does at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// FACS intensity 0 to 5 of both sides, by [`ActionUnit::index`].
    pub intensity: [f32; UNITS],
    /// Turn of the head in degrees, positive towards the subject's left.
    pub yaw: f32,
    /// Nod in degrees, positive upwards.
    pub pitch: f32,
    /// Tilt in degrees, positive clockwise as seen.
    pub roll: f32,
    /// Place of the face in the picture, in shares of its height, relative to where it rests.
    pub sway: [f32; 2],
}

/// The course of a whole clip.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    secs: f32,
    /// When blinks begin.
    blinks: Vec<f32>,
    /// Phases of the slow movements.
    phases: [f32; 5],
}

impl Timeline {
    /// Draws when the blinks come and how the head moves.
    pub fn draw(secs: f32, rng: &mut impl Rng) -> Self {
        let phases = std::array::from_fn(|_| rng.random_range(0.0..std::f32::consts::TAU));
        let mut blinks = Vec::new();
        let mut next = rng.random_range(0.4..1.6);
        while next < secs {
            blinks.push(next);
            next += rng.random_range(1.6..3.6);
        }
        Self {
            secs,
            blinks,
            phases,
        }
    }

    /// What the face does at a time in seconds.
    #[must_use]
    pub fn at(&self, time: f32) -> Moment {
        let share = time / self.secs;
        let (sad, smile) = (envelope(share, SAD), envelope(share, SMILE));
        let mut intensity = [0.0_f32; UNITS];
        for (strength, units) in [(sad, SAD_UNITS), (smile, SMILE_UNITS)] {
            for &(unit, apex) in units {
                let value = &mut intensity[unit.index()];
                *value = value.max(strength * apex);
            }
        }
        let lids = self
            .blinks
            .iter()
            .map(|start| blink((time - start) / BLINK_SECS));
        let closed = lids.fold(0.0, f32::max) * 5.0;
        let value = &mut intensity[Au43.index()];
        *value = value.max(closed);
        let wave = |index: usize, hertz: f32| {
            (time * hertz * std::f32::consts::TAU + self.phases[index]).sin()
        };
        Moment {
            intensity,
            yaw: 7.0 * wave(0, 0.17) + 2.0 * wave(1, 0.41),
            pitch: 2.0 * wave(2, 0.23) - 7.0 * sad + 3.0 * smile,
            roll: 3.0 * wave(3, 0.13) + 3.0 * smile * wave(1, 0.3),
            sway: [0.02 * wave(4, 0.19), 0.012 * wave(2, 0.23) + 0.02 * sad],
        }
    }
}

/// A person before a camera for the length of a timeline.
#[derive(Debug)]
pub struct Film {
    studio: Studio,
    person: Person,
    shot: Shot,
    timeline: Timeline,
    size: [usize; 2],
}

impl Film {
    /// Casts a person and draws the course of a clip of `secs` seconds, frames of `size` columns
    /// and rows.
    #[must_use]
    pub fn new(head: Head, size: [usize; 2], secs: f32, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let studio = Studio::new(vec![head]);
        let person = Person::draw(&mut rng, &studio);
        let shot = Shot::calm(&mut rng);
        Self {
            studio,
            person,
            shot,
            timeline: Timeline::draw(secs, &mut rng),
            size,
        }
    }

    /// Draws the frame at a time in seconds: RGB, rows first.
    #[must_use]
    pub fn frame(&self, time: f32) -> Vec<u8> {
        let moment = self.timeline.at(time);
        let actions = Actions::symmetric(moment.intensity.map(|intensity| intensity / 5.0));
        let mut shot = self.shot.clone();
        (shot.yaw, shot.pitch, shot.roll) = (moment.yaw, moment.pitch, moment.roll);
        let place = Placement {
            height: FACE_SHARE,
            offset: moment.sway,
        };
        let mut renderer = Renderer::new();
        renderer
            .portrait(
                &self.studio,
                &self.person,
                &actions,
                &shot,
                self.size,
                place,
            )
            .pixels
    }
}

/// 0 before the onset, 1 at the apex, smooth between (zero speed and acceleration at both ends).
fn envelope(share: f32, [onset, apex, release, end]: Course) -> f32 {
    let rise = smooth((share - onset) / (apex - onset));
    let fall = smooth((share - release) / (end - release));
    rise - fall
}

fn smooth(x: f32) -> f32 {
    let x = x.clamp(0.0, 1.0);
    x * x * x * (x * (x * 6.0 - 15.0) + 10.0)
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

    fn timeline() -> Timeline {
        Timeline::draw(6.0, &mut ChaCha8Rng::seed_from_u64(3))
    }

    #[test]
    fn rest_then_sadness_then_rest_then_a_smile() {
        let at = |time, unit: ActionUnit| timeline().at(time).intensity[unit.index()];
        assert_eq!([at(0.1, Au12), at(0.1, Au15)], [0.0, 0.0]);
        assert_eq!([at(1.8, Au12), at(1.8, Au15)], [0.0, 4.0]);
        assert_eq!([at(3.3, Au12), at(3.3, Au15)], [0.0, 0.0]);
        assert_eq!([at(5.0, Au12), at(5.0, Au15)], [4.4, 0.0]);
    }

    #[test]
    fn nothing_jumps_between_frames() {
        let timeline = timeline();
        for frame in 1..144 {
            let [before, after] = [frame - 1, frame].map(|frame| timeline.at(frame as f32 / 24.0));
            for unit in ActionUnit::ALL.into_iter().filter(|&unit| unit != Au43) {
                let step = after.intensity[unit.index()] - before.intensity[unit.index()];
                assert!(step.abs() < 1.0, "{unit} jumps by {step}");
            }
            assert!((after.yaw - before.yaw).abs() < 1.0);
        }
    }

    #[test]
    fn eyes_close_fully_and_open_again() {
        let timeline = timeline();
        for start in &timeline.blinks {
            assert!(timeline.at(start + BLINK_SECS / 3.0).intensity[Au43.index()] > 4.9);
            assert!(timeline.at(start + BLINK_SECS).intensity[Au43.index()] <= 1.0);
        }
        assert!(!timeline.blinks.is_empty());
    }
}
