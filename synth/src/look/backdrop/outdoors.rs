//! Outside: leaves, sky, houses, things in heaps, people far away, lights at night, mere noise.

use glam::{Vec2, Vec3};

use super::{
    brush::{Brush, byte, cell, fract, ramp, tone},
    pattern::Pattern,
};
use crate::render::noise;

/// Leaves in sun and shade with light between them.
pub(super) fn foliage(of: &Pattern, at: Vec2, brush: Brush) -> Vec3 {
    let [holes, long, sun, _] = of.traits;
    let [dark, leaf, lit, sky] = of.colours;
    let leaves = brush.fractal(at * Vec2::new(1.0, 1.0 - 0.75 * long), 3, of.seed);
    let depth = noise::plane(at * 0.3, of.seed ^ 1);
    let colour = dark.lerp(leaf, ramp(leaves, 0.2, 0.55));
    let colour = colour.lerp(lit, ramp(leaves, 0.52, 0.8) * (0.3 + sun)) * (0.25 + 1.3 * depth);
    colour.lerp(
        sky,
        ramp(depth + 0.5 * leaves, 1.25 - 0.4 * holes, 1.4 - 0.4 * holes),
    )
}

/// Clouds over hills.
pub(super) fn sky(of: &Pattern, at: Vec2, brush: Brush) -> Vec3 {
    let [cover, horizon, far, size] = of.traits;
    let hill = 0.5 + 0.9 * horizon + 0.3 * noise::plane(Vec2::new(at.x * 2.0, 0.0), of.seed ^ 1);
    let ground = brush.inside(hill - at.y);
    if ground >= 1.0 {
        let field = brush
            .times(6.0)
            .fractal(at * Vec2::new(3.0, 9.0), 2, of.seed);
        return of.colours[3] * (0.5 + field);
    }
    let scale = 1.5 + 4.0 * size;
    let puffs = brush
        .times(scale)
        .fractal(at * Vec2::new(scale, 1.8 * scale), 4, of.seed);
    let clear = of.colours[0].lerp(of.colours[1], (at.y * (0.5 + far)).clamp(0.0, 1.0));
    let clouds = ramp(puffs, 0.75 - 0.5 * cover, 0.95 - 0.4 * cover);
    let air = clear.lerp(of.colours[2] * (0.7 + 0.6 * puffs), clouds);
    air.lerp(of.colours[3], ground)
}

/// A house front with windows, some of them lit.
pub(super) fn facade(of: &Pattern, at: Vec2, brush: Brush) -> Vec3 {
    let [wide, tall, lit, storey] = of.traits;
    let ([x, y], within) = cell(at);
    let window = noise::hash(x, y, of.seed);
    let half = Vec2::new(0.15 + 0.25 * wide, 0.2 + 0.25 * tall);
    let from = (within - 0.5).abs();
    let outside = (from - half).max_element();
    let wall = of.colours[0] * (0.85 + 0.3 * noise::plane(at * 3.0, of.seed));
    let ledge = brush.inside((within.y - 0.04).abs() - 0.05 * storey);
    let wall = wall.lerp(of.colours[3], ledge);
    let glass = if byte(window, 0) < 0.5 * lit {
        of.colours[1] + 0.5
    } else {
        of.colours[1] * (0.1 + 0.5 * byte(window, 1))
    };
    let cross = brush.inside(from.min_element() - 0.015);
    wall.lerp(of.colours[2], brush.inside(outside - 0.04))
        .lerp(glass, brush.inside(outside) * (1.0 - cross))
}

