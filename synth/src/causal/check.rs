//! A model file is checked: names, ranges, acyclic; every fault is told with its line.

use std::{collections::BTreeMap, ops::Range};

use facs::{ActionUnit, AuEdge, Edge, Expression, Graph, Weight};
use toml::Spanned;

use super::{
    context::Context,
    error::{CausalError, Place},
    file::{self, File},
    model::{CausalModel, EXPRESSIONS, Graphs, Intent, Link, Scale, Tuning, UNITS, emitted_index},
    order,
};

const SCHEMA_ID: &str = "mien.causal/1";

/// The text of a model, to tell lines.
struct Source<'a> {
    text: &'a str,
    origin: &'a str,
}

/// Reads and checks a model; `origin` names the text in messages.
pub(super) fn parse(text: &str, origin: &str) -> Result<CausalModel, CausalError> {
    let source = Source { text, origin };
    let file: File = toml::from_str(text).map_err(|error| CausalError::Syntax {
        place: source.place(error.span().unwrap_or(0..0)),
        message: error.message().to_owned(),
    })?;
    source.check(file)
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
        let (wavers, tuning) = self.roots(&file.units)?;
        let contexts = self.contexts(&file.contexts)?;
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
        let au_au = self.links(&file.edges.au_au, &contexts, |name| self.unit(name))?;
        let au_expression = self.links(&file.edges.au_expression, &contexts, |name| {
            self.expression(name)
        })?;
        let graphs = Graphs {
            au_au: edges(&au_au),
            au_expression: edges(&au_expression),
        };
        let order = order::topological(&graphs.au_au.edges)
            .map_err(|cycle| self.cycle(&cycle, &graphs.au_au.edges, &file.edges.au_au))?;
        Ok(CausalModel {
            onset: self.within(&file.onset, "onset", (0.0, 5.0, "0 to 5"))?,
            gain: self.within(&file.expression.gain, "expression.gain", POSITIVE)?,
            bias,
            slight: self.within(&file.sides.slight, "sides.slight", PROBABILITY)?,
            one_sided,
            wavers,
            tuning,
            intents,
            contexts,
            au_au,
            au_expression,
            graphs,
            order,
        })
    }

    /// How much each unit wavers, and how readily it acts.
    fn roots(
        &self,
        units: &Spanned<file::Named<file::Root>>,
    ) -> Result<([f32; UNITS], [Tuning; UNITS]), CausalError> {
        let mut wavers = [None; UNITS];
        let mut tuning = [Tuning::even(0.0); UNITS];
        for (name, root) in units.get_ref() {
            let unit = self.unit(name)?;
            let field = |field: &str| format!("units.{unit}.{field}");
            let rate = self.within(&root.rate, &field("rate"), PROBABILITY)?;
            let noise = self.within(&root.noise, &field("noise"), POSITIVE)?;
            tuning[unit.index()] = Tuning::even(rate);
            wavers[unit.index()] = Some(noise);
        }
        let missing = ActionUnit::ALL
            .into_iter()
            .find(|unit| wavers[unit.index()].is_none());
        if let Some(unit) = missing {
            return Err(CausalError::MissingUnit {
                place: self.place(units.span()),
                unit,
            });
        }
        Ok((wavers.map(Option::unwrap_or_default), tuning))
    }

    fn contexts(
        &self,
        contexts: &file::Named<Spanned<file::Named<Spanned<f32>>>>,
    ) -> Result<Vec<Context>, CausalError> {
        let mut checked = Vec::new();
        for (name, values) in contexts {
            let name = name.get_ref().clone();
            let mut read = Vec::new();
            for (value, probability) in values.get_ref() {
                let value = value.get_ref().clone();
                let field = format!("contexts.{name}.{value}");
                read.push((value, self.within(probability, &field, PROBABILITY)?));
            }
            let total: f32 = read.iter().map(|(_, probability)| probability).sum();
            if (total - 1.0).abs() > 1e-3 {
                return Err(CausalError::Range {
                    place: self.place(values.span()),
                    field: format!("the sum of contexts.{name}"),
                    value: total,
                    expected: "1",
                });
            }
            checked.push(Context { name, values: read });
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

    fn links<To: Copy + Ord + std::fmt::Display>(
        &self,
        edges: &[file::Edge],
        contexts: &[Context],
        target: impl Fn(&Spanned<String>) -> Result<To, CausalError>,
    ) -> Result<Vec<Link<To>>, CausalError> {
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
            let refused = |source| CausalError::Weight {
                place: self.place(edge.weight.span()),
                edge: name(),
                source,
            };
            let weight = Weight::new(*edge.weight.get_ref()).map_err(refused)?;
            let scales = self.scales(&edge.scale, contexts, &name())?;
            let most = |scale: &Scale| scale.factors.iter().copied().fold(0.0, f32::max);
            let largest = weight.get() * scales.iter().map(most).product::<f32>();
            if !scales.is_empty() {
                Weight::new(largest).map_err(refused)?;
            }
            checked.push(Link {
                edge: Edge { from, to, weight },
                source: edge.source.clone(),
                scales,
            });
        }
        Ok(checked)
    }

    fn scales(
        &self,
        scales: &file::Named<file::Named<Spanned<f32>>>,
        contexts: &[Context],
        edge: &str,
    ) -> Result<Vec<Scale>, CausalError> {
        let mut checked = Vec::new();
        for (name, values) in scales {
            let unknown = |name: &Spanned<String>, known: String| CausalError::Context {
                place: self.place(name.span()),
                name: name.get_ref().clone(),
                known,
            };
            let named = |context: &Context| context.name == *name.get_ref();
            let Some(context) = contexts.iter().position(named) else {
                let names = contexts.iter().map(|context| context.name.as_str());
                return Err(unknown(name, names.collect::<Vec<_>>().join(" ")));
            };
            let known = &contexts[context];
            let mut factors = vec![1.0; known.values.len()];
            for (value, factor) in values {
                let position = known
                    .values
                    .iter()
                    .position(|(known, _)| known == value.get_ref())
                    .ok_or_else(|| unknown(value, known.listing()))?;
                let field = format!("{edge} scale.{}.{}", known.name, value.get_ref());
                factors[position] = self.within(factor, &field, POSITIVE)?;
            }
            checked.push(Scale { context, factors });
        }
        Ok(checked)
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

fn edges<To: Copy>(links: &[Link<To>]) -> Graph<ActionUnit, To> {
    Graph {
        edges: links.iter().map(|link| link.edge).collect(),
    }
}
