//! Frames with any number of faces, as the face finder sees them.
//!
//! Takes chance and a way to draw faces; gives a frame and, per face, its box, landmarks and
//! visible share. The box encloses the projected skin from hairline to chin and from ear to ear,
//! ears and hair not included, whether or not something covers it.

use std::ops::Range;

use facs::{BoundingBox, Landmarks5};
use glam::{Affine3A, Quat, Vec2, Vec3};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{
    Person, Renderer, Studio,
    backdrop::Backdrop,
    colour,
    dice::{between, chance, normal, pick},
    enter::{Pose, Presence, Stage, add_hand},
    film::Film,
    hand::{self, Hand},
    lamps,
    shot::rotation,
};
use crate::{
    head::Actions,
    render::{Camera, Lighting, SAMPLES_PER_AXIS, Scene, ShadowMap, Surface, resolve},
};

/// A frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Crowd {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width * height * 3` bytes, rows first, RGB.
    pub pixels: Vec<u8>,
    /// The faces, near and far.
    pub faces: Vec<CrowdFace>,
}

/// One face of a frame, in pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct CrowdFace {
    /// Skin from hairline to chin and ear to ear; may reach outside the frame.
    pub bounding_box: BoundingBox,
    /// Five landmarks; may lie outside the frame.
    pub landmarks: Landmarks5,
    /// Share of the face that is inside the frame and that nothing covers.
    pub visible: f32,
    /// Turn to the subject's left, in degrees.
    pub yaw: f32,
}

/// Height of a face in centimetres, from hairline to chin.
const FACE_HEIGHT: f32 = 18.5;
/// Turned further than this a head shows no face.
const MOST_YAW: f32 = 75.0;

/// A person's place before it is drawn.
struct Place {
    pose: Pose,
    yaw: f32,
    /// Face height over picture height.
    size: f32,
    covered: bool,
}

impl Renderer {
    /// Renders a frame of 0 to 6 people. `people` is whom to choose from; `act` draws what a face
    /// does.
    ///
    /// # Panics
    /// When `people` is empty or the frame has no pixels.
    pub fn crowd(
        &mut self,
        studio: &Studio,
        people: &[Person],
        rng: &mut ChaCha8Rng,
        [width, height]: [usize; 2],
        mut act: impl FnMut(&mut ChaCha8Rng) -> Actions,
    ) -> Crowd {
        assert!(width > 0 && height > 0, "a frame has pixels");
        self.scene.clear();
        self.shadows.clear();
        let view = between(rng, 0.35, 1.1);
        let window = Camera::upright([width, height], view * 100.0, 100.0);
        let camera = Camera::new(Vec3::ZERO, &window.unwrap_or(align::Similarity::IDENTITY));
        let (mut lighting, dark) = lamps::draw(rng);
        // One lamp lights all people alike.
        lighting
            .lights
            .iter_mut()
            .for_each(|light| light.nearness = 0.0);
        let count = pick(rng, &[0.12, 0.42, 0.2, 0.12, 0.06, 0.05, 0.03]);
        let places = arrange(rng, count, view, width as f32 / height as f32);
        self.samples
            .reset(width * SAMPLES_PER_AXIS, height * SAMPLES_PER_AXIS);
        self.projected.clear();
        let mut present: Vec<(Presence, f32, usize)> = Vec::new();
        let mut drawn = 0;
        for (owner, place) in (0_u8..).zip(&places) {
            let person = &people[rng.random_range(0..people.len())];
            let actions = act(rng);
            let mut stage = Stage {
                studio,
                scene: &mut self.scene,
                shape: &mut self.shape,
                owner,
                eye_pixels: place.size * height as f32 * 0.34,
            };
            let presence = person.enter(&mut stage, &actions, &place.pose);
            if place.covered {
                person.cover(rng, &mut stage, &presence.world);
            }
            self.draw_from(&camera, drawn, presence.head.end);
            let alone = self.face_samples(owner);
            drawn = self.scene.triangles.len();
            self.draw_from(&camera, presence.head.end, drawn);
            self.shade_person(&lighting, presence.head.start..drawn, place.pose.position);
            present.push((presence, place.yaw, alone));
        }
        distract(
            rng,
            &mut self.scene,
            view,
            width as f32 / height as f32,
            &people[0],
            count == 0,
        );
        self.draw_from(&camera, drawn, self.scene.triangles.len());
        lighting.shadow *= 0.9;
        let mut picture =
            Backdrop::draw(rng).paint(width, height, |pixel| self.samples.sees_through(pixel));
        resolve(
            &self.scene,
            &camera,
            &self.projected,
            &self.samples,
            &lighting,
            &self.shadows,
            &mut picture,
        );
        let faces = present
            .iter()
            .enumerate()
            .filter(|(_, (_, yaw, _))| yaw.abs() < MOST_YAW);
        let faces = faces.map(|(owner, (presence, yaw, alone))| {
            let share = self.face_samples(owner as u8) as f32 / (*alone).max(1) as f32;
            self.describe(presence, *yaw, share, &camera, [width, height])
        });
        let faces = faces.collect();
        Crowd {
            width,
            height,
            pixels: Film::draw(rng, dark).expose(picture, [width, height]),
            faces,
        }
    }

