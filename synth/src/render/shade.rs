//! How points look: albedo, then light. Four points of one surface at a time.
//!
//! Takes interpolated [`Points`] of a [`Surface`]; gives linear RGB towards the camera.

use glam::{Vec2, Vec3};
use wide::f32x4;

use super::{
    lanes::Vec3x4,
    light::Lighting,
    noise,
    scene::{Scene, Surface},
    shadow::ShadowMap,
    texture::Texture,
};

/// How far light wraps around skin: blood scatters red furthest.
pub(crate) const SKIN_WRAP: Vec3 = Vec3::new(0.34, 0.17, 0.11);

/// Four points of one surface; see [`Vertex`](super::Vertex).
pub(super) struct Points {
    pub(super) position: Vec3x4,
    pub(super) normal: Vec3x4,
    pub(super) uv: [f32x4; 2],
    pub(super) tint: Vec3x4,
    pub(super) occlusion: f32x4,
}

impl Points {
    #[inline(always)]
    fn uvs(&self) -> [Vec2; 4] {
        let [u, v] = self.uv.map(f32x4::to_array);
        std::array::from_fn(|lane| Vec2::new(u[lane], v[lane]))
    }
}

/// What a surface does with light at four points.
struct Response {
    albedo: Vec3x4,
    normal: Vec3x4,
    wrap: Vec3,
    gloss: f32x4,
    shininess: f32,
    occlusion: f32x4,
    /// Direction of strands where light is scattered by fibres.
    fibre: Option<Vec3x4>,
}

/// Light from `points` towards the camera; `fibre` gives the direction of their strands, `shadow`
/// what stands in the way of the first light.
#[inline(always)]
pub(super) fn shade(
    scene: &Scene,
    surface: &Surface,
    points: &Points,
    fibre: impl Fn() -> Vec3x4,
    towards: Vec3x4,
    lighting: &Lighting,
    shadow: Option<&ShadowMap>,
) -> Vec3x4 {
    let response = respond(scene, surface, points, fibre, towards);
    let ambient = lighting.surroundings.at(response.normal) * response.occlusion;
    let facing = response.normal.dot(towards);
    let away = f32x4::ONE - facing.fast_max(f32x4::ZERO).fast_min(f32x4::ONE);
    let square = away * away;
    let fresnel = 0.12 + 0.88 * square * square;
    let gloss = response.gloss.fast_min(f32x4::splat(0.5));
    let mut sum = Reflected {
        diffuse: ambient,
        sheen: ambient * (0.4 * gloss * fresnel),
    };
    let open = response.occlusion.sqrt();
    for (index, light) in lighting.lights.iter().enumerate() {
        let (direction, colour) = light.at(points.position);
        let cosine = response.normal.dot(direction);
        // Nothing arrives beyond this, however far light reaches round.
        let least = f32x4::splat(-response.wrap.max_element());
        let arrives = cosine.simd_gt(least).to_bitmask();
        if response.fibre.is_none() && arrives == 0 {
            continue;
        }
        let direct = match shadow {
            Some(map) if index == 0 => {
                let dark = f32x4::ONE - map.lit(points.position, points.normal);
                open * (f32x4::ONE - lighting.shadow * dark)
            }
            _ => open,
        };
        let half = (direction + towards).normalize_or(Vec3::ZERO);
        let arriving = colour * direct;
        match response.fibre {
            Some(fibre) => sum.add_fibre(&response, fibre, arriving, direction, half, cosine),
            None => sum.add_smooth(&response, arriving, half, cosine, fresnel),
        }
    }
    response.albedo * sum.diffuse + sum.sheen
}

/// Light on its way to the camera.
struct Reflected {
    /// Before it takes the colour of the surface.
    diffuse: Vec3x4,
    sheen: Vec3x4,
}

impl Reflected {
    #[inline(always)]
    fn add_smooth(
        &mut self,
        response: &Response,
        arriving: Vec3x4,
        half: Vec3x4,
        cosine: f32x4,
        fresnel: f32x4,
    ) {
        let unwrap = (Vec3::ONE + response.wrap).recip();
        let around = |wrap: f32, unwrap: f32| (cosine + f32x4::splat(wrap)) * unwrap;
        let wrapped = Vec3x4 {
            x: around(response.wrap.x, unwrap.x),
            y: around(response.wrap.y, unwrap.y),
            z: around(response.wrap.z, unwrap.z),
        };
        self.diffuse += wrapped.max_zero() * arriving;
        let ahead = response.normal.dot(half).fast_max(f32x4::ZERO);
        let peak = lobe(ahead, response.shininess) * response.gloss * (fresnel + 0.5);
        let lit = cosine.fast_max(f32x4::ZERO).fast_min(f32x4::splat(0.25));
        self.sheen += arriving * (peak * lit * 2.5);
    }

    #[inline(always)]
    fn add_fibre(
        &mut self,
        response: &Response,
        fibre: Vec3x4,
        arriving: Vec3x4,
        direction: Vec3x4,
        half: Vec3x4,
        cosine: f32x4,
    ) {
        let across = |along: f32x4| (f32x4::ONE - along * along).fast_max(f32x4::ZERO).sqrt();
        let scattered = 0.35 * across(fibre.dot(direction)) + 0.65 * cosine.fast_max(f32x4::ZERO);
        self.diffuse += arriving * scattered;
        let t = ((cosine + 0.2) / 0.7)
            .fast_max(f32x4::ZERO)
            .fast_min(f32x4::ONE);
        let risen = t * t * (3.0 - 2.0 * t);
        let peak = lobe(across(fibre.dot(half)), response.shininess) * risen;
        self.sheen += arriving * (peak * response.gloss);
    }
}

