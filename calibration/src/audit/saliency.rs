//! Where a classifier looks: occlusion maps (Büchner et al., D.6, after Zeiler and Fergus 2014).
//!
//! Takes one person at the apex of an expression; gives by how much the probability of a class falls
//! when a grey square covers each place of the crop.

use facs::Expression;
use rayon::prelude::*;
use synth::{
    dataset::{Cast, Sitting},
    look::Renderer,
};

use super::{AuditError, Design, design::class_of};
use crate::subject::{Classify, Subject};

/// Side of the square, and its step, in shares of the crop.
const SQUARE: usize = 6;
const STEP: usize = 16;
/// What covers.
const GREY: u8 = 128;

/// Two maps of one picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Occlusion {
    /// What the face shows.
    pub expression: Expression,
    /// How symmetric it is.
    pub symmetry: f64,
    /// `size * size * 3` bytes RGB.
    pub crop: Vec<u8>,
    /// Side of the crop.
    pub size: usize,
    /// For the expression that is shown.
    pub shown: SaliencyMap,
    /// For the surest class.
    pub predicted: SaliencyMap,
}

/// Fall of a class's probability, by where the square lies.
#[derive(Clone, Debug, PartialEq)]
pub struct SaliencyMap {
    /// Which class; none for one that stands for no expression.
    pub class: Option<Expression>,
    /// Its probability without the square.
    pub probability: f32,
    /// `[STEP, STEP]`, rows first; positive where the class needs what is covered.
    pub fall: Vec<f32>,
    /// Places along one side.
    pub side: usize,
}

/// Maps for the first person of the cast, for every expression, with one side at rest and with
/// full symmetry.
///
/// # Errors
/// [`AuditError`] when the classifier fails.
pub fn saliency(
    design: &Design,
    cast: &Cast,
    subject: &dyn Subject,
) -> Result<Vec<Occlusion>, AuditError> {
    let window = subject.window();
    let sitting = Sitting::new(cast, 0, design.varied, &window, &mut Renderer::new());
    let shown: Vec<_> = design.apexes.of_person(0).collect();
    let pairs = shown.par_iter().map(|(expression, apex)| {
        let (mut classifier, mut renderer) = (subject.classifier()?, Renderer::new());
        let look = |symmetry: f64| {
            let actions = design.actions(apex, symmetry, 1.0);
            let crop = sitting.show(&mut renderer, cast.studio(), &actions).pixels;
            let covered = answers(&mut *classifier, &crop, window.size, subject.classes())?;
            Ok(Occlusion {
                expression: *expression,
                symmetry,
                size: window.size,
                shown: covered.of(class_of(subject, *expression)?),
                predicted: covered.of(covered.surest()),
                crop,
            })
        };
        [0.0, 1.0].map(look).into_iter().collect()
    });
    let pairs: Result<Vec<Vec<_>>, AuditError> = pairs.collect();
    Ok(pairs?.into_iter().flatten().collect())
}

/// What a classifier says of one crop, bare and with the square on every place of it.
struct Covered<'a> {
    classes: &'a [Option<Expression>],
    /// `[classes]`.
    bare: Vec<f32>,
    /// `[STEP, STEP, classes]`.
    covered: Vec<f32>,
}

fn answers<'a>(
    classifier: &mut dyn Classify,
    crop: &[u8],
    size: usize,
    classes: &'a [Option<Expression>],
) -> Result<Covered<'a>, AuditError> {
    let (mut bare, mut covered) = (Vec::new(), Vec::new());
    classifier.classify(crop, &mut bare)?;
    for row in 0..STEP {
        let pictures = (0..STEP).flat_map(|column| cover(crop, size, [column, row]));
        classifier.classify(&pictures.collect::<Vec<u8>>(), &mut covered)?;
    }
    Ok(Covered {
        classes,
        bare,
        covered,
    })
}

impl Covered<'_> {
    fn surest(&self) -> usize {
        (1..self.bare.len()).fold(0, |best, class| {
            if self.bare[class] > self.bare[best] {
                class
            } else {
                best
            }
        })
    }

    fn of(&self, class: usize) -> SaliencyMap {
        let probability = self.bare[class];
        let rows = self.covered.chunks_exact(self.classes.len());
        SaliencyMap {
            class: self.classes[class],
            probability,
            fall: rows.map(|row| probability - row[class]).collect(),
            side: STEP,
        }
    }
}

/// The crop with a square about the middle of one place.
fn cover(crop: &[u8], size: usize, place: [usize; 2]) -> Vec<u8> {
    let mut covered = crop.to_vec();
    let half = size / SQUARE / 2;
    let [columns, rows] = place.map(|place| {
        let middle = (2 * place + 1) * size / (2 * STEP);
        middle.saturating_sub(half)..(middle + half + 1).min(size)
    });
    for row in rows {
        let line = &mut covered[row * size * 3..(row + 1) * size * 3];
        line[columns.start * 3..columns.end * 3].fill(GREY);
    }
    covered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_square_lies_where_it_should_and_every_pixel_is_covered_once() {
        let size = 112;
        let crop = vec![0; size * size * 3];
        let mut seen = vec![0_usize; size * size];
        for row in 0..STEP {
            for column in 0..STEP {
                let covered = cover(&crop, size, [column, row]);
                let pixels = covered.chunks_exact(3).enumerate();
                for (index, _) in pixels.filter(|(_, pixel)| pixel == &[GREY; 3]) {
                    seen[index] += 1;
                    let [x, y] = [index % size, index / size];
                    let near = |at: usize, place: usize| at.abs_diff(place * 7 + 3) <= 10;
                    assert!(near(x, column) && near(y, row), "{x} {y}");
                }
            }
        }
        assert!(seen.iter().all(|count| *count >= 1));
    }
}
