//! What is behind people: walls, rooms, gardens, streets, nights.
//!
//! Takes chance; gives pictures of a [`Pattern`] with panes of others before it (windows, boxes,
//! lamps, shelves), lit unevenly and out of focus by any amount. The unit is the height of the
//! picture. What is blurred is painted coarsely and spread, so it costs less.

mod brush;
mod indoors;
mod outdoors;
mod pattern;
#[cfg(test)]
mod tests;
mod walls;

use glam::{Affine2, Vec2, Vec3};
use rand::Rng;

use self::{
    brush::Brush,
    pattern::{Kind, Pattern},
};
use super::{
    colour,
    dice::{between, chance, normal, pick},
};
use crate::render::Picture;

/// A backdrop; its unit is the height of the picture.
#[derive(Clone, Debug)]
pub(super) struct Backdrop {
    base: Pattern,
    panes: Vec<Pane>,
    light: Light,
    /// How far points are spread.
    blur: f32,
    backdrop_from_picture: Affine2,
}

/// Something flat before a wall.
#[derive(Clone, Debug)]
struct Pane {
    centre: Vec2,
    half: Vec2,
    round: bool,
    fill: Pattern,
    /// Width and colour of its frame.
    rim: (f32, Vec3),
}

/// How evenly a backdrop is lit.
#[derive(Clone, Copy, Debug)]
struct Light {
    gain: f32,
    /// A pool of light: where, and how much brighter.
    pool: Vec2,
    glow: f32,
    /// The edge of a shadow: unit normal, offset along it, half width, share of light lost.
    edge: Vec2,
    offset: f32,
    soft: f32,
    dark: f32,
}

/// The coarsest grid that a blurred backdrop is painted on, in pixels.
const COARSEST: usize = 6;

impl Backdrop {
    pub(super) fn plain() -> Self {
        Self {
            base: Pattern::flat(Vec3::splat(0.25)),
            panes: Vec::new(),
            light: Light::EVEN,
            blur: 0.0,
            backdrop_from_picture: Affine2::IDENTITY,
        }
    }

    pub(super) fn draw(rng: &mut impl Rng) -> Self {
        let kind = Kind::draw(rng);
        Self::of(rng, kind)
    }

    fn of(rng: &mut impl Rng, kind: Kind) -> Self {
        let base = Pattern::draw(rng, kind);
        let count = match kind {
            Kind::Plain => pick(rng, &[0.3, 0.2, 0.15, 0.15, 0.1, 0.1]),
            _ => pick(rng, &[0.65, 0.15, 0.1, 0.06, 0.04]),
        };
        let panes = (0..count).map(|_| Pane::draw(rng)).collect();
        let blur = if chance(rng, 0.35) {
            0.0
        } else {
            between(rng, 0.003_f32.ln(), 0.09_f32.ln()).exp()
        };
        Self {
            base,
            panes,
            light: Light::draw(rng),
            blur,
            backdrop_from_picture: Affine2::IDENTITY,
        }
    }

    /// The same place from elsewhere.
    pub(super) const fn seen_through(mut self, backdrop_from_picture: Affine2) -> Self {
        self.backdrop_from_picture = backdrop_from_picture;
        self
    }

    /// The backdrop of a picture, black where a pixel is not `seen`.
    pub(super) fn paint(
        &self,
        width: usize,
        height: usize,
        seen: impl Fn([usize; 2]) -> bool,
    ) -> Picture {
        let unit = 1.0 / height as f32;
        let brush = Brush(self.blur.max(unit));
        let step = ((0.7 * self.blur * height as f32) as usize).min(COARSEST);
        let seen = |at: Vec2| seen([at.x as usize, at.y as usize]);
        if step < 2 {
            return Picture::from_fn(width, height, |at| {
                if seen(at) {
                    self.at(at * unit, brush)
                } else {
                    Vec3::ZERO
                }
            });
        }
        let stride = step as f32;
        let [columns, rows] = [width, height].map(|side| side.div_ceil(step) + 2);
        let coarse = Picture::from_fn(columns, rows, |at| {
            self.at((at - 1.0) * (stride * unit), brush)
        });
        Picture::from_fn(width, height, |at| {
            if seen(at) {
                coarse.sample(at / stride + 1.0)
            } else {
                Vec3::ZERO
            }
        })
    }

