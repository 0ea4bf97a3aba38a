//! Small ONNX models, made by hand.

use onnx_protobuf::{
    AttributeProto, GraphProto, Message, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto, attribute_proto::AttributeType,
    tensor_proto::DataType, tensor_shape_proto, type_proto,
};
use protobuf::Enum;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Numbers in [-1, 1).
pub(crate) fn noise(count: usize, seed: u64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
}

/// A model with one input, `[N, ...]`. A node is called after what it makes and its operator, its weights
/// after what it makes.
pub(crate) struct Model {
    graph: GraphProto,
}

impl Model {
    pub(crate) fn new(input: &str, dims: &[usize]) -> Self {
        Self::of(input, dims, DataType::FLOAT)
    }

    pub(crate) fn of_bytes(input: &str, dims: &[usize]) -> Self {
        Self::of(input, dims, DataType::UINT8)
    }

    fn of(input: &str, dims: &[usize], of: DataType) -> Self {
        let mut graph = GraphProto::new();
        graph.name = "made up".to_owned();
        graph.input.push(info(input, of, Some(dims)));
        Self { graph }
    }

    pub(crate) fn node(&mut self, operator: &str, inputs: &[&str], output: &str) -> &mut NodeProto {
        let mut node = NodeProto::new();
        node.name = format!("{output}/{operator}");
        node.op_type = operator.to_owned();
        node.input = inputs.iter().map(|it| (*it).to_owned()).collect();
        node.output = vec![output.to_owned()];
        self.graph.node.push(node);
        self.graph.node.last_mut().unwrap()
    }

    fn constant(&mut self, name: &str, dims: &[usize], values: &[f32]) {
        assert_eq!(dims.iter().product::<usize>(), values.len());
        let mut tensor = TensorProto::new();
        tensor.name = name.to_owned();
        tensor.data_type = DataType::FLOAT.value();
        tensor.dims = dims.iter().map(|it| *it as i64).collect();
        tensor.float_data = values.to_vec();
        self.graph.initializer.push(tensor);
    }

    /// Of 3x3 or other filters, padded with `pad` zeros all around.
    pub(crate) fn conv(
        &mut self,
        output: &str,
        input: &str,
        dims: &[usize; 4],
        weights: &[f32],
        bias: Option<&[f32]>,
        pad: i64,
    ) {
        let names = [format!("{output}/weight"), format!("{output}/bias")];
        self.constant(&names[0], dims, weights);
        let mut inputs = vec![input, &names[0]];
        if let Some(bias) = bias {
            self.constant(&names[1], &[bias.len()], bias);
            inputs.push(&names[1]);
        }
        let node = self.node("Conv", &inputs, output);
        node.attribute.push(whole("pads", &[pad; 4]));
    }

    /// A batch norm with these gains, the rest at random.
    pub(crate) fn norm(&mut self, output: &str, input: &str, gamma: &[f32], seed: u64) {
        let channels = gamma.len();
        let variance: Vec<f32> = noise(channels, seed + 102)
            .iter()
            .map(|it| it + 1.1)
            .collect();
        let others = [noise(channels, seed + 100), noise(channels, seed + 101)];
        let values = [gamma, &others[0], &others[1], &variance];
        let names = ["gamma", "beta", "mean", "variance"].map(|it| format!("{output}/{it}"));
        for (name, values) in names.iter().zip(values) {
            self.constant(name, &[channels], values);
        }
        let inputs = [input, &names[0], &names[1], &names[2], &names[3]];
        self.node("BatchNormalization", &inputs, output);
    }

    /// A product with a matrix of `[rows, columns]`.
    pub(crate) fn product(
        &mut self,
        operator: &str,
        input: &str,
        dims: [usize; 2],
        weights: &[f32],
        bias: Option<&[f32]>,
        output: &str,
    ) {
        let names = [format!("{output}/weight"), format!("{output}/bias")];
        self.constant(&names[0], &dims, weights);
        let mut inputs = vec![input, &names[0]];
        if let Some(bias) = bias {
            self.constant(&names[1], &[1, bias.len()], bias);
            inputs.push(&names[1]);
        }
        self.node(operator, &inputs, output);
    }

    /// An operation with one number.
    pub(crate) fn scalar(&mut self, operator: &str, input: &str, number: f32, output: &str) {
        let name = format!("{output}/number");
        self.constant(&name, &[], &[number]);
        self.node(operator, &[input, &name], output);
    }

    pub(crate) fn cast(&mut self, input: &str, output: &str) {
        let mut to = whole("to", &[]);
        to.i = DataType::FLOAT.value().into();
        to.type_ = AttributeType::INT.into();
        self.node("Cast", &[input], output).attribute.push(to);
    }

    pub(crate) fn transpose(&mut self, input: &str, output: &str, order: &[i64]) {
        let node = self.node("Transpose", &[input], output);
        node.attribute.push(whole("perm", order));
    }

    /// The file, with one output.
    pub(crate) fn bytes(&self, output: &str) -> Vec<u8> {
        let mut graph = self.graph.clone();
        graph.output.push(info(output, DataType::FLOAT, None));
        let mut model = ModelProto::new();
        model.ir_version = 8;
        let mut opset = OperatorSetIdProto::new();
        opset.version = 18;
        model.opset_import.push(opset);
        model.graph = Some(graph).into();
        model.write_to_bytes().unwrap()
    }
}

fn whole(name: &str, values: &[i64]) -> AttributeProto {
    let mut attribute = AttributeProto::new();
    attribute.name = name.to_owned();
    attribute.ints = values.to_vec();
    attribute.type_ = AttributeType::INTS.into();
    attribute
}

fn info(name: &str, of: DataType, dims: Option<&[usize]>) -> ValueInfoProto {
    let mut tensor = type_proto::Tensor::new();
    tensor.elem_type = of.value();
    if let Some(dims) = dims {
        let mut shape = TensorShapeProto::new();
        let batch = tensor_shape_proto::dimension::Value::DimParam("N".to_owned());
        let sizes = dims.iter().map(|it| *it as i64);
        let sizes = sizes.map(tensor_shape_proto::dimension::Value::DimValue);
        for value in std::iter::once(batch).chain(sizes) {
            let mut dim = tensor_shape_proto::Dimension::new();
            dim.value = Some(value);
            shape.dim.push(dim);
        }
        tensor.shape = Some(shape).into();
    }
    let mut kind = TypeProto::new();
    kind.value = Some(type_proto::Value::TensorType(tensor));
    let mut info = ValueInfoProto::new();
    info.name = name.to_owned();
    info.type_ = Some(kind).into();
    info
}
