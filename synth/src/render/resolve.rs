//! Samples to pixels: one shading per pixel and surface, averaged over its samples.

use glam::{Vec2, Vec3};

use super::{
    camera::{Camera, Projected},
    light::Lighting,
    raster::{NOTHING, SAMPLES_PER_AXIS, Samples},
    scene::{Scene, Vertex},
    shade::shade,
    shadow::ShadowMap,
    texture::Picture,
};

/// Samples whose distances differ by less than this share belong to one surface.
const SAME_DEPTH: f32 = 0.004;

/// Draws what the samples saw over `picture`, which holds the background.
///
/// `shadows` are by owner; things of nobody, and persons without a map, are lit fully.
pub fn resolve(
    scene: &Scene,
    camera: &Camera,
    projected: &[Projected],
    samples: &Samples,
    lighting: &Lighting,
    shadows: &[ShadowMap],
    picture: &mut Picture,
) {
    let painter = Painter {
        scene,
        camera,
        projected,
        lighting,
        shadows,
    };
    let width = picture.width;
    for (row, pixels) in picture.pixels.chunks_exact_mut(width).enumerate() {
        let start = row * SAMPLES_PER_AXIS * samples.width;
        for (column, pixel) in pixels.iter_mut().enumerate() {
            let first = start + column * SAMPLES_PER_AXIS;
            let below = first + samples.width;
            let seen = [first, first + 1, below, below + 1];
            let triangles = seen.map(|sample| samples.triangle[sample]);
            if triangles == [NOTHING; 4] {
                continue;
            }
            let depths = seen.map(|sample| samples.inverse_depth[sample]);
            let corner = [column, row].map(|at| (at * SAMPLES_PER_AXIS) as f32);
            *pixel = painter.pixel(corner.into(), triangles, depths, *pixel);
        }
    }
}

struct Painter<'a> {
    scene: &'a Scene,
    camera: &'a Camera,
    projected: &'a [Projected],
    lighting: &'a Lighting,
    shadows: &'a [ShadowMap],
}

/// Where the four samples of a pixel lie, from its first.
const OFFSETS: [Vec2; 4] = [
    Vec2::new(0.5, 0.5),
    Vec2::new(1.5, 0.5),
    Vec2::new(0.5, 1.5),
    Vec2::new(1.5, 1.5),
];

impl Painter<'_> {
    /// The mean of four samples, those of one surface shaded together in their middle.
    #[inline(always)]
    fn pixel(&self, corner: Vec2, triangles: [u32; 4], depths: [f32; 4], behind: Vec3) -> Vec3 {
        const SCALE: f32 = 1.0 / SAMPLES_PER_AXIS as f32;
        // What is not there has a surface of its own.
        let surfaces = triangles.map(|triangle| {
            self.scene
                .triangles
                .get(triangle as usize)
                .map_or(u16::MAX, |triangle| triangle.surface)
        });
        let close = |depth: f32| (depth - depths[0]).abs() < SAME_DEPTH * depths[0];
        if surfaces == [surfaces[0]; 4] && depths[1..].iter().all(|depth| close(*depth)) {
            return self.colour(triangles[0], (corner + 1.0) * SCALE);
        }
        let mut done = [false; 4];
        let mut sum = Vec3::ZERO;
        for first in 0..4 {
            if done[first] {
                continue;
            }
            if triangles[first] == NOTHING {
                sum += behind;
                continue;
            }
            let depth = depths[first];
            let (mut centre, mut count) = (Vec2::ZERO, 0.0);
            for other in first..4 {
                let same = surfaces[other] == surfaces[first]
                    && (depths[other] - depth).abs() < SAME_DEPTH * depth;
                if same && !done[other] {
                    done[other] = true;
                    centre += OFFSETS[other];
                    count += 1.0;
                }
            }
            sum += self.colour(triangles[first], (corner + centre / count) * SCALE) * count;
        }
        sum * 0.25
    }

    fn colour(&self, index: u32, at: Vec2) -> Vec3 {
        let triangle = &self.scene.triangles[index as usize];
        let corners = triangle
            .vertices
            .map(|vertex| self.projected[vertex as usize]);
        let vertices = triangle
            .vertices
            .map(|vertex| &self.scene.vertices[vertex as usize]);
        let point = mix(&vertices, shares(&corners, at));
        let surface = &self.scene.surfaces[triangle.surface as usize];
        let towards = (self.camera.eye - point.position).normalize_or(Vec3::Z);
        let shadow = self.shadows.get(triangle.owner as usize);
        shade(
            self.scene,
            surface,
            &point,
            || strand(&vertices),
            towards,
            self.lighting,
            shadow,
        )
    }
}

/// Perspective-correct shares of the three corners at a point, kept inside the triangle.
fn shares(corners: &[Projected; 3], at: Vec2) -> [f32; 3] {
    let [a, b, c] = corners.map(|corner| corner.at);
    let area = (b - a).perp_dot(c - a);
    let weights = [
        (b - at).perp_dot(c - at),
        (c - at).perp_dot(a - at),
        (a - at).perp_dot(b - at),
    ];
    let shares: [f32; 3] = std::array::from_fn(|corner| {
        (weights[corner] / area).clamp(0.0, 1.0) * corners[corner].inverse_depth
    });
    let sum = shares[0] + shares[1] + shares[2];
    shares.map(|share| share / sum)
}

fn mix(vertices: &[&Vertex; 3], [u, v, w]: [f32; 3]) -> Vertex {
    let [a, b, c] = vertices;
    Vertex {
        position: a.position * u + b.position * v + c.position * w,
        normal: (a.normal * u + b.normal * v + c.normal * w).normalize_or(Vec3::Z),
        uv: a.uv * u + b.uv * v + c.uv * w,
        tint: a.tint * u + b.tint * v + c.tint * w,
        occlusion: a.occlusion * u + b.occlusion * v + c.occlusion * w,
    }
}

/// The direction along which v grows.
fn strand([a, b, c]: &[&Vertex; 3]) -> Vec3 {
    let (p, q) = (b.position - a.position, c.position - a.position);
    let (s, t) = (b.uv - a.uv, c.uv - a.uv);
    (q * s.x - p * t.x).normalize_or(Vec3::Y) * (s.x * t.y - t.x * s.y).signum()
}
