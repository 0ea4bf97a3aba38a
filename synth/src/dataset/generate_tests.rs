//! Stopping, going on, harm, parts: with a source that draws numbers.

use facs::Split;

use super::*;

/// Every pixel is the image's number; stops itself after some images.
struct Numbers<'a> {
    stop_at: usize,
    stop: &'a AtomicBool,
}

impl Source for Numbers<'_> {
    fn draw(&self, images: Range<usize>, pixels: &mut [u8]) -> Vec<Sample> {
        let sample = |(index, pixels): (usize, &mut [u8])| {
            pixels.fill(index as u8);
            if index >= self.stop_at {
                self.stop.store(true, Ordering::Relaxed);
            }
            Sample {
                image: index,
                subject: format!("p{}", index % 3),
                domain: "test".into(),
                split: Split::Train,
                action_units: [].into(),
                expression: None,
                faces: Vec::new(),
                look_alikes: Vec::new(),
                provenance: None,
            }
        };
        images.zip(pixels.chunks_mut(768)).map(sample).collect()
    }
}

fn plan(seed: u64) -> Plan {
    Plan {
        kind: DatasetKind::Crops,
        width: 16,
        height: 16,
        images: 1000,
        shard_images: 400,
        origin: serde_json::json!({ "seed": seed }),
    }
}

fn run(folder: &Path, stop_at: usize, threads: usize) -> Result<Outcome, GenerateError> {
    let stop = AtomicBool::new(false);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    pool.install(|| {
        generate(
            &plan(1),
            &Numbers {
                stop_at,
                stop: &stop,
            },
            folder,
            |_| (),
            &stop,
        )
    })
}

fn listing(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into(),
                fs::read(&path).unwrap(),
            )
        })
        .collect();
    files.sort();
    files
}

#[test]
fn a_run_that_was_stopped_ends_like_one_that_was_not() {
    let [straight, resumed] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    assert_eq!(
        run(straight.path(), usize::MAX, 1).unwrap(),
        Outcome::Complete
    );
    assert_eq!(
        run(resumed.path(), 520, 3).unwrap(),
        Outcome::Stopped { images: 400 }
    );
    let names: Vec<String> = listing(resumed.path())
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        names,
        ["shard-00000.note.json", "shard-00000.rgb"],
        "no half files"
    );
    assert_eq!(
        run(resumed.path(), usize::MAX, 3).unwrap(),
        Outcome::Complete
    );
    assert_eq!(listing(straight.path()), listing(resumed.path()));
    let (dataset, samples) = Dataset::load(straight.path()).unwrap();
    assert_eq!(
        (dataset.images(), dataset.shards.len(), samples.len()),
        (1000, 3, 1000)
    );
}

#[test]
fn a_harmed_shard_is_drawn_again_and_a_sound_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), 820, 1).unwrap();
    harm(folder.path());
    let stop = AtomicBool::new(false);
    // Image 550 lies in the harmed shard; without it, the last shard would stop at 800.
    let outcome = generate(
        &plan(1),
        &Numbers {
            stop_at: 550,
            stop: &stop,
        },
        folder.path(),
        |_| (),
        &stop,
    );
    assert_eq!(outcome.unwrap(), Outcome::Stopped { images: 400 });
}

#[test]
fn a_folder_with_another_data_set_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), usize::MAX, 1).unwrap();
    let before = listing(folder.path());
    let stop = AtomicBool::new(false);
    let source = Numbers {
        stop_at: usize::MAX,
        stop: &stop,
    };
    let error = generate(&plan(2), &source, folder.path(), |_| (), &stop).unwrap_err();
    assert!(error.to_string().contains("other settings"), "{error}");
    assert_eq!(
        run(folder.path(), usize::MAX, 1).unwrap(),
        Outcome::Complete
    );
    assert_eq!(listing(folder.path()), before);
}

fn harm(folder: &Path) {
    fs::write(folder.join("shard-00001.rgb"), [1; 400 * 768]).unwrap();
}

#[test]
fn a_whole_data_set_that_was_harmed_is_mended_where_it_was_harmed() {
    let [sound, harmed] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    run(sound.path(), usize::MAX, 1).unwrap();
    run(harmed.path(), usize::MAX, 1).unwrap();
    harm(harmed.path());
    // Any image from 800 on would stop it: the third shard must not be drawn again.
    assert_eq!(run(harmed.path(), 800, 1).unwrap(), Outcome::Complete);
    assert_eq!(listing(sound.path()), listing(harmed.path()));
}

