//! Tiny copies of every data set, in exactly the layout of its makers.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::super::{Set, npy};

/// A folder that is gone after the test.
pub(in crate::data) struct Tree {
    folder: TempDir,
}

impl Tree {
    pub(in crate::data) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(in crate::data) fn root(&self) -> &Path {
        self.folder.path()
    }

    fn place(&self, path: &str) -> PathBuf {
        let place = self.root().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        place
    }

    pub(in crate::data) fn bytes(&self, path: &str, bytes: &[u8]) {
        fs::write(self.place(path), bytes).unwrap();
    }

    pub(in crate::data) fn text(&self, path: &str, text: &str) {
        self.bytes(path, text.as_bytes());
    }

    pub(in crate::data) fn remove(&self, path: &str) {
        let place = self.root().join(path);
        if place.is_dir() {
            fs::remove_dir_all(place).unwrap();
        } else {
            fs::remove_file(place).unwrap();
        }
    }

    /// Replaces text in a file that is there.
    pub(in crate::data) fn edit(&self, path: &str, from: &str, to: &str) {
        let place = self.root().join(path);
        let text = fs::read_to_string(&place).unwrap();
        assert!(text.contains(from), "{path} has no {from:?}");
        fs::write(place, text.replacen(from, to, 1)).unwrap();
    }

