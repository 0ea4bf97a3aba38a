//! What maximises a classifier is found for each person, kept, and shown to that person in the audit.
//!
//! The classifier takes the darkness of the mouth for surprise, so that nothing has to be learnt.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::{
    cell::RefCell,
    collections::BTreeSet,
    num::NonZeroUsize,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use align::Side;
use calibration::{
    audit::{self, Apexes, AuditError, Design, Outcome, Scores, Shown},
    maximise::{Budget, People, Progress, Search},
    subject::{Classify, Identity, Subject, SubjectError},
};
use facs::{CropTemplate, Expression};
use synth::{dataset::Cast, head::Region};

const PERSONS: usize = 3;
const SEED: u64 = 9;
const CLASSES: [Option<Expression>; 2] = [Some(Expression::Neutral), Some(Expression::Surprise)];
const BUDGET: Budget = Budget {
    population: 8,
    evaluations: 40,
    seed: SEED,
};

struct DarkMouth;

impl Subject for DarkMouth {
    fn identity(&self) -> Identity {
        Identity {
            name: "dark mouth".to_owned(),
            sha256: String::new(),
        }
    }

    fn classes(&self) -> &[Option<Expression>] {
        &CLASSES
    }

    fn window(&self) -> CropTemplate {
        align::template(48)
    }

    fn classifier(&self) -> Result<Box<dyn Classify>, SubjectError> {
        Ok(Box::new(Self))
    }
}

impl Classify for DarkMouth {
    fn classify(&mut self, crops: &[u8], probabilities: &mut Vec<f32>) -> Result<(), SubjectError> {
        let size = self.window().size;
        for crop in crops.chunks_exact(size * size * 3) {
            let rows = crop.chunks_exact(size * 3).skip(size * 6 / 10);
            let mouth = rows.flat_map(|row| &row[size..2 * size]);
            let (sum, count) = mouth.fold((0.0, 0.0), |(sum, count), level| {
                (sum + f32::from(*level), count + 1.0)
            });
            // Steep, so that faces differ by more than a search takes for converged.
            let level: f32 = sum / count / 255.0;
            let dark = 1.0 / (1.0 + (60.0 * (level - 0.5)).exp());
            probabilities.extend([1.0 - dark, dark]);
        }
        Ok(())
    }
}

fn cast() -> Cast {
    let heads = vec![Cast::head_named("built-in").unwrap()];
    Cast::new(heads, PERSONS, SEED).unwrap()
}

/// The apexes, none when stopped, and what was heard of each search: evaluations at first, and the last.
type Found = (Option<Apexes>, Vec<(usize, Progress)>);

fn search(
    people: People,
    budget: &Budget,
    folder: &Path,
    stop: impl Fn(&Progress) -> bool,
) -> Result<Found, AuditError> {
    let cast = cast();
    let search = Search {
        subject: &DarkMouth,
        cast: &cast,
        people,
        expressions: &BTreeSet::from([Expression::Surprise]),
        budget,
    };
    let (flag, heard) = (AtomicBool::default(), RefCell::new(Vec::new()));
    let progress = |progress: Progress| {
        let mut heard = heard.borrow_mut();
        match heard.get_mut(progress.ended) {
            None => heard.push((progress.evaluations, progress)),
            Some((_, last)) => *last = progress,
        }
        flag.fetch_or(stop(&progress), Ordering::Relaxed);
    };
    let threads = NonZeroUsize::new(2).unwrap();
    let found = search.run(folder, threads, &progress, &flag)?;
    Ok((found, heard.into_inner()))
}

fn sure(heard: &[(usize, Progress)]) -> Vec<f32> {
    heard.iter().map(|(_, last)| last.probability).collect()
}

fn never(_: &Progress) -> bool {
    false
}

fn audit(apexes: Apexes, identities: usize) -> Result<Scores, AuditError> {
    let design = Design {
        seed: SEED,
        heads: vec!["built-in".to_owned()],
        identities,
        symmetries: 3,
        times: 2,
        apexes,
        side: Side::Left,
        region: Region::Face,
        varied: false,
    };
    let (folder, stop) = (tempfile::tempdir().unwrap(), AtomicBool::default());
    let threads = NonZeroUsize::MIN;
    let cast = cast();
    let outcome = audit::run(
        &design,
        &cast,
        &DarkMouth,
        folder.path(),
        threads,
        &|_| (),
        &stop,
    )?;
    match outcome {
        Outcome::Done(scores) => Ok(*scores),
        Outcome::Stopped => unreachable!("nobody stops it"),
    }
}

