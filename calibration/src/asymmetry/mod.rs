//! How asymmetric a face is, by what can be seen or was coded.
//!
//! Three measures, each 0 for perfect symmetry: of a crop's pixels ([`mirror_distance`]), of its landmarks
//! ([`landmark_asymmetry`]), of what both sides were coded to do ([`action_asymmetry`]). A face that is
//! turned looks asymmetric to the first two, whatever it does.

mod actions;
mod landmarks;
mod mirror;

pub use actions::action_asymmetry;
pub use landmarks::landmark_asymmetry;
pub use mirror::mirror_distance;
