//! Landmarks of many schemes as Mien's five.
//!
//! Schemes count from the picture's left, so that the first eye is the subject's right one.

use facs::Landmarks5;

/// Five points from the 68 of iBUG 300-W: eye centres from the six points of their outline
/// (36 to 41 and 42 to 47), nose tip 30, mouth corners 48 and 54.
pub(super) fn from_68(points: &[[f32; 2]; 68]) -> Landmarks5 {
    let centre = |range: std::ops::Range<usize>| {
        let count = range.len() as f32;
        let sum = points[range].iter().fold([0.0, 0.0], |sum, point| {
            [sum[0] + point[0], sum[1] + point[1]]
        });
        sum.map(|value| value / count)
    };
    Landmarks5 {
        right_eye: centre(36..42),
        left_eye: centre(42..48),
        nose: points[30],
        mouth_right: points[48],
        mouth_left: points[54],
    }
}

/// Five points from 136 numbers, x and y in turn; none when they are not that many or not finite.
pub(super) fn from_136(numbers: &[f32]) -> Option<Landmarks5> {
    let (points, []) = numbers.as_chunks::<2>() else {
        return None;
    };
    let finite = numbers.iter().all(|number| number.is_finite());
    Some(from_68(points.try_into().ok().filter(|_| finite)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eyes_are_the_middle_of_their_outline_and_left_is_the_subjects() {
        let mut numbers = vec![0.0; 136];
        for point in 36..42 {
            numbers[2 * point] = 30.0 + point as f32;
        }
        for point in 42..48 {
            numbers[2 * point] = 60.0 + point as f32;
        }
        numbers[2 * 54] = 100.0;
        let five = from_136(&numbers).unwrap();
        assert_eq!((five.right_eye[0], five.left_eye[0]), (68.5, 104.5));
        assert_eq!(five.mouth_left[0], 100.0);
        assert_eq!(from_136(&numbers[..134]), None);
        numbers[0] = f32::NAN;
        assert_eq!(from_136(&numbers), None);
    }
}
