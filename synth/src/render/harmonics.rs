//! Light from all around, in spherical harmonics up to the second order.
//!
//! Takes discs of light on the sphere around a scene; gives what a matt surface facing any
//! direction receives of them. Nine coefficients per colour hold that to a few hundredths
//! (Ramamoorthi and Hanrahan, 2001): a cosine passes nothing finer.

use std::ops::{AddAssign, MulAssign};

use glam::Vec3;

use super::lanes::Vec3x4;

/// Light that arrives at surfaces, by the direction they face. The coefficients belong to 1, x, y,
/// z, xy, yz, zx, 3zz - 1 and xx - yy of the normal.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Harmonics(pub [Vec3; 9]);

impl Harmonics {
    /// The same light from everywhere.
    #[must_use]
    pub fn even(radiance: Vec3) -> Self {
        let mut harmonics = Self::default();
        harmonics.0[0] = radiance;
        harmonics
    }

    /// A disc of even light around a unit vector; `angle`, in radians, is from its middle to its
    /// edge: half a pi is half of the sphere.
    #[must_use]
    pub fn disc(towards: Vec3, angle: f32, radiance: Vec3) -> Self {
        let (sin, cos) = angle.sin_cos();
        // Coefficients of a disc times those of the cosine, 1, 2/3 and 1/4.
        let mean = radiance * (0.5 * (1.0 - cos));
        let linear = radiance * (0.5 * sin * sin);
        let square = radiance * (5.0 / 16.0 * cos * sin * sin);
        let Vec3 { x, y, z } = towards;
        Self([
            mean,
            linear * x,
            linear * y,
            linear * z,
            square * (3.0 * x * y),
            square * (3.0 * y * z),
            square * (3.0 * z * x),
            square * (0.25 * (3.0 * z * z - 1.0)),
            square * (0.75 * (x * x - y * y)),
        ])
    }

    /// What surfaces with these normals receive.
    #[inline(always)]
    pub(super) fn at(&self, Vec3x4 { x, y, z }: Vec3x4) -> Vec3x4 {
        let basis = [
            x,
            y,
            z,
            x * y,
            y * z,
            z * x,
            3.0 * z * z - 1.0,
            x * x - y * y,
        ];
        let mut sum = Vec3x4::splat(self.0[0]);
        for (coefficient, base) in self.0[1..].iter().zip(basis) {
            sum += Vec3x4::splat(*coefficient) * base;
        }
        sum.max_zero()
    }

    /// The mean over all directions.
    #[must_use]
    pub const fn mean(&self) -> Vec3 {
        self.0[0]
    }
}

impl AddAssign for Harmonics {
    fn add_assign(&mut self, other: Self) {
        for (sum, coefficient) in self.0.iter_mut().zip(other.0) {
            *sum += coefficient;
        }
    }
}

impl MulAssign<f32> for Harmonics {
    fn mul_assign(&mut self, factor: f32) {
        for coefficient in &mut self.0 {
            *coefficient *= factor;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::f32::consts::{FRAC_PI_2, PI, TAU};

    use super::*;

    /// Light on a normal by adding up a disc's small parts.
    fn added_up(towards: Vec3, angle: f32, normal: Vec3) -> f32 {
        let side = towards.any_orthonormal_vector();
        let up = towards.cross(side);
        let (rings, turns) = (200, 200);
        let mut sum = 0.0;
        for ring in 0..rings {
            let polar = (ring as f32 + 0.5) / rings as f32 * angle;
            for turn in 0..turns {
                let (sin, cos) = (turn as f32 / turns as f32 * TAU).sin_cos();
                let from = towards * polar.cos() + (side * cos + up * sin) * polar.sin();
                sum += normal.dot(from).max(0.0) * polar.sin();
            }
        }
        sum * (angle / rings as f32) * (TAU / turns as f32) / PI
    }

    #[test]
    fn nine_coefficients_come_near_the_light_added_up() {
        let towards = Vec3::new(0.5, 0.6, -0.4).normalize();
        for angle in [0.4, 0.9, FRAC_PI_2, 2.2] {
            let light = Harmonics::disc(towards, angle, Vec3::ONE);
            for normal in [towards, Vec3::X, Vec3::Y, Vec3::Z, -towards] {
                let (near, exact) = (
                    light.at(Vec3x4::splat(normal)).to_array()[0].x,
                    added_up(towards, angle, normal),
                );
                assert!(
                    (near - exact).abs() < 0.05 * (1.0 - angle.cos()).max(0.4),
                    "{angle} {normal}: {near} for {exact}"
                );
            }
        }
    }

    #[test]
    fn discs_of_both_halves_are_even_light() {
        let mut light = Harmonics::disc(Vec3::Y, FRAC_PI_2, Vec3::ONE);
        light += Harmonics::disc(-Vec3::Y, FRAC_PI_2, Vec3::ONE);
        for (one, other) in light.0.iter().zip(Harmonics::even(Vec3::ONE).0) {
            assert!(one.abs_diff_eq(other, 1e-6), "{light:?}");
        }
    }
}
