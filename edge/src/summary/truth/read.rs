//! The table of what is known, from a CSV file; or the file, line and column that are at fault.

use std::path::{Path, PathBuf};

use facs::{ActionUnit, Expression};

use super::{Column, Segment, Stretch, Subject, Sums, Truth};

/// Why a table of what is known cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TruthError {
    /// The file is missing or is no CSV.
    #[error("{}: {source}", path.display())]
    Csv {
        /// Which file.
        path: PathBuf,
        /// Line and reason.
        source: csv::Error,
    },
    /// A column that is needed is missing.
    #[error("{}: no column {column}; it needs start_secs and end_secs, then any of face_visible, AU12, AU06+AU12 and expression", path.display())]
    Column {
        /// Which file.
        path: PathBuf,
        /// Which column.
        column: &'static str,
    },
    /// A cell is not what its column holds.
    #[error("{}, line {line}: {column} is {found:?}, not {expected}", path.display())]
    Cell {
        /// Which file.
        path: PathBuf,
        /// Which line.
        line: u64,
        /// Which column.
        column: String,
        /// What is there.
        found: String,
        /// What could be there.
        expected: &'static str,
    },
}

impl Truth {
    /// Reads a table.
    ///
    /// # Errors
    /// [`TruthError`], naming file, line and column.
    pub fn load(path: &Path) -> Result<Self, TruthError> {
        let broken = |source| TruthError::Csv {
            path: path.into(),
            source,
        };
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_path(path)
            .map_err(broken)?;
        let header = reader.headers().map_err(broken)?.clone();
        let place = |column: &'static str| {
            let missing = || TruthError::Column {
                path: path.into(),
                column,
            };
            header
                .iter()
                .position(|name| name == column)
                .ok_or_else(missing)
        };
        let (start, end) = (place("start_secs")?, place("end_secs")?);
        let mut truth = Self {
            columns: Vec::new(),
            not_read: Vec::new(),
        };
        for row in reader.records() {
            let row = row.map_err(broken)?;
            let cell = |column: usize, expected| Cell {
                path,
                line: row.position().map_or(0, csv::Position::line),
                column: &header[column],
                text: &row[column],
                expected,
            };
            let segment = Segment {
                start_secs: cell(start, "a time in seconds").number()?,
                end_secs: cell(end, "a time in seconds").number()?,
            };
            if segment.start_secs >= segment.end_secs {
                return Err(cell(end, "").broken("a time after start_secs"));
            }
            for column in (0..header.len()).filter(|&column| column != start && column != end) {
                truth.add_cell(&cell(column, "1, 0 or empty"), segment)?;
            }
        }
        truth.oppose_expressions();
        let is_expression = |column: &Column| matches!(column.subject, Subject::Expression(_));
        truth.columns.sort_by_key(is_expression);
        Ok(truth)
    }

    fn add_cell(&mut self, cell: &Cell<'_>, segment: Segment) -> Result<(), TruthError> {
        let (name, subject, present) = match cell.column {
            "expression" => {
                let Some(expression) = cell.expression()? else {
                    return Ok(());
                };
                (
                    expression.name(),
                    Subject::Expression(expression),
                    Some(true),
                )
            }
            "face_visible" => ("a face", Subject::Face, cell.flag()?),
            name => match units(name) {
                Some(units) => (name, Subject::Units(units), cell.flag()?),
                None => {
                    if !self.not_read.iter().any(|known| known == name) {
                        self.not_read.push(name.into());
                    }
                    return Ok(());
                }
            },
        };
        let Some(present) = present else {
            return Ok(());
        };
        let stretch = Stretch { segment, present };
        match self
            .columns
            .iter_mut()
            .find(|column| column.subject == subject)
        {
            Some(column) => column.stretches.push(stretch),
            None => self.columns.push(Column {
                name: name.into(),
                subject,
                stretches: vec![stretch],
                present: Sums::default(),
                absent: Sums::default(),
            }),
        }
        Ok(())
    }

    /// Where one expression is known to be, the others are absent.
    fn oppose_expressions(&mut self) {
        let known: Vec<(Expression, Stretch)> = self
            .columns
            .iter()
            .filter_map(|column| match column.subject {
                Subject::Expression(expression) => Some((expression, &column.stretches)),
                _ => None,
            })
            .flat_map(|(expression, stretches)| stretches.iter().map(move |it| (expression, *it)))
            .collect();
        for column in &mut self.columns {
            if let Subject::Expression(own) = column.subject {
                let others = known.iter().filter(|(expression, _)| *expression != own);
                column.stretches.extend(others.map(|(_, stretch)| Stretch {
                    present: false,
                    ..*stretch
                }));
            }
        }
    }
}

/// A cell, and where it is.
struct Cell<'a> {
    path: &'a Path,
    line: u64,
    column: &'a str,
    text: &'a str,
    expected: &'static str,
}

impl Cell<'_> {
    fn broken(&self, expected: &'static str) -> TruthError {
        TruthError::Cell {
            path: self.path.into(),
            line: self.line,
            column: self.column.into(),
            found: self.text.into(),
            expected,
        }
    }

    fn number(&self) -> Result<f64, TruthError> {
        let number = self
            .text
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite());
        number.ok_or_else(|| self.broken(self.expected))
    }

    fn flag(&self) -> Result<Option<bool>, TruthError> {
        match self.text {
            "" => Ok(None),
            "1" => Ok(Some(true)),
            "0" => Ok(Some(false)),
            _ => Err(self.broken(self.expected)),
        }
    }

    fn expression(&self) -> Result<Option<Expression>, TruthError> {
        if self.text.is_empty() {
            return Ok(None);
        }
        let known: Option<Expression> = self.text.parse().ok();
        known
            .map(Some)
            .ok_or_else(|| self.broken("the name of an expression"))
    }
}

fn units(name: &str) -> Option<Vec<ActionUnit>> {
    name.split('+')
        .map(|unit| unit.trim().parse().ok())
        .collect()
}

#[cfg(test)]
pub(super) mod tests {
    use std::fs;

    use super::*;

    pub(in super::super) fn load(text: &str) -> Result<Truth, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("truth.csv");
        fs::write(&path, text).unwrap();
        Truth::load(&path).map_err(|error| {
            let text = error.to_string();
            text.replace(&folder.path().display().to_string(), "")
        })
    }

    #[test]
    fn faults_name_line_and_column() {
        let refused = |text: &str| load(text).unwrap_err();
        insta::assert_snapshot!(refused("start_secs,AU12\n0,1\n"), @"/truth.csv: no column end_secs; it needs start_secs and end_secs, then any of face_visible, AU12, AU06+AU12 and expression");
        insta::assert_snapshot!(refused("start_secs,end_secs,AU12\n0,1,1\n1,2,yes\n"), @r#"/truth.csv, line 3: AU12 is "yes", not 1, 0 or empty"#);
        insta::assert_snapshot!(refused("start_secs,end_secs,expression\n0,1,joy\n"), @r#"/truth.csv, line 2: expression is "joy", not the name of an expression"#);
        insta::assert_snapshot!(refused("start_secs,end_secs,AU12\n2,1,1\n"), @r#"/truth.csv, line 2: end_secs is "1", not a time after start_secs"#);
        insta::assert_snapshot!(refused("start_secs,end_secs,AU12\n0,nan,1\n"), @r#"/truth.csv, line 2: end_secs is "nan", not a time in seconds"#);
    }
}
