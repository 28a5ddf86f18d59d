//! An article of several pages: its parts so far, which travel with its URL through the frontier,
//! and what becomes of the next one.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::article::details::Details;
use crate::article::{Article, PageBreak, content_hash};
use crate::page::Warning;

/// Most pages of one article.
const PAGES_MAX: usize = 20;
/// Words below which a joined text is short, as for any article.
const SHORT_WORDS: u32 = 80;

/// The parts so far, joined, and what was asked for next.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::run) struct Parts {
    article: Article,
    /// Apart from the article, whose record may leave them out.
    details: Option<Box<Details>>,
    recorded: bool,
    /// The address of the first page.
    first: String,
    /// The next page, if what is asked for now is the page that holds all.
    instead: Option<Url>,
}

/// What became of a part.
#[derive(Debug)]
pub(in crate::run) enum Joined {
    /// The article is whole.
    Done(Box<Article>),
    /// Its next page is to be asked.
    GoesOn {
        /// Where.
        next: Url,
        /// What goes along.
        parts: Box<Parts>,
    },
}

impl Parts {
    /// The parts that a lease carries.
    pub(in crate::run) fn read(json: &str) -> Option<Self> {
        let mut parts: Self = serde_json::from_str(json).ok()?;
        if let Some(details) = &mut parts.details {
            details.recorded = parts.recorded;
        }
        Some(parts)
    }

    pub(in crate::run) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The first page of an article. The page that holds all, if there is one, comes before the
    /// second.
    pub(in crate::run) fn begin(mut article: Box<Article>, at: &Url) -> Joined {
        let sequel = std::mem::take(&mut article.sequel);
        let Some(next) = sequel.next.filter(|next| next != at) else {
            return Joined::Done(article);
        };
        let parts = Self::of(*article, at);
        match sequel.whole.filter(|whole| whole != at) {
            Some(whole) => parts.going_on(whole, Some(next)),
            None => parts.going_on(next, None),
        }
    }

    fn of(mut article: Article, at: &Url) -> Self {
        let details = article.details.take();
        Self {
            recorded: details.as_ref().is_some_and(|details| details.recorded),
            details,
            article,
            first: at.to_string(),
            instead: None,
        }
    }

    fn going_on(mut self, next: Url, instead: Option<Url>) -> Joined {
        self.instead = instead;
        Joined::GoesOn {
            next,
            parts: Box::new(self),
        }
    }

    /// Joins the article that was read at `at`.
    pub(in crate::run) fn add(mut self, mut part: Article, at: &Url) -> Joined {
        let next = std::mem::take(&mut part.sequel).next;
        if let Some(second) = self.instead.take() {
            // What holds all has more than the first page.
            if part.word_count <= self.article.word_count {
                return self.going_on(second, None);
            }
            self.take_whole(part, at);
            return self.done();
        }
        if self.repeats(&part) {
            return self.done();
        }
        self.append(part, at);
        match next.filter(|next| !self.has(next)) {
            Some(_) if self.article.pages.len() >= PAGES_MAX => self.cut(),
            Some(next) => self.going_on(next, None),
            None => self.done(),
        }
    }

    /// The page that was asked for cannot be had.
    pub(in crate::run) fn missing(mut self) -> Joined {
        match self.instead.take() {
            Some(second) => self.going_on(second, None),
            None => self.cut(),
        }
    }

    fn cut(mut self) -> Joined {
        self.article.warnings.push(Warning::PagesMissing);
        self.done()
    }

    fn done(mut self) -> Joined {
        let article = &mut self.article;
        article.content_hash = content_hash(&article.text);
        if article.word_count >= SHORT_WORDS {
            article
                .warnings
                .retain(|warning| *warning != Warning::ShortText);
        }
        article.warnings.sort_unstable();
        article.warnings.dedup();
        article.details = self.details;
        Joined::Done(Box::new(self.article))
    }

    fn has(&self, url: &Url) -> bool {
        let mut read = self.article.pages.iter().map(|page| &page.url);
        self.first == url.as_str() || read.any(|read| read == url.as_str())
    }

    /// Whether a part says again what is there: servers that know no such page give the first, and
    /// what is numbered may be the comments below it.
    fn repeats(&self, part: &Article) -> bool {
        let mut words = (0, 0);
        for paragraph in part.text.split("\n\n") {
            let is_old = self.article.text.contains(paragraph);
            words.0 += paragraph.len();
            words.1 += if is_old { paragraph.len() } else { 0 };
        }
        words.1 * 2 > words.0
    }

    /// Takes text and blocks of the page that holds all; the first page tells the rest.
    fn take_whole(&mut self, part: Article, at: &Url) {
        let article = &mut self.article;
        article.text = part.text;
        article.word_count = part.word_count;
        article.confidence = part.confidence;
        article.warnings = part.warnings;
        self.details = part.details;
        article.pages = vec![PageBreak {
            url: at.to_string(),
            start: 0,
        }];
    }

