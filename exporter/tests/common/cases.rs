//! Forward passes that together use every operator that can be exported.

use burn::tensor::activation::{
    gelu, hard_sigmoid, leaky_relu, log_sigmoid, log_softmax, prelu, relu, sigmoid, silu, softmax,
    softmin,
};
use burn::tensor::module;
use burn::tensor::ops::{
    AttentionModuleOptions, AvgPoolOptions, ConvOptions, ConvTransposeOptions, GridSampleOptions,
    GridSamplePaddingMode, InterpolateMode, InterpolateOptions, MaxPoolOptions, PadMode,
};
use burn::tensor::{IndexingUpdateOp, Int, Tensor, s};
use exporter::Element::{Bool, F32, I64, U8};

use super::{Case, Lab};

/// Every case.
pub(crate) fn all() -> Vec<Case> {
    let image = |height, width| ("x", F32, vec![3, height, width]);
    let table = || ("x", F32, vec![4, 6]);
    let case = |name, inputs, forward| Case {
        name,
        inputs,
        forward,
    };
    vec![
        case(
            "face_network",
            vec![("face", U8, vec![17, 17, 3])],
            face_network,
        ),
        case(
            "arithmetic",
            vec![table(), ("y", F32, vec![4, 6])],
            arithmetic,
        ),
        case("functions", vec![table()], functions),
        case("trigonometry", vec![table()], trigonometry),
        case("activations", vec![table()], activations),
        case(
            "comparisons",
            vec![table(), ("y", F32, vec![4, 6])],
            comparisons,
        ),
        case("masks", vec![table(), ("mask", Bool, vec![4, 6])], masks),
        case("reductions", vec![table()], reductions),
        case("orders", vec![table()], orders),
        case("movement", vec![table()], movement),
        case("batch_shapes", vec![table()], batch_shapes),
        case("indexing", vec![table(), ("at", I64, vec![4, 2])], indexing),
        case("integers", vec![("k", I64, vec![4])], integers),
        case("convolutions", vec![image(9, 8)], convolutions),
        case("other_convolutions", vec![image(6, 5)], other_convolutions),
        case("pooling", vec![image(9, 8)], pooling),
        case("resizing", vec![image(5, 4)], resizing),
        case("normalisation", vec![image(4, 4)], normalisation),
        case(
            "linear_layers",
            vec![table(), ("v", F32, vec![6])],
            linear_layers,
        ),
        case(
            "attention",
            vec![("q", F32, vec![2, 3, 4]), ("mask", Bool, vec![2, 3, 5])],
            attention,
        ),
        case(
            "sampling",
            vec![image(5, 6), ("grid", F32, vec![4, 3, 2])],
            sampling,
        ),
        case("constants", vec![table()], constants),
    ]
}

/// Bytes in, convolutions, squeeze and excitation, a learned graph, probabilities out.
fn face_network(lab: &mut Lab<'_, '_>) {
    let face = lab.int::<4>("face");
    let x = ((face.float() - 127.5) / 64.0).permute([0, 3, 1, 2]);
    let (kernel, bias) = (lab.weight([8, 3, 3, 3]), lab.weight([8]));
    let strided = ConvOptions::new([2, 2], [1, 1], [1, 1], 1);
    let x = module::conv2d(x, kernel, Some(bias), strided);
    let [gamma, beta, mean] = [0; 3].map(|_| lab.weight::<1>([8]));
    let variance = lab.weight([8]).abs() + 0.5;
    let x = relu(module::batch_norm(x, gamma, beta, mean, variance, 1e-5));
    let pooled: Tensor<2> = x.clone().mean_dims(&[2, 3]).squeeze_dims(&[2, 3]);
    let (down, up) = (lab.weight([8, 4]), lab.weight([4, 8]));
    let gate = sigmoid(relu(pooled.matmul(down)).matmul(up));
    let x = x * gate.unsqueeze_dims::<4>(&[2, 3]);
    let feature: Tensor<2> = x.mean_dims(&[2, 3]).squeeze_dims(&[2, 3]);
    let (weight, bias) = (lab.weight([8, 6]), lab.weight([6]));
    let logits = module::linear(feature, weight, Some(bias));
    let graph: Tensor<2> = lab.weight([6, 6]).tanh() * 0.5;
    let informed = logits.clone() + logits.matmul(graph.clone().transpose());
    lab.output("au_prob", &sigmoid(informed.clone()));
    lab.output("expression_prob", &softmax(informed, 1));
    lab.output_per_sample("au_graph", &graph);
    lab.output("global_graph", &graph);
}

