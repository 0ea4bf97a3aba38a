//! Which recorded tensor a burn tensor is, and which parameter of a module a recorded tensor is.

use std::collections::BTreeMap;

use burn::backend::capture::{CaptureBackend, TensorId};
use burn::module::{ModuleVisitor, Param};
use burn::tensor::{Bool, Float, Int, Tensor};

use crate::error::ExportError;

macro_rules! identify {
    ($function:ident, $kind:ty) => {
        /// The number of a tensor on the capture device; `name` is for the error.
        pub(super) fn $function<const D: usize>(
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
identify!(float_id, Float);
identify!(int_id, Int);
identify!(bool_id, Bool);

/// Walks a module and notes the path of each parameter that lives on the capture device.
pub(super) struct PathVisitor<'a> {
    path: Vec<String>,
    labels: &'a mut BTreeMap<TensorId, String>,
}

impl<'a> PathVisitor<'a> {
    pub(super) fn new(labels: &'a mut BTreeMap<TensorId, String>) -> Self {
        Self {
            path: Vec::new(),
            labels,
        }
    }

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
