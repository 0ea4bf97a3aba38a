//! Disks that are full.

use std::{fs, path::PathBuf, process::Command};

use crate::{
    STEADY,
    common::{
        ledger::Ledger,
        process::{Place, wait_until},
    },
};

/// A small file system of its own, gone with the test.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None`, and a note, where that is not allowed.
    fn mount(at: PathBuf) -> Option<Self> {
        fs::create_dir_all(&at).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
            .arg(&at)
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(at)),
            other => {
                eprintln!("skipped: no small disk can be mounted: {other:?}");
                None
            }
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_stops_no_frames_and_what_is_lost_is_declared() {
    let place = Place::new();
    let Some(disk) = SmallDisk::mount(place.path().join("disk")) else {
        return;
    };
    let records = disk.0.join("records.jsonl");
    let config = format!(
        "{STEADY}[[sinks]]\nname = 'file'\nkind = 'file'\npath = '{}'\nqueue_records = 20\n\
         spool.segment_bytes = 65536\n",
        records.display()
    );
    // The spool shares the disk with the file.
    std::os::unix::fs::symlink(&disk.0, place.path().join("spool")).unwrap();
    let mut daemon = place.run(&config);
    daemon.wait_for_frames("steady", 10);
    let filler = disk.0.join("filler");
    let mut block = vec![0; 2 << 20];
    while !block.is_empty() {
        // As much as fits.
        if fs::write(&filler, &block).is_ok() {
            break;
        }
        block.truncate(block.len() - 4096);
    }
    wait_until("it is told", || {
        daemon
            .get("/sinks/0/last_error")
            .to_string()
            .contains("No space left")
    });
    // More than memory holds.
    daemon.wait_for_frames("steady", 60);
    assert_eq!(daemon.state("steady"), "online");
    fs::remove_file(&filler).unwrap();
    let delivered = daemon.get("/sinks/0/delivered").as_u64().unwrap();
    wait_until("it delivers again", || {
        daemon.get("/sinks/0/delivered").as_u64() > Some(delivered + 20)
    });
    assert!(daemon.is_alive());
    assert!(daemon.stop().0.success());
    let text = fs::read_to_string(&records).unwrap();
    assert!(text.ends_with('\n'));
    let records: Vec<_> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let ledger = Ledger::of(&records, "steady");
    assert_eq!(ledger.undeclared(), [0_u64; 0]);
    assert!(!ledger.gaps.is_empty());
    drop(disk);
}
