//! Aligned face crops, as a model sees them when it serves.
//!
//! Takes a person, a face and a shot; gives the crop that aligning by (slightly wrong) landmarks
//! would have cut out of the frame. The window of the crop is rendered directly.

use std::ops::Range;

use align::Similarity;
use facs::{BoundingBox, CropTemplate, Landmarks5};
use glam::{Affine3A, Vec2, Vec3};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    Occluder, Person, Phase, Shot, Studio, Times,
    clock::Watch,
    dice::{between, normal},
    enter::{Pose, Presence, Stage},
    hand,
};
use crate::{
    head::{Actions, Shape},
    render::{
        Camera, Projected, Rolling, SAMPLES_PER_AXIS, Samples, Scene, ShadowMap, Surface, resolve,
    },
};

/// An aligned face.
#[derive(Clone, Debug, PartialEq)]
pub struct Crop {
    /// Side in pixels.
    pub size: usize,
    /// `size * size * 3` bytes, rows first, RGB.
    pub pixels: Vec<u8>,
    /// Where the landmarks really are, in pixels of the crop.
    pub landmarks: Landmarks5,
    /// Share of the face inside the crop that nothing covers.
    pub visible: f32,
    /// For pictures that are to be aligned and exposed like this one.
    pub reference: Reference,
}

/// Another picture of the same person in the same shot, which a crop is aligned and exposed like:
/// nothing then differs between the two but what the faces do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reference {
    /// Where the landmarks were, on a plane before the camera.
    plane: Landmarks5,
    /// Mean light that the camera exposed for.
    metered: f32,
}

/// Renders pictures; keeps its memory from one to the next. One per thread.
#[derive(Debug, Default)]
pub struct Renderer {
    pub(super) scene: Scene,
    pub(super) samples: Samples,
    pub(super) projected: Vec<Projected>,
    pub(super) shadows: Vec<ShadowMap>,
    pub(super) shape: Shape,
    times: Times,
}

/// What a crop is taken of.
struct View {
    camera: Camera,
    /// Pixels of the sensor along one side of the crop: only as many are rendered.
    side: usize,
    /// Triangles of the head without hair.
    head: Range<usize>,
    /// In pixels of the crop.
    landmarks: Landmarks5,
    /// See [`Reference`].
    plane: Landmarks5,
}

impl Renderer {
    /// A renderer without memory yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Where the time of all crops since the last call went.
    pub fn take_times(&mut self) -> Times {
        std::mem::take(&mut self.times)
    }

    /// Renders the crop of one face, aligned to `window` ([`align::template`] is that of Mien's own
    /// models). None when the landmarks of the pose coincide.
    pub fn crop(
        &mut self,
        studio: &Studio,
        person: &Person,
        actions: &Actions,
        shot: &Shot,
        window: &CropTemplate,
    ) -> Option<Crop> {
        self.shoot(studio, person, actions, None, shot, window)
    }

    /// Renders the crop of a face with the window and the exposure of another picture.
    pub fn crop_like(
        &mut self,
        studio: &Studio,
        person: &Person,
        actions: &Actions,
        reference: &Reference,
        shot: &Shot,
        window: &CropTemplate,
    ) -> Option<Crop> {
        self.shoot(studio, person, actions, Some(reference), shot, window)
    }

