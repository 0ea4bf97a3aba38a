//! Vectors of four points at once, one array per axis.
//!
//! Takes and gives [`f32x4`] per axis; a lane is a point.

use std::ops::{Add, AddAssign, Mul, Sub};

use glam::Vec3;
use wide::f32x4;

/// Four vectors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vec3x4 {
    pub(crate) x: f32x4,
    pub(crate) y: f32x4,
    pub(crate) z: f32x4,
}

impl Vec3x4 {
    pub(crate) const ZERO: Self = Self {
        x: f32x4::ZERO,
        y: f32x4::ZERO,
        z: f32x4::ZERO,
    };

    /// The same vector in all lanes.
    #[inline(always)]
    pub(crate) fn splat(vector: Vec3) -> Self {
        Self {
            x: f32x4::splat(vector.x),
            y: f32x4::splat(vector.y),
            z: f32x4::splat(vector.z),
        }
    }

    /// One vector per lane.
    #[inline(always)]
    pub(crate) fn new([a, b, c, d]: [Vec3; 4]) -> Self {
        Self {
            x: f32x4::new([a.x, b.x, c.x, d.x]),
            y: f32x4::new([a.y, b.y, c.y, d.y]),
            z: f32x4::new([a.z, b.z, c.z, d.z]),
        }
    }

    /// The vector of every lane.
    #[inline(always)]
    pub(crate) fn to_array(self) -> [Vec3; 4] {
        let [x, y, z] = [self.x, self.y, self.z].map(f32x4::to_array);
        std::array::from_fn(|lane| Vec3::new(x[lane], y[lane], z[lane]))
    }

    #[inline(always)]
    pub(crate) fn dot(self, other: Self) -> f32x4 {
        self.x * other.x + self.y * other.y + self.z * other.z
    }

    /// Of length 1; those without a length, `or`.
    #[inline(always)]
    pub(crate) fn normalize_or(self, or: Vec3) -> Self {
        let square = self.dot(self);
        let some = square.simd_gt(f32x4::splat(1e-30));
        let scaled = self * (f32x4::ONE / square.sqrt());
        Self::select(some, scaled, Self::splat(or))
    }

    #[inline(always)]
    pub(crate) fn max_zero(self) -> Self {
        self.each(|axis| axis.fast_max(f32x4::ZERO))
    }

    /// `yes` where a lane of `mask` is set, `no` elsewhere.
    #[inline(always)]
    pub(crate) fn select(mask: f32x4, yes: Self, no: Self) -> Self {
        Self {
            x: mask.bitselect(yes.x, no.x),
            y: mask.bitselect(yes.y, no.y),
            z: mask.bitselect(yes.z, no.z),
        }
    }

    #[inline(always)]
    fn each(self, change: impl Fn(f32x4) -> f32x4) -> Self {
        Self {
            x: change(self.x),
            y: change(self.y),
            z: change(self.z),
        }
    }
}

impl Add for Vec3x4 {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self {
            x: self.x + other.x,
            y: self.y + other.y,
            z: self.z + other.z,
        }
    }
}

impl AddAssign for Vec3x4 {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Vec3x4 {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self {
            x: self.x - other.x,
            y: self.y - other.y,
            z: self.z - other.z,
        }
    }
}

impl Mul for Vec3x4 {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self {
            x: self.x * other.x,
            y: self.y * other.y,
            z: self.z * other.z,
        }
    }
}

impl Mul<f32x4> for Vec3x4 {
    type Output = Self;

    #[inline(always)]
    fn mul(self, factor: f32x4) -> Self {
        self.each(|axis| axis * factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_do_what_single_vectors_do() {
        let one = [Vec3::X, Vec3::new(1.0, -2.0, 3.0), Vec3::ZERO, Vec3::ONE];
        let other = Vec3::new(0.3, 0.2, -0.9);
        let (a, b) = (Vec3x4::new(one), Vec3x4::splat(other));
        let products = a.dot(b).to_array();
        let unit = (a - b + b).normalize_or(Vec3::Z).to_array();
        for (lane, vector) in one.into_iter().enumerate() {
            assert!((products[lane] - vector.dot(other)).abs() < 1e-6);
            let expected = vector.normalize_or(Vec3::Z);
            assert!(unit[lane].abs_diff_eq(expected, 1e-5), "{unit:?}");
        }
    }
}
