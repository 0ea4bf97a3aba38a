//! A scene before it is rendered: who is where, what else is there, in which light.
//!
//! Takes chance, people and a size; gives a [`Setting`] that can be rendered again and again, with
//! other faces and from a camera that moves.

use align::Similarity;
use glam::{Affine2, Affine3A, Quat, Vec2, Vec3};
use rand::{Rng, RngExt};

use super::{
    Person,
    backdrop::Backdrop,
    colour,
    decoy::{self, Decoy},
    dice::{between, chance, normal, pick},
    enter::Pose,
    film::Film,
    lamps,
    shot::rotation,
};
use crate::{head::Actions, render::Lighting};

/// Height of a face in centimetres, from hairline to chin.
pub(super) const FACE_HEIGHT: f32 = 18.5;
/// No face comes nearer to a camera than this, in centimetres.
const NEAREST: f32 = 26.0;
/// Shares of scenes with no, one, two, .. people.
const PEOPLE: [f32; 7] = [0.17, 0.39, 0.19, 0.11, 0.06, 0.05, 0.03];
/// Share of people who have turned their back on the camera.
const TURNED_AWAY: f64 = 0.08;

/// Who is in a scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Company {
    /// Nobody to six people, some of whom are hidden, cut off or look away.
    Any,
    /// So many people, all of whom show their faces.
    Exactly(usize),
}

/// A scene before it is rendered.
pub struct Setting {
    pub(super) size: [usize; 2],
    /// Height of what is seen at a distance of 1.
    pub(super) view: f32,
    pub(super) lighting: Lighting,
    pub(super) backdrop: Backdrop,
    pub(super) film: Film,
    /// Far ones first.
    pub(super) places: Vec<Place>,
    pub(super) decoys: Vec<Decoy>,
}

/// A person's place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Index of the person.
    pub(super) person: usize,
    pub(super) pose: Pose,
    /// Face height over picture height.
    pub(super) size: f32,
    /// Which hand lies over the face.
    pub(super) covered: Option<u64>,
}

/// What one person of a setting does at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Acting {
    /// What the face does.
    pub actions: Actions,
    /// Yaw, pitch and roll in degrees, added to how the person faces the camera.
    pub turn: [f32; 3],
    /// How far the head has moved right and down, in heights of the face.
    pub sway: [f32; 2],
}

/// Where a camera has moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sight {
    /// How far the picture has moved right and down, in heights of the picture.
    pub pan: [f32; 2],
    /// Magnification.
    pub zoom: f32,
    /// Turn of the picture, clockwise as seen, in radians.
    pub roll: f32,
    /// How far the camera has stepped right and up, in centimetres.
    pub step: [f32; 2],
    /// Number of the frame: each has its own grain.
    pub frame: u32,
}

impl Sight {
    /// A camera that stands still.
    pub const STILL: Self = Self {
        pan: [0.0; 2],
        zoom: 1.0,
        roll: 0.0,
        step: [0.0; 2],
        frame: 0,
    };

    /// In heights of the picture.
    fn moved_from_still(&self, [width, height]: [usize; 2]) -> Affine2 {
        let middle = Vec2::new(width as f32 / height as f32, 1.0) / 2.0;
        Affine2::from_translation(middle + Vec2::from(self.pan))
            * Affine2::from_scale_angle_translation(Vec2::splat(self.zoom), self.roll, Vec2::ZERO)
            * Affine2::from_translation(-middle)
    }

    /// In pixels.
    pub(super) fn pixels_from_still(&self, size: [usize; 2]) -> Similarity {
        let shift = self.moved_from_still(size).translation * size[1] as f32;
        Similarity::new(self.zoom, self.roll, shift.to_array()).unwrap_or(Similarity::IDENTITY)
    }

    /// In heights of the picture.
    pub(super) fn still_from_moved(&self, size: [usize; 2]) -> Affine2 {
        self.moved_from_still(size).inverse()
    }
}

