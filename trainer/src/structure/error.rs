//! What can be wrong with a table of levels or with the settings of the estimate.

use facs::ActionUnit;

/// Why no graph could be estimated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StructureError {
    /// A row has another number of levels than the table has units.
    #[error("row {row}: {found} levels, but the table has {expected} units; give one per unit")]
    RowLength {
        /// The row, from 0.
        row: usize,
        /// Levels in it.
        found: usize,
        /// Units of the table.
        expected: usize,
    },
    /// A level that the scale does not have, NaN included.
    #[error("row {row}, {unit}: {value} is no level of this table, which holds {expected}")]
    NoLevel {
        /// The row, from 0.
        row: usize,
        /// The column.
        unit: ActionUnit,
        /// What stands there.
        value: f32,
        /// What the scale allows.
        expected: &'static str,
    },
    /// A row says that a unit was set which the table does not have.
    #[error("row {row}: {unit} was set, but it is no column of the table")]
    NoColumn {
        /// The row, from 0.
        row: usize,
        /// The unit.
        unit: ActionUnit,
    },
    /// Two columns for one unit.
    #[error("{0} is twice among the columns; keep one of them")]
    RepeatedUnit(ActionUnit),
    /// More parameters than the rows can decide.
    #[error("{found} rows {of}, too few to tell causes apart; at least {least} are needed")]
    TooFewRows {
        /// Rows there are.
        found: usize,
        /// Which rows count.
        of: &'static str,
        /// Rows there should be.
        least: usize,
    },
    /// All rows that state an expression state the same one, or none does.
    #[error("the rows show {0} expressions; at least two are needed to tell what sets them apart")]
    TooFewExpressions(usize),
    /// A setting out of its range.
    #[error("setting `{field}` is {value}, but should be {expected}")]
    Setting {
        /// Its name.
        field: &'static str,
        /// Its value.
        value: f64,
        /// Its range.
        expected: &'static str,
    },
}
