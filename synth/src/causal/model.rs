//! A checked causal model and how it is read.

use std::{fs, path::Path, sync::OnceLock};

use facs::{ActionUnit, Edge, Expression, Graph};

use super::{
    check,
    context::Context,
    error::{CausalError, Unknown},
    factor::{Factor, Factors},
};

pub(super) const UNITS: usize = ActionUnit::COUNT;
pub(super) const EXPRESSIONS: usize = Expression::EIGHT.len();
/// Groups of samples: one half or the other of every factor.
pub(super) const GROUPS: usize = 1 << Factor::ALL.len();
const BUILT_IN: &str = include_str!("../../data/affect.toml");

/// A structural causal model over action units and expressions.
#[derive(Clone, Debug, PartialEq)]
pub struct CausalModel {
    pub(super) onset: f32,
    pub(super) gain: f32,
    pub(super) bias: [f32; EXPRESSIONS],
    pub(super) slight: f32,
    pub(super) one_sided: f32,
    /// How much each unit wavers.
    pub(super) wavers: [f32; UNITS],
    pub(super) tuning: [Tuning; UNITS],
    pub(super) intents: Vec<Intent>,
    pub(super) contexts: Vec<Context>,
    pub(super) au_au: Vec<Link<ActionUnit>>,
    pub(super) au_expression: Vec<Link<Expression>>,
    pub(super) graphs: Graphs,
    /// Parents before children.
    pub(super) order: [ActionUnit; UNITS],
}

/// How readily a unit acts, by group of samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tuning(pub(super) [Cell; GROUPS]);

/// How readily a unit acts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cell {
    /// Added to the drive.
    pub(super) bias: f32,
    /// How often it acts without a cause, where intentions do not change it.
    pub(super) rate: f32,
}

impl Tuning {
    pub(super) fn even(rate: f32) -> Self {
        Self([Cell { bias: 0.0, rate }; GROUPS])
    }

    pub(super) fn cell(&self, factors: &Factors) -> &Cell {
        &self.0[factors.halves()]
    }
}

/// An exogenous intention that drives units jointly.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Intent {
    pub(super) name: String,
    pub(super) rate: f32,
    pub(super) strength: [f32; 2],
    pub(super) spontaneous: f32,
    pub(super) one_sided: f32,
    pub(super) units: [f32; UNITS],
}

/// An edge with where it is known from and what it depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Link<To> {
    /// The edge as it acts where no circumstance changes it.
    pub edge: Edge<ActionUnit, To>,
    /// The publication, or the reason.
    pub source: String,
    pub(super) scales: Vec<Scale>,
}

/// What the values of one context multiply an edge by.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scale {
    pub(super) context: usize,
    pub(super) factors: Vec<f32>,
}

impl<To> Link<To> {
    /// The weight among samples with these values of the contexts.
    #[must_use]
    pub fn weight_in(&self, values: &[usize]) -> f32 {
        let factor = |scale: &Scale| scale.factors[values[scale.context]];
        self.edge.weight.get() * self.scales.iter().map(factor).product::<f32>()
    }

    /// The weight where some circumstances are certain; the others change nothing.
    #[must_use]
    pub fn weight_where(&self, certain: &[Option<usize>]) -> f32 {
        let factor = |scale: &Scale| {
            let value = certain.get(scale.context).copied().flatten();
            value.map_or(1.0, |value| scale.factors[value])
        };
        self.edge.weight.get() * self.scales.iter().map(factor).product::<f32>()
    }

    /// What else changes the edge, in words: `x 0.4 where smile is social`.
    #[must_use]
    pub fn conditions(&self, model: &CausalModel) -> String {
        let mut parts = Vec::new();
        for scale in &self.scales {
            let context = &model.contexts[scale.context];
            if context.certain().is_some() {
                continue;
            }
            for ((value, _), factor) in context.values.iter().zip(&scale.factors) {
                if *factor != 1.0 {
                    parts.push(format!("x {factor} where {} is {value}", context.name));
                }
            }
        }
        parts.join(", ")
    }
}

/// The two graphs of a face: the true ones of a model, in the order of the file, or found ones.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graphs {
    /// Between action units.
    pub au_au: Graph<ActionUnit, ActionUnit>,
    /// From action units to expressions.
    pub au_expression: Graph<ActionUnit, Expression>,
}

impl CausalModel {
    /// The model in `data/affect.toml`.
    ///
    /// # Panics
    /// Never: the file is part of the crate and tested.
    #[must_use]
    pub fn built_in() -> &'static Self {
        static MODEL: OnceLock<CausalModel> = OnceLock::new();
        MODEL.get_or_init(|| {
            check::parse(BUILT_IN, "<built-in>").expect("affect.toml is a causal model")
        })
    }

    /// The text of [`Self::built_in`].
    #[must_use]
    pub const fn built_in_text() -> &'static str {
        BUILT_IN
    }

    /// Reads a model from TOML.
    ///
    /// # Errors
    /// [`CausalError`], naming the line.
    pub fn parse(text: &str) -> Result<Self, CausalError> {
        check::parse(text, "<text>")
    }

    /// Reads a model from a TOML file.
    ///
    /// # Errors
    /// [`CausalError`], naming file and line.
    pub fn load(path: &Path) -> Result<Self, CausalError> {
        let text = fs::read_to_string(path).map_err(|source| CausalError::Read {
            path: path.to_owned(),
            source,
        })?;
        check::parse(&text, &path.display().to_string())
    }

    /// The true edges where no circumstance changes them; [`Self::graph_in`] for those where one
    /// does.
    #[must_use]
    pub const fn graph(&self) -> &Graphs {
        &self.graphs
    }

    /// The edges between units with their sources, in the order of the file.
    #[must_use]
    pub fn au_links(&self) -> &[Link<ActionUnit>] {
        &self.au_au
    }

    /// The edges towards expressions with their sources, in the order of the file.
    #[must_use]
    pub fn expression_links(&self) -> &[Link<Expression>] {
        &self.au_expression
    }

    /// All units, causes before effects.
    #[must_use]
    pub const fn order(&self) -> &[ActionUnit; UNITS] {
        &self.order
    }

    /// Name of an intention of this model, by [`super::FaceState::intent`].
    #[must_use]
    pub fn intent(&self, index: usize) -> Option<&str> {
        self.intents.get(index).map(|intent| intent.name.as_str())
    }

    /// The same model in which everybody has one intention. One that drives no unit leaves no
    /// hidden common cause, as most methods of causal discovery suppose.
    ///
    /// # Errors
    /// [`Unknown`], listing the intentions.
    pub fn with_intention(&self, name: &str) -> Result<Self, Unknown> {
        let mut model = self.clone();
        if !model.intents.iter().any(|intent| intent.name == name) {
            let names = self.intents.iter().map(|intent| intent.name.as_str());
            return Err(Unknown {
                what: "intention",
                name: name.to_owned(),
                known: names.collect::<Vec<_>>().join(" "),
            });
        }
        for intent in &mut model.intents {
            intent.rate = f32::from(u8::from(intent.name == name));
        }
        Ok(model)
    }
}

/// Position among [`Expression::EIGHT`], which are the first of the vocabulary.
pub(super) const fn emitted_index(expression: Expression) -> usize {
    expression as usize
}
