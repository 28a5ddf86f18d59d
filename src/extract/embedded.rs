//! The story in a page's embedded state: strings of JSON inside `<script>`, from which a browser
//! would have built what is not there yet.
//!
//! No site's state is known here: any long string that holds paragraphs is a candidate, and so are
//! all strings under one key together. Strings inside strings (state that was serialised twice)
//! are looked into.

use foldhash::HashMap;

use super::dom::{self, Attr, Limits, NodeId, Tag, Tree};
use super::text;

/// Most bytes of scripts that are looked through.
const SCRIPT_BYTES_MAX: usize = 8 << 20;
/// How often a string may have been serialised.
const DEPTH_MAX: u32 = 3;
/// Fewest letters of a story: a news brief of two sentences.
const STORY_MASS: u32 = 200;
/// Fewest letters of a string that is a paragraph.
const PARAGRAPH_MASS: u32 = 50;

/// The markup of the story that the scripts of a page hold, if any. The page is read once more,
/// since scripts are not kept otherwise; few pages need them. Its title must be among their strings
/// as well: messages of programs and texts of shops are in scripts, too.
pub(super) fn story(html: &str, title: &str, limits: &Limits) -> Option<String> {
    let scripts = true;
    let tree = dom::parse(html, &Limits { scripts, ..*limits });
    let mut found = Found::of(title);
    let mut left = SCRIPT_BYTES_MAX;
    for id in tree.ids().filter(|&id| is_state(&tree, id)) {
        let script = tree.text_below(id);
        left = left.saturating_sub(script.len());
        if left == 0 {
            break;
        }
        found.look_into(&script, DEPTH_MAX);
    }
    found.best()
}

/// A script that is none of the page's statements about itself, which are read elsewhere.
fn is_state(tree: &Tree, id: NodeId) -> bool {
    let kind = tree.attr(id, Attr::Type).unwrap_or_default();
    tree.is(id, Tag::Script) && !kind.contains("ld+json")
}

/// What was found so far.
#[derive(Debug, Default)]
struct Found {
    title_key: String,
    is_titled: bool,
    /// The longest string of markup, and its mass.
    markup: Option<(u32, String)>,
    /// Paragraphs of plain text by their key, each once, with its place.
    plain: HashMap<String, HashMap<String, usize>>,
}

impl Found {
    fn of(title: &str) -> Self {
        Self {
            title_key: text::key(title),
            ..Self::default()
        }
    }

    fn look_into(&mut self, script: &str, depth: u32) {
        let mut strings = Strings::of(script);
        while let Some((key, value)) = strings.next() {
            self.is_titled |= self.is_title(&value);
            if text::mass(&value) < PARAGRAPH_MASS {
                continue;
            }
            let is_state = value.contains("\":");
            let is_whole = value.trim_start().starts_with(['{', '[', '"']);
            if is_state && (is_whole || !is_markup(&value)) && depth > 1 {
                self.look_into(&value, depth - 1);
            } else if is_markup(&value) {
                self.add_markup(value);
            } else if is_told(&value) && !is_code(&value) {
                let paragraphs = self.plain.entry(key.to_owned()).or_default();
                let place = paragraphs.len();
                paragraphs.entry(value).or_insert(place);
            }
        }
    }

    /// Whether a string is the page's title, perhaps with the site's name.
    fn is_title(&self, value: &str) -> bool {
        let len = self.title_key.len();
        len > 0
            && (len..=2 * len + 20).contains(&value.len())
            && text::key(value).contains(&self.title_key)
    }

    fn add_markup(&mut self, value: String) {
        let mass = text::mass(&value);
        if self.markup.as_ref().is_none_or(|(best, _)| mass > *best) {
            self.markup = Some((mass, value));
        }
    }

    fn best(self) -> Option<String> {
        if !self.is_titled {
            return None;
        }
        let mass =
            |paragraphs: &[String]| paragraphs.iter().map(|text| text::mass(text)).sum::<u32>();
        let plain = self.plain.into_iter().map(|(key, paragraphs)| {
            let list = in_order(paragraphs);
            (mass(&list), key, list)
        });
        // Of equal ones the first by name, so that the result is always the same.
        let plain = plain.max_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.cmp(&a.1)));
        let plain = plain.map(|(mass, _, list)| (mass, as_markup(&list)));
        let best = self
            .markup
            .into_iter()
            .chain(plain)
            .max_by_key(|(mass, _)| *mass);
        best.filter(|(mass, _)| *mass >= STORY_MASS)
            .map(|(_, markup)| markup)
    }
}

