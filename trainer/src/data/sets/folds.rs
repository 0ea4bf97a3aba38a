//! Subject-exclusive folds as the field uses them.
//!
//! Fold `k` is tested on part `k` and trained on the other parts. The parts of BP4D and DISFA are
//! those of JAA-Net and ME-GraphAU (`tool/BP4D_image_label_process.py` and
//! `tool/DISFA_image_label_process.py` of CVI-SZU/ME-GraphAU, which calls the run that is tested on
//! part 3 its first); those of BP4D+ are the test lists of BigSmall
//! (`dataset/BP4D_BigSmall_Subject_Splits/` of rPPG-Toolbox).

use facs::Split;

/// Subjects by part.
pub(super) type Parts = [&'static [&'static str]; 3];

/// BP4D, 41 subjects.
pub(super) const BP4D: Parts = [
    &[
        "F001", "F002", "F008", "F009", "F010", "F016", "F018", "F023", "M001", "M004", "M007",
        "M008", "M012", "M014",
    ],
    &[
        "F003", "F005", "F011", "F013", "F020", "F022", "M002", "M005", "M010", "M011", "M013",
        "M016", "M017", "M018",
    ],
    &[
        "F004", "F006", "F007", "F012", "F014", "F015", "F017", "F019", "F021", "M003", "M006",
        "M009", "M015",
    ],
];

/// BP4D+, 140 subjects.
pub(super) const BP4D_PLUS: Parts = [
    &[
        "F003", "F004", "F005", "F006", "F009", "F017", "F022", "F028", "F029", "F031", "F032",
        "F033", "F038", "F044", "F047", "F048", "F052", "F053", "F055", "F061", "F063", "F067",
        "F068", "F074", "F075", "F076", "F081", "M003", "M005", "M006", "M009", "M012", "M019",
        "M025", "M026", "M028", "M031", "M036", "M037", "M040", "M046", "M047", "M049", "M051",
        "M054", "M056",
    ],
    &[
        "F001", "F002", "F008", "F018", "F021", "F025", "F026", "F035", "F036", "F037", "F039",
        "F040", "F041", "F042", "F046", "F049", "F057", "F058", "F060", "F062", "F064", "F066",
        "F070", "F071", "F072", "F073", "F077", "F082", "M001", "M002", "M007", "M013", "M014",
        "M016", "M022", "M023", "M024", "M027", "M029", "M030", "M034", "M035", "M041", "M042",
        "M043", "M048", "M055",
    ],
    &[
        "F007", "F010", "F011", "F012", "F013", "F014", "F015", "F016", "F019", "F020", "F023",
        "F024", "F027", "F030", "F034", "F043", "F045", "F050", "F051", "F054", "F056", "F059",
        "F065", "F069", "F078", "F079", "F080", "M004", "M008", "M010", "M011", "M015", "M017",
        "M018", "M020", "M021", "M032", "M033", "M038", "M039", "M044", "M045", "M050", "M052",
        "M053", "M057", "M058",
    ],
];

/// DISFA, 27 subjects.
pub(super) const DISFA: Parts = [
    &[
        "SN001", "SN002", "SN009", "SN010", "SN016", "SN026", "SN027", "SN030", "SN032",
    ],
    &[
        "SN006", "SN011", "SN012", "SN013", "SN018", "SN021", "SN024", "SN028", "SN031",
    ],
    &[
        "SN003", "SN004", "SN005", "SN007", "SN008", "SN017", "SN023", "SN025", "SN029",
    ],
];

/// The part of a subject, from 1.
pub(super) fn part_of(parts: &Parts, subject: &str) -> Option<u8> {
    let index = parts.iter().position(|part| part.contains(&subject))?;
    u8::try_from(index + 1).ok()
}

/// Under `fold`, part `fold` is tested and the rest is trained on.
pub(super) fn split_of(part: Option<u8>, fold: u8) -> Split {
    if part == Some(fold) {
        Split::Test
    } else {
        Split::Train
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subject_is_in_one_part() {
        for (parts, count) in [(BP4D, 41), (BP4D_PLUS, 140), (DISFA, 27)] {
            let mut all: Vec<&str> = parts.concat();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), count);
            assert_eq!(parts.concat().len(), count);
        }
        assert_eq!(part_of(&DISFA, "SN003"), Some(3));
        assert_eq!(part_of(&DISFA, "SN014"), None);
    }
}
