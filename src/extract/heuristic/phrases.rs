//! Phrases that are looked for anywhere in a text, many at once.

use std::collections::HashMap;

use crate::article::Reason;
use crate::extract::text;

/// Phrases in the folded form of [`text::key`], each with what it tells.
#[derive(Debug, Default)]
pub(super) struct Phrases {
    /// By first word: a text is looked up word by word, whatever the number of phrases.
    by_first: HashMap<String, Vec<(String, Reason)>>,
    /// Phrases of scripts without spaces, which may begin in the middle of a word.
    unspaced: Vec<(String, Reason)>,
}

impl Phrases {
    pub(super) fn add(&mut self, phrase: String, reason: Reason) {
        if phrase.chars().any(text::is_unspaced) {
            self.unspaced.push((phrase, reason));
        } else {
            let first = phrase.split(' ').next().unwrap_or_default().to_owned();
            self.by_first
                .entry(first)
                .or_default()
                .push((phrase, reason));
        }
    }

    /// What the first phrase found in the folded text tells. The last word may go on: "cookie" is
    /// found in "cookies".
    pub(super) fn find(&self, key: &str) -> Option<Reason> {
        let spaced = starts_of_words(key).find_map(|rest| {
            let word = rest.split(' ').next()?;
            let phrases = self.by_first.get(word)?;
            phrases
                .iter()
                .find(|(phrase, _)| rest.starts_with(phrase.as_str()))
        });
        let has_unspaced = || key.chars().any(text::is_unspaced);
        let found = spaced.or_else(|| {
            let mut unspaced = self.unspaced.iter().filter(|_| has_unspaced());
            unspaced.find(|(phrase, _)| key.contains(phrase.as_str()))
        });
        found.map(|(_, reason)| *reason)
    }
}

/// The text from each of its words on.
fn starts_of_words(key: &str) -> impl Iterator<Item = &str> {
    let after_spaces = key
        .match_indices(' ')
        .filter_map(|(at, _)| key.get(at + 1..));
    std::iter::once(key).chain(after_spaces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_found_where_words_begin() {
        let mut phrases = Phrases::default();
        phrases.add("use cookie".into(), Reason::Notice);
        phrases.add("cookieを使用し".into(), Reason::Notice);
        for key in [
            "we use cookies here",
            "use cookie",
            "当サイトはcookieを使用します",
        ] {
            assert_eq!(phrases.find(key), Some(Reason::Notice), "{key}");
        }
        for key in ["", "they reuse cookies", "use no cookies", "使用"] {
            assert_eq!(phrases.find(key), None, "{key}");
        }
    }
}
