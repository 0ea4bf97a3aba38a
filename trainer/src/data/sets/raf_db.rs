//! RAF-DB, the single-label subset: one list of labels, pictures whole and aligned, landmarks.

use std::{
    fs,
    path::{Path, PathBuf},
};

use facs::{BoundingBox, Expression, Landmarks5, Split};

use super::{
    About, Contents, Loader, Options, SetError,
    files::first_folder,
    report::{Problem, Report},
    row::{Media, Row},
    table::{bad_value, each_line, field},
};

/// Expressions by their number, less 1.
const EXPRESSIONS: [Expression; 7] = [
    Expression::Surprise,
    Expression::Fear,
    Expression::Disgust,
    Expression::Happiness,
    Expression::Sadness,
    Expression::Anger,
    Expression::Neutral,
];
/// The file is really called so.
const LIST: &str = "EmoLabel/list_patition_label.txt";

/// RAF-DB.
pub(super) struct RafDb;

static ABOUT: About = About {
    title: "RAF-DB",
    folds: 0,
    names_subjects: false,
    gaps_are_normal: false,
    layout: "  basic/EmoLabel/list_patition_label.txt                picture, label 1 to 7
  basic/Image/original/train_00001.jpg                  the picture
  basic/Image/aligned/train_00001_aligned.jpg           the aligned face; used where the picture is not there
  basic/Annotation/manual/train_00001_manu_attri.txt    five landmarks, one per line; optional
  basic/Annotation/boundingbox/train_00001_boundingbox.txt   optional",
    licence: "non-commercial research, by request from a university",
    ask: "http://www.whdeng.cn/raf/model1.html",
};

impl Loader for RafDb {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn missing(&self, root: &Path) -> Option<&'static str> {
        let list = base(root).join(LIST);
        (!list.is_file()).then_some("basic/EmoLabel/list_patition_label.txt")
    }

    fn read(&self, root: &Path, _: Options, contents: &mut Contents) -> Result<(), SetError> {
        let base = base(root);
        let set = contents.set;
        let mut rows = Vec::new();
        each_line(
            &base.join(LIST),
            b' ',
            &mut contents.report,
            |_, record, report| {
                let expected = "picture and label";
                let name = field(record, 0, expected)?;
                let label = field(record, 1, expected)?;
                let number = label.parse::<usize>().ok();
                let expression = number
                    .and_then(|number| EXPRESSIONS.get(number.checked_sub(1)?))
                    .ok_or_else(|| bad_value("the label", label, "1 to 7"))?;
                let (stem, split) = picture(name)?;
                let subject = format!("{set}-{stem}");
                let whole = base.join("Image/original").join(name);
                let aligned = base.join(format!("Image/aligned/{stem}_aligned.jpg"));
                let row = if whole.is_file() {
                    Row {
                        landmarks: landmarks(&base, stem, report),
                        bounding_box: bounding_box(&base, stem, report),
                        ..Row::new(Media::Image(whole), subject, split)
                    }
                } else if aligned.is_file() {
                    Row::new(Media::Image(aligned), subject, split)
                } else {
                    report.missing(|| whole);
                    return Ok(());
                };
                rows.push(Row {
                    expression: Some(*expression),
                    ..row
                });
                Ok(())
            },
        );
        contents.rows.append(&mut rows);
        Ok(())
    }
}

/// The folder `basic`, which may be `root` itself.
fn base(root: &Path) -> PathBuf {
    first_folder(root, &["basic"]).unwrap_or_else(|| root.to_owned())
}

/// `train_00001.jpg` to its stem and part.
fn picture(name: &str) -> Result<(&str, Split), Problem> {
    let parts = name.strip_suffix(".jpg").and_then(|stem| {
        let (part, number) = stem.split_once('_')?;
        number
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then_some((stem, part))
    });
    match parts {
        Some((stem, "train")) => Ok((stem, Split::Train)),
        Some((stem, "test")) => Ok((stem, Split::Test)),
        _ => Err(bad_value(
            "the picture",
            name,
            "train_NUMBER.jpg or test_NUMBER.jpg",
        )),
    }
}

fn landmarks(base: &Path, stem: &str, report: &mut Report) -> Option<Landmarks5> {
    let path = base.join(format!("Annotation/manual/{stem}_manu_attri.txt"));
    let text = fs::read_to_string(&path).ok()?;
    let mut points = [[0.0; 2]; 5];
    for (index, point) in points.iter_mut().enumerate() {
        let line = text.lines().nth(index).unwrap_or("");
        let mut numbers = line.split_whitespace().map(str::parse);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(x)), Some(Ok(y))) => *point = [x, y],
            _ => {
                let problem = bad_value("the line", line, "x and y of a landmark");
                report.fault(&path, index as u64 + 1, problem);
                return None;
            }
        }
    }
    // Eyes, nose, mouth corners; of each pair the one on the picture's left first.
    Some(Landmarks5::from_array(points))
}

fn bounding_box(base: &Path, stem: &str, report: &mut Report) -> Option<BoundingBox> {
    let path = base.join(format!("Annotation/boundingbox/{stem}_boundingbox.txt"));
    let text = fs::read_to_string(&path).ok()?;
    let numbers: Option<Vec<f32>> = text
        .split_whitespace()
        .map(|word| word.parse().ok())
        .collect();
    match numbers.as_deref() {
        Some(&[left, top, right, bottom]) => Some(BoundingBox {
            x: left,
            y: top,
            width: right - left,
            height: bottom - top,
        }),
        _ => {
            let problem = bad_value("the line", text.trim(), "left, top, right and bottom");
            report.fault(&path, 1, problem);
            None
        }
    }
}
