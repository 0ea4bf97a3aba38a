//! One person: age and sex, a head, how it rests, a skin, eyes, hair, clothes, glasses.
//!
//! Takes chance and a [`Studio`]; gives a [`Person`] that can enter a scene in any pose with any
//! face. Drawing a person is dear (its skin is painted); let many pictures share one.

use facs::PersonTraits;
use glam::Vec3;
use rand::{Rng, RngExt};

use super::{
    Studio, bearing, colour,
    complexion::Complexion,
    dice::{between, chance, normal},
    hair::{Cut, Skull},
    mask::Mask,
    mouth::Mouth,
    nature::Nature,
    skin::Canvas,
    solid::Solid,
    studio::{Atlas, Measure},
    wear::{Clothes, Glasses},
};
use crate::head::{Actions, Rest, Shape};

/// Share of people who wear a mask.
const MASKED: f64 = 0.04;

/// How far people of one age and sex differ in each identity mode: standard deviation.
const OWN: f32 = 0.72;

/// What the shape of one person is made of.
struct Body {
    nature: Nature,
    identity: Vec<f32>,
    bearing: Actions,
}

impl Body {
    fn draw(rng: &mut impl Rng, atlas: &Atlas, nature: Nature) -> Self {
        let lean = atlas.proportions.weights(&nature.leaning());
        let identity = (0..atlas.head.identity_modes)
            .map(|mode| {
                let lean = lean.get(mode).copied().unwrap_or(0.0);
                (normal(rng, OWN) + lean).clamp(-2.0, 2.0)
            })
            .collect();
        Self {
            identity,
            bearing: bearing::draw(rng, &nature),
            nature,
        }
    }
}

/// What one person looks like.
#[derive(Clone, Debug)]
pub struct Person {
    pub(super) head: usize,
    pub(super) nature: Nature,
    pub(super) identity: Vec<f32>,
    pub(super) rest: Rest,
    pub(super) complexion: Complexion,
    pub(super) canvas: Canvas,
    pub(super) measure: Measure,
    pub(super) eyes: EyeLook,
    pub(super) lashes: f32,
    pub(super) mouth: Mouth,
    pub(super) hair: Option<(Solid, f32, u32)>,
    pub(super) clothes: Clothes,
    pub(super) glasses: Option<Glasses>,
    pub(super) mask: Option<Mask>,
    pub(super) face_center: Vec3,
}

#[derive(Clone, Debug)]
pub(super) struct EyeLook {
    pub(super) sclera: Vec3,
    pub(super) iris: Vec3,
    pub(super) iris_size: f32,
    pub(super) pupil: f32,
}

/// Hair before it is grown.
struct Hair {
    cut: Cut,
    gloss: f32,
    /// Which strands.
    seed: u32,
}

/// What a person has that does not follow from the shape of its head.
struct Extras {
    eyes: EyeLook,
    lashes: f32,
    mouth: Mouth,
    clothes: Clothes,
    glasses: Option<Glasses>,
    mask: Option<Mask>,
}

impl Person {
    /// Draws a person from the heads of a studio.
    pub fn draw(rng: &mut impl Rng, studio: &Studio) -> Self {
        let head = rng.random_range(0..studio.atlases.len());
        Self::of_head(rng, studio, head)
    }

    /// Draws a person with one of the heads of a studio.
    ///
    /// # Panics
    /// When the studio has no head of this index.
    pub fn of_head(rng: &mut impl Rng, studio: &Studio, head: usize) -> Self {
        let nature = Nature::draw(rng);
        let body = Body::draw(rng, &studio.atlases[head], nature);
        let mut complexion = Complexion::draw(rng, &nature);
        let cut = Cut::draw(rng, complexion.hairline, &nature);
        if cut.is_none() {
            complexion.scalp = between(rng, 0.0, 0.5);
        }
        let eyes = EyeLook {
            sclera: Vec3::new(0.56, 0.51, 0.49)
                * between(rng, 0.75, 1.1)
                * Vec3::new(1.0, 1.0 - 0.04 * nature.wear, 1.0 - 0.12 * nature.wear),
            iris: colour::iris(rng, complexion.skin),
            iris_size: between(rng, 0.93, 1.08),
            pupil: between(rng, 0.75, 1.5) * (1.05 - 0.2 * nature.wear),
        };
        let mouth = Mouth::draw(rng, &nature, complexion.skin);
        let lashes = nature.about(rng, 1.05, 0.75, 0.35).clamp(0.35, 1.4);
        let clothes = Clothes::draw(rng);
        let glasses = chance(rng, 0.13 + 0.2 * f64::from(nature.wear)).then(|| Glasses::draw(rng));
        // Drawn for the bald, too: what follows does not depend on the hair.
        let (gloss, seed) = (between(rng, 0.03, 0.25), rng.random());
        let hair = cut.map(|cut| Hair { cut, gloss, seed });
        let mask = chance(rng, MASKED).then(|| Mask::draw(rng));
        let extras = Extras {
            eyes,
            lashes,
            mouth,
            clothes,
            glasses,
            mask,
        };
        Self::made(studio, head, body, complexion, hair, extras)
    }

