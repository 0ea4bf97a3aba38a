//! The found graph beside published ones: which action units show which expression (CausalAffect,
//! Table 2).
//!
//! Takes a graph towards expressions; gives per expression what the six sources of the table name
//! ([`facs::priors`]), what was found, and how the two agree. A unit counts as found for an expression
//! where it excites it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use facs::{ActionUnit, Expression, Graph, priors::published};
use serde::Serialize;

use super::score::Agreement;

/// How many of the published priors are the sources of Table 2.
const SOURCES: usize = 6;

/// One expression in the literature and in the found graph. Units by their FACS numbers: the
/// literature names some that Mien does not score.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The expression.
    pub expression: Expression,
    /// What each source names, by its key; empty where no source has the expression.
    pub sources: Vec<(&'static str, Vec<u8>)>,
    /// Units that excite the expression in the found graph.
    pub excitatory: Vec<u8>,
    /// Units that inhibit it.
    pub inhibitory: Vec<u8>,
    /// Against all units that any source names.
    pub any: Agreement,
    /// Against the units that more than half of the sources name.
    pub majority: Agreement,
}

/// The table, and the agreement over all its expressions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// One per expression of the model.
    pub rows: Vec<Row>,
    /// Against all units that any source names, over the expressions that sources have.
    pub any: Agreement,
    /// Against the units that more than half of the sources name.
    pub majority: Agreement,
}

impl Comparison {
    /// Compares a graph over a model's expressions. Units that Mien does not score are shown, and
    /// not counted as missed.
    #[must_use]
    pub fn of(found: &Graph<ActionUnit, Expression>, expressions: &[Expression]) -> Self {
        let row = |&expression: &Expression| row(found, expression);
        let rows: Vec<Row> = expressions.iter().map(row).collect();
        let sum = |of: fn(&Row) -> Agreement| {
            let mut sum = Agreement::default();
            for row in rows.iter().filter(|row| !row.sources.is_empty()) {
                let one = of(row);
                sum.found += one.found;
                sum.truth += one.truth;
                sum.right += one.right;
            }
            sum
        };
        Self {
            any: sum(|row| row.any),
            majority: sum(|row| row.majority),
            rows,
        }
    }
}

fn row(found: &Graph<ActionUnit, Expression>, expression: Expression) -> Row {
    let units = |excites: bool| {
        let edges = found.edges.iter();
        let of_sign = edges.filter(|edge| {
            let weight = edge.weight.get();
            edge.to == expression && weight != 0.0 && (weight > 0.0) == excites
        });
        let units: BTreeSet<u8> = of_sign.map(|edge| edge.from.number()).collect();
        units
    };
    let (excitatory, inhibitory) = (units(true), units(false));
    let sources: Vec<(&str, Vec<u8>)> = published()[..SOURCES]
        .iter()
        .filter_map(|prior| {
            Some((
                prior.key.as_str(),
                prior.action_units.get(&expression)?.clone(),
            ))
        })
        .collect();
    let mut votes: BTreeMap<u8, usize> = BTreeMap::new();
    for unit in sources.iter().flat_map(|(_, units)| units) {
        if ActionUnit::ALL.iter().any(|known| known.number() == *unit) {
            *votes.entry(*unit).or_default() += 1;
        }
    }
    let named = |least: usize| {
        let enough = votes.iter().filter(|(_, votes)| **votes >= least);
        Agreement::of(&excitatory, &enough.map(|(unit, _)| *unit).collect())
    };
    Row {
        expression,
        any: named(1),
        majority: named(sources.len() / 2 + 1),
        sources,
        excitatory: excitatory.into_iter().collect(),
        inhibitory: inhibitory.into_iter().collect(),
    }
}

impl fmt::Display for Comparison {
    /// A block per expression; a star marks what a source and this run agree on.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            writeln!(f, "{}", row.expression)?;
            for (key, units) in &row.sources {
                let agreed = |unit: &u8| row.excitatory.contains(unit);
                writeln!(f, "  {key:<14} {}", numbers(units, agreed))?;
            }
            let named = |unit: &u8| row.sources.iter().any(|(_, units)| units.contains(unit));
            writeln!(
                f,
                "  {:<14} {}",
                "this run",
                numbers(&row.excitatory, named)
            )?;
            writeln!(
                f,
                "  {:<14} {}",
                "inhibits",
                numbers(&row.inhibitory, |_| false)
            )?;
        }
        writeln!(
            f,
            "\n{:<14} {:>22} {:>22}",
            "", "named by any source", "by more than half"
        )?;
        writeln!(
            f,
            "{:<14} {:>10} {:>11} {:>10} {:>11}",
            "", "recall", "precision", "recall", "precision"
        )?;
        for row in self.rows.iter().filter(|row| !row.sources.is_empty()) {
            shares(f, row.expression.name(), [row.any, row.majority])?;
        }
        shares(f, "all", [self.any, self.majority])
    }
}

fn shares(f: &mut fmt::Formatter<'_>, name: &str, agreements: [Agreement; 2]) -> fmt::Result {
    write!(f, "{name:<14}")?;
    for agreement in agreements {
        let (recall, precision) = (agreement.recall(), agreement.precision());
        write!(f, " {recall:>10.2} {precision:>11.2}")?;
    }
    writeln!(f)
}

/// `1* 4 15*`, or a dash for none.
fn numbers(units: &[u8], starred: impl Fn(&u8) -> bool) -> String {
    if units.is_empty() {
        return "-".into();
    }
    let number = |unit: &u8| format!("{unit}{}", if starred(unit) { "*" } else { "" });
    units.iter().map(number).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use facs::{Edge, Weight};

    use super::*;

    #[test]
    fn surprise_and_an_expression_that_no_source_has() {
        let edge = |from, to, weight| Edge {
            from,
            to,
            weight: Weight::new(weight).unwrap(),
        };
        let found = Graph {
            edges: vec![
                edge(ActionUnit::Au12, Expression::Surprise, -0.6),
                edge(ActionUnit::Au02, Expression::Surprise, 0.5),
                edge(ActionUnit::Au25, Expression::Surprise, 0.4),
                edge(ActionUnit::Au09, Expression::Surprise, 0.3),
                edge(ActionUnit::Au14, Expression::Contempt, 0.3),
            ],
        };
        let comparison = Comparison::of(&found, &[Expression::Surprise, Expression::Contempt]);
        // 1 2 5 20 25 26 are named by some source (and 27, which is not scored), 1 2 5 26 by more
        // than half.
        let surprise = &comparison.rows[0];
        let agreement = |truth, right| Agreement {
            found: 3,
            truth,
            right,
        };
        assert_eq!(surprise.any, agreement(6, 2));
        assert_eq!(surprise.majority, agreement(4, 1));
        assert_eq!(comparison.any, surprise.any, "contempt is in no source");
        insta::assert_snapshot!(comparison, @"
        surprise
          ekman_1976     1 2* 5 26
          lucey_2010     1 2* 5 25* 27
          karthick_2013  1 2* 5 26 27
          du_2014        1 2* 5 25* 26
          clark_2020     1 2* 5 26 27
          causal_affect  1 2* 5 20 25* 26
          this run       2* 9 25*
          inhibits       12
        contempt
          this run       14
          inhibits       -

                          named by any source      by more than half
                           recall   precision     recall   precision
        surprise             0.33        0.67       0.25        0.33
        all                  0.33        0.67       0.25        0.33
        ");
    }
}
