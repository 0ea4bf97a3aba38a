//! Health, status, metrics and pictures: what can be seen without changing anything.

use std::{collections::BTreeMap, io, sync::OnceLock, time::Duration};

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::time::timeout;

use super::{
    Shared, events as http_events,
    openapi::{Answer, Api, Operation},
    reply::{InPath, Problem},
};
use crate::{
    events,
    status::{BundleStatus, Snapshot, SourceStatus},
};

/// Upper bounds of the latency histograms, in seconds.
const BUCKETS: [f64; 12] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0,
];
/// How long a picture may take: a source may have no frame to show.
const PICTURE_PATIENCE: Duration = Duration::from_secs(3);

/// The recorder behind `/metrics`: one per process, as the `metrics` crate wants it.
pub(super) fn recorder() -> Result<PrometheusHandle, io::Error> {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let install = || {
        let builder = PrometheusBuilder::new().set_buckets(&BUCKETS).ok()?;
        let handle = builder.install_recorder().ok()?;
        events::describe();
        http_events::describe();
        Some(handle)
    };
    let handle = HANDLE.get_or_init(install).clone();
    handle.ok_or_else(|| io::Error::other("another metrics recorder is installed"))
}

pub(super) fn add(api: Api) -> Api {
    let status = || Answer::json::<Snapshot>("What the daemon is doing");
    api.get(
        "/health/live",
        Operation::new("live", "Whether the process answers").answers(200, Answer::Text),
        async || "alive\n",
    )
    .get(
        "/health/ready",
        Operation::new("ready", "Whether frames are being read")
            .answers(200, Answer::Text)
            .answers(503, Answer::Text),
        ready,
    )
    .get(
        "/metrics",
        Operation::new("metrics", "Metrics as Prometheus text").answers(200, Answer::Text),
        async |State(shared): State<Shared>| shared.metrics.render(),
    )
    .get(
        "/status",
        Operation::new("status", "The same as /api/v1/status").answers(200, status()),
        get_status,
    )
    .get(
        "/api/v1/status",
        Operation::new("get_status", "Everything about the daemon").answers(200, status()),
        get_status,
    )
    .get(
        "/api/v1/sources",
        Operation::new("get_sources", "The sources by name").answers(
            200,
            Answer::json::<BTreeMap<String, SourceStatus>>("By name"),
        ),
        async |State(shared): State<Shared>| Json(shared.site.status.snapshot().sources),
    )
    .get(
        "/api/v1/sources/{name}/preview.jpg",
        Operation::new(
            "get_preview",
            "The newest frame, small, where http.preview allows it",
        )
        .answers(200, Answer::Jpeg)
        .fails(&[404, 503]),
        preview,
    )
    .get(
        "/api/v1/bundle",
        Operation::new("get_bundle", "The models in use and where they run")
            .answers(200, Answer::json::<BundleStatus>("The bundle"))
            .fails(&[503]),
        bundle,
    )
}

/// Ready: the models run and a frame came lately.
async fn ready(State(shared): State<Shared>) -> (StatusCode, &'static str) {
    if shared.site.status.is_ready() {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "no frames\n")
    }
}

async fn get_status(State(shared): State<Shared>) -> Json<Snapshot> {
    let preview = shared.site.preview.is_some();
    Json(Snapshot {
        preview,
        ..shared.site.status.snapshot()
    })
}

async fn bundle(State(shared): State<Shared>) -> Result<Json<BundleStatus>, Problem> {
    let bundle = shared.site.status.snapshot().bundle;
    bundle.map(Json).ok_or_else(|| {
        let problem = "the models are being opened";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, problem)
    })
}

async fn preview(
    State(shared): State<Shared>,
    InPath(name): InPath<String>,
) -> Result<Response, Problem> {
    let Some(preview) = &shared.site.preview else {
        let problem = "no pixels leave the daemon: http.preview is false";
        return Err(Problem::new(StatusCode::NOT_FOUND, problem));
    };
    if !shared.site.status.snapshot().sources.contains_key(&name) {
        let problem = format!("there is no source {name:?}");
        return Err(Problem::new(StatusCode::NOT_FOUND, problem));
    }
    let picture = timeout(PICTURE_PATIENCE, preview.picture(&name)).await;
    let picture = picture.ok().flatten().ok_or_else(|| {
        let problem = format!("there was no frame of {name:?} in time");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, problem)
    })?;
    let headers = [
        (header::CONTENT_TYPE.as_str(), "image/jpeg".to_owned()),
        ("mien-sequence", picture.sequence.to_string()),
    ];
    Ok((headers, picture.jpeg).into_response())
}
