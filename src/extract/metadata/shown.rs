//! What the page shows a reader near the headline: names, dates, times.

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::civil::Date;

use super::apart::{Apart, BLOCKS_AFTER, BLOCKS_BEFORE};
use super::bylines::{self, Byline};
use super::dates::{self, Dateline, Order};
use super::head::has_word;
use super::nested::Nested;
use super::relative;
use crate::article::ValueSource;
use crate::extract::block::Block;
use crate::extract::dom::{Attr, AttrSet, NodeId, Tag, Tree};
use crate::extract::text;

/// Blocks below the headline whose day is hardly that of something else.
const CLOSEST_BLOCKS: usize = 6;
/// Bytes within which the day stands that a paragraph opens with.
const OPENING_BYTES: usize = 60;
/// Most letters in a block whose date is the story's, not one the story tells of.
const DATE_LINE_MASS: u32 = 120;
/// Most nodes and bytes of an element that is one line to a reader, white space of templates included.
const LINE_NODES_MAX: u32 = 100;
const LINE_BYTES_MAX: usize = 4_096;
/// Most claims of one kind: each is read as a date and compared with the others. The page with the most
/// of the corpora has some dozens; what has more is a list.
pub(super) const CLAIMS_MAX: usize = 100;
/// Most elements that give a day and stand one in the other: microdata put it around a `<time>`.
const NESTED_MAX: usize = 4;

/// A day as it is written, and what it was taken from.
pub type Claim = (String, ValueSource);

/// The shown claims, in page order.
#[derive(Debug, Default)]
pub struct Shown {
    /// How the page writes days in numbers.
    pub order: Order,
    /// The bylines, the best first.
    pub bylines: Vec<Byline>,
    /// Machine-readable days of publication from microdata and `RDFa`.
    pub published: Vec<Claim>,
    /// The same of the last change, with `<time>` elements that say so.
    pub modified: Vec<Claim>,
    /// `datetime` of `<time>` elements near the headline, else their text.
    pub near_times: Vec<String>,
    /// The same of those farther off.
    pub times: Vec<String>,
    /// Days written out near the headline, else elsewhere in short lines.
    pub dates: Vec<Dateline>,
    /// Those of them right above and below the headline.
    pub closest: Vec<Dateline>,
    /// The day near the headline that a line gives as that of a change.
    pub changed: Option<Date>,
    /// Whether `dates` are near the headline.
    pub near_headline: bool,
    /// The day that a relative time near the headline means ("3 hours ago").
    pub relative: Option<Date>,
}

/// What is known before the page's shown parts are read.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The page.
    pub tree: &'a Tree<'a>,
    /// What it shows.
    pub blocks: &'a [Block<'a>],
    /// The headline.
    pub title: Option<&'a str>,
    /// The host of the page's address.
    pub host: Option<&'a str>,
    /// The declared language, by which numeric dates are read where the page does not show how.
    pub language: Option<&'a str>,
    /// When the page was fetched.
    pub fetched_at: Option<Timestamp>,
}

/// Attributes by which microdata and `RDFa` call what an element says.
const PROPERTIES: AttrSet = AttrSet::of(&[Attr::Itemprop, Attr::Property]);
/// How they call the day of publication, and that of the last change.
const PUBLISHED: [&str; 6] = [
    "datepublished",
    "schema:datepublished",
    "datecreated",
    "schema:datecreated",
    "dc:created",
    "dc:issued",
];
const MODIFIED: [&str; 2] = ["datemodified", "schema:datemodified"];

impl Shown {
    /// Reads what a page shows.
    #[must_use]
    pub fn read(setting: &Setting) -> Self {
        let Setting { tree, blocks, .. } = *setting;
        let headline = headline(blocks, setting.title.unwrap_or_default());
        let mut shown = Self {
            order: order(blocks, setting.language),
            ..Self::default()
        };
        let apart = Apart::of(tree, blocks, headline);
        shown.read_elements(tree, headline.map_or(0, |at| blocks[at].node), &apart);
        shown.bylines = bylines::read(tree, blocks, headline, &apart, setting.host);
        shown.read_dates(setting, headline, &apart);
        shown
    }

