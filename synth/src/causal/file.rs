//! The model file as written: names and numbers with the places where they stand, unchecked.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

pub(super) type Named<T> = BTreeMap<Spanned<String>, T>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) schema: Spanned<String>,
    pub(super) onset: Spanned<f32>,
    pub(super) expression: Softmax,
    pub(super) sides: Sides,
    pub(super) units: Spanned<Named<Root>>,
    #[serde(default)]
    pub(super) contexts: Named<Spanned<Named<Spanned<f32>>>>,
    pub(super) intents: Named<Intent>,
    pub(super) edges: Edges,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Softmax {
    pub(super) gain: Spanned<f32>,
    #[serde(default)]
    pub(super) bias: Named<f32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sides {
    pub(super) slight: Spanned<f32>,
    pub(super) one_sided: Spanned<f32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Root {
    pub(super) rate: Spanned<f32>,
    pub(super) noise: Spanned<f32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Intent {
    pub(super) rate: Spanned<f32>,
    pub(super) strength: Option<Spanned<[f32; 2]>>,
    pub(super) spontaneous: Option<Spanned<f32>>,
    pub(super) one_sided: Option<Spanned<f32>>,
    #[serde(default)]
    pub(super) units: Named<Spanned<f32>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Edges {
    #[serde(default)]
    pub(super) au_au: Vec<Edge>,
    #[serde(default)]
    pub(super) au_expression: Vec<Edge>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Edge {
    pub(super) from: Spanned<String>,
    pub(super) to: Spanned<String>,
    pub(super) weight: Spanned<f32>,
    /// What the values of contexts multiply the weight by.
    #[serde(default)]
    pub(super) scale: Named<Named<Spanned<f32>>>,
    /// Where the edge is known from: every edge must have it.
    pub(super) source: String,
}
