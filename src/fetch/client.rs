//! One request.

use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use url::Url;

use super::body::{BodyError, BodyReader, Overflow};
use super::{FetchError, Guard};
use crate::failure::Status;
use crate::page::Response;

/// Settings of a client.
#[derive(Debug, Clone)]
pub struct Options {
    /// The `User-Agent` header.
    pub user_agent: String,
    /// Networks that may be dialled besides the public ones.
    pub allow_networks: Vec<IpNet>,
    /// Bound on a whole request, from the first byte out to the last byte in.
    pub timeout: Duration,
    /// Bound on the body of a page, on the wire and unpacked.
    pub max_body_bytes: u64,
}

/// Bound on connecting, TLS included; never more than the whole request's.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Most header lines of a response.
const HEADERS_MAX: usize = 128;
/// How long an idle connection is kept for the next page of its host.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The address.
    pub url: &'a Url,
    /// What the answer is for.
    pub wanted: Wanted,
    /// `ETag` of the copy that is known.
    pub etag: Option<&'a str>,
    /// `Last-Modified` of the copy that is known.
    pub last_modified: Option<&'a str>,
}

/// What an answer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// A page: what is no HTML is refused, by its label or its first bytes.
    Page,
    /// A robots.txt; of one with more bytes than this the whole lines within (RFC 9309 §2.5).
    Robots(usize),
    /// A feed, a sitemap or a front page, whatever it is called; so many bytes of it at most,
    /// unpacked. A file that is packed itself (`sitemap.xml.gz`) is unpacked, too.
    Listing(usize),
}

/// What a server answered.
#[derive(Debug)]
pub enum Answer {
    /// A body.
    Content(Content),
    /// The known copy is still good.
    NotModified,
    /// Another address.
    Redirect {
        /// The `Location` header.
        location: Option<String>,
    },
}

/// A whole body, content encodings undone.
#[derive(Debug)]
pub struct Content {
    /// The kept part of the response.
    pub response: Response,
    /// The body.
    pub body: Vec<u8>,
    /// Its size on the wire.
    pub wire_bytes: u64,
}

/// Asks servers, one request a call, over pooled connections.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    guard: Guard,
    timeout: Duration,
    max_body_bytes: u64,
}

impl Client {
    /// A client with these settings.
    ///
    /// # Errors
    ///
    /// When TLS cannot be set up or the User-Agent is no header value.
    pub fn new(options: &Options) -> Result<Self, FetchError> {
        // A second client finds the provider set, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let guard = Guard::new(&options.allow_networks);
        let builder = || {
            reqwest::Client::builder()
                .user_agent(&options.user_agent)
                .default_headers(default_headers())
                .redirect(Policy::none())
                .no_proxy()
                .dns_resolver(Arc::new(guard.clone()))
                .timeout(options.timeout)
                .connect_timeout(CONNECT_TIMEOUT.min(options.timeout))
                .pool_idle_timeout(IDLE_TIMEOUT)
                .pool_max_idle_per_host(1)
                .http1_max_headers(HEADERS_MAX)
        };
        // A bare machine may have no root certificates; then Mozilla's, compiled in.
        let http = builder()
            .build()
            .or_else(|_| builder().tls_certs_only(bundled_roots()).build());
        let http = http.map_err(|error| {
            FetchError::new(
                Status::Tls,
                format!("cannot set up the HTTP client: {error:?}"),
            )
        })?;
        Ok(Self {
            http,
            guard,
            timeout: options.timeout,
            max_body_bytes: options.max_body_bytes,
        })
    }

