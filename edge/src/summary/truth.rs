//! How well records agree with what is known of a video.
//!
//! Takes a table of stretches with what is plainly visible in them, and records; gives, per column
//! of the table, the means where it is present and where it is absent, and their correlation over
//! time. Of several faces in a frame the largest counts; what faces with a reason to abstain say does not. Where
//! stretches overlap the first one counts.

use std::{
    fmt::{self, Write},
    path::{Path, PathBuf},
};

use facs::{ActionUnit, Expression, FaceRecord, FrameRecord};

use super::Segment;

/// What is known of a video, from a CSV file with the columns `start_secs` and `end_secs`, and any
/// of `face_visible`, action units (`AU12`; `AU06+AU12` for a sum) and `expression`. Cells are 1
/// (present), 0 (absent) or empty (cannot be told), for `expression` a name or empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    columns: Vec<Column>,
    not_read: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
struct Column {
    name: String,
    subject: Subject,
    stretches: Vec<Stretch>,
    present: Sums,
    absent: Sums,
}

/// What a column is about.
#[derive(Clone, Debug, PartialEq)]
enum Subject {
    /// Whether there is a face; the value is whether one was found.
    Face,
    /// The value is the sum of probabilities.
    Units(Vec<ActionUnit>),
    /// One column per expression that occurs; the value is its probability.
    Expression(Expression),
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Stretch {
    segment: Segment,
    present: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sums {
    count: f64,
    sum: f64,
    squares: f64,
}

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

    /// Adds a frame.
    pub fn add(&mut self, frame: &FrameRecord) {
        let secs = super::secs(frame.pts_nanos);
        let used = frame.faces.iter().filter(|face| face.abstain.is_none());
        let face = used.max_by(|a, b| area(a).total_cmp(&area(b)));
        for column in &mut self.columns {
            let now = |stretch: &&Stretch| stretch.segment.contains(secs);
            let Some(stretch) = column.stretches.iter().find(now) else {
                continue;
            };
            let value = match &column.subject {
                Subject::Face => Some(f64::from(u8::from(!frame.faces.is_empty()))),
                Subject::Units(units) => face.and_then(|face| {
                    let p = |unit| face.action_units.get(unit).map(|score| f64::from(score.p));
                    units.iter().map(p).sum()
                }),
                Subject::Expression(expression) => face
                    .and_then(|face| face.expression.p.get(expression))
                    .map(|p| f64::from(*p)),
            };
            if let Some(value) = value {
                let sums = if stretch.present {
                    &mut column.present
                } else {
                    &mut column.absent
                };
                sums.add(value);
            }
        }
    }

    /// The table: one row per column that was known somewhere.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        writeln!(
            out,
            "{:<29}      present  mean p       absent  mean p  correlation",
            "agreement over time"
        )?;
        for column in &self.columns {
            let Column {
                present, absent, ..
            } = column;
            write!(out, "{:<29}", column.name)?;
            for sums in [present, absent] {
                write!(
                    out,
                    "  {:>4} frames  {:>6}",
                    sums.count,
                    or_dash(sums.mean(), 3)
                )?;
            }
            let correlation = correlation(present, absent);
            writeln!(out, "  {:>11}", or_dash(correlation, 3))?;
        }
        if !self.not_read.is_empty() {
            writeln!(out, "columns not read: {}", self.not_read.join(", "))?;
        }
        Ok(())
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

impl Sums {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    fn mean(&self) -> Option<f64> {
        (self.count > 0.0).then(|| self.sum / self.count)
    }
}

/// Pearson's correlation of the values with present (1) or absent (0); none where one of the two
/// never occurs or the values are all the same.
fn correlation(present: &Sums, absent: &Sums) -> Option<f64> {
    let count = present.count + absent.count;
    let mean = (present.sum + absent.sum) / count;
    let variance = (present.squares + absent.squares) / count - mean * mean;
    let between =
        (present.mean()? - absent.mean()?) * (present.count * absent.count).sqrt() / count;
    (variance > 1e-12).then(|| between / variance.sqrt())
}

fn units(name: &str) -> Option<Vec<ActionUnit>> {
    name.split('+')
        .map(|unit| unit.trim().parse().ok())
        .collect()
}

fn area(face: &FaceRecord) -> f32 {
    face.bounding_box.width * face.bounding_box.height
}

fn or_dash(value: Option<f64>, digits: usize) -> String {
    value.map_or("-".into(), |value| format!("{value:.digits$}"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use facs::Record;

    use super::*;

    const GOLDEN: &str = include_str!("../../../facs/tests/golden/frame.json");

    fn load(text: &str) -> Result<Truth, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("truth.csv");
        fs::write(&path, text).unwrap();
        Truth::load(&path).map_err(|error| {
            let text = error.to_string();
            text.replace(&folder.path().display().to_string(), "")
        })
    }

    /// Ten frames, one per second; AU12 is 0.2 in the first half, 0.6 and 0.8 by turns in the second.
    fn frames() -> Vec<FrameRecord> {
        let Ok(Record::Frame(golden)) = serde_json::from_str(GOLDEN) else {
            panic!("the golden record is a frame");
        };
        let frame = |n: u64| {
            let mut frame = golden.clone();
            frame.pts_nanos = n * 1_000_000_000;
            let face = &mut frame.faces[0];
            face.abstain = None;
            let p = [0.2, [0.6, 0.8][n as usize % 2]][usize::from(n >= 5)];
            face.action_units.get_mut(&ActionUnit::Au12).unwrap().p = p;
            // A smaller face beside it says the contrary.
            let mut other = face.clone();
            other.bounding_box.width *= 0.5;
            other.action_units.get_mut(&ActionUnit::Au12).unwrap().p = 1.0 - p;
            frame.faces.insert(0, other);
            if n == 9 {
                frame.faces.clear();
            }
            frame
        };
        (0..10).map(frame).collect()
    }

    #[test]
    fn what_is_known_is_compared_with_the_largest_face() {
        let mut truth = load(
            "start_secs,end_secs,face_visible,AU12,AU06+AU12,AU43,hand,expression\n\
             0,5,1,0,0,,1,sadness\n5,10,1,1,1,1,0,happiness\n",
        )
        .unwrap();
        for frame in frames() {
            truth.add(&frame);
        }
        insta::assert_snapshot!(truth.table(), @r#"
        agreement over time                present  mean p       absent  mean p  correlation
        a face                           10 frames   0.900     0 frames       -            -
        AU12                              4 frames   0.700     5 frames   0.200        0.966
        AU06+AU12                         4 frames   1.510     5 frames   1.010        0.966
        AU43                              0 frames       -     0 frames       -            -
        sadness                           0 frames       -     0 frames       -            -
        happiness                         4 frames   0.920     5 frames   0.920            -
        columns not read: hand
        "#);
    }

    #[test]
    fn the_correlation_is_pearson_s() {
        let sums = |values: &[f64]| {
            let mut sums = Sums::default();
            values.iter().for_each(|value| sums.add(*value));
            sums
        };
        let r = correlation(&sums(&[0.5, 1.0]), &sums(&[0.0, 0.5])).unwrap();
        assert!((r - 0.5_f64.sqrt()).abs() < 1e-12, "{r}");
        assert_eq!(correlation(&sums(&[0.5]), &sums(&[])), None);
        assert_eq!(correlation(&sums(&[0.5]), &sums(&[0.5])), None);
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
