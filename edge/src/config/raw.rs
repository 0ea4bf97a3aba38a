//! The configuration as written: what TOML may say, every key optional, none unknown.
//!
//! Takes text; gives [`RawConfig`] with the defaults filled in. Nothing is checked here but the
//! types; `checked` does the rest. `edge/config/edge.toml` documents every key.

use serde::Deserialize;

use super::RawSourceEntry;
use crate::sink::RawSink;

/// A whole configuration file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawConfig {
    /// What holds for each source.
    pub source: RawSource,
    /// The sources.
    pub sources: Vec<RawSourceEntry>,
    /// How frames and faces share model calls.
    pub batch: RawBatch,
    /// ONNX Runtime.
    pub runtime: RawRuntime,
    /// Finding faces.
    pub detect: RawDetect,
    /// Following faces.
    pub track: RawTrack,
    /// When to abstain.
    pub quality: RawQuality,
    /// Smoothing over time.
    pub smooth: RawSmooth,
    /// Sparse graphs.
    pub graph: RawGraph,
    /// The halves of a face.
    pub sides: RawSides,
    /// Faces at rest.
    pub baseline: RawBaseline,
    /// Who is before which camera.
    pub people: Vec<RawPerson>,
    /// Records and the summary.
    pub output: RawOutput,
    /// The HTTP server.
    pub http: RawHttp,
    /// Where records go besides.
    pub sinks: Vec<RawSink>,
}

macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty = $default:expr,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }
    };
}

section! {
    /// `[source]`
    RawSource {
        /// Name in the records; empty: told from the input.
        name: String = String::new(),
        /// A launch file of the user's own; empty: the built-in one for the kind of input.
        pipeline: String = String::new(),
        /// Frames decoded ahead, for files.
        queue_frames: usize = 8,
        /// A live source without a frame for so long is opened anew.
        stall_secs: f32 = 10.0,
        /// Wait before a live source is opened anew, doubled each time,
        reconnect_secs: f32 = 0.5,
        /// up to this.
        max_reconnect_secs: f32 = 30.0,
        /// How RTSP cameras send: `tcp` or `udp`.
        transport: String = "tcp".into(),
        /// Time that RTSP packets may be late.
        latency_millis: u64 = 100,
        /// Wider frames are scaled down in the pipeline; 0: never.
        max_width: u32 = 0,
    }
}

section! {
    /// `[batch]`
    RawBatch {
        /// Most frames per round.
        max_frames: usize = 8,
        /// How long a round waits for frames of other sources.
        gather_millis: u64 = 0,
    }
}

section! {
    /// `[runtime]`
    RawRuntime {
        /// The ONNX Runtime library; empty: searched for.
        library: String = String::new(),
        /// Execution providers in order of preference.
        providers: Vec<String> = vec!["cpu".into()],
        /// Whether the next provider may be used when one cannot start.
        allow_fallback: bool = false,
        /// Threads inside one model call.
        threads: usize = 1,
        /// Which GPU.
        device: i32 = 0,
        /// Batch sizes that models run with.
        buckets: Vec<usize> = vec![1, 2, 4, 8, 16],
        /// What TensorRT computes with: `fp32`, `fp16` or `int8`.
        precision: String = "fp32".into(),
        /// Where TensorRT's engines are kept; empty: the user's cache.
        engine_cache: String = String::new(),
        /// Replay recorded GPU work per batch size.
        cuda_graphs: bool = false,
        /// Most GPU memory per model; 0: no limit.
        gpu_memory_mib: usize = 0,
    }
}

section! {
    /// `[detect]`
    RawDetect {
        /// Run the face finder on every n-th frame while faces move,
        interval: u64 = 2,
        /// and on every n-th while they rest,
        max_interval: u64 = 4,
        /// but at least this often.
        max_wait_millis: u64 = 500,
        /// Least score of a new face; 0: the bundle's.
        score_threshold: f32 = 0.0,
        /// Share of that threshold which is enough for a face that is followed already.
        keep_ratio: f32 = 0.6,
        /// Candidates that overlap more than this are one face.
        merge_overlap: f32 = 0.4,
        /// Most faces per frame.
        max_faces: usize = 16,
        /// Look at found faces a second time, where the bundle has a refiner.
        refine: bool = true,
    }
}

section! {
    /// `[track]`
    RawTrack {
        /// Least likeness of a face to the place where a track expects it.
        min_affinity: f32 = 0.3,
        /// Searches without the face after which it is no longer reported.
        coast_searches: u32 = 2,
        /// Searches without the face after which its track ends.
        lost_searches: u32 = 24,
        /// A face that was away longer keeps its number when it comes back within so long,
        return_secs: f32 = 5.0,
        /// so close to where it was, in sides of its box.
        return_distance: f32 = 1.5,
        /// How much of a small surprise is believed.
        steadiness: f32 = 0.35,
        /// Movement, in shares of the face's size, that is believed in full.
        full_motion: f32 = 0.08,
    }
}

section! {
    /// `[quality]`
    RawQuality {
        /// Smallest face, in pixels.
        min_size: f32 = 36.0,
        /// Least sharpness of the crop.
        min_sharpness: f32 = 6.0,
        /// Largest turn of the head to a side.
        max_yaw_degrees: f32 = 50.0,
        /// Largest nod.
        max_pitch_degrees: f32 = 45.0,
        /// Least share of the face's box inside the frame.
        min_inside: f32 = 0.7,
    }
}

