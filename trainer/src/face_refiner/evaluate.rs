//! The face refiner on the windows of held-out scenes.

use burn::tensor::Device;
use facs::{BoundingBox, FaceLabel, Landmarks5};

use super::{FaceRefiner, FaceRefinerTask, Window};
use crate::{
    data::Images,
    face_finder::{Detection, metric::Tally},
    task::{Evaluation, Task},
};

/// Scenes at a time.
const SCENES: usize = 32;
/// Height of a judged face in pixels.
const SIDE: f32 = 100.0;

/// Figures on the windows of `report` at the score that is best on those of `choose`.
pub(super) fn evaluate(
    task: &FaceRefinerTask,
    network: &FaceRefiner,
    images: &Images,
    choose: &[usize],
    report: &[usize],
    device: &Device,
) -> Evaluation {
    let chosen = tallies(task, network, images, choose, device);
    let threshold = chosen.all.best_threshold();
    let reported = if choose == report {
        chosen
    } else {
        tallies(task, network, images, report, device)
    };
    let figures = reported.all.figures(threshold);
    let look_alikes = reported.look_alikes.figures(threshold);
    let metrics = [
        ("recall", figures.recall),
        ("precision", figures.precision),
        ("f1", figures.f1()),
        ("landmark_nme", figures.landmark_nme),
        ("landmark_nme_p90", figures.landmark_nme_p90),
        ("false_per_look_alike", look_alikes.false_per_empty_image),
    ];
    Evaluation {
        metrics: metrics.map(|(name, value)| (name.to_owned(), value)).into(),
        thresholds: [("score".to_owned(), threshold)].into(),
    }
}

/// What became of all windows, and of those about look-alikes.
#[derive(Default)]
struct Tallies {
    all: Tally,
    look_alikes: Tally,
}

fn tallies(
    task: &FaceRefinerTask,
    network: &FaceRefiner,
    images: &Images,
    samples: &[usize],
    device: &Device,
) -> Tallies {
    let mut tallies = Tallies::default();
    for chunk in samples.chunks(SCENES) {
        let batch = task.batch(images, chunk, None);
        let output = network.forward(batch.pixels.to_tensor(device));
        let scores: Vec<f32> = output.scores.into_data().iter().collect();
        let points: Vec<f32> = output.landmarks.into_data().iter().collect();
        let (points, _) = points.as_chunks::<10>();
        for ((window, score), points) in batch.windows.iter().zip(scores).zip(points) {
            let (detection, face) = judged(window, score, points, task.settings.size);
            tallies.all.add(&[detection], face.as_slice());
            if window.look_alike {
                tallies.look_alikes.add(&[detection], face.as_slice());
            }
        }
    }
    tallies
}

/// A window as a picture of its own, in which the face is [`SIDE`] pixels high, however large its
/// window: the tally judges positions, not pixels.
fn judged(
    window: &Window,
    score: f32,
    points: &[f32; 10],
    size: usize,
) -> (Detection, Option<FaceLabel>) {
    let unit = match window.landmarks {
        Some(_) => SIDE / window.face_side,
        None => SIDE * align::WINDOW_SHARE / size as f32,
    };
    let middle = size as f32 * unit / 2.0;
    let bounding_box = BoundingBox {
        x: middle - SIDE / 2.0,
        y: middle - SIDE / 2.0,
        width: SIDE,
        height: SIDE,
    };
    let scaled = |landmarks: Landmarks5| landmarks.map(|point| point.map(|at| at * unit));
    let points: [[f32; 2]; 5] = std::array::from_fn(|n| [points[2 * n], points[2 * n + 1]]);
    let detection = Detection {
        score,
        bounding_box,
        landmarks: scaled(Landmarks5::from_array(points)),
    };
    let face = window.landmarks.map(|landmarks| FaceLabel {
        bounding_box,
        landmarks: scaled(landmarks),
        visible: 1.0,
    });
    (detection, face)
}
