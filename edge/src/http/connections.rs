//! Connections: how many, how slow, and TLS.
//!
//! Takes a listener and the routes; serves HTTP/1.1. One connection too many is told so and closed;
//! one that does not say what it wants in time is closed.

use std::{io, net::TcpListener, num::NonZeroUsize, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

use super::events::Refused;

/// Time for a TLS handshake, and for the header of a request; also how long an idle connection stays.
const PATIENCE: Duration = Duration::from_secs(10);
/// Memory for the header of a request.
const MOST_HEADER: usize = 32 * 1024;
/// Pause after the system refused to hand a connection over (no more file descriptors).
const BREATH: Duration = Duration::from_millis(100);
/// What one connection too many gets, as far as it fits into its socket at once.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n\
Content-Length: 48\r\nRetry-After: 5\r\nConnection: close\r\n\r\n\
{\"error\":\"too many connections: try again soon\"}";

/// What the server allows.
pub(super) struct Limits {
    pub(super) tls: Option<Arc<ServerConfig>>,
    pub(super) connections: NonZeroUsize,
}

/// Serves for ever.
///
/// # Errors
/// The system's reason, when the listener cannot be used at all.
pub(super) async fn serve(listener: TcpListener, routes: Router, limits: Limits) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let tls = limits.tls.map(TlsAcceptor::from);
    let places = Arc::new(Semaphore::new(limits.connections.get()));
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                refused("accept", &error);
                sleep(BREATH).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            refused("connections", &"no place");
            if tls.is_none() {
                turn_away(&stream);
            }
            continue;
        };
        let (routes, tls) = (routes.clone(), tls.clone());
        tokio::spawn(async move {
            match tls {
                None => talk(stream, routes).await,
                Some(tls) => match timeout(PATIENCE, tls.accept(stream)).await {
                    Ok(Ok(stream)) => talk(stream, routes).await,
                    Ok(Err(error)) => refused("handshake", &error),
                    Err(late) => refused("handshake", &late),
                },
            }
            drop(place);
        });
    }
}

/// Says that there is no place. A fresh socket has room for it.
fn turn_away(stream: &TcpStream) {
    // Who cannot be told is closed all the same.
    let _ = stream.try_write(FULL);
}

/// One connection, to its end.
async fn talk(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, routes: Router) {
    let talked = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(MOST_HEADER)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes))
        .with_upgrades()
        .await;
    if let Err(error) = talked {
        refused("protocol", &error);
    }
}

fn refused(reason: &'static str, detail: &dyn std::fmt::Display) {
    Refused { reason, detail }.emit();
}
