//! Interventions on facial symmetry: one person, one expression, one shot, and only the left half
//! of the face and the time of the expression change.
//!
//! Büchner et al., Facing Asymmetry, 2024: symmetry `s` and time `t` of Eq. 3, both from 0 to 1, on
//! a grid for each of many identities. The window of the crop is that of the face at rest, so that
//! nothing moves but skin.

use std::ops::Range;

use align::Side;
use facs::{Expression, Provenance, Sample};

use super::{
    cast::Cast,
    error::GenerateError,
    generate::Source,
    label,
    sitting::{Sitting, prototype},
};
use crate::{
    head::{Actions, Freeze, Region},
    look::Renderer,
};

/// What is varied for each identity.
#[derive(Clone, Debug, PartialEq)]
pub struct SymmetryGrid {
    /// Which expressions: those that Du et al. 2014 describe.
    pub expressions: Vec<Expression>,
    /// Times of the expression, 0 (rest) to 1 (apex).
    pub times: Vec<f32>,
    /// Symmetries, 0 (the left half rests) to 1 (it follows).
    pub symmetries: Vec<f32>,
    /// FACS intensity of every unit of an expression at its apex.
    pub intensity: f32,
    /// The side that falls short.
    pub side: Side,
    /// The part of it that does.
    pub region: Region,
    /// Whether each identity has a shot of its own instead of the plain one.
    pub varied: bool,
}

impl SymmetryGrid {
    /// Equidistant steps from 0 to 1, both included.
    #[must_use]
    pub fn steps(count: usize) -> Vec<f32> {
        let last = count.saturating_sub(1).max(1) as f32;
        (0..count).map(|step| step as f32 / last).collect()
    }

    /// Images of one identity.
    #[must_use]
    pub const fn images_per_identity(&self) -> usize {
        self.expressions.len() * self.times.len() * self.symmetries.len()
    }
}

/// Draws a [`SymmetryGrid`] for every person of a cast: persons first, then expressions, times and
/// symmetries, the last one fastest.
#[derive(Debug)]
pub struct Symmetry {
    cast: Cast,
    grid: SymmetryGrid,
    /// What each expression does at its apex.
    apexes: Vec<Actions>,
    size: usize,
}

/// What one image shows.
struct Cell {
    person: usize,
    expression: usize,
    time: f32,
    symmetry: f32,
}

impl Symmetry {
    /// Crops of `size` by `size` pixels.
    ///
    /// # Errors
    /// [`GenerateError::Setting`] when nothing is varied; [`GenerateError::NoPrototype`] for an
    /// expression that is not described.
    pub fn new(cast: Cast, grid: SymmetryGrid, size: usize) -> Result<Self, GenerateError> {
        if grid.images_per_identity() == 0 {
            return Err(GenerateError::Setting {
                field: "images per identity",
                value: 0,
                expected: "at least one expression, one time and one symmetry".to_owned(),
            });
        }
        let apex = |expression: &Expression| prototype(*expression, grid.intensity);
        let apexes = grid.expressions.iter().map(apex);
        let apexes = apexes.collect::<Result<_, _>>()?;
        Ok(Self {
            cast,
            grid,
            apexes,
            size,
        })
    }

    /// How many images the whole grid has.
    #[must_use]
    pub const fn images(&self) -> usize {
        self.cast.persons() * self.grid.images_per_identity()
    }

    fn cell(&self, index: usize) -> Cell {
        let grid = &self.grid;
        let (rest, symmetry) = (index / grid.symmetries.len(), index % grid.symmetries.len());
        let (rest, time) = (rest / grid.times.len(), rest % grid.times.len());
        Cell {
            person: rest / grid.expressions.len(),
            expression: rest % grid.expressions.len(),
            time: grid.times[time],
            symmetry: grid.symmetries[symmetry],
        }
    }

    fn sitting(&self, person: usize, renderer: &mut Renderer) -> Sitting {
        let window = align::template(self.size);
        Sitting::new(&self.cast, person, self.grid.varied, &window, renderer)
    }

    fn sample(
        &self,
        index: usize,
        cell: &Cell,
        sitting: &Sitting,
        renderer: &mut Renderer,
        pixels: &mut [u8],
    ) -> Sample {
        let shown = self.apexes[cell.expression].at(cell.time).freeze(Freeze {
            side: self.grid.side,
            region: self.grid.region,
            share: 1.0 - cell.symmetry,
        });
        let crop = sitting.show(renderer, self.cast.studio(), &shown);
        pixels.copy_from_slice(&crop.pixels);
        let member = self.cast.member(cell.person);
        Sample {
            image: index,
            action_units: label::posed(&shown, self.cast.head(member.head_index)),
            expression: Some(self.grid.expressions[cell.expression]),
            faces: vec![label::face(&crop)],
            look_alikes: Vec::new(),
            provenance: Some(Provenance {
                group: Some(cell.person * self.apexes.len() + cell.expression),
                done: [
                    ("symmetry".to_owned(), cell.symmetry),
                    ("time".to_owned(), cell.time),
                ]
                .into(),
                person: Some(sitting.person().traits()),
                ..Provenance::default()
            }),
            subject: member.subject,
            domain: member.head.to_owned(),
            split: member.split,
        }
    }
}