    fn read_elements(&mut self, tree: &Tree, headline: NodeId, apart: &Apart) {
        let mut times: Vec<(bool, String)> = Vec::new();
        let mut near: Vec<(bool, String)> = Vec::new();
        let mut nested = Nested::default();
        let tells = |id: &NodeId| tree.has_any(*id, PROPERTIES) || tree.is(*id, Tag::Time);
        for id in tree
            .elements()
            .filter(tells)
            .filter(|&id| !apart.is_other_story(id))
        {
            if nested.around(id) >= NESTED_MAX {
                continue;
            }
            let is_time = tree.is(id, Tag::Time);
            if self.read_properties(tree, id) || is_time {
                nested.add(tree, id);
            }
            if is_time && apart.is_near_or_own(id) {
                let Some(written) = written_time(tree, id, self.order) else {
                    continue;
                };
                if is_change(tree, id) {
                    add(&mut self.modified, Some((written, ValueSource::Time)));
                } else if apart.is_near(id) {
                    near.push((id < headline, written));
                } else if !in_link(tree, id) {
                    times.push((id < headline, written));
                }
            }
        }
        // After the headline first: what is above it may be the day of the site.
        let sorted = |mut times: Vec<(bool, String)>| -> Vec<String> {
            times.sort_by_key(|(above, _)| *above);
            let times = times.into_iter().map(|(_, written)| written);
            times.take(CLAIMS_MAX).collect()
        };
        self.near_times = sorted(near);
        self.times = sorted(times);
    }

    /// Reads what microdata or `RDFa` say with an element; whether that is a day.
    fn read_properties(&mut self, tree: &Tree, id: NodeId) -> bool {
        if tree.is(id, Tag::Meta) || !tree.has_any(id, PROPERTIES) {
            return false;
        }
        let published = called(tree, id, &PUBLISHED);
        let modified = called(tree, id, &MODIFIED);
        let is_day = published.is_some() || modified.is_some();
        add(&mut self.published, published);
        add(&mut self.modified, modified);
        is_day
    }

    fn read_dates(&mut self, setting: &Setting, headline: Option<usize>, apart: &Apart) {
        let Setting {
            tree,
            blocks,
            fetched_at,
            ..
        } = *setting;
        let order = self.order;
        let at = headline.unwrap_or(0);
        let first = at.saturating_sub(BLOCKS_BEFORE);
        let near = &blocks[first..(at + BLOCKS_AFTER).min(blocks.len())];
        let short =
            |block: &&Block| block.mass <= DATE_LINE_MASS && !apart.is_other_story(block.first);
        let days = |block: &Block| Some(block).filter(short).map(|block| days_in(block, order));
        let days: Vec<Vec<Dateline>> = near
            .iter()
            .map(|block| days(block).unwrap_or_default())
            .collect();
        self.dates = days.iter().flatten().copied().collect();
        let dated = near
            .iter()
            .filter(short)
            .filter(|block| may_be_dated(block));
        let mut dated = dated.map(|block| &block.text);
        self.changed = dated.find_map(|text| dates::change_in_line(text, order));
        if let Some(at) = headline {
            let end = blocks.get(at + 1).map_or(tree.len(), |next| next.first);
            let runs = (blocks[at].first..end).filter_map(|node| tree.text(node));
            let in_heading = runs.filter_map(|run| dates::in_line(run, order));
            let in_heading = in_heading.filter(|line| line.sure);
            self.dates.extend(in_heading.take(CLAIMS_MAX));
            // What is below the headline of another story, which leads there, is that story's.
            let below = blocks[at + 1..].iter().take(CLOSEST_BLOCKS - 1);
            let below = below.take_while(|block| !leads_away(block)).count();
            let around = at.saturating_sub(1) - first..=at + below - first;
            self.closest = days[around].iter().flatten().copied().collect();
        }
        self.dates.sort_by_key(|line| !line.announced);
        if self.dates.is_empty() {
            self.dates = near
                .iter()
                .filter_map(|block| opening(block.text, order))
                .take(1)
                .collect();
        }
        self.near_headline = headline.is_some() && !self.dates.is_empty();
        let mut fresh = near.iter().filter(short);
        self.relative = fetched_at.and_then(|fetched| {
            fresh.find_map(|block| relative::day(block.text, block.key, fetched))
        });
        if self.dates.is_empty() {
            self.dates.extend(dated_elsewhere(blocks, order, apart));
        }
    }
}

