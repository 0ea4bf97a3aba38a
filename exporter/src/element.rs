//! Element types: burn's `DType` on one side, ONNX's `DataType` on the other.
//!
//! Only what ONNX Runtime can hold is an [`Element`]; anything else is an error value.

use std::fmt;

use burn::tensor::DType;
use onnx_protobuf::tensor_proto::DataType;

use crate::error::ExportError;

/// The type of one number of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Element {
    /// 16-bit brain float.
    BF16,
    /// 16-bit float.
    F16,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// Signed 8-bit integer.
    I8,
    /// Signed 16-bit integer.
    I16,
    /// Signed 32-bit integer.
    I32,
    /// Signed 64-bit integer.
    I64,
    /// Unsigned 8-bit integer.
    U8,
    /// Unsigned 16-bit integer.
    U16,
    /// Unsigned 32-bit integer.
    U32,
    /// Unsigned 64-bit integer.
    U64,
    /// Truth value, one byte each.
    Bool,
}

impl Element {
    /// The ONNX element type of a burn tensor.
    ///
    /// # Errors
    /// [`ExportError::Element`] for quantised tensors, which have no single ONNX type.
    pub(crate) fn of(dtype: DType) -> Result<Self, ExportError> {
        Ok(match dtype {
            DType::F64 => Self::F64,
            DType::F32 | DType::Flex32 => Self::F32,
            DType::F16 => Self::F16,
            DType::BF16 => Self::BF16,
            DType::I64 => Self::I64,
            DType::I32 => Self::I32,
            DType::I16 => Self::I16,
            DType::I8 => Self::I8,
            DType::U64 => Self::U64,
            DType::U32 => Self::U32,
            DType::U16 => Self::U16,
            DType::U8 => Self::U8,
            DType::Bool(_) => Self::Bool,
            DType::QFloat(_) => {
                return Err(ExportError::Element {
                    dtype: format!("{dtype:?}"),
                });
            }
        })
    }

    /// Whether this is a floating-point type.
    pub fn is_float(self) -> bool {
        matches!(self, Self::BF16 | Self::F16 | Self::F32 | Self::F64)
    }

    /// Bytes per element.
    pub fn size(self) -> usize {
        match self {
            Self::I8 | Self::U8 | Self::Bool => 1,
            Self::BF16 | Self::F16 | Self::I16 | Self::U16 => 2,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::F64 | Self::I64 | Self::U64 => 8,
        }
    }

    /// The burn type that carries this element on the capture device.
    pub(crate) fn dtype(self) -> DType {
        match self {
            Self::BF16 => DType::BF16,
            Self::F16 => DType::F16,
            Self::F32 => DType::F32,
            Self::F64 => DType::F64,
            Self::I8 => DType::I8,
            Self::I16 => DType::I16,
            Self::I32 => DType::I32,
            Self::I64 => DType::I64,
            Self::U8 => DType::U8,
            Self::U16 => DType::U16,
            Self::U32 => DType::U32,
            Self::U64 => DType::U64,
            Self::Bool => DType::Bool(burn::tensor::BoolStore::U8),
        }
    }

    /// The ONNX data type.
    pub(crate) fn data_type(self) -> DataType {
        match self {
            Self::BF16 => DataType::BFLOAT16,
            Self::F16 => DataType::FLOAT16,
            Self::F32 => DataType::FLOAT,
            Self::F64 => DataType::DOUBLE,
            Self::I8 => DataType::INT8,
            Self::I16 => DataType::INT16,
            Self::I32 => DataType::INT32,
            Self::I64 => DataType::INT64,
            Self::U8 => DataType::UINT8,
            Self::U16 => DataType::UINT16,
            Self::U32 => DataType::UINT32,
            Self::U64 => DataType::UINT64,
            Self::Bool => DataType::BOOL,
        }
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BF16 => "bf16",
            Self::F16 => "f16",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::Bool => "bool",
        })
    }
}
