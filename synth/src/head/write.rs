//! A head as one binary glTF file that says everything about itself.
//!
//! Takes a [`Head`] whose targets have ARKit names; gives bytes that [`Head::load`] reads back as
//! the same head: centimetres under a node of scale 0.01, morph targets under their names (sparse
//! where few vertices move), and in the extras what was said about it, so that no sidecar is needed.

use std::{borrow::Cow, collections::BTreeMap, fs, path::Path};

use glam::Vec3;
use gltf::{
    Glb,
    binary::Header,
    json::{
        self, Accessor, Index, Root,
        accessor::{ComponentType, GenericComponentType, IndexComponentType, Type, sparse},
        buffer::View,
        extras::Extras,
        mesh::{Mode, MorphTarget, Primitive, Semantic},
        validation::{Checked::Valid, USize64},
    },
};
use serde_json::{json, value::to_raw_value};

use super::{Head, HeadError, Material, Part, Target, names};

/// Metres per centimetre.
const SCALE: f32 = 0.01;

impl Head {
    /// Writes the head as binary glTF: [`Self::load`] reads the same head back, under the name of
    /// the file.
    ///
    /// # Errors
    ///
    /// [`HeadError::NotArkit`] for a head whose targets a file cannot carry, such as the built-in
    /// one; [`HeadError::Write`] when the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), HeadError> {
        if let Some(target) = self
            .targets
            .iter()
            .find(|name| names::canonical(name).as_ref() != Some(*name))
        {
            return Err(HeadError::NotArkit {
                name: self.name.clone(),
                target: target.clone(),
            });
        }
        let failed = |source| HeadError::Write {
            path: path.into(),
            source,
        };
        let bytes = to_glb(self).map_err(|error| failed(std::io::Error::other(error)))?;
        fs::write(path, bytes).map_err(failed)
    }
}

fn to_glb(head: &Head) -> Result<Vec<u8>, gltf::Error> {
    let mut file = File::default();
    let mut target_names = head.targets.clone();
    target_names.extend((0..head.identity_modes).map(|mode| format!("identity{mode:03}")));
    let children = head
        .parts
        .iter()
        .map(|part| file.mesh(part, &target_names))
        .collect();
    let top = file.root.push(json::Node {
        name: Some(head.name.clone()),
        scale: Some([SCALE; 3]),
        children: Some(children),
        ..json::Node::default()
    });
    let scene = file.root.push(json::Scene {
        extensions: None,
        extras: None,
        name: None,
        nodes: vec![top],
    });
    file.root.scene = Some(scene);
    file.root.asset.generator = Some("synth".into());
    file.root.asset.copyright.clone_from(&head.copyright);
    file.root.extras = head.sidecars.to_extras().and_then(|value| extras(&value));
    file.root.buffers = vec![json::Buffer {
        byte_length: USize64::from(file.bytes.len()),
        extensions: None,
        extras: None,
        name: None,
        uri: None,
    }];
    let json = json::serialize::to_vec(&file.root).map_err(gltf::Error::Deserialize)?;
    let glb = Glb {
        header: Header {
            magic: *b"glTF",
            version: 2,
            // Worked out by the writer.
            length: 0,
        },
        json: Cow::Owned(json),
        bin: Some(Cow::Owned(file.bytes)),
    };
    glb.to_vec()
}

/// A JSON value as glTF carries it.
fn extras(value: &serde_json::Value) -> Extras {
    to_raw_value(value).ok()
}

/// The name of a material that tells what it is.
const fn material_name(material: Material) -> &'static str {
    match material {
        Material::Skin => "skin",
        Material::Eyeball => "eyeball",
        Material::Lashes => "eyelashes",
        Material::Teeth => "teeth",
        Material::Mouth => "mouth",
    }
}

/// A file under construction: its description and its one buffer.
#[derive(Default)]
struct File {
    root: Root,
    bytes: Vec<u8>,
    materials: BTreeMap<&'static str, Index<json::Material>>,
}

