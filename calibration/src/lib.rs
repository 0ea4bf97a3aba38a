//! Audits and calibrates any ONNX expression classifier.
//!
//! [`statistics`]: every number of an audit, free of I/O.

pub mod statistics;
