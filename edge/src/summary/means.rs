//! Means over some stretch of records.
//!
//! Takes faces of records; gives mean probabilities, shares of expressions and mean edge weights.
//! Faces with a reason to abstain are counted but enter no mean.

use std::collections::{BTreeMap, BTreeSet};

use facs::{ActionUnit, Expression, FaceRecord, Weight};

/// Sums over a stretch of records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Means {
    /// Frames.
    pub frames: u64,
    /// Frames with a face.
    pub frames_with_face: u64,
    /// Faces, counted per frame.
    pub faces: u64,
    /// Faces that enter the means.
    pub used: u64,
    /// Tracks seen.
    pub tracks: BTreeSet<u64>,
    action_units: BTreeMap<ActionUnit, f64>,
    expressions: BTreeMap<Expression, Sum>,
    au_au: BTreeMap<(ActionUnit, ActionUnit), f64>,
    au_expression: BTreeMap<(ActionUnit, Expression), f64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sum {
    p: f64,
    wins: u64,
}

impl Means {
    /// Adds the faces of one frame.
    pub fn add(&mut self, faces: &[FaceRecord]) {
        self.frames += 1;
        self.frames_with_face += u64::from(!faces.is_empty());
        for face in faces {
            self.faces += 1;
            self.tracks.insert(face.track);
            if face.abstain.is_none() {
                self.add_face(face);
            }
        }
    }

    fn add_face(&mut self, face: &FaceRecord) {
        self.used += 1;
        for (unit, score) in &face.action_units {
            *self.action_units.entry(*unit).or_default() += f64::from(score.p);
        }
        for (expression, p) in &face.expression.p {
            self.expressions.entry(*expression).or_default().p += f64::from(*p);
        }
        self.expressions
            .entry(face.expression.label)
            .or_default()
            .wins += 1;
        for edge in &face.graphs.au_au {
            let sum = self.au_au.entry((edge.from, edge.to)).or_default();
            *sum += f64::from(edge.weight.get());
        }
        for edge in &face.graphs.au_expression {
            let sum = self.au_expression.entry((edge.from, edge.to)).or_default();
            *sum += f64::from(edge.weight.get());
        }
    }

    fn share(&self, sum: f64) -> f64 {
        sum / self.used.max(1) as f64
    }

    /// Mean probability of a unit; none when no face told.
    #[must_use]
    pub fn action_unit(&self, unit: ActionUnit) -> Option<f64> {
        self.action_units.get(&unit).map(|sum| self.share(*sum))
    }

    /// Mean probability of an expression; none when no face told.
    #[must_use]
    pub fn expression(&self, expression: Expression) -> Option<f64> {
        self.expressions
            .get(&expression)
            .map(|sum| self.share(sum.p))
    }

    /// The expression that won most faces, and its share of them.
    #[must_use]
    pub fn winner(&self) -> Option<(Expression, f64)> {
        let best = self.expressions.iter().max_by_key(|(_, sum)| sum.wins)?;
        Some((*best.0, self.share(best.1.wins as f64)))
    }

    /// The strongest mean edges of both graphs, as text; an edge that a record leaves out counts
    /// as 0 there.
    #[must_use]
    pub fn edges(&self, most: usize) -> Vec<String> {
        let mut edges = Vec::new();
        for ((from, to), sum) in &self.au_au {
            edges.push((self.share(*sum), from.to_string(), to.to_string()));
        }
        for ((from, to), sum) in &self.au_expression {
            edges.push((self.share(*sum), from.to_string(), to.to_string()));
        }
        edges.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
        let named = edges
            .into_iter()
            .take(most)
            .filter_map(|(weight, from, to)| {
                let weight = Weight::from_tanh(weight as f32).ok()?;
                Some(facs::Edge { from, to, weight }.to_string())
            });
        named.collect()
    }
}
