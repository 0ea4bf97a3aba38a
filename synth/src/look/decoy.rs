//! Things that are no faces but may look like one: hands, balls, lamps, heads of dummies, clothes on
//! hangers, sockets, fronts of cars.
//!
//! Takes chance; gives solids about 20 cm high that face the camera, to be placed in a scene. They
//! belong to nobody: labels name them as what they are, look-alikes.

use glam::{Affine3A, Vec3};
use rand::{Rng, RngExt};

use super::{
    colour,
    dice::{between, chance, normal, pick},
    enter::add_hand,
    hand::{self, Hand},
    nature::Nature,
    solid::Solid,
    wear::Clothes,
};
use crate::render::{Scene, Surface};

/// What a decoy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A hand with its sleeve.
    Hand,
    /// A bare arm or leg.
    Limb,
    /// A phone, a mug, a ball, a sheet, a bar.
    Thing,
    /// A ball, or a lamp that is bright.
    Ball,
    /// A smooth body the colour of skin.
    Flesh,
    /// A head without features, on shoulders or alone.
    Dummy,
    /// A garment on a hanger.
    Hanger,
    /// A plate with holes, knobs or lights in the places of eyes, and perhaps a mouth.
    Plate,
}

impl Kind {
    /// Every kind with how often it is met.
    pub(super) const ALL: [(Self, f32); 8] = [
        (Self::Hand, 1.2),
        (Self::Limb, 0.8),
        (Self::Thing, 1.6),
        (Self::Ball, 0.8),
        (Self::Flesh, 1.0),
        (Self::Dummy, 0.7),
        (Self::Hanger, 0.6),
        (Self::Plate, 1.1),
    ];

    pub(super) fn draw(rng: &mut impl Rng) -> Self {
        Self::ALL[pick(rng, &Self::ALL.map(|(_, weight)| weight))].0
    }
}

/// A thing in the world.
pub(super) struct Decoy {
    body: Body,
    gloss: f32,
    shininess: f32,
    wrap: f32,
    grain: f32,
}

enum Body {
    Hand(Box<Hand>),
    Solid(Solid),
}

impl Decoy {
    /// A thing at a place; `skin` is the colour of hands and limbs.
    pub(super) fn draw(rng: &mut impl Rng, kind: Kind, skin: Vec3, place: &Affine3A) -> Self {
        let body = match kind {
            Kind::Hand => Body::Hand(Box::new(Hand::draw(rng, skin).moved(place))),
            Kind::Limb => Body::Solid(limb(rng, skin).moved(place)),
            Kind::Thing => Body::Solid(hand::thing(rng).moved(place)),
            Kind::Ball => Body::Solid(ball(rng).moved(place)),
            Kind::Flesh => Body::Solid(flesh(rng, skin).moved(place)),
            Kind::Dummy => Body::Solid(dummy(rng, skin).moved(place)),
            Kind::Hanger => Body::Solid(hanger(rng).moved(place)),
            Kind::Plate => Body::Solid(plate(rng).moved(place)),
        };
        Self {
            body,
            gloss: between(rng, 0.0, 0.5),
            shininess: between(rng, 5.0, 60.0),
            wrap: between(rng, 0.0, 0.3),
            grain: between(rng, 0.0, 1.0).powi(2),
        }
    }

    /// Puts it into a scene.
    pub(super) fn add_to(&self, scene: &mut Scene) {
        match &self.body {
            Body::Hand(hand) => add_hand(scene, hand, Scene::NOBODY),
            Body::Solid(solid) => {
                let surface = scene.add_surface(Surface::Tinted {
                    gloss: self.gloss,
                    shininess: self.shininess,
                    wrap: Vec3::splat(self.wrap),
                    grain: self.grain,
                    coverage: 0b1111,
                    two_sided: false,
                });
                solid.add_to(scene, surface, Scene::NOBODY);
            }
        }
    }
}

fn limb(rng: &mut impl Rng, skin: Vec3) -> Solid {
    let (thick, thin) = (between(rng, 4.0, 7.5), between(rng, 2.6, 4.5));
    let elbow = Vec3::new(normal(rng, 4.0), 0.0, normal(rng, 4.0));
    let mut solid = Solid::capsule(Vec3::Y * 26.0, elbow, [thick, thick * 0.8]);
    solid.join(Solid::capsule(elbow, Vec3::Y * -24.0, [thick * 0.8, thin]));
    let sleeve = between(rng, -10.0, 40.0);
    let cloth = colour::cloth(rng);
    solid.coloured(|vertex| {
        if vertex.position.y > sleeve {
            cloth
        } else {
            skin
        }
    })
}

fn ball(rng: &mut impl Rng) -> Solid {
    let bright = if chance(rng, 0.4) {
        between(rng, 1.5, 5.0)
    } else {
        1.0
    };
    let colours: [Vec3; 2] = [colour::cloth(rng), colour::cloth(rng)].map(|tone| tone * bright);
    let bands = between(rng, 0.0, 5.0);
    let flat = Vec3::new(1.0, between(rng, 0.6, 1.3), 1.0);
    let foot = Solid::capsule(Vec3::Y * -6.0, Vec3::Y * -30.0, [1.0, 1.5]);
    let mut solid = Solid::ellipsoid(Vec3::ZERO, flat * 9.0)
        .coloured(|vertex| colours[usize::from((vertex.uv.y * bands).fract() > 0.5)]);
    if chance(rng, 0.4) {
        let tone = colour::cloth(rng);
        solid.join(foot.coloured(|_| tone));
    }
    solid
}

