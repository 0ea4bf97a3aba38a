//! The affect network: from an aligned face to action units, expression and graphs.

use burn::{
    config::Config,
    module::Module,
    nn::{Linear, LinearConfig},
    tensor::{
        Device, Int, Tensor,
        activation::{sigmoid, softmax},
    },
};
use facs::ActionUnit;

use crate::layer::{Backbone, BackboneConfig};

use super::{
    BranchViews, CausalBranch, CausalBranchConfig, NodeClassifier, NodeClassifierConfig,
    Projection, ProjectionConfig,
};

/// Logit of the share of faces that show an action unit, about a fifth.
const AU_PRIOR_LOGIT: f64 = -1.3;

/// Configuration of an [`AffectNetwork`].
#[derive(Config, Debug)]
pub struct AffectNetworkConfig {
    /// Image to embedding.
    pub backbone: BackboneConfig,
    /// How many expressions.
    pub expressions: usize,
    /// Length of an action unit feature (`d`).
    pub feature: usize,
    /// Length of a target feature of the graphs (`d_g` and `d_h`).
    pub message: usize,
    /// Whether there are global graphs.
    pub global: bool,
    /// Attention layers of the sample graphs; 0 for none.
    pub sample_layers: usize,
    /// Whether the global graphs are given, not learned.
    #[config(default = false)]
    pub given: bool,
    /// Weight of each graph's logit of an action unit beside that from its own feature, 1.
    #[config(default = 1.0)]
    pub graph_weight: f32,
}

/// CausalAffect. Should be created with [`AffectNetworkConfig`].
#[derive(Module, Debug)]
pub struct AffectNetwork {
    backbone: Backbone,
    projection: Projection,
    /// Classifier on each action unit's own feature (Eq. 1, `L_feat`).
    feature_classifier: NodeClassifier,
    /// AU->AU.
    pub au: CausalBranch,
    /// AU->expression.
    pub expression: CausalBranch,
    /// From all features to the expressions, where there is no graph (Table 3, rows 1 and 2).
    plain_expression: Option<Linear>,
    graph_weight: f32,
}

/// What the losses work on.
pub struct AffectState {
    /// `z_img`, `[N, D]`
    pub embedding: Tensor<2>,
    /// `F_AU`, `[N, 20, d]`
    pub features: Tensor<3>,
    /// Logits from each action unit's own feature, `[N, 20]`.
    pub au_feature: Tensor<2>,
    /// What the AU->AU graphs say.
    pub au: BranchViews,
    /// What the AU->expression graphs say.
    pub expression: BranchViews,
    /// Logits of a network without graphs, `[N, K]`.
    pub plain_expression: Option<Tensor<2>>,
    /// See [`AffectNetworkConfig::graph_weight`].
    pub graph_weight: f32,
}

/// What the exported model gives.
pub struct AffectOutput {
    /// `[N, 20]`
    pub au_prob: Tensor<2>,
    /// `[N, K]`
    pub expression_prob: Tensor<2>,
    /// `[N, 20, 20]`, row = target, column = source.
    pub au_graph: Tensor<3>,
    /// `[N, K, 20]`
    pub expression_graph: Tensor<3>,
}

impl AffectNetworkConfig {
    /// Draws the weights.
    #[must_use]
    pub fn init(&self, device: &Device) -> AffectNetwork {
        let units = ActionUnit::COUNT;
        let branch = |targets| {
            CausalBranchConfig::new(
                units,
                targets,
                self.feature,
                self.message,
                self.global,
                self.sample_layers,
            )
            .with_given(self.given)
        };
        let plain = !self.global && self.sample_layers == 0;
        AffectNetwork {
            backbone: self.backbone.init(device),
            projection: ProjectionConfig::new(self.backbone.embedding, units, self.feature)
                .init(device),
            feature_classifier: NodeClassifierConfig::new(units, self.feature)
                .with_prior_logit(AU_PRIOR_LOGIT)
                .init(device),
            au: branch(units)
                .with_homogeneous(true)
                .with_prior_logit(AU_PRIOR_LOGIT)
                .init(device),
            expression: branch(self.expressions).init(device),
            plain_expression: plain
                .then(|| LinearConfig::new(units * self.feature, self.expressions).init(device)),
            graph_weight: self.graph_weight,
        }
    }
}

impl AffectNetwork {
    /// `z_img`.
    ///
    /// # Shapes
    /// - face: `[N, S, S, 3]`, values 0 to 255
    /// - output: `[N, D]`
    pub fn embed(&self, face: Tensor<4, Int>) -> Tensor<2> {
        self.backbone.forward(face)
    }

