//! Whether a browser shows an element, as far as markup alone tells: attributes, inline style and
//! the class names that every framework uses for "only for screen readers" or "not at all".

use super::dom::{Attr, NodeId, Tree};

/// Class names that hide, whole names in lower case (Bootstrap, Tailwind, `WordPress`, GOV.UK, Foundation).
const HIDING: [&str; 19] = [
    "hidden",
    "hide",
    "is-hidden",
    "u-hidden",
    "d-none",
    "sr-only",
    "visually-hidden",
    "visuallyhidden",
    "screen-reader-text",
    "screenreader",
    "screen-reader",
    "screen-reader-only",
    "show-for-sr",
    "a11y-hidden",
    "print-only",
    "only-print",
    "printonly",
    "offscreen",
    "assistive-text",
];

/// Whether the element is hidden from the eye, or from a reader's software.
#[must_use]
pub(super) fn is_hidden(tree: &Tree, id: NodeId) -> bool {
    is_invisible(tree, id)
        || tree
            .attr(id, Attr::AriaHidden)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// Whether the element is hidden from the eye.
#[must_use]
pub(super) fn is_invisible(tree: &Tree, id: NodeId) -> bool {
    let by_attr = tree
        .attr(id, Attr::Hidden)
        .is_some_and(|value| !value.eq_ignore_ascii_case("until-found"));
    by_attr
        || tree.attr(id, Attr::Style).is_some_and(style_hides)
        || tree.attr(id, Attr::Class).is_some_and(class_hides)
}

fn style_hides(style: &str) -> bool {
    let style: String = style
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect::<String>()
        .to_ascii_lowercase();
    style.split(';').any(|rule| {
        matches!(
            rule.trim_end_matches("!important"),
            "display:none" | "visibility:hidden"
        )
    })
}

/// A class of [`HIDING`], unless another shows the element on wider screens (`md:block`, `d-md-flex`).
fn class_hides(class: &str) -> bool {
    let mut hides = false;
    for name in class.split_ascii_whitespace() {
        let shows = ["block", "flex", "grid", "inline", "inline-block", "table"]
            .iter()
            .any(|display| {
                name.strip_suffix(display)
                    .is_some_and(|head| head.ends_with([':', '-']))
            });
        if shows {
            return false;
        }
        hides |= HIDING
            .iter()
            .any(|hiding| name.eq_ignore_ascii_case(hiding));
    }
    hides
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_styles_hide() {
        assert!(style_hides("color:red; DISPLAY : none !important"));
        assert!(!style_hides("display:block"));
    }

    #[test]
    fn classes_hide_unless_shown_on_wider_screens() {
        assert!(class_hides("button sr-only"));
        assert!(!class_hides("hidden md:block") && !class_hides("d-none d-lg-flex"));
        assert!(!class_hides("overflow-hidden"));
    }
}
