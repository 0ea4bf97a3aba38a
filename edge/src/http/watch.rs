//! Records as they come: Server-Sent Events and WebSocket.
//!
//! Takes what the flow publishes; gives each watcher the records that it asked for, as they are
//! written elsewhere. A watcher that is too slow is told how many it missed.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::{
        State,
        ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade},
    },
    http::StatusCode,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Instant, sleep_until, timeout},
};

use super::{
    Shared, events,
    openapi::{Answer, Api, Operation},
    reply::{InQuery, Problem},
};
use crate::live::LiveRecord;

/// How often a silent stream shows that it is alive.
const ALIVE: Duration = Duration::from_secs(15);
/// How long a watcher may take no bytes before it is let go.
const STUCK: Duration = Duration::from_secs(30);
/// Watchers have nothing to say.
const MOST_MESSAGE: usize = 4 * 1024;

/// What a watcher wants.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Records of this source only.
    source: Option<String>,
    /// Records of this kind only.
    kind: Option<Kind>,
}

/// Kinds of records.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// What was read from a frame.
    Frame,
    /// Frames that are missing.
    Gap,
    /// A source came or went.
    Status,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Frame => "frame",
            Self::Gap => "gap",
            Self::Status => "status",
        }
    }
}

pub(super) fn add(api: Api) -> Api {
    let operation = |id, summary| {
        Operation::new(id, summary)
            .query("source", "Records of this source only")
            .query("kind", "Records of this kind only: frame, gap or status")
    };
    api.get(
        "/api/v1/records",
        operation(
            "watch_records",
            "Records as Server-Sent Events: `id` is run-sequence; `event: lagged` says how many a slow reader missed",
        )
        .answers(200, Answer::Events),
        events_of,
    )
    .get(
        "/api/v1/records/ws",
        operation(
            "watch_records_by_web_socket",
            "Records as text messages of a WebSocket; {\"kind\":\"lagged\"} says how many a slow reader missed",
        )
        .answers(101, Answer::Nothing),
        web_socket,
    )
}

/// What a watcher gets next.
enum Next {
    Record(LiveRecord),
    Missed(u64),
}

/// Records, filtered. Missed ones are counted before: they may have been of other sources.
struct Watch {
    records: Receiver<LiveRecord>,
    wanted: Wanted,
}

impl Watch {
    fn new(shared: &Shared, wanted: Wanted) -> Self {
        let records = shared.site.live.subscribe();
        Self { records, wanted }
    }

    /// Waits; none when no more can come. May be dropped and called again.
    async fn next(&mut self) -> Option<Next> {
        loop {
            match self.records.recv().await {
                Ok(record) if self.wanted.wants(&record) => return Some(Next::Record(record)),
                Ok(_) => {}
                Err(RecvError::Lagged(records)) => {
                    events::Lagged { records }.emit();
                    return Some(Next::Missed(records));
                }
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

impl Wanted {
    fn wants(&self, record: &LiveRecord) -> bool {
        let source = self.source.as_deref();
        source.is_none_or(|source| *source == *record.source)
            && self.kind.is_none_or(|kind| kind.name() == record.kind)
    }
}

fn lagged(records: u64) -> String {
    format!(r#"{{"kind":"lagged","records":{records}}}"#)
}

async fn events_of(
    State(shared): State<Shared>,
    InQuery(wanted): InQuery<Wanted>,
) -> impl IntoResponse {
    let watch = Watch::new(&shared, wanted);
    let events = stream::unfold(watch, async |mut watch| {
        let event = match watch.next().await? {
            Next::Missed(records) => Event::default().event("lagged").data(lagged(records)),
            Next::Record(record) => Event::default()
                .id(format!("{}-{}", record.run, record.sequence))
                .data(String::from_utf8_lossy(&record.json)),
        };
        Some((Ok::<_, Infallible>(event), watch))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE))
}

async fn web_socket(
    State(shared): State<Shared>,
    InQuery(wanted): InQuery<Wanted>,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let upgrade =
        upgrade.map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.body_text()))?;
    let watch = Watch::new(&shared, wanted);
    let upgrade = upgrade.max_message_size(MOST_MESSAGE);
    Ok(upgrade.on_upgrade(move |socket| talk(socket, watch)))
}

/// Sends records until either side ends.
async fn talk(mut socket: WebSocket, mut watch: Watch) {
    let mut ping_at = Instant::now() + ALIVE;
    loop {
        let message = tokio::select! {
            next = watch.next() => match next {
                Some(Next::Record(record)) => match Utf8Bytes::try_from(record.json) {
                    Ok(text) => Message::Text(text),
                    Err(_not_text) => continue,
                },
                Some(Next::Missed(records)) => Message::text(lagged(records)),
                None => return,
            },
            said = socket.recv() => match said {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => continue,
            },
            () = sleep_until(ping_at) => Message::Ping(axum::body::Bytes::new()),
        };
        if !matches!(timeout(STUCK, socket.send(message)).await, Ok(Ok(()))) {
            return;
        }
        ping_at = Instant::now() + ALIVE;
    }
}
