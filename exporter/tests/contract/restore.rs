//! Weights find their way back into a module.

use burn::module::Module;
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use exporter::{Element, Export, ExportError, OnnxModel};

#[derive(Module, Debug)]
struct Net {
    first: Linear,
    norm: BatchNorm,
    /// What no forward pass reads.
    spare: Linear,
}

impl Net {
    fn seeded(width: usize, seed: u64) -> Self {
        let device = Device::flex();
        device.seed(seed);
        Self::new(width, &device)
    }

    fn new(width: usize, device: &Device) -> Self {
        Self {
            first: LinearConfig::new(3, width).init(device),
            norm: BatchNormConfig::new(width).init(device),
            spare: LinearConfig::new(2, 2).init(device),
        }
    }

    fn forward(&self, input: Tensor<2>) -> Tensor<2> {
        let first = self.first.forward(input);
        let [n, width] = first.dims();
        self.norm
            .forward(first.reshape([n, width, 1]))
            .reshape([n, width])
    }
}

fn values(net: &Net) -> Vec<f32> {
    let input = Tensor::from_data([[0.5, -1.0, 2.0], [1.0, 0.0, -0.25]], &Device::flex());
    net.forward(input).into_data().iter().collect()
}

fn model(net: &Net) -> OnnxModel {
    let record = net.clone().into_record();
    let exported = Export::new("net")
        .input("input", Element::F32, &[3])
        .run(|recorder| {
            let net = Net::new(4, recorder.device()).load_record(record.clone());
            recorder.name_parameters(&net);
            recorder.output("output", &net.forward(recorder.float("input")?))
        });
    let written = exported.and_then(|model| model.to_bytes());
    let read = written.and_then(|bytes| OnnxModel::from_bytes(&bytes));
    read.expect("a small module can be exported")
}

#[test]
fn what_was_exported_comes_back_by_name() {
    let net = Net::seeded(4, 1);
    let other = Net::seeded(4, 2);
    assert_ne!(values(&net), values(&other));
    let restored = model(&net).restore(other).unwrap();
    assert_eq!(values(&restored.module), values(&net));
    assert_eq!(restored.missing, ["spare.weight", "spare.bias"]);
}

#[test]
fn another_architecture_is_refused_by_the_parameter_that_differs() {
    let wider = Net::seeded(5, 1);
    let error = model(&Net::seeded(4, 1)).restore(wider).unwrap_err();
    assert!(matches!(error, ExportError::Weight { .. }), "{error}");
    assert!(error.to_string().contains("first.weight"), "{error}");
}
