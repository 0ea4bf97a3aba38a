//! The light of places: rooms, windows, the sky, the sun, streets at night, screens, coloured lamps.
//!
//! Takes chance; gives [`Lighting`], and how likely a camera finds it too dark. What is large (walls,
//! a sky, a window) surrounds the face; what is small is a lamp, which may cast shadows.

use std::f32::consts::{FRAC_PI_2, PI};

use glam::Vec3;
use rand::{Rng, RngExt};

use super::{
    colour,
    dice::{between, chance, normal, pick},
};
use crate::render::{Harmonics, Light, Lighting};

/// Soft light from above and one lamp: for sheets.
pub(super) fn plain() -> Lighting {
    Lighting {
        surroundings: halves(Vec3::splat(0.55), Vec3::splat(0.3)),
        lights: vec![Light::far(
            Vec3::new(-0.45, 0.55, 0.7).normalize(),
            Vec3::splat(1.0),
        )],
        shadow: 0.6,
        penumbra: 1.0,
    }
}

/// Any light, and how likely it is too weak for a camera.
pub(super) fn draw(rng: &mut impl Rng) -> (Lighting, f64) {
    let place = pick(rng, &[0.4, 0.19, 0.1, 0.16, 0.05, 0.06, 0.04]);
    let lighting = match place {
        0 => room(rng),
        1 => window(rng),
        2 => overcast(rng),
        3 => sun(rng),
        4 => street(rng),
        5 => screen(rng),
        _ => stage(rng),
    };
    let dark = if place < 4 { 0.04 } else { 0.3 };
    (lighting, dark)
}

/// Walls, a ceiling and a floor, a lamp and seldom more.
fn room(rng: &mut impl Rng) -> Lighting {
    let soft = rng.random::<f32>();
    let walls = 0.16 + 0.75 * soft;
    let floor = between(rng, 0.35, 0.9);
    let mut surroundings = halves(tone(rng, 0.06) * walls, tone(rng, 0.08) * (walls * floor));
    // Walls are seldom alike: one is lit, or painted, or near.
    let wall = towards(between(rng, -180.0, 180.0), between(rng, -20.0, 30.0));
    let paint = walls * between(rng, 0.1, 0.9);
    let paint = colour::any(rng, 0.35, paint);
    surroundings += Harmonics::disc(wall, between(rng, 0.5, 1.1), paint);
    let key = towards(
        normal(rng, 48.0).clamp(-115.0, 115.0),
        between(rng, -8.0, 68.0),
    );
    let mut key = Light::far(key, tone(rng, 0.08) * (0.25 + 1.5 * (1.0 - soft)));
    if chance(rng, 0.3) {
        key.nearness = 1.0 / between(rng, 45.0, 150.0);
    }
    let mut lights = vec![key];
    if chance(rng, 0.5) {
        let azimuth = -key.direction.x.signum() * between(rng, 10.0, 90.0);
        let fill = towards(azimuth, between(rng, -10.0, 40.0));
        lights.push(Light::far(fill, tone(rng, 0.12) * between(rng, 0.1, 0.6)));
    }
    if chance(rng, 0.2) {
        lights.push(rim(rng));
    }
    Lighting {
        surroundings,
        lights,
        shadow: between(rng, 0.3, 1.0) * (1.0 - 0.5 * soft),
        penumbra: between(rng, 0.8, 2.2),
    }
}

/// A large bright window to one side, a room in half light.
fn window(rng: &mut impl Rng) -> Lighting {
    let side = if rng.random() { 1.0 } else { -1.0 };
    let from = towards(side * between(rng, 15.0, 105.0), between(rng, 0.0, 35.0));
    let day = Vec3::new(0.92, 1.0, 1.1) * (tone(rng, 0.06) * between(rng, 1.2, 3.0));
    let room = between(rng, 0.06, 0.35);
    let mut surroundings = halves(tone(rng, 0.1) * room, tone(rng, 0.1) * (room * 0.7));
    surroundings += Harmonics::disc(from, between(rng, 0.45, 0.95), day);
    Lighting {
        surroundings,
        lights: vec![Light::far(from, day * between(rng, 0.1, 0.35))],
        shadow: between(rng, 0.6, 1.0),
        penumbra: between(rng, 1.6, 2.4),
    }
}

/// A grey sky over the ground.
fn overcast(rng: &mut impl Rng) -> Lighting {
    let sky = Vec3::new(0.97, 1.0, 1.04) * between(rng, 0.7, 1.1);
    let ground = ground(rng) * between(rng, 0.3, 0.8);
    let mut surroundings = halves(sky, ground * sky);
    // Brighter towards the zenith (the overcast sky of the CIE: three times the horizon's light).
    surroundings += Harmonics::disc(Vec3::Y, 0.9, sky * between(rng, 0.2, 0.8));
    let above = towards(normal(rng, 60.0), between(rng, 50.0, 80.0));
    Lighting {
        surroundings,
        lights: vec![Light::far(above, sky * between(rng, 0.1, 0.4))],
        shadow: 0.9,
        penumbra: 2.4,
    }
}

