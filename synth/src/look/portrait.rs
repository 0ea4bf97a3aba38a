//! One person in a whole upright frame, posed and placed by hand.
//!
//! Takes a person, a face, a shot and a place; gives a frame for clips and demonstrations.

use facs::{BoundingBox, Landmarks5};
use glam::{Affine3A, Vec3};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{
    Backdrop, Person, Renderer, Shot, Studio,
    crop::occlude,
    dice::{between, normal},
    enter::{Pose, Stage},
    film::Film,
};
use crate::{
    head::Actions,
    render::{Camera, SAMPLES_PER_AXIS, ShadowMap, resolve},
};

/// From hairline to chin, in centimetres.
const FACE_HEIGHT: f32 = 18.5;

/// Where a face is in a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    /// Height of the face as a share of the height of the frame.
    pub height: f32,
    /// Middle of the face relative to the middle of the frame, in shares of the frame's height; x
    /// to the right, y down.
    pub offset: [f32; 2],
    /// How near the occluder of the shot is: 0 below the face, 1 where it covers.
    pub cover: f32,
}

/// A frame with one person.
#[derive(Clone, Debug, PartialEq)]
pub struct Portrait {
    /// `width * height * 3` bytes, rows first, RGB.
    pub pixels: Vec<u8>,
    /// Skin from hairline to chin and ear to ear, in pixels; may reach outside the frame.
    pub bounding_box: BoundingBox,
    /// Where the landmarks are, in pixels.
    pub landmarks: Landmarks5,
    /// Share of the face inside the frame that nothing covers.
    pub visible: f32,
}

impl Shot {
    /// Soft light without errors before a backdrop of chance: for clips.
    pub fn calm(rng: &mut impl rand::Rng) -> Self {
        Self {
            backdrop: Backdrop::draw(rng),
            ..Self::plain()
        }
    }

    /// A recording room: even light from a lamp of chance before grey, a good camera.
    pub fn cabinet(rng: &mut impl rand::Rng) -> Self {
        let mut shot = Self::plain();
        shot.lighting.lights[0].direction =
            Vec3::new(normal(rng, 0.4), 0.5 + normal(rng, 0.15), 0.8).normalize();
        shot.lighting.surroundings *= between(rng, 0.85, 1.25);
        shot.film = Film::good(rng);
        shot
    }

    /// The same shot with the grain of another frame.
    #[must_use]
    pub fn with_grain_of(&self, frame: usize) -> Self {
        Self {
            film: self.film.clone().with_grain_of(frame as u32),
            ..self.clone()
        }
    }
}

impl Renderer {
    /// Renders one person; the jitter of the shot does not apply.
    ///
    /// # Panics
    /// When the frame has no pixels or the placement no height.
    pub fn portrait(
        &mut self,
        studio: &Studio,
        person: &Person,
        actions: &Actions,
        shot: &Shot,
        [width, height]: [usize; 2],
        place: Placement,
    ) -> Portrait {
        assert!(
            width > 0 && height > 0 && place.height > 0.0,
            "a portrait has a size"
        );
        self.scene.clear();
        let frame_height = FACE_HEIGHT / place.height;
        let [right, down] = place.offset.map(|offset| offset * frame_height);
        let pose = Pose {
            rotation: shot.rotation(),
            position: Vec3::new(right, -down, 0.0),
        };
        let eye = Vec3::Z * shot.distance;
        let window = Camera::upright([width, height], frame_height, shot.distance);
        let camera = Camera::new(eye, &window.unwrap_or(align::Similarity::IDENTITY));
        let eye_pixels = place.height * height as f32 * 0.34;
        let mut stage = Stage {
            studio,
            scene: &mut self.scene,
            shape: &mut self.shape,
            owner: 0,
            eye_pixels,
        };
        let presence = person.enter(&mut stage, actions, &pose);
        if place.cover > 0.0 {
            let away = Vec3::new(0.0, -28.0, 5.0) * (1.0 - place.cover);
            let world = presence.world * Affine3A::from_translation(away);
            let mut rng = ChaCha8Rng::seed_from_u64(shot.seed);
            occlude(&mut rng, person, shot.occluder, &mut stage, &world);
        }
        self.project(&camera);
        self.samples
            .reset(width * SAMPLES_PER_AXIS, height * SAMPLES_PER_AXIS);
        let all = 0..self.scene.triangles.len();
        let scale = SAMPLES_PER_AXIS as f32;
        let head = presence.head.clone();
        let rest = head.end..all.end;
        self.samples.draw(&self.scene, &self.projected, head, scale);
        let alone = self.face_samples(0);
        self.samples.draw(&self.scene, &self.projected, rest, scale);
        let uncovered = self.face_samples(0) as f32 / alone.max(1) as f32;
        self.shadows.resize_with(1, ShadowMap::default);
        self.shadows[0].cast(
            &self.scene,
            all,
            shot.lighting.lights[0].direction,
            pose.position,
            shot.lighting.penumbra,
        );
        let mut picture = shot
            .backdrop
            .paint(width, height, |pixel| self.samples.sees_through(pixel));
        resolve(
            &self.scene,
            &camera,
            &self.projected,
            &self.samples,
            &shot.lighting,
            &self.shadows,
            &mut picture,
        );
        let landmarks = presence
            .landmarks
            .map(|at| camera.project(at).at.to_array());
        let (bounding_box, inside) = self.face_box(&presence, [width, height]);
        Portrait {
            bounding_box,
            visible: uncovered * inside,
            pixels: shot.film.expose(picture, [width, height]),
            landmarks: Landmarks5::from_array(landmarks),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::Head;

    #[test]
    fn alignment_reads_the_pose_that_was_rendered() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let studio = Studio::new(vec![Head::built_in()]);
        let person = Person::plain(&studio, 0, &mut rng);
        let place = Placement {
            height: 0.6,
            offset: [0.1, 0.0],
            cover: 0.0,
        };
        let mut renderer = Renderer::new();
        for [yaw, pitch, roll] in [
            [0.0, 0.0, 0.0],
            [25.0, 0.0, 0.0],
            [-25.0, 5.0, 0.0],
            [0.0, 15.0, 0.0],
            [0.0, -15.0, 10.0],
            [15.0, 0.0, -20.0],
        ] {
            let mut shot = Shot::plain();
            (shot.yaw, shot.pitch, shot.roll) = (yaw, pitch, roll);
            let actions = Actions::default();
            let portrait = renderer.portrait(&studio, &person, &actions, &shot, [64, 64], place);
            let pose = align::head_pose(&portrait.landmarks).unwrap();
            let errors = [pose.yaw - yaw, pose.pitch - pitch, pose.roll - roll];
            assert!(
                errors.iter().all(|error| error.abs() < 10.0),
                "{errors:?} at yaw {yaw}, pitch {pitch}, roll {roll}"
            );
        }
    }
}
