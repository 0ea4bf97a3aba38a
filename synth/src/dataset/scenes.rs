//! Whole frames with any number of faces: what each scene of a data set shows.

use std::ops::Range;

use facs::{FaceLabel, Sample, Split};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{
    cast::Cast,
    crops::gaze,
    generate::{BLOCK, Source},
    label,
};
use crate::{
    causal::CausalModel,
    head::Actions,
    look::{Company, Person, Renderer},
};

/// People that a block of scenes chooses from.
const TROUPE: usize = 6;

/// Draws scenes with members of a cast; those of different parts never meet.
#[derive(Debug)]
pub struct Scenes {
    cast: Cast,
    model: CausalModel,
    size: [usize; 2],
    company: Company,
}

impl Scenes {
    /// Scenes of a width and a height.
    #[must_use]
    pub const fn new(cast: Cast, model: CausalModel, size: [usize; 2]) -> Self {
        Self {
            cast,
            model,
            size,
            company: Company::Any,
        }
    }

    /// The same scenes with other company.
    #[must_use]
    pub const fn with(mut self, company: Company) -> Self {
        self.company = company;
        self
    }

    /// The part of a block, and the people of that part who play in it.
    fn troupe(&self, block: usize) -> (Split, Vec<Person>) {
        let split = Cast::split_of(block);
        let mut rng = self.cast.block_rng(block);
        let people = (0..TROUPE).map(|_| {
            let start = rng.random_range(0..self.cast.persons());
            let around = (start..self.cast.persons()).chain(0..start);
            let found = around
                .into_iter()
                .find(|&index| self.cast.member(index).split == split);
            // A cast too small to have this part lends whom it has.
            self.cast.person(found.unwrap_or(start))
        });
        (split, people.collect())
    }

    fn sample(
        &self,
        index: usize,
        (split, people): &(Split, Vec<Person>),
        renderer: &mut Renderer,
        pixels: &mut [u8],
    ) -> Sample {
        let mut rng = self.cast.image_rng(index);
        let act = |rng: &mut ChaCha8Rng| {
            let face = self.model.observe(rng);
            Actions {
                gaze: gaze(rng),
                ..label::actions(&face)
            }
        };
        let crowd = renderer.crowd(
            self.cast.studio(),
            people,
            &mut rng,
            self.size,
            self.company,
            act,
        );
        pixels.copy_from_slice(&crowd.pixels);
        let faces = crowd.faces.iter().map(|face| FaceLabel {
            bounding_box: label::rounded_box(&face.bounding_box),
            landmarks: label::rounded(&face.landmarks),
            visible: label::hundredths(face.visible),
        });
        Sample {
            image: index,
            subject: format!("troupe-{:05}", index / BLOCK),
            domain: "synth".to_owned(),
            split: *split,
            action_units: [].into(),
            expression: None,
            faces: faces.collect(),
            look_alikes: crowd.look_alikes.iter().map(label::rounded_box).collect(),
            provenance: None,
        }
    }
}

impl Source for Scenes {
    fn draw(&self, images: Range<usize>, pixels: &mut [u8]) -> Vec<Sample> {
        let mut renderer = Renderer::new();
        let [width, height] = self.size;
        let mut samples = Vec::with_capacity(images.len());
        let mut pictures = pixels.chunks_exact_mut(width * height * 3);
        // Where shards do not begin with a block, two troupes share the images.
        let mut first = images.start;
        while first < images.end {
            let last = images.end.min((first / BLOCK + 1) * BLOCK);
            let troupe = self.troupe(first / BLOCK);
            for (index, pixels) in (first..last).zip(&mut pictures) {
                samples.push(self.sample(index, &troupe, &mut renderer, pixels));
            }
            first = last;
        }
        samples
    }
}
