//! One model of a bundle in one ONNX Runtime session.
//!
//! Takes uint8 images `[N, H, W, 3]`, borrowed; gives named float tensors, borrowed from the
//! session's own buffers, which are reused from call to call.

use std::path::Path;

use facs::{ImageInput, Model as Manifest, Role};
use ort::{
    ep,
    session::{Session, SessionOutputs, builder::SessionBuilder},
    value::{TensorElementType, TensorRef, ValueType},
};

use super::{Runtime, RuntimeError};
use crate::config::{Provider, RuntimeSettings};

/// A model that is ready to run.
#[derive(Debug)]
pub struct Model {
    session: Session,
    role: Role,
    input: ImageInput,
    /// Where it runs.
    pub provider: Provider,
    kept: Option<KeptInputs>,
}

/// Inputs kept for a replay, one call after the other.
#[derive(Clone, Debug, Default)]
pub struct KeptInputs {
    most_calls: usize,
    /// Images per call, and their bytes.
    pub calls: Vec<(usize, Vec<u8>)>,
    /// Calls altogether, kept or not.
    pub all_calls: u64,
    /// Images in them.
    pub all_images: u64,
}

/// The tensors that one call gave.
#[derive(Debug)]
pub struct Outputs<'a> {
    values: SessionOutputs<'a>,
    role: Role,
    images: usize,
}

impl Model {
    /// Starts a session on the first provider that can, as far as the settings allow.
    ///
    /// # Errors
    /// [`RuntimeError::Provider`] when a provider cannot start, [`RuntimeError::Model`] when the
    /// file is no model, [`RuntimeError::Contract`] when it is not the model the manifest promises.
    pub fn open(
        runtime: &Runtime,
        settings: &RuntimeSettings,
        manifest: &Manifest,
        folder: &Path,
        input_name: &str,
        output_names: &[&str],
    ) -> Result<Self, RuntimeError> {
        let path = folder.join(&manifest.file);
        // The file is known to be a model before a provider is blamed.
        let cpu = load(runtime, settings, Provider::Cpu, &path).map_err(|reason| {
            RuntimeError::Model {
                path: path.clone(),
                reason,
            }
        })?;
        check(&cpu, manifest, input_name, output_names).map_err(|problem| {
            RuntimeError::Contract {
                path: path.clone(),
                role: manifest.role,
                problem,
            }
        })?;
        let (session, provider) = start(runtime, settings, cpu, &path)?;
        Ok(Self {
            session,
            role: manifest.role,
            input: manifest.input,
            provider,
            kept: None,
        })
    }

    /// The image it takes.
    #[must_use]
    pub const fn input(&self) -> ImageInput {
        self.input
    }

    /// Keeps a copy of the inputs of the next `most_calls` calls.
    pub fn keep_inputs(&mut self, most_calls: usize) {
        self.kept = Some(KeptInputs {
            most_calls,
            ..KeptInputs::default()
        });
    }

    /// The inputs kept so far.
    pub fn take_inputs(&mut self) -> KeptInputs {
        self.kept.take().unwrap_or_default()
    }

    /// Runs the model on `pixels`, `[images, height, width, 3]`.
    ///
    /// # Errors
    /// [`RuntimeError::Run`] with ONNX Runtime's reason.
    ///
    /// # Panics
    /// When `pixels` has not that many bytes.
    pub fn run(&mut self, images: usize, pixels: &[u8]) -> Result<Outputs<'_>, RuntimeError> {
        let ImageInput { width, height } = self.input;
        assert_eq!(
            pixels.len(),
            images * height * width * 3,
            "bytes of a batch"
        );
        if let Some(kept) = &mut self.kept {
            kept.all_calls += 1;
            kept.all_images += images as u64;
            if kept.calls.len() < kept.most_calls {
                kept.calls.push((images, pixels.to_vec()));
            }
        }
        let role = self.role;
        let failed = |reason: ort::Error| RuntimeError::Run {
            role,
            reason: reason.to_string(),
        };
        let tensor =
            TensorRef::from_array_view(([images, height, width, 3], pixels)).map_err(failed)?;
        let values = self.session.run(ort::inputs![tensor]).map_err(failed)?;
        Ok(Outputs {
            values,
            role,
            images,
        })
    }
}