    /// Asks once.
    ///
    /// # Errors
    ///
    /// [`FetchError`], whose status is that of the failure record.
    pub async fn get(&self, request: Request<'_>) -> Result<Answer, FetchError> {
        self.guard.check(request.url)?;
        let mut http = self.http.get(request.url.clone());
        for (name, value) in [
            (header::IF_NONE_MATCH, request.etag),
            (header::IF_MODIFIED_SINCE, request.last_modified),
        ] {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
                http = http.header(name, value);
            }
        }
        let response = http
            .send()
            .await
            .map_err(|error| FetchError::of_request(&error, self.timeout))?;
        self.read(response, &request).await
    }

    async fn read(
        &self,
        response: reqwest::Response,
        request: &Request<'_>,
    ) -> Result<Answer, FetchError> {
        let status = response.status();
        let conditional = request.etag.is_some() || request.last_modified.is_some();
        match status.as_u16() {
            304 if conditional => Ok(Answer::NotModified),
            301 | 302 | 303 | 307 | 308 => {
                let location = text(response.headers(), &header::LOCATION);
                Ok(Answer::Redirect { location })
            }
            200 | 203 => self.read_body(response, request).await.map(Answer::Content),
            // For a robots.txt every success is one, 204 being a file without rules (RFC 9309
            // §2.3.1.1).
            200..=299 if matches!(request.wanted, Wanted::Robots(_)) => {
                self.read_body(response, request).await.map(Answer::Content)
            }
            code => Err(FetchError::of_code(
                code,
                status.canonical_reason(),
                text(response.headers(), &header::RETRY_AFTER),
            )),
        }
    }

    async fn read_body(
        &self,
        mut response: reqwest::Response,
        request: &Request<'_>,
    ) -> Result<Content, FetchError> {
        let kept = kept(&response);
        let (max_bytes, overflow) = match request.wanted {
            Wanted::Page => {
                require_html(kept.content_type.as_deref())?;
                (self.max_body_bytes, Overflow::Refused)
            }
            Wanted::Robots(bytes) => (bytes as u64, Overflow::Cut),
            Wanted::Listing(bytes) => (bytes as u64, Overflow::Torn),
        };
        if overflow == Overflow::Refused
            && response
                .content_length()
                .is_some_and(|bytes| bytes > max_bytes)
        {
            return Err(BodyError::TooLarge(max_bytes).into());
        }
        let encodings: Vec<String> = texts(response.headers(), &header::CONTENT_ENCODING);
        let encodings = encodings.iter().map(String::as_str);
        let mut reader = BodyReader::new(encodings, max_bytes, overflow)?;
        while !reader.is_cut()
            && let Some(piece) = response
                .chunk()
                .await
                .map_err(|error| FetchError::of_transfer(&error, self.timeout))?
        {
            reader.push(&piece)?;
        }
        let (mut body, wire_bytes) = reader.finish()?;
        if matches!(request.wanted, Wanted::Listing(_)) && body.starts_with(GZIP) {
            body = unpacked(&body, max_bytes)?;
        }
        Ok(Content {
            response: kept,
            body,
            wire_bytes,
        })
    }
}

/// How a gzip file begins (RFC 1952 §2.3.1).
const GZIP: &[u8] = &[0x1f, 0x8b];

/// A gzip file as far as it goes, within a cap.
fn unpacked(body: &[u8], max_bytes: u64) -> Result<Vec<u8>, BodyError> {
    let mut reader = BodyReader::new(["gzip"].into_iter(), max_bytes, Overflow::Torn)?;
    for piece in body.chunks(64 * 1024) {
        reader.push(piece)?;
        if reader.is_cut() {
            break;
        }
    }
    Ok(reader.finish()?.0)
}

fn default_headers() -> HeaderMap {
    HeaderMap::from_iter([
        (
            header::ACCEPT,
            HeaderValue::from_static(
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            ),
        ),
        (
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("gzip, br, zstd, deflate"),
        ),
    ])
}

fn bundled_roots() -> impl Iterator<Item = reqwest::Certificate> {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .filter_map(|der| reqwest::Certificate::from_der(der).ok())
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    texts(headers, name).into_iter().next()
}

/// Header values as text; bytes outside ASCII, which some servers put into `Location`, as UTF-8.
fn texts(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .collect()
}

fn kept(response: &reqwest::Response) -> Response {
    let header = |name| text(response.headers(), &name).filter(|value| !value.is_empty());
    Response {
        status: response.status().as_u16(),
        content_type: header(header::CONTENT_TYPE),
        etag: header(header::ETAG),
        last_modified: header(header::LAST_MODIFIED),
    }
}

/// Labels that are surely something else; what is unlabelled or vaguely labelled shows itself by
/// its first bytes, when it is read.
fn require_html(content_type: Option<&str>) -> Result<(), FetchError> {
    let Some(content_type) = content_type else {
        return Ok(());
    };
    let essence = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let passes = [
        "text/html",
        "application/xhtml+xml",
        "text/plain",
        "application/xml",
        "text/xml",
        "application/octet-stream",
        "binary/octet-stream",
        "",
    ];
    if passes.contains(&essence.as_str()) || !essence.contains('/') {
        return Ok(());
    }
    Err(FetchError::new(
        Status::NotHtml,
        format!("the server calls it {essence}"),
    ))
}
