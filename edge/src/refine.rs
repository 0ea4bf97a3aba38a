//! Refine: a second, closer look at what the finder found.
//!
//! Takes the frames of a round and their detections; gives each the landmarks of the refiner, and a score in the
//! finder's unit that falls where the refiner doubts, so that one threshold goes on deciding. What
//! falls below the least score of a followed face, has no window or an answer that is not a number,
//! or turns out to be a better one's face, is dropped.

use align::{Similarity, View, warp, window};

use crate::{
    config::DetectSettings,
    detect::Detection,
    onnx::{Model, RuntimeError},
};

/// The refiner's input and outputs, by name.
pub const INPUT: &str = "window";
/// See [`INPUT`].
pub const OUTPUTS: [&str; 2] = ["scores", "landmarks"];
/// Least score where the bundle does not say one.
const SCORE_THRESHOLD: f32 = 0.5;

/// Landmarks closer than this, in sides of the better box, are those of one face.
const SAME_FACE: f32 = 0.15;

/// The stage.
#[derive(Debug)]
pub struct Refine {
    model: Model,
    thresholds: Thresholds,
    /// `window_from_frame` of each detection of the round.
    windows: Vec<Similarity>,
    /// Their pixels, `[detections, side, side, 3]`, reused as well.
    pixels: Vec<u8>,
}

/// What a score must reach.
#[derive(Clone, Copy, Debug)]
struct Thresholds {
    /// Of a new face, in the finder's unit.
    finder: f32,
    /// Of a face, in the refiner's unit.
    refiner: f32,
    /// Of a face that is followed already, in the finder's unit.
    least: f32,
}

impl Refine {
    /// `finder_threshold`: least score of a new face; `bundle_threshold`: the refiner's score that
    /// the bundle states; `model`: takes square windows.
    #[must_use]
    pub fn new(
        settings: &DetectSettings,
        finder_threshold: f32,
        bundle_threshold: Option<f32>,
        model: Model,
    ) -> Self {
        Self {
            model,
            thresholds: Thresholds {
                finder: finder_threshold,
                refiner: bundle_threshold.unwrap_or(SCORE_THRESHOLD),
                least: finder_threshold * settings.keep_ratio,
            },
            windows: Vec::new(),
            pixels: Vec::new(),
        }
    }

    /// The model.
    pub const fn model_mut(&mut self) -> &mut Model {
        &mut self.model
    }

    /// Adds the detections of a frame to the round; a detection without a window is dropped.
    pub fn add(&mut self, frame: &View<'_>, found: &mut Vec<Detection>) {
        let side = self.model.input().width;
        let first = self.windows.len();
        found.retain(|detection| {
            let window_from_frame = window(&detection.bounding_box, side);
            self.windows.extend(window_from_frame);
            window_from_frame.is_some()
        });
        let bytes = side * side * 3;
        self.pixels.resize(self.windows.len() * bytes, 0);
        let pixels = self.pixels.chunks_exact_mut(bytes);
        for (window_from_frame, pixels) in self.windows.iter().zip(pixels).skip(first) {
            warp(frame, window_from_frame, side, pixels);
        }
    }

    /// Looks at every detection of the round, in one call of the model, and begins the next: of each
    /// frame, in the order in which they were added, leaves the good ones, best first. Gives the number
    /// of those whose answer was not a number.
    ///
    /// # Errors
    /// [`RuntimeError`] when the model fails.
    pub fn refine<'a>(
        &mut self,
        frames: impl Iterator<Item = &'a mut Vec<Detection>>,
    ) -> Result<usize, RuntimeError> {
        if self.windows.is_empty() {
            return Ok(0);
        }
        let outputs = self.model.run(self.windows.len(), &self.pixels)?;
        let [scores, landmarks] = OUTPUTS;
        let (scores, _) = outputs.rows(scores, Some(1))?;
        let (landmarks, _) = outputs.rows(landmarks, Some(10))?;
        let (landmarks, _) = landmarks.as_chunks::<10>();
        let mut answers = scores.iter().zip(landmarks).zip(self.windows.drain(..));
        let thresholds = self.thresholds;
        let mut broken = 0;
        for found in frames {
            found.retain_mut(|detection| {
                let Some(((score, points), window_from_frame)) = answers.next() else {
                    return false;
                };
                let Some(refined) =
                    refined(detection, &window_from_frame, *score, points, thresholds)
                else {
                    broken += 1;
                    return false;
                };
                *detection = refined;
                refined.score >= thresholds.least
            });
            found.sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
            keep_one_per_face(found);
        }
        Ok(broken)
    }
}

/// Drops what the closer look led to the face of a better one; `found` is best first.
fn keep_one_per_face(found: &mut Vec<Detection>) {
    let mut kept = 0;
    for index in 0..found.len() {
        let (better, rest) = found.split_at(index);
        let new = rest[0];
        if better[..kept].iter().all(|better| !same_face(better, &new)) {
            found[kept] = new;
            kept += 1;
        }
    }
    found.truncate(kept);
}

