//! The soft acyclicity penalty `tr(exp(E * E)) - N` (CausalAffect, Eq. 5; Zheng et al., 2018).

use burn::tensor::Tensor;

/// Times the exponent is halved before the series, and the result squared after it.
const SQUARINGS: i32 = 6;
/// Terms of the Taylor series after the first. An exponent of norm `20 / 2^6` leaves a remainder
/// of less than 1e-9 after eight.
const TERMS: i32 = 8;

/// Zero for an acyclic graph, growing with the weight of its cycles. The matrix exponential is
/// taken by scaling and squaring, which stays exact to 32 bits for any edges in (-1, 1).
///
/// # Shapes
/// - edges: `[N, nodes, nodes]`: one graph, or one per sample
/// - output: `[1]`, mean over the graphs
pub fn acyclicity(edges: Tensor<3>) -> Tensor<1> {
    let [graphs, nodes, _] = edges.dims();
    let identity = Tensor::<2>::eye(nodes, &edges.device()).unsqueeze::<3>();
    let identity = identity.expand([graphs, nodes, nodes]);
    let exponent = edges.clone() * edges / 2_f32.powi(SQUARINGS);
    let mut term = identity.clone();
    let mut exponential = identity.clone();
    for order in 1..=TERMS {
        term = term.matmul(exponent.clone()) / order as f32;
        exponential = exponential + term.clone();
    }
    for _ in 0..SQUARINGS {
        exponential = exponential.clone().matmul(exponential);
    }
    (exponential * identity).sum() / graphs as f32 - nodes as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    fn penalty(edges: impl Into<burn::tensor::TensorData>) -> f32 {
        let edges = Tensor::<2>::from_data(edges, &Device::flex());
        acyclicity(edges.unsqueeze()).into_scalar()
    }

    #[test]
    fn many_graphs_cost_their_mean() {
        let cycle = [[0.0, 0.81], [-0.5, 0.0]];
        let both = Tensor::<3>::from_data([cycle, [[0.0, 0.0], [0.9, 0.0]]], &Device::flex());
        let mean: f32 = acyclicity(both).into_scalar();
        assert!((mean - penalty(cycle) / 2.0).abs() < 1e-5);
    }

    #[test]
    fn a_graph_without_cycles_costs_nothing() {
        assert!(penalty([[0.0, 0.0, 0.0], [0.9, 0.0, 0.0], [-0.8, 0.7, 0.0]]).abs() < 1e-4);
    }

    #[test]
    fn a_cycle_of_two_costs_its_hyperbolic_cosine() {
        // exp of [[0, a], [b, 0]] has trace 2 cosh(sqrt(a b)).
        let (a, b) = (0.81_f32 * 0.81, 0.5_f32 * 0.5);
        let expected = 2.0 * (a * b).sqrt().cosh() - 2.0;
        assert!((penalty([[0.0, 0.81], [-0.5, 0.0]]) - expected).abs() < 1e-4);
    }

    #[test]
    fn a_full_graph_of_twenty_stays_exact() {
        // All edges w off the diagonal: eigenvalues 19 w^2 once and -w^2 nineteen times.
        let w = 0.99_f64;
        let mut edges = vec![w as f32; 400];
        (0..20).for_each(|node| edges[node * 21] = 0.0);
        let expected = (19.0 * w * w).exp() + 19.0 * (-w * w).exp() - 20.0;
        let found = f64::from(penalty(burn::tensor::TensorData::new(edges, [20, 20])));
        assert!((found / expected - 1.0).abs() < 1e-3, "{found} {expected}");
    }
}