fn add(claims: &mut Vec<Claim>, claim: Option<Claim>) {
    let left = CLAIMS_MAX.saturating_sub(claims.len());
    claims.extend(claim.into_iter().take(left));
}

/// What microdata or `RDFa` give with an element that they call by one of `names`.
fn called(tree: &Tree, id: NodeId, names: &[&str]) -> Option<Claim> {
    let source = if has_word(tree, id, Attr::Itemprop, names) {
        ValueSource::Microdata
    } else if has_word(tree, id, Attr::Property, names) {
        ValueSource::Rdfa
    } else {
        return None;
    };
    let content = tree.attr(id, Attr::Content);
    let content = content.or_else(|| tree.attr(id, Attr::Datetime));
    let written = content.map(str::to_owned).or_else(|| line(tree, id))?;
    Some((written, source))
}

/// The day that a line says is that of publication, wherever it stands; else the first day that a
/// short line gives.
fn dated_elsewhere(blocks: &[Block], order: Order, apart: &Apart) -> Option<Dateline> {
    let within = |mass: u32| {
        let dated = blocks.iter().filter(|block| may_be_dated(block));
        dated.filter(move |block| block.mass <= mass && !apart.is_other_story(block.first))
    };
    let own = |block: &&Block| !apart.is_side(block.first);
    let lines = |block: &Block| days_in(block, order);
    let says = |line: &Dateline| line.announced && !line.modified;
    let found: Vec<Dateline> = within(DATE_LINE_MASS).filter(own).flat_map(lines).collect();
    let said = found.iter().copied().find(says);
    // Each of the rest is asked where those before it told nothing.
    let long = within(2 * DATE_LINE_MASS).filter(|block| block.mass > DATE_LINE_MASS);
    let mut long = long.filter(own).flat_map(lines);
    let any = within(DATE_LINE_MASS).filter(|block| !own(block));
    let mut any = any.flat_map(lines);
    said.or_else(|| long.find(says))
        .or(found.first().copied())
        .or_else(|| any.next())
}

/// Fewest digits of a day with its year: `1.1.23`.
const DAY_DIGITS: u32 = 4;

fn may_be_dated(block: &Block) -> bool {
    block.shape.digits >= DAY_DIGITS
}

fn days_in(block: &Block, order: Order) -> Vec<Dateline> {
    if !may_be_dated(block) {
        return Vec::new();
    }
    let lines = block.text.lines();
    lines
        .filter_map(|line| dates::in_line(line, order))
        .collect()
}

/// What a `<time>` says: its attribute, unless its text announces another day.
fn written_time(tree: &Tree, id: NodeId, order: Order) -> Option<String> {
    let shown = line(tree, id);
    let Some(written) = tree
        .attr(id, Attr::Datetime)
        .filter(|written| !written.is_empty())
    else {
        return shown;
    };
    let said = shown
        .as_deref()
        .and_then(|shown| dates::in_line(shown, order))
        .filter(|line| line.announced && !line.modified && line.other.is_none());
    let stated = dates::parse(written, order).map(|stamp| stamp.date());
    let far = |said: &Dateline| {
        stated.is_some_and(|stated| {
            (stated - said.date).get_days().abs() > 1 || stated.month() != said.date.month()
        })
    };
    Some(
        said.filter(far)
            .map_or_else(|| written.to_owned(), |said| said.date.to_string()),
    )
}

/// Whether a block is a heading that is a link.
fn leads_away(block: &Block) -> bool {
    block.is_heading() && block.link_density() > 0.5
}

/// Whether a node is in a link, as the cards of other stories are.
fn in_link(tree: &Tree, id: NodeId) -> bool {
    tree.ancestors(id)
        .take(6)
        .any(|above| tree.is(above, Tag::A))
}

/// Words that open a byline.
const BYLINE_LEADS: [&str; 9] = [
    "By ",
    "BY ",
    "Von ",
    "Par ",
    "Por ",
    "Door ",
    "Av ",
    "Af ",
    "Автор: ",
];

