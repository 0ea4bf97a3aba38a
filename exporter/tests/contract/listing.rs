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
    insta::assert_snapshot!(model.listing(), @r#"
    tiny (opset 18, IR 8)
      classes = 5
    inputs:
      face: uint8[N, 9, 9, 3]
    outputs:
      expression_prob: float[N, 5]
      au_prob: float[N, 5]
    nodes:
      /Cast_0 = Cast(face) to=1
      /Div_1 = Div(/Cast_0, /constant_0)
      /Sub_2 = Sub(/Div_1, /constant_1)
      /Transpose_3 = Transpose(/Sub_2) perm=[0, 3, 1, 2]
      /Conv_4 = Conv(/Transpose_3, conv.weight, conv.bias) dilations=[1, 1] group=1 kernel_shape=[3, 3] pads=[0, 0, 0, 0] strides=[2, 2]
      /BatchNormalization_5 = BatchNormalization(/Conv_4, norm.gamma, norm.beta, norm.running_mean, norm.running_var) epsilon=0.00001
      /Relu_6 = Relu(/BatchNormalization_5)
      /ReduceMean_7 = ReduceMean(/Relu_6, /constant_8) keepdims=1
      /Reshape_8 = Reshape(/ReduceMean_7, /constant_9)
      /Gemm_9 = Gemm(/Reshape_8, squeeze.weight, squeeze.bias)
      /Relu_10 = Relu(/Gemm_9)
      /Gemm_11 = Gemm(/Relu_10, excite.weight, excite.bias)
      /Sigmoid_12 = Sigmoid(/Gemm_11)
      /Reshape_13 = Reshape(/Sigmoid_12, /constant_14)
      /Mul_14 = Mul(/Relu_6, /Reshape_13)
      /ReduceMean_15 = ReduceMean(/Mul_14, /constant_8) keepdims=1
      /Reshape_16 = Reshape(/ReduceMean_15, /constant_9)
      /Gemm_17 = Gemm(/Reshape_16, head.weight, head.bias)
      expression_prob = Softmax(/Gemm_17) axis=1
      au_prob = Sigmoid(/Gemm_17)
    initialisers:
      /constant_0: float[] = [127.5]
      /constant_1: float[] = [1.0]
      conv.weight: float[4, 3, 3, 3]
      conv.bias: float[4] = [0.05198671, -0.0790027, -0.08719, 0.17971821]
      norm.gamma: float[4] = [1.0, 1.0, 1.0, 1.0]
      norm.beta: float[4] = [0.0, 0.0, 0.0, 0.0]
      norm.running_mean: float[4] = [0.0, 0.0, 0.0, 0.0]
      norm.running_var: float[4] = [1.0, 1.0, 1.0, 1.0]
      /constant_8: int64[2] = [2, 3]
      /constant_9: int64[2] = [0, 4]
      squeeze.weight: float[4, 2]
      squeeze.bias: float[1, 2]
      excite.weight: float[2, 4]
      excite.bias: float[1, 4]
      /constant_14: int64[4] = [0, 4, 1, 1]
      head.weight: float[4, 5]
      head.bias: float[1, 5]
    "#);
}
