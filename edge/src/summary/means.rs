//! Means over some stretch of records.
//!
//! Takes faces of records; gives mean probabilities, shares of expressions and mean edge weights.
//! Faces with a reason to abstain are counted but enter no mean.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
};

use facs::{ActionUnit, Expression, FaceEdge, FaceRecord, Weight};

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
    au_au: BTreeMap<(ActionUnit, ActionUnit), EdgeSum>,
    au_expression: BTreeMap<(ActionUnit, Expression), EdgeSum>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sum {
    p: f64,
    wins: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct EdgeSum {
    weight: f64,
    /// Where the records have it.
    delta: Option<f64>,
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
        let label = self.expressions.entry(face.expression.label).or_default();
        label.wins += u64::from(face.expression.abstain.is_none());
        for edge in &face.graphs.au_au {
            let sum = self.au_au.entry((edge.from, edge.to)).or_default();
            sum.add(edge);
        }
        for edge in &face.graphs.au_expression {
            let sum = self.au_expression.entry((edge.from, edge.to)).or_default();
            sum.add(edge);
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

    /// The expression that won most faces, and its share of them; one that a face abstains from wins
    /// nothing.
    #[must_use]
    pub fn winner(&self) -> Option<(Expression, f64)> {
        let won = self.expressions.iter().filter(|(_, sum)| sum.wins > 0);
        let best = won.max_by_key(|(_, sum)| sum.wins)?;
        Some((*best.0, self.share(best.1.wins as f64)))
    }

    /// The mean edges of both graphs that are strongest or differ most from the global graph, as
    /// text; an edge that a record leaves out counts as 0 there, and so does its difference.
    #[must_use]
    pub fn edges(&self, most: usize) -> Vec<String> {
        let au_au = self.au_au.iter();
        let au_expression = self.au_expression.iter();
        let au_au = au_au.filter_map(|(ends, sum)| self.edge(ends, sum));
        let au_expression = au_expression.filter_map(|(ends, sum)| self.edge(ends, sum));
        let mut edges: Vec<_> = au_au.chain(au_expression).collect();
        edges.sort_by(|a, b| b.0.total_cmp(&a.0));
        edges.truncate(most);
        edges.into_iter().map(|(_, text)| text).collect()
    }

    /// How much there is to see in a mean edge, and its text.
    fn edge(
        &self,
        (from, to): &(impl Display, impl Display),
        sum: &EdgeSum,
    ) -> Option<(f32, String)> {
        let weight = Weight::from_tanh(self.share(sum.weight) as f32).ok()?;
        let edge = FaceEdge {
            from,
            to,
            weight,
            delta: sum.delta.map(|delta| self.share(delta) as f32),
        };
        Some((edge.prominence(), edge.to_string()))
    }
}

impl EdgeSum {
    fn add<From, To>(&mut self, edge: &FaceEdge<From, To>) {
        self.weight += f64::from(edge.weight.get());
        if let Some(delta) = edge.delta {
            *self.delta.get_or_insert_default() += f64::from(delta);
        }
    }
}

#[cfg(test)]
mod tests {
    use facs::Record;

    use super::*;

    #[test]
    fn an_edge_that_a_record_leaves_out_counts_as_nothing_there() {
        let golden = include_str!("../../../facs/tests/golden/frame.json");
        let Ok(Record::Frame(mut frame)) = serde_json::from_str(golden) else {
            panic!("the golden record is a frame");
        };
        frame.faces[0].abstain = None;
        let mut means = Means::default();
        means.add(&frame.faces);
        frame.faces[0].graphs.au_expression.clear();
        frame.faces[0].graphs.au_au[0].delta = None;
        for _ in 0..3 {
            means.add(&frame.faces);
        }
        assert_eq!(means.winner(), Some((Expression::Happiness, 1.0)));
        frame.faces[0].expression.abstain = Some(facs::Abstain::Unsure);
        let mut unsure = Means::default();
        unsure.add(&frame.faces);
        assert_eq!(unsure.winner(), None);
        let edges = [
            "AU12 -| AU15 -0.41",
            "AU12 -> happiness +0.19 (delta +0.08)",
        ];
        assert_eq!(means.edges(9), edges);
        assert_eq!(means.edges(1), edges[..1]);
    }
}