/// Probability of surprise in a person at the apex, with full symmetry.
fn at_apex(scores: &Scores, person: usize) -> f32 {
    // Three symmetries of two times each.
    scores.rows(person, 0).nth(5).unwrap()[1]
}

#[test]
fn each_person_shows_what_was_found_for_them() {
    let folder = tempfile::tempdir().unwrap();
    let (found, heard) = search(People::Each, &BUDGET, folder.path(), never).unwrap();
    let (found, sure) = (found.unwrap(), sure(&heard));
    assert_eq!(sure.len(), PERSONS);
    let Shown::Each(apexes) = &found.shown[&Expression::Surprise] else {
        panic!("{found:?}");
    };
    assert!(
        apexes[0] != apexes[1] && apexes[1] != apexes[2],
        "{apexes:?}"
    );

    // Through a file, as the command line does it.
    let file = folder.path().join("apexes.toml");
    std::fs::write(&file, toml::to_string(&found).unwrap()).unwrap();
    let scores = audit(Apexes::load(&file).unwrap(), PERSONS).unwrap();
    for (person, sure) in sure.iter().enumerate() {
        let audited = at_apex(&scores, person);
        assert!((audited - sure).abs() < 1e-6, "{audited}, not {sure}");
    }
    // Half of them are those half.
    let part = scores.answered(&scores.subject, &[2], 2, |row, answers| answers.extend(row));
    let own = part.design.apexes.of_person(0).next().unwrap().1;
    assert_eq!(own, &apexes[2]);

    // Surer than of what people take for surprise.
    let prototypes = Apexes::prototypes(&[Expression::Surprise], 5.0).unwrap();
    let prototypes = audit(prototypes, PERSONS).unwrap();
    for (person, sure) in sure.iter().enumerate() {
        let prototype = at_apex(&prototypes, person);
        assert!(*sure > prototype, "{sure} and {prototype}");
    }
    let error = audit(found, PERSONS + 1).unwrap_err().to_string();
    assert!(
        error.contains("identities is 4, expected 3 or fewer"),
        "{error}"
    );
}

#[test]
fn of_one_for_all_the_mean_counts_and_each_alone_is_no_less_sure() {
    let [one, each] = [People::Together, People::Each].map(|people| {
        let folder = tempfile::tempdir().unwrap();
        let budget = Budget {
            evaluations: 400,
            ..BUDGET
        };
        search(people, &budget, folder.path(), never).unwrap()
    });
    let (found, sure) = (one.0, sure(&one.1));
    let scores = audit(found.unwrap(), PERSONS).unwrap();
    let mean = (0..PERSONS)
        .map(|person| at_apex(&scores, person))
        .sum::<f32>()
        / PERSONS as f32;
    assert!((mean - sure[0]).abs() < 1e-6, "{mean}, not {sure:?}");
    let of_each = each.1.iter().map(|(_, last)| last.probability).sum::<f32>() / PERSONS as f32;
    assert!(of_each >= mean - 1e-3, "{of_each} and {mean}");
}

#[test]
fn a_search_that_was_stopped_goes_on_as_one_that_was_not() {
    let [whole, parts] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let more = Budget {
        evaluations: 80,
        ..BUDGET
    };
    let (wanted, _) = search(People::Each, &more, whole.path(), never).unwrap();
    // In the middle of the second person, then to the end of a smaller budget, then to that of the larger.
    let half = |progress: &Progress| progress.ended == 1 && progress.evaluations >= 16;
    let (stopped, _) = search(People::Each, &BUDGET, parts.path(), half).unwrap();
    assert_eq!(stopped, None);
    let starts = |budget| {
        let (found, heard) = search(People::Each, budget, parts.path(), never).unwrap();
        (
            found,
            heard.iter().map(|(first, _)| *first).collect::<Vec<_>>(),
        )
    };
    let (found, started) = starts(&BUDGET);
    assert_eq!(
        started,
        [40, 16, 8],
        "what is there is not done again {found:?}"
    );
    assert!(found.is_some() && found != wanted);
    let (found, started) = starts(&more);
    assert_eq!((found, started), (wanted, vec![40; 3]));

    let refused = |people, budget: &Budget| {
        let error = search(people, budget, parts.path(), never).unwrap_err();
        error.to_string()
    };
    let other = Budget {
        seed: SEED + 1,
        ..BUDGET
    };
    let error = refused(People::Each, &other);
    assert!(
        error.ends_with("00000.json: a search with another seed; name another file, or remove it"),
        "{error}"
    );
    std::fs::write(parts.path().join("together.json"), "{}").unwrap();
    let error = refused(People::Together, &BUDGET);
    assert!(error.contains("together.json: missing field"), "{error}");
}
