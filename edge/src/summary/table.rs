//! Means side by side, for people.
//!
//! Takes named columns of [`Means`]; gives text.

use std::fmt::{self, Write};

use facs::{ActionUnit, Expression};

use super::Means;

/// Edges per graph column.
const EDGES: usize = 6;

/// A named column.
pub(super) type Column<'a> = (String, &'a Means);

/// One row of values per column, `-` where there is none; a last column with the change from the
/// second column to the third where `change` is asked for.
fn row(
    out: &mut String,
    name: &str,
    values: &[Option<f64>],
    widths: &[usize],
    change: bool,
) -> fmt::Result {
    write!(out, "{name:<29}")?;
    for (value, width) in values.iter().zip(widths) {
        match value {
            Some(value) => write!(out, "  {value:>width$.3}")?,
            None => write!(out, "  {:>width$}", "-")?,
        }
    }
    if let (true, [_, Some(first), Some(last)]) = (change, values) {
        write!(out, "  {:>+7.3}", last - first)?;
    }
    out.push('\n');
    Ok(())
}

/// The whole table.
pub(super) fn write(out: &mut String, columns: &[Column<'_>], change: bool) -> fmt::Result {
    let widths: Vec<usize> = columns
        .iter()
        .map(|(title, _)| title.len().max(11))
        .collect();
    write!(out, "{:<29}", "mean probability")?;
    for ((title, _), width) in columns.iter().zip(&widths) {
        write!(out, "  {title:>width$}")?;
    }
    out.push_str(if change { "   change\n" } else { "\n" });
    for unit in ActionUnit::ALL {
        let values: Vec<_> = columns
            .iter()
            .map(|(_, means)| means.action_unit(unit))
            .collect();
        if values.iter().any(Option::is_some) {
            let name = format!("{unit} {}", unit.name());
            row(out, &name, &values, &widths, change)?;
        }
    }
    for expression in Expression::ALL {
        let values: Vec<_> = columns
            .iter()
            .map(|(_, means)| means.expression(expression))
            .collect();
        if values.iter().any(Option::is_some) {
            row(out, expression.name(), &values, &widths, change)?;
        }
    }
    write!(out, "{:<29}", "most frequent expression")?;
    for ((_, means), width) in columns.iter().zip(&widths) {
        let winner = means
            .winner()
            .map_or("-".into(), |(name, _)| name.to_string());
        write!(out, "  {winner:>width$}")?;
    }
    write!(out, "\n{:<29}", "  in this share of faces")?;
    for ((_, means), width) in columns.iter().zip(&widths) {
        let share = means
            .winner()
            .map_or("-".into(), |(_, share)| format!("{:.0}%", share * 100.0));
        write!(out, "  {share:>width$}")?;
    }
    write!(out, "\n{:<29}", "faces used")?;
    for ((_, means), width) in columns.iter().zip(&widths) {
        write!(out, "  {:>width$}", means.used)?;
    }
    out.push('\n');
    for (title, means) in columns {
        let edges = means.edges(EDGES);
        if !edges.is_empty() {
            writeln!(out, "strongest edges, {title}: {}", edges.join(", "))?;
        }
    }
    Ok(())
}