fn flesh(rng: &mut impl Rng, skin: Vec3) -> Solid {
    let radii = Vec3::new(between(rng, 5.0, 10.0), between(rng, 7.0, 13.0), 7.0);
    let mut solid = Solid::ellipsoid(Vec3::ZERO, radii);
    if chance(rng, 0.5) {
        let at = Vec3::new(normal(rng, 5.0), normal(rng, 7.0), normal(rng, 3.0));
        solid.join(Solid::ellipsoid(at, radii * between(rng, 0.4, 0.9)));
    }
    let (phase, depth) = (between(rng, 0.0, 9.0), between(rng, 0.0, 0.25));
    solid.coloured(|vertex| {
        let wave = (vertex.position.dot(Vec3::new(0.35, 0.27, 0.2)) + phase).sin();
        skin * (1.0 + depth * wave)
    })
}

/// A smooth head of shop windows and dolls: of plastic, wood, cloth or painted like skin.
fn dummy(rng: &mut impl Rng, skin: Vec3) -> Solid {
    let tone = match pick(rng, &[1.0, 1.0, 1.0]) {
        0 => skin,
        1 => Vec3::splat(between(rng, 0.03, 0.8)),
        _ => colour::cloth(rng),
    };
    let mut solid = Solid::ellipsoid(Vec3::ZERO, Vec3::new(6.8, 9.6, 8.6));
    solid.join(Solid::capsule(
        Vec3::new(0.0, -5.0, -1.0),
        Vec3::new(0.0, -14.0, -2.0),
        [4.6, 5.2],
    ));
    if chance(rng, 0.5) {
        // The nose of a dummy is a mere ridge.
        solid.join(Solid::capsule(
            Vec3::new(0.0, 1.0, 8.2),
            Vec3::new(0.0, -2.0, 8.8),
            [0.5, 0.9],
        ));
    }
    let mut solid = solid.coloured(|_| tone);
    if chance(rng, 0.45) {
        let nature = Nature::draw(rng);
        let hair = colour::hair(rng, skin, &nature).now;
        let cap = Solid::ellipsoid(Vec3::new(0.0, 3.4, -2.2), Vec3::new(7.8, 8.0, 8.8));
        solid.join(cap.coloured(|_| hair));
    }
    if chance(rng, 0.6) {
        solid.join(Clothes::draw(rng).drape(Vec3::new(0.0, -12.0, -2.0), tone));
    }
    solid
}

fn hanger(rng: &mut impl Rng) -> Solid {
    let flat = Affine3A::from_scale(Vec3::new(0.5, 0.5, 0.18));
    let inside = colour::cloth(rng) * 0.3;
    let garment = Clothes::draw(rng).drape(Vec3::Y * 14.0, inside);
    let mut solid = garment.moved(&flat);
    let hook: Vec<Vec3> = (0..8)
        .map(|step| {
            let angle = step as f32 * 0.6;
            Vec3::new(1.6 * angle.sin(), 10.5 - 1.6 * angle.cos(), 0.0)
        })
        .collect();
    solid.join(Solid::tube(&hook, 0.3).coloured(|_| Vec3::splat(0.3)));
    solid
}

/// Sockets, loudspeakers, fronts of cars and of machines.
fn plate(rng: &mut impl Rng) -> Solid {
    let round = chance(rng, 0.4);
    let half = Vec3::new(between(rng, 6.0, 13.0), between(rng, 5.0, 10.0), 2.0);
    let ground = colour::cloth(rng);
    let marks = [colour::cloth(rng) * 0.4, ground * 0.15, Vec3::splat(1.5)];
    let mark = marks[rng.random_range(0..3)];
    let mut solid = if round {
        Solid::ellipsoid(Vec3::ZERO, half)
    } else {
        Solid::slab(half)
    };
    solid = solid.coloured(|_| ground);
    let front = |x: f32, y: f32| {
        let from = Vec3::new(x / half.x, y / half.y, 0.0).length_squared();
        let depth = if round {
            (1.0 - from).max(0.0).sqrt()
        } else {
            1.0
        };
        Vec3::new(x, y, half.z * depth)
    };
    let size = Vec3::new(between(rng, 0.8, 2.6), between(rng, 0.8, 2.6), 0.5);
    let (x, y) = (
        half.x * between(rng, 0.3, 0.7),
        half.y * between(rng, -0.5, 0.5),
    );
    let mut spot = |at: Vec3, size: Vec3| {
        solid.join(Solid::ellipsoid(at, size).coloured(|_| mark));
    };
    spot(front(x, y), size);
    spot(front(-x, y), size);
    match pick(rng, &[1.0, 0.6, 1.0]) {
        0 => {}
        1 => spot(front(0.0, y - half.y * 0.7), size),
        _ => {
            let bars = rng.random_range(1..4);
            let low = half.y * between(rng, -0.75, 0.2);
            let width = half.x * between(rng, 0.25, 0.7);
            for bar in 0..bars {
                let at = front(0.0, low - bar as f32 * half.y * 0.16);
                spot(at, Vec3::new(width, half.y * 0.06, 0.4));
            }
        }
    }
    solid
}
