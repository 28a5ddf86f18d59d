//! A byline → the names in it, without "By", roles, dates and addresses.
//!
//! Reading is idempotent: a name that came out goes in and comes out the same.

use foldhash::{HashMap, HashSet};
use std::sync::LazyLock;

use super::dates;
use crate::article::AuthorKind;
use crate::extract::short::Starts;
use crate::extract::text;

/// Where a name stands: where a machine reads it, or in a byline, which is a sentence of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// In metadata.
    Declared,
    /// Before a reader's eyes.
    Shown,
}

/// One name of a byline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The name as it was written.
    pub text: String,
    /// What it names, as far as its words say.
    pub kind: AuthorKind,
}

/// Most words in a name.
const NAME_WORDS_MAX: usize = 6;
/// Most letters in the name of an agency (`AP`, `CNN`).
const AGENCY_LETTERS_MAX: usize = 5;
/// Longest byline read, in bytes: the longest of the corpora names nine people.
const BYLINE_BYTES_MAX: usize = 1_000;

/// The kinds of words in `names.tsv`, which tells of them.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Agency,
    DateJoint,
    Degree,
    Honorific,
    Joint,
    Lead,
    Modifier,
    None,
    Organisation,
    OrganisationEnd,
    OtherLead,
    Particle,
    Role,
    ShownLead,
    SoftJoint,
    UncasedWord,
    Word,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "agency" => Self::Agency,
            "date_joint" => Self::DateJoint,
            "degree" => Self::Degree,
            "honorific" => Self::Honorific,
            "joint" => Self::Joint,
            "lead" => Self::Lead,
            "modifier" => Self::Modifier,
            "none" => Self::None,
            "organisation" => Self::Organisation,
            "organisation_end" => Self::OrganisationEnd,
            "other_lead" => Self::OtherLead,
            "particle" => Self::Particle,
            "role" => Self::Role,
            "shown_lead" => Self::ShownLead,
            "soft_joint" => Self::SoftJoint,
            "uncased_word" => Self::UncasedWord,
            "word" => Self::Word,
            _ => return None,
        })
    }

    /// How many there are.
    const COUNT: usize = Self::Word as usize + 1;

    fn bit(self) -> u32 {
        1 << self as u32
    }
}

struct Words {
    /// The kinds of each word or phrase, as bits.
    kinds: HashMap<&'static str, u32>,
    /// How those of each kind begin.
    starts: [Starts; Kind::COUNT],
    /// Most words in a lead.
    longest_lead: usize,
    /// All leads by their first words.
    leads_by_start: HashMap<&'static str, Vec<&'static str>>,
    /// How these words begin.
    lead_starts: Starts,
}

/// The words of the table with their kinds.
fn rows() -> impl Iterator<Item = (Kind, &'static str)> {
    let rows = include_str!("names.tsv").lines();
    let rows = rows.filter_map(|row| row.split_once('\t'));
    let rows = rows.filter_map(|(kind, words)| Some((Kind::of(kind)?, words)));
    rows.flat_map(|(kind, words)| words.split('|').map(move |word| (kind, word)))
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let mut words = Words {
        kinds: HashMap::default(),
        longest_lead: 0,
        leads_by_start: HashMap::default(),
        starts: [Starts::default(); Kind::COUNT],
        lead_starts: Starts::default(),
    };
    for (kind, word) in rows() {
        *words.kinds.entry(word).or_default() |= kind.bit();
        words.starts[kind as usize].add(word);
        if matches!(kind, Kind::Lead | Kind::ShownLead | Kind::OtherLead) {
            let mut parts = text::words(word);
            let first = parts.next().unwrap_or_default();
            words.leads_by_start.entry(first).or_default().push(word);
            words.lead_starts.add(first);
            words.longest_lead = words.longest_lead.max(1 + parts.count());
        }
    }
    words
});

fn is(kind: Kind, key: &str) -> bool {
    is_any(&[kind], key)
}

fn is_any(kinds: &[Kind], key: &str) -> bool {
    if !may_be_any(kinds, key) {
        return false;
    }
    let wanted = kinds.iter().fold(0, |bits, kind| bits | kind.bit());
    WORDS
        .kinds
        .get(key)
        .is_some_and(|kinds| kinds & wanted != 0)
}

