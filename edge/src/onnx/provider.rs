//! Sessions on execution providers.
//!
//! Takes a model file and the settings; gives a session on the first provider that starts, as far as
//! the settings allow, and says which one that is.

use std::path::Path;

use facs::Model as Manifest;
use ort::{
    ep,
    session::{Session, builder::SessionBuilder},
};

use super::{Runtime, RuntimeError};
use crate::config::{Precision, Provider, RuntimeSettings};

/// A model file.
pub(super) struct File<'a> {
    pub(super) path: &'a Path,
    pub(super) manifest: &'a Manifest,
    /// Name of its input.
    pub(super) input_name: &'a str,
}

/// A session on one provider, or the reason why there is none.
pub(super) fn load(
    runtime: &Runtime,
    settings: &RuntimeSettings,
    provider: Provider,
    file: &File<'_>,
) -> Result<Session, String> {
    let providers = match provider {
        Provider::Cpu => vec![],
        Provider::Cuda => vec![cuda(settings)],
        Provider::TensorRt => vec![tensorrt(settings, file)?, cuda(settings)],
    };
    builder(runtime, settings)?
        .with_execution_providers(providers)
        .map_err(|error| error.to_string())?
        .commit_from_file(file.path)
        .map_err(|error| error.to_string())
}

/// The first provider that starts; `cpu` is the session there is already.
pub(super) fn start(
    runtime: &Runtime,
    settings: &RuntimeSettings,
    cpu: Session,
    file: &File<'_>,
) -> Result<(Session, Provider), RuntimeError> {
    let mut refused = None;
    for &provider in &settings.providers {
        if provider == Provider::Cpu {
            return Ok((cpu, provider));
        }
        match load(runtime, settings, provider, file) {
            Ok(session) => return Ok((session, provider)),
            Err(reason) => {
                let error = RuntimeError::Provider { provider, reason };
                if !settings.allow_fallback {
                    return Err(error);
                }
                crate::events::ProviderRefused { error: &error }.emit();
                refused = Some(error);
            }
        }
    }
    Err(refused.unwrap_or(RuntimeError::Provider {
        provider: Provider::Cpu,
        reason: "no provider is configured".into(),
    }))
}

fn builder(runtime: &Runtime, settings: &RuntimeSettings) -> Result<SessionBuilder, String> {
    let text = |error: ort::Error<SessionBuilder>| error.to_string();
    Session::builder(&runtime.environment)
        .map_err(|error| error.to_string())?
        .with_intra_threads(settings.threads.get())
        .map_err(text)?
        // Spinning threads double the use of CPU at a camera's pace.
        .with_intra_op_spinning(false)
        .map_err(text)
}

fn cuda(settings: &RuntimeSettings) -> ep::ExecutionProviderDispatch {
    let mut cuda = ep::CUDA::default()
        .with_device_id(settings.device)
        .with_cuda_graph(settings.cuda_graphs)
        .with_conv_algorithm_search(ep::cuda::ConvAlgorithmSearch::Exhaustive);
    if let Some(bytes) = settings.gpu_memory_bytes {
        cuda = cuda.with_memory_limit(bytes);
    }
    cuda.build().error_on_failure()
}

/// Engines are built once per model, device and TensorRT release, and kept in the engine cache.
fn tensorrt(
    settings: &RuntimeSettings,
    file: &File<'_>,
) -> Result<ep::ExecutionProviderDispatch, String> {
    let cache = &settings.engine_cache;
    std::fs::create_dir_all(cache)
        .map_err(|error| format!("the engine cache {}: {error}", cache.display()))?;
    let folder = cache.display().to_string();
    let Manifest { input, sha256, .. } = file.manifest;
    let shape = |rows: usize| {
        let (name, facs::ImageInput { width, height }) = (file.input_name, input);
        format!("{name}:{rows}x{height}x{width}x3")
    };
    let most = settings.buckets.last().copied().unwrap_or(1);
    let mut tensorrt = ep::TensorRT::default()
        .with_device_id(settings.device)
        .with_engine_cache(true)
        .with_engine_cache_path(&folder)
        // ONNX Runtime adds what it knows of the graph, the device and TensorRT.
        .with_engine_cache_prefix(&sha256[..sha256.len().min(16)])
        .with_timing_cache(true)
        .with_timing_cache_path(&folder)
        .with_profile_min_shapes(shape(1))
        .with_profile_opt_shapes(shape(most.min(4)))
        .with_profile_max_shapes(shape(most))
        .with_cuda_graph(settings.cuda_graphs)
        .with_fp16(settings.precision != Precision::Fp32)
        .with_int8(settings.precision == Precision::Int8);
    if let Some(bytes) = settings.gpu_memory_bytes {
        tensorrt = tensorrt.with_max_workspace_size(bytes);
    }
    Ok(tensorrt.build().error_on_failure())
}
