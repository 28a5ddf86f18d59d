//! The label table: phrases that announce what is not the story, in some forty languages.
//!
//! `labels.tsv` holds them; this file only reads and asks it. A label alone removes nothing but
//! itself: what it announces is decided by what follows (see [`super::runs`]).

use std::cmp::Reverse;
use std::sync::LazyLock;

use foldhash::HashMap;
use foldhash::fast::RandomState;

use crate::article::{BlockKind, Reason};
use crate::extract::block::{Block, PROSE_MASS};
use crate::extract::phrases::Topic;
use crate::extract::texts::Texts;
use crate::extract::{short, text};

static TABLE: LazyLock<Table> = LazyLock::new(Table::read);

/// Most letters in a block that "opens" with a label: about ten words.
const OPENS_MASS: u32 = 60;

/// Most letters in a call-out that starts with a label and a colon: a headline follows, not a paragraph.
const START_MASS: u32 = 220;

/// About how many labels are lines, and how many are of each other form.
const LINES: usize = 3_000;
const OTHERS: usize = 700;

fn with_room_for<K, V>(count: usize) -> HashMap<K, V> {
    HashMap::with_capacity_and_hasher(count, RandomState::default())
}

/// How a block matched the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The block is the label.
    Line,
    /// The block is label and what it announces in one, such as "Read also: …".
    Start,
}

#[derive(Debug)]
struct Table {
    line: HashMap<String, Reason>,
    opens: HashMap<String, Reason>,
    start: HashMap<String, Reason>,
}

/// A label, folded, and what it tells.
type Label = (&'static str, Reason);

/// By the first word of labels all that begin with it: few words are one, and few labels begin with the same. Those
/// lie together, so that little of the whole table is looked at.
static FIRST_WORDS: LazyLock<short::Table<First>> = LazyLock::new(|| {
    let mut words: HashMap<&str, [Vec<Label>; 3]> = with_room_for(LINES);
    for (form, of) in [&TABLE.line, &TABLE.opens, &TABLE.start].iter().enumerate() {
        for (label, &reason) in *of {
            let word = text::words(label).next().unwrap_or_default();
            words.entry(word).or_default()[form].push((label, reason));
        }
    }
    for [_, opens, starts] in words.values_mut() {
        for labels in [opens, starts] {
            labels.sort_unstable_by_key(|(label, _)| Reverse(text::words(label).count()));
        }
    }
    // The table is made once and lives as long as the program.
    let labels: Vec<Label> = words.values().flatten().flatten().copied().collect();
    let mut rest: &'static [Label] = labels.leak();
    let mut next = |list: &Vec<Label>| {
        let (own, after) = rest.split_at(list.len());
        rest = after;
        own
    };
    short::Table::new(words.iter().map(|(word, [lines, opens, starts])| {
        let first = First {
            lines: next(lines),
            opens: next(opens),
            starts: next(starts),
        };
        (*word, first)
    }))
});

/// The labels that begin with a word.
#[derive(Debug)]
struct First {
    /// Those that are a line.
    lines: &'static [Label],
    /// Those that open a line, those of most words first.
    opens: &'static [Label],
    /// Those that start a call-out, those of most words first.
    starts: &'static [Label],
}

impl First {
    fn of(key: &str) -> Option<&'static Self> {
        let end = key.bytes().position(|byte| byte == b' ');
        let word = key.get(..end.unwrap_or(key.len()));
        FIRST_WORDS.find(word.unwrap_or_default())
    }

    fn line(&self, key: &str) -> Option<Reason> {
        let mut lines = self.lines.iter();
        lines.find(|(label, _)| *label == key).map(|found| found.1)
    }
}

/// The labels, of some in an order, whose words a key begins with.
fn begun<'k>(labels: &'k [Label], key: &'k str) -> impl Iterator<Item = &'k Label> {
    labels.iter().filter(|(label, _)| {
        let after = key.strip_prefix(*label);
        after.is_some_and(|after| after.is_empty() || after.starts_with(' '))
    })
}

