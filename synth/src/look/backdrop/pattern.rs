//! One of many kinds of surfaces and views: wood, brick, shelves, leaves, streets.
//!
//! Takes chance; gives the light of any point of an endless plane. The unit of the plane is the
//! height of the picture; a kind paints in units of its own features.

use glam::{Mat2, Vec2, Vec3};
use rand::{Rng, RngExt};

use super::{brush::Brush, indoors, outdoors, walls};
use crate::look::{
    colour,
    dice::{between, chance, normal, pick},
};

/// What a pattern shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Stripes,
    Wood,
    Bricks,
    Tiles,
    Wallpaper,
    Folds,
    Books,
    Window,
    Blinds,
    Screen,
    Foliage,
    Sky,
    Facade,
    Clutter,
    Throng,
    Lights,
    Noise,
}

impl Kind {
    /// Every kind with how often it is what is behind people.
    pub(super) const ALL: [(Self, f32); 18] = [
        (Self::Plain, 2.2),
        (Self::Stripes, 0.5),
        (Self::Wood, 2.2),
        (Self::Bricks, 1.0),
        (Self::Tiles, 0.6),
        (Self::Wallpaper, 0.8),
        (Self::Folds, 1.0),
        (Self::Books, 0.9),
        (Self::Window, 0.5),
        (Self::Blinds, 0.4),
        (Self::Screen, 0.4),
        (Self::Foliage, 1.1),
        (Self::Sky, 0.6),
        (Self::Facade, 0.6),
        (Self::Clutter, 1.0),
        (Self::Throng, 0.5),
        (Self::Lights, 0.5),
        (Self::Noise, 1.0),
    ];

    pub(super) fn draw(rng: &mut impl Rng) -> Self {
        Self::ALL[pick(rng, &Self::ALL.map(|(_, weight)| weight))].0
    }

    /// Features in a picture's height, at least and at most.
    const fn scale(self) -> [f32; 2] {
        match self {
            Self::Plain => [0.4, 1.2],
            Self::Sky => [0.8, 1.6],
            Self::Stripes => [2.0, 30.0],
            Self::Wood => [1.5, 9.0],
            Self::Bricks => [3.0, 24.0],
            Self::Tiles => [2.5, 20.0],
            Self::Wallpaper => [2.5, 20.0],
            Self::Folds => [2.0, 12.0],
            Self::Books | Self::Window => [1.3, 5.0],
            Self::Blinds => [8.0, 40.0],
            Self::Screen => [10.0, 40.0],
            Self::Foliage => [3.0, 24.0],
            Self::Facade => [2.0, 10.0],
            Self::Clutter => [1.0, 4.0],
            Self::Throng => [2.0, 9.0],
            Self::Lights => [3.0, 12.0],
            Self::Noise => [0.8, 6.0],
        }
    }

    /// Whether it is made upright, give or take a crooked camera.
    const fn upright(self) -> bool {
        !matches!(self, Self::Plain | Self::Stripes | Self::Noise)
    }
}

/// A pattern.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    kind: Kind,
    pub(super) colours: [Vec3; 4],
    /// What else a kind varies by, each from 0 to 1.
    pub(super) traits: [f32; 4],
    pub(super) seed: u32,
    features_from_plane: Mat2,
    scale: f32,
    /// How fast it recedes.
    recedes: Vec2,
}

impl Pattern {
    /// One colour.
    pub(super) fn flat(colour: Vec3) -> Self {
        Self {
            kind: Kind::Plain,
            colours: [colour; 4],
            traits: [0.0; 4],
            seed: 0,
            features_from_plane: Mat2::IDENTITY,
            scale: 1.0,
            recedes: Vec2::ZERO,
        }
    }

    pub(super) fn draw(rng: &mut impl Rng, kind: Kind) -> Self {
        let [low, high] = kind.scale();
        let scale = between(rng, low.ln(), high.ln()).exp();
        let mut angle = if kind.upright() {
            normal(rng, 0.05)
        } else {
            between(rng, 0.0, std::f32::consts::TAU)
        };
        let turns = matches!(kind, Kind::Wood | Kind::Blinds | Kind::Foliage);
        if turns && chance(rng, 0.35) {
            angle += std::f32::consts::FRAC_PI_2;
        }
        let stretch = between(rng, -0.3, 0.3).exp();
        let size = Mat2::from_diagonal(Vec2::new(scale * stretch, scale));
        let recedes = if kind.upright() && chance(rng, 0.3) {
            Vec2::new(between(rng, -0.35, 0.35), between(rng, -0.15, 0.15))
        } else {
            Vec2::ZERO
        };
        Self {
            kind,
            colours: palette(rng, kind),
            traits: rng.random(),
            seed: rng.random(),
            features_from_plane: size * Mat2::from_angle(angle),
            scale,
            recedes,
        }
    }

