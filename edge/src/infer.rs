//! Infer: crops to scores.
//!
//! Takes the crops of a round as one batch; gives per face the probabilities and graphs of the affect
//! model, and whether they are all numbers in range. Scores are kept in the same room from round to round.
//!
//! Where the bundle has a calibration, probabilities leave here calibrated: of faces and of their halves,
//! ahead of smoothing, sides, baseline and thresholds. The maps were fitted on what the model says of
//! single pictures, which is what there is here and nowhere later. And a mean over time of calibrated
//! probabilities is about as true as they are; the map of a mean is not, for maps bend, and their steep
//! parts would bring back the jitter that smoothing took away.

use std::ops::Range;

use facs::{ActionUnit, Calibration, Expression, ImageInput, Model as Manifest};

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
    /// Probability per action unit, calibrated where the bundle says how.
    pub action_units: Vec<f32>,
    /// Probability per expression, likewise.
    pub expressions: Vec<f32>,
    /// `[action units, action units]`, row = target, column = source.
    pub au_graph: Vec<f32>,
    /// `[expressions, action units]`, row = target, column = source.
    pub expression_graph: Vec<f32>,
    /// Whether these are all numbers in range; otherwise they mean nothing.
    pub sound: bool,
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
    calibration: Option<Calibration>,
    /// One per row of the largest round so far.
    scores: Vec<Scores>,
}

impl Infer {
    /// `model`: the affect model; `calibration`: its manifest's.
    #[must_use]
    pub const fn new(model: Model, calibration: Option<Calibration>) -> Self {
        Self {
            model,
            calibration,
            scores: Vec::new(),
        }
    }

    /// The model.
    #[must_use]
    pub const fn model(&self) -> &Model {
        &self.model
    }

    /// The model.
    pub const fn model_mut(&mut self) -> &mut Model {
        &mut self.model
    }

    /// The model, without the stage.
    #[must_use]
    pub fn into_model(self) -> Model {
        self.model
    }

    /// Scores every crop, in one call of the model: see [`Self::scores`].
    ///
    /// # Errors
    /// [`RuntimeError`] when the model fails.
    pub fn infer(&mut self, axes: &Axes, crops: &Crops) -> Result<(), RuntimeError> {
        let ImageInput { width, height } = self.model.input();
        // Not only the faces: their halves may have rows, too.
        let rows = crops.pixels.len() / (width * height * 3);
        if rows == 0 {
            return Ok(());
        }
        if self.scores.len() < rows {
            self.scores.resize_with(rows, Scores::default);
        }
        let (units, expressions) = (axes.action_units.len(), axes.expressions.len());
        let outputs = self.model.run(rows, &crops.pixels)?;
        let [au_prob, expression_prob, au_graph, expression_graph] = OUTPUTS;
        let each = |name, length| {
            Ok::<_, RuntimeError>(outputs.rows(name, Some(length))?.0.chunks_exact(length))
        };
        let all = each(au_prob, units)?
            .zip(each(expression_prob, expressions)?)
            .zip(each(au_graph, units * units)?)
            .zip(each(expression_graph, expressions * units)?);
        for (scores, (((action_units, expressions), au_graph), expression_graph)) in
            self.scores.iter_mut().zip(all)
        {
            refill(&mut scores.action_units, action_units);
            refill(&mut scores.expressions, expressions);
            refill(&mut scores.au_graph, au_graph);
            refill(&mut scores.expression_graph, expression_graph);
            scores.sound = scores.is_sound();
            if let Some(calibration) = self.calibration.as_ref().filter(|_| scores.sound) {
                let units = &axes.action_units;
                calibration.apply(units, &mut scores.action_units, &mut scores.expressions);
            }
        }
        Ok(())
    }

    /// The scores of the rows of some faces of the last round, and of some halves, whose rows come
    /// after those of all faces.
    ///
    /// # Panics
    /// When that round had fewer, or they overlap.
    pub fn scores(
        &mut self,
        faces: Range<usize>,
        halves: Range<usize>,
    ) -> (&mut [Scores], &[Scores]) {
        if halves.is_empty() {
            return (&mut self.scores[faces], &[]);
        }
        let (before, after) = self.scores.split_at_mut(halves.start);
        (&mut before[faces], &after[..halves.len()])
    }
}

fn refill(kept: &mut Vec<f32>, new: &[f32]) {
    kept.clear();
    kept.extend_from_slice(new);
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
            sound: true,
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
