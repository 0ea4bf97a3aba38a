//! A pinhole camera that looks along -z.
//!
//! Takes points in centimetres; gives pixels. What a camera sees is a plane; which window of that
//! plane becomes the picture, and how it is turned, is a similarity, so that an aligned face crop
//! is rendered directly instead of being cut out of a larger picture.

use align::Similarity;
use glam::{Vec2, Vec3};

/// Pixels of the plane per unit of `x / z`.
const PLANE: f32 = 1000.0;

/// Where a vertex falls.
#[derive(Clone, Copy, Debug, Default)]
pub struct Projected {
    /// In pixels of the picture.
    pub at: Vec2,
    /// One over the distance along the camera's axis; 0 behind the camera.
    pub inverse_depth: f32,
}

/// Rows read one after the other while things move: what moves aside leans, what rises is drawn out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rolling {
    /// How far things move on the plane while one unit of it is read, downwards.
    pub drift: Vec2,
    /// The row of the plane where things are while it is read.
    pub still: f32,
}

impl Rolling {
    /// Where a point of the plane is when its row is read.
    #[must_use]
    pub fn apply(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let later = y - self.still;
        [x + self.drift.x * later, y + self.drift.y * later]
    }
}

/// A pinhole camera.
#[derive(Clone, Copy, Debug)]
pub struct Camera {
    /// Where it stands.
    pub eye: Vec3,
    columns: [Vec2; 2],
    shift: Vec2,
}

impl Camera {
    /// A camera at `eye`; `pixel_from_plane` takes what [`Self::plane`] gives to pixels.
    #[must_use]
    pub fn new(eye: Vec3, pixel_from_plane: &Similarity) -> Self {
        let shift = Vec2::from(pixel_from_plane.apply([0.0, 0.0]));
        let axis = |point| Vec2::from(pixel_from_plane.apply(point)) - shift;
        Self {
            eye,
            columns: [axis([1.0, 0.0]), axis([0.0, 1.0])],
            shift,
        }
    }

    /// The same camera with a shutter that rolls.
    #[must_use]
    pub fn rolling(mut self, rolling: &Rolling) -> Self {
        let along = self.columns[0] * rolling.drift.x + self.columns[1] * rolling.drift.y;
        self.columns[1] += along;
        self.shift -= along * rolling.still;
        self
    }

    /// A point on the plane of a camera at `eye`: x to the right, y down.
    #[must_use]
    pub fn plane(eye: Vec3, point: Vec3) -> [f32; 2] {
        let ray = point - eye;
        let scale = PLANE / -ray.z;
        [ray.x * scale, -ray.y * scale]
    }

    /// The similarity of an upright picture of `size` pixels whose height covers `height`
    /// centimetres at `distance`, centred on the axis.
    #[must_use]
    pub fn upright(size: [usize; 2], height: f32, distance: f32) -> Option<Similarity> {
        let scale = size[1] as f32 * distance / (height * PLANE);
        Similarity::new(scale, 0.0, size.map(|side| side as f32 / 2.0))
    }

    /// Where a point falls.
    #[must_use]
    pub fn project(&self, point: Vec3) -> Projected {
        let ray = point - self.eye;
        if ray.z > -1.0 {
            return Projected::default();
        }
        let inverse_depth = -1.0 / ray.z;
        let plane = Vec2::new(ray.x, -ray.y) * (PLANE * inverse_depth);
        Projected {
            at: self.columns[0] * plane.x + self.columns[1] * plane.y + self.shift,
            inverse_depth,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rolling_shutter_moves_points_as_it_moves_the_plane() {
        let eye = Vec3::new(0.0, 0.0, 80.0);
        let rolling = Rolling {
            drift: Vec2::new(0.2, -0.1),
            still: 12.0,
        };
        let window = Similarity::new(0.7, 0.3, [20.0, 30.0]).unwrap();
        let camera = Camera::new(eye, &window).rolling(&rolling);
        for point in [Vec3::ZERO, Vec3::new(5.0, -9.0, 4.0)] {
            let apart = Vec2::from(window.apply(rolling.apply(Camera::plane(eye, point))));
            assert!(camera.project(point).at.distance(apart) < 1e-3);
        }
    }

    #[test]
    fn an_upright_picture_has_the_height_asked_for() {
        let eye = Vec3::new(0.0, 0.0, 80.0);
        let camera = Camera::new(eye, &Camera::upright([200, 100], 25.0, 80.0).unwrap());
        assert!(
            camera
                .project(Vec3::ZERO)
                .at
                .distance(Vec2::new(100.0, 50.0))
                < 1e-3
        );
        assert!(
            camera
                .project(Vec3::new(0.0, 12.5, 0.0))
                .at
                .distance(Vec2::new(100.0, 0.0))
                < 1e-3
        );
        assert!(camera.project(Vec3::new(5.0, 0.0, 0.0)).at.x > 100.0);
        assert_eq!(camera.project(Vec3::new(0.0, 0.0, 90.0)).inverse_depth, 0.0);
    }
}
