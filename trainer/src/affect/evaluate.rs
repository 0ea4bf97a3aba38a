//! Figures of the affect network: F1 per action unit, accuracy of the expression.

use burn::tensor::Device;
use facs::ActionUnit;

use crate::{
    data::Images,
    metric::{balanced_accuracy, best_f1_threshold, f1},
    task::{Evaluation, Task},
};

use super::{AffectNetwork, AffectTask};

const BATCH: usize = 64;

/// Probabilities of every sample beside its labels.
struct Scored {
    /// Per action unit: (probability, label) of the labelled samples.
    action_units: Vec<Vec<(f32, bool)>>,
    /// (predicted, true) class of the labelled samples.
    expression: Vec<(usize, usize)>,
}

/// F1 per action unit at the thresholds that are best on `choose`, their mean over the units that
/// occur, accuracy and balanced accuracy of the expression; all on `report`.
pub fn evaluate(
    task: &AffectTask,
    network: &AffectNetwork,
    images: &Images,
    choose: &[usize],
    report: &[usize],
    device: &Device,
) -> Evaluation {
    let chosen = score(task, network, images, choose, device);
    let thresholds: Vec<f32> = chosen
        .action_units
        .iter()
        .map(|pairs| best_f1_threshold(pairs))
        .collect();
    let scored = if choose == report {
        chosen
    } else {
        score(task, network, images, report, device)
    };

    let mut evaluation = Evaluation::default();
    let mut f1s = Vec::new();
    for ((unit, pairs), &threshold) in ActionUnit::ALL
        .iter()
        .zip(&scored.action_units)
        .zip(&thresholds)
    {
        evaluation.thresholds.insert(unit.code().into(), threshold);
        if pairs.iter().any(|&(_, label)| label) {
            let value = f1(pairs, threshold);
            evaluation.metrics.insert(format!("au_f1/{unit}"), value);
            f1s.push(value);
        }
    }
    let mut put = |name: &str, value: f64| evaluation.metrics.insert(name.into(), value);
    put("au_f1_mean", mean(&f1s));
    let right = scored
        .expression
        .iter()
        .filter(|(predicted, label)| predicted == label)
        .count();
    put(
        "expression_accuracy",
        right as f64 / scored.expression.len().max(1) as f64,
    );
    put(
        "expression_balanced_accuracy",
        balanced_accuracy(&scored.expression, task.settings.expressions.len()),
    );
    evaluation
}

fn score(
    task: &AffectTask,
    network: &AffectNetwork,
    images: &Images,
    samples: &[usize],
    device: &Device,
) -> Scored {
    let classes = task.settings.expressions.len();
    let mut scored = Scored {
        action_units: vec![Vec::new(); ActionUnit::COUNT],
        expression: Vec::new(),
    };
    for chunk in samples.chunks(BATCH) {
        let batch = task.batch(images, chunk, None);
        let output = network.forward(batch.faces.to_tensor(device));
        let au_prob: Vec<f32> = host(output.au_prob);
        for (index, &p) in au_prob.iter().enumerate() {
            if batch.labelled[index] > 0.0 {
                scored.action_units[index % ActionUnit::COUNT]
                    .push((p, batch.action_units[index] > 0.5));
            }
        }
        let expression_prob: Vec<f32> = host(output.expression_prob);
        for (p, one_hot) in expression_prob
            .chunks_exact(classes)
            .zip(batch.expression.chunks_exact(classes))
        {
            if let Some(label) = one_hot.iter().position(|&value| value > 0.5) {
                let best = (0..classes)
                    .max_by(|&a, &b| p[a].total_cmp(&p[b]))
                    .unwrap_or(0);
                scored.expression.push((best, label));
            }
        }
    }
    scored
}

fn host(tensor: burn::tensor::Tensor<2>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
