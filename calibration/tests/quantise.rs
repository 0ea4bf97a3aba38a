//! Models of floats and the same models on codes, both run by ONNX Runtime.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

mod onnx;

use std::path::Path;

use calibration::{
    quantise::{
        Plan, QuantiseError, Quantised, fold,
        graph::Graph,
        grid::{Activations, Range},
        quantise,
        ranges::Method,
    },
    subject::{Images, Onnx, Rows},
};
use onnx::{Model, noise};

const SIDE: usize = 8;
/// Beside the largest number, of what is exact but for the order of sums.
const ROUNDING: f32 = 1e-5;

fn path() -> &'static Path {
    Path::new("made-up.onnx")
}

fn run(bytes: &[u8], images: Images<'_>, columns: usize) -> Vec<f32> {
    let mut out = Vec::new();
    let wanted = Rows {
        name: Some("out"),
        columns,
        into: &mut out,
    };
    let mut onnx = Onnx::of_bytes(path(), bytes).unwrap();
    onnx.run(images, &mut [wanted]).unwrap();
    out
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let apart = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    apart.fold(0.0, f32::max)
}

fn plan(activations: Activations) -> Plan {
    Plan {
        method: Method::MinMax,
        activations,
        ..Plan::default()
    }
}

fn quantised(bytes: &[u8], images: Images<'_>, plan: &Plan) -> Result<Quantised, QuantiseError> {
    quantise(path(), bytes, images, plan, &|_| {})
}

/// Two convolutions with batch norms, the second beside a way around it; channels without weights, without
/// gain, and of very different sizes.
fn residual() -> Model {
    let mut model = Model::new("image", &[3, SIDE, SIDE]);
    let mut first = noise(4 * 3 * 9, 1);
    first[2 * 27..3 * 27].fill(0.0);
    first[3 * 27..].iter_mut().for_each(|it| *it *= 1e-3);
    model.conv("first", "image", &[4, 3, 3, 3], &first, None, 1);
    model.norm("first_norm", "first", &[1.5, -0.5, 2.0, 300.0], 2);
    model.node("Relu", &["first_norm"], "relu");
    let second = noise(4 * 4 * 9, 3);
    let bias = noise(4, 4);
    model.conv("second", "relu", &[4, 4, 3, 3], &second, Some(&bias), 1);
    model.norm("second_norm", "second", &[1.0, 0.0, -0.3, 0.7], 5);
    model.node("Add", &["second_norm", "relu"], "sum");
    model.node("Relu", &["sum"], "out");
    model
}

#[test]
fn folding_changes_nothing() {
    let bytes = residual().bytes("out");
    let pixels = noise(5 * 3 * SIDE * SIDE, 6);
    let images = Images::Floats(&[5, 3, SIDE, SIDE], &pixels);
    let mut graph = Graph::parse(&bytes, path()).unwrap();
    assert_eq!(fold::batch_norms(&mut graph), 2);
    let left: Vec<&str> = graph.nodes().iter().map(|node| &*node.op_type).collect();
    assert_eq!(left, ["Conv", "Relu", "Conv", "Add", "Relu"]);
    let columns = 4 * SIDE * SIDE;
    let before = run(&bytes, images, columns);
    let after = run(&graph.to_bytes().unwrap(), images, columns);
    let largest = before.iter().fold(0.0_f32, |most, it| most.max(*it));
    assert!(largest > 1.0);
    assert!(largest_difference(&before, &after) < ROUNDING * largest);
    assert_eq!(fold::batch_norms(&mut graph), 0);
}

#[test]
fn a_norm_whose_input_is_read_elsewhere_stays() {
    let mut model = Model::new("image", &[3, SIDE, SIDE]);
    model.conv("first", "image", &[3, 3, 3, 3], &noise(81, 1), None, 1);
    model.norm("norm", "first", &[1.0, 2.0, 3.0], 2);
    model.node("Add", &["norm", "first"], "out");
    let mut graph = Graph::parse(&model.bytes("out"), path()).unwrap();
    assert_eq!(fold::batch_norms(&mut graph), 0);
    assert_eq!(graph.nodes().len(), 3);
}

