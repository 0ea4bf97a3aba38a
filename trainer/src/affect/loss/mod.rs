//! The losses of the affect network, one per file.

mod acyclicity;
mod binary;
mod categorical;
mod counterfactual;
mod disentangle;
mod hsic;

pub use acyclicity::acyclicity;
pub use binary::masked_binary_cross_entropy;
pub use categorical::masked_cross_entropy;
pub use counterfactual::{LevelWeights, LogitDistance, consistency, discrepancy};
pub use disentangle::{Disentanglement, disentanglement};
pub use hsic::{centred_kernels, hsic, pairwise_hsic};