    fn shade_person(&mut self, lighting: &Lighting, range: Range<usize>, position: Vec3) {
        let mut shadow = ShadowMap::default();
        shadow.cast(
            &self.scene,
            range,
            lighting.lights[0].direction,
            position,
            lighting.penumbra,
        );
        self.shadows.push(shadow);
    }

    fn draw_from(&mut self, camera: &Camera, from: usize, to: usize) {
        let known = self.projected.len();
        self.projected.extend(
            self.scene.vertices[known..]
                .iter()
                .map(|vertex| camera.project(vertex.position)),
        );
        self.samples.draw(
            &self.scene,
            &self.projected,
            from..to,
            SAMPLES_PER_AXIS as f32,
        );
    }

    fn describe(
        &self,
        presence: &Presence,
        yaw: f32,
        share: f32,
        camera: &Camera,
        size: [usize; 2],
    ) -> CrowdFace {
        let (bounding_box, inside) = self.face_box(presence, size);
        CrowdFace {
            bounding_box,
            landmarks: Landmarks5::from_array(
                presence
                    .landmarks
                    .map(|at| camera.project(at).at.to_array()),
            ),
            visible: share * inside,
            yaw,
        }
    }
}

/// Places for `count` people, far ones first; faces overlap seldom.
fn arrange(rng: &mut ChaCha8Rng, count: usize, view: f32, aspect: f32) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for _ in 0..count * 6 {
        if places.len() == count {
            break;
        }
        let largest: f32 = if count > 2 { 0.4 } else { 0.8 };
        let size = between(rng, 0.08_f32.ln(), largest.ln()).exp();
        let size = if chance(rng, 0.5) {
            size
        } else {
            between(rng, 0.15, largest.min(0.6))
        };
        let distance = FACE_HEIGHT / (size * view);
        let half = distance * view / 2.0;
        let spread = if chance(rng, 0.15) { 1.15 } else { 0.85 };
        let x = between(rng, -1.0, 1.0) * half * aspect * spread;
        let y = between(rng, -0.55, 0.85) * (half - FACE_HEIGHT * 0.3).max(2.0) * spread;
        let position = Vec3::new(x, y, -distance);
        let near = |other: &Place| {
            let apart = Vec2::new(
                x / distance + other.pose.position.x / other.pose.position.z,
                y / distance + other.pose.position.y / other.pose.position.z,
            );
            apart.length() / view < 0.55 * (size + other.size)
        };
        if places.iter().any(near) && !chance(rng, 0.08) {
            continue;
        }
        let yaw = match () {
            () if chance(rng, 0.06) => between(rng, 100.0, 260.0),
            () if chance(rng, 0.35) => normal(rng, 32.0).clamp(-72.0, 72.0),
            () => normal(rng, 14.0),
        };
        let roll = if chance(rng, 0.15) {
            normal(rng, 28.0).clamp(-60.0, 60.0)
        } else {
            normal(rng, 9.0)
        };
        // The face looks past the camera by its own angle, wherever it stands.
        let towards = Quat::from_rotation_y((x / -distance).atan() * between(rng, 0.0, 1.0));
        let pose = Pose {
            rotation: towards * rotation(yaw, normal(rng, 11.0).clamp(-35.0, 32.0), roll),
            position,
        };
        places.push(Place {
            pose,
            yaw,
            size,
            covered: chance(rng, 0.18),
        });
    }
    places.sort_by(|a, b| a.pose.position.z.total_cmp(&b.pose.position.z));
    places
}

/// Things that are no faces: balls, discs, boxes, hands, blobs the colour of skin.
fn distract(
    rng: &mut ChaCha8Rng,
    scene: &mut Scene,
    view: f32,
    aspect: f32,
    person: &Person,
    empty: bool,
) {
    let count = if empty {
        rng.random_range(1..9)
    } else {
        pick(rng, &[0.45, 0.25, 0.15, 0.1, 0.05])
    };
    for _ in 0..count {
        let size = between(rng, 0.04, 0.5);
        let distance = between(rng, 40.0, 400.0);
        let half = distance * view / 2.0;
        let place = Vec3::new(
            between(rng, -1.0, 1.0) * half * aspect,
            between(rng, -1.0, 1.0) * half,
            -distance,
        );
        let turn =
            Quat::from_rotation_z(normal(rng, 1.0)) * Quat::from_rotation_y(normal(rng, 0.6));
        let scale = size * distance * view / 12.0;
        let pose = Affine3A::from_scale_rotation_translation(Vec3::splat(scale), turn, place);
        if chance(rng, 0.25) {
            let tone = if chance(rng, 0.5) {
                person.complexion.skin
            } else {
                colour::skin(rng)
            };
            let hand = Hand::draw(rng, tone).moved(&pose);
            add_hand(scene, &hand, Scene::NOBODY);
            continue;
        }
        let surface = scene.add_surface(Surface::Tinted {
            gloss: between(rng, 0.0, 0.5),
            shininess: between(rng, 5.0, 60.0),
            wrap: Vec3::splat(between(rng, 0.0, 0.3)),
            grain: between(rng, 0.0, 1.2),
            coverage: 0b1111,
            two_sided: false,
        });
        let mut thing = hand::thing(rng);
        if chance(rng, 0.35) {
            let tone = colour::skin(rng);
            thing = thing.coloured(|_| tone);
        }
        thing.moved(&pose).add_to(scene, surface, Scene::NOBODY);
    }
}
