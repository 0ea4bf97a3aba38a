//! Aligned faces: what each crop of a data set shows.

use std::ops::Range;

use facs::Sample;
use glam::Vec2;
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::{
    cast::{Cast, Member},
    coder::Coder,
    generate::{BLOCK, Source},
    label, one_sided,
};
use crate::{
    causal::{CausalModel, FaceState, Factor, Factors, Noise},
    head::{Actions, Freeze},
    look::{Crop, Person, Renderer, Shot},
};

/// How far eyes wander from the camera, in radians (standard deviation).
const GAZE: f32 = 0.12;

/// Draws aligned crops of a cast.
#[derive(Debug)]
pub struct Crops {
    cast: Cast,
    model: CausalModel,
    coder: Coder,
    size: usize,
    /// Share of faces of which one side falls short.
    one_sided: f32,
}

impl Crops {
    /// Crops of `size` by `size` pixels with true labels.
    #[must_use]
    pub fn new(cast: Cast, model: CausalModel, size: usize) -> Self {
        Self {
            cast,
            model,
            coder: Coder::default(),
            size,
            one_sided: 0.0,
        }
    }

    /// The same crops, but of `share` of the faces one side falls short, wholly or in part. Labels of
    /// action units are those of what is seen, the expression is that of the whole face.
    #[must_use]
    pub fn one_sided(self, share: f32) -> Self {
        Self {
            one_sided: share,
            ..self
        }
    }

    /// The same crops, labelled by somebody.
    #[must_use]
    pub fn labelled_by(self, coder: Coder) -> Self {
        Self { coder, ..self }
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
        let noise = self.model.noise(&mut rng);
        let gaze = gaze(&mut rng);
        let side = &self.cast.side_rng(index);
        let (face, frozen, crop) = self.shoot(person, noise, gaze, renderer, &mut rng, side);
        pixels.copy_from_slice(&crop.pixels);
        let head = self.cast.head(member.head_index);
        let labels = &mut self.cast.label_rng(index);
        let mut provenance = label::provenance(&face, &self.model, person);
        let mut shown = face;
        if let Some(frozen) = frozen {
            shown = one_sided::shown(&shown, frozen);
            let symmetry = label::hundredths(1.0 - frozen.share);
            provenance.done.insert("symmetry".to_owned(), symmetry);
        }
        Sample {
            image: index,
            subject: member.subject.clone(),
            domain: member.head.to_owned(),
            split: member.split,
            action_units: label::action_units(&shown, head, &self.coder, labels),
            expression: Some(shown.expression),
            faces: vec![label::face(&crop)],
            look_alikes: Vec::new(),
            provenance: Some(provenance),
        }
    }

    /// A shot of a pose that can be aligned: almost every one can. What the face does may depend
    /// on who it is and on the shot, never the other way round.
    fn shoot(
        &self,
        person: &Person,
        mut noise: Noise,
        gaze: Vec2,
        renderer: &mut Renderer,
        rng: &mut impl Rng,
        side: &(impl Rng + Clone),
    ) -> (FaceState, Option<Freeze>, Crop) {
        loop {
            let shot = Shot::draw(rng);
            noise.factors = factors(person, &shot);
            let face = self.model.resolve(&noise, &[]);
            let frozen = one_sided::draw(self.one_sided, &face, &mut side.clone());
            let actions = Actions {
                gaze,
                frozen: frozen.unwrap_or_default(),
                ..label::actions(&face)
            };
            let studio = self.cast.studio();
            if let Some(crop) =
                renderer.crop(studio, person, &actions, &shot, &align::template(self.size))
            {
                return (face, frozen, crop);
            }
        }
    }
}

/// What a picture of a person shows that no unit causes.
pub(super) fn factors(person: &Person, shot: &Shot) -> Factors {
    Factors(Factor::ALL.map(|factor| match factor {
        Factor::Identity => person.tone_rank(),
        Factor::Light => shot.softness_rank(),
        Factor::Camera => shot.exposure_rank(),
    }))
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

/// Where eyes look that look about.
pub(super) fn gaze(rng: &mut impl Rng) -> Vec2 {
    let turn = [0; 2].map(|_| GAZE * rng.sample::<f32, _>(StandardNormal));
    turn.into()
}
