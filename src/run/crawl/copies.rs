//! What the state keeps of an article as long as it will be asked again: its record, packed, so that a
//! new version can be held against it, and one whose page is gone can be written once more.

use std::collections::HashMap;

use super::journal::Batch;
use crate::article::Article;
use crate::crawl::revision;
use crate::frontier::{Known, Outcome, UrlId};
use crate::page::Warning;
use crate::record::Record;

/// Level of packing, zstd's own default: a record of 6 kB becomes some 2.5 kB.
const LEVEL: i32 = 3;
/// Largest record that is kept, and that is unpacked again.
const RECORD_BYTES_MAX: usize = 64 << 20;

/// The record that was kept, if one was.
pub(super) fn unpacked(known: &Known) -> Option<Article> {
    let packed = known.copy.as_deref()?;
    let json = zstd::bulk::decompress(packed, RECORD_BYTES_MAX).ok()?;
    serde_json::from_slice(&json).ok()
}

fn packed(article: &Article) -> Option<Vec<u8>> {
    let json = serde_json::to_vec(article).ok()?;
    if json.len() > RECORD_BYTES_MAX {
        return None;
    }
    zstd::bulk::compress(&json, LEVEL).ok()
}

/// Says in a new version what differs from the last one, and whether no date tells of it.
pub(super) fn tell_change(article: &mut Article, last: &Article) -> bool {
    article.change = Some(Box::new(revision::change(last, article)));
    let is_silent = revision::is_silent(last, article);
    if is_silent {
        article.warnings.push(Warning::SilentEdit);
        article.warnings.sort_unstable();
    }
    is_silent
}

/// Keeps the records that are about to be written of articles that will be asked again, as they are
/// written; lets go of those that will not. With `all`, every article will be.
pub(super) fn keep(batch: &mut Batch, all: bool) {
    let mut articles: HashMap<UrlId, &Article> = HashMap::new();
    for (id, record) in &batch.records {
        if let Record::Article(article) = record {
            articles.insert(*id, article);
        }
    }
    for ack in &mut batch.acks {
        let Outcome::Article(known) = &mut ack.outcome else {
            continue;
        };
        if !all && known.again.is_none() {
            known.copy = None;
        } else if let Some(article) = articles.get(&ack.id) {
            known.copy = packed(article);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontier::Ack;
    use crate::output::tests::article;

    fn kept(again: Option<i64>, all: bool, writes: bool, had: Option<Vec<u8>>) -> Known {
        let known = Known {
            again,
            copy: had,
            ..Known::default()
        };
        let mut batch = Batch::default();
        batch.acks.push(Ack {
            id: 1,
            host: "h".into(),
            host_ready: 0,
            outcome: Outcome::Article(known),
        });
        if writes {
            let record = Record::Article(Box::new(article("a", "text")));
            batch.records.push((1, record));
        }
        keep(&mut batch, all);
        let Outcome::Article(known) = batch.acks.remove(0).outcome else {
            unreachable!("it went in as one");
        };
        known
    }

    #[test]
    fn a_copy_is_kept_as_long_as_the_article_comes_back() {
        let new = kept(Some(5), false, true, None);
        assert_eq!(unpacked(&new), Some(article("a", "text")));
        let same = kept(Some(5), false, false, new.copy.clone());
        assert_eq!(same.copy, new.copy);
        assert_eq!(kept(None, false, false, new.copy.clone()).copy, None);
        assert_eq!(kept(None, false, true, None).copy, None);
        assert!(kept(None, true, true, None).copy.is_some());
    }

    #[test]
    fn a_copy_that_cannot_be_read_is_none() {
        let known = |copy: &[u8]| Known {
            copy: Some(copy.into()),
            ..Known::default()
        };
        assert_eq!(unpacked(&known(b"no zstd")), None);
        let other = zstd::bulk::compress(b"{}", LEVEL).unwrap();
        assert_eq!(unpacked(&known(&other)), None);
    }
}
