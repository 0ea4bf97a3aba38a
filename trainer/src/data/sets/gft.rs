//! GFT, the Sayette Group Formation Task: one table of units per person, groups of three.
//!
//! The tables of the release are found by the names of persons, `001A` to `032C`, because the
//! folders around them differ between copies. A group is never divided between parts.

use std::path::{Path, PathBuf};

use facs::{ActionUnit, AuLabel, Split};

use super::{
    About, Contents, Loader, Options, SetError,
    files::{EXTRACTED, Frames, names, stems, video},
    report::Problem,
    row::{Media, Row, occurrence},
    table::{UnitColumns, each_line, intensity, presence, whole},
};

const NOT_CODED: &[&str] = &["9", "-9", "99", "-99", "-1", "NaN", "nan", ""];
/// Names the people of the test part, one per line.
const TEST_LIST: &str = "test.txt";
/// Without a list, every so many-th group is tested: 6 of 32, which leaves 78 people to train on
/// and 18 to test, as in the baseline of Girard et al., 2017.
const TEST_GROUPS: [u32; 6] = [5, 10, 15, 20, 25, 30];
/// Folders of videos and pictures.
const MEDIA: [&str; 4] = ["videos", "video", "images", "."];

/// GFT.
pub(super) struct Gft;

static ABOUT: About = About {
    title: "GFT (Sayette Group Formation Task)",
    folds: 0,
    names_subjects: true,
    gaps_are_normal: false,
    layout: "  */001A.csv             frame, then one column per unit: 0, 1, 9 (not coded)
  *intensity*/001A.csv   the same with intensities 0 to 5; optional
  videos/001A.mp4        the video, or images/001A/1.jpg, or frames/001A/00001.jpg
  test.txt               people of the official test part, one per line; optional",
    licence: "annotations CC BY 4.0; videos for non-commercial research, by agreement",
    ask: "https://osf.io/7wcyz/wiki/home/",
};

impl Loader for Gft {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn missing(&self, root: &Path) -> Option<&'static str> {
        let found = Tables::find(root).is_ok_and(|tables| !tables.occurrence.is_empty());
        (!found).then_some("a table of a person, such as 001A.csv,")
    }

    fn read(&self, root: &Path, options: Options, contents: &mut Contents) -> Result<(), SetError> {
        let tables = Tables::find(root)?;
        let test = test_list(root);
        for (person, path) in &tables.occurrence {
            let split = match (&test, group(person)) {
                (Some(test), _) if test.iter().any(|name| name == person) => Split::Test,
                (None, Some(group)) if TEST_GROUPS.contains(&group) => Split::Test,
                _ => Split::Train,
            };
            let levels = tables.intensity.iter().find(|(name, _)| name == person);
            let levels = levels.map(|(_, path)| Units::read(path, contents, level));
            let present = Units::read(path, contents, |text, unit| {
                Ok(presence(text, unit, NOT_CODED)?.map(f32::from))
            });
            let film = film(root, person);
            if film.is_none() {
                let way_out = format!("the video or pictures of {person}");
                let place = root.join(format!("videos/{person}.mp4"));
                contents
                    .report
                    .fault(&place, None, Problem::Absent { way_out });
            }
            add_rows(
                person,
                split,
                &present,
                levels.as_ref(),
                film.as_ref(),
                options,
                contents,
            );
        }
        Ok(())
    }
}

/// `001A` of `001A.csv` or `001A_occ.csv`.
fn person(stem: &str) -> Option<String> {
    let (name, rest) = stem.split_at_checked(4)?;
    let letter = name.ends_with(['A', 'B', 'C', 'a', 'b', 'c']);
    let sound = letter && group(name).is_some() && !rest.starts_with(char::is_alphanumeric);
    sound.then(|| name.to_ascii_uppercase())
}

fn group(person: &str) -> Option<u32> {
    let digits = person.get(..3)?;
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())?
}

fn test_list(root: &Path) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(root.join(TEST_LIST)).ok()?;
    Some(
        text.split_whitespace()
            .map(str::to_ascii_uppercase)
            .collect(),
    )
}

/// Tables by person, in order.
#[derive(Default)]
struct Tables {
    occurrence: Vec<(String, PathBuf)>,
    intensity: Vec<(String, PathBuf)>,
}

impl Tables {
    /// Looks in `root` and two levels below.
    fn find(root: &Path) -> Result<Self, SetError> {
        let mut tables = Self::default();
        let mut level = vec![root.to_owned()];
        for depth in 0..3 {
            let mut below = Vec::new();
            for folder in level {
                tables.add(&folder)?;
                if depth < 2 {
                    let inside = names(&folder)?.into_iter().map(|name| folder.join(name));
                    below.extend(inside.filter(|path| path.is_dir()));
                }
            }
            level = below;
        }
        Ok(tables)
    }

