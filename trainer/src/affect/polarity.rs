//! Messages along signed edges, through a value space per polarity (CausalAffect, Eq. 4 and 8).

use burn::{
    config::Config,
    module::Module,
    nn::{Linear, LinearConfig},
    tensor::{Device, Tensor, activation::relu},
};

/// Configuration of [`PolarityMessages`].
#[derive(Config, Debug)]
pub struct PolarityMessagesConfig {
    /// Length of a source feature (`d`).
    pub feature: usize,
    /// Length of a target feature (`d_g` of the global graphs, `d_h` of the sample graphs).
    pub message: usize,
}

/// The projections `W+` and `W-`. Should be created with [`PolarityMessagesConfig`].
#[derive(Module, Debug)]
pub struct PolarityMessages {
    excite: Linear,
    inhibit: Linear,
}

impl PolarityMessagesConfig {
    /// Draws the weights.
    #[must_use]
    pub fn init(&self, device: &Device) -> PolarityMessages {
        let project = LinearConfig::new(self.feature, self.message).with_bias(false);
        PolarityMessages {
            excite: project.init(device),
            inhibit: project.init(device),
        }
    }
}

impl PolarityMessages {
    /// `Z = E+ F W+ + E- F W-`.
    ///
    /// # Shapes
    /// - edges: `[N or 1, targets, sources]`
    /// - features: `[N, sources, d]`
    /// - output: `[N, targets, message]`
    pub fn aggregate(&self, edges: Tensor<3>, features: Tensor<3>) -> Tensor<3> {
        let (excitatory, inhibitory) = split(edges);
        excitatory.matmul(self.excite.forward(features.clone()))
            + inhibitory.matmul(self.inhibit.forward(features))
    }

    /// As [`aggregate`](Self::aggregate), where every target sees source features of its own: what
    /// an intervention per target needs (Eq. 12).
    ///
    /// # Shapes
    /// - edges: `[N or 1, targets, sources]`
    /// - features: `[N, targets, sources, d]`
    /// - output: `[N, targets, message]`
    pub fn aggregate_per_target(&self, edges: Tensor<3>, features: Tensor<4>) -> Tensor<3> {
        let [n, targets, _, d] = features.dims();
        let (excitatory, inhibitory) = split(edges);
        // The projection is linear: the sum over sources may come first.
        let sum = |edges: Tensor<3>| {
            (features.clone() * edges.unsqueeze_dim::<4>(3))
                .sum_dim(2)
                .reshape([n, targets, d])
        };
        self.excite.forward(sum(excitatory)) + self.inhibit.forward(sum(inhibitory))
    }

    #[cfg(test)]
    pub(super) fn from_weights(
        excite: impl Into<burn::tensor::TensorData>,
        inhibit: impl Into<burn::tensor::TensorData>,
        device: &Device,
    ) -> Self {
        let linear = |data: burn::tensor::TensorData| Linear {
            weight: burn::module::Param::from_data(data, device),
            bias: None,
        };
        Self {
            excite: linear(excite.into()),
            inhibit: linear(inhibit.into()),
        }
    }
}

/// `E+` and `E-`: excitatory and inhibitory strengths, neither negative.
fn split(edges: Tensor<3>) -> (Tensor<3>, Tensor<3>) {
    (relu(edges.clone()), relu(-edges))
}

/// Ones off the diagonal: a graph between the same nodes has no self-edges.
///
/// # Shapes
/// - output: `[nodes, nodes]`
pub(super) fn off_diagonal(nodes: usize, device: &Device) -> Tensor<2> {
    Tensor::ones([nodes, nodes], device) - Tensor::eye(nodes, device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Distribution, TensorData, Tolerance};

    #[test]
    fn polarities_go_through_value_spaces_of_their_own() {
        let device = Device::flex();
        let messages = PolarityMessages::from_weights([[3.0]], [[-5.0]], &device);
        let features = Tensor::<3>::from_data([[[1.0], [10.0]]], &device);
        let edges = Tensor::from_data([[[0.5, -0.2], [-0.1, 0.0]]], &device);
        // Target 0: 0.5 * 3 * 1 + 0.2 * -5 * 10; target 1: 0.1 * -5 * 1.
        let expected = TensorData::from([[[1.5_f32 - 10.0], [-0.5]]]);
        messages
            .aggregate(edges, features)
            .into_data()
            .assert_approx_eq::<f32>(&expected, Tolerance::absolute(1e-5));
    }

    #[test]
    fn a_target_of_its_own_view_gets_what_all_would_get_in_that_view() {
        let device = Device::flex();
        device.seed(3);
        let messages = PolarityMessagesConfig::new(4, 5).init(&device);
        let normal = Distribution::Normal(0.0, 1.0);
        let edges = Tensor::<3>::random([2, 3, 6], Distribution::Uniform(-1.0, 1.0), &device);
        let views = Tensor::<4>::random([2, 3, 6, 4], normal, &device);
        let own = messages.aggregate_per_target(edges.clone(), views.clone());
        for target in 0..3 {
            let view = views.clone().slice([0..2, target..target + 1]);
            let all = messages.aggregate(edges.clone(), view.squeeze_dim::<3>(1));
            all.slice([0..2, target..target + 1])
                .into_data()
                .assert_approx_eq::<f32>(
                    &own.clone().slice([0..2, target..target + 1]).into_data(),
                    Tolerance::absolute(1e-5),
                );
        }
    }
}