/// A convolution on codes is off by what rounding explains, and by no more: of its input, its weights, its
/// bias and its output.
#[test]
fn a_convolution_on_codes_is_off_by_rounding_alone() {
    let (channels, taps) = (5, 3 * 9);
    let mut weights = noise(channels * taps, 7);
    weights[taps..2 * taps].fill(0.0);
    let bias = [0.5, -0.25, 0.0, 2.0, -1.0];
    let mut model = Model::new("image", &[3, SIDE, SIDE]);
    model.conv(
        "out",
        "image",
        &[channels, 3, 3, 3],
        &weights,
        Some(&bias),
        1,
    );
    let bytes = model.bytes("out");
    let pixels = noise(20 * 3 * SIDE * SIDE, 8);
    let images = Images::Floats(&[20, 3, SIDE, SIDE], &pixels);
    let before = run(&bytes, images, channels * SIDE * SIDE);
    for activations in [Activations::Uint8, Activations::Int8] {
        for reduce_range in [false, true] {
            let plan = Plan {
                reduce_range,
                ..plan(activations)
            };
            let done = quantised(&bytes, images, &plan).unwrap();
            let [input, output] = [0, 1].map(|it| done.tensors[it].grid.scale);
            let after = run(&done.bytes, images, channels * SIDE * SIDE);
            for (place, (before, after)) in before.iter().zip(&after).enumerate() {
                let filter = &weights[place / (SIDE * SIDE) % channels * taps..][..taps];
                let most = if reduce_range { 64.0 } else { 127.0 };
                let step = filter.iter().fold(0.0, |most: f32, it| most.max(it.abs())) / most;
                let sum: f32 = filter.iter().map(|it| it.abs()).sum();
                // Both factors half a step off; noise lies within 1.
                let products = sum * input / 2.0 + taps as f32 * (1.0 + input / 2.0) * step / 2.0;
                let bound = products + output + input * step;
                assert!(
                    (before - after).abs() <= bound,
                    "{place}: {before} {after} {bound}"
                );
            }
            // And is not the same by not being on codes at all.
            assert!(largest_difference(&before, &after) > output / 8.0);
        }
    }
}

#[test]
fn a_network_on_codes_says_nearly_the_same() {
    let bytes = residual().bytes("out");
    let pixels = noise(40 * 3 * SIDE * SIDE, 9);
    let images = Images::Floats(&[40, 3, SIDE, SIDE], &pixels);
    let before = run(&bytes, images, 4 * SIDE * SIDE);
    let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
    for activations in [Activations::Uint8, Activations::Int8] {
        for method in [Method::MinMax, Method::Percentile, Method::Mse] {
            let plan = Plan {
                method,
                ..plan(activations)
            };
            let done = quantised(&bytes, images, &plan).unwrap();
            assert_eq!((done.folded, done.layers.len()), (2, 2));
            let names: Vec<&str> = done.tensors.iter().map(|it| &*it.name).collect();
            assert_eq!(names, ["image", "relu", "second_norm", "out"]);
            let after = run(&done.bytes, images, 4 * SIDE * SIDE);
            let apart: Vec<f32> = before
                .iter()
                .zip(&after)
                .map(|(a, b)| (a - b).abs())
                .collect();
            let share = mean(&apart) / mean(&before);
            assert!(
                share > 0.0 && share < 0.03,
                "{activations:?} {method:?}: {share}"
            );
        }
    }
}

