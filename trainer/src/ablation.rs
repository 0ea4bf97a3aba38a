//! The ablation of CausalAffect (Table 3): what each part contributes, over several seeds.
//!
//! Takes a recipe of the affect model, rows of the table and seeds; gives the recipe of each run,
//! and from their figures the table, with mean and spread.

use std::{collections::BTreeMap, fmt::Write, ops::RangeInclusive};

use anyhow::{Result, bail};
use serde::Serialize;

use crate::{
    affect::CausalParts,
    recipe::{ModelSettings, Recipe},
    task::Evaluation,
};

/// The figures of the table, as the evaluation names them, and their headings.
const FIGURES: [(&str, &str); 3] = [
    ("au_f1_mean", "AU F1"),
    ("expression_accuracy", "expression accuracy"),
    ("expression_balanced_accuracy", "balanced accuracy"),
];

/// A row of Table 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Its number, from 1.
    pub row: usize,
    /// Its name in the paper.
    pub name: &'static str,
    /// What takes part.
    pub parts: CausalParts,
}

const fn variant(row: usize, name: &'static str, parts: &str) -> Variant {
    Variant {
        row,
        name,
        parts: CausalParts {
            global_graph: holds(parts, b'G'),
            sample_graph: holds(parts, b'S'),
            disentanglement: holds(parts, b'D'),
            counterfactual: holds(parts, b'C'),
            acyclicity: holds(parts, b'A'),
        },
    }
}

const fn holds(parts: &str, part: u8) -> bool {
    let bytes = parts.as_bytes();
    let mut index = 0;
    while index < bytes.len() {
        if bytes[index] == part {
            return true;
        }
        index += 1;
    }
    false
}

/// Table 3 of CausalAffect. Letters: G global graphs, S sample graphs, D disentanglement, C
/// counterfactuals, A acyclicity, which counts wherever there is an AU->AU graph.
pub const TABLE_3: [Variant; 15] = [
    variant(1, "Backbone", ""),
    variant(2, "Backbone + Dis", "D"),
    variant(3, "Backbone + GC", "GA"),
    variant(4, "Backbone + GC + Dis", "GDA"),
    variant(5, "Backbone + GC + CF", "GCA"),
    variant(6, "Backbone + GC + Dis + CF", "GDCA"),
    variant(7, "Backbone + SAC", "SA"),
    variant(8, "Backbone + SAC + Dis", "SDA"),
    variant(9, "Backbone + SAC + CF", "SCA"),
    variant(10, "Backbone + SAC + Dis + CF", "SDCA"),
    variant(11, "Backbone + GC + SAC", "GSA"),
    variant(12, "Backbone + GC + SAC + Dis", "GSDA"),
    variant(13, "Backbone + GC + SAC + CF", "GSCA"),
    variant(14, "CausalAffect (w/o DAG)", "GSDC"),
    variant(15, "CausalAffect (GC + SAC + Dis + CF)", "GSDCA"),
];

/// One run of the ablation.
#[derive(Clone, Debug)]
pub struct AblationRun {
    /// Which row.
    pub variant: Variant,
    /// Which seed.
    pub seed: u64,
    /// What to train.
    pub recipe: Recipe,
}

impl AblationRun {
    /// The run's folder inside that of the ablation.
    #[must_use]
    pub fn folder(&self) -> String {
        format!("row-{:02}-seed-{}", self.variant.row, self.seed)
    }
}

/// Every row with every seed, seeds outermost, so that a table of all rows is there early.
///
/// # Errors
/// When the recipe is not of the affect model, or a row is not in the table.
pub fn runs(recipe: &Recipe, rows: &[usize], seeds: &[u64]) -> Result<Vec<AblationRun>> {
    let ModelSettings::Affect(settings) = &recipe.model else {
        bail!("the ablation is that of CausalAffect: give a recipe with [affect]");
    };
    let mut runs = Vec::new();
    for &seed in seeds {
        for &row in rows {
            let Some(variant) = TABLE_3.into_iter().find(|variant| variant.row == row) else {
                bail!(
                    "--rows: {row} is not a row of Table 3, 1 to {}",
                    TABLE_3.len()
                );
            };
            let mut recipe = recipe.clone();
            let mut settings = settings.clone();
            settings.parts = variant.parts;
            recipe.model = ModelSettings::Affect(settings);
            recipe.seed = seed;
            recipe.training.evaluate_epochs = recipe.training.epochs as usize + 1;
            runs.push(AblationRun {
                variant,
                seed,
                recipe,
            });
        }
    }
    Ok(runs)
}

