//! Where nodes go: layers from causes to effects with few crossings (Sugiyama, Tagawa & Toda 1981).
//!
//! Takes edges; gives a layer and a height per node, and for every edge the heights at which it
//! passes the layers between its ends. Heights are in units of a node's height. Edges go forward; one
//! that would close a cycle with edges before it in the list is turned round.

/// Least distance between the middles of two nodes of one layer, and of anything and an edge that
/// passes.
const NODE_GAP: f32 = 1.0;
const EDGE_GAP: f32 = 0.55;
/// Sweeps over the layers that reorder, and that move nodes towards their neighbours.
const ORDER_SWEEPS: usize = 24;
const HEIGHT_SWEEPS: usize = 40;

/// A layered drawing.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    /// Layer of each node, from 0.
    pub(super) layers: Vec<usize>,
    /// Height of each node; the drawing is centred on 0.
    pub(super) heights: Vec<f32>,
    /// Per edge, the heights at which it passes the layers between its ends, from the first layer
    /// to the last.
    pub(super) paths: Vec<Vec<f32>>,
    /// Whether each edge goes back, from a later layer to an earlier one.
    pub(super) turned: Vec<bool>,
}

/// Nodes and the places where long edges pass a layer: every step goes to the next layer.
struct Steps {
    /// Which points lie in each layer, in order.
    layers: Vec<Vec<usize>>,
    /// Neighbours of each point, before and after it.
    neighbours: Vec<[Vec<usize>; 2]>,
    /// Whether each point is a node.
    is_node: Vec<bool>,
    /// Points of each edge between its ends.
    between: Vec<Vec<usize>>,
}

impl Layout {
    /// Lays out `count` nodes.
    pub(super) fn of(count: usize, edges: &[(usize, usize)]) -> Self {
        let turned = turned(count, edges);
        let forward = edges.iter().zip(&turned);
        let forward =
            forward.map(|(&(from, to), turned)| if *turned { (to, from) } else { (from, to) });
        let edges: Vec<(usize, usize)> = forward.collect();
        let layers = longest_paths(count, &edges);
        let mut steps = Steps::of(&layers, &edges);
        steps.reduce_crossings();
        let heights = steps.heights();
        let between = steps.between.iter();
        let paths = between.map(|points| points.iter().map(|&point| heights[point]).collect());
        Self {
            layers,
            paths: paths.collect(),
            heights: heights[..count].to_vec(),
            turned,
        }
    }

    /// The lowest and the highest point.
    pub(super) fn extent(&self) -> [f32; 2] {
        let all = self.heights.iter().chain(self.paths.iter().flatten());
        all.fold([f32::MAX, f32::MIN], |[low, high], height| {
            [low.min(*height), high.max(*height)]
        })
    }
}

/// Which edges close a cycle with those before them.
fn turned(count: usize, edges: &[(usize, usize)]) -> Vec<bool> {
    let mut leads: Vec<Vec<bool>> = (0..count)
        .map(|node| (0..count).map(|other| other == node).collect())
        .collect();
    let mut turned = Vec::with_capacity(edges.len());
    for &(from, to) in edges {
        let closes = leads[to][from];
        turned.push(closes);
        if !closes {
            let after = leads[to].clone();
            for row in leads.iter_mut().filter(|row| row[from]) {
                for (node, reached) in row.iter_mut().zip(&after) {
                    *node |= reached;
                }
            }
        }
    }
    turned
}

/// Layers in which every edge goes forward: as far back as the effects of a node allow, so that
/// causes stand beside what they cause.
fn longest_paths(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut from_end = vec![0; count];
    // A path without cycles has fewer edges than there are nodes.
    for _ in 0..count {
        for &(from, to) in edges {
            from_end[from] = from_end[from].max(from_end[to] + 1);
        }
    }
    let last = from_end.iter().copied().max().unwrap_or(0);
    from_end.iter().map(|from_end| last - from_end).collect()
}

impl Steps {
    fn of(layers: &[usize], edges: &[(usize, usize)]) -> Self {
        let last = layers.iter().copied().max().unwrap_or(0);
        let mut steps = Self {
            layers: vec![Vec::new(); last + 1],
            neighbours: vec![[Vec::new(), Vec::new()]; layers.len()],
            is_node: vec![true; layers.len()],
            between: Vec::with_capacity(edges.len()),
        };
        for (node, &layer) in layers.iter().enumerate() {
            steps.layers[layer].push(node);
        }
        for &(from, to) in edges {
            let mut previous = from;
            let mut passed = Vec::new();
            for layer in layers[from] + 1..layers[to] {
                let point = steps.is_node.len();
                steps.is_node.push(false);
                steps.neighbours.push([Vec::new(), Vec::new()]);
                steps.layers[layer].push(point);
                steps.join(previous, point);
                passed.push(point);
                previous = point;
            }
            steps.join(previous, to);
            steps.between.push(passed);
        }
        steps
    }

    fn join(&mut self, before: usize, after: usize) {
        self.neighbours[before][1].push(after);
        self.neighbours[after][0].push(before);
    }

    /// Position of every point within its layer.
    fn positions(&self) -> Vec<usize> {
        let mut positions = vec![0; self.is_node.len()];
        for layer in &self.layers {
            for (position, &point) in layer.iter().enumerate() {
                positions[point] = position;
            }
        }
        positions
    }

