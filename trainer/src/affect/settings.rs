//! The affect part of a recipe.

use facs::Expression;
use serde::{Deserialize, Serialize};

use super::AffectNetworkConfig;
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
    /// Length of a target feature of the graphs (`d_g`).
    pub message: usize,
    /// Weights of the losses.
    pub loss: LossWeights,
    /// Augmentation.
    pub augment: Augment,
}

/// How much each loss counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LossWeights {
    /// `lambda_DAG` of Eq. 6.
    pub acyclicity: f32,
    /// `lambda_Expr` of Eq. 16.
    pub expression: f32,
    /// Share of the target that is spread over all expressions.
    pub label_smoothing: f32,
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
            loss: LossWeights::default(),
            augment: Augment::default(),
        }
    }
}

impl Default for LossWeights {
    fn default() -> Self {
        Self {
            acyclicity: 0.01,
            expression: 0.5,
            label_smoothing: 0.05,
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
        );
        AffectNetworkConfig::new(backbone, self.expressions.len(), self.feature, self.message)
    }

    /// The field that cannot be what it is, and why.
    #[must_use]
    pub fn problem(&self) -> Option<(&'static str, &'static str)> {
        if self.widths.is_empty() || !self.size.is_multiple_of(4 << (self.widths.len() - 1)) {
            return Some((
                "affect.size",
                "must be a multiple of 4 * 2^(number of widths - 1)",
            ));
        }
        if self.expressions.is_empty() {
            return Some(("affect.expressions", "names none"));
        }
        None
    }
}
