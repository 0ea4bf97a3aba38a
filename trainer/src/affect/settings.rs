//! The affect part of a recipe.

use std::path::PathBuf;

use facs::Expression;
use serde::{Deserialize, Serialize};

use super::{AffectNetworkConfig, loss::LevelWeights};
use crate::{data::Augment, layer::BackboneConfig};

/// `[affect]` of a recipe: the network, its losses and what is done to its pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AffectSettings {
    /// Side of the square crop in pixels.
    pub size: usize,
    /// The expressions, in output order.
    pub expressions: Vec<Expression>,
    /// Channels per stage.
    pub widths: Vec<usize>,
    /// Residual blocks per stage.
    pub blocks: usize,
    /// Channels of the map that is flattened.
    pub neck: usize,
    /// Length of the embedding (`D`).
    pub embedding: usize,
    /// Length of an action unit feature (`d`).
    pub feature: usize,
    /// Length of a target feature of the graphs (`d_g` and `d_h`).
    pub message: usize,
    /// Side of an input patch in pixels, the stride of the first layer.
    pub patch: usize,
    /// Whether the backbone stays that of the run that training starts from: images are embedded
    /// once, without augmentation, and the rest is trained in minutes.
    pub frozen_backbone: bool,
    /// Attention layers of the sample graphs (`L`).
    pub sample_layers: usize,
    /// Weight of each graph's logit of an action unit beside that from its own feature, which
    /// weighs 1: 0 reads units from their own features alone.
    pub graph_weight: f32,
    /// A file of global graphs that take the place of learned ones, such as `trainer structure`
    /// writes: sample graphs then weigh its edges anew and have no others. Without it the network
    /// learns its own, whose edges need not be causes: see `docs/discovery.md`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graph: Option<PathBuf>,
    /// Which parts of CausalAffect take part.
    pub parts: CausalParts,
    /// Weights of the losses.
    pub loss: LossWeights,
    /// Interventions on features.
    pub counterfactual: CounterfactualSettings,
    /// Augmentation.
    pub augment: Augment,
}

/// `[affect.parts]`: the switches of the ablation (CausalAffect, Table 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CausalParts {
    /// GC: graphs of the population (section 4.2).
    pub global_graph: bool,
    /// SAC: graphs of the sample (section 4.3).
    pub sample_graph: bool,
    /// Dis: the information bottleneck (Eq. 1).
    pub disentanglement: bool,
    /// CF: interventions on features (section 4.4).
    pub counterfactual: bool,
    /// DAG: the soft acyclicity of AU->AU graphs (Eq. 5).
    pub acyclicity: bool,
}

/// How much each loss counts. The paper does not state its values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LossWeights {
    /// `lambda_ib` of Eq. 2.
    pub bottleneck: f32,
    /// `lambda_align` of Eq. 2.
    pub alignment: f32,
    /// `lambda_decorr` of Eq. 2.
    pub decorrelation: f32,
    /// `lambda_DAG^g` of Eq. 6.
    pub acyclicity: f32,
    /// `lambda_DAG^s` of Eq. 10.
    pub sample_acyclicity: f32,
    /// `lambda_consist` of Eq. 15.
    pub consistency: f32,
    /// `lambda_discrep` of Eq. 15.
    pub discrepancy: f32,
    /// `lambda_Expr` of Eq. 16.
    pub expression: f32,
    /// Share of the target that is spread over all expressions.
    pub label_smoothing: f32,
}

/// `[affect.counterfactual]`: Eq. 11 to 14.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CounterfactualSettings {
    /// `gamma` of Eq. 11.
    pub sharpness: f32,
    /// `tau` of Eq. 12, standard deviation of a disturbance.
    pub spread: f32,
    /// `delta_feat` of Eq. 13.
    pub consistency_feature: f32,
    /// `delta_logit` of Eq. 13.
    pub consistency_logit: f32,
    /// `eta_feat` of Eq. 14.
    pub discrepancy_feature: f32,
    /// `eta_logit` of Eq. 14.
    pub discrepancy_logit: f32,
}

