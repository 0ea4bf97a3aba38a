//! facs
