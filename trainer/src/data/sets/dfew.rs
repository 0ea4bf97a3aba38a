//! DFEW, the single-labelled clips: five folds of lists, clips as folders of frames.

use std::path::Path;

use facs::{Expression, Split};

use super::{
    About, Contents, Loader, Options, SetError,
    clips::Clips,
    report::Problem,
    row::Row,
    table::{bad_value, each_line, field, shortened, whole},
};

/// Expressions by their number, less 1.
const EXPRESSIONS: [Expression; 7] = [
    Expression::Happiness,
    Expression::Sadness,
    Expression::Neutral,
    Expression::Anger,
    Expression::Surprise,
    Expression::Disgust,
    Expression::Fear,
];
const LISTS: &str = "EmoLabel_DataSplit";
const PARTS: [(&str, Split); 2] = [
    ("train(single-labeled)", Split::Train),
    ("test(single-labeled)", Split::Test),
];
const FRAMES: &[&str] = &["Clip/clip_224x224", "Clip/jpg_256", "Clip/clip_224x224_16f"];
const VIDEOS: &[&str] = &["Clip/original", "Clip/clip_224x224_avi"];

/// DFEW.
pub(super) struct Dfew;

static ABOUT: About = About {
    title: "DFEW",
    folds: 5,
    names_subjects: false,
    gaps_are_normal: false,
    layout: "  EmoLabel_DataSplit/train(single-labeled)/set_1.csv   video_name, label 1 to 7; sets 1 to 5
  EmoLabel_DataSplit/test(single-labeled)/set_1.csv    the same
  Clip/clip_224x224/00001/*.jpg                        the clip's frames; also jpg_256/ or clip_224x224_16f/
  Clip/original/00001.mp4                              the clip; used where there are no frames",
    licence: "non-commercial research, by agreement with Southeast University",
    ask: "https://dfew-dataset.github.io/",
};

impl Loader for Dfew {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn missing(&self, root: &Path) -> Option<&'static str> {
        let list = root.join(LISTS).join(PARTS[0].0);
        (!list.is_dir()).then_some("EmoLabel_DataSplit/train(single-labeled)/")
    }

    fn read(&self, root: &Path, options: Options, contents: &mut Contents) -> Result<(), SetError> {
        let clips = Clips::find(root, FRAMES, VIDEOS);
        let set = contents.set;
        for (part, split) in PARTS {
            let list = root
                .join(LISTS)
                .join(part)
                .join(format!("set_{}.csv", options.fold));
            let mut rows = Vec::new();
            each_line(&list, b',', &mut contents.report, |line, record, report| {
                let name = field(record, 0, "video_name and label")?;
                let label = field(record, 1, "video_name and label")?;
                if line == 1 {
                    return check_header(name, label);
                }
                let number = whole(name, "video_name", "the number of a clip")?;
                let expression = label.parse::<usize>().ok();
                let expression = expression
                    .and_then(|number| EXPRESSIONS.get(number.checked_sub(1)?))
                    .ok_or_else(|| bad_value("label", label, "1 to 7"))?;
                let name = format!("{number:05}");
                match clips.get(&name) {
                    None => report.missing(|| clips.expected(root, &name)),
                    Some(media) => rows.push(Row {
                        expression: Some(*expression),
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

fn check_header(name: &str, label: &str) -> Result<(), Problem> {
    if (name, label) == ("video_name", "label") {
        return Ok(());
    }
    Err(Problem::Header {
        found: shortened(&format!("{name},{label}")),
        expected: "video_name,label".to_owned(),
    })
}
