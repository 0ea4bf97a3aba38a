//! Rooms: cloth in folds, shelves with books, windows, blinds, screens.

use glam::{Vec2, Vec3};

use super::{
    brush::{Brush, byte, cell, fract, ramp, tone},
    pattern::Pattern,
};
use crate::render::noise;

/// Hanging cloth, lit from the side.
pub(super) fn folds(of: &Pattern, at: Vec2, brush: Brush) -> Vec3 {
    let [deep, print, hang, fine] = of.traits;
    let fold = |x: f32| noise::plane(Vec2::new(x, at.y * (0.05 + 0.5 * hang * hang)), of.seed);
    let (here, beside) = (fold(at.x), fold(at.x + 0.2));
    let shade = 0.65 + (0.6 + 2.4 * deep) * (beside - here) + 0.5 * (here - 0.5);
    let cloth = if print < 0.35 {
        let fine = 1.0 + 4.0 * fine;
        let across = (at.x + 0.6 * here) * fine;
        of.colours[0].lerp(of.colours[1], brush.times(fine).bars(across, 0.5))
    } else {
        of.colours[0]
    };
    cloth * shade.max(0.06)
}

/// Shelves with books of all widths, heights and colours.
pub(super) fn books(of: &Pattern, at: Vec2, brush: Brush) -> Vec3 {
    let [width, full, board, title] = of.traits;
    let row = noise::below(at.y);
    let up = 1.0 - (at.y - row as f32);
    let fine = 4.0 + 7.0 * width;
    // A wave in x makes some books thicker than others.
    let along = at.x * fine + 0.9 * noise::plane(Vec2::new(at.x * fine * 0.6, row as f32), of.seed);
    let book = noise::hash(noise::below(along) as u32, row as u32, of.seed);
    let across = fract(along);
    let height = 0.5 + 0.38 * byte(book, 0);
    let there = byte(book, 1) < 0.55 + 0.45 * full;
    let hollow = of.colours[3] * 0.12;
    let mut colour = hollow;
    if there {
        let round = 0.55 + 0.9 * across * (1.2 - across);
        let band = brush.inside((up - 0.3 - 0.3 * byte(book, 2)).abs() - 0.06 * title);
        let spine = tone(&of.colours, book >> 3).lerp(of.colours[3], band);
        let gap = brush.times(fine).inside(across.min(1.0 - across) - 0.04);
        colour = hollow.lerp(spine * round * (1.0 - 0.7 * gap), brush.inside(up - height));
    }
    let wood = of.colours[3] * (0.7 + 0.4 * noise::plane(at * Vec2::new(1.0, 9.0), of.seed));
    colour.lerp(wood, brush.inside(up - 0.03 - 0.06 * board))
}

/// Bright panes between bars; what is outside is blown out.
pub(super) fn window(of: &Pattern, at: Vec2, brush: Brush) -> Vec3 {
    let [bars, view, _, trees] = of.traits;
    let (_, within) = cell(at * Vec2::new(1.3, 0.8));
    let edge = within.min(1.0 - within).min_element();
    let outside = brush.times(2.0).fractal(at * 2.0, 3, of.seed);
    let high = ramp(outside - 0.35 * fract(at.y * 0.3), 0.3 - 0.2 * view, 0.7);
    let light = (of.colours[1] * (0.2 + 0.8 * trees)).lerp(of.colours[0], high);
    light.lerp(of.colours[2], brush.inside(edge - 0.02 - 0.06 * bars))
}

/// Slats with light between them.
pub(super) fn blinds(of: &Pattern, at: Vec2, brush: Brush) -> Vec3 {
    let [open, cord, bend, _] = of.traits;
    let sag = 0.3 * bend * (noise::plane(at * 0.2, of.seed) - 0.5);
    let gap = brush.bars(at.y + sag, 0.1 + 0.6 * open);
    let slat = of.colours[2] * (0.5 + 0.5 * fract(at.y + sag));
    let tape = brush.bars(at.x * 0.06 + cord, 0.04);
    slat.lerp(of.colours[0], gap).lerp(of.colours[3], tape)
}

/// Lines of words in blocks, and a picture here and there.
pub(super) fn screen(of: &Pattern, at: Vec2, brush: Brush) -> Vec3 {
    let [words, blocks, lines, plain] = of.traits;
    let ([column, paragraph], inside) = cell(at * Vec2::new(0.04 + 0.06 * blocks, 0.09));
    let block = noise::hash(column, paragraph, of.seed);
    if byte(block, 0) < 0.25 {
        return tone(&of.colours, block) * (0.6 + 0.6 * inside.y);
    }
    let row = noise::below(at.y) as u32;
    let letters = at.x * (1.0 + words);
    let word = noise::hash(noise::below(letters * 0.3) as u32, row, of.seed);
    let ends = byte(noise::hash(row, column, of.seed), 2) < inside.x;
    let blank = ends || byte(word, 0) < 0.2 || byte(block, 1) < 0.3 * plain;
    if blank {
        return of.colours[0];
    }
    let ink = brush.bars(at.y, 0.35 + 0.25 * lines);
    let strokes = brush.times(1.0 + words).bars(letters + byte(word, 1), 0.7);
    let colour = if byte(word, 2) < 0.12 {
        of.colours[2]
    } else {
        of.colours[1]
    };
    of.colours[0].lerp(colour, ink * strokes)
}
