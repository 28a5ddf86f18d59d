//! Why a request gave no answer.

use std::error::Error;
use std::time::Duration;

use super::guard::Refused;
use crate::failure::Status;
use crate::unpack::BodyError;

/// A request that gave no usable answer.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub struct FetchError {
    /// The kind of failure.
    pub status: Status,
    /// The same for a person, causes included.
    pub detail: String,
    /// The HTTP status code, when there was a response.
    pub code: Option<u16>,
    /// The `Retry-After` header, as sent.
    pub retry_after: Option<String>,
    /// Whether the host was never reached: no name, no connection, no safe one, or not allowed.
    pub unreached: bool,
}

impl FetchError {
    pub(super) fn new(status: Status, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            code: None,
            retry_after: None,
            unreached: false,
        }
    }

    /// What a status code that is no success means.
    pub(super) fn of_code(code: u16, reason: Option<&str>, retry_after: Option<String>) -> Self {
        let status = Status::of_code(code);
        let detail = reason.map_or_else(
            || format!("HTTP {code}"),
            |reason| format!("HTTP {code} {reason}"),
        );
        Self {
            code: Some(code),
            retry_after,
            ..Self::new(status, detail)
        }
    }

    /// A failure before the response: in the connection, or in what came over it.
    pub(super) fn of_request(error: &reqwest::Error, timeout: Duration) -> Self {
        let status = if find::<Refused>(error).is_some() {
            Status::SsrfBlocked
        } else if error.is_dns() {
            Status::Dns
        } else if find::<rustls::Error>(error).is_some() || causes(error).contains("tls handshake")
        {
            Status::Tls
        } else if error.is_connect() {
            Status::Connect
        } else if error.is_timeout() {
            return Self::new(
                Status::Timeout,
                format!("no answer within {}", seconds(timeout)),
            );
        } else if causes(error).contains("message head is too large") {
            return Self::new(
                Status::TooLarge,
                "the header has more lines or bytes than the limit",
            );
        } else if find::<std::io::Error>(error).is_some()
            || causes(error).contains("connection closed")
        {
            return Self::new(
                Status::Connect,
                format!("connection lost: {}", causes(error)),
            );
        } else {
            return Self::new(Status::HttpError, causes(error));
        };
        Self {
            unreached: true,
            ..Self::new(status, causes(error))
        }
    }

    /// No header within its time.
    pub(super) fn silent(within: Duration) -> Self {
        let detail = format!("no answer within {}", seconds(within));
        Self::new(Status::Timeout, detail)
    }

    /// A body that comes slower than the least rate.
    pub(super) fn slow(bytes: u64, over: Duration) -> Self {
        let detail = format!("less than {bytes} bytes of the body in {}", seconds(over));
        Self::new(Status::Timeout, detail)
    }

    /// A name that could not be judged, or was refused, before a proxy was asked.
    pub(super) fn of_judging(error: &std::io::Error) -> Self {
        let refused = find::<Refused>(error);
        let status = refused.map_or(Status::Dns, |_| Status::SsrfBlocked);
        let detail = refused.map_or_else(|| error.to_string(), ToString::to_string);
        Self {
            unreached: true,
            ..Self::new(status, detail)
        }
    }

    /// A failure in the middle of the body.
    pub(super) fn of_transfer(error: &reqwest::Error, timeout: Duration) -> Self {
        if error.is_timeout() {
            Self::new(
                Status::Timeout,
                format!("the body took longer than {}", seconds(timeout)),
            )
        } else {
            Self::new(
                Status::Truncated,
                format!("the body broke off: {}", causes(error)),
            )
        }
    }
}

impl From<BodyError> for FetchError {
    fn from(error: BodyError) -> Self {
        Self::new(error.status(), error.to_string())
    }
}

impl From<Refused> for FetchError {
    fn from(refused: Refused) -> Self {
        Self {
            unreached: true,
            ..Self::new(Status::SsrfBlocked, refused.to_string())
        }
    }
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

/// The first cause of type `E`.
fn find<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    chain(error)
        .into_iter()
        .find_map(|cause| unwrapped(cause).downcast_ref::<E>())
}

/// What an `io::Error` wraps, which it hides from `source`; several may be nested.
fn unwrapped<'e>(error: &'e (dyn Error + 'static)) -> &'e (dyn Error + 'static) {
    let mut at = error;
    while let Some(inner) = at
        .downcast_ref::<std::io::Error>()
        .and_then(std::io::Error::get_ref)
    {
        at = inner;
    }
    at
}

fn chain<'e>(error: &'e (dyn Error + 'static)) -> Vec<&'e (dyn Error + 'static)> {
    let mut all = vec![error];
    let mut at = error;
    while let Some(cause) = at.source() {
        all.push(cause);
        at = cause;
    }
    all
}

/// The causes of an error, without the outer lines of reqwest and hyper, which name the URL again
/// or say only that something went wrong.
fn causes(error: &(dyn Error + 'static)) -> String {
    let all: Vec<String> = chain(error).iter().map(ToString::to_string).collect();
    let telling = |line: &&String| !line.starts_with("client error (");
    let mut lines: Vec<&String> = all.iter().skip(1).filter(telling).collect();
    if lines.is_empty() {
        lines.extend(all.last());
    }
    lines.dedup();
    lines
        .into_iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(": ")
}
