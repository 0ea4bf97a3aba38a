//! The expression that a classifier is surest of (Büchner et al., Facing Asymmetry, Eq. 4): action
//! units that maximise its own output.
//!
//! Takes a subject and people; gives [`Apexes`]. The search is [differential
//! evolution](Evolution), as in the paper; where the paper searches 50 shape parameters in [-3, 3], this
//! one searches FACS intensities from 0 to 5, for each person alone as the paper does, or for some
//! people at once. It keeps itself on disk after every generation.

mod evolution;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    num::NonZeroUsize,
    ops::Range,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use facs::{ActionUnit, CropTemplate, Expression, FileError, write_whole};
use serde::{Deserialize, Serialize};
use synth::{
    dataset::{Cast, Sitting},
    look::{Renderer, Studio},
};

use crate::{
    audit::{Apex, Apexes, AuditError, Population, Shown, apex_actions, class_of},
    subject::{BATCH, Classify, Identity, Subject},
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
    /// From so many points on, per expression and group of people, no generation follows.
    pub evaluations: usize,
    /// Everything random follows from it.
    pub seed: u64,
}

/// In whom an expression is searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum People {
    /// One for all: the mean output over them counts.
    Together,
    /// One for each, as in the paper.
    Each,
}

/// What is searched for.
#[derive(Clone, Copy)]
pub struct Search<'a> {
    /// Whose output.
    pub subject: &'a dyn Subject,
    /// Who shows it.
    pub cast: &'a Cast,
    /// All of them, or each.
    pub people: People,
    /// For what.
    pub expressions: &'a BTreeSet<Expression>,
    /// How long.
    pub budget: &'a Budget,
}

/// How far a search is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Expressions and people whose search has ended.
    pub ended: usize,
    /// Which expression is searched for.
    pub expression: Expression,
    /// Points valued for it.
    pub evaluations: usize,
    /// Probability of the best one, the mean over people.
    pub probability: f32,
}

/// Searches of all expressions in some people, as they are kept.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Kept {
    subject: Identity,
    classes: Vec<Option<Expression>>,
    window: CropTemplate,
    /// Names, and hashes of their files.
    heads: Vec<(String, Vec<String>)>,
    people: Range<usize>,
    budget: Budget,
    searches: BTreeMap<Expression, Evolution>,
}

impl Search<'_> {
    /// How many searches these are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.groups().len() * self.expressions.len()
    }

    /// Those who are searched together.
    fn groups(&self) -> Vec<Range<usize>> {
        let all = 0..self.cast.persons();
        match self.people {
            People::Together => vec![all],
            People::Each => all.map(|person| person..person + 1).collect(),
        }
    }

    /// Searches for every expression and gives what was found; none when stopped. Searches are kept in
    /// `folder`, which is made; those that are there go on.
    ///
    /// # Errors
    /// [`AuditError`]; [`AuditError::Content`] when `folder` holds a search for something else.
    ///
    /// # Panics
    /// With a population of fewer than four.
    pub fn run(
        &self,
        folder: &Path,
        threads: NonZeroUsize,
        progress: &dyn Fn(Progress),
        stop: &AtomicBool,
    ) -> Result<Option<Apexes>, AuditError> {
        let class = |expression: &Expression| {
            Ok::<_, AuditError>((*expression, class_of(self.subject, *expression)?))
        };
        let classes = self.expressions.iter().map(class);
        let classes = classes.collect::<Result<Vec<_>, _>>()?;
        fs::create_dir_all(folder).map_err(FileError::io(folder))?;
        let actor = |_| Actor::new(self.subject);
        let mut actors = (0..threads.get())
            .map(actor)
            .collect::<Result<Vec<_>, _>>()?;
        let mut found: BTreeMap<Expression, Vec<Apex>> = BTreeMap::new();
        let mut ended = 0;
        for people in self.groups() {
            let file = match self.people {
                People::Together => "together.json".to_owned(),
                People::Each => format!("{:05}.json", people.start),
            };
            let state = folder.join(file);
            let mut group = Group {
                search: self,
                kept: Kept::open(&state, self, &people)?,
                state: &state,
                sittings: Vec::new(),
            };
            for (expression, class) in &classes {
                let progress = |expression, evaluations, probability| {
                    progress(Progress {
                        ended,
                        expression,
                        evaluations,
                        probability,
                    });
                };
                let Some(apex) =
                    group.search((*expression, *class), &mut actors, &progress, stop)?
                else {
                    return Ok(None);
                };
                found.entry(*expression).or_default().push(apex);
                ended += 1;
            }
        }
        let shown = |apexes: Vec<Apex>| match self.people {
            People::Together => apexes.into_iter().next().map(Shown::Alike),
            People::Each => Some(Shown::Each(apexes)),
        };
        let found = found.into_iter();
        let found = found.filter_map(|(expression, apexes)| Some((expression, shown(apexes)?)));
        let heads = self.cast.studio().heads().map(|head| head.name.clone());
        let population = Population {
            seed: self.cast.seed(),
            heads: heads.collect(),
        };
        Ok(Some(Apexes {
            people: (self.people == People::Each).then_some(population),
            shown: found.collect(),
        }))
    }
}

/// Some people, in whom the same is searched for.
struct Group<'a> {
    search: &'a Search<'a>,
    kept: Kept,
    state: &'a Path,
    /// Empty before the first picture.
    sittings: Vec<Sitting>,
}

