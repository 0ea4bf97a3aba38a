//! The Hilbert-Schmidt independence criterion of batches (CausalAffect, section 4.1).
//!
//! The biased estimator of Gretton et al. (2005), the paper's source: `tr(K H L H) / (n - 1)^2`
//! with `H = I - 1/n`, which is never negative. Kernels are Gaussian,
//! `k(x, y) = exp(-|x - y|^2 / (2 s^2))`, with `s^2` half the median of the squared distances
//! between different samples of the batch (median heuristic; `2 s^2` is that median). No gradient
//! flows through the bandwidth.

use burn::tensor::Tensor;

/// Bandwidth where at least half of the samples are alike, as labels are: `2 s^2` for a distance of
/// one to count.
const LEAST_BANDWIDTH: f32 = 1e-3;

/// The centred kernel matrices `H K H` of several variables, each flattened.
///
/// # Shapes
/// - variables: `[V, n, d]`
/// - output: `[V, n * n]`
pub fn centred_kernels(variables: Tensor<3>) -> Tensor<2> {
    let [count, n, _] = variables.dims();
    let squares = squared_distances(variables);
    let bandwidth = median_off_diagonal(squares.clone().detach()).reshape([count, 1, 1]);
    // A variable that is the same for most samples has no scale of its own.
    let constant = bandwidth.clone().lower_elem(LEAST_BANDWIDTH);
    let bandwidth = bandwidth.mask_fill(constant, 1.0);
    let kernels = (-squares / bandwidth).exp();
    let rows = kernels.clone().mean_dim(2);
    let columns = kernels.clone().mean_dim(1);
    let all = rows.clone().mean_dim(1);
    (kernels - rows - columns + all).reshape([count, n * n])
}

/// HSIC from centred kernels: `<H K H, H L H> / (n - 1)^2`, which is `tr(K H L H) / (n - 1)^2`
/// since `H` is symmetric and `H H = H`.
///
/// # Shapes
/// - first: `[V, n * n]`
/// - second: `[V, n * n]`, or `[1, n * n]` to be compared with each
/// - output: `[V]`
pub fn hsic(first: Tensor<2>, second: Tensor<2>) -> Tensor<1> {
    let [count, square] = first.dims();
    (first * second).sum_dim(1).reshape([count]) / scale(square)
}

/// HSIC of every pair of variables.
///
/// # Shapes
/// - kernels: `[V, n * n]`
/// - output: `[V, V]`
pub fn pairwise_hsic(kernels: Tensor<2>) -> Tensor<2> {
    let [_, square] = kernels.dims();
    kernels.clone().matmul(kernels.transpose()) / scale(square)
}

/// `(n - 1)^2` from `n * n`.
fn scale(square: usize) -> f32 {
    let n = square.isqrt();
    ((n - 1) * (n - 1)).max(1) as f32
}

/// # Shapes
/// - points: `[V, n, d]`
/// - output: `[V, n, n]`, not negative
fn squared_distances(points: Tensor<3>) -> Tensor<3> {
    let norms = points.clone().powi_scalar(2).sum_dim(2); // [V, n, 1]
    let products = points.clone().matmul(points.swap_dims(1, 2));
    (norms.clone() + norms.swap_dims(1, 2) - products * 2.0).clamp_min(0.0)
}

/// Median of the distances between different samples.
///
/// # Shapes
/// - squares: `[V, n, n]`
/// - output: `[V, 1]`
fn median_off_diagonal(squares: Tensor<3>) -> Tensor<2> {
    let [count, n, _] = squares.dims();
    let off = super::super::polarity::off_diagonal(n, &squares.device());
    // The diagonal sorts before everything else.
    let marked = squares + (off - 1.0).unsqueeze::<3>();
    let sorted = marked.reshape([count, n * n]).sort(1);
    // Every distance is there twice, so the two middle values stand side by side.
    let middle = n + n * (n - 1) / 2;
    sorted.slice([0..count, middle - 1..middle + 1]).mean_dim(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, Tolerance};
    use serde::Deserialize;

    /// By causal-learn and scikit-learn, see `fixtures/hsic.py`.
    #[derive(Deserialize)]
    struct Expected {
        features: Vec<Vec<Vec<f32>>>,
        embedding: Vec<Vec<f32>>,
        labels: Vec<Vec<f32>>,
        bottleneck: Vec<f32>,
        alignment: Vec<f32>,
        pairs: Vec<Vec<f32>>,
    }

    fn flat<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        let data = burn::tensor::TensorData::new(values, shape);
        Tensor::from_data(data, &Device::flex())
    }

    fn close(found: Tensor<1>, expected: &[f32]) {
        let expected = burn::tensor::TensorData::from(expected);
        found
            .into_data()
            .assert_approx_eq::<f32>(&expected, Tolerance::absolute(1e-5));
    }

    #[test]
    fn agrees_with_causal_learn() {
        let expected: Expected = serde_json::from_str(include_str!("fixtures/hsic.json")).unwrap();
        let (n, units) = (expected.features.len(), expected.bottleneck.len());
        let features: Vec<f32> = expected.features.concat().concat();
        let d = features.len() / (n * units);
        let features = flat(features, [n, units, d]);
        let wide = expected.embedding[0].len();
        let embedding = flat(expected.embedding.concat(), [n, wide]);
        let labels = flat(expected.labels.concat(), [n, units]);

        let kernels = centred_kernels(features.clone().swap_dims(0, 1));
        let whole = centred_kernels(embedding.clone().unsqueeze::<3>());
        close(hsic(kernels.clone(), whole), &expected.bottleneck);
        close(
            pairwise_hsic(kernels.clone()).reshape([units * units]),
            &expected.pairs.concat(),
        );
        let told = centred_kernels(labels.clone().transpose().reshape([units, n, 1]));
        close(hsic(kernels, told), &expected.alignment);

        // Eq. 1 from the same numbers.
        let mean = |values: &[f32]| values.iter().sum::<f32>() / units as f32;
        let off: f32 = (0..units * units)
            .filter(|pair| pair / units != pair % units)
            .map(|pair| expected.pairs[pair / units][pair % units])
            .sum();
        let losses = super::super::disentanglement(features, embedding, labels);
        close(losses.bottleneck, &[mean(&expected.bottleneck)]);
        close(losses.alignment, &[-mean(&expected.alignment)]);
        close(losses.decorrelation, &[off / (units * units) as f32]);
    }

    #[test]
    fn what_does_not_vary_depends_on_nothing() {
        let constant = centred_kernels(flat(vec![2.0; 8], [1, 8, 1]));
        let other = centred_kernels(flat((0..8).map(|i| i as f32).collect(), [1, 8, 1]));
        close(hsic(constant, other), &[0.0]);
    }
}
