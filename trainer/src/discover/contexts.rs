//! Whether faces that show the same get different graphs in different circumstances (CausalAffect,
//! sections 4.3 and 5.3: social and felt smiles share units and differ in their paths).
//!
//! Takes labelled images of two values of a context; compares their graphs by a
//! [permutation test](super::permutation), among images that show the same expression with the same
//! active units ([`Likeness::Active`]) and, more strictly, with each of them at the same FACS level
//! ([`Likeness::Levels`]). The stricter the likeness, the less a picture can tell of the context.

use std::fmt;

use anyhow::{Context as _, Result, bail, ensure};
use burn::tensor::Device;
use facs::{ActionUnit, Sample};
use serde::Serialize;

use super::{
    graphs::host,
    permutation::{StratifiedTest, compare},
};
use crate::{
    affect::{AffectNetwork, AffectTask},
    data::Images,
};

/// Images that go through the network at once.
const BATCH: usize = 32;
/// Edges that are printed per test.
const PRINTED: usize = 6;
/// Seed of the permutations.
const SEED: u64 = 1;

/// What compared images share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Likeness {
    /// The set of active units.
    Active,
    /// The FACS level, 0 to 5, of every unit that is active in either.
    Levels,
}

/// Images of two values of a context.
pub struct Compared {
    context: String,
    values: [String; 2],
    /// Position in the data set, and whether it is of the second value.
    images: Vec<(usize, bool)>,
}

/// The tests of one context.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ContextGraphs {
    /// Its name.
    pub context: String,
    /// Its values, in the order of the tests' differences: second minus first.
    pub values: [String; 2],
    /// One test per likeness; none where no two images are alike.
    pub tests: Vec<ContextTest>,
}

/// A test, with names.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ContextTest {
    /// What compared images share.
    pub likeness: Likeness,
    /// The test.
    #[serde(flatten)]
    pub test: StratifiedTest,
    /// Edges as `AU12 -> AU06`, in the order of the test's differences.
    pub edges: Vec<String>,
}

impl Compared {
    /// The images of a context's two values in which all units of `active` are.
    ///
    /// # Errors
    /// When the images do not have exactly two values of the context.
    pub fn new(images: &Images, context: &str, active: &[ActionUnit]) -> Result<Self> {
        let value = |sample: &Sample| {
            let provenance = sample.provenance.as_ref()?;
            provenance.contexts.get(context).cloned()
        };
        let mut values: Vec<String> = images.samples.iter().filter_map(value).collect();
        values.sort_unstable();
        values.dedup();
        let [first, second] = <[String; 2]>::try_from(values).map_err(|values| {
            anyhow::anyhow!(
                "--context {context}: a test compares two values, the images have {values:?}"
            )
        })?;
        let shows = |sample: &Sample| active.iter().all(|unit| is_active(sample, *unit));
        let chosen: Vec<(usize, bool)> = images
            .samples
            .iter()
            .enumerate()
            .filter(|(_, sample)| shows(sample))
            .filter_map(|(index, sample)| Some((index, value(sample)? == second)))
            .collect();
        if chosen.is_empty() {
            bail!("--active: no image shows all of {active:?}");
        }
        Ok(Self {
            context: context.to_owned(),
            values: [first, second],
            images: chosen,
        })
    }

    /// Compares the graphs that a network gives these images.
    ///
    /// # Errors
    /// When no two images of different values are alike.
    pub fn test(
        &self,
        task: &AffectTask,
        network: &AffectNetwork,
        images: &Images,
        permutations: usize,
        device: &Device,
    ) -> Result<ContextGraphs> {
        ensure!(permutations > 0, "--permutations: must be at least 1");
        let mut rows = Vec::with_capacity(self.images.len());
        for chunk in self.images.chunks(BATCH) {
            let numbers: Vec<usize> = chunk.iter().map(|&(index, _)| index).collect();
            let output = task.output(network, images, &numbers, device);
            let (between, towards) = (host(output.au_graph), host(output.expression_graph));
            let sizes = [between.len() / chunk.len(), towards.len() / chunk.len()];
            let pairs = between
                .chunks_exact(sizes[0])
                .zip(towards.chunks_exact(sizes[1]));
            rows.extend(pairs.map(|(between, towards)| [between, towards].concat()));
        }
        let second: Vec<bool> = self.images.iter().map(|&(_, second)| second).collect();
        let edges = names(task);
        let tests: Vec<ContextTest> = [Likeness::Active, Likeness::Levels]
            .into_iter()
            .filter_map(|likeness| {
                let shown = |&(index, _): &(usize, bool)| likeness.of(&images.samples[index]);
                let strata: Vec<String> = self.images.iter().map(shown).collect();
                let test = compare(&rows, &second, &strata, permutations, SEED)?;
                Some(ContextTest {
                    likeness,
                    test,
                    edges: edges.clone(),
                })
            })
            .collect();
        tests
            .first()
            .context("no two images of different contexts show the same units: give more")?;
        Ok(ContextGraphs {
            context: self.context.clone(),
            values: self.values.clone(),
            tests,
        })
    }
}

impl Likeness {
    /// What a sample shares with those that are like it.
    fn of(self, sample: &Sample) -> String {
        let expression = sample.expression.map_or("", |expression| expression.name());
        let units = ActionUnit::ALL
            .into_iter()
            .filter(|&unit| is_active(sample, unit));
        let units = units.map(|unit| match self {
            Self::Active => unit.code().to_owned(),
            Self::Levels => {
                let intensity = sample.action_units[&unit].intensity.unwrap_or(1.0);
                format!("{}:{}", unit.code(), intensity.round())
            }
        });
        format!("{expression} {}", units.collect::<Vec<_>>().join(" "))
    }
}

fn is_active(sample: &Sample, unit: ActionUnit) -> bool {
    sample.action_units.get(&unit).is_some_and(|label| label.on)
}

/// Edges in the order of the flattened matrices.
fn names(task: &AffectTask) -> Vec<String> {
    let expressions = task.settings.expressions.iter().map(|it| it.name());
    let targets = ActionUnit::ALL
        .iter()
        .map(|unit| unit.code())
        .chain(expressions);
    targets
        .flat_map(|to| {
            ActionUnit::ALL
                .iter()
                .map(move |from| format!("{} -> {to}", from.code()))
        })
        .collect()
}

impl fmt::Display for ContextGraphs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = &self.values;
        writeln!(f, "graphs of {}: {second} against {first}", self.context)?;
        for ContextTest {
            likeness,
            test,
            edges,
        } in &self.tests
        {
            let alike = match likeness {
                Likeness::Active => "the same active units",
                Likeness::Levels => "the same FACS levels",
            };
            writeln!(
                f,
                "\n{alike}: {} and {} images in {} groups, statistic {:.2} (by chance {:.2}), p = {:.4}",
                test.samples[1],
                test.samples[0],
                test.strata,
                test.statistic,
                test.expected,
                test.p
            )?;
            let mut order: Vec<usize> = (0..edges.len()).collect();
            order.sort_by(|&a, &b| {
                let size = |index: usize| test.differences[index].abs();
                size(b).total_cmp(&size(a))
            });
            for index in order.into_iter().take(PRINTED) {
                writeln!(f, "  {:<18} {:+.4}", edges[index], test.differences[index])?;
            }
        }
        Ok(())
    }
}
