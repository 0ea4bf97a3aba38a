//! Aff-Wild2 as the ABAW competitions give it out: one text file of frame labels per video and
//! track, and the aligned crops that the organisers made.
//!
//! The part that the competitions validate on is what papers report, so it is the test part here.

use std::path::{Path, PathBuf};

use facs::{ActionUnit, Expression, Split};

use super::{
    About, Contents, Loader, Options, SetError,
    files::{Frames, names, stems},
    report::Problem,
    row::{Media, Row, occurrence},
    table::{bad_value, each_line, field, presence, shortened},
};

const NOT_CODED: &[&str] = &["-1"];
const UNITS: [ActionUnit; 12] = [
    ActionUnit::Au01,
    ActionUnit::Au02,
    ActionUnit::Au04,
    ActionUnit::Au06,
    ActionUnit::Au07,
    ActionUnit::Au10,
    ActionUnit::Au12,
    ActionUnit::Au15,
    ActionUnit::Au23,
    ActionUnit::Au24,
    ActionUnit::Au25,
    ActionUnit::Au26,
];
const UNIT_HEADER: &str = "AU1,AU2,AU4,AU6,AU7,AU10,AU12,AU15,AU23,AU24,AU25,AU26";
/// Expressions by their number; `Other`, 7, is none of Mien's.
const EXPRESSIONS: [Expression; 7] = [
    Expression::Neutral,
    Expression::Anger,
    Expression::Disgust,
    Expression::Fear,
    Expression::Happiness,
    Expression::Sadness,
    Expression::Surprise,
];
const EXPRESSION_HEADER: &str = "Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise,Other";
const PARTS: [(&str, Split); 2] = [("Train_Set", Split::Train), ("Validation_Set", Split::Test)];
const CROPS: &str = "cropped_aligned";

/// The action unit track.
pub(super) struct ActionUnits;
/// The expression track.
pub(super) struct Expressions;

static ACTION_UNITS: About = About {
    title: "Aff-Wild2 (action units)",
    folds: 0,
    names_subjects: false,
    gaps_are_normal: true,
    layout: "  AU_Detection_Challenge/Train_Set/VIDEO.txt        12 units per frame: 0, 1, -1 (not coded)
  AU_Detection_Challenge/Validation_Set/VIDEO.txt   (both also one folder further down)
  cropped_aligned/VIDEO/00001.jpg                   the crop of the first line's frame",
    licence: "non-commercial research, by agreement with the organisers of ABAW",
    ask: "https://ibug.doc.ic.ac.uk/resources/aff-wild2/",
};

static EXPRESSION: About = About {
    title: "Aff-Wild2 (expressions)",
    layout: "  EXPR_Classification_Challenge/Train_Set/VIDEO.txt        one number per frame: 0 to 7, -1 (not coded)
  EXPR_Classification_Challenge/Validation_Set/VIDEO.txt   (both also one folder further down)
  cropped_aligned/VIDEO/00001.jpg                          the crop of the first line's frame",
    ..ACTION_UNITS
};

impl Loader for ActionUnits {
    fn about(&self) -> &'static About {
        &ACTION_UNITS
    }

    fn missing(&self, root: &Path) -> Option<&'static str> {
        let found = track(root, &["AU_Detection_Challenge"]);
        found.is_none().then_some("AU_Detection_Challenge/")
    }

    fn read(&self, root: &Path, options: Options, contents: &mut Contents) -> Result<(), SetError> {
        let label = |row: &mut Row, line: &csv::StringRecord| {
            for (index, unit) in UNITS.into_iter().enumerate() {
                let value = field(line, index, "12, one per unit")?;
                if let Some(on) = presence(value, unit.code(), NOT_CODED)? {
                    row.action_units.insert(unit, occurrence(on));
                }
            }
            Ok(row.action_units.is_empty().then_some("no unit coded"))
        };
        let track = track(root, &["AU_Detection_Challenge"]);
        read(root, track, UNIT_HEADER, options, contents, label)
    }
}