/// Whether the landmarks of two detections lie on one face.
fn same_face(a: &Detection, b: &Detection) -> bool {
    let points = a
        .landmarks
        .to_array()
        .into_iter()
        .zip(b.landmarks.to_array());
    let distances = points.map(|(p, q)| (p[0] - q[0]).hypot(p[1] - q[1]));
    let side = a.bounding_box.width.max(a.bounding_box.height);
    distances.sum::<f32>() / 5.0 < SAME_FACE * side
}

impl Thresholds {
    /// The finder's score of what is a face to the refiner, too; of anything else at most so much
    /// of the finder's threshold as the refiner reached of its own.
    fn joint(self, finder_score: f32, refiner_score: f32) -> f32 {
        if refiner_score >= self.refiner {
            return finder_score;
        }
        finder_score.min(self.finder * refiner_score / self.refiner)
    }
}

/// A detection after the closer look; none where a number is not finite.
fn refined(
    found: &Detection,
    window_from_frame: &Similarity,
    score: f32,
    points: &[f32; 10],
    thresholds: Thresholds,
) -> Option<Detection> {
    let frame_from_window = window_from_frame.inverse();
    let points: [[f32; 2]; 5] = std::array::from_fn(|n| [points[2 * n], points[2 * n + 1]]);
    let points = points.map(|point| frame_from_window.apply(point));
    let finite = score.is_finite() && points.as_flattened().iter().all(|at| at.is_finite());
    finite.then(|| Detection {
        landmarks: facs::Landmarks5::from_array(points),
        score: thresholds.joint(found.score, score),
        ..*found
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use facs::{BoundingBox, Landmarks5};

    const THRESHOLDS: Thresholds = Thresholds {
        finder: 0.5,
        refiner: 0.8,
        least: 0.3,
    };

    fn found(x: f32, y: f32) -> Detection {
        Detection {
            bounding_box: BoundingBox {
                x,
                y,
                width: 30.0,
                height: 40.0,
            },
            landmarks: Landmarks5::from_array([[x, y]; 5]),
            score: 0.9,
        }
    }

    /// The answer when the refiner says that the eyes, nose and mouth lie at these points.
    fn answer(found: &Detection, score: f32, points: [f32; 10]) -> Option<Detection> {
        let window_from_frame = window(&found.bounding_box, 48).unwrap();
        refined(found, &window_from_frame, score, &points, THRESHOLDS)
    }

    #[test]
    fn landmarks_come_back_in_pixels_of_the_frame() {
        // 48 pixels of a window stand for 1.5 times 40: one is 1.25 pixels of the frame. The
        // second box reaches over the frame's top left corner, and so does its window.
        for [x, y] in [[100.0, 60.0], [-12.0, -20.0]] {
            let face = found(x, y);
            let points = [24.0, 24.0, 28.0, 24.0, 24.0, 32.0, 0.0, 0.0, 48.0, 48.0];
            let refined = answer(&face, 0.9, points).unwrap();
            let [cx, cy] = face.bounding_box.center();
            let wanted = [
                [cx, cy],
                [cx + 5.0, cy],
                [cx, cy + 10.0],
                [cx - 30.0, cy - 30.0],
                [cx + 30.0, cy + 30.0],
            ];
            for (is, wanted) in refined.landmarks.to_array().into_iter().zip(wanted) {
                let off = (is[0] - wanted[0]).hypot(is[1] - wanted[1]);
                assert!(off < 1e-3, "{is:?} for {wanted:?}");
            }
            assert_eq!(refined.bounding_box, face.bounding_box);
        }
    }

    #[test]
    fn a_score_falls_as_far_as_the_refiner_doubts() {
        let score = |finder, refiner| THRESHOLDS.joint(finder, refiner);
        // Surely and just a face to the refiner, half of one, none.
        assert_eq!((score(0.55, 0.96), score(0.9, 0.8)), (0.55, 0.9));
        assert!((score(0.9, 0.4) - 0.25).abs() < 1e-6);
        assert_eq!(score(0.2, 0.4), 0.2);
        assert_eq!(score(0.9, 0.0), 0.0);
        let no_threshold = Thresholds {
            refiner: 0.0,
            ..THRESHOLDS
        };
        assert_eq!(no_threshold.joint(0.9, 0.0), 0.9);
    }

    #[test]
    fn boxes_that_lead_to_one_face_are_one() {
        let (best, neighbour) = (found(100.0, 60.0), found(160.0, 60.0));
        // Another box, whose landmarks the closer look found on the best one's face.
        let double = Detection {
            bounding_box: found(112.0, 50.0).bounding_box,
            landmarks: best.landmarks.map(|[x, y]| [x + 3.0, y]),
            score: 0.6,
        };
        let mut faces = vec![best, double, neighbour, neighbour];
        keep_one_per_face(&mut faces);
        assert_eq!(faces, [best, neighbour]);
    }

    #[test]
    fn what_is_not_a_number_is_no_answer() {
        let face = found(10.0, 10.0);
        assert!(answer(&face, 0.9, [1.0; 10]).is_some());
        assert_eq!(answer(&face, f32::NAN, [1.0; 10]), None);
        for wrong in [f32::NAN, f32::INFINITY, f32::MAX] {
            let mut points = [1.0; 10];
            points[7] = wrong;
            assert_eq!(answer(&face, 0.9, points), None, "{wrong}");
        }
    }
}
