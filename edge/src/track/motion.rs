//! How one face moves between two looks at it.
//!
//! Takes elapsed time and detections; gives landmarks and a box that move at constant velocity and
//! give way to a detection in proportion to how far off they were. This is an alpha-beta filter
//! with an adaptive gain: at rest it averages the finder's jitter away, in motion it follows.

use facs::{BoundingBox, Landmarks5};

use crate::{config::TrackSettings, detect::Detection};

/// Time constant in which the velocity of a face that is not found dies away.
const FADE_SECS: f32 = 0.4;
/// Largest change of size per second, as a logarithm.
const MAX_GROWTH: f32 = 3.0;

/// Five landmarks and two corners of the box.
type Points = [[f32; 2]; 7];

/// A face in motion; pixels of the frame.
#[derive(Clone, Debug)]
pub(super) struct Motion {
    points: Points,
    /// Pixels per second.
    velocity: [f32; 2],
    /// Logarithm of size per second.
    growth: f32,
    since_seen_secs: f32,
}

impl Motion {
    pub(super) fn new(seen: &Detection) -> Self {
        Self {
            points: points(seen),
            velocity: [0.0; 2],
            growth: 0.0,
            since_seen_secs: 0.0,
        }
    }

    /// Moves on by `elapsed_secs`; slower and slower where the last search did not find the face.
    pub(super) fn predict(&mut self, elapsed_secs: f32, found: bool) {
        self.since_seen_secs += elapsed_secs;
        let centre = self.centre();
        let grown = (self.growth * elapsed_secs).exp();
        for point in &mut self.points {
            for axis in 0..2 {
                let from_centre = point[axis] - centre[axis];
                point[axis] =
                    centre[axis] + from_centre * grown + self.velocity[axis] * elapsed_secs;
            }
        }
        if !found {
            let fade = (-elapsed_secs / FADE_SECS).exp();
            self.velocity = self.velocity.map(|speed| speed * fade);
            self.growth *= fade;
        }
    }

    /// Gives way to what was seen; gives how far it was from what was expected, in units of
    /// `full_motion`.
    pub(super) fn correct(&mut self, seen: &Detection, settings: &TrackSettings) -> f32 {
        let seen = points(seen);
        let (size, seen_size) = (side(&self.points), side(&seen));
        let mut shift = [0.0; 2];
        let mut distance = 0.0;
        for (point, seen) in self.points[..5].iter().zip(&seen) {
            let off = [seen[0] - point[0], seen[1] - point[1]];
            distance += off[0].hypot(off[1]) / 5.0;
            shift = [shift[0] + off[0] / 5.0, shift[1] + off[1] / 5.0];
        }
        let surprise = distance / (size.max(1.0) * settings.full_motion);
        let gain = settings.steadiness + (1.0 - settings.steadiness) * surprise.min(1.0);
        for (point, seen) in self.points.iter_mut().zip(&seen) {
            point[0] += gain * (seen[0] - point[0]);
            point[1] += gain * (seen[1] - point[1]);
        }
        if self.since_seen_secs > 0.0 {
            // Benedict and Bordner (1962): the velocity gain that suits a position gain.
            let gain = gain * gain / (2.0 - gain) / self.since_seen_secs;
            self.velocity[0] += gain * shift[0];
            self.velocity[1] += gain * shift[1];
            let ratio = (seen_size / size.max(1.0)).max(1e-3).ln();
            self.growth = (self.growth + gain * ratio).clamp(-MAX_GROWTH, MAX_GROWTH);
        }
        self.since_seen_secs = 0.0;
        surprise
    }

    /// How far a detection is, in sides of the larger of both, and how many times as large the larger is.
    pub(super) fn apart(&self, seen: &Detection) -> (f32, f32) {
        let [x, y] = self.bounding_box().center();
        let [seen_x, seen_y] = seen.bounding_box.center();
        let (size, seen_size) = (side(&self.points).max(1.0), side(&points(seen)).max(1.0));
        let larger = size.max(seen_size);
        let distance = (x - seen_x).hypot(y - seen_y) / larger;
        (distance, larger / size.min(seen_size))
    }

    pub(super) fn landmarks(&self) -> Landmarks5 {
        let [a, b, c, d, e, ..] = self.points;
        Landmarks5::from_array([a, b, c, d, e])
    }

    pub(super) fn bounding_box(&self) -> BoundingBox {
        let [.., [x, y], [right, bottom]] = self.points;
        BoundingBox {
            x,
            y,
            width: right - x,
            height: bottom - y,
        }
    }

    /// Likeness of a detection and the expected place in [0, 1]: the mean of the boxes' overlap
    /// and the closeness of the landmarks.
    pub(super) fn affinity(&self, seen: &Detection) -> f32 {
        let overlap = self.bounding_box().iou(&seen.bounding_box);
        let seen = points(seen);
        let size = side(&self.points).max(side(&seen)).max(1.0);
        let pairs = self.points[..5].iter().zip(&seen);
        let distance: f32 = pairs
            .map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1]) / 5.0)
            .sum();
        (overlap + (1.0 - distance / size).max(0.0)) / 2.0
    }

    fn centre(&self) -> [f32; 2] {
        let sum = self.points[..5].iter().fold([0.0, 0.0], |sum, point| {
            [sum[0] + point[0], sum[1] + point[1]]
        });
        sum.map(|value| value / 5.0)
    }
}

fn points(seen: &Detection) -> Points {
    let [a, b, c, d, e] = seen.landmarks.to_array();
    let BoundingBox {
        x,
        y,
        width,
        height,
    } = seen.bounding_box;
    [a, b, c, d, e, [x, y], [x + width, y + height]]
}

/// Geometric mean of the box's sides.
fn side(points: &Points) -> f32 {
    let [.., [x, y], [right, bottom]] = points;
    ((right - x).max(0.0) * (bottom - y).max(0.0)).sqrt()
}
