//! Mien's own face finder in ONNX Runtime, and the refiner where the bundle has one.
//!
//! Takes the folder of a bundle; finds faces in pictures of any size. Pictures that show a face
//! from edge to edge are looked at a second time from further away.

use std::path::{Path, PathBuf};

use align::{RgbView, Similarity};
use facs::{BoundingBox, Bundle, BundleError, ImageInput, Landmarks5, Model, Role};
use ort::{
    session::{Session, SessionOutputs},
    value::TensorRef,
};
use runtime::{LoadError, Runtime};

use super::{FindFace, FoundFace};
use crate::face_finder::{Detection, suppress};

/// Least score of a face where the bundle says none.
const SCORE_THRESHOLD: f32 = 0.5;
/// Shares of the finder's input that the picture fills, tried in turn until a face is found.
const SHARES: [f32; 2] = [1.0, 0.5];

/// The face finder of a bundle, with its refiner if it has one.
pub struct OnnxFaceFinder {
    finder: OnnxModel,
    refiner: Option<OnnxModel>,
    /// SHA-256 of the finder.
    pub sha256: String,
    /// SHA-256 of the refiner.
    pub refiner_sha256: Option<String>,
}

/// One model of a bundle.
struct OnnxModel {
    session: Session,
    input: ImageInput,
    threshold: f32,
    path: PathBuf,
}

/// Why faces cannot be found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FinderError {
    /// The bundle is broken or has no face finder.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// ONNX Runtime is not there.
    #[error(transparent)]
    Runtime(#[from] LoadError),
    /// The model cannot be run.
    #[error("{}: {reason}", path.display())]
    Model {
        /// Which file.
        path: PathBuf,
        /// ONNX Runtime's reason.
        reason: String,
    },
}

impl OnnxFaceFinder {
    /// Loads the face finder of a bundle, and its refiner if it has one.
    ///
    /// # Errors
    /// [`FinderError`], naming the file.
    pub fn open(bundle: &Path) -> Result<Self, FinderError> {
        let manifest = Bundle::load(bundle)?;
        let finder = manifest.model(Role::FaceFinder, bundle)?;
        let refiner = manifest.model(Role::FaceRefiner, bundle).ok();
        Ok(Self {
            sha256: finder.sha256.clone(),
            refiner_sha256: refiner.map(|model| model.sha256.clone()),
            finder: OnnxModel::open(finder, bundle)?,
            refiner: refiner
                .map(|model| OnnxModel::open(model, bundle))
                .transpose()?,
        })
    }

    fn look(&mut self, picture: &RgbView<'_>, share: f32) -> Result<Vec<Detection>, FinderError> {
        let input = self.finder.input;
        let (pixels, scale) = letterbox(picture, input, share);
        let least = self.finder.threshold;
        let names = ["boxes", "scores", "landmarks"];
        self.finder
            .run("image", &pixels, names, |[boxes, scores, landmarks]| {
                let (boxes, _) = boxes.as_chunks::<4>();
                let (landmarks, _) = landmarks.as_chunks::<10>();
                if boxes.len() != scores.len() || landmarks.len() != scores.len() {
                    return None;
                }
                let cells = scores.iter().zip(boxes).zip(landmarks);
                let found = cells.filter(|((score, corners), points)| {
                    let numbers = corners.iter().chain(*points);
                    **score >= least && numbers.copied().all(f32::is_finite)
                });
                let found = found
                    .map(|((score, corners), points)| detection(*score, corners, points, scale));
                Some(suppress(found.collect()))
            })
    }

    /// The landmarks of a closer look, and a score that falls where it doubts. Nothing is dropped:
    /// whoever knows that there is a face may believe the finder.
    fn refined(
        &mut self,
        picture: &RgbView<'_>,
        found: Detection,
    ) -> Result<Detection, FinderError> {
        let Some(refiner) = &mut self.refiner else {
            return Ok(found);
        };
        let size = refiner.input.width;
        let Some(window_from_picture) = align::window(&found.bounding_box, size) else {
            return Ok(found);
        };
        let mut pixels = vec![0; size * size * 3];
        align::warp(picture, &window_from_picture, size, &mut pixels);
        let sure = refiner.threshold.max(f32::MIN_POSITIVE);
        let names = ["scores", "landmarks"];
        refiner.run("window", &pixels, names, |[scores, points]| {
            let ([score], [points]) = (scores, points.as_chunks::<10>().0) else {
                return None;
            };
            let picture_from_window = window_from_picture.inverse();
            let landmarks = Landmarks5::from_array(in_pairs(points))
                .map(|point| picture_from_window.apply(point));
            let finite = landmarks
                .to_array()
                .as_flattened()
                .iter()
                .all(|at| at.is_finite());
            Some(if finite && score.is_finite() {
                Detection {
                    landmarks,
                    score: found.score * (score / sure).min(1.0),
                    ..found
                }
            } else {
                found
            })
        })
    }
}

