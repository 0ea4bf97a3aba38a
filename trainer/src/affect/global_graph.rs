//! A population-level signed graph and the messages along it (CausalAffect, Eq. 3 and 4).

use burn::{
    config::Config,
    module::{Initializer, Module, Param},
    nn::{Linear, LinearConfig},
    tensor::{
        Device, Tensor,
        activation::{relu, tanh},
    },
};

/// Configuration of a [`GlobalGraph`].
#[derive(Config, Debug)]
pub struct GlobalGraphConfig {
    /// Source nodes: action units.
    pub sources: usize,
    /// Target nodes: action units or expressions.
    pub targets: usize,
    /// Length of a source feature (`d`).
    pub feature: usize,
    /// Length of a target feature (`d_g`).
    pub message: usize,
    /// Whether sources and targets are the same nodes: then no node acts on itself.
    #[config(default = false)]
    pub homogeneous: bool,
}

/// Learned edges and the two value spaces of their polarities. Should be created with
/// [`GlobalGraphConfig`].
#[derive(Module, Debug)]
pub struct GlobalGraph {
    /// `E_logit` of Eq. 3, `[targets, sources]`.
    edge_logits: Param<Tensor<2>>,
    /// `T_g` of Eq. 3.
    log_temperature: Param<Tensor<1>>,
    excite: Linear,
    inhibit: Linear,
    homogeneous: bool,
}

impl GlobalGraphConfig {
    /// Draws the weights; edges start near zero, with either sign.
    #[must_use]
    pub fn init(&self, device: &Device) -> GlobalGraph {
        let project = LinearConfig::new(self.feature, self.message).with_bias(false);
        GlobalGraph {
            edge_logits: Initializer::Normal {
                mean: 0.0,
                std: 0.1,
            }
            .init([self.targets, self.sources], device),
            log_temperature: Initializer::Zeros.init([1], device),
            excite: project.init(device),
            inhibit: project.init(device),
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
            let [nodes, _] = logits.dims();
            let others = Tensor::<2>::ones([nodes, nodes], &logits.device())
                - Tensor::<2>::eye(nodes, &logits.device());
            edges * others
        } else {
            edges
        }
    }

    /// `Z_g = E+ V+ + E- V-` (Eq. 4): excitatory and inhibitory messages through value spaces of
    /// their own.
    ///
    /// # Shapes
    /// - edges: `[targets, sources]`
    /// - features: `[N, sources, d]`
    /// - output: `[N, targets, d_g]`
    pub fn aggregate(&self, edges: Tensor<2>, features: Tensor<3>) -> Tensor<3> {
        let excitatory = relu(edges.clone()).unsqueeze::<3>();
        let inhibitory = relu(-edges).unsqueeze::<3>();
        excitatory.matmul(self.excite.forward(features.clone()))
            + inhibitory.matmul(self.inhibit.forward(features))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::TensorData;

    fn graph(homogeneous: bool) -> GlobalGraph {
        let device = Device::flex();
        let mut graph = GlobalGraphConfig::new(2, 2, 1, 1)
            .with_homogeneous(homogeneous)
            .init(&device);
        graph.edge_logits = Param::from_data([[0.5, -1.0], [2.0, 0.25]], &device);
        graph.log_temperature = Param::from_data([2.0_f32.ln()], &device);
        graph.excite.weight = Param::from_data([[3.0]], &device);
        graph.inhibit.weight = Param::from_data([[-5.0]], &device);
        graph
    }

    #[test]
    fn edges_are_a_tempered_tanh() {
        let edges = graph(false).edges().into_data();
        let expected = [
            [1.0_f32.tanh(), (-2.0_f32).tanh()],
            [4.0_f32.tanh(), 0.5_f32.tanh()],
        ];
        edges.assert_approx_eq::<f32>(
            &TensorData::from(expected),
            burn::tensor::Tolerance::absolute(1e-6),
        );
    }

    #[test]
    fn no_node_of_a_homogeneous_graph_acts_on_itself() {
        let edges = graph(true).edges().into_data();
        let expected = [[0.0, (-2.0_f32).tanh()], [4.0_f32.tanh(), 0.0]];
        edges.assert_approx_eq::<f32>(
            &TensorData::from(expected),
            burn::tensor::Tolerance::absolute(1e-6),
        );
    }

    #[test]
    fn polarities_go_through_value_spaces_of_their_own() {
        let graph = graph(false);
        let features = Tensor::<3>::from_data([[[1.0], [10.0]]], &Device::flex());
        let edges = Tensor::from_data([[0.5, -0.2], [-0.1, 0.0]], &Device::flex());
        // Target 0: 0.5 * 3 * 1 + 0.2 * -5 * 10; target 1: 0.1 * -5 * 1.
        let expected = TensorData::from([[[1.5_f32 - 10.0], [-0.5]]]);
        graph
            .aggregate(edges, features)
            .into_data()
            .assert_approx_eq::<f32>(&expected, burn::tensor::Tolerance::absolute(1e-5));
    }
}