/// The rows of the table: reason, form, phrases.
fn rows() -> impl Iterator<Item = (Reason, &'static str, &'static str)> {
    let lines = include_str!("labels.tsv").lines();
    let rows = lines.filter(|row| !row.is_empty() && !row.starts_with('#'));
    rows.filter_map(|row| {
        let mut columns = row.split('\t');
        let reason = super::reason_of(columns.next()?)?;
        Some((reason, columns.next()?, columns.next()?))
    })
}

/// Phrases that tell something wherever they stand in a text, folded.
pub(in crate::extract) fn phrases() -> impl Iterator<Item = (String, Topic)> {
    let with_topic = |(reason, form, phrases): (Reason, &str, &'static str)| {
        let topic = match form {
            "holds" => Topic::Holds(reason),
            "tells" => Topic::Tells(reason),
            "consent" => Topic::Consent,
            _ => return None,
        };
        Some((phrases, topic))
    };
    rows().filter_map(with_topic).flat_map(|(phrases, topic)| {
        let phrases = phrases.split(" | ");
        phrases.map(move |phrase| (text::key(phrase), topic))
    })
}

impl Table {
    fn read() -> Self {
        let mut table = Self {
            line: with_room_for(LINES),
            opens: with_room_for(OTHERS),
            start: with_room_for(OTHERS),
        };
        for (reason, form, phrases) in rows() {
            for phrase in phrases.split(" | ") {
                table.add(form, text::key(phrase), reason);
            }
        }
        table
    }

    fn add(&mut self, form: &str, phrase: String, reason: Reason) {
        let map = match form {
            "line" => &mut self.line,
            "opens" => &mut self.opens,
            "start" => &mut self.start,
            _ => return,
        };
        map.entry(phrase).or_insert(reason);
    }
}

/// What a block announces, if it is a label or a call-out.
#[must_use]
pub fn label_of(block: &Block) -> Option<(Reason, Form)> {
    if block.mass > START_MASS {
        return None;
    }
    let key = block.key;
    let first = First::of(key);
    let line = first
        .and_then(|first| first.line(key))
        .or_else(|| counted(key))
        .or_else(|| opens(key, first?, block))
        .or_else(|| framed(block.text));
    let line = line
        .or_else(|| rights(block.text))
        .or_else(|| credited(block.text))
        .or(block.said.tells)
        .or_else(|| holds(block));
    let start = || start(key, first?, block);
    line.map(|reason| (reason, Form::Line))
        .or_else(|| start().map(|reason| (reason, Form::Start)))
}

/// Blocks whose lines, parted by single line breaks, hold a label are parted into those lines:
/// pages without any structure run story and leftovers together so.
#[must_use]
pub fn part_at_labels<'t>(blocks: Vec<Block<'t>>, texts: &'t Texts) -> Vec<Block<'t>> {
    let has_label = |block: &Block| {
        block.kind != BlockKind::Preformatted
            && block.may_break
            && memchr::memchr(b'\n', block.text.as_bytes()).is_some()
            && (is_whole_story(block.text)
                || block.text.lines().any(|line| opens_run(line).is_some()))
    };
    if !blocks.iter().any(has_label) {
        return blocks;
    }
    let mut parted = Vec::with_capacity(blocks.len());
    for block in blocks {
        if has_label(&block) {
            parted.extend(lines_of(&block, texts));
        } else {
            parted.push(block);
        }
    }
    parted
}

/// Whether the lines are paragraphs rather than verses: two or more would be prose by themselves.
fn is_whole_story(text: &str) -> bool {
    let is_prose = |line: &&str| text::mass(line) >= PROSE_MASS && text::ends_sentence(line);
    text.lines().filter(is_prose).count() >= 2
}

