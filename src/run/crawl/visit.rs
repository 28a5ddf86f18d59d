//! One request for one lease: a robots.txt, or a page that is extracted at once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use super::cores::Cores;
use super::errand::Errand;
use super::keep::{Archived, Keep, Kept};
use super::parts::{Joined, Parts};
use super::robots_cache::RobotsFile;
use super::twins;
use crate::article::Article;
use crate::crawl::freshness::{Said, fresh_for};
use crate::crawl::listing::{self, LISTING_BYTES_MAX, Listing};
use crate::crawl::robots::{ROBOTS_BYTES_MAX, ROBOTS_REDIRECTS_MAX, Robots};
use crate::crawl::url_key::without_credentials;
use crate::extract::{self, Outlinks, extract, outlinks};
use crate::failure::Status;
use crate::fetch::{Answer, Asked, Caching, Client, Content, FetchError, Request, Wanted};
use crate::frontier::{Lease, Millis, Trace};
use crate::page::{BodyKind, Page, Source, Warning};
use crate::run::clock::Clock;

/// What all visits share.
#[derive(Clone)]
pub(super) struct Visitor {
    pub(super) client: Client,
    pub(super) clock: Clock,
    pub(super) then: Then,
}

/// What is made of a page.
#[derive(Clone)]
pub(super) enum Then {
    /// An article.
    Extract {
        options: extract::Options,
        /// Where extraction runs.
        cores: Cores,
    },
    /// It is kept here as it came, for whoever asked for it.
    Keep(Arc<Mutex<Option<Page>>>),
}

/// What one answer cost, and for how long it is good.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Transfer {
    pub(super) requests: u64,
    pub(super) wire_bytes: u64,
    pub(super) body_bytes: u64,
    /// From asking to the end of the response.
    pub(super) took: Duration,
    /// When the response ended.
    pub(super) ended: Millis,
    pub(super) fresh_for: Duration,
}

/// What a visit brings back.
pub(super) struct Came<T> {
    pub(super) read: T,
    pub(super) transfer: Transfer,
    /// For the archive.
    pub(super) kept: Vec<Kept>,
}

/// What came of asking for a page.
pub(super) enum Visited {
    Article(Box<Read>),
    /// A page of an article of several, which goes on.
    GoesOn {
        next: Url,
        parts: Box<Parts>,
    },
    Source(Box<SourceRead>),
    Kept,
    NotModified,
    Redirect {
        location: Option<String>,
    },
    /// It was read, and holds no article; where it leads.
    Rejected(extract::Rejection, Option<Outlinks>),
    Failed(FetchError),
}

/// An article, and what is known only while it is read.
pub(super) struct Read {
    pub(super) article: Article,
    pub(super) traces: Vec<Trace>,
    /// Where its page leads, if links are followed.
    pub(super) links: Option<Outlinks>,
}

/// What a source gave.
pub(super) struct SourceRead {
    /// None when it is a page.
    pub(super) listing: Option<Listing>,
    /// Where the page leads.
    pub(super) links: Outlinks,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
}

/// What came of asking for a robots.txt.
pub(super) enum RobotsRead {
    Rules(Box<RobotsFile>),
    /// The rules that are known are still good.
    Unchanged,
    Failed(FetchError),
}

impl Visitor {
    /// Asks for the page of a lease at `url`. `archived` is what the archive has, if there is one.
    pub(super) async fn page(
        &self,
        lease: &Lease,
        url: &Url,
        warning: Option<Warning>,
        now: Timestamp,
        archived: Option<Archived>,
    ) -> Came<Visited> {
        let mut transfer = Transfer {
            requests: 1,
            ..Transfer::default()
        };
        // Validators are those of the address that gave them.
        let known = lease.known.as_ref();
        let address = without_credentials(url.as_str());
        let known = known.filter(|known| known.address.as_deref() == Some(&*address));
        // What the archive lacks has to come whole.
        let earlier = archived.as_ref().and_then(|archived| archived.of(url));
        let known = known.filter(|_| archived.is_none() || earlier.is_some());
        let request = Request {
            url,
            wanted: if lease.is_source {
                Wanted::Listing(LISTING_BYTES_MAX)
            } else {
                Wanted::Page
            },
            etag: known.and_then(|known| known.etag.as_deref()),
            last_modified: known.and_then(|known| known.last_modified.as_deref()),
        };
        let started = self.clock.elapsed();
        let Asked { answer, exchange } = self.client.get(request).await;
        transfer.took = self.clock.elapsed().saturating_sub(started);
        transfer.ended = self.clock.millis();
        let keep = exchange.map(|exchange| Keep::of(exchange, lease, now, earlier));
        let (read, kept) = match answer {
            Ok(Answer::Content(content)) => {
                transfer.fresh_for = fresh(&content.caching, now);
                (transfer.wire_bytes, transfer.body_bytes) =
                    (content.wire_bytes, content.body.len() as u64);
                let page = page_of(lease, url, warning, now, content);
                self.read(page, lease, keep).await
            }
            Ok(Answer::NotModified { caching }) => {
                transfer.fresh_for = fresh(&caching, now);
                (Visited::NotModified, self.kept(keep).await)
            }
            Ok(Answer::Redirect { location, .. }) => {
                (Visited::Redirect { location }, self.kept(keep).await)
            }
            Err(error) => {
                transfer.requests = u64::from(error.status != Status::SsrfBlocked);
                (Visited::Failed(error), self.kept(keep).await)
            }
        };
        Came {
            read,
            transfer,
            kept: kept.into_iter().collect(),
        }
    }