fn arithmetic(lab: &mut Lab<'_, '_>) {
    let (x, y) = (lab.float::<3>("x"), lab.float::<3>("y"));
    let row = lab.weight::<1>([6]).unsqueeze::<3>();
    lab.output("sum", &(x.clone() + y.clone() * row.clone() - 0.25));
    lab.output("difference", &(x.clone() - row + 2.0));
    lab.output(
        "quotient",
        &(x.clone() / (y.clone().abs() + 1.0) / 3.0 * 1.5),
    );
    lab.output("remainder", &x.clone().remainder(y.clone().abs() + 0.5));
    lab.output("remainder_scalar", &x.clone().remainder_scalar(0.7));
    lab.output("negative", &x.clone().neg().sign());
    lab.output(
        "clamped",
        &(x.clone().clamp(-0.5, 0.75) + x.clone().clamp_min(0.1)),
    );
    lab.output("clamped_above", &x.clone().clamp_max(0.2));
    lab.output("square", &x.clone().powi_scalar(2));
    lab.output("cube", &x.powi(Tensor::full([1, 1, 1], 3.0, &lab.device())));
}

fn functions(lab: &mut Lab<'_, '_>) {
    let x = lab.float::<3>("x");
    let positive = x.clone().abs() + 0.1;
    lab.output("exp", &x.clone().exp());
    lab.output("log", &positive.clone().log());
    lab.output("log1p", &positive.clone().log1p());
    lab.output("erf", &x.clone().erf());
    lab.output("sqrt", &positive.clone().sqrt());
    lab.output("recip", &positive.clone().recip());
    lab.output("powf", &positive.clone().powf(x.clone()));
    lab.output("powf_scalar", &positive.clone().powf_scalar(1.7));
    lab.output("hypot", &x.clone().hypot(positive));
    lab.output("round", &(x.clone() * 3.0).round());
    lab.output("floor", &(x.clone() * 3.0).floor());
    lab.output("ceil", &(x.clone() * 3.0).ceil());
    lab.output("trunc", &(x.clone() * 3.0).trunc());
    lab.output_int("int", &(x.clone() * 3.0).int());
    let odd = x
        .clone()
        .mask_fill(x.clone().greater_elem(1.0), f32::INFINITY);
    lab.output("inf", &odd.clone().is_inf().float());
    lab.output("nan", &(odd.clone() - odd).is_nan().float());
    lab.output("product", &x.clone().swap_dims(1, 2).matmul(x));
}

fn trigonometry(lab: &mut Lab<'_, '_>) {
    let x = lab.float::<3>("x");
    let unit = x.clone().tanh() * 0.9;
    lab.output("sin", &x.clone().sin());
    lab.output("cos", &x.clone().cos());
    lab.output("tan", &unit.clone().tan());
    lab.output("sinh", &x.clone().sinh());
    lab.output("cosh", &x.clone().cosh());
    lab.output("asin", &unit.clone().asin());
    lab.output("acos", &unit.clone().acos());
    lab.output("atan", &x.clone().atan());
    lab.output("asinh", &x.clone().asinh());
    lab.output("acosh", &(x.abs() + 1.0).acosh());
    lab.output("atanh", &unit.atanh());
}

