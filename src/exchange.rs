//! A contract: one [`Exchange`] is what went over the wire for one request, a [`Purpose`] what it
//! was for. Data only.
//!
//! Fetchers make exchanges, archives keep them with their purpose, and who reads such an archive
//! knows by that what the crawl knew.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::entry::Entry;
use crate::page::Warning;

/// One request and its whole response.
///
/// The body of the response is not in it where it is the same as that of the page, so that no
/// body is in memory twice.
#[derive(Debug)]
pub struct Exchange {
    /// The [`address`] that was asked.
    pub url: String,
    /// The address that answered; absent behind a proxy.
    pub server: Option<IpAddr>,
    /// Whether it was HTTP/2, whose heads are given in the form of HTTP/1.1.
    pub is_http2: bool,
    /// The request's head with the empty line after it, without what is secret.
    pub request: Vec<u8>,
    /// The response's status code.
    pub status: u16,
    /// The response's head with the empty line after it, without what is secret.
    pub response: Vec<u8>,
    /// The response's body in its content encoding, out of its transfer coding; none where that
    /// is what the page has, too.
    pub body: Option<Vec<u8>>,
    /// Whether the body has a content encoding, so that packing it again is of no use.
    pub is_packed: bool,
    /// Whether the response lacks a `Content-Length`, or has one that is not that of the body here.
    pub lacks_length: bool,
    /// Why the body is not here to its end, if it is not.
    pub cut: Option<Cut>,
}

/// The address of an exchange, which tells no user name or password, and no fragment, which no
/// server hears of.
#[must_use]
pub fn address(url: &Url) -> String {
    let mut url = url.clone();
    url.set_fragment(None);
    // These fail only for URLs without a host, which nobody can ask.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

/// Why a body was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// It is longer than what is wanted of it.
    Length,
    /// It broke off.
    Unspecified,
}

/// What a response was asked for, and what was known of it. It goes with the response into an
/// archive, so that it is read there as the crawl has read it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purpose {
    /// The address that the user wrote or a source named, where another one was asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What it is to be.
    #[serde(default, skip_serializing_if = "Sought::is_page")]
    pub sought: Sought,
    /// What the feed, sitemap or page that named it says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<Entry>,
    /// What the fetcher noticed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// What a response is to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sought {
    /// A page with an article.
    #[default]
    Page,
    /// A further page of an article of several.
    Part,
    /// A feed, a sitemap or a front page, for what it leads to.
    Source,
    /// A robots.txt.
    Robots,
}

impl Sought {
    /// Whether it is what most are.
    #[must_use]
    pub fn is_page(&self) -> bool {
        *self == Self::Page
    }

    /// Whether it has no article, whatever it holds: it leads to pages.
    #[must_use]
    pub fn is_aside(&self) -> bool {
        matches!(self, Self::Source | Self::Robots)
    }
}

/// The response of an archive that a later one may refer to instead of being kept again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// Its [`address`].
    pub url: String,
    /// The `WARC-Record-ID`, with its angle brackets.
    pub id: String,
    /// When it was asked.
    pub date: Timestamp,
    /// The `WARC-Payload-Digest`.
    pub digest: String,
}
