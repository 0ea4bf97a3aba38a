//! Expressions: the eleven categories of the public data sets, in one fixed order.
//!
//! A model declares which of them it emits and in what order; the declaration order here is only
//! the order of the whole vocabulary.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// One expression category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Expression {
    /// No expression.
    Neutral,
    /// Joy.
    Happiness,
    /// Grief, sorrow.
    Sadness,
    /// Anger.
    Anger,
    /// Surprise.
    Surprise,
    /// Disgust.
    Disgust,
    /// Fear.
    Fear,
    /// Contempt.
    Contempt,
    /// Anxiety (MAFW).
    Anxiety,
    /// Helplessness (MAFW).
    Helplessness,
    /// Disappointment (MAFW).
    Disappointment,
}

impl Expression {
    /// The whole vocabulary, in order.
    pub const ALL: [Self; 11] = [
        Self::Neutral,
        Self::Happiness,
        Self::Sadness,
        Self::Anger,
        Self::Surprise,
        Self::Disgust,
        Self::Fear,
        Self::Contempt,
        Self::Anxiety,
        Self::Helplessness,
        Self::Disappointment,
    ];
    /// Neutral, the six basic emotions and contempt: what the default model emits.
    pub const EIGHT: [Self; 8] = [
        Self::Neutral,
        Self::Happiness,
        Self::Sadness,
        Self::Anger,
        Self::Surprise,
        Self::Disgust,
        Self::Fear,
        Self::Contempt,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Happiness => "happiness",
            Self::Sadness => "sadness",
            Self::Anger => "anger",
            Self::Surprise => "surprise",
            Self::Disgust => "disgust",
            Self::Fear => "fear",
            Self::Contempt => "contempt",
            Self::Anxiety => "anxiety",
            Self::Helplessness => "helplessness",
            Self::Disappointment => "disappointment",
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A text that names no expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown expression {0:?}: expected one of neutral happiness sadness anger surprise disgust fear contempt anxiety helplessness disappointment"
)]
pub struct UnknownExpression(pub String);

impl FromStr for Expression {
    type Err = UnknownExpression;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|expression| expression.name() == text)
            .ok_or_else(|| UnknownExpression(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_are_the_wire_form() {
        for expression in Expression::ALL {
            assert_eq!(expression.name().parse(), Ok(expression));
            assert_eq!(
                serde_json::to_string(&expression).unwrap(),
                format!("{:?}", expression.name())
            );
        }
        assert!("joy".parse::<Expression>().is_err());
    }
}
