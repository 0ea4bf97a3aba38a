//! Where the pictures of a clip go: a folder of numbered PNG files, or an H.264 file.
//!
//! Takes raw RGB frames in order; gives media that exist only when they are whole. H.264 is written
//! by a child process (ffmpeg or GStreamer) that is fed the frames; the same encoder of the same
//! version writes the same bytes.

use std::{
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use super::{
    error::{ClipError, io},
    stamp::clear_times,
};

/// What a clip is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// A folder of PNG files, `frame-00000.png` and so on.
    Pictures,
    /// An MP4 file with H.264.
    Video(Encoder),
}

/// A program that writes H.264.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoder {
    /// `ffmpeg` with libx264.
    Ffmpeg,
    /// `gst-launch-1.0` with x264enc.
    GStreamer,
}

/// Constant quality of x264: 23 is its default, lower is better.
const QUALITY: u32 = 23;

impl Encoder {
    /// The first encoder that works here.
    ///
    /// # Errors
    /// [`ClipError::NoEncoder`].
    pub fn find() -> Result<Self, ClipError> {
        [Self::Ffmpeg, Self::GStreamer]
            .into_iter()
            .find(|encoder| encoder.works())
            .ok_or(ClipError::NoEncoder)
    }

    /// This encoder, if it works here.
    ///
    /// # Errors
    /// [`ClipError::EncoderMissing`].
    pub fn checked(self) -> Result<Self, ClipError> {
        if self.works() {
            return Ok(self);
        }
        Err(ClipError::EncoderMissing {
            program: self.program(),
            needs: match self {
                Self::Ffmpeg => "ffmpeg with libx264",
                Self::GStreamer => "gstreamer1.0-tools and gstreamer1.0-plugins-ugly (x264enc)",
            },
        })
    }

    const fn program(self) -> &'static str {
        match self {
            Self::Ffmpeg => "ffmpeg",
            Self::GStreamer => "gst-launch-1.0",
        }
    }

    fn works(self) -> bool {
        let output = match self {
            Self::Ffmpeg => Command::new("ffmpeg")
                .args(["-hide_banner", "-encoders"])
                .output(),
            Self::GStreamer => Command::new("gst-inspect-1.0")
                .args(["--exists", "x264enc"])
                .output(),
        };
        output.is_ok_and(|output| {
            output.status.success()
                && (self == Self::GStreamer
                    || String::from_utf8_lossy(&output.stdout).contains("libx264 "))
        })
    }

    /// The command that reads raw frames and writes `path`. One thread and no dates: the same
    /// frames give the same bytes.
    fn command(self, path: &Path, [width, height]: [usize; 2], fps: f32) -> Command {
        let mut command = Command::new(self.program());
        match self {
            Self::Ffmpeg => command
                .args([
                    "-loglevel",
                    "error",
                    "-y",
                    "-f",
                    "rawvideo",
                    "-pix_fmt",
                    "rgb24",
                ])
                .args([
                    "-s",
                    &format!("{width}x{height}"),
                    "-r",
                    &fps.to_string(),
                    "-i",
                    "-",
                ])
                .args([
                    "-c:v",
                    "libx264",
                    "-threads",
                    "1",
                    "-crf",
                    &QUALITY.to_string(),
                ])
                .args([
                    "-pix_fmt",
                    "yuv420p",
                    "-bitexact",
                    "-map_metadata",
                    "-1",
                    "-f",
                    "mp4",
                ])
                .arg(path),
            Self::GStreamer => {
                // Rates are fractions there; a thousandth is finer than any camera.
                let rate = (fps * 1000.0).round() as u32;
                let parse = format!(
                    "fdsrc ! rawvideoparse format=rgb width={width} height={height} \
                     framerate={rate}/1000 ! videoconvert ! video/x-raw,format=I420 \
                     ! x264enc threads=1 pass=qual quantizer={QUALITY} ! mp4mux ! filesink"
                );
                let mut location = std::ffi::OsString::from("location=");
                location.push(path);
                command
                    .arg("--quiet")
                    .args(parse.split_whitespace())
                    .arg(location)
            }
        };
        #[cfg(unix)]
        {
            // Ctrl-C is this program's to handle: the child finishes or is ended by it.
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
        }
        command
    }
}

