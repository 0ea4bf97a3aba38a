//! The information bottleneck of the action unit features (CausalAffect, Eq. 1).

use burn::tensor::Tensor;

use super::hsic::{centred_kernels, hsic, pairwise_hsic};

/// The three dependences of Eq. 1, each `[1]`.
pub struct Disentanglement {
    /// `L_ib`: of a feature on the embedding that it was taken from.
    pub bottleneck: Tensor<1>,
    /// `L_align`: of a feature on its label, negated.
    pub alignment: Tensor<1>,
    /// `L_decorr`: of different features on each other.
    pub decorrelation: Tensor<1>,
}

/// Measures them in a batch.
///
/// # Shapes
/// - features: `F_AU`, `[N, units, d]`
/// - embedding: `z_img`, `[N, D]`
/// - labels: labels, or predictions where there are none, `[N, units]`
pub fn disentanglement(
    features: Tensor<3>,
    embedding: Tensor<2>,
    labels: Tensor<2>,
) -> Disentanglement {
    let [n, units, _] = features.dims();
    let features = centred_kernels(features.swap_dims(0, 1)); // [units, N * N]
    let embedding = centred_kernels(embedding.unsqueeze::<3>()); // [1, N * N]
    let labels = centred_kernels(labels.transpose().reshape([units, n, 1]));
    let pairs = pairwise_hsic(features.clone());
    let selves = hsic(features.clone(), features.clone()).sum();
    Disentanglement {
        bottleneck: hsic(features.clone(), embedding).mean(),
        alignment: -hsic(features, labels).mean(),
        decorrelation: (pairs.sum() - selves) / (units * units) as f32,
    }
}