/// Bytes enter the first convolution as they are: with weights that have codes only the output is rounded.
#[test]
fn bytes_stay_bytes() {
    let taps: Vec<f32> = (0..2 * 3 * 9_u16)
        .map(|n| f32::from(n * 37 % 255) - 127.0)
        .collect();
    let mut weights: Vec<f32> = taps.iter().map(|it| it / 512.0).collect();
    (weights[0], weights[27]) = (127.0 / 512.0, -127.0 / 512.0);
    let bytes: Vec<u8> = (0..6 * SIDE * SIDE * 3)
        .map(|n| (n * n % 251 + n % 5) as u8)
        .collect();
    let images = Images::Bytes(&[6, SIDE, SIDE, 3], &bytes);
    for (pad, side) in [(0, SIDE - 2), (1, SIDE)] {
        let mut model = Model::of_bytes("face", &[SIDE, SIDE, 3]);
        model.cast("face", "floats");
        model.transpose("floats", "planes", &[0, 3, 1, 2]);
        model.scalar("Mul", "planes", 2.0 / 255.0, "scaled");
        model.scalar("Sub", "scaled", 1.0, "input");
        model.conv(
            "out",
            "input",
            &[2, 3, 3, 3],
            &weights,
            Some(&[0.1, -0.2]),
            pad,
        );
        let onnx = model.bytes("out");
        let before = run(&onnx, images, 2 * side * side);
        let done = quantised(&onnx, images, &plan(Activations::Uint8)).unwrap();
        let graph = Graph::parse(&done.bytes, path());
        let error = graph.unwrap_err().to_string();
        assert!(error.contains("it is quantised already"), "{error}");
        let after = run(&done.bytes, images, 2 * side * side);
        // A code is a byte.
        let first = &done.tensors[0].grid;
        assert!((first.scale - 2.0 / 255.0).abs() < 1e-9, "{first:?}");
        let output = done.tensors.last().unwrap().grid.scale;
        // Half a grey level of the padding, where there is one.
        let padding: f32 = weights[..27].iter().map(|it| it.abs()).sum::<f32>() / 255.0;
        let bound = output * 0.501 + if pad == 0 { 0.0 } else { padding };
        let apart = largest_difference(&before, &after);
        assert!(apart <= bound, "{pad}: {apart}, {bound}");
    }
}

#[test]
fn ranges_are_those_of_the_images() {
    let mut model = Model::new("image", &[1, 2, 2]);
    model.conv("out", "image", &[1, 1, 1, 1], &[2.0], Some(&[1.0]), 0);
    let bytes = model.bytes("out");
    let images = [0.5, -1.0, 0.25, 3.0, 0.0, 0.0, -1.5, 1.0];
    let images = Images::Floats(&[2, 1, 2, 2], &images);
    let done = quantised(&bytes, images, &plan(Activations::Uint8)).unwrap();
    let ranges: Vec<Range> = done.tensors.iter().map(|it| it.range).collect();
    let range = |low, high| Range { low, high };
    assert_eq!(ranges, [range(-1.5, 3.0), range(-2.0, 7.0)]);
    // All images the same, and nothing but zeros.
    for value in [0.0, 1e-20, 7.5] {
        let same = [value; 8];
        let images = Images::Floats(&[2, 1, 2, 2], &same);
        for activations in [Activations::Uint8, Activations::Int8] {
            let done = quantised(&bytes, images, &plan(activations)).unwrap();
            assert!(done.tensors.iter().all(|it| it.grid.scale > 0.0));
            let after = run(&done.bytes, images, 4);
            let expected = 2.0 * value + 1.0;
            assert!(
                after
                    .iter()
                    .all(|it| (it - expected).abs() < 0.01 * expected),
                "{after:?}"
            );
        }
    }
}

#[test]
fn large_products_are_quantised_and_small_ones_stay() {
    let mut model = Model::new("image", &[256]);
    model.product(
        "MatMul",
        "image",
        [256, 160],
        &noise(256 * 160, 1),
        None,
        "wide",
    );
    model.node("Relu", &["wide"], "relu");
    let bias = noise(256, 3);
    model.product(
        "Gemm",
        "relu",
        [160, 256],
        &noise(160 * 256, 2),
        Some(&bias),
        "again",
    );
    model.product("MatMul", "again", [256, 3], &noise(256 * 3, 4), None, "out");
    let bytes = model.bytes("out");
    let pixels = noise(64 * 256, 5);
    let images = Images::Floats(&[64, 256], &pixels);
    let done = quantised(&bytes, images, &plan(Activations::Uint8)).unwrap();
    let weights = |list: &[[String; 2]]| list.iter().map(|it| it[1].clone()).collect::<Vec<_>>();
    assert_eq!(weights(&done.layers), ["wide/weight", "again/weight"]);
    assert_eq!(weights(&done.stayed), ["out/weight"]);
    assert!(done.bytes.len() * 3 < bytes.len());
    let [before, after] = [&bytes, &done.bytes].map(|it| run(it, images, 3));
    let spread = before.iter().fold(0.0_f32, |most, it| most.max(it.abs()));
    assert!(largest_difference(&before, &after) < 0.03 * spread);
}

