//! Which face of a picture is the labelled one, and where its landmarks are.

use align::RgbView;
use facs::{BoundingBox, Landmarks5};

use super::{FinderError, ImportError, LandmarkFile, Picture};
use crate::data::sets::Row;

/// A face that covers less than this of the labelled box, and the box of it, is another one.
const SAME_FACE: f32 = 0.1;

/// A face in a picture, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FoundFace {
    /// Where it is.
    pub bounding_box: BoundingBox,
    /// Its landmarks.
    pub landmarks: Landmarks5,
    /// Probability that it is a face.
    pub score: f32,
}

/// Finds faces in pictures.
pub trait FindFace {
    /// The faces of a picture, in any order.
    ///
    /// # Errors
    /// [`FinderError`] when the finder fails, not when there is no face.
    fn find(&mut self, picture: &RgbView<'_>) -> Result<Vec<FoundFace>, FinderError>;
}

/// Where landmarks come from: the user's file before the set's own before the finder.
#[derive(Default)]
pub struct Faces {
    known: LandmarkFile,
    finder: Option<Box<dyn FindFace>>,
}

impl Faces {
    /// Landmarks of a file, where there is one, and of the set; no finder yet.
    #[must_use]
    pub fn new(known: Option<LandmarkFile>) -> Self {
        Self {
            known: known.unwrap_or_default(),
            finder: None,
        }
    }

    /// Finds the faces of which nobody says where they are.
    #[must_use]
    pub fn with_finder(self, finder: Box<dyn FindFace>) -> Self {
        Self {
            finder: Some(finder),
            ..self
        }
    }

    /// Landmarks without a look at the picture.
    #[must_use]
    pub fn known(&self, picture: &Picture, row: &Row) -> Option<Landmarks5> {
        self.known.get(&picture.path).copied().or(row.landmarks)
    }

    /// The landmarks of the labelled face; none when there is no face.
    pub(super) fn landmarks(
        &mut self,
        picture: &Picture,
        row: &Row,
        view: &RgbView<'_>,
    ) -> Result<Option<Landmarks5>, ImportError> {
        if let Some(landmarks) = self.known(picture, row) {
            return Ok(Some(landmarks));
        }
        let finder = self.finder.as_mut().ok_or_else(|| ImportError::NoFinder {
            path: picture.path.clone(),
        })?;
        let found = finder.find(view)?;
        Ok(labelled(&found, row.bounding_box.as_ref()).map(|face| face.landmarks))
    }
}

/// The face that the label is about: the one at the labelled box, else the most prominent one.
fn labelled<'a>(found: &'a [FoundFace], place: Option<&BoundingBox>) -> Option<&'a FoundFace> {
    let worth = |face: &FoundFace| match place {
        Some(place) => face.bounding_box.iou(place),
        None => face.score * face.bounding_box.width * face.bounding_box.height,
    };
    let least = place.map_or(0.0, |_| SAME_FACE);
    found
        .iter()
        .filter(|face| worth(face) > least)
        .max_by(|a, b| worth(a).total_cmp(&worth(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(x: f32, side: f32, score: f32) -> FoundFace {
        FoundFace {
            bounding_box: BoundingBox {
                x,
                y: 0.0,
                width: side,
                height: side,
            },
            landmarks: Landmarks5::from_array([[x, 0.0]; 5]),
            score,
        }
    }

    #[test]
    fn the_largest_face_counts_unless_a_box_says_otherwise() {
        let found = [face(0.0, 40.0, 0.9), face(100.0, 10.0, 0.9)];
        assert_eq!(labelled(&found, None), Some(&found[0]));
        let place = face(98.0, 12.0, 1.0).bounding_box;
        assert_eq!(labelled(&found, Some(&place)), Some(&found[1]));
        let elsewhere = face(300.0, 12.0, 1.0).bounding_box;
        assert_eq!(labelled(&found, Some(&elsewhere)), None);
        assert_eq!(labelled(&[], None), None);
    }
}