impl Medium {
    /// Name of the media of a clip called `name`.
    #[must_use]
    pub fn file(self, name: &str) -> String {
        match self {
            Self::Pictures => name.to_owned(),
            Self::Video(_) => format!("{name}.mp4"),
        }
    }

    /// Opens the media at `path` for writing.
    pub(super) fn create(
        self,
        path: &Path,
        size: [usize; 2],
        fps: f32,
    ) -> Result<Recording, ClipError> {
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        discard(&partial).map_err(io(&partial))?;
        let sink = match self {
            Self::Pictures => {
                fs::create_dir_all(&partial).map_err(io(&partial))?;
                Sink::Folder { written: 0 }
            }
            Self::Video(encoder) => {
                let child = encoder
                    .command(&partial, size, fps)
                    .stdin(Stdio::piped())
                    .stdout(Stdio::null())
                    .stderr(Stdio::piped())
                    .spawn()
                    .map_err(io(Path::new(encoder.program())))?;
                Sink::Encoder { encoder, child }
            }
        };
        Ok(Recording {
            path: path.to_owned(),
            partial,
            size,
            sink,
            finished: false,
        })
    }

    /// Whether finished media of `frames` frames lie at `path`.
    pub(super) fn is_whole(self, path: &Path, frames: usize) -> bool {
        match self {
            Self::Pictures => fs::read_dir(path).is_ok_and(|entries| entries.count() == frames),
            Self::Video(_) => fs::metadata(path).is_ok_and(|file| file.len() > 0),
        }
    }
}

enum Sink {
    Folder { written: usize },
    Encoder { encoder: Encoder, child: Child },
}

/// Media being written; one that is dropped unfinished leaves nothing behind.
pub(super) struct Recording {
    path: PathBuf,
    partial: PathBuf,
    size: [usize; 2],
    sink: Sink,
    finished: bool,
}

impl Recording {
    /// Adds a frame.
    pub(super) fn push(&mut self, pixels: &[u8]) -> Result<(), ClipError> {
        match &mut self.sink {
            Sink::Folder { written } => {
                let path = self.partial.join(format!("frame-{written:05}.png"));
                *written += 1;
                let [width, height] = self.size.map(|side| side as u32);
                image::save_buffer(&path, pixels, width, height, image::ColorType::Rgb8)
                    .map_err(|source| ClipError::Picture { path, source })
            }
            Sink::Encoder { encoder, child } => {
                let pipe = child.stdin.as_mut();
                if pipe.is_some_and(|pipe| pipe.write_all(pixels).is_ok()) {
                    return Ok(());
                }
                // It hung up: its own words say more than a broken pipe.
                Err(farewell(*encoder, child, &self.path))
            }
        }
    }

    /// Closes the media and gives them their name.
    pub(super) fn finish(mut self) -> Result<(), ClipError> {
        if let Sink::Encoder { encoder, child } = &mut self.sink {
            drop(child.stdin.take());
            let status = child.wait().map_err(io(&self.partial))?;
            if !status.success() {
                return Err(farewell(*encoder, child, &self.path));
            }
            // GStreamer notes the time of day.
            let mut bytes = fs::read(&self.partial).map_err(io(&self.partial))?;
            clear_times(&mut bytes);
            fs::write(&self.partial, bytes).map_err(io(&self.partial))?;
        }
        discard(&self.path).map_err(io(&self.path))?;
        fs::rename(&self.partial, &self.path).map_err(io(&self.path))?;
        self.finished = true;
        Ok(())
    }
}

/// What an encoder says when it gives up.
fn farewell(encoder: Encoder, child: &mut Child, path: &Path) -> ClipError {
    drop(child.stdin.take());
    let mut words = String::new();
    if let Some(stderr) = &mut child.stderr {
        // What cannot be read is not told.
        let _ = stderr.read_to_string(&mut words);
    }
    match child.wait() {
        Ok(status) => ClipError::EncoderFailed {
            program: encoder.program(),
            path: path.to_owned(),
            status,
            message: words.lines().last().unwrap_or("no message").to_owned(),
        },
        Err(source) => io(path)(source),
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        // Nothing more can be done about a child that cannot be ended or a file that cannot be
        // removed.
        if let Sink::Encoder { child, .. } = &mut self.sink {
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = discard(&self.partial);
    }
}

/// Removes a file or a folder if it is there.
fn discard(path: &Path) -> std::io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}