/// Whether a word may be of some kinds, by how it begins and how long it is; its case does not matter.
fn may_be_any(kinds: &[Kind], word: &str) -> bool {
    let mut kinds = kinds.iter();
    kinds.any(|kind| WORDS.starts[*kind as usize].may_hold(word))
}

/// The leads that begin with a word.
fn leads_from(word: &str) -> &'static [&'static str] {
    let may_be = WORDS.lead_starts.may_hold(word);
    let leads = may_be.then(|| WORDS.leads_by_start.get(word)).flatten();
    leads.map_or(&[], Vec::as_slice)
}

/// All words of one kind.
fn all_of(wanted: Kind) -> impl Iterator<Item = &'static str> {
    rows()
        .filter(move |(kind, _)| *kind as u32 == wanted as u32)
        .map(|(_, word)| word)
}

/// See the table: what no name in a script without cases holds, and the ends of compounds that name
/// organisations.
static UNCASED: LazyLock<Vec<&str>> = LazyLock::new(|| all_of(Kind::UncasedWord).collect());
static ORGANISATION_ENDS: LazyLock<Vec<&str>> =
    LazyLock::new(|| all_of(Kind::OrganisationEnd).collect());

/// What announces a name wherever it stands in a text, folded.
pub(in crate::extract) fn leads() -> impl Iterator<Item = &'static str> {
    let is_lead = |kind: &Kind| matches!(kind, Kind::Lead | Kind::ShownLead | Kind::OtherLead);
    rows()
        .filter(move |(kind, _)| is_lead(kind))
        .map(|(_, word)| word)
}

/// The names in a byline, in order, each once.
#[must_use]
pub fn read(claim: &str, said: Said) -> Vec<Name> {
    if claim.len() > BYLINE_BYTES_MAX {
        return Vec::new();
    }
    let claim = without_addresses(&text::collapsed(claim));
    let claim = korean(&claim);
    let mut names: Vec<Name> = Vec::new();
    let mut seen = HashSet::default();
    for group in groups(claim) {
        if !names.is_empty() && is_role(&group) {
            continue;
        }
        let parts: Vec<&str> = group.split([',', '،', '，']).collect();
        for name in of_parts(&inverted(&parts, said), said) {
            if seen.insert(text::key(&name)) {
                let kind = kind_of(&name);
                names.push(Name { text: name, kind });
            }
        }
    }
    names
}

/// Whether the text is nothing but what announces a name: "By", "Written by:".
#[must_use]
pub fn is_lead(line: &str) -> bool {
    is_lead_key(&text::key(line))
}

/// The same of the key of a text.
#[must_use]
pub fn is_lead_key(key: &str) -> bool {
    is_any(&[Kind::Lead, Kind::ShownLead], key)
}

/// Whether the words of a lead stand in a line.
#[must_use]
pub fn holds_lead(line: &str) -> bool {
    let key = text::key(line);
    let mut start = 0;
    text::words(&key).any(|word| {
        let rest = key.get(start..).unwrap_or_default();
        start += word.len() + 1;
        let opens = |lead: &&str| {
            let after = rest.strip_prefix(*lead);
            after.is_some_and(|after| after.is_empty() || after.starts_with(' '))
        };
        leads_from(word).iter().any(opens)
    })
}

/// Whether a line announces somebody who did something else: "Photo: ", "Reviewed by".
#[must_use]
pub fn opens_other(line: &str) -> bool {
    lead_of(line, &[Kind::OtherLead]).is_some()
}

/// What follows the lead of a byline: `Ann Lee` of `By Ann Lee`; none where there is no lead, or
/// nothing after it.
#[must_use]
pub fn after_lead(line: &str) -> Option<&str> {
    let rest = lead_of(line, &[Kind::Lead, Kind::ShownLead])?;
    (!rest.is_empty()).then_some(rest)
}

