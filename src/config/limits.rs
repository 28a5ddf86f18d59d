//! `[limits]`: what a request and its answer may cost.

use std::time::Duration;

use serde::Deserialize;

use super::{ConfigError, Size, Span};
use crate::crawl::redirect::REDIRECTS_MAX;
use crate::crawl::url_key::URL_BYTES_MAX;
use crate::extract::dom;
use crate::fetch;

/// `[limits]`. Sizes are bytes, written `"64KiB"`; times are written `"10s"`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsSection {
    /// Until the connection stands.
    pub connect: Option<Span>,
    /// Until the end of the response's header.
    pub first_byte: Option<Span>,
    /// Least size of a body that comes in a second.
    pub min_rate: Option<Size>,
    /// Time over which that is reckoned.
    pub min_rate_over: Option<Span>,
    /// Header of a response.
    pub header: Option<Size>,
    /// Lines of it.
    pub header_lines: Option<usize>,
    /// Body on the wire.
    pub wire_body: Option<Size>,
    /// How many times larger it may become when it is unpacked.
    pub ratio: Option<u64>,
    /// Content encodings on top of each other.
    pub encodings: Option<usize>,
    /// Feed, sitemap or front page.
    pub listing: Option<Size>,
    /// Redirects of one URL.
    pub redirects: Option<usize>,
    /// Length of a URL.
    pub url: Option<Size>,
    /// Nesting of a page's elements.
    pub html_depth: Option<u16>,
    /// Elements and texts of a page.
    pub html_nodes: Option<u32>,
    /// Attributes of an element.
    pub html_attributes: Option<u16>,
    /// Value of an attribute.
    pub html_value: Option<Size>,
}

impl LimitsSection {
    /// The bounds on a request.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for a bound that lets nothing through.
    pub(super) fn fetch(&self) -> Result<fetch::Limits, ConfigError> {
        let usual = fetch::Limits::default();
        let span = |set: Option<Span>, usual: Duration| set.map_or(usual, |span| span.0);
        let limits = fetch::Limits {
            connect: span(self.connect, usual.connect),
            first_byte: span(self.first_byte, usual.first_byte),
            min_rate_bytes: self.min_rate.map_or(usual.min_rate_bytes, |size| size.0),
            min_rate_over: span(self.min_rate_over, usual.min_rate_over),
            header_bytes: match self.header {
                Some(size) => u32::try_from(size.0).unwrap_or(u32::MAX),
                None => usual.header_bytes,
            },
            header_lines: self.header_lines.unwrap_or(usual.header_lines),
            wire_body_bytes: self.wire_body.map(|size| size.0).or(usual.wire_body_bytes),
            ratio: self.ratio.unwrap_or(usual.ratio),
            encodings: self.encodings.unwrap_or(usual.encodings),
            listing_bytes: self.listing.map_or(usual.listing_bytes, |size| size.0),
            ..usual
        };
        for (name, is_nothing) in [
            ("connect", limits.connect.is_zero()),
            ("first_byte", limits.first_byte.is_zero()),
            ("min_rate_over", limits.min_rate_over.is_zero()),
            ("header", limits.header_bytes == 0),
            ("header_lines", limits.header_lines == 0),
            ("ratio", limits.ratio == 0),
        ] {
            if is_nothing {
                return Err(ConfigError::new(format_args!(
                    "limits.{name} must be more than 0"
                )));
            }
        }
        Ok(limits)
    }

    /// The bounds on a page's tree.
    pub(super) fn dom(&self) -> dom::Limits {
        let usual = dom::Limits::default();
        dom::Limits {
            depth: self.html_depth.unwrap_or(usual.depth),
            nodes: self.html_nodes.unwrap_or(usual.nodes),
            attributes: self.html_attributes.unwrap_or(usual.attributes),
            value_bytes: match self.html_value {
                Some(size) => usize::try_from(size.0).unwrap_or(usize::MAX),
                None => usual.value_bytes,
            },
            ..usual
        }
    }

    pub(super) fn redirects(&self) -> usize {
        self.redirects.unwrap_or(REDIRECTS_MAX)
    }

    /// # Errors
    ///
    /// [`ConfigError`] for more than URLs may have at all.
    pub(super) fn url(&self) -> Result<usize, ConfigError> {
        let set = self
            .url
            .map(|size| usize::try_from(size.0).unwrap_or(usize::MAX));
        match set {
            Some(bytes) if bytes > URL_BYTES_MAX => Err(ConfigError::new(format_args!(
                "limits.url must be at most {URL_BYTES_MAX}"
            ))),
            set => Ok(set.unwrap_or(URL_BYTES_MAX)),
        }
    }
}
