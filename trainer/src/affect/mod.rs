//! CausalAffect (arXiv 2512.00456): action units, expression and causal graphs from a face.
//!
//! The flow of [`AffectNetwork`]: image -> backbone with SE -> embedding `z_img` -> one projection
//! per action unit (section 4.1) -> per kind of graph ([`CausalBranch`]) the graph of the population
//! (section 4.2) and that of the sample (section 4.3) -> what is read off each ([`Readout`]). The
//! objective (Eq. 16) adds the bottleneck and interventions on the features (section 4.4).

mod branch;
mod classifier;
mod embeddings;
pub mod evaluate;
mod given;
mod global_graph;
pub mod loss;
mod network;
mod objective;
mod polarity;
mod projection;
mod readout;
mod sample_graph;
mod settings;
mod task;

pub use branch::{BranchViews, CausalBranch, CausalBranchConfig};
pub use classifier::{NodeClassifier, NodeClassifierConfig};
pub use embeddings::Embeddings;
pub use given::GivenGraphs;
pub use global_graph::{GlobalGraph, GlobalGraphConfig};
pub use network::{AffectNetwork, AffectNetworkConfig, AffectOutput, AffectState};
pub use polarity::{PolarityMessages, PolarityMessagesConfig};
pub use projection::{Projection, ProjectionConfig};
pub use readout::{Counterfactual, GraphView, Readout, ReadoutConfig};
pub use sample_graph::{SampleGraph, SampleGraphConfig};
pub use settings::{AffectSettings, CausalParts, CounterfactualSettings, LossWeights};
pub use task::{AffectBatch, AffectInput, AffectTask};
