//! The way back: the weights of an exported model in a burn module.
//!
//! Takes a model whose initialisers carry the paths of parameters ([`crate::Recorder::name_parameters`])
//! and a module of the same architecture; gives the module with those weights. What the exported
//! forward pass did not read, or what was folded into something else, is not in a model: the module
//! keeps its own there, by name.

use std::collections::HashMap;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Tensor, TensorData};
use onnx_protobuf::tensor_proto::DataType;

use crate::error::ExportError;
use crate::model::OnnxModel;

/// A module with the weights of a model.
#[derive(Debug)]
pub struct Restored<M> {
    /// The module.
    pub module: M,
    /// Paths of floating-point parameters that the model does not hold.
    pub missing: Vec<String>,
}

impl OnnxModel {
    /// Puts the weights of this model into `module`, by path.
    ///
    /// # Errors
    /// [`ExportError::Weight`] when a parameter has another shape in the model, or is none of 32-bit
    /// floats there.
    pub fn restore<M: Module>(&self, module: M) -> Result<Restored<M>, ExportError> {
        let tensors = self.proto().graph.initializer.iter();
        let mut mapper = Mapper {
            path: Vec::new(),
            tensors: tensors.map(|tensor| (&*tensor.name, tensor)).collect(),
            missing: Vec::new(),
            fault: None,
        };
        let module = module.map(&mut mapper);
        match mapper.fault {
            Some(fault) => Err(fault),
            None => Ok(Restored {
                module,
                missing: mapper.missing,
            }),
        }
    }
}

struct Mapper<'a> {
    path: Vec<String>,
    tensors: HashMap<&'a str, &'a onnx_protobuf::TensorProto>,
    missing: Vec<String>,
    fault: Option<ExportError>,
}

impl Mapper<'_> {
    fn take(&mut self, shape: &[usize]) -> Option<Vec<f32>> {
        let path = self.path.join(".");
        let Some(tensor) = self.tensors.get(path.as_str()) else {
            self.missing.push(path);
            return None;
        };
        let dims: Vec<usize> = tensor.dims.iter().map(|size| *size as usize).collect();
        // Biases may have got axes of length 1, which move nothing.
        let long = |dims: &[usize]| {
            dims.iter()
                .copied()
                .filter(|&it| it != 1)
                .collect::<Vec<_>>()
        };
        let (floats, rest) = tensor.raw_data.as_chunks::<4>();
        let sound = tensor.data_type == DataType::FLOAT as i32
            && long(&dims) == long(shape)
            && rest.is_empty()
            && floats.len() == shape.iter().product::<usize>();
        if !sound {
            self.fault.get_or_insert(ExportError::Weight {
                path,
                expected: shape.to_vec(),
                found: dims,
            });
            return None;
        }
        Some(floats.iter().map(|it| f32::from_le_bytes(*it)).collect())
    }
}

impl ModuleMapper for Mapper<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let shape = param.shape().to_vec();
        let Some(values) = self.take(&shape) else {
            return param;
        };
        let data = TensorData::new(values, shape);
        param.map(|tensor| Tensor::from_data(data, &tensor.device()))
    }
}
