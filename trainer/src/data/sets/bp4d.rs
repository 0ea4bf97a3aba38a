//! BP4D and BP4D+: one table of unit occurrences per subject and task, frames as pictures.
//!
//! The tables of both agree; the sets differ in subjects, folds and in how a frame number names a
//! picture.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use facs::{ActionUnit, AuLabel};

use super::{
    About, Contents, Loader, Options, SetError,
    files::{Frames, stems},
    folds::{self, Parts},
    report::{Problem, Report},
    row::{Media, Row},
    table::{UnitColumns, each_line, field, intensity, presence, whole},
};

/// `9` in both kinds of table.
const NOT_CODED: &[&str] = &["9"];
/// Units whose intensity was coded.
const INTENSITIES: [ActionUnit; 5] = [
    ActionUnit::Au06,
    ActionUnit::Au10,
    ActionUnit::Au12,
    ActionUnit::Au14,
    ActionUnit::Au17,
];
const OCCURRENCE: &str = "AUCoding/AU_OCC";
const INTENSITY: &str = "AUCoding/AU_INT";
/// Where releases keep the folders of pictures.
const PICTURES: &[&str] = &["2D+3D", "Sequences(2D+3D)", "BP4D-training", "images", ""];

/// BP4D-Spontaneous.
pub(super) struct Bp4d;
/// BP4D+.
pub(super) struct Bp4dPlus;

static BP4D: About = About {
    title: "BP4D",
    folds: 3,
    names_subjects: true,
    gaps_are_normal: false,
    layout: "  AUCoding/AU_OCC/F001_T1.csv            frame, then one column per unit: 0, 1, 9 (not coded)
  AUCoding/AU_INT/AU06/F001_T1_AU06.csv  frame, intensity 0 to 5, 9 (not coded); optional
  F001/T1/2440.jpg                       frame 2440; also below 2D+3D/ or Sequences(2D+3D)/",
    licence: "non-commercial research, by agreement with Binghamton University",
    ask: "https://www.cs.binghamton.edu/~lijun/Research/3DFE/3DFE_Analysis.html",
};