#[inline(always)]
fn respond(
    scene: &Scene,
    surface: &Surface,
    points: &Points,
    fibre: impl Fn() -> Vec3x4,
    towards: Vec3x4,
) -> Response {
    let normal = if surface.one_sided() {
        points.normal
    } else {
        // Two-sided surfaces face whoever looks.
        let behind = points.normal.dot(towards).simd_lt(f32x4::ZERO);
        Vec3x4::select(behind, Vec3x4::ZERO - points.normal, points.normal)
    };
    let matte = Response {
        albedo: points.tint,
        normal,
        wrap: Vec3::ZERO,
        gloss: f32x4::ZERO,
        shininess: 8.0,
        occlusion: points.occlusion,
        fibre: None,
    };
    match surface {
        Surface::Skin {
            texture,
            base,
            scalp,
            gloss,
        } => {
            let texture = &scene.textures[*texture];
            Response {
                albedo: skin(texture, points, *base, *scalp),
                wrap: SKIN_WRAP,
                gloss: f32x4::splat(*gloss),
                shininess: 18.0,
                ..matte
            }
        }
        Surface::Tinted {
            gloss,
            shininess,
            wrap,
            grain,
            ..
        } => Response {
            albedo: grained(points, *grain),
            wrap: *wrap,
            gloss: f32x4::splat(*gloss),
            shininess: *shininess,
            ..matte
        },
        Surface::Eye { .. } => Response {
            albedo: Vec3x4::new(points.uvs().map(|uv| eye(surface, uv))),
            wrap: Vec3::splat(0.25),
            gloss: f32x4::splat(0.7),
            shininess: 220.0,
            occlusion: 0.15 + 0.7 * points.occlusion,
            ..matte
        },
        Surface::Lashes { colour, .. } => Response {
            albedo: Vec3x4::splat(*colour),
            ..matte
        },
        Surface::Hair { .. } => hair(surface, points, fibre(), matte),
    }
}

/// Albedo of skin: painted within its texture, bare or `scalp` beyond.
#[inline(always)]
fn skin(texture: &Texture, points: &Points, base: Vec3, scalp: Vec3) -> Vec3x4 {
    let painted = points.uv[0].simd_lt(f32x4::ONE);
    let all = painted.to_bitmask();
    if all == 0b1111 {
        return texture.sample(points.uv);
    }
    let base = Vec3x4::splat(base);
    let bare = base + (Vec3x4::splat(scalp) - base) * points.tint.x;
    if all == 0 {
        return bare;
    }
    Vec3x4::select(painted, texture.sample(points.uv), bare)
}

/// Albedo of tinted things, uneven by `grain`.
#[inline(always)]
fn grained(points: &Points, grain: f32) -> Vec3x4 {
    if grain <= 0.0 {
        return points.tint;
    }
    let noise = noise::planes(points.uv.map(|axis| axis * 40.0), 3);
    points.tint * (1.0 + (noise - 0.5) * grain)
}

/// Strands that differ in colour, gloss and where they lean.
#[inline(always)]
fn hair(surface: &Surface, points: &Points, fibre: Vec3x4, matte: Response) -> Response {
    let Surface::Hair {
        dark,
        light,
        gloss,
        seed,
        ..
    } = surface
    else {
        return matte;
    };
    let [u, v] = points.uv;
    let fine = noise::planes([u * 3.1, v * 3.0], *seed);
    let coarse = noise::planes([u * 0.55, v * 1.5], seed ^ 77);
    let lit = 0.55 * fine + 0.45 * coarse;
    let leaning = fibre * (1.0 + (fine - 0.5) * 0.4) + matte.normal * ((coarse - 0.5) * 0.5);
    let (dark, light) = (Vec3x4::splat(*dark), Vec3x4::splat(*light));
    Response {
        albedo: dark + (light - dark) * lit,
        gloss: *gloss * (0.3 + lit),
        shininess: 45.0,
        fibre: Some(leaning.normalize_or(Vec3::Y)),
        ..matte
    }
}

/// Sclera, reddish in the corners; iris with rays and a dark rim; pupil.
fn eye(surface: &Surface, uv: Vec2) -> Vec3 {
    let Surface::Eye {
        sclera,
        iris,
        centre,
        radius,
        pupil,
    } = surface
    else {
        return Vec3::ZERO;
    };
    let from_centre = uv - *centre;
    let r = from_centre.length();
    let pink = smooth(1.3, 2.6, r / radius);
    let white = *sclera * Vec3::new(1.0, 1.0 - 0.16 * pink, 1.0 - 0.18 * pink);
    if r > radius * 1.06 {
        return white;
    }
    let rays = Vec2::new(from_centre.to_angle() * 6.0, r / radius * 2.0);
    let rays = 0.75 + 0.5 * noise::plane(rays, 9);
    let ring = 1.0 - 0.65 * smooth(0.72, 1.0, r / radius);
    let coloured = *iris * (rays * ring);
    let coloured = Vec3::splat(0.006).lerp(coloured, smooth(pupil * 0.85, pupil * 1.1, r));
    coloured.lerp(white, smooth(radius * 0.93, radius * 1.06, r))
}

/// About `cosine` to the power of `shininess` (Schlick, 1994): a highlight without a logarithm.
#[inline(always)]
fn lobe(cosine: f32x4, shininess: f32) -> f32x4 {
    cosine / (shininess - cosine * (shininess - 1.0))
}

/// 0 below `low`, 1 above `high`, smooth between.
pub(crate) fn smooth(low: f32, high: f32, value: f32) -> f32 {
    let t = ((value - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
