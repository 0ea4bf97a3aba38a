//! One feature per action unit (CausalAffect, section 4.1): the projection heads `phi_i`.

use burn::{
    config::Config,
    module::Module,
    nn::{Linear, LinearConfig},
    tensor::{Device, Tensor},
};

/// Configuration of a [`Projection`].
#[derive(Config, Debug)]
pub struct ProjectionConfig {
    /// Length of the embedding (`D`).
    pub embedding: usize,
    /// How many heads (`N_AU`).
    pub units: usize,
    /// Length of a feature (`d`).
    pub feature: usize,
}

/// `N_AU` heads `R^D -> R^d`, held as one matrix. Should be created with [`ProjectionConfig`].
#[derive(Module, Debug)]
pub struct Projection {
    heads: Linear,
    units: usize,
    feature: usize,
}

impl ProjectionConfig {
    /// Draws the weights.
    #[must_use]
    pub fn init(&self, device: &Device) -> Projection {
        Projection {
            heads: LinearConfig::new(self.embedding, self.units * self.feature).init(device),
            units: self.units,
            feature: self.feature,
        }
    }
}

impl Projection {
    /// # Shapes
    /// - embedding: `[N, D]`
    /// - output: `[N, N_AU, d]`
    pub fn forward(&self, embedding: Tensor<2>) -> Tensor<3> {
        let [n, _] = embedding.dims();
        self.heads
            .forward(embedding)
            .reshape([n, self.units, self.feature])
    }
}
