//! The training objective (CausalAffect, Eq. 16): what is supervised counts where labels are, what
//! shapes features and graphs counts for every sample.

use burn::tensor::{Device, Tensor, TensorData, activation::sigmoid};
use rand::{SeedableRng, distr::Distribution};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use crate::task::Loss;

use super::{
    AffectBatch, AffectNetwork, AffectSettings, AffectState, BranchViews, CausalBranch,
    loss::{
        LogitDistance, acyclicity, consistency, discrepancy, disentanglement,
        masked_binary_cross_entropy, masked_cross_entropy,
    },
};

/// The sum that is minimised, as it grows.
struct Objective {
    total: Tensor<1>,
    parts: Vec<(&'static str, Tensor<1>)>,
}

impl Objective {
    fn add(&mut self, name: &'static str, part: Tensor<1>, weight: f32) {
        self.total = self.total.clone() + part.clone() * weight;
        self.parts.push((name, part));
    }
}

/// `L = L_total^AU + lambda_Expr L_total^Expr` of a batch.
pub(super) fn objective(
    network: &AffectNetwork,
    settings: &AffectSettings,
    batch: &AffectBatch,
    device: &Device,
) -> Loss {
    let (parts, weights) = (settings.parts, &settings.loss);
    let n = batch.len();
    let on_device = |values: &[f32]| {
        let data = TensorData::new(values.to_vec(), [n, values.len() / n]);
        Tensor::<2>::from_data(data, device)
    };
    let (labels, labelled) = (on_device(&batch.action_units), on_device(&batch.labelled));
    let state = network.state(batch.input.embedding(network, device));
    let mut objective = Objective {
        total: Tensor::zeros([1], device),
        parts: Vec::new(),
    };

    // Eq. 2: features that tell their action unit, and little else.
    let feature =
        masked_binary_cross_entropy(state.au_feature.clone(), labels.clone(), labelled.clone());
    objective.add("au_feature", feature, 1.0);
    if parts.disentanglement {
        let predicted = sigmoid(state.au_feature.clone()).detach();
        let missing = -labelled.clone() + 1.0;
        let labels = labels.clone() * labelled.clone() + predicted * missing;
        let dependence = disentanglement(state.features.clone(), state.embedding.clone(), labels);
        objective.add("bottleneck", dependence.bottleneck, weights.bottleneck);
        objective.add("alignment", dependence.alignment, weights.alignment);
        objective.add(
            "decorrelation",
            dependence.decorrelation,
            weights.decorrelation,
        );
    }

    // Eq. 6 and 10. What was set from outside says nothing of its causes.
    let explained = labelled * on_device(&batch.spontaneous);
    let one_hot = on_device(&batch.expression);
    let au = |logits| masked_binary_cross_entropy(logits, labels.clone(), explained.clone());
    let expression =
        |logits| masked_cross_entropy(logits, one_hot.clone(), weights.label_smoothing);
    supervise(&mut objective, &state, au, expression, weights.expression);
    if parts.acyclicity {
        if let Some(view) = &state.au.global {
            let cycles = acyclicity(view.edges.clone());
            objective.add("acyclicity", cycles, weights.acyclicity);
        }
        if let Some(view) = &state.au.sample {
            let cycles = acyclicity(view.edges.clone());
            objective.add("sample_acyclicity", cycles, weights.sample_acyclicity);
        }
    }

    // Eq. 15, both kinds of graph at both levels.
    if parts.counterfactual {
        let mut rng = ChaCha8Rng::seed_from_u64(batch.seed);
        let distances = [LogitDistance::SquaredError, LogitDistance::KullbackLeibler];
        let branches = [
            (
                &network.au,
                &state.au,
                1.0,
                ["au_consistency", "au_discrepancy"],
            ),
            (
                &network.expression,
                &state.expression,
                weights.expression,
                ["expression_consistency", "expression_discrepancy"],
            ),
        ];
        for ((branch, views, weight, names), distance) in branches.into_iter().zip(distances) {
            let [_, sources, d] = state.features.dims();
            let Some([_, targets, _]) = views.edges().map(|edges| edges.dims()) else {
                continue;
            };
            let noise = noise([n, targets, sources, d], settings, &mut rng, device);
            let [consistent, discrepant] =
                counterfactual(branch, views, &noise, distance, settings);
            objective.add(names[0], consistent, weight * weights.consistency);
            objective.add(names[1], discrepant, weight * weights.discrepancy);
        }
    }
    Loss {
        total: objective.total,
        parts: objective.parts,
    }
}

/// The predictions of every graph against the labels.
fn supervise(
    objective: &mut Objective,
    state: &AffectState,
    au: impl Fn(Tensor<2>) -> Tensor<1>,
    expression: impl Fn(Tensor<2>) -> Tensor<1>,
    weight: f32,
) {
    if let Some(view) = &state.au.global {
        objective.add("au_global", au(view.logits.clone()), 1.0);
    }
    if let Some(view) = &state.au.sample {
        objective.add("au_sample", au(view.logits.clone()), 1.0);
    }
    if let Some(logits) = &state.plain_expression {
        objective.add("expression", expression(logits.clone()), weight);
    }
    if let Some(view) = &state.expression.global {
        let loss = expression(view.logits.clone());
        objective.add("expression_global", loss, weight);
    }
    if let Some(view) = &state.expression.sample {
        let loss = expression(view.logits.clone());
        objective.add("expression_sample", loss, weight);
    }
}

/// `L_consist` and `L_discrep`, summed over the levels of a branch.
fn counterfactual(
    branch: &CausalBranch,
    views: &BranchViews,
    noise: &Tensor<4>,
    distance: LogitDistance,
    settings: &AffectSettings,
) -> [Tensor<1>; 2] {
    let settings = &settings.counterfactual;
    let mut sums = [(); 2].map(|()| Tensor::zeros([1], &noise.device()));
    for (readout, view) in branch.levels(views) {
        let causes = readout.causal_mask(view.edges.clone(), settings.sharpness);
        let others = readout.disturb(view, -causes.clone() + 1.0, noise.clone());
        let causes = readout.disturb(view, causes, noise.clone());
        sums[0] = sums[0].clone() + consistency(view, &others, distance, settings.consistency());
        sums[1] = sums[1].clone() + discrepancy(view, &causes, distance, settings.discrepancy());
    }
    sums
}

/// Normal disturbances of standard deviation `tau` (Eq. 12). Drawn on the host, so that a run that
/// goes on from a checkpoint draws what it would have drawn.
fn noise(
    shape: [usize; 4],
    settings: &AffectSettings,
    rng: &mut ChaCha8Rng,
    device: &Device,
) -> Tensor<4> {
    let spread = settings.counterfactual.spread;
    let draws = Distribution::<f32>::sample_iter(StandardNormal, rng);
    let values: Vec<f32> = draws
        .take(shape.iter().product())
        .map(|draw| draw * spread)
        .collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}
