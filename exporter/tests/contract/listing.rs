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
    let record = Tiny::init(&device).into_record();
    let model = Export::new("tiny")
        .input("face", Element::U8, &[9, 9, 3])
        .metadata("classes", "5")
        .run(|recorder| {
            let net = Tiny::init(recorder.device()).load_record(record.clone());
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
      conv.bias: float[4]
      norm.gamma: float[4]
      norm.beta: float[4]
      norm.running_mean: float[4]
      norm.running_var: float[4]
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

#[test]
fn a_product_and_a_bias_become_one_node() {
    let model = Export::new("bias")
        .input("x", Element::F32, &[2])
        .run(|recorder| {
            let x = recorder.float::<2>("x")?;
            let weight = Tensor::<2>::from_floats([[1.0, 2.0], [3.0, 4.0]], recorder.device());
            let bias = Tensor::<1>::from_floats([5.0, 6.0], recorder.device());
            recorder.output("y", &(x.matmul(weight) + bias.unsqueeze()))
        })
        .unwrap();
    insta::assert_snapshot!(model.listing(), @r#"
    bias (opset 18, IR 8)
    inputs:
      x: float[N, 2]
    outputs:
      y: float[N, 2]
    nodes:
      y = Gemm(x, /constant_0, /constant_1)
    initialisers:
      /constant_0: float[2, 2]
      /constant_1: float[1, 2]
    "#);
}

#[test]
fn a_token_is_repeated_for_each_sample() {
    let model = Export::new("token")
        .input("x", Element::F32, &[4, 2])
        .run(|recorder| {
            let x = recorder.float::<3>("x")?;
            let token = Tensor::<1>::from_floats([0.5, 1.5], recorder.device());
            let token = token.reshape([1, 1, 2]).expand([x.dims()[0], 1, 2]);
            recorder.output("y", &Tensor::cat(vec![token, x], 1))
        })
        .unwrap();
    insta::assert_snapshot!(model.listing(), @r#"
    token (opset 18, IR 8)
    inputs:
      x: float[N, 4, 2]
    outputs:
      y: float[N, 5, 2]
    nodes:
      /Shape_0 = Shape(x) start=0 end=1
      /Concat_1 = Concat(/Shape_0, /constant_0) axis=0
      /Expand_2 = Expand(/constant_1, /Concat_1)
      y = Concat(/Expand_2, x) axis=1
    initialisers:
      /constant_0: int64[2] = [1, 1]
      /constant_1: float[1, 1, 2]
    "#);
}

#[test]
fn constants_fold_and_outputs_keep_their_names() {
    let model = Export::new("graph")
        .input("x", Element::F32, &[2])
        .run(|recorder| {
            let x = recorder.float::<2>("x")?;
            let logits = Tensor::<2>::from_floats([[0.0, 1.0], [2.0, 3.0]], recorder.device());
            let graph = logits.tanh().transpose() * 2.0;
            recorder.output("same", &x)?;
            recorder.output("global", &graph)?;
            recorder.output_per_sample("graph", &graph)
        })
        .unwrap();
    insta::assert_snapshot!(model.listing(), @r#"
    graph (opset 18, IR 8)
    inputs:
      x: float[N, 2]
    outputs:
      same: float[N, 2]
      global: float[2, 2]
      graph: float[N, 2, 2]
    nodes:
      /Shape_0 = Shape(x) start=0 end=1
      /Concat_1 = Concat(/Shape_0, /constant_0) axis=0
      graph = Expand(/constant_1, /Concat_1)
      same = Identity(x)
      global = Identity(/constant_1)
    initialisers:
      /constant_0: int64[2] = [2, 2]
      /constant_1: float[2, 2]
    "#);
}
