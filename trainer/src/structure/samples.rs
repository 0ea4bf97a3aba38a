//! The table as the likelihood reads it: the interval each drive lies in, and what a level counts for
//! as a cause.

use super::{LevelTable, Scale, StructureError};

/// Fewest rows that a graph is estimated from.
pub(super) const LEAST_ROWS: usize = 200;

/// Columns of a table, prepared. Rows and units keep their order.
pub(super) struct Samples {
    pub(super) rows: usize,
    pub(super) units: Vec<Column>,
}

/// One action unit.
pub(super) struct Column {
    /// Interval of the drive, per row; see [`interval_ends`].
    pub(super) interval: Vec<u8>,
    /// Intensity points that the level counts for as a cause, per row.
    pub(super) points: Vec<f32>,
    /// Rows in which the unit was not set from outside: those that say what moves it.
    pub(super) free: Vec<u32>,
    /// Whether all rows have one level: such a unit can be told from no other cause.
    pub(super) constant: bool,
}

impl Samples {
    pub(super) fn new(table: &LevelTable) -> Result<Self, StructureError> {
        let rows = table.rows();
        if rows < LEAST_ROWS {
            return Err(StructureError::TooFewRows {
                found: rows,
                of: "in the table",
                least: LEAST_ROWS,
            });
        }
        let units = (0..table.units().len())
            .map(|column| Column::new(table, column))
            .collect();
        Ok(Self { rows, units })
    }
}

impl Column {
    fn new(table: &LevelTable, column: usize) -> Self {
        let levels = table.levels(column);
        let ends = interval_ends(table.scale());
        let free = (0_u32..)
            .zip(table.set(column))
            .filter_map(|(row, &set)| (!set).then_some(row))
            .collect();
        Self {
            interval: levels
                .iter()
                .map(|&level| interval(&ends, drive(table.scale(), level)))
                .collect(),
            points: levels
                .iter()
                .map(|&level| points(table.scale(), level))
                .collect(),
            free,
            constant: levels.iter().all(|&level| level == levels[0]),
        }
    }
}

/// A drive inside the interval that a level stands for.
fn drive(scale: Scale, level: f32) -> f64 {
    match scale {
        Scale::Levels | Scale::Scores => level.into(),
        Scale::OnOff => (2.0 * level).into(),
    }
}

/// A unit that is coded as on has 3 points, the middle of A to E, so that weights mean the same on
/// every scale.
fn points(scale: Scale, level: f32) -> f32 {
    match scale {
        Scale::Levels | Scale::Scores => level,
        Scale::OnOff => 3.0 * level,
    }
}

/// Ends of the intervals of the drive that the scale tells apart, in intensity points, ascending. The
/// first and the last interval are open: nothing shows below 0, and nothing grows beyond 5.
pub(super) fn interval_ends(scale: Scale) -> Vec<f64> {
    match scale {
        Scale::Levels => vec![0.5, 1.5, 2.5, 3.5, 4.5],
        Scale::Scores => vec![0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 4.999],
        Scale::OnOff => vec![1.0],
    }
}

fn interval(ends: &[f64], drive: f64) -> u8 {
    // At most ten ends.
    ends.iter().filter(|&&end| end <= drive).count() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_lies_in_the_interval_around_it() {
        for (scale, level, expected) in [
            (Scale::Levels, 0.0, 0),
            (Scale::Levels, 3.0, 3),
            (Scale::Levels, 5.0, 5),
            (Scale::Scores, 0.3, 0),
            (Scale::Scores, 2.2, 4),
            (Scale::Scores, 5.0, 10),
            (Scale::OnOff, 0.0, 0),
            (Scale::OnOff, 1.0, 1),
        ] {
            let found = interval(&interval_ends(scale), drive(scale, level));
            assert_eq!(found, expected, "{scale:?} {level}");
        }
    }
}
