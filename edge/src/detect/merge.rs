//! Many candidates to one detection per face.
//!
//! Takes candidates in any order; gives, best first, the score-weighted mean of each group of
//! candidates that overlap its best one. The mean is steadier than the best candidate alone, for
//! which prior wins changes from frame to frame.

use facs::{BoundingBox, Landmarks5};

/// A face as found in one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    /// Where it is, in pixels of the frame.
    pub bounding_box: BoundingBox,
    /// Its landmarks, in pixels of the frame.
    pub landmarks: Landmarks5,
    /// Probability that it is a face.
    pub score: f32,
}

/// Groups candidates whose overlap with the group's best is more than `overlap`; leaves the best
/// `most` groups in `merged`, in place of what is there. `candidates` is used up.
pub fn merge(
    candidates: &mut Vec<Detection>,
    overlap: f32,
    most: usize,
    merged: &mut Vec<Detection>,
) {
    candidates.sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
    merged.clear();
    while let Some(best) = candidates.first().copied() {
        if merged.len() == most {
            break;
        }
        let mut mean = Mean::default();
        candidates.retain(|candidate| {
            let same = candidate.bounding_box.iou(&best.bounding_box) > overlap;
            if same {
                mean.add(candidate);
            }
            !same
        });
        match mean.of(best.score) {
            Some(detection) => merged.push(detection),
            // A box without area overlaps nothing, itself included.
            None => drop(candidates.remove(0)),
        }
    }
}

/// Sum of box and landmark coordinates, weighted by score.
#[derive(Default)]
struct Mean {
    weight: f32,
    bounding_box: [f32; 4],
    landmarks: [[f32; 2]; 5],
}

impl Mean {
    fn add(&mut self, candidate: &Detection) {
        let BoundingBox {
            x,
            y,
            width,
            height,
        } = candidate.bounding_box;
        let weight = candidate.score;
        self.weight += weight;
        for (sum, value) in self.bounding_box.iter_mut().zip([x, y, width, height]) {
            *sum += weight * value;
        }
        let points = candidate.landmarks.to_array();
        for (sum, value) in self
            .landmarks
            .as_flattened_mut()
            .iter_mut()
            .zip(points.as_flattened())
        {
            *sum += weight * value;
        }
    }

    fn of(&self, score: f32) -> Option<Detection> {
        let mean = |sum: f32| sum / self.weight;
        let [x, y, width, height] = self.bounding_box.map(mean);
        (self.weight > 0.0).then(|| Detection {
            bounding_box: BoundingBox {
                x,
                y,
                width,
                height,
            },
            landmarks: Landmarks5::from_array(self.landmarks.map(|point| point.map(mean))),
            score,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn face(x: f32, size: f32, score: f32) -> Detection {
        let bounding_box = BoundingBox {
            x,
            y: 10.0,
            width: size,
            height: size,
        };
        let landmarks = Landmarks5::from_array([[x, 10.0]; 5]);
        Detection {
            bounding_box,
            landmarks,
            score,
        }
    }

    fn merged(mut candidates: Vec<Detection>, most: usize) -> Vec<Detection> {
        let mut merged = vec![face(7.0, 7.0, 0.7)];
        merge(&mut candidates, 0.4, most, &mut merged);
        merged
    }

    #[test]
    fn overlapping_candidates_become_their_weighted_mean() {
        let merged = merged(
            vec![
                face(8.0, 100.0, 0.3),
                face(0.0, 100.0, 0.9),
                face(300.0, 50.0, 0.5),
            ],
            9,
        );
        assert_eq!(merged.len(), 2);
        assert_eq!(merged[0].score, 0.9);
        assert!((merged[0].bounding_box.x - 2.0).abs() < 1e-4);
        assert!((merged[0].landmarks.nose[0] - 2.0).abs() < 1e-4);
        assert_eq!(merged[1].bounding_box, face(300.0, 50.0, 0.5).bounding_box);
    }

    #[test]
    fn a_box_without_area_is_no_face() {
        assert_eq!(
            merged(vec![face(0.0, 0.0, 0.9), face(50.0, 20.0, 0.4)], 9).len(),
            1
        );
    }

    proptest! {
        #[test]
        fn groups_are_few_sorted_and_keep_the_best_score(
            faces in prop::collection::vec((0.0_f32..300.0, 5.0_f32..80.0, 0.01_f32..1.0), 1..40),
            most in 1_usize..6,
        ) {
            let candidates: Vec<_> = faces.iter().map(|&(x, size, score)| face(x, size, score)).collect();
            let groups = merged(candidates.clone(), most);
            prop_assert!(!groups.is_empty() && groups.len() <= most);
            prop_assert!(groups.windows(2).all(|pair| pair[0].score >= pair[1].score));
            let best = candidates.iter().map(|face| face.score).fold(0.0, f32::max);
            prop_assert_eq!(groups[0].score, best);
            // Merging what was merged apart changes nothing.
            let apart: Vec<_> = groups.iter().enumerate().map(|(n, face)| {
                let x = n as f32 * 1000.0;
                Detection { bounding_box: BoundingBox { x, ..face.bounding_box }, ..*face }
            }).collect();
            prop_assert_eq!(merged(apart.clone(), most).len(), apart.len());
        }
    }
}
