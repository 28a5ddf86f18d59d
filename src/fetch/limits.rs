//! What one request may cost at most.

use std::time::Duration;

/// Bounds on one request, besides those on its time as a whole and on its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Until the connection stands, TLS included.
    pub connect: Duration,
    /// Until the last line of the response's header.
    pub first_byte: Duration,
    /// Fewest bytes of a body a second, over `min_rate_over`; 0 for no such bound.
    pub min_rate_bytes: u64,
    /// The time over which that is reckoned.
    pub min_rate_over: Duration,
    /// Bytes of a response's header, names and values.
    pub header_bytes: u32,
    /// Lines of a response's header.
    pub header_lines: usize,
    /// Bytes of a body on the wire; none for as many as it may have unpacked.
    pub wire_body_bytes: Option<u64>,
    /// How many times larger than on the wire a body may become, once it is over
    /// 1 MiB.
    pub ratio: u64,
    /// Content encodings one on top of the other.
    pub encodings: usize,
    /// Bytes of a feed, a sitemap or a front page, unpacked; the rest is not read.
    pub listing_bytes: u64,
    /// How long an idle connection is kept for the next page of its host; zero for not at all.
    pub idle: Duration,
}

impl Default for Limits {
    /// Times as browsers and curl's users have them; header sizes as common servers bound requests
    /// (64 KiB); 200:1 lies above what pages reach, gzip itself ends near 1,030:1; more than two
    /// encodings are no server's honest doing (CVE-2022-32206);
    /// 50 MiB are a sitemap's most (sitemaps.org); after 5 s Apache ends an idle connection, too, and
    /// each costs some 70 kB, on a crawl of many hosts the most of all memory.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(20),
            min_rate_bytes: 1 << 10,
            min_rate_over: Duration::from_secs(20),
            header_bytes: 64 << 10,
            header_lines: 128,
            wire_body_bytes: None,
            ratio: 200,
            encodings: 2,
            listing_bytes: 50 << 20,
            idle: Duration::from_secs(5),
        }
    }
}