impl Setting {
    /// Draws a scene with some of `people`.
    ///
    /// # Panics
    /// When the frame has no pixels, or there is to be somebody and `people` is empty.
    pub fn draw(
        rng: &mut impl Rng,
        people: &[Person],
        [width, height]: [usize; 2],
        company: Company,
    ) -> Self {
        assert!(width > 0 && height > 0, "a frame has pixels");
        let aspect = width as f32 / height as f32;
        let view = between(rng, 0.35, 1.1);
        let (mut lighting, dark) = lamps::draw(rng);
        lighting.shadow *= 0.9;
        for light in &mut lighting.lights {
            // One lamp lights all people alike.
            light.nearness = 0.0;
        }
        let mut places = match company {
            Company::Any => {
                let count = pick(rng, &PEOPLE);
                scatter(rng, count, view, aspect)
            }
            Company::Exactly(count) => gather(rng, count, view, aspect),
        };
        for (index, place) in places.iter_mut().enumerate() {
            place.person = match company {
                Company::Any => rng.random_range(0..people.len()),
                Company::Exactly(_) => index % people.len(),
            };
        }
        places.sort_by(|a, b| a.pose.position.z.total_cmp(&b.pose.position.z));
        let count = match company {
            Company::Any if places.is_empty() => rng.random_range(0..9),
            Company::Any => pick(rng, &[0.45, 0.25, 0.15, 0.1, 0.05]),
            Company::Exactly(0) => rng.random_range(0..7),
            Company::Exactly(_) => 0,
        };
        let decoys = (0..count)
            .map(|_| {
                let place = anywhere(rng, view, aspect);
                let kind = decoy::Kind::draw(rng);
                let skin = match people.first() {
                    Some(person) if chance(rng, 0.4) => person.complexion.skin,
                    _ => colour::skin(rng),
                };
                Decoy::draw(rng, kind, skin, &place)
            })
            .collect();
        Self {
            size: [width, height],
            view,
            lighting,
            backdrop: Backdrop::draw(rng),
            film: Film::draw(rng, dark),
            places,
            decoys,
        }
    }

    /// How many people there are, those with their backs to the camera included.
    #[must_use]
    pub fn people(&self) -> usize {
        self.places.len()
    }
}

/// Places for `count` people wherever they happen to be; faces overlap seldom.
fn scatter(rng: &mut impl Rng, count: usize, view: f32, aspect: f32) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for _ in 0..count * 6 {
        if places.len() == count {
            break;
        }
        let size = size(rng, count, view);
        let distance = FACE_HEIGHT / (size * view);
        let half = distance * view / 2.0;
        let spread = if chance(rng, 0.15) { 1.15 } else { 0.85 };
        // Near faces stay in the picture for the most part.
        let across = (half * aspect * spread - 0.25 * FACE_HEIGHT).max(0.25 * half);
        let x = between(rng, -1.0, 1.0) * across;
        let y = between(rng, -0.55, 0.85) * (half - FACE_HEIGHT * 0.3).max(2.0) * spread;
        let position = Vec3::new(x, y, -distance);
        let near = |other: &Place| {
            apart(position, other.pose.position).length() / view < 0.55 * (size + other.size)
        };
        if places.iter().any(near) && !chance(rng, 0.08) {
            continue;
        }
        let yaw = match () {
            () if chance(rng, TURNED_AWAY) => between(rng, 120.0, 240.0),
            () if chance(rng, 0.09) => {
                between(rng, 50.0, 82.0) * if chance(rng, 0.5) { 1.0 } else { -1.0 }
            }
            () if chance(rng, 0.35) => normal(rng, 32.0).clamp(-80.0, 80.0),
            () => normal(rng, 14.0),
        };
        let roll = if chance(rng, 0.18) {
            between(rng, -48.0, 48.0)
        } else {
            normal(rng, 9.0)
        };
        let pitch = normal(rng, 11.0).clamp(-35.0, 32.0);
        places.push(Place {
            person: 0,
            pose: facing(position, [yaw, pitch, roll]),
            size,
            covered: chance(rng, 0.2).then(|| rng.random()),
        });
    }
    places
}

