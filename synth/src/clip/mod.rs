//! Clips: what a face does over a few seconds, and sets of labelled clips.
//!
//! Takes chance and a causal model; gives films whose every moment is known.
//!
//! ```text
//! Course (onset, apex, offset) \
//! Speech (mouth shapes)         > Performance -> Film -> frames -> Media (pictures or H.264)
//! Motion (head, gaze, blinks)  /
//! ```
//!
//! - [`Performance`]: everything a face does, read at any time as a [`Moment`].
//! - [`Film`]: a person who performs before a camera.
//! - [`Gathering`]: several people, or nobody, before a camera that moves.
//! - [`ClipPlan`] and [`generate`]: a folder of clips in the layout of [`facs::ClipSet`].

mod course;
mod error;
mod film;
mod gathering;
mod generate;
mod media;
mod motion;
mod performance;
mod script;
mod source;
mod speech;
mod stamp;
#[cfg(test)]
mod tests;

pub use course::Course;
pub use error::ClipError;
pub use film::Film;
pub use gathering::Gathering;
pub use generate::{ClipOutcome, ClipPlan, generate};
pub use media::{Encoder, Medium};
pub use motion::Motion;
pub use performance::{Act, Moment, Performance};
pub use source::{ClipKind, Clips};
pub use speech::Speech;
