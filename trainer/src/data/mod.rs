//! Data on its way into a network: images mapped into memory, augmentation, batches made ahead; and
//! the way there for real data sets, [`sets`] and [`import`].

mod augment;
mod images;
pub mod import;
mod loader;
mod parts;
pub mod sets;
mod supervision;

pub(crate) use augment::mirror;
pub use augment::{Augment, PixelBatch};
pub use images::{Images, ImagesError};
pub use loader::{BatchPlan, Loader};
pub(crate) use parts::domains;
pub use parts::{Parts, PartsError};
pub use supervision::{Supervision, hide_labels};
