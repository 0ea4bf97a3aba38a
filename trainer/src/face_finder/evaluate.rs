//! The face finder on held-out scenes.

use burn::tensor::Device;

use crate::{
    data::Images,
    task::{Evaluation, Task},
};

use super::{FaceFinder, FaceFinderTask, metric::Tally};

const BATCH: usize = 64;
/// Scores below this are never worth a look.
const LEAST_SCORE: f32 = 0.02;

/// Figures on `report` at the score that is best (F-measure of `BETA`) on `choose`.
pub(super) fn evaluate(
    task: &FaceFinderTask,
    network: &FaceFinder,
    images: &Images,
    choose: &[usize],
    report: &[usize],
    device: &Device,
) -> Evaluation {
    let chosen = tally(task, network, images, choose, device);
    let threshold = chosen.best_threshold();
    let reported = if choose == report {
        chosen
    } else {
        tally(task, network, images, report, device)
    };
    let figures = reported.figures(threshold);
    let metrics = [
        ("recall", figures.recall),
        ("precision", figures.precision),
        ("f1", figures.f1()),
        ("mean_iou", figures.mean_iou),
        ("landmark_nme", figures.landmark_nme),
        ("landmark_nme_p90", figures.landmark_nme_p90),
        ("false_per_empty_image", figures.false_per_empty_image),
    ];
    Evaluation {
        metrics: metrics.map(|(name, value)| (name.to_owned(), value)).into(),
        thresholds: [("score".to_owned(), threshold)].into(),
    }
}

fn tally(
    task: &FaceFinderTask,
    network: &FaceFinder,
    images: &Images,
    samples: &[usize],
    device: &Device,
) -> Tally {
    let mut tally = Tally::default();
    for chunk in samples.chunks(BATCH) {
        let batch = task.batch(images, chunk, None);
        let found = network
            .forward(batch.scenes.to_tensor(device))
            .detections(LEAST_SCORE);
        for (&index, detections) in chunk.iter().zip(&found) {
            tally.add(detections, &images.samples[index].faces);
        }
    }
    tally
}
