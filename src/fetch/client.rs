//! One request.

use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use url::Url;

use super::cookies::Cookies;
use super::keep::{self, ASIDE_BYTES_MAX};
use super::{FetchError, Guard, Limits};
use crate::exchange::{Cut, Exchange};
use crate::failure::Status;
use crate::page::Response;
use crate::unpack::member::GZIP_START;
use crate::unpack::{BodyError, BodyReader, Caps, Overflow, Unpacked};

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
    /// Further bounds.
    pub limits: Limits,
    /// Hosts whose certificates are not verified, in lower case.
    pub insecure_hosts: Vec<String>,
    /// The proxy that makes all requests: http, https, socks5 or socks5h.
    pub proxy: Option<Url>,
    /// Whether cookies are kept, each for its site.
    pub cookies: bool,
    /// Whether what goes over the wire is handed over, too.
    pub exchanges: bool,
}

const X_ROBOTS_TAG: HeaderName = HeaderName::from_static("x-robots-tag");

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

/// What came of a request.
#[derive(Debug)]
pub struct Asked {
    /// The answer, or why there is none.
    pub answer: Result<Answer, FetchError>,
    /// What went over the wire, if that is wanted and the response came whole, as far as it was
    /// wanted.
    pub exchange: Option<Box<Exchange>>,
}

/// What a server answered.
#[derive(Debug)]
pub enum Answer {
    /// A body.
    Content(Content),
    /// The known copy is still good.
    NotModified {
        /// For how long.
        caching: Caching,
    },
    /// Another address.
    Redirect {
        /// The `Location` header.
        location: Option<String>,
    },
}

/// What a response says of its own age, as sent.
#[derive(Debug, Clone, Default)]
pub struct Caching {
    /// `Cache-Control`, its lines joined.
    pub cache_control: Option<String>,
    /// `Expires`.
    pub expires: Option<String>,
    /// `Date`.
    pub date: Option<String>,
    /// `Age`.
    pub age: Option<String>,
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
    /// How long it is good.
    pub caching: Caching,
    /// Whether it came from a server whose certificate was not verified.
    pub unverified: bool,
}

