//! A graph of one face's own: heterogeneous polarity-aware graph attention (HPGAT) and its gated
//! refinement of the global graph (CausalAffect, Eq. 7 to 9).
//!
//! Sources are the action unit features, the same in every layer. Targets begin as those features
//! (AU->AU) or as learned prototypes (AU->expression); every layer weighs the sources anew for each
//! target and replaces the target by what they tell it. The edges of the last layer, mixed with the
//! global ones by a gate, are the sample's graph.

use burn::{
    config::Config,
    module::{Initializer, Module, Param},
    nn::{Linear, LinearConfig},
    tensor::{
        Device, Tensor,
        activation::{leaky_relu, relu, sigmoid, tanh},
    },
};

use super::polarity::{PolarityMessages, off_diagonal};

/// Slope of the LeakyReLU of Eq. 7 below zero, that of GAT and GATv2.
const LEAK: f64 = 0.2;

/// Neurons between an edge matrix and its gate.
const GATE_HIDDEN: usize = 16;

/// Configuration of a [`SampleGraph`].
#[derive(Config, Debug)]
pub struct SampleGraphConfig {
    /// Source nodes: action units.
    pub sources: usize,
    /// Target nodes: action units or expressions.
    pub targets: usize,
    /// Length of a source feature (`d`).
    pub feature: usize,
    /// Length of the projections and of a target feature after the first layer (`d_h`).
    pub hidden: usize,
    /// How many layers (`L`), at least one.
    pub layers: usize,
    /// Whether sources and targets are the same nodes: then targets begin as the sources, and no
    /// node acts on itself.
    #[config(default = false)]
    pub homogeneous: bool,
    /// Whether there is a global graph to refine.
    #[config(default = true)]
    pub refines: bool,
}

/// Attention layers and gate. Should be created with [`SampleGraphConfig`].
#[derive(Module, Debug)]
pub struct SampleGraph {
    /// `P_Expr`, `[targets, d]`; none where the targets are the sources.
    prototypes: Option<Param<Tensor<2>>>,
    layers: Vec<SignedAttention>,
    /// `G` of Eq. 9; none without a global graph.
    gate: Option<Gate>,
}

/// One layer of Eq. 7.
#[derive(Module, Debug)]
struct SignedAttention {
    query: Linear,
    key: Linear,
    /// `a`, `[d_h]`.
    attention: Param<Tensor<1>>,
}

/// Edges to one number in (0, 1).
#[derive(Module, Debug)]
struct Gate {
    hidden: Linear,
    output: Linear,
}

impl SampleGraphConfig {
    /// Draws the weights.
    ///
    /// # Panics
    /// When there is no layer.
    #[must_use]
    pub fn init(&self, device: &Device) -> SampleGraph {
        assert!(self.layers > 0, "a sample graph needs a layer");
        let project = |from| {
            LinearConfig::new(from, self.hidden)
                .with_bias(false)
                .init(device)
        };
        let bound = 1.0 / (self.hidden as f64).sqrt();
        let uniform = Initializer::Uniform {
            min: -bound,
            max: bound,
        };
        SampleGraph {
            prototypes: (!self.homogeneous).then(|| {
                Initializer::Normal {
                    mean: 0.0,
                    std: 1.0,
                }
                .init([self.targets, self.feature], device)
            }),
            layers: (0..self.layers)
                .map(|layer| SignedAttention {
                    query: project(if layer == 0 {
                        self.feature
                    } else {
                        self.hidden
                    }),
                    key: project(self.feature),
                    attention: uniform.init([self.hidden], device),
                })
                .collect(),
            gate: self.refines.then(|| Gate {
                hidden: LinearConfig::new(self.targets * self.sources, GATE_HIDDEN).init(device),
                output: LinearConfig::new(GATE_HIDDEN, 1).init(device),
            }),
        }
    }
}