    fn append(&mut self, part: Article, at: &Url) {
        let article = &mut self.article;
        if article.pages.is_empty() {
            let (url, start) = (self.first.clone(), 0);
            article.pages.push(PageBreak { url, start });
        }
        article.text.push_str("\n\n");
        let start = article.text.len();
        article.text.push_str(&part.text);
        article.word_count += part.word_count;
        article.confidence = article.confidence.min(part.confidence);
        article.warnings.extend(part.warnings);
        article.pages.push(PageBreak {
            url: at.to_string(),
            start,
        });
        if let Some((own, more)) = self.details.as_mut().zip(part.details) {
            append_details(own, *more, start);
        }
    }
}

/// What proposes title, authors and dates is the first page's.
fn append_details(own: &mut Details, mut more: Details, start: usize) {
    for block in &mut more.blocks {
        shift(&mut block.text_range, start);
        for link in &mut block.links {
            shift(&mut link.text_range, start);
        }
    }
    own.blocks.append(&mut more.blocks);
    own.removed.append(&mut more.removed);
    own.comments.append(&mut more.comments);
}

fn shift(range: &mut [usize; 2], by: usize) {
    for end in range {
        *end += by;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::{Detail, Options, extract};
    use crate::page::Page;

    fn url(n: usize) -> Url {
        let query = if n == 1 {
            String::new()
        } else {
            format!("?page={n}")
        };
        Url::parse(&format!("https://courier.example/bridge{query}")).unwrap()
    }

    fn page(n: usize, links: &str) -> Box<Article> {
        let html = format!(
            "<title>The bridge</title><article><h1>The bridge</h1><p>Page {n} says, in words of its own, what \
             happened at the bridge in year {n}.</p><p>The mayor spoke {n} times on that day, and people listened \
             to all of it.</p></article>{links}"
        );
        let options = Options {
            detail: Detail::Full,
            ..Options::default()
        };
        Box::new(extract(&Page::from_html(html).at(url(n).as_str()), &options).unwrap())
    }

    fn next(n: usize) -> String {
        format!("<a href='{}'>{n}</a>", url(n))
    }

    /// Goes on to the end over pages that `answer` gives, through the form that the state keeps.
    fn read(first: Box<Article>, answer: impl Fn(&Url) -> Option<Box<Article>>) -> Article {
        let mut joined = Parts::begin(first, &url(1));
        loop {
            match joined {
                Joined::Done(article) => return *article,
                Joined::GoesOn { next, parts } => {
                    let parts = Parts::read(&parts.to_json()).unwrap();
                    joined = match answer(&next) {
                        Some(part) => parts.add(*part, &next),
                        None => parts.missing(),
                    };
                }
            }
        }
    }

    #[test]
    fn pages_are_joined_in_order_and_their_breaks_kept() {
        let article = read(page(1, &next(2)), |at| {
            let links = if *at == url(2) {
                next(3)
            } else {
                String::new()
            };
            Some(page(if *at == url(2) { 2 } else { 3 }, &links))
        });
        let starts: Vec<_> = article
            .pages
            .iter()
            .map(|page| article.text.get(page.start..page.start + 6).unwrap())
            .collect();
        assert_eq!(starts, ["Page 1", "Page 2", "Page 3"]);
        assert_eq!(article.word_count, 3 * page(1, "").word_count);
        assert_eq!(article.content_hash, content_hash(&article.text));
        assert_eq!(
            article.warnings,
            page(1, "")
                .warnings
                .iter()
                .copied()
                .filter(|warning| *warning != Warning::ShortText)
                .collect::<Vec<_>>()
        );
        for block in &article.details.unwrap().blocks {
            let [from, to] = block.text_range;
            assert_eq!(article.text.get(from..to), Some(block.text.as_str()));
        }
    }

    #[test]
    fn what_is_missing_is_said_and_what_repeats_is_left() {
        let cut = read(page(1, &next(2)), |_| None);
        assert!(cut.warnings.contains(&Warning::PagesMissing) && cut.pages.is_empty());
        let repeated = read(page(1, &next(2)), |_| Some(page(1, &next(3))));
        assert_eq!(repeated.text, page(1, "").text);
        assert!(repeated.pages.is_empty() && !repeated.warnings.contains(&Warning::PagesMissing));
    }

    #[test]
    fn no_more_than_twenty_pages() {
        let article = read(page(1, &next(2)), |at| {
            let n: usize = at.query()?.strip_prefix("page=")?.parse().ok()?;
            Some(page(n, &next(n + 1)))
        });
        assert_eq!(article.pages.len(), PAGES_MAX);
        assert!(article.warnings.contains(&Warning::PagesMissing));
    }

    #[test]
    fn one_page_with_all_is_taken_if_it_has_more() {
        let links = next(2) + "<a href='?view=all'>All on one page</a>";
        let whole = |more: &'static str| {
            move |at: &Url| match at.query()? {
                "view=all" if more.is_empty() => None,
                "view=all" => Some(page(7, &format!("<article><p>{more}</p></article>"))),
                _ => Some(page(2, "")),
            }
        };
        let long = "And this is what the second page says, which is here as well, in one long paragraph of its own.";
        let article = read(page(1, &links), whole(long));
        assert!(
            article.text.starts_with("Page 7") && article.pages.len() == 1,
            "{}",
            article.text
        );
        let article = read(page(1, &links), whole(""));
        assert_eq!(article.pages.len(), 2);
    }
}
