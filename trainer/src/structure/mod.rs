//! Causal graphs from coded faces alone: no picture, no network, no gradient through one.
//!
//! Takes a [`LevelTable`] (faces by action units, as people or a model coded them, with what was set from
//! outside); gives the graph between units ([`au_graph`]) and from units to expressions
//! ([`expression_graph`]).
//!
//! A unit's level is what shows of its drive, cut off at 0 and 5, and the drive is a sum:
//!
//! ```text
//! drive_i = sum_j w_ji points_j + act_i        act_i | z ~ sum_c share_izc N(m_c, s_c)
//! ```
//!
//! `w_ji` are the edges, without cycles. `act_i` is what the unit does of its own accord: mostly nothing,
//! sometimes anything. `z` is a hidden intention, a class drawn per face, which moves several units at once
//! without an edge between them. Because acts are far from normal and levels are cut off, cause and effect
//! can be told apart from observation alone (Shimizu et al. 2006; Hoyer et al. 2008); rows in which a unit
//! was set from outside add to that, as in GIES (Hauser & Bühlmann 2012) and DCDI (Brouillard et al.
//! 2020). The search is structural expectation-maximisation (Friedman 1998) on the Bayesian information
//! criterion (Schwarz 1978).
//!
//! The same table gives the same graph, whatever the order of its rows and columns, but for ties and the
//! last digits of sums. Nothing is random.

mod acts;
mod dag;
mod error;
mod expression;
mod intention;
mod multinomial;
mod node;
mod samples;
mod score;
mod search;
mod settings;
mod start;
mod table;
#[cfg(test)]
mod tests;

use std::fmt;

use facs::{ActionUnit, Edge, Graph, Weight};

use self::search::{Change, Search};
pub use self::{
    error::StructureError,
    expression::expression_graph,
    settings::StructureSettings,
    table::{LevelTable, Scale},
};

/// A change of the graph while it is searched. Weights are points of drive per point of the cause, gains
/// are log-likelihood beyond the cost of the edge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Progress {
    /// An edge came in.
    Added {
        /// The cause.
        from: ActionUnit,
        /// The effect.
        to: ActionUnit,
        /// Its weight now.
        weight: f64,
        /// What it gained.
        gain: f64,
    },
    /// An edge no longer paid.
    Dropped {
        /// The cause.
        from: ActionUnit,
        /// The effect.
        to: ActionUnit,
    },
    /// An edge was turned round.
    Turned {
        /// The cause, until now the effect.
        from: ActionUnit,
        /// The effect, until now the cause.
        to: ActionUnit,
        /// Its weight now.
        weight: f64,
        /// What it gained.
        gain: f64,
    },
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added {
                from,
                to,
                weight,
                gain,
            } => {
                write!(
                    f,
                    "added {from} to {to}, weight {weight:+.2}, gains {gain:.0}"
                )
            }
            Self::Dropped { from, to } => write!(f, "dropped {from} to {to}"),
            Self::Turned {
                from,
                to,
                weight,
                gain,
            } => {
                write!(
                    f,
                    "turned into {from} to {to}, weight {weight:+.2}, gains {gain:.0}"
                )
            }
        }
    }
}

/// The graph between the action units of a table, its edges strongest first. A weight is points of drive
/// per point of the cause; a unit that is merely on counts 3 points. Weights beyond (-1, 1), which only
/// exclusion makes (a cause that forbids its effect at any strength), are cut to the nearest
/// [`Weight`].
///
/// `progress` hears of every change.
///
/// # Errors
/// [`StructureError`] for fewer than 200 rows and for settings out of their range.
pub fn au_graph(
    table: &LevelTable,
    settings: &StructureSettings,
    progress: &mut dyn FnMut(Progress),
) -> Result<Graph<ActionUnit, ActionUnit>, StructureError> {
    settings.check()?;
    let units = table.units();
    let mut search = Search::new(table, settings)?;
    search.run(&mut |change| progress(named(units, change)));
    let mut edges = Vec::new();
    for (&to, node) in units.iter().zip(&search.nodes) {
        for (&from, &weight) in node.parents.iter().zip(&node.weights) {
            // A weight within -1..=1 is never refused.
            if let Ok(weight) = Weight::from_tanh(weight.clamp(-1.0, 1.0) as f32) {
                edges.push(Edge {
                    from: units[from],
                    to,
                    weight,
                });
            }
        }
    }
    Ok(strongest_first(edges))
}

fn named(units: &[ActionUnit], change: Change) -> Progress {
    match change {
        Change::Added {
            from,
            to,
            weight,
            gain,
        } => Progress::Added {
            from: units[from],
            to: units[to],
            weight,
            gain,
        },
        Change::Dropped { from, to } => Progress::Dropped {
            from: units[from],
            to: units[to],
        },
        Change::Turned {
            from,
            to,
            weight,
            gain,
        } => Progress::Turned {
            from: units[from],
            to: units[to],
            weight,
            gain,
        },
    }
}

/// A graph with its edges in the order that [`Graph`] promises.
fn strongest_first<From, To>(mut edges: Vec<Edge<From, To>>) -> Graph<From, To> {
    edges.sort_by(|a, b| b.weight.get().abs().total_cmp(&a.weight.get().abs()));
    Graph { edges }
}
