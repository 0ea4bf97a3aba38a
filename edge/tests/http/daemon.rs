//! A daemon that runs while a test asks it.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use edge::{
    config::Settings,
    control::{self, Orders},
    daemon::{self, Job, Report},
    fault::Fault,
    http::{self, Server, Site},
    live::Live,
    publish::Target,
    shutdown::Shutdown,
    status::Status,
};
use tempfile::TempDir;

use super::{client::get, common};

/// A running daemon; it stops when this is dropped.
pub(crate) struct Daemon {
    pub(crate) address: SocketAddr,
    pub(crate) folder: TempDir,
    shutdown: Shutdown,
    thread: Option<JoinHandle<Result<Report, Fault>>>,
}

impl Daemon {
    /// Starts with the fixture bundle; `config` ends in the section `[http]`.
    pub(crate) fn start(config: impl FnOnce(&TempDir) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let path = folder.path().join("edge.toml");
        let text = format!("{}listen = '{address}'\n", config(&folder));
        std::fs::write(&path, text).unwrap();
        let job = Job {
            input: None,
            bundle: common::bundle(),
            output: Some(Target::File(folder.path().join("records.jsonl"))),
            annotate: None,
            settings: Settings::load(Some(&path)).unwrap(),
            config: Some(path),
        };
        let shutdown = Shutdown::default();
        let asked = shutdown.clone();
        let thread = std::thread::spawn(move || daemon::run(&job, &asked));
        let daemon = Self {
            address,
            folder,
            shutdown,
            thread: Some(thread),
        };
        wait_for("the daemon is ready", || {
            std::net::TcpStream::connect(address).is_ok()
                && get(address, "/health/ready").status == 200
        });
        daemon
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("edge.toml")
    }

    pub(crate) fn records(&self) -> PathBuf {
        self.folder.path().join("records.jsonl")
    }

    /// Stops it and gives what it did.
    pub(crate) fn stop(&mut self) -> Option<Report> {
        self.shutdown.request();
        let thread = self.thread.take()?;
        Some(thread.join().unwrap().unwrap())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.shutdown.request();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(std::thread::panicking() || ended.is_ok_and(|ended| ended.is_ok()));
        }
    }
}

/// A server with no daemon behind it.
pub(crate) struct Alone {
    pub(crate) server: Server,
    pub(crate) live: Live,
    _orders: Orders,
}

impl Alone {
    /// `config` is of the section `[http]`.
    pub(crate) fn start(config: &str) -> Self {
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = format!("[http]\nlisten = '127.0.0.1:0'\n{config}");
        std::fs::write(file.path(), text).unwrap();
        let settings = Settings::load(Some(file.path())).unwrap();
        let (control, orders) = control::channel();
        let live = Live::default();
        let site = Site {
            status: Status::new(1),
            live: live.clone(),
            control,
            preview: None,
        };
        Self {
            server: http::serve(&settings.http, true, site).unwrap().unwrap(),
            live,
            _orders: orders,
        }
    }
}

/// Waits until something is so.
pub(crate) fn wait_for(what: &str, mut is: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "not in time: {what}"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}
