//! The committed list of operators is the one that the code gives.

#[test]
fn the_operators_page_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/OPERATORS.md");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let fresh = exporter::operators_page();
    assert!(
        committed == fresh,
        "OPERATORS.md is stale: run `cargo run -p exporter -- operators > exporter/OPERATORS.md`"
    );
}
