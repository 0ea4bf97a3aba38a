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
        // In two steps, so that the second moves whole rows: in one, ONNX Runtime moves number by number
        // and takes as long as for a wide convolution.
        let lines: Tensor<4> = image.float().reshape([n, height, columns, across]);
        let lines = lines.permute([0, 1, 3, 2]);
        let patches: Tensor<5> = lines.reshape([n, rows, patch, across, columns]);
        let patches = patches.permute([0, 2, 3, 1, 4]);
        let patches = patches.reshape([n, self.channels(), rows, columns]);
        patches * (2.0 / 255.0) - 1.0
    }
}
