//! Circumstances of a sample that decide how strongly edges act: what kind of smile, which culture.

use rand::{Rng, RngExt};

use super::{
    error::Unknown,
    model::{CausalModel, Graphs, Link},
};

/// A circumstance with the values it can have and how probable each is.
#[derive(Clone, Debug, PartialEq)]
pub struct Context {
    /// Its name.
    pub name: String,
    /// Its values with their probabilities, which add up to 1.
    pub values: Vec<(String, f32)>,
}

impl Context {
    /// Position of a value drawn by its probability.
    pub(super) fn draw(&self, rng: &mut impl Rng) -> usize {
        let mut left = rng.random::<f32>();
        let found = self.values.iter().position(|(_, probability)| {
            left -= probability;
            left < 0.0
        });
        let likely = || {
            let possible = |(_, probability): &(String, f32)| *probability > 0.0;
            self.values.iter().rposition(possible).unwrap_or(0)
        };
        found.unwrap_or_else(likely)
    }

    /// Position of the value that every sample has, where there is one.
    #[must_use]
    pub fn certain(&self) -> Option<usize> {
        self.values
            .iter()
            .position(|(_, probability)| *probability >= 1.0)
    }

    /// Names of the values, for messages.
    pub(super) fn listing(&self) -> String {
        let names = self.values.iter().map(|(value, _)| value.as_str());
        names.collect::<Vec<_>>().join(" ")
    }
}

impl CausalModel {
    /// The circumstances of this model; samples count their values in this order.
    #[must_use]
    pub fn contexts(&self) -> &[Context] {
        &self.contexts
    }

    /// Names of the circumstances and of the values that a sample has, see
    /// [`super::FaceState::contexts`].
    pub fn named_contexts<'a>(
        &'a self,
        values: &'a [usize],
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let named = |(context, &value): (&'a Context, &usize)| {
            let (value, _) = context.values.get(value)?;
            Some((context.name.as_str(), value.as_str()))
        };
        self.contexts.iter().zip(values).filter_map(named)
    }

    /// The same model in which a circumstance always has one value: `do(smile = social)`.
    ///
    /// # Errors
    /// [`Unknown`] when there is no such circumstance or value.
    pub fn in_context(&self, name: &str, value: &str) -> Result<Self, Unknown> {
        let mut model = self.clone();
        let found = model
            .contexts
            .iter_mut()
            .find(|context| context.name == name);
        let Some(context) = found else {
            let names = self.contexts.iter().map(|context| context.name.as_str());
            return Err(Unknown {
                what: "context",
                name: name.to_owned(),
                known: names.collect::<Vec<_>>().join(" "),
            });
        };
        if !context.values.iter().any(|(known, _)| known == value) {
            return Err(Unknown {
                what: "value of the context",
                name: format!("{name}={value}"),
                known: context.listing(),
            });
        }
        for (known, probability) in &mut context.values {
            *probability = f32::from(u8::from(known == value));
        }
        Ok(model)
    }

    /// The true edges among samples with these values of the circumstances; edges that are
    /// switched off are left out.
    #[must_use]
    pub fn graph_in(&self, values: &[usize]) -> Graphs {
        Graphs {
            au_au: acting(&self.au_au, values),
            au_expression: acting(&self.au_expression, values),
        }
    }
}

fn acting<To: Copy>(links: &[Link<To>], values: &[usize]) -> facs::Graph<facs::ActionUnit, To> {
    let edges = links.iter().filter_map(|link| {
        let weight = facs::Weight::new(link.weight_in(values)).ok()?;
        let edge = facs::Edge {
            weight,
            ..link.edge
        };
        (weight.get() != 0.0).then_some(edge)
    });
    facs::Graph {
        edges: edges.collect(),
    }
}
