//! Everything a face does over a clip.
//!
//! Takes acts, speech and motion; gives the [`Moment`] at any time.

use std::f32::consts::TAU;

use facs::ActionUnit;
use glam::Vec2;

use super::{Course, Motion, Speech};
use crate::head::{Actions, Freeze};

const UNITS: usize = ActionUnit::COUNT;

/// One expression of a face from onset to offset.
#[derive(Clone, Debug, PartialEq)]
pub struct Act {
    /// When it comes and goes.
    pub course: Course,
    /// FACS intensities 0 to 5 at the apex on the subject's left, by [`ActionUnit::index`].
    pub left: [f32; UNITS],
    /// And on the right.
    pub right: [f32; UNITS],
    /// How much later than the course each unit moves, in seconds.
    pub lag: [f32; UNITS],
    /// How far the head nods up with it, in degrees, and sinks, in shares of the picture's height.
    pub lean: [f32; 2],
}

/// What a face does at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// FACS intensity 0 to 5 on the subject's left, by [`ActionUnit::index`].
    pub left: [f32; UNITS],
    /// And on the right.
    pub right: [f32; UNITS],
    /// How far the lips are pursed, 0 to 1: speech does it, and no unit of the vocabulary tells.
    pub pucker: f32,
    /// Turn of the eyes in radians: x towards the subject's left, y up.
    pub gaze: Vec2,
    /// Turn of the head in degrees, positive towards the subject's left.
    pub yaw: f32,
    /// Nod in degrees, positive upwards.
    pub pitch: f32,
    /// Tilt in degrees, positive clockwise as seen.
    pub roll: f32,
    /// Place of the face in the picture, in shares of its height, relative to where it rests.
    pub sway: [f32; 2],
}

impl Moment {
    /// FACS intensity of the stronger side.
    #[must_use]
    pub fn intensity(&self, unit: ActionUnit) -> f32 {
        self.left[unit.index()].max(self.right[unit.index()])
    }

    /// What moves the head.
    #[must_use]
    pub fn actions(&self) -> Actions {
        let share = |side: [f32; UNITS]| side.map(|intensity| intensity / 5.0);
        Actions {
            left: share(self.left),
            right: share(self.right),
            gaze: self.gaze,
            frozen: Freeze::NOTHING,
            pucker: self.pucker,
        }
    }
}

/// The course of a whole clip.
#[derive(Clone, Debug, PartialEq)]
pub struct Performance {
    /// What the face shows; where acts overlap the stronger one wins, unit by unit.
    pub acts: Vec<Act>,
    /// What it says meanwhile.
    pub speech: Vec<Speech>,
    /// How the head moves.
    pub motion: Motion,
    /// How much a held intensity wavers, as a share of it.
    pub flutter: f32,
}

impl Performance {
    /// What the face does at a time in seconds.
    #[must_use]
    pub fn at(&self, time: f32) -> Moment {
        let [mut left, mut right] = [[0.0_f32; UNITS]; 2];
        let [mut pitch, mut sink] = [0.0; 2];
        for act in &self.acts {
            for unit in 0..UNITS {
                let strength = act.course.strength(time - act.lag[unit]) * self.waver(unit, time);
                for (side, apex) in [(&mut left, &act.left), (&mut right, &act.right)] {
                    side[unit] = side[unit].max((strength * apex[unit]).min(5.0));
                }
            }
            let strength = act.course.strength(time);
            pitch += strength * act.lean[0];
            sink += strength * act.lean[1];
        }
        let mut pucker = 0.0_f32;
        for speech in &self.speech {
            pucker = pucker.max(speech.speak(time, [&mut left, &mut right]));
        }
        let bearing = self.motion.at(time);
        for side in [&mut left, &mut right] {
            let lids = &mut side[ActionUnit::Au43.index()];
            *lids = lids.max(5.0 * bearing.closed);
        }
        let [yaw, nod, roll] = bearing.turn;
        let [across, down] = bearing.sway;
        Moment {
            left,
            right,
            pucker,
            gaze: bearing.gaze,
            yaw,
            pitch: nod + pitch,
            roll,
            sway: [across, down + sink],
        }
    }

    /// No muscle holds still: about 1.
    fn waver(&self, unit: usize, time: f32) -> f32 {
        let phase = 2.4 * unit as f32;
        let slow = (TAU * 0.7 * time + phase).sin();
        let fast = (TAU * 2.3 * time + 1.7 * phase).sin();
        1.0 + self.flutter * (0.7 * slow + 0.3 * fast)
    }
}