    fn at(&self, at: Vec2, brush: Brush) -> Vec3 {
        let at = self.backdrop_from_picture.transform_point2(at);
        let mut share = 1.0;
        let mut colour = Vec3::ZERO;
        // Front to back: what a pane hides is not painted.
        for pane in self.panes.iter().rev() {
            let [inside, rim] = pane.shares(at, brush);
            if inside + rim > 0.0 {
                colour += pane.rim.1 * (share * rim);
                if inside > 0.0 {
                    colour += pane.fill.at(at - pane.centre, brush) * (share * inside);
                }
                share *= 1.0 - inside - rim;
            }
        }
        if share > 1e-3 {
            colour += self.base.at(at, brush) * share;
        }
        colour * self.light.at(at)
    }
}

impl Pane {
    fn draw(rng: &mut impl Rng) -> Self {
        let centre = Vec2::new(between(rng, -0.4, 1.8), between(rng, -0.2, 1.2));
        let half = Vec2::new(between(rng, 0.03, 0.5), between(rng, 0.03, 0.5));
        let lamp = chance(rng, 0.15);
        let kind = match pick(rng, &[0.45, 0.15, 0.08, 0.1, 0.1, 0.12]) {
            0 => Kind::Plain,
            1 => Kind::Window,
            2 => Kind::Screen,
            3 => Kind::Books,
            4 => Kind::Folds,
            _ => Kind::draw(rng),
        };
        let mut fill = Pattern::draw(rng, kind);
        if lamp {
            let light = Vec3::new(1.0, between(rng, 0.75, 1.0), between(rng, 0.5, 1.0));
            fill = Pattern::flat(light * between(rng, 0.6, 4.0));
        }
        let rim = if chance(rng, 0.4) {
            (between(rng, 0.004, 0.04), colour::cloth(rng))
        } else {
            (0.0, Vec3::ZERO)
        };
        Self {
            centre,
            half: if lamp { half * 0.35 } else { half },
            round: lamp || chance(rng, 0.15),
            fill,
            rim,
        }
    }

    /// Shares of a point that the pane and its frame cover.
    fn shares(&self, at: Vec2, brush: Brush) -> [f32; 2] {
        let offset = (at - self.centre).abs();
        let outside = if self.round {
            ((offset / self.half).length() - 1.0) * self.half.min_element()
        } else {
            (offset - self.half).max_element()
        };
        let inside = brush.inside(outside);
        if self.rim.0 > 0.0 {
            let all = brush.inside(outside - self.rim.0);
            [inside, all - inside]
        } else {
            [inside, 0.0]
        }
    }
}

impl Light {
    const EVEN: Self = Self {
        gain: 1.0,
        pool: Vec2::ZERO,
        glow: 0.0,
        edge: Vec2::X,
        offset: 0.0,
        soft: 1.0,
        dark: 0.0,
    };

    fn draw(rng: &mut impl Rng) -> Self {
        let pool = Vec2::new(between(rng, -0.5, 1.9), between(rng, -0.5, 1.2));
        let edge = Vec2::from_angle(between(rng, 0.0, std::f32::consts::TAU));
        Self {
            gain: normal(rng, 0.35).clamp(-1.2, 0.7).exp(),
            pool,
            glow: if chance(rng, 0.4) {
                between(rng, 0.0, 2.5)
            } else {
                0.0
            },
            edge,
            offset: edge.dot(Vec2::new(between(rng, 0.0, 1.3), between(rng, 0.0, 1.0))),
            soft: between(rng, 0.01, 0.8),
            dark: if chance(rng, 0.4) {
                between(rng, 0.1, 0.85)
            } else {
                0.0
            },
        }
    }

    fn at(&self, at: Vec2) -> f32 {
        let pool = 1.0 + self.glow / (1.0 + 7.0 * (at - self.pool).length_squared());
        let shadow = ((at.dot(self.edge) - self.offset) / self.soft + 0.5).clamp(0.0, 1.0);
        self.gain * pool * (1.0 - self.dark * shadow)
    }
}
