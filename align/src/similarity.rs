//! Similarity transforms of the plane: rotation, uniform scale and translation, no reflection.
//!
//! Takes two sets of landmarks; gives the transform that carries one nearest to the other.

use facs::Landmarks5;

/// Maps one picture's pixels to another's: `[a -b; b a] p + t`.
///
/// Name variables after both spaces: `crop_from_frame` takes a point of the frame and gives the
/// point of the crop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Similarity {
    /// Scale times cosine and sine of the angle.
    turn: [f64; 2],
    shift: [f64; 2],
}

impl Similarity {
    /// Leaves every point where it is.
    pub const IDENTITY: Self = Self {
        turn: [1.0, 0.0],
        shift: [0.0, 0.0],
    };

    /// Scales, then rotates by `angle` radians (clockwise as seen, for y grows downwards), then
    /// shifts. None unless `scale` is positive and everything finite.
    #[must_use]
    pub fn new(scale: f32, angle: f32, shift: [f32; 2]) -> Option<Self> {
        let (sin, cos) = f64::from(angle).sin_cos();
        let scale = f64::from(scale);
        Self {
            turn: [scale * cos, scale * sin],
            shift: shift.map(f64::from),
        }
        .checked()
    }

    /// Scales, then shifts; for constants that are known to be good.
    pub(crate) const fn scaled(scale: f64, shift: [f64; 2]) -> Self {
        Self {
            turn: [scale, 0.0],
            shift,
        }
    }

    /// The transform with the least sum of squared distances between the transformed `from` and
    /// `to` (Umeyama, 1991; in the plane and without reflection it is a complex regression).
    ///
    /// None when the points of either set coincide or are not finite.
    #[must_use]
    pub fn estimate(from: &Landmarks5, to: &Landmarks5) -> Option<Self> {
        let from = from.to_array().map(|point| point.map(f64::from));
        let to = to.to_array().map(|point| point.map(f64::from));
        let (from_mean, to_mean) = (mean(&from), mean(&to));
        let (mut spread, mut cos, mut sin) = (0.0, 0.0, 0.0);
        for (p, q) in from.iter().zip(&to) {
            let p = [p[0] - from_mean[0], p[1] - from_mean[1]];
            let q = [q[0] - to_mean[0], q[1] - to_mean[1]];
            spread += p[0] * p[0] + p[1] * p[1];
            cos += p[0] * q[0] + p[1] * q[1];
            sin += p[0] * q[1] - p[1] * q[0];
        }
        // Points closer than a thousandth of a pixel tell no direction.
        if spread < 1e-6 {
            return None;
        }
        let turn = [cos / spread, sin / spread];
        let shift = [
            to_mean[0] - turn[0] * from_mean[0] + turn[1] * from_mean[1],
            to_mean[1] - turn[1] * from_mean[0] - turn[0] * from_mean[1],
        ];
        Self { turn, shift }.checked()
    }

    /// Where a point goes.
    #[must_use]
    pub fn apply(&self, point: [f32; 2]) -> [f32; 2] {
        self.apply_f64(point.map(f64::from))
            .map(|value| value as f32)
    }

    pub(crate) fn apply_f64(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let [a, b] = self.turn;
        [a * x - b * y + self.shift[0], b * x + a * y + self.shift[1]]
    }

    /// How far one step along x moves: `[a, b]`; one step along y moves `[-b, a]`.
    pub(crate) const fn step(&self) -> [f64; 2] {
        self.turn
    }

    /// The transform back.
    #[must_use]
    pub fn inverse(&self) -> Self {
        let [a, b] = self.turn;
        let square = a * a + b * b;
        let turn = [a / square, -b / square];
        let shift = [
            -turn[0] * self.shift[0] + turn[1] * self.shift[1],
            -turn[1] * self.shift[0] - turn[0] * self.shift[1],
        ];
        Self { turn, shift }
    }

    /// This transform first, then `next`.
    #[must_use]
    pub fn then(&self, next: &Self) -> Self {
        let ([a, b], [c, d]) = (self.turn, next.turn);
        Self {
            turn: [a * c - b * d, a * d + b * c],
            shift: next.apply_f64(self.shift),
        }
    }

    /// Pixels of the target per pixel of the source.
    #[must_use]
    pub fn scale(&self) -> f32 {
        self.turn[0].hypot(self.turn[1]) as f32
    }

    /// Rotation in radians in (-π, π], clockwise as seen.
    #[must_use]
    pub fn angle(&self) -> f32 {
        self.turn[1].atan2(self.turn[0]) as f32
    }

