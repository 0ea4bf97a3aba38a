//! What each loader reads from a sound tree.

use facs::Split;

use super::{
    super::{Contents, Options, Set, SetError},
    told,
    trees::{Tree, sound},
};

#[test]
fn bp4d() {
    insta::assert_snapshot!(told(Set::Bp4d, &sound(Set::Bp4d)), @r"
    rows                     4   4 pictures
    recordings               2
    subjects                 2
    training                 2   of 1 subjects
    test                     2   of 1 subjects
    landmarks                0   rows have landmarks of the set's own
    not on disk              0
    left out                 2   no unit coded
    faults                   0

    unit              labelled      active     rate
    AU01                     4           2   50.0 %
    AU02                     2           0    0.0 %
    AU12                     4           2   50.0 %

    F001/T1/2440.jpg bp4d-F001 Test video F001_T1 fold 1 +1 -2 +12=3
    F001/T1/2441.jpg bp4d-F001 Test video F001_T1 fold 1 -1 -12=0
    F003/T1/2440.jpg bp4d-F003 Train video F003_T1 fold 2 +1 -2 +12
    F003/T1/2441.jpg bp4d-F003 Train video F003_T1 fold 2 -1 -12
    ");
}

#[test]
fn bp4d_plus() {
    insta::assert_snapshot!(told(Set::Bp4dPlus, &sound(Set::Bp4dPlus)), @r"
    rows                     4   4 pictures
    recordings               2
    subjects                 2
    training                 2   of 1 subjects
    test                     2   of 1 subjects
    landmarks                0   rows have landmarks of the set's own
    not on disk              0
    faults                   0

    unit              labelled      active     rate
    AU01                     4           2   50.0 %
    AU12                     4           2   50.0 %

    2D+3D/F006/T7/0001.jpg bp4d-plus-F006 Test video F006_T7 fold 1 +1 -12
    2D+3D/F006/T7/0002.jpg bp4d-plus-F006 Test video F006_T7 fold 1 -1 +12
    2D+3D/F046/T7/0001.jpg bp4d-plus-F046 Train video F046_T7 fold 2 +1 -12
    2D+3D/F046/T7/0002.jpg bp4d-plus-F046 Train video F046_T7 fold 2 -1 +12
    ");
}

#[test]
fn disfa() {
    insta::assert_snapshot!(told(Set::Disfa, &sound(Set::Disfa)), @r"
    rows                     6   3 frames of video files, 3 pictures
    recordings               2
    subjects                 2
    training                 3   of 1 subjects
    test                     3   of 1 subjects
    landmarks                0   rows have landmarks of the set's own
    not on disk              0
    faults                   0

    unit              labelled      active     rate
    AU01                     6           2   33.3 %
    AU02                     6           0    0.0 %
    AU04                     6           0    0.0 %
    AU05                     6           0    0.0 %
    AU06                     6           0    0.0 %
    AU09                     6           0    0.0 %
    AU12                     6           2   33.3 %
    AU15                     6           0    0.0 %
    AU17                     6           0    0.0 %
    AU20                     6           0    0.0 %
    AU25                     6           0    0.0 %
    AU26                     6           0    0.0 %

    frames/LeftVideoSN001_comp/00001.png disfa-SN001 Test video SN001 fold 1 -1=0 -2=0 -4=0 -5=0 -6=0 -9=0 +12=5 -15=0 -17=0 -20=0 -25=0 -26=0
    frames/LeftVideoSN001_comp/00002.png disfa-SN001 Test video SN001 fold 1 -1=1 -2=0 -4=0 -5=0 -6=0 -9=0 -12=0 -15=0 -17=0 -20=0 -25=0 -26=0
    frames/LeftVideoSN001_comp/00003.png disfa-SN001 Test video SN001 fold 1 +1=2 -2=0 -4=0 -5=0 -6=0 -9=0 -12=0 -15=0 -17=0 -20=0 -25=0 -26=0
    Videos_LeftCamera/LeftVideoSN003_comp.avi #1 disfa-SN003 Train video SN003 fold 3 -1=0 -2=0 -4=0 -5=0 -6=0 -9=0 +12=5 -15=0 -17=0 -20=0 -25=0 -26=0
    Videos_LeftCamera/LeftVideoSN003_comp.avi #2 disfa-SN003 Train video SN003 fold 3 -1=1 -2=0 -4=0 -5=0 -6=0 -9=0 -12=0 -15=0 -17=0 -20=0 -25=0 -26=0
    Videos_LeftCamera/LeftVideoSN003_comp.avi #3 disfa-SN003 Train video SN003 fold 3 +1=2 -2=0 -4=0 -5=0 -6=0 -9=0 -12=0 -15=0 -17=0 -20=0 -25=0 -26=0
    ");
}

#[test]
fn gft() {
    insta::assert_snapshot!(told(Set::Gft, &sound(Set::Gft)), @r"
    rows                     4   2 frames of video files, 2 pictures
    recordings               2
    subjects                 2
    training                 2   of 1 subjects
    test                     2   of 1 subjects
    landmarks                0   rows have landmarks of the set's own
    not on disk              0
    left out                 2   no unit coded
    faults                   0

    unit              labelled      active     rate
    AU01                     4           2   50.0 %
    AU12                     2           2  100.0 %

    images/001A/1.jpg gft-001A Train video 001A -1 +12=4
    images/001A/3.jpg gft-001A Train video 001A +1
    videos/005C.mp4 #1 gft-005C Test video 005C -1 +12
    videos/005C.mp4 #3 gft-005C Test video 005C +1
    ");
}

#[test]
fn emotionet() {
    insta::assert_snapshot!(told(Set::EmotioNet, &sound(Set::EmotioNet)), @r"
    rows                     3   3 pictures
    training                 2
    test                     1
    landmarks                0   rows have landmarks of the set's own
    not on disk              1
    faults                   0

    unit              labelled      active     rate
    AU01                     2           1   50.0 %
    AU02                     2           0    0.0 %
    AU04                     2           0    0.0 %
    AU05                     2           0    0.0 %
    AU06                     2           0    0.0 %
    AU09                     1           0    0.0 %
    AU12                     2           1   50.0 %
    AU17                     2           0    0.0 %
    AU20                     2           0    0.0 %
    AU25                     2           1   50.0 %
    AU26                     2           0    0.0 %
    AU43                     3           0    0.0 %

    images/N_0000000001/N_0000000001_00001.jpg emotionet-N_0000000001_00001 Train -1 -2 -4 -5 -6 +12 -17 -20 +25 -26 -43
    images/N_0000000001/N_0000000001_00002.jpg emotionet-N_0000000001_00002 Train -43
    images/N_0000000001/N_0000000001_00004.jpg emotionet-N_0000000001_00004 Test +1 -2 -4 -5 -6 -9 -12 -17 -20 -25 -26 -43
    images/N_0000000001/N_0000000001_00003.jpg: is not there
    ");
}

#[test]
fn emotionet_as_a_sheet() {
    let tree = Tree::new();
    let lines =
        "URL,URL_orig,'AU 1','AU 12','AU 51'\nhttps://host/Images/N_01/N_01_00007.jpg',x,999,1,0\n";
    tree.text("emotionet_facs_24600.csv", lines);
    tree.picture("img/N_01_00007.jpg");
    let told = told(Set::detect(tree.root()).unwrap(), &tree);
    insta::assert_snapshot!(told.lines().last().unwrap(), @"img/N_01_00007.jpg emotionet-N_01_00007 Train +12");
}

#[test]
fn aff_wild2_units() {
    insta::assert_snapshot!(told(Set::AffWild2Au, &sound(Set::AffWild2Au)), @r"
    rows                     2   2 pictures
    recordings               2
    training                 1
    test                     1
    landmarks                0   rows have landmarks of the set's own
    not on disk              2
    left out                 2   no unit coded
    faults                   0

    unit              labelled      active     rate
    AU01                     2           2  100.0 %
    AU02                     2           0    0.0 %
    AU04                     2           0    0.0 %
    AU06                     2           2  100.0 %
    AU07                     2           0    0.0 %
    AU10                     2           0    0.0 %
    AU12                     2           2  100.0 %
    AU15                     2           0    0.0 %
    AU23                     2           0    0.0 %
    AU24                     2           0    0.0 %
    AU25                     2           2  100.0 %
    AU26                     2           0    0.0 %

    cropped_aligned/video1/00001.jpg aff-wild2-video1 Train video video1 +1 -2 -4 +6 -7 -10 +12 -15 -23 -24 +25 -26
    cropped_aligned/10-60-1280x720_right/00001.jpg aff-wild2-10-60-1280x720_right Test video 10-60-1280x720_right +1 -2 -4 +6 -7 -10 +12 -15 -23 -24 +25 -26
    cropped_aligned/video1/00003.jpg: is not there
    cropped_aligned/10-60-1280x720_right/00003.jpg: is not there
    ");
}

#[test]
fn aff_wild2_expressions() {
    insta::assert_snapshot!(told(Set::AffWild2Expression, &sound(Set::AffWild2Expression)), @r"
    rows                     2   2 pictures
    recordings               2
    training                 1
    test                     1
    landmarks                0   rows have landmarks of the set's own
    not on disk              0
    left out                 2   expression Other
    left out                 2   no expression coded
    faults                   0

    expression            rows                share
    happiness                2              100.0 %

    cropped_aligned/video1/00001.jpg aff-wild2-video1 Train video video1 happiness
    cropped_aligned/video2_left/00001.jpg aff-wild2-video2_left Test video video2_left happiness
    ");
}

#[test]
fn raf_db() {
    insta::assert_snapshot!(told(Set::RafDb, &sound(Set::RafDb)), @r"
    rows                     3   3 pictures
    training                 2
    test                     1
    landmarks                2   rows have landmarks of the set's own
    not on disk              0
    faults                   0

    expression            rows                share
    neutral                  1               33.3 %
    happiness                1               33.3 %
    sadness                  1               33.3 %

    basic/Image/original/train_00001.jpg raf-db-train_00001 Train sadness eyes [18.0, 10.0] [30.0, 10.0] box 12.5 4 24 24
    basic/Image/aligned/train_00002_aligned.jpg raf-db-train_00002 Train neutral
    basic/Image/original/test_0001.jpg raf-db-test_0001 Test happiness eyes [18.0, 10.0] [30.0, 10.0] box 12.5 4 24 24
    ");
}

#[test]
fn affectnet() {
    insta::assert_snapshot!(told(Set::AffectNet, &sound(Set::AffectNet)), @r"
    rows                     3   3 pictures
    training                 1
    test                     2
    landmarks                3   rows have landmarks of the set's own
    not on disk              0
    left out                 1   expression Uncertain
    faults                   0

    expression            rows                share
    happiness                1               33.3 %
    anger                    1               33.3 %
    contempt                 1               33.3 %

    Manually_Annotated_Images/1/a.jpg affectnet-1/a Train happiness eyes [18.0, 10.0] [30.0, 10.0] box 10 2 28 28
    Manually_Annotated_Images/2/c.png affectnet-2/c Test contempt eyes [18.0, 10.0] [30.0, 10.0] box 10 2 28 28
    val_set/images/7.jpg affectnet-val_set-7 Test anger eyes [18.0, 10.0] [30.0, 10.0]
    ");
}

#[test]
fn dfew() {
    insta::assert_snapshot!(told(Set::Dfew, &sound(Set::Dfew)), @r"
    rows                     3   2 clips as frames, 1 clips as video files
    training                 2
    test                     1
    landmarks                0   rows have landmarks of the set's own
    not on disk              0
    faults                   0

    expression            rows                share
    neutral                  1               33.3 %
    happiness                1               33.3 %
    fear                     1               33.3 %

    Clip/clip_224x224/00001/ of 4 dfew-00001 Train happiness
    Clip/original/00002.mp4 dfew-00002 Train fear
    Clip/clip_224x224/00003/ of 4 dfew-00003 Test fold 1 neutral
    ");
}

#[test]
fn ferv39k() {
    insta::assert_snapshot!(told(Set::Ferv39k, &sound(Set::Ferv39k)), @r"
    rows                     3   3 clips as frames
    training                 2
    test                     1
    landmarks                0   rows have landmarks of the set's own
    not on disk              0
    faults                   0

    expression            rows                share
    neutral                  1               33.3 %
    happiness                1               33.3 %
    anger                    1               33.3 %

    2_ClipsforFaceCrop/Action/Happy/0001/ of 2 ferv39k-Action/Happy/0001 Train happiness
    2_ClipsforFaceCrop/War/Angry/0002/ of 2 ferv39k-War/Angry/0002 Train anger
    2_ClipsforFaceCrop/Action/Neutral/0003/ of 2 ferv39k-Action/Neutral/0003 Test neutral
    ");
}

#[test]
fn mafw() {
    insta::assert_snapshot!(told(Set::Mafw, &sound(Set::Mafw)), @r"
    rows                     3   1 clips as frames, 2 clips as video files
    training                 2
    test                     1
    landmarks                0   rows have landmarks of the set's own
    not on disk              0
    faults                   0

    expression            rows                share
    anger                    1               33.3 %
    contempt                 1               33.3 %
    helplessness             1               33.3 %

    data/clips/00001.mp4 mafw-00001 Train anger
    data/clips/00002.mp4 mafw-00002 Train helplessness
    data/frames/00003/ of 2 mafw-00003 Test fold 1 contempt
    ");
}

#[test]
fn every_set_is_known_by_its_layout() {
    for set in Set::ALL {
        assert_eq!(Set::detect(sound(set).root()).unwrap(), set);
        assert_eq!(set.name().parse(), Ok(set));
    }
    assert!("ck+".parse::<Set>().is_err());
}

#[test]
fn a_sound_tree_has_no_faults() {
    for set in Set::ALL {
        let contents = set.read(sound(set).root(), Options::default()).unwrap();
        assert!(!contents.is_faulty(), "{set}: {}", contents.report);
    }
}

fn tested(contents: &Contents) -> Vec<&str> {
    let rows = contents.rows.iter().filter(|row| row.split == Split::Test);
    let mut names: Vec<&str> = rows.map(|row| row.subject.as_str()).collect();
    names.dedup();
    names
}

#[test]
fn a_fold_is_tested_on_its_part() {
    let tree = sound(Set::Disfa);
    let read = |fold| Set::Disfa.read(tree.root(), Options { fold, every: 1 });
    assert_eq!(tested(&read(1).unwrap()), ["disfa-SN001"]);
    assert_eq!(tested(&read(2).unwrap()), [""; 0]);
    assert_eq!(tested(&read(3).unwrap()), ["disfa-SN003"]);
    insta::assert_snapshot!(read(4).unwrap_err(), @"DISFA has folds 1 to 3, there is no fold 4");
    let tree = sound(Set::Dfew);
    let contents = Set::Dfew
        .read(tree.root(), Options { fold: 2, every: 1 })
        .unwrap();
    assert_eq!(tested(&contents), ["dfew-00001", "dfew-00002"]);
}

#[test]
fn every_nth_frame_thins_recordings_out() {
    let tree = sound(Set::Disfa);
    let contents = Set::Disfa
        .read(tree.root(), Options { fold: 1, every: 2 })
        .unwrap();
    assert_eq!(contents.rows.len(), 2, "frame 2 of both recordings");
}

#[test]
fn subjects_that_are_held_out_take_all_their_rows_along() {
    let tree = sound(Set::Gft);
    tree.text("test.txt", "032A\n");
    let mut contents = Set::Gft.read(tree.root(), Options::default()).unwrap();
    assert!(contents.rows.iter().all(|row| row.split == Split::Train));
    contents.hold_out(0.0);
    assert!(contents.rows.iter().all(|row| row.split == Split::Train));
    contents.hold_out(0.5);
    let of = |split| {
        let rows = contents.rows.iter().filter(move |row| row.split == split);
        rows.map(|row| row.subject.as_str())
            .collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(
        (of(Split::Train).len(), of(Split::Validation).len()),
        (1, 1)
    );
    assert!(of(Split::Train).is_disjoint(&of(Split::Validation)));
    contents.hold_out(1.0);
    let training = contents.rows.iter().filter(|row| row.split == Split::Train);
    assert!(training.count() > 0, "somebody stays");
}

#[test]
fn a_folder_of_two_tracks_must_be_named() {
    let tree = sound(Set::AffWild2Au);
    tree.text("EXPR_Classification_Challenge/Train_Set/a.txt", "");
    let error = Set::detect(tree.root()).unwrap_err();
    assert!(matches!(error, SetError::Several { .. }) && error.is_of_arguments());
    let error = error
        .to_string()
        .replace(&tree.root().display().to_string(), "DIR");
    insta::assert_snapshot!(error, @"DIR can be read as aff-wild2-au and as aff-wild2-expression: name one");
}

#[test]
fn a_folder_of_something_else_says_what_is_missing_and_where_to_ask() {
    let tree = Tree::new();
    let told = |error: SetError| {
        error
            .to_string()
            .replace(&tree.root().display().to_string(), "DIR")
    };
    insta::assert_snapshot!(told(Set::detect(tree.root()).unwrap_err()), @"DIR holds no data set that is known by its layout; name one to learn what is missing: bp4d, bp4d-plus, disfa, gft, emotionet, aff-wild2-au, aff-wild2-expression, raf-db, affectnet, dfew, ferv39k, mafw");
    let error = Set::Disfa
        .read(tree.root(), Options::default())
        .unwrap_err();
    assert!(error.is_of_arguments());
    insta::assert_snapshot!(told(error), @r"
    DIR does not hold DISFA: ActionUnit_Labels/SN001/ is not there

    expected in this folder:
      ActionUnit_Labels/SN001/SN001_au1.txt        frame, intensity 0 to 5; one file per unit
      Videos_LeftCamera/LeftVideoSN001_comp.avi    the video, frame 1 first
      frames/LeftVideoSN001_comp/00001.jpg         its frames once they are extracted

    DISFA is to be asked for at http://mohammadmahoor.com/disfa-contact-form/
    ");
    insta::assert_snapshot!(told(Set::detect(&tree.root().join("x")).unwrap_err()), @"DIR/x is no folder");
    for set in Set::ALL {
        let error = told(set.read(tree.root(), Options::default()).unwrap_err());
        assert!(
            error.contains(set.about().layout) && error.contains(set.about().ask),
            "{error}"
        );
    }
}
