//! What changed between two versions of an article, paragraph by paragraph, and whether anybody
//! was told.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::article::{Article, Change, ParagraphChange, ParagraphFate};

/// Most pairs of paragraphs, those that both ends share aside, that are compared. A text beyond it
/// (some 5,000 paragraphs, all different) is told as one that was replaced: the comparison may
/// take the square of what differs.
const PAIRS_MAX: usize = 25_000_000;

/// How `after` differs from `before`, the version that was there.
#[must_use]
pub fn change(before: &Article, after: &Article) -> Change {
    Change {
        version_before: before.version,
        fetched_before: before.fetched_at,
        title_before: before
            .metadata
            .title
            .clone()
            .filter(|_| before.metadata.title != after.metadata.title),
        paragraphs: paragraphs(&before.text, &after.text),
    }
}

/// Whether the text or the headline was changed, and no date of the page tells of it.
#[must_use]
pub fn is_silent(before: &Article, after: &Article) -> bool {
    let (was, is) = (&before.metadata, &after.metadata);
    let is_other = before.content_hash != after.content_hash || was.title != is.title;
    is_other && was.date_published == is.date_published && was.date_modified == is.date_modified
}

fn paragraphs(before: &str, after: &str) -> Vec<ParagraphChange> {
    let split = |text: &str| text.split("\n\n").map(str::to_owned).collect::<Vec<_>>();
    let (old, new) = (split(before), split(after));
    let mut changes = Vec::new();
    for op in operations(&old, &new) {
        let (was, is) = (op.old_range(), op.new_range());
        // Of what was replaced, the nth paragraph by the nth; what is over was removed, or added.
        for nth in 0..was.len().max(is.len()) {
            let text_before = old.get(was.start + nth).filter(|_| nth < was.len());
            let text = new.get(is.start + nth).filter(|_| nth < is.len());
            let fate = match (text_before, text) {
                (Some(_), Some(_)) => ParagraphFate::Changed,
                (Some(_), None) => ParagraphFate::Removed,
                (None, _) => ParagraphFate::Added,
            };
            changes.push(ParagraphChange {
                fate,
                at: is.start + nth.min(is.len()),
                text: text.cloned(),
                text_before: text_before.cloned(),
            });
        }
    }
    changes
}

/// The operations that make `new` of `old`, those that leave paragraphs as they are aside.
fn operations(old: &[String], new: &[String]) -> Vec<DiffOp> {
    let shared = |(a, b): &(&String, &String)| a == b;
    let begin = old.iter().zip(new).take_while(shared).count();
    let (rest_old, rest_new) = (&old[begin..], &new[begin..]);
    let ends = rest_old.iter().rev().zip(rest_new.iter().rev());
    let end = ends.take_while(shared).count();
    let old_len = rest_old.len() - end;
    let new_len = rest_new.len() - end;
    if old_len.saturating_mul(new_len) > PAIRS_MAX {
        return vec![DiffOp::Replace {
            old_index: begin,
            old_len,
            new_index: begin,
            new_len,
        }];
    }
    let mut operations = capture_diff_slices(Algorithm::Myers, old, new);
    operations.retain(|op| !matches!(op, DiffOp::Equal { .. }));
    operations
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(before: &str, after: &str) -> Vec<String> {
        let text = |text: Option<String>| text.unwrap_or_default();
        let changes = paragraphs(before, after).into_iter();
        changes
            .map(|change| {
                let (was, is) = (text(change.text_before), text(change.text));
                format!("{} {:?}: {was} > {is}", change.at, change.fate)
            })
            .collect()
    }

    #[test]
    fn paragraphs_are_told_by_what_became_of_them() {
        for (before, after, want) in [
            ("a\n\nb", "a\n\nb", &[][..]),
            ("a\n\nb", "a\n\nx\n\nb", &["1 Added:  > x"]),
            ("a\n\nb\n\nc", "a\n\nc", &["1 Removed: b > "]),
            ("a\n\nb\n\nc", "a\n\nB\n\nc", &["1 Changed: b > B"]),
            ("a\n\nb", "a", &["1 Removed: b > "]),
            ("", "a", &["0 Changed:  > a"]),
            (
                "a\n\nb\n\nz",
                "A\n\nB\n\nC\n\nz\n\ny",
                &[
                    "0 Changed: a > A",
                    "1 Changed: b > B",
                    "2 Added:  > C",
                    "4 Added:  > y",
                ],
            ),
        ] {
            assert_eq!(told(before, after), want, "{before:?} {after:?}");
        }
    }

    #[test]
    fn a_text_that_is_too_long_to_compare_is_told_as_replaced() {
        let text = |name: &str| {
            let all: Vec<String> = (0..6_000).map(|n| format!("{name} {n}")).collect();
            format!("same\n\n{}\n\nend", all.join("\n\n"))
        };
        let changes = paragraphs(&text("old"), &text("new"));
        assert_eq!(changes.len(), 6_000);
        assert_eq!(
            (changes[0].at, changes[0].fate),
            (1, ParagraphFate::Changed)
        );
    }

    fn article(title: &str, date: &str, text: &str) -> Article {
        let record = serde_json::json!({
            "schema": "chaffinch/1", "status": "ok", "id": "e7b5e1e255a136a7", "title": title,
            "authors": [], "tags": [], "date_published": "2026-03-01", "date_modified": date,
            "text": text, "word_count": 1, "content_hash": text, "confidence": 0.9, "warnings": [],
            "source": {"kind": "url"}, "version": 1, "extractor_version": "0.1.0",
        });
        serde_json::from_value(record).unwrap()
    }

    #[test]
    fn an_edit_is_silent_when_no_date_tells_of_it() {
        let (day, next) = ("2026-03-01T10:00:00Z", "2026-03-01T12:00:00Z");
        let was = article("Bridge opens", day, "This");
        for (is, silent) in [
            (article("Bridge opens", day, "This"), false),
            (article("Bridge opens", day, "That"), true),
            (article("Bridge closes", day, "This"), true),
            (article("Bridge opens", next, "That"), false),
        ] {
            assert_eq!(is_silent(&was, &is), silent, "{:?}", is.metadata);
        }
        let closes = article("Bridge closes", day, "This");
        assert_eq!(
            change(&was, &closes).title_before.as_deref(),
            Some("Bridge opens")
        );
    }
}
