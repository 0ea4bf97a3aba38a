//! What a manifest says and what is refused.

use super::*;

const GOLDEN: &str = include_str!("../../tests/golden/bundle.json");

fn refused(edit: impl Fn(&str) -> String) -> String {
    Bundle::parse(edit(GOLDEN).as_bytes(), Path::new("b/bundle.json"))
        .unwrap_err()
        .to_string()
}

#[test]
fn the_golden_manifest_reads_and_writes_byte_for_byte() {
    let bundle = Bundle::parse(GOLDEN.as_bytes(), Path::new("bundle.json")).unwrap();
    assert_eq!(
        serde_json::to_string_pretty(&bundle).unwrap() + "\n",
        GOLDEN
    );
}

#[test]
fn a_refusal_names_the_file_and_the_field() {
    insta::assert_snapshot!(refused(|json| json.replace("mien.bundle/1", "mien.bundle/9")), @r#"b/bundle.json: schema is "mien.bundle/9", this program reads "mien.bundle/1""#);
    insta::assert_snapshot!(refused(|json| json.replace("\"AU12\",", "\"AU06\",")), @"b/bundle.json: model Affect: action_units names one twice");
    insta::assert_snapshot!(refused(|json| json.replace("\"AU06\": 0.5", "\"AU06\": 1.5")), @"b/bundle.json: model Affect: thresholds.AU06 is 1.5, not a probability");
    insta::assert_snapshot!(refused(|json| json.replace("\"affect.onnx\"", "\"../affect.onnx\"")), @r#"b/bundle.json: model Affect: file "../affect.onnx" is not a plain file name"#);
    insta::assert_snapshot!(refused(|json| json.replace("\"size\": 112", "\"size\": 96")), @"b/bundle.json: model Affect: crop.size 96 is not the input size 112x112");
    insta::assert_snapshot!(refused(|json| json.replace("        \"neutral\",\n        \"happiness\"", "        \"neutral\"")), @"b/bundle.json: model Affect: global_graphs has the edge AU12 -> happiness +0.75, whose ends action_units and expressions do not list");
    assert!(refused(|json| json.replace("\"AU12\",", "\"AU99\",")).contains("line"));
}

#[test]
fn a_calibration_that_cannot_be_is_refused() {
    insta::assert_snapshot!(refused(|json| json.replace("_temperature\": 1.5", "_temperature\": 0.0")), @"b/bundle.json: model Affect: calibration.expression_temperature is 0, not a number above 0");
    insta::assert_snapshot!(refused(|json| json.replace("_below\": 0.375", "_below\": 37.5")), @"b/bundle.json: model Affect: calibration.expression_abstain_below is 37.5, not a probability");
    insta::assert_snapshot!(refused(|json| json.replace("_degrees\": 40.0", "_degrees\": 400.0")), @"b/bundle.json: model Affect: calibration.quality.max_yaw_degrees is 400, not between 0 and 180");
    insta::assert_snapshot!(refused(|json| json.replace("\"AU12\": [", "\"AU43\": [")), @"b/bundle.json: model Affect: calibration.action_units.AU43 is for a unit that action_units does not list");
    insta::assert_snapshot!(refused(|json| json.replace("0.25\n", "0.85\n")), @"b/bundle.json: knot 2 of a map of probabilities is [1, 0.75] after [0.5, 0.85]: x must rise, and y must not fall at line 92 column 9");
    let misspelt = refused(|json| {
        json.replace(
            "\"metrics\": {\n          \"expr",
            "\"figures\": {\n          \"expr",
        )
    });
    assert!(misspelt.contains("unknown field `figures`"), "{misspelt}");
}

#[test]
fn a_fusion_without_faces_at_rest_is_refused() {
    let fused = |json: &str| {
        let role = "\"role\": \"face_finder\",";
        json.replacen(role, &format!("{role} \"expression_fusion\": \"rest\","), 1)
    };
    insta::assert_snapshot!(refused(fused), @"b/bundle.json: model FaceFinder: expression_fusion needs the expression neutral");
}

#[test]
fn a_quantisation_that_cannot_be_is_refused() {
    insta::assert_snapshot!(refused(|json| json.replace("\"faces\": 512", "\"faces\": 0")), @"b/bundle.json: model Affect: quantisation.faces is 0, and ranges are measured on faces");
    insta::assert_snapshot!(refused(|json| json.replace("\"3333", "\"zz33")), @r#"b/bundle.json: model Affect: quantisation.from_sha256 "zz33333333333333333333333333333333333333333333333333333333333333" is not 64 lower-case hexadecimal digits"#);
    let affect = Bundle::parse(GOLDEN.as_bytes(), Path::new("bundle.json")).unwrap();
    let own = affect
        .model(Role::Affect, Path::new(""))
        .unwrap()
        .sha256
        .clone();
    let same = refused(|json| json.replace(&"3".repeat(64), &own));
    assert!(
        same.contains("from_sha256 is that of the model itself"),
        "{same}"
    );
}

#[test]
fn a_manifest_without_what_came_later_stays_as_it_is() {
    let mut bundle = Bundle::parse(GOLDEN.as_bytes(), Path::new("bundle.json")).unwrap();
    for model in &mut bundle.models {
        model.calibration = None;
        model.expression_fusion = None;
        model.quantisation = None;
    }
    let json = serde_json::to_string_pretty(&bundle).unwrap();
    for later in ["calibration", "expression_fusion", "quantisation"] {
        assert!(!json.contains(later), "{json}");
    }
    let read = Bundle::parse(json.as_bytes(), Path::new("bundle.json")).unwrap();
    assert_eq!(read, bundle);
}

#[test]
fn maps_are_part_of_what_a_model_is_known_by() {
    let bundle = Bundle::parse(GOLDEN.as_bytes(), Path::new("bundle.json")).unwrap();
    let affect = bundle.model(Role::Affect, Path::new("")).unwrap();
    let of = |calibration| {
        let model = Model {
            calibration,
            ..affect.clone()
        };
        model.fingerprint()
    };
    let mut calibration = affect.calibration.clone().unwrap();
    let calibrated = of(Some(calibration.clone()));
    assert_eq!(calibrated.len(), 64);
    assert_ne!(calibrated, affect.sha256);
    // What the units do not depend on changes nothing.
    calibration.expression_temperature = None;
    calibration.metrics.clear();
    assert_eq!(of(Some(calibration.clone())), calibrated);
    let knots = vec![[0.0, 0.0], [1.0, 1.0]];
    let other = ProbabilityMap::new(knots).unwrap();
    calibration.action_units.insert(ActionUnit::Au12, other);
    assert_ne!(of(Some(calibration.clone())), calibrated);
    calibration.action_units.clear();
    assert_eq!(of(Some(calibration)), affect.sha256);
    assert_eq!(of(None), affect.sha256);
}

#[test]
fn a_changed_model_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut bundle = Bundle::parse(GOLDEN.as_bytes(), Path::new("bundle.json")).unwrap();
    for model in &mut bundle.models {
        fs::write(folder.path().join(&model.file), &model.file).unwrap();
        model.sha256 = sha256_hex(model.file.as_bytes());
    }
    bundle.save(folder.path()).unwrap();
    assert_eq!(Bundle::load(folder.path()).unwrap(), bundle);

    fs::write(folder.path().join("affect.onnx"), "cut").unwrap();
    let error = Bundle::load(folder.path()).unwrap_err();
    assert!(
        matches!(&error, BundleError::Hash { path, .. } if path.ends_with("affect.onnx")),
        "{error}"
    );
    fs::remove_file(folder.path().join("affect.onnx")).unwrap();
    assert!(matches!(
        Bundle::load(folder.path()),
        Err(BundleError::Read { .. })
    ));
}
