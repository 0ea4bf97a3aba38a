//! Small pictures of the sources, for whoever may see them.
//!
//! Takes frames from the flow, which copies one only while somebody waits for it; gives JPEGs that a
//! thread of its own makes, a few per second and source. Where `http.preview` is false there is no such
//! thing, and no pixel leaves.

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use align::{Chroma, Plane, RgbView, View, YuvColor, YuvView};
use bytes::Bytes;
use image::{RgbImage, codecs::jpeg::JpegEncoder, imageops::FilterType};
use tokio::sync::oneshot;

/// Widest picture, in pixels.
const MOST_WIDTH: u32 = 960;
/// Of JPEG, of 100.
const QUALITY: u8 = 72;
/// A picture is good for so long: at most five a second are made of a source.
const FRESH: Duration = Duration::from_millis(200);

/// Where pictures are asked for and frames offered.
#[derive(Clone, Debug)]
pub struct Preview {
    desk: Arc<Desk>,
    copies: SyncSender<Copy>,
}

/// A picture of one frame.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Number of the frame.
    pub sequence: u64,
    /// At most `MOST_WIDTH` pixels wide.
    pub jpeg: Bytes,
}

/// What is waited for, and what was made.
#[derive(Debug, Default)]
struct Desk {
    /// Whether anybody waits for any source: all that the flow looks at otherwise.
    asked: AtomicBool,
    sources: Mutex<BTreeMap<String, Slot>>,
}

#[derive(Debug, Default)]
struct Slot {
    waiting: Vec<oneshot::Sender<Picture>>,
    /// A frame of it is on its way.
    copied: bool,
    last: Option<(Instant, Picture)>,
}

/// A frame on its way.
#[derive(Debug)]
struct Copy {
    source: String,
    sequence: u64,
    pixels: Pixels,
}

/// A frame as the decoder left it: what takes longer than a copy is not done on the flow's thread.
#[derive(Debug)]
struct Pixels {
    width: usize,
    height: usize,
    /// Bytes and stride of each plane: one for RGB, two for NV12, three for I420.
    planes: Vec<(Vec<u8>, usize)>,
    color: Option<YuvColor>,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Slot>> {
        // Every change leaves the slots whole.
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    /// Whether a frame would be of use.
    fn is_asked(&self) -> bool {
        !self.copied && self.waiting.iter().any(|waiting| !waiting.is_closed())
    }
}

impl Preview {
    /// Starts the thread that makes pictures; it ends with the last `Preview`.
    ///
    /// # Errors
    /// The system's reason, when there can be no thread.
    pub fn start() -> io::Result<Self> {
        let desk = Arc::new(Desk::default());
        let (copies, arriving) = sync_channel(1);
        let makers_desk = Arc::clone(&desk);
        thread::Builder::new()
            .name("preview".into())
            .spawn(move || make(&makers_desk, &arriving))?;
        Ok(Self { desk, copies })
    }

    /// Whether somebody waits for a frame of this source. One atomic read while nobody waits.
    #[must_use]
    pub fn wants(&self, source: &str) -> bool {
        self.desk.asked.load(Ordering::Relaxed)
            && self.desk.lock().get(source).is_some_and(Slot::is_asked)
    }

    /// Copies a frame for whoever waits; frames that come while the thread is busy are not taken.
    pub fn offer(&self, source: &str, sequence: u64, view: &View<'_>) {
        let copy = Copy {
            source: source.into(),
            sequence,
            pixels: Pixels::copy(view),
        };
        let mut sources = self.desk.lock();
        if let Some(slot) = sources.get_mut(source) {
            slot.copied = self.copies.try_send(copy).is_ok();
        }
    }

    /// The newest picture of a source, once there is one; none when the run ends. Whoever stops waiting
    /// is forgotten.
    pub async fn picture(&self, source: &str) -> Option<Picture> {
        let waiting = {
            let mut sources = self.desk.lock();
            let slot = sources.entry(source.into()).or_default();
            if let Some((at, picture)) = &slot.last
                && at.elapsed() < FRESH
            {
                return Some(picture.clone());
            }
            let (sender, waiting) = oneshot::channel();
            slot.waiting.retain(|other| !other.is_closed());
            slot.waiting.push(sender);
            self.desk.asked.store(true, Ordering::Relaxed);
            waiting
        };
        waiting.await.ok()
    }
}

/// The thread.
fn make(desk: &Desk, copies: &Receiver<Copy>) {
    for copy in copies {
        let jpeg = copy.pixels.rgb().and_then(|rgb| jpeg(&rgb));
        let mut sources = desk.lock();
        if let Some(slot) = sources.get_mut(&copy.source) {
            slot.copied = false;
            if let Some(jpeg) = jpeg {
                let sequence = copy.sequence;
                let picture = Picture { sequence, jpeg };
                for waiting in slot.waiting.drain(..) {
                    // Whoever waited may have gone.
                    let _ = waiting.send(picture.clone());
                }
                slot.last = Some((Instant::now(), picture));
            }
        }
        // Pictures that nobody has come back for are not kept.
        sources.retain(|_, slot| {
            slot.is_asked()
                || slot.copied
                || slot
                    .last
                    .as_ref()
                    .is_some_and(|(at, _)| at.elapsed() < FRESH)
        });
        desk.asked
            .store(sources.values().any(Slot::is_asked), Ordering::Relaxed);
    }
}

impl Pixels {
    fn copy(view: &View<'_>) -> Self {
        let owned = |plane: Plane<'_>| (plane.data.to_vec(), plane.stride);
        let (planes, color) = match view {
            View::Rgb(rgb) => (vec![(rgb.data().to_vec(), rgb.stride())], None),
            View::Yuv(yuv) => {
                let luma = owned(yuv.luma());
                let planes = match yuv.chroma() {
                    Chroma::Planar { cb, cr } => vec![luma, owned(cb), owned(cr)],
                    Chroma::SemiPlanar(plane) => vec![luma, owned(plane)],
                };
                (planes, Some(yuv.color()))
            }
        };
        Self {
            width: view.width(),
            height: view.height(),
            planes,
            color,
        }
    }

