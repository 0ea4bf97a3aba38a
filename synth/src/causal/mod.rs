//! Which action units are active, why, and which expression they show: a structural causal model.
//!
//! Takes a TOML file (`data/affect.toml` is built in) and a random generator; gives [`FaceState`]s,
//! observed or under interventions, and the true [`Graphs`].
//!
//! Exogenous variables, all independent but for the intention, which is a declared confounder:
//! the intention `k` with its strength `s`, per unit a recruitment `r_i` (0 with probability 0.15,
//! else uniform in [0.7, 1.2]), a spontaneous act `u_i` (0, or uniform in [1, 5] with probability
//! `rate_i * spontaneous_k`) and a waver `e_i` (normal, standard deviation `noise_i`), the sides of
//! the face, the draw of the expression, the circumstances `c` (kind of smile, culture) and the
//! group `g` of what no unit causes ([`Factor`]). Then, in topological order:
//!
//! ```text
//! drive_i = 5 s r_i intent_ki + u_i + e_i + bias_gi + sum over parents j of weight_ji(c) a_j
//! a_i     = 0 where drive_i < onset, else min(drive_i, 5)
//! z_x     = bias_x + sum over units i of weight_ix(c) a_i
//! P(x)    = exp(gain z_x) / sum over y of exp(gain z_y)
//! ```
//!
//! `do(a_i = v)` replaces the equation of `a_i` by the value; nothing upstream changes. Exogenous
//! variables are drawn first and in one order, so that the same [`Noise`] resolved under different
//! interventions gives counterfactuals of one another.
//!
//! `bias_gi` is 0 and `rate_i` the file's until [`CausalModel::calibrated`] solves for published
//! base rates or for a [`Confound`].

mod calibrate;
mod check;
mod context;
mod error;
mod factor;
mod file;
mod model;
mod noise;
mod order;
mod rates;
mod resolve;
#[cfg(test)]
mod tests;

pub use context::Context;
pub use error::{CausalError, ConfoundError, Place, Unknown};
pub use factor::{Confound, Factor, Factors};
pub use model::{CausalModel, Graphs, Link};
pub use noise::Noise;
pub use rates::Rates;
pub use resolve::{FaceState, Intervention};

/// Least FACS intensity of a unit that counts as active unless a data set says otherwise: a trace
/// (A).
pub const ON: f32 = 1.0;
