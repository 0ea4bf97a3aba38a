//! A whole matrix: sources as columns, targets as rows, a colour for the sign and its depth for the
//! strength.

use super::page::{HEADING, MARGIN, Page, class};

/// Sizes in pixels.
const CELL: [f32; 2] = [34.0, 22.0];
const NAMES: f32 = 110.0;
const HEADER: f32 = 22.0;
const LEGEND: f32 = 54.0;
/// Cells of the scale in the legend.
const SCALE: [f32; 5] = [-1.0, -0.5, 0.0, 0.5, 1.0];

/// A matrix with names.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap<'a> {
    /// What it shows.
    pub title: &'a str,
    /// Targets, from top to bottom.
    pub rows: Vec<&'a str>,
    /// Sources, from left to right.
    pub columns: Vec<&'a str>,
    /// `rows x columns` values; none where there can be none.
    pub values: Vec<Option<f32>>,
    /// `rows x columns`: which cells get a frame. Empty where none does.
    pub framed: Vec<bool>,
    /// What a frame means.
    pub frame: &'a str,
}

impl HeatMap<'_> {
    /// The drawing: SVG that needs nothing else. The deepest colour is the largest value.
    ///
    /// # Panics
    /// When there are not `rows x columns` values.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let (rows, columns) = (self.rows.len(), self.columns.len());
        assert_eq!(self.values.len(), rows * columns, "cells of a heat map");
        let [wide, high] = CELL;
        let size = [
            (2.0 * MARGIN + NAMES + wide * columns as f32).max(560.0),
            HEADING + HEADER + high * rows as f32 + LEGEND,
        ];
        let mut page = Page::new(size);
        page.heading(0.0, self.title);
        let (left, top) = (MARGIN + NAMES, HEADING + HEADER);
        for (column, name) in self.columns.iter().enumerate() {
            page.text(
                "short",
                [left + wide * (column as f32 + 0.5), top - 6.0],
                name,
            );
        }
        for (row, name) in self.rows.iter().enumerate() {
            page.text("row", [MARGIN, top + high * (row as f32 + 0.7)], name);
        }
        let most = self
            .values
            .iter()
            .flatten()
            .fold(0.0_f32, |most, value| most.max(value.abs()));
        let place = |index: usize| {
            [
                left + wide * (index % columns) as f32,
                top + high * (index / columns) as f32,
            ]
        };
        for (index, value) in self.values.iter().enumerate() {
            let note = value.map(|value| {
                let (from, to) = (self.columns[index % columns], self.rows[index / columns]);
                format!("{from} to {to}: {value:+.3}")
            });
            cell(&mut page, place(index), *value, most, note.as_deref());
        }
        // Frames last, so that no cell covers one.
        for (index, _) in self
            .framed
            .iter()
            .enumerate()
            .filter(|(_, framed)| **framed)
        {
            frame(&mut page, place(index));
        }
        self.legend(&mut page, [MARGIN, top + high * rows as f32 + 16.0], most);
        page.end()
    }

    fn legend(&self, page: &mut Page, [left, top]: [f32; 2], most: f32) {
        let signed = self.values.iter().flatten().any(|value| *value < 0.0);
        let mut x = left;
        for share in SCALE.into_iter().filter(|share| signed || *share >= 0.0) {
            cell(page, [x, top], Some(share * most), most, None);
            let sign = if signed && share != 0.0 {
                format!("{:+.2}", share * most)
            } else {
                format!("{:.2}", share * most)
            };
            page.text("note", [x + CELL[0] + 6.0, top + 16.0], &sign);
            x += 86.0;
        }
        if self.framed.contains(&true) {
            frame(page, [x, top]);
            page.text("note", [x + CELL[0] + 6.0, top + 16.0], self.frame);
        }
    }
}

fn cell(page: &mut Page, [x, y]: [f32; 2], value: Option<f32>, most: f32, note: Option<&str>) {
    let [width, height] = CELL;
    let ground = if value.is_some() { "cell" } else { "never" };
    let place = format!("x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width}\" height=\"{height}\"");
    page.put(format_args!("<rect class=\"{ground}\" {place}/>"));
    if let Some(value) = value {
        let depth = if most > 0.0 { value.abs() / most } else { 0.0 };
        let class = class(value);
        let title = note.map_or_else(String::new, |note| format!("<title>{note}</title>"));
        page.put(format_args!(
            "<rect class=\"{class}\" fill-opacity=\"{depth:.3}\" {place}>{title}</rect>"
        ));
    }
}

fn frame(page: &mut Page, [x, y]: [f32; 2]) {
    let (x, y) = (x + 1.5, y + 1.5);
    let [width, height] = CELL.map(|side| side - 3.0);
    page.put(format_args!(
        "<rect class=\"known\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width}\" height=\"{height}\"/>"
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_value_is_the_deepest_and_the_diagonal_is_empty() {
        let svg = HeatMap {
            title: "a < b",
            rows: vec!["AU09", "AU10"],
            columns: vec!["AU09", "AU10"],
            values: vec![None, Some(-0.1), Some(0.4), None],
            framed: vec![false, false, true, false],
            frame: "in the truth",
        }
        .to_svg();
        assert!(svg.contains("a &lt; b"));
        let line = |note: &str| svg.lines().find(|line| line.contains(note)).unwrap();
        let strong = line("AU09 to AU10: +0.400");
        assert!(
            strong.contains("class=\"plus\" fill-opacity=\"1.000\""),
            "{strong}"
        );
        let weak = line("AU10 to AU09: -0.100");
        assert!(
            weak.contains("class=\"minus\" fill-opacity=\"0.250\""),
            "{weak}"
        );
        assert_eq!(svg.matches("class=\"never\"").count(), 2);
        assert_eq!(
            svg.matches("class=\"known\"").count(),
            2,
            "the cell and the legend"
        );
        assert!(svg.contains("-0.40") && svg.contains("in the truth"));
    }

    #[test]
    fn values_without_a_sign_have_a_scale_without_one() {
        let svg = HeatMap {
            title: "spread",
            rows: vec!["happiness"],
            columns: vec!["AU12"],
            values: vec![Some(0.0)],
            framed: Vec::new(),
            frame: "",
        }
        .to_svg();
        assert!(
            !svg.contains("minus\" fill") && !svg.contains("NaN"),
            "{svg}"
        );
    }
}
