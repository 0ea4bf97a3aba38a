//! Which clips a set holds: the laboratory or the wild.
//!
//! Takes a cast and a causal model; gives for every number a clip with its labels, the same one
//! each time, whatever else is drawn.

use facs::{Clip, ClipLabels, Expression};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{Course, Film, Performance};
use crate::{
    causal::CausalModel,
    dataset::Cast,
    head::Head,
    look::{Placement, Shot, dice::between},
};

/// What kind of clips.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClipKind {
    /// Few subjects, frontal, plain light before grey; action units in every frame and no
    /// expression.
    Lab,
    /// Many subjects in any light, pose and picture quality; one expression per clip and no action
    /// units.
    Wild,
}

impl ClipKind {
    /// The name on the command line and in clips.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lab => "lab",
            Self::Wild => "wild",
        }
    }

    /// What is labelled.
    #[must_use]
    pub const fn labels(self) -> ClipLabels {
        match self {
            Self::Lab => ClipLabels::ActionUnits,
            Self::Wild => ClipLabels::Expressions,
        }
    }

    /// How many persons a set of `clips` has unless told otherwise.
    #[must_use]
    pub fn persons(self, clips: usize) -> usize {
        match self {
            Self::Lab => (clips / 8).clamp(4, 40),
            Self::Wild => clips.max(4),
        }
    }

    /// A seed for the cast, so that the two kinds never share a person.
    #[must_use]
    pub const fn cast_seed(self, seed: u64) -> u64 {
        match self {
            Self::Lab => seed ^ 0x006c_6162,
            Self::Wild => seed ^ 0x7769_6c64,
        }
    }
}

/// Draws the clips of a set.
#[derive(Debug)]
pub struct Clips {
    kind: ClipKind,
    cast: Cast,
    model: CausalModel,
    size: [usize; 2],
    secs: f32,
}

impl Clips {
    /// Clips of `size` columns and rows, `secs` long.
    #[must_use]
    pub const fn new(
        kind: ClipKind,
        cast: Cast,
        model: CausalModel,
        size: [usize; 2],
        secs: f32,
    ) -> Self {
        Self {
            kind,
            cast,
            model,
            size,
            secs,
        }
    }

    /// What kind.
    #[must_use]
    pub const fn kind(&self) -> ClipKind {
        self.kind
    }

    /// Columns and rows.
    #[must_use]
    pub const fn size(&self) -> [usize; 2] {
        self.size
    }

    /// The people.
    #[must_use]
    pub const fn cast(&self) -> &Cast {
        &self.cast
    }

    /// The head of a clip's subject.
    #[must_use]
    pub fn head(&self, index: usize) -> &Head {
        let member = self.cast.member_of_block(index);
        self.cast.head(member.head_index)
    }

    /// What is said about a clip as a whole, without drawing it.
    #[must_use]
    pub fn describe(&self, index: usize, frames: usize, media: String) -> Clip {
        let member = self.cast.member_of_block(index);
        let name = self.name(index);
        Clip {
            subject: format!("{}-{}", self.kind.name(), member.subject),
            domain: member.head.to_owned(),
            split: member.split,
            frames,
            media,
            frame_labels: format!("{name}.jsonl"),
            expression: self.perform(index).1,
            clip: name,
        }
    }

    /// Name of a clip, and of its files.
    #[must_use]
    pub fn name(&self, index: usize) -> String {
        format!("{}-{index:06}", self.kind.name())
    }

    /// The take of a clip.
    #[must_use]
    pub fn film(&self, index: usize) -> Film {
        let member = self.cast.member_of_block(index);
        let (performance, _, mut rng) = self.perform(index);
        let person = self.cast.person(member.index);
        let person = match self.kind {
            ClipKind::Lab => person.bare_faced(),
            ClipKind::Wild => person,
        };
        let place = |height, offset| Placement {
            height,
            offset,
            cover: 0.0,
        };
        let (shot, place, cover) = match self.kind {
            ClipKind::Lab => {
                let place = place(between(&mut rng, 0.58, 0.66), [0.0, 0.02]);
                (Shot::cabinet(&mut rng), place, None)
            }
            ClipKind::Wild => {
                let height = between(&mut rng, 0.35, 0.8);
                let room = 0.5 * (0.95 - height);
                let mut offset = || between(&mut rng, -room, room);
                let place = place(height, [offset(), offset()]);
                let start = between(&mut rng, -0.2, 0.9) * self.secs;
                let stay = between(&mut rng, 0.1, 0.6) * self.secs;
                let cover = Course::draw(&mut rng, start, stay);
                (Shot::draw(&mut rng), place, Some(cover))
            }
        };
        Film {
            person,
            shot,
            performance,
            place,
            cover,
            size: self.size,
        }
    }

    /// The performance of a clip, its expression where that is labelled, and the chance that is
    /// left for the picture.
    fn perform(&self, index: usize) -> (Performance, Option<Expression>, ChaCha8Rng) {
        let mut rng = self.cast.image_rng(index);
        match self.kind {
            ClipKind::Lab => {
                let performance = Performance::session(&self.model, self.secs, &mut rng);
                (performance, None, rng)
            }
            ClipKind::Wild => {
                let all = Expression::EIGHT;
                let wanted = all[rng.random_range(0..all.len())];
                let (performance, shown) =
                    Performance::scene(&self.model, wanted, self.secs, &mut rng);
                (performance, Some(shown), rng)
            }
        }
    }
}
