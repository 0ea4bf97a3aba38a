//! AffectNet, manually annotated: the large lists with folders of pictures, or the small release
//! with one NumPy file per value.
//!
//! The test part was never published: what the set calls validation is what papers report, so it
//! is the test part here.

use std::path::{Path, PathBuf};

use csv::StringRecord;
use facs::{BoundingBox, Expression, Split};

use super::{
    About, Contents, Loader, Options, SetError,
    files::{Frames, first_folder},
    landmarks, npy,
    report::{Problem, Report},
    row::{Media, Row},
    table::{bad_value, each_line, field, shortened},
};

/// Expressions by their number.
const EXPRESSIONS: [Expression; 8] = [
    Expression::Neutral,
    Expression::Happiness,
    Expression::Sadness,
    Expression::Surprise,
    Expression::Fear,
    Expression::Disgust,
    Expression::Anger,
    Expression::Contempt,
];
/// What the numbers after them mean.
const NO_EXPRESSION: [&str; 3] = [
    "expression None",
    "expression Uncertain",
    "expression Non-Face",
];
const LISTS: [(&str, Split); 2] = [
    ("training.csv", Split::Train),
    ("validation.csv", Split::Test),
];
const FOLDERS: [(&str, Split); 2] = [("train_set", Split::Train), ("val_set", Split::Test)];
const LIST_PLACES: &[&str] = &["Manually_Annotated_file_lists", "Manually_Annotated", "."];
const PICTURES: &[&str] = &[
    "Manually_Annotated/Manually_Annotated_Images",
    "Manually_Annotated_Images",
    "Manually_Annotated",
];
/// Columns that are read.
const COLUMNS: [&str; 7] = [
    "subDirectory_filePath",
    "face_x",
    "face_y",
    "face_width",
    "face_height",
    "facial_landmarks",
    "expression",
];

/// AffectNet.
pub(super) struct AffectNet;

static ABOUT: About = About {
    title: "AffectNet",
    folds: 0,
    names_subjects: false,
    gaps_are_normal: false,
    layout: "  Manually_Annotated_file_lists/training.csv      subDirectory_filePath, face_x, ..., expression
  Manually_Annotated_file_lists/validation.csv    (both also in Manually_Annotated/)
  Manually_Annotated_Images/1/abc.jpg             the picture; also below Manually_Annotated/
or
  train_set/images/0.jpg                          the face
  train_set/annotations/0_exp.npy                 expression 0 to 7
  train_set/annotations/0_lnd.npy                 68 landmarks; optional
  val_set/images/, val_set/annotations/           the same",
    licence: "non-commercial research, by request from a university",
    ask: "http://mohammadmahoor.com/affectnet/",
};

impl Loader for AffectNet {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn missing(&self, root: &Path) -> Option<&'static str> {
        let found = list_folder(root).is_some() || annotations(root).next().is_some();
        (!found).then_some("training.csv with validation.csv, or train_set/annotations/,")
    }

    fn read(&self, root: &Path, _: Options, contents: &mut Contents) -> Result<(), SetError> {
        if let Some(folder) = list_folder(root) {
            let pictures = first_folder(root, PICTURES).unwrap_or_else(|| root.join(PICTURES[1]));
            for (name, split) in LISTS {
                read_list(&folder.join(name), &pictures, split, contents);
            }
        }
        for (folder, split) in annotations(root) {
            read_folder(&folder, split, contents);
        }
        Ok(())
    }
}

/// Where both lists are.
fn list_folder(root: &Path) -> Option<PathBuf> {
    let mut places = LIST_PLACES.iter().map(|place| root.join(place));
    places.find(|place| LISTS.iter().all(|(name, _)| place.join(name).is_file()))
}

/// Folders of the small release that are there.
fn annotations(root: &Path) -> impl Iterator<Item = (PathBuf, Split)> {
    let folders = FOLDERS.map(|(name, split)| (root.join(name), split));
    folders
        .into_iter()
        .filter(|(folder, _)| folder.join("annotations").is_dir())
}

