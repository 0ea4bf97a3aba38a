//! Layers that more than one network is built of.

mod backbone;
mod conv_block;
mod image_input;
mod residual_block;
mod squeeze_excite;

pub use backbone::{Backbone, BackboneConfig};
pub use conv_block::{ConvBlock, ConvBlockConfig};
pub use image_input::ImageInput;
pub use residual_block::{ResidualBlock, ResidualBlockConfig};
pub use squeeze_excite::{SqueezeExcite, SqueezeExciteConfig};