/// Whether words look like a person's name to somebody who knows neither: each starts large or
/// is a particle, none is a word of the language, two to four in all.
#[must_use]
pub fn looks_like_person(name: &str) -> bool {
    if !is_name(name) || kind_of(name) == AuthorKind::Organization {
        return false;
    }
    let core = name.split(',').next().unwrap_or(name);
    let words: Vec<&str> = core.split_whitespace().collect();
    let letters = core.chars().filter(|c| c.is_alphabetic()).count();
    if words.iter().all(|word| has_no_case(word)) {
        let short = if core.chars().any(text::is_unspaced) {
            (2..=6).contains(&letters)
        } else {
            letters >= 2 && words.len() <= 4
        };
        return short && !says_interface(core) && !core.chars().any(is_thai);
    }
    let last = words.last().map(|word| text::key(word)).unwrap_or_default();
    if is(Kind::Role, &last)
        || is(Kind::ShownLead, &last)
        || is(Kind::DateJoint, &last)
        || words
            .iter()
            .all(|word| is(Kind::Modifier, &text::key(word)))
    {
        return false;
    }
    let own = words
        .iter()
        .filter(|word| !is(Kind::Particle, &lower_if_any(&[Kind::Particle], word)))
        .count();
    (2..=5).contains(&words.len())
        && (1..=4).contains(&own)
        && words.iter().all(|word| is_part_of_name(word))
        && words.first().is_some_and(|word| {
            word.chars().next().is_some_and(char::is_uppercase) || is(Kind::Particle, word)
        })
}

/// Whether a role before the next name joins it: `, Science Correspondent, and`.
#[must_use]
pub fn ends_joined(piece: &str) -> bool {
    let key = text::key(piece);
    let (role, joint) = key.rsplit_once(' ').unwrap_or_default();
    is(Kind::Joint, joint) && is(Kind::Role, role.rsplit(' ').next().unwrap_or_default())
}

/// Whether words in a script without cases are those of a button or a heading: `新規登録`.
#[must_use]
pub fn says_interface(line: &str) -> bool {
    has_no_case(line) && UNCASED.iter().any(|word| line.contains(word))
}

fn is_part_of_name(word: &str) -> bool {
    let lower = word.to_lowercase();
    let starts_large = word.chars().next().is_some_and(char::is_uppercase);
    let apostrophe = word.get(1..2).is_some_and(|c| c == "'") || word.starts_with("d’");
    (is(Kind::Particle, &lower)
        || ((starts_large || apostrophe) && !is(Kind::Word, &text::key(&lower))))
        && word.chars().all(|c| {
            c.is_alphabetic()
                || matches!(c, '.' | '-' | '\'' | '’' | '‘' | 'ʻ' | '`' | '´')
                || !c.is_ascii()
        })
}

/// Thai writes sentences without spaces; its names cannot be told from them.
fn is_thai(c: char) -> bool {
    matches!(c, '\u{0e00}'..='\u{0e7f}')
}

fn has_no_case(word: &str) -> bool {
    word.chars()
        .filter(|c| c.is_alphabetic())
        .all(|c| !c.is_uppercase() && !c.is_lowercase())
}

/// Whether the name is one word in small letters and digits, as people log in by.
#[must_use]
pub fn is_login(name: &str) -> bool {
    !name.contains(' ')
        && !has_no_case(name)
        && (name.chars().all(|c| !c.is_uppercase())
            || name.contains(['_', '@'])
            || name.chars().any(|c| c.is_ascii_digit()))
}

/// A Korean byline without the places before `=` and the count of others (`외 1명`).
fn korean(claim: &str) -> &str {
    if !claim.contains("기자") {
        return claim;
    }
    let claim = claim.rsplit_once('=').map_or(claim, |(_, name)| name);
    claim
        .split_once(" 외 ")
        .map_or(claim, |(name, _)| name)
        .trim()
}

