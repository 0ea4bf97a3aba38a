//! The losses of the affect network, one per file.

mod acyclicity;
mod binary;
mod categorical;

pub use acyclicity::acyclicity;
pub use binary::masked_binary_cross_entropy;
pub use categorical::masked_cross_entropy;