impl OnnxModel {
    fn open(model: &Model, bundle: &Path) -> Result<Self, FinderError> {
        let path = bundle.join(&model.file);
        let runtime = Runtime::load(None)?;
        let session = Session::builder(&runtime.environment)
            .and_then(|mut builder| builder.commit_from_file(&path))
            .map_err(|error| FinderError::Model {
                path: path.clone(),
                reason: error.to_string(),
            })?;
        Ok(Self {
            session,
            input: model.input,
            threshold: model.score_threshold.unwrap_or(SCORE_THRESHOLD),
            path,
        })
    }

    /// Runs one picture through the model; `read` makes something of its outputs, or nothing if
    /// their lengths are not what they should be.
    fn run<const N: usize, T>(
        &mut self,
        input: &str,
        pixels: &[u8],
        outputs: [&str; N],
        read: impl FnOnce([&[f32]; N]) -> Option<T>,
    ) -> Result<T, FinderError> {
        let ImageInput { width, height } = self.input;
        let failed = |reason: String| FinderError::Model {
            path: self.path.clone(),
            reason,
        };
        let tensor = TensorRef::from_array_view(([1, height, width, 3], pixels))
            .map_err(|error| failed(error.to_string()))?;
        let given = self
            .session
            .run(ort::inputs![input => tensor])
            .map_err(|error| failed(error.to_string()))?;
        let mut values: [&[f32]; N] = [&[]; N];
        for (value, name) in values.iter_mut().zip(outputs) {
            *value = numbers(&given, name).map_err(failed)?;
        }
        read(values).ok_or_else(|| failed("its outputs do not agree in length".to_owned()))
    }
}

/// The numbers of an output, or what is wrong with it.
fn numbers<'a>(outputs: &'a SessionOutputs<'_>, name: &str) -> Result<&'a [f32], String> {
    let value = outputs
        .get(name)
        .ok_or_else(|| format!("gives no {name}"))?;
    let tensor = value.try_extract_tensor::<f32>();
    tensor
        .map(|(_, data)| data)
        .map_err(|error| error.to_string())
}

impl FindFace for OnnxFaceFinder {
    fn find(&mut self, picture: &RgbView<'_>) -> Result<Vec<FoundFace>, FinderError> {
        for share in SHARES {
            let mut faces = Vec::new();
            for found in self.look(picture, share)? {
                let face = self.refined(picture, found)?;
                faces.push(FoundFace {
                    bounding_box: face.bounding_box,
                    landmarks: face.landmarks,
                    score: face.score,
                });
            }
            if !faces.is_empty() {
                return Ok(faces);
            }
        }
        Ok(Vec::new())
    }
}

fn detection(score: f32, corners: &[f32; 4], points: &[f32; 10], scale: f32) -> Detection {
    let [left, top, right, bottom] = corners.map(|value| value / scale);
    Detection {
        score,
        bounding_box: BoundingBox {
            x: left,
            y: top,
            width: right - left,
            height: bottom - top,
        },
        landmarks: Landmarks5::from_array(in_pairs(points))
            .map(|point| point.map(|value| value / scale)),
    }
}

fn in_pairs(points: &[f32; 10]) -> [[f32; 2]; 5] {
    std::array::from_fn(|n| [points[2 * n], points[2 * n + 1]])
}

/// The picture at the top left of the finder's input, black elsewhere, and its scale: input pixels
/// per pixel of the picture.
fn letterbox(picture: &RgbView<'_>, input: ImageInput, share: f32) -> (Vec<u8>, f32) {
    let ImageInput { width, height } = input;
    let [columns, rows] = [picture.width(), picture.height()].map(|side| side as f32);
    let scale = share * (width as f32 / columns).min(height as f32 / rows);
    let mut pixels = vec![0; width * height * 3];
    let Some(input_from_picture) = Similarity::new(scale, 0.0, [0.0, 0.0]) else {
        return (pixels, 1.0);
    };
    let side = width.max(height);
    let mut square = vec![0; side * side * 3];
    align::warp(picture, &input_from_picture, side, &mut square);
    let filled = |length: f32, most: usize| ((length * scale).round() as usize).clamp(1, most);
    let (columns, rows) = (filled(columns, width), filled(rows, height));
    let lines = square
        .chunks_exact(side * 3)
        .zip(pixels.chunks_exact_mut(width * 3));
    for (line, target) in lines.take(rows) {
        target[..columns * 3].copy_from_slice(&line[..columns * 3]);
    }
    (pixels, scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_sits_at_the_top_left_and_the_rest_is_black() {
        let picture = vec![200_u8; 640 * 360 * 3];
        let view = RgbView::new(&picture, 640, 360, 640 * 3).unwrap();
        let input = ImageInput {
            width: 192,
            height: 112,
        };
        for (share, columns, rows) in [(1.0, 192, 108), (0.5, 96, 54)] {
            let (pixels, scale) = letterbox(&view, input, share);
            assert!((scale - share * 0.3).abs() < 1e-6);
            for (place, pixel) in pixels.chunks_exact(3).enumerate() {
                let inside = place % 192 < columns && place / 192 < rows;
                assert_eq!(pixel, [if inside { 200 } else { 0 }; 3], "{place}");
            }
        }
    }
}
