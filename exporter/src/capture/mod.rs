//! Records a module's real `forward` as a list of burn operations.
//!
//! Takes the declared inputs, a batch size and the code that builds and runs the module; gives a
//! [`Trace`]: operations, the data of parameters and constants, and which tensors are inputs and
//! outputs. Nothing is computed: burn's capture device only writes down what would be.

mod identity;
mod recorder;

use std::collections::BTreeMap;

use burn::backend::capture::TensorId;
use burn::backend::ir::OperationIr;
use burn::tensor::{Bool, Device, Int, Shape, Tensor, TensorData};

use self::identity::{bool_id, float_id, int_id};
use self::recorder::Captured;
pub use self::recorder::Recorder;
pub(crate) use self::recorder::check_name;
use crate::element::Element;
use crate::error::ExportError;

/// A declared input: a batch of tensors of a fixed shape.
#[derive(Clone, Debug)]
pub(crate) struct InputSpec {
    pub(crate) name: String,
    pub(crate) element: Element,
    /// Without the batch axis.
    pub(crate) shape: Vec<usize>,
}

/// A declared output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutputSpec {
    pub(crate) name: String,
    pub(crate) tensor: TensorId,
    /// Repeat the tensor once per sample, along a new first axis.
    pub(crate) per_sample: bool,
    /// How many operations had been declared outputs before this one.
    pub(crate) order: usize,
}

/// One recorded forward pass.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(crate) batch: usize,
    pub(crate) operations: Vec<OperationIr>,
    pub(crate) values: BTreeMap<TensorId, TensorData>,
    pub(crate) inputs: Vec<TensorId>,
    pub(crate) outputs: Vec<OutputSpec>,
    /// Paths of parameters inside the module, where the caller gave the module.
    pub(crate) labels: BTreeMap<TensorId, String>,
}

/// Runs `forward` on a fresh capture device with zeros of the given batch size as inputs.
pub(crate) fn record(
    specs: &[InputSpec],
    batch: usize,
    forward: impl FnOnce(&mut Recorder<'_>) -> Result<(), ExportError>,
) -> Result<Trace, ExportError> {
    let device = Device::capture();
    let mut recorded = Err(ExportError::NoOutput);
    let captured = device.capture_scope(|scope| {
        recorded = run(&device, specs, batch, forward);
        let (inputs, outputs) = match &recorded {
            Ok((inputs, outputs, _)) => (inputs.clone(), unique(outputs)),
            Err(_) => (Vec::new(), Vec::new()),
        };
        scope.complete(inputs, outputs)
    });
    let (inputs, outputs, labels) = recorded?;
    let captured = captured.map_err(|error| ExportError::Capture(error.to_string()))?;
    Ok(Trace {
        batch,
        operations: captured.graph.operations,
        values: captured.values,
        inputs,
        outputs,
        labels,
    })
}

type Recorded = (Vec<TensorId>, Vec<OutputSpec>, BTreeMap<TensorId, String>);

fn run(
    device: &Device,
    specs: &[InputSpec],
    batch: usize,
    forward: impl FnOnce(&mut Recorder<'_>) -> Result<(), ExportError>,
) -> Result<Recorded, ExportError> {
    let inputs = specs.iter().map(|spec| place(device, spec, batch));
    let mut recorder = Recorder {
        device,
        specs,
        inputs: inputs.collect::<Result<_, _>>()?,
        outputs: Vec::new(),
        labels: BTreeMap::new(),
    };
    forward(&mut recorder)?;
    if recorder.outputs.is_empty() {
        return Err(ExportError::NoOutput);
    }
    let inputs = recorder.inputs.iter().map(|input| input.id).collect();
    Ok((inputs, recorder.outputs, recorder.labels))
}

fn unique(outputs: &[OutputSpec]) -> Vec<TensorId> {
    let mut ids: Vec<TensorId> = outputs.iter().map(|output| output.tensor).collect();
    ids.sort();
    ids.dedup();
    ids
}

/// Puts zeros of the input's shape on the capture device.
fn place(device: &Device, spec: &InputSpec, batch: usize) -> Result<Captured, ExportError> {
    let shape: Vec<usize> = [&[batch], spec.shape.as_slice()].concat();
    let bytes = vec![0; shape.iter().product::<usize>() * spec.element.size()];
    let data = TensorData::from_bytes_vec(bytes, Shape::from(shape), spec.element.dtype());
    let rank = spec.shape.len() + 1;
    macro_rules! at_rank {
        ($($rank:literal)*) => {
            match rank {
                $($rank => capture_input::<$rank>(device, spec, data),)*
                _ => Err(ExportError::InputKind {
                    name: spec.name.clone(),
                    declared: format!("{} of rank {rank}", spec.element),
                    taken: "a tensor of at most rank 8".to_owned(),
                }),
            }
        };
    }
    at_rank!(1 2 3 4 5 6 7 8)
}

fn capture_input<const D: usize>(
    device: &Device,
    spec: &InputSpec,
    data: TensorData,
) -> Result<Captured, ExportError> {
    let options = (device, spec.element.dtype());
    Ok(match spec.element {
        Element::Bool => {
            let tensor = Tensor::<D, Bool>::from_data(data, options);
            let id = bool_id(&spec.name, &tensor)?;
            let dispatch = tensor.into_dispatch();
            Captured { id, dispatch }
        }
        element if element.is_float() => {
            let tensor = Tensor::<D>::from_data(data, options);
            let id = float_id(&spec.name, &tensor)?;
            let dispatch = tensor.into_dispatch();
            Captured { id, dispatch }
        }
        _ => {
            let tensor = Tensor::<D, Int>::from_data(data, options);
            let id = int_id(&spec.name, &tensor)?;
            let dispatch = tensor.into_dispatch();
            Captured { id, dispatch }
        }
    })
}
