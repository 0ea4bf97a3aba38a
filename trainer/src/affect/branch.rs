//! One kind of graph, AU->AU or AU->expression, at both levels: of the population and of the sample
//! (CausalAffect, sections 4.2 and 4.3).

use burn::{
    config::Config,
    module::Module,
    tensor::{Device, Tensor},
};

use super::{
    GlobalGraph, GlobalGraphConfig, GraphView, Readout, ReadoutConfig, SampleGraph,
    SampleGraphConfig,
};

/// Configuration of a [`CausalBranch`].
#[derive(Config, Debug)]
pub struct CausalBranchConfig {
    /// Source nodes: action units.
    pub sources: usize,
    /// Target nodes: action units or expressions.
    pub targets: usize,
    /// Length of a source feature (`d`).
    pub feature: usize,
    /// Length of a target feature (`d_g` and `d_h`).
    pub message: usize,
    /// Whether there is a global graph.
    pub global: bool,
    /// Attention layers of the sample graph; 0 for none.
    pub sample_layers: usize,
    /// Whether sources and targets are the same nodes.
    #[config(default = false)]
    pub homogeneous: bool,
    /// Logit that the classifiers start from.
    #[config(default = 0.0)]
    pub prior_logit: f64,
    /// Whether the global graph is given, not learned. Then the sample graphs have no other edges.
    #[config(default = false)]
    pub given: bool,
}

/// The graphs of one kind. Should be created with [`CausalBranchConfig`].
#[derive(Module, Debug)]
pub struct CausalBranch {
    global: Option<GlobalLevel>,
    sample: Option<SampleLevel>,
    given: bool,
}

#[derive(Module, Debug)]
struct GlobalLevel {
    graph: GlobalGraph,
    readout: Readout,
}

#[derive(Module, Debug)]
struct SampleLevel {
    graph: SampleGraph,
    readout: Readout,
}

/// What the graphs of a branch say.
#[derive(Clone, Debug)]
pub struct BranchViews {
    /// By the graph of the population.
    pub global: Option<GraphView>,
    /// By the graph of the sample.
    pub sample: Option<GraphView>,
}

impl CausalBranchConfig {
    /// Draws the weights.
    #[must_use]
    pub fn init(&self, device: &Device) -> CausalBranch {
        let readout = || {
            ReadoutConfig::new(self.targets, self.feature, self.message)
                .with_prior_logit(self.prior_logit)
                .init(device)
        };
        CausalBranch {
            global: self.global.then(|| GlobalLevel {
                graph: GlobalGraphConfig::new(self.sources, self.targets)
                    .with_homogeneous(self.homogeneous)
                    .with_given(self.given)
                    .init(device),
                readout: readout(),
            }),
            sample: (self.sample_layers > 0).then(|| SampleLevel {
                graph: SampleGraphConfig::new(
                    self.sources,
                    self.targets,
                    self.feature,
                    self.message,
                    self.sample_layers,
                )
                .with_homogeneous(self.homogeneous)
                .with_refines(self.global)
                .init(device),
                readout: readout(),
            }),
            given: self.given,
        }
    }
}

impl CausalBranch {
    /// # Shapes
    /// - features: `[N, sources, d]`
    pub fn forward(&self, features: &Tensor<3>) -> BranchViews {
        let edges = self.global_edges();
        let sample = self.sample.as_ref().map(|level| {
            let global = edges.clone();
            let edges = level
                .graph
                .edges(features, global.clone(), &level.readout.messages);
            let edges = match global.filter(|_| self.given) {
                // What is given says who acts on whom; a sample says how strongly, and which way.
                Some(global) => edges * support(global).unsqueeze::<3>(),
                None => edges,
            };
            level.readout.forward(edges, features.clone())
        });
        let global = self.global.as_ref().zip(edges).map(|(level, edges)| {
            level
                .readout
                .forward(edges.unsqueeze::<3>(), features.clone())
        });
        BranchViews { global, sample }
    }

    /// Each view beside the readout that it was read with: where interventions act.
    pub fn levels<'a>(&'a self, views: &'a BranchViews) -> Vec<(&'a Readout, &'a GraphView)> {
        let global = self.global.as_ref().map(|level| &level.readout);
        let sample = self.sample.as_ref().map(|level| &level.readout);
        global
            .zip(views.global.as_ref())
            .into_iter()
            .chain(sample.zip(views.sample.as_ref()))
            .collect()
    }

    /// Makes `edges` (row = target) the graph of the population, if there is one.
    pub fn give_global(&mut self, edges: &[f32]) {
        if let Some(level) = &mut self.global {
            level.graph.give(edges);
        }
    }

    /// The graph of the population, `[targets, sources]`.
    pub fn global_edges(&self) -> Option<Tensor<2>> {
        self.global.as_ref().map(|level| level.graph.edges())
    }
}

/// 1 where there is an edge, else 0.
fn support(edges: Tensor<2>) -> Tensor<2> {
    edges.abs().greater_elem(0.0).float()
}

impl BranchViews {
    /// The most specific graph that there is: that of the sample, else that of the population.
    ///
    /// # Shapes
    /// - output: `[N or 1, targets, sources]`
    #[must_use]
    pub fn edges(&self) -> Option<Tensor<3>> {
        self.views().last().map(|view| view.edges.clone())
    }

    /// The logits of every graph that there is, each `[N, targets]`.
    pub fn logits(&self) -> impl Iterator<Item = Tensor<2>> {
        self.views().map(|view| view.logits.clone())
    }

    fn views(&self) -> impl DoubleEndedIterator<Item = &GraphView> {
        self.global.iter().chain(&self.sample)
    }
}
