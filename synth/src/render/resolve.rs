//! Samples to pixels: one shading per pixel and surface, averaged over its samples.
//!
//! Takes what the z-buffer saw; gives the picture. What is to be shaded is sorted by surface first,
//! so that four points at a time are shaded alike.

use glam::{Vec2, Vec3};
use wide::f32x4;

use super::{
    camera::{Camera, Projected},
    fastest::{Work, fastest},
    lanes::Vec3x4,
    light::Lighting,
    raster::{NOTHING, SAMPLES_PER_AXIS, Samples},
    scene::{Scene, Surface, Triangle, Vertex},
    shade::{Points, shade},
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
    fastest(Resolving {
        painter: Painter {
            scene,
            camera,
            projected,
            lighting,
            shadows,
        },
        samples,
        picture,
    });
}

/// A picture on its way from samples to pixels.
struct Resolving<'a> {
    painter: Painter<'a>,
    samples: &'a Samples,
    picture: &'a mut Picture,
}

impl Work for Resolving<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self {
            painter,
            samples,
            picture,
        } = self;
        let scene = painter.scene;
        let mut sorter = Sorter {
            scene,
            fragments: vec![Vec::new(); scene.surfaces.len()],
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
                *pixel *= sorter.sort(row * width + column, corner.into(), triangles, depths);
            }
        }
        for (surface, fragments) in scene.surfaces.iter().zip(&sorter.fragments) {
            for four in fragments.chunks(4) {
                painter.paint(surface, four, &mut picture.pixels);
            }
        }
    }
}

/// A part of a pixel that shows one surface.
#[derive(Clone, Copy)]
struct Fragment {
    pixel: usize,
    triangle: u32,
    /// The middle of its samples, in pixels.
    at: Vec2,
    /// The share of the pixel.
    share: f32,
}

/// Where the four samples of a pixel lie, from its first.
const OFFSETS: [Vec2; 4] = [
    Vec2::new(0.5, 0.5),
    Vec2::new(1.5, 0.5),
    Vec2::new(0.5, 1.5),
    Vec2::new(1.5, 1.5),
];

/// Fragments by surface.
struct Sorter<'a> {
    scene: &'a Scene,
    fragments: Vec<Vec<Fragment>>,
}

impl Sorter<'_> {
    /// Sorts the four samples of a pixel, those of one surface together; gives the share of the
    /// pixel through which the background is seen.
    #[inline(always)]
    fn sort(&mut self, pixel: usize, corner: Vec2, triangles: [u32; 4], depths: [f32; 4]) -> f32 {
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
            self.fragments[usize::from(surfaces[0])].push(Fragment {
                pixel,
                triangle: triangles[0],
                at: (corner + 1.0) * SCALE,
                share: 1.0,
            });
            return 0.0;
        }
        let mut done = [false; 4];
        let mut open = 0.0;
        for first in 0..4 {
            if done[first] {
                continue;
            }
            if triangles[first] == NOTHING {
                open += 0.25;
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
            self.fragments[usize::from(surfaces[first])].push(Fragment {
                pixel,
                triangle: triangles[first],
                at: (corner + centre / count) * SCALE,
                share: 0.25 * count,
            });
        }
        open
    }
}

struct Painter<'a> {
    scene: &'a Scene,
    camera: &'a Camera,
    projected: &'a [Projected],
    lighting: &'a Lighting,
    shadows: &'a [ShadowMap],
}

