//! The network: a backbone, then one dense layer for the score and the ten coordinates.

use burn::{
    config::Config,
    module::Module,
    nn::{Linear, LinearConfig},
    tensor::{
        Device, Int, Tensor,
        activation::{relu, sigmoid},
    },
};

use crate::layer::{Backbone, BackboneConfig};

/// Score and landmarks.
const OUTPUTS: usize = 1 + 10;
/// Coordinates, in shares of the window, are the middle plus so many times the layer's output:
/// about their spread over faces.
const SPREAD: f32 = 0.2;

/// Configuration of a [`FaceRefiner`].
#[derive(Config, Debug)]
pub struct FaceRefinerConfig {
    /// Window to embedding.
    pub backbone: BackboneConfig,
}

/// Window to score and landmarks. Should be created with [`FaceRefinerConfig`].
#[derive(Module, Debug)]
pub struct FaceRefiner {
    backbone: Backbone,
    output: Linear,
    size: usize,
}

/// Predictions in the network's own numbers.
pub struct FaceRefinerRaw {
    /// Logits, `[N]`.
    pub scores: Tensor<1>,
    /// `[N, 10]`, shares of the window's side.
    pub landmarks: Tensor<2>,
}

/// Predictions as they are exported.
pub struct FaceRefinerOutput {
    /// `[N]`: probability that a face is in the middle of the window.
    pub scores: Tensor<1>,
    /// `[N, 10]`: x and y of right eye, left eye, nose, mouth right, mouth left, in pixels of the
    /// window.
    pub landmarks: Tensor<2>,
}

impl FaceRefinerConfig {
    /// Draws the weights.
    #[must_use]
    pub fn init(&self, device: &Device) -> FaceRefiner {
        FaceRefiner {
            backbone: self.backbone.init(device),
            output: LinearConfig::new(self.backbone.embedding, OUTPUTS).init(device),
            size: self.backbone.size,
        }
    }
}

impl FaceRefiner {
    /// The forward pass that is trained.
    ///
    /// # Shapes
    /// - window: `[N, S, S, 3]`, values 0 to 255
    pub fn forward_raw(&self, window: Tensor<4, Int>) -> FaceRefinerRaw {
        let output = self.output.forward(relu(self.backbone.forward(window))); // [N, 11]
        let [n, _] = output.dims();
        FaceRefinerRaw {
            scores: output.clone().slice([0..n, 0..1]).reshape([n]),
            landmarks: output.slice([0..n, 1..OUTPUTS]) * SPREAD + 0.5,
        }
    }

    /// The forward pass that is exported.
    ///
    /// # Shapes
    /// - window: `[N, S, S, 3]`, values 0 to 255
    pub fn forward(&self, window: Tensor<4, Int>) -> FaceRefinerOutput {
        let raw = self.forward_raw(window);
        FaceRefinerOutput {
            scores: sigmoid(raw.scores),
            landmarks: raw.landmarks * self.size as f32,
        }
    }
}
