//! A software renderer for faces: triangles in, linear light out.
//!
//! Takes a [`Scene`] (vertices, triangles, surfaces), a [`Camera`] and [`Lighting`]; gives a
//! picture in linear RGB with four coverage samples per pixel, and the exact triangle behind every
//! sample, so that what is visible can be counted.
//!
//! Flow: project -> [`Samples::draw`] (z-buffer) -> [`ShadowMap`] -> [`resolve()`] (one shading per
//! pixel and surface, averaged over its samples).

mod camera;
mod fastest;
mod harmonics;
mod holes;
mod lanes;
mod light;
pub mod noise;
mod raster;
mod resolve;
mod scene;
mod shade;
mod shadow;
mod texture;
mod triangle;

pub use camera::{Camera, Projected, Rolling};
pub(crate) use fastest::{Work, fastest};
pub use harmonics::Harmonics;
pub use holes::LOOSE;
pub(crate) use lanes::Vec3x4;
pub use light::{Light, Lighting};
pub use raster::{NOTHING, SAMPLES_PER_AXIS, Samples};
pub use resolve::resolve;
pub use scene::{Scene, Surface, Triangle, Vertex};
pub(crate) use shade::{SKIN_WRAP, smooth};
pub use shadow::ShadowMap;
pub use texture::{Picture, Texture};
