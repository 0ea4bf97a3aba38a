//! Global graphs that are given to a network in place of learned ones.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use facs::{ActionUnit, Expression, GlobalGraphs};

/// Dense global graphs, row = target.
#[derive(Clone, Debug, PartialEq)]
pub struct GivenGraphs {
    /// `[20, 20]`
    pub au: Vec<f32>,
    /// `[K, 20]`
    pub expression: Vec<f32>,
}

impl GivenGraphs {
    /// From a file of named edges; expressions that the model does not know are left out.
    ///
    /// # Errors
    /// When the file cannot be read or is something else.
    pub fn load(path: &Path, expressions: &[Expression]) -> Result<Self> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("affect.graph: cannot read {}", path.display()))?;
        let graphs: GlobalGraphs = serde_json::from_str(&text)
            .with_context(|| format!("affect.graph: {} is no graph", path.display()))?;
        Ok(Self::new(&graphs, expressions))
    }

    /// Named edges as matrices; expressions that the model does not know are left out.
    #[must_use]
    pub fn new(graphs: &GlobalGraphs, expressions: &[Expression]) -> Self {
        let units = ActionUnit::COUNT;
        let column = |unit: ActionUnit| ActionUnit::ALL.iter().position(|&it| it == unit);
        let mut given = Self {
            au: vec![0.0; units * units],
            expression: vec![0.0; expressions.len() * units],
        };
        for edge in &graphs.au_au {
            if let Some((row, column)) = column(edge.to).zip(column(edge.from)) {
                given.au[row * units + column] = edge.weight.get();
            }
        }
        for edge in &graphs.au_expression {
            let row = expressions.iter().position(|&it| it == edge.to);
            if let Some((row, column)) = row.zip(column(edge.from)) {
                given.expression[row * units + column] = edge.weight.get();
            }
        }
        given
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_rows_and_columns() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("graph.json");
        let text = r#"{"au_au":[{"from":"AU09","to":"AU10","weight":0.6}],
            "au_expression":[{"from":"AU12","to":"happiness","weight":0.8},
                             {"from":"AU12","to":"anxiety","weight":-0.8}]}"#;
        fs::write(&path, text).unwrap();
        let known = [Expression::Neutral, Expression::Happiness];
        let given = GivenGraphs::load(&path, &known).unwrap();
        let at = |unit| ActionUnit::ALL.iter().position(|&it| it == unit).unwrap();
        let (nine, ten, twelve) = (
            at(ActionUnit::Au09),
            at(ActionUnit::Au10),
            at(ActionUnit::Au12),
        );
        assert_eq!(given.au[ten * 20 + nine], 0.6);
        assert_eq!(given.au.iter().filter(|&&edge| edge != 0.0).count(), 1);
        assert_eq!(given.expression[20 + twelve], 0.8);
        assert_eq!(
            given.expression.iter().filter(|&&edge| edge != 0.0).count(),
            1
        );
        let error = GivenGraphs::load(&folder.path().join("no.json"), &known).unwrap_err();
        assert!(error.to_string().contains("affect.graph"));
    }
}
