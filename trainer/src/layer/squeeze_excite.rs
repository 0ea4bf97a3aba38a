//! Squeeze-and-excitation: channels weighted by what the whole image holds (Hu et al., 2018).

use burn::{
    config::Config,
    module::Module,
    nn::{Linear, LinearConfig},
    tensor::{
        Device, Tensor,
        activation::{relu, sigmoid},
    },
};

/// Configuration of a [`SqueezeExcite`].
#[derive(Config, Debug)]
pub struct SqueezeExciteConfig {
    /// Channels, in and out.
    pub channels: usize,
    /// How many times narrower the bottleneck is.
    #[config(default = 4)]
    pub reduction: usize,
}

/// Mean over space, bottleneck, sigmoid weight per channel. Should be created with
/// [`SqueezeExciteConfig`].
#[derive(Module, Debug)]
pub struct SqueezeExcite {
    squeeze: Linear,
    excite: Linear,
}

impl SqueezeExciteConfig {
    /// Draws the weights.
    #[must_use]
    pub fn init(&self, device: &Device) -> SqueezeExcite {
        let hidden = (self.channels / self.reduction).max(1);
        SqueezeExcite {
            squeeze: LinearConfig::new(self.channels, hidden).init(device),
            excite: LinearConfig::new(hidden, self.channels).init(device),
        }
    }
}

impl SqueezeExcite {
    /// # Shapes
    /// - input and output: `[N, channels, H, W]`
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let [n, channels, height, width] = input.dims();
        let pooled = input
            .clone()
            .reshape([n, channels, height * width])
            .mean_dim(2)
            .reshape([n, channels]);
        let weight = sigmoid(self.excite.forward(relu(self.squeeze.forward(pooled)))); // [N, channels]
        input * weight.reshape([n, channels, 1, 1])
    }
}
