//! Landmarks to crop: the only place where pixels are warped.
//!
//! Takes a borrowed frame, RGB or YUV, and five landmarks of a face; gives an aligned square crop, the
//! transform between the two, the head's pose, the crop's sharpness, and the face made of one of its
//! halves.
//!
//! ```
//! # let pixels = vec![90_u8; 320 * 240 * 3];
//! let frame = align::RgbView::new(&pixels, 320, 240, 320 * 3)?;
//! let landmarks = facs::Landmarks5::from_array([
//!     [130.0, 90.0], [190.0, 92.0], [160.0, 125.0], [137.0, 157.0], [183.0, 158.0],
//! ]);
//! let template = align::template(112);
//! let crop_from_frame = align::Similarity::estimate(&landmarks, &template.landmarks).unwrap();
//! let mut crop = vec![0; 112 * 112 * 3];
//! align::warp(&frame, &crop_from_frame, 112, &mut crop);
//! # Ok::<(), align::RgbViewError>(())
//! ```
//!
//! Coordinates are continuous pixels: the first pixel covers `[0, 1)` and its centre is at 0.5, so
//! a template scales with its crop and a crop of a crop stays where it was.

mod chimera;
mod color;
mod pose;
mod rgb;
mod sharpness;
mod similarity;
mod template;
mod view;
mod warp;
mod window;
mod yuv;

pub use chimera::{Side, UnknownSide, chimera};
pub use color::{ChromaSiting, RgbFromYuv, YuvColor, YuvMatrix};
pub use pose::{GENERIC_FACE_MM, head_pose};
pub use rgb::{RgbView, RgbViewError};
pub use sharpness::sharpness;
pub use similarity::Similarity;
pub use template::{TEMPLATE_UNIT, template};
pub use view::View;
pub use warp::{MAX_SUBSAMPLES, warp};
pub use window::{WINDOW_SHARE, window};
pub use yuv::{Chroma, Plane, YuvView, YuvViewError};
