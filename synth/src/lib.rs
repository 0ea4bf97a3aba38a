//! Synthetic people: a causal model over action units, a 3D head, a renderer.
//!
//! Takes a seed; gives labelled pictures of people whose causes are known.
//!
//! - [`causal`]: which action units are active and which expression they show.
//! - [`cli`]: the `synth` command.
//! - [`clip`]: what a face does over a few seconds, and sets of labelled clips.
//! - [`dataset`]: labelled images on disk.
//! - [`graph`]: the true graph on paper and for other programs.
//! - [`head`]: meshes whose shape follows an identity and the action units of each side.
//! - [`look`]: people and the pictures that are taken of them.
//! - [`render`]: the software renderer.
//! - [`sheet`]: every action unit of a head, or many people, in one picture.

pub mod causal;
pub mod cli;
pub mod clip;
pub mod dataset;
pub mod graph;
pub mod head;
pub mod look;
pub mod render;
pub mod sheet;

/// The look of pictures: raise when pictures of a seed change. Data sets and clips tell it in their
/// origin, so that none is gone on with by a `synth` that draws otherwise.
pub const LOOK: u32 = 3;
