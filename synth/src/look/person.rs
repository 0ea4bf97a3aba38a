//! One person: a head, a skin, eyes, hair, clothes, glasses.
//!
//! Takes chance and a [`Studio`]; gives a [`Person`] that can enter a scene in any pose with any
//! face. Drawing a person is dear (its skin is painted); let many pictures share one.

use glam::Vec3;
use rand::{Rng, RngExt};

use super::{
    Studio, colour,
    dice::{between, chance, normal},
    hair::{Cut, Skull},
    mask::Mask,
    skin::{Canvas, Complexion},
    solid::Solid,
    studio::Measure,
    wear::{Clothes, Glasses},
};
use crate::head::{Actions, Rest, Shape};

/// Share of people who wear a mask.
const MASKED: f64 = 0.04;

/// What one person looks like.
#[derive(Clone, Debug)]
pub struct Person {
    pub(super) head: usize,
    pub(super) identity: Vec<f32>,
    pub(super) rest: Rest,
    pub(super) complexion: Complexion,
    pub(super) canvas: Canvas,
    pub(super) measure: Measure,
    pub(super) eyes: EyeLook,
    pub(super) lashes: f32,
    pub(super) teeth: Vec3,
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
        let modes = studio.atlases[head].head.identity_modes;
        let identity = (0..modes)
            .map(|_| normal(rng, 0.8).clamp(-2.0, 2.0))
            .collect();
        let mut complexion = Complexion::draw(rng);
        let cut = Cut::draw(rng, complexion.hairline);
        if cut.is_none() {
            complexion.scalp = between(rng, 0.0, 0.5);
        }
        let eyes = EyeLook {
            sclera: Vec3::new(0.66, 0.62, 0.60) * between(rng, 0.7, 1.1),
            iris: colour::iris(rng, complexion.skin),
            iris_size: between(rng, 0.93, 1.08),
            pupil: between(rng, 0.75, 1.5),
        };
        let teeth = Vec3::new(0.80, 0.75, 0.66) * between(rng, 0.7, 1.1);
        let teeth = teeth * Vec3::new(1.0, between(rng, 0.94, 1.02), between(rng, 0.8, 1.05));
        let lashes = between(rng, 0.5, 1.4);
        let clothes = Clothes::draw(rng);
        let glasses = chance(rng, 0.2).then(|| Glasses::draw(rng));
        let gloss = between(rng, 0.03, 0.25);
        let person = Self::made(studio, head, identity, complexion, cut, gloss, rng.random())
            .dressed(eyes, lashes, teeth, clothes, glasses);
        Self {
            mask: chance(rng, MASKED).then(|| Mask::draw(rng)),
            ..person
        }
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
            sclera: Vec3::new(0.78, 0.75, 0.72),
            iris: colour::srgb(92, 76, 52),
            iris_size: 1.0,
            pupil: 1.0,
        };
        let teeth = Vec3::new(0.78, 0.73, 0.65);
        let mut complexion = Complexion::plain();
        complexion.scalp = 0.4;
        Self::made(studio, head, Vec::new(), complexion, None, 0.1, 0).dressed(
            eyes,
            0.6,
            teeth,
            Clothes::draw(rng),
            None,
        )
    }

    fn made(
        studio: &Studio,
        head: usize,
        identity: Vec<f32>,
        complexion: Complexion,
        cut: Option<Cut>,
        gloss: f32,
        seed: u32,
    ) -> Self {
        let atlas = &studio.atlases[head];
        let mut neutral = Shape::default();
        let rest = atlas.head.rest(&identity);
        atlas.head.pose(&rest, &Actions::default(), &mut neutral);
        let measure = Measure::of(&neutral.landmarks);
        let hair = cut.map(|cut| {
            let skull = Skull::measure(&neutral.parts[0].positions, &measure);
            let mut solid = cut.grow(&skull, &measure);
            for vertex in &mut solid.vertices {
                vertex.tint.x = cut.ragged;
            }
            (solid, gloss, seed)
        });
        Self {
            canvas: Canvas::paint(atlas, &complexion),
            measure,
            eyes: EyeLook {
                sclera: Vec3::ONE,
                iris: Vec3::ONE,
                iris_size: 1.0,
                pupil: 1.0,
            },
            lashes: 0.5,
            teeth: Vec3::ONE,
            hair,
            clothes: Clothes::plain(),
            glasses: None,
            mask: None,
            face_center: atlas.head.anatomy.face_center,
            head,
            identity,
            rest,
            complexion,
        }
    }

    fn dressed(
        self,
        eyes: EyeLook,
        lashes: f32,
        teeth: Vec3,
        clothes: Clothes,
        glasses: Option<Glasses>,
    ) -> Self {
        Self {
            eyes,
            lashes,
            teeth,
            clothes,
            glasses,
            ..self
        }
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
