//! What an element's name, role and class say of it, and how far that is believed.
//!
//! Class names are the sites' own and lie: a `widget` may be the story, the `body` may be called
//! `has-sidebar`. So no mark alone removes the text that the page is about: an element that holds
//! the headline or most of the prose keeps its text whatever it is called.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::Trust;
use super::holders::{HolderId, PerHolder, Sum, Sums};
use crate::article::Reason;
use crate::extract::dom::{Attr, AttrSet, NameId, NodeId, Tag, Tree, ValueId};
use crate::extract::short::{Key, Table};
use crate::extract::{text, visibility};

static CLASSES: LazyLock<Classes> = LazyLock::new(|| Classes::read(include_str!("classes.tsv")));

/// A claim about an element and all below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// What the element is.
    pub reason: Reason,
    /// How far the claim is believed.
    pub strength: Strength,
}

/// How far a claim is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// What is no prose goes.
    Weak,
    /// Prose goes too.
    Strong,
    /// Even most of the page's prose goes: readers' comments and consent texts outweigh many a story.
    Sure,
}

impl Strength {
    fn of(name: &str) -> Self {
        match name {
            "sure" => Self::Sure,
            "strong" => Self::Strong,
            _ => Self::Weak,
        }
    }

    /// Share of the page's prose above which the claim is not believed.
    fn share_max(self) -> f32 {
        match self {
            Self::Weak => 0.35,
            Self::Strong => 0.6,
            Self::Sure => 0.95,
        }
    }
}

impl Mark {
    fn new(reason: Reason, strength: Strength) -> Self {
        Self { reason, strength }
    }

    /// Whether the mark removes a block that is, or is not, prose.
    #[must_use]
    pub fn removes(self, is_prose: bool) -> bool {
        !is_prose || self.strength > Strength::Weak
    }
}

#[derive(Debug)]
struct Classes {
    /// By first word.
    by_first: Table<Vec<Pattern>>,
    /// Patterns of one word that is a prefix, by first letter from `a` on.
    prefixes: Vec<Vec<(Key, Mark)>>,
    first_letters: FirstLetters,
}

/// The first letters of all patterns: few words begin as one does, and looking for each costs more.
#[derive(Debug)]
struct FirstLetters([u32; Self::LETTERS * Self::LETTERS]);

impl FirstLetters {
    const LETTERS: usize = 32;

    /// Takes in a word, or where it is `open` all that begin with it.
    fn add(&mut self, word: &str, open: bool) {
        let mut letters = [None; 3];
        for (to, byte) in letters.iter_mut().zip(word.bytes()) {
            *to = Some(byte);
        }
        let [first, second, third] = letters.map(|letter| Self::number(letter.unwrap_or_default()));
        let seconds = if open && letters[1].is_none() {
            0..Self::LETTERS
        } else {
            second..second + 1
        };
        for second in seconds {
            let bits = if open && letters[2].is_none() {
                u32::MAX
            } else {
                1 << third
            };
            self.0[first * Self::LETTERS + second] |= bits;
        }
    }

    fn may_open(&self, word: &str) -> bool {
        let word = word.as_bytes();
        let number = |at| Self::number(word.get(at).copied().unwrap_or_default());
        self.0[number(0) * Self::LETTERS + number(1)] & (1 << number(2)) != 0
    }

    /// Letters have each their own.
    fn number(byte: u8) -> usize {
        usize::from(byte) % Self::LETTERS
    }
}

#[derive(Debug)]
struct Pattern {
    /// What follows the first word.
    more: Vec<&'static str>,
    /// Whether the last word is a prefix.
    open: bool,
    mark: Mark,
}

