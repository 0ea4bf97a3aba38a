//! The crops of a data set as a classifier takes them.
//!
//! Data sets hold faces in Mien's own window ([`align::template`]); classifiers of others have windows of
//! their own. What a window shows beyond the crop repeats its edge.

use align::{RgbView, Similarity, template, warp};
use facs::CropTemplate;

use super::AssociationError;

/// Pixels by which landmarks may differ in windows that are the same.
const SAME: f32 = 0.01;

/// From the crops of one data set to those of one classifier.
pub(super) struct Refit {
    /// Sides of both.
    from: usize,
    to: usize,
    /// None where they are the same.
    to_from: Option<Similarity>,
}

impl Refit {
    /// From crops of side `from`.
    pub(super) fn new(from: usize, window: &CropTemplate) -> Result<Self, AssociationError> {
        let ours = template(from).landmarks;
        let mut pairs = ours.to_array().into_iter().zip(window.landmarks.to_array());
        let is_same =
            |(a, b): ([f32; 2], [f32; 2])| (a[0] - b[0]).abs() < SAME && (a[1] - b[1]).abs() < SAME;
        let to_from = if from == window.size && pairs.all(is_same) {
            None
        } else {
            let to_from = Similarity::estimate(&ours, &window.landmarks);
            Some(to_from.ok_or(AssociationError::Crop)?)
        };
        Ok(Self {
            from,
            to: window.size,
            to_from,
        })
    }

    /// Fills `out` with `crops`, `[N, S, S, 3]` RGB, as the classifier takes them.
    pub(super) fn fill(&self, crops: &[u8], out: &mut Vec<u8>) {
        out.clear();
        let Some(to_from) = &self.to_from else {
            out.extend_from_slice(crops);
            return;
        };
        for crop in crops.chunks_exact(self.from * self.from * 3) {
            let view = RgbView::new(crop, self.from, self.from, self.from * 3)
                .expect("a crop is as long as its side says");
            let first = out.len();
            out.resize(first + self.to * self.to * 3, 0);
            warp(view, to_from, self.to, &mut out[first..]);
        }
    }
}

#[cfg(test)]
mod tests {
    use facs::Landmarks5;

    use super::*;

    /// Two crops, grey, as bright as they are far right and down.
    fn crops() -> Vec<u8> {
        let one = (0..64 * 64).flat_map(|at| [(at % 64 * 2 + at / 64) as u8; 3]);
        one.clone().chain(one.map(|value| value + 60)).collect()
    }

    fn refit(window: &CropTemplate) -> Vec<u8> {
        let mut out = vec![1, 2, 3];
        let refit = Refit::new(64, window).unwrap();
        refit.fill(&crops(), &mut out);
        out
    }

    #[test]
    fn crops_of_the_same_window_stay_as_they_are() {
        assert_eq!(refit(&template(64)), crops());
    }

    #[test]
    fn other_windows_show_the_same_place_of_the_face() {
        // Half as large, and the face twice as large in it: the middle of the crop at its own size.
        let landmarks = template(64).landmarks.map(|[x, y]| [x - 16.0, y - 16.0]);
        let found = refit(&CropTemplate {
            size: 32,
            landmarks,
        });
        let at = |x: usize, y: usize| ((y + 16) * 64 + x + 16) * 3;
        let wanted = |crop: usize| {
            let places = (0..32 * 32).map(move |place| at(place % 32, place / 32));
            places.flat_map(move |from| [crops()[crop * 64 * 64 * 3 + from]; 3])
        };
        let wanted: Vec<u8> = wanted(0).chain(wanted(1)).collect();
        assert_eq!(found.len(), wanted.len());
        let apart = found.iter().zip(&wanted).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(apart <= Some(1), "{apart:?}");
    }

    #[test]
    fn a_window_without_a_face_is_refused() {
        let landmarks = Landmarks5::from_array([[5.0, 5.0]; 5]);
        let heap = CropTemplate {
            size: 64,
            landmarks,
        };
        assert!(Refit::new(64, &heap).is_err());
    }
}