/// What a line announces, when it is a label of what follows or of an ad.
fn opens_run(line: &str) -> Option<Reason> {
    let known = TABLE
        .line
        .get(&text::key(line))
        .copied()
        .or_else(|| framed(line))?;
    matches!(
        known,
        Reason::RelatedLinks | Reason::AuthorBox | Reason::Advertisement | Reason::Newsletter
    )
    .then_some(known)
}

fn lines_of<'t>(block: &Block, texts: &'t Texts) -> Vec<Block<'t>> {
    let part = |line: &str| {
        let mass = text::mass(line);
        // Which line holds the links is not known any more; all get their share.
        let linked = u64::from(block.link_mass) * u64::from(mass) / u64::from(block.mass.max(1));
        Block {
            node: block.node,
            first: block.first,
            place: block.place,
            kind: block.kind,
            link_mass: u32::try_from(linked).unwrap_or(mass),
            links: block.links,
            bold_mass: block.bold_mass,
            ..Block::of(line, texts)
        }
    };
    block
        .text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(part)
        .collect()
}

/// "comments 12" and "12 comments" are "comments", "6 min read" is "min read"; "Tag 1" is the first day.
fn counted(key: &str) -> Option<Reason> {
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    if !is_digit(key.as_bytes().first()) && !is_digit(key.as_bytes().last()) {
        return None;
    }
    let label = key.trim_matches(|c: char| c.is_ascii_digit() || c == ' ');
    let reason = *TABLE.line.get(label)?;
    matches!(
        reason,
        Reason::Comments | Reason::Share | Reason::Advertisement | Reason::Byline
    )
    .then_some(reason)
}

/// A line that promotes: short, with a link, and no sentence.
fn holds(block: &Block) -> Option<Reason> {
    let is_line = block.links > 0 && block.mass <= OPENS_MASS && !block.ends_sentence;
    block.said.holds.filter(|_| is_line)
}

/// Most letters in the credit at a caption's end: two names and an agency.
const CREDIT_MASS: u32 = 40;

/// Marks, from the end, behind which a credit is looked for: of a text all of colons each costs as much as it is long.
const CREDIT_MARKS_MAX: usize = 16;

/// A text whose last words credit a picture is its caption: "The quay. Photo: Ann Lee", "부두
/// /사진=만안일보", "（圖／市府）". The label opens a sentence or stands behind a bracket or stroke.
/// So is one that opens with the triangle that East Asian papers set before captions.
fn credited(text: &str) -> Option<Reason> {
    let is_pointed = text.starts_with(['▲', '△', '▼']);
    // Few texts hold a mark, or a letter of as many bytes that begins as one does.
    if !is_pointed && memchr::memchr3(b':', b'=', 0xef, text.as_bytes()).is_none() {
        return None;
    }
    let part = |(at, mark): (usize, &str)| {
        let (before, tail) = (text.get(..at), text.get(at + mark.len()..));
        (before.unwrap_or_default(), tail.map_or(0, text::mass))
    };
    let marks = text.rmatch_indices([':', '=', '：', '／']).map(part);
    // Tails grow, from the last mark on.
    let mut marks = marks
        .take(CREDIT_MARKS_MAX)
        .take_while(|(_, mass)| *mass <= CREDIT_MASS);
    let is_credit = |(before, mass)| mass > 0 && ends_with_caption_label(before);
    (is_pointed || marks.any(is_credit)).then_some(Reason::Caption)
}

fn ends_with_caption_label(text: &str) -> bool {
    const STROKES: [char; 6] = ['/', '(', '（', '[', '|', '\n'];
    let Some(at) = text.rfind(|c| c == ' ' || STROKES.contains(&c)) else {
        return false;
    };
    let (before, label) = text.split_at(at);
    let parted = label.starts_with(STROKES)
        || text::ends_sentence(before)
        || before.ends_with(STROKES)
        || before.ends_with(['-', '–', '—', '•', '·']);
    parted && TABLE.start.get(&text::key(label)) == Some(&Reason::Caption)
}

