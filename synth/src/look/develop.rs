//! From light to levels: exposure, colour, the transfer curve, grain.
//!
//! Takes linear light, rows first; gives bytes. Four pixels at a time: all of a sensor's steps are
//! the same for every pixel.

use wide::{f32x4, u32x4};

use super::{colour::LUMA, film::Film};
use crate::render::{Picture, Vec3x4, Work, fastest, noise};

impl Film {
    /// Levels of a picture whose mean light is `metered`.
    pub(super) fn develop(&self, picture: &Picture, metered: f32) -> Vec<u8> {
        fastest(Developing {
            film: self,
            picture,
            metered,
        })
    }

    #[inline(always)]
    fn bytes(&self, picture: &Picture, metered: f32) -> Vec<u8> {
        let gain = self.exposure * (0.24 / metered.max(0.005)).powf(0.75);
        let curve = Curve::new(self.gamma, self.contrast);
        let mut bytes = Vec::with_capacity((picture.pixels.len() + 4) * 3);
        for (row, pixels) in picture.pixels.chunks_exact(picture.width).enumerate() {
            let lamp = self.flicker.at(row as f32 / picture.height as f32);
            let filter = Vec3x4::splat(self.white * (gain * lamp));
            let start = row * picture.width;
            for (four, column) in pixels.chunks(4).zip((0..).step_by(4)) {
                let light = std::array::from_fn(|lane| four[lane.min(four.len() - 1)]);
                let levels = self.levels(&curve, Vec3x4::new(light) * filter);
                let levels = levels + self.grain((start + column) as u32);
                let [red, green, blue] = [levels.x, levels.y, levels.z].map(to_bytes);
                for lane in 0..four.len() {
                    bytes.extend([red[lane], green[lane], blue[lane]]);
                }
            }
        }
        bytes
    }

    #[inline(always)]
    fn levels(&self, curve: &Curve, light: Vec3x4) -> Vec3x4 {
        let grey = light.dot(Vec3x4::splat(LUMA));
        let colour = |axis: f32x4| curve.at(grey + (axis - grey) * self.saturation);
        Vec3x4 {
            x: colour(light.x),
            y: colour(light.y),
            z: colour(light.z),
        }
    }

    /// Noise of four pixels from the one numbered `first` on, in levels: some is in all channels
    /// alike.
    #[inline(always)]
    fn grain(&self, first: u32) -> Vec3x4 {
        let pixels = u32x4::splat(first) + u32x4::new([0, 1, 2, 3]);
        let [shared, red] = bells(noise::hashes(pixels, self.seed, 1));
        let [green, blue] = bells(noise::hashes(pixels, self.seed, 2));
        let own = if self.saturation == 0.0 { 0.0 } else { 0.5 };
        let channel = |bell: f32x4| (bell * own + shared * 0.8) * self.noise;
        Vec3x4 {
            x: channel(red),
            y: channel(green),
            z: channel(blue),
        }
    }
}

/// A picture in the bath.
struct Developing<'a> {
    film: &'a Film,
    picture: &'a Picture,
    metered: f32,
}

impl Work for Developing<'_> {
    type Output = Vec<u8>;

    #[inline(always)]
    fn call(self) -> Vec<u8> {
        self.film.bytes(self.picture, self.metered)
    }
}

/// Rounded and kept within a byte.
#[inline(always)]
fn to_bytes(levels: f32x4) -> [u8; 4] {
    let rounded = (levels + 0.5).fast_max(f32x4::ZERO);
    let rounded = rounded.fast_min(f32x4::splat(255.0)).fast_trunc_int();
    rounded.to_array().map(|level| level as u8)
}

/// Light to levels, as a table.
struct Curve([f32; Self::STEPS]);

impl Curve {
    const STEPS: usize = 1024;
    /// Light at the end of the table.
    const END: f32 = 4.0;

    fn new(gamma: f32, contrast: f32) -> Self {
        Self(std::array::from_fn(|step| {
            // Steps lie closer in the dark: the table is over the square root of light.
            let root = step as f32 / (Self::STEPS - 1) as f32;
            let light = root * root * Self::END;
            let soft = light * (1.0 + 0.09 * light) / (1.0 + 0.6 * light) * 1.14;
            let level = soft.min(1.0).powf(gamma / 2.2);
            let steep = level * level * (3.0 - 2.0 * level);
            255.0 * (level + (steep - level) * contrast).clamp(0.0, 1.0)
        }))
    }

    #[inline(always)]
    fn at(&self, light: f32x4) -> f32x4 {
        let light = light
            .fast_max(f32x4::ZERO)
            .fast_min(f32x4::splat(Self::END));
        let step = (light / Self::END).sqrt() * (Self::STEPS - 1) as f32;
        let steps = step.fast_trunc_int().to_array();
        f32x4::new(steps.map(|step| self.0[step as usize % Self::STEPS]))
    }
}

/// Twice four numbers that are about normal, of deviation 1: each the sum of four uniform half
/// bytes.
#[inline(always)]
fn bells(hashes: u32x4) -> [f32x4; 2] {
    let halves = u32x4::splat(0x0f0f_0f0f);
    let pairs = u32x4::splat(0x00ff_00ff);
    // Four half bytes are added at once, then two bytes.
    let bytes = (hashes & halves) + ((hashes >> 4) & halves);
    let sums = (bytes & pairs) + ((bytes >> 8) & pairs);
    [sums & u32x4::splat(0xffff), sums >> 16].map(|sum| {
        let sum = f32x4::from_i32x4(bytemuck::cast(sum));
        (sum - 30.0) * (1.0 / 9.22)
    })
}

#[cfg(test)]
mod tests {
    use glam::{Vec2, Vec2Swizzles};

    use super::*;

    #[test]
    fn grain_is_normal_and_its_channels_do_not_follow_each_other() {
        let [mut squares, mut product] = [Vec2::ZERO, Vec2::ZERO];
        for first in (0..20_000).step_by(4) {
            let pixels = u32x4::splat(first) + u32x4::new([0, 1, 2, 3]);
            let [one, other] = bells(noise::hashes(pixels, 5, 1)).map(f32x4::to_array);
            for pair in one.into_iter().zip(other) {
                let pair = Vec2::from(pair);
                squares += pair * pair;
                product += pair * pair.yx();
            }
        }
        let (deviation, correlation) = (squares / 20_000.0, product / 20_000.0);
        assert!((deviation - 1.0).abs().max_element() < 0.03, "{deviation}");
        assert!(correlation.abs().max_element() < 0.03, "{correlation}");
    }
}
