//! The body's edges: what stands above the first and below the last paragraph of the story.

use foldhash::HashSet;
use memchr::memmem;

use super::{Reasons, Scene};
use crate::article::{BlockKind, Reason};
use crate::extract::block::Block;
use crate::extract::dom::{NodeId, Tag};
use crate::extract::metadata::{dates, shown};
use crate::extract::text;

/// Fewest letters of a text whose second copy is dropped: shorter ones repeat in prose, too.
pub(crate) const DUPLICATE_MASS: u32 = 40;

/// Trims both edges, takes the standfirst in, drops repeated text and headings without text.
pub fn trim(scene: &Scene, container: Option<NodeId>, reasons: &mut Reasons) {
    drop_duplicates(scene, reasons);
    drop_captions(scene, reasons);
    trim_top(scene, reasons);
    take_lead(scene, container, reasons);
    mark_bylines(scene, reasons);
    mark_clocks(scene, reasons);
    trim_bottom(scene, reasons);
    drop_empty_headings(scene, reasons);
}

fn drop_duplicates(scene: &Scene, reasons: &mut Reasons) {
    let mut seen = HashSet::default();
    for (at, (block, reason)) in scene.blocks.iter().zip(reasons.iter_mut()).enumerate() {
        let may_repeat = scene.same[at] > 1 && block.mass >= DUPLICATE_MASS;
        if reason.is_none() && may_repeat && !seen.insert(block.text) {
            *reason = Some(Reason::DuplicateText);
        }
    }
}

fn drop_captions(scene: &Scene, reasons: &mut Reasons) {
    for (block, reason) in scene.blocks.iter().zip(reasons.iter_mut()) {
        if reason.is_none() && block.kind == BlockKind::Caption {
            *reason = Some(Reason::Caption);
        }
    }
}

/// The first kept block that is surely the story.
fn first_prose(scene: &Scene, reasons: &Reasons) -> Option<usize> {
    (0..reasons.len()).find(|&at| reasons[at].is_none() && scene.blocks[at].is_prose())
}

/// Above the first paragraph stand headline, kicker, byline, date, buttons.
fn trim_top(scene: &Scene, reasons: &mut Reasons) {
    let Some(first) = first_prose(scene, reasons) else {
        return;
    };
    for (at, reason) in reasons.iter_mut().enumerate() {
        if reason.is_some() {
            continue;
        }
        if at < first {
            *reason = reason_above(scene, at, first);
        } else if scene.blocks[at].key == scene.title_key {
            *reason = Some(Reason::Title);
        }
    }
}

/// Most words in a line that is a date: weekday, day, month, year, time and its zone.
const DATE_WORDS: usize = 10;
/// Most letters of a signature: a name, an office and a mail address.
const SIGNATURE_MASS: u32 = 60;
/// Most letters of a line that is all in a `<time>` element.
const CLOCK_MASS: u32 = 30;

/// A line that is a byline, or a date and little else, over the story or under a lead that stands by the
/// headline. Under a later paragraph it may head a part of the story.
fn mark_bylines(scene: &Scene, reasons: &mut Reasons) {
    let (Some(headline), Some(first)) = (scene.headline, first_prose(scene, reasons)) else {
        return;
    };
    let is_told = |at: &usize| reasons[*at].is_none() && scene.blocks[*at].is_prose();
    let second = (first + 1..reasons.len()).find(is_told).unwrap_or(first);
    let above = second.saturating_sub(headline + 1);
    let blocks = scene.blocks.iter().zip(reasons.iter_mut()).enumerate();
    for (at, (block, reason)) in blocks.skip(headline + 1).take(above) {
        let is_open = matches!(reason, None | Some(Reason::Outside));
        let is_byline = || !block.is_heading() && shown::byline(block.text).is_some();
        if is_open && (is_date_line(block) || is_byline() || is_name_line(scene, at)) {
            *reason = Some(Reason::Byline);
        }
    }
}

