//! Import of a tree in exactly the layout of ICT-FaceKit, made here: the true numbers of vertices and
//! polygons, the true names of files, simple bodies instead of a face.

use std::{f32::consts::TAU, fmt::Write, fs};

use super::{super::tests::assert_same, *};
use crate::head::{Actions, Shape as Posed};

/// Identity modes of the tree.
const MODES: usize = 2;
/// Columns of the grid that the skin of the tree is.
const COLUMNS: usize = 104;
const ROWS: usize = 108;

/// A copy of the repository that is no copy of its content.
struct Tree {
    folder: tempfile::TempDir,
    neutral: Vec<Vec3>,
}

/// Where a landmark of the tree is.
fn landmark(number: usize) -> Vec3 {
    let mirror = |number| landmark(number) * Vec3::new(-1.0, 1.0, 1.0);
    match number {
        0..=7 => Vec3::new(-7.5 + 0.8 * number as f32, 3.5 - 1.4 * number as f32, 4.0),
        8 => Vec3::new(0.0, -7.6, 10.4),
        9..=16 => mirror(16 - number),
        17..=21 => Vec3::new(-5.8 + 1.1 * (number - 17) as f32, 5.5, 9.5),
        22..=26 => mirror(43 - number),
        30 => Vec3::new(0.0, 0.4, 13.0),
        36..=41 => {
            // Outer corner, over the upper lid, inner corner, back along the lower one.
            let (sin, cos) = ((number - 36) as f32 / 6.0 * TAU).sin_cos();
            Vec3::new(-3.2 - 1.3 * cos, 3.5 + 0.4 * sin, 9.2)
        }
        42..=45 => mirror(81 - number),
        46 | 47 => mirror(87 - number),
        48 => Vec3::new(-2.5, -3.5, 10.2),
        54 => mirror(48),
        // The inner rims of the lips, a little apart; all others along the middle of the face.
        61..=63 => Vec3::new(0.0, -3.3, 11.0),
        65..=67 => Vec3::new(0.0, -3.4, 11.0),
        _ => Vec3::new(0.0, 8.0 - 0.2 * number as f32, 11.5),
    }
}

/// Points evenly over a sphere.
fn ball(center: Vec3, radius: f32, count: usize) -> impl Iterator<Item = Vec3> {
    (0..count).map(move |number| {
        let height = 1.0 - (2 * number + 1) as f32 / count as f32;
        let (sin, cos) = (2.4 * number as f32).sin_cos();
        let flat = (1.0 - height * height).sqrt();
        center + radius * Vec3::new(flat * cos, height, flat * sin)
    })
}

/// Six sheets of 19 strips and 6 rows: three on the upper lid, each longer than the last, three on the
/// lower one.
fn lashes(side: f32) -> impl Iterator<Item = (Vec3, [f32; 2])> {
    (0..6).flat_map(move |sheet| {
        (0..6).flat_map(move |row| {
            (0..19).map(move |column| {
                let (along, out) = (column as f32 / 18.0, row as f32 / 5.0);
                let length = 0.5 + 0.1 * (sheet % 3) as f32;
                let height = if sheet < 3 { 4.1 } else { 3.1 };
                let at = Vec3::new(side * (2.0 + 2.5 * along), height, 9.4 + length * out);
                let uv = [8.0 + 0.5 * along, 0.9 - 0.16 * sheet as f32 - 0.14 * out];
                (at, uv)
            })
        })
    })
}

fn neutral() -> Vec<Vec3> {
    let layout = Layout::built_in();
    let mut positions = vec![Vec3::ZERO; layout.vertices];
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            let (sin, cos) = (TAU * column as f32 / COLUMNS as f32).sin_cos();
            let height = -0.98 + 1.96 * row as f32 / (ROWS - 1) as f32;
            let flat = (1.0 - height * height).sqrt();
            let way = Vec3::new(flat * cos, height, flat * sin);
            positions[row * COLUMNS + column] = way * Vec3::new(8.0, 11.0, 9.0);
        }
    }
    for (number, vertex) in layout.landmarks.iter().enumerate() {
        positions[*vertex as usize] = landmark(number);
    }
    for part in &layout.parts[1..] {
        let side = if part.name.ends_with("_l") { 1.0 } else { -1.0 };
        let own = part.vertices.iter();
        let own: Vec<u32> = own.flat_map(|[first, last]| *first..=*last).collect();
        let places: Vec<Vec3> = match part.material {
            Material::Eyeball => ball(Vec3::new(side * 3.1, 3.6, 7.9), 1.5, own.len()).collect(),
            Material::Lashes => lashes(side).map(|(at, _)| at).collect(),
            _ => ball(Vec3::new(0.0, -2.0, 6.0), 0.2, own.len()).collect(),
        };
        for (vertex, place) in own.into_iter().zip(places) {
            positions[vertex as usize] = place;
        }
    }
    positions
}

