//! Other programs, and the daemon as one: started, signalled, killed, and gone with the test.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use facs::Record;
use serde_json::Value;
use tempfile::TempDir;

/// Longer than anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

pub(crate) fn wait_until(what: &str, mut is: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < PATIENCE, "waited too long: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// A process that dies with the test.
pub(crate) struct Process(pub(crate) Child);

impl Process {
    /// `None`, and a note, where the program is not installed.
    pub(crate) fn start(program: &str, arguments: &[&str]) -> Option<Self> {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        // Debian puts brokers where only root looks.
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{path}:/usr/sbin:/usr/local/sbin"));
        match command.spawn() {
            Ok(child) => Some(Self(child)),
            Err(error) => {
                eprintln!("skipped: {program} cannot be started: {error}");
                None
            }
        }
    }

    /// `signal`: as in `TERM`.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.0.id().to_string();
        let name = format!("-{signal}");
        let sent = Command::new("kill").args([&name, &pid]).status();
        assert!(sent.unwrap().success(), "SIG{signal} to {pid}");
    }

    /// Kills it at once.
    pub(crate) fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A network camera: `fixtures/rtsp_server.py`.
pub(crate) struct Camera {
    pub(crate) process: Process,
    pub(crate) port: u16,
}

impl Camera {
    /// `None`, and a note, where something is not installed.
    pub(crate) fn start(port: u16, more: &[&str]) -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rtsp_server.py");
        let port_text = port.to_string();
        let mut arguments = vec![script.to_str().unwrap(), port_text.as_str()];
        arguments.extend(more);
        // The system's own Python: others do not see the packages of the distribution.
        let mut process = Process::start("/usr/bin/python3", &arguments)?;
        let mut told = String::new();
        let mut lines = BufReader::new(process.0.stdout.take().unwrap());
        lines.read_line(&mut told).unwrap();
        if told.starts_with("missing") {
            eprintln!("skipped: no RTSP server: {}", told.trim());
            return None;
        }
        assert_eq!(
            told,
            "ready\n",
            "the RTSP server failed: {:?}",
            process.0.wait()
        );
        Some(Self { process, port })
    }

    pub(crate) fn address(&self) -> String {
        format!("rtsp://127.0.0.1:{}/video", self.port)
    }
}

/// What the daemon is started with: a folder of its own and a configuration in it.
pub(crate) struct Place {
    folder: TempDir,
    http: u16,
    pub(crate) bundle: PathBuf,
    pub(crate) environment: Vec<(&'static str, String)>,
}

impl Place {
    /// The fixture bundle; sources come back fast.
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            http: free_port(),
            bundle: super::bundle(),
            environment: vec![("RUST_LOG", "debug".into())],
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn join(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Where [`Self::file_sink`] writes to.
    pub(crate) fn records_path(&self) -> PathBuf {
        self.folder.path().join("records.jsonl")
    }

    pub(crate) fn file_sink(&self) -> String {
        let path = self.join("records.jsonl");
        format!("[[sinks]]\nname = 'file'\nkind = 'file'\npath = '{path}'\nsync = false\n")
    }

    /// Writes the configuration: what all tests share, and `rest`.
    pub(crate) fn configure(&self, rest: &str) {
        let spool = self.join("spool");
        let text = format!(
            "[source]\nstall_secs = 2.0\nreconnect_secs = 0.1\nmax_reconnect_secs = 0.4\n\
             [output]\nspool_folder = '{spool}'\ndrain_secs = 2.0\n\
             [http]\nlisten = '127.0.0.1:{}'\n{rest}",
            self.http
        );
        fs::write(self.folder.path().join("edge.toml"), text).unwrap();
    }

    pub(crate) fn start(&self) -> Daemon {
        let log = self.folder.path().join("daemon.log");
        let to_log = fs::File::options().create(true).append(true).open(&log);
        let child = Command::new(env!("CARGO_BIN_EXE_edge-daemon"))
            .args(["run", "--config", &self.join("edge.toml"), "--bundle"])
            .arg(&self.bundle)
            .envs(self.environment.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(to_log.unwrap())
            .spawn()
            .unwrap();
        Daemon {
            process: Process(child),
            http: self.http,
            log,
        }
    }

    /// Starts it and waits until it answers.
    pub(crate) fn run(&self, rest: &str) -> Daemon {
        self.configure(rest);
        let daemon = self.start();
        wait_until("the daemon answers", || daemon.try_status().is_some());
        daemon
    }

    /// The records of the file sink so far.
    pub(crate) fn records(&self) -> Vec<Record> {
        let text = fs::read_to_string(self.records_path()).unwrap_or_default();
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let lines = text[..whole].lines();
        lines
            .map(|line| {
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
            })
            .collect()
    }
}

/// The daemon.
pub(crate) struct Daemon {
    pub(crate) process: Process,
    http: u16,
    log: PathBuf,
}

impl Daemon {
    /// Asks over HTTP; none while nobody answers.
    pub(crate) fn request(&self, method: &str, path: &str, body: &str) -> Option<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.http)).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    pub(crate) fn try_status(&self) -> Option<Value> {
        let answer = self.request("GET", "/status", "")?;
        let (_, body) = answer.split_once("\r\n\r\n")?;
        serde_json::from_str(body).ok()
    }

    pub(crate) fn status(&self) -> Value {
        self.try_status()
            .unwrap_or_else(|| panic!("the daemon does not answer:\n{}", self.log()))
    }

    /// A number or a text of the status, by its JSON pointer.
    pub(crate) fn get(&self, pointer: &str) -> Value {
        self.status()
            .pointer(pointer)
            .cloned()
            .unwrap_or(Value::Null)
    }

    pub(crate) fn frames(&self, source: &str) -> u64 {
        let frames = self.get(&format!("/sources/{source}/frames"));
        frames.as_u64().unwrap_or(0)
    }

    pub(crate) fn state(&self, source: &str) -> String {
        let state = self.get(&format!("/sources/{source}/state"));
        state.as_str().unwrap_or("none").to_owned()
    }

    pub(crate) fn wait_for_state(&self, source: &str, state: &str) {
        wait_until(&format!("{source} is {state}"), || {
            self.state(source) == state
        });
    }

    /// Waits for so many more frames.
    pub(crate) fn wait_for_frames(&self, source: &str, more: u64) {
        let before = self.frames(source);
        wait_until(&format!("{source} goes on"), || {
            self.frames(source) >= before + more
        });
    }

    pub(crate) fn signal(&self, signal: &str) {
        self.process.signal(signal);
    }

    /// SIGTERM; how it ended, and after what time.
    pub(crate) fn stop(self) -> (ExitStatus, Duration) {
        let asked = Instant::now();
        self.signal("TERM");
        (self.wait(), asked.elapsed())
    }

    /// How it ended.
    pub(crate) fn wait(mut self) -> ExitStatus {
        wait_until("the daemon ends", || {
            self.process.0.try_wait().unwrap().is_some()
        });
        self.process.0.wait().unwrap()
    }

    pub(crate) fn is_alive(&mut self) -> bool {
        self.process.0.try_wait().unwrap().is_none()
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if thread::panicking() {
            let log = self.log();
            let tail: Vec<&str> = log.lines().rev().take(60).collect();
            let tail: Vec<&str> = tail.into_iter().rev().collect();
            eprintln!("the daemon's log ends with:\n{}", tail.join("\n"));
        }
    }
}
