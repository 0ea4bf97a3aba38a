//! Health, status and metrics over HTTP, on loopback.
//!
//! Takes a [`Site`] that the daemon keeps up to date; gives `/health/live`, `/health/ready`,
//! `/status` (JSON) and `/metrics` (Prometheus text).

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener},
    sync::OnceLock,
    thread,
};

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::sync::oneshot;

use crate::{control::Control, events, fault::Fault, live::Live, status::Status};

/// Where live sources serve by default.
pub const DEFAULT_ADDRESS: SocketAddr =
    SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 9600));
/// Upper bounds of the latency histograms, in seconds.
const BUCKETS: [f64; 12] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0,
];

/// What the server shows and whom it gives orders to.
#[derive(Clone, Debug)]
pub struct Site {
    /// What the daemon says about itself.
    pub status: Status,
    /// Records as they come.
    pub live: Live,
    /// Orders.
    pub control: Control,
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
pub fn serve(address: SocketAddr, site: Site) -> Result<Server, Fault> {
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
                let server = axum::serve(listener, router(site, metrics));
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
    site: Site,
    metrics: PrometheusHandle,
}

fn router(site: Site, metrics: PrometheusHandle) -> Router {
    Router::new()
        .route("/health/live", get(|| async { "alive\n" }))
        .route("/health/ready", get(ready))
        .route(
            "/status",
            get(|State(shared): State<Shared>| async move { Json(shared.site.status.snapshot()) }),
        )
        .route(
            "/metrics",
            get(|State(shared): State<Shared>| async move { shared.metrics.render() }),
        )
        .with_state(Shared { site, metrics })
}

/// Ready: the models run and a frame came lately.
async fn ready(State(shared): State<Shared>) -> (StatusCode, &'static str) {
    if shared.site.status.is_ready() {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "no frames\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use facs::Record;
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
        let status = Status::new(1);
        let site = || Site {
            status: status.clone(),
            live: Live::default(),
            control: crate::control::channel().0,
        };
        let server = serve((Ipv4Addr::LOCALHOST, 0).into(), site()).unwrap();
        assert!(get(server.address, "/health/live").starts_with("HTTP/1.1 200"));
        assert!(get(server.address, "/health/ready").starts_with("HTTP/1.1 503"));

        let golden = include_str!("../../facs/tests/golden/frame.json");
        let record: Record = serde_json::from_str(golden).unwrap();
        let Ok(input) = "rtsp://door/1".parse();
        let settings = crate::config::Settings::load(None).unwrap().source;
        status.opened(&crate::config::SourceSpec::of_input(input, &settings));
        status.running(true);
        status.record(record.as_ref(), None);
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

        let taken = serve(server.address, site());
        assert!(matches!(taken, Err(Fault::Http { .. })));
    }
}
