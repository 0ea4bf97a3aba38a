//! Two convolutions around which the input passes unchanged (He et al., 2016).

use burn::{
    config::Config,
    module::Module,
    tensor::{Device, Tensor, activation::relu},
};

use super::{ConvBlock, ConvBlockConfig};

/// Configuration of a [`ResidualBlock`].
#[derive(Config, Debug)]
pub struct ResidualBlockConfig {
    /// Channels, in and out.
    pub channels: usize,
}

/// `relu(x + conv(conv(x)))`. Should be created with [`ResidualBlockConfig`].
#[derive(Module, Debug)]
pub struct ResidualBlock {
    first: ConvBlock,
    second: ConvBlock,
}

impl ResidualBlockConfig {
    /// Draws the weights.
    #[must_use]
    pub fn init(&self, device: &Device) -> ResidualBlock {
        let conv = ConvBlockConfig::new([self.channels, self.channels]);
        ResidualBlock {
            first: conv.init(device),
            second: conv.with_rectify(false).init(device),
        }
    }
}

impl ResidualBlock {
    /// # Shapes
    /// - input and output: `[N, channels, H, W]`
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        relu(self.second.forward(self.first.forward(input.clone())) + input)
    }
}
