//! Checked `[runtime]`: ONNX Runtime, its providers and what TensorRT keeps.
//!
//! Takes the raw section; gives settings without invalid states, or the key that is wrong.

use std::{num::NonZeroUsize, path::PathBuf};

use super::{
    ConfigError,
    error::{positive, refuse, some_text},
    home, raw,
};

/// Checked `[runtime]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeSettings {
    /// The ONNX Runtime library.
    pub library: Option<PathBuf>,
    /// Execution providers in order of preference; never empty.
    pub providers: Vec<Provider>,
    /// Whether the next provider may be used when one cannot start.
    pub allow_fallback: bool,
    /// Threads inside one model call.
    pub threads: NonZeroUsize,
    /// Which GPU.
    pub device: i32,
    /// Batch sizes that models run with; ascending, the first is 1.
    pub buckets: Vec<usize>,
    /// What TensorRT computes with.
    pub precision: Precision,
    /// Where TensorRT's engines are kept.
    pub engine_cache: PathBuf,
    /// Replay recorded GPU work per batch size.
    pub cuda_graphs: bool,
    /// Most GPU memory per model.
    pub gpu_memory_bytes: Option<usize>,
}

/// What TensorRT computes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// As the model says.
    Fp32,
    /// 16 bits where TensorRT finds it faster.
    Fp16,
    /// 8 bits where the model states the ranges, 16 bits elsewhere.
    Int8,
}

/// Where a model runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// ONNX Runtime's own kernels.
    Cpu,
    /// NVIDIA CUDA.
    Cuda,
    /// NVIDIA TensorRT, with CUDA for what it lacks.
    TensorRt,
}

impl Provider {
    /// The name in configuration, logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
            Self::TensorRt => "tensorrt",
        }
    }
}

impl TryFrom<raw::RawRuntime> for RuntimeSettings {
    type Error = ConfigError;

    fn try_from(raw: raw::RawRuntime) -> Result<Self, ConfigError> {
        let key = "runtime.providers";
        let providers = raw.providers.iter().map(|name| match name.as_str() {
            "cpu" => Ok(Provider::Cpu),
            "cuda" => Ok(Provider::Cuda),
            "tensorrt" => Ok(Provider::TensorRt),
            other => Err(refuse(
                key,
                format!("{other:?} is not one of \"tensorrt\", \"cuda\", \"cpu\""),
            )),
        });
        let providers = providers.collect::<Result<Vec<_>, _>>()?;
        if providers.is_empty() {
            return Err(refuse(key, "names no provider"));
        }
        if raw.device < 0 {
            return Err(refuse(
                "runtime.device",
                format!("{} is negative", raw.device),
            ));
        }
        let precision = match raw.precision.as_str() {
            "fp32" => Precision::Fp32,
            "fp16" => Precision::Fp16,
            "int8" => Precision::Int8,
            other => {
                let problem = format!("{other:?} is not one of \"fp32\", \"fp16\", \"int8\"");
                return Err(refuse("runtime.precision", problem));
            }
        };
        if precision != Precision::Fp32 && !providers.contains(&Provider::TensorRt) {
            let problem = "is a choice of TensorRT, and runtime.providers does not name it; on other providers the bundle's models decide";
            return Err(refuse("runtime.precision", problem));
        }
        let ascending = raw.buckets.is_sorted_by(|a, b| a < b);
        if raw.buckets.first() != Some(&1) || !ascending || raw.buckets.last() > Some(&1024) {
            let problem = format!("{:?}: must ascend from 1 to 1024 at most", raw.buckets);
            return Err(refuse("runtime.buckets", problem));
        }
        Ok(Self {
            buckets: raw.buckets,
            precision,
            engine_cache: some_text(&raw.engine_cache).map_or_else(
                || home("CACHE_DIRECTORY", "XDG_CACHE_HOME", ".cache").join("engines"),
                Into::into,
            ),
            cuda_graphs: raw.cuda_graphs,
            gpu_memory_bytes: (raw.gpu_memory_mib > 0).then_some(raw.gpu_memory_mib << 20),
            library: some_text(&raw.library).map(Into::into),
            providers,
            allow_fallback: raw.allow_fallback,
            threads: positive("runtime.threads", raw.threads)?,
            device: raw.device,
        })
    }
}
