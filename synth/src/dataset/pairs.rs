//! Counterfactual pairs: the same person, moment, light and camera, and one action unit differs.
//!
//! Takes a cast and a causal model; gives two images per person and unit. Either the unit alone
//! differs (every other one is held where it was), or its effects follow as the model says
//! (`do` with the same noise).

use std::ops::Range;

use facs::{ActionUnit, Sample};

use super::{
    cast::Cast,
    coder::Coder,
    crops::{factors, gaze},
    error::GenerateError,
    generate::Source,
    label,
};
use crate::{
    causal::{CausalModel, FaceState, Intervention},
    head::Actions,
    look::{Crop, Occluder, Person, Renderer, Shot},
};

/// What differs between the images of a pair.
#[derive(Clone, Debug, PartialEq)]
pub struct PairPlan {
    /// Which units take turns.
    pub units: Vec<ActionUnit>,
    /// FACS intensity of the unit in the first and in the second image of a pair.
    pub levels: [f32; 2],
    /// Whether the effects of the unit follow it.
    pub effects: bool,
}

/// Draws a pair for every person of a cast and every unit of a plan: persons first.
#[derive(Debug)]
pub struct Pairs {
    cast: Cast,
    model: CausalModel,
    plan: PairPlan,
    size: usize,
}

impl Pairs {
    /// Crops of `size` by `size` pixels.
    ///
    /// # Errors
    /// [`GenerateError::Setting`] when the plan names no unit.
    pub fn new(
        cast: Cast,
        model: CausalModel,
        plan: PairPlan,
        size: usize,
    ) -> Result<Self, GenerateError> {
        if plan.units.is_empty() {
            return Err(GenerateError::Setting {
                field: "units",
                value: 0,
                expected: "at least one".to_owned(),
            });
        }
        Ok(Self {
            cast,
            model,
            plan,
            size,
        })
    }

    /// How many images there are.
    #[must_use]
    pub const fn images(&self) -> usize {
        2 * self.cast.persons() * self.plan.units.len()
    }

    /// Person and unit of a pair.
    fn subject(&self, pair: usize) -> (usize, ActionUnit) {
        let units = &self.plan.units;
        (pair / units.len(), units[pair % units.len()])
    }

    /// Both images of a pair.
    fn pair(
        &self,
        pair: usize,
        unit: ActionUnit,
        person: &Person,
        renderer: &mut Renderer,
    ) -> [(FaceState, Crop); 2] {
        let mut rng = self.cast.image_rng(pair);
        let mut noise = self.model.noise(&mut rng);
        let gaze = gaze(&mut rng);
        loop {
            let shot = unhidden(Shot::draw(&mut rng));
            noise.factors = factors(person, &shot);
            let held = self.model.resolve(&noise, &[]).held();
            let faces = self.plan.levels.map(|intensity| {
                let set = Intervention { unit, intensity };
                let mut done = held.to_vec();
                if self.plan.effects {
                    done.clear();
                }
                done.push(set);
                self.model.resolve(&noise, &done)
            });
            let actions = faces.each_ref().map(|face| Actions {
                gaze,
                ..label::actions(face)
            });
            let studio = self.cast.studio();
            let Some(first) = renderer.crop(
                studio,
                person,
                &actions[0],
                &shot,
                &align::template(self.size),
            ) else {
                continue;
            };
            let second = renderer.crop_like(
                studio,
                person,
                &actions[1],
                &first.reference,
                &shot,
                &align::template(self.size),
            );
            if let Some(second) = second {
                let [factual, other] = faces;
                return [(factual, first), (other, second)];
            }
        }
    }

    fn sample(&self, image: usize, person: &Person, face: &FaceState, crop: &Crop) -> Sample {
        let (index, unit) = self.subject(image / 2);
        let member = self.cast.member(index);
        let head = self.cast.head(member.head_index);
        let mut provenance = label::provenance(face, &self.model, person);
        provenance.group = Some(image / 2);
        provenance.done = [(unit.code().to_owned(), self.plan.levels[image % 2])].into();
        let labels = &mut self.cast.label_rng(image);
        Sample {
            image,
            action_units: label::action_units(face, head, &Coder::default(), labels),
            expression: Some(face.expression),
            faces: vec![label::face(crop)],
            look_alikes: Vec::new(),
            provenance: Some(provenance),
            subject: member.subject,
            domain: member.head.to_owned(),
            split: member.split,
        }
    }
}