impl Painter<'_> {
    /// Shades up to four fragments of one surface.
    #[inline(always)]
    fn paint(&self, surface: &Surface, fragments: &[Fragment], pixels: &mut [Vec3]) {
        // Lanes without a fragment repeat the last one.
        let last = fragments.len() - 1;
        let four: [&Fragment; 4] = std::array::from_fn(|lane| &fragments[lane.min(last)]);
        let triangles = four.map(|fragment| &self.scene.triangles[fragment.triangle as usize]);
        let points = self.points(&four, &triangles);
        let towards = Vec3x4::splat(self.camera.eye) - points.position;
        let colours = shade(
            self.scene,
            surface,
            &points,
            || Vec3x4::new(triangles.map(|triangle| self.strand(triangle))),
            towards.normalize_or(Vec3::Z),
            self.lighting,
            // Nobody shares a surface with others.
            self.shadows.get(usize::from(triangles[0].owner)),
        );
        for (fragment, colour) in fragments.iter().zip(colours.to_array()) {
            pixels[fragment.pixel] += colour * fragment.share;
        }
    }

    /// What the corners of four triangles say about a point in each.
    #[inline(always)]
    fn points(&self, four: &[&Fragment; 4], triangles: &[&Triangle; 4]) -> Points {
        let [u, v, w] = self.shares(four, triangles).map(f32x4::to_array);
        let mixed = [
            self.mixed(triangles[0], [u[0], v[0], w[0]]),
            self.mixed(triangles[1], [u[1], v[1], w[1]]),
            self.mixed(triangles[2], [u[2], v[2], w[2]]),
            self.mixed(triangles[3], [u[3], v[3], w[3]]),
        ];
        let part = |part: usize| f32x4::transpose(mixed.map(|parts| parts[part]));
        let [[x, y, z, occlusion], [nx, ny, nz, red], [green, blue, u, v]] =
            [part(0), part(1), part(2)];
        let normal = Vec3x4 {
            x: nx,
            y: ny,
            z: nz,
        };
        Points {
            position: Vec3x4 { x, y, z },
            normal: normal.normalize_or(Vec3::Z),
            uv: [u, v],
            tint: Vec3x4 {
                x: red,
                y: green,
                z: blue,
            },
            occlusion,
        }
    }

    /// The numbers of a triangle's corners by their shares.
    #[inline(always)]
    fn mixed(&self, triangle: &Triangle, [u, v, w]: [f32; 3]) -> [f32x4; 3] {
        let [a, b, c] = triangle.vertices;
        let a = self.scene.vertices[a as usize].packed();
        let b = self.scene.vertices[b as usize].packed();
        let c = self.scene.vertices[c as usize].packed();
        let (u, v, w) = (f32x4::splat(u), f32x4::splat(v), f32x4::splat(w));
        [
            a[0] * u + b[0] * v + c[0] * w,
            a[1] * u + b[1] * v + c[1] * w,
            a[2] * u + b[2] * v + c[2] * w,
        ]
    }

    /// Where one corner of each of four triangles falls.
    #[inline(always)]
    fn corners(&self, triangles: &[&Triangle; 4], corner: usize) -> [Projected; 4] {
        [
            self.projected[triangles[0].vertices[corner] as usize],
            self.projected[triangles[1].vertices[corner] as usize],
            self.projected[triangles[2].vertices[corner] as usize],
            self.projected[triangles[3].vertices[corner] as usize],
        ]
    }

    /// Perspective-correct shares of the three corners at points, kept inside the triangles.
    #[inline(always)]
    fn shares(&self, four: &[&Fragment; 4], triangles: &[&Triangle; 4]) -> [f32x4; 3] {
        let corners = [
            self.corners(triangles, 0),
            self.corners(triangles, 1),
            self.corners(triangles, 2),
        ];
        let lanes = |at: [Vec2; 4]| [f32x4::new(at.map(|at| at.x)), f32x4::new(at.map(|at| at.y))];
        let depths = corners.map(|four| f32x4::new(four.map(|corner| corner.inverse_depth)));
        let [a, b, c] = corners.map(|four| lanes(four.map(|corner| corner.at)));
        let at = lanes(four.map(|fragment| fragment.at));
        let turn = |p: [f32x4; 2], q: [f32x4; 2], r: [f32x4; 2]| {
            (p[0] - r[0]) * (q[1] - r[1]) - (p[1] - r[1]) * (q[0] - r[0])
        };
        let area = turn(b, c, a);
        let weights = [turn(b, c, at), turn(c, a, at), turn(a, b, at)];
        let shares: [f32x4; 3] = std::array::from_fn(|corner| {
            let within = (weights[corner] / area).fast_max(f32x4::ZERO);
            within.fast_min(f32x4::ONE) * depths[corner]
        });
        let sum = shares[0] + shares[1] + shares[2];
        shares.map(|share| share / sum)
    }

    /// The direction along which v grows.
    fn strand(&self, triangle: &Triangle) -> Vec3 {
        let [a, b, c]: [&Vertex; 3] = triangle
            .vertices
            .map(|vertex| &self.scene.vertices[vertex as usize]);
        let (p, q) = (b.position - a.position, c.position - a.position);
        let (s, t) = (b.uv - a.uv, c.uv - a.uv);
        (q * s.x - p * t.x).normalize_or(Vec3::Y) * (s.x * t.y - t.x * s.y).signum()
    }
}