    /// Makes of a page what is to be made of it, and packs its exchange.
    async fn read(&self, page: Page, lease: &Lease, keep: Option<Keep>) -> (Visited, Option<Kept>) {
        let (options, cores) = match &self.then {
            Then::Extract { options, cores } => (options.clone(), cores),
            Then::Keep(place) => {
                *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(page);
                return (Visited::Kept, None);
            }
        };
        let task = (!lease.is_source).then(|| Task::of(lease));
        // Extraction is work for a core, not for the runtime that moves bytes.
        let done = cores.run(move || {
            let visited = match task {
                Some(task) => read(&page, &options, task),
                None => read_source(&page, &options),
            };
            (visited, keep.map(|keep| keep.with_page(&page)))
        });
        done.await.unwrap_or_else(|panic| {
            let detail = format!("internal error: {panic}");
            (failed(Status::NoArticle, &detail), None)
        })
    }

    /// Packs an exchange of which there is no page.
    async fn kept(&self, keep: Option<Keep>) -> Option<Kept> {
        let (keep, Then::Extract { cores, .. }) = (keep?, &self.then) else {
            return None;
        };
        let kept = cores.run(move || keep.with_body(b"")).await;
        kept.inspect_err(|panic| tracing::error!(panic, "an exchange is not kept"))
            .ok()
    }

    /// Asks for the robots.txt of `url`, following redirects across hosts (RFC 9309 §2.3.1.2), and
    /// conditionally where `known` is what was read there. Between two of them lies `pause`, since
    /// they may all lead to one host.
    pub(super) async fn robots(
        &self,
        url: &Url,
        agent: &str,
        known: Option<RobotsFile>,
        pause: Duration,
        archived: Option<Archived>,
    ) -> Came<RobotsRead> {
        // More redirects than followed, or one to nowhere: unavailable, so no rules.
        let mut came = Came {
            read: RobotsRead::Rules(Box::default()),
            transfer: Transfer::default(),
            kept: Vec::new(),
        };
        let Ok(mut at) = url.join("/robots.txt") else {
            return came;
        };
        for hop in 0..=ROBOTS_REDIRECTS_MAX {
            if hop > 0 {
                tokio::time::sleep(pause).await;
            }
            let transfer = &mut came.transfer;
            transfer.requests += 1;
            let address = without_credentials(at.as_str());
            let known = known.as_ref();
            let known = known.filter(|known| known.address.as_deref() == Some(&*address));
            let request = Request {
                url: &at,
                wanted: Wanted::Robots(ROBOTS_BYTES_MAX),
                etag: known.and_then(|known| known.etag.as_deref()),
                last_modified: known.and_then(|known| known.last_modified.as_deref()),
            };
            let (started, now) = (self.clock.elapsed(), self.clock.now());
            let Asked { answer, exchange } = self.client.get(request).await;
            transfer.took = self.clock.elapsed().saturating_sub(started);
            transfer.ended = self.clock.millis();
            let earlier = archived.as_ref().and_then(|archived| archived.of(&at));
            let keep = exchange.map(|exchange| Keep::of_robots(exchange, now, earlier));
            let body = match &answer {
                Ok(Answer::Content(content)) => &content.body[..],
                _ => b"",
            };
            // At most half a megabyte, once a day and host.
            came.kept.extend(keep.map(|keep| keep.with_body(body)));
            match answer {
                Ok(Answer::Redirect { location, .. }) => {
                    let next = location.and_then(|location| at.join(location.trim()).ok());
                    match next.filter(|next| matches!(next.scheme(), "http" | "https")) {
                        Some(next) => at = next,
                        None => break,
                    }
                }
                Ok(Answer::Content(content)) => {
                    transfer.wire_bytes += content.wire_bytes;
                    transfer.body_bytes += content.body.len() as u64;
                    came.read = RobotsRead::Rules(Box::new(RobotsFile {
                        robots: Robots::parse(&content.body, agent),
                        forbidden: false,
                        address: Some(address.into_owned()),
                        etag: content.response.etag,
                        last_modified: content.response.last_modified,
                    }));
                    break;
                }
                Ok(Answer::NotModified { .. }) => {
                    came.read = RobotsRead::Unchanged;
                    break;
                }
                Err(mut error) => {
                    // The host answered; it is where it sent us that did not.
                    error.unreached &= hop == 0;
                    came.read = judge_robots(error);
                    break;
                }
            }
        }
        came
    }
}

