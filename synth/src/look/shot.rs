//! What one shot looks like: pose, distance, light, backdrop, what is in the way, film.

use glam::{Quat, Vec2};
use rand::{Rng, RngExt};

use super::{
    backdrop::Backdrop,
    dice::{between, chance, normal, pick},
    film::Film,
    lamps,
};
use crate::render::Lighting;

/// What stands between a face and the camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occluder {
    /// Nothing.
    Nothing,
    /// The person's own hand.
    Hand,
    /// A phone, a mug, a ball, a sheet, a bar.
    Thing,
}

/// Everything about one picture but who is in it and what its face does.
#[derive(Clone, Debug)]
pub struct Shot {
    /// Turn to the subject's left, in degrees.
    pub yaw: f32,
    /// Nod upwards, in degrees.
    pub pitch: f32,
    /// Tilt, clockwise as seen, in degrees.
    pub roll: f32,
    /// From the camera to the face, in centimetres.
    pub distance: f32,
    /// What is in the way.
    pub occluder: Occluder,
    /// Errors of the landmarks that a crop is aligned with, as shares of the distance between the
    /// eyes: of each point, and of all together.
    pub jitter: [f32; 2],
    /// How far the face moves over the picture while as many rows are read, see
    /// [`Rolling`](crate::render::Rolling).
    pub(super) drift: Vec2,
    pub(super) lighting: Lighting,
    pub(super) backdrop: Backdrop,
    pub(super) film: Film,
    pub(super) seed: u64,
}

impl Shot {
    /// A frontal portrait in soft light before grey, without errors: for sheets.
    #[must_use]
    pub fn plain() -> Self {
        Self {
            yaw: 0.0,
            pitch: 0.0,
            roll: 0.0,
            distance: 110.0,
            occluder: Occluder::Nothing,
            jitter: [0.0; 2],
            drift: Vec2::ZERO,
            lighting: lamps::plain(),
            backdrop: Backdrop::plain(),
            film: Film::plain(),
            seed: 0,
        }
    }

    /// A random shot of a face, mostly near frontal.
    pub fn draw(rng: &mut impl Rng) -> Self {
        let wide = chance(rng, 0.3);
        let (yaw, pitch) = if wide { (24.0, 13.0) } else { (10.0, 7.0) };
        let (lighting, dark) = lamps::draw(rng);
        let film = Film::draw(rng, dark);
        // Rows take longer to read than to expose, in light at least.
        let moves = if film.moves() { 0.6 } else { 0.06 };
        let drift = if chance(rng, moves) {
            Vec2::new(normal(rng, 0.1), normal(rng, 0.06)).clamp_length_max(0.25)
        } else {
            Vec2::ZERO
        };
        Self {
            yaw: normal(rng, yaw).clamp(-48.0, 48.0),
            pitch: (normal(rng, pitch) - 2.0).clamp(-28.0, 26.0),
            roll: normal(rng, 9.0).clamp(-30.0, 30.0),
            distance: between(rng, 3.7, 5.5).exp(),
            occluder: [Occluder::Nothing, Occluder::Hand, Occluder::Thing]
                [pick(rng, &[0.78, 0.17, 0.05])],
            jitter: [between(rng, 0.0, 0.045), between(rng, 0.0, 0.09)],
            drift,
            lighting,
            backdrop: Backdrop::draw(rng),
            film,
            seed: rng.random(),
        }
    }

    /// The head's rotation.
    pub(super) fn rotation(&self) -> Quat {
        rotation(self.yaw, self.pitch, self.roll)
    }
}

/// Degrees to a rotation: nod, then turn, then tilt in the picture.
pub(super) fn rotation(yaw: f32, pitch: f32, roll: f32) -> Quat {
    Quat::from_rotation_z(-roll.to_radians())
        * Quat::from_rotation_y(yaw.to_radians())
        * Quat::from_rotation_x(-pitch.to_radians())
}