impl Classes {
    fn read(tsv: &'static str) -> Self {
        let mut by_first: BTreeMap<&str, Vec<Pattern>> = BTreeMap::new();
        let mut prefixes = vec![Vec::new(); usize::from(b'z' - b'a') + 1];
        let mut first_letters = FirstLetters([0; FirstLetters::LETTERS * FirstLetters::LETTERS]);
        for row in tsv
            .lines()
            .filter(|row| !row.is_empty() && !row.starts_with('#'))
        {
            let mut columns = row.split('\t');
            let (Some(reason), Some(strength), Some(patterns)) =
                (columns.next(), columns.next(), columns.next())
            else {
                continue;
            };
            let Some(reason) = super::reason_of(reason) else {
                continue;
            };
            let mark = Mark::new(reason, Strength::of(strength));
            for pattern in patterns.split(' ') {
                let open = pattern.ends_with('*');
                let mut words = pattern.trim_end_matches('*').split(['-', '_']);
                let first = words.next().unwrap_or_default();
                let more: Vec<&str> = words.collect();
                first_letters.add(first, open && more.is_empty());
                match (letter(first), Key::of_word(first)) {
                    (Some(letter), Some(key)) if more.is_empty() && open => {
                        prefixes[letter].push((key, mark));
                    }
                    _ => by_first
                        .entry(first)
                        .or_default()
                        .push(Pattern { more, open, mark }),
                }
            }
        }
        Self {
            by_first: Table::new(by_first),
            prefixes,
            first_letters,
        }
    }

    /// The patterns found in the words of one name.
    fn find(&self, words: &str) -> Found {
        let mut found = Found::default();
        let mut rest = text::words(words);
        while let Some(word) = rest.next() {
            if !self.first_letters.may_open(word) {
                continue;
            }
            let (Some(letter), Some(start)) = (letter(word), Key::of_start(word)) else {
                continue;
            };
            let runs = start.of_whole(word).and_then(|key| self.by_first.get(key));
            for pattern in runs.into_iter().flatten() {
                if pattern.goes_on(rest.clone()) {
                    found.run = found
                        .run
                        .or(Weighed::new(pattern.mark, pattern.more.len() + 1));
                }
            }
            for (prefix, mark) in &self.prefixes[letter] {
                if start.starts_with(*prefix) {
                    found.prefix = found.prefix.or(Weighed::new(*mark, 1));
                }
            }
        }
        found
    }
}

/// The place of a word's first letter in the alphabet.
fn letter(word: &str) -> Option<usize> {
    let first = word.bytes().next()?;
    first
        .is_ascii_lowercase()
        .then(|| usize::from(first - b'a'))
}

impl Pattern {
    /// Whether words are what follows the first one.
    fn goes_on(&self, mut words: text::Words) -> bool {
        let last = self.more.len();
        (1..).zip(&self.more).all(|(at, want)| {
            let have = words.next().unwrap_or_default();
            have == *want || (self.open && at == last && have.starts_with(want))
        })
    }
}

/// A mark, or none, and how it weighs: a strong one before a weak one, then a long pattern before a short one.
#[derive(Debug, Clone, Copy, Default)]
struct Weighed {
    /// 0 of none.
    weight: u16,
    mark: Option<Mark>,
}

impl Weighed {
    fn new(mark: Mark, words: usize) -> Self {
        let words = u8::try_from(words).unwrap_or(u8::MAX);
        Self {
            weight: u16::from_be_bytes([1 + mark.strength as u8, words]),
            mark: Some(mark),
        }
    }

    /// The weightier of two, the second among equals.
    fn or(self, next: Self) -> Self {
        if self.weight > next.weight {
            self
        } else {
            next
        }
    }
}

/// The weightiest patterns found in names, the last among equals.
#[derive(Debug, Clone, Copy, Default)]
struct Found {
    run: Weighed,
    prefix: Weighed,
}

impl Found {
    fn and(self, next: Self) -> Self {
        Self {
            run: self.run.or(next.run),
            prefix: self.prefix.or(next.prefix),
        }
    }

    fn is_none(self) -> bool {
        self.run.weight | self.prefix.weight == 0
    }

    fn mark(self) -> Option<Mark> {
        self.run.or(self.prefix).mark
    }
}