fn run_part(folder: &Path, part: &str, stop_at: usize) -> Result<Outcome, GenerateError> {
    let stop = AtomicBool::new(false);
    let source = Numbers {
        stop_at,
        stop: &stop,
    };
    let mut last = 0;
    let progress = |done| last = done;
    let part: Part = part.parse().unwrap();
    let outcome = generate_part(&plan(1), part, &source, folder, progress, &stop)?;
    if outcome == Outcome::Complete {
        assert_eq!(last, part.images(&plan(1)));
    }
    Ok(outcome)
}

#[test]
fn parts_joined_are_what_one_run_makes() {
    let [straight, parts] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    run(straight.path(), usize::MAX, 1).unwrap();
    assert_eq!(
        run_part(parts.path(), "0/2", 820).unwrap(),
        Outcome::Stopped { images: 400 }
    );
    let error = join(&plan(1), parts.path(), |_| ())
        .unwrap_err()
        .to_string();
    assert!(error.contains("shards 1, 2 of 3"), "{error}");
    for part in ["1/2", "0/2", "7/9"] {
        assert_eq!(
            run_part(parts.path(), part, usize::MAX).unwrap(),
            Outcome::Complete
        );
    }
    join(&plan(1), parts.path(), |_| ()).unwrap();
    assert_eq!(listing(straight.path()), listing(parts.path()));
    // Nothing is left to do: neither call draws, and both are content.
    join(&plan(1), parts.path(), |_| ()).unwrap();
    assert_eq!(run_part(parts.path(), "1/2", 0).unwrap(), Outcome::Complete);
    assert_eq!(listing(straight.path()), listing(parts.path()));
}

#[test]
fn a_harmed_part_is_drawn_again_after_the_join() {
    let [sound, harmed] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    run(sound.path(), usize::MAX, 1).unwrap();
    run(harmed.path(), usize::MAX, 1).unwrap();
    harm(harmed.path());
    let error = join(&plan(1), harmed.path(), |_| ())
        .unwrap_err()
        .to_string();
    assert!(error.contains("shards 1 of 3"), "{error}");
    assert_eq!(
        run_part(harmed.path(), "1/3", usize::MAX).unwrap(),
        Outcome::Complete
    );
    join(&plan(1), harmed.path(), |_| ()).unwrap();
    assert_eq!(listing(sound.path()), listing(harmed.path()));
}

#[test]
fn shards_that_were_cut_short_or_lost_are_drawn_again() {
    let [sound, harmed] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    run(sound.path(), usize::MAX, 1).unwrap();
    run(harmed.path(), usize::MAX, 1).unwrap();
    fs::write(harmed.path().join("shard-00001.rgb"), [1; 40]).unwrap();
    fs::remove_file(harmed.path().join("shard-00002.rgb")).unwrap();
    assert_eq!(
        run(harmed.path(), usize::MAX, 1).unwrap(),
        Outcome::Complete
    );
    assert_eq!(listing(sound.path()), listing(harmed.path()));
}

#[test]
fn jobs_mend_a_data_set_at_the_same_time() {
    let [sound, harmed] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    run(sound.path(), usize::MAX, 1).unwrap();
    for _ in 0..20 {
        run(harmed.path(), usize::MAX, 1).unwrap();
        // Two of the jobs find something to mend, the third shard is sound.
        harm(harmed.path());
        fs::write(harmed.path().join("shard-00000.rgb"), [1; 40]).unwrap();
        std::thread::scope(|scope| {
            for part in ["0/3", "1/3", "2/3"] {
                let folder = harmed.path();
                scope.spawn(move || run_part(folder, part, usize::MAX).unwrap());
            }
        });
        join(&plan(1), harmed.path(), |_| ()).unwrap();
        assert_eq!(listing(sound.path()), listing(harmed.path()));
    }
}

#[test]
fn a_data_set_that_cannot_be_read_is_left_alone_and_the_reason_told() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), usize::MAX, 1).unwrap();
    fs::write(folder.path().join("samples.jsonl"), "{}\n").unwrap();
    let before = listing(folder.path());
    let error = run(folder.path(), usize::MAX, 1).unwrap_err().to_string();
    assert!(error.contains("samples.jsonl:1: missing field"), "{error}");
    assert_eq!(listing(folder.path()), before);
}
