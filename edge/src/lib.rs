//! The daemon: video in, action units, expression and causal graph out.
//!
//! [`flow`] is the heart: source -> detect -> refine -> track -> align -> infer -> fuse -> smooth -> publish,
//! one module per stage. Stages are structs with one verb, without input, output or clock; what has
//! those is around them: [`source`], [`publish::JsonLines`], [`sink`], [`annotate`], [`http`]. [`daemon`] holds
//! the life of a run, [`cli`] the command line, [`onnx`] everything that knows ONNX Runtime.

pub mod annotate;
pub mod backoff;
pub mod baseline;
pub mod bench;
pub mod cli;
pub mod config;
pub mod control;
pub mod convert;
pub mod crops;
pub mod daemon;
pub mod detect;
mod events;
pub mod fault;
pub mod flow;
pub mod fuse;
pub mod http;
pub mod infer;
pub mod live;
pub mod models;
pub mod onnx;
pub mod preview;
pub mod publish;
pub mod refine;
mod service;
pub mod shutdown;
pub mod sides;
pub mod sink;
pub mod smooth;
pub mod source;
pub mod status;
pub mod summary;
pub mod table;
pub mod track;