/// The sun in a blue sky: hard shadows with blue in them, light from the ground.
fn sun(rng: &mut impl Rng) -> Lighting {
    let height = between(rng, 5.0, 70.0);
    let from = towards(normal(rng, 70.0).clamp(-150.0, 150.0), height);
    // The lower the redder.
    let low = (1.0 - height / 35.0).max(0.0);
    let colour = Vec3::new(1.05, 1.0 - 0.3 * low, 0.92 - 0.55 * low) * between(rng, 1.3, 2.6);
    let sky = Vec3::new(0.75, 0.95, 1.25) * between(rng, 0.2, 0.55);
    let ground = ground(rng) * (colour * from.y.max(0.1) * 0.4 + sky * 0.3);
    Lighting {
        surroundings: halves(sky, ground),
        lights: vec![Light::far(from, colour)],
        shadow: between(rng, 0.8, 1.0),
        penumbra: between(rng, 0.75, 1.1),
    }
}

/// Night: little light but of lamps and signs in many colours.
fn street(rng: &mut impl Rng) -> Lighting {
    let night = between(rng, 0.02, 0.12);
    let mut surroundings = Harmonics::even(Vec3::new(0.8, 0.9, 1.2) * night);
    for _ in 0..rng.random_range(2..6) {
        let sign = towards(between(rng, -180.0, 180.0), between(rng, -5.0, 35.0));
        let bright = between(rng, 0.5, 3.0);
        let light = colour::any(rng, 0.85, bright);
        surroundings += Harmonics::disc(sign, between(rng, 0.2, 0.5), light);
    }
    let lamp = match pick(rng, &[0.5, 0.3, 0.2]) {
        0 => Vec3::new(1.3, 0.85, 0.4),
        1 => Vec3::new(1.0, 1.0, 1.05),
        _ => colour::any(rng, 0.7, 1.2),
    };
    let above = towards(normal(rng, 60.0), between(rng, 25.0, 75.0));
    let mut lights = vec![Light::far(above, lamp * between(rng, 0.4, 1.2))];
    if chance(rng, 0.6) {
        lights.push(rim(rng));
    }
    Lighting {
        surroundings,
        lights,
        shadow: between(rng, 0.7, 1.0),
        penumbra: between(rng, 0.8, 1.6),
    }
}

/// A face before a screen, in a room with little other light.
fn screen(rng: &mut impl Rng) -> Lighting {
    let from = towards(normal(rng, 12.0), between(rng, -35.0, 5.0));
    let light = Vec3::new(0.9, 1.0, 1.15).lerp(colour::any(rng, 0.7, 1.1), rng.random());
    let room = between(rng, 0.02, 0.2);
    let mut surroundings = halves(tone(rng, 0.15) * room, tone(rng, 0.15) * (room * 0.6));
    surroundings += Harmonics::disc(from, between(rng, 0.25, 0.5), light * 2.0);
    let mut screen = Light::far(from, light * between(rng, 0.4, 0.9));
    screen.nearness = 1.0 / between(rng, 30.0, 70.0);
    let mut lights = vec![screen];
    if chance(rng, 0.4) {
        lights.push(rim(rng));
    }
    Lighting {
        surroundings,
        lights,
        shadow: between(rng, 0.4, 0.8),
        penumbra: 2.4,
    }
}

/// Two lamps of different colours from the sides.
fn stage(rng: &mut impl Rng) -> Lighting {
    let haze = between(rng, 0.03, 0.25);
    let side = if rng.random() { 1.0 } else { -1.0 };
    let mut lamp = |azimuth: f32| {
        let from = towards(azimuth, between(rng, -15.0, 45.0));
        let bright = between(rng, 0.8, 1.8);
        Light::far(from, colour::any(rng, 0.9, bright))
    };
    let lights = vec![lamp(side * 50.0), lamp(side * -60.0)];
    let mut surroundings = Harmonics::even(tone(rng, 0.2) * haze);
    for light in &lights {
        surroundings += Harmonics::disc(light.direction, 0.8, light.colour * 0.3);
    }
    Lighting {
        surroundings,
        lights,
        shadow: between(rng, 0.6, 1.0),
        penumbra: between(rng, 0.9, 2.0),
    }
}

/// Light from behind that draws an edge.
fn rim(rng: &mut impl Rng) -> Light {
    let side = if chance(rng, 0.5) { 1.0 } else { -1.0 };
    let from = towards(side * between(rng, 110.0, 170.0), between(rng, 5.0, 50.0));
    Light::far(from, tone(rng, 0.15) * between(rng, 0.3, 1.5))
}

/// Even light from above and from below.
fn halves(above: Vec3, below: Vec3) -> Harmonics {
    let mut both = Harmonics::disc(Vec3::Y, FRAC_PI_2, above);
    both += Harmonics::disc(-Vec3::Y, PI - FRAC_PI_2, below);
    both
}

/// White, a little warm or cold.
fn tone(rng: &mut impl Rng, spread: f32) -> Vec3 {
    let warm = normal(rng, spread);
    Vec3::new(1.0 + warm, 1.0 + 0.1 * warm, 1.0 - warm)
}

/// What grounds reflect: stone, grass, sand, snow.
fn ground(rng: &mut impl Rng) -> Vec3 {
    match pick(rng, &[0.5, 0.25, 0.15, 0.1]) {
        0 => Vec3::splat(0.3),
        1 => Vec3::new(0.16, 0.28, 0.08),
        2 => Vec3::new(0.5, 0.42, 0.3),
        _ => Vec3::splat(0.85),
    }
}

/// A direction: degrees from the camera's side to the right, and upwards.
fn towards(azimuth: f32, height: f32) -> Vec3 {
    let (azimuth, height) = (azimuth.to_radians(), height.to_radians());
    Vec3::new(
        azimuth.sin() * height.cos(),
        height.sin(),
        azimuth.cos() * height.cos(),
    )
}