/// Rows as written on the command line: `3`, or `1-15`.
///
/// # Errors
/// When the text is neither.
pub fn parse_rows(text: &str) -> Result<RangeInclusive<usize>, String> {
    let number = |text: &str| {
        text.trim()
            .parse::<usize>()
            .map_err(|error| format!("{text:?} is no row ({error}): write 3, or 1-15"))
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Ok(number(first)?..=number(last)?)
}

/// Figures of all seeds of a row.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Its number in Table 3.
    pub row: usize,
    /// Its name.
    pub name: &'static str,
    /// Per figure, the value of each seed, in the order of the seeds.
    pub values: BTreeMap<String, Vec<f64>>,
}

/// Collects the figures of finished runs by row.
#[must_use]
pub fn rows(finished: &[(AblationRun, Evaluation)]) -> Vec<Row> {
    let mut rows = BTreeMap::<usize, Row>::new();
    for (run, figures) in finished {
        let row = rows.entry(run.variant.row).or_insert_with(|| Row {
            row: run.variant.row,
            name: run.variant.name,
            values: BTreeMap::new(),
        });
        for (name, &value) in &figures.metrics {
            row.values.entry(name.clone()).or_default().push(value);
        }
    }
    rows.into_values().collect()
}

/// The table in Markdown: mean and standard deviation over the seeds, in percent.
#[must_use]
pub fn table(rows: &[Row]) -> String {
    let mut text = String::from("| row | variant |");
    for (_, heading) in FIGURES {
        let _ = write!(text, " {heading} |");
    }
    text.push_str("\n|---|---|");
    text.push_str(&"---|".repeat(FIGURES.len()));
    for row in rows {
        let _ = write!(text, "\n| {} | {} |", row.row, row.name);
        for (name, _) in FIGURES {
            let _ = match row.values.get(name) {
                Some(values) => write!(text, " {} |", spread(values)),
                None => write!(text, " |"),
            };
        }
    }
    text.push('\n');
    text
}

/// `53.2 ± 0.4`; the deviation is that of a sample, and missing for a single seed.
fn spread(values: &[f64]) -> String {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    if values.len() < 2 {
        return format!("{:.1}", 100.0 * mean);
    }
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    format!(
        "{:.1} ± {:.1}",
        100.0 * mean,
        100.0 * (squares / (count - 1.0)).sqrt()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn recipe() -> Recipe {
        Recipe::parse(include_str!("../recipes/affect.toml"), Path::new("a.toml")).unwrap()
    }

    #[test]
    fn rows_differ_in_their_parts_alone() {
        let all: Vec<usize> = (1..=15).collect();
        let runs = runs(&recipe(), &all, &[4, 5]).unwrap();
        assert_eq!(runs.len(), 30);
        let mut parts: Vec<_> = TABLE_3.iter().map(|it| format!("{:?}", it.parts)).collect();
        parts.sort();
        parts.dedup();
        assert_eq!(parts.len(), 15, "no row stands twice");
        for run in &runs {
            let mut back = run.recipe.clone();
            let ModelSettings::Affect(settings) = &mut back.model else {
                panic!("affect")
            };
            settings.parts = CausalParts::default();
            assert_eq!(back.model, recipe().model);
            assert!(
                run.variant.name.contains("SAC")
                    || run.variant.row == 14
                    || !run.variant.parts.sample_graph
            );
        }
    }

    #[test]
    fn the_table_has_mean_and_spread() {
        let runs = runs(&recipe(), &[1, 15], &[1, 2]).unwrap();
        let figures = [0.5, 0.6, 0.52, 0.7];
        let finished: Vec<_> = runs
            .into_iter()
            .zip(figures)
            .map(|(run, f1)| {
                let mut figures = Evaluation::default();
                figures.metrics.insert("au_f1_mean".into(), f1);
                (run, figures)
            })
            .collect();
        insta::assert_snapshot!(table(&rows(&finished)), @r"
        | row | variant | AU F1 | expression accuracy | balanced accuracy |
        |---|---|---|---|---|
        | 1 | Backbone | 51.0 ± 1.4 | | |
        | 15 | CausalAffect (GC + SAC + Dis + CF) | 65.0 ± 7.1 | | |
        ");
    }

    #[test]
    fn rows_are_numbers_or_ranges() {
        assert_eq!(parse_rows("1-15").unwrap(), 1..=15);
        assert_eq!(parse_rows("6").unwrap(), 6..=6);
        assert!(parse_rows("all").unwrap_err().contains("all"));
        assert!(
            runs(&recipe(), &[16], &[1])
                .unwrap_err()
                .to_string()
                .contains("16")
        );
    }
}