/// A line that opens with the sign of copyright.
fn rights(text: &str) -> Option<Reason> {
    text.starts_with(['©', 'ⓒ']).then_some(Reason::Copyright)
}

/// A label between dashes keeps its reason with whatever is glued to the second one, which is a
/// picture's name or alt text: `- Advertisement -banner_300`.
fn framed(text: &str) -> Option<Reason> {
    let (label, glued) = text
        .strip_prefix(['-', '–', '—'])?
        .split_once(['-', '–', '—'])?;
    let reason = TABLE.line.get(&text::key(label))?;
    (!glued.trim().contains(' ')).then_some(*reason)
}

/// What a line opens with.
fn opens(key: &str, first: &First, block: &Block) -> Option<Reason> {
    let is_sentence = block.text.ends_with(['.', '!', '?', '。']);
    let (_, reason) = *begun(first.opens, key).next()?;
    let fits = block.mass <= OPENS_MASS && (!is_sentence || reason == Reason::Copyright);
    fits.then_some(reason)
}

/// A call-out: the phrase, then a mark that parts it from what it announces, or all of it a link.
fn start(key: &str, first: &First, block: &Block) -> Option<Reason> {
    let labels = first.starts;
    if labels.is_empty() {
        return None;
    }
    let head = text_before_mark(block.text);
    if let Some(reason) = head.and_then(|head| TABLE.start.get(&text::key(head))) {
        return Some(*reason).filter(|&reason| reason == Reason::AuthorBox || !is_told(block));
    }
    if let Some(reason) = head.and_then(|head| addressed(head, labels, block)) {
        return Some(reason);
    }
    // Without a mark a single word is no label: "More than 500 people …", all but "More" a link.
    let linked = block.link_density() > 0.6;
    let is_whole = |label: &str| label.contains(' ') || block.is_all_link();
    let mut begun = begun(labels, key).filter(|(label, _)| is_whole(label));
    begun.next().filter(|_| linked).map(|(_, reason)| *reason)
}

/// A label of two words or more with a few that say where, and all that it announces a link:
/// "Also on The Courier: Town opens bridge".
fn addressed(head: &str, labels: &[Label], block: &Block) -> Option<Reason> {
    const WORDS_MAX: usize = 6;
    let key = text::key(head);
    let tail = block.mass.saturating_sub(text::mass(head));
    let is_short = key.split(' ').count() <= WORDS_MAX;
    let mut begun = begun(labels, &key).filter(|(label, _)| label.contains(' '));
    let (_, reason) = *begun.next()?;
    (is_short && block.links > 0 && block.link_mass * 10 >= tail * 9).then_some(reason)
}

/// A whole sentence that leads nowhere is the story's own, whatever it starts with:
/// "Related: the town also plans a bridge, the mayor said."
fn is_told(block: &Block) -> bool {
    const SENTENCE: u32 = 40;
    block.mass >= SENTENCE
        && block.link_density() < 0.3
        && block.text.ends_with(['.', '!', '?', '。', '”', '"'])
}