impl Source for Symmetry {
    fn draw(&self, images: Range<usize>, pixels: &mut [u8]) -> Vec<Sample> {
        let mut renderer = Renderer::new();
        let mut pictures = pixels.chunks_exact_mut(self.size * self.size * 3);
        let mut sitting: Option<Sitting> = None;
        let mut samples = Vec::with_capacity(images.len());
        for (index, pixels) in images.zip(&mut pictures) {
            let cell = self.cell(index);
            let before = sitting
                .take()
                .filter(|sitting| sitting.index() == cell.person)
                .unwrap_or_else(|| self.sitting(cell.person, &mut renderer));
            samples.push(self.sample(index, &cell, &before, &mut renderer, pixels));
            sitting = Some(before);
        }
        samples
    }
}

#[cfg(test)]
mod tests {
    use facs::ActionUnit;

    use super::*;
    use crate::head::Head;

    fn source() -> Symmetry {
        let grid = SymmetryGrid {
            expressions: vec![Expression::Happiness, Expression::Surprise],
            times: vec![0.5, 1.0],
            symmetries: SymmetryGrid::steps(3),
            intensity: 4.0,
            side: Side::Left,
            region: Region::Face,
            varied: false,
        };
        let cast = Cast::new(vec![Head::built_in()], 2, 5).unwrap();
        Symmetry::new(cast, grid, 48).unwrap()
    }

    #[test]
    fn a_grid_goes_through_everything_once() {
        let source = source();
        assert_eq!(
            (source.images(), SymmetryGrid::steps(3)),
            (24, vec![0.0, 0.5, 1.0])
        );
        let mut pixels = vec![0; 24 * 48 * 48 * 3];
        let samples = source.draw(0..24, &mut pixels);
        let mut seen = std::collections::BTreeSet::new();
        for sample in &samples {
            let made = sample.provenance.as_ref().unwrap();
            seen.insert(format!(
                "{} {:?} {:?}",
                sample.subject, sample.expression, made.done
            ));
            let smile = &sample.action_units[&ActionUnit::Au25];
            let corner = &sample.action_units[&ActionUnit::Au12];
            let (time, symmetry) = (made.done["time"], made.done["symmetry"]);
            assert!((smile.intensity.unwrap() - 4.0 * time).abs() < 1e-3);
            if sample.expression == Some(Expression::Happiness) {
                assert!((corner.right.unwrap() - 4.0 * time).abs() < 1e-3);
                assert!((corner.left.unwrap() - 4.0 * time * symmetry).abs() < 1e-3);
            }
        }
        assert_eq!(seen.len(), 24);
        // Any part of the grid is drawn as it is in the whole.
        let mut part = vec![0; 3 * 48 * 48 * 3];
        source.draw(10..13, &mut part);
        assert_eq!(part, pixels[10 * 48 * 48 * 3..13 * 48 * 48 * 3]);
    }

    #[test]
    fn the_subjects_right_half_of_the_picture_does_not_change_with_symmetry() {
        let source = source();
        let mut pixels = vec![0; 6 * 48 * 48 * 3];
        source.draw(0..6, &mut pixels);
        let image = |index: usize| &pixels[index * 6912..(index + 1) * 6912];
        let (frozen, whole) = (image(3), image(5));
        let difference = |columns: Range<usize>| -> u32 {
            let pairs = frozen.iter().zip(whole).enumerate();
            let inside = pairs.filter(|(byte, _)| columns.contains(&(byte / 3 % 48)));
            inside.map(|(_, (a, b))| u32::from(a.abs_diff(*b))).sum()
        };
        let [right, left] = [difference(0..20), difference(28..48)];
        assert!(left > 8 * right, "{left} on the left, {right} on the right");
    }

    #[test]
    fn expressions_without_a_description_are_refused() {
        let grid = SymmetryGrid {
            expressions: vec![Expression::Contempt],
            ..source().grid
        };
        let cast = Cast::new(vec![Head::built_in()], 1, 5).unwrap();
        let refusal = Symmetry::new(cast, grid, 48).unwrap_err().to_string();
        assert!(refusal.contains("do not describe contempt"), "{refusal}");
    }
}