impl Outputs<'_> {
    /// The tensor `name` and the number of floats per image.
    ///
    /// # Errors
    /// [`RuntimeError::Shape`] when it is no float tensor with one row per image, or when the rows
    /// are not `expected` long, where that is known.
    pub fn rows(
        &self,
        name: &'static str,
        expected: Option<usize>,
    ) -> Result<(&[f32], usize), RuntimeError> {
        let shape_error = |found: String| RuntimeError::Shape {
            role: self.role,
            name,
            found,
        };
        let value = self
            .values
            .get(name)
            .ok_or_else(|| shape_error("none".into()))?;
        let (shape, data) = value
            .try_extract_tensor::<f32>()
            .map_err(|error| shape_error(error.to_string()))?;
        let row = data.len() / self.images.max(1);
        let first = shape.first().copied().unwrap_or(0);
        if usize::try_from(first).ok() != Some(self.images)
            || expected.is_some_and(|expected| expected != row)
        {
            return Err(shape_error(format!("{shape:?}")));
        }
        Ok((data, row))
    }
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

fn load(
    runtime: &Runtime,
    settings: &RuntimeSettings,
    provider: Provider,
    path: &Path,
) -> Result<Session, String> {
    let cuda = || {
        ep::CUDA::default()
            .with_device_id(settings.device)
            .build()
            .error_on_failure()
    };
    let providers = match provider {
        Provider::Cpu => vec![],
        Provider::Cuda => vec![cuda()],
        Provider::TensorRt => {
            let tensorrt = ep::TensorRT::default().with_device_id(settings.device);
            vec![tensorrt.build().error_on_failure(), cuda()]
        }
    };
    builder(runtime, settings)?
        .with_execution_providers(providers)
        .map_err(|error| error.to_string())?
        .commit_from_file(path)
        .map_err(|error| error.to_string())
}

/// The first provider that starts; `cpu` is the session there is already.
fn start(
    runtime: &Runtime,
    settings: &RuntimeSettings,
    cpu: Session,
    path: &Path,
) -> Result<(Session, Provider), RuntimeError> {
    let mut refused = None;
    for &provider in &settings.providers {
        if provider == Provider::Cpu {
            return Ok((cpu, provider));
        }
        match load(runtime, settings, provider, path) {
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

/// What differs between a session and its contract.
fn check(
    session: &Session,
    manifest: &Manifest,
    input_name: &str,
    output_names: &[&str],
) -> Result<(), String> {
    let [input] = session.inputs() else {
        return Err(format!("it has {} inputs, not one", session.inputs().len()));
    };
    if input.name() != input_name {
        return Err(format!(
            "its input is {:?}, not {input_name:?}",
            input.name()
        ));
    }
    let ImageInput { width, height } = manifest.input;
    let fits = |found: i64, wanted: usize| found < 0 || usize::try_from(found) == Ok(wanted);
    match input.dtype() {
        ValueType::Tensor { ty, shape, .. }
            if *ty == TensorElementType::Uint8
                && shape.len() == 4
                && shape[0] < 0
                && fits(shape[1], height)
                && fits(shape[2], width)
                && fits(shape[3], 3) => {}
        other => {
            return Err(format!(
                "its input is {other}, not uint8 [N, {height}, {width}, 3] with free N"
            ));
        }
    }
    for name in output_names {
        if !session
            .outputs()
            .iter()
            .any(|output| output.name() == *name)
        {
            return Err(format!("it has no output {name:?}"));
        }
    }
    Ok(())
}
