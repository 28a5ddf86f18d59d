//! A small news site on loopback, for the first minute without internet.
//!
//! Its pages are those of `testdata/pages`: a story with all the chaff of the page that started
//! Chaffinch, in several markups. Around them stands what a crawl meets: a robots.txt, a redirect,
//! a page that is gone, one that is forbidden, one in an old encoding.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use encoding_rs::WINDOWS_1252;

const CLASSIC: &str = include_str!("../../testdata/pages/newspaper-classic/source.html");
const BUILDER: &str = include_str!("../../testdata/pages/newspaper-builder/source.html");
const BARE: &str = include_str!("../../testdata/pages/newspaper-bare/source.html");
const GERMAN: &str = include_str!("../../testdata/pages/newspaper-german/source.html");

/// The paths of the site that a crawl of it is to ask for.
pub const PATHS: [&str; 7] = [
    "/news/bridge",
    "/news/bridge-builder",
    "/news/bridge-bare",
    "/stadt/schleuse",
    "/news/old-address",
    "/news/gone",
    "/private/draft",
];

/// The site, served as long as it lives.
#[derive(Debug)]
pub struct Site {
    /// Where it listens.
    pub address: SocketAddr,
    server: tokio::task::JoinHandle<()>,
}

impl Site {
    /// Serves the site on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    #[expect(
        clippy::disallowed_methods,
        reason = "the server lives as long as the site, which aborts it"
    )]
    pub async fn serve() -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let server = tokio::spawn(async move {
            // Ends with the task.
            let _ = axum::serve(listener, routes()).await;
        });
        Ok(Self { address, server })
    }

    /// The URLs of the site's pages.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        PATHS
            .iter()
            .map(|path| format!("http://{}{path}", self.address))
            .collect()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn routes() -> Router {
    let page = |html: &'static str| get(move || async move { html_page(html) });
    Router::new()
        .route(
            "/robots.txt",
            get(|| async { "User-agent: *\nDisallow: /private/\n" }),
        )
        .route("/news/bridge", page(CLASSIC))
        .route("/news/bridge-builder", page(BUILDER))
        .route("/news/bridge-bare", page(BARE))
        .route("/stadt/schleuse", get(|| async { latin1_page() }))
        .route(
            "/news/old-address",
            get(|| async { Redirect::permanent("/news/bridge") }),
        )
        .fallback(|| async { (StatusCode::NOT_FOUND, "gone") })
}

fn html_page(html: &'static str) -> Response {
    (
        [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::ETAG, "\"1\""),
        ],
        html,
    )
        .into_response()
}

/// As many an old site: the header says ISO-8859-1, the bytes are windows-1252, the `<meta>` lies.
fn latin1_page() -> Response {
    let (bytes, _, _) = WINDOWS_1252.encode(GERMAN);
    (
        [(header::CONTENT_TYPE, "text/html; charset=ISO-8859-1")],
        bytes.into_owned(),
    )
        .into_response()
}