/// What the own name, role and class of each element that holds a block claim, believed or not.
#[must_use]
pub fn claimed(tree: &Tree, sums: &Sums, trust: Trust) -> PerHolder<Option<Mark>> {
    let mut known = Known::new(tree);
    let mut marks = sums.holders.each(None);
    for id in sums.holders.ids() {
        marks[id] = mark_of(tree, sums.holders.node(id), trust, &mut known);
    }
    marks
}

/// What is known of the names on a page, and of the values of `class`, by their numbers.
struct Known<'t> {
    tree: &'t Tree<'t>,
    /// None of any where a single element is asked about: a list as long as the page's names would
    /// cost more than that.
    names: Vec<Option<Name>>,
    classes: Vec<Option<Class>>,
}

/// What a name says by itself.
#[derive(Debug, Clone, Copy)]
struct Name {
    found: Found,
    /// Whether it says what its element is; asked of those alone in which something is found.
    is_own: bool,
    /// Whether it says that its element is a post.
    is_post: bool,
    hides: bool,
}

impl Name {
    fn of(name: &str, words: &str) -> Self {
        let found = CLASSES.find(words);
        Self {
            found,
            is_own: !found.is_none() && names_itself(name),
            is_post: matches!(name, "hentry" | "type-post" | "post"),
            hides: visibility::hides(name),
        }
    }
}

impl<'t> Known<'t> {
    fn new(tree: &'t Tree) -> Self {
        Self {
            tree,
            names: vec![None; tree.names().len()],
            classes: vec![None; tree.values().len()],
        }
    }

    fn forgetful(tree: &'t Tree) -> Self {
        Self {
            tree,
            names: Vec::new(),
            classes: Vec::new(),
        }
    }

    fn name(&mut self, name: NameId) -> Name {
        let read = || Name::of(self.tree.name(name), self.tree.name_words(name));
        match self.names.get_mut(name as usize) {
            Some(known) => *known.get_or_insert_with(read),
            None => read(),
        }
    }

    fn class(&mut self, value: ValueId) -> Class {
        if let Some(&Some(known)) = self.classes.get(value as usize) {
            return known;
        }
        let class = self.read_class(value);
        if let Some(known) = self.classes.get_mut(value as usize) {
            *known = Some(class);
        }
        class
    }

    fn read_class(&mut self, value: ValueId) -> Class {
        let tree = self.tree;
        let names = tree.names_in(value);
        let (mut class, mut is_post) = (Class::default(), false);
        for &name in names {
            let name = self.name(name);
            class.hides |= name.hides;
            is_post |= name.is_post;
        }
        let shows = |&name: &NameId| visibility::shows_on_some_width(tree.name(name));
        class.hides = class.hides && !names.iter().any(shows);
        // A run of classes longer than this styles the whole page, or is a hostile one.
        for &id in names.iter().take(NAMES_MAX) {
            let name = self.name(id);
            if name.is_own && !(is_post && names_topic(tree.name(id))) {
                class.found = class.found.and(name.found);
            }
        }
        class
    }

    /// What test ids and the id say.
    fn other_names(&mut self, id: NodeId) -> Found {
        let mut found = Found::default();
        if let Some(tests) = self.tree.test_value(id) {
            for &name in self.tree.names_in(tests).iter().take(NAMES_MAX) {
                found = found.and(self.name(name).found);
            }
        }
        let is_heading = || self.tree.tag(id).and_then(Tag::heading_level).is_some();
        let Some(ids) = self.tree.id_value(id).filter(|_| !is_heading()) else {
            return found;
        };
        let (mut of_id, mut words) = (found, 0);
        for &name in self.tree.names_in(ids).iter().take(NAMES_MAX) {
            of_id = of_id.and(self.name(name).found);
            words += text::words(self.tree.name_words(name)).count();
        }
        // A heading's id, and a long one, is what the heading says.
        if words <= ID_WORDS_MAX { of_id } else { found }
    }
}

/// What a value of `class` says.
#[derive(Debug, Clone, Copy, Default)]
struct Class {
    found: Found,
    hides: bool,
}

