//! Computes nodes whose inputs are all constant.
//!
//! Moving operators work for every element type, arithmetic for 32-bit floats. What would become
//! much larger than its inputs stays a node.

use crate::element::Element;
use crate::graph::{Attribute, Constant, Graph, Node};
use crate::shape::fixed;

/// An expanded constant may have at most this many elements.
const LARGEST_EXPANSION: usize = 4096;

/// Folds what can be folded; tells whether anything was.
pub(super) fn fold(graph: &mut Graph) -> bool {
    let mut changed = false;
    let mut kept = Vec::new();
    for node in std::mem::take(&mut graph.nodes) {
        match evaluate(graph, &node) {
            Some(constant) => {
                // A parameter in another shape is still that parameter.
                let source = node.reads().next().filter(|_| node.operator == "Reshape");
                let label = source.and_then(|id| graph.value(id).label.clone());
                let value = &mut graph.values[node.outputs[0].0];
                value.constant = Some(constant);
                value.label = label;
                changed = true;
            }
            None => kept.push(node),
        }
    }
    graph.nodes = kept;
    changed
}

fn evaluate(graph: &Graph, node: &Node) -> Option<Constant> {
    let inputs = node.inputs.iter().map(|input| graph.constant((*input)?));
    let inputs: Vec<&Constant> = inputs.collect::<Option<_>>()?;
    let [out] = node.outputs.as_slice() else {
        return None;
    };
    let of = &graph.value(*out).of;
    let dims = fixed(&of.dims)?;
    let first = *inputs.first()?;
    match node.operator {
        "Reshape" => Some(Constant {
            dims,
            ..first.clone()
        }),
        "Transpose" => transpose(first, node.attribute("perm")?, dims),
        "Expand" if dims.iter().product::<usize>() <= LARGEST_EXPANSION => {
            let size = first.element.size();
            let source = |flat| broadcast_index(flat, &dims, &first.dims) * size;
            Some(gather(first, &dims, source))
        }
        "Concat" => concat(&inputs, node.attribute("axis")?, dims),
        "Cast" => cast(first, of.element, dims),
        operator => arithmetic(operator, &inputs, dims),
    }
}

/// Copies elements: `source` gives the first byte of each element of the result.
fn gather(from: &Constant, dims: &[usize], source: impl Fn(usize) -> usize) -> Constant {
    let size = from.element.size();
    let elements = 0..dims.iter().product();
    let bytes = elements.flat_map(|flat| {
        let at = source(flat);
        &from.bytes[at..at + size]
    });
    Constant {
        element: from.element,
        dims: dims.to_vec(),
        bytes: bytes.copied().collect(),
    }
}

/// Splits a row-major position into one index per axis.
fn unravel(mut flat: usize, dims: &[usize]) -> Vec<usize> {
    let mut index = vec![0; dims.len()];
    for (axis, size) in dims.iter().enumerate().rev() {
        index[axis] = flat % size;
        flat /= size;
    }
    index
}

/// The row-major position in a smaller tensor that is broadcast to `dims`.
fn broadcast_index(flat: usize, dims: &[usize], from: &[usize]) -> usize {
    let index = unravel(flat, dims);
    let missing = dims.len() - from.len();
    from.iter().enumerate().fold(0, |position, (axis, size)| {
        let at = if *size == 1 { 0 } else { index[axis + missing] };
        position * size + at
    })
}

fn transpose(from: &Constant, order: &Attribute, dims: Vec<usize>) -> Option<Constant> {
    let Attribute::Ints(order) = order else {
        return None;
    };
    let size = from.element.size();
    let source = |flat: usize| {
        let mut index = vec![0; dims.len()];
        for (at, axis) in unravel(flat, &dims).into_iter().zip(order) {
            index[*axis as usize] = at;
        }
        let sizes = index.iter().zip(&from.dims);
        sizes.fold(0, |position, (at, size)| position * size + at) * size
    };
    Some(gather(from, &dims, source))
}

