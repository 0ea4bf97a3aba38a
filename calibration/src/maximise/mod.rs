//! The expression that a classifier is surest of (Büchner et al., Facing Asymmetry, Eq. 4): action
//! units that maximise its own output.
//!
//! Takes a subject and people; gives [`Apexes`]. The search is [differential
//! evolution](Evolution), as in the paper; where the paper searches 50 shape parameters in [-3, 3]
//! for each person alone, this one searches FACS intensities from 0 to 5, the same for some people at
//! once. It keeps itself on disk after every generation.

mod evolution;

use std::{
    collections::BTreeMap,
    fs,
    num::NonZeroUsize,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use facs::{ActionUnit, Expression, write_whole};
use serde::{Deserialize, Serialize};
use synth::{
    dataset::{Cast, Sitting},
    look::Renderer,
};

use crate::{
    audit::{Apex, Apexes, AuditError, apex_actions, class_of},
    subject::{Classify, Identity, Subject},
};

pub use evolution::Evolution;

/// Largest FACS intensity.
const MOST: f32 = 5.0;
/// What is less than a trace is not there.
const TRACE: f32 = 0.25;

/// How long and how widely is searched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Points of a population.
    pub population: usize,
    /// Points that are valued per expression at most.
    pub evaluations: usize,
    /// Everything random follows from it.
    pub seed: u64,
}

/// Searches of all expressions, as they are kept.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Kept {
    subject: Identity,
    budget: Budget,
    people: usize,
    searches: BTreeMap<Expression, Evolution>,
}

/// How far a search is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Which expression is searched for.
    pub expression: Expression,
    /// Points valued for it.
    pub evaluations: usize,
    /// Mean probability of the best one.
    pub probability: f32,
}

/// Searches for every expression and gives what was found; none when stopped. `state` keeps the
/// searches.
///
/// # Errors
/// [`AuditError`]; [`AuditError::OtherAudit`] when `state` holds a search for something else.
#[expect(
    clippy::too_many_arguments,
    reason = "each is one thing that a search depends on"
)]
pub fn maximise(
    expressions: &[Expression],
    cast: &Cast,
    subject: &dyn Subject,
    budget: &Budget,
    state: &Path,
    threads: NonZeroUsize,
    progress: &dyn Fn(Progress),
    stop: &AtomicBool,
) -> Result<Option<Apexes>, AuditError> {
    let mut kept = Kept::open(state, subject, budget, cast.persons())?;
    let mut actors = Vec::new();
    for _ in 0..threads.get() {
        actors.push(Actor::new(cast, subject)?);
    }
    let mut apexes = BTreeMap::new();
    for (number, expression) in expressions.iter().enumerate() {
        let class = class_of(subject, *expression)?;
        loop {
            let search = kept.searches.entry(*expression).or_insert_with(|| {
                let bounds = vec![[0.0, MOST]; ActionUnit::COUNT];
                Evolution::new(bounds, budget.population, budget.seed + number as u64)
            });
            if let Some((best, value)) = search.best() {
                progress(Progress {
                    expression: *expression,
                    evaluations: search.evaluations,
                    probability: 1.0 - value,
                });
                if search.has_converged() || search.evaluations >= budget.evaluations {
                    apexes.insert(*expression, apex(best));
                    break;
                }
            }
            if stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let asked = search.ask();
            let values = value(&mut actors, &asked, cast, class)?;
            search.tell(asked, &values);
            kept.save(state)?;
        }
    }
    Ok(Some(Apexes(apexes)))
}

/// One thread's part in valuing a generation.
struct Actor {
    classifier: Box<dyn Classify>,
    classes: usize,
    renderer: Renderer,
    sittings: Vec<Sitting>,
}

impl Actor {
    fn new(cast: &Cast, subject: &dyn Subject) -> Result<Self, AuditError> {
        let (window, mut renderer) = (subject.window(), Renderer::new());
        let sit = |person| Sitting::new(cast, person, false, &window, &mut renderer);
        Ok(Self {
            sittings: (0..cast.persons()).map(sit).collect(),
            classifier: subject.classifier()?,
            classes: subject.classes().len(),
            renderer,
        })
    }

    /// `1 - F`, the mean over people.
    fn value(&mut self, point: &[f32], cast: &Cast, class: usize) -> Result<f32, AuditError> {
        let actions = apex_actions(&apex(point));
        let mut crops = Vec::new();
        for sitting in &self.sittings {
            let crop = sitting.show(&mut self.renderer, cast.studio(), &actions);
            crops.extend_from_slice(&crop.pixels);
        }
        let mut probabilities = Vec::new();
        self.classifier.classify(&crops, &mut probabilities)?;
        let of_class = probabilities
            .chunks_exact(self.classes)
            .map(|row| row[class]);
        Ok(1.0 - of_class.sum::<f32>() / self.sittings.len() as f32)
    }
}

/// Values a generation, its points shared among the actors.
fn value(
    actors: &mut [Actor],
    points: &[Vec<f32>],
    cast: &Cast,
    class: usize,
) -> Result<Vec<f32>, AuditError> {
    let share = points.len().div_ceil(actors.len());
    thread::scope(|scope| {
        let part = |(actor, points): (&'_ mut Actor, &'_ [Vec<f32>])| -> Result<Vec<f32>, _> {
            points
                .iter()
                .map(|point| actor.value(point, cast, class))
                .collect()
        };
        let parts = actors.iter_mut().zip(points.chunks(share));
        let working: Vec<_> = parts.map(|work| scope.spawn(move || part(work))).collect();
        let mut values = Vec::with_capacity(points.len());
        for worker in working {
            match worker.join() {
                Ok(part) => values.extend(part?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(values)
    })
}

/// What a point stands for, to a hundredth; what is less than a trace is left out.
fn apex(point: &[f32]) -> Apex {
    let units = ActionUnit::ALL.into_iter().zip(point);
    let rounded = units.map(|(unit, intensity)| (unit, (intensity * 100.0).round() / 100.0));
    rounded
        .filter(|(_, intensity)| *intensity >= TRACE)
        .collect()
}

impl Kept {
    fn open(
        state: &Path,
        subject: &dyn Subject,
        budget: &Budget,
        people: usize,
    ) -> Result<Self, AuditError> {
        let new = Self {
            subject: subject.identity(),
            budget: budget.clone(),
            people,
            searches: BTreeMap::new(),
        };
        let Ok(text) = fs::read(state) else {
            return Ok(new);
        };
        let kept = serde_json::from_slice::<Self>(&text).map_err(|error| AuditError::Content {
            path: state.to_owned(),
            problem: error.to_string(),
        })?;
        // More of the same budget goes on where it was.
        let same = kept.subject == new.subject
            && kept.people == people
            && (kept.budget.population, kept.budget.seed) == (budget.population, budget.seed);
        if same {
            Ok(Self {
                budget: budget.clone(),
                ..kept
            })
        } else {
            Err(AuditError::OtherAudit {
                path: state.to_owned(),
            })
        }
    }

    fn save(&self, state: &Path) -> Result<(), AuditError> {
        let json = serde_json::to_vec(self).expect("searches serialise");
        Ok(write_whole(state, &json)?)
    }
}