    fn shoot(
        &mut self,
        studio: &Studio,
        person: &Person,
        actions: &Actions,
        reference: Option<&Reference>,
        shot: &Shot,
        window: &CropTemplate,
    ) -> Option<Crop> {
        let mut watch = Watch::start();
        let aligned_by = reference.map(|other| other.plane);
        let view = self.stand(studio, person, actions, aligned_by, shot, window)?;
        let size = window.size;
        watch.end(Phase::Pose, &mut self.times);
        self.project(&view.camera);
        watch.end(Phase::Project, &mut self.times);
        let visible = self.draw_face(view.head.clone(), view.side);
        watch.end(Phase::Draw, &mut self.times);
        self.cast_shadows(shot);
        watch.end(Phase::Shadow, &mut self.times);
        let mut picture = shot.backdrop.paint(view.side, view.side, |pixel| {
            self.samples.sees_through(pixel)
        });
        watch.end(Phase::Backdrop, &mut self.times);
        resolve(
            &self.scene,
            &view.camera,
            &self.projected,
            &self.samples,
            &shot.lighting,
            &self.shadows,
            &mut picture,
        );
        watch.end(Phase::Shade, &mut self.times);
        let metered = reference.map(|other| other.metered);
        let (pixels, metered) = shot.film.expose_as(picture, [size, size], metered);
        watch.end(Phase::Film, &mut self.times);
        Some(Crop {
            size,
            pixels,
            landmarks: view.landmarks,
            visible,
            reference: Reference {
                plane: view.plane,
                metered,
            },
        })
    }

    /// Puts the person and what is in the way into the scene and points the camera at them, aligned
    /// by its landmarks, or by those of another picture. None when landmarks coincide.
    fn stand(
        &mut self,
        studio: &Studio,
        person: &Person,
        actions: &Actions,
        aligned_by: Option<Landmarks5>,
        shot: &Shot,
        window: &CropTemplate,
    ) -> Option<View> {
        let mut rng = ChaCha8Rng::seed_from_u64(shot.seed);
        self.scene.clear();
        let pose = Pose {
            rotation: shot.rotation(),
            position: Vec3::ZERO,
        };
        let CropTemplate { size, landmarks } = *window;
        let [right, left, ..] = landmarks.to_array();
        let eye_pixels = left[0] - right[0];
        let mut stage = Stage {
            studio,
            scene: &mut self.scene,
            shape: &mut self.shape,
            owner: 0,
            eye_pixels,
        };
        let presence = person.enter(&mut stage, actions, &pose);
        occlude(&mut rng, person, shot.occluder, &mut stage, &presence.world);
        let eye = Vec3::Z * shot.distance;
        // The middle of the face is where it is when its row is read.
        let rolling = Rolling {
            drift: shot.drift,
            still: 0.0,
        };
        let seen = presence.landmarks;
        let seen = seen.map(|landmark| rolling.apply(Camera::plane(eye, landmark)));
        let plane = Landmarks5::from_array(seen);
        let seen = jitter(&mut rng, &aligned_by.unwrap_or(plane), shot.jitter);
        let crop_from_plane = Similarity::estimate(&seen, &landmarks)?;
        let [side, _] = shot.film.sensor([size, size]);
        let sensor_from_crop = Similarity::new(side as f32 / size as f32, 0.0, [0.0; 2])?;
        let camera = Camera::new(eye, &crop_from_plane.then(&sensor_from_crop)).rolling(&rolling);
        Some(View {
            camera,
            side,
            head: presence.head,
            landmarks: plane.map(|point| crop_from_plane.apply(point)),
            plane,
        })
    }

    /// Draws the scene and gives the share of the face that nothing covers: the head first and alone.
    fn draw_face(&mut self, head: Range<usize>, side: usize) -> f32 {
        let scale = SAMPLES_PER_AXIS as f32;
        self.samples
            .reset(side * SAMPLES_PER_AXIS, side * SAMPLES_PER_AXIS);
        let rest = head.end..self.scene.triangles.len();
        self.samples.draw(&self.scene, &self.projected, head, scale);
        let alone = self.face_samples(0);
        self.samples.draw(&self.scene, &self.projected, rest, scale);
        self.face_samples(0) as f32 / alone.max(1) as f32
    }

    /// What the first light sees, where its shadows would be noticed.
    fn cast_shadows(&mut self, shot: &Shot) {
        let lighting = &shot.lighting;
        if !lighting.has_shadows() {
            self.shadows.clear();
            return;
        }
        self.shadows.resize_with(1, ShadowMap::default);
        let all = 0..self.scene.triangles.len();
        let direction = lighting.lights[0].direction;
        self.shadows[0].cast(&self.scene, all, direction, Vec3::ZERO, lighting.penumbra);
    }

