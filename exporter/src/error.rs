//! What can keep a module from becoming an ONNX model, each with what locates the fault.

use std::fmt;

use crate::shape::Dim;

/// Where in the recorded forward pass something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Position in the trace, counted from zero.
    pub index: usize,
    /// The burn operator, such as `Module::Conv2d`.
    pub operator: String,
    /// Element types and shapes of the operator's inputs, such as `f32[N, 3, 8, 8]`.
    pub inputs: Vec<String>,
    /// The last output of the model that was recorded before this operator.
    pub after: Option<String>,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at operation {}", self.operator, self.index)?;
        write!(f, " on ({})", self.inputs.join(", "))?;
        match &self.after {
            Some(name) => write!(f, ", after output `{name}`"),
            None => write!(f, ", before any output"),
        }
    }
}

/// Why a module could not be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// burn could not close the recorded graph.
    #[error("the forward pass could not be recorded: {0}")]
    Capture(String),
    /// The module could not be built or run on the capture device.
    #[error("the module could not be built for the export")]
    Module(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A name of an input or output is empty, reserved or taken.
    #[error("the name `{name}` cannot be used for {role}: {reason}")]
    Name {
        /// The name.
        name: String,
        /// What it was meant for.
        role: &'static str,
        /// Why not.
        reason: &'static str,
    },
    /// The forward pass asked for an input that was not declared.
    #[error("the input `{name}` is not declared; declared: {}", declared.join(", "))]
    UnknownInput {
        /// The name asked for.
        name: String,
        /// All declared names.
        declared: Vec<String>,
    },
    /// The forward pass asked for an input as another kind or rank than was declared.
    #[error("the input `{name}` is declared as {declared}, but was taken as {taken}")]
    InputKind {
        /// The name of the input.
        name: String,
        /// Kind and rank as declared, the batch included.
        declared: String,
        /// Kind and rank as taken.
        taken: String,
    },
    /// A tensor was declared as output that does not live on the capture device.
    #[error("`{name}` is not a tensor of the capture device: {reason}")]
    ForeignTensor {
        /// Name of the output or parameter.
        name: String,
        /// What burn says.
        reason: String,
    },
    /// The forward pass declared no output.
    #[error("the forward pass declared no output")]
    NoOutput,
    /// Two traces with different batch sizes took different paths.
    #[error("operation {index} depends on the batch size: `{first}` against `{second}`")]
    Diverged {
        /// Position in the trace.
        index: usize,
        /// The operation at the first batch size.
        first: String,
        /// The operation at the second batch size.
        second: String,
    },
    /// A constant has another value or size when the batch size changes.
    #[error(
        "a constant of shape {first:?} depends on the batch size (then {second:?}), used by operation {index}"
    )]
    BatchConstant {
        /// First operation that reads it.
        index: usize,
        /// Its shape at the first batch size.
        first: Vec<usize>,
        /// Its shape at the second batch size.
        second: Vec<usize>,
    },
    /// A dimension is neither constant nor a multiple of the batch.
    #[error(
        "a shape is no multiple of the batch: {first:?} at one batch size, {second:?} at another, {location}"
    )]
    BatchShape {
        /// Where.
        location: Box<Location>,
        /// The shape at the first batch size.
        first: Vec<usize>,
        /// The shape at the second batch size.
        second: Vec<usize>,
    },
    /// No lowering exists for an operator.
    #[error("no ONNX lowering for {0}")]
    Unsupported(Box<Location>),
    /// A lowering exists, but not for this form of the operator.
    #[error("cannot lower {location}: {reason}")]
    Form {
        /// Where.
        location: Box<Location>,
        /// What about its form.
        reason: String,
    },
    /// A tensor is read that nothing wrote.
    #[error("tensor {tensor} is read but neither computed nor given, {location}")]
    Missing {
        /// Where.
        location: Box<Location>,
        /// burn's number of the tensor.
        tensor: u64,
    },
    /// burn's element type has no ONNX counterpart.
    #[error("the element type {dtype} has no ONNX counterpart")]
    Element {
        /// burn's name of the type.
        dtype: String,
    },
    /// The finished graph breaks a rule of ONNX; a fault of this crate.
    #[error("the lowered graph is not valid: {0}")]
    Invalid(String),
    /// An output or a shape grows with the batch, but the model has no batched input.
    #[error(
        "shape {} depends on a batch, but the model has no input",
        crate::shape::list(dims)
    )]
    NoBatch {
        /// The shape.
        dims: Vec<Dim>,
    },
    /// A parameter is another one in a model than in a module.
    #[error(
        "`{path}` is a 32-bit float tensor of shape {expected:?} in the module, in the model it has the shape {found:?} or another type: is it of this architecture?"
    )]
    Weight {
        /// Path of the parameter.
        path: String,
        /// Its shape in the module.
        expected: Vec<usize>,
        /// That of the model's tensor.
        found: Vec<usize>,
    },
    /// The protobuf form could not be written or read.
    #[error("the ONNX protobuf could not be coded")]
    Protobuf(#[from] protobuf::Error),
}

impl ExportError {
    /// Wraps an error of the code that builds the module.
    pub fn module(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Module(error.into())
    }
}