/// The same shot with nothing before the face: what is done to it shall be seen.
pub(super) fn unhidden(mut shot: Shot) -> Shot {
    shot.occluder = Occluder::Nothing;
    shot
}

impl Source for Pairs {
    fn draw(&self, images: Range<usize>, pixels: &mut [u8]) -> Vec<Sample> {
        let mut renderer = Renderer::new();
        let mut pictures = pixels.chunks_exact_mut(self.size * self.size * 3);
        let mut painted: Option<(usize, Person)> = None;
        let mut drawn: Option<(usize, [(FaceState, Crop); 2])> = None;
        let mut samples = Vec::with_capacity(images.len());
        for (image, pixels) in images.zip(&mut pictures) {
            let (index, unit) = self.subject(image / 2);
            let (_, person) = painted
                .take()
                .filter(|(painted, _)| *painted == index)
                .unwrap_or_else(|| (index, self.cast.person(index)));
            let (pair, both) = drawn
                .take()
                .filter(|(pair, _)| *pair == image / 2)
                .unwrap_or_else(|| {
                    (
                        image / 2,
                        self.pair(image / 2, unit, &person, &mut renderer),
                    )
                });
            let (face, crop) = &both[image % 2];
            pixels.copy_from_slice(&crop.pixels);
            samples.push(self.sample(image, &person, face, crop));
            (painted, drawn) = (Some((index, person)), Some((pair, both)));
        }
        samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::Head;

    fn pairs(effects: bool) -> (Vec<Sample>, Vec<u8>) {
        let plan = PairPlan {
            units: vec![ActionUnit::Au12, ActionUnit::Au01],
            levels: [0.0, 4.0],
            effects,
        };
        let cast = Cast::new(vec![Head::built_in()], 2, 5).unwrap();
        let model = CausalModel::built_in()
            .in_context("smile", "duchenne")
            .unwrap();
        let source = Pairs::new(cast, model, plan, 40).unwrap();
        let mut pixels = vec![0; source.images() * 40 * 40 * 3];
        let samples = source.draw(0..source.images(), &mut pixels);
        (samples, pixels)
    }

    /// Units whose labels differ between the images of a pair.
    fn differing(pair: &[Sample]) -> Vec<ActionUnit> {
        let labels = pair[0].action_units.iter();
        labels
            .filter(|(unit, label)| pair[1].action_units[unit] != **label)
            .map(|(unit, _)| *unit)
            .collect()
    }

    #[test]
    fn one_unit_alone_differs_and_the_picture_changes_there_only() {
        let (samples, pixels) = pairs(false);
        assert_eq!(samples.len(), 8);
        let units = [ActionUnit::Au12, ActionUnit::Au01];
        for (number, pair) in samples.chunks(2).enumerate() {
            let unit = units[number % 2];
            assert_eq!(differing(pair), [unit]);
            assert_eq!(pair[0].subject, pair[1].subject);
            let [first, second] =
                [&pair[0], &pair[1]].map(|sample| sample.provenance.as_ref().unwrap());
            assert_eq!(first.group, Some(number));
            assert_eq!(first.group, second.group);
            assert_eq!(
                (first.done[unit.code()], second.done[unit.code()]),
                (0.0, 4.0)
            );
            assert_eq!(first.contexts, second.contexts);
            assert_eq!(first.nuisances, second.nuisances);
            let image = |index: usize| &pixels[index * 4800..(index + 1) * 4800];
            let (one, other) = (image(2 * number), image(2 * number + 1));
            let changed = one
                .iter()
                .zip(other)
                .filter(|(a, b)| a.abs_diff(**b) > 2)
                .count();
            assert!(
                (10..3000).contains(&changed),
                "pair {number}: {changed} of 4800"
            );
        }
    }

    #[test]
    fn effects_follow_where_they_are_asked_for() {
        let (samples, _) = pairs(true);
        let smile = differing(&samples[..2]);
        assert!(
            smile.contains(&ActionUnit::Au12) && smile.contains(&ActionUnit::Au06),
            "{smile:?}"
        );
        assert!(!smile.contains(&ActionUnit::Au01));
    }
}
