//! CausalAffect (arXiv 2512.00456): action units, expression and causal graphs from a face.
//!
//! The flow of [`AffectNetwork`]: image -> backbone with SE -> embedding `z_img` -> one projection
//! per action unit (section 4.1) -> global signed graphs (section 4.2) -> classifiers.
//! Sample-adaptive graphs (section 4.3) stand between the global graphs and the classifiers,
//! feature-level interventions (section 4.4) act on the action unit features; both join here.

mod classifier;
pub mod evaluate;
mod global_graph;
pub mod loss;
mod network;
mod projection;
mod settings;
mod task;

pub use classifier::{NodeClassifier, NodeClassifierConfig};
pub use global_graph::{GlobalGraph, GlobalGraphConfig};
pub use network::{AffectLogits, AffectNetwork, AffectNetworkConfig, AffectOutput};
pub use projection::{Projection, ProjectionConfig};
pub use settings::{AffectSettings, LossWeights};
pub use task::{AffectBatch, AffectTask};
