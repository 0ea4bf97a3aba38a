//! Do a classifier's answers go with a feature, among faces that show the same? (Büchner et al.,
//! Facing Asymmetry, experiment 1.)
//!
//! Takes a table with one row per face: what it shows, what the classifier says, and features; gives
//! for every feature the outcome of three tests of conditional independence and their majority.
//! This is association in data as they were found; what happens when symmetry itself is changed is
//! what [`crate::audit`] asks.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::statistics::{
    StatisticsError,
    independence::{
        Given, Sample, Variable,
        vote::{Ballot, Vote},
    },
};

/// A feature of at most as many different values is one of classes, such as a diagnosis.
const FEW_VALUES: usize = 5;

/// Which columns of a table mean what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Columns {
    /// What the face shows: any text.
    pub label: String,
    /// What the classifier says: numbers, one column or more.
    pub predictions: Vec<String>,
    /// What the answers might go with: numbers, each tested alone.
    pub features: Vec<String>,
}

/// Why a table cannot be tested.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AssociationError {
    /// The file is no table.
    #[error("{}: {source}", path.display())]
    Csv {
        /// Which file.
        path: PathBuf,
        /// Where, and why.
        source: csv::Error,
    },
    /// A column is not there.
    #[error("{}: no column {column:?}; it has: {there}", path.display())]
    Column {
        /// Which file.
        path: PathBuf,
        /// Which column.
        column: String,
        /// Those that are there.
        there: String,
    },
    /// A cell is no number.
    #[error("{}: line {line}, column {column:?}: {cell:?} is no number", path.display())]
    Cell {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1, the header's.
        line: u64,
        /// Which column.
        column: String,
        /// What is there.
        cell: String,
    },
    /// A feature cannot be tested.
    #[error("feature {feature:?}: {source}")]
    Feature {
        /// Which one.
        feature: String,
        /// Why.
        source: StatisticsError,
    },
}

/// A table, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    labels: Vec<usize>,
    predictions: Variable,
    features: Vec<(String, Variable)>,
}

/// What was found about one feature.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Association {
    /// Which feature.
    pub feature: String,
    /// Rows of the table.
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
    /// Reads a CSV file with a header.
    ///
    /// # Errors
    /// [`AssociationError`], naming file, line and column.
    pub fn read(path: &Path, columns: &Columns) -> Result<Self, AssociationError> {
        let csv = |source| AssociationError::Csv {
            path: path.to_owned(),
            source,
        };
        let mut reader = csv::Reader::from_path(path).map_err(csv)?;
        let header = reader.headers().map_err(csv)?.clone();
        let find = |column: &String| {
            let found = header.iter().position(|name| name == column);
            found.ok_or_else(|| AssociationError::Column {
                path: path.to_owned(),
                column: column.clone(),
                there: header.iter().collect::<Vec<_>>().join(", "),
            })
        };
        let label = find(&columns.label)?;
        let numbers = columns.predictions.iter().chain(&columns.features);
        let numbers: Vec<usize> = numbers.map(find).collect::<Result<_, _>>()?;
        let mut names = BTreeMap::new();
        let (mut labels, mut cells) = (Vec::new(), vec![Vec::new(); numbers.len()]);
        for record in reader.records() {
            let record = record.map_err(csv)?;
            let next = names.len();
            labels.push(*names.entry(record[label].to_owned()).or_insert(next));
            for (cells, column) in cells.iter_mut().zip(&numbers) {
                let cell = record[*column].trim();
                let number = cell.parse().ok().filter(|number: &f64| number.is_finite());
                cells.push(number.ok_or_else(|| AssociationError::Cell {
                    path: path.to_owned(),
                    line: record.position().map_or(0, csv::Position::line),
                    column: header[*column].to_owned(),
                    cell: cell.to_owned(),
                })?);
            }
        }
        let wrong = |feature: &str| {
            let feature = feature.to_owned();
            move |source| AssociationError::Feature { feature, source }
        };
        let features = cells.split_off(columns.predictions.len());
        let rows = 0..labels.len();
        let rows = rows.flat_map(|row| cells.iter().map(move |column| column[row]));
        let predictions = Variable::table(rows.collect(), columns.predictions.len());
        let named = columns.features.iter().zip(features);
        let features = named.map(|(name, numbers)| {
            let mut different: Vec<u64> = numbers.iter().map(|number| number.to_bits()).collect();
            different.sort_unstable();
            different.dedup();
            let variable = Variable::column(numbers).map_err(wrong(name))?;
            let is_few = different.len() <= FEW_VALUES;
            let variable = if is_few {
                variable.discrete()
            } else {
                variable
            };
            Ok((name.clone(), variable))
        });
        Ok(Self {
            labels,
            predictions: predictions.map_err(wrong("the predictions"))?,
            features: features.collect::<Result<_, _>>()?,
        })
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
            let ballot: Ballot = ballot.map_err(|source| AssociationError::Feature {
                feature: feature.clone(),
                source,
            })?;
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

#[cfg(test)]
mod tests {
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
        let table = Table::read(&table(folder.path()), &columns()).unwrap();
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
            let refused = Table::read(&path, &columns()).unwrap_err().to_string();
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
