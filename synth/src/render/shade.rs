//! How a point looks: albedo, then light.
//!
//! Takes an interpolated [`Vertex`] of a [`Surface`]; gives linear RGB towards the camera.

use glam::{Vec2, Vec3};

use super::{
    light::Lighting,
    noise,
    scene::{Scene, Surface, Vertex},
    shadow::ShadowMap,
};

/// How far light wraps around skin: blood scatters red furthest.
pub(crate) const SKIN_WRAP: Vec3 = Vec3::new(0.34, 0.17, 0.11);

/// What a surface does with light at one point.
struct Response {
    albedo: Vec3,
    normal: Vec3,
    wrap: Vec3,
    gloss: f32,
    shininess: f32,
    occlusion: f32,
    /// Direction of strands where light is scattered by fibres.
    fibre: Option<Vec3>,
}

/// Light from `point` towards the camera; `fibre` gives the direction of its strands.
pub(crate) fn shade(
    scene: &Scene,
    surface: &Surface,
    point: &Vertex,
    fibre: impl Fn() -> Vec3,
    towards: Vec3,
    lighting: &Lighting,
    shadow: Option<&ShadowMap>,
) -> Vec3 {
    let response = respond(scene, surface, point, fibre, towards);
    let ambient = lighting.surroundings.at(response.normal) * response.occlusion;
    let mut diffuse = ambient;
    let facing = response.normal.dot(towards).clamp(0.0, 1.0);
    let fresnel = (1.0 - facing) * (1.0 - facing);
    let fresnel = 0.12 + 0.88 * fresnel * fresnel;
    let mut sheen = ambient * (0.4 * response.gloss.min(0.5) * fresnel);
    let unwrap = (Vec3::ONE + response.wrap).recip();
    let open = response.occlusion.sqrt();
    for (index, light) in lighting.lights.iter().enumerate() {
        let (direction, colour) = light.at(point.position);
        let cosine = response.normal.dot(direction);
        if response.fibre.is_none() && cosine < -response.wrap.max_element() {
            // Nothing arrives, however far light reaches round.
            continue;
        }
        let wrapped = (Vec3::splat(cosine) + response.wrap) * unwrap;
        let mut arriving = wrapped.max(Vec3::ZERO) * colour;
        let mut direct = open;
        if index == 0
            && let Some(map) = shadow
        {
            direct *= 1.0 - lighting.shadow * (1.0 - map.lit(point.position, point.normal));
        }
        arriving *= direct;
        if let Some(fibre) = response.fibre {
            let along = fibre.dot(direction);
            let across = (1.0 - along * along).max(0.0).sqrt();
            diffuse += colour * (direct * (0.35 * across + 0.65 * cosine.max(0.0)));
            let half = (direction + towards).normalize_or_zero();
            let along = fibre.dot(half);
            let across = (1.0 - along * along).max(0.0).sqrt();
            let peak = lobe(across, response.shininess) * smooth(-0.2, 0.5, cosine);
            sheen += colour * (peak * direct * response.gloss);
        } else {
            diffuse += arriving;
            if cosine > 0.0 && response.gloss > 0.0 {
                let half = (direction + towards).normalize_or_zero();
                let peak = lobe(response.normal.dot(half).max(0.0), response.shininess);
                sheen += colour
                    * (peak * direct * response.gloss * (0.5 + fresnel) * 2.5 * cosine.min(0.25));
            }
        }
    }
    response.albedo * diffuse + sheen
}

fn respond(
    scene: &Scene,
    surface: &Surface,
    point: &Vertex,
    fibre: impl Fn() -> Vec3,
    towards: Vec3,
) -> Response {
    // Two-sided surfaces face whoever looks.
    let flip = !surface.one_sided() && point.normal.dot(towards) < 0.0;
    let normal = if flip { -point.normal } else { point.normal };
    let matte = Response {
        albedo: point.tint,
        normal,
        wrap: Vec3::ZERO,
        gloss: 0.0,
        shininess: 8.0,
        occlusion: point.occlusion,
        fibre: None,
    };
    match surface {
        Surface::Skin {
            texture,
            base,
            scalp,
            gloss,
        } => {
            let painted = point.uv.x < 1.0;
            let albedo = if painted {
                scene.textures[*texture].sample(point.uv)
            } else {
                base.lerp(*scalp, point.tint.x)
            };
            Response {
                albedo,
                wrap: SKIN_WRAP,
                gloss: *gloss,
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
        } => {
            let mut albedo = point.tint;
            if *grain > 0.0 {
                albedo *= 1.0 + grain * (noise::plane(point.uv * 40.0, 3) - 0.5);
            }
            Response {
                albedo,
                wrap: *wrap,
                gloss: *gloss,
                shininess: *shininess,
                ..matte
            }
        }
        Surface::Eye { .. } => eye(surface, point, matte),
        Surface::Lashes { colour, .. } => Response {
            albedo: *colour,
            ..matte
        },
        Surface::Hair {
            dark,
            light,
            gloss,
            seed,
            ..
        } => {
            let fine = noise::plane(Vec2::new(point.uv.x * 3.1, point.uv.y * 3.0), *seed);
            let coarse = noise::plane(Vec2::new(point.uv.x * 0.55, point.uv.y * 1.5), seed ^ 77);
            let lit = (0.55 * fine + 0.45 * coarse).clamp(0.0, 1.0);
            let fibre = fibre();
            let lean = fibre * (fine - 0.5) * 0.4;
            let fibre = (fibre + normal * ((coarse - 0.5) * 0.5) + lean).normalize_or(Vec3::Y);
            let (albedo, gloss) = (dark.lerp(*light, lit), gloss * (0.3 + lit));
            Response {
                albedo,
                gloss,
                shininess: 45.0,
                fibre: Some(fibre),
                ..matte
            }
        }
    }
}

/// Sclera, reddish in the corners; iris with rays and a dark rim; pupil.
fn eye(surface: &Surface, point: &Vertex, matte: Response) -> Response {
    let Surface::Eye {
        sclera,
        iris,
        centre,
        radius,
        pupil,
    } = surface
    else {
        return matte;
    };
    let from_centre = point.uv - *centre;
    let r = from_centre.length();
    let rays = Vec2::new(from_centre.to_angle() * 6.0, r / radius * 2.0);
    let rays = 0.75 + 0.5 * noise::plane(rays, 9);
    let ring = 1.0 - 0.65 * smooth(0.72, 1.0, r / radius);
    let coloured = *iris * (rays * ring);
    let coloured = Vec3::splat(0.006).lerp(coloured, smooth(pupil * 0.85, pupil * 1.1, r));
    let pink = smooth(1.3, 2.6, r / radius);
    let white = *sclera * Vec3::new(1.0, 1.0 - 0.16 * pink, 1.0 - 0.18 * pink);
    Response {
        albedo: coloured.lerp(white, smooth(radius * 0.93, radius * 1.06, r)),
        wrap: Vec3::splat(0.25),
        gloss: 0.7,
        shininess: 220.0,
        occlusion: 0.15 + 0.7 * point.occlusion,
        ..matte
    }
}

/// About `cosine` to the power of `shininess` (Schlick, 1994): a highlight without a logarithm.
fn lobe(cosine: f32, shininess: f32) -> f32 {
    cosine / (shininess - shininess * cosine + cosine)
}

/// 0 below `low`, 1 above `high`, smooth between.
pub(crate) fn smooth(low: f32, high: f32, value: f32) -> f32 {
    let t = ((value - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
