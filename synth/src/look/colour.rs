//! Colours of people and things, in linear RGB.

use glam::{Vec2, Vec3};
use rand::{Rng, RngExt};

use super::{
    dice::{between, chance, normal, pick},
    nature::Nature,
};

/// sRGB bytes to linear.
pub(super) fn srgb(red: u8, green: u8, blue: u8) -> Vec3 {
    Vec3::new(f32::from(red), f32::from(green), f32::from(blue))
        .map(|value| (value / 255.0).powf(2.2))
}

/// How much the eye sees of red, green and blue.
pub(super) const LUMA: Vec3 = Vec3::new(0.2126, 0.7152, 0.0722);

/// Brightness as the eye weighs it.
pub(super) fn luma(colour: Vec3) -> f32 {
    colour.dot(LUMA)
}

/// A colour of `value` in which one hue dominates by `saturation`.
pub(super) fn any(rng: &mut impl Rng, saturation: f32, value: f32) -> Vec3 {
    let hue = rng.random::<f32>() * std::f32::consts::TAU;
    let wave = |shift: f32| 1.0 - saturation * (0.5 - 0.5 * (hue + shift).cos());
    Vec3::new(wave(0.0), wave(2.094), wave(4.189)) * value
}

/// Skin from pale to dark: melanin first, then a little hue.
pub(super) fn skin(rng: &mut impl Rng) -> Vec3 {
    let stops = [
        srgb(245, 214, 196),
        srgb(233, 192, 166),
        srgb(214, 164, 130),
        srgb(185, 130, 95),
        srgb(142, 93, 63),
        srgb(98, 61, 42),
        srgb(66, 41, 31),
    ];
    let at = rng.random::<f32>() * (stops.len() - 1) as f32;
    let (index, share) = (at as usize, at.fract());
    let (low, high) = (stops[index], stops[(index + 1).min(stops.len() - 1)]);
    let tone = Vec3::from_array(std::array::from_fn(|channel| {
        low[channel].powf(1.0 - share) * high[channel].powf(share)
    }));
    // Less colourful than the stops: cameras and light are seldom warm.
    let tone = tone.lerp(Vec3::splat(luma(tone)), between(rng, 0.05, 0.4));
    let warm = normal(rng, 0.05);
    tone * Vec3::new(1.0 + warm, 1.0 - 0.3 * warm + normal(rng, 0.03), 1.0 - warm)
}

/// The colour of somebody's hair.
#[derive(Clone, Copy, Debug)]
pub(super) struct HairColour {
    /// Before any of it was grey.
    pub(super) young: Vec3,
    /// As it is.
    pub(super) now: Vec3,
}

/// Hair: black and brown mostly, blond, red, seldom dyed; darker skin has darker hair; grey comes
/// with age.
pub(super) fn hair(rng: &mut impl Rng, skin: Vec3, nature: &Nature) -> HairColour {
    let pale = ((luma(skin) - 0.17) * 4.0).clamp(0.02, 1.0);
    let dyed = 0.05 * (1.0 - nature.wear);
    let kind = pick(rng, &[1.2, 1.6, 1.0 * pale, 0.8 * pale, 0.3 * pale, dyed]);
    let base = match kind {
        0 => srgb(24, 20, 19),
        1 => srgb(54, 37, 27),
        2 => srgb(101, 70, 45),
        3 => srgb(176, 140, 90),
        4 => srgb(132, 62, 30),
        _ => any(rng, 0.7, 0.25),
    };
    let young = base * between(rng, 0.7, 1.35);
    let now = greyed(young, nature.grey) * between(rng, 0.9, 1.1);
    HairColour { young, now }
}

/// Hair of which this share is white.
pub(super) fn greyed(hair: Vec3, share: f32) -> Vec3 {
    hair.lerp(srgb(190, 187, 182), 0.85 * share)
}

/// Irises: brown, hazel, green, blue, grey.
pub(super) fn iris(rng: &mut impl Rng, skin: Vec3) -> Vec3 {
    let pale = ((luma(skin) - 0.15) * 3.0).clamp(0.03, 1.0);
    let base = match pick(rng, &[1.0, 0.5, 0.4 * pale, 0.7 * pale, 0.4 * pale]) {
        0 => srgb(64, 38, 22),
        1 => srgb(110, 78, 42),
        2 => srgb(98, 112, 72),
        3 => srgb(92, 130, 168),
        _ => srgb(122, 132, 138),
    };
    base * between(rng, 0.7, 1.3)
}

/// Lips as the skin has them, or painted.
pub(super) fn lips(rng: &mut impl Rng, skin: Vec3, painted: bool) -> Vec3 {
    let natural = skin
        * Vec3::new(
            between(rng, 0.72, 1.0),
            between(rng, 0.42, 0.68),
            between(rng, 0.5, 0.75),
        );
    if !painted {
        return natural;
    }
    let paint = if chance(rng, 0.6) {
        srgb(170, 40, 52)
    } else {
        srgb(188, 96, 100)
    };
    let paint = paint * (0.35 + 1.3 * luma(skin)).min(1.0);
    natural.lerp(paint * between(rng, 0.5, 1.1), between(rng, 0.3, 0.85))
}

/// Cloth: greys, darks, whites and saturated colours.
pub(super) fn cloth(rng: &mut impl Rng) -> Vec3 {
    let value = between(rng, 0.02, 0.75);
    let saturation = if chance(rng, 0.5) {
        between(rng, 0.0, 0.2)
    } else {
        between(rng, 0.3, 0.9)
    };
    any(rng, saturation, value * value + 0.01)
}

/// A point moved so that `polygon` is far (positive) or contains it (negative), in uv.
pub(super) fn signed_distance(polygon: &[Vec2], point: Vec2) -> f32 {
    let (mut nearest, mut inside) = (f32::MAX, false);
    for (index, &a) in polygon.iter().enumerate() {
        let b = polygon[(index + 1) % polygon.len()];
        let (edge, offset) = (b - a, point - a);
        let along = (offset.dot(edge) / edge.length_squared().max(1e-12)).clamp(0.0, 1.0);
        nearest = nearest.min((offset - edge * along).length_squared());
        if (a.y > point.y) != (b.y > point.y) && point.x < a.x + edge.x * (point.y - a.y) / edge.y {
            inside = !inside;
        }
    }
    if inside {
        -nearest.sqrt()
    } else {
        nearest.sqrt()
    }
}
