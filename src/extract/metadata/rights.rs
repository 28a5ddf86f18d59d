//! Who may read the page, and what may be done with it, as far as it says.

use super::head::Head;
use super::json_ld::JsonLd;
use crate::article::{Paywall, Reservation};
use crate::extract::block::Block;
use crate::extract::text;

/// What a page says of its paywall.
///
/// Source: schema.org `isAccessibleForFree`; `article:content_tier` of Facebook's Open Graph.
#[must_use]
pub fn paywall(head: &Head, json_ld: &JsonLd) -> Option<Paywall> {
    let tier = head.meta(&["article:content_tier", "og:article:content_tier"]);
    let by_tier = match tier.map(str::to_ascii_lowercase).as_deref() {
        Some("free") => Some(Paywall::Free),
        Some("metered") => Some(Paywall::Metered),
        Some("locked" | "paid" | "premium") => Some(Paywall::Closed),
        _ => None,
    };
    by_tier.or(match json_ld.is_free {
        Some(true) => Some(Paywall::Free),
        Some(false) => Some(Paywall::Closed),
        None => None,
    })
}

/// Words below which the text of a closed page is its stub: what paywalls leave to be read.
const STUB_WORDS: u32 = 120;

/// Whether the text is a stub: of a page that is not free, and short, cut off, or far shorter than
/// the page says that its story is.
#[must_use]
pub fn is_stub(
    paywall: Option<Paywall>,
    stated_words: Option<u32>,
    words: u32,
    body: &str,
) -> bool {
    let short = stated_words.map_or(words < STUB_WORDS, |stated| words < stated / 2);
    paywall.is_some_and(|paywall| paywall != Paywall::Free) && (short || text::is_cut_off(body))
}

/// Phrases by which pages say that there is more for those who pay, a language a line; folded.
pub(in crate::extract) fn phrases() -> impl Iterator<Item = String> {
    let rows = include_str!("paywalls.tsv").lines();
    let rows = rows.filter_map(|row| row.split_once('\t'));
    rows.flat_map(|(_, phrases)| phrases.split('|'))
        .map(text::key)
}

/// Most letters in a block that tells of a paywall; what is longer tells a story.
const WALL_MASS: u32 = 300;

/// Whether a block says that there is more for those who pay.
#[must_use]
pub(in crate::extract) fn shows_wall(block: &Block) -> bool {
    block.mass <= WALL_MASS && block.said.wall
}

/// What the publisher asks machines not to do.
///
/// `header` holds the values of `X-Robots-Tag`; those that name another robot are not for us.
///
/// Source: Google's documentation of the robots meta and of `X-Robots-Tag`; `noai` and `noimageai` as by `DeviantArt`;
/// the TDM Reservation Protocol of the W3C community group.
#[must_use]
pub fn reservations(head: &Head, header: &[String]) -> Vec<Reservation> {
    let robots = head.metas(&["robots", "googlebot", "googlebot-news"]);
    let of_header = header
        .iter()
        .filter_map(|value| for_all(value).map(str::to_owned));
    let words: Vec<String> = robots
        .chain(of_header)
        .flat_map(|content| {
            content
                .split([',', ' ', ';'])
                .map(str::to_ascii_lowercase)
                .collect::<Vec<_>>()
        })
        .collect();
    let mut asked: Vec<Reservation> = words.iter().filter_map(|word| of_word(word)).collect();
    if words.iter().any(|word| word == "none") {
        asked.push(Reservation::NoIndex);
    }
    if head
        .meta(&["tdm-reservation"])
        .is_some_and(|value| value.trim() == "1")
    {
        asked.push(Reservation::Tdm);
    }
    asked.sort_unstable();
    asked.dedup();
    asked
}

/// The rules of an `X-Robots-Tag` that are for every robot, for the Googlebot, whose metas count
/// too, or for us. A value may name a robot before its rules; a colon is also in `max-snippet: 5`.
fn for_all(value: &str) -> Option<&str> {
    let Some((name, rules)) = value.split_once(':') else {
        return Some(value);
    };
    let name = name.trim().to_ascii_lowercase();
    if name.contains([',', ' ']) || name.starts_with("max-") || name == "unavailable_after" {
        return Some(value);
    }
    ["googlebot", "googlebot-news", "chaffinch", "*"]
        .contains(&name.as_str())
        .then_some(rules)
}

