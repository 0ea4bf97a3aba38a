//! One dimension whose size may grow with the batch.

use std::fmt;

/// Name of the batch dimension in every exported model.
pub const BATCH: &str = "N";

/// The size of one dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dim {
    /// Always this size.
    Fixed(usize),
    /// This many times the batch size.
    Batch(usize),
}

impl Dim {
    /// Finds the size of which two observations at two batch sizes are samples.
    ///
    /// `None` when the dimension is neither constant nor a multiple of the batch.
    pub(crate) fn between(batches: [usize; 2], sizes: [usize; 2]) -> Option<Self> {
        if sizes[0] == sizes[1] {
            return Some(Self::Fixed(sizes[0]));
        }
        let times = sizes[0] / batches[0];
        (times > 0 && sizes[0] == times * batches[0] && sizes[1] == times * batches[1])
            .then_some(Self::Batch(times))
    }

    /// The size, where it does not depend on the batch.
    pub fn fixed(self) -> Option<usize> {
        match self {
            Self::Fixed(size) => Some(size),
            Self::Batch(_) => None,
        }
    }
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(size) => write!(f, "{size}"),
            Self::Batch(1) => f.write_str(BATCH),
            Self::Batch(times) => write!(f, "{times}{BATCH}"),
        }
    }
}

/// Writes dimensions as `[N, 3, 8, 8]`.
pub(crate) fn list(dims: &[Dim]) -> String {
    let dims: Vec<String> = dims.iter().map(Dim::to_string).collect();
    format!("[{}]", dims.join(", "))
}

/// All sizes, where none depends on the batch.
pub(crate) fn fixed(dims: &[Dim]) -> Option<Vec<usize>> {
    dims.iter().map(|dim| dim.fixed()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_sizes_are_fixed() {
        assert_eq!(Dim::between([2, 3], [6, 6]), Some(Dim::Fixed(6)));
    }

    #[test]
    fn proportional_sizes_follow_the_batch() {
        assert_eq!(Dim::between([2, 3], [2, 3]), Some(Dim::Batch(1)));
        assert_eq!(Dim::between([2, 3], [14, 21]), Some(Dim::Batch(7)));
    }

    #[test]
    fn anything_else_has_no_dimension() {
        assert_eq!(Dim::between([2, 3], [3, 4]), None);
        assert_eq!(Dim::between([2, 3], [4, 9]), None);
        assert_eq!(Dim::between([2, 3], [3, 2]), None);
    }
}
