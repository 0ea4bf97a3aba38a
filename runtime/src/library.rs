//! Finding and loading the ONNX Runtime library.
//!
//! Takes the configured path, if any; gives the [`Environment`] that sessions are made in. Looked
//! for in this order: `ORT_DYLIB_PATH`, the configuration, `lib/mien` where the executable was
//! installed, `.local/onnxruntime/lib` beside the executable, above it or in the working directory, the
//! system's loader.

use std::{
    env,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use ort::environment::Environment;

/// Where `make setup` puts the library, below the workspace.
const LOCAL_FOLDER: &str = ".local/onnxruntime/lib";
/// Where packages put the library, below the folder that has the executable in `bin`.
const INSTALLED_FOLDER: &str = "lib/mien";
/// The name that the system's loader knows.
const SYSTEM_NAME: &str = "libonnxruntime.so";

/// The one environment that a process may have.
static LOADED: Mutex<Option<Runtime>> = Mutex::new(None);

/// ONNX Runtime, loaded.
#[derive(Clone, Debug)]
pub struct Runtime {
    /// What sessions are made in.
    pub environment: Environment,
    /// The file it was loaded from.
    pub library: PathBuf,
}

/// Why there is no ONNX Runtime.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot load ONNX Runtime from {}: {reason}\n  \
     `make setup` puts it into .local/onnxruntime/lib; or take libonnxruntime.so out of the \
     `onnxruntime` wheel of PyPI (1.24 or later) and point ORT_DYLIB_PATH at it",
    path.display()
)]
pub struct LoadError {
    /// Where it was looked for last.
    pub path: PathBuf,
    /// The loader's reason.
    pub reason: String,
}

impl Runtime {
    /// Loads the library. Once per process: later calls give the library that was loaded first.
    ///
    /// # Errors
    /// [`LoadError`] with what to do about it.
    pub fn load(configured: Option<&Path>) -> Result<Self, LoadError> {
        // A poisoned lock holds a whole runtime or none.
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = &*loaded {
            return Ok(runtime.clone());
        }
        let library = find(configured);
        let failed = |reason: String| LoadError {
            path: library.clone(),
            reason,
        };
        let environment = ort::init_from(&library)
            .map_err(|error| failed(error.to_string()))?
            .with_name("mien")
            .with_telemetry(false)
            .build()
            .map_err(|error| failed(error.to_string()))?;
        let runtime = Self {
            environment,
            library,
        };
        Ok(loaded.insert(runtime).clone())
    }
}

fn find(configured: Option<&Path>) -> PathBuf {
    if let Some(path) = env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty()) {
        return path.into();
    }
    if let Some(path) = configured {
        return newest_in(path).unwrap_or_else(|| path.to_owned());
    }
    let executable = env::current_exe().ok();
    let working = env::current_dir().ok();
    let above = executable.iter().flat_map(|path| path.ancestors().skip(1));
    let installed = above.clone().nth(1);
    let installed = installed.and_then(|prefix| newest_in(&prefix.join(INSTALLED_FOLDER)));
    let local = || {
        above
            .chain(working.iter().flat_map(|path| path.ancestors()))
            .find_map(|folder| newest_in(&folder.join(LOCAL_FOLDER)))
    };
    installed
        .or_else(local)
        .unwrap_or_else(|| SYSTEM_NAME.into())
}

/// The library in a folder; of several versions the last by name.
fn newest_in(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(SYSTEM_NAME))
        })
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_stands_for_the_library_in_it() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(newest_in(folder.path()), None);
        for name in [
            "libonnxruntime.so.1.30.0",
            "libonnxruntime.so.1.31.1",
            "other.so.9",
        ] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        assert!(
            newest_in(folder.path())
                .unwrap()
                .ends_with("libonnxruntime.so.1.31.1")
        );
    }
}