impl Default for AffectSettings {
    fn default() -> Self {
        Self {
            size: 112,
            expressions: Expression::EIGHT.to_vec(),
            widths: vec![32, 64, 128],
            blocks: 1,
            neck: 32,
            embedding: 192,
            feature: 16,
            message: 16,
            patch: 4,
            frozen_backbone: false,
            sample_layers: 2,
            graph_weight: 1.0,
            graph: None,
            parts: CausalParts::default(),
            loss: LossWeights::default(),
            counterfactual: CounterfactualSettings::default(),
            augment: Augment::default(),
        }
    }
}

impl Default for CausalParts {
    fn default() -> Self {
        Self {
            global_graph: true,
            sample_graph: true,
            disentanglement: true,
            counterfactual: true,
            acyclicity: true,
        }
    }
}

impl Default for LossWeights {
    fn default() -> Self {
        Self {
            bottleneck: 0.5,
            alignment: 1.0,
            decorrelation: 1.0,
            acyclicity: 0.01,
            sample_acyclicity: 0.01,
            consistency: 0.1,
            discrepancy: 0.1,
            expression: 0.5,
            label_smoothing: 0.05,
        }
    }
}

impl Default for CounterfactualSettings {
    fn default() -> Self {
        Self {
            sharpness: 10.0,
            spread: 1.0,
            consistency_feature: 1.0,
            consistency_logit: 1.0,
            discrepancy_feature: 1.0,
            discrepancy_logit: 1.0,
        }
    }
}

impl CounterfactualSettings {
    /// Weights of Eq. 13.
    #[must_use]
    pub const fn consistency(&self) -> LevelWeights {
        LevelWeights {
            feature: self.consistency_feature,
            logit: self.consistency_logit,
        }
    }

    /// Weights of Eq. 14.
    #[must_use]
    pub const fn discrepancy(&self) -> LevelWeights {
        LevelWeights {
            feature: self.discrepancy_feature,
            logit: self.discrepancy_logit,
        }
    }
}

impl AffectSettings {
    /// The network that these settings describe.
    #[must_use]
    pub fn network(&self) -> AffectNetworkConfig {
        let backbone = BackboneConfig::new(
            self.size,
            self.embedding,
            self.widths.clone(),
            self.blocks,
            self.neck,
        )
        .with_patch(self.patch);
        let sample_layers = if self.parts.sample_graph {
            self.sample_layers
        } else {
            0
        };
        AffectNetworkConfig::new(
            backbone,
            self.expressions.len(),
            self.feature,
            self.message,
            self.parts.global_graph,
            sample_layers,
        )
        .with_given(self.graph.is_some())
        .with_graph_weight(self.graph_weight)
    }

    /// The field that cannot be what it is, and why.
    #[must_use]
    pub fn problem(&self) -> Option<(&'static str, &'static str)> {
        let stages = self.widths.len();
        if stages == 0 || self.patch == 0 || !self.size.is_multiple_of(self.patch << (stages - 1)) {
            return Some((
                "affect.size",
                "must be a multiple of patch * 2^(number of widths - 1)",
            ));
        }
        if self.expressions.is_empty() {
            return Some(("affect.expressions", "names none"));
        }
        if self.parts.sample_graph && self.sample_layers == 0 {
            return Some((
                "affect.sample_layers",
                "must be at least 1, or switch affect.parts.sample_graph off",
            ));
        }
        if self.graph.is_some() && !self.parts.global_graph {
            return Some((
                "affect.graph",
                "is of no use without affect.parts.global_graph",
            ));
        }
        if !(self.graph_weight >= 0.0 && self.graph_weight.is_finite()) {
            return Some(("affect.graph_weight", "must not be negative"));
        }
        let spread = self.counterfactual.spread;
        if !(spread >= 0.0 && spread.is_finite()) {
            return Some(("affect.counterfactual.spread", "must not be negative"));
        }
        None
    }
}
