//! Where a face lies in a crop.

use facs::{CropTemplate, Landmarks5};

/// The five landmarks in a crop of side 1: right eye, left eye, nose, mouth right, mouth left.
///
/// The eyes are 0.30 apart and at two fifths of the height. That is wider than the templates of
/// face recognition on purpose: the whole forehead (AU01, AU02, AU04) and a dropped chin (AU17,
/// AU26) stay inside.
pub const TEMPLATE_UNIT: [[f32; 2]; 5] = [
    [0.35, 0.40],
    [0.65, 0.40],
    [0.50, 0.575],
    [0.385, 0.735],
    [0.615, 0.735],
];

/// The template for a crop of `size` by `size` pixels.
#[must_use]
pub fn template(size: usize) -> CropTemplate {
    let side = size as f32;
    let landmarks = Landmarks5::from_array(TEMPLATE_UNIT.map(|[x, y]| [x * side, y * side]));
    CropTemplate { size, landmarks }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_its_own_mirror_image() {
        let [right_eye, left_eye, nose, mouth_right, mouth_left] =
            template(100).landmarks.to_array();
        for (right, left) in [(right_eye, left_eye), (mouth_right, mouth_left)] {
            assert!((right[0] + left[0] - 100.0).abs() < 1e-4 && right[1] == left[1]);
            assert!(
                right[0] < left[0],
                "the subject's right is on the left of the picture"
            );
        }
        assert_eq!(nose[0], 50.0);
    }
}
