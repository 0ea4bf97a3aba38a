//! The affect network: from an aligned face to action units, expression and graphs.

use burn::{
    config::Config,
    module::Module,
    tensor::{
        Device, Int, Tensor,
        activation::{sigmoid, softmax},
    },
};
use facs::ActionUnit;

use crate::layer::{Backbone, BackboneConfig};

use super::{
    GlobalGraph, GlobalGraphConfig, NodeClassifier, NodeClassifierConfig, Projection,
    ProjectionConfig,
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
    /// Length of a target feature of the graphs (`d_g`).
    pub message: usize,
}

/// CausalAffect with global graphs. Should be created with [`AffectNetworkConfig`].
#[derive(Module, Debug)]
pub struct AffectNetwork {
    backbone: Backbone,
    projection: Projection,
    /// Classifier on each action unit's own feature (Eq. 1, `L_feat`).
    feature_classifier: NodeClassifier,
    au_graph: GlobalGraph,
    /// `Phi_AU` of Eq. 6.
    au_classifier: NodeClassifier,
    expression_graph: GlobalGraph,
    /// `Phi_Expr` of Eq. 6.
    expression_classifier: NodeClassifier,
}

/// What the losses work on.
pub struct AffectLogits {
    /// From each action unit's own feature, `[N, 20]`.
    pub au_feature: Tensor<2>,
    /// Through the AU->AU graph, `[N, 20]`.
    pub au_graph: Tensor<2>,
    /// Through the AU->expression graph, `[N, K]`.
    pub expression: Tensor<2>,
    /// Edges between action units, `[20, 20]`, row = target.
    pub au_edges: Tensor<2>,
    /// Edges from action units to expressions, `[K, 20]`.
    pub expression_edges: Tensor<2>,
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
        let graph = |targets| GlobalGraphConfig::new(units, targets, self.feature, self.message);
        AffectNetwork {
            backbone: self.backbone.init(device),
            projection: ProjectionConfig::new(self.backbone.embedding, units, self.feature)
                .init(device),
            feature_classifier: NodeClassifierConfig::new(units, self.feature)
                .with_prior_logit(AU_PRIOR_LOGIT)
                .init(device),
            au_graph: graph(units).with_homogeneous(true).init(device),
            au_classifier: NodeClassifierConfig::new(units, self.message)
                .with_prior_logit(AU_PRIOR_LOGIT)
                .init(device),
            expression_graph: graph(self.expressions).init(device),
            expression_classifier: NodeClassifierConfig::new(self.expressions, self.message)
                .init(device),
        }
    }
}

impl AffectNetwork {
    /// # Shapes
    /// - face: `[N, S, S, 3]`, values 0 to 255
    pub fn forward_logits(&self, face: Tensor<4, Int>) -> AffectLogits {
        let features = self.projection.forward(self.backbone.forward(face)); // [N, 20, d]
        let au_edges = self.au_graph.edges();
        let au_nodes = self.au_graph.aggregate(au_edges.clone(), features.clone());
        let expression_edges = self.expression_graph.edges();
        let expression_nodes = self
            .expression_graph
            .aggregate(expression_edges.clone(), features.clone());
        AffectLogits {
            au_feature: self.feature_classifier.forward(features),
            au_graph: self.au_classifier.forward(au_nodes),
            expression: self.expression_classifier.forward(expression_nodes),
            au_edges,
            expression_edges,
        }
    }

    /// The forward pass that is exported. An action unit's probability comes from its own feature;
    /// the logit through the AU->AU graph, which must do without that feature, teaches the graph.
    /// Both graphs repeat the global edges for every face.
    ///
    /// # Shapes
    /// - face: `[N, S, S, 3]`, values 0 to 255
    pub fn forward(&self, face: Tensor<4, Int>) -> AffectOutput {
        let [n, ..] = face.dims();
        let logits = self.forward_logits(face);
        AffectOutput {
            au_prob: sigmoid(logits.au_feature),
            expression_prob: softmax(logits.expression, 1),
            au_graph: repeat(logits.au_edges, n),
            expression_graph: repeat(logits.expression_edges, n),
        }
    }

    /// The global graphs: edges between action units `[20, 20]` and to expressions `[K, 20]`.
    pub fn global_edges(&self) -> (Tensor<2>, Tensor<2>) {
        (self.au_graph.edges(), self.expression_graph.edges())
    }
}

fn repeat(edges: Tensor<2>, n: usize) -> Tensor<3> {
    let [targets, sources] = edges.dims();
    edges.unsqueeze::<3>().expand([n, targets, sources])
}
