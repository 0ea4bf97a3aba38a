//! The table that independence is tested on.
//!
//! Takes columns of numbers and labels as they were measured; gives variables whose every number is
//! finite and which have one row per face.

use super::super::{StatisticsError, error::check_finite};

/// A variable of one or more columns, one row per face.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    columns: usize,
    values: Vec<f64>,
    discrete: bool,
}

impl Variable {
    /// A variable of one number per face.
    ///
    /// # Errors
    /// [`StatisticsError::NotFinite`].
    pub fn column(values: Vec<f64>) -> Result<Self, StatisticsError> {
        Self::table(values, 1)
    }

    /// A variable of `columns` numbers per face, row after row.
    ///
    /// # Errors
    /// [`StatisticsError`] for no columns, an unfinished row, and values that are not finite.
    pub fn table(values: Vec<f64>, columns: usize) -> Result<Self, StatisticsError> {
        if columns == 0 {
            return Err(StatisticsError::TooFew {
                of: "columns of a variable",
                found: 0,
                least: 1,
            });
        }
        let expected = values.len().next_multiple_of(columns);
        if values.len() != expected {
            return Err(StatisticsError::Length {
                of: "values of a variable",
                found: values.len(),
                expected,
            });
        }
        check_finite("values of a variable", &values)?;
        Ok(Self {
            columns,
            values,
            discrete: false,
        })
    }

    /// The same variable, said to have few distinct values, such as a diagnosis.
    #[must_use]
    pub fn discrete(self) -> Self {
        Self {
            discrete: true,
            ..self
        }
    }

    /// Whether the variable was said to have few distinct values.
    #[must_use]
    pub const fn is_discrete(&self) -> bool {
        self.discrete
    }

    /// Number of faces.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.values.len() / self.columns
    }

    /// Numbers per face.
    #[must_use]
    pub const fn columns(&self) -> usize {
        self.columns
    }

    /// The numbers of one face.
    ///
    /// # Panics
    /// When there is no such row.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.columns..][..self.columns]
    }

    /// One number of every face.
    pub(super) fn numbers(&self, column: usize) -> Vec<f64> {
        let numbers = self.values.iter().copied();
        numbers.skip(column).step_by(self.columns).collect()
    }

    /// The variable whose row `i` is this one's row `order[i]`.
    pub(super) fn reordered(&self, order: &[usize]) -> Self {
        let rows = order.iter().flat_map(|&row| self.row(row));
        Self {
            columns: self.columns,
            values: rows.copied().collect(),
            discrete: self.discrete,
        }
    }
}

/// What is held fixed: the label of each face.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// A class per face, such as the expression it shows; the numbers are names without order.
    Classes(Vec<usize>),
    /// Numbers per face, such as intensities of action units.
    Numbers(Variable),
}

impl Given {
    /// Number of faces.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Self::Classes(classes) => classes.len(),
            Self::Numbers(variable) => variable.rows(),
        }
    }

    /// The label as numbers in which order and distance mean nothing between classes: one column
    /// per class, 1 where the face is of that class.
    pub(super) fn indicators(&self) -> Variable {
        let classes = match self {
            Self::Numbers(variable) => return variable.clone(),
            Self::Classes(classes) => classes,
        };
        let mut names = classes.clone();
        names.sort_unstable();
        names.dedup();
        let indicator = |class: usize| names.iter().map(move |&name| f64::from(name == class));
        Variable {
            columns: names.len(),
            values: classes.iter().flat_map(|&class| indicator(class)).collect(),
            discrete: true,
        }
    }

    /// The label as it is coded: classes are one column of their numbers.
    pub(super) fn codes(&self) -> Variable {
        match self {
            Self::Numbers(variable) => variable.clone(),
            Self::Classes(classes) => Variable {
                columns: 1,
                values: classes.iter().map(|&class| class as f64).collect(),
                discrete: true,
            },
        }
    }
}

/// Predictions, a feature and labels of the same faces.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    prediction: Variable,
    feature: Variable,
    label: Given,
}

impl Sample {
    /// A sample from its three variables.
    ///
    /// # Errors
    /// [`StatisticsError::Length`] when they have other numbers of rows.
    pub fn new(
        prediction: Variable,
        feature: Variable,
        label: Given,
    ) -> Result<Self, StatisticsError> {
        let expected = prediction.rows();
        for (of, found) in [
            ("rows of the feature", feature.rows()),
            ("rows of the label", label.rows()),
        ] {
            if found != expected {
                return Err(StatisticsError::Length {
                    of,
                    found,
                    expected,
                });
            }
        }
        Ok(Self {
            prediction,
            feature,
            label,
        })
    }

    /// What the classifier said, Ŷ.
    #[must_use]
    pub const fn prediction(&self) -> &Variable {
        &self.prediction
    }

    /// What it may depend on, X.
    #[must_use]
    pub const fn feature(&self) -> &Variable {
        &self.feature
    }

    /// What the faces show, Y.
    #[must_use]
    pub const fn label(&self) -> &Given {
        &self.label
    }

    /// Number of faces.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.prediction.rows()
    }

    /// The sample whose row `i` is this one's row `order[i]`.
    pub(super) fn reordered(&self, order: &[usize]) -> Self {
        Self {
            prediction: self.prediction.reordered(order),
            feature: self.feature.reordered(order),
            label: match &self.label {
                Given::Numbers(numbers) => Given::Numbers(numbers.reordered(order)),
                Given::Classes(classes) => {
                    Given::Classes(order.iter().map(|&row| classes[row]).collect())
                }
            },
        }
    }

    /// Fails for fewer rows than a test needs.
    pub(super) fn check_rows(&self, least: usize) -> Result<(), StatisticsError> {
        if self.rows() < least {
            return Err(StatisticsError::TooFew {
                of: "rows",
                found: self.rows(),
                least,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_columns_are_where_they_were_put() {
        let table = Variable::table(vec![1., 2., 3., 4., 5., 6.], 2).unwrap();
        assert_eq!((table.rows(), table.row(1)), (3, [3.0, 4.0].as_slice()));
        assert_eq!(table.numbers(1), [2.0, 4.0, 6.0]);
        let turned = table.reordered(&[2, 0, 0]);
        assert_eq!(turned.numbers(0), [5.0, 1.0, 1.0]);
    }

    #[test]
    fn classes_are_one_column_each_or_one_in_all() {
        let given = Given::Classes(vec![7, 0, 7]);
        let indicators = given.indicators();
        assert_eq!(indicators.row(0), [0.0, 1.0]);
        assert_eq!(indicators.row(1), [1.0, 0.0]);
        assert_eq!(given.codes().numbers(0), [7.0, 0.0, 7.0]);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        let refused = |values, columns| Variable::table(values, columns).unwrap_err();
        insta::assert_snapshot!(refused(vec![], 0), @"0 columns of a variable, but at least 1 are needed");
        insta::assert_snapshot!(refused(vec![0.0; 5], 3), @"5 values of a variable, but 6 are expected");
        insta::assert_snapshot!(refused(vec![f64::NAN], 1), @"values of a variable, place 0: NaN is no finite number");
        let column = |rows| Variable::column(vec![0.0; rows]).unwrap();
        let uneven = Sample::new(column(3), column(3), Given::Classes(vec![0; 4]));
        insta::assert_snapshot!(uneven.unwrap_err(), @"4 rows of the label, but 3 are expected");
        let uneven = Sample::new(column(3), column(2), Given::Classes(vec![0; 3]));
        insta::assert_snapshot!(uneven.unwrap_err(), @"2 rows of the feature, but 3 are expected");
    }
}
