//! Batch normalisation folded into the convolution before it.
//!
//! Takes a graph; gives one that computes the same up to rounding, with a convolution less to requantise:
//! `W' = W * g`, `b' = (b - mean) * g + beta` with `g = gamma / sqrt(var + epsilon)` per output channel
//! (Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
//! Inference", Eq. 14).

use super::graph::{Floats, Graph, attribute};

/// What ONNX takes where a node does not say.
const EPSILON: f32 = 1e-5;

/// Folds every `BatchNormalization` that follows a `Conv` which nothing else reads, and whose numbers are all
/// constant; tells how many. One in training mode stays.
pub fn batch_norms(graph: &mut Graph) -> usize {
    let norms = |graph: &Graph| {
        let nodes = graph.nodes().iter();
        nodes.enumerate().find_map(|(place, node)| {
            let norm = node.op_type == "BatchNormalization" && node.output.len() == 1;
            Some((place, norm.then(|| folded(graph, place))??))
        })
    };
    let mut count = 0;
    while let Some((place, fold)) = norms(graph) {
        apply(graph, place, fold);
        count += 1;
    }
    graph.prune();
    count
}

/// A convolution with the normalisation in it.
struct Fold {
    conv: usize,
    weight: Floats,
    bias: Floats,
}

fn folded(graph: &Graph, norm: usize) -> Option<Fold> {
    let norm = &graph.nodes()[norm];
    if attribute(norm, "training_mode").is_some_and(|it| it.i != 0) {
        return None;
    }
    let [between, parameters @ ..] = norm.input.as_slice() else {
        return None;
    };
    let conv = graph.maker(between)?;
    let node = &graph.nodes()[conv];
    let weight_name = node.input.get(1)?;
    graph.sole_reader(between)?;
    graph.sole_reader(weight_name)?;
    if node.op_type != "Conv" {
        return None;
    }
    let mut weight = graph.floats(weight_name)?;
    let channels = *weight.dims.first()?;
    let parameters = parameters
        .iter()
        .map(|name| Some(graph.floats(name)?.values));
    let parameters: Vec<Vec<f32>> = parameters.collect::<Option<_>>()?;
    let [gamma, beta, mean, variance] = parameters.as_slice() else {
        return None;
    };
    let bias = match node.input.get(2).filter(|name| !name.is_empty()) {
        Some(name) => graph.floats(name)?.values,
        None => vec![0.0; channels],
    };
    let axes = [gamma, beta, mean, variance, &bias];
    if channels == 0 || axes.iter().any(|axis| axis.len() != channels) {
        return None;
    }
    let epsilon = f64::from(attribute(norm, "epsilon").map_or(EPSILON, |it| it.f));
    let row = weight.values.len() / channels;
    let mut folded_bias = Vec::with_capacity(channels);
    for (channel, filter) in weight.values.chunks_exact_mut(row.max(1)).enumerate() {
        let of = |axis: &[f32]| f64::from(axis[channel]);
        let gain = of(gamma) / (of(variance) + epsilon).sqrt();
        filter
            .iter_mut()
            .for_each(|it| *it = (f64::from(*it) * gain) as f32);
        folded_bias.push((of(&bias) - of(mean)).mul_add(gain, of(beta)) as f32);
    }
    let bias = Floats {
        dims: vec![channels],
        values: folded_bias,
    };
    Some(Fold { conv, weight, bias })
}

/// The convolution makes what the normalisation made.
fn apply(graph: &mut Graph, norm: usize, fold: Fold) {
    let output = graph.nodes()[norm].output.clone();
    let bias = graph.fresh(&format!("{}/bias", output[0]));
    graph.put_floats(&bias, &fold.bias);
    let conv = &mut graph.nodes_mut()[fold.conv];
    conv.output = output;
    conv.input.truncate(2);
    conv.input.push(bias);
    let weight = conv.input[1].clone();
    graph.put_floats(&weight, &fold.weight);
    graph.nodes_mut().remove(norm);
}