/// Corners of a polygon of the model, from 0.
fn corners(number: usize) -> Vec<usize> {
    const SKIN: usize = COLUMNS * (ROWS - 1);
    let layout = Layout::built_in();
    if number < SKIN {
        let (row, column) = (number / COLUMNS, number % COLUMNS);
        let at = |row: usize, column: usize| row * COLUMNS + column % COLUMNS;
        return vec![
            at(row, column),
            at(row + 1, column),
            at(row + 1, column + 1),
            at(row, column + 1),
        ];
    }
    let of = |range: &[usize; 2]| (range[0]..=range[1]).contains(&number);
    for part in &layout.parts {
        let Some(place) = part.polygons.iter().position(of) else {
            continue;
        };
        let step = number - part.polygons[place][0];
        let [first, last] = part.vertices[place].map(|vertex| vertex as usize);
        if part.material == Material::Lashes {
            let (sheet, row, column) = (step / 90, step % 90 / 18, step % 18);
            let at = first + sheet * 114 + row * 19 + column;
            return vec![at, at + 1, at + 20, at + 19];
        }
        let count = last - first + 1;
        return [0, 1, 2, 3]
            .map(|corner| first + (step + corner) % count)
            .to_vec();
    }
    // A polygon of a part that is left out.
    vec![26_000, 26_001, 26_002]
}

impl Tree {
    fn new() -> Self {
        let (layout, neutral) = (Layout::built_in(), neutral());
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("FaceXModel")).expect("a folder");
        let tree = Self { folder, neutral };
        let mut text = tree.vertices(|_, at| at);
        let mut uvs = vec![[0.25, 0.75]; layout.vertices];
        for part in layout
            .parts
            .iter()
            .filter(|part| part.material == Material::Lashes)
        {
            for (number, (_, uv)) in lashes(1.0).enumerate() {
                uvs[part.vertices[0][0] as usize + number] = uv;
            }
        }
        for [u, v] in uvs {
            writeln!(text, "vt {u:.6} {v:.6}").expect("text");
        }
        text += "vt 1.5 0.5\n";
        for number in 0..layout.polygons {
            text.push('f');
            for corner in corners(number) {
                // The first polygon lies across a seam of the uv.
                let uv = if number == 0 { layout.vertices } else { corner };
                write!(text, " {}/{}", corner + 1, uv + 1).expect("text");
            }
            text.push('\n');
        }
        tree.write(NEUTRAL, &text);
        let names = layout.expressions.iter().chain(&layout.optional);
        for (number, name) in names.enumerate() {
            let moved = layout.landmarks[number] as usize;
            let text =
                tree.vertices(|vertex, at| at + Vec3::Y * if vertex == moved { 0.5 } else { 0.0 });
            tree.write(&format!("{name}.obj"), &text);
        }
        for mode in 0..MODES {
            let text = tree.vertices(|_, at| at + Vec3::X * 0.125 * (mode + 1) as f32);
            tree.write(&format!("identity{mode:03}.obj"), &text);
        }
        tree
    }

    fn vertices(&self, place: impl Fn(usize, Vec3) -> Vec3) -> String {
        let mut text = "# ICT FaceKit\n\nmtllib ICTFaceModelMaterial.mtl\n".to_owned();
        for (vertex, at) in self.neutral.iter().enumerate() {
            let at = place(vertex, *at);
            writeln!(text, "v {} {} {}", at.x, at.y, at.z).expect("text");
        }
        text
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("FaceXModel").join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file");
    }

    fn import(&self, identities: usize) -> Result<Head, IctError> {
        Head::import_ict(self.folder.path(), identities)
    }

    /// What an import says while `name` is changed.
    fn error_with(&self, name: &str, change: impl Fn(String) -> Option<String>) -> String {
        let text = fs::read_to_string(self.path(name)).expect("a file");
        match change(text.clone()) {
            Some(changed) => self.write(name, &changed),
            None => fs::remove_file(self.path(name)).expect("a file"),
        }
        let error = self.import(MODES).err();
        self.write(name, &text);
        self.words(error)
    }

    fn words(&self, error: Option<IctError>) -> String {
        let folder = self.folder.path().display().to_string();
        error.map_or_else(
            || "no error".into(),
            |error| error.to_string().replace(&folder, "DIR"),
        )
    }
}