/// Without e-mail addresses, links and what stands in brackets.
fn without_addresses(claim: &str) -> String {
    let mut out = String::with_capacity(claim.len());
    let mut depth = 0_u32;
    for c in claim.chars() {
        match c {
            '(' | '[' | '（' => depth += 1,
            ')' | ']' | '）' => {
                depth = depth.saturating_sub(1);
                out.push(' ');
            }
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    let kept = out.split(' ').filter(|word| {
        let address = word.contains('@') && !word.starts_with('@') || word.contains("://");
        !address && !word.is_empty()
    });
    kept.collect::<Vec<_>>().join(" ")
}

/// The parts of a byline between words that join names.
fn groups(claim: &str) -> Vec<String> {
    let mut groups: Vec<String> = Vec::new();
    for piece in claim.split([
        ';', '؛', '\n', '|', '/', '、', '·', '•', '∙', '●', '｜', '&', '＆', '+',
    ]) {
        let words: Vec<&str> = piece.split(' ').filter(|word| !word.is_empty()).collect();
        let mut group: Vec<&str> = Vec::new();
        for (at, word) in words.iter().enumerate() {
            let lower = lower_if_any(&[Kind::SoftJoint, Kind::Joint], word);
            let after = words.len() - at - 1;
            let soft = is(Kind::SoftJoint, &lower) && two_words(&group) && after >= 2;
            let hard = is(Kind::Joint, &lower) && !group.is_empty() && after > 0;
            if soft || hard {
                groups.push(group.join(" "));
                group.clear();
            } else {
                group.push(word);
            }
        }
        groups.push(group.join(" "));
    }
    groups
}

/// The word in lower case, where it may be of some kinds.
fn lower_if_any(kinds: &[Kind], word: &str) -> String {
    if word.is_ascii() && !may_be_any(kinds, word) {
        return String::new();
    }
    word.to_lowercase()
}

/// Whether the last name of a group has two words already.
fn two_words(group: &[&str]) -> bool {
    let last = group.rsplit(|word| word.ends_with(',')).next();
    last.is_some_and(|last| last.len() >= 2)
}

/// `Lee, Ann` turned round, as catalogues write.
fn inverted(parts: &[&str], said: Said) -> Vec<String> {
    let trimmed: Vec<&str> = parts.iter().map(|part| part.trim()).collect();
    if let [last, first] = trimmed.as_slice()
        && said == Said::Declared
        && [last, first].iter().all(|part| {
            !part.is_empty()
                && !part.contains(' ')
                && !is_degree(part)
                && part.chars().next().is_some_and(char::is_uppercase)
                && kind_of(part) == AuthorKind::Person
                && !is_aside(part)
        })
    {
        return vec![format!("{first} {last}")];
    }
    parts.iter().flat_map(|part| split_dashes(part)).collect()
}

/// Dashes with spaces around part a name from what follows.
fn split_dashes(part: &str) -> Vec<String> {
    let mut part = part.to_owned();
    for dash in [" - ", " – ", " — ", " ― "] {
        if part.contains(dash) {
            part = part.replace(dash, "\u{0}");
        }
    }
    part.split('\u{0}').map(str::to_owned).collect()
}

/// The names among the parts of a group, each with the degrees that follow it.
fn of_parts(parts: &[String], said: Said) -> Vec<String> {
    let mut names = Vec::new();
    let mut person: Option<String> = None;
    for part in parts {
        if opens_other(part) {
            break;
        }
        let part = cleaned(part, said);
        match &mut person {
            _ if part.is_empty() => {}
            Some(name) if is_degree(&part) => *name = format!("{name}, {part}"),
            Some(_) if is_aside(&part) => {}
            _ => names.extend(person.replace(part)),
        }
    }
    names.extend(person);
    names.retain(|name| is_name(name));
    names
}

/// Whether a part of a byline is somebody's role and nothing else: `Associate Editor`.
fn is_role(part: &str) -> bool {
    let key = text::key(part);
    let (before, last) = key.rsplit_once(' ').unwrap_or(("", &key));
    let mut before = before.split(' ').filter(|word| !word.is_empty());
    is(Kind::Role, last) && before.all(|word| is(Kind::Modifier, word))
}

fn is_degree(part: &str) -> bool {
    is(Kind::Degree, &text::key(part))
}

/// A role or an agency after a name.
fn is_aside(part: &str) -> bool {
    let key = text::key(part);
    let last = key.rsplit(' ').next().unwrap_or_default();
    let in_capitals = !part.is_empty() && part.chars().all(char::is_uppercase);
    is(Kind::Role, last)
        || is(Kind::Agency, &key)
        || (in_capitals && part.chars().count() <= AGENCY_LETTERS_MAX && !has_no_case(part))
}

/// One name, without what stands before and after it.
fn cleaned(part: &str, said: Said) -> String {
    let leads: &[Kind] = match said {
        Said::Declared => &[Kind::Lead],
        Said::Shown => &[Kind::Lead, Kind::ShownLead],
    };
    let mut name = trimmed(part);
    while let Some(rest) = lead_of(name, leads) {
        name = trimmed(rest);
    }
    without_role(without_date(name)).to_owned()
}

fn trimmed(name: &str) -> &str {
    let name = name.trim_matches(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '-' | '–'
                    | '—'
                    | '|'
                    | ':'
                    | '：'
                    | '•'
                    | '·'
                    | '~'
                    | '*'
                    | '"'
                    | '“'
                    | '”'
                    | '„'
                    | '»'
                    | '«'
                    | '@'
                    | '►'
                    | '▶'
                    | '✍'
                    | ','
                    | '/'
                    | '\u{fe0f}'
            )
    });
    // A full stop ends the name unless it abbreviates it.
    let last = name
        .trim_end_matches('.')
        .rsplit([' ', '.'])
        .next()
        .unwrap_or_default();
    if name.ends_with('.') && last.chars().count() > 3 {
        name.trim_end_matches('.')
    } else {
        name
    }
}

