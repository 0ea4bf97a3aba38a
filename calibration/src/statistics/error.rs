//! What can be wrong with the numbers or the settings of a statistic.

/// Why no statistic could be computed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StatisticsError {
    /// Too few numbers for what is asked.
    #[error("{found} {of}, but at least {least} are needed")]
    TooFew {
        /// What was counted.
        of: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        least: usize,
    },
    /// Too many numbers for what is asked.
    #[error("{found} {of}, but at most {most} are possible")]
    TooMany {
        /// What was counted.
        of: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be.
        most: usize,
    },
    /// Two counts that should be the same.
    #[error("{found} {of}, but {expected} are expected")]
    Length {
        /// What was counted.
        of: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// A number that is NaN or infinite.
    #[error("{of}, place {at}: {value} is no finite number")]
    NotFinite {
        /// What the number is one of.
        of: &'static str,
        /// Its place, from 0.
        at: usize,
        /// What stands there.
        value: f64,
    },
    /// A coordinate that is not above the one before it.
    #[error("coordinate {at} is {value}, which is not above {before}, the one before it")]
    NotIncreasing {
        /// Its place, from 0.
        at: usize,
        /// The coordinate.
        value: f64,
        /// The coordinate before it.
        before: f64,
    },
    /// A p-value outside 0 to 1.
    #[error("p-value {at} is {value}, which is no probability")]
    NoProbability {
        /// Its place, from 0.
        at: usize,
        /// What stands there.
        value: f64,
    },
    /// A label that no class has.
    #[error("{of} {at}: label {label}, but there are {classes} classes, counted from 0")]
    NoClass {
        /// What has the label.
        of: &'static str,
        /// Its place, from 0.
        at: usize,
        /// The label.
        label: usize,
        /// Classes there are.
        classes: usize,
    },
    /// Weights of one grid, a surface on another.
    #[error("the surface has symmetry {found} at place {at}, the weights are for {expected}")]
    OtherGrid {
        /// The first place that differs, from 0.
        at: usize,
        /// The symmetry of the surface.
        found: f64,
        /// The symmetry of the weights.
        expected: f64,
    },
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

/// Fails on the first value that is NaN or infinite.
pub(super) fn check_finite(of: &'static str, values: &[f64]) -> Result<(), StatisticsError> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(at) => Err(StatisticsError::NotFinite {
            of,
            at,
            value: values[at],
        }),
        None => Ok(()),
    }
}
