//! Do a classifier's answers go with a feature, among faces that show the same? (Büchner et al.,
//! Facing Asymmetry, experiment 1.)
//!
//! ```text
//! data sets + Subject -> faces: answers and asymmetries -> table on disk -> Table (rows drawn) -> vote
//! ```
//!
//! [`faces`] makes a table with one row per face: what it shows, what the classifier says, and how
//! asymmetric it is; [`Table`] takes it, or anybody's, and gives for every feature the outcome of three
//! tests of conditional independence and their majority. This is association in data as they were found;
//! what happens when symmetry itself is changed is what [`crate::audit`] asks.

mod error;
pub mod faces;
mod refit;
mod rows;
mod table;

pub use error::AssociationError;
pub use rows::{Columns, Counts, Draw};
pub use table::{Association, Table};
