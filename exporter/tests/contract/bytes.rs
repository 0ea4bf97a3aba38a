//! Equal modules give equal bytes, and bytes can be read back.

use crate::common::cases;
use exporter::OnnxModel;

#[test]
fn exporting_twice_gives_the_same_bytes() {
    for case in cases::all() {
        let first = case.export().unwrap().to_bytes().unwrap();
        let second = case.export().unwrap().to_bytes().unwrap();
        assert!(first == second, "{} differs between two exports", case.name);
    }
}

#[test]
fn a_model_survives_its_bytes() {
    for case in cases::all() {
        let model = case.export().unwrap();
        let read = OnnxModel::from_bytes(&model.to_bytes().unwrap()).unwrap();
        assert_eq!(read, model, "{}", case.name);
    }
}

#[test]
fn other_bytes_are_no_model() {
    assert!(OnnxModel::from_bytes(b"not a model").is_err());
}
