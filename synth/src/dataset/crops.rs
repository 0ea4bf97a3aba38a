//! Aligned faces: what each crop of a data set shows.

use std::ops::Range;

use facs::{BoundingBox, FaceLabel, Sample};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::{
    cast::{Cast, Member},
    generate::{BLOCK, Source},
    label,
};
use crate::{
    causal::CausalModel,
    head::Actions,
    look::{Crop, Person, Renderer, Shot},
};

/// How far eyes wander from the camera, in radians (standard deviation).
const GAZE: f32 = 0.12;

/// Draws aligned crops of a cast.
#[derive(Debug)]
pub struct Crops {
    cast: Cast,
    model: CausalModel,
    size: usize,
}

impl Crops {
    /// Crops of `size` by `size` pixels.
    #[must_use]
    pub const fn new(cast: Cast, model: CausalModel, size: usize) -> Self {
        Self { cast, model, size }
    }

    fn sample(
        &self,
        index: usize,
        member: &Member<'_>,
        person: &Person,
        renderer: &mut Renderer,
        pixels: &mut [u8],
    ) -> Sample {
        let mut rng = self.cast.image_rng(index);
        let face = self.model.observe(&mut rng);
        let actions = glancing(label::actions(&face), &mut rng);
        let crop = self.shoot(person, &actions, renderer, &mut rng);
        pixels.copy_from_slice(&crop.pixels);
        let side = self.size as f32;
        Sample {
            image: index,
            subject: member.subject.clone(),
            domain: member.head.to_owned(),
            split: member.split,
            action_units: label::action_units(&face, self.cast.head(member.head_index)),
            expression: Some(face.expression),
            faces: vec![FaceLabel {
                bounding_box: BoundingBox {
                    x: 0.0,
                    y: 0.0,
                    width: side,
                    height: side,
                },
                landmarks: label::rounded(&crop.landmarks),
                visible: label::hundredths(crop.visible),
            }],
        }
    }

    /// A shot of a pose that can be aligned: almost every one can.
    fn shoot(
        &self,
        person: &Person,
        actions: &Actions,
        renderer: &mut Renderer,
        rng: &mut impl Rng,
    ) -> Crop {
        loop {
            let shot = Shot::draw(rng);
            if let Some(crop) = renderer.crop(self.cast.studio(), person, actions, &shot, self.size)
            {
                return crop;
            }
        }
    }
}

impl Source for Crops {
    fn draw(&self, images: Range<usize>, pixels: &mut [u8]) -> Vec<Sample> {
        let mut renderer = Renderer::new();
        let mut samples = Vec::with_capacity(images.len());
        let mut pictures = pixels.chunks_exact_mut(self.size * self.size * 3);
        // Where shards do not begin with a block, two persons share the images.
        let mut first = images.start;
        while first < images.end {
            let last = images.end.min((first / BLOCK + 1) * BLOCK);
            let member = self.cast.member_of_block(first / BLOCK);
            let person = self.cast.person(member.index);
            for (index, pixels) in (first..last).zip(&mut pictures) {
                samples.push(self.sample(index, &member, &person, &mut renderer, pixels));
            }
            first = last;
        }
        samples
    }
}

/// The same face with eyes that look about.
pub(super) fn glancing(actions: Actions, rng: &mut impl Rng) -> Actions {
    let gaze = [0; 2].map(|_| GAZE * rng.sample::<f32, _>(StandardNormal));
    Actions {
        gaze: gaze.into(),
        ..actions
    }
}
