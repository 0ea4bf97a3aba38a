//! Wavefront OBJ as ICT-FaceKit writes it: `v x y z`, `vt u v`, `f v/vt ...`.
//!
//! Takes the path of a file; gives positions as they are, and polygons with a vertex and a uv of
//! each corner, or the line that is wrong. Other statements are passed over.

use std::{fs, path::Path};

use glam::{Vec2, Vec3};

use super::IctError;

/// A whole mesh.
#[derive(Debug, Default)]
pub(super) struct Obj {
    pub(super) positions: Vec<Vec3>,
    pub(super) uvs: Vec<Vec2>,
    pub(super) polygons: Vec<Polygon>,
}

/// One polygon.
#[derive(Debug)]
pub(super) struct Polygon {
    /// Its line in the file, from 1.
    pub(super) line: usize,
    pub(super) corners: Vec<Corner>,
}

/// Indices into positions and uvs, from 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Corner {
    pub(super) vertex: u32,
    pub(super) uv: u32,
}

impl Obj {
    /// Reads everything.
    pub(super) fn read(path: &Path) -> Result<Self, IctError> {
        let text = text(path)?;
        let mut mesh = Self::default();
        for (line, statement, rest) in statements(&text) {
            match statement {
                "v" => mesh.positions.push(position(path, line, rest)?),
                "vt" => {
                    let [u, v] = numbers(rest)
                        .ok_or_else(|| IctError::line(path, line, rest, "u and v of a vertex"))?;
                    mesh.uvs.push(Vec2::new(u, v));
                }
                "f" => mesh.polygons.push(mesh.polygon(path, line, rest)?),
                _ => {}
            }
        }
        Ok(mesh)
    }

    /// Corners of a polygon of vertices and uvs that are there already.
    fn polygon(&self, path: &Path, line: usize, rest: &str) -> Result<Polygon, IctError> {
        let below = |number: &str, count: usize| {
            let number: usize = number.parse().ok()?;
            (1..=count).contains(&number).then(|| number as u32 - 1)
        };
        let corner = |corner: &str| {
            let (vertex, uv) = corner.split_once('/')?;
            let uv = uv.split('/').next()?;
            Some(Corner {
                vertex: below(vertex, self.positions.len())?,
                uv: below(uv, self.uvs.len())?,
            })
        };
        let corners: Option<Vec<Corner>> = rest.split_ascii_whitespace().map(corner).collect();
        let corners = corners
            .filter(|corners| corners.len() >= 3)
            .ok_or_else(|| {
                let expected = "three or more corners VERTEX/UV, numbers of lines above from 1";
                IctError::line(path, line, rest, expected)
            })?;
        Ok(Polygon { line, corners })
    }
}

/// The positions alone, for shapes of a mesh that is known.
pub(super) fn read_positions(path: &Path) -> Result<Vec<Vec3>, IctError> {
    let text = text(path)?;
    statements(&text)
        .filter(|(_, statement, _)| *statement == "v")
        .map(|(line, _, rest)| position(path, line, rest))
        .collect()
}

fn text(path: &Path) -> Result<String, IctError> {
    fs::read_to_string(path).map_err(|source| IctError::Read {
        path: path.into(),
        source,
    })
}

/// Lines with their number, their first word and the rest.
fn statements(text: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    (1..).zip(text.lines()).map(|(number, line)| {
        let (statement, rest) = line.split_once(' ').unwrap_or((line, ""));
        (number, statement, rest)
    })
}

fn position(path: &Path, line: usize, rest: &str) -> Result<Vec3, IctError> {
    numbers(rest)
        .map(Vec3::from_array)
        .filter(|at| at.is_finite())
        .ok_or_else(|| IctError::line(path, line, rest, "three finite numbers x y z"))
}

/// Exactly as many numbers as are asked for.
fn numbers<const N: usize>(text: &str) -> Option<[f32; N]> {
    let mut words = text.split_ascii_whitespace();
    let mut numbers = [0.0; N];
    for number in &mut numbers {
        *number = words.next()?.parse().ok()?;
    }
    words.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Obj, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("mesh.obj");
        fs::write(&path, text).expect("a file");
        Obj::read(&path).map_err(|error| {
            let folder = folder.path().display().to_string();
            error.to_string().replace(&folder, "DIR")
        })
    }

    #[test]
    fn statements_of_the_model_are_read_and_others_passed_over() {
        let text = "# a note\nmtllib M.mtl\r\nv 0 -1.5 4.5e-13\nv 1 0 0\nv 0 1 0\nvt 0.25 1\nusemtl M_Face\nf 1/1 2/1/9 3/1\n";
        let mesh = read(text).expect("a mesh");
        assert_eq!(mesh.positions[0], Vec3::new(0.0, -1.5, 4.5e-13));
        assert_eq!(mesh.uvs, [Vec2::new(0.25, 1.0)]);
        let polygon = &mesh.polygons[0];
        let vertices: Vec<u32> = polygon.corners.iter().map(|corner| corner.vertex).collect();
        assert_eq!((polygon.line, &vertices[..]), (8, &[0, 1, 2][..]));
    }

    #[test]
    fn errors_name_the_line() {
        let errors = [
            "v 1 2\n",
            "v 1 2 NaN\n",
            "v 0 0 0\nvt 0 0\nf 1/1 1/1 2/1\n",
            "v 0 0 0\nf 1 1 1\n",
            "v 0 0 0\nvt 0\n",
        ]
        .map(|text| read(text).err().unwrap_or_else(|| "no error".into()));
        insta::assert_snapshot!(errors.join("\n"), @r#"
    DIR/mesh.obj:1: "1 2": expected three finite numbers x y z: get the file again from github.com/ICT-VGL/ICT-FaceKit (MIT licence)
    DIR/mesh.obj:1: "1 2 NaN": expected three finite numbers x y z: get the file again from github.com/ICT-VGL/ICT-FaceKit (MIT licence)
    DIR/mesh.obj:3: "1/1 1/1 2/1": expected three or more corners VERTEX/UV, numbers of lines above from 1: get the file again from github.com/ICT-VGL/ICT-FaceKit (MIT licence)
    DIR/mesh.obj:2: "1 1 1": expected three or more corners VERTEX/UV, numbers of lines above from 1: get the file again from github.com/ICT-VGL/ICT-FaceKit (MIT licence)
    DIR/mesh.obj:2: "0": expected u and v of a vertex: get the file again from github.com/ICT-VGL/ICT-FaceKit (MIT licence)
    "#);
    }
}
