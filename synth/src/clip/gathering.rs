//! Several people, or nobody, before a camera that moves.
//!
//! Takes chance and people; gives the frame at any time, with the truth about every face in it.
//! Where nobody is, the place changes every two seconds: what a face finder must leave alone is
//! worth seeing in many forms.

use std::f32::consts::TAU;

use rand::{Rng, RngExt};

use super::Performance;
use crate::look::{
    Acting, Company, Crowd, Person, Renderer, Setting, Sight, Studio, dice::between,
};

/// How long a take without people is, in seconds.
const EMPTY_TAKE_SECS: f32 = 2.0;

/// Takes, one after the other.
pub struct Gathering {
    people: Vec<Person>,
    takes: Vec<Take>,
    take_secs: f32,
}

/// One place and what happens there.
struct Take {
    setting: Setting,
    performances: Vec<Performance>,
    /// Speeds of the camera's movements in turns per second, and where they begin.
    waves: [[f32; 2]; 6],
}

impl Gathering {
    /// A clip of `secs` in which each of `people` shows the face; without any, of empty places.
    ///
    /// # Panics
    /// When the frame has no pixels.
    pub fn draw(rng: &mut impl Rng, people: Vec<Person>, size: [usize; 2], secs: f32) -> Self {
        let take_secs = if people.is_empty() {
            EMPTY_TAKE_SECS
        } else {
            secs
        };
        let count = (secs / take_secs).ceil().max(1.0) as usize;
        let takes = (0..count).map(|_| Take {
            setting: Setting::draw(rng, &people, size, Company::Exactly(people.len())),
            performances: people
                .iter()
                .map(|_| Performance::sad_then_smiling(secs, rng))
                .collect(),
            waves: std::array::from_fn(|_| [between(rng, 0.05, 0.4), rng.random()]),
        });
        Self {
            takes: takes.collect(),
            people,
            take_secs,
        }
    }

    /// Draws frame `number`, at a time in seconds. Frames can be drawn in any order.
    #[must_use]
    pub fn frame(
        &self,
        studio: &Studio,
        renderer: &mut Renderer,
        number: usize,
        time: f32,
    ) -> Crowd {
        let take = &self.takes[((time / self.take_secs) as usize).min(self.takes.len() - 1)];
        let acting = take.performances.iter().map(|performance| {
            let moment = performance.at(time);
            Acting {
                actions: moment.actions(),
                turn: [moment.yaw, moment.pitch, moment.roll],
                sway: moment.sway,
            }
        });
        let acting: Vec<Acting> = acting.collect();
        let sight = take.sight(number, time);
        renderer.frame(studio, &self.people, &take.setting, &acting, &sight)
    }
}

impl Take {
    /// A camera held by hand: it pans, steps aside, leans and zooms, slowly.
    fn sight(&self, number: usize, time: f32) -> Sight {
        let wave = |index: usize| {
            let [hertz, phase] = self.waves[index];
            (TAU * (hertz * time + phase)).sin()
        };
        // Nobody leaves the picture because of it.
        let reach = if self.performances.is_empty() {
            1.0
        } else {
            0.15
        };
        Sight {
            pan: [0.12 * reach * wave(0), 0.06 * reach * wave(1)],
            zoom: (0.15 * reach * wave(2)).exp(),
            roll: 0.06 * reach * wave(3),
            step: [6.0 * reach * wave(4), 3.0 * reach * wave(5)],
            frame: number as u32,
        }
    }
}
