//! Trees with one thing wrong each: the message names the file and line, and what to do.

use super::{
    super::{Options, Set, SetError},
    report_told,
    trees::{Tree, sound},
};

/// What is said after `harm` was done to a sound copy.
fn said(set: Set, harm: impl Fn(&Tree)) -> String {
    let tree = sound(set);
    harm(&tree);
    let contents = set.read(tree.root(), Options::default()).unwrap();
    assert!(contents.is_faulty());
    report_told(&contents, tree.root())
}

#[test]
fn a_unit_is_no_code() {
    insta::assert_snapshot!(said(Set::Bp4d, |tree| tree.edit("AUCoding/AU_OCC/F001_T1.csv", "2441,0", "2441,x")), @r#"AUCoding/AU_OCC/F001_T1.csv:3: AU01 is "x", expected 0, 1 or 9 (not coded)"#);
}

#[test]
fn a_row_is_cut_short() {
    insta::assert_snapshot!(said(Set::Bp4d, |tree| tree.edit("AUCoding/AU_OCC/F001_T1.csv", "2441,0,9,9,0,0", "2441,0")), @"AUCoding/AU_OCC/F001_T1.csv:3: the number of fields is 2, expected 6");
}

#[test]
fn a_table_has_no_header() {
    insta::assert_snapshot!(said(Set::Bp4d, |tree| tree.edit("AUCoding/AU_OCC/F001_T1.csv", "0,1,2,3,12,27", "a,b,c,d,e,f")), @r#"AUCoding/AU_OCC/F001_T1.csv:1: the first line is "a,b,c,d,e,f", expected action units by name or number, in order: the file is left out"#);
}

#[test]
fn a_frame_is_labelled_twice() {
    insta::assert_snapshot!(said(Set::Bp4d, |tree| tree.edit("AUCoding/AU_OCC/F001_T1.csv", "2441,", "2440,")), @"AUCoding/AU_OCC/F001_T1.csv:3: frame 2440 was labelled before: the later label is left out");
}

#[test]
fn a_table_has_another_name() {
    insta::assert_snapshot!(said(Set::Bp4d, |tree| tree.text("AUCoding/AU_OCC/notes.csv", "x\n")), @"AUCoding/AU_OCC/notes.csv: the name is not SUBJECT_TASK.csv, as F001_T1.csv: the file is left out");
}

#[test]
fn a_text_is_not_utf_8() {
    insta::assert_snapshot!(said(Set::Bp4d, |tree| tree.bytes("AUCoding/AU_OCC/F001_T1.csv", b"0,1\n2440,\xff\n2441,1\n")), @"AUCoding/AU_OCC/F001_T1.csv:2: the line is not UTF-8 text");
}

#[test]
fn the_pictures_of_a_recording_are_not_there() {
    insta::assert_snapshot!(said(Set::Bp4d, |tree| tree.remove("F003/T1")), @r"
    F003/T1: is not there: the pictures of F003 T1; unzip F003.zip
    F003/T1/frame 2440: is not there
    F003/T1/frame 2441: is not there
    ");
}

#[test]
fn some_pictures_are_not_there() {
    insta::assert_snapshot!(said(Set::Bp4d, |tree| tree.remove("F003/T1/2440.jpg")), @"F003/T1/frame 2440: is not there");
}

#[test]
fn an_intensity_is_none() {
    insta::assert_snapshot!(said(Set::Bp4d, |tree| tree.edit("AUCoding/AU_INT/AU12/F001_T1_AU12.csv", "2440,3", "2440,7")), @r#"AUCoding/AU_INT/AU12/F001_T1_AU12.csv:1: AU12 is "7", expected an intensity 0 to 5"#);
}

#[test]
fn a_subject_is_unknown() {
    let said = said(Set::Disfa, |tree| {
        let [from, to] =
            ["SN003", "SN099"].map(|name| tree.root().join("ActionUnit_Labels").join(name));
        std::fs::rename(from, to).unwrap();
    });
    insta::assert_snapshot!(said.lines().next().unwrap(), @"ActionUnit_Labels/SN099: subject SN099 is in no fold of the published protocol: it is used for training only");
}

#[test]
fn a_unit_file_is_not_there() {
    insta::assert_snapshot!(said(Set::Disfa, |tree| tree.remove("ActionUnit_Labels/SN001/SN001_au12.txt")), @"ActionUnit_Labels/SN001/SN001_au12.txt: is not there: AU12 of SN001 is not labelled without it");
}

#[test]
fn a_unit_file_is_shorter() {
    insta::assert_snapshot!(said(Set::Disfa, |tree| tree.text("ActionUnit_Labels/SN001/SN001_au12.txt", "1,5\n2,0\n")), @"ActionUnit_Labels/SN001/SN001_au12.txt: 2 frames, SN001_au1.txt has 3: frames beyond the shorter are not labelled");
}

#[test]
fn frames_are_out_of_order() {
    insta::assert_snapshot!(said(Set::Disfa, |tree| tree.text("ActionUnit_Labels/SN001/SN001_au12.txt", "1,5\n3,0\n3,0\n")), @r#"ActionUnit_Labels/SN001/SN001_au12.txt:2: the frame is "3", expected 2: frames follow each other from 1"#);
}

#[test]
fn a_video_is_not_there() {
    insta::assert_snapshot!(said(Set::Disfa, |tree| tree.remove("Videos_LeftCamera/LeftVideoSN003_comp.avi")), @r"
    Videos_LeftCamera/LeftVideoSN003_comp.avi: is not there: the video of SN003; its labels are of no use without it
    Videos_LeftCamera/LeftVideoSN003_comp.avi: is not there
    Videos_LeftCamera/LeftVideoSN003_comp.avi: is not there
    Videos_LeftCamera/LeftVideoSN003_comp.avi: is not there
    ");
}

#[test]
fn a_person_has_no_pictures() {
    insta::assert_snapshot!(said(Set::Gft, |tree| tree.remove("images/001A")), @r"
    videos/001A.mp4: is not there: the video or pictures of 001A
    001A, frame 1: is not there
    001A, frame 3: is not there
    ");
}

#[test]
fn a_list_of_addresses_is_cut() {
    insta::assert_snapshot!(said(Set::EmotioNet, |tree| tree.edit("emotioNet_challenge_files_server_challenge_1.2_aws/dataFile_0000.txt", "\t0\n", "\n")), @r"
    emotioNet_challenge_files_server_challenge_1.2_aws/dataFile_0000.txt:1: the number of fields is 61, expected 62
    images/N_0000000001/N_0000000001_00003.jpg: is not there
    ");
}

#[test]
fn an_address_is_none() {
    insta::assert_snapshot!(said(Set::EmotioNet, |tree| tree.edit("emotioNet_challenge_files_server_challenge_1.2_aws/dataFile_0000.txt", "Images/N_0000000001/N", "Images/../../N")), @r#"
    emotioNet_challenge_files_server_challenge_1.2_aws/dataFile_0000.txt:1: the address is "https://host/emotionet/Images/../../N_0000000001_00001.jpg", expected the address of a picture
    images/N_0000000001/N_0000000001_00003.jpg: is not there
    "#);
}

#[test]
fn a_track_has_another_header() {
    insta::assert_snapshot!(said(Set::AffWild2Au, |tree| tree.edit("6th_ABAW_Annotations/AU_Detection_Challenge/Train_Set/video1.txt", "AU1,AU2", "AU2,AU1")), @r#"
    6th_ABAW_Annotations/AU_Detection_Challenge/Train_Set/video1.txt:1: the first line is "AU2,AU1,AU4,AU6,AU7,AU10,AU12,AU15,AU23,AU24,AU25,AU26", expected AU1,AU2,AU4,AU6,AU7,AU10,AU12,AU15,AU23,AU24,AU25,AU26: the file is left out
    cropped_aligned/10-60-1280x720_right/00003.jpg: is not there
    "#);
}

#[test]
fn a_part_is_not_there() {
    insta::assert_snapshot!(said(Set::AffWild2Expression, |tree| tree.remove("EXPR_Classification_Challenge/Validation_Set")), @"EXPR_Classification_Challenge/Validation_Set: is not there: the labels of the Validation_Set");
}

#[test]
fn an_expression_is_none() {
    insta::assert_snapshot!(said(Set::AffWild2Expression, |tree| tree.edit("EXPR_Classification_Challenge/Train_Set/video1.txt", "\n4\n", "\n12\n")), @r#"EXPR_Classification_Challenge/Train_Set/video1.txt:2: the expression is "12", expected 0 to 7 or -1 (not coded)"#);
}

#[test]
fn a_label_is_none() {
    insta::assert_snapshot!(said(Set::RafDb, |tree| tree.edit("basic/EmoLabel/list_patition_label.txt", "jpg 5", "jpg 8")), @r#"basic/EmoLabel/list_patition_label.txt:1: the label is "8", expected 1 to 7"#);
}

#[test]
fn a_picture_has_another_name() {
    insta::assert_snapshot!(said(Set::RafDb, |tree| tree.edit("basic/EmoLabel/list_patition_label.txt", "train_00002", "valid_00002")), @r#"basic/EmoLabel/list_patition_label.txt:2: the picture is "valid_00002.jpg", expected train_NUMBER.jpg or test_NUMBER.jpg"#);
}

#[test]
fn landmarks_are_none() {
    insta::assert_snapshot!(said(Set::RafDb, |tree| tree.edit("basic/Annotation/manual/train_00001_manu_attri.txt", "24 16", "24")), @r#"basic/Annotation/manual/train_00001_manu_attri.txt:3: the line is "24", expected x and y of a landmark"#);
}

#[test]
fn a_box_is_none() {
    insta::assert_snapshot!(said(Set::RafDb, |tree| tree.edit("basic/Annotation/boundingbox/test_0001_boundingbox.txt", "12.5 4 ", "")), @r#"basic/Annotation/boundingbox/test_0001_boundingbox.txt:1: the line is "36.5 28", expected left, top, right and bottom"#);
}

#[test]
fn a_list_lacks_a_column() {
    insta::assert_snapshot!(said(Set::AffectNet, |tree| tree.edit("Manually_Annotated_file_lists/training.csv", "facial_landmarks,expression", "expression,landmarks")), @r#"Manually_Annotated_file_lists/training.csv:1: the first line is "subDirectory_filePath,face_x,face_y,face_width,face_height,e...", expected the columns subDirectory_filePath, face_x, face_y, face_width, face_height, facial_landmarks, expression: the file is left out"#);
}

#[test]
fn landmarks_are_too_few() {
    insta::assert_snapshot!(said(Set::AffectNet, |tree| tree.edit("Manually_Annotated_file_lists/training.csv", "24;14;", "")), @r#"Manually_Annotated_file_lists/training.csv:2: facial_landmarks is "24;14;24;14;24;14;24;14;24;14;24;14;24;14;24;14;24;14;24;14;...", expected 68 times x;y"#);
}

#[test]
fn an_array_is_none() {
    insta::assert_snapshot!(said(Set::AffectNet, |tree| tree.bytes("val_set/annotations/7_exp.npy", b"7")), @"val_set/annotations/7_exp.npy: is no NumPy array");
}

#[test]
fn a_picture_has_no_annotation() {
    insta::assert_snapshot!(said(Set::AffectNet, |tree| tree.remove("val_set/annotations/7_exp.npy")), @"val_set/annotations/7_exp.npy: is not there: the expression of val_set/images/7.jpg");
}

#[test]
fn a_list_of_a_fold_is_not_there() {
    insta::assert_snapshot!(said(Set::Dfew, |tree| tree.remove("EmoLabel_DataSplit/test(single-labeled)/set_1.csv")), @"EmoLabel_DataSplit/test(single-labeled)/set_1.csv: is not there: its labels are left out");
}

#[test]
fn a_clip_is_not_there() {
    insta::assert_snapshot!(said(Set::Dfew, |tree| tree.remove("Clip/clip_224x224/00003")), @"Clip/clip_224x224/00003: is not there");
}

#[test]
fn a_clip_has_an_unknown_expression() {
    insta::assert_snapshot!(said(Set::Ferv39k, |tree| tree.edit("4_setups/All_scenes/train_All.csv", "0001 Happy", "0001 Joy")), @r#"4_setups/All_scenes/train_All.csv:1: the expression is "Joy", expected Angry, Disgust, Fear, Happy, Neutral, Sad, Surprise"#);
}

#[test]
fn a_line_has_no_label() {
    insta::assert_snapshot!(said(Set::Mafw, |tree| tree.edit("Train & Test Set/single/no_caption/set_1/train.txt", "00001.mp4 anger", "00001.mp4")), @"Train & Test Set/single/no_caption/set_1/train.txt:1: the number of fields is 1, expected clip and expression");
}

#[test]
fn many_faults_are_counted_and_not_all_told() {
    let tree = sound(Set::Bp4d);
    let bad: String = (0..300)
        .map(|frame| format!("{frame},x,0,9,1,0\n"))
        .collect();
    tree.text(
        "AUCoding/AU_OCC/F003_T1.csv",
        &format!("0,1,2,3,12,27\n{bad}"),
    );
    let contents = Set::Bp4d.read(tree.root(), Options::default()).unwrap();
    assert_eq!(
        (contents.report.fault_count, contents.report.faults.len()),
        (300, 100)
    );
    assert!(report_told(&contents, tree.root()).ends_with("\nand 200 more\n"));
}

#[test]
fn it_is_an_error_when_nothing_is_left() {
    let tree = sound(Set::Mafw);
    tree.remove("data");
    let error = Set::Mafw.read(tree.root(), Options::default()).unwrap_err();
    assert!(matches!(error, SetError::Nothing { .. }) && !error.is_of_arguments());
    let error = error
        .to_string()
        .replace(&tree.root().display().to_string(), "DIR");
    insta::assert_snapshot!(error, @r"
    nothing of MAFW in DIR can be used:
    DIR/00001: is not there
    DIR/00002: is not there
    DIR/00003: is not there
    ");
}
