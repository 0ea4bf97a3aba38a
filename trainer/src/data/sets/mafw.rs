//! MAFW, the single expressions: five folds of lists, clips as videos or folders of frames.

use std::path::{Path, PathBuf};

use facs::{Expression, Split};

use super::{
    About, Contents, Loader, Options, SetError,
    clips::Clips,
    files::first_folder,
    row::Row,
    table::{bad_value, each_line, field},
};

const LISTS: &[&str] = &[
    "Train & Test Set/single/no_caption",
    "Train_Test_Set/single/no_caption",
    "split/single/no_caption",
];
const PARTS: [(&str, Split); 2] = [("train.txt", Split::Train), ("test.txt", Split::Test)];
const FRAMES: &[&str] = &["data/frames"];
const VIDEOS: &[&str] = &["data/clips", "clips"];

/// MAFW.
pub(super) struct Mafw;

static ABOUT: About = About {
    title: "MAFW",
    folds: 5,
    names_subjects: false,
    gaps_are_normal: false,
    layout: "  Train & Test Set/single/no_caption/set_1/train.txt   00001.mp4 anger; sets 1 to 5
  Train & Test Set/single/no_caption/set_1/test.txt    the same
  data/clips/00001.mp4                                 the clip; also clips/00001.mp4
  data/frames/00001/*.jpg                              its frames; used where they are there",
    licence: "non-commercial research, by agreement with China University of Geosciences",
    ask: "https://github.com/MAFW-database/MAFW",
};

impl Loader for Mafw {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn missing(&self, root: &Path) -> Option<&'static str> {
        let lists = first_folder(root, LISTS);
        lists
            .is_none()
            .then_some("Train & Test Set/single/no_caption/")
    }

    fn read(&self, root: &Path, options: Options, contents: &mut Contents) -> Result<(), SetError> {
        let lists = first_folder(root, LISTS).unwrap_or_else(|| PathBuf::from(LISTS[0]));
        let clips = Clips::find(root, FRAMES, VIDEOS);
        let set = contents.set;
        for (part, split) in PARTS {
            let list = lists.join(format!("set_{}", options.fold)).join(part);
            let mut rows = Vec::new();
            each_line(&list, b' ', &mut contents.report, |_, record, report| {
                let file = field(record, 0, "clip and expression")?;
                let label = field(record, 1, "clip and expression")?;
                let expression = label.parse::<Expression>().ok();
                let expression = expression.ok_or_else(|| {
                    let names = Expression::ALL.map(Expression::name).join(", ");
                    bad_value("the expression", label, &names)
                })?;
                let name = file.strip_suffix(".mp4").unwrap_or(file);
                match clips.get(name) {
                    None => report.missing(|| clips.expected(root, name)),
                    Some(media) => rows.push(Row {
                        expression: Some(expression),
                        fold: (split == Split::Test).then_some(options.fold),
                        ..Row::new(media, format!("{set}-{name}"), split)
                    }),
                }
                Ok(())
            });
            contents.rows.append(&mut rows);
        }
        Ok(())
    }
}
