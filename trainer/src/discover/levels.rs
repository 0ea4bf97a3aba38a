//! Tables of coded faces for [`structure`](crate::structure), from the labels of data sets or from what
//! a network sees.

use anyhow::{Result, ensure};
use burn::tensor::Device;
use facs::{ActionUnit, Sample};

use super::graphs::host;
use crate::{
    affect::{AffectNetwork, AffectTask},
    data::Images,
    structure::{LevelTable, Scale},
    task::Evaluation,
};

/// Images that go through the network at once.
const BATCH: usize = 64;

/// The labels of those samples in which every unit is coded on the scale; at most `rows`, spread over all.
/// Intensities become whole levels where the scale has whole levels.
///
/// # Errors
/// When no sample is coded whole.
pub fn coded<'a>(
    samples: impl IntoIterator<Item = &'a Sample>,
    scale: Scale,
    rows: usize,
) -> Result<LevelTable> {
    let faces: Vec<(Vec<f32>, &Sample)> = samples
        .into_iter()
        .filter_map(|sample| Some((levels(sample, scale)?, sample)))
        .collect();
    ensure!(
        !faces.is_empty(),
        "no sample is coded for all {} action units{}",
        ActionUnit::COUNT,
        match scale {
            Scale::OnOff => "",
            Scale::Levels | Scale::Scores => " with intensities: try --scale on-off",
        }
    );
    let mut table = LevelTable::new(scale, &ActionUnit::ALL)?;
    for &index in &spread(faces.len(), rows) {
        let (levels, sample) = &faces[index];
        table.push(levels, &set(sample), sample.expression)?;
    }
    Ok(table)
}

/// What a network calls active in images, at the thresholds of its report; expressions are those that it
/// finds most probable. No label is looked at.
///
/// # Errors
/// When the report has no threshold for a unit.
pub fn predicted(
    task: &AffectTask,
    network: &AffectNetwork,
    report: &Evaluation,
    images: &Images,
    chosen: &[usize],
    device: &Device,
) -> Result<LevelTable> {
    let mut thresholds = Vec::with_capacity(ActionUnit::COUNT);
    for unit in ActionUnit::ALL {
        let threshold = report.thresholds.get(unit.code());
        ensure!(
            threshold.is_some(),
            "the run's report has no threshold for {unit}"
        );
        thresholds.extend(threshold);
    }
    let expressions = &task.settings.expressions;
    let mut table = LevelTable::new(Scale::OnOff, &ActionUnit::ALL)?;
    for chunk in chosen.chunks(BATCH) {
        let output = task.output(network, images, chunk, device);
        let (units, faces) = (host(output.au_prob), host(output.expression_prob));
        let rows = units
            .chunks_exact(thresholds.len())
            .zip(faces.chunks_exact(expressions.len()));
        for (&image, (units, probabilities)) in chunk.iter().zip(rows) {
            let on = units
                .iter()
                .zip(&thresholds)
                .map(|(p, least)| f32::from(u8::from(p >= *least)));
            let best = (0..expressions.len())
                .max_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b]));
            let expression = best.map(|index| expressions[index]);
            table.push(
                &on.collect::<Vec<_>>(),
                &set(&images.samples[image]),
                expression,
            )?;
        }
    }
    Ok(table)
}

/// At most `rows` of `count` positions, evenly spread.
#[must_use]
pub fn spread(count: usize, rows: usize) -> Vec<usize> {
    let kept = count.min(rows);
    (0..kept).map(|row| row * count / kept.max(1)).collect()
}

/// All units of a sample, or `None` where one is not coded.
fn levels(sample: &Sample, scale: Scale) -> Option<Vec<f32>> {
    let level = |unit: ActionUnit| {
        let label = sample.action_units.get(&unit)?;
        match scale {
            Scale::OnOff => Some(f32::from(u8::from(label.on))),
            Scale::Levels => Some(label.intensity?.round()),
            Scale::Scores => label.intensity,
        }
    };
    ActionUnit::ALL.into_iter().map(level).collect()
}

/// The units that were set from outside.
fn set(sample: &Sample) -> Vec<ActionUnit> {
    let done = sample.provenance.iter().flat_map(|made| made.done.keys());
    done.filter_map(|name| name.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use facs::{AuLabel, Expression, Provenance, Split};

    fn sample(intensity: Option<f32>) -> Sample {
        let label = |unit| {
            let label = AuLabel {
                on: unit == ActionUnit::Au12,
                intensity,
                left: None,
                right: None,
            };
            (unit, label)
        };
        Sample {
            image: 0,
            subject: "p".into(),
            domain: "drawn".into(),
            split: Split::Train,
            action_units: ActionUnit::ALL.map(label).into(),
            expression: Some(Expression::Happiness),
            faces: Vec::new(),
            look_alikes: Vec::new(),
            provenance: Some(Provenance {
                done: [("AU12".to_owned(), 4.0), ("time".to_owned(), 1.0)].into(),
                ..Provenance::default()
            }),
        }
    }

    #[test]
    fn a_face_that_is_not_coded_whole_is_left_out() {
        let mut part = sample(Some(2.4));
        part.action_units.remove(&ActionUnit::Au01);
        let samples = [sample(Some(2.4)), part, sample(None)];
        assert_eq!(coded(&samples, Scale::Levels, 9).unwrap().rows(), 1);
        assert_eq!(coded(&samples, Scale::OnOff, 9).unwrap().rows(), 2);
        let error = coded(&samples[2..], Scale::Levels, 9).unwrap_err();
        assert!(error.to_string().contains("on-off"), "{error}");
    }

    #[test]
    fn only_units_count_as_set() {
        assert_eq!(set(&sample(None)), [ActionUnit::Au12]);
        assert_eq!(levels(&sample(Some(2.4)), Scale::Levels).unwrap()[9], 2.0);
    }

    #[test]
    fn rows_are_spread_over_all() {
        assert_eq!(spread(10, 3), [0, 3, 6]);
        assert_eq!(spread(2, 5), [0, 1]);
    }
}