    pub(super) fn project(&mut self, camera: &Camera) {
        self.projected.clear();
        self.projected.extend(
            self.scene
                .vertices
                .iter()
                .map(|vertex| camera.project(vertex.position)),
        );
    }

    /// The box of a face that has been projected, and how much of it lies inside the frame.
    pub(super) fn face_box(&self, presence: &Presence, size: [usize; 2]) -> (BoundingBox, f32) {
        let points = presence.in_box.iter();
        box_around(
            points.map(|vertex| self.projected[*vertex as usize].at),
            size,
        )
    }

    /// Samples in which the face of `owner` is seen.
    pub(super) fn face_samples(&self, owner: u8) -> usize {
        let faces = self.scene.faces.iter();
        let own = faces.filter(|(of, range)| *of == owner && !range.is_empty());
        own.map(|(_, range)| self.samples.count(&(range.start as u32..range.end as u32)))
            .sum()
    }
}

/// The box around projected points, in pixels, and its share inside a picture.
pub(super) fn box_around(
    points: impl Iterator<Item = Vec2>,
    size: [usize; 2],
) -> (BoundingBox, f32) {
    let [low, high] = points.fold([Vec2::MAX, Vec2::MIN], |[low, high], at| {
        [low.min(at), high.max(at)]
    });
    let frame = Vec2::new(size[0] as f32, size[1] as f32);
    let inside = (high.min(frame) - low.max(Vec2::ZERO)).max(Vec2::ZERO);
    let whole = high - low;
    let share = inside.element_product() / whole.element_product().max(1e-3);
    let bounding_box = BoundingBox {
        x: low.x,
        y: low.y,
        width: whole.x,
        height: whole.y,
    };
    (bounding_box, share)
}

/// Puts what is in the way before a face.
pub(super) fn occlude(
    rng: &mut ChaCha8Rng,
    person: &Person,
    occluder: Occluder,
    stage: &mut Stage<'_>,
    world: &Affine3A,
) {
    match occluder {
        Occluder::Nothing => {}
        Occluder::Hand => person.cover(rng, stage, world),
        Occluder::Thing => {
            let place = Vec3::new(
                normal(rng, 4.5),
                normal(rng, 5.5) - 3.0,
                between(rng, 8.0, 14.0),
            );
            let thing = hand::thing(rng).moved(&Affine3A::from_translation(place));
            let surface = stage.scene.add_surface(Surface::Tinted {
                gloss: between(rng, 0.0, 0.6),
                shininess: 30.0,
                wrap: Vec3::ZERO,
                grain: 0.1,
                coverage: 0b1111,
                two_sided: false,
            });
            thing.add_to(stage.scene, surface, stage.owner);
        }
    }
}

/// Landmarks as a detector would find them: each a little wrong, all together a little off.
fn jitter(rng: &mut impl Rng, landmarks: &Landmarks5, [each, together]: [f32; 2]) -> Landmarks5 {
    let points = landmarks.to_array();
    let eyes = (points[1][0] - points[0][0]).hypot(points[1][1] - points[0][1]);
    // A turned face has near eyes; its errors do not shrink as much.
    let mouth = [
        (points[3][0] + points[4][0]) / 2.0,
        (points[3][1] + points[4][1]) / 2.0,
    ];
    let middle = [
        (points[0][0] + points[1][0]) / 2.0,
        (points[0][1] + points[1][1]) / 2.0,
    ];
    let unit = eyes.max(0.9 * (mouth[0] - middle[0]).hypot(mouth[1] - middle[1]));
    let shift = [normal(rng, together * unit), normal(rng, together * unit)];
    let scale = 1.0 + normal(rng, together);
    let (sin, cos) = normal(rng, together).sin_cos();
    landmarks.map(|point| {
        let [x, y] = [
            (point[0] - points[2][0]) * scale,
            (point[1] - points[2][1]) * scale,
        ];
        let turned = [
            x * cos - y * sin + points[2][0],
            x * sin + y * cos + points[2][1],
        ];
        std::array::from_fn(|axis| turned[axis] + shift[axis] + normal(rng, each * unit))
    })
}
