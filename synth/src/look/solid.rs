//! Simple solids: capsules, ellipsoids, tubes, swept rings.
//!
//! Takes sizes in centimetres; gives a [`Solid`] that can be moved, coloured and put into a scene.

use std::f32::consts::{PI, TAU};

use glam::{Affine3A, Vec2, Vec3, Vec3Swizzles};

use crate::render::{Scene, Vertex};

/// A mesh of one surface.
#[derive(Clone, Debug, Default)]
pub(super) struct Solid {
    pub(super) vertices: Vec<Vertex>,
    pub(super) triangles: Vec<[u32; 3]>,
}

impl Solid {
    /// A grid of `columns` by `rows` points, closed around the columns; normals follow.
    pub(super) fn wrapped(columns: usize, rows: usize, point: impl Fn(f32, usize) -> Vec3) -> Self {
        let mut solid = Self::default();
        for row in 0..rows {
            for column in 0..=columns {
                let share = column as f32 / columns as f32;
                let uv = Vec2::new(share, row as f32 / (rows - 1) as f32);
                let position = point(share * TAU, row);
                solid.vertices.push(Vertex {
                    position,
                    uv,
                    occlusion: 1.0,
                    ..Vertex::default()
                });
            }
        }
        let across = columns as u32 + 1;
        for row in 0..rows as u32 - 1 {
            for column in 0..columns as u32 {
                let a = row * across + column;
                let [b, c, d] = [a + 1, a + across, a + across + 1];
                solid.triangles.extend([[a, c, b], [b, c, d]]);
            }
        }
        solid.smooth();
        for row in 0..rows {
            let (first, last) = (row * (columns + 1), row * (columns + 1) + columns);
            let normal =
                (solid.vertices[first].normal + solid.vertices[last].normal).normalize_or(Vec3::Y);
            solid.vertices[first].normal = normal;
            solid.vertices[last].normal = normal;
        }
        solid
    }

    /// Area-weighted normals.
    pub(super) fn smooth(&mut self) {
        let mut normals = vec![Vec3::ZERO; self.vertices.len()];
        for triangle in &self.triangles {
            let [a, b, c] = triangle.map(|corner| self.vertices[corner as usize].position);
            let normal = (b - a).cross(c - a);
            for corner in triangle {
                normals[*corner as usize] += normal;
            }
        }
        for (vertex, normal) in self.vertices.iter_mut().zip(normals) {
            vertex.normal = normal.normalize_or(Vec3::Z);
        }
    }

    /// A ball stretched along the axes.
    pub(super) fn ellipsoid(centre: Vec3, radii: Vec3) -> Self {
        Self::wrapped(14, 9, |angle, row| {
            let (sin, cos) = (row as f32 / 8.0 * PI).sin_cos();
            centre + radii * Vec3::new(sin * angle.sin(), cos, sin * angle.cos())
        })
    }

    /// A rod with round ends, `from` and `to` being the centres of the ends.
    pub(super) fn capsule(from: Vec3, to: Vec3, radii: [f32; 2]) -> Self {
        let axis = (from - to).normalize_or(Vec3::Y);
        let side = axis.any_orthonormal_vector();
        let front = side.cross(axis);
        Self::wrapped(10, 8, |angle, row| {
            let (centre, radius, polar) = if row < 4 {
                (from, radii[0], row as f32 / 6.0)
            } else {
                (to, radii[1], (row - 1) as f32 / 6.0)
            };
            let (sin, cos) = (polar * PI).sin_cos();
            centre + (axis * cos + (side * angle.sin() + front * angle.cos()) * sin) * radius
        })
    }

    /// A pipe along a path.
    pub(super) fn tube(path: &[Vec3], radius: f32) -> Self {
        Self::wrapped(6, path.len(), |angle, row| {
            let before = path[row.max(1) - 1];
            let after = path[(row + 1).min(path.len() - 1)];
            let axis = (before - after).normalize_or(Vec3::Y);
            let side = axis
                .cross(if axis.z.abs() < 0.9 { Vec3::Z } else { Vec3::X })
                .normalize_or(Vec3::X);
            let front = side.cross(axis);
            path[row] + (side * angle.sin() + front * angle.cos()) * radius
        })
    }

    /// A box with its centre at the origin.
    pub(super) fn slab(half: Vec3) -> Self {
        let mut solid = Self::default();
        for axis in 0..3 {
            for sign in [-1.0_f32, 1.0] {
                let mut normal = Vec3::ZERO;
                normal[axis] = sign;
                let right = normal.zxy();
                let up = normal.cross(right);
                let first = solid.vertices.len() as u32;
                for [x, y] in [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]] {
                    let position = (normal + right * x + up * y) * half;
                    let uv = Vec2::new(x, y) * 0.5 + 0.5;
                    solid.vertices.push(Vertex {
                        position,
                        normal,
                        uv,
                        occlusion: 1.0,
                        ..Vertex::default()
                    });
                }
                solid.triangles.extend(
                    [[0, 1, 2], [0, 2, 3]].map(|corners| corners.map(|corner| first + corner)),
                );
            }
        }
        solid
    }

    pub(super) fn coloured(mut self, colour: impl Fn(&Vertex) -> Vec3) -> Self {
        for vertex in &mut self.vertices {
            vertex.tint = colour(vertex);
        }
        self
    }

    pub(super) fn moved(mut self, by: &Affine3A) -> Self {
        for vertex in &mut self.vertices {
            *vertex = moved(vertex, by);
        }
        self
    }

    pub(super) fn join(&mut self, other: Self) {
        let first = self.vertices.len() as u32;
        self.vertices.extend(other.vertices);
        self.triangles.extend(
            other
                .triangles
                .into_iter()
                .map(|triangle| triangle.map(|corner| first + corner)),
        );
    }

    /// Puts it into a scene as if it had been [`Self::moved`].
    pub(super) fn add_moved_to(&self, scene: &mut Scene, surface: u16, owner: u8, by: &Affine3A) {
        let vertices = self.vertices.iter().map(|vertex| moved(vertex, by));
        scene.add_mesh(surface, owner, vertices, self.triangles.iter().copied());
    }

    pub(super) fn add_to(&self, scene: &mut Scene, surface: u16, owner: u8) {
        scene.add_mesh(
            surface,
            owner,
            self.vertices.iter().copied(),
            self.triangles.iter().copied(),
        );
    }
}

fn moved(vertex: &Vertex, by: &Affine3A) -> Vertex {
    Vertex {
        position: by.transform_point3(vertex.position),
        normal: by.transform_vector3(vertex.normal).normalize_or(Vec3::Z),
        ..*vertex
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outsides_face_outwards() {
        let ball = Solid::ellipsoid(Vec3::ZERO, Vec3::splat(2.0));
        let rod = Solid::capsule(Vec3::Y, -Vec3::Y, [1.0, 1.0]);
        let slab = Solid::slab(Vec3::ONE);
        for solid in [ball, rod, slab] {
            for triangle in &solid.triangles {
                let [a, b, c] = triangle.map(|corner| solid.vertices[corner as usize].position);
                let normal = (b - a).cross(c - a);
                assert!(normal.dot(a + b + c) >= -1e-4, "{a} {b} {c}");
            }
        }
    }
}