/// What follows the longest lead that `name` starts with.
fn lead_of<'n>(name: &'n str, kinds: &[Kind]) -> Option<&'n str> {
    let mut best = None;
    let ends = name
        .char_indices()
        .filter(|(_, c)| !c.is_alphanumeric() && !matches!(c, '\'' | '’'))
        .map(|(at, _)| at)
        .take(WORDS.longest_lead + 3);
    // Few lines open with the word of a lead, and folding each head of the others costs more.
    let longest = ends.clone().last()?;
    if !may_open_with_lead(name.get(..longest)?) {
        return None;
    }
    for end in ends {
        let (head, rest) = name.split_at(end);
        let key = text::key(head);
        if !key.is_empty() && is_any(kinds, &key) {
            best =
                Some(rest.trim_start_matches([
                    ' ', ':', '：', '\u{a0}', '/', '.', '-', '–', '—', '|', '*',
                ]));
        }
    }
    best
}

/// Whether the first word of a text is that of a lead.
#[must_use]
pub fn may_open_with_lead(text: &str) -> bool {
    let start = text.find(char::is_alphanumeric).unwrap_or(text.len());
    let (_, rest) = text.split_at(start);
    // What follows a word in ASCII and parts it from the next: `By` of `By Ann Lee`.
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric());
    let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
    let is_whole = !after.starts_with(|c: char| c == '\'' || !c.is_ascii());
    if is_whole && !WORDS.lead_starts.may_hold(word) {
        return false;
    }
    let key = text::key(text);
    !leads_from(text::words(&key).next().unwrap_or_default()).is_empty()
}

/// The name before the first word with a digit, and before the names of days and months.
fn without_date(name: &str) -> &str {
    let mut head = name;
    if let Some(digit) = name.find(|c: char| c.is_ascii_digit()) {
        let (before, _) = name.split_at(digit);
        // A digit within the first word is part of the name somebody logs in by.
        let Some((before, _)) = before.rsplit_once(' ') else {
            return name;
        };
        head = before;
    }
    let fewest = if head.len() < name.len() { 1 } else { 2 };
    while let Some((rest, last)) = head.rsplit_once(' ') {
        let key = text::key(last);
        let ends = key.is_empty() || dates::is_of_date(&key) || is(Kind::DateJoint, &key);
        if !ends || rest.split(' ').take(fewest).count() < fewest {
            break;
        }
        head = rest;
    }
    trimmed(head)
}

