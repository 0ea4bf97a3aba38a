//! One logit per node from the node's own feature: the classifier heads (Eq. 1 and Phi in Eq. 6).

use burn::{
    config::Config,
    module::{Initializer, Module, Param},
    tensor::{Device, Tensor},
};

/// Configuration of a [`NodeClassifier`].
#[derive(Config, Debug)]
pub struct NodeClassifierConfig {
    /// How many nodes.
    pub nodes: usize,
    /// Length of a node's feature.
    pub feature: usize,
    /// Logit that the classifiers start from: that of the base rate, so that training does not
    /// begin by moving every weight towards it.
    #[config(default = 0.0)]
    pub prior_logit: f64,
}

/// A linear classifier per node. Should be created with [`NodeClassifierConfig`].
#[derive(Module, Debug)]
pub struct NodeClassifier {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

impl NodeClassifierConfig {
    /// Draws the weights.
    #[must_use]
    pub fn init(&self, device: &Device) -> NodeClassifier {
        let bound = 1.0 / (self.feature as f64).sqrt();
        NodeClassifier {
            weight: Initializer::Uniform {
                min: -bound,
                max: bound,
            }
            .init([self.nodes, self.feature], device),
            bias: Initializer::Constant {
                value: self.prior_logit,
            }
            .init([self.nodes], device),
        }
    }
}

impl NodeClassifier {
    /// # Shapes
    /// - nodes: `[N, nodes, feature]`
    /// - output: `[N, nodes]`, logits
    pub fn forward(&self, nodes: Tensor<3>) -> Tensor<2> {
        let [n, count, _] = nodes.dims();
        let scores = (nodes * self.weight.val().unsqueeze::<3>())
            .sum_dim(2)
            .reshape([n, count]);
        scores + self.bias.val().unsqueeze::<2>()
    }
}
