//! Infer: crops to scores.
//!
//! Takes the crops of one frame as one batch; gives per face the probabilities and graphs of the
//! affect model, or nothing for a face whose scores are not all numbers in range.

use facs::{ActionUnit, Expression, Model as Manifest};

use crate::{
    crops::Crops,
    onnx::{Model, RuntimeError},
};

/// The affect model's input and outputs, by name.
pub const INPUT: &str = "face";
/// See [`INPUT`].
pub const OUTPUTS: [&str; 4] = ["au_prob", "expression_prob", "au_graph", "expression_graph"];

/// The axes of the scores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axes {
    /// Action units, in the model's order.
    pub action_units: Vec<ActionUnit>,
    /// Expressions, in the model's order.
    pub expressions: Vec<Expression>,
}

impl Axes {
    /// The axes that a manifest declares.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Self {
        Self {
            action_units: manifest.action_units.clone(),
            expressions: manifest.expressions.clone(),
        }
    }
}

/// What the affect model says about one face.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// Probability per action unit.
    pub action_units: Vec<f32>,
    /// Probability per expression.
    pub expressions: Vec<f32>,
    /// `[action units, action units]`, row = target, column = source.
    pub au_graph: Vec<f32>,
    /// `[expressions, action units]`, row = target, column = source.
    pub expression_graph: Vec<f32>,
}

impl Scores {
    /// Whether every probability lies in [0, 1] and every weight in [-1, 1]; not so for NaN.
    fn is_sound(&self) -> bool {
        let mut probabilities = self.action_units.iter().chain(&self.expressions);
        let mut weights = self.au_graph.iter().chain(&self.expression_graph);
        // Softmax and sigmoid may end a rounding error outside.
        probabilities.all(|p| (-1e-4..=1.0001).contains(p))
            && weights.all(|w| (-1.0..=1.0).contains(w))
    }
}

/// The stage.
#[derive(Debug)]
pub struct Infer {
    model: Model,
    axes: Axes,
}

impl Infer {
    /// `axes`: what the model's manifest declares.
    #[must_use]
    pub const fn new(axes: Axes, model: Model) -> Self {
        Self { model, axes }
    }

    /// The model.
    pub const fn model_mut(&mut self) -> &mut Model {
        &mut self.model
    }

    /// Scores every crop, in one call of the model.
    ///
    /// # Errors
    /// [`RuntimeError`] when the model fails.
    pub fn infer(&mut self, crops: &Crops) -> Result<Vec<Option<Scores>>, RuntimeError> {
        let faces = crops.faces.len();
        if faces == 0 {
            return Ok(Vec::new());
        }
        let (units, expressions) = (self.axes.action_units.len(), self.axes.expressions.len());
        let outputs = self.model.run(faces, &crops.pixels)?;
        let [au_prob, expression_prob, au_graph, expression_graph] = OUTPUTS;
        let rows = |name, length| {
            Ok::<_, RuntimeError>(outputs.rows(name, Some(length))?.0.chunks_exact(length))
        };
        let all = rows(au_prob, units)?
            .zip(rows(expression_prob, expressions)?)
            .zip(rows(au_graph, units * units)?)
            .zip(rows(expression_graph, expressions * units)?);
        let scores = all.map(
            |(((action_units, expressions), au_graph), expression_graph)| {
                let scores = Scores {
                    action_units: action_units.to_vec(),
                    expressions: expressions.to_vec(),
                    au_graph: au_graph.to_vec(),
                    expression_graph: expression_graph.to_vec(),
                };
                Some(scores).filter(Scores::is_sound)
            },
        );
        Ok(scores.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_number_is_not_sound() {
        let sound = Scores {
            action_units: vec![0.0, 1.0],
            expressions: vec![0.5, 0.5],
            au_graph: vec![0.0, -1.0, 1.0, 0.0],
            expression_graph: vec![0.0; 4],
        };
        assert!(sound.is_sound());
        let mut broken = sound.clone();
        broken.action_units[1] = f32::NAN;
        assert!(!broken.is_sound());
        let mut broken = sound.clone();
        broken.au_graph[2] = 1.5;
        assert!(!broken.is_sound());
        let mut broken = sound;
        broken.expressions[0] = f32::INFINITY;
        assert!(!broken.is_sound());
    }
}
