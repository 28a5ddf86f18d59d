//! Names and words. A reason, judge or kind that is not known here is called by its own name, so
//! that a new one needs no change to be shown.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use crate::article::BlockKind;

/// What the reasons mean, and the hue of each on a page, in degrees: like reasons have like hues.
const REASONS: [(&str, &str, u16); 20] = [
    ("title", "the headline, which has its own field", 210),
    (
        "byline",
        "who wrote it and when, which have their own fields",
        195,
    ),
    ("author_box", "the author's name, picture or life", 180),
    ("caption", "the text or credit of a picture or player", 165),
    ("tags", "keywords and categories", 150),
    (
        "related_links",
        "headlines and teasers of other stories",
        265,
    ),
    ("navigation", "menus, breadcrumbs, previous and next", 240),
    ("link_density", "mostly links", 250),
    ("share", "share, follow or print buttons", 285),
    ("comments", "readers' comments", 305),
    (
        "newsletter",
        "an invitation to subscribe, register or donate",
        330,
    ),
    ("advertisement", "an advertisement, or the label of one", 0),
    ("notice", "a consent or paywall notice", 20),
    ("copyright", "copyright, imprint or company boilerplate", 35),
    (
        "outside",
        "outside the part of the page that holds the story",
        50,
    ),
    (
        "low_score",
        "nothing in particular, but unlike the story",
        65,
    ),
    ("empty_heading", "a heading with nothing under it", 85),
    ("duplicate_text", "the same text again", 105),
    ("hidden", "not shown by a browser", 125),
    ("site_rule", "a rule of yours for this site says so", 225),
];

/// The name of a value in the records, which serde knows; of one with data, that of its kind.
pub(super) fn name(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name,
        Ok(Value::Object(fields)) => fields.keys().next().cloned().unwrap_or_default(),
        _ => "other".to_owned(),
    }
}

/// Why a block was dropped, in words.
pub(super) fn why_removed(reason: &str) -> Cow<'static, str> {
    let known = REASONS.iter().find(|(name, _, _)| *name == reason);
    known.map_or_else(
        || Cow::Owned(reason.replace('_', " ")),
        |(_, words, _)| Cow::Borrowed(*words),
    )
}

/// The hue of a reason, in degrees.
pub(super) fn hue(reason: &str) -> u16 {
    let known = REASONS.iter().find(|(name, _, _)| *name == reason);
    known.map_or_else(
        || {
            reason
                .bytes()
                .fold(0, |hue, byte| (hue * 31 + u16::from(byte)) % 360)
        },
        |(_, _, hue)| *hue,
    )
}

/// Why a block was kept, in words: by whom, and how surely. How much is enough differs from page
/// to page (see `extract/threshold.rs`).
pub(super) fn why_kept(by: &str, score: Option<f32>) -> Cow<'static, str> {
    match (by, score) {
        ("model", Some(score)) if score >= 0.8 => "reads like the story".into(),
        ("model", Some(score)) if score >= 0.5 => "probably the story".into(),
        ("model", _) => "unsure, but enough here".into(),
        ("site_rule", _) => "your rule keeps it".into(),
        ("heuristic", _) => "nothing against it".into(),
        _ => format!("kept by {}", by.replace('_', " ")).into(),
    }
}

/// The name of a kind of block.
pub(super) fn kind(kind: BlockKind) -> &'static str {
    match kind {
        BlockKind::Heading(_) => "heading",
        BlockKind::ListItem(_) => "list_item",
        BlockKind::Quote => "quote",
        BlockKind::Preformatted => "preformatted",
        BlockKind::TableRow => "table_row",
        _ if kind == BlockKind::Caption => "caption",
        _ => "paragraph",
    }
}

/// Whether the character turns the direction of what follows it (UAX #9 §2): in a line of several
/// parts it would reach beyond its own.
pub(super) fn turns_text(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::{Judge, Reason};

    #[test]
    fn what_is_not_known_has_its_own_name() {
        assert_eq!(name(&Reason::LowScore), "low_score");
        assert_eq!(name(&serde_json::json!({"site_rule": 3})), "site_rule");
        assert_eq!(why_removed("left_as_is"), "left as is");
        assert_eq!(why_kept("some_judge", None), "kept by some judge");
        assert!(hue("left_as_is") < 360);
    }

    #[test]
    fn the_reasons_of_the_table_exist() {
        for (name, _, hue) in REASONS {
            assert!(
                serde_json::from_value::<Reason>(name.into()).is_ok(),
                "{name}"
            );
            assert!(hue < 360);
        }
    }

    #[test]
    fn a_kept_block_says_how_sure_it_is() {
        let by = name(&Judge::Model);
        let said = [0.95, 0.6, 0.2].map(|score| why_kept(&by, Some(score)));
        assert_eq!(
            said,
            [
                "reads like the story",
                "probably the story",
                "unsure, but enough here"
            ]
        );
    }
}
