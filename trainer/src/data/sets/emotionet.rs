//! EmotioNet: lists of web addresses with 60 unit columns, and the pictures that were fetched.

use std::path::{Path, PathBuf};

use csv::StringRecord;
use facs::{ActionUnit, Split};

use super::{
    About, Contents, Loader, Options, SetError,
    files::{first_folder, names, stems},
    report::Problem,
    row::{Media, Row, occurrence},
    table::{UnitColumns, bad_value, each_line, presence, shortened},
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
/// The later list of pictures that people annotated, saved as text from its spreadsheet.
const SHEET: &str = "emotionet_facs_";
const PICTURES: &[&str] = &["images", "Images", "img"];

/// EmotioNet.
pub(super) struct EmotioNet;

static ABOUT: About = About {
    title: "EmotioNet",
    folds: 0,
    names_subjects: false,
    gaps_are_normal: true,
    layout: "  emotioNet_challenge_files*/dataFile_0000.txt      address, original address, 60 units: 0, 1, 999 (unknown)
  emotionet_facs_24600.csv                          or: the later list, saved as CSV from its .xlsx
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
        let what = "emotioNet_challenge_files*/dataFile_*.txt, or emotionet_facs_*.csv,";
        lists.is_empty().then_some(what)
    }

    fn read(&self, root: &Path, _: Options, contents: &mut Contents) -> Result<(), SetError> {
        let pictures = first_folder(root, PICTURES).unwrap_or_else(|| root.to_owned());
        for list in lists(root)? {
            // The rest of its release was annotated by a program.
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
        for (start, ending) in [("dataFile_", "txt"), (SHEET, "csv")] {
            if folder.is_dir() {
                let found = stems(&folder, ending)?.into_iter();
                let found = found.filter(|stem| {
                    let head = stem.get(..start.len());
                    head.is_some_and(|head| head.eq_ignore_ascii_case(start))
                });
                lists.extend(found.map(|stem| folder.join(format!("{stem}.{ending}"))));
            }
        }
    }
    Ok(lists)
}

/// Where a list keeps what.
struct Columns {
    address: usize,
    units: UnitColumns,
}

impl Columns {
    /// Address, original address, then units 1 to 60.
    fn of_data_file() -> Self {
        Self {
            address: 0,
            units: UnitColumns {
                units: UNITS
                    .map(|unit| (usize::from(unit.number()) + 1, unit))
                    .into(),
                width: FIELDS,
            },
        }
    }

    /// The first line of a sheet: `URL`, other columns, then units.
    fn from_header(record: &StringRecord) -> Result<Self, Problem> {
        let place = |wanted: &dyn Fn(&str) -> bool| record.iter().position(wanted);
        let address = place(&|name| name.eq_ignore_ascii_case("url"));
        let first = place(&|name| name.trim_start_matches('\'').starts_with("AU"));
        let (Some(address), Some(first)) = (address, first) else {
            return Err(Problem::Header {
                found: shortened(&record.iter().collect::<Vec<_>>().join(",")),
                expected: "URL, then 'AU 1' and so on".to_owned(),
            });
        };
        let mut units = UnitColumns::from_header(record, first)?;
        units.units.retain(|(_, unit)| UNITS.contains(unit));
        Ok(Self { address, units })
    }
}

fn read_list(list: &Path, split: Split, pictures: &Path, contents: &mut Contents) {
    let set = contents.set;
    let is_sheet = list.extension().is_some_and(|ending| ending == "csv");
    let mut columns = (!is_sheet).then(Columns::of_data_file);
    let delimiter = if is_sheet { b',' } else { b'\t' };
    let mut rows = Vec::new();
    each_line(
        list,
        delimiter,
        &mut contents.report,
        |_, record, report| {
            let Some(Columns { address, units }) = &columns else {
                columns = Some(Columns::from_header(record)?);
                return Ok(());
            };
            units.check(record)?;
            let mut labels = Vec::with_capacity(UNITS.len());
            for &(column, unit) in &units.units {
                if let Some(on) = presence(&record[column], unit.code(), NOT_CODED)? {
                    labels.push((unit, occurrence(on)));
                }
            }
            // Sheets have a stray quote at the end of addresses.
            let address = record[*address].trim_matches('\'');
            let (relative, name) = picture(address)
                .ok_or_else(|| bad_value("the address", address, "the address of a picture"))?;
            if labels.is_empty() {
                report.leave_out("no unit coded");
                return Ok(());
            }
            let places = [relative, name].map(|path| pictures.join(path));
            let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
            match places.iter().find(|path| path.is_file()) {
                None => report.missing(|| pictures.join(relative)),
                Some(path) => rows.push(Row {
                    action_units: labels.into_iter().collect(),
                    ..Row::new(Media::Image(path.clone()), format!("{set}-{stem}"), split)
                }),
            }
            Ok(())
        },
    );
    contents.rows.append(&mut rows);
}

/// Folder and file of an address, and the file alone: what follows `Images/`, else the last part.
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
    sound.then_some((relative, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_a_picture_below_the_folder() {
        assert_eq!(
            picture("https://h/emotionet/Images/N_01/N_01_00007.jpg"),
            Some(("N_01/N_01_00007.jpg", "N_01_00007.jpg"))
        );
        assert_eq!(picture("https://h/a/b.png"), Some(("b.png", "b.png")));
        assert_eq!(picture("https://h/images/../../x.png"), None);
        assert_eq!(picture("https://h/images/"), None);
    }
}
