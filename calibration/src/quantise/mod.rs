//! A model of floats made into one of 8-bit integers, without training.
//!
//! Takes an ONNX model and images like those it will see; gives the model that computes its layers on codes
//! of 8 bits, in the format that ONNX Runtime and TensorRT run as such (`QuantizeLinear` and
//! `DequantizeLinear` about every layer). [`flow`] does it to a bundle and measures what it costs and gains.
//!
//! ```text
//! model -> fold (batch norms) -> place (what becomes codes) -> ranges (ONNX Runtime) -> grid -> qdq -> model
//! ```
//!
//! Weights are `int8`, symmetric, with a scale per output channel, activations 8 bits with a scale per
//! tensor, biases `int32` (Jacob et al. 2018; Krishnamoorthi 2018, "Quantizing deep convolutional networks
//! for efficient inference: A whitepaper").

mod bytes;
mod error;
pub mod flow;
pub mod fold;
pub mod graph;
pub mod grid;
pub mod place;
mod qdq;
pub mod ranges;

use std::{collections::BTreeMap, path::Path};

pub use error::QuantiseError;

use crate::subject::Images;
use graph::Graph;
use grid::{Activations, Grid, Range};
use ranges::Method;

/// Largest code of a weight.
const MOST: i8 = 127;
/// The same where two products have to fit in 16 bits: 2 * 255 * 64 does, 2 * 255 * 127 does not.
const MOST_REDUCED: i8 = 64;

/// How a model is quantised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// How ranges are chosen.
    pub method: Method,
    /// What the codes of activations are.
    pub activations: Activations,
    /// Weights of 7 bits, for processors with AVX2 or AVX-512 but without VNNI.
    pub reduce_range: bool,
    /// Names of nodes that stay as they are, or what the names of their weights begin with.
    pub keep: Vec<String>,
}

/// A tensor that became codes.
#[derive(Clone, Debug, PartialEq)]
pub struct Coded {
    /// Its name.
    pub name: String,
    /// The numbers that it has, as far as they are covered.
    pub range: Range,
    /// Its codes.
    pub grid: Grid,
}

/// A quantised model.
#[derive(Clone, Debug)]
pub struct Quantised {
    /// The ONNX file.
    pub bytes: Vec<u8>,
    /// Batch norms that went into the layer before.
    pub folded: usize,
    /// Layers that compute on codes: node and weights, in the order they run.
    pub layers: Vec<[String; 2]>,
    /// Layers with constant weights that stay, likewise.
    pub stayed: Vec<[String; 2]>,
    /// In the order they are made.
    pub tensors: Vec<Coded>,
}

/// Quantises the model in `onnx`, read from `path`, with ranges of what it computes of `images`. `progress`
/// hears how many images are done, of [`Plan::passes`] times as many as there are.
///
/// # Errors
/// [`QuantiseError::Graph`] for a model that cannot be, [`QuantiseError::NotFinite`] for one that is broken,
/// [`QuantiseError::Model`] when ONNX Runtime refuses it, [`QuantiseError::NoFaces`] without an image.
pub fn quantise(
    path: &Path,
    onnx: &[u8],
    images: Images<'_>,
    plan: &Plan,
    progress: &dyn Fn(usize),
) -> Result<Quantised, QuantiseError> {
    if images.count() == 0 {
        return Err(QuantiseError::NoFaces("training"));
    }
    let mut graph = Graph::parse(onnx, path)?;
    let folded = fold::batch_norms(&mut graph);
    let placement = place::placement(&graph, &plan.keep)?;
    let how = (plan.method, plan.activations);
    let ranges = ranges::measure(&graph, images, &placement.tensors, how, progress)?;
    let mut of: BTreeMap<&String, Range> = placement.tensors.iter().zip(ranges).collect();
    for (tensor, source) in &placement.same {
        of.insert(tensor, of[source]);
    }
    let coded = |name: &String| Coded {
        name: name.clone(),
        range: of[name],
        grid: Grid::over(of[name], plan.activations),
    };
    let mut tensors: Vec<Coded> = placement.tensors.iter().map(coded).collect();
    let (mut layers, mut stayed) = (Vec::new(), Vec::new());
    for node in graph.nodes() {
        let weight = node.input.get(1).filter(|it| graph.floats(it).is_some());
        let layer = matches!(&*node.op_type, "Conv" | "Gemm" | "MatMul");
        if let Some(weight) = weight.filter(|_| layer) {
            let quantised = placement.layers.contains_key(&node.output[0]);
            let list = if quantised { &mut layers } else { &mut stayed };
            list.push([node.name.clone(), weight.clone()]);
        }
    }
    let grids = tensors.iter().map(|it| (it.name.clone(), it.grid));
    let most = if plan.reduce_range {
        MOST_REDUCED
    } else {
        MOST
    };
    let front = qdq::write(&mut graph, &placement, grids.collect(), most)?;
    if let Some((name, grid)) = front
        && let Some(bytes) = tensors.iter_mut().find(|it| it.name == name)
    {
        let [low, high] = [0, 255].map(|code| grid.value(code));
        (bytes.range, bytes.grid) = (Range { low, high }, grid);
    }
    Ok(Quantised {
        bytes: graph.to_bytes()?,
        folded,
        layers,
        stayed,
        tensors,
    })
}

impl Plan {
    /// How often every image is looked at.
    #[must_use]
    pub const fn passes(&self) -> usize {
        match self.method {
            Method::MinMax => 1,
            Method::Percentile | Method::Mse => 2,
        }
    }

    /// In words, for the manifest.
    #[must_use]
    pub fn describe(&self) -> String {
        let activations = match self.activations {
            Activations::Uint8 => "uint8",
            Activations::Int8 => "int8 symmetric",
        };
        let bits = if self.reduce_range { " of 7 bits" } else { "" };
        format!(
            "ranges by {}, activations {activations} per tensor, weights int8{bits} symmetric per output channel",
            self.method.name()
        )
    }
}