impl Group<'_> {
    /// The apex of one expression, and its class; none when stopped.
    fn search(
        &mut self,
        (expression, class): (Expression, usize),
        actors: &mut [Actor],
        progress: &dyn Fn(Expression, usize, f32),
        stop: &AtomicBool,
    ) -> Result<Option<Apex>, AuditError> {
        let Search {
            subject,
            cast,
            budget,
            ..
        } = *self.search;
        let number = self.kept.people.start * Expression::ALL.len() + expression as usize;
        loop {
            let search = self.kept.searches.entry(expression).or_insert_with(|| {
                let bounds = vec![[0.0, MOST]; ActionUnit::COUNT];
                let seed = budget.seed.wrapping_add(number as u64);
                Evolution::new(bounds, budget.population, seed)
            });
            if let Some((best, value)) = search.best() {
                progress(expression, search.evaluations, (-value).exp());
                if search.has_converged() || search.evaluations >= budget.evaluations {
                    return Ok(Some(apex(best)));
                }
            }
            if stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            if self.sittings.is_empty() {
                let (window, renderer) = (subject.window(), &mut actors[0].renderer);
                let sit = |person| Sitting::new(cast, person, false, &window, renderer);
                self.sittings = self.kept.people.clone().map(sit).collect();
            }
            let asked = search.ask();
            let values = value(actors, &asked, &self.sittings, cast.studio(), class)?;
            search.tell(asked, &values);
            self.kept.save(self.state)?;
        }
    }
}

/// One thread's part in valuing a generation.
struct Actor {
    classifier: Box<dyn Classify>,
    classes: usize,
    renderer: Renderer,
}

impl Actor {
    fn new(subject: &dyn Subject) -> Result<Self, AuditError> {
        Ok(Self {
            classifier: subject.classifier()?,
            classes: subject.classes().len(),
            renderer: Renderer::new(),
        })
    }

    /// `-ln F` of every point, `F` the mean over people: least where `1 - F` is (Eq. 4), and points none
    /// of which comes near the expression do not pass for a population that has converged.
    fn values(
        &mut self,
        points: &[Vec<f32>],
        sittings: &[Sitting],
        studio: &Studio,
        class: usize,
    ) -> Result<Vec<f32>, AuditError> {
        let actions: Vec<_> = points.iter().map(|p| apex_actions(&apex(p))).collect();
        let pictures = actions.iter().flat_map(|actions| {
            let people = sittings.iter();
            people.map(move |sitting| (sitting, actions))
        });
        let pictures: Vec<_> = pictures.collect();
        let (mut crops, mut probabilities) = (Vec::new(), Vec::new());
        for batch in pictures.chunks(BATCH) {
            crops.clear();
            for (sitting, actions) in batch {
                let crop = sitting.show(&mut self.renderer, studio, actions);
                crops.extend_from_slice(&crop.pixels);
            }
            self.classifier.classify(&crops, &mut probabilities)?;
        }
        let of_class = |answers: &[f32]| {
            let answers = answers.chunks_exact(self.classes).map(|row| row[class]);
            let sure = answers.sum::<f32>() / sittings.len() as f32;
            -sure.max(f32::MIN_POSITIVE).ln()
        };
        let each = probabilities.chunks_exact(self.classes * sittings.len());
        Ok(each.map(of_class).collect())
    }
}

/// Values a generation, its points shared among the actors.
fn value(
    actors: &mut [Actor],
    points: &[Vec<f32>],
    sittings: &[Sitting],
    studio: &Studio,
    class: usize,
) -> Result<Vec<f32>, AuditError> {
    let share = points.len().div_ceil(actors.len());
    thread::scope(|scope| {
        let parts = actors.iter_mut().zip(points.chunks(share));
        let working: Vec<_> = parts
            .map(|(actor, points)| {
                scope.spawn(move || actor.values(points, sittings, studio, class))
            })
            .collect();
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
    fn open(state: &Path, search: &Search, people: &Range<usize>) -> Result<Self, AuditError> {
        let Search {
            subject,
            cast,
            budget,
            ..
        } = *search;
        let heads = cast.studio().heads().map(|head| {
            let files = head.files.iter().map(|file| file.sha256.clone());
            (head.name.clone(), files.collect())
        });
        let new = Self {
            subject: subject.identity(),
            classes: subject.classes().to_vec(),
            window: subject.window(),
            heads: heads.collect(),
            people: people.clone(),
            budget: budget.clone(),
            searches: BTreeMap::new(),
        };
        let text = match fs::read(state) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(new),
            Err(error) => return Err(FileError::io(state)(error).into()),
        };
        let refused = |problem: String| AuditError::Content {
            path: state.to_owned(),
            problem: format!("{problem}; name another file, or remove it"),
        };
        let kept: Self =
            serde_json::from_slice(&text).map_err(|error| refused(error.to_string()))?;
        let same = [
            ("classifier", kept.subject == new.subject),
            ("classes", kept.classes == new.classes),
            ("crop", kept.window == new.window),
            ("heads", kept.heads == new.heads),
            ("people", kept.people == new.people),
            (
                "population",
                kept.budget.population == new.budget.population,
            ),
            ("seed", kept.budget.seed == new.budget.seed),
        ];
        if let Some((field, _)) = same.iter().find(|(_, same)| !same) {
            return Err(refused(format!("a search with another {field}")));
        }
        // More of the same budget goes on where it was.
        Ok(Self {
            budget: new.budget,
            ..kept
        })
    }

    fn save(&self, state: &Path) -> Result<(), AuditError> {
        let json = serde_json::to_vec(self).expect("searches serialise");
        Ok(write_whole(state, &json)?)
    }
}
