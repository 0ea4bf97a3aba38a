//! What a classifier said, on disk: one small file for every expression of every person.
//!
//! `audit.json` says what the numbers belong to; `scores/00012-happiness.f32` are little-endian
//! floats, `[symmetries * times + 1, classes]`. A file is there whole or not at all.

use std::{
    fs,
    path::{Path, PathBuf},
};

use facs::{Expression, FileError, write_whole};
use serde::{Deserialize, Serialize};

use super::{
    AuditError, Design,
    design::{Unit, class_of},
};
use crate::{
    statistics::impact::Surface,
    subject::{Identity, Subject},
};

const HEADER: &str = "audit.json";
const FOLDER: &str = "scores";

/// What an audit belongs to.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Header {
    subject: Identity,
    classes: Vec<Option<Expression>>,
    design: Design,
}

/// The folder of an audit.
pub(super) struct Store {
    folder: PathBuf,
    header: Header,
    /// The class of each expression of the design.
    targets: Vec<usize>,
}

/// Everything that a classifier said in an audit.
#[derive(Clone, Debug)]
pub struct Scores {
    /// Which classifier.
    pub subject: Identity,
    /// What was varied.
    pub design: Design,
    /// Number of classes.
    classes: usize,
    /// The class of each expression of the design.
    targets: Vec<usize>,
    /// `[persons, expressions, images_per_unit, classes]`.
    probabilities: Vec<f32>,
}

impl Store {
    /// Opens the folder, or makes it.
    pub(super) fn open(
        folder: &Path,
        design: &Design,
        subject: &dyn Subject,
    ) -> Result<Self, AuditError> {
        let header = Header {
            subject: subject.identity(),
            classes: subject.classes().to_vec(),
            design: design.clone(),
        };
        let targets = design.apexes.expressions();
        let targets: Result<_, _> = targets.map(|target| class_of(subject, target)).collect();
        let path = folder.join(HEADER);
        if path.exists() {
            let text = fs::read(&path).map_err(FileError::io(&path))?;
            let found = serde_json::from_slice::<Header>(&text);
            if !found.is_ok_and(|found| found == header) {
                return Err(AuditError::OtherAudit {
                    path: folder.to_owned(),
                });
            }
        } else {
            let scores = folder.join(FOLDER);
            fs::create_dir_all(&scores).map_err(FileError::io(&scores))?;
            let json = serde_json::to_vec_pretty(&header).expect("a header serialises");
            write_whole(&path, &json)?;
        }
        Ok(Self {
            folder: folder.to_owned(),
            header,
            targets: targets?,
        })
    }

    /// The units that are not there yet, persons slowest.
    pub(super) fn missing(&self) -> Vec<Unit> {
        let bytes = (self.numbers() * size_of::<f32>()) as u64;
        let there = |unit: &Unit| {
            let found = fs::metadata(self.path(*unit));
            found.is_ok_and(|found| found.len() == bytes)
        };
        self.units().filter(|unit| !there(unit)).collect()
    }

    /// Keeps what was said of a unit.
    pub(super) fn put(&self, unit: Unit, probabilities: &[f32]) -> Result<(), AuditError> {
        assert_eq!(probabilities.len(), self.numbers(), "numbers of a unit");
        let bytes: Vec<u8> = probabilities.iter().flat_map(|p| p.to_le_bytes()).collect();
        Ok(write_whole(&self.path(unit), &bytes)?)
    }

