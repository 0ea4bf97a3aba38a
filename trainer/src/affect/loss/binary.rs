//! Binary cross-entropy over the labels that are there (CausalAffect, Eq. 1 and 6).

use burn::tensor::{Tensor, activation::log_sigmoid};

/// Mean over labelled entries of `-(y log p + (1 - y) log (1 - p))`, `p = sigmoid(logit)`. Zero
/// when nothing is labelled.
///
/// # Shapes
/// - logits, labels, mask: `[N, C]`; labels in [0, 1], mask 0 or 1
/// - output: `[1]`
pub fn masked_binary_cross_entropy(
    logits: Tensor<2>,
    labels: Tensor<2>,
    mask: Tensor<2>,
) -> Tensor<1> {
    let positive = log_sigmoid(logits.clone()) * labels.clone();
    let negative = log_sigmoid(-logits) * (-labels + 1.0);
    let count = mask.clone().sum().clamp_min(1.0);
    -((positive + negative) * mask).sum() / count
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn labels_that_are_missing_do_not_count() {
        let device = Device::flex();
        let loss = masked_binary_cross_entropy(
            Tensor::from_data([[0.0, 100.0], [2.0, -1.0]], &device),
            Tensor::from_data([[1.0, 0.0], [1.0, 0.0]], &device),
            Tensor::from_data([[1.0, 0.0], [1.0, 1.0]], &device),
        );
        let expected =
            (2.0_f32.ln() + (1.0 + (-2.0_f32).exp()).ln() + (1.0 + (-1.0_f32).exp()).ln()) / 3.0;
        let found: f32 = loss.into_scalar();
        assert!((found - expected).abs() < 1e-5, "{found} {expected}");
    }

    #[test]
    fn no_labels_no_loss() {
        let device = Device::flex();
        let zeros = Tensor::<2>::zeros([2, 3], &device);
        let loss: f32 =
            masked_binary_cross_entropy(zeros.clone() + 5.0, zeros.clone(), zeros).into_scalar();
        assert_eq!(loss, 0.0);
    }
}