    /// A picture of 48 by 32 pixels whose colour follows from its name.
    pub(in crate::data) fn picture(&self, path: &str) {
        let colour = path
            .bytes()
            .fold(7_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
        let pixel = |x: u32, y: u32| image::Rgb([colour, (x * 5) as u8, (y * 7) as u8]);
        image::RgbImage::from_fn(48, 32, pixel)
            .save(self.place(path))
            .unwrap();
    }

    fn pictures(&self, paths: &[&str]) {
        for path in paths {
            self.picture(path);
        }
    }
}

/// A small, sound copy of a set.
pub(in crate::data) fn sound(set: Set) -> Tree {
    let tree = Tree::new();
    match set {
        Set::Bp4d => bp4d(&tree, "", &["F001", "F003"]),
        Set::Bp4dPlus => bp4d_plus(&tree),
        Set::Disfa => disfa(&tree),
        Set::Gft => gft(&tree),
        Set::EmotioNet => emotionet(&tree),
        Set::AffWild2Au => aff_wild2_units(&tree),
        Set::AffWild2Expression => aff_wild2_expressions(&tree),
        Set::RafDb => raf_db(&tree),
        Set::AffectNet => affectnet(&tree),
        Set::Dfew => dfew(&tree),
        Set::Ferv39k => ferv39k(&tree),
        Set::Mafw => mafw(&tree),
    }
    tree
}

/// Frame 2442 is not coded, AU3 and AU27 are none of Mien's.
fn bp4d(tree: &Tree, base: &str, subjects: &[&str]) {
    for subject in subjects {
        tree.text(
            &format!("AUCoding/AU_OCC/{subject}_T1.csv"),
            "0,1,2,3,12,27\n2440,1,0,9,1,0\n2441,0,9,9,0,0\n2442,9,9,9,9,9\n",
        );
        for frame in [2440, 2441, 2442] {
            tree.picture(&format!("{base}{subject}/T1/{frame}.jpg"));
        }
    }
    let first = subjects[0];
    tree.text(
        &format!("AUCoding/AU_INT/AU12/{first}_T1_AU12.csv"),
        "2440,3\n2441,0\n2442,9\n",
    );
}

/// Tables count from 1, pictures from 0.
fn bp4d_plus(tree: &Tree) {
    for subject in ["F006", "F046"] {
        let table = format!("AUCoding/AU_OCC/{subject}_T7.csv");
        tree.text(&table, "0,1,12\n2,1,0\n3,0,1\n");
        for frame in ["0000", "0001", "0002"] {
            tree.picture(&format!("2D+3D/{subject}/T7/{frame}.jpg"));
        }
    }
}

/// SN001 as frames that were extracted, SN003 as a video.
fn disfa(tree: &Tree) {
    for subject in ["SN001", "SN003"] {
        for unit in [1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26] {
            let lines = match unit {
                1 => "1,0\n2,1\n3,2\n",
                12 => "1,5\n2,0\n3,0\n",
                _ => "1,0\n2,0\n3,0\n",
            };
            let file = format!("ActionUnit_Labels/{subject}/{subject}_au{unit}.txt");
            tree.text(&file, lines);
        }
        tree.bytes(
            &format!("Videos_LeftCamera/LeftVideo{subject}_comp.avi"),
            b"RIFF",
        );
    }
    for frame in 1..=3 {
        tree.picture(&format!("frames/LeftVideoSN001_comp/{frame:05}.png"));
    }
}

/// Groups 1 and 5; the second is in the test part.
fn gft(tree: &Tree) {
    for person in ["001A", "005C"] {
        let table = format!("AU_Occurrence/{person}.csv");
        tree.text(&table, "frame,AU1,AU12,AU45\n1,0,1,0\n2,9,9,9\n3,1,9,0\n");
    }
    tree.text("AU_Intensity/001A.csv", "frame,AU12\n1,4\n2,9\n3,9\n");
    for frame in 1..=3 {
        tree.picture(&format!("images/001A/{frame}.jpg"));
    }
    tree.bytes("videos/005C.mp4", b"ftyp");
}

fn emotionet_line(number: u32, values: &[(usize, &str)]) -> String {
    let mut fields = vec!["0"; 60];
    for &(unit, value) in values {
        fields[unit - 1] = value;
    }
    let address =
        format!("https://host/emotionet/Images/N_0000000001/N_0000000001_{number:05}.jpg");
    format!(
        "{address}\thttps://elsewhere/{number}.jpg\t{}\n",
        fields.join("\t")
    )
}

/// Picture 3 is no longer on the web; of picture 2 only AU43 is known.
fn emotionet(tree: &Tree) {
    let unknown: Vec<(usize, &str)> = (1..=60)
        .filter(|unit| *unit != 43)
        .map(|unit| (unit, "999"))
        .collect();
    let lists = "emotioNet_challenge_files_server_challenge_1.2_aws";
    let first = [
        emotionet_line(1, &[(12, "1"), (25, "1"), (9, "999")]),
        emotionet_line(2, &unknown),
        emotionet_line(3, &[]),
    ];
    tree.text(&format!("{lists}/dataFile_0000.txt"), &first.concat());
    tree.text(
        &format!("{lists}/dataFile_1000.txt"),
        &emotionet_line(4, &[(1, "1")]),
    );
    for number in [1, 2, 4] {
        tree.picture(&format!("images/N_0000000001/N_0000000001_{number:05}.jpg"));
    }
}

/// The second frame of the first video was not coded, its third has no crop.
fn aff_wild2_units(tree: &Tree) {
    let header = "AU1,AU2,AU4,AU6,AU7,AU10,AU12,AU15,AU23,AU24,AU25,AU26\n";
    let lines =
        "1,0,0,1,0,0,1,0,0,0,1,0\n-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1,-1\n0,0,0,0,0,0,0,0,0,0,0,0\n";
    for (part, video) in [
        ("Train_Set", "video1"),
        ("Validation_Set", "10-60-1280x720_right"),
    ] {
        let file = format!("6th_ABAW_Annotations/AU_Detection_Challenge/{part}/{video}.txt");
        tree.text(&file, &format!("{header}{lines}"));
        tree.pictures(&[
            &format!("cropped_aligned/{video}/00001.jpg"),
            &format!("cropped_aligned/{video}/00002.jpg"),
        ]);
    }
}

fn aff_wild2_expressions(tree: &Tree) {
    let text = "Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise,Other\n4\n7\n-1\n";
    for (part, video) in [("Train_Set", "video1"), ("Validation_Set", "video2_left")] {
        tree.text(
            &format!("EXPR_Classification_Challenge/{part}/{video}.txt"),
            text,
        );
        for frame in 1..=3 {
            tree.picture(&format!("cropped_aligned/{video}/{frame:05}.jpg"));
        }
    }
}

/// Five landmarks that are easy on the aligner, for pictures of 48 by 32.
pub(in crate::data) const LANDMARKS: &str = "18 10\n30\t10\n24 16\n20 22\n28 22\n";

/// The second picture is there as an aligned face only.
fn raf_db(tree: &Tree) {
    tree.text(
        "basic/EmoLabel/list_patition_label.txt",
        "train_00001.jpg 5\ntrain_00002.jpg 7\ntest_0001.jpg 4\n",
    );
    for stem in ["train_00001", "test_0001"] {
        tree.picture(&format!("basic/Image/original/{stem}.jpg"));
        let manual = format!("basic/Annotation/manual/{stem}_manu_attri.txt");
        tree.text(&manual, &format!("{LANDMARKS}0\n0\n3\n"));
        let place = format!("basic/Annotation/boundingbox/{stem}_boundingbox.txt");
        tree.text(&place, "12.5 4 36.5 28\n");
    }
    tree.picture("basic/Image/aligned/train_00002_aligned.jpg");
}

/// 68 landmarks around a point.
fn landmarks_68(x: f32, y: f32) -> Vec<f32> {
    let point = |index: usize| match index {
        36..42 => [x - 6.0, y - 4.0],
        42..48 => [x + 6.0, y - 4.0],
        48 => [x - 4.0, y + 8.0],
        54 => [x + 4.0, y + 8.0],
        _ => [x, y],
    };
    (0..68).flat_map(point).collect()
}

/// Both releases at once; one picture shows no expression.
fn affectnet(tree: &Tree) {
    let points: Vec<String> = landmarks_68(24.0, 14.0)
        .iter()
        .map(f32::to_string)
        .collect();
    let line = |name: &str, expression: u8| {
        format!(
            "{name},10,2,28,28,{},{expression},0.1,-0.2\n",
            points.join(";")
        )
    };
    let header = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal\n";
    let training = [header, &line("1/a.jpg", 1), &line("1/b.jpg", 9)].concat();
    tree.text("Manually_Annotated_file_lists/training.csv", &training);
    let validation = [header, &line("2/c.png", 7)].concat();
    tree.text("Manually_Annotated_file_lists/validation.csv", &validation);
    tree.pictures(&[
        "Manually_Annotated_Images/1/a.jpg",
        "Manually_Annotated_Images/1/b.jpg",
        "Manually_Annotated_Images/2/c.png",
    ]);
    let doubles: Vec<u8> = landmarks_68(24.0, 14.0)
        .iter()
        .flat_map(|value| f64::from(*value).to_le_bytes())
        .collect();
    tree.picture("val_set/images/7.jpg");
    tree.bytes(
        "val_set/annotations/7_exp.npy",
        &npy::tests::array("<U1", "()", &[b'6', 0, 0, 0]),
    );
    tree.bytes(
        "val_set/annotations/7_lnd.npy",
        &npy::tests::array("<f8", "(136,)", &doubles),
    );
}

/// One clip as frames, one as a video.
fn dfew(tree: &Tree) {
    for fold in 1..=5 {
        let list = |part: &str| format!("EmoLabel_DataSplit/{part}(single-labeled)/set_{fold}.csv");
        let (train, test) = if fold == 1 {
            ("1,1\n2,7\n", "3,3\n")
        } else {
            ("3,3\n", "1,1\n2,7\n")
        };
        tree.text(&list("train"), &format!("video_name,label\n{train}"));
        tree.text(&list("test"), &format!("video_name,label\n{test}"));
    }
    for clip in ["00001", "00003"] {
        for frame in 1..=4 {
            tree.picture(&format!("Clip/clip_224x224/{clip}/{frame}.jpg"));
        }
    }
    tree.bytes("Clip/original/00002.mp4", b"ftyp");
}

fn ferv39k(tree: &Tree) {
    tree.text(
        "4_setups/All_scenes/train_All.csv",
        "Action/Happy/0001 Happy\nWar/Angry/0002 Angry\n",
    );
    tree.text(
        "4_setups/All_scenes/test_All.csv",
        "Action/Neutral/0003 Neutral\n",
    );
    for clip in ["Action/Happy/0001", "War/Angry/0002", "Action/Neutral/0003"] {
        tree.pictures(&[
            &format!("2_ClipsforFaceCrop/{clip}/00.jpg"),
            &format!("2_ClipsforFaceCrop/{clip}/01.jpg"),
        ]);
    }
}

fn mafw(tree: &Tree) {
    for fold in 1..=5 {
        let list = |part: &str| format!("Train & Test Set/single/no_caption/set_{fold}/{part}.txt");
        tree.text(&list("train"), "00001.mp4 anger\n00002.mp4 helplessness\n");
        tree.text(&list("test"), "00003.mp4 contempt\n");
    }
    for clip in ["00001", "00002", "00003"] {
        tree.bytes(&format!("data/clips/{clip}.mp4"), b"ftyp");
    }
    tree.pictures(&["data/frames/00003/0001.png", "data/frames/00003/0002.png"]);
}