fn activations(lab: &mut Lab<'_, '_>) {
    let x = lab.float::<3>("x");
    let slope = lab.weight::<1>([4]);
    lab.output("relu", &relu(x.clone()));
    lab.output("leaky_relu", &leaky_relu(x.clone(), 0.1));
    lab.output("prelu", &prelu(x.clone(), slope));
    lab.output("gelu", &gelu(x.clone()));
    lab.output("sigmoid", &sigmoid(x.clone()));
    lab.output("hard_sigmoid", &hard_sigmoid(x.clone(), 0.2, 0.5));
    lab.output("log_sigmoid", &log_sigmoid(x.clone() * 40.0));
    lab.output("silu", &silu(x.clone()));
    lab.output("softmax", &softmax(x.clone(), 1));
    lab.output("log_softmax", &log_softmax(x.clone(), 2));
    lab.output("softmin", &softmin(x, 2));
}

fn comparisons(lab: &mut Lab<'_, '_>) {
    let (x, y) = (lab.float::<3>("x"), lab.float::<3>("y"));
    let (a, b) = ((x.clone() * 2.0).round(), (y.clone() * 2.0).round());
    lab.output("greater", &a.clone().greater(b.clone()).float());
    lab.output("greater_equal", &a.clone().greater_equal(b.clone()).float());
    lab.output("lower", &a.clone().lower(b.clone()).float());
    lab.output("lower_equal", &a.clone().lower_equal(b.clone()).float());
    lab.output("equal", &a.clone().equal(b.clone()).float());
    lab.output("not_equal", &a.clone().not_equal(b).float());
    let both = a
        .clone()
        .greater_elem(0.0)
        .bool_and(a.clone().lower_elem(2.0));
    let either = a
        .clone()
        .greater_equal_elem(2.0)
        .bool_or(a.clone().lower_equal_elem(-2.0));
    lab.output(
        "xor",
        &both.clone().bool_xor(either.clone().bool_not()).float(),
    );
    lab.output(
        "elem",
        &a.clone()
            .equal_elem(1.0)
            .bool_or(a.not_equal_elem(-1.0))
            .float(),
    );
    lab.output_int("all", &either.clone().all().int());
    lab.output_int("any", &both.clone().any().int());
    lab.output("all_dim", &both.all_dim(1).float());
    lab.output("any_dim", &either.any_dim(2).float());
}

fn masks(lab: &mut Lab<'_, '_>) {
    let (x, mask) = (lab.float::<3>("x"), lab.bool::<3>("mask"));
    let other = lab.weight::<3>([1, 4, 6]);
    lab.output("fill", &softmax(x.clone().mask_fill(mask.clone(), -1e9), 2));
    let wide = other.expand([x.dims()[0], 4, 6]);
    lab.output("where", &x.clone().mask_where(mask.clone(), wide));
    let weight = mask.bool_not().float();
    let sum: Tensor<2> = (x * weight.clone()).sum_dim(1).squeeze_dim(1);
    let count: Tensor<2> = weight.sum_dim(1).squeeze_dim(1);
    lab.output("masked_mean", &(sum / count.clamp_min(1.0)));
}

fn reductions(lab: &mut Lab<'_, '_>) {
    let x = lab.float::<3>("x");
    lab.output("sum", &x.clone().sum());
    lab.output("sum_dim", &x.clone().sum_dim(1));
    lab.output("sum_dims", &x.clone().sum_dims(&[1, 2]));
    lab.output("mean", &x.clone().mean());
    lab.output("mean_dim", &x.clone().mean_dim(2));
    lab.output("prod", &(x.clone() * 0.1 + 1.0).prod());
    lab.output("prod_dim", &x.clone().prod_dim(2));
    lab.output("max", &(x.clone().max() + x.clone().min()));
    lab.output("max_dim", &(x.clone().max_dim(1) - x.clone().min_dim(1)));
    lab.output(
        "max_abs",
        &(x.clone().max_abs() + x.clone().max_abs_dim(2).sum()),
    );
    let (high, highest) = x.clone().max_dim_with_indices(2);
    let (low, lowest) = x.clone().min_dim_with_indices(2);
    lab.output("range", &(high - low));
    lab.output_int("highest", &highest);
    lab.output_int("lowest", &lowest);
    lab.output_int("argmax", &x.clone().argmax(1));
    lab.output_int("argmin", &x.clone().argmin(1));
    lab.output("cumsum", &x.clone().cumsum(2));
    let (variance, mean) = x.var_mean(2);
    lab.output("spread", &(variance.sqrt() + mean));
}

