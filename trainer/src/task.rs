//! What the training loop needs to know of a model: the seam between one loop and many networks.

use std::collections::BTreeMap;

use burn::{
    module::Module,
    tensor::{Device, Tensor},
};
use rand_chacha::ChaCha8Rng;

use crate::data::Images;

/// A model to train: its network, its batches, its losses and its figures.
pub trait Task: Sync {
    /// The network.
    type Network: Module + 'static;
    /// A batch on the host: made ahead on another thread.
    type Batch: Send + 'static;

    /// Draws a network. The device has been seeded.
    fn network(&self, device: &Device) -> Self::Network;

    /// Puts into a network with its first weights what is given to it and not learned.
    fn give(&self, network: Self::Network) -> Self::Network {
        network
    }

    /// Collects samples into a batch. `augment` is the source of every random choice; without it
    /// (evaluation) the images stay as they are.
    fn batch(
        &self,
        images: &Images,
        samples: &[usize],
        augment: Option<&mut ChaCha8Rng>,
    ) -> Self::Batch;

    /// The loss and its named parts, on `device` (which differentiates).
    fn loss(&self, network: &Self::Network, batch: &Self::Batch, device: &Device) -> Loss;

    /// Figures on the samples given, by name. Thresholds, where the model has any, are chosen on
    /// `choose` and applied to `report`.
    fn evaluate(
        &self,
        network: &Self::Network,
        images: &Images,
        choose: &[usize],
        report: &[usize],
        device: &Device,
    ) -> Evaluation;
}

/// A loss, ready for the backward pass.
pub struct Loss {
    /// What is minimised, `[1]`.
    pub total: Tensor<1>,
    /// Its parts for the log, each `[1]`, detached or not.
    pub parts: Vec<(&'static str, Tensor<1>)>,
}

/// Figures of a network on held-out samples.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Evaluation {
    /// By name.
    pub metrics: BTreeMap<String, f64>,
    /// Decision thresholds that the figures were taken at, by name (action unit code, or `score`).
    pub thresholds: BTreeMap<String, f32>,
}