    fn checked(self) -> Option<Self> {
        let scale = self.turn[0].hypot(self.turn[1]);
        let finite = self
            .shift
            .iter()
            .chain(&self.turn)
            .all(|value| value.is_finite());
        (finite && scale > 1e-9).then_some(self)
    }
}

fn mean(points: &[[f64; 2]; 5]) -> [f64; 2] {
    let sum = points.iter().fold([0.0, 0.0], |sum, point| {
        [sum[0] + point[0], sum[1] + point[1]]
    });
    sum.map(|value| value / points.len() as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::template;

    fn similarities() -> impl Strategy<Value = Similarity> {
        (
            0.05_f32..8.0,
            -3.1_f32..3.1,
            -900.0_f32..900.0,
            -900.0_f32..900.0,
        )
            .prop_map(|(scale, angle, x, y)| Similarity::new(scale, angle, [x, y]).unwrap())
    }

    fn near(a: [f32; 2], b: [f32; 2], tolerance: f32) -> bool {
        (a[0] - b[0]).hypot(a[1] - b[1]) <= tolerance
    }

    proptest! {
        #[test]
        fn estimate_recovers_the_transform(truth in similarities()) {
            let from = template(112).landmarks;
            let found = Similarity::estimate(&from, &from.map(|point| truth.apply(point))).unwrap();
            prop_assert!((found.scale() / truth.scale() - 1.0).abs() < 1e-4);
            for point in from.to_array() {
                prop_assert!(near(found.apply(point), truth.apply(point), 2e-3));
            }
        }

        #[test]
        fn estimate_is_the_best_of_its_neighbours(
            noise in prop::array::uniform10(-6.0_f32..6.0),
            nudge in (-0.05_f32..0.05, -0.05_f32..0.05, -2.0_f32..2.0, -2.0_f32..2.0),
        ) {
            let from = template(112).landmarks;
            let mut index = 0;
            let to = from.map(|[x, y]| { index += 2; [x + noise[index - 2], y + noise[index - 1]] });
            let best = Similarity::estimate(&from, &to).unwrap();
            let other = best.then(&Similarity::new(1.0 + nudge.0, nudge.1, [nudge.2, nudge.3]).unwrap());
            let loss = |similarity: &Similarity| -> f32 {
                from.to_array().iter().zip(to.to_array()).map(|(&p, q)| {
                    let p = similarity.apply(p);
                    (p[0] - q[0]).powi(2) + (p[1] - q[1]).powi(2)
                }).sum()
            };
            prop_assert!(loss(&best) <= loss(&other) * (1.0 + 1e-4) + 1e-3);
        }

        #[test]
        fn there_and_back_is_the_identity(there in similarities(), x in -2000.0_f32..2000.0, y in -2000.0_f32..2000.0) {
            prop_assert!(near(there.inverse().apply(there.apply([x, y])), [x, y], 5e-2));
            let round = there.then(&there.inverse());
            prop_assert!((round.scale() - 1.0).abs() < 1e-5 && round.angle().abs() < 1e-5);
            prop_assert!(near(round.apply([x, y]), [x, y], 1e-3));
        }

        #[test]
        fn then_is_one_after_the_other(a in similarities(), b in similarities()) {
            prop_assert!(near(a.then(&b).apply([3.0, 4.0]), b.apply(a.apply([3.0, 4.0])), 1e-2));
            prop_assert!((a.then(&b).scale() / (a.scale() * b.scale()) - 1.0).abs() < 1e-4);
        }
    }

    #[test]
    fn points_that_coincide_or_are_not_finite_give_nothing() {
        let face = template(112).landmarks;
        let heap = face.map(|_| [5.0, 5.0]);
        assert_eq!(Similarity::estimate(&heap, &face), None);
        assert_eq!(Similarity::estimate(&face, &heap), None);
        assert_eq!(
            Similarity::estimate(&face.map(|[x, _]| [x, f32::NAN]), &face),
            None
        );
        assert_eq!(
            Similarity::estimate(&face, &face.map(|[x, _]| [x, f32::INFINITY])),
            None
        );
        assert_eq!(Similarity::new(0.0, 0.0, [0.0; 2]), None);
    }

    #[test]
    fn a_mirrored_face_is_not_reflected() {
        let face = template(112).landmarks;
        let mirrored = face.map(|[x, y]| [112.0 - x, y]);
        let found = Similarity::estimate(&face, &mirrored).unwrap();
        let [[rx, _], [lx, _], ..] = face.map(|point| found.apply(point)).to_array();
        // The best rotation keeps the face upright: the right eye stays left of the left eye
        // although the target has them the other way round, or the scale shrinks to say so.
        assert!(rx < lx || found.scale() < 0.7, "{found:?}");
    }
}
