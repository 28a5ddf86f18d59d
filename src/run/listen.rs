//! The status page, metrics and health of a process, over HTTP.
//!
//! All of it is read-only, and served on a thread of its own with a bound on connections, so that
//! whoever looks, however often and however slowly, takes nothing from the crawl. Only loopback is
//! meant: what is shown names sites and folders. So that no page in a browser reads it by a name that
//! leads here (DNS rebinding), a request to a loopback address must name an address or `localhost` as
//! its host.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use jiff::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::clock::Clock;
use super::shown::Shown;
use crate::output::status::{html, metrics};

/// Most connections at once; more wait until one is done. A crawl's own files are counted, and these
/// are to be few among them.
const CONNECTIONS_MAX: usize = 8;
/// Until the whole header of a request must be there.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest life of a connection, which is one request.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(15);
/// How long an answer that is being given may take at the end.
const GRACE: Duration = Duration::from_secs(2);
/// After a connection could not be taken, as when there are no files left.
const AFTER_ERROR: Duration = Duration::from_secs(1);
/// The page is asked for again after so many seconds.
const REFRESH: u32 = 60;

/// Serves what is shown until it is dropped.
#[derive(Debug)]
pub struct Listener {
    /// Where it listens.
    pub address: SocketAddr,
    end: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Listener {
    /// Listens at an address; port 0 is a free one.
    ///
    /// # Errors
    ///
    /// When the address cannot be had.
    pub fn start(address: SocketAddr, shown: Arc<Shown>) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (end, ended) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("status".to_owned())
            .spawn(move || {
                runtime.block_on(async move {
                    match TcpListener::from_std(listener) {
                        Ok(listener) => serve(&listener, &routes(address.ip(), shown), ended).await,
                        Err(error) => tracing::error!(%error, "the status is not served"),
                    }
                });
            })?;
        Ok(Self {
            address,
            end: Some(end),
            thread: Some(thread),
        })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // It has nothing left that could fail.
            let _ = thread.join();
        }
    }
}

/// Takes connections until `ended`, and then finishes those that there are.
async fn serve(listener: &TcpListener, routes: &Router, mut ended: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut ended => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < CONNECTIONS_MAX => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(answer(stream, routes.clone()));
                }
                Err(error) => {
                    tracing::debug!(%error, "a look at the status failed");
                    tokio::time::sleep(AFTER_ERROR).await;
                }
            },
        }
    }
    let rest = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(GRACE, rest).await;
}

/// Answers the one request of a connection.
async fn answer(stream: TcpStream, routes: Router) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
    match tokio::time::timeout(CONNECTION_TIMEOUT, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a look at the status failed"),
        Err(_) => tracing::debug!("a look at the status took too long"),
    }
}

fn routes(address: IpAddr, shown: Arc<Shown>) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/status.json", get(json))
        .route("/metrics", get(numbers))
        .route("/healthz", get(health))
        .with_state(shown)
        .layer(from_fn_with_state(address, guarded))
}

async fn page(State(shown): State<Arc<Shown>>) -> Response {
    let page = html::render(&shown.status(now()), Some(REFRESH));
    text("text/html; charset=utf-8", page)
}

async fn json(State(shown): State<Arc<Shown>>) -> Response {
    text("application/json", shown.status(now()).to_json())
}

async fn numbers(State(shown): State<Arc<Shown>>) -> Response {
    text(metrics::CONTENT_TYPE, metrics::render(&shown.status(now())))
}

/// 200 as long as the schedule looks at its clock, else 503. A job that fails is no reason to end the
/// process, which is what a bad answer leads to where a manager asks.
async fn health(State(shown): State<Arc<Shown>>) -> Response {
    let status = shown.status(now());
    let code = if status.is_well() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (code, text("application/json", status.to_health_json())).into_response()
}

fn text(content_type: &'static str, text: String) -> Response {
    ([(header::CONTENT_TYPE, content_type)], text).into_response()
}

/// Lets only those in who mean this address, and tells browsers what may be done with the answer.
async fn guarded(State(address): State<IpAddr>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok());
    let mut response = if address.is_loopback() && !is_meant(host) {
        let why = "this address answers to itself and to localhost only\n";
        (StatusCode::MISDIRECTED_REQUEST, why).into_response()
    } else {
        next.run(request).await
    };
    let policy = format!("{}; frame-ancestors 'none'", html::POLICY);
    let headers: [(HeaderName, &str); 5] = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, &policy),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Whether a `Host` is an address or `localhost`, which no foreign name server can make lead here.
fn is_meant(host: Option<&str>) -> bool {
    let uri = host.and_then(|host| host.parse::<Uri>().ok());
    let name = uri.as_ref().and_then(Uri::host).unwrap_or_default();
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok()
}

fn now() -> Timestamp {
    Clock::start().now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_are_meant() {
        for (host, want) in [
            (Some("127.0.0.1:9469"), true),
            (Some("localhost:9469"), true),
            (Some("LOCALHOST"), true),
            (Some("[::1]:9469"), true),
            (Some("10.0.0.1"), true),
            (Some("evil.example:9469"), false),
            (Some("127.0.0.1.evil.example"), false),
            (Some("localhost.evil.example"), false),
            (Some("127.0.0.1@evil.example"), false),
            (Some("user@127.0.0.1"), true),
            (Some(""), false),
            (None, false),
        ] {
            assert_eq!(is_meant(host), want, "{host:?}");
        }
    }
}