/// What stands before the first mark that parts a label from its object.
fn text_before_mark(text: &str) -> Option<&str> {
    // Most texts have none, nor a byte with which one begins.
    let may_be_mark = |byte| {
        matches!(
            byte,
            b'\n' | b'-' | b':' | b'>' | b']' | b'|' | 0xc2 | 0xe2..=0xff
        )
    };
    if !text
        .bytes()
        .fold(false, |any, byte| any | may_be_mark(byte))
    {
        return None;
    }
    let marks = [
        ':', '：', '|', '»', '›', '→', '►', '▶', '】', ']', '>', '\n',
    ];
    let text = text.trim_start_matches([
        '[', '【', '>', '»', '►', '▶', '→', '•', '*', '-', '–', '—', '(', ' ',
    ]);
    let dash = [" - ", " – ", " — "]
        .iter()
        .filter_map(|dash| text.find(dash))
        .min();
    let mark = text.find(marks);
    let end = mark.into_iter().chain(dash).min()?;
    text.get(..end).filter(|head| !head.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::block::split;
    use crate::extract::dom::{Limits, parse};

    fn label(html: &str) -> Option<(Reason, Form)> {
        label_of(
            split(&parse(html, &Limits::default()), &Texts::default())
                .first()
                .expect("a block"),
        )
    }

    #[test]
    fn labels_are_known_in_many_languages() {
        let related = [
            "Recommended news",
            "RECOMMENDED NEWS:",
            "Empfohlen",
            "Lees ook",
            "Artículos relacionados",
            "À lire aussi",
            "Leggi anche",
            "Читайте также",
            "関連記事",
            "Czytaj też",
            "Les også",
            "관련기사",
            "相关阅读",
            "اقرأ أيضا",
            "Baca juga",
        ];
        for text in related {
            assert_eq!(
                label(text),
                Some((Reason::RelatedLinks, Form::Line)),
                "{text}"
            );
        }
        for (text, reason) in [
            ("Author", Reason::AuthorBox),
            ("- Advertisement -", Reason::Advertisement),
            ("- Advertisement -spot_img", Reason::Advertisement),
            ("12 Comments", Reason::Comments),
            ("Über den Autor", Reason::AuthorBox),
        ] {
            assert_eq!(label(text), Some((reason, Form::Line)), "{text}");
        }
    }

    #[test]
    fn call_outs_need_a_mark_or_a_link() {
        assert_eq!(
            label("READ MORE: Town opens bridge"),
            Some((Reason::RelatedLinks, Form::Start))
        );
        assert_eq!(
            label("<a href=x>Lees ook Brug geopend</a>"),
            Some((Reason::RelatedLinks, Form::Start))
        );
        assert_eq!(label("Read more books, she told the children."), None);
    }

    #[test]
    fn labels_that_name_their_site_and_lines_that_promote_are_known() {
        let rows = [
            (
                "Also on The Courier: <a href=x>Town opens bridge</a>",
                Reason::RelatedLinks,
            ),
            (
                "Follow The Courier on <a href=x>Google News</a>",
                Reason::Newsletter,
            ),
            (
                "Il vous reste 57 % de cet article à lire. La suite est réservée aux abonnés.",
                Reason::Notice,
            ),
            ("6 min read", Reason::Byline),
            ("Reporting by Ann Lee; editing by Bo Ray", Reason::AuthorBox),
        ];
        for (html, want) in rows {
            assert_eq!(label(html).map(|(reason, _)| reason), Some(want), "{html}");
        }
        for html in [
            "Also on the list: <a href=x>Ann Lee</a>, who opened the bridge and the new school.",
            "The search for news on <a href=x>Google News</a> fell by a third, the company said.",
        ] {
            assert_eq!(label(html), None, "{html}");
        }
    }

    #[test]
    fn a_credit_at_the_end_makes_a_caption() {
        for text in [
            "The quay on Monday. Photo: Ann Lee/The Courier",
            "Kaien mandag. (Foto: Ann Lee)",
            "부두의 트럭 /사진=만안일보",
            "▲老碼頭的銀幕。（圖／市府提供）",
            "岸壁の船（写真：市提供）",
        ] {
            assert_eq!(label(text), Some((Reason::Caption, Form::Line)), "{text}");
        }
        for text in [
            "The mayor has two hobbies: bees and photo albums.",
            "She wrote under the last photo: nobody saw me leave.",
            "He took no photo. Nobody asked: the quay was empty.",
        ] {
            assert_eq!(label(text), None, "{text}");
        }
    }

    #[test]
    fn sentences_that_contain_a_label_are_none() {
        for text in [
            "The author recommended the related article in an advertisement.",
            "Advertisement revenue fell by a third, the paper said.",
            "Author Jane Doe will read from her novel on Friday.",
            "Recommended news sources include the public broadcaster.",
        ] {
            assert_eq!(label(text), None, "{text}");
        }
    }
}
