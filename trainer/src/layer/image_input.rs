//! From bytes of an image to the first feature map.
//!
//! Cast, scale and layout live in the network, so that nobody can get them wrong outside. Space
//! moves into depth first: a patch of `patch x patch` pixels becomes one position with
//! `3 * patch^2` channels, which keeps every pixel and spares the widest convolutions.

use burn::tensor::{Int, Tensor};

/// uint8 RGB, rows first, to patches in [-1, 1], channels first. Has no weights.
#[derive(Clone, Copy, Debug)]
pub struct ImageInput {
    /// Side of a patch in pixels.
    pub patch: usize,
}

impl ImageInput {
    /// Channels of the output.
    #[must_use]
    pub const fn channels(self) -> usize {
        3 * self.patch * self.patch
    }

    /// # Shapes
    /// - image: `[N, H, W, 3]`, values 0 to 255; H and W are multiples of `patch`
    /// - output: `[N, 3 * patch^2, H / patch, W / patch]`
    pub fn forward(self, image: Tensor<4, Int>) -> Tensor<4> {
        let patch = self.patch;
        let [n, height, width, colours] = image.dims();
        let (rows, columns, across) = (height / patch, width / patch, patch * colours);
        // In two steps, so that the second moves whole rows: in one, ONNX Runtime moves number by number.
        let lines: Tensor<4> = image.float().reshape([n, height, columns, across]);
        let lines = lines.permute([0, 1, 3, 2]);
        let patches: Tensor<5> = lines.reshape([n, rows, patch, across, columns]);
        let patches = patches.permute([0, 2, 3, 1, 4]);
        let patches = patches.reshape([n, self.channels(), rows, columns]);
        patches * (2.0 / 255.0) - 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};

    /// Every trained weight of a first layer depends on the order of its channels.
    #[test]
    fn a_channel_is_a_row_a_column_and_a_colour_of_a_patch() {
        let (height, width, patch) = (4, 6, 2);
        let bytes: Vec<i64> = (0..2 * height * width * 3).map(|at| at as i64).collect();
        let image = TensorData::new(bytes, [2, height, width, 3]);
        let image = Tensor::<4, Int>::from_data(image, &Device::flex());
        let patches = ImageInput { patch }.forward(image);
        assert_eq!(patches.dims(), [2, 12, 2, 3]);
        let found: Vec<f32> = patches.into_data().try_to_vec().unwrap();
        let mut place = 0;
        for n in 0..2 {
            for channel in 0..12 {
                let (y, x, colour) = (channel / 6, channel / 3 % 2, channel % 3);
                for row in 0..2 {
                    for column in 0..3 {
                        let line = n * height + row * patch + y;
                        let byte = (line * width + column * patch + x) * 3 + colour;
                        let wanted = byte as f32 * (2.0 / 255.0) - 1.0;
                        assert!((found[place] - wanted).abs() < 1e-5, "{place}: {found:?}");
                        place += 1;
                    }
                }
            }
        }
    }
}
