//! Health, status and metrics over HTTP, on loopback.
//!
//! Takes a [`Health`] that the daemon keeps up to date; gives `/health/live`, `/health/ready`,
//! `/status` (JSON) and `/metrics` (Prometheus text).

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    thread,
    time::Instant,
};

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use facs::Record;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde::Serialize;
use tokio::sync::oneshot;

use crate::{events, fault::Fault, models::Models, source::Input};

/// Where live sources serve by default.
pub const DEFAULT_ADDRESS: SocketAddr =
    SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 9600));
/// A source without a frame for so long is not ready.
const STALE_SECS: u64 = 10;
/// Upper bounds of the latency histograms, in seconds.
const BUCKETS: [f64; 12] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0,
];

/// What the daemon says about itself.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Status {
    /// What is read.
    input: String,
    /// The bundle's name.
    bundle: String,
    /// Where each model runs, by its name: `finder`, `affect`, and `refiner` where there is one.
    providers: BTreeMap<&'static str, &'static str>,
    /// Whether frames are being read.
    running: bool,
    frames: u64,
    faces: u64,
    frames_lost: u64,
    #[serde(skip)]
    last_frame: Option<Instant>,
}

/// The status, shared between the flow and the server.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<Mutex<Status>>);

impl Health {
    fn change(&self, change: impl FnOnce(&mut Status)) {
        // Every change leaves the status whole, so a poisoned lock still holds a good one.
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn status(&self) -> Status {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn started(&self, input: &Input, models: &Models) {
        self.change(|status| {
            status.input = input.to_string();
            status.bundle.clone_from(&models.name);
            let providers = models.providers().into_iter();
            status.providers = providers
                .map(|(model, provider)| (model, provider.name()))
                .collect();
            status.running = true;
        });
    }

    pub(crate) fn record(&self, record: &Record) {
        self.change(|status| match record {
            Record::Frame(frame) => {
                status.frames += 1;
                status.faces += frame.faces.len() as u64;
                status.last_frame = Some(Instant::now());
            }
            Record::Gap(gap) => status.frames_lost += gap.frames,
            Record::Status(_) => {}
        });
    }

    pub(crate) fn stopped(&self) {
        self.change(|status| status.running = false);
    }
}

/// A running server; it stops when this is dropped.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// Starts to serve on a thread of its own.
///
/// # Errors
/// [`Fault::Http`] when the address cannot be had.
pub fn serve(address: SocketAddr, health: Health) -> Result<Server, Fault> {
    let failed = |source| Fault::Http { address, source };
    let metrics = recorder().map_err(failed)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .map_err(failed)?;
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let (stop, stopped) = oneshot::channel();
    let serving = async move {
        let served = match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => {
                let server = axum::serve(listener, router(health, metrics));
                tokio::select! {
                    served = server.into_future() => served,
                    _ = stopped => Ok(()),
                }
            }
            Err(error) => Err(error),
        };
        if let Err(error) = served {
            tracing::error!(%error, "the status server ended");
        }
    };
    let thread = thread::Builder::new()
        .name("http".into())
        .spawn(move || runtime.block_on(serving))
        .map_err(failed)?;
    tracing::info!(address = %bound, "metrics and health");
    Ok(Server {
        address: bound,
        stop: Some(stop),
        thread: Some(thread),
    })
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that ended by itself has nobody to tell.
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(thread::JoinHandle::join);
    }
}

/// The recorder behind `/metrics`: one per process, as the `metrics` crate wants it.
fn recorder() -> Result<PrometheusHandle, io::Error> {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let install = || {
        let builder = PrometheusBuilder::new().set_buckets(&BUCKETS).ok()?;
        let handle = builder.install_recorder().ok()?;
        events::describe();
        Some(handle)
    };
    let handle = HANDLE.get_or_init(install).clone();
    handle.ok_or_else(|| io::Error::other("another metrics recorder is installed"))
}

#[derive(Clone)]
struct Shared {
    health: Health,
    metrics: PrometheusHandle,
}

fn router(health: Health, metrics: PrometheusHandle) -> Router {
    Router::new()
        .route("/health/live", get(|| async { "alive\n" }))
        .route("/health/ready", get(ready))
        .route(
            "/status",
            get(|State(shared): State<Shared>| async move { Json(shared.health.status()) }),
        )
        .route(
            "/metrics",
            get(|State(shared): State<Shared>| async move { shared.metrics.render() }),
        )
        .with_state(Shared { health, metrics })
}

/// Ready: the models run and a frame came lately.
async fn ready(State(shared): State<Shared>) -> (StatusCode, &'static str) {
    let status = shared.health.status();
    let fresh = status
        .last_frame
        .is_some_and(|at| at.elapsed().as_secs() < STALE_SECS);
    if status.running && fresh {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "no frames\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::{Read, Write},
        net::TcpStream,
    };

    fn get(address: SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn health_follows_the_frames_and_metrics_count_them() {
        let health = Health::default();
        let server = serve((Ipv4Addr::LOCALHOST, 0).into(), health.clone()).unwrap();
        assert!(get(server.address, "/health/live").starts_with("HTTP/1.1 200"));
        assert!(get(server.address, "/health/ready").starts_with("HTTP/1.1 503"));

        let golden = include_str!("../../facs/tests/golden/frame.json");
        let record: Record = serde_json::from_str(golden).unwrap();
        health.change(|status| status.running = true);
        health.record(&record);
        let Record::Frame(frame) = &record else {
            panic!("a frame")
        };
        events::FrameRead { record: frame }.emit();
        assert!(get(server.address, "/health/ready").starts_with("HTTP/1.1 200"));
        assert!(get(server.address, "/status").contains(r#""frames":1,"faces":1"#));
        let metrics = get(server.address, "/metrics");
        assert!(metrics.contains("mien_frames_total 1"), "{metrics}");
        assert!(
            metrics.contains(r#"mien_stage_seconds_bucket{stage="infer",le="0.005"} 1"#),
            "{metrics}"
        );

        let taken = serve(server.address, Health::default());
        assert!(matches!(taken, Err(Fault::Http { .. })));
    }
}
