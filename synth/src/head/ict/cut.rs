//! One part cut out of the whole mesh of the ICT model.
//!
//! Takes the mesh and the part's ranges; gives its vertices (copies where uv seams ask for them),
//! triangles and welds. The part's own vertices come first and in the order of the model, so that
//! numbers of the model stay valid on the skin.

use std::collections::HashMap;

use glam::{Vec2, Vec3};

use super::{
    super::Material,
    layout::PartLayout,
    obj::{Obj, Polygon},
};

/// A part, in numbers of its own.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Cut {
    /// Which vertex of the model each vertex is.
    pub(super) source: Vec<u32>,
    /// v down.
    pub(super) uvs: Vec<Vec2>,
    /// Counter-clockwise from outside.
    pub(super) triangles: Vec<[u32; 3]>,
    /// Vertices doubled at uv seams: `[copy, original]`.
    pub(super) weld: Vec<[u32; 2]>,
}

/// A part as it grows.
struct Cutter {
    cut: Cut,
    /// The first vertex that stands for a vertex of the model.
    originals: HashMap<u32, u32>,
    /// Vertices of the model at their further uvs.
    copies: HashMap<(u32, [u32; 2]), u32>,
    /// Which of `cut.uvs` are known.
    placed: Vec<bool>,
}

impl Cut {
    /// Cuts `part` out of `mesh`; `inside_out` when its polygons run clockwise.
    pub(super) fn of(part: &PartLayout, mesh: &Obj, inside_out: bool) -> Self {
        let mut cutter = Cutter {
            cut: Self::default(),
            originals: HashMap::new(),
            copies: HashMap::new(),
            placed: Vec::new(),
        };
        for &[first, last] in &part.vertices {
            for vertex in first..=last {
                let local = cutter.push(vertex);
                cutter.originals.insert(vertex, local);
            }
        }
        let polygons = part
            .polygons
            .iter()
            .flat_map(|&[first, last]| &mesh.polygons[first..=last]);
        for polygon in polygons {
            let corners: Vec<u32> = polygon
                .corners
                .iter()
                .map(|corner| {
                    let uv = mesh.uvs[corner.uv as usize];
                    // Only the skin has tiles that mean something: face, and back of the head.
                    let u = match part.material {
                        Material::Skin => uv.x,
                        _ => uv.x.rem_euclid(1.0),
                    };
                    cutter.vertex(corner.vertex, Vec2::new(u, 1.0 - uv.y))
                })
                .collect();
            let turn = |[a, b, c]: [u32; 3]| if inside_out { [a, c, b] } else { [a, b, c] };
            let triangles = triangles(polygon, &mesh.positions)
                .into_iter()
                .map(|triangle| turn(triangle.map(|corner| corners[corner])));
            cutter.cut.triangles.extend(triangles);
        }
        cutter.cut
    }

    /// Leaves out the vertices that are not kept, with their triangles.
    pub(super) fn keep(&mut self, kept: &[bool]) {
        let mut count = 0;
        let places: Vec<Option<u32>> = kept
            .iter()
            .map(|kept| {
                kept.then(|| {
                    count += 1;
                    count - 1
                })
            })
            .collect();
        let of = |vertex: u32| places[vertex as usize];
        let mut keeps = kept.iter();
        self.source.retain(|_| keeps.next() == Some(&true));
        let mut keeps = kept.iter();
        self.uvs.retain(|_| keeps.next() == Some(&true));
        self.triangles = self
            .triangles
            .iter()
            .filter_map(|&[a, b, c]| Some([of(a)?, of(b)?, of(c)?]))
            .collect();
        self.weld = self
            .weld
            .iter()
            .filter_map(|&[copy, original]| Some([of(copy)?, of(original)?]))
            .collect();
    }
}

impl Cutter {
    /// The number of a vertex of the model at a uv.
    fn vertex(&mut self, vertex: u32, uv: Vec2) -> u32 {
        let original = match self.originals.get(&vertex) {
            Some(original) => *original,
            None => {
                let local = self.push(vertex);
                self.originals.insert(vertex, local);
                local
            }
        };
        let place = original as usize;
        if !self.placed[place] {
            self.placed[place] = true;
            self.cut.uvs[place] = uv;
        }
        if self.cut.uvs[place] == uv {
            return original;
        }
        let key = (vertex, uv.to_array().map(f32::to_bits));
        if let Some(copy) = self.copies.get(&key) {
            return *copy;
        }
        let copy = self.push(vertex);
        self.cut.uvs[copy as usize] = uv;
        self.placed[copy as usize] = true;
        self.cut.weld.push([copy, original]);
        self.copies.insert(key, copy);
        copy
    }