/// A name and nothing else, before a date, a reading time, or a button.
fn is_name_line(scene: &Scene, at: usize) -> bool {
    let is_button = |next: usize| scene.labels[next].is_some() || is_date_line(&scene.blocks[next]);
    let words: Vec<&str> = scene.blocks[at].text.split_whitespace().collect();
    let is_capital = |word: &&str| word.starts_with(char::is_uppercase);
    scene.blocks[at].kind == BlockKind::Paragraph
        && (2..=4).contains(&words.len())
        && words.iter().all(is_capital)
        && words.iter().all(|word| !word.ends_with([':', '!', '?']))
        && at + 1 < scene.blocks.len()
        && is_button(at + 1)
}

/// The clock by which entries of a live blog begin: only the element says that it is no story.
fn mark_clocks(scene: &Scene, reasons: &mut Reasons) {
    for (block, reason) in scene.blocks.iter().zip(reasons.iter_mut()) {
        let is_time = || {
            let mut around = scene.tree.ancestors(block.first);
            let time = around.find(|&id| scene.tree.is(id, Tag::Time));
            time.is_some_and(|id| scene.mass_below(id) >= block.mass)
        };
        let has_digit = || block.text.contains(|c: char| c.is_ascii_digit());
        if reason.is_none() && block.mass <= CLOCK_MASS && has_digit() && is_time() {
            *reason = Some(Reason::Byline);
        }
    }
}

fn is_date_line(block: &Block) -> bool {
    let key = block.key;
    let is_number = |word: &&str| word.starts_with(char::is_numeric);
    block.kind == BlockKind::Paragraph
        && block.bold_mass == 0
        && key.split(' ').count() <= DATE_WORDS
        && key.split(' ').filter(is_number).count() >= 2
        && dates::in_line(block.text, dates::Order::DayFirst).is_some()
}

fn is_title(scene: &Scene, block: &Block) -> bool {
    let key = block.key;
    !key.is_empty()
        && (key == scene.title_key
            || (block.is_heading() && key.len() > 12 && scene.title_key.contains(key)))
}

fn reason_above(scene: &Scene, at: usize, first: usize) -> Option<Reason> {
    let block = &scene.blocks[at];
    if is_title(scene, block) || block.kind == BlockKind::Heading(1) {
        return Some(Reason::Title);
    }
    let after_headline = scene.headline.is_none_or(|headline| at > headline);
    let belongs = match block.kind {
        BlockKind::ListItem(_) | BlockKind::TableRow | BlockKind::Quote if block.mass > 25 => true,
        BlockKind::Heading(_) if block.links == 0 && block.mass > 12 => true,
        _ => is_standfirst(scene, block) || is_first_line(scene, at, first),
    };
    (!after_headline || !belongs).then_some(Reason::Byline)
}

/// A paragraph like the one it stands before, only without a full stop, or with many links.
fn is_first_line(scene: &Scene, at: usize, first: usize) -> bool {
    let (block, next) = (&scene.blocks[at], &scene.blocks[first]);
    let alike = scene.tree.parent(block.node) == scene.tree.parent(next.node)
        && scene.tree.tag(block.node) == scene.tree.tag(next.node);
    let sentence = block.ends_sentence;
    let told = sentence && block.links == 0 && digits(block.text) * 5 < block.mass;
    let long = told || (block.mass >= 45 && (block.links == 0 || (block.mass >= 80 && sentence)));
    alike && long && block.kind == BlockKind::Paragraph && block.node != next.node
}

