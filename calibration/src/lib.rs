//! Audits and calibrates any ONNX expression classifier.
//!
//! - [`subject`]: what is audited.
//! - [`audit`]: the flow, from interventions to a verdict.
//! - [`correction`]: what makes a classifier answer less to symmetry.
//! - [`maximise`]: the expressions that a classifier is surest of.
//! - [`association`]: whether answers go with a feature in data as they were found.
//! - [`asymmetry`]: how asymmetric a face is.
//! - [`report`]: what people read of an audit.
//! - [`statistics`]: every number of an audit, free of I/O.
//! - [`data`]: labelled faces on disk.
//! - [`affect_model`]: what is calibrated or quantised, in its bundle.
//! - [`numbers`]: what makes probabilities true to their word.
//! - [`quantise`]: a model of floats made into one of 8-bit integers.
//! - [`cli`]: the command line.

pub mod affect_model;
pub mod association;
pub mod asymmetry;
pub mod audit;
pub mod cli;
pub mod correction;
pub mod data;
pub mod maximise;
pub mod numbers;
pub mod quantise;
pub mod report;
pub mod statistics;
pub mod subject;