impl File {
    /// Adds a part as a mesh under a node of its name.
    fn mesh(&mut self, part: &Part, target_names: &[String]) -> Index<json::Node> {
        let count = part.positions.len();
        let places = self.vectors(&part.positions);
        let uvs: Vec<[f32; 2]> = part.uvs.iter().map(|uv| uv.to_array()).collect();
        let uvs = self.array(&uvs, ComponentType::F32, Type::Vec2);
        let corners: Vec<u32> = part.triangles.iter().flatten().copied().collect();
        let corners = self.array(&corners, ComponentType::U32, Type::Scalar);
        let targets: Vec<MorphTarget> = part
            .targets
            .iter()
            .chain(&part.identity)
            .map(|target| MorphTarget {
                positions: Some(self.target(target, count)),
                normals: None,
                tangents: None,
            })
            .collect();
        let material = self.material(part.material);
        let primitive = Primitive {
            attributes: BTreeMap::from([
                (Valid(Semantic::Positions), places),
                (Valid(Semantic::TexCoords(0)), uvs),
            ]),
            extensions: None,
            extras: None,
            indices: Some(corners),
            material: Some(material),
            mode: Valid(Mode::Triangles),
            targets: Some(targets),
        };
        let mesh = self.root.push(json::Mesh {
            extensions: None,
            extras: extras(&json!({ "targetNames": target_names, "weld": part.weld })),
            name: Some(part.name.clone()),
            primitives: vec![primitive],
            weights: None,
        });
        self.root.push(json::Node {
            mesh: Some(mesh),
            name: Some(part.name.clone()),
            ..json::Node::default()
        })
    }

    fn material(&mut self, material: Material) -> Index<json::Material> {
        let (name, root) = (material_name(material), &mut self.root);
        *self.materials.entry(name).or_insert_with(|| {
            root.push(json::Material {
                name: Some(name.into()),
                ..json::Material::default()
            })
        })
    }

    /// A target: all vertices where most of them move, else those that do.
    fn target(&mut self, target: &Target, vertices: usize) -> Index<Accessor> {
        if target.indices.len() == vertices {
            return self.vectors(&target.deltas);
        }
        // An accessor must hold something: a target that moves nothing moves one vertex by nothing.
        let (indices, deltas) = if target.indices.is_empty() {
            (&[0][..], &[Vec3::ZERO][..])
        } else {
            (&target.indices[..], &target.deltas[..])
        };
        let mut accessor = plain(None, vertices, ComponentType::F32, Type::Vec3);
        (accessor.min, accessor.max) = range(deltas.iter().chain(&[Vec3::ZERO]));
        let deltas: Vec<[f32; 3]> = deltas.iter().map(|v| v.to_array()).collect();
        accessor.sparse = Some(sparse::Sparse {
            count: USize64::from(indices.len()),
            indices: sparse::Indices {
                buffer_view: self.view(indices),
                byte_offset: USize64(0),
                component_type: Valid(IndexComponentType(ComponentType::U32)),
                extensions: None,
                extras: None,
            },
            values: sparse::Values {
                buffer_view: self.view(&deltas),
                byte_offset: USize64(0),
                extensions: None,
                extras: None,
            },
            extensions: None,
            extras: None,
        });
        self.root.push(accessor)
    }

    /// Positions or displacements, with their range.
    fn vectors(&mut self, vectors: &[Vec3]) -> Index<Accessor> {
        let arrays: Vec<[f32; 3]> = vectors.iter().map(|v| v.to_array()).collect();
        let index = self.array(&arrays, ComponentType::F32, Type::Vec3);
        if let Some(accessor) = self.root.accessors.get_mut(index.value()) {
            (accessor.min, accessor.max) = range(vectors.iter());
        }
        index
    }

    fn array<T: bytemuck::NoUninit>(
        &mut self,
        values: &[T],
        component: ComponentType,
        shape: Type,
    ) -> Index<Accessor> {
        let view = self.view(values);
        self.root
            .push(plain(Some(view), values.len(), component, shape))
    }

    /// Appends `values` to the buffer. All of them are made of 32-bit words: nothing needs padding.
    fn view<T: bytemuck::NoUninit>(&mut self, values: &[T]) -> Index<View> {
        let bytes: &[u8] = bytemuck::cast_slice(values);
        let offset = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.root.push(View {
            buffer: Index::new(0),
            byte_length: USize64::from(bytes.len()),
            byte_offset: Some(USize64::from(offset)),
            byte_stride: None,
            name: None,
            target: None,
            extensions: None,
            extras: None,
        })
    }
}

fn plain(
    view: Option<Index<View>>,
    count: usize,
    component: ComponentType,
    shape: Type,
) -> Accessor {
    Accessor {
        buffer_view: view,
        byte_offset: None,
        count: USize64::from(count),
        component_type: Valid(GenericComponentType(component)),
        extensions: None,
        extras: None,
        type_: Valid(shape),
        min: None,
        max: None,
        name: None,
        normalized: false,
        sparse: None,
    }
}

/// Least and greatest components, as accessors of positions tell them.
fn range<'a>(
    vectors: impl Iterator<Item = &'a Vec3>,
) -> (Option<serde_json::Value>, Option<serde_json::Value>) {
    let (low, high) = vectors.fold((Vec3::MAX, Vec3::MIN), |(low, high), v| {
        (low.min(*v), high.max(*v))
    });
    (Some(json!(low.to_array())), Some(json!(high.to_array())))
}
