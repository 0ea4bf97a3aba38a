//! Figures of the affect network: F1 per action unit, accuracy of the expression.

use burn::tensor::Device;
use facs::ActionUnit;

use crate::{
    data::{Images, domains},
    metric::{balanced_accuracy, best_f1_threshold, f1},
    task::{Evaluation, Task},
};

use super::{AffectNetwork, AffectTask};

const BATCH: usize = 64;

/// Probabilities of samples beside their labels.
#[derive(Default)]
struct Scored {
    /// Per action unit: (probability, label) of the labelled samples.
    action_units: [Vec<(f32, bool)>; ActionUnit::COUNT],
    /// (predicted, true) class of the labelled samples.
    expression: Vec<(usize, usize)>,
}

/// F1 per action unit at the thresholds that are best on `choose`, their mean over the units that
/// occur, accuracy and balanced accuracy of the expression; all on `report`, and again on each of
/// its domains where there are several (`au_f1_mean/DOMAIN`).
pub fn evaluate(
    task: &AffectTask,
    network: &AffectNetwork,
    images: &Images,
    choose: &[usize],
    report: &[usize],
    device: &Device,
) -> Evaluation {
    let score = |samples: &[usize]| score(task, network, images, samples, device);
    let by_domain: Vec<(String, Scored)> = domains(images, report.iter().copied())
        .into_iter()
        .map(|(domain, samples)| (domain, score(&samples)))
        .collect();
    let mut all = Scored::default();
    for (_, scored) in &by_domain {
        all.extend(scored);
    }
    let thresholds = if choose == report {
        all.thresholds()
    } else {
        score(choose).thresholds()
    };

    let mut evaluation = Evaluation::default();
    for (unit, threshold) in ActionUnit::ALL.iter().zip(thresholds) {
        evaluation.thresholds.insert(unit.code().into(), threshold);
    }
    for (unit, f1) in all.f1s(&thresholds) {
        evaluation.metrics.insert(format!("au_f1/{unit}"), f1);
    }
    let classes = task.settings.expressions.len();
    for (name, value) in all.figures(&thresholds, classes) {
        evaluation.metrics.insert(name.into(), value);
    }
    for (domain, scored) in by_domain.iter().filter(|_| by_domain.len() > 1) {
        for (name, value) in scored.figures(&thresholds, classes) {
            let name = format!("{name}/{domain}");
            evaluation.metrics.insert(name, value);
        }
    }
    evaluation
}

impl Scored {
    fn extend(&mut self, other: &Self) {
        for (own, more) in self.action_units.iter_mut().zip(&other.action_units) {
            own.extend(more);
        }
        self.expression.extend(&other.expression);
    }

    fn thresholds(&self) -> [f32; ActionUnit::COUNT] {
        std::array::from_fn(|unit| best_f1_threshold(&self.action_units[unit]))
    }

    /// F1 of the action units that occur.
    fn f1s(
        &self,
        thresholds: &[f32; ActionUnit::COUNT],
    ) -> impl Iterator<Item = (ActionUnit, f64)> {
        let units = ActionUnit::ALL.iter().zip(&self.action_units);
        units
            .zip(thresholds)
            .filter(|((_, pairs), _)| pairs.iter().any(|&(_, label)| label))
            .map(|((unit, pairs), &threshold)| (*unit, f1(pairs, threshold)))
    }

    fn figures(
        &self,
        thresholds: &[f32; ActionUnit::COUNT],
        classes: usize,
    ) -> [(&'static str, f64); 3] {
        let f1s: Vec<f64> = self.f1s(thresholds).map(|(_, f1)| f1).collect();
        let right = self.expression.iter();
        let right = right.filter(|(predicted, label)| predicted == label);
        [
            (
                "au_f1_mean",
                f1s.iter().sum::<f64>() / f1s.len().max(1) as f64,
            ),
            (
                "expression_accuracy",
                right.count() as f64 / self.expression.len().max(1) as f64,
            ),
            (
                "expression_balanced_accuracy",
                balanced_accuracy(&self.expression, classes),
            ),
        ]
    }
}

fn score(
    task: &AffectTask,
    network: &AffectNetwork,
    images: &Images,
    samples: &[usize],
    device: &Device,
) -> Scored {
    let classes = task.settings.expressions.len();
    let mut scored = Scored::default();
    for chunk in samples.chunks(BATCH) {
        let batch = task.batch(images, chunk, None);
        let output = network
            .state(batch.input.embedding(network, device))
            .output();
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
