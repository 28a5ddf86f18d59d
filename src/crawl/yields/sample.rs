//! What one run got of one site.

use std::collections::BTreeMap;

use crate::article::{Article, Metadata, PageType};
use crate::failure::Status;
use crate::history::{Measure, Tally};
use crate::page::Warning;

/// The last version of an article that is measured. What changes more often is a story that grows:
/// its versions are one page, and no evidence each for itself.
const VERSION_MAX: u32 = 3;

/// What one run got of one site.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sample {
    /// Articles written.
    pub articles: u64,
    /// Articles that were asked again and are the same.
    pub unchanged: u64,
    /// Failures by status.
    pub failures: BTreeMap<&'static str, u64>,
    /// Sources that were read, unchanged ones among them.
    pub sources: u64,
    /// New pages that its sources led to, whatever became of them.
    pub news: u64,
    /// Pages that were answered, whatever with.
    pub pages: u64,
    /// The same, and sources.
    pub answers: u64,
    /// Those that gave none.
    pub unanswered: u64,
    /// What was measured.
    pub tallies: BTreeMap<Measure, Tally>,
}

/// What a failure says of the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Blocked,
    NotFound,
    NoArticle,
    /// An answer that says nothing of layout or access.
    Other,
    Unanswered,
    /// It was not asked, for a reason that is not the site's.
    Ours,
}

fn kind(status: Status, page_type: Option<PageType>) -> Kind {
    match status {
        _ if matches!(page_type, Some(PageType::Challenge | PageType::ConsentWall)) => {
            Kind::Blocked
        }
        Status::Blocked | Status::RateLimited | Status::RobotsDenied => Kind::Blocked,
        Status::NotFound => Kind::NotFound,
        Status::NoArticle | Status::NotHtml | Status::RedirectLoop | Status::TooManyRedirects => {
            Kind::NoArticle
        }
        Status::TooLarge | Status::Truncated | Status::DecodeError => Kind::Other,
        Status::Timeout
        | Status::Dns
        | Status::Connect
        | Status::Tls
        | Status::HttpError
        | Status::HostFailing
        | Status::RobotsUnreachable => Kind::Unanswered,
        Status::BadUrl | Status::Duplicate | Status::SsrfBlocked => Kind::Ours,
    }
}

/// Whether a site that fails so was asked and gave an answer.
#[must_use]
pub fn is_answer(status: Status) -> bool {
    !matches!(kind(status, None), Kind::Ours | Kind::Unanswered)
}

impl Sample {
    /// Counts an article that was written.
    pub fn article(&mut self, article: &Article) {
        self.articles += 1;
        self.page(None);
        let grows = article.metadata.page_type == Some(PageType::LiveBlog);
        if !grows && article.version <= VERSION_MAX {
            self.measure(article);
        }
    }

    /// Counts an article that was asked again and is the same.
    pub fn unchanged(&mut self) {
        self.unchanged += 1;
        self.page(None);
        self.add(Measure::NoText, false);
    }

    /// Counts a failure, of a page or of a source.
    pub fn failed(&mut self, status: Status, page_type: Option<PageType>) {
        *self.failures.entry(status.name()).or_default() += 1;
        match kind(status, page_type) {
            Kind::Ours => {}
            Kind::Unanswered => self.unanswered += 1,
            answered => self.page(Some(answered)),
        }
    }

    /// Counts a source that was read.
    pub fn source(&mut self) {
        self.sources += 1;
        self.answers += 1;
    }

    pub(super) fn page(&mut self, failure: Option<Kind>) {
        self.pages += 1;
        self.answers += 1;
        self.add(Measure::Blocked, failure == Some(Kind::Blocked));
        self.add(Measure::NotFound, failure == Some(Kind::NotFound));
        if failure == Some(Kind::NoArticle) {
            self.add(Measure::NoText, true);
        }
    }

    fn measure(&mut self, article: &Article) {
        self.add(
            Measure::NoText,
            article.warnings.contains(&Warning::ShortText),
        );
        for (field, is_filled) in fields(&article.metadata) {
            self.add(field, is_filled);
        }
        for (measure, warnings) in WARNINGS {
            let warns = warnings.iter().any(|one| article.warnings.contains(one));
            self.add(measure, warns);
        }
        let size = |count: f64| count.max(1.0).ln();
        let blocks = u32::try_from(article.body.len()).unwrap_or(u32::MAX);
        self.value(Measure::WordCount, size(f64::from(article.word_count)));
        self.value(Measure::Blocks, size(f64::from(blocks)));
        self.value(Measure::Confidence, f64::from(article.confidence));
    }

    pub(super) fn add(&mut self, measure: Measure, is_one: bool) {
        self.value(measure, f64::from(u8::from(is_one)));
    }

    pub(super) fn value(&mut self, measure: Measure, value: f64) {
        self.tallies.entry(measure).or_default().add(value);
    }
}

/// The fields whose loss is noticed: those that most articles of a site have, or none.
pub(super) const FIELDS: [Measure; 6] = [
    Measure::Title,
    Measure::Authors,
    Measure::DatePublished,
    Measure::Description,
    Measure::Image,
    Measure::Section,
];

fn fields(metadata: &Metadata) -> [(Measure, bool); 6] {
    [
        (Measure::Title, metadata.title.is_some()),
        (Measure::Authors, !metadata.authors.is_empty()),
        (Measure::DatePublished, metadata.date_published.is_some()),
        (Measure::Description, metadata.description.is_some()),
        (Measure::Image, metadata.image.is_some()),
        (Measure::Section, metadata.section.is_some()),
    ]
}

/// Of the warnings those that a new layout or a wall brings; what else is doubtful lowers the
/// confidence.
const WARNINGS: [(Measure, &[Warning]); 3] = [
    (Measure::PaywallStub, &[Warning::PaywallStub]),
    (
        Measure::NotVisible,
        &[
            Warning::FromNoscript,
            Warning::FromJsonLd,
            Warning::FromEmbeddedState,
        ],
    ),
    (
        Measure::SiteRuleUnmatched,
        &[
            Warning::SiteRuleBodyUnmatched,
            Warning::SiteRuleTitleUnmatched,
            Warning::SiteRuleAuthorUnmatched,
            Warning::SiteRuleDateUnmatched,
        ],
    ),
];
