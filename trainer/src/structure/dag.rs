//! Which unit acts on which by some path: what keeps a graph free of cycles.

use super::node::Node;

/// Paths of a graph: `reaches(a, b)` when a chain of edges leads from `a` to `b`.
pub(super) struct Paths {
    count: usize,
    reaches: Vec<bool>,
}

impl Paths {
    /// Of the graph in which every node names its parents, without the edge `skipped` (from, to).
    pub(super) fn new(nodes: &[Node], skipped: Option<(usize, usize)>) -> Self {
        let count = nodes.len();
        let mut reaches = vec![false; count * count];
        for (to, node) in nodes.iter().enumerate() {
            for &from in &node.parents {
                reaches[from * count + to] = skipped != Some((from, to));
            }
        }
        // Warshall 1962.
        for via in 0..count {
            for from in 0..count {
                if reaches[from * count + via] {
                    for to in 0..count {
                        reaches[from * count + to] |= reaches[via * count + to];
                    }
                }
            }
        }
        Self { count, reaches }
    }

    pub(super) fn reaches(&self, from: usize, to: usize) -> bool {
        self.reaches[from * self.count + to]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_reaches_its_end_and_not_its_beginning() {
        // 0 -> 2 -> 1
        let mut nodes = vec![Node::alone(1); 3];
        nodes[2].parents = vec![0];
        nodes[1].parents = vec![2];
        let paths = Paths::new(&nodes, None);
        assert!(paths.reaches(0, 1) && paths.reaches(2, 1));
        assert!(!paths.reaches(1, 0) && !paths.reaches(0, 0));
        assert!(!Paths::new(&nodes, Some((0, 2))).reaches(0, 1));
    }
}