/// The believed mark of each element that holds a block, inherited by what is below it.
#[must_use]
pub fn believe(
    claimed: &PerHolder<Option<Mark>>,
    tree: &Tree,
    sums: &Sums,
    headline: Option<NodeId>,
) -> PerHolder<Option<Mark>> {
    let mut marks: PerHolder<Option<Mark>> = sums.holders.each(None);
    for id in sums.holders.ids() {
        let above = marks[sums.holders.above(id)];
        let own = claimed[id].filter(|mark| believed(tree, sums, headline, id, *mark));
        marks[id] = stronger(above, own);
    }
    marks
}

fn stronger(above: Option<Mark>, own: Option<Mark>) -> Option<Mark> {
    match (above, own) {
        (Some(above), Some(own)) if own.strength > above.strength => Some(own),
        (Some(above), _) => Some(above),
        (None, own) => own,
    }
}

fn believed(tree: &Tree, sums: &Sums, headline: Option<NodeId>, id: HolderId, mark: Mark) -> bool {
    let share = sums.prose_share(id);
    let node = sums.holders.node(id);
    let holds_headline = headline.is_some_and(|headline| tree.contains(node, headline));
    // Some systems put a form around the whole page, whose story may hold no line that is prose.
    let holds_page = || 2 * sums[id].mass > sums.page().mass;
    share <= mark.strength.share_max()
        && !(holds_headline && (share > 0.0 || holds_page()))
        && leads_as_claimed(sums[id], mark.reason)
}

/// Letters from which on text that is called a menu has to hold links.
const MENU_MASS: u32 = 200;

/// What is called a menu, keywords or other stories, and has next to no links, is none of these.
fn leads_as_claimed(sum: Sum, reason: Reason) -> bool {
    let least = match reason {
        Reason::Navigation | Reason::Tags => 0.2,
        Reason::RelatedLinks => 0.05,
        _ => return true,
    };
    sum.mass < MENU_MASS || sum.link_density() >= least
}

/// What an element's own name, role and class claim, believed or not.
#[must_use]
pub(in crate::extract) fn own_mark(tree: &Tree, id: NodeId, trust: Trust) -> Option<Mark> {
    mark_of(tree, id, trust, &mut Known::forgetful(tree))
}

fn mark_of(tree: &Tree, id: NodeId, trust: Trust, known: &mut Known) -> Option<Mark> {
    let tag = tree.tag(id)?;
    if matches!(tag, Tag::Html | Tag::Body | Tag::Main) {
        return None;
    }
    if !tree.has_any(id, TELLING) {
        return by_tag(tree, id, tag);
    }
    let class = tree.class_value(id).map(|value| known.class(value));
    let class = class.unwrap_or_default();
    if class.hides || visibility::is_hidden_by_attribute(tree, id) {
        return Some(Mark::new(Reason::Hidden, Strength::Strong));
    }
    let found = class.found.and(known.other_names(id));
    let by_class = found
        .mark()
        .filter(|mark| trust == Trust::Classes || mark.strength == Strength::Sure);
    by_class
        .filter(|mark| mark.strength > Strength::Weak)
        .or_else(|| by_role(tree, id))
        .or_else(|| by_tag(tree, id, tag))
        .or(by_class)
}

/// Attributes that claim something of their element.
const TELLING: AttrSet = AttrSet::of(&[
    Attr::AriaHidden,
    Attr::Class,
    Attr::DataTestid,
    Attr::Hidden,
    Attr::Id,
    Attr::Role,
    Attr::Style,
]);

/// Most names that are read of one element.
const NAMES_MAX: usize = 12;

/// Most words of an id that calls its element something.
const ID_WORDS_MAX: usize = 4;

