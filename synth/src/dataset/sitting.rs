//! One person before a camera that does not move: nothing differs from picture to picture but what
//! the face does.
//!
//! Takes a [`Cast`] and who sits; gives a crop for any [`Actions`], in the window and with the
//! exposure of the face at rest.

use facs::{ActionUnit, CropTemplate, Expression, priors};

use super::{cast::Cast, error::GenerateError, pairs::unhidden};
use crate::{
    head::Actions,
    look::{Crop, Person, Reference, Renderer, Shot, Studio},
};

/// A person, and what every picture of theirs has in common.
#[derive(Debug)]
pub struct Sitting {
    index: usize,
    person: Person,
    shot: Shot,
    window: CropTemplate,
    rest: Reference,
}

impl Sitting {
    /// Person `index` of the cast at rest, seen through `window`; in the plain shot, or in one of
    /// their own where it is `varied`.
    #[must_use]
    pub fn new(
        cast: &Cast,
        index: usize,
        varied: bool,
        window: &CropTemplate,
        renderer: &mut Renderer,
    ) -> Self {
        let person = cast.person(index);
        let mut rng = cast.block_rng(index);
        let actions = Actions::default();
        loop {
            let shot = if varied {
                unhidden(Shot::draw(&mut rng))
            } else {
                Shot::plain()
            };
            if let Some(crop) = renderer.crop(cast.studio(), &person, &actions, &shot, window) {
                return Self {
                    index,
                    person,
                    shot,
                    window: *window,
                    rest: crop.reference,
                };
            }
        }
    }

    /// The person's number within the cast.
    #[must_use]
    pub const fn index(&self) -> usize {
        self.index
    }

    /// Who sits.
    #[must_use]
    pub const fn person(&self) -> &Person {
        &self.person
    }

    /// The crop of the face in action; `studio` is that of the cast.
    ///
    /// # Panics
    /// When `studio` is another one, without the person's head.
    #[must_use]
    pub fn show(&self, renderer: &mut Renderer, studio: &Studio, actions: &Actions) -> Crop {
        let Self {
            person,
            shot,
            window,
            rest,
            ..
        } = self;
        renderer
            .crop_like(studio, person, actions, rest, shot, window)
            .expect("the window of the face at rest is that of every other face")
    }
}

/// What an expression does with every unit that Du et al. 2014 find in most of its faces, at a FACS
/// intensity of 0 to 5, on both sides.
///
/// # Errors
/// [`GenerateError::NoPrototype`] for an expression that they do not describe.
pub fn prototype(expression: Expression, intensity: f32) -> Result<Actions, GenerateError> {
    let described = priors::published()
        .iter()
        .find(|prior| prior.key == "du_2014")
        .and_then(|prior| prior.action_units.get(&expression))
        .ok_or(GenerateError::NoPrototype { expression })?;
    let mut strengths = [0.0; ActionUnit::COUNT];
    for unit in ActionUnit::ALL {
        if described.contains(&unit.number()) {
            strengths[unit.index()] = intensity / 5.0;
        }
    }
    Ok(Actions::symmetric(strengths))
}
