//! One article, one record: which article of the crawl another one is a duplicate of.

use url::Url;

use crate::article::{Article, DuplicateOf, Sameness, short_id};
use crate::crawl::{UrlKey, alike, normal_form, url_key};
use crate::frontier::{Trace, Traced};

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
    let mut all: Vec<UrlKey> = own.iter().map(UrlKey::of).collect();
    let Some(reached) = own.last() else {
        return all;
    };
    let claimed = parsed(&article.metadata.canonical_url);
    let claimed = claimed.or_else(|| normal_form::article_of(reached));
    let of_site = claimed.filter(|claimed| normal_form::is_same_site(claimed, reached));
    all.extend(of_site.as_ref().map(UrlKey::of));
    all
}

/// Of which of the articles that left one of its traces an article is a duplicate: of the first,
/// by the strongest sign.
pub(super) fn twin(traces: &[Trace], others: &[Traced]) -> Option<DuplicateOf> {
    let signs = others.iter().filter_map(|other| Some((sameness(traces, other)?, other)));
    let (by, first) = signs.min_by_key(|(by, other)| (*by, other.id))?;
    Some(DuplicateOf {
        id: short_id(first.url.as_bytes()),
        url: first.url.clone(),
        by,
    })
}

fn sameness(traces: &[Trace], other: &Traced) -> Option<Sameness> {
    let own = traces.iter().find(|trace| trace.name == other.trace.name)?;
    match own.name.split(' ').next()? {
        "address" => Some(Sameness::Address),
        "text" => Some(Sameness::Text),
        _ => alike::is_near(own.value, other.trace.value).then_some(Sameness::SimilarText),
    }
}