impl SampleGraph {
    /// The signed edges of every sample (Eq. 9): those of the last attention layer, mixed with the
    /// global ones where there are any.
    ///
    /// # Shapes
    /// - features: `[N, sources, d]`
    /// - global: `[targets, sources]`
    /// - output: `[N, targets, sources]`, in (-1, 1)
    pub fn edges(
        &self,
        features: &Tensor<3>,
        global: Option<Tensor<2>>,
        messages: &PolarityMessages,
    ) -> Tensor<3> {
        let [n, _, d] = features.dims();
        let mut targets = match &self.prototypes {
            None => features.clone(),
            Some(prototypes) => {
                let [count, _] = prototypes.dims();
                prototypes.val().unsqueeze::<3>().expand([n, count, d])
            }
        };
        let mut edges = self.attend(0, targets, features);
        for layer in 1..self.layers.len() {
            targets = messages.aggregate(edges, features.clone());
            edges = self.attend(layer, targets, features);
        }
        match (&self.gate, global) {
            (Some(gate), Some(global)) => {
                let share = gate.forward(edges.clone());
                share.clone() * global.unsqueeze::<3>() + (-share + 1.0) * edges
            }
            _ => edges,
        }
    }

    /// The edges of one layer, without self-edges where sources and targets are the same nodes.
    fn attend(&self, layer: usize, targets: Tensor<3>, features: &Tensor<3>) -> Tensor<3> {
        let edges = self.layers[layer].forward(targets, features.clone());
        if self.prototypes.is_none() {
            let [_, nodes, _] = edges.dims();
            let others = off_diagonal(nodes, &edges.device());
            edges * others.unsqueeze::<3>()
        } else {
            edges
        }
    }
}

impl SignedAttention {
    /// `tanh(a . LeakyReLU(W_Q q_j + W_K k_i))` (Eq. 7).
    ///
    /// # Shapes
    /// - targets: `[N, targets, d or d_h]`
    /// - sources: `[N, sources, d]`
    /// - output: `[N, targets, sources]`
    fn forward(&self, targets: Tensor<3>, sources: Tensor<3>) -> Tensor<3> {
        let query = self.query.forward(targets).unsqueeze_dim::<4>(2); // [N, targets, 1, d_h]
        let key = self.key.forward(sources).unsqueeze_dim::<4>(1); // [N, 1, sources, d_h]
        let joint = leaky_relu(query + key, LEAK);
        let attention = self.attention.val().unsqueeze::<4>();
        tanh((joint * attention).sum_dim(3).squeeze_dim::<3>(3))
    }
}

