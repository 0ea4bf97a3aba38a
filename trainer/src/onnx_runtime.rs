//! ONNX Runtime, loaded once: a process may have one environment only.

use std::{
    env,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use anyhow::{Context, Result, anyhow};
use ort::environment::Environment;

/// The environment of this process.
///
/// # Errors
/// When the library is not there, with what to do about it.
pub(crate) fn environment() -> Result<&'static Environment> {
    static ENVIRONMENT: OnceLock<Environment> = OnceLock::new();
    if let Some(environment) = ENVIRONMENT.get() {
        return Ok(environment);
    }
    let library = library()?;
    let environment = ort::init_from(&library)
        .with_context(|| format!("cannot load ONNX Runtime {}", library.display()))?
        .build()
        .map_err(|error| anyhow!("ONNX Runtime {}: {error}", library.display()))?;
    Ok(ENVIRONMENT.get_or_init(|| environment))
}

/// `ORT_DYLIB_PATH`, or what `make setup` put under `.local/onnxruntime/lib`.
fn library() -> Result<PathBuf> {
    if let Some(path) = env::var_os("ORT_DYLIB_PATH") {
        return Ok(path.into());
    }
    let folder = Path::new(".local/onnxruntime/lib");
    let mut libraries: Vec<PathBuf> = folder
        .read_dir()
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("libonnxruntime.so"))
        })
        .collect();
    libraries.sort();
    libraries.pop().with_context(|| {
        format!(
            "no ONNX Runtime in {}: run `make setup`, or set ORT_DYLIB_PATH to libonnxruntime.so",
            folder.display()
        )
    })
}
