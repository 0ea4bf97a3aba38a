//! The losses of the face finder, one per file.

mod distance;
mod focal;
mod overlap;

pub use distance::landmark_distance;
pub use focal::heat_focal_loss;
pub use overlap::generalised_overlap_loss;
