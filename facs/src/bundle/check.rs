//! What cannot be true in a manifest.
//!
//! Takes a model's entry; gives the first field that does not agree with the others, as text.

use std::{collections::BTreeSet, path::Path};

use super::{Calibration, GlobalGraphs, Model, Quantisation, Role};
use crate::{ActionUnit, AuEdge, Expression, ExpressionEdge};

impl Model {
    pub(super) fn problem(&self) -> Option<String> {
        self.file_problem()
            .or_else(|| self.input_problem())
            .or_else(|| self.axes_problem())
            .or_else(|| self.fusion_problem())
            .or_else(|| self.scores_problem())
            .or_else(|| self.calibration.as_ref()?.problem(self))
            .or_else(|| self.quantisation.as_ref()?.problem(self))
    }

    fn file_problem(&self) -> Option<String> {
        if self.file.is_empty() || Path::new(&self.file).file_name() != Some(self.file.as_ref()) {
            return Some(format!("file {:?} is not a plain file name", self.file));
        }
        hash_problem("sha256", &self.sha256)
    }

    fn input_problem(&self) -> Option<String> {
        let (width, height) = (self.input.width, self.input.height);
        if width == 0 || height == 0 {
            return Some("input has no size".into());
        }
        if self.role == Role::FaceRefiner && width != height {
            return Some(format!(
                "input {width}x{height} is not a square, as windows about faces are"
            ));
        }
        let crop = self.crop?.size;
        (crop != width || crop != height)
            .then(|| format!("crop.size {crop} is not the input size {width}x{height}"))
    }

    fn axes_problem(&self) -> Option<String> {
        if self.action_units.iter().collect::<BTreeSet<_>>().len() != self.action_units.len() {
            return Some("action_units names one twice".into());
        }
        if self.expressions.iter().collect::<BTreeSet<_>>().len() != self.expressions.len() {
            return Some("expressions names one twice".into());
        }
        let bare =
            self.crop.is_none() || self.action_units.is_empty() || self.expressions.is_empty();
        (self.role == Role::Affect && bare)
            .then(|| "an affect model needs crop, action_units and expressions".into())
    }

    fn fusion_problem(&self) -> Option<String> {
        let rests = self.expressions.contains(&Expression::Neutral);
        (self.expression_fusion.is_some() && !rests)
            .then(|| "expression_fusion needs the expression neutral".into())
    }

    fn scores_problem(&self) -> Option<String> {
        for (unit, value) in &self.thresholds {
            if !(0.0..=1.0).contains(value) {
                return Some(format!("thresholds.{unit} is {value}, not a probability"));
            }
            if !self.action_units.contains(unit) {
                return Some(format!(
                    "thresholds.{unit} is for a unit that action_units does not list"
                ));
            }
        }
        if let Some(graphs) = &self.global_graphs
            && let Some(edge) = graphs.stray(&self.action_units, &self.expressions)
        {
            return Some(format!(
                "global_graphs has the edge {edge}, whose ends action_units and expressions do not list"
            ));
        }
        let score = self.score_threshold?;
        (!(0.0..=1.0).contains(&score))
            .then(|| format!("score_threshold is {score}, not a probability"))
    }
}

fn hash_problem(field: &str, sha256: &str) -> Option<String> {
    let digit = |byte: u8| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase();
    (sha256.len() != 64 || !sha256.bytes().all(digit))
        .then(|| format!("{field} {sha256:?} is not 64 lower-case hexadecimal digits"))
}

impl Quantisation {
    fn problem(&self, model: &Model) -> Option<String> {
        if self.faces == 0 {
            return Some("quantisation.faces is 0, and ranges are measured on faces".into());
        }
        if self.from_sha256 == model.sha256 {
            return Some("quantisation.from_sha256 is that of the model itself".into());
        }
        hash_problem("quantisation.from_sha256", &self.from_sha256)
    }
}

impl Calibration {
    /// Maps check themselves when they are read.
    fn problem(&self, model: &Model) -> Option<String> {
        let stray = |unit: &&ActionUnit| !model.action_units.contains(unit);
        if let Some(unit) = self.action_units.keys().find(stray) {
            return Some(format!(
                "calibration.action_units.{unit} is for a unit that action_units does not list"
            ));
        }
        if let Some(temperature) = self.expression_temperature
            && !(temperature.is_finite() && temperature > 0.0)
        {
            return Some(format!(
                "calibration.expression_temperature is {temperature}, not a number above 0"
            ));
        }
        if let Some(limit) = self.expression_abstain_below
            && !(0.0..=1.0).contains(&limit)
        {
            return Some(format!(
                "calibration.expression_abstain_below is {limit}, not a probability"
            ));
        }
        let limits = self.quality.unwrap_or_default();
        let limits = [
            ("max_yaw_degrees", limits.max_yaw_degrees, 180.0),
            ("max_pitch_degrees", limits.max_pitch_degrees, 180.0),
            ("min_sharpness", limits.min_sharpness, f32::MAX),
        ];
        for (field, limit, most) in limits {
            if let Some(limit) = limit
                && !(0.0..=most).contains(&limit)
            {
                return Some(format!(
                    "calibration.quality.{field} is {limit}, not between 0 and {most}"
                ));
            }
        }
        let of_expressions =
            self.expression_temperature.is_some() || self.expression_abstain_below.is_some();
        (of_expressions && model.expressions.is_empty())
            .then(|| "calibration is for expressions, of which the model has none".into())
    }
}

impl GlobalGraphs {
    /// An edge whose ends the axes do not list, as text.
    fn stray(&self, units: &[ActionUnit], expressions: &[Expression]) -> Option<String> {
        let au_au = |edge: &&AuEdge| !units.contains(&edge.from) || !units.contains(&edge.to);
        let au_expression =
            |edge: &&ExpressionEdge| !units.contains(&edge.from) || !expressions.contains(&edge.to);
        let of_units = self.au_au.iter().find(au_au).map(ToString::to_string);
        of_units.or_else(|| {
            let stray = self.au_expression.iter().find(au_expression);
            stray.map(ToString::to_string)
        })
    }
}
