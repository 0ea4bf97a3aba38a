//! What changes a picture but not its labels: colour, contrast, grey, erased patches.
//!
//! Geometry is not changed here: a flip or shift moves landmarks and sides, which only the task
//! knows.

use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// How strongly pictures are changed; 0 switches a change off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Augment {
    /// Largest gain or loss of contrast, as a factor's logarithm.
    pub contrast: f32,
    /// Largest shift of brightness on the 0-255 scale.
    pub brightness: f32,
    /// Largest gain or loss per colour channel, as a factor's logarithm.
    pub colour: f32,
    /// Share of pictures turned grey.
    pub grey: f32,
    /// Share of pictures with a rectangle erased.
    pub erase: f32,
    /// Largest side of the erased rectangle as a share of the picture's.
    pub erase_size: f32,
    /// Share of pictures mirrored.
    pub flip: f32,
    /// Largest shift of an aligned face in pixels.
    pub shift: i32,
}

impl Default for Augment {
    fn default() -> Self {
        Self {
            contrast: 0.25,
            brightness: 24.0,
            colour: 0.1,
            grey: 0.1,
            erase: 0.25,
            erase_size: 0.4,
            flip: 0.5,
            shift: 2,
        }
    }
}

impl Augment {
    /// Changes one RGB picture in place.
    pub fn apply(&self, pixels: &mut [u8], width: usize, height: usize, rng: &mut ChaCha8Rng) {
        self.recolour(pixels, rng);
        if self.erase > 0.0 && rng.random::<f32>() < self.erase {
            self.erase(pixels, width, height, rng);
        }
    }

    fn recolour(&self, pixels: &mut [u8], rng: &mut ChaCha8Rng) {
        let contrast = signed(rng, self.contrast).exp();
        let brightness = signed(rng, self.brightness);
        let tables = [(); 3].map(|()| {
            let gain = contrast * signed(rng, self.colour).exp();
            let mut table = [0_u8; 256];
            for (value, entry) in table.iter_mut().enumerate() {
                *entry =
                    ((value as f32 - 128.0) * gain + 128.0 + brightness).clamp(0.0, 255.0) as u8;
            }
            table
        });
        let grey = rng.random::<f32>() < self.grey;
        for pixel in pixels.chunks_exact_mut(3) {
            for (value, table) in pixel.iter_mut().zip(&tables) {
                *value = table[usize::from(*value)];
            }
            if grey {
                let luma = (u32::from(pixel[0]) * 77
                    + u32::from(pixel[1]) * 150
                    + u32::from(pixel[2]) * 29)
                    >> 8;
                pixel.fill(luma as u8);
            }
        }
    }

    fn erase(&self, pixels: &mut [u8], width: usize, height: usize, rng: &mut ChaCha8Rng) {
        let side = |rng: &mut ChaCha8Rng, whole: usize| {
            ((rng.random_range(0.1..=1.0_f32) * self.erase_size * whole as f32) as usize)
                .clamp(1, whole)
        };
        let (w, h) = (side(rng, width), side(rng, height));
        let (x0, y0) = (
            rng.random_range(0..=width - w),
            rng.random_range(0..=height - h),
        );
        let colour: [u8; 3] = [rng.random(), rng.random(), rng.random()];
        for row in pixels.chunks_exact_mut(width * 3).skip(y0).take(h) {
            for pixel in row[x0 * 3..(x0 + w) * 3].chunks_exact_mut(3) {
                pixel.copy_from_slice(&colour);
            }
        }
    }
}

fn signed(rng: &mut ChaCha8Rng, limit: f32) -> f32 {
    limit * (rng.random::<f32>() * 2.0 - 1.0)
}

/// Pictures of a batch, on the host.
pub struct PixelBatch {
    /// `[N, height, width, 3]`, rows first.
    pub bytes: Vec<u8>,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl PixelBatch {
    /// How many pictures.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len() / (self.width * self.height * 3)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// On a device.
    ///
    /// # Shapes
    /// - output: `[N, height, width, 3]`, values 0 to 255
    #[must_use]
    pub fn to_tensor(&self, device: &Device) -> Tensor<4, Int> {
        let values: Vec<i32> = self.bytes.iter().map(|&byte| i32::from(byte)).collect();
        Tensor::from_data(
            TensorData::new(values, [self.len(), self.height, self.width, 3]),
            device,
        )
    }
}

/// Mirrors a picture left to right, in place.
pub(crate) fn mirror(pixels: &mut [u8], width: usize) {
    for row in pixels.chunks_exact_mut(width * 3) {
        for x in 0..width / 2 {
            for colour in 0..3 {
                row.swap(x * 3 + colour, (width - 1 - x) * 3 + colour);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn the_same_seed_changes_a_picture_the_same_way() {
        let original: Vec<u8> = (0..8 * 6 * 3).map(|i| (i * 7 % 256) as u8).collect();
        let changed = |seed| {
            let mut pixels = original.clone();
            Augment {
                erase: 1.0,
                ..Augment::default()
            }
            .apply(&mut pixels, 8, 6, &mut ChaCha8Rng::seed_from_u64(seed));
            pixels
        };
        assert_eq!(changed(1), changed(1));
        assert_ne!(changed(1), changed(2));
        assert_ne!(changed(1), original);
    }

    #[test]
    fn a_mirror_twice_is_the_picture() {
        let original: Vec<u8> = (0..5 * 2 * 3).map(|i| i as u8).collect();
        let mut pixels = original.clone();
        mirror(&mut pixels, 5);
        assert_eq!(pixels[..3], original[12..15]);
        mirror(&mut pixels, 5);
        assert_eq!(pixels, original);
    }
}