/// The name in a line such as "By Ann Lee - March 2, 2026": each word of it starts large.
#[must_use]
pub fn byline(line: &str) -> Option<String> {
    let rest = BYLINE_LEADS
        .iter()
        .find_map(|lead| line.strip_prefix(lead))?;
    let end = rest
        .find([',', '|', '·', '•', '–', '—', '\n', '('])
        .unwrap_or(rest.len());
    let name = rest.split_at(end).0.split(" - ").next()?.trim();
    let words = name.split(' ').count();
    let large = name
        .split(' ')
        .all(|word| word.chars().next().is_some_and(char::is_uppercase));
    ((2..=4).contains(&words) && large && !name.ends_with('.')).then(|| name.to_owned())
}

/// Most words beside the day in what a paragraph opens with: the place, and the day of the week.
const OPENING_WORDS: usize = 3;

/// The day that a paragraph opens with: `29.11.2022 – The bridge …`, `Harrow (29.11.2022). The …`.
fn opening(paragraph: &str, order: Order) -> Option<Dateline> {
    let head = paragraph.get(..paragraph.floor_char_boundary(OPENING_BYTES))?;
    if !head.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let ends = [" – ", " — ", " - ", "). ", "): ", ") – "];
    let end = ends.iter().filter_map(|end| head.find(end)).min()?;
    let head = head.get(..end)?;
    let named = |word: &&str| word.chars().any(char::is_alphabetic);
    let is_short = head.split([' ', ',']).filter(named).count() <= OPENING_WORDS;
    let line = dates::in_line(head, order)?;
    (line.sure || is_short).then_some(Dateline { sure: true, ..line })
}

/// Whether a `<time>` says that it gives the last change.
fn is_change(tree: &Tree, id: NodeId) -> bool {
    has_word(tree, id, Attr::Itemprop, &["datemodified"])
        || (class_says(tree, id, "updated") && !class_says(tree, id, "published"))
        || class_says(tree, id, "modified")
}

/// The place of the headline: the block that is it, else the first heading that holds it or that it holds.
fn headline(blocks: &[Block], title: &str) -> Option<usize> {
    let title = text::key(title);
    if title.is_empty() {
        return None;
    }
    let headings = || {
        blocks
            .iter()
            .enumerate()
            .filter(|(_, block)| block.is_heading())
    };
    let same = |block: &Block| block.key == title;
    let alike = |block: &Block| {
        let key = block.key;
        text::mass(key) >= 12 && (key.contains(&title) || title.contains(key))
    };
    let holds = |block: &Block| text::mass(&title) >= 12 && block.key.contains(&title);
    // Before a line that only repeats it, as the way to the page does.
    headings()
        .find(|(_, block)| same(block))
        .or_else(|| headings().find(|(_, block)| holds(block)))
        .or_else(|| blocks.iter().enumerate().find(|(_, block)| same(block)))
        .or_else(|| headings().find(|(_, block)| alike(block)))
        .map(|(at, _)| at)
}

/// How the page writes days in numbers: as it shows, else as its language does.
fn order(blocks: &[Block], language: Option<&str>) -> Order {
    let short = blocks
        .iter()
        .filter(|block| block.mass <= DATE_LINE_MASS && may_be_dated(block));
    let (mut day, mut month) = (0, 0);
    for seen in short.filter_map(|block| dates::order_of(block.text)) {
        match seen {
            Order::DayFirst => day += 1,
            Order::MonthFirst => month += 1,
        }
    }
    match day.cmp(&month) {
        Ordering::Greater => Order::DayFirst,
        Ordering::Less => Order::MonthFirst,
        Ordering::Equal => Order::of(language),
    }
}

/// The text of an element that holds one line; none of a larger one, since elements that are called
/// authors may be nested by the hundred.
fn line(tree: &Tree, id: NodeId) -> Option<String> {
    let nodes = tree.end(id) - id;
    let bytes = || -> usize {
        tree.below(id)
            .filter_map(|node| tree.text(node))
            .map(str::len)
            .sum()
    };
    if nodes > LINE_NODES_MAX || bytes() > LINE_BYTES_MAX {
        return None;
    }
    Some(text::collapsed(&tree.text_below(id)).into_owned()).filter(|text| !text.is_empty())
}

