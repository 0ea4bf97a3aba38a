//! Value noise: cheap, seeded, the same on every machine.
//!
//! Takes lattice coordinates and a seed; gives numbers in [0, 1).

use glam::{Vec2, Vec3};
use wide::{f32x4, i32x4, u32x4};

/// Odd numbers whose bits look like chance.
const COLUMN: u32 = 0x9e37_79b1;
const ROW: u32 = 0x85eb_ca77;
const SEED: u32 = 0xc2b2_ae3d;
const MIX: [u32; 2] = [0x2c1b_3c6d, 0x297a_2d39];

/// A well-mixed 32-bit hash of three numbers.
#[must_use]
pub const fn hash(x: u32, y: u32, seed: u32) -> u32 {
    let mut h = x.wrapping_mul(COLUMN) ^ y.wrapping_mul(ROW) ^ seed.wrapping_mul(SEED);
    h ^= h >> 15;
    h = h.wrapping_mul(MIX[0]);
    h ^= h >> 12;
    h = h.wrapping_mul(MIX[1]);
    h ^ (h >> 15)
}

/// [`hash`] as a number in [0, 1).
#[must_use]
pub fn unit(x: u32, y: u32, seed: u32) -> f32 {
    (hash(x, y, seed) >> 8) as f32 / 16_777_216.0
}

/// The integer below, without a call into the mathematics library.
#[must_use]
pub const fn below(value: f32) -> i32 {
    let towards_zero = value as i32;
    towards_zero - (value < towards_zero as f32) as i32
}

/// Smooth noise in the plane with features one unit wide.
#[must_use]
pub fn plane(at: Vec2, seed: u32) -> f32 {
    let (x, y) = (below(at.x), below(at.y));
    let f = at - Vec2::new(x as f32, y as f32);
    let w = f * f * (3.0 - 2.0 * f);
    let (x, y) = (x as u32, y as u32);
    let (x1, y1) = (x.wrapping_add(1), y.wrapping_add(1));
    let top = unit(x, y, seed) * (1.0 - w.x) + unit(x1, y, seed) * w.x;
    let bottom = unit(x, y1, seed) * (1.0 - w.x) + unit(x1, y1, seed) * w.x;
    top * (1.0 - w.y) + bottom * w.y
}

/// [`plane`] at four points.
#[must_use]
#[inline(always)]
pub fn planes([x, y]: [f32x4; 2], seed: u32) -> f32x4 {
    let lattice = |at: f32x4| {
        let towards_zero = at.fast_trunc_int();
        let above: i32x4 = bytemuck::cast(at.simd_lt(f32x4::from_i32x4(towards_zero)));
        let below = towards_zero + above;
        let f = at - f32x4::from_i32x4(below);
        let below: u32x4 = bytemuck::cast(below);
        (below, f * f * (3.0 - 2.0 * f))
    };
    let ((x, across), (y, along)) = (lattice(x), lattice(y));
    let columns = [x, x + u32x4::ONE].map(|x| x * u32x4::splat(COLUMN));
    let rows = [y, y + u32x4::ONE].map(|y| (y * u32x4::splat(ROW)) ^ seed.wrapping_mul(SEED));
    let [top, bottom] = rows.map(|row| {
        let [left, right] = columns.map(|column| units(mix(column ^ row)));
        left + (right - left) * across
    });
    top + (bottom - top) * along
}

/// [`hash`] of four numbers.
#[must_use]
#[inline(always)]
pub fn hashes(x: u32x4, y: u32, seed: u32) -> u32x4 {
    mix((x * u32x4::splat(COLUMN)) ^ (y.wrapping_mul(ROW) ^ seed.wrapping_mul(SEED)))
}

/// The last steps of [`hash`].
#[inline(always)]
fn mix(mut h: u32x4) -> u32x4 {
    h ^= h >> 15;
    h *= u32x4::splat(MIX[0]);
    h ^= h >> 12;
    h *= u32x4::splat(MIX[1]);
    h ^ (h >> 15)
}

/// Hashes as numbers in [0, 1).
#[inline(always)]
pub(super) fn units(hashes: u32x4) -> f32x4 {
    let large: i32x4 = bytemuck::cast(hashes >> 8);
    f32x4::from_i32x4(large) * (1.0 / 16_777_216.0)
}

/// Smooth noise in space with features one unit wide.
#[must_use]
pub fn space(at: Vec3, seed: u32) -> f32 {
    let layer = below(at.z);
    let f = at.z - layer as f32;
    let w = f * f * (3.0 - 2.0 * f);
    let layer = layer as u32;
    let near = plane(at.truncate(), seed ^ hash(layer, 7, seed));
    let far = plane(at.truncate(), seed ^ hash(layer.wrapping_add(1), 7, seed));
    near * (1.0 - w) + far * w
}

/// Sum of `octaves` of [`plane`], each twice as fine and half as strong; mean about 0.5.
#[must_use]
pub fn fractal(mut at: Vec2, octaves: u32, seed: u32) -> f32 {
    let (mut sum, mut total, mut gain) = (0.0, 0.0, 1.0);
    for octave in 0..octaves {
        sum += gain * plane(at, seed.wrapping_add(octave));
        total += gain;
        gain *= 0.5;
        at *= 2.03;
    }
    sum / total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_smooth_bounded_and_seeded() {
        let mut last = plane(Vec2::new(-3.0, 0.3), 5);
        for step in 1..600 {
            let at = Vec2::new(-3.0 + step as f32 * 0.01, 0.3);
            let now = plane(at, 5);
            assert!(
                (0.0..1.0).contains(&now) && (now - last).abs() < 0.03,
                "{at}: {last} {now}"
            );
            last = now;
        }
        let xs = [-3.7, -0.2, 0.9, 410.3];
        let four = planes([f32x4::new(xs), f32x4::splat(-8.6)], 5).to_array();
        for (x, near) in xs.into_iter().zip(four) {
            let one = plane(Vec2::new(x, -8.6), 5);
            assert!((one - near).abs() < 1e-5, "{x}: {one} {near}");
        }
        assert_ne!(plane(Vec2::splat(0.4), 1), plane(Vec2::splat(0.4), 2));
        let at = Vec3::new(0.2, 0.7, 1.0);
        assert!((space(at, 3) - space(at - Vec3::Z * 1e-4, 3)).abs() < 1e-3);
    }
}