/// Boxes, posts and signs before one another.
pub(super) fn clutter(of: &Pattern, at: Vec2, brush: Brush) -> Vec3 {
    let mut colour = of.colours[0].lerp(of.colours[1], fract(at.y * 0.2));
    for layer in 0..3 {
        let scale = 2.2 - 0.7 * layer as f32;
        let ([x, y], within) = cell(at * scale + layer as f32 * 0.37);
        let thing = noise::hash(x, y, of.seed ^ layer);
        if byte(thing, 3) < 0.3 {
            continue;
        }
        let half = Vec2::new(0.06 + 0.4 * byte(thing, 0), 0.08 + 0.4 * byte(thing, 1));
        let middle = half + (1.0 - 2.0 * half) * byte(thing, 2);
        let from = (within - middle).abs();
        let brush = brush.times(scale);
        let share = brush.inside((from - half).max_element());
        let mark = brush.inside((from - half * 0.5).max_element());
        let own = tone(&of.colours, thing >> 5);
        let label = own.lerp(tone(&of.colours, thing >> 11), 0.7 * mark);
        colour = colour.lerp(label * (0.7 + 0.5 * within.y), share);
    }
    colour
}

/// People far away and out of focus: heads over shoulders, without features.
pub(super) fn throng(of: &Pattern, at: Vec2, brush: Brush) -> Vec3 {
    // Too far from the focus to have eyes.
    let brush = Brush(brush.0.max(0.24));
    let mut colour = of.colours[0] * (0.6 + 0.8 * noise::plane(at, of.seed));
    for layer in 0..2 {
        let scale = 1.0 - 0.35 * layer as f32;
        let ([x, y], within) = cell(at * scale + layer as f32 * 0.5);
        let someone = noise::hash(x, y, of.seed ^ layer);
        if byte(someone, 3) < 0.2 {
            continue;
        }
        let shift = Vec2::new(byte(someone, 0), byte(someone, 1)) * 0.5 - 0.25;
        let from = (within - 0.5 - shift) / (0.7 + 0.6 * byte(someone, 2));
        let body = ((from - Vec2::Y * 0.42) / Vec2::new(1.15, 1.0)).length() - 0.3;
        let head = (from / Vec2::new(0.85, 1.1)).length() - 0.15;
        let hair = ((from + Vec2::Y * 0.06) / Vec2::new(0.9, 1.0)).length() - 0.16;
        let cloth = tone(&of.colours, someone >> 4 | 2);
        let skin = of.colours[1] * (0.5 + 0.7 * byte(someone, 2));
        let dark = of.colours[1] * 0.12;
        let face = if byte(someone, 1) < 0.3 { dark } else { skin };
        colour = colour
            .lerp(cloth, brush.inside(body))
            .lerp(dark, brush.inside(hair))
            .lerp(face, brush.inside(head + 0.04));
    }
    colour
}

/// Lamps out of focus in the dark.
pub(super) fn lights(of: &Pattern, at: Vec2, brush: Brush) -> Vec3 {
    let mut colour = of.colours[0] * (0.4 + noise::plane(at * 0.5, of.seed));
    for layer in 0..2 {
        let ([x, y], within) = cell(at * (1.0 + 0.4 * layer as f32) + layer as f32 * 0.5);
        let lamp = noise::hash(x, y, of.seed ^ layer);
        if byte(lamp, 3) < 0.5 {
            continue;
        }
        let radius = 0.08 + 0.2 * of.traits[0];
        let middle = Vec2::new(byte(lamp, 0), byte(lamp, 1)) * (1.0 - 2.0 * radius) + radius;
        let disc = brush.inside((within - middle).length() - radius);
        colour += of.colours[1 + (lamp as usize & 1)] * (disc * (0.2 + 1.5 * byte(lamp, 2)));
    }
    colour
}

/// Patches of all sizes with the spectrum of photographs.
pub(super) fn mottle(of: &Pattern, at: Vec2, brush: Brush) -> Vec3 {
    let [one, two, three, _] = of.colours;
    let light = brush.fractal(at, 5, of.seed);
    let hue = brush.fractal(at * 0.7, 2, of.seed ^ 9);
    let colour = one.lerp(two, ramp(hue, 0.3, 0.7));
    colour.lerp(three, ramp(light, 0.3, 0.7)) * (0.35 + 1.3 * light)
}
