//! Audits and calibrates any ONNX expression classifier.
//!
//! [`subject`]: what is audited. [`audit`]: the flow, from interventions to a verdict. [`report`]: what
//! people read. [`statistics`]: every number of an audit, free of I/O. [`cli`]: the command line.

pub mod audit;
pub mod cli;
pub mod report;
pub mod statistics;
pub mod subject;
