//! Head pose from five landmarks.
//!
//! Takes landmarks in a picture; gives yaw, pitch and roll by fitting a generic face under weak
//! perspective: good to about ten degrees, which is what telling "turned away" needs.

use facs::{HeadPose, Landmarks5};

/// A generic adult face in millimetres, in the order of [`Landmarks5::to_array`]: x to the
/// subject's left, y up, z out of the face; the origin is between the centres of the eyes.
///
/// An approximation made for this crate from round figures of adult anthropometry: 64 mm between
/// the pupils, 70 mm from the line of the eyes to the line of the mouth, 50 mm between the corners
/// of the mouth, which lie 8 mm in front of the eyes' centres, the tip of the nose 34 mm below and
/// 38 mm in front of them.
pub const GENERIC_FACE_MM: [[f32; 3]; 5] = [
    [-32.0, 0.0, 0.0],
    [32.0, 0.0, 0.0],
    [0.0, -34.0, 38.0],
    [-25.0, -70.0, 8.0],
    [25.0, -70.0, 8.0],
];

/// Yaw, pitch and roll of a face, or none where the landmarks coincide or are not finite.
///
/// The affine camera with the least squared error is split into a scale and the nearest rotation
/// (polar decomposition). Roll is the tilt of the line through the eyes; yaw and pitch are told in
/// the picture turned upright. See [`HeadPose`] for the signs.
#[must_use]
pub fn head_pose(landmarks: &Landmarks5) -> Option<HeadPose> {
    let camera = affine_camera(landmarks)?;
    let [right, up] = nearest_rotation(camera)?;
    // Third row: how much of each axis of the head points at the viewer.
    let towards = cross(right, up);
    Some(HeadPose {
        yaw: (-towards[0]).clamp(-1.0, 1.0).asin().to_degrees() as f32,
        pitch: (-towards[1]).atan2(towards[2]).to_degrees() as f32,
        roll: (-up[0]).atan2(right[0]).to_degrees() as f32,
    })
}

/// Rows: picture x and picture up, per millimetre along the head's x, y and z.
fn affine_camera(landmarks: &Landmarks5) -> Option<[[f64; 3]; 2]> {
    let face = GENERIC_FACE_MM.map(|point| point.map(f64::from));
    let picture = landmarks
        .to_array()
        .map(|[x, y]| [f64::from(x), -f64::from(y)]);
    let (face, picture) = (centred(face), centred(picture));
    let mut normal = [[0.0; 3]; 3];
    let mut mixed = [[0.0; 3]; 2];
    for (point, seen) in face.iter().zip(&picture) {
        for i in 0..3 {
            for j in 0..3 {
                normal[i][j] += point[i] * point[j];
            }
            for (row, seen) in mixed.iter_mut().zip(seen) {
                row[i] += seen * point[i];
            }
        }
    }
    // The inverse of a symmetric matrix, by cross products of its rows.
    let adjugate = [
        cross(normal[1], normal[2]),
        cross(normal[2], normal[0]),
        cross(normal[0], normal[1]),
    ];
    let determinant = dot(normal[0], adjugate[0]);
    let camera = mixed.map(|row| adjugate.map(|column| dot(column, row) / determinant));
    camera
        .iter()
        .flatten()
        .all(|value| value.is_finite())
        .then_some(camera)
}

/// The orthonormal rows nearest to `camera` up to scale: `(C Cᵀ)^(-1/2) C`.
fn nearest_rotation(camera: [[f64; 3]; 2]) -> Option<[[f64; 3]; 2]> {
    let [p, q, r] = [
        dot(camera[0], camera[0]),
        dot(camera[0], camera[1]),
        dot(camera[1], camera[1]),
    ];
    // Square root of a 2x2 matrix: (M + sqrt(det M) I) / sqrt(trace M + 2 sqrt(det M)).
    let root = (p * r - q * q).max(0.0).sqrt();
    let trace = (p + r + 2.0 * root).sqrt();
    let [p, q, r] = [(p + root) / trace, q / trace, (r + root) / trace];
    let determinant = p * r - q * q;
    // Below a hundredth of a pixel per head nothing can be told.
    if determinant.is_nan() || determinant < 1e-10 {
        return None;
    }
    let combine = |a: f64, b: f64| {
        std::array::from_fn(|axis| (a * camera[0][axis] + b * camera[1][axis]) / determinant)
    };
    Some([combine(r, -q), combine(-q, p)])
}

fn centred<const N: usize>(points: [[f64; N]; 5]) -> [[f64; N]; 5] {
    let mean: [f64; N] =
        std::array::from_fn(|axis| points.iter().map(|point| point[axis]).sum::<f64>() / 5.0);
    points.map(|point| std::array::from_fn(|axis| point[axis] - mean[axis]))
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::template;

    /// The generic face turned by yaw and pitch about its own axes, then rolled in the picture.
    fn seen(yaw: f32, pitch: f32, roll: f32, scale: f32) -> Landmarks5 {
        let [yaw, pitch, roll] = [yaw, pitch, roll].map(f32::to_radians);
        Landmarks5::from_array(GENERIC_FACE_MM.map(|[x, y, z]| {
            // Looking up: what points at the viewer (z) turns up (y).
            let (y, z) = (
                y * pitch.cos() + z * pitch.sin(),
                z * pitch.cos() - y * pitch.sin(),
            );
            // Turning to the subject's left: what points at the viewer turns to picture right.
            let x = x * yaw.cos() + z * yaw.sin();
            let (x, y) = (x * scale, -y * scale);
            let (x, y) = (
                x * roll.cos() - y * roll.sin(),
                x * roll.sin() + y * roll.cos(),
            );
            [200.0 + x, 150.0 + y]
        }))
    }

    proptest! {
        #[test]
        fn the_generic_face_is_read_exactly(
            yaw in -75.0_f32..75.0,
            pitch in -60.0_f32..60.0,
            roll in -170.0_f32..170.0,
            scale in 0.2_f32..5.0,
        ) {
            let pose = head_pose(&seen(yaw, pitch, roll, scale)).unwrap();
            prop_assert!((pose.yaw - yaw).abs() < 0.1, "{pose:?}");
            prop_assert!((pose.pitch - pitch).abs() < 0.1, "{pose:?}");
            prop_assert!((pose.roll - roll).abs() < 0.1, "{pose:?}");
        }

        #[test]
        fn small_errors_of_landmarks_stay_small(noise in prop::array::uniform10(-1.5_f32..1.5)) {
            let mut index = 0;
            let face = seen(20.0, -10.0, 5.0, 1.0)
                .map(|[x, y]| { index += 2; [x + noise[index - 2], y + noise[index - 1]] });
            let pose = head_pose(&face).unwrap();
            prop_assert!((pose.yaw - 20.0).abs() < 8.0, "{pose:?}");
            prop_assert!((pose.pitch + 10.0).abs() < 8.0, "{pose:?}");
            prop_assert!((pose.roll - 5.0).abs() < 5.0, "{pose:?}");
        }
    }

    #[test]
    fn the_crop_template_looks_straight_ahead() {
        let pose = head_pose(&template(112).landmarks).unwrap();
        assert!(pose.yaw.abs() < 0.1 && pose.roll.abs() < 0.1, "{pose:?}");
        assert!(pose.pitch.abs() < 6.0, "{pose:?}");
    }

    #[test]
    fn a_heap_of_points_has_no_pose() {
        assert_eq!(head_pose(&Landmarks5::default()), None);
        assert_eq!(head_pose(&seen(0.0, 0.0, 0.0, f32::NAN)), None);
    }
}
