//! Data sets of synthetic people on disk, in the layout of [`facs::Dataset`].
//!
//! Takes settings, heads and a seed; gives a folder that the trainer reads. The same settings give
//! the same bytes whatever the number of threads, and a run that was stopped goes on where it was.
//! Many jobs can share the work: each draws a [`Part`] of the shards, [`join`] makes them one.
//!
//! ```text
//! Cast (who) -> Crops or Scenes (what each image shows) -> generate (shards, labels, resume)
//! ```

mod cast;
mod crops;
mod error;
mod generate;
mod label;
mod part;
mod scenes;
mod shard;
#[cfg(test)]
mod tests;

pub use cast::{Cast, Member};
pub use crops::Crops;
pub use error::GenerateError;
pub use generate::{BLOCK, Outcome, Plan, Source, generate, generate_part, join};
pub use label::{ON, action_units, actions};
pub use part::{Part, PartError};
pub use scenes::Scenes;