/// The name without a role after it: `Keith Barry` of `Keith Barry Senior Autos Reporter`.
fn without_role(name: &str) -> &str {
    let words: Vec<(usize, &str)> = name
        .split(' ')
        .scan(0, |at, word| {
            let here = *at;
            *at += word.len() + 1;
            Some((here, word))
        })
        .collect();
    let last = words
        .last()
        .map(|(_, word)| text::key(word))
        .unwrap_or_default();
    let uncased = words.last().is_some_and(|(_, word)| has_no_case(word));
    let fewest = if uncased { 2 } else { 3 };
    if words.len() < fewest || !is(Kind::Role, &last) {
        return name;
    }
    // `Luxury Travel Expert` is a role to the first word.
    let of_role = |word: &str| is(Kind::Modifier, &text::key(word));
    if words.iter().take(fewest - 1).any(|(_, word)| of_role(word)) {
        return name;
    }
    let first = words
        .iter()
        .skip(fewest - 1)
        .find(|(_, word)| {
            let key = text::key(word);
            is(Kind::Role, &key) || is(Kind::Modifier, &key)
        })
        .map_or(name.len(), |(at, _)| *at);
    trimmed(name.split_at(first).0)
}

/// Whether something may be a name at all.
fn is_name(name: &str) -> bool {
    let key = text::key(name);
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    let junk = name.contains([
        '{', '}', '<', '>', '=', '?', '!', '…', '%', '#', '$', '\\', '^',
    ]);
    let words = name.split_whitespace().count();
    let of_date = key
        .split(' ')
        .all(|word| dates::is_of_date(word) || word.len() <= 1)
        && key.split(' ').count() < 3
        && key.split(' ').any(dates::is_of_date)
        && !name.contains(' ');
    let digits = name.chars().filter(char::is_ascii_digit).count();
    letters >= 2
        && !junk
        && digits * 2 <= letters
        && (digits == 0 || words == 1)
        && words <= NAME_WORDS_MAX + name.matches(',').count()
        && name.chars().count() <= 80
        && !is(Kind::None, &key)
        && !(has_no_case(name) && is(Kind::Role, &key))
        && !of_date
}

fn is_domain(name: &str) -> bool {
    let Some((before, tld)) = name.rsplit_once('.') else {
        return false;
    };
    before.len() > 2 && (2..=4).contains(&tld.len()) && tld.bytes().all(|b| b.is_ascii_lowercase())
}

/// What a name names, by its words: agencies, `GmbH`, `Redaktion`, domains.
#[must_use]
pub fn kind_of(name: &str) -> AuthorKind {
    let key = text::key(name);
    let ends = |word: &str| {
        let mut ends = ORGANISATION_ENDS.iter();
        ends.any(|end| word.len() > end.len() && word.ends_with(end))
    };
    let says = key
        .split(' ')
        .any(|word| is(Kind::Organisation, word) || ends(word));
    if says
        || is(Kind::Agency, &key)
        || is(Kind::None, &key)
        || is_domain(name.rsplit(' ').next().unwrap_or_default())
    {
        AuthorKind::Organization
    } else {
        AuthorKind::Person
    }
}

/// The key of a name without what people put before it: `Dr. Ann Lee` and `Ann Lee` are one.
#[must_use]
pub fn key_of(name: &str) -> String {
    let core = name.split(',').next().unwrap_or(name);
    let key = text::key(core);
    let bare: Vec<&str> = key
        .split(' ')
        .filter(|word| !is(Kind::Honorific, word))
        .collect();
    bare.join(" ")
}

/// Whether a line ends or starts as no name does: `Rezept von`, `on`.
#[must_use]
pub fn is_loose_end(line: &str) -> bool {
    let key = text::key(line);
    let words: Vec<&str> = key.split(' ').collect();
    let joint = |word: &&str| {
        is(Kind::DateJoint, word) || is(Kind::ShownLead, word) || is(Kind::Word, word)
    };
    words.last().is_some_and(joint)
        || words
            .iter()
            .all(|word| is(Kind::Word, word) || dates::is_of_date(word))
}

