//! A checked causal model and how it is read.

use std::{collections::BTreeMap, fs, ops::Range, path::Path, sync::OnceLock};

use facs::{ActionUnit, AuEdge, Edge, Expression, Graph, Weight};
use toml::Spanned;

use super::{
    error::{CausalError, Place},
    file::{self, File},
    order,
};

const SCHEMA_ID: &str = "mien.causal/1";
pub(super) const UNITS: usize = ActionUnit::COUNT;
pub(super) const EXPRESSIONS: usize = Expression::EIGHT.len();

/// A structural causal model over action units and expressions.
#[derive(Clone, Debug, PartialEq)]
pub struct CausalModel {
    pub(super) onset: f32,
    pub(super) gain: f32,
    pub(super) bias: [f32; EXPRESSIONS],
    pub(super) slight: f32,
    pub(super) one_sided: f32,
    pub(super) roots: [Root; UNITS],
    pub(super) intents: Vec<Intent>,
    pub(super) graphs: Graphs,
    /// Parents before children.
    pub(super) order: [ActionUnit; UNITS],
}

/// What a unit does without causes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Root {
    pub(super) rate: f32,
    pub(super) noise: f32,
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

/// The true graphs of a model, in the order of the file.
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
            let text = include_str!("../../data/affect.toml");
            Self::parse_from(text, "<built-in>").expect("affect.toml is a causal model")
        })
    }

    /// Reads a model from TOML.
    ///
    /// # Errors
    /// [`CausalError`], naming the line.
    pub fn parse(text: &str) -> Result<Self, CausalError> {
        Self::parse_from(text, "<text>")
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
        Self::parse_from(&text, &path.display().to_string())
    }

    fn parse_from(text: &str, origin: &str) -> Result<Self, CausalError> {
        let source = Source { text, origin };
        let file: File = toml::from_str(text).map_err(|error| CausalError::Syntax {
            place: source.place(error.span().unwrap_or(0..0)),
            message: error.message().to_owned(),
        })?;
        source.check(file)
    }

    /// The true edges.
    #[must_use]
    pub fn graph(&self) -> &Graphs {
        &self.graphs
    }

    /// All units, causes before effects.
    #[must_use]
    pub fn order(&self) -> &[ActionUnit; UNITS] {
        &self.order
    }

    /// Name of an intention of this model, by [`super::FaceState::intent`].
    #[must_use]
    pub fn intent(&self, index: usize) -> Option<&str> {
        self.intents.get(index).map(|intent| intent.name.as_str())
    }
}

/// The text of a model, to tell lines.
struct Source<'a> {
    text: &'a str,
    origin: &'a str,
}