section! {
    /// `[smooth]`
    RawSmooth {
        /// One-Euro cut-off at rest, in hertz; 0 turns smoothing off.
        min_cutoff_hz: f32 = 1.5,
        /// How much speed raises the cut-off: hertz per probability per second.
        beta: f32 = 2.0,
        /// Cut-off of the speed estimate.
        derivative_cutoff_hz: f32 = 1.0,
        /// Time constant of the graphs' mean, in seconds; 0 turns it off.
        graph_secs: f32 = 0.5,
    }
}

section! {
    /// `[graph]`
    RawGraph {
        /// What makes an edge strong: `weight`, or `delta`, its difference to the global graph.
        rank: String = "weight".into(),
        /// Weaker edges are left out.
        min_weight: f32 = 0.1,
        /// Share of that which is enough for an edge that was listed before.
        keep_ratio: f32 = 0.8,
        /// Most edges per graph.
        max_edges: usize = 12,
    }
}

section! {
    /// `[sides]`
    RawSides {
        /// Look at the halves of a face on every n-th frame; 0: never.
        interval: u64 = 5,
        /// Heads that are turned further have no sides.
        max_yaw_degrees: f32 = 25.0,
        /// Time constant of the mean over looks, in seconds; 0 turns it off.
        smooth_secs: f32 = 0.3,
    }
}

section! {
    /// `[baseline]`
    RawBaseline {
        /// Frames of a face before its scores are compared to it at rest; 0: never.
        min_samples: u64 = 120,
        /// Where people's baselines are kept; empty: nowhere.
        folder: String = String::new(),
        /// They are kept at least this often.
        save_secs: u64 = 60,
    }
}

/// One of `[[people]]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawPerson {
    /// Before which source.
    pub source: String,
    /// Who.
    pub name: String,
}

section! {
    /// `[output]`
    RawOutput {
        /// Records reach the output at least this often.
        flush_millis: u64 = 500,
        /// Folder of the sinks' spools; empty: the service's or the user's state folder.
        spool_folder: String = String::new(),
        /// At the end, sinks have so long to deliver what is left.
        drain_secs: f32 = 5.0,
        /// Length of the first and the last window of the summary.
        summary_window_secs: f64 = 8.0,
    }
}

section! {
    /// `[http]`
    RawHttp {
        /// `auto`, `off` or an address.
        listen: String = "auto".into(),
        /// File with the token that clients must show; empty: none.
        token_file: String = String::new(),
        /// File with the certificate chain, PEM; empty: no TLS.
        tls_certificate: String = String::new(),
        /// File with its private key, PEM.
        tls_key: String = String::new(),
        /// Most connections at a time.
        max_connections: usize = 64,
        /// Whether pictures of the sources are served.
        preview: bool = false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink;

    #[test]
    fn the_documented_file_states_the_defaults() {
        let text = include_str!("../../config/edge.toml");
        assert_eq!(
            toml::from_str::<RawConfig>(text).unwrap(),
            RawConfig::default()
        );
        // And it states every one of them: a file with all keys removed has no keys left to lose.
        let stated = text
            .lines()
            .filter(|line| !line.starts_with('#') && line.contains(" = "))
            .count();
        let fields = format!("{:?}", RawConfig::default()).matches(": ").count();
        assert_eq!(
            stated,
            fields - 15,
            "thirteen of the fields are sections, two the lists of people and of sinks"
        );
    }

    /// Sinks are optional, so their keys are commented out with `# `; remarks among them with `## `.
    #[test]
    fn the_documented_sinks_state_the_defaults() {
        let text = include_str!("../../config/edge.toml");
        let sinks = text.split_once("# [[sinks]]").unwrap().1;
        let lines = sinks.lines().filter_map(|line| line.strip_prefix("# "));
        let stated: String = lines.map(|line| format!("{line}\n")).collect();
        let text = format!("[[sinks]]\n{stated}");
        let stated = toml::from_str::<RawConfig>(&text).unwrap().sinks;
        let checked = sink::check(&stated).unwrap();
        let kinds: Vec<&str> = checked.iter().map(|sink| sink.peer.kind()).collect();
        assert_eq!(kinds, ["mqtt", "nats", "tcp", "file"]);
        // Without what they must say, they say the defaults.
        let must = ["name", "kind", "address", "path"];
        let bare = text.lines().filter(|line| {
            let key = line.split_once(" = ").map(|(key, _)| key);
            key.is_none_or(|key| must.contains(&key))
        });
        let bare: String = bare.map(|line| format!("{line}\n")).collect();
        let bare = toml::from_str::<RawConfig>(&bare).unwrap().sinks;
        assert_eq!(checked, sink::check(&bare).unwrap());
        // All keys of all kinds: what every sink has once, and what each kind has.
        let fields = |debug: String| debug.matches(": ").count();
        let common = fields(format!("{:?}", RawSink::default())) - "spool rest".split(' ').count();
        let own = sink::raw_keys();
        let keys = text.lines().filter(|line| line.contains(" = ")).count();
        assert_eq!(
            keys,
            common + own + (kinds.len() - 1) * "name kind".split(' ').count()
        );
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let error = toml::from_str::<RawConfig>("[detect]\nintervall = 3\n").unwrap_err();
        insta::assert_snapshot!(error.to_string().lines().take(4).collect::<Vec<_>>().join("\n"), @r"
        TOML parse error at line 2, column 1
          |
        2 | intervall = 3
          | ^^^^^^^^^
        ");
    }
}
