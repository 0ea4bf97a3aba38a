//! Lines of label files: comma, tab or space separated, with and without a header.
//!
//! Takes a file; gives its lines with their numbers. What cannot be read becomes a fault.

use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};
use facs::ActionUnit;

use super::report::{Problem, Report};

/// Hands every line of a file to `use_line`, with its number from 1; empty lines are skipped. A
/// problem that `use_line` returns becomes a fault of that line; after a header that is none, the
/// rest of the file is not read, because nobody knows what its columns are.
pub(super) fn each_line(
    path: &Path,
    delimiter: u8,
    report: &mut Report,
    mut use_line: impl FnMut(u64, &StringRecord, &mut Report) -> Result<(), Problem>,
) {
    let reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .quoting(delimiter == b',')
        .trim(Trim::All)
        .from_path(path);
    let mut reader = match reader {
        Ok(reader) => reader,
        Err(error) => return report.fault(path, None, problem_of(&error)),
    };
    let mut record = StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => return,
            Ok(true) => {
                let line = record.position().map_or(0, csv::Position::line);
                if let Err(problem) = use_line(line, &record, report) {
                    let hopeless = matches!(problem, Problem::Header { .. });
                    report.fault(path, line, problem);
                    if hopeless {
                        return;
                    }
                }
            }
            Err(error) => {
                let line = error.position().map(csv::Position::line);
                report.fault(path, line, problem_of(&error));
                if matches!(error.kind(), csv::ErrorKind::Io(_)) {
                    return;
                }
            }
        }
    }
}

fn problem_of(error: &csv::Error) -> Problem {
    match error.kind() {
        csv::ErrorKind::Io(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let way_out = "its labels are left out".to_owned();
            Problem::Absent { way_out }
        }
        csv::ErrorKind::Io(error) => Problem::Unreadable(error.to_string()),
        csv::ErrorKind::Utf8 { .. } => Problem::Unreadable("the line is not UTF-8 text".to_owned()),
        _ => Problem::Unreadable(error.to_string()),
    }
}

/// The field number `index`, which the line must have.
pub(super) fn field<'a>(
    record: &'a StringRecord,
    index: usize,
    expected: &str,
) -> Result<&'a str, Problem> {
    record.get(index).ok_or_else(|| Problem::Fields {
        found: record.len(),
        expected: expected.to_owned(),
    })
}

/// A value that is none of the set's.
pub(super) fn bad_value(column: &str, found: &str, expected: &str) -> Problem {
    Problem::Value {
        column: column.to_owned(),
        found: shortened(found),
        expected: expected.to_owned(),
    }
}

/// A text at a length fit for a message.
pub(super) fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}

/// A whole number.
pub(super) fn whole(found: &str, column: &str, expected: &str) -> Result<u32, Problem> {
    found
        .parse()
        .ok()
        .ok_or_else(|| bad_value(column, found, expected))
}

/// Presence of a unit: `1`, `0`, or a code for 'not coded', which gives none.
pub(super) fn presence(
    found: &str,
    column: &str,
    not_coded: &[&str],
) -> Result<Option<bool>, Problem> {
    // Some releases write whole numbers as 1.0.
    match found.strip_suffix(".0").unwrap_or(found) {
        "1" => Ok(Some(true)),
        "0" => Ok(Some(false)),
        code if not_coded.contains(&code) => Ok(None),
        _ => Err(bad_value(
            column,
            found,
            &format!("0, 1 or {} (not coded)", not_coded.join(", ")),
        )),
    }
}

/// FACS intensity 0 to 5, or a code for 'not coded', which gives none.
pub(super) fn intensity(
    found: &str,
    column: &str,
    not_coded: &[&str],
) -> Result<Option<f32>, Problem> {
    match found.strip_suffix(".0").unwrap_or(found) {
        code if not_coded.contains(&code) => Ok(None),
        number => match number.parse::<u8>() {
            Ok(level @ 0..=5) => Ok(Some(f32::from(level))),
            _ => Err(bad_value(column, found, "an intensity 0 to 5")),
        },
    }
}

/// Which columns of a table hold action units; units that Mien does not score are passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct UnitColumns {
    /// Column and unit.
    pub(super) units: Vec<(usize, ActionUnit)>,
    /// How many fields a line has.
    pub(super) width: usize,
}

impl UnitColumns {
    /// Reads a header such as `AU1,AU2`, `'AU 1'`, or bare numbers, from field `first` on. Numbers
    /// ascend, which tells a header from a line of labels.
    pub(super) fn from_header(header: &StringRecord, first: usize) -> Result<Self, Problem> {
        let mut units = Vec::new();
        let mut before = 0;
        for (index, name) in header.iter().enumerate().skip(first) {
            let number: String = name.chars().filter(char::is_ascii_digit).collect();
            let letters = name.chars().filter(|letter| letter.is_ascii_alphabetic());
            let is_unit = letters.collect::<String>().eq_ignore_ascii_case("au");
            let value = number.parse::<u32>().unwrap_or(0);
            if value <= before || !(is_unit || number == name) {
                return Err(Problem::Header {
                    found: shortened(&header.iter().collect::<Vec<_>>().join(",")),
                    expected: "action units by name or number, in order".to_owned(),
                });
            }
            before = value;
            if let Ok(unit) = number.parse::<ActionUnit>() {
                units.push((index, unit));
            }
        }
        Ok(Self {
            units,
            width: header.len(),
        })
    }

    /// Refuses a line with fewer fields than the header.
    pub(super) fn check(&self, record: &StringRecord) -> Result<(), Problem> {
        if record.len() < self.width {
            return Err(Problem::Fields {
                found: record.len(),
                expected: self.width.to_string(),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_name_units_in_many_ways() {
        for header in [["0", "1", "3", "12"], ["frame", "AU1", "AU03", "'AU 12'"]] {
            let columns = UnitColumns::from_header(&header.as_slice().into(), 1).unwrap();
            assert_eq!(
                columns.units,
                [(1, ActionUnit::Au01), (3, ActionUnit::Au12)]
            );
        }
        let words = StringRecord::from(vec!["frame", "smile"]);
        insta::assert_snapshot!(
            UnitColumns::from_header(&words, 1).unwrap_err(),
            @r#"the first line is "frame,smile", expected action units by name or number, in order: the file is left out"#
        );
        let labels = StringRecord::from(vec!["2440", "1", "0", "9"]);
        assert!(UnitColumns::from_header(&labels, 1).is_err());
    }

    #[test]
    fn codes_that_mean_nothing_are_told_from_mistakes() {
        assert_eq!(presence("1.0", "AU12", &["9"]), Ok(Some(true)));
        assert_eq!(presence("9", "AU12", &["9"]), Ok(None));
        insta::assert_snapshot!(
            presence("2", "AU12", &["9"]).unwrap_err(),
            @r#"AU12 is "2", expected 0, 1 or 9 (not coded)"#
        );
        assert_eq!(intensity("5", "AU12", &["9"]), Ok(Some(5.0)));
        assert!(intensity("6", "AU12", &["9"]).is_err());
        assert!(intensity("-1", "AU12", &["9"]).is_err());
    }
}