fn orders(lab: &mut Lab<'_, '_>) {
    let x = lab.float::<3>("x");
    lab.output("top", &x.clone().topk(2, 2));
    lab.output_int("top_at", &x.clone().argtopk(3, 1));
    let (values, places) = x.clone().topk_with_indices(2, 1);
    lab.output("best", &values);
    lab.output_int("best_at", &places);
    lab.output("sorted", &x.clone().sort(2));
    lab.output_int("order", &x.clone().argsort_descending(2));
    let (values, places) = x.sort_with_indices(1);
    lab.output("ascending", &values);
    lab.output_int("ascending_at", &places);
}

fn movement(lab: &mut Lab<'_, '_>) {
    let x = lab.float::<3>("x");
    let batch = x.dims()[0];
    lab.output("swapped", &x.clone().swap_dims(1, 2).exp());
    lab.output("permuted", &x.clone().permute([2, 0, 1]).exp());
    lab.output("flipped", &x.clone().flip([1, 2]));
    lab.output("flattened", &x.clone().reshape([batch, 24]));
    lab.output("rows", &x.clone().reshape([batch * 4, 6]));
    lab.output("cut", &x.clone().slice(s![.., 1..3, ..5;2]));
    lab.output("backwards", &x.clone().slice(s![.., .., 1..5;-2]));
    lab.output("first", &x.clone().slice(s![0..1, .., ..]));
    lab.output("joined", &Tensor::cat(vec![x.clone(), x.clone() * 2.0], 2));
    lab.output("repeated", &x.clone().repeat_dim(1, 3));
    let middle = x.clone().slice(s![.., 0..2, 0..3]) * 5.0;
    lab.output(
        "assigned",
        &x.clone().slice_assign(s![.., 1..3, 2..5], middle),
    );
    lab.output(
        "padded",
        &x.clone().pad((1, 2, 0, 1), PadMode::Constant(0.5)),
    );
    lab.output("edge", &x.clone().pad((1, 1, 1, 1), PadMode::Edge));
    lab.output("reflected", &x.pad((2, 1, 1, 2), PadMode::Reflect));
}

/// Shapes that have to be computed from the batch when the model runs.
fn batch_shapes(lab: &mut Lab<'_, '_>) {
    let x = lab.float::<3>("x");
    let batch = x.dims()[0];
    let device = lab.device();
    let token = lab.weight::<3>([1, 1, 6]);
    let token = token.repeat_dim(0, batch);
    lab.output("with_token", &Tensor::cat(vec![token, x.clone()], 1));
    let graph = lab
        .weight::<2>([6, 6])
        .unsqueeze::<3>()
        .expand([batch, 6, 6]);
    lab.output("mixed", &x.clone().matmul(graph));
    let state = Tensor::<2>::zeros([batch, 6], &device) + x.clone().sum_dim(1).squeeze_dim(1);
    lab.output("state", &(state + Tensor::<2>::ones([batch, 6], &device)));
    let full = Tensor::<3>::full([batch, 4, 1], 0.5, &device);
    lab.output(
        "full",
        &(Tensor::<3>::empty([batch, 4, 1], &device) * 0.0 + full * 2.0),
    );
    lab.output(
        "pairs",
        &x.clone().reshape([batch * 2, 2, 6]).repeat_dim(0, 2),
    );
    let across = x.reshape([batch, 24]);
    lab.output("similarity", &across.clone().matmul(across.transpose()));
}

