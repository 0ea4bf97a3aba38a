//! Audits and calibrates any ONNX expression classifier.
//!
//! [`subject`]: what is audited. [`statistics`]: every number of an audit, free of I/O.

pub mod statistics;
pub mod subject;
