//! What is played: the demonstration, the laboratory, the wild.
//!
//! Takes a causal model and chance; gives a [`Performance`] and, where one act dominates, the
//! expression that the model gave it.

use facs::{ActionUnit, Expression};
use rand::Rng;

use super::{Act, Course, Motion, Performance, Speech};
use crate::{
    causal::{CausalModel, FaceState},
    look::dice::{between, chance, normal},
};

use ActionUnit::{Au01, Au04, Au06, Au07, Au11, Au12, Au15, Au17, Au25, Au26, Au43};

const UNITS: usize = ActionUnit::COUNT;
/// How often a wanted expression is asked of the model before what comes is taken.
const ASKS: usize = 2000;

/// Intensities at the apex of the demonstration.
const SAD: &[(ActionUnit, f32)] = &[
    (Au01, 3.8),
    (Au04, 3.4),
    (Au15, 4.0),
    (Au17, 2.4),
    (Au11, 0.8),
    (Au43, 1.0),
];
const SMILE: &[(ActionUnit, f32)] = &[
    (Au12, 4.4),
    (Au06, 3.6),
    (Au25, 3.2),
    (Au26, 1.0),
    (Au07, 1.0),
];

impl Performance {
    /// Rest, sadness, rest, a smile that stays: for demonstrations.
    pub fn sad_then_smiling(secs: f32, rng: &mut impl Rng) -> Self {
        let act = |units: &[(ActionUnit, f32)], course: [f32; 4], lean| {
            let mut apex = [0.0; UNITS];
            for (unit, intensity) in units {
                apex[unit.index()] = *intensity;
            }
            let [onset, apex_start, release, end] = course.map(|share| share * secs);
            Act {
                course: Course {
                    onset,
                    apex: apex_start,
                    release,
                    end,
                },
                left: apex,
                right: apex,
                lag: [0.0; UNITS],
                lean,
            }
        };
        Self {
            acts: vec![
                act(SAD, [0.08, 0.20, 0.40, 0.52], [-7.0, 0.02]),
                act(SMILE, [0.58, 0.66, 0.94, 1.06], [3.0, 0.0]),
            ],
            speech: Vec::new(),
            motion: Motion::calm(rng, secs),
            flutter: 0.0,
        }
    }

    /// A recording session: one act of the causal model after the other with rests between, a
    /// frontal head, sometimes a few words.
    pub fn session(model: &CausalModel, secs: f32, rng: &mut impl Rng) -> Self {
        let mut acts = Vec::new();
        let mut start = between(rng, 0.0, 0.5);
        while start < secs {
            let apex_secs = between(rng, 0.4, 1.8);
            let act = Act::draw(&model.observe(rng), start, apex_secs, rng);
            start = act.course.end + between(rng, 0.0, 0.8);
            acts.push(act);
        }
        Self {
            acts,
            speech: Speech::sometimes(0.3, secs, rng),
            motion: Motion::lively(rng, secs, 3.0, 0.5),
            flutter: 0.07,
        }
    }

    /// A moment of life: one act fills most of the clip, and its expression is the clip's. `wanted`
    /// is played unless the model hardly ever shows it.
    pub fn scene(
        model: &CausalModel,
        wanted: Expression,
        secs: f32,
        rng: &mut impl Rng,
    ) -> (Self, Expression) {
        let mut face = model.observe(rng);
        for _ in 0..ASKS {
            if face.expression == wanted {
                break;
            }
            face = model.observe(rng);
        }
        let start = between(rng, -0.6, 0.15 * secs);
        let act = Act::draw(&face, start, between(rng, 0.6, 1.0) * secs, rng);
        let performance = Self {
            acts: vec![act],
            speech: Speech::sometimes(0.4, secs, rng),
            motion: Motion::lively(rng, secs, 13.0, 1.2),
            flutter: 0.1,
        };
        (performance, face.expression)
    }
}

impl Act {
    /// An observed face as an act; its units set in one after the other.
    pub fn draw(face: &FaceState, onset: f32, apex_secs: f32, rng: &mut impl Rng) -> Self {
        Self {
            course: Course::draw(rng, onset, apex_secs),
            left: face.left,
            right: face.right,
            lag: std::array::from_fn(|_| between(rng, 0.0, 0.18)),
            lean: [normal(rng, 3.0), normal(rng, 0.008)],
        }
    }
}

impl Speech {
    /// One span of words in a share of clips.
    fn sometimes(share: f64, secs: f32, rng: &mut impl Rng) -> Vec<Self> {
        let speaks = chance(rng, share);
        let from = between(rng, 0.0, 0.5) * secs;
        let to = from + between(rng, 0.3, 0.8) * secs;
        let words = Self::draw(rng, from, to.min(secs));
        if speaks { vec![words] } else { Vec::new() }
    }
}
