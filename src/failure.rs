//! The third contract: a [`Failure`] says why an input gave no article.
//!
//! Every input ends as exactly one [`crate::article::Article`] or one [`Failure`].

use serde::{Deserialize, Serialize};

use crate::article::{PageType, SCHEMA};
use crate::page::Source;

/// Why an input gave no article. The names are part of schema `chaffinch/1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// robots.txt forbids the URL.
    RobotsDenied,
    /// robots.txt gave no usable answer (5xx, 429, silence), so nothing may be asked (RFC 9309 §2.3.1.4).
    RobotsUnreachable,
    /// So many requests in a row failed that the rest of the site is not asked in this run.
    HostFailing,
    /// 429 after the retries, or at once when its `Retry-After` is longer than we wait.
    RateLimited,
    /// 401, 403, 407 or 451, or a challenge page.
    Blocked,
    /// 404 or 410.
    NotFound,
    /// Any other status that is no success.
    HttpError,
    /// The request did not end within its time.
    Timeout,
    /// The host's name has no address.
    Dns,
    /// No connection, or it broke.
    Connect,
    /// The connection could not be made safe.
    Tls,
    /// The body was larger than the limit.
    TooLarge,
    /// The body ended before it was complete.
    Truncated,
    /// The body could not be unpacked.
    DecodeError,
    /// The body is no HTML.
    NotHtml,
    /// Redirects lead back to an address already visited.
    RedirectLoop,
    /// More redirects than the limit.
    TooManyRedirects,
    /// The address is not a public one and no `--allow-network` covers it.
    SsrfBlocked,
    /// Not an absolute http or https URL.
    BadUrl,
    /// The page was read and holds no article.
    NoArticle,
    /// The same page as another input.
    Duplicate,
}

impl Status {
    /// What an HTTP status code that is no success means.
    #[must_use]
    pub fn of_code(code: u16) -> Self {
        match code {
            404 | 410 => Self::NotFound,
            429 => Self::RateLimited,
            401 | 403 | 407 | 451 => Self::Blocked,
            _ => Self::HttpError,
        }
    }

    /// Every status, in the order of the documentation.
    pub const ALL: [Self; 21] = [
        Self::RobotsDenied,
        Self::RobotsUnreachable,
        Self::HostFailing,
        Self::RateLimited,
        Self::Blocked,
        Self::NotFound,
        Self::HttpError,
        Self::Timeout,
        Self::Dns,
        Self::Connect,
        Self::Tls,
        Self::TooLarge,
        Self::Truncated,
        Self::DecodeError,
        Self::NotHtml,
        Self::RedirectLoop,
        Self::TooManyRedirects,
        Self::SsrfBlocked,
        Self::BadUrl,
        Self::NoArticle,
        Self::Duplicate,
    ];

    /// The name in records and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RobotsDenied => "robots_denied",
            Self::RobotsUnreachable => "robots_unreachable",
            Self::HostFailing => "host_failing",
            Self::RateLimited => "rate_limited",
            Self::Blocked => "blocked",
            Self::NotFound => "not_found",
            Self::HttpError => "http_error",
            Self::Timeout => "timeout",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::TooLarge => "too_large",
            Self::Truncated => "truncated",
            Self::DecodeError => "decode_error",
            Self::NotHtml => "not_html",
            Self::RedirectLoop => "redirect_loop",
            Self::TooManyRedirects => "too_many_redirects",
            Self::SsrfBlocked => "ssrf_blocked",
            Self::BadUrl => "bad_url",
            Self::NoArticle => "no_article",
            Self::Duplicate => "duplicate",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// The record of an input that gave no article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The address asked for, or the line of the list that was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Why.
    pub status: Status,
    /// The same for a person: what was seen, with names and numbers.
    pub detail: String,
    /// What the page is, when it was read and is no article.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_type: Option<PageType>,
    /// How often it was tried: 1 for a failure that no retry can heal, 0 when nothing was asked.
    pub attempts: u32,
    /// The file, when the input was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

impl Failure {
    /// A failure of the URL `url` after `attempts` requests.
    #[must_use]
    pub fn of_url(url: &str, status: Status, detail: impl Into<String>, attempts: u32) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            url: Some(url.to_owned()),
            status,
            detail: detail.into(),
            page_type: None,
            attempts,
            source: None,
        }
    }

    /// The same failure of a page that is known to be something else.
    #[must_use]
    pub fn being(mut self, page_type: Option<PageType>) -> Self {
        self.page_type = page_type;
        self
    }

    /// A failure of a file or stream, which may have an address.
    #[must_use]
    pub fn of_source(
        source: Source,
        url: Option<String>,
        status: Status,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            url,
            status,
            detail: detail.into(),
            page_type: None,
            attempts: 0,
            source: Some(source),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_serde_agree() {
        for status in Status::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.name());
            assert_eq!(Status::from_name(status.name()), Some(status));
        }
    }
}
