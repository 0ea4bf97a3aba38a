//! Detect: frames to the faces in them.
//!
//! Takes views of the frames of a round, which share one call of the model; gives of each its
//! [`Detection`]s in pixels of the frame, best first, down to the score that a face which is followed
//! already may have.

mod letterbox;
mod merge;
mod scale;

use align::View;
use facs::{BoundingBox, Landmarks5};

use crate::{
    config::DetectSettings,
    onnx::{Model, Outputs, RuntimeError},
};
use letterbox::{InputFromFrame, Letterbox};
pub use merge::{Detection, merge};

/// The finder's input and outputs, by name.
pub const INPUT: &str = "image";
/// See [`INPUT`].
pub const OUTPUTS: [&str; 3] = ["boxes", "scores", "landmarks"];
/// Least score where neither configuration nor bundle says one.
const SCORE_THRESHOLD: f32 = 0.5;

/// The stage.
#[derive(Debug)]
pub struct Detect {
    model: Model,
    letterbox: Letterbox,
    settings: DetectSettings,
    threshold: f32,
    /// Of the frames of this round.
    scales: Vec<InputFromFrame>,
    /// Reused from frame to frame.
    candidates: Vec<Detection>,
}

impl Detect {
    /// `bundle_threshold`: the score that the bundle states.
    #[must_use]
    pub fn new(settings: &DetectSettings, bundle_threshold: Option<f32>, model: Model) -> Self {
        let threshold = settings.score_threshold.or(bundle_threshold);
        Self {
            letterbox: Letterbox::new(model.input()),
            model,
            settings: *settings,
            threshold: threshold.unwrap_or(SCORE_THRESHOLD),
            scales: Vec::new(),
            candidates: Vec::new(),
        }
    }

    /// Least score of a new face.
    #[must_use]
    pub const fn threshold(&self) -> f32 {
        self.threshold
    }

    /// The model.
    pub const fn model_mut(&mut self) -> &mut Model {
        &mut self.model
    }

    /// Adds a frame to the round; gives its number in it.
    pub fn add(&mut self, frame: &View<'_>) -> usize {
        let row = self.scales.len();
        self.scales.push(self.letterbox.fit(row, frame));
        row
    }

    /// Runs the model on the frames of the round, and begins the next. The faces in frame number `n`
    /// are left in `found[n]`, in place of what is there.
    ///
    /// # Errors
    /// [`RuntimeError`] when the model fails.
    pub fn detect(&mut self, found: &mut Vec<Vec<Detection>>) -> Result<(), RuntimeError> {
        let frames = self.scales.len();
        if found.len() < frames {
            found.resize_with(frames, Vec::new);
        }
        if frames == 0 {
            return Ok(());
        }
        let outputs = self.model.run(frames, self.letterbox.batch(frames))?;
        let least = self.threshold * self.settings.keep_ratio;
        let (overlap, most) = (self.settings.merge_overlap, self.settings.max_faces.get());
        for ((row, scale), found) in self.scales.drain(..).enumerate().zip(found) {
            self.candidates.clear();
            self.candidates
                .extend(candidates(&outputs, row, least, scale)?);
            merge(&mut self.candidates, overlap, most, found);
        }
        Ok(())
    }
}

/// The candidates in image `row` with at least the score `least`, in pixels of the frame. Candidates
/// with a coordinate that is not a number are left out.
fn candidates<'a>(
    outputs: &Outputs<'a>,
    row: usize,
    least: f32,
    scale: InputFromFrame,
) -> Result<impl Iterator<Item = Detection> + 'a, RuntimeError> {
    let [boxes, scores, landmarks] = OUTPUTS;
    let (scores, priors) = outputs.rows(scores, None)?;
    let (boxes, _) = outputs.rows(boxes, Some(priors * 4))?;
    let (landmarks, _) = outputs.rows(landmarks, Some(priors * 10))?;
    let of_row = row * priors..(row + 1) * priors;
    let scores = &scores[of_row.clone()];
    let boxes = &boxes.as_chunks::<4>().0[of_row.clone()];
    let landmarks = &landmarks.as_chunks::<10>().0[of_row];
    let found = scores.iter().zip(boxes).zip(landmarks);
    Ok(found
        .filter(move |((score, _), _)| **score >= least)
        .filter(|((_, corners), points)| {
            corners.iter().chain(*points).all(|value| value.is_finite())
        })
        .map(move |((score, [x1, y1, x2, y2]), points)| {
            let [x, y] = scale.back([*x1, *y1]);
            let [right, bottom] = scale.back([*x2, *y2]);
            let points: [[f32; 2]; 5] = std::array::from_fn(|n| [points[2 * n], points[2 * n + 1]]);
            Detection {
                bounding_box: BoundingBox {
                    x,
                    y,
                    width: right - x,
                    height: bottom - y,
                },
                landmarks: Landmarks5::from_array(points).map(|point| scale.back(point)),
                score: *score,
            }
        }))
}
