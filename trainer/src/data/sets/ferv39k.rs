//! FERV39k: lists of all 22 scenes together, clips as folders of frames.

use std::path::Path;

use facs::{Expression, Split};

use super::{
    About, Contents, Loader, Options, SetError,
    clips::Clips,
    row::Row,
    table::{bad_value, each_line, field},
};

const LISTS: [(&str, Split); 2] = [
    ("4_setups/All_scenes/train_All.csv", Split::Train),
    ("4_setups/All_scenes/test_All.csv", Split::Test),
];
const FRAMES: &[&str] = &["2_ClipsforFaceCrop"];
const EXPRESSIONS: [(&str, Expression); 7] = [
    ("Angry", Expression::Anger),
    ("Disgust", Expression::Disgust),
    ("Fear", Expression::Fear),
    ("Happy", Expression::Happiness),
    ("Neutral", Expression::Neutral),
    ("Sad", Expression::Sadness),
    ("Surprise", Expression::Surprise),
];

/// FERV39k.
pub(super) struct Ferv39k;

static ABOUT: About = About {
    title: "FERV39k",
    folds: 0,
    names_subjects: false,
    gaps_are_normal: false,
    layout: "  4_setups/All_scenes/train_All.csv           SCENE/Happy/0001 Happy
  4_setups/All_scenes/test_All.csv            the same
  2_ClipsforFaceCrop/SCENE/Happy/0001/*.jpg   the clip's frames",
    licence: "non-commercial research, by request from a university",
    ask: "https://github.com/wangyanckxx/FERV39k",
};

impl Loader for Ferv39k {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn missing(&self, root: &Path) -> Option<&'static str> {
        (!root.join(LISTS[0].0).is_file()).then_some(LISTS[0].0)
    }

    fn read(&self, root: &Path, _: Options, contents: &mut Contents) -> Result<(), SetError> {
        let clips = Clips::find(root, FRAMES, &[]);
        let set = contents.set;
        for (list, split) in LISTS {
            let mut rows = Vec::new();
            each_line(
                &root.join(list),
                b' ',
                &mut contents.report,
                |_, record, report| {
                    let expected = "clip and expression";
                    let name = field(record, 0, expected)?;
                    let label = field(record, 1, expected)?;
                    let names = EXPRESSIONS.map(|(name, _)| name).join(", ");
                    let (_, expression) = EXPRESSIONS
                        .into_iter()
                        .find(|(name, _)| *name == label)
                        .ok_or_else(|| bad_value("the expression", label, &names))?;
                    match clips.get(name) {
                        None => report.missing(|| clips.expected(root, name)),
                        Some(media) => rows.push(Row {
                            expression: Some(expression),
                            ..Row::new(media, format!("{set}-{name}"), split)
                        }),
                    }
                    Ok(())
                },
            );
            contents.rows.append(&mut rows);
        }
        Ok(())
    }
}
