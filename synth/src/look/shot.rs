//! What one shot looks like: pose, distance, light, backdrop, what is in the way, film.

use glam::{Quat, Vec3};
use rand::{Rng, RngExt};

use super::{
    backdrop::Backdrop,
    colour,
    dice::{between, chance, normal, pick},
    film::Film,
};
use crate::render::{Light, Lighting};

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
    pub(super) lighting: Lighting,
    pub(super) backdrop: Backdrop,
    pub(super) film: Film,
    pub(super) seed: u64,
}

impl Shot {
    /// A frontal portrait in soft light before grey, without errors: for sheets.
    #[must_use]
    pub fn plain() -> Self {
        let key = Light {
            direction: Vec3::new(-0.45, 0.55, 0.7).normalize(),
            colour: Vec3::splat(1.0),
        };
        Self {
            yaw: 0.0,
            pitch: 0.0,
            roll: 0.0,
            distance: 110.0,
            occluder: Occluder::Nothing,
            jitter: [0.0; 2],
            lighting: Lighting {
                sky: Vec3::splat(0.55),
                ground: Vec3::splat(0.3),
                lights: vec![key],
                shadow: 0.6,
            },
            backdrop: Backdrop::plain(),
            film: Film::plain(),
            seed: 0,
        }
    }

    /// A random shot of a face, mostly near frontal.
    pub fn draw(rng: &mut impl Rng) -> Self {
        let wide = chance(rng, 0.3);
        let (yaw, pitch) = if wide { (24.0, 13.0) } else { (10.0, 7.0) };
        Self {
            yaw: normal(rng, yaw).clamp(-48.0, 48.0),
            pitch: (normal(rng, pitch) - 2.0).clamp(-28.0, 26.0),
            roll: normal(rng, 9.0).clamp(-30.0, 30.0),
            distance: between(rng, 3.7, 5.5).exp(),
            occluder: [Occluder::Nothing, Occluder::Hand, Occluder::Thing]
                [pick(rng, &[0.78, 0.17, 0.05])],
            jitter: [between(rng, 0.0, 0.045), between(rng, 0.0, 0.09)],
            lighting: lighting(rng),
            backdrop: Backdrop::draw(rng),
            film: Film::draw(rng),
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

/// Light from a room, a window, the sun or a lamp.
pub(super) fn lighting(rng: &mut impl Rng) -> Lighting {
    let tone = |rng: &mut _, spread: f32| {
        let warm = normal(rng, spread);
        Vec3::new(1.0 + warm, 1.0 + 0.1 * warm, 1.0 - warm)
    };
    let direction = |azimuth: f32, height: f32| {
        let (azimuth, height) = (azimuth.to_radians(), height.to_radians());
        Vec3::new(
            azimuth.sin() * height.cos(),
            height.sin(),
            azimuth.cos() * height.cos(),
        )
    };
    let soft = rng.random::<f32>();
    let key = Light {
        direction: direction(
            normal(rng, 48.0).clamp(-115.0, 115.0),
            between(rng, -8.0, 68.0),
        ),
        colour: tone(rng, 0.08) * (0.25 + 1.5 * (1.0 - soft)),
    };
    let mut lights = vec![key];
    if chance(rng, 0.5) {
        let side = -key.direction.x.signum();
        let fill = direction(side * between(rng, 10.0, 90.0), between(rng, -10.0, 40.0));
        lights.push(Light {
            direction: fill,
            colour: tone(rng, 0.12) * between(rng, 0.1, 0.6),
        });
    }
    if chance(rng, 0.25) {
        let rim = direction(
            between(rng, 110.0, 170.0) * if chance(rng, 0.5) { 1.0 } else { -1.0 },
            between(rng, 5.0, 50.0),
        );
        lights.push(Light {
            direction: rim,
            colour: tone(rng, 0.15) * between(rng, 0.3, 1.5),
        });
    }
    if chance(rng, 0.06) {
        lights[0].colour = colour::any(rng, 0.6, 1.0);
    }
    let ambient = 0.16 + 0.75 * soft;
    Lighting {
        sky: tone(rng, 0.06) * ambient,
        ground: tone(rng, 0.08) * (ambient * between(rng, 0.35, 0.9)),
        lights,
        shadow: between(rng, 0.25, 1.0) * (1.0 - 0.6 * soft),
    }
}