/// Height of a face over that of the picture: 4 % far away to more than all of it close by.
fn size(rng: &mut impl Rng, count: usize, view: f32) -> f32 {
    let largest: f32 = if count > 2 { 0.4 } else { 0.8 };
    let size = match () {
        () if count < 3 && chance(rng, 0.18) => between(rng, 0.55, 1.1),
        () if chance(rng, 0.5) => between(rng, 0.045_f32.ln(), largest.ln()).exp(),
        () => between(rng, 0.15, largest.min(0.6)),
    };
    size.min(FACE_HEIGHT / (NEAREST * view))
}

/// Places for exactly `count` people who look towards the camera and hide nobody.
fn gather(rng: &mut impl Rng, count: usize, view: f32, aspect: f32) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    // Smaller and smaller until all have room.
    let mut largest = (0.9 * aspect / (count.max(2) as f32)).min(0.45);
    let mut tries = 0;
    while places.len() < count {
        tries += 1;
        largest *= 0.995;
        let size = between(rng, 0.6, 1.0) * largest.min(FACE_HEIGHT / (NEAREST * view));
        let distance = FACE_HEIGHT / (size * view);
        let half = distance * view / 2.0;
        let x = between(rng, -1.0, 1.0) * (half * aspect - FACE_HEIGHT * 0.65).max(0.0);
        let y = between(rng, -0.3, 0.9) * (half - FACE_HEIGHT * 0.65).max(0.0);
        let position = Vec3::new(x, y, -distance);
        let hides = |other: &Place| {
            let offset = apart(position, other.pose.position) / view;
            let (near, far, below) = if size > other.size {
                (size, other.size, offset.y > 0.0)
            } else {
                (other.size, size, offset.y < 0.0)
            };
            // Shoulders are twice as wide as heads and reach down for ever.
            let shoulders = below && offset.x.abs() < 1.25 * near + 0.4 * far;
            shoulders || offset.length() < 0.8 * (near + far)
        };
        if tries < 600 && places.iter().any(hides) {
            continue;
        }
        let yaw = normal(rng, 14.0).clamp(-40.0, 40.0);
        let pitch = normal(rng, 7.0).clamp(-18.0, 18.0);
        let roll = normal(rng, 8.0).clamp(-25.0, 25.0);
        places.push(Place {
            person: 0,
            pose: facing(position, [yaw, pitch, roll]),
            size,
            covered: None,
        });
    }
    places
}

/// How far two points are apart in the picture, times the height of the view; y is up.
fn apart(one: Vec3, other: Vec3) -> Vec2 {
    one.truncate() / -one.z - other.truncate() / -other.z
}

/// The face looks past the camera by these angles in degrees, wherever it stands.
fn facing(position: Vec3, [yaw, pitch, roll]: [f32; 3]) -> Pose {
    let towards = (-position.x / -position.z).atan();
    Pose {
        rotation: Quat::from_rotation_y(towards) * rotation(yaw, pitch, roll),
        position,
    }
}

/// A place for a thing of about 20 cm that will be 4 to 50 % of the picture high.
fn anywhere(rng: &mut impl Rng, view: f32, aspect: f32) -> Affine3A {
    let size = between(rng, 0.04_f32.ln(), 0.5_f32.ln()).exp();
    let distance = between(rng, 40.0, 400.0);
    let half = distance * view / 2.0;
    let place = Vec3::new(
        between(rng, -1.0, 1.0) * half * aspect,
        between(rng, -1.0, 1.0) * half,
        -distance,
    );
    // Most things stand upright.
    let lean = if chance(rng, 0.6) { 0.15 } else { 1.2 };
    let turn = Quat::from_rotation_z(normal(rng, lean)) * Quat::from_rotation_y(normal(rng, 0.5));
    let scale = size * distance * view / 20.0;
    Affine3A::from_scale_rotation_translation(Vec3::splat(scale), turn, place)
}
