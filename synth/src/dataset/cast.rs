//! Who is in a data set: heads, persons and the parts they belong to.

use std::path::Path;

use facs::Split;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::error::GenerateError;
use crate::{
    head::Head,
    look::{Person, Studio},
};

/// Parts of ten consecutive persons of one head. The first four cover all parts, so that even a
/// small cast has each.
const SPLITS: [Split; 10] = [
    Split::Train,
    Split::Train,
    Split::Validation,
    Split::Test,
    Split::Train,
    Split::Train,
    Split::Train,
    Split::Train,
    Split::Train,
    Split::Train,
];

/// Streams of the random generator: images from 0, sides that fall short, labels, blocks
/// and persons from here on.
const SIDE_STREAMS: u64 = 1 << 60;
const LABEL_STREAMS: u64 = 1 << 61;
const BLOCK_STREAMS: u64 = 1 << 62;
const PERSON_STREAMS: u64 = 1 << 63;

/// The persons of a data set, spread evenly over some heads.
#[derive(Debug)]
pub struct Cast {
    /// The heads, ready to be made into people.
    studio: Studio,
    /// Their names.
    heads: Vec<String>,
    /// How many persons.
    persons: usize,
    seed: u64,
}

/// One person of a cast.
#[derive(Clone, Debug)]
pub struct Member<'a> {
    /// Number within the cast.
    pub index: usize,
    /// Position in the studio of the head that the person's face is made from.
    pub head_index: usize,
    /// Name of that head.
    pub head: &'a str,
    /// Name in the samples.
    pub subject: String,
    /// Which part all samples of the person belong to.
    pub split: Split,
}

impl Cast {
    /// Spreads `persons` over `heads`.
    ///
    /// # Errors
    /// [`GenerateError`] without heads or persons, or when two heads have one name.
    pub fn new(heads: Vec<Head>, persons: usize, seed: u64) -> Result<Self, GenerateError> {
        for (index, head) in heads.iter().enumerate() {
            if heads[..index].iter().any(|other| other.name == head.name) {
                return Err(GenerateError::SameHead {
                    name: head.name.clone(),
                });
            }
        }
        if persons < heads.len() || heads.is_empty() {
            let expected = format!("{} or more, one per head", heads.len().max(1));
            return Err(GenerateError::Setting {
                field: "persons",
                value: persons,
                expected,
            });
        }
        let names = heads.iter().map(|head| head.name.clone()).collect();
        Ok(Self {
            studio: Studio::new(heads),
            heads: names,
            persons,
            seed,
        })
    }

    /// Reads a head: `built-in` or the path of a glTF file.
    ///
    /// # Errors
    /// [`GenerateError::Head`], naming the file.
    pub fn head_named(name: &str) -> Result<Head, GenerateError> {
        match name {
            "built-in" => Ok(Head::built_in()),
            path => Ok(Head::load(Path::new(path))?),
        }
    }

    /// The heads, ready to be made into people.
    #[must_use]
    pub fn studio(&self) -> &Studio {
        &self.studio
    }

    /// One of the heads.
    ///
    /// # Panics
    /// When there is no head of this index.
    #[must_use]
    pub fn head(&self, index: usize) -> &Head {
        self.studio
            .heads()
            .nth(index)
            .expect("a member's head is in the studio")
    }

    /// What all persons follow from.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// How many persons.
    #[must_use]
    pub const fn persons(&self) -> usize {
        self.persons
    }

    /// The person whom a block of images shows: all persons take turns.
    #[must_use]
    pub fn member_of_block(&self, block: usize) -> Member<'_> {
        self.member(block % self.persons)
    }

    /// One person.
    #[must_use]
    pub fn member(&self, index: usize) -> Member<'_> {
        let count = self.studio.heads().len();
        let head_index = index % count;
        Member {
            index,
            head_index,
            head: &self.heads[head_index],
            subject: format!("{}-{index:05}", self.heads[head_index]),
            split: SPLITS[index / count % SPLITS.len()],
        }
    }

    /// Paints one person, the same one each time: dear, so that a block of images shares it.
    #[must_use]
    pub fn person(&self, index: usize) -> Person {
        let mut rng = stream(self.seed, PERSON_STREAMS + index as u64);
        Person::of_head(&mut rng, &self.studio, self.member(index).head_index)
    }

    /// The part that a block of images without a subject of its own belongs to.
    #[must_use]
    pub const fn split_of(block: usize) -> Split {
        SPLITS[block % SPLITS.len()]
    }

    /// The generator of what a block of images shares.
    #[must_use]
    pub fn block_rng(&self, block: usize) -> ChaCha8Rng {
        stream(self.seed, BLOCK_STREAMS + block as u64)
    }

    /// The generator of what is particular to an image.
    #[must_use]
    pub fn image_rng(&self, image: usize) -> ChaCha8Rng {
        stream(self.seed, image as u64)
    }

    /// The generator of what of an image's face falls short: nothing else depends on it.
    #[must_use]
    pub fn side_rng(&self, image: usize) -> ChaCha8Rng {
        stream(self.seed, SIDE_STREAMS + image as u64)
    }

    /// The generator of the errors in the labels of an image: pictures do not depend on it.
    #[must_use]
    pub fn label_rng(&self, image: usize) -> ChaCha8Rng {
        stream(self.seed, LABEL_STREAMS + image as u64)
    }
}

fn stream(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}
