//! Nothing grows: the program under everything that comes and goes, its memory, open files and threads
//! looked at all the while.
//!
//! A minute here, which finds what leaks per event; `scripts/soak.sh MINUTES` runs the same for hours and
//! keeps the figures.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

mod common;

use std::{
    fmt::Write,
    fs, thread,
    time::{Duration, Instant},
};

use common::{
    process::{Place, free_port, wait_until},
    video,
};

const SECS: &str = "MIEN_SOAK_SECS";
const CSV: &str = "MIEN_SOAK_CSV";
const EVERY: Duration = Duration::from_millis(500);

/// Most growth per second that is no leak. A minute is short: memory settled at 16 KiB/s in the second half
/// of one and at less after, and a source that comes or goes changes files and threads for a moment. What
/// leaks one file or one thread per source, of which one comes and goes per second, is at 1 per second; a
/// frame of the smallest picture here is 87 KiB.
const MOST_RSS_KIB: f64 = 80.0;
const MOST_FILES: f64 = 0.3;
const MOST_THREADS: f64 = 0.3;

/// What the system says of a process.
#[derive(Clone, Copy, Debug)]
struct Sample {
    secs: f64,
    rss_kib: f64,
    files: f64,
    threads: f64,
}

impl Sample {
    fn of(pid: u32, start: Instant) -> Self {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let number = |key: &str| -> f64 {
            let line = status.lines().find_map(|line| line.strip_prefix(key));
            let number = line.and_then(|line| line.split_whitespace().next());
            number.unwrap().parse().unwrap()
        };
        Self {
            secs: start.elapsed().as_secs_f64(),
            rss_kib: number("VmRSS:"),
            threads: number("Threads:"),
            files: fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count() as f64,
        }
    }
}

/// Slope of the least-squares line per second, and its standard error.
fn slope(samples: &[Sample], value: impl Fn(&Sample) -> f64) -> (f64, f64) {
    let count = samples.len() as f64;
    let mean = |of: &dyn Fn(&Sample) -> f64| samples.iter().map(of).sum::<f64>() / count;
    let (mean_x, mean_y) = (mean(&|sample| sample.secs), mean(&value));
    let sum = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
        let terms = samples
            .iter()
            .map(|sample| of(sample.secs - mean_x, value(sample) - mean_y));
        terms.sum()
    };
    let spread = sum(&|x, _| x * x);
    let slope = sum(&|x, y| x * y) / spread;
    let rest = sum(&|x, y| (y - slope * x).powi(2));
    (slope, (rest / (count - 2.0) / spread).sqrt())
}

#[test]
fn the_slope_of_a_line_is_found() {
    let line = |n: u32| Sample {
        secs: f64::from(n),
        rss_kib: 7.0 + 3.0 * f64::from(n),
        files: if n.is_multiple_of(2) { 1.0 } else { -1.0 },
        threads: 4.0,
    };
    let samples: Vec<Sample> = (0..100).map(line).collect();
    let (rise, error) = slope(&samples, |sample| sample.rss_kib);
    assert!((rise - 3.0).abs() < 1e-9 && error < 1e-6);
    let (rise, error) = slope(&samples, |sample| sample.files);
    // Noise of 1 over 100 points a second apart: 1 / sqrt(100^3 / 12).
    assert!(
        rise.abs() < 0.01 && (error - 0.003_46).abs() < 2e-4,
        "{error}"
    );
}

