//! What interventions on causes and on other sources should do (CausalAffect, Eq. 13 and 14).

use burn::tensor::{
    Tensor,
    activation::{sigmoid, softmax},
};

use crate::affect::{Counterfactual, GraphView};

/// How far a prediction moved, always in terms of one target at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogitDistance {
    /// Squared difference of the probabilities of an action unit.
    SquaredError,
    /// Kullback-Leibler divergence of the distribution over expressions from the one in which the
    /// target's logit alone is the counterfactual one.
    KullbackLeibler,
}

/// `delta` of Eq. 13, `eta` of Eq. 14: how much features and predictions count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LevelWeights {
    /// `delta_feat`, `eta_feat`.
    pub feature: f32,
    /// `delta_logit`, `eta_logit`.
    pub logit: f32,
}

/// `L_consist` (Eq. 13): the target stays when what does not cause it is disturbed.
///
/// # Shapes
/// - output: `[1]`, mean over samples and targets
pub fn consistency(
    factual: &GraphView,
    counterfactual: &Counterfactual,
    distance: LogitDistance,
    weights: LevelWeights,
) -> Tensor<1> {
    let cosine = cosine(factual.nodes.clone(), counterfactual.nodes.clone());
    let moved = distance.between(factual.logits.clone(), counterfactual.logits.clone());
    (-cosine + 1.0).mean() * weights.feature + moved.mean() * weights.logit
}

/// `L_discrep` (Eq. 14): the target moves when its causes are disturbed. The divergence of
/// expressions has no upper bound; what exceeds one counts as one, so that the loss does not reward
/// ever larger logits.
///
/// # Shapes
/// - output: `[1]`, mean over samples and targets
pub fn discrepancy(
    factual: &GraphView,
    counterfactual: &Counterfactual,
    distance: LogitDistance,
    weights: LevelWeights,
) -> Tensor<1> {
    let cosine = cosine(factual.nodes.clone(), counterfactual.nodes.clone());
    let moved = distance
        .between(factual.logits.clone(), counterfactual.logits.clone())
        .clamp_max(1.0);
    (cosine + 1.0).mean() * weights.feature + (-moved + 1.0).mean() * weights.logit
}

impl LogitDistance {
    /// # Shapes
    /// - factual, counterfactual: `[N, targets]`, logits
    /// - output: `[N, targets]`, not negative
    fn between(self, factual: Tensor<2>, counterfactual: Tensor<2>) -> Tensor<2> {
        match self {
            Self::SquaredError => (sigmoid(factual) - sigmoid(counterfactual)).powi_scalar(2),
            Self::KullbackLeibler => {
                // With p the factual distribution and c the change of logit j:
                // KL = log(1 - p_j + p_j e^c) - p_j c.
                let p = softmax(factual.clone(), 1);
                let change = (counterfactual - factual).clamp(-20.0, 20.0);
                let normaliser = (p.clone() * (change.clone().exp() - 1.0) + 1.0).log();
                (normaliser - p * change).clamp_min(0.0)
            }
        }
    }
}

/// Cosine of the angle between features.
///
/// # Shapes
/// - first, second: `[N, targets, message]`
/// - output: `[N, targets]`
fn cosine(first: Tensor<3>, second: Tensor<3>) -> Tensor<2> {
    let dot = |a: &Tensor<3>, b: &Tensor<3>| (a.clone() * b.clone()).sum_dim(2).squeeze_dim::<2>(2);
    let norms = (dot(&first, &first) * dot(&second, &second) + 1e-12).sqrt();
    dot(&first, &second) / norms
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData, Tolerance};

    fn views() -> (GraphView, Counterfactual) {
        let device = Device::flex();
        let factual = GraphView {
            edges: Tensor::zeros([1, 2, 2], &device),
            // The angle of target 0 is 90 degrees, of target 1 none.
            nodes: Tensor::from_data([[[1.0, 0.0], [3.0, 4.0]]], &device),
            logits: Tensor::from_data([[0.0, 2.0]], &device),
        };
        let counterfactual = Counterfactual {
            nodes: Tensor::from_data([[[0.0, 2.0], [6.0, 8.0]]], &device),
            logits: Tensor::from_data([[3.0_f32.ln(), 2.0]], &device),
        };
        (factual, counterfactual)
    }

    #[test]
    fn features_and_predictions_by_hand() {
        let (factual, counterfactual) = views();
        let weights = LevelWeights {
            feature: 1.0,
            logit: 10.0,
        };
        let distance = LogitDistance::SquaredError;
        let consistent: f32 =
            consistency(&factual, &counterfactual, distance, weights).into_scalar();
        // Cosines 0 and 1; probabilities 0.5 and 0.75 of target 0.
        assert!(
            (consistent - (0.5 + 10.0 * 0.0625 / 2.0)).abs() < 1e-5,
            "{consistent}"
        );
        let discrepant: f32 =
            discrepancy(&factual, &counterfactual, distance, weights).into_scalar();
        let expected = 1.5 + 10.0 * (1.0 - 0.0625 / 2.0);
        assert!((discrepant - expected).abs() < 1e-5, "{discrepant}");
    }

    #[test]
    fn the_divergence_is_that_of_whole_distributions() {
        let device = Device::flex();
        let (factual, moved) = ([0.3_f32, -1.0, 2.0], [1.3_f32, 0.5, -3.0]);
        let softmax = |logits: [f32; 3]| {
            let sum: f32 = logits.iter().map(|x| x.exp()).sum();
            logits.map(|x| x.exp() / sum)
        };
        let expected: Vec<f32> = (0..3)
            .map(|target| {
                let mut logits = factual;
                logits[target] = moved[target];
                let (p, q) = (softmax(factual), softmax(logits));
                (0..3).map(|k| p[k] * (p[k] / q[k]).ln()).sum()
            })
            .collect();
        LogitDistance::KullbackLeibler
            .between(
                Tensor::from_data([factual], &device),
                Tensor::from_data([moved], &device),
            )
            .into_data()
            .assert_approx_eq::<f32>(
                &TensorData::new(expected, [1, 3]),
                Tolerance::absolute(1e-5),
            );
    }

    #[test]
    fn a_runaway_logit_earns_no_more_than_one() {
        let (factual, mut counterfactual) = views();
        counterfactual.logits = Tensor::from_data([[-500.0, 500.0]], &Device::flex());
        let weights = LevelWeights {
            feature: 0.0,
            logit: 1.0,
        };
        let loss: f32 = discrepancy(
            &factual,
            &counterfactual,
            LogitDistance::KullbackLeibler,
            weights,
        )
        .into_scalar();
        assert!((0.0..=1.0).contains(&loss), "{loss}");
    }
}