#[test]
fn what_cannot_be_quantised_is_refused() {
    let pixels = noise(2 * 3 * SIDE * SIDE, 6);
    let images = Images::Floats(&[2, 3, SIDE, SIDE], &pixels);
    let refused = |bytes: &[u8], images: Images<'_>, plan: &Plan| {
        quantised(bytes, images, plan).unwrap_err().to_string()
    };
    let bytes = residual().bytes("out");
    let plan = Plan::default();
    let keep = |names: &[&str]| Plan {
        keep: names.iter().map(|it| (*it).to_owned()).collect(),
        ..Plan::default()
    };
    insta::assert_snapshot!(refused(b"no model", images, &plan), @"made-up.onnx: no ONNX model: Incorrect tag");
    insta::assert_snapshot!(refused(&bytes, images, &keep(&["third"])), @r#"made-up.onnx: no node is called "third", and no weight's name begins so: see the names in the report of a run without it"#);
    insta::assert_snapshot!(refused(&bytes, images, &keep(&["first", "second"])), @"made-up.onnx: nothing to quantise: it has no convolution, and no product with a constant matrix of 32768 numbers or more, beside what is to stay");
    let mut bare = Model::new("image", &[3, SIDE, SIDE]);
    bare.node("Relu", &["image"], "out");
    insta::assert_snapshot!(refused(&bare.bytes("out"), images, &plan), @"made-up.onnx: nothing to quantise: it has no convolution, and no product with a constant matrix of 32768 numbers or more");
    let done = quantised(&bytes, images, &plan).unwrap();
    insta::assert_snapshot!(refused(&done.bytes, images, &plan), @r#"made-up.onnx: it is quantised already (QuantizeLinear "image/coded/codes/QuantizeLinear"): quantise the model of floats that it came from"#);
    insta::assert_snapshot!(refused(&bytes, Images::Floats(&[0, 3, SIDE, SIDE], &[]), &plan), @"the data has no face of its training part: ranges are measured on the training part and figures on the test part, make a larger data set");

    let mut broken = pixels.clone();
    broken[3 * SIDE * SIDE + 5] = f32::NAN;
    insta::assert_snapshot!(refused(&bytes, Images::Floats(&[2, 3, SIDE, SIDE], &broken), &plan), @"made-up.onnx: image has NaN, and only finite numbers have a range: the model is broken, quantise one that is not");
    let mut model = Model::new("image", &[3, SIDE, SIDE]);
    let mut weights = noise(81, 1);
    weights[4] = f32::INFINITY;
    model.conv("out", "image", &[3, 3, 3, 3], &weights, None, 1);
    let error = refused(&model.bytes("out"), images, &plan);
    assert!(
        error.contains("only finite numbers have a range"),
        "{error}"
    );
}

#[test]
fn a_layer_that_is_kept_computes_with_floats() {
    let bytes = residual().bytes("out");
    let pixels = noise(4 * 3 * SIDE * SIDE, 9);
    let images = Images::Floats(&[4, 3, SIDE, SIDE], &pixels);
    let plan = Plan {
        keep: vec!["second/w".to_owned()],
        ..plan(Activations::Uint8)
    };
    let done = quantised(&bytes, images, &plan).unwrap();
    assert_eq!(done.layers, [["first/Conv", "first/weight"]]);
    assert_eq!(done.stayed, [["second/Conv", "second/weight"]]);
    let names: Vec<&str> = done.tensors.iter().map(|it| &*it.name).collect();
    assert_eq!(names, ["image", "relu"]);
}
