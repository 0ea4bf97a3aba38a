//! The recorder: what the code under export sees of the capture.

use std::collections::BTreeMap;

use burn::backend::DispatchTensor;
use burn::backend::capture::TensorId;
use burn::module::Module;
use burn::tensor::{Bool, Device, Int, Tensor};

use super::identity::{PathVisitor, float_id, int_id};
use super::{InputSpec, OutputSpec};
use crate::element::Element;
use crate::error::ExportError;

/// What the code under export sees: the capture device, its inputs, and where outputs go.
pub struct Recorder<'a> {
    pub(super) device: &'a Device,
    pub(super) specs: &'a [InputSpec],
    pub(super) inputs: Vec<Captured>,
    pub(super) outputs: Vec<OutputSpec>,
    pub(super) labels: BTreeMap<TensorId, String>,
}

/// An input tensor on the capture device, with its rank erased.
pub(super) struct Captured {
    pub(super) id: TensorId,
    pub(super) dispatch: DispatchTensor,
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
        module.visit(&mut PathVisitor::new(&mut self.labels));
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