    fn push(&mut self, vertex: u32) -> u32 {
        self.cut.source.push(vertex);
        self.cut.uvs.push(Vec2::ZERO);
        self.placed.push(false);
        self.placed.len() as u32 - 1
    }
}

/// Triangles of a polygon, in numbers of its corners: a quad is cut along its shorter diagonal.
fn triangles(polygon: &Polygon, positions: &[Vec3]) -> Vec<[usize; 3]> {
    let at = |corner: usize| positions[polygon.corners[corner].vertex as usize];
    let across = |a: usize, b: usize| at(a).distance_squared(at(b));
    match polygon.corners.len() {
        4 if across(1, 3) < across(0, 2) => vec![[0, 1, 3], [1, 2, 3]],
        count => (1..count - 1)
            .map(|corner| [0, corner, corner + 1])
            .collect(),
    }
}

/// Whether the polygons of a part run clockwise as seen from outside: the volume that they enclose
/// is negative. Revisions of the model differ.
pub(super) fn is_inside_out(part: &PartLayout, mesh: &Obj) -> bool {
    let ranges = part.polygons.iter();
    let polygons = ranges.flat_map(|&[first, last]| &mesh.polygons[first..=last]);
    let volume: f32 = polygons
        .flat_map(|polygon| {
            let corners = triangles(polygon, &mesh.positions).into_iter();
            corners.map(|triangle| {
                triangle.map(|corner| mesh.positions[polygon.corners[corner].vertex as usize])
            })
        })
        .map(|[a, b, c]| a.dot(b.cross(c)))
        .sum();
    volume < 0.0
}

#[cfg(test)]
mod tests {
    use super::{super::obj::Corner, *};

    fn polygon(corners: &[(u32, u32)]) -> Polygon {
        let corners = corners.iter();
        let corners = corners.map(|&(vertex, uv)| Corner { vertex, uv });
        Polygon {
            line: 1,
            corners: corners.collect(),
        }
    }

    /// A pyramid over a square, its tip doubled in uv; vertex 5 belongs to somebody else.
    fn pyramid() -> (PartLayout, Obj) {
        let part = PartLayout {
            name: "pyramid".into(),
            material: Material::Skin,
            vertices: vec![[0, 4]],
            polygons: vec![[0, 4]],
        };
        let corner = |x, z| Vec3::new(x, 0.0, z);
        let mesh = Obj {
            positions: vec![
                corner(1.0, 1.0),
                corner(1.0, -1.0),
                corner(-1.0, -1.0),
                corner(-1.0, 1.0),
                Vec3::Y,
                corner(9.0, 9.0),
            ],
            uvs: vec![Vec2::ZERO, Vec2::new(1.25, 0.25)],
            polygons: vec![
                polygon(&[(0, 0), (3, 0), (2, 0), (1, 0)]),
                polygon(&[(0, 0), (1, 0), (4, 0)]),
                polygon(&[(1, 0), (2, 0), (4, 0)]),
                polygon(&[(2, 0), (3, 0), (4, 1)]),
                polygon(&[(3, 0), (0, 0), (4, 1)]),
            ],
        };
        (part, mesh)
    }

    #[test]
    fn seams_double_vertices_and_quads_become_triangles() {
        let (part, mesh) = pyramid();
        assert!(!is_inside_out(&part, &mesh));
        let cut = Cut::of(&part, &mesh, false);
        assert_eq!(cut.source, [0, 1, 2, 3, 4, 4]);
        assert_eq!((cut.weld, cut.triangles.len()), (vec![[5, 4]], 6));
        assert_eq!(cut.uvs[5], Vec2::new(1.25, 0.75));
        let mut turned = mesh;
        turned.polygons.iter_mut().for_each(|p| p.corners.reverse());
        assert!(is_inside_out(&part, &turned));
    }

    #[test]
    fn a_shared_rim_is_copied_and_what_is_not_kept_is_gone() {
        let (mut part, mesh) = pyramid();
        part.vertices = vec![[4, 4]];
        part.material = Material::Mouth;
        let mut cut = Cut::of(&part, &mesh, true);
        assert_eq!((cut.source[0], cut.source.len()), (4, 6));
        assert!(cut.uvs.iter().all(|uv| (0.0..1.0).contains(&uv.x)));
        let kept: Vec<bool> = cut.source.iter().map(|vertex| *vertex != 1).collect();
        cut.keep(&kept);
        assert_eq!((cut.source.len(), cut.uvs.len()), (5, 5));
        assert!(cut.triangles.iter().flatten().all(|vertex| *vertex < 5));
        assert_eq!(cut.triangles.len(), 3);
    }
}
