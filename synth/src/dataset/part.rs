//! Which shards of a data set one of several jobs draws.
//!
//! Takes a share as text, `2/8`; gives the shards of a [`Plan`] that the third of eight jobs draws.

use std::{fmt, ops::Range, str::FromStr};

use super::generate::Plan;

/// A share of the shards of a data set: every `count`th, beginning with `index`.
///
/// ```
/// let part: synth::dataset::Part = "2/8".parse()?;
/// assert!("8/8".parse::<synth::dataset::Part>().is_err());
/// # assert_eq!(part.to_string(), "2/8");
/// # Ok::<(), synth::dataset::PartError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    index: usize,
    count: usize,
}

/// Text that names no part.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no part: expected I/N with I from 0 to N - 1, such as 0/8")]
pub struct PartError {
    /// The text.
    pub text: String,
}

impl Part {
    /// All shards.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// Numbers and images of the shards of this part.
    pub fn shards(self, plan: &Plan) -> impl Iterator<Item = (usize, Range<usize>)> + use<> {
        let (images, each) = (plan.images, plan.shard_images);
        let shards = (self.index..images.div_ceil(each)).step_by(self.count);
        shards.map(move |shard| (shard, shard * each..((shard + 1) * each).min(images)))
    }

    /// How many images this part has.
    #[must_use]
    pub fn images(self, plan: &Plan) -> usize {
        self.shards(plan).map(|(_, images)| images.len()).sum()
    }
}

impl FromStr for Part {
    type Err = PartError;

    fn from_str(text: &str) -> Result<Self, PartError> {
        let numbers = text.split_once('/');
        let part = numbers.and_then(|(index, count)| {
            Some(Self {
                index: index.parse().ok()?,
                count: count.parse().ok()?,
            })
        });
        part.filter(|part| part.index < part.count)
            .ok_or_else(|| PartError { text: text.into() })
    }
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use facs::DatasetKind;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_image_is_in_exactly_one_part(
            images in 1_usize..300,
            shard_images in 1_usize..40,
            count in 1_usize..12,
        ) {
            let (width, height) = (16, 16);
            let origin = serde_json::Value::Null;
            let kind = DatasetKind::Crops;
            let plan = Plan { kind, width, height, images, shard_images, origin };
            let mut seen = vec![0; images];
            for index in 0..count {
                for (shard, range) in (Part { index, count }).shards(&plan) {
                    prop_assert_eq!(range.start, shard * shard_images);
                    range.for_each(|image| seen[image] += 1);
                }
            }
            prop_assert!(seen.iter().all(|times| *times == 1));
        }
    }

    #[test]
    fn text_that_is_no_part_is_refused() {
        for text in ["", "1", "8/8", "-1/8", "1/0", "a/b"] {
            assert!(text.parse::<Part>().is_err(), "{text}");
        }
        assert_eq!("0/1".parse(), Ok(Part::WHOLE));
    }
}