    /// The same person with nothing before the face: no mask and no sunglasses.
    #[must_use]
    pub fn bare_faced(mut self) -> Self {
        self.mask = None;
        self.glasses = self.glasses.filter(|glasses| !glasses.hide_eyes());
        self
    }

    /// The mean person of one head, bald and without make-up: for sheets that show what muscles do.
    ///
    /// # Panics
    /// When the studio has no head of this index.
    pub fn plain(studio: &Studio, head: usize, rng: &mut impl Rng) -> Self {
        let eyes = EyeLook {
            sclera: Vec3::new(0.60, 0.55, 0.53),
            iris: colour::srgb(92, 76, 52),
            iris_size: 1.0,
            pupil: 1.0,
        };
        let mut complexion = Complexion::plain();
        complexion.scalp = 0.4;
        let body = Body {
            identity: Vec::new(),
            bearing: Actions::default(),
            nature: Nature::plain(),
        };
        let extras = Extras {
            eyes,
            lashes: 0.6,
            mouth: Mouth::plain(),
            clothes: Clothes::draw(rng),
            glasses: None,
            mask: None,
        };
        Self::made(studio, head, body, complexion, None, extras)
    }

    /// Puts a person together: shapes its head at rest, paints its skin, grows its hair.
    fn made(
        studio: &Studio,
        head: usize,
        body: Body,
        complexion: Complexion,
        hair: Option<Hair>,
        extras: Extras,
    ) -> Self {
        let atlas = &studio.atlases[head];
        let mut neutral = Shape::default();
        let rest = atlas.head.rest_with(&body.identity, &body.bearing);
        atlas.head.pose(&rest, &Actions::default(), &mut neutral);
        let measure = Measure::of(&neutral.landmarks);
        let hair = hair.map(|Hair { cut, gloss, seed }| {
            let skull = Skull::measure(&neutral.parts[0].positions, &measure);
            let mut solid = cut.grow(&skull, &measure);
            for vertex in &mut solid.vertices {
                vertex.tint.x = cut.ragged;
            }
            (solid, gloss, seed)
        });
        let Extras {
            eyes,
            lashes,
            mouth,
            clothes,
            glasses,
            mask,
        } = extras;
        Self {
            canvas: Canvas::paint(atlas, &complexion),
            measure,
            eyes,
            lashes,
            mouth,
            hair,
            clothes,
            glasses,
            mask,
            face_center: atlas.head.anatomy.face_center,
            head,
            nature: body.nature,
            identity: body.identity,
            rest,
            complexion,
        }
    }

    /// Age and sex.
    #[must_use]
    pub fn traits(&self) -> PersonTraits {
        self.nature.traits()
    }

    /// Index of its head in the studio.
    #[must_use]
    pub const fn head(&self) -> usize {
        self.head
    }

    /// Weights of its identity modes.
    #[must_use]
    pub fn identity(&self) -> &[f32] {
        &self.identity
    }
}

#[cfg(test)]
mod tests {
    use facs::{ActionUnit, Sex};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::{
        dataset::labels_of_sides,
        head::{Proportion, testing},
    };

    fn with_every_head(check: impl Fn(&Atlas)) {
        Studio::new(testing::heads()).atlases.iter().for_each(check);
    }

    fn proportions(atlas: &Atlas, rest: &Rest) -> [f32; Proportion::ALL.len()] {
        posed_proportions(atlas, rest, &Actions::default())
    }

    fn posed_proportions(
        atlas: &Atlas,
        rest: &Rest,
        face: &Actions,
    ) -> [f32; Proportion::ALL.len()] {
        let mut shape = Shape::default();
        atlas.head.pose(rest, face, &mut shape);
        let skin = &shape.parts[0].positions;
        atlas.proportions.measure(skin).expect("a face")
    }

