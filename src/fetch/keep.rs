//! What went over the wire, for an archive.
//!
//! The HTTP library hands over names and values, not bytes: names are in lower case, in the order
//! in which they came, and the reason after the status code is the usual one. Two things are left
//! out, in both directions, since an archive is made to be handed on: what the server knows us by
//! (`Cookie`, `Set-Cookie`) and passwords (`Authorization`).

use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use url::{Position, Url};

use crate::exchange::{Exchange, address};

/// Most of a body that is read only to be kept: of a redirect, of a page that is not there.
/// Servers' excuses are a few kilobytes.
pub(super) const ASIDE_BYTES_MAX: u64 = 1 << 20;

/// Lines of a response that are not kept.
const SECRET: [HeaderName; 1] = [header::SET_COOKIE];

/// What goes before the name of a line that is no longer true of the body, as Common Crawl has
/// it.
const NO_LONGER: &str = "x-crawl-";

/// An exchange whose body is still to come. `sent` are the lines of the request beside `Host`.
pub(super) fn begin(
    url: &Url,
    sent: &[(HeaderName, HeaderValue)],
    response: &reqwest::Response,
    is_proxied: bool,
) -> Exchange {
    let server = response.remote_addr().filter(|_| !is_proxied);
    Exchange {
        url: address(url),
        server: server.map(|server| server.ip()),
        is_http2: response.version() == reqwest::Version::HTTP_2,
        request: request_head(url, sent),
        status: response.status().as_u16(),
        response: response_head(response),
        body: None,
        is_packed: response.headers().contains_key(header::CONTENT_ENCODING),
        lacks_length: !response.headers().contains_key(header::CONTENT_LENGTH),
        cut: None,
    }
}

fn request_head(url: &Url, sent: &[(HeaderName, HeaderValue)]) -> Vec<u8> {
    let (target, host) = (
        &url[Position::BeforePath..Position::AfterQuery],
        &url[Position::BeforeHost..Position::AfterPort],
    );
    let mut head = format!("GET {target} HTTP/1.1\r\nhost: {host}\r\n").into_bytes();
    for (name, value) in sent {
        push_line(&mut head, name.as_str(), value.as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    head
}

fn response_head(response: &reqwest::Response) -> Vec<u8> {
    let status = response.status();
    let reason = status.canonical_reason().unwrap_or_default();
    let mut head = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).into_bytes();
    for (name, value) in response.headers() {
        if SECRET.contains(name) {
            continue;
        }
        // The transfer coding is undone, so the line that tells of it must not be read again.
        let marked = (name == header::TRANSFER_ENCODING).then(|| format!("{NO_LONGER}{name}"));
        let name = marked.as_deref().unwrap_or(name.as_str());
        push_line(&mut head, name, value.as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    head
}

fn push_line(head: &mut Vec<u8>, name: &str, value: &[u8]) {
    head.extend_from_slice(name.as_bytes());
    head.extend_from_slice(b": ");
    head.extend_from_slice(value);
    head.extend_from_slice(b"\r\n");
}

/// What a client sends of itself, as lines of each request.
pub(super) fn own_lines(user_agent: &str, defaults: &HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
    let agent = HeaderValue::from_str(user_agent);
    let agent = agent.ok().map(|agent| (header::USER_AGENT, agent));
    let defaults = defaults.iter();
    let defaults = defaults.map(|(name, value)| (name.clone(), value.clone()));
    agent.into_iter().chain(defaults).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_tells_no_secrets() {
        let url = Url::parse("https://ann:pass@courier.example:8443/a%20b?c=d#e").unwrap();
        let sent = own_lines("chaffinch/0.1 (+mailto:a@b.example)", &HeaderMap::new());
        assert_eq!(address(&url), "https://courier.example:8443/a%20b?c=d");
        assert_eq!(
            String::from_utf8(request_head(&url, &sent)).unwrap(),
            "GET /a%20b?c=d HTTP/1.1\r\nhost: courier.example:8443\r\n\
             user-agent: chaffinch/0.1 (+mailto:a@b.example)\r\n\r\n"
        );
    }
}
