//! Windows of a labelled scene: what a face refiner is shown and what it should answer.
//!
//! Takes the labels of a scene and chance; gives every demanded face once, as a finder might box
//! it, every look-alike once, and a place anywhere. A box that overlaps a face by more than a trace,
//! seen or hidden, is never called no face; nor is one too small for a finder, or outside the scene.

use align::Similarity;
use facs::{BoundingBox, FaceLabel, Landmarks5, Sample};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::Jitter;
use crate::face_finder::metric::{LEAST_HEIGHT, is_demanded};

/// Of two boxes that share no more than this of the smaller one, neither is the other's.
const APART: f32 = 0.25;
/// Width of a face's box as a share of its height.
const ASPECT: f32 = 0.78;
/// Least and greatest height of a place anywhere, in shares of the scene's.
const ANYWHERE: [f32; 2] = [0.08, 0.9];
/// Least and greatest size of a finder's box on a look-alike, in shares of the thing's.
const PART: [f32; 2] = [0.5, 1.2];

/// A window and what it shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// From the scene's pixels to the window's, before a mirror.
    pub window_from_scene: Similarity,
    /// The landmarks of the face in its middle, in the window; none if there is no face.
    pub landmarks: Option<Landmarks5>,
    /// The longer side of the face's box, in pixels of the window; 0 if there is no face.
    pub face_side: f32,
    /// Whether it was cut about a look-alike.
    pub look_alike: bool,
}

impl Window {
    /// What a covered lens sees.
    pub(super) const DARK: Self = nothing(Similarity::IDENTITY, false);
}

/// The windows of a scene of `width` by `height`, `size` pixels each: faces, look-alikes, and one
/// place anywhere, the latter two where they show no face.
#[must_use]
pub fn windows(
    sample: &Sample,
    [width, height]: [usize; 2],
    size: usize,
    jitter: &Jitter,
    rng: &mut ChaCha8Rng,
) -> Vec<Window> {
    let mut windows = Vec::new();
    for face in sample.faces.iter().filter(|face| is_demanded(face)) {
        let found = off(&face.bounding_box, jitter, rng);
        windows.extend(cut(&found, size, jitter, rng).map(|window| of(face, window)));
    }
    let shows_no_face = |found: &BoundingBox| {
        let [x, y] = found.center();
        let inside = (0.0..width as f32).contains(&x) && (0.0..height as f32).contains(&y);
        let apart = |face: &FaceLabel| shared(&face.bounding_box, found) <= APART;
        inside && found.height >= LEAST_HEIGHT && sample.faces.iter().all(apart)
    };
    let things = sample.look_alikes.iter().map(Some);
    for thing in things.chain([None]) {
        let place = match thing {
            Some(thing) => part(thing, rng),
            None => anywhere(width as f32, height as f32, rng),
        };
        let found = off(&place, jitter, rng);
        let window = cut(&found, size, jitter, rng).filter(|_| shows_no_face(&found));
        windows.extend(window.map(|window| nothing(window, thing.is_some())));
    }
    windows
}

fn of(face: &FaceLabel, window_from_scene: Similarity) -> Window {
    let BoundingBox { width, height, .. } = face.bounding_box;
    Window {
        landmarks: Some(face.landmarks.map(|point| window_from_scene.apply(point))),
        face_side: width.max(height) * window_from_scene.scale(),
        window_from_scene,
        look_alike: false,
    }
}

const fn nothing(window_from_scene: Similarity, look_alike: bool) -> Window {
    Window {
        window_from_scene,
        landmarks: None,
        face_side: 0.0,
        look_alike,
    }
}

/// A finder's box for a place: a little off.
fn off(place: &BoundingBox, jitter: &Jitter, rng: &mut ChaCha8Rng) -> BoundingBox {
    let side = place.width.max(place.height);
    let factor = (normal(rng) * jitter.scale).exp();
    let [width, height] = [place.width, place.height].map(|length| length * factor);
    let [right, down] = [(); 2].map(|()| normal(rng) * jitter.shift * side);
    BoundingBox {
        x: place.x + (place.width - width) / 2.0 + right,
        y: place.y + (place.height - height) / 2.0 + down,
        width,
        height,
    }
}

/// The window about a found box, the head tilted a little.
fn cut(
    found: &BoundingBox,
    size: usize,
    jitter: &Jitter,
    rng: &mut ChaCha8Rng,
) -> Option<Similarity> {
    let upright = align::window(found, size)?;
    let angle = (normal(rng) * jitter.tilt_degrees).to_radians();
    // About the window's middle.
    let middle = size as f32 / 2.0;
    let (sin, cos) = angle.sin_cos();
    let shift = [
        middle - cos * middle + sin * middle,
        middle - sin * middle - cos * middle,
    ];
    Some(upright.then(&Similarity::new(1.0, angle, shift)?))
}

/// What two boxes share, as a share of the smaller one.
fn shared(a: &BoundingBox, b: &BoundingBox) -> f32 {
    let [one, other] = [a, b].map(|area| area.width * area.height);
    let iou = a.iou(b);
    // iou = common / (one + other - common)
    let common = iou * (one + other) / (1.0 + iou);
    common / one.min(other).max(1e-6)
}

/// A box on a thing, or on a part of it.
fn part(thing: &BoundingBox, rng: &mut ChaCha8Rng) -> BoundingBox {
    let height = thing.height.max(thing.width) * between(rng, PART);
    let width = height * ASPECT;
    let mut off = |length: f32, own: f32| (length - own) * between(rng, [0.25, 0.75]);
    BoundingBox {
        x: thing.x + off(thing.width, width),
        y: thing.y + off(thing.height, height),
        width,
        height,
    }
}

/// A box anywhere in the scene, small ones as often as large ones.
fn anywhere(width: f32, height: f32, rng: &mut ChaCha8Rng) -> BoundingBox {
    let tall = height * between(rng, ANYWHERE.map(f32::ln)).exp();
    let wide = tall * ASPECT;
    BoundingBox {
        x: width * rng.random::<f32>() - wide / 2.0,
        y: height * rng.random::<f32>() - tall / 2.0,
        width: wide,
        height: tall,
    }
}

fn between(rng: &mut ChaCha8Rng, [low, high]: [f32; 2]) -> f32 {
    low + (high - low) * rng.random::<f32>()
}

/// A draw from the normal distribution, bounded at two and a half.
fn normal(rng: &mut ChaCha8Rng) -> f32 {
    let draw: f32 = rand_distr::Distribution::sample(&rand_distr::StandardNormal, rng);
    draw.clamp(-2.5, 2.5)
}
