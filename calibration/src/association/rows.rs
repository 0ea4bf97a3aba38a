//! The rows of a table that are tested.
//!
//! Takes a CSV file with a header; gives the cells of the columns that are asked for, of as many rows as
//! are wanted.

use std::{collections::BTreeSet, path::Path};

use csv::{Position, Reader, StringRecord};
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::AssociationError;

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

/// Which rows of a table are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draw {
    /// At most so many, by chance: tests cost up to the cube of it.
    pub rows: usize,
    /// One, by chance, of those that agree in all of these columns. Tests take rows for independent, which
    /// pictures of one person are not.
    pub one_per: Vec<String>,
    /// What chance follows from.
    pub seed: u64,
}

/// How many rows a table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// In the file.
    pub found: usize,
    /// Left out because a cell that is asked for is empty: not known is not 0.
    pub incomplete: usize,
    /// Drawn of the others.
    pub drawn: usize,
}

/// One row.
pub(super) struct Row {
    pub(super) label: String,
    /// Predictions, then features.
    pub(super) numbers: Vec<f64>,
    /// What is the same in rows of which one is taken.
    group: Vec<String>,
}

/// Reads the rows of a file and draws from them.
pub(super) fn read(
    path: &Path,
    columns: &Columns,
    draw: &Draw,
) -> Result<(Vec<Row>, Counts), AssociationError> {
    let csv = |source| AssociationError::Csv {
        path: path.to_owned(),
        source,
    };
    let mut reader = Reader::from_path(path).map_err(csv)?;
    let header = reader.headers().map_err(csv)?.clone();
    let places = Places::find(path, &header, columns, draw)?;
    let (mut rows, mut found) = (Vec::new(), 0);
    let mut empty = vec![0; header.len()];
    for record in reader.records() {
        let record = record.map_err(csv)?;
        found += 1;
        match places.row(&record) {
            Ok(row) => rows.push(row),
            Err(column) if record[column].trim().is_empty() => empty[column] += 1,
            Err(column) => {
                return Err(AssociationError::Cell {
                    path: path.to_owned(),
                    line: record.position().map_or(0, Position::line),
                    column: header[column].to_owned(),
                    cell: record[column].trim().to_owned(),
                });
            }
        }
    }
    let incomplete = empty.iter().sum();
    if rows.is_empty()
        && let Some((column, empty)) = empty.iter().enumerate().max_by_key(|(_, empty)| **empty)
    {
        return Err(AssociationError::Empty {
            path: path.to_owned(),
            rows: found,
            column: header[column].to_owned(),
            empty: *empty,
        });
    }
    let rows = draw.of(rows);
    let counts = Counts {
        found,
        incomplete,
        drawn: rows.len(),
    };
    Ok((rows, counts))
}

/// Where the columns are.
struct Places {
    label: usize,
    numbers: Vec<usize>,
    group: Vec<usize>,
}

impl Places {
    fn find(
        path: &Path,
        header: &StringRecord,
        columns: &Columns,
        draw: &Draw,
    ) -> Result<Self, AssociationError> {
        let find = |column: &String| {
            let found = header.iter().position(|name| name == column);
            found.ok_or_else(|| AssociationError::Column {
                path: path.to_owned(),
                column: column.clone(),
                there: header.iter().collect::<Vec<_>>().join(", "),
            })
        };
        let numbers = columns.predictions.iter().chain(&columns.features);
        Ok(Self {
            label: find(&columns.label)?,
            numbers: numbers.map(find).collect::<Result<_, _>>()?,
            group: draw.one_per.iter().map(find).collect::<Result<_, _>>()?,
        })
    }

    /// The row of a record, or the first column whose cell is not what it should be.
    fn row(&self, record: &StringRecord) -> Result<Row, usize> {
        let text = |column: &usize| {
            let cell = record[*column].trim();
            let cell = (!cell.is_empty()).then(|| cell.to_owned());
            cell.ok_or(*column)
        };
        let number = |column: &usize| {
            let number = text(column)?.parse().ok();
            number
                .filter(|number: &f64| number.is_finite())
                .ok_or(*column)
        };
        Ok(Row {
            label: text(&self.label)?,
            numbers: self.numbers.iter().map(number).collect::<Result<_, _>>()?,
            group: self.group.iter().map(text).collect::<Result<_, _>>()?,
        })
    }
}