    /// The light of a point of the plane, spread by `brush`.
    pub(super) fn at(&self, at: Vec2, brush: Brush) -> Vec3 {
        if self.colours[0] == self.colours[1] && self.kind == Kind::Plain {
            return self.colours[0];
        }
        let depth = 1.0 + self.recedes.dot(at);
        let at = self.features_from_plane * at * (1.0 / depth.max(0.2));
        let brush = brush.times(self.scale);
        match self.kind {
            Kind::Plain => walls::plain(self, at),
            Kind::Stripes => walls::stripes(self, at, brush),
            Kind::Wood => walls::wood(self, at, brush),
            Kind::Bricks => walls::bricks(self, at, brush),
            Kind::Tiles => walls::tiles(self, at, brush),
            Kind::Wallpaper => walls::wallpaper(self, at, brush),
            Kind::Folds => indoors::folds(self, at, brush),
            Kind::Books => indoors::books(self, at, brush),
            Kind::Window => indoors::window(self, at, brush),
            Kind::Blinds => indoors::blinds(self, at, brush),
            Kind::Screen => indoors::screen(self, at, brush),
            Kind::Foliage => outdoors::foliage(self, at, brush),
            Kind::Sky => outdoors::sky(self, at, brush),
            Kind::Facade => outdoors::facade(self, at, brush),
            Kind::Clutter => outdoors::clutter(self, at, brush),
            Kind::Throng => outdoors::throng(self, at, brush),
            Kind::Lights => outdoors::lights(self, at, brush),
            Kind::Noise => outdoors::mottle(self, at, brush),
        }
    }
}

/// Colours of things as they are made and grown.
fn palette(rng: &mut impl Rng, kind: Kind) -> [Vec3; 4] {
    let value = between(rng, 0.12, 0.95);
    let mut any = |saturation: f32| {
        let saturation = between(rng, 0.0, saturation);
        let value = (value + between(rng, -0.3, 0.3)).clamp(0.05, 1.0);
        colour::any(rng, saturation, value * value)
    };
    let free = [any(0.9), any(0.9), any(0.9), any(0.9)];
    match kind {
        Kind::Wood => {
            let stain = [
                [150, 104, 66],
                [92, 60, 40],
                [176, 146, 108],
                [112, 104, 98],
            ];
            let [red, green, blue] = stain[rng.random_range(0..4)];
            let base = colour::srgb(red, green, blue) * between(rng, 0.12, 1.3);
            // From barely visible grain to zebra.
            let deep = between(rng, 0.25, 0.85);
            [base, base * deep, base * between(rng, 0.05, 0.5), free[3]]
        }
        Kind::Bricks => {
            let base = match pick(rng, &[1.0, 1.0, 0.5]) {
                0 => colour::srgb(150, 82, 62) * between(rng, 0.4, 1.3),
                1 => Vec3::splat(between(rng, 0.08, 0.6)) * Vec3::new(1.04, 1.0, 0.93),
                _ => free[0],
            };
            let joint = Vec3::splat(between(rng, 0.05, 0.6));
            [
                base,
                base * between(rng, 0.5, 1.5),
                base.lerp(free[2], 0.2),
                joint,
            ]
        }
        Kind::Foliage => {
            let leaf = Vec3::new(between(rng, 0.08, 0.3), between(rng, 0.18, 0.4), 0.05);
            let leaf = leaf * between(rng, 0.3, 1.4);
            let light = Vec3::new(0.9, 1.0, 1.0) * between(rng, 0.5, 2.0);
            [leaf * 0.12, leaf, leaf * Vec3::new(1.8, 1.6, 1.2), light]
        }
        Kind::Sky => {
            let blue = colour::srgb(110, 160, 225) * between(rng, 0.5, 1.5);
            let cloud = Vec3::splat(between(rng, 0.5, 1.6));
            [blue, blue.lerp(cloud, 0.6), cloud, free[3] * 0.4]
        }
        Kind::Window | Kind::Blinds => {
            let light = Vec3::new(0.92, 1.0, 1.05) * between(rng, 0.5, 3.0);
            [light, light * between(rng, 0.3, 0.9), free[2], free[3]]
        }
        Kind::Screen if chance(rng, 0.5) => {
            let page = Vec3::splat(between(rng, 0.7, 1.4));
            [page, Vec3::splat(0.05), free[2], free[3]]
        }
        Kind::Screen => [free[0] * 0.05, Vec3::splat(0.6), free[2], free[3]],
        Kind::Throng => {
            let skin = colour::skin(rng);
            [free[0] * 0.5, skin, colour::cloth(rng), colour::cloth(rng)]
        }
        Kind::Lights => [free[0] * 0.08, free[1] + 0.4, free[2] + 0.2, free[3] + 0.6],
        _ if chance(rng, 0.5) => {
            // Of one colour, lighter and darker.
            let mut shade = |share: f32| free[0] * between(rng, 1.0 - share, 1.0 + share);
            [free[0], shade(0.6), shade(0.8), shade(0.9)]
        }
        _ => free,
    }
}
