//! What is read off a graph: target features, a logit per target, and both again under
//! interventions on the sources (CausalAffect, Eq. 4, 6, 11 and 12).

use burn::{
    config::Config,
    module::{Initializer, Module, Param},
    tensor::{Device, Tensor, activation::sigmoid},
};

use super::{
    NodeClassifier, NodeClassifierConfig,
    polarity::{PolarityMessages, PolarityMessagesConfig},
};

/// Where a causal threshold begins, as a logit: edges of about a quarter.
const THRESHOLD_LOGIT: f64 = -1.1;

/// Configuration of a [`Readout`].
#[derive(Config, Debug)]
pub struct ReadoutConfig {
    /// Target nodes.
    pub targets: usize,
    /// Length of a source feature (`d`).
    pub feature: usize,
    /// Length of a target feature (`d_g`, `d_h`).
    pub message: usize,
    /// Logit that the classifiers start from.
    #[config(default = 0.0)]
    pub prior_logit: f64,
}

/// Value spaces, classifier and causal thresholds of one graph. Should be created with
/// [`ReadoutConfig`].
#[derive(Module, Debug)]
pub struct Readout {
    /// `W+` and `W-`.
    pub messages: PolarityMessages,
    /// `Phi` of Eq. 6 and 10.
    classifier: NodeClassifier,
    /// `theta` of Eq. 11 before a sigmoid, `[targets]`.
    threshold_logits: Param<Tensor<1>>,
}

/// A graph with what it says of its targets.
#[derive(Clone, Debug)]
pub struct GraphView {
    /// `[N, targets, sources]`, or `[1, targets, sources]` for a global graph.
    pub edges: Tensor<3>,
    /// `Z`, `[N, targets, message]`.
    pub nodes: Tensor<3>,
    /// `[N, targets]`
    pub logits: Tensor<2>,
}

/// Target features and logits under interventions: row `j` is target `j` when the sources that
/// count (or do not count) for `j` are disturbed.
#[derive(Clone, Debug)]
pub struct Counterfactual {
    /// `Z_CF`, `[N, targets, message]`.
    pub nodes: Tensor<3>,
    /// `[N, targets]`
    pub logits: Tensor<2>,
}

impl ReadoutConfig {
    /// Draws the weights.
    #[must_use]
    pub fn init(&self, device: &Device) -> Readout {
        Readout {
            messages: PolarityMessagesConfig::new(self.feature, self.message).init(device),
            classifier: NodeClassifierConfig::new(self.targets, self.message)
                .with_prior_logit(self.prior_logit)
                .init(device),
            threshold_logits: Initializer::Constant {
                value: THRESHOLD_LOGIT,
            }
            .init([self.targets], device),
        }
    }
}

impl Readout {
    /// # Shapes
    /// - edges: `[N or 1, targets, sources]`
    /// - features: `[N, sources, d]`
    pub fn forward(&self, edges: Tensor<3>, features: Tensor<3>) -> GraphView {
        let nodes = self.messages.aggregate(edges.clone(), features);
        GraphView {
            edges,
            logits: self.classifier.forward(nodes.clone()),
            nodes,
        }
    }

    /// How much each source counts as a cause of each target: `sigmoid(gamma (|E| - theta))`
    /// (Eq. 11).
    ///
    /// # Shapes
    /// - edges, output: `[N or 1, targets, sources]`
    pub fn causal_mask(&self, edges: Tensor<3>, sharpness: f32) -> Tensor<3> {
        let thresholds = sigmoid(self.threshold_logits.val());
        let [targets] = thresholds.dims();
        sigmoid((edges.abs() - thresholds.reshape([1, targets, 1])) * sharpness)
    }

    /// The view when every target's sources are disturbed under a mask of that target (Eq. 12).
    /// The graph stays as it is; aggregation and classifier are executed anew. The change is
    /// added to the factual features, since both are linear in the sources.
    ///
    /// # Shapes
    /// - mask: `[N or 1, targets, sources]`
    /// - noise: `[N, targets, sources, d]`, `epsilon^(j)` in row `j`
    pub fn disturb(&self, view: &GraphView, mask: Tensor<3>, noise: Tensor<4>) -> Counterfactual {
        let disturbance = noise * mask.unsqueeze_dim::<4>(3);
        let change = self
            .messages
            .aggregate_per_target(view.edges.clone(), disturbance);
        let nodes = view.nodes.clone() + change;
        Counterfactual {
            logits: self.classifier.forward(nodes.clone()),
            nodes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Distribution, TensorData, Tolerance};

    #[test]
    fn the_mask_is_half_where_an_edge_is_as_strong_as_the_threshold() {
        let device = Device::flex();
        let mut readout = ReadoutConfig::new(2, 1, 1).init(&device);
        // Thresholds 0.5 and 0.75.
        readout.threshold_logits = Param::from_data([0.0, 3.0_f32.ln()], &device);
        let edges = Tensor::from_data([[[0.5, -0.5, 0.9], [-0.75, 0.0, 0.85]]], &device);
        let sigmoid = |x: f32| 1.0 / (1.0 + (-x).exp());
        let expected = [0.5, 0.5, sigmoid(4.0), 0.5, sigmoid(-7.5), sigmoid(1.0)];
        readout
            .causal_mask(edges, 10.0)
            .into_data()
            .assert_approx_eq::<f32>(
                &TensorData::new(expected.to_vec(), [1, 2, 3]),
                Tolerance::absolute(1e-5),
            );
    }

    #[test]
    fn a_disturbed_target_is_what_disturbed_features_would_give() {
        let device = Device::flex();
        device.seed(11);
        let (n, targets, sources, d) = (2, 3, 5, 4);
        let readout = ReadoutConfig::new(targets, d, 6).init(&device);
        let uniform = Distribution::Uniform(-1.0, 1.0);
        let features = Tensor::<3>::random([n, sources, d], uniform, &device);
        let edges = Tensor::<3>::random([n, targets, sources], uniform, &device);
        let noise = Tensor::<4>::random([n, targets, sources, d], uniform, &device);
        let view = readout.forward(edges.clone(), features.clone());
        let mask = readout.causal_mask(edges.clone(), 8.0);
        let found = readout.disturb(&view, mask.clone(), noise.clone());
        for target in 0..targets {
            // Eq. 12 to the letter: disturb all features for this target, aggregate, keep its row.
            let row = mask.clone().slice([0..n, target..target + 1]); // [N, 1, sources]
            let row = row.swap_dims(1, 2); // [N, sources, 1]
            let epsilon = noise.clone().slice([0..n, target..target + 1]);
            let disturbed = features.clone() + epsilon.squeeze_dim::<3>(1) * row;
            let expected = readout.forward(edges.clone(), disturbed);
            let close = |a: TensorData, b: TensorData| {
                a.assert_approx_eq::<f32>(&b, Tolerance::absolute(1e-5));
            };
            let rows = [0..n, target..target + 1];
            close(
                found.nodes.clone().slice(rows.clone()).into_data(),
                expected.nodes.slice(rows.clone()).into_data(),
            );
            close(
                found.logits.clone().slice(rows.clone()).into_data(),
                expected.logits.slice(rows).into_data(),
            );
        }
    }
}