fn in_order(paragraphs: HashMap<String, usize>) -> Vec<String> {
    let mut list: Vec<(String, usize)> = paragraphs.into_iter().collect();
    list.sort_unstable_by_key(|(_, place)| *place);
    list.into_iter().map(|(text, _)| text).collect()
}

fn is_markup(value: &str) -> bool {
    value.contains("</p>") || value.contains("</div>") || value.contains("<br")
}

fn is_told(value: &str) -> bool {
    text::ends_sentence(value) || text::holds_sentence(value)
}

/// Whether a string is a program or a style: more braces and semicolons than sentences have.
fn is_code(value: &str) -> bool {
    let signs = value
        .chars()
        .filter(|c| matches!(c, '{' | '}' | ';' | '=' | '\\'))
        .count();
    signs * 40 > value.len()
}

fn as_markup(paragraphs: &[String]) -> String {
    let escaped = paragraphs
        .iter()
        .map(|text| text.replace('&', "&amp;").replace('<', "&lt;"));
    let lines = escaped.map(|text| text.replace("\n\n", "</p><p>"));
    lines.map(|text| format!("<p>{text}</p>")).collect()
}

/// The string literals of a script that are JSON's, each with the key before it, or an empty one.
struct Strings<'s> {
    script: &'s str,
    at: usize,
    key: &'s str,
}

impl<'s> Strings<'s> {
    fn of(script: &'s str) -> Self {
        Self {
            script,
            at: 0,
            key: "",
        }
    }

    fn next(&mut self) -> Option<(&'s str, String)> {
        loop {
            let start = self.at + self.script.get(self.at..)?.find('"')? + 1;
            let rest = self.script.get(start..)?;
            let len = end_of_string(rest)?;
            let (raw, after) = (rest.get(..len)?, rest.get(len + 1..)?);
            self.at = start + len + 1;
            if after.trim_start().starts_with(':') {
                self.key = raw;
                continue;
            }
            if let Ok(value) = serde_json::from_str::<String>(&format!("\"{raw}\"")) {
                return Some((self.key, value));
            }
        }
    }
}

/// The place of the quote that ends a string, which a backslash does not escape.
fn end_of_string(rest: &str) -> Option<usize> {
    let mut escaped = false;
    rest.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENTENCE: &str =
        "The council met on Monday and decided to keep the old bridge open for another year.";

    fn found(script: &str) -> Option<String> {
        let titled =
            format!("<script>{script}</script><script>t = {{\"t\":\"Old bridge stays\"}}</script>");
        story(&titled, "Old bridge stays", &Limits::default())
    }

    #[test]
    fn what_is_not_under_the_title_of_the_page_is_no_story() {
        let texts = format!("{{\"text\":\"{SENTENCE}\"}}").repeat(6);
        let page = format!("<script>{texts}</script>");
        let stated = "<script type=application/ld+json>{\"name\":\"Old bridge\"}</script>";
        for page in [page.clone(), page + stated] {
            assert_eq!(story(&page, "Old bridge", &Limits::default()), None);
        }
    }

    #[test]
    fn markup_in_a_string_is_found() {
        let html = format!("<p>{SENTENCE}</p>")
            .repeat(6)
            .replace('<', "\\u003c");
        let script = format!("self.push([1,\"{html}\"]); var a = \"b\";");
        assert!(found(&script).unwrap().starts_with("<p>The council"));
    }

    #[test]
    fn paragraphs_under_one_key_are_joined() {
        let items: Vec<String> = (0..6)
            .map(|at| format!("{{\"text\":\"{at}. {SENTENCE}\"}}"))
            .collect();
        let state = format!(
            "window.state = {{\"intro\":\"{SENTENCE}\",\"list\":[{}]}}",
            items.join(",")
        );
        assert_eq!(found(&state).unwrap().matches("<p>").count(), 6);
        let twice = serde_json::to_string(&state).unwrap();
        assert_eq!(
            found(&format!("load({twice})"))
                .unwrap()
                .matches("<p>")
                .count(),
            6
        );
    }

    #[test]
    fn programs_and_snippets_are_no_story() {
        assert_eq!(found(&format!("say(\"{SENTENCE}\")")), None);
        assert_eq!(
            found("f(\"var a = {}; b(); c = d; e();\");".repeat(50).as_str()),
            None
        );
        assert_eq!(found("\"\\"), None);
    }
}
