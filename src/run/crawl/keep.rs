//! What goes over the wire, on its way into the archive: packed on the threads that extract, while
//! the page is in memory anyway, and appended with the batch that its URL is acked in.

use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use super::Job;
use crate::crawl::url_key::without_credentials;
use crate::exchange::{self, Earlier, Exchange, Purpose, Sought};
use crate::frontier::{Frontier, FrontierError, Lease, Memo, Millis};
use crate::output::warc::{Packed, pack};
use crate::page::Page;
use crate::run::clock::millis;

/// How long after the last look at an address its response in the archive is still referred to,
/// instead of being kept anew. A page that nobody asked for so long has changed.
const REFERRED_TO: Duration = Duration::from_hours(90 * 24);

/// An exchange that is to be kept.
pub(super) struct Keep {
    exchange: Box<Exchange>,
    purpose: Purpose,
    at: Timestamp,
    earlier: Option<Earlier>,
}

/// Records for the archive, and the note that they are there.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) packed: Packed,
    pub(super) memo: Option<Memo>,
}

impl Keep {
    /// An exchange of the page of a lease.
    pub(super) fn of(
        exchange: Box<Exchange>,
        lease: &Lease,
        at: Timestamp,
        earlier: Option<&Earlier>,
    ) -> Self {
        let url = match &lease.parts {
            Some(_) => lease.path.first().unwrap_or(&lease.url),
            None => &lease.url,
        };
        let url = without_credentials(url);
        let sought = match &lease.parts {
            _ if lease.is_source => Sought::Source,
            Some(_) => Sought::Part,
            None => Sought::Page,
        };
        let purpose = Purpose {
            url: (*url != exchange.url).then(|| url.into_owned()),
            sought,
            ..Purpose::default()
        };
        Self {
            exchange,
            purpose,
            at,
            earlier: earlier.cloned(),
        }
    }

    /// An exchange of a robots.txt.
    pub(super) fn of_robots(
        exchange: Box<Exchange>,
        at: Timestamp,
        earlier: Option<&Earlier>,
    ) -> Self {
        let purpose = Purpose {
            sought: Sought::Robots,
            ..Purpose::default()
        };
        Self {
            exchange,
            purpose,
            at,
            earlier: earlier.cloned(),
        }
    }

    /// Packs it with what is known of its page.
    pub(super) fn with_page(mut self, page: &Page) -> Kept {
        self.purpose.entry.clone_from(&page.entry);
        self.purpose.warnings.clone_from(&page.warnings);
        self.with_body(&page.body)
    }

    /// Packs it with its body, where that is not in it.
    pub(super) fn with_body(self, body: &[u8]) -> Kept {
        let earlier = self.earlier.as_ref();
        let packed = pack(&self.exchange, body, self.at, &self.purpose, earlier);
        let memo = packed.refers_to.as_ref().map(|earlier| Memo {
            name: memo_name(&earlier.url),
            until: self.at.as_millisecond() + millis(REFERRED_TO),
            value: serde_json::to_string(earlier).unwrap_or_default(),
        });
        Kept { packed, memo }
    }
}

/// What the archive has of the addresses that a lease leads to.
#[derive(Debug, Clone, Default)]
pub(super) struct Archived(Vec<Earlier>);

impl Archived {
    /// Calls it to mind, of a page and its robots.txt.
    pub(super) fn recall(
        frontier: &mut dyn Frontier,
        url: &Url,
        now: Millis,
    ) -> Result<Self, FrontierError> {
        let robots = url.join("/robots.txt").ok();
        let mut known = Vec::new();
        for url in [Some(url), robots.as_ref()].into_iter().flatten() {
            let memo = frontier.recall(&memo_name(&exchange::address(url)), now)?;
            known.extend(memo.and_then(|memo| serde_json::from_str(&memo).ok()));
        }
        Ok(Self(known))
    }

    /// The response of an address.
    pub(super) fn of(&self, url: &Url) -> Option<&Earlier> {
        let address = exchange::address(url);
        self.0.iter().find(|earlier| earlier.url == address)
    }
}

fn memo_name(address: &str) -> String {
    format!("warc {address}")
}

/// What each file of the archive says of the crawl.
pub(super) fn about(job: &Job) -> Vec<(&'static str, String)> {
    let robots = match &job.ignore_robots[..] {
        [] => "obey".to_owned(),
        ignored => format!("obey, except those of {}", ignored.join(", ")),
    };
    vec![
        ("http-header-user-agent", job.fetch.user_agent.clone()),
        ("robots", robots),
    ]
}
