//! A bench for exported modules: one forward pass, run by burn and by ONNX Runtime.

#![allow(dead_code, reason = "each test program uses a part of the bench")]
#![allow(clippy::unwrap_used, reason = "a bench that cannot run fails its test")]

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use exporter::{Element, Export, ExportError, OnnxModel, Recorder};
use ort::session::{Session, SessionInputValue};
use ort::value::Tensor as OrtTensor;

pub(crate) mod cases;

/// One forward pass, written once and run on the capture device and on the CPU.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) inputs: Vec<(&'static str, Element, Vec<usize>)>,
    pub(crate) forward: fn(&mut Lab<'_, '_>),
}

/// Where a forward pass takes its inputs and weights and leaves its outputs.
pub(crate) struct Lab<'a, 'b> {
    device: Device,
    place: Place<'a, 'b>,
    weights: u64,
}

enum Place<'a, 'b> {
    Capture(&'a mut Recorder<'b>),
    Cpu {
        inputs: &'a [(String, TensorData)],
        outputs: &'a mut Vec<(String, TensorData)>,
    },
}

impl<'b> Lab<'_, 'b> {
    pub(crate) fn device(&self) -> Device {
        self.device.clone()
    }

    fn data(&self, name: &str) -> Option<TensorData> {
        match &self.place {
            Place::Capture(_) => None,
            Place::Cpu { inputs, .. } => {
                let found = inputs.iter().find(|(key, _)| key == name);
                Some(found.expect("a declared input").1.clone())
            }
        }
    }

    fn recorder(&self) -> &Recorder<'b> {
        match &self.place {
            Place::Capture(recorder) => recorder,
            Place::Cpu { .. } => panic!("no recorder on the CPU"),
        }
    }

    pub(crate) fn float<const D: usize>(&self, name: &str) -> Tensor<D> {
        match self.data(name) {
            Some(data) => Tensor::from_data(data, &self.device),
            None => self.recorder().float(name).unwrap(),
        }
    }

    pub(crate) fn int<const D: usize>(&self, name: &str) -> Tensor<D, Int> {
        match self.data(name) {
            Some(data) => {
                let dtype = data.dtype();
                Tensor::from_data(data, (&self.device, dtype))
            }
            None => self.recorder().int(name).unwrap(),
        }
    }

    pub(crate) fn bool<const D: usize>(&self, name: &str) -> Tensor<D, Bool> {
        match self.data(name) {
            Some(data) => Tensor::from_data(data, &self.device),
            None => self.recorder().bool(name).unwrap(),
        }
    }

    /// The next weight: random, but the same in every run.
    pub(crate) fn weight<const D: usize>(&mut self, shape: [usize; D]) -> Tensor<D> {
        self.weights += 1;
        let mut noise = Noise::new(self.weights);
        let values: Vec<f32> = (0..shape.iter().product())
            .map(|_| noise.centred())
            .collect();
        Tensor::from_data(TensorData::new(values, shape), &self.device)
    }

    pub(crate) fn output<const D: usize>(&mut self, name: &str, tensor: &Tensor<D>) {
        match &mut self.place {
            Place::Capture(recorder) => recorder.output(name, tensor).unwrap(),
            Place::Cpu { outputs, .. } => outputs.push((name.to_owned(), tensor.to_data())),
        }
    }

    pub(crate) fn output_int<const D: usize>(&mut self, name: &str, tensor: &Tensor<D, Int>) {
        match &mut self.place {
            Place::Capture(recorder) => recorder.output_int(name, tensor).unwrap(),
            Place::Cpu { outputs, .. } => outputs.push((name.to_owned(), tensor.to_data())),
        }
    }

    /// An output `[N, ..]` of something that does not depend on the batch.
    pub(crate) fn output_per_sample<const D: usize>(&mut self, name: &str, tensor: &Tensor<D>) {
        match &mut self.place {
            Place::Capture(recorder) => recorder.output_per_sample(name, tensor).unwrap(),
            Place::Cpu { inputs, outputs } => {
                let batch = inputs[0].1.shape()[0];
                let one = tensor.to_data();
                let values: Vec<f32> = one.try_to_vec().unwrap();
                let shape = [&[batch], one.shape().as_slice()].concat();
                outputs.push((
                    name.to_owned(),
                    TensorData::new(values.repeat(batch), shape),
                ));
            }
        }
    }
}

impl Case {
    fn export_settings(&self) -> Export {
        let start = Export::new(self.name).metadata("purpose", "test");
        self.inputs
            .iter()
            .fold(start, |export, (name, element, shape)| {
                export.input(*name, *element, shape)
            })
    }

    fn on_capture(&self) -> impl FnMut(&mut Recorder<'_>) -> Result<(), ExportError> {
        let forward = self.forward;
        move |recorder| {
            let device = recorder.device().clone();
            let place = Place::Capture(recorder);
            forward(&mut Lab {
                device,
                place,
                weights: 0,
            });
            Ok(())
        }
    }

    pub(crate) fn export(&self) -> Result<OnnxModel, ExportError> {
        self.export_settings().run(self.on_capture())
    }

    pub(crate) fn operators(&self) -> Vec<String> {
        self.export_settings().operators(self.on_capture()).unwrap()
    }