static BP4D_PLUS: About = About {
    title: "BP4D+",
    layout: "  AUCoding/AU_OCC/F001_T1.csv            frame, then one column per unit: 0, 1, 9 (not coded)
  AUCoding/AU_INT/AU06/F001_T1_AU06.csv  frame, intensity 0 to 5, 9 (not coded); optional
  2D+3D/F001/T1/*.jpg                    frame 1 is the first picture; unzip 2D+3D/F001.zip there",
    ..BP4D
};

impl Loader for Bp4d {
    fn about(&self) -> &'static About {
        &BP4D
    }

    fn missing(&self, root: &Path) -> Option<&'static str> {
        missing(root, false)
    }

    fn read(&self, root: &Path, options: Options, contents: &mut Contents) -> Result<(), SetError> {
        // Lists of the field name pictures by the number in the table.
        read(root, options, contents, &folds::BP4D, Frames::get)
    }
}

impl Loader for Bp4dPlus {
    fn about(&self) -> &'static About {
        &BP4D_PLUS
    }

    fn missing(&self, root: &Path) -> Option<&'static str> {
        missing(root, true)
    }

    fn read(&self, root: &Path, options: Options, contents: &mut Contents) -> Result<(), SetError> {
        // Tables count from 1, pictures from 0.
        let picture = |frames: &Frames, number: u32| {
            frames.nth(usize::try_from(number).ok()?.checked_sub(1)?)
        };
        read(root, options, contents, &folds::BP4D_PLUS, picture)
    }
}

/// BP4D+ is told by subjects that BP4D does not have.
fn missing(root: &Path, plus: bool) -> Option<&'static str> {
    let Ok(stems) = stems(&root.join(OCCURRENCE), "csv") else {
        return Some("AUCoding/AU_OCC/");
    };
    let mut subjects = stems.iter().filter_map(|stem| Some(recording(stem)?.0));
    if stems.is_empty() {
        return Some("AUCoding/AU_OCC/F001_T1.csv");
    }
    let is_plus = subjects.any(|subject| folds::part_of(&folds::BP4D, subject).is_none());
    match (plus, is_plus) {
        (true, false) => Some("a table of a subject that BP4D does not have, such as F024,"),
        (false, true) => {
            Some("a coding of the 41 subjects of BP4D alone (this has those of BP4D+)")
        }
        _ => None,
    }
}

/// `F001_T1` to subject and task.
fn recording(stem: &str) -> Option<(&str, &str)> {
    let (subject, task) = stem.split_once('_')?;
    let numbered = |text: &str, letters: [char; 2], digits: std::ops::RangeInclusive<usize>| {
        text.strip_prefix(letters).is_some_and(|number| {
            digits.contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    let sound = numbered(subject, ['F', 'M'], 3..=3) && numbered(task, ['T', 'T'], 1..=2);
    sound.then_some((subject, task))
}

fn read(
    root: &Path,
    options: Options,
    contents: &mut Contents,
    parts: &Parts,
    picture: impl Fn(&Frames, u32) -> Option<PathBuf>,
) -> Result<(), SetError> {
    let folder = root.join(OCCURRENCE);
    let names = stems(&folder, "csv")?;
    let pictures = pictures(root, &names);
    for stem in names {
        let table = folder.join(format!("{stem}.csv"));
        let Some((subject, task)) = recording(&stem) else {
            let expected = "SUBJECT_TASK.csv, as F001_T1.csv";
            contents
                .report
                .fault(&table, None, Problem::Name { expected });
            continue;
        };
        let part = folds::part_of(parts, subject);
        if part.is_none() {
            let subject = subject.to_owned();
            contents
                .report
                .fault(&table, None, Problem::Subject { subject });
        }
        let recording = Recording {
            name: &stem,
            subject,
            part,
            frames: frames(&pictures, subject, task, &mut contents.report),
            folder: pictures.join(subject).join(task),
            intensities: intensities(root, &stem, &mut contents.report),
        };
        recording.read(&table, options, contents, &picture);
    }
    Ok(())
}

/// The folder below which pictures of any of the recordings lie.
fn pictures(root: &Path, stems: &[String]) -> PathBuf {
    let bases = PICTURES.iter().map(|base| root.join(base));
    let mut there = bases.filter(|base| {
        let mut recordings = stems.iter().filter_map(|stem| recording(stem));
        recordings.any(|(subject, task)| base.join(subject).join(task).is_dir())
    });
    there.next().unwrap_or_else(|| root.join(PICTURES[0]))
}

fn frames(pictures: &Path, subject: &str, task: &str, report: &mut Report) -> Frames {
    let folder = pictures.join(subject).join(task);
    Frames::list(&folder).unwrap_or_else(|| {
        let way_out = format!("the pictures of {subject} {task}; unzip {subject}.zip");
        report.fault(&folder, None, Problem::Absent { way_out });
        Frames::default()
    })
}

/// Intensity by unit and frame; the tables are optional.
fn intensities(root: &Path, stem: &str, report: &mut Report) -> HashMap<(ActionUnit, u32), f32> {
    let mut levels = HashMap::new();
    for unit in INTENSITIES {
        let table = root.join(format!("{INTENSITY}/{unit}/{stem}_{unit}.csv"));
        if !table.is_file() {
            continue;
        }
        each_line(&table, b',', report, |_, record, _| {
            let expected = "frame and intensity";
            let frame = whole(field(record, 0, expected)?, "the frame", "a whole number")?;
            let level = intensity(field(record, 1, expected)?, unit.code(), NOT_CODED)?;
            levels.extend(level.map(|level| ((unit, frame), level)));
            Ok(())
        });
    }
    levels
}

struct Recording<'a> {
    name: &'a str,
    subject: &'a str,
    part: Option<u8>,
    frames: Frames,
    /// Where they lie.
    folder: PathBuf,
    intensities: HashMap<(ActionUnit, u32), f32>,
}

impl Recording<'_> {
    fn read(
        &self,
        table: &Path,
        options: Options,
        contents: &mut Contents,
        picture: impl Fn(&Frames, u32) -> Option<PathBuf>,
    ) {
        let set = contents.set;
        let mut header: Option<UnitColumns> = None;
        let mut rows = Vec::new();
        let mut before = None;
        each_line(table, b',', &mut contents.report, |_, record, report| {
            let Some(columns) = &header else {
                header = Some(UnitColumns::from_header(record, 1)?);
                return Ok(());
            };
            columns.check(record)?;
            let frame = whole(&record[0], "the frame", "a whole number")?;
            if before.replace(frame) == Some(frame) {
                let what = format!("frame {frame}");
                return Err(Problem::Twice { what });
            }
            let mut units = Vec::new();
            for &(column, unit) in &columns.units {
                if let Some(on) = presence(&record[column], unit.code(), NOT_CODED)? {
                    units.push((unit, self.label(unit, frame, on)));
                }
            }
            if !frame.is_multiple_of(options.every) {
                return Ok(());
            }
            if units.is_empty() {
                report.leave_out("no unit coded");
                return Ok(());
            }
            match picture(&self.frames, frame) {
                None => report.missing(|| self.folder.join(format!("frame {frame}"))),
                Some(path) => rows.push(Row {
                    video: Some(self.name.to_owned()),
                    fold: self.part,
                    action_units: units.into_iter().collect(),
                    ..Row::new(
                        Media::Image(path),
                        format!("{set}-{}", self.subject),
                        folds::split_of(self.part, options.fold),
                    )
                }),
            }
            Ok(())
        });
        contents.rows.append(&mut rows);
    }

    fn label(&self, unit: ActionUnit, frame: u32, on: bool) -> AuLabel {
        AuLabel {
            intensity: self.intensities.get(&(unit, frame)).copied(),
            ..super::row::occurrence(on)
        }
    }
}