/// A date ends with a full stop, too, in some languages.
fn digits(text: &str) -> u32 {
    let count = text.chars().filter(|c| c.is_numeric()).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// A line of some length under the headline: the summary of the story.
fn is_standfirst(scene: &Scene, block: &Block) -> bool {
    let long = block.mass >= 45
        || (block.mass >= 28 && block.text.ends_with(['.', '!', '?', '。', '”', '"']));
    long && block.link_density() < 0.3 && (block.ends_sentence || matches_description(scene, block))
}

/// Bytes of a description in which a block is looked for: some pages give their whole text as one.
const DESCRIPTION_BYTES: usize = 4_000;

fn matches_description(scene: &Scene, block: &Block) -> bool {
    let key = block.key;
    let description = scene.description_key.as_str();
    let holds = || {
        let len = description.len().min(DESCRIPTION_BYTES);
        memmem::find(&description.as_bytes()[..len], key.as_bytes()).is_some()
    };
    !description.is_empty()
        && key.len() >= 30
        && (description.starts_with(key) || key.starts_with(description) || holds())
}

/// The summary, and the first paragraphs, may stand by the headline, outside the container that
/// holds the rest: prose that nothing speaks against, or what the page gives as its description.
fn take_lead(scene: &Scene, container: Option<NodeId>, reasons: &mut Reasons) {
    let (Some(_), Some(first)) = (container, first_prose(scene, reasons)) else {
        return;
    };
    let Some(headline) = scene.headline.filter(|&headline| headline < first) else {
        return;
    };
    let blocks = scene.blocks.iter().zip(reasons.iter_mut()).enumerate();
    for (at, (block, reason)) in blocks.take(first).skip(headline + 1) {
        let headed = block.is_heading() && at == headline + 1 && is_standfirst(scene, block);
        let described = block.mass >= 35 && matches_description(scene, block);
        let is_lead = match reason {
            Some(Reason::Outside) => block.is_prose() || described || headed,
            Some(Reason::Byline | Reason::RelatedLinks) => described,
            _ => false,
        };
        if is_lead && block.link_density() < 0.3 && !block.text.contains('©') {
            *reason = None;
        }
    }
}

/// Below the last paragraph stand signatures of the site, buttons, lone links.
fn trim_bottom(scene: &Scene, reasons: &mut Reasons) {
    let is_body = |block: &Block| {
        block.is_prose()
            || matches!(
                block.kind,
                BlockKind::ListItem(_)
                    | BlockKind::TableRow
                    | BlockKind::Preformatted
                    | BlockKind::Quote
            )
    };
    for at in (0..reasons.len()).rev() {
        if reasons[at].is_some() {
            continue;
        }
        let block = &scene.blocks[at];
        if is_signature(block) {
            reasons[at] = Some(Reason::Byline);
            continue;
        }
        if is_body(block) {
            break;
        }
        if block.is_heading() {
            if says_something(block) {
                break;
            }
            reasons[at] = Some(Reason::EmptyHeading);
        } else if block.links > 0 || (block.mass < 12 && !block.ends_sentence) {
            reasons[at] = Some(Reason::LinkDensity);
        } else {
            break;
        }
    }
}

/// A name with a mail address, as papers in Korea and elsewhere sign below the text.
fn is_signature(block: &Block) -> bool {
    let is_address = |word: &str| {
        let host = word.split_once('@').map(|(_, host)| host);
        host.is_some_and(|host| host.trim_end_matches('.').contains('.'))
    };
    block.kind == BlockKind::Paragraph
        && block.mass <= SIGNATURE_MASS
        && !text::holds_sentence(block.text)
        && block.text.split_whitespace().any(is_address)
}

/// A heading that is a sentence, such as a numbered claim over a picture, is text in heading's clothes.
fn says_something(heading: &Block) -> bool {
    heading.mass >= 40 && heading.text.ends_with(['.', '!', '。'])
}

/// A heading stays only over text, or over a lower heading that stays.
fn drop_empty_headings(scene: &Scene, reasons: &mut Reasons) {
    let mut below: Option<BlockKind> = None;
    for at in (0..reasons.len()).rev() {
        if reasons[at].is_some() {
            continue;
        }
        let kind = scene.blocks[at].kind;
        let is_empty = !says_something(&scene.blocks[at])
            && match (kind, below) {
                (BlockKind::Heading(_), None) => true,
                (BlockKind::Heading(level), Some(BlockKind::Heading(next))) => next <= level,
                _ => false,
            };
        if is_empty {
            reasons[at] = Some(Reason::EmptyHeading);
        } else {
            below = Some(kind);
        }
    }
}
