//! Detections on the host: what is left of the cells' answers.

use facs::{BoundingBox, Landmarks5};

use super::FaceFinderOutput;

/// Boxes that share more than this with a better one are the same face.
const SAME_FACE: f32 = 0.4;

/// One face found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    /// Probability.
    pub score: f32,
    /// Where it is.
    pub bounding_box: BoundingBox,
    /// Its landmarks.
    pub landmarks: Landmarks5,
}

impl FaceFinderOutput {
    /// The faces of every picture with at least `least_score`, best first, one per face.
    #[must_use]
    pub fn detections(self, least_score: f32) -> Vec<Vec<Detection>> {
        let [n, cells] = self.scores.dims();
        let scores: Vec<f32> = self.scores.into_data().iter().collect();
        let boxes: Vec<f32> = self.boxes.into_data().iter().collect();
        let landmarks: Vec<f32> = self.landmarks.into_data().iter().collect();
        let detection = |cell: usize| {
            let corners = &boxes[cell * 4..][..4];
            let points = &landmarks[cell * 10..][..10];
            Detection {
                score: scores[cell],
                bounding_box: BoundingBox {
                    x: corners[0],
                    y: corners[1],
                    width: corners[2] - corners[0],
                    height: corners[3] - corners[1],
                },
                landmarks: Landmarks5::from_array(
                    [0, 1, 2, 3, 4].map(|point| [points[point * 2], points[point * 2 + 1]]),
                ),
            }
        };
        (0..n)
            .map(|image| {
                let cells = image * cells..(image + 1) * cells;
                suppress(
                    cells
                        .filter(|&cell| scores[cell] >= least_score)
                        .map(detection)
                        .collect(),
                )
            })
            .collect()
    }
}

/// Non-maximum suppression: best first, without those that overlap a better one.
#[must_use]
pub fn suppress(mut detections: Vec<Detection>) -> Vec<Detection> {
    detections.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Detection> = Vec::new();
    for detection in detections {
        if kept
            .iter()
            .all(|better| better.bounding_box.iou(&detection.bounding_box) <= SAME_FACE)
        {
            kept.push(detection);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, Tensor};

    #[test]
    fn the_best_of_each_face_is_left() {
        let device = Device::default();
        let output = FaceFinderOutput {
            scores: Tensor::from_data([[0.6, 0.9, 0.1, 0.5_f32]], &device),
            boxes: Tensor::from_data(
                [[
                    [0.0, 0.0, 10.0, 10.0],
                    [1.0, 0.0, 11.0, 10.0],
                    [50.0, 0.0, 60.0, 10.0],
                    [20.0, 0.0, 30.0, 12.0_f32],
                ]],
                &device,
            ),
            landmarks: Tensor::zeros([1, 4, 10], &device) + 7.0,
        };
        let found = output.detections(0.3);
        let scores: Vec<f32> = found[0].iter().map(|detection| detection.score).collect();
        assert_eq!(scores, [0.9, 0.5]);
        assert_eq!(
            found[0][1].bounding_box,
            BoundingBox {
                x: 20.0,
                y: 0.0,
                width: 10.0,
                height: 12.0
            }
        );
        assert_eq!(found[0][0].landmarks.nose, [7.0, 7.0]);
    }
}
