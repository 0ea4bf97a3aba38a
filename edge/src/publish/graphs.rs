//! Graphs of a face: matrices to the named edges that its record lists.
//!
//! Takes smoothed scores, their track and the frame's time, and once the bundle's global graphs;
//! gives sparse graphs whose edges say how they differ from the global ones (CausalAffect: the
//! sample-adaptive graph refines the global one). Remembers per track what was listed.

use std::collections::BTreeMap;

use facs::{ActionUnit, Edge, Expression, FaceEdge, FaceGraphs, GlobalGraphs, Weight};

use super::strongest::Strongest;
use crate::{
    config::{GraphRank, GraphSettings},
    infer::{Axes, Scores},
    smooth::FORGET_SECS,
};

/// Both graphs of every face.
#[derive(Debug)]
pub(super) struct Graphs {
    settings: GraphSettings,
    au_au: Sparse<ActionUnit>,
    au_expression: Sparse<Expression>,
    tracks: BTreeMap<u64, Listed>,
    strongest: Strongest,
}

/// What the last record of one track listed, per entry of the matrices.
#[derive(Debug)]
struct Listed {
    pts_nanos: u64,
    au_au: Vec<bool>,
    au_expression: Vec<bool>,
}

/// One kind of graph: the axes of its matrix, row = target, column = source.
#[derive(Debug)]
struct Sparse<To> {
    targets: Vec<To>,
    sources: Vec<ActionUnit>,
    /// Weights of the global graph, where the bundle has one.
    global: Option<Vec<f32>>,
    /// From where the strength of an entry counts: 0, or its global weight. None for the edge of a
    /// unit to itself, which is never listed.
    origin: Vec<Option<f32>>,
}

impl Graphs {
    /// Without `global`, edges have no difference to it and rank by weight.
    pub(super) fn new(
        axes: &Axes,
        global: Option<&GlobalGraphs>,
        settings: &GraphSettings,
    ) -> Self {
        let units = &axes.action_units;
        let au_au = global.map(|graphs| &*graphs.au_au);
        let au_expression = global.map(|graphs| &*graphs.au_expression);
        Self {
            settings: *settings,
            au_au: Sparse::new(units, units, au_au, settings.rank),
            au_expression: Sparse::new(&axes.expressions, units, au_expression, settings.rank),
            tracks: BTreeMap::new(),
            strongest: Strongest::default(),
        }
    }

    /// Drops what is remembered of tracks that were not seen for long.
    pub(super) fn forget(&mut self, pts_nanos: u64) {
        let age = |listed: &Listed| pts_nanos.saturating_sub(listed.pts_nanos) as f32 / 1e9;
        self.tracks.retain(|_, listed| age(listed) <= FORGET_SECS);
    }

    /// Refills the sparse graphs of one face.
    pub(super) fn face(
        &mut self,
        track: u64,
        scores: &Scores,
        pts_nanos: u64,
        graphs: &mut FaceGraphs,
    ) {
        let listed = self.tracks.entry(track).or_insert_with(|| Listed {
            pts_nanos,
            au_au: vec![false; scores.au_graph.len()],
            au_expression: vec![false; scores.expression_graph.len()],
        });
        listed.pts_nanos = pts_nanos;
        let (strongest, settings) = (&mut self.strongest, &self.settings);
        let au_au = self
            .au_au
            .list(&scores.au_graph, &mut listed.au_au, strongest, settings);
        graphs.au_au.clear();
        graphs.au_au.extend(au_au);
        let au_expression = self.au_expression.list(
            &scores.expression_graph,
            &mut listed.au_expression,
            strongest,
            settings,
        );
        graphs.au_expression.clear();
        graphs.au_expression.extend(au_expression);
    }
}

impl<To: Copy + PartialEq> Sparse<To>
where
    ActionUnit: PartialEq<To>,
{
    fn new(
        targets: &[To],
        sources: &[ActionUnit],
        global: Option<&[Edge<ActionUnit, To>]>,
        rank: GraphRank,
    ) -> Self {
        let global = global.map(|edges| Edge::to_matrix(edges, targets, sources));
        let entries = targets
            .iter()
            .flat_map(|to| sources.iter().map(move |from| from != to));
        let origin = entries.enumerate().map(|(index, is_edge)| {
            is_edge.then(|| match (rank, &global) {
                (GraphRank::Delta, Some(global)) => global[index],
                (GraphRank::Delta, None) | (GraphRank::Weight, _) => 0.0,
            })
        });
        Self {
            targets: targets.to_vec(),
            sources: sources.to_vec(),
            origin: origin.collect(),
            global,
        }
    }

    fn list<'a>(
        &'a self,
        matrix: &'a [f32],
        listed: &'a mut [bool],
        strongest: &'a mut Strongest,
        settings: &'a GraphSettings,
    ) -> impl Iterator<Item = FaceEdge<ActionUnit, To>> + 'a {
        let strengths = matrix
            .iter()
            .zip(&self.origin)
            .map(|(weight, origin)| origin.map_or(0.0, |origin| (weight - origin).abs()));
        let indices = strongest.select(strengths, listed, settings);
        // Weights were checked with the scores: none is lost here.
        indices.filter_map(|index| self.edge(index, matrix[index]))
    }

    /// An entry with its names, its numbers to three digits.
    fn edge(&self, index: usize, weight: f32) -> Option<FaceEdge<ActionUnit, To>> {
        let exact = Weight::from_tanh(weight).ok()?;
        let global = self.global.as_ref().map(|global| global[index]);
        Some(FaceEdge {
            from: self.sources[index % self.sources.len()],
            to: self.targets[index / self.sources.len()],
            weight: Weight::new(thousandths(weight)).unwrap_or(exact),
            delta: global.map(|global| thousandths(weight - global)),
        })
    }
}

