//! One model of a bundle in one ONNX Runtime session.
//!
//! Takes uint8 images `[N, H, W, 3]`, borrowed; gives named float tensors, borrowed from the model's own
//! buffers, which are reused from call to call. Batches have fixed sizes: see [`split`].

use std::path::Path;

use facs::{ImageInput, Model as Manifest, Role};
use ort::{
    session::Session,
    value::{TensorElementType, TensorRef, ValueType},
};

use super::{
    Runtime, RuntimeError,
    bound::{Bound, Layout, split},
    provider,
};
use crate::config::{Provider, RuntimeSettings};

/// A model that is ready to run.
#[derive(Debug)]
pub struct Model {
    session: Session,
    role: Role,
    input: ImageInput,
    input_name: String,
    /// Where it runs.
    pub provider: Provider,
    settings: RuntimeSettings,
    /// One per batch size that was needed so far.
    bound: Vec<Bound>,
    /// Name of each output and the shape of one row.
    outputs: Vec<(String, Vec<usize>)>,
    /// What the last call gave, per output.
    results: Vec<Vec<f32>>,
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
    model: &'a Model,
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
        let file = provider::File {
            path: &path,
            manifest,
            input_name,
        };
        // The file is known to be a model before a provider is blamed.
        let cpu = provider::load(runtime, settings, Provider::Cpu, &file).map_err(|reason| {
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
        let (session, provider) = provider::start(runtime, settings, cpu, &file)?;
        let mut model = Self {
            session,
            role: manifest.role,
            input: manifest.input,
            input_name: input_name.to_owned(),
            provider,
            settings: settings.clone(),
            bound: Vec::new(),
            outputs: Vec::new(),
            results: Vec::new(),
            kept: None,
        };
        model.outputs = model.probe(output_names)?;
        model.results = vec![Vec::new(); output_names.len()];
        Ok(model)
    }

    /// Runs one blank image, to learn the shapes of the outputs.
    fn probe(&mut self, output_names: &[&str]) -> Result<Vec<(String, Vec<usize>)>, RuntimeError> {
        let role = self.role;
        let failed = |reason: ort::Error| RuntimeError::Run {
            role,
            reason: reason.to_string(),
        };
        let ImageInput { width, height } = self.input;
        let blank = vec![0_u8; height * width * 3];
        let tensor =
            TensorRef::from_array_view(([1, height, width, 3], &*blank)).map_err(failed)?;
        let values = self.session.run(ort::inputs![tensor]).map_err(failed)?;
        let shape = |name: &&str| {
            let value = values
                .get(*name)
                .map(|value| value.try_extract_tensor::<f32>());
            let found = match value {
                None => "none".to_owned(),
                Some(Err(error)) => error.to_string(),
                Some(Ok((shape, _))) => match shape.split_first() {
                    Some((1, row)) => {
                        let row = row
                            .iter()
                            .map(|length| usize::try_from(*length).unwrap_or(0));
                        return Ok(((*name).to_owned(), row.collect()));
                    }
                    _ => format!("{shape:?}"),
                },
            };
            Err(RuntimeError::Shape {
                role,
                name: (*name).to_owned(),
                found,
            })
        };
        output_names.iter().map(shape).collect()
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
        for (results, (_, row)) in self.results.iter_mut().zip(&self.outputs) {
            results.clear();
            results.reserve(images * row.iter().product::<usize>());
        }
        let image = height * width * 3;
        let exact = self.provider == Provider::Cpu;
        let buckets = self.settings.buckets.clone();
        let mut first = 0;
        for bucket in split(images, &buckets, exact) {
            let rows = bucket.min(images - first);
            let pixels = &pixels[first * image..(first + rows) * image];
            self.run_bucket(bucket, rows, pixels)
                .map_err(|reason| RuntimeError::Run {
                    role: self.role,
                    reason: reason.to_string(),
                })?;
            first += rows;
        }
        Ok(Outputs {
            model: self,
            images,
        })
    }

    /// Runs one batch and adds the outputs of its first `rows` images to the results.
    fn run_bucket(&mut self, bucket: usize, rows: usize, pixels: &[u8]) -> ort::Result<()> {
        let there = self.bound.iter().position(|bound| bound.rows == bucket);
        let index = match there {
            Some(index) => index,
            None => {
                let layout = Layout {
                    input_name: &self.input_name,
                    image: [self.input.height, self.input.width, 3],
                    outputs: &self.outputs,
                };
                let (place, device) = (self.provider, self.settings.device);
                let graphs = self.settings.cuda_graphs;
                let bound = Bound::new(&self.session, place, device, graphs, bucket, &layout)?;
                self.bound.push(bound);
                self.bound.len() - 1
            }
        };
        let outputs = self.bound[index].run(&mut self.session, pixels)?;
        for (results, output) in self.results.iter_mut().zip(outputs) {
            let (_, data) = output.extract_tensor();
            results.extend_from_slice(&data[..data.len() / bucket * rows]);
        }
        Ok(())
    }
}

impl<'a> Outputs<'a> {
    /// The tensor `name` and the number of floats per image.
    ///
    /// # Errors
    /// [`RuntimeError::Shape`] when there is no such output, or when its rows are not `expected` long,
    /// where that is known.
    pub fn rows(
        &self,
        name: &str,
        expected: Option<usize>,
    ) -> Result<(&'a [f32], usize), RuntimeError> {
        let shape_error = |found: String| RuntimeError::Shape {
            role: self.model.role,
            name: name.to_owned(),
            found,
        };
        let mut outputs = self.model.outputs.iter().zip(&self.model.results);
        let ((_, row), data) = outputs
            .find(|((output, _), _)| output == name)
            .ok_or_else(|| shape_error("none".into()))?;
        let length = row.iter().product();
        if expected.is_some_and(|expected| expected != length) {
            let shape = std::iter::once(&self.images).chain(row);
            return Err(shape_error(format!("{:?}", shape.collect::<Vec<_>>())));
        }
        Ok((data, length))
    }
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
