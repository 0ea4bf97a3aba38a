//! Data sets of synthetic people on disk, in the layout of [`facs::Dataset`].
//!
//! Takes settings, heads and a seed; gives a folder that the trainer reads. The same settings give
//! the same bytes whatever the number of threads, and a run that was stopped goes on where it was.
//! Many jobs can share the work: each draws a [`Part`] of the shards, [`join`] makes them one.
//!
//! ```text
//! Cast (who) -> Crops or Scenes (what each image shows) -> generate (shards, labels, resume)
//!                Symmetry or Pairs (what changes from image to image)
//! Coder (who labels)
//! ```

mod cast;
mod coder;
mod crops;
mod error;
mod generate;
mod label;
mod one_sided;
mod pairs;
mod part;
mod scenes;
mod sitting;
mod symmetry;
#[cfg(test)]
mod tests;

pub use cast::{Cast, Member};
pub use coder::{Coder, Flip, NoFlip};
pub use crops::Crops;
pub use error::GenerateError;
pub use generate::{BLOCK, Outcome, Plan, Source, generate, generate_part, join};
pub use label::{action_units, actions, provenance};
pub(crate) use label::{hundredths, labels_of_sides, rounded, rounded_box};
pub use pairs::{PairPlan, Pairs};
pub use part::{Part, PartError};
pub use scenes::Scenes;
pub use sitting::{Sitting, prototype};
pub use symmetry::{Symmetry, SymmetryGrid};