/// Asks servers, one request a call, over pooled connections.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    /// For hosts whose certificates are not verified, if there are any.
    unverified: Option<reqwest::Client>,
    insecure_hosts: Arc<[String]>,
    guard: Guard,
    proxied: bool,
    cookies: Option<Arc<Cookies>>,
    timeout: Duration,
    max_body_bytes: u64,
    limits: Limits,
    /// The lines that each request has, where exchanges are handed over.
    own_lines: Option<Arc<[(HeaderName, HeaderValue)]>>,
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
        let proxy_host = options.proxy.as_ref().and_then(Url::host_str);
        let guard = Guard::new(&options.allow_networks).behind(proxy_host);
        let unverified = (!options.insecure_hosts.is_empty())
            .then(|| connection(options, &guard, false))
            .transpose()?;
        Ok(Self {
            http: connection(options, &guard, true)?,
            unverified,
            insecure_hosts: options.insecure_hosts.clone().into(),
            guard,
            proxied: options.proxy.is_some(),
            cookies: options.cookies.then(Arc::default),
            timeout: options.timeout,
            max_body_bytes: options.max_body_bytes,
            limits: options.limits,
            own_lines: options
                .exchanges
                .then(|| keep::own_lines(&options.user_agent, &default_headers()).into()),
        })
    }

    /// Asks once.
    pub async fn get(&self, request: Request<'_>) -> Asked {
        let mut exchange = None;
        let answer = self.ask(request, &mut exchange).await;
        // Of a response that broke off, or was refused, nobody has got the body.
        let is_whole = match &answer {
            Ok(_) => true,
            Err(error) => error.code.is_some(),
        };
        Asked {
            answer,
            exchange: exchange.filter(|_| is_whole).map(Box::new),
        }
    }

    async fn ask(
        &self,
        request: Request<'_>,
        exchange: &mut Option<Exchange>,
    ) -> Result<Answer, FetchError> {
        self.guard.check(request.url)?;
        if self.proxied {
            let judged = self.guard.judge(request.url).await;
            judged.map_err(|error| FetchError::of_judging(&error))?;
        }
        let unverified = self
            .unverified
            .as_ref()
            .filter(|_| self.is_insecure(request.url));
        let mut http = unverified.unwrap_or(&self.http).get(request.url.clone());
        let conditions = conditions(&request);
        for (name, value) in &conditions {
            http = http.header(name, value);
        }
        let jar = self.cookies.as_ref();
        if let Some(cookies) = jar.and_then(|jar| jar.header(request.url)) {
            http = http.header(header::COOKIE, cookies);
        }
        let response = tokio::time::timeout(self.limits.first_byte, http.send())
            .await
            .map_err(|_| FetchError::silent(self.limits.first_byte))?
            .map_err(|error| FetchError::of_request(&error, self.timeout))?;
        self.check_header(response.headers())?;
        if let Some(jar) = jar {
            jar.keep(request.url, response.headers());
        }
        if let Some(own) = &self.own_lines {
            let sent = [own, &conditions[..]].concat();
            *exchange = Some(keep::begin(request.url, &sent, &response, self.proxied));
        }
        let mut answer = self.read(response, &request, exchange.as_mut()).await?;
        if let Answer::Content(content) = &mut answer {
            content.unverified = unverified.is_some();
        }
        Ok(answer)
    }

    fn is_insecure(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default().trim_end_matches('.');
        url.scheme() == "https" && self.insecure_hosts.iter().any(|named| named == host)
    }

    fn check_header(&self, headers: &HeaderMap) -> Result<(), FetchError> {
        let line = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len();
        let bytes: usize = headers.iter().map(line).sum();
        let most = self.limits.header_bytes as usize;
        if bytes <= most && headers.len() <= self.limits.header_lines {
            return Ok(());
        }
        Err(FetchError::new(
            Status::TooLarge,
            format!("the header has {bytes} bytes in {} lines", headers.len()),
        ))
    }

    async fn read(
        &self,
        response: reqwest::Response,
        request: &Request<'_>,
        exchange: Option<&mut Exchange>,
    ) -> Result<Answer, FetchError> {
        let status = response.status();
        let conditional = request.etag.is_some() || request.last_modified.is_some();
        let answer = match status.as_u16() {
            304 if conditional => Ok(Answer::NotModified {
                caching: caching(response.headers()),
            }),
            301 | 302 | 303 | 307 | 308 => {
                let location = text(response.headers(), &header::LOCATION);
                Ok(Answer::Redirect { location })
            }
            // For a robots.txt every success is one, 204 being a file without rules (RFC 9309
            // §2.3.1.1).
            code @ 200..=299
                if matches!(code, 200 | 203) || matches!(request.wanted, Wanted::Robots(_)) =>
            {
                let content = self.read_body(response, request, exchange).await;
                return content.map(Answer::Content);
            }
            code => Err(FetchError::of_code(
                code,
                status.canonical_reason(),
                text(response.headers(), &header::RETRY_AFTER),
            )),
        };
        if let Some(exchange) = exchange {
            self.read_aside(response, exchange).await;
        }
        answer
    }

    /// Reads a body that is only to be kept. What there is of it when it breaks off is all of it.
    async fn read_aside(&self, mut response: reqwest::Response, exchange: &mut Exchange) {
        let caps = Caps {
            wire_bytes: ASIDE_BYTES_MAX,
            max_bytes: ASIDE_BYTES_MAX,
            ratio: self.limits.ratio,
            encodings: self.limits.encodings,
        };
        let Ok(mut reader) = BodyReader::new(std::iter::empty(), caps, Overflow::Torn) else {
            return;
        };
        let ended = self.transfer(&mut response, &mut reader).await;
        exchange.cut = match ended {
            Ok(()) => reader.is_cut().then_some(Cut::Length),
            Err(_) => Some(Cut::Unspecified),
        };
        exchange.body = reader.finish().ok().map(|unpacked| unpacked.body);
    }

    async fn read_body(
        &self,
        mut response: reqwest::Response,
        request: &Request<'_>,
        exchange: Option<&mut Exchange>,
    ) -> Result<Content, FetchError> {
        let kept = kept(&response);
        let caching = caching(response.headers());
        let (max_bytes, overflow) = match request.wanted {
            Wanted::Page => {
                require_html(kept.content_type.as_deref())?;
                (self.max_body_bytes, Overflow::Refused)
            }
            Wanted::Robots(bytes) => (bytes as u64, Overflow::Cut),
            Wanted::Listing(bytes) => {
                let most = self.limits.listing_bytes.min(bytes as u64);
                (most, Overflow::Torn)
            }
        };
        let wire_bytes = match request.wanted {
            Wanted::Page => self.limits.wire_body_bytes.unwrap_or(max_bytes),
            Wanted::Robots(_) | Wanted::Listing(_) => max_bytes,
        };
        let caps = Caps {
            wire_bytes,
            max_bytes,
            ratio: self.limits.ratio,
            encodings: self.limits.encodings,
        };
        if overflow == Overflow::Refused
            && response
                .content_length()
                .is_some_and(|bytes| bytes > wire_bytes)
        {
            return Err(BodyError::TooLarge(wire_bytes).into());
        }
        let encodings: Vec<String> = texts(response.headers(), &header::CONTENT_ENCODING);
        let encodings = encodings.iter().map(String::as_str);
        let mut reader = BodyReader::new(encodings, caps, overflow)?;
        if exchange.is_some() {
            reader.keep_wire();
        }
        self.transfer(&mut response, &mut reader).await?;
        let is_cut = reader.is_cut();
        let Unpacked {
            mut body,
            wire_bytes,
            mut wire,
        } = reader.finish()?;
        if matches!(request.wanted, Wanted::Listing(_)) && body.starts_with(&GZIP_START) {
            let packed = std::mem::take(&mut body);
            body = unpacked(&packed, caps)?;
            wire.get_or_insert(packed);
        }
        if let Some(exchange) = exchange {
            exchange.body = wire;
            exchange.cut = is_cut.then_some(Cut::Length);
        }
        Ok(Content {
            response: kept,
            body,
            wire_bytes,
            caching,
            unverified: false,
        })
    }

    /// Reads the body, which must not fall behind the least rate in any stretch of time.
    async fn transfer(
        &self,
        response: &mut reqwest::Response,
        reader: &mut BodyReader,
    ) -> Result<(), FetchError> {
        let over = self.limits.min_rate_over;
        let wanted = self
            .limits
            .min_rate_bytes
            .saturating_mul(over.as_secs().max(1));
        loop {
            let stretch = self.stretch(response, reader, wanted);
            let ended = if wanted == 0 {
                stretch.await?
            } else {
                let ended = tokio::time::timeout(over, stretch).await;
                ended.map_err(|_| FetchError::slow(wanted, over))??
            };
            if ended {
                return Ok(());
            }
        }
    }

    /// Reads `wanted` bytes or more, all when that is 0. Whether the body ended.
    async fn stretch(
        &self,
        response: &mut reqwest::Response,
        reader: &mut BodyReader,
        wanted: u64,
    ) -> Result<bool, FetchError> {
        let mut got = 0;
        while wanted == 0 || got < wanted {
            let piece = response.chunk().await;
            let piece = piece.map_err(|error| FetchError::of_transfer(&error, self.timeout))?;
            let Some(piece) = piece else { return Ok(true) };
            got += piece.len() as u64;
            reader.push(&piece)?;
            if reader.is_cut() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The lines of a request that make it conditional.
fn conditions(request: &Request<'_>) -> Vec<(HeaderName, HeaderValue)> {
    let known = [
        (header::IF_NONE_MATCH, request.etag),
        (header::IF_MODIFIED_SINCE, request.last_modified),
    ];
    let lines = known.into_iter().filter_map(|(name, value)| {
        let value = HeaderValue::from_str(value?).ok()?;
        Some((name, value))
    });
    lines.collect()
}

/// Connections with these settings; of hosts that are `verified`, or of those that need not be.
fn connection(
    options: &Options,
    guard: &Guard,
    verified: bool,
) -> Result<reqwest::Client, FetchError> {
    let limits = &options.limits;
    let failed = |error: reqwest::Error| {
        let detail = format!("cannot set up the HTTP client: {error:?}");
        FetchError::new(Status::Tls, detail)
    };
    let proxy = options.proxy.clone().map(reqwest::Proxy::all).transpose();
    let proxy = proxy.map_err(failed)?;
    let builder = || {
        let builder = reqwest::Client::builder()
            .user_agent(&options.user_agent)
            .default_headers(default_headers())
            .redirect(Policy::none())
            .dns_resolver(Arc::new(guard.clone()))
            .timeout(options.timeout)
            .connect_timeout(limits.connect.min(options.timeout))
            .pool_idle_timeout(limits.idle)
            .pool_max_idle_per_host(usize::from(!limits.idle.is_zero()))
            .http1_max_headers(limits.header_lines)
            .http2_max_header_list_size(limits.header_bytes)
            .tls_danger_accept_invalid_certs(!verified);
        match proxy.clone() {
            Some(proxy) => builder.proxy(proxy),
            // Nothing from the environment: what is dialled is what the configuration says.
            None => builder.no_proxy(),
        }
    };
    // A bare machine may have no root certificates; then Mozilla's, compiled in.
    let http = builder()
        .build()
        .or_else(|_| builder().tls_certs_only(bundled_roots()).build());
    http.map_err(failed)
}

/// A gzip file as far as it goes, within a cap.
fn unpacked(body: &[u8], caps: Caps) -> Result<Vec<u8>, BodyError> {
    let mut reader = BodyReader::new(["gzip"].into_iter(), caps, Overflow::Torn)?;
    for piece in body.chunks(64 * 1024) {
        reader.push(piece)?;
        if reader.is_cut() {
            break;
        }
    }
    Ok(reader.finish()?.body)
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

fn caching(headers: &HeaderMap) -> Caching {
    let control = texts(headers, &header::CACHE_CONTROL).join(",");
    Caching {
        cache_control: Some(control).filter(|control| !control.is_empty()),
        expires: text(headers, &header::EXPIRES),
        date: text(headers, &header::DATE),
        age: text(headers, &header::AGE),
    }
}

fn kept(response: &reqwest::Response) -> Response {
    let header = |name| text(response.headers(), &name).filter(|value| !value.is_empty());
    Response {
        status: response.status().as_u16(),
        content_type: header(header::CONTENT_TYPE),
        etag: header(header::ETAG),
        last_modified: header(header::LAST_MODIFIED),
        robots: texts(response.headers(), &X_ROBOTS_TAG),
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
