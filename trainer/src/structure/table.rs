//! The table that a graph is estimated from: levels of action units, one row per face.
//!
//! Takes rows as they were coded; gives columns whose every value is a level of the table's scale.

use facs::{ActionUnit, Expression};

use super::StructureError;

/// What the numbers of a table mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Whole FACS intensities 0 to 5 (0 absent, 1 to 5 for A to E).
    Levels,
    /// Scores anywhere in 0 to 5, as a network or a simulation gives them.
    Scores,
    /// 0 or 1: whether the unit was coded, at an intensity of 1 or more.
    OnOff,
}

impl Scale {
    /// The values of the scale, in words.
    const fn values(self) -> &'static str {
        match self {
            Self::Levels => "whole levels 0 to 5",
            Self::Scores => "scores from 0 to 5",
            Self::OnOff => "0 or 1",
        }
    }

    fn has(self, value: f32) -> bool {
        match self {
            Self::Levels => (0.0..=5.0).contains(&value) && value.fract() == 0.0,
            Self::Scores => (0.0..=5.0).contains(&value),
            Self::OnOff => value == 0.0 || value == 1.0,
        }
    }
}

/// Levels of action units on many faces, with what is known of who moved them.
#[derive(Clone, Debug)]
pub struct LevelTable {
    scale: Scale,
    units: Vec<ActionUnit>,
    /// Per unit, one level per row.
    levels: Vec<Vec<f32>>,
    /// Per unit, whether it was set from outside; one flag per row.
    set: Vec<Vec<bool>>,
    /// Per row.
    expressions: Vec<Option<Expression>>,
}

impl LevelTable {
    /// An empty table with one column per unit.
    ///
    /// # Errors
    /// [`StructureError::RepeatedUnit`] when two columns have one name.
    pub fn new(scale: Scale, units: &[ActionUnit]) -> Result<Self, StructureError> {
        for (column, unit) in units.iter().enumerate() {
            if units[..column].contains(unit) {
                return Err(StructureError::RepeatedUnit(*unit));
            }
        }
        Ok(Self {
            scale,
            units: units.to_vec(),
            levels: vec![Vec::new(); units.len()],
            set: vec![Vec::new(); units.len()],
            expressions: Vec::new(),
        })
    }

    /// Adds a face: its levels in the order of the columns, the units that were set from outside
    /// (Pearl's `do`; none for an observation) and the expression it was given, if any.
    ///
    /// # Errors
    /// [`StructureError`] with row and unit for a level that the scale does not have, NaN included,
    /// for another number of levels than of columns, and for a set unit that is no column.
    pub fn push(
        &mut self,
        levels: &[f32],
        set: &[ActionUnit],
        expression: Option<Expression>,
    ) -> Result<(), StructureError> {
        let row = self.rows();
        if levels.len() != self.units.len() {
            return Err(StructureError::RowLength {
                row,
                found: levels.len(),
                expected: self.units.len(),
            });
        }
        for (&unit, &value) in self.units.iter().zip(levels) {
            if !self.scale.has(value) {
                return Err(StructureError::NoLevel {
                    row,
                    unit,
                    value,
                    expected: self.scale.values(),
                });
            }
        }
        if let Some(&unit) = set.iter().find(|unit| !self.units.contains(unit)) {
            return Err(StructureError::NoColumn { row, unit });
        }
        for (column, &value) in levels.iter().enumerate() {
            self.levels[column].push(value);
            self.set[column].push(set.contains(&self.units[column]));
        }
        self.expressions.push(expression);
        Ok(())
    }

    /// What the numbers mean.
    #[must_use]
    pub const fn scale(&self) -> Scale {
        self.scale
    }

    /// The columns.
    #[must_use]
    pub fn units(&self) -> &[ActionUnit] {
        &self.units
    }

    /// How many faces.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.expressions.len()
    }

    /// The levels of one column, one per row.
    pub(super) fn levels(&self, column: usize) -> &[f32] {
        &self.levels[column]
    }

    /// Whether the unit of a column was set from outside, one flag per row.
    pub(super) fn set(&self, column: usize) -> &[bool] {
        &self.set[column]
    }

    /// The expressions, one per row.
    pub(super) fn expressions(&self) -> &[Option<Expression>] {
        &self.expressions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(scale: Scale) -> LevelTable {
        LevelTable::new(scale, &[ActionUnit::Au06, ActionUnit::Au12]).unwrap()
    }

    #[test]
    fn not_a_number_is_refused_with_unit_and_row() {
        let mut table = table(Scale::Scores);
        table.push(&[0.0, 2.5], &[], None).unwrap();
        let error = table.push(&[0.0, f32::NAN], &[], None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "row 1, AU12: NaN is no level of this table, which holds scores from 0 to 5"
        );
        assert_eq!(table.rows(), 1);
    }

    #[test]
    fn each_scale_refuses_what_is_none_of_its_levels() {
        for (scale, value) in [
            (Scale::Levels, 2.5),
            (Scale::Levels, 6.0),
            (Scale::OnOff, 3.0),
        ] {
            let error = table(scale).push(&[value, 0.0], &[], None).unwrap_err();
            assert!(
                matches!(error, StructureError::NoLevel { row: 0, .. }),
                "{error}"
            );
        }
    }

    #[test]
    fn columns_have_names_and_rows_fill_them() {
        let mut table = table(Scale::Levels);
        let short = table.push(&[1.0], &[], None).unwrap_err();
        assert!(short.to_string().contains("1 levels, but the table has 2"));
        let other = table
            .push(&[1.0, 1.0], &[ActionUnit::Au01], None)
            .unwrap_err();
        assert!(other.to_string().contains("AU01 was set"), "{other}");
        let twice = LevelTable::new(Scale::Levels, &[ActionUnit::Au06; 2]).unwrap_err();
        assert_eq!(twice, StructureError::RepeatedUnit(ActionUnit::Au06));
    }
}
