//! What people and pictures of them look like.
//!
//! Takes heads and chance; gives pictures with the truth about every face in them.
//!
//! - [`Studio`]: heads, measured once.
//! - [`Person`]: one person of a studio: skin, eyes, hair, glasses, clothes.
//! - [`Shot`]: pose, light, backdrop, what is in the way, film.
//! - [`Renderer::crop`]: an aligned face, as the affect model sees it; [`Renderer::crop_like`]: the
//!   same picture with another face.
//! - [`Renderer::portrait`]: a frame with one person, posed by hand.
//! - [`Renderer::crowd`]: a frame with any number of faces, as the face finder sees it.
//! - [`Setting`]: such a frame before it is rendered; [`Renderer::frame`] renders it from a camera
//!   that moves.
//! - [`Times`]: where the time of crops went.
//!
//! Everything random is drawn from the generator that is passed in; the same generator gives the
//! same bytes.

mod backdrop;
mod beard;
mod bearing;
mod clock;
mod codec;
mod colour;
mod complexion;
mod crease;
mod crop;
mod crowd;
mod decoy;
mod develop;
pub(crate) mod dice;
mod enter;
mod film;
mod furrow;
mod hair;
mod hand;
mod jpeg;
mod lamps;
mod lens;
mod lids;
mod marks;
mod mask;
mod mouth;
mod nature;
mod person;
mod portrait;
mod rank;
mod setting;
mod shot;
mod skin;
mod solid;
mod studio;
#[cfg(test)]
mod tests;
mod wear;

use backdrop::Backdrop;

pub use clock::{Phase, Times};
pub use crop::{Crop, Reference, Renderer};
pub use crowd::{Crowd, CrowdFace};
pub use person::Person;
pub use portrait::{Placement, Portrait};
pub use setting::{Acting, Company, Setting, Sight};
pub use shot::{Occluder, Shot};
pub use studio::Studio;
