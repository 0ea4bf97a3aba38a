//! From an aligned face to one embedding: convolutions, squeeze-and-excitation, one dense layer.
//!
//! A face is aligned, so where something happens tells which action unit it is: the last feature
//! map is flattened, not averaged.

use burn::{
    config::Config,
    module::Module,
    nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig},
    tensor::{Device, Int, Tensor},
};

use super::{
    ConvBlock, ConvBlockConfig, ImageInput, ResidualBlock, ResidualBlockConfig, SqueezeExcite,
    SqueezeExciteConfig,
};

/// Configuration of a [`Backbone`].
#[derive(Config, Debug)]
pub struct BackboneConfig {
    /// Side of the square input in pixels; a multiple of `patch * 2^(widths - 1)`.
    pub size: usize,
    /// Length of the embedding (`D`).
    pub embedding: usize,
    /// Channels per stage; every stage after the first halves the resolution.
    pub widths: Vec<usize>,
    /// Residual blocks per stage.
    pub blocks: usize,
    /// Channels of the map that is flattened.
    pub neck: usize,
    /// Side of an input patch in pixels.
    #[config(default = 4)]
    pub patch: usize,
}

/// Image to embedding `z_img`. Should be created with [`BackboneConfig`].
#[derive(Module, Debug)]
pub struct Backbone {
    stages: Vec<Stage>,
    attention: SqueezeExcite,
    neck: ConvBlock,
    embed: Linear,
    norm: BatchNorm,
    patch: usize,
}

/// A change of width (and resolution), then residual blocks.
#[derive(Module, Debug)]
struct Stage {
    enter: ConvBlock,
    blocks: Vec<ResidualBlock>,
}

impl BackboneConfig {
    /// Draws the weights.
    ///
    /// # Panics
    /// When `widths` is empty or `size` is not a multiple of the total stride.
    #[must_use]
    pub fn init(&self, device: &Device) -> Backbone {
        let stride = self.patch << (self.widths.len() - 1);
        assert_eq!(
            self.size % stride,
            0,
            "size {} is not a multiple of the total stride {stride}",
            self.size
        );
        let input = ImageInput { patch: self.patch }.channels();
        let entered = std::iter::once(&input).chain(&self.widths);
        let stages = entered
            .zip(&self.widths)
            .enumerate()
            .map(|(index, (&from, &width))| Stage {
                enter: ConvBlockConfig::new([from, width])
                    .with_stride(if index == 0 { 1 } else { 2 })
                    .init(device),
                blocks: (0..self.blocks)
                    .map(|_| ResidualBlockConfig::new(width).init(device))
                    .collect(),
            })
            .collect();
        let (last, side) = (self.widths[self.widths.len() - 1], self.size / stride);
        Backbone {
            stages,
            attention: SqueezeExciteConfig::new(last).init(device),
            neck: ConvBlockConfig::new([last, self.neck])
                .with_kernel(1)
                .init(device),
            embed: LinearConfig::new(self.neck * side * side, self.embedding)
                .with_bias(false)
                .init(device),
            norm: BatchNormConfig::new(self.embedding).init(device),
            patch: self.patch,
        }
    }
}

impl Backbone {
    /// # Shapes
    /// - face: `[N, S, S, 3]`, values 0 to 255
    /// - output: `[N, D]`
    pub fn forward(&self, face: Tensor<4, Int>) -> Tensor<2> {
        let mut map = ImageInput { patch: self.patch }.forward(face);
        for stage in &self.stages {
            map = stage
                .blocks
                .iter()
                .fold(stage.enter.forward(map), |map, block| block.forward(map));
        }
        let map = self.neck.forward(self.attention.forward(map));
        let [n, channels, height, width] = map.dims();
        let embedding = self
            .embed
            .forward(map.reshape([n, channels * height * width]));
        self.norm.forward(embedding)
    }
}
