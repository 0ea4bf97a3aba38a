//! A population-level signed graph (CausalAffect, Eq. 3).

use burn::{
    config::Config,
    module::{Initializer, Module, Param},
    tensor::{Device, Tensor, activation::tanh},
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
}

/// Learned edges. Should be created with [`GlobalGraphConfig`].
#[derive(Module, Debug)]
pub struct GlobalGraph {
    /// `E_logit` of Eq. 3, `[targets, sources]`.
    edge_logits: Param<Tensor<2>>,
    /// `T_g` of Eq. 3.
    log_temperature: Param<Tensor<1>>,
    homogeneous: bool,
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
        let edges = tanh(logits.clone() * self.log_temperature.val().exp().unsqueeze::<2>());
        if self.homogeneous {
            edges * off_diagonal(logits.dims()[0], &logits.device())
        } else {
            edges
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{TensorData, Tolerance};

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
    fn no_node_of_a_homogeneous_graph_acts_on_itself() {
        let expected = [[0.0, (-2.0_f32).tanh()], [4.0_f32.tanh(), 0.0]];
        edges(true).assert_approx_eq::<f32>(&TensorData::from(expected), Tolerance::absolute(1e-6));
    }
}
