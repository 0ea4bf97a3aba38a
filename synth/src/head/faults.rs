//! What is wrong with a glTF file before its meshes are read.
//!
//! Takes its bytes, or its description and buffers; gives the first fault in words, so that reading
//! afterwards stays within the buffers.

use gltf::{
    Document,
    accessor::{DataType, Dimensions},
    buffer,
};

/// Why a file cannot be used, and what to do where that is known.
pub(super) fn reason(error: &gltf::Error) -> String {
    let reason = error.to_string();
    let reason = reason.trim_end_matches([';', ' ']);
    if reason.contains("Unsupported extension") {
        format!("{reason}: export it again without compression and other extensions")
    } else {
        reason.into()
    }
}

/// The first view that reaches beyond its buffer, or accessor that reaches beyond its view.
pub(super) fn overrun(document: &Document, buffers: &[buffer::Data]) -> Option<String> {
    for view in document.views() {
        let (end, length) = (
            view.offset() + view.length(),
            buffers[view.buffer().index()].len(),
        );
        if end > length {
            return Some(format!(
                "buffer view {} ends at byte {end} of {length}",
                view.index()
            ));
        }
    }
    for accessor in document.accessors() {
        let size = accessor.size();
        let whole = accessor
            .view()
            .map(|view| (view, accessor.offset(), size, accessor.count()));
        let sparse = accessor.sparse().into_iter().flat_map(|sparse| {
            let (indices, values, count) = (sparse.indices(), sparse.values(), sparse.count());
            [
                (
                    indices.view(),
                    indices.offset(),
                    indices.index_type().size(),
                    count,
                ),
                (values.view(), values.offset(), size, count),
            ]
        });
        for (view, offset, size, count) in whole.into_iter().chain(sparse) {
            let index = accessor.index();
            let Some(last) = count.checked_sub(1) else {
                return Some(format!("accessor {index} is empty"));
            };
            let end = offset + view.stride().unwrap_or(size) * last + size;
            if end > view.length() {
                return Some(format!(
                    "accessor {index} ends at byte {end} of the {} of its view",
                    view.length()
                ));
            }
        }
    }
    None
}

/// The first accessor of a mesh that holds something else than it should.
pub(super) fn misfit(document: &Document) -> Option<String> {
    for mesh in document.meshes() {
        for primitive in mesh.primitives() {
            let places = primitive.get(&gltf::Semantic::Positions).into_iter().chain(
                primitive
                    .morph_targets()
                    .filter_map(|target| target.positions()),
            );
            for accessor in places {
                if (accessor.data_type(), accessor.dimensions())
                    != (DataType::F32, Dimensions::Vec3)
                {
                    return Some(format!(
                        "accessor {} holds positions as {:?} {:?}, expected three 32-bit floats \
                         (export without quantisation)",
                        accessor.index(),
                        accessor.data_type(),
                        accessor.dimensions()
                    ));
                }
            }
            let indices = primitive.indices().filter(|accessor| {
                !matches!(
                    accessor.data_type(),
                    DataType::U8 | DataType::U16 | DataType::U32
                )
            });
            if let Some(accessor) = indices {
                return Some(format!(
                    "accessor {} holds indices as {:?}",
                    accessor.index(),
                    accessor.data_type()
                ));
            }
        }
    }
    None
}

/// What the header of a binary glTF file says is wrong with it; JSON has none.
pub(super) fn damage(bytes: &[u8]) -> Option<String> {
    if bytes.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    if !bytes.starts_with(b"glTF") {
        return Some("it does not start with \"glTF\"".into());
    }
    let length = bytes.get(8..12).map(|length| {
        length
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte))
    });
    match length {
        Some(length) if length <= bytes.len() => None,
        Some(length) => Some(format!(
            "cut short, {} of {length} bytes are there",
            bytes.len()
        )),
        None => Some("cut short within its header".into()),
    }
}