fn fresh(caching: &Caching, now: Timestamp) -> Duration {
    let said = Said {
        cache_control: caching.cache_control.as_deref(),
        expires: caching.expires.as_deref(),
        date: caching.date.as_deref(),
        age: caching.age.as_deref(),
    };
    fresh_for(&said, now.as_second())
}

/// What is to be done with a page besides reading it.
struct Task {
    parts: Option<Parts>,
    follows: bool,
}

impl Task {
    fn of(lease: &Lease) -> Self {
        Self {
            parts: lease.parts.as_deref().and_then(Parts::read),
            follows: Errand::of(lease).follow > 0,
        }
    }
}

fn read(page: &Page, options: &extract::Options, task: Task) -> Visited {
    let links = task.follows.then(|| outlinks(page, options));
    let at = page.final_url.as_ref();
    let joined = match (extract(page, options), task.parts, at) {
        (Ok(article), None, Some(at)) => Parts::begin(Box::new(article), at),
        (Ok(article), Some(parts), Some(at)) => parts.add(article, at),
        (Ok(article), _, None) => Joined::Done(Box::new(article)),
        (Err(_), Some(parts), _) => parts.missing(),
        (Err(rejection), None, _) => return Visited::Rejected(rejection, links),
    };
    match joined {
        Joined::GoesOn { next, parts } => Visited::GoesOn { next, parts },
        Joined::Done(article) => Visited::Article(Box::new(Read::of(*article, links))),
    }
}

impl Read {
    pub(super) fn of(article: Article, links: Option<Outlinks>) -> Self {
        Self {
            traces: twins::traces(&article),
            article,
            links,
        }
    }
}

fn read_source(page: &Page, options: &extract::Options) -> Visited {
    let response = page.http.clone().unwrap_or_default();
    let content_type = response.content_type.as_deref();
    let at = page.final_url.as_ref();
    let listing = at.and_then(|at| listing::read(&page.body, content_type, at));
    Visited::Source(Box::new(SourceRead {
        links: if listing.is_none() {
            outlinks(page, options)
        } else {
            Outlinks::default()
        },
        listing,
        etag: response.etag,
        last_modified: response.last_modified,
    }))
}

fn failed(status: Status, detail: &str) -> Visited {
    Visited::Failed(FetchError {
        status,
        detail: detail.to_owned(),
        code: None,
        retry_after: None,
        unreached: false,
    })
}

/// 4xx is no rules, except 429; everything else that is no answer forbids (RFC 9309 §2.3.1.3–4).
fn judge_robots(error: FetchError) -> RobotsRead {
    match error.code {
        Some(code) if (400..500).contains(&code) && code != 429 => {
            RobotsRead::Rules(Box::new(RobotsFile {
                forbidden: matches!(code, 401 | 403),
                ..RobotsFile::default()
            }))
        }
        _ => RobotsRead::Failed(error),
    }
}

/// The page as a contract: without user name and password, which are nobody else's business.
fn page_of(
    lease: &Lease,
    url: &Url,
    warning: Option<Warning>,
    now: Timestamp,
    content: Content,
) -> Page {
    let unverified = content.unverified.then_some(Warning::TlsUnverified);
    Page {
        url: Some(without_credentials(&lease.url).into_owned()),
        final_url: Url::parse(&without_credentials(url.as_str())).ok(),
        source: Source::url(),
        http: Some(content.response),
        kind: BodyKind::Html,
        body: content.body,
        fetched_at: Some(now),
        entry: Errand::of(lease).entry,
        warnings: warning.into_iter().chain(unverified).collect(),
    }
}