impl Gate {
    /// # Shapes
    /// - edges: `[N, targets, sources]`
    /// - output: `[N, 1, 1]`
    fn forward(&self, edges: Tensor<3>) -> Tensor<3> {
        let [n, targets, sources] = edges.dims();
        let hidden = relu(self.hidden.forward(edges.reshape([n, targets * sources])));
        sigmoid(self.output.forward(hidden)).reshape([n, 1, 1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Distribution, TensorData, Tolerance};

    use crate::affect::PolarityMessagesConfig;

    fn linear(weight: impl Into<TensorData>, bias: Option<TensorData>, device: &Device) -> Linear {
        Linear {
            weight: Param::from_data(weight.into(), device),
            bias: bias.map(|bias| Param::from_data(bias, device)),
        }
    }

    fn layer(query: f32, key: f32, attention: f32, device: &Device) -> SignedAttention {
        SignedAttention {
            query: linear([[query]], None, device),
            key: linear([[key]], None, device),
            attention: Param::from_data([attention], device),
        }
    }

    #[test]
    fn one_layer_by_hand() {
        let device = Device::flex();
        let graph = SampleGraph {
            prototypes: Some(Param::from_data([[1.0], [-3.0]], &device)),
            layers: vec![layer(2.0, 0.5, -0.4, &device)],
            gate: None,
        };
        let messages = PolarityMessages::from_weights([[1.0]], [[1.0]], &device);
        let features = Tensor::<3>::from_data([[[1.0], [4.0]]], &device);
        let edges = graph.edges(&features, None, &messages);
        // Target 0: 2 + 0.5 = 2.5 and 2 + 2 = 4; target 1: -6 + 0.5 and -6 + 2, leaking a fifth.
        let expected = [2.5_f32, 4.0, -5.5 * 0.2, -4.0 * 0.2].map(|sum| (-0.4 * sum).tanh());
        edges.into_data().assert_approx_eq::<f32>(
            &TensorData::new(expected.to_vec(), [1, 2, 2]),
            Tolerance::absolute(1e-6),
        );
    }

    #[test]
    fn a_second_layer_asks_with_what_the_first_has_told() {
        let device = Device::flex();
        let graph = SampleGraph {
            prototypes: Some(Param::from_data([[1.0]], &device)),
            layers: vec![
                layer(1.0, 1.0, 0.1, &device),
                layer(-1.0, 0.5, 0.2, &device),
            ],
            gate: None,
        };
        let messages = PolarityMessages::from_weights([[2.0]], [[3.0]], &device);
        let features = Tensor::<3>::from_data([[[1.0], [-3.0]]], &device);
        let leak = |x: f32| if x > 0.0 { x } else { 0.2 * x };
        let first = [1.0, -3.0].map(|source| (0.1 * leak(1.0 + source)).tanh());
        // The first edge excites, the second inhibits.
        assert!(first[0] > 0.0 && first[1] < 0.0);
        let told = first[0] * 2.0 * 1.0 + -first[1] * 3.0 * -3.0;
        let second = [1.0, -3.0].map(|source| (0.2 * leak(-told + 0.5 * source)).tanh());
        graph
            .edges(&features, None, &messages)
            .into_data()
            .assert_approx_eq::<f32>(
                &TensorData::new(second.to_vec(), [1, 1, 2]),
                Tolerance::absolute(1e-6),
            );
    }

    #[test]
    fn the_gate_mixes_the_sample_with_the_population() {
        let device = Device::flex();
        let mut graph = SampleGraph {
            prototypes: Some(Param::from_data([[1.0]], &device)),
            layers: vec![layer(1.0, 1.0, 0.3, &device)],
            gate: None,
        };
        let messages = PolarityMessages::from_weights([[1.0]], [[1.0]], &device);
        let features = Tensor::<3>::from_data([[[1.0], [2.0]]], &device);
        let own = [2.0_f32, 3.0].map(|sum| (0.3 * sum).tanh());
        graph.gate = Some(Gate {
            hidden: linear([[1.0], [2.0]], Some([0.5].into()), &device),
            output: linear([[-1.5]], Some([0.25].into()), &device),
        });
        let logit = -1.5 * (own[0] + 2.0 * own[1] + 0.5) + 0.25;
        let share = 1.0 / (1.0 + (-logit).exp());
        let global = [-0.8_f32, 0.6];
        let expected: Vec<f32> = (0..2)
            .map(|i| share * global[i] + (1.0 - share) * own[i])
            .collect();
        graph
            .edges(
                &features,
                Some(Tensor::from_data([global], &device)),
                &messages,
            )
            .into_data()
            .assert_approx_eq::<f32>(
                &TensorData::new(expected, [1, 1, 2]),
                Tolerance::absolute(1e-6),
            );
    }

    #[test]
    fn samples_get_graphs_of_their_own_without_self_edges() {
        let device = Device::flex();
        device.seed(5);
        let graph = SampleGraphConfig::new(6, 6, 4, 8, 2)
            .with_homogeneous(true)
            .init(&device);
        let messages = PolarityMessagesConfig::new(4, 8).init(&device);
        let features = Tensor::random([2, 6, 4], Distribution::Normal(0.0, 1.0), &device);
        let global = off_diagonal(6, &device) * 0.5;
        let edges: Vec<f32> = graph
            .edges(&features, Some(global), &messages)
            .into_data()
            .iter()
            .collect();
        assert!((0..12).all(|row| edges[row * 6 + row % 6] == 0.0));
        assert!(edges.iter().all(|edge| edge.abs() < 1.0));
        assert_ne!(edges[..36], edges[36..]);
    }
}
