//! The JSON of DL Streamer's `gvametaconvert`, one object per frame.
//!
//! Takes a frame record; gives an object whose faces are `objects`: the box in pixels of the frame and in
//! shares of it, the expression as an attribute, each action unit as an attribute `on` or `off` with its
//! probability, and the five landmarks as a tensor in shares of the box, in the order of
//! [`facs::Landmarks5::to_array`]. Graphs, pose and quality have no place there.

use std::collections::BTreeMap;

use facs::{ExpressionScore, FaceRecord, FrameRecord, FrameSize};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// What made the attributes, for readers that want to know.
const MODEL: &str = "mien";

/// A frame.
#[derive(Serialize)]
pub(super) struct Message<'a> {
    objects: Vec<Object>,
    resolution: FrameSize,
    source: &'a str,
    /// Wall clock of the capture, RFC 3339.
    system_timestamp: &'a str,
    tags: Map<String, Value>,
    /// Presentation time in nanoseconds.
    timestamp: u64,
}

/// A face.
#[derive(Serialize)]
struct Object {
    detection: Value,
    x: u32,
    y: u32,
    w: u32,
    h: u32,
    id: u64,
    region_id: usize,
    roi_type: &'static str,
    tensors: [Value; 1],
    #[serde(flatten)]
    attributes: BTreeMap<&'static str, Value>,
}

pub(super) fn message(frame: &FrameRecord) -> Message<'_> {
    let faces = frame.faces.iter().zip(1..);
    Message {
        objects: faces
            .map(|(face, region)| object(face, region, frame.frame))
            .collect(),
        resolution: frame.frame,
        source: &frame.source,
        system_timestamp: &frame.captured_at,
        tags: Map::new(),
        timestamp: frame.pts_nanos,
    }
}

fn object(face: &FaceRecord, region_id: usize, size: FrameSize) -> Object {
    // Readers expect boxes inside the frame.
    let (width, height) = (size.width as f32, size.height as f32);
    let bounds = face.bounding_box;
    let (left, top) = (bounds.x.clamp(0.0, width), bounds.y.clamp(0.0, height));
    let right = (bounds.x + bounds.width).clamp(left, width);
    let bottom = (bounds.y + bounds.height).clamp(top, height);
    let mut attributes = BTreeMap::from([("expression", expression(&face.expression))]);
    for (unit, score) in &face.action_units {
        let label = if score.on { "on" } else { "off" };
        let known = attribute(label, usize::from(score.on), score.p);
        attributes.insert(unit.code(), known);
    }
    let relative = |[x, y]: [f32; 2]| {
        [
            (x - bounds.x) / bounds.width,
            (y - bounds.y) / bounds.height,
        ]
    };
    let landmarks = face.landmarks.to_array().map(relative).concat();
    let landmarks: Vec<f64> = landmarks.into_iter().map(short).collect();
    Object {
        detection: json!({
            "bounding_box": {
                "x_min": short(left / width), "x_max": short(right / width),
                "y_min": short(top / height), "y_max": short(bottom / height),
            },
            "confidence": short(face.score),
            "label": "face",
            "label_id": 0,
        }),
        x: left.round() as u32,
        y: top.round() as u32,
        w: (right - left).round() as u32,
        h: (bottom - top).round() as u32,
        id: face.track,
        region_id,
        roi_type: "face",
        tensors: [json!({
            "name": "landmarks", "layer_name": "landmarks", "model_name": MODEL, "format": "landmark_points",
            "precision": "FP32", "layout": "NC", "dims": [1, landmarks.len()], "data": landmarks,
        })],
        attributes,
    }
}

fn expression(score: &ExpressionScore) -> Value {
    let index = score.p.keys().position(|known| *known == score.label);
    let p = score.p.get(&score.label).copied().unwrap_or_default();
    attribute(score.label.name(), index.unwrap_or_default(), p)
}

fn attribute(label: &str, label_id: usize, confidence: f32) -> Value {
    json!({"label": label, "label_id": label_id, "confidence": short(confidence), "model": {"name": MODEL}})
}

/// Six places, as many as there is to a share.
fn short(value: f32) -> f64 {
    (f64::from(value) * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::golden;

    #[test]
    fn a_face_is_an_object_with_its_units_as_attributes() {
        let mut frame = golden();
        let message = serde_json::to_value(message(&frame)).unwrap();
        assert_eq!(message["resolution"], json!({"width": 640, "height": 360}));
        assert_eq!(message["timestamp"], json!(10_051_708_333_u64));
        let object = &message["objects"][0];
        let expected = json!({
            "bounding_box": {"x_min": 0.377344, "x_max": 0.611719, "y_min": 0.222222, "y_max": 0.750694},
            "confidence": 0.97, "label": "face", "label_id": 0,
        });
        assert_eq!(object["detection"], expected);
        for (name, value) in [
            ("x", 242),
            ("y", 80),
            ("w", 150),
            ("h", 190),
            ("id", 3),
            ("region_id", 1),
        ] {
            assert_eq!(object[name], json!(value), "{name}");
        }
        let model = json!({"name": "mien"});
        let unit = json!({"label": "on", "label_id": 1, "confidence": 0.94, "model": model});
        assert_eq!(object["AU12"], unit);
        let happy =
            json!({"label": "happiness", "label_id": 1, "confidence": 0.92, "model": model});
        assert_eq!(object["expression"], happy);
        let landmarks = object["tensors"][0]["data"].as_array().unwrap();
        assert_eq!((landmarks.len(), &landmarks[0]), (10, &json!(0.256667)));
        // Half of it is outside the frame on the left.
        frame.faces[0].bounding_box.x = -75.0;
        let message = serde_json::to_value(super::message(&frame)).unwrap();
        let object = &message["objects"][0];
        assert_eq!(
            (object["x"].as_u64(), object["w"].as_u64()),
            (Some(0), Some(75))
        );
        frame.faces.clear();
        let message = serde_json::to_value(super::message(&frame)).unwrap();
        assert_eq!(message["objects"], json!([]));
    }
}
