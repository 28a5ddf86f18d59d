//! Whether a browser shows an element, as far as markup alone tells: attributes, inline style and
//! the class names that every framework uses for "only for screen readers" or "not at all".

use std::sync::LazyLock;

use super::dom::{Attr, AttrSet, NodeId, Tree};
use super::short::Set;

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

static HIDES: LazyLock<Set> = LazyLock::new(|| Set::of(&HIDING));

/// Whether the element is hidden from the eye, or from a reader's software, whatever its class.
#[must_use]
pub(super) fn is_hidden_by_attribute(tree: &Tree, id: NodeId) -> bool {
    is_unseen(tree, id)
        || tree
            .attr(id, Attr::AriaHidden)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// Whether the element is hidden from the eye.
#[must_use]
pub(super) fn is_invisible(tree: &Tree, id: NodeId) -> bool {
    is_unseen(tree, id) || tree.attr(id, Attr::Class).is_some_and(class_hides)
}

fn is_unseen(tree: &Tree, id: NodeId) -> bool {
    const HIDING: AttrSet = AttrSet::of(&[Attr::Hidden, Attr::Style]);
    if !tree.has_any(id, HIDING) {
        return false;
    }
    let by_attr = tree
        .attr(id, Attr::Hidden)
        .is_some_and(|value| !value.eq_ignore_ascii_case("until-found"));
    by_attr || tree.attr(id, Attr::Style).is_some_and(style_hides)
}

fn style_hides(style: &str) -> bool {
    // `display` and `visibility` end in a letter that few styles have.
    if memchr::memchr2(b'y', b'Y', style.as_bytes()).is_none() {
        return false;
    }
    style.split(';').any(|rule| {
        let Some((property, value)) = rule.split_once(':') else {
            return false;
        };
        let is = |name: &str| property.trim().eq_ignore_ascii_case(name);
        let value = value.split('!').next().unwrap_or_default().trim();
        (value.eq_ignore_ascii_case("none") && is("display"))
            || (value.eq_ignore_ascii_case("hidden") && is("visibility"))
    })
}

/// Values of `display` in class names, and widths from which on they hold.
const DISPLAYS: [&str; 8] = [
    "block",
    "inline-block",
    "inline-flex",
    "inline",
    "flex",
    "grid",
    "table",
    "table-cell",
];
const WIDTHS: [&str; 16] = [
    "xs", "sm", "md", "lg", "xl", "xxl", "2xl", "3xl", "small", "medium", "large", "mobile",
    "phone", "tablet", "desktop", "wide",
];

/// A class of [`HIDING`], unless another shows the element on wider screens (`md:block`, `d-md-flex`).
fn class_hides(class: &str) -> bool {
    let names = || class.split_ascii_whitespace();
    names().any(hides) && !names().any(shows_on_some_width)
}

/// Whether a class hides, if no other shows.
pub(super) fn hides(name: &str) -> bool {
    HIDES.contains(name)
}

/// `md:block`, `d-md-flex`, `sm:d-block`, `lg-grid`: a width and how the element is displayed from there.
pub(super) fn shows_on_some_width(name: &str) -> bool {
    // Few names end as a way of display does.
    if !name.ends_with(['d', 'e', 'k', 'l', 'x']) {
        return false;
    }
    DISPLAYS.iter().any(|display| {
        let width = name
            .strip_suffix(display)
            .and_then(|head| head.strip_suffix([':', '-']))
            .and_then(|head| head.rsplit([':', '-']).find(|part| *part != "d"));
        width.is_some_and(|width| WIDTHS.contains(&width))
    })
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
        assert!(!class_hides("hide sm:d-block"));
        assert!(!class_hides("hidden lg:grid") && !class_hides("hidden sm-inline-block"));
        assert!(class_hides("text-block hidden") && class_hides("hidden card-grid md:p-4"));
        assert!(!class_hides("overflow-hidden"));
    }
}
