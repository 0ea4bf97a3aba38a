//! Figures of a face finder from detections and labels; pure functions.

use facs::{FaceLabel, Landmarks5};

use super::Detection;

/// Overlap of a box with its label that counts as found.
const FOUND: f32 = 0.5;
/// Faces less visible or smaller than these are neither demanded nor held against the finder.
const LEAST_VISIBLE: f32 = 0.35;
pub(crate) const LEAST_HEIGHT: f32 = 12.0;
/// A head in profile has its eyes on one spot: the landmark error's unit is at least this share of
/// the face's height.
const LEAST_UNIT: f32 = 0.2;

/// How much recall weighs where the score of a new face is chosen. A face that is followed may
/// score lower: one that is missed is found a few frames later, a false one is kept.
const BETA: f64 = 0.5;

/// Whether a finder must find this face.
pub(crate) fn is_demanded(face: &FaceLabel) -> bool {
    face.visible >= LEAST_VISIBLE && face.bounding_box.height >= LEAST_HEIGHT
}

/// What became of the detections and faces of any number of pictures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Detections that count for or against, in no order.
    outcomes: Vec<Outcome>,
    /// Faces that are demanded.
    faces: usize,
    /// Pictures without any face.
    empty_images: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Outcome {
    score: f32,
    in_empty_image: bool,
    found: Option<Match>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Match {
    iou: f32,
    /// Mean landmark distance in units of the distance between the eyes.
    landmark_error: f32,
}

/// Figures at one threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// Share of the demanded faces that were found.
    pub recall: f64,
    /// Share of the detections that are faces.
    pub precision: f64,
    /// Mean overlap of the found faces' boxes.
    pub mean_iou: f64,
    /// Mean landmark distance of the found faces in units of the distance between the eyes.
    pub landmark_nme: f64,
    /// 90th percentile of it.
    pub landmark_nme_p90: f64,
    /// Detections per picture without any face.
    pub false_per_empty_image: f64,
}

impl Figures {
    /// Harmonic mean of precision and recall.
    #[must_use]
    pub fn f1(&self) -> f64 {
        self.f(1.0)
    }

    /// F-measure that weighs recall `beta` times as much as precision (van Rijsbergen, 1979).
    fn f(&self, beta: f64) -> f64 {
        let square = beta * beta;
        let sum = square * self.precision + self.recall;
        if sum > 0.0 {
            (1.0 + square) * self.precision * self.recall / sum
        } else {
            0.0
        }
    }
}

impl Tally {
    /// Adds a picture; `detections` are best first and suppressed. Every detection takes the
    /// demanded face that it overlaps most, if nobody better took it; so the outcome of a detection
    /// does not depend on worse ones, and one pass serves every threshold.
    pub fn add(&mut self, detections: &[Detection], faces: &[FaceLabel]) {
        let (demanded, others): (Vec<&FaceLabel>, Vec<&FaceLabel>) =
            faces.iter().partition(|face| is_demanded(face));
        self.faces += demanded.len();
        self.empty_images += usize::from(faces.is_empty());
        let mut taken = vec![false; demanded.len()];
        for detection in detections {
            let iou = |face: &FaceLabel| face.bounding_box.iou(&detection.bounding_box);
            let best = (0..demanded.len())
                .filter(|&index| !taken[index])
                .map(|index| (index, iou(demanded[index])))
                .max_by(|a, b| a.1.total_cmp(&b.1))
                .filter(|&(_, iou)| iou >= FOUND);
            let found = best.map(|(index, iou)| {
                taken[index] = true;
                Match {
                    iou,
                    landmark_error: landmark_error(&detection.landmarks, demanded[index]),
                }
            });
            if found.is_some() || others.iter().all(|face| iou(face) < FOUND / 2.0) {
                self.outcomes.push(Outcome {
                    score: detection.score,
                    in_empty_image: faces.is_empty(),
                    found,
                });
            }
        }
    }

    /// Figures of the detections with at least `threshold`.
    #[must_use]
    pub fn figures(&self, threshold: f32) -> Figures {
        let called = || {
            self.outcomes
                .iter()
                .filter(|outcome| outcome.score >= threshold)
        };
        let found: Vec<Match> = called().filter_map(|outcome| outcome.found).collect();
        let mut errors: Vec<f64> = found
            .iter()
            .map(|found| f64::from(found.landmark_error))
            .collect();
        errors.sort_by(f64::total_cmp);
        let share = |part: f64, whole: usize| part / whole.max(1) as f64;
        Figures {
            recall: share(found.len() as f64, self.faces),
            precision: share(found.len() as f64, called().count()),
            mean_iou: share(
                found.iter().map(|found| f64::from(found.iou)).sum(),
                found.len(),
            ),
            landmark_nme: share(errors.iter().sum(), errors.len()),
            landmark_nme_p90: errors.get(errors.len() * 9 / 10).copied().unwrap_or(0.0),
            false_per_empty_image: share(
                called().filter(|outcome| outcome.in_empty_image).count() as f64,
                self.empty_images,
            ),
        }
    }