    fn add(&mut self, folder: &Path) -> Result<(), SetError> {
        let of_intensity = folder
            .file_name()
            .is_some_and(|name| name.to_string_lossy().to_ascii_lowercase().contains("int"));
        for stem in stems(folder, "csv")? {
            if let Some(person) = person(&stem) {
                let path = folder.join(format!("{stem}.csv"));
                if of_intensity || stem.to_ascii_lowercase().contains("int") {
                    self.intensity.push((person, path));
                } else if !self.occurrence.iter().any(|(known, _)| *known == person) {
                    self.occurrence.push((person, path));
                }
            }
        }
        Ok(())
    }
}

/// What a line of a table says; none where a unit was not coded.
type Line = Vec<(ActionUnit, Option<f32>)>;

/// What a table says, by frame.
struct Units {
    frames: Vec<(u32, Line)>,
}

impl Units {
    fn read(
        path: &Path,
        contents: &mut Contents,
        value: impl Fn(&str, &str) -> Result<Option<f32>, Problem>,
    ) -> Self {
        let mut header: Option<(UnitColumns, usize)> = None;
        let mut frames = Vec::new();
        each_line(path, b',', &mut contents.report, |line, record, _| {
            let Some((columns, first)) = &header else {
                // The first column is the frame's number, unless it is a unit's.
                let is_unit = record
                    .get(0)
                    .is_some_and(|name| name.to_ascii_lowercase().starts_with("au"));
                let first = usize::from(!is_unit);
                header = Some((UnitColumns::from_header(record, first)?, first));
                return Ok(());
            };
            columns.check(record)?;
            let frame = match first {
                0 => u32::try_from(line - 1).unwrap_or(u32::MAX),
                _ => whole(&record[0], "the frame", "a whole number")?,
            };
            let of_unit = |&(column, unit): &(usize, ActionUnit)| {
                Ok((unit, value(&record[column], unit.code())?))
            };
            let units: Result<Vec<_>, Problem> = columns.units.iter().map(of_unit).collect();
            frames.push((frame, units?));
            Ok(())
        });
        frames.sort_by_key(|(frame, _)| *frame);
        Self { frames }
    }

    fn level(&self, frame: u32, unit: ActionUnit) -> Option<f32> {
        let index = self
            .frames
            .binary_search_by_key(&frame, |(frame, _)| *frame)
            .ok()?;
        self.frames[index]
            .1
            .iter()
            .find(|(known, _)| *known == unit)?
            .1
    }
}

fn level(text: &str, unit: &str) -> Result<Option<f32>, Problem> {
    intensity(text, unit, NOT_CODED)
}

enum Film {
    Frames(Frames),
    Video(PathBuf),
}

fn film(root: &Path, person: &str) -> Option<Film> {
    let extracted = Frames::list(&root.join(EXTRACTED).join(person));
    let folders = MEDIA.map(|folder| root.join(folder));
    extracted
        .or_else(|| {
            folders
                .iter()
                .find_map(|folder| Frames::list(&folder.join(person)))
        })
        .map(Film::Frames)
        .or_else(|| {
            let found = folders.iter().find_map(|folder| video(folder, person));
            found.map(Film::Video)
        })
}

fn add_rows(
    person: &str,
    split: Split,
    present: &Units,
    levels: Option<&Units>,
    film: Option<&Film>,
    options: Options,
    contents: &mut Contents,
) {
    let set = contents.set;
    let wanted = |frame: u32| frame.is_multiple_of(options.every);
    for (frame, units) in present.frames.iter().filter(|(frame, _)| wanted(*frame)) {
        let labels = units.iter().filter_map(|&(unit, on)| {
            let intensity = levels.and_then(|levels| levels.level(*frame, unit));
            let label = AuLabel {
                intensity,
                ..occurrence(on? > 0.0)
            };
            Some((unit, label))
        });
        let action_units: std::collections::BTreeMap<_, _> = labels.collect();
        if action_units.is_empty() {
            contents.report.leave_out("no unit coded");
            continue;
        }
        let media = match film {
            Some(Film::Frames(frames)) => frames.get(*frame).map(Media::Image),
            Some(Film::Video(video)) => Some(Media::VideoFrame {
                video: video.clone(),
                frame: *frame,
            }),
            None => None,
        };
        match media {
            None => contents
                .report
                .missing(|| format!("{person}, frame {frame}").into()),
            Some(media) => contents.rows.push(Row {
                video: Some(person.to_owned()),
                action_units,
                ..Row::new(media, format!("{set}-{person}"), split)
            }),
        }
    }
}