    /// Everything, once nothing is missing.
    pub(super) fn read(self) -> Result<Scores, AuditError> {
        let mut probabilities = Vec::with_capacity(self.header.design.units() * self.numbers());
        for unit in self.units() {
            let path = self.path(unit);
            let bytes = fs::read(&path).map_err(FileError::io(&path))?;
            let (numbers, _) = bytes.as_chunks::<4>();
            let numbers = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes));
            let first = probabilities.len();
            probabilities.extend(numbers);
            let found = &probabilities[first..];
            if found.len() != self.numbers() || found.iter().any(|p| !p.is_finite()) {
                return Err(AuditError::Content {
                    path,
                    problem: "not the probabilities of this audit; remove it, and run again"
                        .to_owned(),
                });
            }
        }
        let Header {
            subject,
            classes,
            design,
        } = self.header;
        Ok(Scores {
            subject,
            design,
            classes: classes.len(),
            targets: self.targets,
            probabilities,
        })
    }

    fn units(&self) -> impl Iterator<Item = Unit> + use<> {
        let expressions = self.header.design.apexes.shown.len();
        (0..self.header.design.units()).map(move |index| Unit {
            person: index / expressions,
            expression: index % expressions,
        })
    }

    fn numbers(&self) -> usize {
        self.header.design.images_per_unit() * self.header.classes.len()
    }

    fn path(&self, unit: Unit) -> PathBuf {
        let mut expressions = self.header.design.apexes.expressions();
        let expression = expressions
            .nth(unit.expression)
            .expect("a unit's expression");
        let name = format!("{:05}-{expression}.f32", unit.person);
        self.folder.join(FOLDER).join(name)
    }
}

impl Scores {
    /// What was said of one expression of one person, `[images_per_unit, classes]`.
    fn unit(&self, person: usize, expression: usize) -> &[f32] {
        let numbers = self.design.images_per_unit() * self.classes;
        let index = person * self.design.apexes.shown.len() + expression;
        &self.probabilities[index * numbers..(index + 1) * numbers]
    }

    /// The class of each expression of the design.
    #[must_use]
    pub fn targets(&self) -> &[usize] {
        &self.targets
    }

    /// What was said of every picture of one expression of one person, a row each: the grid,
    /// symmetries slowest, then the apex with a symmetry of a half.
    pub fn rows(&self, person: usize, expression: usize) -> impl Iterator<Item = &[f32]> {
        self.unit(person, expression).chunks_exact(self.classes)
    }

    /// What another `subject` says of some of these people, if all that it knows of a picture is what
    /// this one said: `answer` appends a row of `classes` probabilities for one.
    ///
    /// # Panics
    /// With a person whom the audit has not.
    #[must_use]
    pub fn answered(
        &self,
        subject: &Identity,
        people: &[usize],
        classes: usize,
        mut answer: impl FnMut(&[f32], &mut Vec<f32>),
    ) -> Self {
        let mut design = self.design.clone();
        design.identities = people.len();
        design.apexes = design.apexes.of_people(people);
        let mut probabilities = Vec::new();
        for person in people.iter().copied() {
            for expression in 0..design.apexes.shown.len() {
                for row in self.rows(person, expression) {
                    answer(row, &mut probabilities);
                }
            }
        }
        Self {
            subject: subject.clone(),
            design,
            classes,
            targets: self.targets.clone(),
            probabilities,
        }
    }

    /// The probability of the shown expression over symmetry and time.
    ///
    /// # Errors
    /// [`AuditError::Statistics`] for a grid without gradient.
    pub fn surface(&self, person: usize, expression: usize) -> Result<Surface, AuditError> {
        let target = self.targets[expression];
        let rows = self.unit(person, expression).chunks_exact(self.classes);
        let values = rows.map(|row| f64::from(row[target]));
        let grid = self.design.images_per_unit() - 1;
        let values = values.take(grid).collect();
        let symmetries = self.design.symmetry_steps();
        Ok(Surface::new(symmetries, self.design.times, values)?)
    }

    /// Whether the shown expression is the surest class at the apex, with a symmetry of 0, a half
    /// and 1. Of equal classes the first counts.
    #[must_use]
    pub fn right_at_apex(&self, person: usize, expression: usize) -> [bool; 3] {
        let Design {
            symmetries, times, ..
        } = self.design;
        let rows = self.unit(person, expression);
        let last = |symmetry: usize| symmetry * times + times - 1;
        [last(0), symmetries * times, last(symmetries - 1)].map(|row| {
            let row = &rows[row * self.classes..(row + 1) * self.classes];
            let surest = (1..row.len()).fold(
                0,
                |best, class| {
                    if row[class] > row[best] { class } else { best }
                },
            );
            surest == self.targets[expression]
        })
    }
}