    /// The threshold with the best F-measure (recall weighs half as much as precision), halfway
    /// between two neighbouring scores; one half when nothing was found.
    #[must_use]
    pub fn best_threshold(&self) -> f32 {
        let mut sorted = self.outcomes.clone();
        sorted.sort_by(|a, b| b.score.total_cmp(&a.score));
        let (mut best, mut threshold, mut hits) = (0.0, 0.5, 0_usize);
        for (index, outcome) in sorted.iter().enumerate() {
            hits += usize::from(outcome.found.is_some());
            let next = sorted.get(index + 1).map_or(0.0, |outcome| outcome.score);
            if next == outcome.score {
                continue;
            }
            let figures = Figures {
                recall: hits as f64 / self.faces.max(1) as f64,
                precision: hits as f64 / (index + 1) as f64,
                ..Figures::default()
            };
            let value = figures.f(BETA);
            if value > best {
                (best, threshold) = (value, f32::midpoint(outcome.score, next));
            }
        }
        threshold
    }
}

/// Mean distance of the five points in units of the distance between the eyes.
fn landmark_error(found: &Landmarks5, face: &FaceLabel) -> f32 {
    let distance = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
    let truth = &face.landmarks;
    let unit = distance(truth.right_eye, truth.left_eye).max(LEAST_UNIT * face.bounding_box.height);
    let sum: f32 = found
        .to_array()
        .into_iter()
        .zip(truth.to_array())
        .map(|(a, b)| distance(a, b))
        .sum();
    sum / 5.0 / unit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face_finder::view::tests::face;

    fn detected(label: &FaceLabel, score: f32, dx: f32) -> Detection {
        let mut bounding_box = label.bounding_box;
        bounding_box.x += dx;
        Detection {
            score,
            bounding_box,
            landmarks: label.landmarks.map(|[x, y]| [x + dx, y]),
        }
    }

    #[test]
    fn by_hand() {
        let (a, b) = (face(0.0, 0.0, 20.0, 20.0), face(50.0, 0.0, 20.0, 20.0));
        let hidden = FaceLabel {
            visible: 0.3,
            ..face(100.0, 0.0, 20.0, 20.0)
        };
        let stray = face(150.0, 60.0, 20.0, 20.0);
        let mut tally = Tally::default();
        tally.add(
            &[
                detected(&a, 0.9, 4.0),
                detected(&hidden, 0.8, 0.0),
                detected(&stray, 0.7, 0.0),
            ],
            &[a, b, hidden],
        );
        tally.add(&[detected(&stray, 0.4, 0.0)], &[]);
        tally.add(&[], &[]);
        let figures = tally.figures(0.5);
        assert_eq!(
            (
                figures.recall,
                figures.precision,
                figures.false_per_empty_image
            ),
            (0.5, 0.5, 0.0)
        );
        // 16 of 24 columns shared; every point 4 px off, the eyes 8 px apart.
        assert!((figures.mean_iou - 2.0 / 3.0).abs() < 1e-6);
        assert!(
            (figures.landmark_nme - 0.5).abs() < 1e-6
                && (figures.landmark_nme_p90 - 0.5).abs() < 1e-6
        );
        assert_eq!(tally.figures(0.3).false_per_empty_image, 0.5);
        assert_eq!(tally.figures(0.95), Figures::default());
    }

    #[test]
    fn one_face_is_found_once() {
        let a = face(0.0, 0.0, 20.0, 20.0);
        let mut tally = Tally::default();
        tally.add(&[detected(&a, 0.9, 1.0), detected(&a, 0.8, 0.0)], &[a]);
        let figures = tally.figures(0.0);
        assert_eq!((figures.recall, figures.precision), (1.0, 0.5));
    }

    #[test]
    fn the_best_threshold_beats_every_other() {
        let labels: Vec<FaceLabel> = (0..4)
            .map(|i| face(i as f32 * 30.0, 0.0, 20.0, 20.0))
            .collect();
        let stray = face(0.0, 80.0, 20.0, 20.0);
        let mut tally = Tally::default();
        for (score, label) in [(0.9, 0), (0.7, 1), (0.3, 2)] {
            tally.add(&[detected(&labels[label], score, 0.0)], &[labels[label]]);
        }
        for score in [0.8, 0.2, 0.1, 0.15] {
            tally.add(&[detected(&stray, score, 0.0)], &[]);
        }
        let best = tally.best_threshold();
        assert!((best - 0.25).abs() < 1e-6);
        let value = |threshold| tally.figures(threshold).f(BETA);
        assert!((0..100).all(|step| value(best) >= value(step as f32 / 100.0)));
        assert_eq!(Tally::default().best_threshold(), 0.5);
    }
}