/// To three digits; never a negative zero.
fn thousandths(value: f32) -> f32 {
    (value * 1e3).round() / 1e3 + 0.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::Settings;

    const SECOND: u64 = 1_000_000_000;

    fn axes() -> Axes {
        Axes {
            action_units: vec![ActionUnit::Au06, ActionUnit::Au12],
            expressions: vec![Expression::Neutral, Expression::Happiness],
        }
    }

    /// AU12 -> AU06 +0.5, AU06 -> happiness +0.6, AU12 -> neutral -0.4.
    fn global() -> GlobalGraphs {
        let weight = |value| Weight::new(value).unwrap();
        let (au06, au12) = (ActionUnit::Au06, ActionUnit::Au12);
        let edge = |from, to, value| Edge {
            from,
            to,
            weight: weight(value),
        };
        GlobalGraphs {
            au_au: vec![Edge {
                from: au12,
                to: au06,
                weight: weight(0.5),
            }],
            au_expression: vec![
                edge(au06, Expression::Happiness, 0.6),
                edge(au12, Expression::Neutral, -0.4),
            ],
        }
    }

    fn scores(au_graph: [f32; 4], expression_graph: [f32; 4]) -> Scores {
        Scores {
            au_graph: au_graph.to_vec(),
            expression_graph: expression_graph.to_vec(),
            ..Scores::default()
        }
    }

    fn stage(global: Option<&GlobalGraphs>, rank: GraphRank) -> Graphs {
        let mut settings = Settings::load(None).unwrap().graph;
        settings.rank = rank;
        Graphs::new(&axes(), global, &settings)
    }

    fn face(stage: &mut Graphs, track: u64, scores: &Scores, pts_nanos: u64) -> FaceGraphs {
        let mut graphs = FaceGraphs::default();
        stage.face(track, scores, pts_nanos, &mut graphs);
        graphs
    }

    fn lines(graphs: &FaceGraphs) -> String {
        let au_au = graphs.au_au.iter().map(ToString::to_string);
        let au_expression = graphs.au_expression.iter().map(ToString::to_string);
        au_au.chain(au_expression).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn an_edge_says_how_it_differs_from_the_global_one() {
        let scores = scores([0.9, 0.2, 0.15, 0.9], [0.0, -0.4, -0.0004, 0.7]);
        let with = face(
            &mut stage(Some(&global()), GraphRank::Weight),
            1,
            &scores,
            0,
        );
        insta::assert_snapshot!(lines(&with), @r"
        AU12 -> AU06 +0.20 (delta -0.30)
        AU06 -> AU12 +0.15 (delta +0.15)
        AU12 -> happiness +0.70 (delta +0.70)
        AU12 -| neutral -0.40
        ");
        assert_eq!(with.au_expression[1].delta, Some(0.0));
        let without = face(&mut stage(None, GraphRank::Weight), 1, &scores, 0);
        assert!(without.au_au.iter().all(|edge| edge.delta.is_none()));
        assert_eq!(without.au_au.len(), 2);
    }

    #[test]
    fn ranked_by_delta_an_edge_that_vanished_is_seen() {
        let scores = scores([0.9, 0.45, 0.15, 0.9], [0.0, -0.4, -0.0004, 0.1]);
        let graphs = face(&mut stage(Some(&global()), GraphRank::Delta), 1, &scores, 0);
        insta::assert_snapshot!(lines(&graphs), @r"
        AU06 -> AU12 +0.15 (delta +0.15)
        AU06 -> happiness +0.00 (delta -0.60)
        AU12 -> happiness +0.10 (delta +0.10)
        ");
        // No negative zero in a record.
        assert!(graphs.au_expression[0].weight.get().is_sign_positive());
    }

    #[test]
    fn a_track_that_ended_is_forgotten() {
        let [strong, weak] = [0.11, 0.09].map(|w| scores([0.0, w, 0.0, 0.0], [0.0; 4]));
        let mut stage = stage(None, GraphRank::Weight);
        assert_eq!(face(&mut stage, 1, &strong, 0).au_au.len(), 1);
        assert_eq!(face(&mut stage, 2, &weak, 0).au_au.len(), 0);
        stage.forget(SECOND);
        assert_eq!(face(&mut stage, 1, &weak, SECOND).au_au.len(), 1);
        stage.forget(3 * SECOND);
        assert_eq!(stage.tracks.keys().collect::<Vec<_>>(), [&1]);
        stage.forget(4 * SECOND);
        assert_eq!(face(&mut stage, 1, &weak, 4 * SECOND).au_au.len(), 0);
    }

    proptest! {
        #[test]
        fn a_face_s_graph_does_not_hang_on_the_other_faces(
            frames in proptest::collection::vec(proptest::array::uniform2(proptest::array::uniform4(-0.2_f32..0.2)), 1..20),
        ) {
            let stage = || stage(Some(&global()), GraphRank::Weight);
            let (mut one_way, mut other_way) = (stage(), stage());
            for (frame, [first, second]) in frames.iter().enumerate() {
                let (first, second) = (scores(*first, *second), scores(*second, *first));
                let pts_nanos = frame as u64 * SECOND / 25;
                let a = [face(&mut one_way, 1, &first, pts_nanos), face(&mut one_way, 2, &second, pts_nanos)];
                let mut b = [face(&mut other_way, 2, &second, pts_nanos), face(&mut other_way, 1, &first, pts_nanos)];
                b.reverse();
                prop_assert_eq!(a, b);
            }
        }
    }
}