/// Whether a class says what its element is, and not what it has, lacks or is styled by:
/// `no-ads`, `has-medium-font-size`, `comments-open`.
fn names_itself(class: &str) -> bool {
    const BEFORE: [&str; 6] = ["no-", "not-", "has-", "with-", "without-", "js-"];
    const AFTER: [&str; 8] = [
        "-enabled",
        "-disabled",
        "-on",
        "-off",
        "-open",
        "-closed",
        "-free",
        "-active",
    ];
    // Few names begin, and few end, as these do.
    let begins = class.starts_with(['h', 'j', 'n', 'w']);
    let ends = class.ends_with(['d', 'e', 'f', 'n']);
    let styles = (begins && BEFORE.iter().any(|start| class.starts_with(start)))
        || (ends && AFTER.iter().any(|end| class.ends_with(end)));
    !styles
}

/// `WordPress` gives a post the names of its categories and tags as classes.
fn names_topic(class: &str) -> bool {
    class.starts_with("category-") || class.starts_with("tag-")
}

fn by_tag(tree: &Tree, id: NodeId, tag: Tag) -> Option<Mark> {
    let holds_text = || {
        let is_text = |tag| matches!(tag, Tag::Table | Tag::Blockquote | Tag::Pre);
        tree.below(id)
            .any(|inner| tree.tag(inner).is_some_and(is_text))
    };
    let (reason, strength) = match tag {
        Tag::Figure if holds_text() => return None,
        Tag::Nav | Tag::Search => (Reason::Navigation, Strength::Strong),
        Tag::Footer => (Reason::Copyright, Strength::Strong),
        Tag::Aside => (Reason::Outside, Strength::Strong),
        Tag::Figcaption => (Reason::Caption, Strength::Strong),
        Tag::Figure => (Reason::Caption, Strength::Weak),
        Tag::Dialog => (Reason::Notice, Strength::Strong),
        Tag::Form => (Reason::Newsletter, Strength::Weak),
        _ => return None,
    };
    Some(Mark::new(reason, strength))
}

fn by_role(tree: &Tree, id: NodeId) -> Option<Mark> {
    let reason = match tree.attr(id, Attr::Role)?.trim() {
        "navigation" | "menu" | "menubar" | "search" => Reason::Navigation,
        "complementary" => Reason::Outside,
        "contentinfo" => Reason::Copyright,
        "dialog" | "alertdialog" => Reason::Notice,
        _ => return None,
    };
    Some(Mark::new(reason, Strength::Strong))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::dom::{Limits, parse};

    fn reason(class: &str) -> Option<Reason> {
        let html = format!("<div class='{class}'>");
        let tree = parse(&html, &Limits::default());
        let div = tree.find(0, Tag::Div).expect("a div");
        let value = tree.class_value(div).expect("a class");
        let found = Known::new(&tree).class(value).found;
        found.mark().map(|mark| mark.reason)
    }

    #[test]
    fn class_names_are_read_word_by_word() {
        let rows = [
            (
                "td-a-rec td-a-rec-id-content_inline",
                Some(Reason::Advertisement),
            ),
            ("td_block_related_posts", Some(Reason::RelatedLinks)),
            ("author-box-wrap", Some(Reason::AuthorBox)),
            ("tdb_single_author_box", Some(Reason::AuthorBox)),
            ("RelatedArticles", Some(Reason::RelatedLinks)),
            ("post-content", None),
            ("article-body", None),
            // Words of two classes make no pattern: `more` and `from-left` are not "more from".
            ("more from-left", None),
            ("shadow header padding gradient", None),
            ("has-medium-font-size", None),
            ("article no-ads comments-open", None),
        ];
        for (class, want) in rows {
            assert_eq!(reason(class), want, "{class}");
        }
    }

    #[test]
    fn whatever_a_pattern_begins_with_may_open() {
        let mut first_letters = FirstLetters([0; FirstLetters::LETTERS * FirstLetters::LETTERS]);
        first_letters.add("ads", false);
        first_letters.add("recirc", true);
        first_letters.add("x", true);
        first_letters.add("yo", true);
        for word in ["ads", "recirculation", "x", "xylophone", "yo", "you"] {
            assert!(first_letters.may_open(word), "{word}");
        }
        for word in ["ad", "a", "", "rest", "button"] {
            assert!(!first_letters.may_open(word), "{word}");
        }
    }
}