fn indexing(lab: &mut Lab<'_, '_>) {
    let (x, at) = (lab.float::<3>("x"), lab.int::<3>("at"));
    let at = at.clamp(0, 3);
    let device = lab.device();
    let columns = Tensor::<1, Int>::from_data([5, 0, 3], &device);
    lab.output("selected", &x.clone().select(2, columns.clone()));
    lab.output("gathered", &x.clone().gather(2, at.clone()));
    let part = x.clone().slice(s![.., .., 0..3]);
    let added = x
        .clone()
        .select_assign(2, columns, part, IndexingUpdateOp::Add);
    lab.output("added", &added);
    let thin = x.clone().slice(s![.., .., 0..2]);
    lab.output(
        "scattered",
        &x.clone()
            .scatter(2, at.clone(), thin, IndexingUpdateOp::Add),
    );
    let table = lab.weight::<2>([5, 3]);
    let rows = at.clone().reshape([x.dims()[0], 8]);
    lab.output("embedded", &module::embedding(table.clone(), rows));
    let pairs = at.clamp(0, 2);
    lab.output("picked", &table.gather_nd::<3, 2>(pairs));
}

fn integers(lab: &mut Lab<'_, '_>) {
    let k = lab.int::<2>("k");
    let device = lab.device();
    let one = Tensor::<2, Int>::from_data([[1, 2, 3, 4]], (&device, k.dtype()));
    lab.output_int("arithmetic", &((k.clone() + one.clone()) * 3 - 7));
    lab.output_int("quotient", &(k.clone() * 5 / 3));
    lab.output_int("remainder", &(k.clone() - 2).remainder_scalar(3));
    lab.output_int("remainders", &(k.clone() - 2).remainder(one.clone()));
    lab.output("float", &(k.clone().float() * 0.5));
    lab.output("cast", &k.clone().cast(burn::tensor::IntDType::I32).float());
    let column = one.clone().swap_dims(0, 1);
    lab.output_int("power", &k.clone().powi(one.clone()));
    lab.output_int("fifth", &k.clone().powi_scalar(5));
    lab.output_int("product", &k.clone().matmul(column));
    lab.output("flags", &k.equal(one).float());
}

fn convolutions(lab: &mut Lab<'_, '_>) {
    let x = lab.float::<4>("x");
    let (kernel, bias) = (lab.weight([6, 3, 3, 3]), lab.weight([6]));
    let wide = ConvOptions::new([2, 1], [1, 2], [1, 2], 1);
    lab.output(
        "strided",
        &module::conv2d(x.clone(), kernel, Some(bias), wide),
    );
    let uneven = ConvOptions::new_with_padding([1, 1], [(1, 0), (2, 1)], [1, 1], 1);
    let kernel = lab.weight([4, 3, 2, 4]);
    lab.output("uneven", &module::conv2d(x.clone(), kernel, None, uneven));
    let kernel = lab.weight([6, 1, 3, 3]);
    let grouped = ConvOptions::new([1, 1], [1, 1], [1, 1], 3);
    lab.output("grouped", &module::conv2d(x.clone(), kernel, None, grouped));
    let (kernel, bias) = (lab.weight([3, 4, 3, 3]), lab.weight([4]));
    let up = ConvTransposeOptions::new([2, 2], [1, 1], [1, 0], [1, 1], 1);
    lab.output("up", &module::conv_transpose2d(x, kernel, Some(bias), up));
}

fn other_convolutions(lab: &mut Lab<'_, '_>) {
    let x = lab.float::<4>("x");
    let batch = x.dims()[0];
    let line: Tensor<3> = x.clone().reshape([batch, 3, 30]);
    let (kernel, bias) = (lab.weight([4, 3, 5]), lab.weight([4]));
    let options = ConvOptions::new([2], [2], [1], 1);
    lab.output(
        "line",
        &module::conv1d(line.clone(), kernel, Some(bias), options),
    );
    let kernel = lab.weight([3, 2, 4]);
    let up = ConvTransposeOptions::new([2], [1], [1], [1], 1);
    lab.output("line_up", &module::conv_transpose1d(line, kernel, None, up));
    let volume: Tensor<5> = x.reshape([batch, 1, 3, 6, 5]);
    let kernel = lab.weight([2, 1, 2, 3, 3]);
    let options = ConvOptions::new([1, 2, 1], [1, 1, 1], [1, 1, 1], 1);
    lab.output(
        "volume",
        &module::conv3d(volume.clone(), kernel, None, options),
    );
    let kernel = lab.weight([1, 2, 2, 2, 2]);
    let up = ConvTransposeOptions::new([1, 2, 2], [0, 0, 0], [0, 0, 0], [1, 1, 1], 1);
    lab.output(
        "volume_up",
        &module::conv_transpose3d(volume, kernel, None, up),
    );
}