    /// All that follows from an embedding.
    ///
    /// # Shapes
    /// - embedding: `[N, D]`
    pub fn state(&self, embedding: Tensor<2>) -> AffectState {
        let features = self.projection.forward(embedding.clone()); // [N, 20, d]
        let [n, units, d] = features.dims();
        AffectState {
            au_feature: self.feature_classifier.forward(features.clone()),
            au: self.au.forward(&features),
            expression: self.expression.forward(&features),
            plain_expression: self
                .plain_expression
                .as_ref()
                .map(|linear| linear.forward(features.clone().reshape([n, units * d]))),
            embedding,
            features,
            graph_weight: self.graph_weight,
        }
    }

    /// The forward pass that is exported. Each head is trained for itself; an action unit's logit is
    /// the weighted mean of those from its own feature and through the graphs, an expression's the
    /// mean of those through the graphs. The graphs are the sample's, or the population's where the network has
    /// no others; without any they are zeros.
    ///
    /// # Shapes
    /// - face: `[N, S, S, 3]`, values 0 to 255
    pub fn forward(&self, face: Tensor<4, Int>) -> AffectOutput {
        self.state(self.embed(face)).output()
    }

    /// The global graphs: edges between action units `[20, 20]` and to expressions `[K, 20]`.
    pub fn global_edges(&self) -> Option<(Tensor<2>, Tensor<2>)> {
        self.au.global_edges().zip(self.expression.global_edges())
    }
}

impl AffectState {
    /// Probabilities and graphs, see [`AffectNetwork::forward`].
    #[must_use]
    pub fn output(self) -> AffectOutput {
        let [n, units] = self.au_feature.dims();
        let mut au_logits = self.au_feature;
        if self.graph_weight > 0.0 {
            let (mut sum, mut weight) = (au_logits, 1.0);
            for logits in self.au.logits() {
                sum = sum + logits * self.graph_weight;
                weight += self.graph_weight;
            }
            au_logits = sum / weight;
        }
        let expression_logits = mean(
            self.plain_expression
                .into_iter()
                .chain(self.expression.logits()),
        );
        let [_, expressions] = expression_logits.dims();
        let graph = |views: &BranchViews, targets| match views.edges() {
            Some(edges) => edges.expand([n, targets, units]),
            None => Tensor::zeros([n, targets, units], &au_logits.device()),
        };
        AffectOutput {
            au_graph: graph(&self.au, units),
            expression_graph: graph(&self.expression, expressions),
            au_prob: sigmoid(au_logits.clone()),
            expression_prob: softmax(expression_logits, 1),
        }
    }
}

/// The mean of one or more heads.
fn mean(heads: impl Iterator<Item = Tensor<2>>) -> Tensor<2> {
    let heads: Vec<_> = heads.collect();
    let count = heads.len() as f32;
    heads
        .into_iter()
        .reduce(|sum, head| sum + head)
        .map(|sum| if count > 1.0 { sum / count } else { sum })
        .expect("a network has a head per output")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(global: bool, sample_layers: usize) -> AffectOutput {
        let device = Device::flex();
        device.seed(1);
        let backbone = BackboneConfig::new(16, 12, vec![8], 1, 4);
        let network =
            AffectNetworkConfig::new(backbone, 3, 4, 5, global, sample_layers).init(&device);
        network.forward(Tensor::from_data(
            burn::tensor::TensorData::new(
                (0..2 * 16 * 16 * 3)
                    .map(|i| i * 37 % 251)
                    .collect::<Vec<i32>>(),
                [2, 16, 16, 3],
            ),
            &device,
        ))
    }

    #[test]
    fn every_choice_of_graphs_gives_all_outputs() {
        for (global, sample_layers) in [(false, 0), (true, 0), (false, 2), (true, 1)] {
            let output = output(global, sample_layers);
            assert_eq!(output.au_prob.dims(), [2, 20]);
            assert_eq!(output.expression_prob.dims(), [2, 3]);
            assert_eq!(output.au_graph.dims(), [2, 20, 20]);
            assert_eq!(output.expression_graph.dims(), [2, 3, 20]);
            let edges: Vec<f32> = output.au_graph.into_data().iter().collect();
            let alike = edges[..400] == edges[400..];
            assert_eq!(alike, sample_layers == 0, "{global} {sample_layers}");
            assert_eq!(
                edges.iter().all(|&edge| edge == 0.0),
                !global && sample_layers == 0
            );
        }
    }
}
