//! Fuse: what the halves of a face say of its expression.
//!
//! Takes the scores of a frame's faces and of those halves whose turn it was ([`crate::sides`]); gives the
//! expression that the bundle's [`SideFusion`] makes of them, so that a face of which one side does not move
//! is read by the other. Halves are looked at on every n-th frame of a track. In between what they changed is
//! held: the ratio of every expression's probability after to that before.

use std::collections::BTreeMap;

use facs::{Expression, SideFusion};

use crate::{
    infer::{Axes, Scores},
    smooth::FORGET_SECS,
};

/// Probabilities below it are not told apart, so that no ratio is beyond its inverse.
const LEAST: f32 = 1e-3;

/// The stage.
#[derive(Debug)]
pub struct Fuse {
    /// None: expressions stay what the whole face says.
    fusion: Option<SideFusion>,
    /// The place of the expression of faces at rest.
    neutral: Option<usize>,
    tracks: BTreeMap<u64, State>,
    /// Of one face, before its halves were heard.
    before: Vec<f32>,
}

/// What is remembered of one track.
#[derive(Debug, Default)]
struct State {
    pts_nanos: u64,
    ratios: Vec<f32>,
}

impl Fuse {
    /// A stage that remembers no track.
    #[must_use]
    pub fn new(fusion: Option<SideFusion>, axes: &Axes) -> Self {
        let expressions = &axes.expressions;
        Self {
            fusion,
            neutral: expressions.iter().position(|it| *it == Expression::Neutral),
            tracks: BTreeMap::new(),
            before: Vec::new(),
        }
    }

    /// Changes the expressions of a frame's faces, pairs of track and scores. `due`: the tracks of
    /// `halves`, which are two each, left and right.
    pub fn fuse<'a>(
        &mut self,
        faces: impl Iterator<Item = (u64, &'a mut Scores)>,
        due: &[u64],
        halves: &[Scores],
        pts_nanos: u64,
    ) {
        let Some(fusion) = self.fusion else { return };
        let held =
            |state: &State| pts_nanos.saturating_sub(state.pts_nanos) as f32 / 1e9 <= FORGET_SECS;
        self.tracks.retain(|_, state| held(state));
        for (track, scores) in faces {
            let expressions = &mut scores.expressions;
            let place = due.iter().position(|it| *it == track);
            let now = place.and_then(|place| halves.get(2 * place..2 * place + 2));
            match now.filter(|halves| halves.iter().all(|half| half.sound)) {
                Some(halves) => {
                    self.before.clone_from(expressions);
                    let halves = [0, 1].map(|half| &*halves[half].expressions);
                    fusion.fuse(expressions, halves, self.neutral);
                    let state = self.tracks.entry(track).or_default();
                    state.pts_nanos = pts_nanos;
                    state.ratios.clear();
                    let pairs = expressions.iter().zip(&self.before);
                    let ratios = pairs.map(|(after, before)| after.max(LEAST) / before.max(LEAST));
                    state.ratios.extend(ratios);
                }
                None => {
                    if let Some(state) = self.tracks.get(&track) {
                        scale(expressions, &state.ratios);
                    }
                }
            }
        }
    }
}

/// Multiplies, and scales to a sum of 1.
fn scale(expressions: &mut [f32], ratios: &[f32]) {
    for (p, ratio) in expressions.iter_mut().zip(ratios) {
        *p *= ratio;
    }
    let sum: f32 = expressions.iter().sum();
    if sum > 0.0 {
        expressions.iter_mut().for_each(|p| *p /= sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;
    const REST: [f32; 2] = [0.9, 0.1];
    const SMILE: [f32; 2] = [0.1, 0.9];

    fn stage(fusion: Option<SideFusion>) -> Fuse {
        let axes = Axes {
            action_units: Vec::new(),
            expressions: vec![Expression::Neutral, Expression::Happiness],
        };
        Fuse::new(fusion, &axes)
    }

    fn scores(expressions: [f32; 2]) -> Scores {
        Scores {
            expressions: expressions.to_vec(),
            sound: true,
            ..Scores::default()
        }
    }

    /// What becomes of a face of track 7.
    fn fused(stage: &mut Fuse, whole: [f32; 2], halves: &[Scores], pts_nanos: u64) -> Vec<f32> {
        let mut face = scores(whole);
        let due = [7].repeat(halves.len() / 2);
        stage.fuse([(7, &mut face)].into_iter(), &due, halves, pts_nanos);
        face.expressions
    }

    fn close(found: &[f32], wanted: [f32; 2]) {
        let near = found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-4);
        assert!(near, "{found:?}, not {wanted:?}");
    }

    #[test]
    fn one_side_is_heard_and_held_between_turns() {
        let mut stage = stage(Some(SideFusion::Rest));
        let halves = [scores(REST), scores(SMILE)];
        // One side is surer of rest by 0.8: 0.2 * 0.5 + 0.8 * 0.9.
        close(&fused(&mut stage, [0.5, 0.5], &halves, 0), [0.18, 0.82]);
        // The next frame is changed as this one was.
        let next = fused(&mut stage, [0.5, 0.5], &[], SECOND / 25);
        close(&next, [0.18, 0.82]);
        let surer = fused(&mut stage, [0.4, 0.6], &[], SECOND / 25);
        assert!(surer[1] > 0.82 && (surer[0] + surer[1] - 1.0).abs() < 1e-6);
        // Halves that are alike take it back.
        let alike = [scores(SMILE), scores(SMILE)];
        close(
            &fused(&mut stage, [0.5, 0.5], &alike, SECOND / 5),
            [0.5, 0.5],
        );
        close(&fused(&mut stage, [0.3, 0.7], &[], SECOND / 4), [0.3, 0.7]);
    }

    #[test]
    fn what_is_old_broken_or_not_wanted_changes_nothing() {
        let halves = [scores(REST), scores(SMILE)];
        let mut stage_of_rest = stage(Some(SideFusion::Rest));
        fused(&mut stage_of_rest, [0.5, 0.5], &halves, 0);
        let late = fused(&mut stage_of_rest, [0.5, 0.5], &[], 3 * SECOND);
        close(&late, [0.5, 0.5]);
        let mut broken = halves.clone();
        broken[1].sound = false;
        close(
            &fused(&mut stage_of_rest, [0.5, 0.5], &broken, 3 * SECOND),
            [0.5, 0.5],
        );
        close(&fused(&mut stage(None), [0.5, 0.5], &halves, 0), [0.5, 0.5]);
    }

    #[test]
    fn no_ratio_runs_away() {
        let mut stage = stage(Some(SideFusion::Rest));
        let halves = [scores([1.0, 0.0]), scores([0.0, 1.0])];
        fused(&mut stage, [1.0, 0.0], &halves, 0);
        let next = fused(&mut stage, [1.0, 0.0], &[], 1);
        assert!(next.iter().all(|p| p.is_finite()), "{next:?}");
        assert!((next.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    }
}
