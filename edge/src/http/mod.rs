//! The daemon's HTTP server: page, orders, records, metrics and health.
//!
//! Takes a [`Site`] and the checked `[http]`; serves on a thread of its own, so that nothing that
//! clients do slows the frames. One file per concern: `connections` (limits and TLS), `guard` (who
//! may ask), `observe`, `orders`, `watch`, `page`, and `openapi`, where routes are declared
//! together with what is said about them.

mod connections;
mod events;
mod guard;
mod observe;
mod openapi;
mod orders;
mod page;
mod reply;
pub(crate) mod tls;
mod watch;

use std::{
    net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener},
    sync::Arc,
    thread,
    time::Duration,
};

use axum::Router;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::oneshot;

use crate::{
    config::{HttpSettings, Listen},
    control::Control,
    fault::Fault,
    live::Live,
    preview::Preview,
    status::Status,
};

/// Where live sources serve by default.
pub const DEFAULT_ADDRESS: SocketAddr =
    SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 9600));
/// How often samples of histograms are put into their buckets: they take memory until then.
const UPKEEP: Duration = Duration::from_secs(5);

/// What the server shows and whom it gives orders to.
#[derive(Clone, Debug)]
pub struct Site {
    /// What the daemon says about itself.
    pub status: Status,
    /// Records as they come.
    pub live: Live,
    /// Orders.
    pub control: Control,
    /// Pictures of the sources, where they may be seen.
    pub preview: Option<Preview>,
}

/// A running server; it stops when this is dropped.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// What every handler may see.
#[derive(Clone)]
struct Shared {
    site: Site,
    metrics: PrometheusHandle,
    document: Arc<serde_json::Value>,
    guard: Arc<guard::Guard>,
}

/// Starts to serve on a thread of its own; `wanted` says what `auto` means.
///
/// # Errors
/// [`Fault::Http`] when the address cannot be had, [`Fault::Config`] when the certificate cannot be
/// used.
pub fn serve(settings: &HttpSettings, wanted: bool, site: Site) -> Result<Option<Server>, Fault> {
    let address = match settings.listen {
        Listen::At(address) => address,
        Listen::Auto if wanted => DEFAULT_ADDRESS,
        Listen::Auto | Listen::Off => return Ok(None),
    };
    let failed = |source| Fault::Http { address, source };
    let tls = settings.tls.as_ref().map(tls::server_config).transpose()?;
    let metrics = observe::recorder().map_err(failed)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(failed)?;
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let guard = guard::Guard::new(settings, bound);
    let router = router(site, metrics.clone(), guard);
    let limits = connections::Limits {
        tls,
        connections: settings.max_connections,
    };
    let (stop, stopped) = oneshot::channel();
    let serving = async move {
        tokio::select! {
            served = connections::serve(listener, router, limits) => {
                if let Err(error) = served {
                    tracing::error!(%error, "the HTTP server ended");
                }
            }
            () = upkeep(metrics) => {}
            _ = stopped => {}
        }
    };
    let thread = thread::Builder::new()
        .name("http".into())
        .spawn(move || runtime.block_on(serving))
        .map_err(failed)?;
    events::Listening {
        address: bound,
        settings,
    }
    .emit();
    Ok(Some(Server {
        address: bound,
        stop: Some(stop),
        thread: Some(thread),
    }))
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that ended by itself has nobody to tell.
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(thread::JoinHandle::join);
    }
}

async fn upkeep(metrics: PrometheusHandle) {
    loop {
        tokio::time::sleep(UPKEEP).await;
        metrics.run_upkeep();
    }
}

/// Every route, behind the guard.
fn router(site: Site, metrics: PrometheusHandle, guard: guard::Guard) -> Router {
    let api = [
        observe::add,
        orders::add,
        watch::add,
        openapi::add,
        guard::add,
        page::add,
    ]
    .into_iter()
    .fold(openapi::Api::new(), |api, add| add(api));
    let (routes, document) = api.finish();
    let shared = Shared {
        site,
        metrics,
        document: Arc::new(document),
        guard: Arc::new(guard),
    };
    routes
        .fallback(reply::no_such_page)
        .method_not_allowed_fallback(reply::no_such_method)
        .layer(axum::middleware::from_fn_with_state(
            Arc::clone(&shared.guard),
            guard::check,
        ))
        .with_state(shared)
}
