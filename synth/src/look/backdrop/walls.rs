//! Walls: painted, striped, panelled with wood, of brick and stone, tiled, papered.

use glam::{Vec2, Vec3};

use super::{
    brush::{Brush, byte, cell, fract, ramp, tone},
    pattern::Pattern,
};
use crate::render::noise;

/// Paint, lighter on one side, with the clouds that rollers leave.
pub(super) fn plain(of: &Pattern, at: Vec2) -> Vec3 {
    let [one, two, three, _] = of.colours;
    let across = (at.y + 0.5).clamp(0.0, 1.0);
    let clouds = noise::plane(at * 5.0, of.seed);
    one.lerp(two, across).lerp(three, 0.12 * clouds)
}

pub(super) fn stripes(of: &Pattern, at: Vec2, brush: Brush) -> Vec3 {
    let [one, two, three, _] = of.colours;
    let wide = brush.bars(at.x, 0.15 + 0.7 * of.traits[0]);
    let narrow = brush.bars(at.x + of.traits[1], 0.06);
    one.lerp(two, wide).lerp(three, narrow * of.traits[2])
}

/// Boards along x with grain and knots, around which the grain flows.
pub(super) fn wood(of: &Pattern, at: Vec2, brush: Brush) -> Vec3 {
    let [light, dark, deep, _] = of.colours;
    let [knots, gaps, length, fine] = of.traits;
    let length = 2.0 + 9.0 * length;
    let row = noise::below(at.y);
    let along = at.x / length + 7.0 * noise::unit(row as u32, 3, of.seed);
    let board = noise::hash(noise::below(along) as u32, row as u32, of.seed);
    let within = Vec2::new(fract(along) * length, at.y - row as f32);
    let near = if byte(board, 0) < knots * knots {
        let knot = Vec2::new(byte(board, 1) * length, 0.2 + 0.6 * byte(board, 2));
        let radius = 0.05 + 0.2 * byte(board, 3) * byte(board, 3);
        let offset = (within - knot) * Vec2::new(0.55, 1.0) / radius;
        1.0 / (1.0 + offset.length_squared())
    } else {
        0.0
    };
    let fine = 4.0 + 9.0 * fine;
    let flow = Vec2::new(within.x * 0.5, (within.y + 0.5 * near) * fine);
    let grain = brush.times(fine).fractal(flow, 3, board);
    let mut colour = light.lerp(dark, ramp(grain, 0.25, 0.75)) * (0.7 + 0.6 * byte(board, 1));
    colour = colour.lerp(deep, (near * near * 1.2).min(0.85));
    let side = within.y.min(1.0 - within.y);
    let end = within.x.min(length - within.x);
    let seam = brush.inside(side.min(end) - 0.004 - 0.025 * gaps);
    colour.lerp(deep * 0.5, seam * ramp(gaps, 0.1, 0.3))
}

/// Bricks in courses; rough ones are stones.
pub(super) fn bricks(of: &Pattern, mut at: Vec2, brush: Brush) -> Vec3 {
    let [joint, rough, length, speckle] = of.traits;
    let wobble = 0.5 * ramp(rough, 0.5, 1.0);
    if wobble > 0.0 {
        let [x, y] = [1, 2].map(|layer| noise::plane(at * 1.3, of.seed ^ layer) - 0.5);
        at += Vec2::new(x, y) * wobble;
    }
    let length = 1.2 + 2.0 * length;
    let row = noise::below(at.y);
    let along = at.x / length + 0.5 * (row & 1) as f32;
    let stone = noise::hash(noise::below(along) as u32, row as u32, of.seed);
    let (x, y) = (fract(along) * length, at.y - row as f32);
    let edge = x.min(length - x).min(y).min(1.0 - y);
    let face = of.colours[0].lerp(of.colours[1], byte(stone, 0));
    let face = face.lerp(of.colours[2], 0.5 * byte(stone, 1)) * (0.75 + 0.5 * byte(stone, 2));
    let grit = brush.times(3.0).fractal(at * 3.0, 2, stone) - 0.5;
    let face = face * (1.0 + 1.2 * speckle * grit);
    face.lerp(of.colours[3], brush.inside(edge - 0.02 - 0.07 * joint))
}

/// Square tiles: of one colour, chequered or mixed.
pub(super) fn tiles(of: &Pattern, at: Vec2, brush: Brush) -> Vec3 {
    let [mix, joint, shine, _] = of.traits;
    let ([x, y], within) = cell(at);
    let tile = noise::hash(x, y, of.seed);
    let face = match () {
        () if mix < 0.4 => of.colours[0] * (0.9 + 0.2 * byte(tile, 0)),
        () if mix < 0.7 => of.colours[((x ^ y) & 1) as usize],
        () => tone(&of.colours, tile),
    };
    let face = face * (1.0 + 0.5 * shine * (within.x + within.y - 1.0));
    let edge = within.min(1.0 - within).min_element();
    face.lerp(of.colours[3], brush.inside(edge - 0.01 - 0.05 * joint))
}

/// A motif again and again: dots, rings, pairs, lozenges, petals.
pub(super) fn wallpaper(of: &Pattern, mut at: Vec2, brush: Brush) -> Vec3 {
    let [motif, size, shift, ground] = of.traits;
    let row = noise::below(at.y);
    at.x += 0.5 * (row & 1) as f32 * f32::from(shift < 0.6);
    let (_, within) = cell(at);
    let from = (within - 0.5) / (0.6 + 0.6 * size);
    let mirrored = from.abs();
    let apart = Vec2::new(0.17, 0.0);
    let outside = match (motif * 7.0) as usize {
        0 => from.length() - 0.22,
        1 => (from.length() - 0.26).abs() - 0.05,
        2 => (mirrored - apart).length() - 0.09,
        3 => (from * Vec2::new(1.7, 1.0)).length() - 0.34,
        4 => mirrored.element_sum() - 0.3,
        5 => (mirrored - 0.14).length() - 0.12,
        _ => {
            let pair = (mirrored - apart + Vec2::new(0.0, 0.1 * from.y.signum())).length() - 0.08;
            let bar = (mirrored.x - 0.2).max((from.y - 0.22).abs() - 0.04);
            pair.min(bar)
        }
    };
    let [one, two, three, _] = of.colours;
    let paper = one * (0.92 + 0.16 * noise::plane(at * 4.0 * ground, of.seed));
    paper
        .lerp(two, brush.inside(outside))
        .lerp(three, brush.inside(outside + 0.1))
}