fn read_list(list: &Path, pictures: &Path, split: Split, contents: &mut Contents) {
    let set = contents.set;
    let mut columns: Option<[usize; 7]> = None;
    let mut rows = Vec::new();
    each_line(list, b',', &mut contents.report, |_, record, report| {
        let Some([path, x, y, width, height, points, expression]) = columns else {
            columns = Some(header(record)?);
            return Ok(());
        };
        let text = |column: usize| field(record, column, "those of the first line");
        let Some(expression) = expression_of(text(expression)?, report)? else {
            return Ok(());
        };
        let number = |column: usize| {
            let text = text(column)?;
            let number = text.parse::<f32>().ok().filter(|number| number.is_finite());
            number.ok_or_else(|| bad_value(COLUMNS[1], text, "a number of pixels"))
        };
        let bounding_box = BoundingBox {
            x: number(x)?,
            y: number(y)?,
            width: number(width)?,
            height: number(height)?,
        };
        let relative = text(path)?;
        let numbers: Option<Vec<f32>> = text(points)?
            .split(';')
            .map(|number| number.trim().parse().ok())
            .collect();
        let five = numbers.and_then(|numbers| landmarks::from_136(&numbers));
        let five = five.ok_or_else(|| {
            bad_value(COLUMNS[5], record.get(points).unwrap_or(""), "68 times x;y")
        })?;
        let picture = pictures.join(relative);
        if !picture.is_file() {
            report.missing(|| picture);
            return Ok(());
        }
        let stem = relative.rsplit_once('.').map_or(relative, |(stem, _)| stem);
        rows.push(Row {
            expression: Some(expression),
            landmarks: Some(five),
            bounding_box: (bounding_box.width > 0.0).then_some(bounding_box),
            ..Row::new(Media::Image(picture), format!("{set}-{stem}"), split)
        });
        Ok(())
    });
    contents.rows.append(&mut rows);
}

/// Where the columns are.
fn header(record: &StringRecord) -> Result<[usize; 7], Problem> {
    let mut columns = [0; 7];
    for (column, name) in columns.iter_mut().zip(COLUMNS) {
        let place = record.iter().position(|found| found == name);
        *column = place.ok_or_else(|| Problem::Header {
            found: shortened(&record.iter().collect::<Vec<_>>().join(",")),
            expected: format!("the columns {}", COLUMNS.join(", ")),
        })?;
    }
    Ok(columns)
}

/// None where the number says that there is none.
fn expression_of(text: &str, report: &mut Report) -> Result<Option<Expression>, Problem> {
    let number = text.parse::<usize>().ok();
    if let Some(reason) =
        number.and_then(|number| NO_EXPRESSION.get(number.checked_sub(EXPRESSIONS.len())?))
    {
        report.leave_out(reason);
        return Ok(None);
    }
    let expression = number.and_then(|number| EXPRESSIONS.get(number)).copied();
    expression
        .map(Some)
        .ok_or_else(|| bad_value("expression", text, "0 to 10"))
}

fn read_folder(folder: &Path, split: Split, contents: &mut Contents) {
    let set = contents.set;
    let part = folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let Some(pictures) = Frames::list(&folder.join("images")) else {
        let way_out = "the pictures that the annotations are about".to_owned();
        let report = &mut contents.report;
        return report.fault(&folder.join("images"), None, Problem::Absent { way_out });
    };
    for picture in pictures.paths() {
        let stem = picture
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let value = |kind: &str| folder.join(format!("annotations/{stem}_{kind}.npy"));
        let path = value("exp");
        let report = &mut contents.report;
        if !path.is_file() {
            let way_out = format!("the expression of {}", picture.display());
            report.fault(&path, None, Problem::Absent { way_out });
            continue;
        }
        let expression = match npy::read(&path).as_deref() {
            Ok([number]) => expression_of(&number.to_string(), report),
            Ok(numbers) => {
                let expected = "one number, the expression".to_owned();
                let found = numbers.len();
                Err(Problem::Fields { found, expected })
            }
            Err(reason) => Err(Problem::Unreadable(reason.clone())),
        };
        match expression {
            Err(problem) => report.fault(&path, None, problem),
            Ok(None) => {}
            Ok(Some(expression)) => {
                let five = five_landmarks(&value("lnd"), report);
                contents.rows.push(Row {
                    expression: Some(expression),
                    landmarks: five,
                    ..Row::new(Media::Image(picture), format!("{set}-{part}-{stem}"), split)
                });
            }
        }
    }
}

fn five_landmarks(path: &Path, report: &mut Report) -> Option<facs::Landmarks5> {
    if !path.is_file() {
        return None;
    }
    let numbers = npy::read(path).unwrap_or_default();
    let five = landmarks::from_136(&numbers);
    if five.is_none() {
        let problem = Problem::Fields {
            found: numbers.len(),
            expected: "136 numbers, x and y of 68 landmarks".to_owned(),
        };
        report.fault(path, None, problem);
    }
    five
}