    /// Random inputs of the given batch size.
    pub(crate) fn draw(&self, batch: usize) -> Vec<(String, TensorData)> {
        let mut noise = Noise::new(batch as u64 + 1000);
        let inputs = self.inputs.iter().map(|(name, element, shape)| {
            let shape = [&[batch], shape.as_slice()].concat();
            let count = shape.iter().product::<usize>();
            let data = match element {
                Element::U8 => {
                    let values: Vec<u8> = (0..count).map(|_| noise.next() as u8).collect();
                    TensorData::new(values, shape)
                }
                Element::I64 => {
                    let values: Vec<i64> = (0..count).map(|_| (noise.next() % 5) as i64).collect();
                    TensorData::new(values, shape)
                }
                Element::Bool => {
                    let values: Vec<bool> =
                        (0..count).map(|_| noise.next().is_multiple_of(3)).collect();
                    TensorData::new(values, shape)
                }
                _ => {
                    let values: Vec<f32> = (0..count).map(|_| 2.0 * noise.centred()).collect();
                    TensorData::new(values, shape)
                }
            };
            ((*name).to_owned(), data)
        });
        inputs.collect()
    }

    /// What burn computes.
    pub(crate) fn run_burn(&self, inputs: &[(String, TensorData)]) -> Vec<(String, TensorData)> {
        let mut outputs = Vec::new();
        let place = Place::Cpu {
            inputs,
            outputs: &mut outputs,
        };
        (self.forward)(&mut Lab {
            device: Device::default(),
            place,
            weights: 0,
        });
        outputs
    }
}

/// A small generator of random numbers.
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// Between -1 and 1.
    pub(crate) fn centred(&mut self) -> f32 {
        self.next() as f32 / (1u64 << 30) as f32 - 1.0
    }
}

/// Shape and values of one output.
pub(crate) type Found = (Vec<usize>, Vec<f64>);

/// What ONNX Runtime computes, for each batch, in the order of the model's outputs.
pub(crate) fn run_onnx(
    bytes: &[u8],
    batches: &[Vec<(String, TensorData)>],
) -> ort::Result<Vec<Vec<Found>>> {
    let environment = environment();
    let builder = Session::builder(environment)?;
    let mut builder = builder
        .with_intra_threads(1)
        .map_err(ort::Error::<()>::from)?;
    let mut session = builder.commit_from_memory(bytes)?;
    let names: Vec<String> = session
        .outputs()
        .iter()
        .map(|output| output.name().to_owned())
        .collect();
    let mut results = Vec::new();
    for inputs in batches {
        let values = inputs
            .iter()
            .map(|(name, data)| Ok((name.clone(), ort_value(data)?)));
        let values: Vec<(String, SessionInputValue)> = values.collect::<ort::Result<_>>()?;
        let outputs = session.run(values)?;
        let read = names.iter().map(|name| {
            let value = &outputs[name.as_str()];
            if let Ok((shape, values)) = value.try_extract_tensor::<f32>() {
                (sizes(shape), values.iter().map(|v| f64::from(*v)).collect())
            } else {
                let (shape, values) = value.try_extract_tensor::<i64>().unwrap();
                (sizes(shape), values.iter().map(|v| *v as f64).collect())
            }
        });
        results.push(read.collect());
    }
    Ok(results)
}

fn sizes(shape: &[i64]) -> Vec<usize> {
    shape.iter().map(|size| *size as usize).collect()
}

fn ort_value(data: &TensorData) -> ort::Result<SessionInputValue<'static>> {
    let shape = data.shape().to_vec();
    Ok(match data.dtype() {
        burn::tensor::DType::U8 => {
            OrtTensor::from_array((shape, data.try_to_vec::<u8>().unwrap()))?.into()
        }
        burn::tensor::DType::I64 => {
            OrtTensor::from_array((shape, data.try_to_vec::<i64>().unwrap()))?.into()
        }
        burn::tensor::DType::Bool(_) => {
            OrtTensor::from_array((shape, data.iter::<bool>().collect::<Vec<_>>()))?.into()
        }
        _ => OrtTensor::from_array((shape, data.try_to_vec::<f32>().unwrap()))?.into(),
    })
}

fn environment() -> &'static ort::environment::Environment {
    static ENVIRONMENT: OnceLock<ort::environment::Environment> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| {
        let library = runtime_library().expect("ONNX Runtime");
        ort::init_from(library).unwrap().build().unwrap()
    })
}

/// ONNX Runtime: from `ORT_DYLIB_PATH`, or where `make setup` puts it.
pub(crate) fn runtime_library() -> Option<PathBuf> {
    if let Some(path) = from_environment("ORT_DYLIB_PATH") {
        return Some(path);
    }
    let folder = workspace().join(".local/onnxruntime/lib");
    let files = std::fs::read_dir(folder).ok()?.filter_map(Result::ok);
    let mut found: Vec<PathBuf> = files
        .map(|file| file.path())
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str());
            let named = name.is_some_and(|name| name.starts_with("libonnxruntime.so"));
            named && path.exists()
        })
        .collect();
    found.sort();
    found.pop()
}

/// Python with `onnx`: from `MIEN_PYTHON`, or where `make setup` puts it.
pub(crate) fn python() -> Option<PathBuf> {
    if let Some(path) = from_environment("MIEN_PYTHON") {
        return Some(path);
    }
    let path = workspace().join(".local/venv/bin/python");
    path.exists().then_some(path)
}

/// A file that a variable names, if it exists.
fn from_environment(variable: &str) -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os(variable)?);
    path.exists().then_some(path)
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Fails under CI, where every tool must be there; elsewhere says why a test does nothing.
pub(crate) fn missing(tool: &str) {
    let reason = format!("{tool} is missing; `make setup` installs it");
    assert!(std::env::var_os("CI").is_none(), "{reason}");
    eprintln!("skipped: {reason}");
}