impl Draw {
    /// What is drawn of `rows`, in their order.
    fn of(&self, rows: Vec<Row>) -> Vec<Row> {
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(self.seed));
        let mut groups = BTreeSet::new();
        if !self.one_per.is_empty() {
            order.retain(|row| groups.insert(&rows[*row].group));
        }
        order.truncate(self.rows);
        let drawn: BTreeSet<usize> = order.into_iter().collect();
        let rows = rows.into_iter().enumerate();
        let drawn = rows.filter(|(row, _)| drawn.contains(row));
        drawn.map(|(_, row)| row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "who,shows,says,a,b\n\
        1,x,0.1,1,\n1,x,0.2,2,7\n1,x,0.3,3,7\n2,x,0.4,4,8\n2,,0.5,5,8\n3,y,0.6,6,9\n";

    fn columns(features: &[&str]) -> Columns {
        Columns {
            label: "shows".to_owned(),
            predictions: vec!["says".to_owned()],
            features: features.iter().copied().map(str::to_owned).collect(),
        }
    }

    fn drawn(features: &[&str], rows: usize, one_per: &[&str], seed: u64) -> (Vec<f64>, Counts) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("faces.csv");
        std::fs::write(&path, TABLE).unwrap();
        let one_per = one_per.iter().copied().map(str::to_owned).collect();
        let draw = Draw {
            rows,
            one_per,
            seed,
        };
        let (rows, counts) = read(&path, &columns(features), &draw).unwrap();
        (rows.iter().map(|row| row.numbers[0]).collect(), counts)
    }

    fn counts([found, incomplete, drawn]: [usize; 3]) -> Counts {
        Counts {
            found,
            incomplete,
            drawn,
        }
    }

    #[test]
    fn rows_that_lack_what_is_asked_for_are_left_out_and_counted() {
        assert_eq!(
            drawn(&["a"], 99, &[], 1),
            (vec![0.1, 0.2, 0.3, 0.4, 0.6], counts([6, 1, 5]))
        );
        assert_eq!(
            drawn(&["a", "b"], 99, &[], 1),
            (vec![0.2, 0.3, 0.4, 0.6], counts([6, 2, 4]))
        );
    }

    #[test]
    fn chance_takes_as_many_as_are_wanted_and_one_of_a_person() {
        let mut seen = BTreeSet::new();
        for seed in 0..40 {
            let (rows, found) = drawn(&["a"], 2, &[], seed);
            assert_eq!(found, counts([6, 1, 2]));
            assert_eq!(rows, drawn(&["a"], 2, &[], seed).0);
            seen.extend(rows.iter().map(|number| number.to_string()));

            let (rows, found) = drawn(&["a"], 99, &["who"], seed);
            assert_eq!(found, counts([6, 1, 3]));
            assert!(rows[0] < 0.35 && rows[1..] == [0.4, 0.6], "{rows:?}");
            seen.insert(format!("one of a person: {}", rows[0]));
        }
        assert_eq!(seen.len(), 5 + 3, "{seen:?}");
    }

    #[test]
    fn a_column_that_nobody_has_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("faces.csv");
        std::fs::write(&path, "shows,says,a\nx,1,\ny,2,\n,3,1\n").unwrap();
        let draw = Draw {
            rows: 9,
            one_per: Vec::new(),
            seed: 1,
        };
        let Err(refused) = read(&path, &columns(&["a"]), &draw) else {
            panic!("nothing is known");
        };
        let refused = refused.to_string();
        let refused = refused.replace(&path.display().to_string(), "FILE");
        insta::assert_snapshot!(refused, @r#"FILE: none of 3 rows has all columns that are asked for; "a" is empty in most (2), leave it out"#);
    }
}
