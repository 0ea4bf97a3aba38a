//! Other heads for tests: the ICT head, where there is one at hand.

use std::{env, path::Path};

use super::Head;

/// Names the variable that holds the path of a compact ICT head.
const VARIABLE: &str = "MIEN_ICT_HEAD";

/// The ICT head; none where nobody says where it is.
pub(crate) fn ict() -> Option<Head> {
    let Some(path) = env::var_os(VARIABLE) else {
        println!(
            "not tested on the ICT head: {VARIABLE} does not say where it is, see docs/heads.md"
        );
        return None;
    };
    Some(Head::load(Path::new(&path)).expect("the ICT head"))
}

/// The built-in head, and the ICT head where it is at hand.
pub(crate) fn heads() -> Vec<Head> {
    [Head::built_in()].into_iter().chain(ict()).collect()
}
