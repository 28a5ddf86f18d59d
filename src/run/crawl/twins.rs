//! One article, one record: which article of the crawl another one is a duplicate of.

use std::collections::HashMap;

use url::Url;

use super::journal::Batch;
use crate::article::{Article, DuplicateOf, Sameness, short_id};
use crate::crawl::{UrlKey, alike, normal_form, url_key};
use crate::frontier::{Frontier, FrontierError, Outcome, Trace, Traced, UrlId};
use crate::record::Record;

/// The traces that an article leaves: its addresses, its text, and the parts of its `SimHash`.
pub(super) fn traces(article: &Article) -> Vec<Trace> {
    let mut traces: Vec<Trace> = addresses(article)
        .into_iter()
        .map(|key| Trace {
            name: format!("address {key}"),
            value: 0,
        })
        .collect();
    traces.push(Trace {
        name: format!("text {}", article.content_hash),
        value: 0,
    });
    if let Some(hash) = alike::sim_hash(&article.text) {
        let bands = alike::bands(hash).into_iter().enumerate();
        traces.extend(bands.map(|(band, bits)| Trace {
            name: format!("band {band} {bits:04x}"),
            value: hash,
        }));
    }
    traces.sort_by(|a, b| a.name.cmp(&b.name));
    traces.dedup_by(|a, b| a.name == b.name);
    traces
}

/// The keys of an article's addresses. A canonical address counts within its site only: what an
/// agency's customer prints is told by its text. Where there is none, the address of which this
/// one looks like the AMP or print form does.
fn addresses(article: &Article) -> Vec<UrlKey> {
    let parsed = |url: &Option<String>| url.as_deref().and_then(|url| url_key::parse(url).ok());
    let own = [parsed(&article.url), parsed(&article.final_url)];
    let own: Vec<Url> = own.into_iter().flatten().collect();
    let pages = article
        .pages
        .iter()
        .filter_map(|page| url_key::parse(&page.url).ok());
    let mut all: Vec<UrlKey> = own
        .iter()
        .cloned()
        .chain(pages)
        .map(|url| UrlKey::of(&url))
        .collect();
    let Some(reached) = own.last() else {
        return all;
    };
    let claimed = parsed(&article.metadata.canonical_url);
    let claimed = claimed.or_else(|| normal_form::article_of(reached));
    let of_site = claimed.filter(|claimed| normal_form::is_same_site(claimed, reached));
    all.extend(of_site.as_ref().map(UrlKey::of));
    all
}

/// Marks the duplicates among what is to be written, and says how many there are. A duplicate
/// leaves no traces: what is a duplicate is one of an article that is none itself.
pub(super) fn mark(batch: &mut Batch, frontier: &mut dyn Frontier) -> Result<u64, FrontierError> {
    let mut own: HashMap<UrlId, &mut Option<Vec<Trace>>> = HashMap::new();
    for ack in &mut batch.acks {
        if let Outcome::Article(known) = &mut ack.outcome {
            own.insert(ack.id, &mut known.traces);
        }
    }
    let mut left: Vec<Traced> = Vec::new();
    let mut duplicates = 0;
    for (id, record) in &mut batch.records {
        let (Record::Article(article), Some(Some(traces))) = (record, own.get_mut(id)) else {
            continue;
        };
        let mut others = frontier.traced(*id, traces)?;
        others.extend(left.iter().cloned());
        article.duplicate_of = match twin(traces, &others) {
            Some((by, first)) => duplicate_of(by, first, frontier)?,
            None => None,
        };
        if article.duplicate_of.is_some() {
            duplicates += 1;
            traces.clear();
        }
        left.extend(traces.iter().map(|trace| Traced {
            id: *id,
            trace: trace.clone(),
        }));
    }
    Ok(duplicates)
}

/// Of which of the articles that left one of its traces an article is a duplicate: of the first,
/// by the strongest sign.
pub(super) fn twin(traces: &[Trace], others: &[Traced]) -> Option<(Sameness, UrlId)> {
    let signs = others
        .iter()
        .filter_map(|other| Some((sameness(traces, other)?, other.id)));
    signs.min()
}

fn duplicate_of(
    by: Sameness,
    first: UrlId,
    frontier: &mut dyn Frontier,
) -> Result<Option<DuplicateOf>, FrontierError> {
    let url = frontier.url(first)?;
    Ok(url.map(|url| {
        // A record knows no password.
        let url = url_key::without_credentials(&url).into_owned();
        let id = short_id(url.as_bytes());
        DuplicateOf { id, url, by }
    }))
}

fn sameness(traces: &[Trace], other: &Traced) -> Option<Sameness> {
    let own = traces.iter().find(|trace| trace.name == other.trace.name)?;
    match own.name.split(' ').next()? {
        "address" => Some(Sameness::Address),
        "text" => Some(Sameness::Text),
        _ => alike::is_near(own.value, other.trace.value).then_some(Sameness::SimilarText),
    }
}
