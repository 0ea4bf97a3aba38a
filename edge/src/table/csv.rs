//! Columns with names, and what stands in them.
//!
//! Takes columns in order; gives the line with their names, and lines for the rows of a frame.

use std::fmt::Write;

use facs::FrameRecord;

use super::Row;

/// Writes one cell; writes nothing where it is empty.
type Cell = Box<dyn Fn(Row<'_>, &mut String) + Send + Sync>;

/// A table in comma-separated values (RFC 4180, with `\n` alone at the end of lines).
pub struct CsvTable {
    columns: Vec<(String, Cell)>,
}

impl CsvTable {
    pub(super) const fn new() -> Self {
        let columns = Vec::new();
        Self { columns }
    }

    /// Adds a column.
    pub(super) fn add(
        &mut self,
        name: impl Into<String>,
        cell: impl Fn(Row<'_>, &mut String) + Send + Sync + 'static,
    ) {
        self.columns.push((name.into(), Box::new(cell)));
    }

    /// Adds a column of numbers with so many decimals; `missing` stands where there is none.
    pub(super) fn number(
        &mut self,
        name: impl Into<String>,
        decimals: usize,
        missing: &'static str,
        value: impl Fn(Row<'_>) -> Option<f64> + Send + Sync + 'static,
    ) {
        self.add(name, move |row, cell| match value(row) {
            // Writing to a text cannot fail.
            Some(value) => drop(write!(cell, "{value:.decimals$}")),
            None => cell.push_str(missing),
        });
    }

    /// Adds columns of things that records do not know.
    pub(super) fn unknown(
        &mut self,
        names: impl IntoIterator<Item = String>,
        missing: &'static str,
    ) {
        for name in names {
            self.add(name, move |_, cell| cell.push_str(missing));
        }
    }

    /// The names of the columns, without the end of the line.
    #[must_use]
    pub fn header(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        names.join(",")
    }

    /// The rows of a frame, without the end of the last line.
    #[must_use]
    pub fn lines(&self, frame: &FrameRecord) -> String {
        let mut lines = String::new();
        let mut cell = String::new();
        for row in Row::of(frame) {
            if !lines.is_empty() {
                lines.push('\n');
            }
            for (at, (_, write)) in self.columns.iter().enumerate() {
                if at > 0 {
                    lines.push(',');
                }
                cell.clear();
                write(row, &mut cell);
                quote(&cell, &mut lines);
            }
        }
        lines
    }
}

fn quote(cell: &str, line: &mut String) {
    if cell.contains([',', '"', '\n', '\r']) {
        line.push('"');
        line.push_str(&cell.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(cell);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::golden;

    #[test]
    fn cells_that_would_break_a_line_are_quoted() {
        let mut table = CsvTable::new();
        table.add("source", |row, cell| cell.push_str(&row.frame.source));
        table.number("pts", 2, "", |row| Some(row.frame.pts_nanos as f64));
        table.number("none", 2, "0", |_| None);
        let mut frame = golden();
        frame.source = "a \"b\", c".into();
        frame.pts_nanos = 7;
        assert_eq!(table.header(), "source,pts,none");
        assert_eq!(table.lines(&frame), "\"a \"\"b\"\", c\",7.00,0");
    }
}