/// Whether the name is that of a news agency.
#[must_use]
pub fn is_agency(name: &str) -> bool {
    is(Kind::Agency, &text::key(name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(claim: &str, said: Said) -> Vec<String> {
        read(claim, said)
            .into_iter()
            .map(|name| name.text)
            .collect()
    }

    #[test]
    fn bylines_become_names() {
        let rows: [(&str, &[&str]); 30] = [
            ("By Ann Lee and Bo Ek", &["Ann Lee", "Bo Ek"]),
            ("Von Jürgen Müller", &["Jürgen Müller"]),
            ("Ann Lee, Bo Ek; Cy Dent", &["Ann Lee", "Bo Ek", "Cy Dent"]),
            (
                "Ann Lee, Bo Ek und Cy Dent",
                &["Ann Lee", "Bo Ek", "Cy Dent"],
            ),
            ("Ann Lee / Bo Ek", &["Ann Lee", "Bo Ek"]),
            ("Byron Long", &["Byron Long"]),
            ("José Ortega y Gasset", &["José Ortega y Gasset"]),
            ("Ana Gil y Luis Paz", &["Ana Gil", "Luis Paz"]),
            ("Written by: Ann Lee (ann@x.example)", &["Ann Lee"]),
            ("View all posts by Ann Lee", &["Ann Lee"]),
            ("By Ann Lee March 2, 2026", &["Ann Lee"]),
            ("Ann Lee Senior Cars Reporter", &["Ann Lee"]),
            ("Ann Lee Senior Business Reporter", &["Ann Lee"]),
            ("Text: Ann Lee, Fotos: Bo Ek", &["Ann Lee"]),
            ("admin", &[]),
            ("https://x.example/ann", &[]),
            ("ann@x.example", &[]),
            ("山田太郎", &["山田太郎"]),
            ("山田太郎、佐藤花子", &["山田太郎", "佐藤花子"]),
            ("ジョン・スミス", &["ジョン・スミス"]),
            ("김민수 기자", &["김민수"]),
            ("서울=김민수 기자", &["김민수"]),
            ("김민수 기자 외 1명", &["김민수"]),
            ("محمد علي", &["محمد علي"]),
            ("Анна Иванова и Пётр Ильин", &["Анна Иванова", "Пётр Ильин"]),
            ("Ann Lee, Political Correspondent", &["Ann Lee"]),
            ("Ann Lee MD, PhD", &["Ann Lee MD, PhD"]),
            (
                "Ann Lee, MS, RD, and Bo Ek, AP",
                &["Ann Lee, MS, RD", "Bo Ek"],
            ),
            ("Ann Lee | Associate Editor", &["Ann Lee"]),
            ("Ann Lee et AFP", &["Ann Lee", "AFP"]),
        ];
        for (claim, want) in rows {
            assert_eq!(names(claim, Said::Shown), want, "{claim}");
        }
    }

    #[test]
    fn declared_names_keep_their_particles_and_are_turned_round() {
        for name in ["De Niro", "Von der Leyen", "Di Stefano", "Par Lager"] {
            assert_eq!(names(name, Said::Declared), [name]);
        }
        assert_eq!(names("By Ann Lee", Said::Declared), ["Ann Lee"]);
        assert_eq!(names("Lee, Ann", Said::Declared), ["Ann Lee"]);
        assert_eq!(names("Lee, Ann", Said::Shown), ["Lee", "Ann"]);
    }

    #[test]
    fn people_are_told_from_newsrooms_and_sentences() {
        for name in [
            "Ann Lee",
            "Jürgen von der Au",
            "O'Neil Marsh",
            "山田太郎",
            "김민수",
            "Анна Иванова",
        ] {
            assert!(
                looks_like_person(name) && kind_of(name) == AuthorKind::Person,
                "{name}"
            );
        }
        for name in [
            "Harrow Times",
            "Redaktion Harrow",
            "Reuters",
            "Brücken GmbH",
            "Morgenzeitung",
            "harrow.com",
        ] {
            assert_eq!(kind_of(name), AuthorKind::Organization, "{name}");
        }
        for name in [
            "the time it was over",
            "Read more",
            "Monday",
            "Bridge opens today",
            "会員登録",
        ] {
            assert!(!looks_like_person(name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn reading_is_idempotent(claim in r"(By |Von |par )?[A-Za-zÀ-ÿ.'’,;/|&() -]{0,60}", shown in any::<bool>()) {
            let said = if shown { Said::Shown } else { Said::Declared };
            for name in names(&claim, said) {
                let again = names(&name, said);
                prop_assert_eq!(again, [name]);
            }
        }

        #[test]
        fn any_text_is_read(claim in r"\PC{0,200}") {
            for name in read(&claim, Said::Shown) {
                prop_assert!(!name.text.is_empty());
            }
        }
    }
}