fn class_says(tree: &Tree, id: NodeId, name: &str) -> bool {
    let mut names = tree
        .attr(id, Attr::Class)
        .unwrap_or_default()
        .split_ascii_whitespace();
    names.any(|have| have.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Texts;
    use crate::extract::block;
    use crate::extract::dom::{Limits, parse};

    fn shown(body: &str) -> Shown {
        let tree = parse(body, &Limits::default());
        let texts = Texts::default();
        let blocks = block::split(&tree, &texts);
        Shown::read(&Setting {
            tree: &tree,
            blocks: &blocks,
            title: Some("Bridge opens"),
            host: None,
            language: None,
            fetched_at: None,
        })
    }

    fn dates(body: &str) -> Vec<String> {
        shown(body)
            .dates
            .iter()
            .map(|line| line.date.to_string())
            .collect()
    }

    #[test]
    fn a_date_that_a_sentence_tells_of_is_not_the_storys() {
        let story = |line: &str| format!("<h1>Bridge opens</h1><p>{line}</p>");
        for line in [
            "3 May 1999",
            "Ann Lee | Monday, 3 May 1999 | Politics and local news",
            "Published by Ann Lee in the local news on 3 May 1999.",
            "Freitag, 3. Mai 1999.",
        ] {
            assert_eq!(dates(&story(line)), ["1999-05-03"], "{line}");
        }
        for line in [
            "The old bridge fell on 3 May 1999.",
            "Die alte Brücke fiel am 3. Mai 1999!",
        ] {
            assert!(dates(&story(line)).is_empty(), "{line}");
        }
    }

    #[test]
    fn times_of_asides_are_not_taken_unless_near_the_headline() {
        let filler = "<p>A paragraph of the story that is long enough.</p>".repeat(BLOCKS_AFTER);
        let time = |at: &str| format!("<time datetime={at}>x</time>");
        let far = format!(
            "<h1>Bridge opens</h1>{filler}{filler}<aside>{}</aside><div class=related-posts>{}</div>{}",
            time("2001-01-01"),
            time("2002-02-02"),
            time("2003-03-03")
        );
        assert_eq!(shown(&far).times, ["2003-03-03"]);
        let near = format!(
            "<h1>Bridge opens</h1><aside class=meta>{}</aside>{filler}{filler}",
            time("2001-01-01")
        );
        assert_eq!(shown(&near).near_times, ["2001-01-01"]);
    }

    #[test]
    fn authors_of_comments_and_other_stories_are_not_the_storys() {
        let html = "<body class='comments-open'><div class=comments-open><h1>Bridge opens</h1>\
            <p class=author>Ann Lee</p></div><div class=comment-body><b class=author>Bo Ek</b></div>\
            <div class='card related'><a rel=author>Cy Dent</a></div>";
        let names: Vec<String> = shown(html)
            .bylines
            .into_iter()
            .flat_map(|byline| byline.names)
            .map(|name| name.text)
            .collect();
        assert_eq!(names, ["Ann Lee"]);
    }

    #[test]
    fn days_without_end_are_cut() {
        let many = |tag: &str, attrs: &str| {
            format!("<{tag} {attrs}>3 May 2024</{tag}>").repeat(3 * CLAIMS_MAX)
        };
        let shown = shown(&format!(
            "<h1>Bridge opens{}</h1>{}{}",
            many("b", ""),
            many("time", ""),
            many("i", "itemprop='datePublished dateModified'")
        ));
        assert_eq!(shown.dates.len(), CLAIMS_MAX);
        assert_eq!(shown.near_times.len() + shown.times.len(), CLAIMS_MAX);
        assert_eq!(
            (shown.published.len(), shown.modified.len()),
            (CLAIMS_MAX, CLAIMS_MAX)
        );
    }

    #[test]
    fn a_day_is_not_read_once_for_each_element_around_it() {
        let nested = |times: usize| {
            let opened = "<b itemprop=datePublished>".repeat(times);
            format!(
                "<h1>Bridge opens</h1>{opened}3 May 2024{}",
                "</b>".repeat(times)
            )
        };
        assert_eq!(shown(&nested(2)).published.len(), 2);
        assert_eq!(shown(&nested(20)).published.len(), NESTED_MAX);
    }

    #[test]
    fn elements_of_many_lines_are_no_byline() {
        let html = format!(
            "<h1>Bridge opens</h1>{}{}",
            "<div class=author itemprop=datePublished>".repeat(400),
            "2 May 2020 <i></i>".repeat(1_000)
        );
        let shown = shown(&html);
        assert!(shown.bylines.is_empty() && shown.published.is_empty());
    }
}
