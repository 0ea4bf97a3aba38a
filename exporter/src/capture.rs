//! Records a module's real `forward` as a list of burn operations.
//!
//! Takes the declared inputs, a batch size and the code that builds and runs the module; gives a
//! [`Trace`]: operations, the data of parameters and constants, and which tensors are inputs and
//! outputs. Nothing is computed: burn's capture device only writes down what would be.

use std::collections::BTreeMap;

use burn::backend::DispatchTensor;
use burn::backend::capture::{CaptureBackend, TensorId};
use burn::backend::ir::OperationIr;
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Bool, Device, Int, Shape, Tensor, TensorData};

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

/// What the code under export sees: the capture device, its inputs, and where outputs go.
pub struct Recorder<'a> {
    device: &'a Device,
    specs: &'a [InputSpec],
    inputs: Vec<Captured>,
    outputs: Vec<OutputSpec>,
    labels: BTreeMap<TensorId, String>,
}

/// An input tensor on the capture device, with its rank erased.
struct Captured {
    id: TensorId,
    dispatch: DispatchTensor,
}

impl Recorder<'_> {
    /// The device on which the module must be built (or to which a copy of it must be moved).
    pub fn device(&self) -> &Device {
        self.device
    }

    /// The input `name` as a float tensor of rank `D`, the batch axis included.
    ///
    /// # Errors
    /// [`ExportError::UnknownInput`] or [`ExportError::InputKind`].
    pub fn float<const D: usize>(&self, name: &str) -> Result<Tensor<D>, ExportError> {
        let input = self.take(name, "float", D, Element::is_float)?;
        Ok(Tensor::from_dispatch(input))
    }

    /// The input `name` as an integer tensor of rank `D`, the batch axis included.
    ///
    /// # Errors
    /// [`ExportError::UnknownInput`] or [`ExportError::InputKind`].
    pub fn int<const D: usize>(&self, name: &str) -> Result<Tensor<D, Int>, ExportError> {
        let is_int = |element: Element| !element.is_float() && element != Element::Bool;
        let input = self.take(name, "int", D, is_int)?;
        Ok(Tensor::from_dispatch(input))
    }

    /// The input `name` as a tensor of truth values of rank `D`, the batch axis included.
    ///
    /// # Errors
    /// [`ExportError::UnknownInput`] or [`ExportError::InputKind`].
    pub fn bool<const D: usize>(&self, name: &str) -> Result<Tensor<D, Bool>, ExportError> {
        let input = self.take(name, "bool", D, |element| element == Element::Bool)?;
        Ok(Tensor::from_dispatch(input))
    }

    /// Declares `tensor` as the next output of the model.
    ///
    /// # Errors
    /// [`ExportError::Name`] for a name that is empty, reserved or taken, and
    /// [`ExportError::ForeignTensor`] for a tensor of another device.
    pub fn output<const D: usize>(
        &mut self,
        name: &str,
        tensor: &Tensor<D>,
    ) -> Result<(), ExportError> {
        let tensor = float_id(name, tensor)?;
        self.declare(name, tensor, false)
    }

    /// Declares an integer tensor as the next output of the model.
    ///
    /// # Errors
    /// As [`Recorder::output`].
    pub fn output_int<const D: usize>(
        &mut self,
        name: &str,
        tensor: &Tensor<D, Int>,
    ) -> Result<(), ExportError> {
        let tensor = int_id(name, tensor)?;
        self.declare(name, tensor, false)
    }

    /// Declares a tensor that is the same for all samples, such as a learned graph `[a, b]`, as an
    /// output `[N, a, b]`.
    ///
    /// # Errors
    /// As [`Recorder::output`].
    pub fn output_per_sample<const D: usize>(
        &mut self,
        name: &str,
        tensor: &Tensor<D>,
    ) -> Result<(), ExportError> {
        let tensor = float_id(name, tensor)?;
        self.declare(name, tensor, true)
    }

    /// Names the parameters of `module` after their paths, such as `stem.conv.weight`.
    ///
    /// Optional: without it the initialisers of the model are numbered.
    pub fn name_parameters<M: Module>(&mut self, module: &M) {
        module.visit(&mut PathVisitor {
            path: Vec::new(),
            labels: &mut self.labels,
        });
    }

    fn take(
        &self,
        name: &str,
        kind: &'static str,
        rank: usize,
        accepts: impl Fn(Element) -> bool,
    ) -> Result<DispatchTensor, ExportError> {
        let position = self.specs.iter().position(|spec| spec.name == name);
        let Some(position) = position else {
            return Err(ExportError::UnknownInput {
                name: name.to_owned(),
                declared: self.specs.iter().map(|spec| spec.name.clone()).collect(),
            });
        };
        let spec = &self.specs[position];
        if !accepts(spec.element) || rank != spec.shape.len() + 1 {
            return Err(ExportError::InputKind {
                name: name.to_owned(),
                declared: format!("{} of rank {}", spec.element, spec.shape.len() + 1),
                taken: format!("{kind} of rank {rank}"),
            });
        }
        Ok(self.inputs[position].dispatch.clone())
    }

    fn declare(
        &mut self,
        name: &str,
        tensor: TensorId,
        per_sample: bool,
    ) -> Result<(), ExportError> {
        check_name(name, "an output")?;
        let taken = self.outputs.iter().any(|output| output.name == name)
            || self.specs.iter().any(|spec| spec.name == name);
        if taken {
            return Err(ExportError::Name {
                name: name.to_owned(),
                role: "an output",
                reason: "it is taken",
            });
        }
        self.outputs.push(OutputSpec {
            name: name.to_owned(),
            tensor,
            per_sample,
            order: self.outputs.len(),
        });
        Ok(())
    }
}

/// Refuses names that ONNX or this crate cannot use.
pub(crate) fn check_name(name: &str, role: &'static str) -> Result<(), ExportError> {
    let reason = if name.is_empty() {
        "it is empty"
    } else if name.starts_with('/') {
        "names with a leading `/` are reserved for inner values"
    } else {
        return Ok(());
    };
    Err(ExportError::Name {
        name: name.to_owned(),
        role,
        reason,
    })
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

macro_rules! identify {
    ($function:ident, $kind:ty) => {
        fn $function<const D: usize>(
            name: &str,
            tensor: &Tensor<D, $kind>,
        ) -> Result<TensorId, ExportError> {
            let primitive = tensor.clone().try_into_primitive::<CaptureBackend>();
            match primitive {
                Ok(primitive) => Ok(primitive.id()),
                Err(error) => Err(ExportError::ForeignTensor {
                    name: name.to_owned(),
                    reason: format!("{error:?}"),
                }),
            }
        }
    };
}
identify!(float_id, burn::tensor::Float);
identify!(int_id, Int);
identify!(bool_id, Bool);

/// Walks a module and notes the path of each parameter that lives on the capture device.
struct PathVisitor<'a> {
    path: Vec<String>,
    labels: &'a mut BTreeMap<TensorId, String>,
}

impl PathVisitor<'_> {
    fn note(&mut self, id: Result<TensorId, ExportError>) {
        if let Ok(id) = id {
            self.labels.entry(id).or_insert_with(|| self.path.join("."));
        }
    }
}

impl ModuleVisitor for PathVisitor<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.note(float_id("", &param.val()));
    }

    fn visit_int<const D: usize>(&mut self, param: &Param<Tensor<D, Int>>) {
        self.note(int_id("", &param.val()));
    }

    fn visit_bool<const D: usize>(&mut self, param: &Param<Tensor<D, Bool>>) {
        self.note(bool_id("", &param.val()));
    }
}
