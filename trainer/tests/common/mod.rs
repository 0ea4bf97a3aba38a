//! A data set that is learnt in a moment.

use std::{fs, path::Path};

use facs::{ActionUnit, AuLabel, Dataset, DatasetKind, Expression, Sample, Shard, Split};
use trainer::recipe::Recipe;

/// Columns and rows of a picture.
pub(crate) const SIZE: usize = 16;

/// 40 pictures of 40 subjects whose brightness is the label of AU12 and of happiness; the domains take turns by the
/// subject.
pub(crate) fn write_data(folder: &Path, domains: &[&str]) {
    let images = 40;
    let pixels: Vec<u8> = (0..images * SIZE * SIZE * 3)
        .map(|byte| {
            let bright = (byte / (SIZE * SIZE * 3)).is_multiple_of(2);
            (byte * 37 % 61) as u8 + if bright { 160 } else { 20 }
        })
        .collect();
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("shard-00000.rgb"), &pixels).unwrap();
    let mut header = Dataset::new(DatasetKind::Crops, SIZE, SIZE, serde_json::Value::Null);
    header.shards.push(Shard {
        file: "shard-00000.rgb".into(),
        images,
        sha256: facs::sha256_hex(&pixels),
    });
    let samples: Vec<Sample> = (0..images)
        .map(|image| {
            let on = image.is_multiple_of(2);
            let label = AuLabel {
                on,
                intensity: None,
                left: None,
                right: None,
            };
            Sample {
                image,
                subject: format!("p{image}"),
                domain: domains[image / 10 % domains.len()].into(),
                split: [
                    Split::Train,
                    Split::Train,
                    Split::Train,
                    Split::Validation,
                    Split::Test,
                ][image / 2 % 5],
                action_units: [(ActionUnit::Au12, label)].into(),
                expression: Some(if on {
                    Expression::Happiness
                } else {
                    Expression::Neutral
                }),
                faces: Vec::new(),
                look_alikes: Vec::new(),
                provenance: None,
            }
        })
        .collect();
    header.save(folder, &samples).unwrap();
}

/// A small affect model on this data.
pub(crate) fn recipe(data: &Path) -> (Recipe, String) {
    let text = format!(
        "seed = 3\n[data]\nfolders = [{:?}]\n[training]\nepochs = 6\nbatch = 8\nlearning_rate = 1e-2\n\
         checkpoint_steps = 2\n[affect]\nsize = {SIZE}\nwidths = [6, 8]\nneck = 4\nembedding = 16\nfeature = 4\n\
         message = 4\nexpressions = [\"neutral\", \"happiness\"]\naugment = {{ erase = 0.5 }}\n",
        data.to_str().unwrap()
    );
    (
        Recipe::parse(&text, Path::new("recipe.toml")).unwrap(),
        text,
    )
}
