//! The whole way from a module's `forward` to an ONNX model.
//!
//! `forward -> capture (batch 2, batch 3) -> shapes -> lower -> simplify -> validate -> model`

use std::collections::BTreeSet;

use crate::capture::{InputSpec, Recorder, check_name, record};
use crate::element::Element;
use crate::error::ExportError;
use crate::lower::lower;
use crate::model::OnnxModel;
use crate::operators::operator_name;
use crate::shape::{SymbolicTrace, compare};
use crate::simplify::simplify;
use crate::validate::validate;

/// The batch sizes at which a module is recorded; what differs between them grows with the batch.
const BATCHES: [usize; 2] = [2, 3];

/// One export: the declared inputs and what goes into the model besides the graph.
///
/// ```
/// use burn::module::Module;
/// use burn::nn::LinearConfig;
/// use burn::tensor::{Device, activation::sigmoid};
/// use exporter::{Element, Export};
///
/// let config = LinearConfig::new(16, 2);
/// let record = config.init(&Device::default()).into_record();
/// let model = Export::new("classifier")
///     .input("feature", Element::F32, &[16])
///     .metadata("labels", "yes no")
///     .run(|recorder| {
///         let linear = config.init(recorder.device()).load_record(record.clone());
///         recorder.name_parameters(&linear);
///         let feature = recorder.float::<2>("feature")?;
///         recorder.output("probability", &sigmoid(linear.forward(feature)))
///     })?;
/// assert_eq!(model.outputs(), ["probability"]);
/// # Ok::<(), exporter::ExportError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Export {
    name: String,
    inputs: Vec<InputSpec>,
    metadata: Vec<(String, String)>,
}

impl Export {
    /// Starts the export of a model with the given name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            inputs: Vec::new(),
            metadata: Vec::new(),
        }
    }

    /// Declares the next input `[N, ..shape]`; `shape` is that of one sample.
    #[must_use]
    pub fn input(mut self, name: impl Into<String>, element: Element, shape: &[usize]) -> Self {
        self.inputs.push(InputSpec {
            name: name.into(),
            element,
            shape: shape.to_vec(),
        });
        self
    }

    /// Adds an entry to the metadata of the model, after those before it.
    #[must_use]
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.push((key.into(), value.into()));
        self
    }

    /// Records `forward`, lowers what it did, and gives the model.
    ///
    /// `forward` runs twice, at two batch sizes. Each time it must build the module on
    /// [`Recorder::device`] (from its configuration and a record), run it on the recorder's inputs
    /// and declare its outputs. A module that is used elsewhere must not be moved to the recorder's
    /// device: clones share the running state of batch normalisation, which would move along.
    ///
    /// # Errors
    /// Every [`ExportError`]; those that name an operation tell where in the trace it stands.
    ///
    /// # Panics
    /// Where `forward` panics.
    pub fn run(
        &self,
        mut forward: impl FnMut(&mut Recorder<'_>) -> Result<(), ExportError>,
    ) -> Result<OnnxModel, ExportError> {
        let trace = self.trace(&mut forward)?;
        let mut graph = lower(&trace, &self.inputs)?;
        simplify(&mut graph);
        validate(&graph)?;
        Ok(OnnxModel::build(&self.name, &graph, &self.metadata))
    }

    /// The burn operators on which the outputs of `forward` depend, in alphabetical order and
    /// whether or not they can be exported.
    ///
    /// # Errors
    /// As [`Export::run`], but for lowering.
    pub fn operators(
        &self,
        mut forward: impl FnMut(&mut Recorder<'_>) -> Result<(), ExportError>,
    ) -> Result<Vec<String>, ExportError> {
        let trace = self.trace(&mut forward)?;
        let names = trace
            .operations
            .iter()
            .map(|(_, operation)| operator_name(operation));
        let names: BTreeSet<String> = names.collect();
        Ok(names.into_iter().collect())
    }

    fn trace(
        &self,
        forward: &mut impl FnMut(&mut Recorder<'_>) -> Result<(), ExportError>,
    ) -> Result<SymbolicTrace, ExportError> {
        self.check_names()?;
        let first = record(&self.inputs, BATCHES[0], &mut *forward)?;
        let second = record(&self.inputs, BATCHES[1], forward)?;
        compare(first, second)
    }

    fn check_names(&self) -> Result<(), ExportError> {
        for (position, input) in self.inputs.iter().enumerate() {
            check_name(&input.name, "an input")?;
            if self.inputs[..position]
                .iter()
                .any(|other| other.name == input.name)
            {
                return Err(ExportError::Name {
                    name: input.name.clone(),
                    role: "an input",
                    reason: "it is taken",
                });
            }
        }
        Ok(())
    }
}