fn of_word(word: &str) -> Option<Reservation> {
    Some(match word {
        "noarchive" | "nocache" => Reservation::NoArchive,
        "noai" => Reservation::NoAi,
        "noimageai" => Reservation::NoImageAi,
        "noindex" => Reservation::NoIndex,
        "nosnippet" => Reservation::NoSnippet,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Texts;
    use crate::extract::dom::{Limits, Tree, parse};

    fn tree(html: &str) -> Tree<'_> {
        parse(html, &Limits::default())
    }

    #[test]
    fn reservations_are_read_from_metas() {
        let html = "<meta name=robots content='max-image-preview:large, NOARCHIVE,noai'>\
            <meta name=tdm-reservation content=1><meta name=googlebot content=noarchive>";
        let reserved = |html: &str| reservations(&Head::read(&tree(html)), &[]);
        assert_eq!(
            reserved(html),
            [Reservation::NoArchive, Reservation::NoAi, Reservation::Tdm]
        );
        assert!(reserved("<meta name=robots content='index, follow'>").is_empty());
        assert!(reserved("<meta name=tdm-reservation content=0>").is_empty());
    }

    #[test]
    fn the_header_says_the_same_as_the_meta() {
        for (values, want) in [
            (&["noarchive"][..], &[Reservation::NoArchive][..]),
            (
                &["noindex, NOAI"],
                &[Reservation::NoAi, Reservation::NoIndex],
            ),
            (&["otherbot: noindex"], &[]),
            (&["googlebot: noindex"], &[Reservation::NoIndex]),
            (&["max-snippet: 5, noarchive"], &[Reservation::NoArchive]),
            (&["noai, max-snippet:-1"], &[Reservation::NoAi]),
            (&["otherbot: noindex", "none"], &[Reservation::NoIndex]),
        ] {
            let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
            let mut want = want.to_vec();
            want.sort_unstable();
            assert_eq!(reservations(&Head::default(), &values), want, "{values:?}");
        }
    }

    #[test]
    fn paywalls_are_told_by_tier_and_script() {
        let free = |is_free| JsonLd {
            is_free,
            ..JsonLd::default()
        };
        let tier = |tier: &str| format!("<meta property='article:content_tier' content='{tier}'>");
        assert_eq!(
            paywall(&Head::read(&tree(&tier("metered"))), &free(Some(false))),
            Some(Paywall::Metered)
        );
        assert_eq!(
            paywall(&Head::read(&tree(&tier("locked"))), &free(None)),
            Some(Paywall::Closed)
        );
        assert_eq!(
            paywall(&Head::default(), &free(Some(false))),
            Some(Paywall::Closed)
        );
        assert_eq!(
            paywall(&Head::default(), &free(Some(true))),
            Some(Paywall::Free)
        );
        assert_eq!(paywall(&Head::default(), &free(None)), None);
    }

    #[test]
    fn walls_are_told_by_what_they_say() {
        let texts = Texts::default();
        let shows = |line: &str| shows_wall(&Block::of(line, &texts));
        for line in [
            "Weiterlesen mit F+",
            "Il vous reste 82 % de cet article à lire.",
            "Already a subscriber? Log in",
            "この記事は有料会員限定記事です。",
        ] {
            assert!(shows(line), "{line}");
        }
        for line in ["Newsletter", "Subscribe", "He read the article to the end."] {
            assert!(!shows(line), "{line}");
        }
        assert!(!shows(&format!(
            "{} Weiterlesen mit F+",
            "Die Brücke ist offen. ".repeat(30)
        )));
    }

    #[test]
    fn stubs_are_of_closed_pages_only() {
        let closed = Some(Paywall::Closed);
        assert!(is_stub(closed, None, 60, "The bridge opens."));
        assert!(is_stub(closed, Some(900), 300, "The bridge opens."));
        assert!(is_stub(closed, None, 300, "The bridge opens and…"));
        assert!(!is_stub(closed, Some(320), 300, "The bridge opens."));
        assert!(!is_stub(Some(Paywall::Free), None, 60, "The bridge opens."));
        assert!(!is_stub(None, None, 60, "The bridge opens."));
    }
}
