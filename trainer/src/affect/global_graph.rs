//! A population-level signed graph (CausalAffect, Eq. 3).

use burn::{
    config::Config,
    module::{Initializer, Module, Param},
    tensor::{Device, Tensor, TensorData, activation::tanh},
};

use super::polarity::off_diagonal;

/// Configuration of a [`GlobalGraph`].
#[derive(Config, Debug)]
pub struct GlobalGraphConfig {
    /// Source nodes: action units.
    pub sources: usize,
    /// Target nodes: action units or expressions.
    pub targets: usize,
    /// Whether sources and targets are the same nodes: then no node acts on itself.
    #[config(default = false)]
    pub homogeneous: bool,
    /// Whether the edges are given, not learned: they stay what [`GlobalGraph::give`] makes them.
    #[config(default = false)]
    pub given: bool,
}

/// Learned edges. Should be created with [`GlobalGraphConfig`].
#[derive(Module, Debug)]
pub struct GlobalGraph {
    /// `E_logit` of Eq. 3, `[targets, sources]`.
    edge_logits: Param<Tensor<2>>,
    /// `T_g` of Eq. 3.
    log_temperature: Param<Tensor<1>>,
    homogeneous: bool,
    given: bool,
}

impl GlobalGraphConfig {
    /// Draws the weights; edges start near zero, with either sign.
    #[must_use]
    pub fn init(&self, device: &Device) -> GlobalGraph {
        GlobalGraph {
            edge_logits: Initializer::Normal {
                mean: 0.0,
                std: 0.1,
            }
            .init([self.targets, self.sources], device),
            log_temperature: Initializer::Zeros.init([1], device),
            homogeneous: self.homogeneous,
            given: self.given,
        }
    }
}

impl GlobalGraph {
    /// The signed edges `E_g = tanh(exp(T_g) * E_logit)` (Eq. 3), without self-edges where sources
    /// and targets are the same nodes.
    ///
    /// # Shapes
    /// - output: `[targets, sources]`, in (-1, 1)
    pub fn edges(&self) -> Tensor<2> {
        let logits = self.edge_logits.val();
        let mut edges = tanh(logits.clone() * self.log_temperature.val().exp().unsqueeze::<2>());
        if self.given {
            edges = edges.detach();
        }
        if self.homogeneous {
            edges * off_diagonal(logits.dims()[0], &logits.device())
        } else {
            edges
        }
    }

    /// Makes `edges` the graph, in place of what was drawn.
    ///
    /// # Panics
    /// When there are not `targets * sources` edges, row = target.
    pub fn give(&mut self, edges: &[f32]) {
        const LARGEST: f32 = 1.0 - 1e-6;
        let shape = self.edge_logits.val().dims();
        let device = self.edge_logits.val().device();
        let logits = edges
            .iter()
            .map(|edge| edge.clamp(-LARGEST, LARGEST).atanh());
        let logits = TensorData::new(logits.collect::<Vec<f32>>(), shape);
        self.edge_logits = Param::from_data(logits, &device);
        self.log_temperature = Param::from_data([0.0], &device);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Tolerance;

    fn edges(homogeneous: bool) -> TensorData {
        let device = Device::flex();
        let mut graph = GlobalGraphConfig::new(2, 2)
            .with_homogeneous(homogeneous)
            .init(&device);
        graph.edge_logits = Param::from_data([[0.5, -1.0], [2.0, 0.25]], &device);
        graph.log_temperature = Param::from_data([2.0_f32.ln()], &device);
        graph.edges().into_data()
    }

    #[test]
    fn edges_are_a_tempered_tanh() {
        let expected = [
            [1.0_f32.tanh(), (-2.0_f32).tanh()],
            [4.0_f32.tanh(), 0.5_f32.tanh()],
        ];
        edges(false)
            .assert_approx_eq::<f32>(&TensorData::from(expected), Tolerance::absolute(1e-6));
    }

    #[test]
    fn given_edges_are_what_was_given() {
        let mut graph = GlobalGraphConfig::new(3, 2)
            .with_given(true)
            .init(&Device::flex());
        let edges = [0.6, -0.25, 0.0, 0.85, 0.0, -0.4];
        graph.log_temperature = Param::from_data([0.7], &Device::flex());
        graph.give(&edges);
        graph.edges().into_data().assert_approx_eq::<f32>(
            &TensorData::new(edges.to_vec(), [2, 3]),
            Tolerance::absolute(1e-6),
        );
    }

    #[test]
    fn no_node_of_a_homogeneous_graph_acts_on_itself() {
        let expected = [[0.0, (-2.0_f32).tanh()], [4.0_f32.tanh(), 0.0]];
        edges(true).assert_approx_eq::<f32>(&TensorData::from(expected), Tolerance::absolute(1e-6));
    }
}
