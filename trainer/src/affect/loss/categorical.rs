//! Cross-entropy over the samples that have a category (CausalAffect, Eq. 6).

use burn::tensor::{Tensor, activation::log_softmax};

/// Mean over labelled samples of the cross-entropy with smoothed targets; zero when none is
/// labelled. An unlabelled sample has a row of zeros.
///
/// # Shapes
/// - logits: `[N, K]`
/// - one_hot: `[N, K]`
/// - output: `[1]`
pub fn masked_cross_entropy(logits: Tensor<2>, one_hot: Tensor<2>, smoothing: f32) -> Tensor<1> {
    let [_, classes] = logits.dims();
    let labelled = one_hot.clone().sum_dim(1); // [N, 1]
    let targets = one_hot * (1.0 - smoothing) + labelled.clone() * (smoothing / classes as f32);
    -(log_softmax(logits, 1) * targets).sum() / labelled.sum().clamp_min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn matches_numbers_by_hand() {
        let device = Device::flex();
        let logits = Tensor::from_data([[1.0, 2.0], [9.0, 9.0]], &device);
        let loss = |smoothing| -> f32 {
            masked_cross_entropy(
                logits.clone(),
                Tensor::from_data([[0.0, 1.0], [0.0, 0.0]], &device),
                smoothing,
            )
            .into_scalar()
        };
        let right = (1.0 + (-1.0_f32).exp()).ln();
        assert!((loss(0.0) - right).abs() < 1e-5);
        assert!((loss(0.2) - (0.9 * right + 0.1 * (right + 1.0))).abs() < 1e-5);
    }
}