fn pooling(lab: &mut Lab<'_, '_>) {
    let x = lab.float::<4>("x");
    let batch = x.dims()[0];
    let max = MaxPoolOptions {
        kernel_size: [3, 2],
        stride: [2, 2],
        padding: [(1, 1), (0, 0)],
        dilation: [1, 1],
        ceil_mode: false,
    };
    lab.output("max", &module::max_pool2d(x.clone(), max));
    let up = MaxPoolOptions {
        kernel_size: [2, 3],
        stride: [2, 2],
        padding: [(0, 0), (0, 0)],
        dilation: [2, 1],
        ceil_mode: true,
    };
    lab.output("max_up", &module::max_pool2d(x.clone(), up));
    let avg = |count_include_pad, ceil_mode| AvgPoolOptions {
        kernel_size: [3, 3],
        stride: [2, 2],
        padding: [(1, 1), (1, 1)],
        count_include_pad,
        ceil_mode,
    };
    lab.output("avg", &module::avg_pool2d(x.clone(), avg(true, false)));
    lab.output(
        "avg_inner",
        &module::avg_pool2d(x.clone(), avg(false, false)),
    );
    lab.output("avg_up", &module::avg_pool2d(x.clone(), avg(false, true)));
    lab.output("global", &module::adaptive_avg_pool2d(x.clone(), [1, 1]));
    lab.output("even", &module::adaptive_avg_pool2d(x.clone(), [3, 2]));
    lab.output("uneven", &module::adaptive_avg_pool2d(x.clone(), [4, 3]));
    let line: Tensor<3> = x.reshape([batch, 3, 72]);
    let max = MaxPoolOptions {
        kernel_size: [4],
        stride: [3],
        padding: [(1, 1)],
        dilation: [1],
        ceil_mode: false,
    };
    lab.output("line_max", &module::max_pool1d(line.clone(), max));
    let avg = AvgPoolOptions {
        kernel_size: [4],
        stride: [3],
        padding: [(1, 1)],
        count_include_pad: true,
        ceil_mode: false,
    };
    lab.output("line_avg", &module::avg_pool1d(line.clone(), avg));
    lab.output("line_uneven", &module::adaptive_avg_pool1d(line, 5));
}

fn resizing(lab: &mut Lab<'_, '_>) {
    let x = lab.float::<4>("x");
    let to = |size, mode, align| {
        InterpolateOptions::new(mode)
            .with_align_corners(align)
            .with_output_size(size)
    };
    lab.output(
        "nearest",
        &module::interpolate(x.clone(), to([10, 8], InterpolateMode::Nearest, false)),
    );
    lab.output(
        "nearest_odd",
        &module::interpolate(x.clone(), to([7, 3], InterpolateMode::Nearest, false)),
    );
    lab.output(
        "bilinear",
        &module::interpolate(x.clone(), to([10, 12], InterpolateMode::Bilinear, false)),
    );
    lab.output(
        "bilinear_odd",
        &module::interpolate(x.clone(), to([3, 9], InterpolateMode::Bilinear, false)),
    );
    lab.output(
        "corners",
        &module::interpolate(x.clone(), to([9, 7], InterpolateMode::Bilinear, true)),
    );
    lab.output(
        "bicubic",
        &module::interpolate(x, to([9, 7], InterpolateMode::Bicubic, false)),
    );
}

