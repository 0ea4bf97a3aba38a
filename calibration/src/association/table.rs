//! A table whose features are tested.
//!
//! Takes the rows of a file; gives per feature what three tests say about it, and their majority.

use std::{collections::BTreeMap, path::Path};

use rayon::prelude::*;
use serde::Serialize;

use super::{
    AssociationError, Columns, Counts, Draw,
    rows::{self, Row},
};
use crate::statistics::{
    StatisticsError,
    independence::{
        Given, Sample, Variable,
        vote::{Ballot, Vote},
    },
};

/// A feature of at most as many different values is one of classes, such as a diagnosis.
const FEW_VALUES: usize = 5;

/// A table, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    labels: Vec<usize>,
    predictions: Variable,
    features: Vec<(String, Variable)>,
    counts: Counts,
}

/// What was found about one feature.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Association {
    /// Which feature.
    pub feature: String,
    /// Rows that were drawn.
    pub faces: usize,
    /// p-value of conditional HSIC.
    pub chsic_p: f64,
    /// p-value of CMIknn.
    pub cmi_knn_p: f64,
    /// p-value of FCIT.
    pub fcit_p: f64,
    /// Tests whose p-value is below the level.
    pub votes: usize,
    /// Whether most of them find that answers and feature go together given the label.
    pub associated: bool,
}

impl Table {
    /// Reads a CSV file with a header and draws from its rows. Those with an empty cell in a column that is
    /// asked for are left out.
    ///
    /// # Errors
    /// [`AssociationError`], naming file, line and column.
    pub fn read(path: &Path, columns: &Columns, draw: &Draw) -> Result<Self, AssociationError> {
        let (rows, counts) = rows::read(path, columns, draw)?;
        let mut names = BTreeMap::new();
        let label = |row: &Row| {
            let next = names.len();
            *names.entry(row.label.clone()).or_insert(next)
        };
        let labels = rows.iter().map(label).collect();
        let width = columns.predictions.len();
        let said = rows.iter().flat_map(|row| &row.numbers[..width]);
        let predictions = Variable::table(said.copied().collect(), width);
        let features = columns.features.iter().enumerate().map(|(place, name)| {
            let numbers = rows.iter().map(|row| row.numbers[width + place]);
            let named = feature(numbers.collect()).map(|variable| (name.clone(), variable));
            named.map_err(wrong(name))
        });
        Ok(Self {
            labels,
            predictions: predictions.map_err(wrong("the predictions"))?,
            features: features.collect::<Result<_, _>>()?,
            counts,
        })
    }

    /// How many rows there were, and are.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Tests every feature, side by side; `done` hears of each that is.
    ///
    /// # Errors
    /// [`AssociationError::Feature`] for one that cannot be tested, such as one that never changes.
    pub fn test(
        &self,
        vote: &Vote,
        seed: u64,
        done: impl Fn() + Sync,
    ) -> Result<Vec<Association>, AssociationError> {
        let test = |(feature, values): &(String, Variable)| {
            let label = Given::Classes(self.labels.clone());
            let sample = Sample::new(self.predictions.clone(), values.clone(), label);
            let ballot = sample.and_then(|sample| vote.test(&sample, seed));
            done();
            let ballot: Ballot = ballot.map_err(wrong(feature))?;
            Ok(Association {
                feature: feature.clone(),
                faces: self.labels.len(),
                chsic_p: ballot.chsic.p,
                cmi_knn_p: ballot.cmi_knn.p,
                fcit_p: ballot.fcit.p,
                votes: ballot.votes,
                associated: ballot.dependent(),
            })
        };
        self.features.par_iter().map(test).collect()
    }
}

fn wrong(feature: &str) -> impl FnOnce(StatisticsError) -> AssociationError {
    let feature = feature.to_owned();
    move |source| AssociationError::Feature { feature, source }
}

/// Discrete where it has few different values.
fn feature(numbers: Vec<f64>) -> Result<Variable, StatisticsError> {
    let mut different: Vec<u64> = numbers.iter().map(|number| number.to_bits()).collect();
    different.sort_unstable();
    different.dedup();
    let variable = Variable::column(numbers)?;
    Ok(if different.len() <= FEW_VALUES {
        variable.discrete()
    } else {
        variable
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn columns() -> Columns {
        Columns {
            label: "shows".to_owned(),
            predictions: vec!["happy".to_owned()],
            features: vec!["palsy".to_owned(), "age".to_owned()],
        }
    }

    fn everything() -> Draw {
        Draw {
            rows: usize::MAX,
            one_per: Vec::new(),
            seed: 0,
        }
    }

    /// 300 faces; the answer falls with a palsy and has nothing to do with age.
    fn table(folder: &Path) -> PathBuf {
        let mut rng = ChaCha8Rng::seed_from_u64(8);
        let mut text = "shows,happy,palsy,age\n".to_owned();
        for _ in 0..300 {
            let (smiles, palsy) = (rng.random::<bool>(), rng.random::<bool>());
            let level = if smiles { 0.8 } else { 0.1 };
            let happy = level - if palsy { 0.08 } else { 0.0 } + 0.05 * rng.random::<f64>();
            let shows = if smiles { "happiness" } else { "neutral" };
            let age = 18.0 + 50.0 * rng.random::<f64>();
            text += &format!("{shows},{happy},{},{age}\n", u8::from(palsy));
        }
        let path = folder.join("faces.csv");
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn what_goes_together_is_found_and_what_does_not_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let table = Table::read(&table(folder.path()), &columns(), &everything()).unwrap();
        let found = table.test(&Vote::default(), 1, || ()).unwrap();
        let associated: Vec<_> = found.iter().map(|found| found.associated).collect();
        assert_eq!(associated, [true, false], "{found:?}");
    }

    #[test]
    fn what_is_wrong_with_a_table_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("faces.csv");
        let refused = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let refused = Table::read(&path, &columns(), &everything()).unwrap_err();
            let refused = refused.to_string();
            refused.replace(&path.display().to_string(), "FILE")
        };
        let found = refused("shows,happy,palsy\na,0.5,1\n");
        assert_eq!(
            found,
            "FILE: no column \"age\"; it has: shows, happy, palsy"
        );
        let found = refused("shows,happy,palsy,age\na,0.5,1,20\nb,0.5,yes,20\n");
        assert_eq!(
            found,
            "FILE: line 3, column \"palsy\": \"yes\" is no number"
        );
        assert!(refused("shows,happy,palsy,age\na,0.5\n").starts_with("FILE: CSV error"));
    }
}
