//! What tiny modules become, as listings.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig};
use burn::tensor::activation::{relu, sigmoid, softmax};
use burn::tensor::{Device, Int, Tensor};
use exporter::{Element, Export};

#[derive(Module, Debug)]
struct Tiny {
    conv: Conv2d,
    norm: BatchNorm,
    squeeze: Linear,
    excite: Linear,
    head: Linear,
}

impl Tiny {
    fn init(device: &Device) -> Self {
        Self {
            conv: Conv2dConfig::new([3, 4], [3, 3])
                .with_stride([2, 2])
                .init(device),
            norm: BatchNormConfig::new(4).init(device),
            squeeze: LinearConfig::new(4, 2).init(device),
            excite: LinearConfig::new(2, 4).init(device),
            head: LinearConfig::new(4, 5).init(device),
        }
    }

    fn forward(&self, image: Tensor<4, Int>) -> (Tensor<2>, Tensor<2>) {
        let x = (image.float() / 127.5 - 1.0).permute([0, 3, 1, 2]);
        let x = relu(self.norm.forward(self.conv.forward(x)));
        let pooled: Tensor<2> = x.clone().mean_dims(&[2, 3]).squeeze_dims(&[2, 3]);
        let gate = sigmoid(self.excite.forward(relu(self.squeeze.forward(pooled))));
        let x = x * gate.unsqueeze_dims::<4>(&[-1, -1]);
        let logits = self
            .head
            .forward(x.mean_dims(&[2, 3]).squeeze_dims::<2>(&[2, 3]));
        (softmax(logits.clone(), 1), sigmoid(logits))
    }
}

#[test]
fn a_small_network() {
    let device = Device::default();
    let net = Tiny::init(&device);
    let model = Export::new("tiny")
        .input("face", Element::U8, &[9, 9, 3])
        .metadata("classes", "5")
        .run(|recorder| {
            let net = net.clone().to_device(recorder.device());
            recorder.name_parameters(&net);
            let (a, b) = net.forward(recorder.int("face")?);
            recorder.output("expression_prob", &a)?;
            recorder.output("au_prob", &b)
        })
        .unwrap();
    insta::assert_snapshot!(model.listing(), @"");
}