fn normalisation(lab: &mut Lab<'_, '_>) {
    let x = lab.float::<4>("x");
    let [gamma, beta, mean] = [0; 3].map(|_| lab.weight::<1>([3]));
    let variance = lab.weight([3]).abs() + 0.2;
    lab.output(
        "batch",
        &module::batch_norm(x.clone(), gamma, beta, mean, variance, 1e-3),
    );
    let (gamma, beta) = (lab.weight([4]), lab.weight([4]));
    lab.output(
        "layer",
        &module::layer_norm(x.clone(), gamma.clone(), Some(beta), 1e-5),
    );
    lab.output("layer_plain", &module::layer_norm(x, gamma, None, 1e-5));
}

fn linear_layers(lab: &mut Lab<'_, '_>) {
    let (x, v) = (lab.float::<3>("x"), lab.float::<2>("v"));
    let (weight, bias) = (lab.weight([6, 5]), lab.weight([5]));
    lab.output(
        "deep",
        &module::linear(x.clone(), weight.clone(), Some(bias.clone())),
    );
    lab.output("deep_plain", &module::linear(x, weight.clone(), None));
    lab.output(
        "flat",
        &module::linear(v.clone(), weight.clone(), Some(bias.clone())),
    );
    lab.output(
        "flat_plain",
        &module::linear(v.clone(), weight.clone(), None),
    );
    lab.output("by_hand", &(v.matmul(weight) + bias.unsqueeze::<2>()));
}

fn attention(lab: &mut Lab<'_, '_>) {
    let q = lab.float::<4>("q");
    let mask = lab.bool::<4>("mask");
    let batch = q.dims()[0];
    let (key, value) = (lab.weight::<4>([1, 2, 5, 4]), lab.weight::<4>([1, 2, 5, 3]));
    let (key, value) = (key.expand([batch, 2, 5, 4]), value.expand([batch, 2, 5, 3]));
    let bias = lab.weight::<4>([1, 2, 3, 5]).expand([batch, 2, 3, 5]);
    let plain = AttentionModuleOptions {
        scale: None,
        softcap: None,
        is_causal: false,
    };
    let capped = AttentionModuleOptions {
        scale: Some(0.3),
        softcap: Some(2.0),
        is_causal: true,
    };
    let out = module::attention(q.clone(), key.clone(), value.clone(), None, None, plain);
    lab.output("plain", &out);
    let out = module::attention(
        q.clone(),
        key.clone(),
        value.clone(),
        Some(mask),
        None,
        plain,
    );
    lab.output("masked", &out);
    lab.output(
        "causal",
        &module::attention(q, key, value, None, Some(bias), capped),
    );
}

fn sampling(lab: &mut Lab<'_, '_>) {
    let (x, grid) = (lab.float::<4>("x"), lab.float::<4>("grid") * 0.6);
    let bilinear = GridSampleOptions::new(InterpolateMode::Bilinear)
        .with_padding_mode(GridSamplePaddingMode::Zeros);
    lab.output(
        "bilinear",
        &x.clone()
            .grid_sample_2d(grid.clone(), bilinear.with_align_corners(true)),
    );
    let border = GridSampleOptions::new(InterpolateMode::Bilinear)
        .with_padding_mode(GridSamplePaddingMode::Border);
    lab.output(
        "border",
        &x.grid_sample_2d(grid, border.with_align_corners(false)),
    );
}

/// What is constant, handed through, or declared twice.
fn constants(lab: &mut Lab<'_, '_>) {
    let x = lab.float::<3>("x");
    let weight = lab.weight::<2>([4, 6]);
    let scale = (weight.clone().transpose().reshape([1, 4, 6]) * 2.0).tanh();
    let shifted = scale + Tensor::ones([1, 4, 6], &lab.device());
    lab.output("scaled", &(x.clone() * shifted));
    lab.output("same", &x);
    lab.output("weight", &weight);
    let sum = x.clone() + x;
    lab.output("twice", &sum);
    lab.output("again", &sum);
}