    /// Mean and standard deviation of a proportion among people of one age and sex.
    fn among(atlas: &Atlas, proportion: Proportion, age: f32, sex: Sex) -> [f32; 2] {
        let mut rng = ChaCha8Rng::seed_from_u64(8);
        let values: Vec<f32> = (0..150)
            .map(|_| {
                let nature = Nature::of(&mut rng, age, sex);
                let body = Body::draw(&mut rng, atlas, nature);
                let rest = atlas.head.rest_with(&body.identity, &body.bearing);
                proportions(atlas, &rest)[proportion.index()]
            })
            .collect();
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        let square = values
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f32>();
        [mean, (square / values.len() as f32).sqrt()]
    }

    /// How far the second group is above the first, in standard deviations: a tendency, no rule.
    fn tends(first: [f32; 2], second: [f32; 2], what: &str) {
        let apart = (second[0] - first[0]) / first[1].max(second[1]);
        assert!(
            (0.25..2.6).contains(&apart),
            "{what}: {first:?}, {second:?}"
        );
    }

    #[test]
    fn sexes_tend_to_their_proportions_on_every_head() {
        with_every_head(|atlas| {
            let groups = |proportion| {
                [Sex::Female, Sex::Male].map(|sex| among(atlas, proportion, 40.0, sex))
            };
            for larger in [
                Proportion::JawWidth,
                Proportion::BrowRidge,
                Proportion::NoseLength,
                Proportion::NoseWidth,
            ] {
                let [women, men] = groups(larger);
                tends(
                    women,
                    men,
                    &format!("{larger:?} of men on {}", atlas.head.name),
                );
            }
            for larger in [Proportion::BrowHeight, Proportion::LipFullness] {
                let [women, men] = groups(larger);
                tends(
                    men,
                    women,
                    &format!("{larger:?} of women on {}", atlas.head.name),
                );
            }
        });
    }

    #[test]
    fn ages_tend_to_their_proportions_on_every_head() {
        with_every_head(|atlas| {
            let groups =
                |proportion| [25.0, 70.0].map(|age| among(atlas, proportion, age, Sex::Female));
            for larger in [Proportion::NoseLength, Proportion::Jowls] {
                let [young, old] = groups(larger);
                tends(
                    young,
                    old,
                    &format!("{larger:?} of the old on {}", atlas.head.name),
                );
            }
            for larger in [Proportion::LipFullness, Proportion::BrowHeight] {
                let [young, old] = groups(larger);
                tends(
                    old,
                    young,
                    &format!("{larger:?} of the young on {}", atlas.head.name),
                );
            }
        });
    }

    #[test]
    fn who_rests_with_low_brows_is_not_frowning() {
        with_every_head(|atlas| {
            let mut rng = ChaCha8Rng::seed_from_u64(6);
            let mut lowered = 0;
            for _ in 0..60 {
                let nature = Nature::draw(&mut rng);
                let body = Body::draw(&mut rng, atlas, nature);
                // The brows alone: lids that droop take down what the height is measured from.
                let mut brows = Actions::default();
                for unit in [ActionUnit::Au01, ActionUnit::Au02, ActionUnit::Au04] {
                    let at = unit.index();
                    (brows.left[at], brows.right[at]) =
                        (body.bearing.left[at], body.bearing.right[at]);
                }
                let held = atlas.head.rest_with(&body.identity, &brows);
                let plain = atlas.head.rest(&body.identity);
                let height = |rest: &Rest, face: &Actions| {
                    posed_proportions(atlas, rest, face)[Proportion::BrowHeight.index()]
                };
                let still = Actions::default();
                let frown = Actions::only(ActionUnit::Au04, 1.0, 1.0);
                let way = height(&plain, &still) - height(&plain, &frown);
                assert!(way > 0.0, "a frown of {way} on {}", atlas.head.name);
                // A tenth of the way that a whole frown takes the brows of the same person.
                let low = height(&plain, &still) - height(&held, &still);
                lowered += usize::from(low > 0.1 * way);
            }
            assert!(
                (10..50).contains(&lowered),
                "{lowered} of 60 on {}",
                atlas.head.name
            );
            let still = [0.0; ActionUnit::COUNT];
            let labels = labels_of_sides(&still, &still, &atlas.head);
            assert!(
                labels
                    .values()
                    .all(|label| !label.on && label.intensity == Some(0.0))
            );
        });
    }
}
