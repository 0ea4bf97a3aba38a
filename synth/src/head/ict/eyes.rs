//! Where an eyeball turns: the sphere that its shell is part of.
//!
//! Takes points of the shell; gives centre and radius of the sphere nearest to them. The cornea
//! stands out of that sphere and is left out of the second of two fits.

use glam::{DMat4, DVec3, DVec4, Vec3};

/// A sphere, in centimetres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ball {
    pub(super) center: Vec3,
    pub(super) radius: f32,
}

/// How far from the sphere, in radii, a point may be that is part of it.
const ON_SPHERE: f64 = 0.03;

impl Ball {
    /// The ball of which `points` are the surface; a point where they are not enough.
    pub(super) fn around(points: &[Vec3]) -> Self {
        let points: Vec<DVec3> = points.iter().map(|point| point.as_dvec3()).collect();
        let middle = points.iter().sum::<DVec3>() / points.len().max(1) as f64;
        let local: Vec<DVec3> = points.into_iter().map(|point| point - middle).collect();
        let (center, radius) = sphere(&local).unwrap_or_default();
        let on_sphere =
            |point: &&DVec3| (point.distance(center) - radius).abs() < ON_SPHERE * radius;
        let near: Vec<DVec3> = local.iter().filter(on_sphere).copied().collect();
        let (center, radius) = sphere(&near).unwrap_or((center, radius));
        Self {
            center: (middle + center).as_vec3(),
            radius: radius as f32,
        }
    }
}

/// Least squares over `|p|^2 = 2 c p + k` with `k = r^2 - |c|^2`.
fn sphere(points: &[DVec3]) -> Option<(DVec3, f64)> {
    let (mut squares, mut right) = (DMat4::ZERO, DVec4::ZERO);
    for point in points {
        let row = (2.0 * point).extend(1.0);
        squares += DMat4::from_cols(row * row.x, row * row.y, row * row.z, row * row.w);
        right += row * point.length_squared();
    }
    let solved = squares.inverse() * right;
    let center = solved.truncate();
    let square = solved.w + center.length_squared();
    (solved.is_finite() && square > 0.0).then(|| (center, square.sqrt()))
}

#[cfg(test)]
mod tests {
    use std::f32::consts::FRAC_PI_8;

    use proptest::prelude::*;

    use super::*;

    /// Points over a sphere, those in front pushed out as a cornea.
    fn shell(center: Vec3, radius: f32, bulge: f32) -> Vec<Vec3> {
        let ring = |row: i32| {
            let height = row as f32 / 10.0;
            (0..16).map(move |step| {
                let (sin, cos) = (step as f32 * FRAC_PI_8).sin_cos();
                let flat = (1.0 - height * height).max(0.0).sqrt();
                Vec3::new(flat * cos, flat * sin, height)
            })
        };
        let out = |way: Vec3| radius * (1.0 + if way.z > 0.85 { bulge } else { 0.0 });
        (-10..=10)
            .flat_map(ring)
            .map(|way| center + way * out(way))
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn a_ball_is_found_in_spite_of_its_cornea(x in -5.0_f32..5.0, y in -5.0_f32..5.0, radius in 0.9_f32..2.0) {
            let center = Vec3::new(x, y, 7.0);
            let ball = Ball::around(&shell(center, radius, 0.12));
            prop_assert!(ball.center.distance(center) < 0.01 * radius, "{:?}", ball);
            prop_assert!((ball.radius - radius).abs() < 0.01 * radius, "{:?}", ball);
        }
    }

    #[test]
    fn too_few_points_give_a_point() {
        let ball = Ball::around(&[Vec3::X, Vec3::X]);
        assert_eq!((ball.center, ball.radius), (Vec3::X, 0.0));
        assert_eq!(Ball::around(&[]).center, Vec3::ZERO);
    }
}
