//! Does ONNX Runtime compute what burn computes? A model that fails is never shipped.

use std::{
    env,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use anyhow::{Context, Result, anyhow, bail};
use burn::tensor::{Device, Int, Tensor, TensorData};
use ort::{environment::Environment, session::Session, value::TensorRef};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Batch sizes compared; the model is captured at others.
const BATCHES: [usize; 3] = [1, 3, 8];
/// Largest difference allowed, relative to the larger of 1 and the value.
const TOLERANCE: f32 = 1e-4;

/// Runs random pictures through both and compares every output; gives the largest difference.
///
/// # Errors
/// When ONNX Runtime is missing or an output differs by more than the tolerance, by name.
pub(super) fn check(
    model: &[u8],
    input: &str,
    [height, width]: [usize; 2],
    forward: impl Fn(Tensor<4, Int>) -> Vec<(&'static str, TensorData)>,
) -> Result<f32> {
    let environment = environment()?;
    let failed = |error: ort::Error| anyhow!("ONNX Runtime refuses the model: {error}");
    let mut session = Session::builder(environment)
        .and_then(|mut builder| builder.commit_from_memory(model))
        .map_err(failed)?;
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut worst = 0.0_f32;
    for batch in BATCHES {
        let pixels: Vec<u8> = (0..batch * height * width * 3)
            .map(|_| rng.random())
            .collect();
        let values: Vec<i32> = pixels.iter().map(|&value| i32::from(value)).collect();
        let expected = forward(Tensor::from_data(
            TensorData::new(values, [batch, height, width, 3]),
            &Device::flex(),
        ));
        let tensor =
            TensorRef::from_array_view(([batch, height, width, 3], &pixels[..])).map_err(failed)?;
        let outputs = session.run(ort::inputs![input => tensor]).map_err(failed)?;
        for (name, expected) in expected {
            let (_, found) = outputs[name].try_extract_tensor::<f32>().map_err(failed)?;
            worst = worst.max(compare(name, batch, &expected, found)?);
        }
    }
    Ok(worst)
}

fn compare(name: &str, batch: usize, expected: &TensorData, found: &[f32]) -> Result<f32> {
    let expected: Vec<f32> = expected.iter::<f32>().collect();
    if expected.len() != found.len() {
        bail!(
            "output {name} at batch {batch}: burn gives {} values, ONNX Runtime {}",
            expected.len(),
            found.len()
        );
    }
    let worst = expected
        .iter()
        .zip(found)
        .map(|(&a, &b)| {
            if a.is_finite() && b.is_finite() {
                (a - b).abs() / a.abs().max(1.0)
            } else {
                f32::INFINITY
            }
        })
        .fold(0.0, f32::max);
    if worst > TOLERANCE {
        bail!(
            "output {name} at batch {batch}: burn and ONNX Runtime differ by {worst:e}, more than {TOLERANCE:e}"
        );
    }
    Ok(worst)
}

/// ONNX Runtime, loaded once: a process may have one environment only.
fn environment() -> Result<&'static Environment> {
    static ENVIRONMENT: OnceLock<Environment> = OnceLock::new();
    if let Some(environment) = ENVIRONMENT.get() {
        return Ok(environment);
    }
    let library = runtime_library()?;
    let environment = ort::init_from(&library)
        .with_context(|| format!("cannot load ONNX Runtime {}", library.display()))?
        .build()
        .map_err(|error| anyhow!("ONNX Runtime {}: {error}", library.display()))?;
    Ok(ENVIRONMENT.get_or_init(|| environment))
}

/// `ORT_DYLIB_PATH`, or what `make setup` put under `.local/onnxruntime/lib`.
fn runtime_library() -> Result<PathBuf> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_an_error_that_names_the_output() {
        let expected = TensorData::from([1.0_f32, 100.0]);
        let close = compare("boxes", 3, &expected, &[1.0, 100.005]).unwrap();
        assert!((close - 5e-5).abs() < 1e-6, "{close}");
        let error = compare("boxes", 3, &expected, &[1.0, 100.02])
            .unwrap_err()
            .to_string();
        assert!(error.contains("boxes at batch 3"), "{error}");
        assert!(compare("boxes", 3, &expected, &[f32::NAN, 100.0]).is_err());
        assert!(compare("boxes", 3, &expected, &[1.0]).is_err());
    }
}