fn replace_line(text: &str, line: usize, with: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines[line - 1] = with;
    lines.join("\n")
}

#[test]
fn a_copy_becomes_a_head_that_a_file_keeps() {
    let tree = Tree::new();
    let head = tree.import(MODES).expect("a head");
    insta::assert_snapshot!(head.report(), @r"
    ict_head
      part             material vertices triangles expressions identity
      skin             skin        11252     22288          55        2
      mouth_socket     mouth        2046      4164           0        2
      eye_sockets      mouth         768      1616           0        2
      gums_tongue      mouth        2977      5944           0        2
      teeth            teeth        2948      5948           0        2
      eyeball_l        eyeball       770      1600           1        2
      eyeball_r        eyeball       770      1600           1        2
      eyelashes_l      lashes        228       360           0        2
      eyelashes_r      lashes        228       360           0        2
      all                          21987     43880          55        2
    shapes   51 of the 51 of ARKit that action units use
    shows    all 20 action units
    anatomy  carried in the file
    rights   Copyright (c) 2020 USC Institute for Creative Technologies. MIT licence, see LICENSE of github.com/ICT-VGL/ICT-FaceKit
    ");
    let (layout, skin) = (Layout::built_in(), head.skin());
    for (vertex, at) in skin.positions.iter().enumerate().take(11_248) {
        assert_eq!(*at, tree.neutral[vertex], "vertex {vertex}");
    }
    assert_eq!(
        skin.weld.len(),
        4,
        "the seam doubles the corners of the first polygon"
    );
    let target = |name: &str| head.targets.iter().position(|target| target == name);
    let jaw = target("jawOpen").expect("a target");
    let number = layout.expressions.iter().position(|name| name == "jawOpen");
    let moved = layout.landmarks[number.expect("an expression")];
    assert_eq!(skin.targets[jaw].indices[0], moved);
    assert!((skin.targets[jaw].deltas[0] - Vec3::Y * 0.5).length() < 1e-5);

    let part = |name: &str| head.parts.iter().find(|part| part.name == name);
    let eyeball = part("eyeball_l").expect("an eyeball");
    let blink = &eyeball.targets[target("eyeBlink_L").expect("a target")];
    assert!(
        blink
            .deltas
            .iter()
            .all(|delta| *delta == Vec3::new(0.0, 0.0, -0.18))
    );
    assert!(
        eyeball.targets[target("eyeBlink_R").expect("a target")]
            .indices
            .is_empty()
    );
    let eye = &head.anatomy.eyes[1];
    assert!(
        eye.center.distance(Vec3::new(3.1, 3.6, 7.9)) < 1e-3,
        "{}",
        eye.center
    );
    assert!((eye.identity_centers[1] - Vec3::X * 0.25).length() < 1e-3);
    let lashes = part("eyelashes_r").expect("lashes");
    let tip = lashes.positions.iter().map(|at| at.z).fold(0.0, f32::max);
    assert!((tip - 10.1).abs() < 1e-4, "the longest sheet stays: {tip}");

    let path = tree.folder.path().join("ict_head.glb");
    head.save(&path).expect("a file");
    // Sidecars of a neighbour do not matter to a file that says everything itself.
    fs::write(path.with_file_name("landmarks.json"), "{}").expect("a file");
    let read = Head::load(&path).expect("a head");
    assert_same(&head, &read);
    let (mut a, mut b) = (Posed::default(), Posed::default());
    let actions = Actions::symmetric([0.5; facs::ActionUnit::COUNT]);
    head.shape(&[0.5, -0.5], &actions, &mut a);
    read.shape(&[0.5, -0.5], &actions, &mut b);
    assert_eq!(a.parts[0].positions, b.parts[0].positions);
}

#[test]
fn an_older_copy_without_cheek_raisers_keeps_the_usual_shapes() {
    let tree = Tree::new();
    for name in &Layout::built_in().optional {
        fs::remove_file(tree.path(&format!("{name}.obj"))).expect("a file");
    }
    let head = Head::import_ict(&tree.folder.path().join("FaceXModel"), 0).expect("a head");
    assert_eq!((head.targets.len(), head.identity_modes), (53, 0));
    assert!(head.report().partly.is_empty());
}

#[test]
fn a_broken_copy_is_refused_with_its_place_and_a_way_out() {
    let tree = Tree::new();
    let order = |text: String| {
        // The outer corners of the eyes change places.
        let lines: Vec<&str> = text.lines().collect();
        let [right, left] = [36, 45].map(|n| Layout::built_in().landmarks[n] as usize + 4);
        let swapped = replace_line(&text, right, lines[left - 1]);
        Some(replace_line(&swapped, left, lines[right - 1]))
    };
    let teeth = |text: String| {
        let line = 3 + 2 * 26_719 + 1 + 17_399;
        Some(replace_line(&text, line, "f 17417/1 17418/1 21452/1"))
    };
    let shuffled = |_| {
        let mut text = String::new();
        for at in tree.neutral.iter().rev() {
            writeln!(text, "v {} {} {}", at.x, at.y, at.z).expect("text");
        }
        Some(text)
    };
    let errors = [
        tree.words(Head::import_ict(&tree.folder.path().join("nowhere"), 1).err()),
        tree.words(tree.import(MODES + 1).err()),
        tree.error_with("jawOpen.obj", |_| None),
        tree.error_with("jawOpen.obj", |text| {
            Some(replace_line(&text, 7, "v 1 2 nan"))
        }),
        tree.error_with("jawOpen.obj", |text| {
            Some(replace_line(&text, 7, "v 1 2 three"))
        }),
        tree.error_with("jawOpen.obj", |text| {
            Some(text[..1000].rsplit_once('\n')?.0.into())
        }),
        tree.error_with("identity001.obj", shuffled),
        tree.error_with(NEUTRAL, |text| Some(text.rsplit_once("\nf ")?.0.into())),
        tree.error_with(NEUTRAL, teeth),
        tree.error_with(NEUTRAL, order),
    ];
    insta::assert_snapshot!(errors.join("\n"), @r#"
    DIR/nowhere: neither here nor in FaceXModel is a generic_neutral_mesh.obj: give the folder of your copy of github.com/ICT-VGL/ICT-FaceKit (MIT licence)
    DIR/FaceXModel: 3 identity modes are asked for, the first file missing is identity002.obj: ask for at most 2, or get the whole folder FaceXModel of github.com/ICT-VGL/ICT-FaceKit (MIT licence)
    DIR/FaceXModel: a file is missing: jawOpen.obj: get the whole folder FaceXModel of github.com/ICT-VGL/ICT-FaceKit (MIT licence)
    DIR/FaceXModel/jawOpen.obj:7: "1 2 nan": expected three finite numbers x y z: get the file again from github.com/ICT-VGL/ICT-FaceKit (MIT licence)
    DIR/FaceXModel/jawOpen.obj:7: "1 2 three": expected three finite numbers x y z: get the file again from github.com/ICT-VGL/ICT-FaceKit (MIT licence)
    DIR/FaceXModel/jawOpen.obj: 28 vertices, expected 26719: the file is cut short or of another model; get it again from github.com/ICT-VGL/ICT-FaceKit (MIT licence)
    DIR/FaceXModel/identity001.obj: moves vertex 1 by 18.1 cm: its vertices are in another order than those of generic_neutral_mesh.obj, as when files of two revisions are mixed; get all of them again from github.com/ICT-VGL/ICT-FaceKit (MIT licence)
    DIR/FaceXModel/generic_neutral_mesh.obj: 26383 polygons, expected 26384: the file is cut short or of another model; get it again from github.com/ICT-VGL/ICT-FaceKit (MIT licence)
    DIR/FaceXModel/generic_neutral_mesh.obj:70841: this polygon of "teeth" uses vertex 21451, which belongs to neither it nor the skin: another revision of the model; get the newest from github.com/ICT-VGL/ICT-FaceKit (MIT licence)
    DIR/FaceXModel/generic_neutral_mesh.obj: the landmarks 36 and 45 are not each other's mirror image: the vertices are in another order, as in revisions before that of 2020; get the newest from github.com/ICT-VGL/ICT-FaceKit (MIT licence)
    "#);
}