impl Loader for Expressions {
    fn about(&self) -> &'static About {
        &EXPRESSION
    }

    fn missing(&self, root: &Path) -> Option<&'static str> {
        let found = track(root, &EXPRESSION_TRACKS);
        found.is_none().then_some("EXPR_Classification_Challenge/")
    }

    fn read(&self, root: &Path, options: Options, contents: &mut Contents) -> Result<(), SetError> {
        let label = |row: &mut Row, line: &csv::StringRecord| match field(line, 0, "one number")? {
            "-1" => Ok(Some("no expression coded")),
            "7" => Ok(Some("expression Other")),
            number => {
                let index = number.parse::<usize>().ok();
                let expression = index.and_then(|index| EXPRESSIONS.get(index)).copied();
                row.expression = expression;
                expression
                    .map(|_| None)
                    .ok_or_else(|| bad_value("the expression", number, "0 to 7 or -1 (not coded)"))
            }
        };
        let track = track(root, &EXPRESSION_TRACKS);
        read(root, track, EXPRESSION_HEADER, options, contents, label)
    }
}

/// Later competitions first.
const EXPRESSION_TRACKS: [&str; 2] = [
    "EXPR_Classification_Challenge",
    "EXPR_Recognition_Challenge",
];

/// The folder of a track, in `root` or one level below.
fn track(root: &Path, candidates: &[&str]) -> Option<PathBuf> {
    let below = names(root).ok()?.into_iter().map(|name| root.join(name));
    let mut places = [root.to_owned()].into_iter().chain(below);
    places.find_map(|place| super::files::first_folder(&place, candidates))
}

/// Reads a track. `label` puts a line into a row, or says why the row is of no use.
fn read(
    root: &Path,
    track_folder: Option<PathBuf>,
    header: &'static str,
    options: Options,
    contents: &mut Contents,
    label: impl Fn(&mut Row, &csv::StringRecord) -> Result<Option<&'static str>, Problem>,
) -> Result<(), SetError> {
    let crops = track(root, &[CROPS]).unwrap_or_else(|| root.join(CROPS));
    for (part, split) in PARTS {
        let Some(folder) = track_folder.as_ref().map(|track| track.join(part)) else {
            continue;
        };
        if !folder.is_dir() {
            let way_out = format!("the labels of the {part}");
            contents
                .report
                .fault(&folder, None, Problem::Absent { way_out });
            continue;
        }
        for name in stems(&folder, "txt")? {
            let labels = folder.join(format!("{name}.txt"));
            let video = Video {
                name: &name,
                split,
                crops: Frames::list(&crops.join(&name)).unwrap_or_default(),
                folder: crops.join(&name),
            };
            video.read(&labels, header, options, contents, &label);
        }
    }
    Ok(())
}

struct Video<'a> {
    name: &'a str,
    split: Split,
    crops: Frames,
    folder: PathBuf,
}

impl Video<'_> {
    fn read(
        &self,
        labels: &Path,
        header: &'static str,
        options: Options,
        contents: &mut Contents,
        label: impl Fn(&mut Row, &csv::StringRecord) -> Result<Option<&'static str>, Problem>,
    ) {
        let mut rows = Vec::new();
        each_line(
            labels,
            b',',
            &mut contents.report,
            |line, record, report| {
                if line == 1 {
                    return check_header(record, header);
                }
                // The line after the header is the first frame.
                let frame = u32::try_from(line - 1).unwrap_or(u32::MAX);
                // Both tracks are of the same videos.
                let name = format!("aff-wild2-{}", self.name);
                let mut row = Row::new(Media::Image(PathBuf::new()), name, self.split);
                let of_no_use = label(&mut row, record)?;
                if !frame.is_multiple_of(options.every) {
                    return Ok(());
                }
                match (of_no_use, self.crops.get(frame)) {
                    (Some(reason), _) => report.leave_out(reason),
                    (None, None) => report.missing(|| self.folder.join(format!("{frame:05}.jpg"))),
                    (None, Some(path)) => {
                        row.media = Media::Image(path);
                        row.video = Some(self.name.to_owned());
                        rows.push(row);
                    }
                }
                Ok(())
            },
        );
        contents.rows.append(&mut rows);
    }
}

fn check_header(record: &csv::StringRecord, expected: &'static str) -> Result<(), Problem> {
    let found = record.iter().collect::<Vec<_>>().join(",");
    if found == expected {
        return Ok(());
    }
    Err(Problem::Header {
        found: shortened(&found),
        expected: expected.to_owned(),
    })
}
