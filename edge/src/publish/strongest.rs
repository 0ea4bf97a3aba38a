//! Which entries of a dense graph are listed, from frame to frame.
//!
//! Takes the strength of every entry and which of them the face's last record listed; gives the
//! strongest ones, never more than so many. Hysteresis keeps the list steady: a listed entry stays
//! until it falls below a share of the threshold, and gives its place only to one that is stronger
//! by that share.

use std::{cmp::Ordering, mem};

use crate::config::GraphSettings;

/// Chooses entries; keeps its buffer from call to call.
#[derive(Debug, Default)]
pub(super) struct Strongest {
    candidates: Vec<Candidate>,
}

#[derive(Clone, Copy, Debug)]
struct Candidate {
    index: usize,
    strength: f32,
    was_listed: bool,
    /// Strength in the contest for a place: newcomers count for less.
    standing: f32,
}

impl Strongest {
    /// Indices of the entries to list, strongest first. `listed` says per entry whether the last
    /// record of the face had it, and afterwards whether this one has. Entries without strength are
    /// never listed.
    pub(super) fn select(
        &mut self,
        strengths: impl Iterator<Item = f32>,
        listed: &mut [bool],
        settings: &GraphSettings,
    ) -> impl Iterator<Item = usize> {
        let (least, keep_ratio) = (settings.min_weight, settings.keep_ratio);
        self.candidates.clear();
        for (index, (strength, listed)) in strengths.zip(&mut *listed).enumerate() {
            let was_listed = mem::take(listed);
            let (least, standing) = if was_listed {
                (least * keep_ratio, strength)
            } else {
                (least, strength * keep_ratio)
            };
            if strength >= least && strength > 0.0 {
                self.candidates.push(Candidate {
                    index,
                    strength,
                    was_listed,
                    standing,
                });
            }
        }
        if self.candidates.len() > settings.max_edges {
            self.candidates
                .select_nth_unstable_by(settings.max_edges, Candidate::by_standing);
            self.candidates.truncate(settings.max_edges);
        }
        self.candidates.sort_unstable_by(Candidate::by_strength);
        for candidate in &self.candidates {
            listed[candidate.index] = true;
        }
        self.candidates.iter().map(|candidate| candidate.index)
    }
}

impl Candidate {
    /// Among equals the one that was there before.
    fn by_standing(&self, other: &Self) -> Ordering {
        let standing = other.standing.total_cmp(&self.standing);
        standing
            .then_with(|| other.was_listed.cmp(&self.was_listed))
            .then_with(|| self.index.cmp(&other.index))
    }

    fn by_strength(&self, other: &Self) -> Ordering {
        let strength = other.strength.total_cmp(&self.strength);
        strength.then_with(|| self.index.cmp(&other.index))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::Settings;

    fn settings(min_weight: f32, keep_ratio: f32, max_edges: usize) -> GraphSettings {
        GraphSettings {
            min_weight,
            keep_ratio,
            max_edges,
            ..Settings::load(None).unwrap().graph
        }
    }

    /// What is listed in each frame.
    fn run<const N: usize>(frames: &[[f32; N]], settings: &GraphSettings) -> Vec<Vec<usize>> {
        let (mut stage, mut listed) = (Strongest::default(), [false; N]);
        let mut list = |frame: &[f32; N]| {
            let indices = stage.select(frame.iter().copied(), &mut listed, settings);
            indices.collect()
        };
        frames.iter().map(&mut list).collect()
    }

    #[test]
    fn what_wavers_about_the_threshold_comes_once_and_goes_once() {
        let frames = [0.09, 0.11, 0.09, 0.11, 0.081, 0.1, 0.079, 0.09, 0.099].map(|x| [x]);
        let there = |keep_ratio| {
            let lists = run(&frames, &settings(0.1, keep_ratio, 5));
            lists.iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(there(0.8), [0, 1, 1, 1, 1, 1, 0, 0, 0]);
        // Without hysteresis it flickers.
        assert_eq!(there(1.0), [0, 1, 0, 1, 0, 1, 0, 0, 0]);
    }

    #[test]
    fn a_place_is_given_to_what_is_stronger_by_the_ratio() {
        let frames = [
            [0.50, 0.40, 0.41],
            [0.50, 0.42, 0.41],
            [0.50, 0.51, 0.41],
            [0.30, 0.51, 0.52],
        ];
        let lists = run(&frames, &settings(0.1, 0.8, 2));
        assert_eq!(lists, [[0, 2], [0, 2], [0, 2], [2, 1]]);
        // Entry 1 at 0.52 beats 0.41 / 0.8.
        let lists = run(&[frames[0], [0.5, 0.52, 0.41]], &settings(0.1, 0.8, 2));
        assert_eq!(lists[1], [1, 0]);
    }

    #[test]
    fn among_equals_the_one_that_was_there_stays() {
        let lists = run(&[[0.2, 0.3], [0.3, 0.3]], &settings(0.1, 1.0, 1));
        assert_eq!(lists, [[1], [1]]);
    }

    #[test]
    fn nothing_is_no_edge_and_no_place_is_no_edge() {
        assert_eq!(run(&[[0.0, f32::NAN, 0.1]], &settings(0.0, 0.8, 9)), [[2]]);
        assert!(run(&[[0.5, 0.6]], &settings(0.1, 0.8, 0))[0].is_empty());
    }

    proptest! {
        #[test]
        fn the_list_is_short_strong_sorted_and_what_is_remembered(
            frames in proptest::collection::vec(proptest::array::uniform12(0.0_f32..0.5), 1..12),
            max_edges in 0..14_usize,
            keep_ratio in 0.05_f32..=1.0,
        ) {
            let settings = settings(0.2, keep_ratio, max_edges);
            let (mut stage, mut listed) = (Strongest::default(), [false; 12]);
            for frame in &frames {
                let before = listed;
                let list: Vec<_> = stage.select(frame.iter().copied(), &mut listed, &settings).collect();
                prop_assert!(list.len() <= max_edges);
                prop_assert!(list.is_sorted_by(|a, b| frame[*a] >= frame[*b]));
                for index in 0..12 {
                    prop_assert_eq!(listed[index], list.contains(&index));
                    let least = if before[index] { 0.2 * keep_ratio } else { 0.2 };
                    prop_assert!(!listed[index] || frame[index] >= least);
                    // Left out only below the threshold, or for a full list of which none is weaker by the ratio.
                    let full = list.len() == max_edges
                        && list.iter().all(|other| frame[*other] >= frame[index] * keep_ratio);
                    prop_assert!(listed[index] || frame[index] < least || full);
                }
            }
        }

        #[test]
        fn without_hysteresis_it_is_the_sorted_top(
            frame in proptest::array::uniform12(0.0_f32..0.5),
            max_edges in 0..14_usize,
        ) {
            let mut expected: Vec<usize> = (0..12).filter(|index| frame[*index] >= 0.2).collect();
            expected.sort_by(|a, b| frame[*b].total_cmp(&frame[*a]));
            expected.truncate(max_edges);
            prop_assert_eq!(&run(&[frame], &settings(0.2, 0.8, max_edges))[0], &expected);
        }
    }
}
