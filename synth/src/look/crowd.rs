//! Frames with any number of faces, as the face finder sees them.
//!
//! Takes a [`Setting`] and what its people do; gives a frame and, per face, its box, landmarks and
//! visible share. Heads that show no face, and faces of which nothing is seen, are no faces; how
//! much of a face must be seen for it to count is for those to say who read the labels. The box
//! encloses the projected skin from hairline to chin and from ear to ear, ears and hair not
//! included, whether or not something covers it.

use std::ops::Range;

use facs::{BoundingBox, Landmarks5};
use glam::Vec3;
use rand_chacha::ChaCha8Rng;

use rand::SeedableRng;

use super::{
    Acting, Company, Person, Renderer, Setting, Sight, Studio,
    crop::box_around,
    enter::{Pose, Presence, Stage},
    setting::{FACE_HEIGHT, Place},
    shot::rotation,
};
use crate::{
    head::Actions,
    render::{Camera, Lighting, SAMPLES_PER_AXIS, ShadowMap, resolve},
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
    /// Boxes of what is no face but may be taken for one: backs of heads and decoys.
    pub look_alikes: Vec<BoundingBox>,
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

/// Turned further than this a head shows no face.
const MOST_YAW: f32 = 85.0;
/// Turned further than this a head is seen from behind.
const BEHIND_YAW: f32 = 110.0;
/// Less than this share of a face is nothing that anybody sees.
const LEAST_SEEN: f32 = 0.03;

/// A look-alike that covers less of its box inside the frame is hidden.
const LEAST_FILLED: f32 = 0.05;

/// Where the parts of a decoy are in the scene.
struct Thing {
    vertices: Range<usize>,
    triangles: Range<usize>,
}

/// A person who has entered.
struct Present {
    presence: Presence,
    yaw: f32,
    /// Samples of the face before anything covered it.
    alone: usize,
}

impl Renderer {
    /// Renders a frame with some of `people`; `act` draws what a face does.
    ///
    /// # Panics
    /// When `people` is empty or the frame has no pixels.
    pub fn crowd(
        &mut self,
        studio: &Studio,
        people: &[Person],
        rng: &mut ChaCha8Rng,
        size: [usize; 2],
        company: Company,
        mut act: impl FnMut(&mut ChaCha8Rng) -> Actions,
    ) -> Crowd {
        let setting = Setting::draw(rng, people, size, company);
        let acting = setting.places.iter().map(|_| Acting {
            actions: act(rng),
            ..Acting::default()
        });
        let acting: Vec<Acting> = acting.collect();
        self.frame(studio, people, &setting, &acting, &Sight::STILL)
    }

    /// Renders a setting that was drawn for these people, as a camera sees it that has moved;
    /// `acting` is what each of [`Setting::people`] does, in any order that stays.
    ///
    /// # Panics
    /// When the setting was drawn for more people, or `acting` has fewer.
    pub fn frame(
        &mut self,
        studio: &Studio,
        people: &[Person],
        setting: &Setting,
        acting: &[Acting],
        sight: &Sight,
    ) -> Crowd {
        self.scene.clear();
        self.shadows.clear();
        self.projected.clear();
        let size @ [width, height] = setting.size;
        let window = Camera::upright(size, setting.view * 100.0, 100.0)
            .map(|window| window.then(&sight.pixels_from_still(size)));
        let [right, up] = sight.step;
        let camera = Camera::new(
            Vec3::new(right, up, 0.0),
            &window.unwrap_or(align::Similarity::IDENTITY),
        );
        self.samples
            .reset(width * SAMPLES_PER_AXIS, height * SAMPLES_PER_AXIS);
        let mut present = Vec::new();
        for (owner, (place, acting)) in (0_u8..).zip(setting.places.iter().zip(acting)) {
            let person = (&people[place.person], owner);
            present.push(self.enter(studio, person, place, acting, &camera, setting));
        }
        let drawn = self.scene.triangles.len();
        let decoys: Vec<Thing> = setting
            .decoys
            .iter()
            .map(|decoy| {
                let [vertices, triangles] = self.scene_len();
                decoy.add_to(&mut self.scene);
                let [last_vertex, last_triangle] = self.scene_len();
                Thing {
                    vertices: vertices..last_vertex,
                    triangles: triangles..last_triangle,
                }
            })
            .collect();
        self.draw_from(&camera, drawn, self.scene.triangles.len());
        let backdrop = setting
            .backdrop
            .clone()
            .seen_through(sight.still_from_moved(size));
        let mut picture = backdrop.paint(width, height, |pixel| self.samples.sees_through(pixel));
        resolve(
            &self.scene,
            &camera,
            &self.projected,
            &self.samples,
            &setting.lighting,
            &self.shadows,
            &mut picture,
        );
        let faces = present
            .iter()
            .zip(0_u8..)
            .filter(|(present, _)| present.yaw.abs() < MOST_YAW)
            .map(|(present, owner)| self.describe(present, owner, &camera, size))
            .filter(|face| face.visible >= LEAST_SEEN);
        let faces = faces.collect();
        let look_alikes = self.look_alikes(&present, &decoys, size);
        let film = setting.film.clone().with_grain_of(sight.frame);
        Crowd {
            width,
            height,
            pixels: film.expose(picture, size),
            faces,
            look_alikes,
        }
    }

    /// Boxes of the backs of heads and of the decoys that are seen.
    fn look_alikes(
        &self,
        present: &[Present],
        decoys: &[Thing],
        size: [usize; 2],
    ) -> Vec<BoundingBox> {
        let backs = present
            .iter()
            .filter(|present| present.yaw.abs() > BEHIND_YAW)
            .map(|present| {
                let (bounding_box, inside) = self.face_box(&present.presence, size);
                (bounding_box, inside, &present.presence.head_and_hair)
            });
        let decoys = decoys.iter().map(|thing| {
            let points = &self.projected[thing.vertices.clone()];
            let (bounding_box, inside) = box_around(points.iter().map(|point| point.at), size);
            (bounding_box, inside, &thing.triangles)
        });
        backs
            .chain(decoys)
            .filter(|(bounding_box, inside, triangles)| {
                let area = bounding_box.width * bounding_box.height * inside;
                let pixels = self.pixels_of(triangles);
                pixels > 0.0 && pixels >= LEAST_FILLED * area
            })
            .map(|(bounding_box, ..)| bounding_box)
            .collect()
    }

    fn scene_len(&self) -> [usize; 2] {
        [self.scene.vertices.len(), self.scene.triangles.len()]
    }

    /// Pixels that show one of these triangles.
    fn pixels_of(&self, triangles: &Range<usize>) -> f32 {
        let range = triangles.start as u32..triangles.end as u32;
        let per_pixel = SAMPLES_PER_AXIS * SAMPLES_PER_AXIS;
        self.samples.count(&range) as f32 / per_pixel as f32
    }

    fn enter(
        &mut self,
        studio: &Studio,
        (person, owner): (&Person, u8),
        place: &Place,
        acting: &Acting,
        camera: &Camera,
        setting: &Setting,
    ) -> Present {
        let drawn = self.scene.triangles.len();
        let mut stage = Stage {
            studio,
            scene: &mut self.scene,
            shape: &mut self.shape,
            owner,
            eye_pixels: place.size * setting.size[1] as f32 * 0.34,
        };
        let [yaw, pitch, roll] = acting.turn;
        let [right, down] = acting.sway;
        let pose = Pose {
            rotation: place.pose.rotation * rotation(yaw, pitch, roll),
            position: place.pose.position + Vec3::new(right, -down, 0.0) * FACE_HEIGHT,
        };
        let presence = person.enter(&mut stage, &acting.actions, &pose);
        if let Some(hand) = place.covered {
            let mut rng = ChaCha8Rng::seed_from_u64(hand);
            person.cover(&mut rng, &mut stage, &presence.world);
        }
        self.draw_from(camera, drawn, presence.head.end);
        let alone = self.face_samples(owner);
        let drawn = self.scene.triangles.len();
        self.draw_from(camera, presence.head.end, drawn);
        if setting.lighting.has_shadows() {
            self.shade_person(&setting.lighting, presence.head.start..drawn, pose.position);
        }
        Present {
            presence,
            yaw: pose.yaw_seen_from(camera.eye),
            alone,
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
        present: &Present,
        owner: u8,
        camera: &Camera,
        size: [usize; 2],
    ) -> CrowdFace {
        let (bounding_box, inside) = self.face_box(&present.presence, size);
        let uncovered = self.face_samples(owner) as f32 / present.alone.max(1) as f32;
        let landmarks = present.presence.landmarks;
        CrowdFace {
            bounding_box,
            landmarks: Landmarks5::from_array(landmarks.map(|at| camera.project(at).at.to_array())),
            visible: uncovered * inside,
            yaw: present.yaw,
        }
    }
}
