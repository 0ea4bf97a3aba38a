//! Smooth: scores of a frame to estimates over a track.
//!
//! Takes scores, their track and the frame's time; gives smoothed scores. Action units and
//! expressions go through a One-Euro filter each, expressions are then scaled to sum to 1, graphs
//! through an exponential mean.

mod one_euro;

use std::collections::BTreeMap;

use crate::{config::SmoothSettings, infer::Scores};
use one_euro::{OneEuro, Parameters};

/// A track that was not seen for so long starts anew.
pub(crate) const FORGET_SECS: f32 = 2.0;

/// The stage.
#[derive(Debug)]
pub struct Smooth {
    /// None: no smoothing.
    filter: Option<Parameters>,
    graph_secs: f32,
    tracks: BTreeMap<u64, State>,
}

/// What is remembered of one track.
#[derive(Debug)]
struct State {
    pts_nanos: u64,
    probabilities: Vec<OneEuro>,
    graphs: Vec<f32>,
}

impl Smooth {
    /// A stage that remembers no track.
    #[must_use]
    pub fn new(settings: &SmoothSettings) -> Self {
        Self {
            filter: (settings.min_cutoff_hz > 0.0).then_some(Parameters {
                min_cutoff_hz: settings.min_cutoff_hz,
                beta: settings.beta,
                derivative_cutoff_hz: settings.derivative_cutoff_hz,
            }),
            graph_secs: settings.graph_secs,
            tracks: BTreeMap::new(),
        }
    }

    /// Smooths the scores of one frame: pairs of track and scores.
    pub fn smooth<'a>(
        &mut self,
        faces: impl Iterator<Item = (u64, &'a mut Scores)>,
        pts_nanos: u64,
    ) {
        let age = |state: &State| pts_nanos.saturating_sub(state.pts_nanos) as f32 / 1e9;
        self.tracks.retain(|_, state| age(state) <= FORGET_SECS);
        for (track, scores) in faces {
            match self.tracks.get_mut(&track) {
                Some(state) => {
                    let elapsed_secs = age(state);
                    state.pts_nanos = pts_nanos;
                    state.smooth(scores, elapsed_secs, self.filter.as_ref(), self.graph_secs);
                }
                None => {
                    self.tracks.insert(track, State::new(scores, pts_nanos));
                }
            }
        }
    }
}

impl State {
    fn new(scores: &Scores, pts_nanos: u64) -> Self {
        let probabilities = scores.action_units.iter().chain(&scores.expressions);
        let graphs = scores.au_graph.iter().chain(&scores.expression_graph);
        Self {
            pts_nanos,
            probabilities: probabilities.copied().map(OneEuro::new).collect(),
            graphs: graphs.copied().collect(),
        }
    }

    fn smooth(
        &mut self,
        scores: &mut Scores,
        elapsed_secs: f32,
        filter: Option<&Parameters>,
        graph_secs: f32,
    ) {
        if let Some(filter) = filter {
            let samples = scores
                .action_units
                .iter_mut()
                .chain(&mut scores.expressions);
            for (sample, state) in samples.zip(&mut self.probabilities) {
                *sample = state.filter(*sample, elapsed_secs, filter);
            }
            let sum: f32 = scores.expressions.iter().sum();
            if sum > 0.0 {
                scores.expressions.iter_mut().for_each(|p| *p /= sum);
            }
        }
        if graph_secs > 0.0 {
            let share = 1.0 - (-elapsed_secs / graph_secs).exp();
            let samples = scores
                .au_graph
                .iter_mut()
                .chain(&mut scores.expression_graph);
            for (sample, mean) in samples.zip(&mut self.graphs) {
                *mean += share * (*sample - *mean);
                *sample = *mean;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    fn scores(p: f32) -> Scores {
        Scores {
            action_units: vec![p],
            expressions: vec![p, 1.0 - p],
            au_graph: vec![p],
            expression_graph: vec![-p, p],
            sound: true,
        }
    }

    fn step(stage: &mut Smooth, track: u64, p: f32, pts_millis: u64) -> Scores {
        let mut scores = scores(p);
        stage.smooth(
            std::iter::once((track, &mut scores)),
            pts_millis * 1_000_000,
        );
        scores
    }

    #[test]
    fn tracks_do_not_mix_and_expressions_sum_to_one() {
        let mut stage = Smooth::new(&Settings::load(None).unwrap().smooth);
        assert_eq!(step(&mut stage, 1, 0.2, 0), scores(0.2));
        assert_eq!(step(&mut stage, 2, 0.9, 0), scores(0.9));
        let next = step(&mut stage, 1, 0.4, 40);
        assert!(next.action_units[0] > 0.2 && next.action_units[0] < 0.4);
        assert!(next.au_graph[0] > 0.2 && next.au_graph[0] < 0.25);
        assert!((next.expressions.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_track_that_was_away_starts_anew() {
        let mut stage = Smooth::new(&Settings::load(None).unwrap().smooth);
        step(&mut stage, 1, 0.2, 0);
        assert_eq!(step(&mut stage, 1, 0.9, 5000), scores(0.9));
        assert_eq!(stage.tracks.len(), 1);
    }

    #[test]
    fn zero_turns_it_off() {
        let mut settings = Settings::load(None).unwrap().smooth;
        (settings.min_cutoff_hz, settings.graph_secs) = (0.0, 0.0);
        let mut stage = Smooth::new(&settings);
        for (n, p) in [0.1, 0.9, 0.3].into_iter().enumerate() {
            assert_eq!(step(&mut stage, 1, p, n as u64 * 40), scores(p));
        }
    }
}
