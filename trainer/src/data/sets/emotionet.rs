//! EmotioNet: lists of web addresses with 60 unit columns, and the pictures that were fetched.

use std::path::{Path, PathBuf};

use facs::{ActionUnit, Split};

use super::{
    About, Contents, Loader, Options, SetError,
    files::{first_folder, names, stems},
    report::Problem,
    row::{Media, Row, occurrence},
    table::{each_line, field, presence, shortened},
};

const NOT_CODED: &[&str] = &["999"];
/// Units of the challenge; the other columns hold no labels for most pictures.
const UNITS: [ActionUnit; 12] = [
    ActionUnit::Au01,
    ActionUnit::Au02,
    ActionUnit::Au04,
    ActionUnit::Au05,
    ActionUnit::Au06,
    ActionUnit::Au09,
    ActionUnit::Au12,
    ActionUnit::Au17,
    ActionUnit::Au20,
    ActionUnit::Au25,
    ActionUnit::Au26,
    ActionUnit::Au43,
];
/// Address, original address, then units 1 to 60.
const FIELDS: usize = 62;
/// The list of the 25,000 pictures that people annotated.
const MANUAL: &str = "dataFile_1000";
const LISTS: &str = "emotioNet_challenge_files";
const PICTURES: &[&str] = &["images", "Images", "img"];

/// EmotioNet.
pub(super) struct EmotioNet;

static ABOUT: About = About {
    title: "EmotioNet",
    folds: 0,
    names_subjects: false,
    gaps_are_normal: true,
    layout: "  emotioNet_challenge_files*/dataFile_0000.txt      address, original address, 60 units: 0, 1, 999 (unknown)
  images/N_0000000001/N_0000000001_00001.jpg        the picture, below images/ as in its address",
    licence: "non-commercial research, by agreement with The Ohio State University",
    ask: "http://cbcsl.ece.ohio-state.edu/dbform_emotionet.html",
};

impl Loader for EmotioNet {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn missing(&self, root: &Path) -> Option<&'static str> {
        let lists = lists(root).unwrap_or_default();
        lists
            .is_empty()
            .then_some("emotioNet_challenge_files*/dataFile_*.txt")
    }

    fn read(&self, root: &Path, _: Options, contents: &mut Contents) -> Result<(), SetError> {
        let pictures = first_folder(root, PICTURES).unwrap_or_else(|| root.to_owned());
        for list in lists(root)? {
            // The rest was annotated by a program.
            let manual = list.file_stem().is_some_and(|stem| stem == MANUAL);
            let split = if manual { Split::Test } else { Split::Train };
            read_list(&list, split, &pictures, contents);
        }
        Ok(())
    }
}

fn lists(root: &Path) -> Result<Vec<PathBuf>, SetError> {
    let mut lists = Vec::new();
    let inside = names(root)?
        .into_iter()
        .filter(|name| name.starts_with(LISTS));
    for folder in inside.map(|name| root.join(name)).chain([root.to_owned()]) {
        if folder.is_dir() {
            let found = stems(&folder, "txt")?.into_iter();
            let found = found.filter(|stem| stem.starts_with("dataFile_"));
            lists.extend(found.map(|stem| folder.join(format!("{stem}.txt"))));
        }
    }
    Ok(lists)
}

fn read_list(list: &Path, split: Split, pictures: &Path, contents: &mut Contents) {
    let set = contents.set;
    let mut rows = Vec::new();
    each_line(list, b'\t', &mut contents.report, |_, record, report| {
        let address = field(record, 0, "62: two addresses and 60 units")?;
        if record.len() < FIELDS {
            return Err(Problem::Fields {
                found: record.len(),
                expected: format!("{FIELDS}: two addresses and 60 units"),
            });
        }
        let mut units = Vec::with_capacity(UNITS.len());
        for unit in UNITS {
            let value = &record[usize::from(unit.number()) + 1];
            if let Some(on) = presence(value, unit.code(), NOT_CODED)? {
                units.push((unit, occurrence(on)));
            }
        }
        let (relative, stem) = picture(address).ok_or_else(|| Problem::Value {
            column: "the address".to_owned(),
            found: shortened(address),
            expected: "the address of a picture".to_owned(),
        })?;
        if units.is_empty() {
            report.leave_out("no unit coded");
            return Ok(());
        }
        let path = pictures.join(relative);
        if path.is_file() {
            rows.push(Row {
                action_units: units.into_iter().collect(),
                ..Row::new(Media::Image(path), format!("{set}-{stem}"), split)
            });
        } else {
            report.missing(|| path);
        }
        Ok(())
    });
    contents.rows.append(&mut rows);
}

/// Folder and file of an address, and the file's stem: what follows `Images/`, else the last part.
fn picture(address: &str) -> Option<(&str, &str)> {
    let place = address.to_ascii_lowercase().rfind("/images/");
    let relative = match place {
        Some(start) => &address[start + "/images/".len()..],
        None => address.rsplit('/').next()?,
    };
    let name = relative.rsplit('/').next()?;
    let (stem, _) = name.rsplit_once('.')?;
    // An address is a stranger's text: it must not lead out of the folder.
    let sound = !stem.is_empty()
        && relative
            .split('/')
            .all(|part| !part.is_empty() && part != "..");
    sound.then_some((relative, stem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_a_picture_below_the_folder() {
        assert_eq!(
            picture("https://h/emotionet/Images/N_01/N_01_00007.jpg"),
            Some(("N_01/N_01_00007.jpg", "N_01_00007"))
        );
        assert_eq!(picture("https://h/a/b.png"), Some(("b.png", "b")));
        assert_eq!(picture("https://h/images/../../x.png"), None);
        assert_eq!(picture("https://h/images/"), None);
    }
}