impl Source<'_> {
    fn check(&self, file: File) -> Result<CausalModel, CausalError> {
        if file.schema.get_ref() != SCHEMA_ID {
            let place = self.place(file.schema.span());
            return Err(CausalError::Schema {
                place,
                found: file.schema.into_inner(),
            });
        }
        let mut bias = [0.0; EXPRESSIONS];
        for (name, value) in &file.expression.bias {
            bias[emitted_index(self.expression(name)?)] = *value;
        }
        let one_sided = self.within(&file.sides.one_sided, "sides.one_sided", PROBABILITY)?;
        let roots = self.roots(&file.units)?;
        let mut intents = Vec::new();
        for (name, intent) in &file.intents {
            intents.push(self.intent(name.get_ref(), intent, one_sided)?);
        }
        if !intents.iter().any(|intent| intent.rate > 0.0) {
            let message = "[intents] needs at least one intention with a rate above 0".to_owned();
            return Err(CausalError::Syntax {
                place: self.place(0..0),
                message,
            });
        }
        let graphs = Graphs {
            au_au: self.edges(&file.edges.au_au, |name| self.unit(name))?,
            au_expression: self.edges(&file.edges.au_expression, |name| self.expression(name))?,
        };
        let order = order::topological(&graphs.au_au.edges)
            .map_err(|cycle| self.cycle(&cycle, &graphs.au_au.edges, &file.edges.au_au))?;
        Ok(CausalModel {
            onset: self.within(&file.onset, "onset", (0.0, 5.0, "0 to 5"))?,
            gain: self.within(&file.expression.gain, "expression.gain", POSITIVE)?,
            bias,
            slight: self.within(&file.sides.slight, "sides.slight", PROBABILITY)?,
            one_sided,
            roots,
            intents,
            graphs,
            order,
        })
    }

    fn roots(
        &self,
        units: &Spanned<file::Named<file::Root>>,
    ) -> Result<[Root; UNITS], CausalError> {
        let mut roots = [None; UNITS];
        for (name, root) in units.get_ref() {
            let unit = self.unit(name)?;
            roots[unit.index()] = Some(Root {
                rate: self.within(&root.rate, &format!("units.{unit}.rate"), PROBABILITY)?,
                noise: self.within(&root.noise, &format!("units.{unit}.noise"), POSITIVE)?,
            });
        }
        let mut checked = [Root::default(); UNITS];
        for unit in ActionUnit::ALL {
            checked[unit.index()] =
                roots[unit.index()].ok_or_else(|| CausalError::MissingUnit {
                    place: self.place(units.span()),
                    unit,
                })?;
        }
        Ok(checked)
    }

    fn intent(
        &self,
        name: &str,
        intent: &file::Intent,
        one_sided: f32,
    ) -> Result<Intent, CausalError> {
        let field = |field: &str| format!("intents.{name}.{field}");
        let mut units = [0.0; UNITS];
        for (unit, weight) in &intent.units {
            let unit = self.unit(unit)?;
            let range = (-1.0, 1.0, "-1 to 1");
            units[unit.index()] = self.within(weight, &field(&format!("units.{unit}")), range)?;
        }
        let strength = match &intent.strength {
            None => [0.0, 0.0],
            Some(strength) => {
                let [low, high] = *strength.get_ref();
                if !(0.0..=1.0).contains(&low) || !(low..=1.0).contains(&high) {
                    return Err(CausalError::Range {
                        place: self.place(strength.span()),
                        field: field("strength"),
                        value: if (0.0..=1.0).contains(&low) {
                            high
                        } else {
                            low
                        },
                        expected: "two rising numbers from 0 to 1",
                    });
                }
                [low, high]
            }
        };
        let or = |value: &Option<Spanned<f32>>, name, range, default| {
            value
                .as_ref()
                .map_or(Ok(default), |value| self.within(value, &field(name), range))
        };
        Ok(Intent {
            name: name.to_owned(),
            rate: self.within(&intent.rate, &field("rate"), PROBABILITY)?,
            strength,
            spontaneous: or(&intent.spontaneous, "spontaneous", POSITIVE, 1.0)?,
            one_sided: or(&intent.one_sided, "one_sided", PROBABILITY, one_sided)?,
            units,
        })
    }

    fn edges<To: Copy + Ord + std::fmt::Display>(
        &self,
        edges: &[file::Edge],
        target: impl Fn(&Spanned<String>) -> Result<To, CausalError>,
    ) -> Result<Graph<ActionUnit, To>, CausalError> {
        let mut lines = BTreeMap::new();
        let mut checked = Vec::new();
        for edge in edges {
            let (from, to) = (self.unit(&edge.from)?, target(&edge.to)?);
            let place = self.place(edge.from.span());
            let name = || format!("{from} -> {to}");
            if let Some(first) = lines.insert((from, to), place.line) {
                return Err(CausalError::Duplicate {
                    place,
                    edge: name(),
                    first,
                });
            }
            let weight = Weight::new(*edge.weight.get_ref()).map_err(|source| {
                let place = self.place(edge.weight.span());
                CausalError::Weight {
                    place,
                    edge: name(),
                    source,
                }
            })?;
            checked.push(Edge { from, to, weight });
        }
        Ok(Graph { edges: checked })
    }

    fn cycle(&self, cycle: &[ActionUnit], edges: &[AuEdge], raw: &[file::Edge]) -> CausalError {
        let mut names: Vec<&str> = cycle.iter().map(|unit| unit.code()).collect();
        names.extend(cycle.first().map(|unit| unit.code()));
        let closing = (cycle.last(), cycle.first());
        let place = edges
            .iter()
            .zip(raw)
            .find(|(edge, _)| closing == (Some(&edge.from), Some(&edge.to)))
            .map_or(0..0, |(_, raw)| raw.from.span());
        CausalError::Cycle {
            place: self.place(place),
            path: names.join(" -> "),
        }
    }

    fn unit(&self, name: &Spanned<String>) -> Result<ActionUnit, CausalError> {
        name.get_ref().parse().map_err(|source| CausalError::Unit {
            place: self.place(name.span()),
            source,
        })
    }

    fn expression(&self, name: &Spanned<String>) -> Result<Expression, CausalError> {
        let expression = name.get_ref().parse().ok();
        expression
            .filter(|expression| Expression::EIGHT.contains(expression))
            .ok_or_else(|| CausalError::Expression {
                place: self.place(name.span()),
                name: name.get_ref().clone(),
            })
    }

    fn within(
        &self,
        value: &Spanned<f32>,
        field: &str,
        (low, high, expected): (f32, f32, &'static str),
    ) -> Result<f32, CausalError> {
        let number = *value.get_ref();
        if (low..=high).contains(&number) {
            return Ok(number);
        }
        let place = self.place(value.span());
        Err(CausalError::Range {
            place,
            field: field.to_owned(),
            value: number,
            expected,
        })
    }

    fn place(&self, span: Range<usize>) -> Place {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = 1 + before.bytes().filter(|&byte| byte == b'\n').count();
        Place {
            origin: self.origin.to_owned(),
            line,
        }
    }
}

const PROBABILITY: (f32, f32, &str) = (0.0, 1.0, "0 to 1");
const POSITIVE: (f32, f32, &str) = (0.0, f32::MAX, "0 or more");

/// Position among [`Expression::EIGHT`], which are the first of the vocabulary.
pub(super) fn emitted_index(expression: Expression) -> usize {
    expression as usize
}

/// Edges of one target, for the equations.
pub(super) fn into<To: PartialEq + Copy>(
    graph: &Graph<ActionUnit, To>,
    target: To,
) -> impl Iterator<Item = &Edge<ActionUnit, To>> {
    graph.edges.iter().filter(move |edge| edge.to == target)
}