/// Films without end, a camera that is away, and sinks of every kind whose peers are away, with small
/// spools.
fn everything(place: &Place) -> String {
    let mut base = String::new();
    for name in ["one", "two", "three"] {
        let film = video(place.path(), &format!("{name}.mkv"));
        write!(
            base,
            "[[sources]]\nname = '{name}'\ninput = '{}'\nrepeat = true\npaced = true\n",
            film.display()
        )
        .unwrap();
    }
    let [camera, mqtt, nats, tcp] = [(); 4].map(|()| free_port());
    write!(
        base,
        "[[sources]]\nname = 'away'\ninput = 'rtsp://127.0.0.1:{camera}/video'\n"
    )
    .unwrap();
    let spool = "spool.max_bytes = 300000\nspool.segment_bytes = 65536\n";
    for sink in [
        format!("name = 'mqtt'\nkind = 'mqtt'\naddress = '127.0.0.1:{mqtt}'"),
        format!("name = 'nats'\nkind = 'nats'\naddress = '127.0.0.1:{nats}'\nstream = 'mien'"),
        format!("name = 'tcp'\nkind = 'tcp'\naddress = '127.0.0.1:{tcp}'"),
    ] {
        write!(base, "[[sinks]]\n{sink}\n{spool}").unwrap();
    }
    let file = place.join("records.jsonl");
    write!(
        base,
        "[[sinks]]\nname = 'file'\nkind = 'file'\npath = '{file}'\nsync = false\nrotate_bytes = 200000\nkeep_files = 2\n"
    )
    .unwrap();
    base
}

#[test]
fn nothing_grows() {
    let secs: u64 = std::env::var(SECS).map_or(60, |secs| secs.parse().unwrap());
    let mut place = Place::new();
    // One arena: others keep what their threads no longer use, for minutes until each has seen all sizes.
    place.environment = vec![
        ("RUST_LOG", "error".into()),
        ("MALLOC_ARENA_MAX", "1".into()),
    ];
    let base = everything(&place);
    let guest = "[[sources]]\nname = 'guest'\ninput = 'test:'\n";
    let daemon = place.run(&base);
    for source in ["one", "two", "three"] {
        daemon.wait_for_frames(source, 60);
    }
    daemon.wait_for_state("away", "offline");
    let start = Instant::now();
    let mut samples = Vec::new();
    let mut csv = String::from("secs,rss_kib,files,threads\n");
    while start.elapsed() < Duration::from_secs(secs) {
        let comes = samples.len() % 2 == 0;
        place.configure(&format!("{base}{}", if comes { guest } else { "" }));
        daemon.signal("HUP");
        thread::sleep(EVERY);
        assert!(daemon.request("GET", "/metrics", "").is_some());
        if comes {
            wait_until("the guest is there", || daemon.frames("guest") > 0);
        } else {
            wait_until("the guest is gone", || daemon.state("guest") == "none");
        }
        let sample = Sample::of(daemon.process.0.id(), start);
        let Sample {
            secs,
            rss_kib,
            files,
            threads,
        } = sample;
        writeln!(csv, "{secs:.2},{rss_kib},{files},{threads}").unwrap();
        samples.push(sample);
    }
    if let Ok(path) = std::env::var(CSV) {
        fs::write(path, &csv).unwrap();
    }
    let frames = daemon.frames("one");
    let lost = daemon.get("/sinks/0/lost").as_u64().unwrap();
    let (ended, _) = daemon.stop();
    assert!(ended.success(), "{ended}");
    assert!(frames > 10 * secs, "{frames} frames in {secs} s");
    assert!(lost > 0, "the spool was never full");

    let growing = growing(&samples);
    assert!(growing.is_empty(), "{growing:?} grow:\n{csv}");
}

/// What the second half says that grows; prints all slopes.
fn growing(samples: &[Sample]) -> Vec<&'static str> {
    // Those without a guest.
    let without: Vec<Sample> = samples.iter().skip(1).step_by(2).copied().collect();
    let half = &without[without.len() / 2..];
    let mut growing = Vec::new();
    let mut judge = |what, most: f64, value: fn(&Sample) -> f64| {
        let (rise, error) = slope(half, value);
        let last = value(half.last().unwrap());
        println!("{what}: {last}, {rise:+.3} ± {error:.3} per second (at most {most})");
        if rise > most {
            growing.push(what);
        }
    };
    judge("KiB of memory", MOST_RSS_KIB, |sample| sample.rss_kib);
    judge("open files", MOST_FILES, |sample| sample.files);
    judge("threads", MOST_THREADS, |sample| sample.threads);
    growing
}
