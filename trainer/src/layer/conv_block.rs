//! Convolution, batch normalisation and, where wanted, a rectifier.

use burn::{
    config::Config,
    module::{Initializer, Module},
    nn::{
        BatchNorm, BatchNormConfig, PaddingConfig2d,
        conv::{Conv2d, Conv2dConfig},
    },
    tensor::{Device, Tensor, activation::relu},
};

/// Configuration of a [`ConvBlock`].
#[derive(Config, Debug)]
pub struct ConvBlockConfig {
    /// Channels in and out.
    pub channels: [usize; 2],
    /// Side of the square kernel; odd.
    #[config(default = 3)]
    pub kernel: usize,
    /// Step in both directions.
    #[config(default = 1)]
    pub stride: usize,
    /// Whether a rectifier follows.
    #[config(default = true)]
    pub rectify: bool,
}

/// Dense convolution without bias, batch normalisation, rectifier. Should be created with
/// [`ConvBlockConfig`].
#[derive(Module, Debug)]
pub struct ConvBlock {
    conv: Conv2d,
    norm: BatchNorm,
    rectify: bool,
}

impl ConvBlockConfig {
    /// Draws the weights (He et al., 2015, fan out).
    #[must_use]
    pub fn init(&self, device: &Device) -> ConvBlock {
        let half = self.kernel / 2;
        ConvBlock {
            conv: Conv2dConfig::new(self.channels, [self.kernel, self.kernel])
                .with_stride([self.stride, self.stride])
                .with_padding(PaddingConfig2d::Explicit(half, half, half, half))
                .with_bias(false)
                .with_initializer(Initializer::KaimingNormal {
                    gain: std::f64::consts::SQRT_2,
                    fan_out_only: true,
                })
                .init(device),
            norm: BatchNormConfig::new(self.channels[1]).init(device),
            rectify: self.rectify,
        }
    }
}

impl ConvBlock {
    /// # Shapes
    /// - input: `[N, channels_in, H, W]`
    /// - output: `[N, channels_out, ceil(H / stride), ceil(W / stride)]`
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let output = self.norm.forward(self.conv.forward(input));
        if self.rectify { relu(output) } else { output }
    }
}
