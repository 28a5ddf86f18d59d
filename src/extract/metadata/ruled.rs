//! Title, authors and date from the elements that the user's rules for a site name, cleaned as
//! our own sources are. A rule that gives nothing usable leaves what was found without it.

use super::names::Said as Reader;
use super::{Claims, authors, dates, names_of, published, title};
use crate::article::{Author, Candidate, Metadata, ValueSource};
use crate::extract::dom::{Attr, NodeId, Tag, Tree};
use crate::extract::rules::{Hits, Key, Said, line};
use crate::page::Warning;

/// Most elements of one selector that are read: those of a byline, not of a page of links.
const ELEMENTS_MAX: usize = 100;

/// Most nodes of an element that are looked at for its link.
const LINK_NODES_MAX: usize = 100;

impl Claims<'_> {
    /// Puts what the rules of the page's site give in place of what was chosen; says which rules
    /// gave nothing.
    pub(in crate::extract) fn overrule(
        &self,
        tree: &Tree,
        hits: &Hits,
        metadata: &mut Metadata,
        candidates: &mut Vec<Candidate>,
    ) -> Vec<Warning> {
        let site = metadata.site_name.clone();
        let order = dates::Order::of(metadata.language.as_deref());
        let title = first_of(hits, Key::Title, |ids| {
            self.title(tree, ids, site.as_deref())
        });
        let authors = first_of(hits, Key::Author, |ids| {
            Some(self.authors(tree, ids, site.as_deref())).filter(|names| !names.is_empty())
        });
        let date = first_of(hits, Key::Date, |ids| {
            let said = ids.iter().map(|&id| line(tree, id).0);
            published::of_texts(said, self.latest, order)
        });
        let unmatched = [
            (Key::Title, title.is_none(), Warning::SiteRuleTitleUnmatched),
            (
                Key::Author,
                authors.is_none(),
                Warning::SiteRuleAuthorUnmatched,
            ),
            (Key::Date, date.is_none(), Warning::SiteRuleDateUnmatched),
        ];
        let mut put = |field: &str, value: String| {
            let source = ValueSource::SiteRule;
            metadata.sources.insert(field.to_owned(), source);
            let field = field.to_owned();
            candidates.insert(
                0,
                Candidate {
                    field,
                    value,
                    source,
                },
            );
        };
        if let Some(title) = title {
            put("title", title.clone());
            metadata.title = Some(title);
        }
        if let Some(authors) = authors {
            put("authors", names_of(&authors));
            metadata.authors = authors;
        }
        if let Some(date) = date {
            put("date_published", date.to_string());
            metadata.date_precision = Some(date.precision());
            metadata.date_published = Some(date.to_string());
        }
        let came_to_nothing = |(key, none, _): &(Key, bool, _)| *none && hits.has(*key);
        let unmatched = unmatched.into_iter().filter(came_to_nothing);
        unmatched.map(|(_, _, warning)| warning).collect()
    }

    fn title(&self, tree: &Tree, ids: &[NodeId], site: Option<&str>) -> Option<String> {
        let host = self.base.as_ref().and_then(url::Url::host_str);
        ids.iter().find_map(|&id| match line(tree, id) {
            // The site's name stands in what is meant for a tab or a link, not in headings.
            (text, said) if said == Said::Declared || tree.is(id, Tag::Title) => {
                title::declared(&text, site, host)
            }
            (text, _) => title::believed(text),
        })
    }

    /// The names that machines read, else those that the page shows.
    fn authors(&self, tree: &Tree, ids: &[NodeId], site: Option<&str>) -> Vec<Author> {
        let said_to = |who: Said| {
            let of_element = |&id: &NodeId| {
                let (text, said) = line(tree, id);
                (said == who).then(|| (text, link(tree, id)))
            };
            ids.iter().filter_map(of_element).collect::<Vec<_>>()
        };
        let setting = authors::Setting {
            site_name: site,
            host: self.own.as_ref().and_then(url::Url::host_str),
            base: self.base.as_ref(),
            is_article: true,
            is_news: false,
            blocks: &[],
        };
        let declared = said_to(Said::Declared);
        let declared = authors::of_texts(&declared, Reader::Declared, &setting);
        if declared.is_empty() {
            authors::of_texts(&said_to(Said::Shown), Reader::Shown, &setting)
        } else {
            declared
        }
    }
}

/// What the first selector of that key gives that gives anything.
fn first_of<T>(hits: &Hits, key: Key, read: impl Fn(&[NodeId]) -> Option<T>) -> Option<T> {
    hits.by_selector(key)
        .find_map(|ids| read(&ids[..ids.len().min(ELEMENTS_MAX)]))
}

fn link(tree: &Tree, id: NodeId) -> Option<String> {
    (id..tree.end(id))
        .take(LINK_NODES_MAX)
        .find_map(|node| tree.attr(node, Attr::Href))
        .map(str::to_owned)
}