    /// Orders each layer by the mean position of neighbours, forwards and backwards in turn, and
    /// keeps the best order seen.
    fn reduce_crossings(&mut self) {
        let mut best = (self.crossings(), self.layers.clone());
        for sweep in 0..ORDER_SWEEPS {
            let side = sweep % 2;
            let count = self.layers.len();
            for step in 1..count {
                let layer = if side == 0 { step } else { count - 1 - step };
                let positions = self.positions();
                let mean = |point: &usize| {
                    let near = &self.neighbours[*point][side];
                    let sum: usize = near.iter().map(|point| positions[*point]).sum();
                    match near.len() {
                        0 => positions[*point] as f32,
                        count => sum as f32 / count as f32,
                    }
                };
                let mut order = self.layers[layer].clone();
                order.sort_by(|a, b| mean(a).total_cmp(&mean(b)));
                self.layers[layer] = order;
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.layers.clone());
            }
        }
        self.layers = best.1;
    }

    /// How often two steps between the same layers cross.
    fn crossings(&self) -> usize {
        let positions = self.positions();
        let mut crossings = 0;
        for layer in &self.layers {
            let steps: Vec<(usize, usize)> = layer
                .iter()
                .flat_map(|&point| {
                    let after = self.neighbours[point][1].iter();
                    let positions = &positions;
                    after.map(move |&next| (positions[point], positions[next]))
                })
                .collect();
            for (index, a) in steps.iter().enumerate() {
                let crossed =
                    |b: &&(usize, usize)| (a.0 < b.0 && a.1 > b.1) || (a.0 > b.0 && a.1 < b.1);
                crossings += steps[index + 1..].iter().filter(crossed).count();
            }
        }
        crossings
    }

    /// Moves points towards their neighbours without changing the order of a layer.
    fn heights(&self) -> Vec<f32> {
        let mut heights = vec![0.0; self.is_node.len()];
        for layer in &self.layers {
            let wanted = vec![0.0; layer.len()];
            self.spread(layer, &wanted, &mut heights);
        }
        for sweep in 0..HEIGHT_SWEEPS {
            let backwards = sweep % 2 == 1;
            for step in 0..self.layers.len() {
                let layer = if backwards {
                    self.layers.len() - 1 - step
                } else {
                    step
                };
                let wanted: Vec<f32> = self.layers[layer]
                    .iter()
                    .map(|&point| {
                        let near = self.neighbours[point].iter().flatten();
                        let (sum, count) = near.fold((0.0, 0.0), |(sum, count), &point| {
                            (sum + heights[point], count + 1.0)
                        });
                        if count > 0.0 { sum / count } else { 0.0 }
                    })
                    .collect();
                self.spread(&self.layers[layer], &wanted, &mut heights);
            }
        }
        heights
    }

    /// Places the points of a layer as near to where they want to be as their distances allow:
    /// least squares under order, by pooling neighbours that would overlap.
    fn spread(&self, layer: &[usize], wanted: &[f32], heights: &mut [f32]) {
        let gap = |a: usize, b: usize| {
            if self.is_node[a] && self.is_node[b] {
                NODE_GAP
            } else {
                EDGE_GAP
            }
        };
        let mut offsets = vec![0.0];
        for pair in layer.windows(2) {
            offsets.push(offsets[offsets.len() - 1] + gap(pair[0], pair[1]));
        }
        // Pools of consecutive points: how many, and where they want to begin.
        let mut pools: Vec<(usize, f32)> = Vec::new();
        for (offset, wanted) in offsets.iter().zip(wanted) {
            let mut pool = (1, wanted - offset);
            while let Some(&(count, start)) = pools.last() {
                if start <= pool.1 {
                    break;
                }
                let total = count + pool.0;
                let mean = (start * count as f32 + pool.1 * pool.0 as f32) / total as f32;
                pool = (total, mean);
                pools.pop();
            }
            pools.push(pool);
        }
        let starts = pools
            .iter()
            .flat_map(|&(count, start)| std::iter::repeat_n(start, count));
        for ((&point, offset), start) in layer.iter().zip(&offsets).zip(starts) {
            heights[point] = start + offset;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_chain_is_a_straight_line() {
        let layout = Layout::of(3, &[(0, 1), (1, 2), (0, 2)]);
        assert_eq!(layout.layers, [0, 1, 2]);
        assert_eq!(layout.paths[2].len(), 1, "the long edge passes one layer");
        assert_eq!(layout.heights[0], layout.heights[2]);
    }

    #[test]
    fn the_edge_that_closes_a_cycle_goes_back() {
        let edges = [(0, 1), (1, 2), (2, 0), (0, 2)];
        let layout = Layout::of(3, &edges);
        assert_eq!(layout.turned, [false, false, true, false]);
        assert_eq!(layout.layers, [0, 1, 2]);
    }

    #[test]
    fn crossed_pairs_are_uncrossed() {
        let mut steps = Steps::of(&[0, 0, 1, 1], &[(0, 3), (1, 2)]);
        assert_eq!(steps.crossings(), 1);
        steps.reduce_crossings();
        assert_eq!(steps.crossings(), 0);
    }

    proptest! {
        #[test]
        fn edges_go_forward_and_nodes_keep_their_distance(
            pairs in proptest::collection::vec((0_usize..12, 0_usize..12), 0..30)
        ) {
            let edges: Vec<_> = pairs.into_iter().filter(|(from, to)| from != to).collect();
            let layout = Layout::of(12, &edges);
            for ((&edge, path), turned) in edges.iter().zip(&layout.paths).zip(&layout.turned) {
                let (from, to) = if *turned { (edge.1, edge.0) } else { edge };
                prop_assert_eq!(layout.layers[to], layout.layers[from] + path.len() + 1);
            }
            for a in 0..12 {
                for b in 0..a {
                    let apart = (layout.heights[a] - layout.heights[b]).abs();
                    prop_assert!(layout.layers[a] != layout.layers[b] || apart > 0.99, "{} and {}: {}", a, b, apart);
                }
            }
        }
    }
}