    fn rgb(&self) -> Option<RgbImage> {
        let (width, height) = (self.width, self.height);
        let plane = |number: usize| {
            let (data, stride) = &self.planes[number];
            Plane {
                data,
                stride: *stride,
            }
        };
        let view = match self.color {
            None => {
                let Plane { data, stride } = plane(0);
                View::from(RgbView::new(data, width, height, stride).ok()?)
            }
            Some(color) => {
                let chroma = if self.planes.len() == 3 {
                    let (cb, cr) = (plane(1), plane(2));
                    Chroma::Planar { cb, cr }
                } else {
                    Chroma::SemiPlanar(plane(1))
                };
                View::from(YuvView::new(width, height, plane(0), chroma, color).ok()?)
            }
        };
        let mut rgb = Vec::new();
        view.copy_rgb(&mut rgb);
        RgbImage::from_raw(width as u32, height as u32, rgb)
    }
}

/// Scaled down and encoded; none for what cannot be a JPEG.
fn jpeg(picture: &RgbImage) -> Option<Bytes> {
    let (width, height) = picture.dimensions();
    let scaled = (width > MOST_WIDTH).then(|| {
        let height = (height * MOST_WIDTH / width).max(1);
        image::imageops::resize(picture, MOST_WIDTH, height, FilterType::Triangle)
    });
    let mut jpeg = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut jpeg, QUALITY);
    let picture = scaled.as_ref().unwrap_or(picture);
    picture.write_with_encoder(encoder).ok()?;
    Some(jpeg.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use align::{ChromaSiting, YuvMatrix};
    use std::{future::Future, pin::pin, task};

    #[test]
    fn frames_are_copied_only_while_somebody_waits_and_a_few_times_a_second() {
        let preview = Preview::start().unwrap();
        assert!(!preview.wants("door"));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let ask = async {
            let mut asked = pin!(preview.picture("door"));
            let mut context = task::Context::from_waker(task::Waker::noop());
            assert!(asked.as_mut().poll(&mut context).is_pending());
            assert!(preview.wants("door") && !preview.wants("hall"));
            let bytes = vec![200; 2000 * 500 * 3];
            let view = RgbView::new(&bytes, 2000, 500, 6000).unwrap();
            preview.offer("door", 7, &view.into());
            let picture = asked.await.unwrap();
            // One that was made just now is good enough.
            let again = preview.picture("door").await.unwrap();
            assert_eq!((picture.sequence, again.sequence), (7, 7));
            picture.jpeg
        };
        let jpeg = runtime.block_on(ask);
        let picture = image::load_from_memory(&jpeg).unwrap().to_rgb8();
        assert_eq!(picture.dimensions(), (960, 240));
        assert!(picture.pixels().all(|pixel| pixel.0[0].abs_diff(200) < 4));
        assert!(!preview.wants("door"));
    }

    #[test]
    fn whoever_stops_waiting_is_forgotten() {
        let preview = Preview::start().unwrap();
        {
            let mut asked = pin!(preview.picture("door"));
            let mut context = task::Context::from_waker(task::Waker::noop());
            assert!(asked.as_mut().poll(&mut context).is_pending());
        }
        assert!(!preview.wants("door"));
    }

    #[test]
    fn frames_of_any_kind_keep_their_pixels() {
        let luma: Vec<u8> = (0..16 * 8).collect();
        let plane = |data, stride| Plane { data, stride };
        let chroma = [90; 64];
        for chroma in [
            Chroma::SemiPlanar(plane(&chroma, 16)),
            Chroma::Planar {
                cb: plane(&chroma, 8),
                cr: plane(&chroma, 8),
            },
        ] {
            let color = YuvColor {
                matrix: YuvMatrix::Bt709,
                full_range: false,
                siting: ChromaSiting::Left,
            };
            let view = YuvView::new(14, 8, plane(&luma, 16), chroma, color).unwrap();
            let view = View::from(view);
            let mut expected = Vec::new();
            view.copy_rgb(&mut expected);
            assert_eq!(Pixels::copy(&view).rgb().unwrap().into_raw(), expected);
        }
    }
}
