//! One-dimensional shapes that everything in the built-in head is made of.

/// A smooth curve through points with ascending abscissae; constant beyond its ends.
pub(super) struct Curve(pub(super) &'static [(f32, f32)]);

impl Curve {
    /// Cubic Hermite interpolation with the slopes of the neighbours, flat at extrema: the curve
    /// never leaves the range of the points around it.
    pub(super) fn at(&self, x: f32) -> f32 {
        let points = self.0;
        let next = points.partition_point(|(at, _)| *at <= x);
        if next == 0 {
            return points[0].1;
        }
        if next == points.len() {
            return points[next - 1].1;
        }
        let ((x0, y0), (x1, y1)) = (points[next - 1], points[next]);
        let width = x1 - x0;
        let t = (x - x0) / width;
        let (t2, t3) = (t * t, t * t * t);
        (2.0 * t3 - 3.0 * t2 + 1.0) * y0
            + (t3 - 2.0 * t2 + t) * width * self.slope(next - 1)
            + (3.0 * t2 - 2.0 * t3) * y1
            + (t3 - t2) * width * self.slope(next)
    }

    fn slope(&self, index: usize) -> f32 {
        let points = self.0;
        if index == 0 || index + 1 == points.len() {
            return 0.0;
        }
        let rise = |a: (f32, f32), b: (f32, f32)| (b.1 - a.1) / (b.0 - a.0);
        let (before, after) = (
            rise(points[index - 1], points[index]),
            rise(points[index], points[index + 1]),
        );
        if before * after <= 0.0 {
            0.0
        } else {
            2.0 * before * after / (before + after)
        }
    }
}

/// exp(-x^2).
pub(super) fn bell(x: f32) -> f32 {
    (-x * x).exp()
}

/// A hill of height 1 at `at` that falls off over `radius`.
pub(super) fn bump(x: f32, y: f32, at: [f32; 2], radius: [f32; 2]) -> f32 {
    let (dx, dy) = ((x - at[0]) / radius[0], (y - at[1]) / radius[1]);
    let square = dx * dx + dy * dy;
    if square > 12.0 { 0.0 } else { (-square).exp() }
}

/// 0 below 0, 1 above 1, smooth between.
pub(super) fn smooth(x: f32) -> f32 {
    let t = x.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HILL: Curve = Curve(&[(0.0, 1.0), (1.0, 4.0), (3.0, 3.0), (4.0, 0.0)]);

    #[test]
    fn the_curve_goes_through_its_points_and_stays_beyond_them() {
        for (x, y) in HILL.0 {
            assert!((HILL.at(*x) - y).abs() < 1e-6);
        }
        assert_eq!((HILL.at(-5.0), HILL.at(9.0)), (1.0, 0.0));
    }

    proptest! {
        #[test]
        fn the_curve_never_overshoots(x in -1.0_f32..5.0) {
            prop_assert!((0.0..=4.0).contains(&HILL.at(x)));
        }
    }
}
