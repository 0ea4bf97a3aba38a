//! The JSON Schema of the records, generated from their Rust types.
//!
//! Takes [`facs::Record`]; gives `facs/schema/record.schema.json`, for readers in other languages.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};
use schemars::{Schema, generate::SchemaSettings};

/// Where the schema lies, from the root.
const FILE: &str = "facs/schema/record.schema.json";

/// Writes the schema.
pub(crate) fn write(root: &Path) -> Result<()> {
    let path = root.join(FILE);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    fs::write(&path, text()?).with_context(|| format!("cannot write {}", path.display()))?;
    println!("schema: {FILE}");
    Ok(())
}

/// An error when the committed schema is not that of the types.
pub(crate) fn check(root: &Path) -> Result<()> {
    let committed = fs::read_to_string(root.join(FILE)).unwrap_or_default();
    // As values: the order of keys hangs on how serde_json was built.
    if serde_json::from_str(&committed).ok().as_ref() != Some(schema().as_value()) {
        bail!(
            "{FILE} is stale: run `cargo xtask schema` and commit it; a change that old readers cannot take needs a new version"
        );
    }
    println!("schema: {FILE} is current");
    Ok(())
}

fn text() -> Result<String> {
    Ok(serde_json::to_string_pretty(&schema())? + "\n")
}

/// What the daemon writes (not the wider set of what it would read).
fn schema() -> Schema {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<facs::Record>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const GOLDEN: &str = include_str!("../../facs/tests/golden/frame.json");

    fn golden() -> Value {
        serde_json::from_str(GOLDEN).unwrap()
    }

    fn is_valid(record: &Value) -> bool {
        jsonschema::validator_for(schema().as_value())
            .unwrap()
            .is_valid(record)
    }

    #[test]
    fn the_schema_is_one() {
        jsonschema::meta::validate(schema().as_value()).unwrap();
    }

    #[test]
    fn the_golden_record_is_valid() {
        let validator = jsonschema::validator_for(schema().as_value()).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&golden())
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }

    #[test]
    fn a_gap_is_valid() {
        let gap = json!({
            "kind": "gap", "schema": facs::SCHEMA_ID, "source": "door", "run": 1, "first_sequence": 7,
            "frames": 2, "emitted_at": "2026-01-01T00:00:00Z", "reason": "overload"
        });
        assert!(is_valid(&gap));
        assert!(!is_valid(&json!({"kind": "gap", "reason": "overload"})));
    }

    #[test]
    fn a_record_that_breaks_the_contract_is_not_valid() {
        let broken = |pointer: &str, value: Value| {
            let mut record = golden();
            *record
                .pointer_mut(pointer)
                .expect("the golden record has it") = value;
            !is_valid(&record)
        };
        assert!(broken("/kind", json!("clip")));
        assert!(broken("/schema", json!("mien.record/0")));
        assert!(broken("/sequence", json!(-1)));
        assert!(broken("/faces/0/landmarks/nose", json!([1.0])));
        assert!(broken("/faces/0/expression/label", json!("joy")));
        assert!(broken(
            "/faces/0/action_units",
            json!({"AU99": {"p": 0.5, "on": true}})
        ));
        assert!(broken("/faces/0/graphs/au_au/0/weight", json!(1.5)));
    }
}
