//! A person performs before a camera.
//!
//! Takes a person, a shot and a [`Performance`]; gives the frame at any time, with the truth about
//! the face in it.

use super::{Course, Moment, Performance};
use crate::look::{Person, Placement, Portrait, Renderer, Shot, Studio};

/// One take.
#[derive(Debug)]
pub struct Film {
    /// Who.
    pub person: Person,
    /// Where, in which light, with which camera; the angles of the head are the performance's.
    pub shot: Shot,
    /// What the face does.
    pub performance: Performance,
    /// Where the face rests in the frame.
    pub place: Placement,
    /// When the occluder of the shot comes and goes.
    pub cover: Option<Course>,
    /// Columns and rows.
    pub size: [usize; 2],
}

impl Film {
    /// Draws frame `number`, at a time in seconds. Frames can be drawn in any order.
    #[must_use]
    pub fn frame(
        &self,
        studio: &Studio,
        renderer: &mut Renderer,
        number: usize,
        time: f32,
    ) -> (Moment, Portrait) {
        let moment = self.performance.at(time);
        let mut shot = self.shot.with_grain_of(number);
        (shot.yaw, shot.pitch, shot.roll) = (moment.yaw, moment.pitch, moment.roll);
        let [x, y] = self.place.offset;
        let place = Placement {
            height: self.place.height,
            offset: [x + moment.sway[0], y + moment.sway[1]],
            cover: self.cover.map_or(0.0, |cover| cover.strength(time)),
        };
        let actions = moment.actions();
        let portrait = renderer.portrait(studio, &self.person, &actions, &shot, self.size, place);
        (moment, portrait)
    }
}
