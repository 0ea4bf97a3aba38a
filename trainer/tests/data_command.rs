//! `trainer data` as a user calls it: exit codes, and a folder that `trainer train` can read.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

fn trainer(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_trainer"))
        .arg("data")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// RAF-DB of one picture, with landmarks.
fn raf_db(root: &Path) {
    let basic = root.join("set/basic");
    write(
        &basic.join("EmoLabel/list_patition_label.txt"),
        "train_00001.jpg 4\n",
    );
    write(
        &basic.join("Annotation/manual/train_00001_manu_attri.txt"),
        "18 10\n30 10\n24 16\n20 22\n28 22\n",
    );
    let picture = basic.join("Image/original/train_00001.jpg");
    fs::create_dir_all(picture.parent().unwrap()).unwrap();
    image::RgbImage::from_pixel(48, 32, image::Rgb([90, 60, 30]))
        .save(picture)
        .unwrap();
}

#[test]
fn a_sound_set_is_checked_and_imported() {
    let folder = tempfile::tempdir().unwrap();
    raf_db(folder.path());
    let output = trainer(&["check", "set"], folder.path());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(
        told.starts_with("RAF-DB\n") && told.contains("happiness"),
        "{told}"
    );

    let import = [
        "import",
        "raf-db",
        "set",
        "--out",
        "crops",
        "--validation",
        "0",
    ];
    let output = trainer(&import, folder.path());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let (dataset, samples) = facs::Dataset::load(&folder.path().join("crops")).unwrap();
    assert_eq!((dataset.width, samples.len()), (112, 1));
    assert_eq!(dataset.origin["set"], "raf-db");
    assert_eq!(samples[0].domain, "raf-db");
}

#[test]
fn faults_give_1_and_another_folder_2() {
    let folder = tempfile::tempdir().unwrap();
    raf_db(folder.path());
    let list = folder
        .path()
        .join("set/basic/EmoLabel/list_patition_label.txt");
    write(&list, "train_00001.jpg 4\ntrain_00002.jpg 9\n");
    let output = trainer(&["check", "set"], folder.path());
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(
        told.contains("list_patition_label.txt:2: the label is \"9\""),
        "{told}"
    );

    for arguments in [["check", "disfa", "set"], ["check", "no-set", "set"]] {
        let output = trainer(&arguments, folder.path());
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
    let output = trainer(&["check", "disfa", "set"], folder.path());
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("ActionUnit_Labels/SN001/ is not there"),
        "{told}"
    );
}
