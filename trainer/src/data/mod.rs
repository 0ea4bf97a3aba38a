//! Data on its way into a network: images mapped into memory, augmentation, batches made ahead.

mod augment;
mod images;
mod loader;

pub(crate) use augment::mirror;
pub use augment::{Augment, PixelBatch};
pub use images::{Images, ImagesError};
pub use loader::{BatchPlan, Loader};
