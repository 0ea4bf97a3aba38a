//! Units in layers, causes left of effects; where edges make a cycle, one of them goes back.

use super::{super::layers::Layout, Arrow, Diagram, Page};

/// Sizes in pixels.
const NODE: [f32; 2] = [106.0, 36.0];
const LAYER: f32 = 178.0;
const ROW: f32 = 66.0;
/// Between the panel and what stands beside it.
const RIGHT: f32 = 46.0;
/// Between an edge's end and the node it points at.
const HEAD: f32 = 8.0;
/// Between edges that leave or reach one node, at most, and how much of its side they may use.
const PORT_STEP: f32 = 9.0;
const PORTS: f32 = 28.0;

/// A layered drawing of some edges.
pub(super) struct Layered<'a> {
    /// Nodes that an edge touches.
    nodes: Vec<usize>,
    arrows: Vec<&'a Arrow>,
    layout: Layout,
}

impl<'a> Layered<'a> {
    /// None without edges.
    pub(super) fn of(arrows: Vec<&'a Arrow>) -> Option<Self> {
        let ends = arrows.iter().flat_map(|arrow| [arrow.from, arrow.to]);
        let mut nodes: Vec<usize> = ends.collect();
        nodes.sort_unstable();
        nodes.dedup();
        let place = |node: usize| nodes.binary_search(&node).unwrap_or(0);
        let edges = arrows
            .iter()
            .map(|arrow| (place(arrow.from), place(arrow.to)));
        let edges: Vec<(usize, usize)> = edges.collect();
        let layout = Layout::of(nodes.len(), &edges);
        (!arrows.is_empty()).then_some(Self {
            nodes,
            arrows,
            layout,
        })
    }

    /// Width and height.
    pub(super) fn size(&self) -> [f32; 2] {
        let [low, high] = self.layout.extent();
        let layers = self.layout.layers.iter().copied().max().unwrap_or(0);
        [
            layers as f32 * LAYER + NODE[0] + RIGHT,
            (high - low) * ROW + NODE[1],
        ]
    }

    /// Draws with the left upper corner given.
    pub(super) fn draw(&self, page: &mut Page, diagram: &Diagram, corner: [f32; 2]) {
        let mut paths = self.paths(corner);
        self.use_ports(&mut paths);
        // Weak edges first, so that strong ones lie on top.
        let mut order: Vec<usize> = (0..self.arrows.len()).collect();
        let strength = |index: &usize| self.arrows[*index].weight.abs();
        order.sort_by(|a, b| strength(a).total_cmp(&strength(b)));
        for index in order {
            let arrow = self.arrows[index];
            if self.layout.turned[index] {
                paths[index].reverse();
            }
            page.edge(arrow, &curve(&paths[index]), &diagram.note(arrow));
        }
        for (index, &node) in self.nodes.iter().enumerate() {
            self::node(page, diagram, node, self.middle(index, corner));
        }
    }

    fn place(&self, node: usize) -> usize {
        self.nodes.binary_search(&node).unwrap_or(0)
    }

    /// The middle of a node.
    fn middle(&self, index: usize, corner: [f32; 2]) -> [f32; 2] {
        at(
            corner,
            self.layout.layers[index],
            self.layout.heights[index],
            &self.layout,
        )
    }

    /// The nodes at the left and at the right end of an edge.
    fn ends(&self, index: usize) -> [usize; 2] {
        let Arrow { from, to, .. } = *self.arrows[index];
        if self.layout.turned[index] {
            [to, from]
        } else {
            [from, to]
        }
    }

    /// The points of every edge, from left to right.
    fn paths(&self, corner: [f32; 2]) -> Vec<Vec<[f32; 2]>> {
        let path = |index: usize| {
            let [first, last] = self.ends(index).map(|node| self.place(node));
            let [[left, top], [right, bottom]] =
                [self.middle(first, corner), self.middle(last, corner)];
            let heads = if self.layout.turned[index] {
                [HEAD, 0.0]
            } else {
                [0.0, HEAD]
            };
            let mut points = vec![[left + NODE[0] / 2.0 + heads[0], top]];
            for (step, &height) in self.layout.paths[index].iter().enumerate() {
                let layer = self.layout.layers[first] + 1 + step;
                points.push(at(corner, layer, height, &self.layout));
            }
            points.push([right - NODE[0] / 2.0 - heads[1], bottom]);
            points
        };
        (0..self.arrows.len()).map(path).collect()
    }

    /// Spreads the ends of edges over the sides of nodes, in the order in which they come and go.
    fn use_ports(&self, paths: &mut [Vec<[f32; 2]>]) {
        for &node in &self.nodes {
            for end in [0, 1] {
                let touches = |index: &usize| self.ends(*index)[end] == node;
                let mut edges: Vec<usize> = (0..self.arrows.len()).filter(touches).collect();
                let next = |index: usize| {
                    let path = &paths[index];
                    path[if end == 0 { 1 } else { path.len() - 2 }][1]
                };
                edges.sort_by(|a, b| next(*a).total_cmp(&next(*b)));
                let step = PORT_STEP.min(PORTS / edges.len().max(1) as f32);
                let first = -step * (edges.len().max(1) - 1) as f32 / 2.0;
                for (port, &index) in edges.iter().enumerate() {
                    let path = &mut paths[index];
                    let point = if end == 0 { 0 } else { path.len() - 1 };
                    path[point][1] += first + step * port as f32;
                }
            }
        }
    }
}

/// A point of a layer, by its height in the layout.
fn at([left, top]: [f32; 2], layer: usize, height: f32, layout: &Layout) -> [f32; 2] {
    let [low, _] = layout.extent();
    [
        left + NODE[0] / 2.0 + layer as f32 * LAYER,
        top + NODE[1] / 2.0 + (height - low) * ROW,
    ]
}

/// A smooth line through points, level where it leaves, passes and arrives.
fn curve(points: &[[f32; 2]]) -> String {
    let mut path = format!("M{:.1} {:.1}", points[0][0], points[0][1]);
    for pair in points.windows(2) {
        let [[x0, y0], [x1, y1]] = [pair[0], pair[1]];
        let bend = f32::midpoint(x0, x1);
        path += &format!(" C{bend:.1} {y0:.1} {bend:.1} {y1:.1} {x1:.1} {y1:.1}");
    }
    path
}

fn node(page: &mut Page, diagram: &Diagram, node: usize, [x, y]: [f32; 2]) {
    let [width, height] = NODE;
    let (left, top) = (x - width / 2.0, y - height / 2.0);
    page.put(format_args!(
        "<rect class=\"unit\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width}\" height=\"{height}\" rx=\"8\"/>"
    ));
    page.text("name", [x, y - 2.0], diagram.nodes[node].name);
    page.text("meaning", [x, y + 11.5], diagram.nodes[node].meaning);
}