fn concat(inputs: &[&Constant], axis: &Attribute, dims: Vec<usize>) -> Option<Constant> {
    let Attribute::Int(axis) = axis else {
        return None;
    };
    let axis = usize::try_from(*axis).ok()?;
    let element = inputs.first()?.element;
    let outer: usize = dims[..axis].iter().product();
    let mut bytes = Vec::new();
    for row in 0..outer {
        for input in inputs {
            let length = input.bytes.len() / outer;
            bytes.extend_from_slice(&input.bytes[row * length..(row + 1) * length]);
        }
    }
    Some(Constant {
        element,
        dims,
        bytes,
    })
}

fn cast(from: &Constant, to: Element, dims: Vec<usize>) -> Option<Constant> {
    let values: Vec<f32> = match from.element {
        Element::Bool | Element::U8 => from.bytes.iter().map(|byte| f32::from(*byte)).collect(),
        Element::I64 => from.to_ints()?.iter().map(|value| *value as f32).collect(),
        _ => return None,
    };
    (to == Element::F32).then(|| Constant::floats(&dims, &values))
}

fn arithmetic(operator: &str, inputs: &[&Constant], dims: Vec<usize>) -> Option<Constant> {
    let floats = inputs.iter().map(|input| input.to_floats());
    let floats: Vec<Vec<f32>> = floats.collect::<Option<_>>()?;
    let values: Vec<f32> = match floats.as_slice() {
        [values] => {
            let function = unary(operator)?;
            values.iter().map(|value| function(*value)).collect()
        }
        [lhs, rhs] => {
            let function = binary(operator)?;
            let elements = 0..dims.iter().product();
            let pairs = elements.map(|flat| {
                let a = broadcast_index(flat, &dims, &inputs[0].dims);
                let b = broadcast_index(flat, &dims, &inputs[1].dims);
                function(lhs[a], rhs[b])
            });
            pairs.collect()
        }
        _ => return None,
    };
    Some(Constant::floats(&dims, &values))
}

fn unary(operator: &str) -> Option<fn(f32) -> f32> {
    Some(match operator {
        "Abs" => f32::abs,
        "Exp" => f32::exp,
        "Log" => f32::ln,
        "Neg" => |x| -x,
        "Reciprocal" => f32::recip,
        "Relu" => |x| x.max(0.0),
        "Sigmoid" => |x| 1.0 / (1.0 + (-x).exp()),
        "Sqrt" => f32::sqrt,
        "Tanh" => f32::tanh,
        _ => return None,
    })
}

fn binary(operator: &str) -> Option<fn(f32, f32) -> f32> {
    Some(match operator {
        "Add" => |a, b| a + b,
        "Div" => |a, b| a / b,
        "Mul" => |a, b| a * b,
        "Pow" => f32::powf,
        "Sub" => |a, b| a - b,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transposing_moves_every_element() {
        let from = Constant::floats(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let turned = transpose(&from, &Attribute::Ints(vec![1, 0]), vec![3, 2]);
        let expected = Constant::floats(&[3, 2], &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        assert_eq!(turned, Some(expected));
    }

    #[test]
    fn arithmetic_broadcasts_either_side() {
        let column = Constant::floats(&[2, 1], &[1.0, 10.0]);
        let row = Constant::floats(&[3], &[1.0, 2.0, 3.0]);
        let sum = arithmetic("Add", &[&column, &row], vec![2, 3]);
        let expected = [2.0, 3.0, 4.0, 11.0, 12.0, 13.0];
        assert_eq!(sum, Some(Constant::floats(&[2, 3], &expected)));
    }

    #[test]
    fn parts_join_along_an_inner_axis() {
        let left = Constant::floats(&[2, 1], &[1.0, 2.0]);
        let right = Constant::floats(&[2, 2], &[3.0, 4.0, 5.0, 6.0]);
        let joined = concat(&[&left, &right], &Attribute::Int(1), vec![2, 3]);
        let expected = [1.0, 3.0, 4.0, 2.0, 5.0, 6.0];
        assert_eq!(joined, Some(Constant::floats(&[2, 3], &expected)));
    }
}
