//! Does ONNX Runtime compute what burn computes? A model that fails is never shipped.

use anyhow::{Result, anyhow, bail};
use burn::tensor::{Device, Int, Tensor, TensorData};
use ort::{session::Session, value::TensorRef};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use runtime::Runtime;

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
    let runtime = Runtime::load(None)?;
    let failed = |error: ort::Error| anyhow!("ONNX Runtime refuses the model: {error}");
    let mut session = Session::builder(&runtime.environment)
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
