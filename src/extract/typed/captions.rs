//! What stands under a picture: its caption, and in it or beside it who took the picture.

use foldhash::HashMap;

use super::classes::ByClass;
use super::{Scene, blocks_below, nearest, shown};
use crate::article::{Reason, details::Image};
use crate::extract::block::Block;
use crate::extract::dom::{Attr, NodeId, Tag, Tree};
use crate::extract::heuristic::labels;
use crate::extract::text;

/// Longest caption: a few sentences; longer is the text of a gallery.
const CAPTION_MASS: u32 = 800;

/// Words in classes and properties of elements that name who took or owns a picture.
const CREDIT_NAMES: [&str; 9] = [
    "credit",
    "credits",
    "photocredit",
    "photographer",
    "copyright",
    "copyrightholder",
    "credittext",
    "attribution",
    "source",
];

/// Words that announce a credit, in the larger languages of the label table.
const CREDIT_WORDS: [&str; 20] = [
    "photo",
    "photos",
    "photograph",
    "photographer",
    "picture",
    "image",
    "images",
    "credit",
    "credits",
    "copyright",
    "foto",
    "fotos",
    "bild",
    "bildquelle",
    "crédit",
    "crédits",
    "crédito",
    "imagen",
    "beeld",
    "zdjęcie",
];

/// Words that announce where a picture is from, if a colon follows.
const SOURCE_WORDS: [&str; 6] = ["quelle", "source", "fuente", "fonte", "bron", "kilde"];

/// Most bytes of the blocks that may be a caption: as many as a caption of letters of three bytes
/// has, and labels and credits beside it. What is longer is not read.
const BLOCKS_BYTES: usize = 20_000;

/// Reads captions and credits.
pub(super) struct Captions<'a> {
    scene: Scene<'a>,
    credits: ByClass<bool>,
    /// Caption and credit by the element that holds them: a figure may hold a thousand images.
    known: HashMap<NodeId, (Option<String>, Option<String>)>,
}

impl<'a> Captions<'a> {
    pub(super) fn new(scene: Scene<'a>) -> Self {
        Self {
            scene,
            credits: ByClass::new(names_credit),
            known: HashMap::default(),
        }
    }

    /// Puts caption and credit of `img` into `image`. `reason` tells why a block was left out, if it
    /// was; `aside` is the largest element that holds the image and nothing of the story.
    pub(super) fn read(
        &mut self,
        reason: &dyn Fn(usize) -> Option<Reason>,
        img: NodeId,
        aside: NodeId,
        image: &mut Image,
    ) {
        let figure = nearest(self.scene.tree, img, Tag::Figure);
        // No element but a figure is the holder of images in one.
        let holder = figure.unwrap_or(aside);
        if !self.known.contains_key(&holder) {
            let both = self.of_holder(reason, holder, figure.is_some());
            self.known.insert(holder, both);
        }
        if let Some((caption, credit)) = self.known.get(&holder) {
            image.caption.clone_from(caption);
            image.credit.clone_from(credit);
        }
    }

    fn of_holder(
        &mut self,
        reason: &dyn Fn(usize) -> Option<Reason>,
        holder: NodeId,
        is_figure: bool,
    ) -> (Option<String>, Option<String>) {
        let tree = self.scene.tree;
        let credit = self.credit_element(holder);
        let under = is_figure
            .then(|| tree.find(holder, Tag::Figcaption))
            .flatten();
        let is_caption = |at: usize| under.is_some() || reason(at) == Some(Reason::Caption);
        let lines = self.lines(under.unwrap_or(holder), credit, &is_caption);
        let caption = lines.unwrap_or_default().join(" ");
        let caption = match under {
            Some(under) => unglued(tree, under, caption),
            None => caption,
        };
        let credit = credit.and_then(|credit| shown::short_text_of(tree, credit));
        let (caption, credit) = part(&caption, credit.as_deref());
        let fits = |text: &String| text::mass(text) > 0 && text::mass(text) <= CAPTION_MASS;
        (Some(caption).filter(fits), credit.filter(fits))
    }

    /// The texts of those blocks that make a caption, without the credit; none of too many.
    fn lines(
        &self,
        within: NodeId,
        credit: Option<NodeId>,
        is_caption: &dyn Fn(usize) -> bool,
    ) -> Option<Vec<String>> {
        let Scene { tree, blocks } = self.scene;
        let mut left = BLOCKS_BYTES;
        let mut lines = Vec::new();
        for at in blocks_below(blocks, tree, within).filter(|&at| is_caption(at)) {
            let block = &blocks[at];
            left = left.checked_sub(block.text.len())?;
            let is_credit = credit.is_some_and(|credit| tree.contains(credit, block.node));
            if !is_credit && !is_label(block) {
                lines.push(block.text.replace('\n', " "));
            }
        }
        Some(lines)
    }

    /// The innermost element of a figure that is called a credit.
    fn credit_element(&mut self, holder: NodeId) -> Option<NodeId> {
        let tree = self.scene.tree;
        let mut below = tree.below(holder).take(ELEMENTS_MAX).rev();
        below.find(|&id| {
            let named = tree.attr(id, Attr::Itemprop).is_some_and(is_credit_name);
            !tree.is(id, Tag::Source)
                && (named || self.credits.of(tree, id))
                && shown::short_text_of(tree, id).is_none_or(|text| !text.is_empty())
        })
    }
}

/// Whether a class names a credit.
fn names_credit(class: &str) -> bool {
    let mut names = class.split(|c: char| !c.is_ascii_alphanumeric());
    names.any(is_credit_name)
}

fn is_credit_name(name: &str) -> bool {
    let mut known = CREDIT_NAMES.iter();
    known.any(|known| name.eq_ignore_ascii_case(known))
}

/// Most words of a label such as "Enlarge image".
const LABEL_WORDS: u32 = 4;

/// Whether a block is a label beside captions. To the label table a credit is one, too.
fn is_label(block: &Block) -> bool {
    let is_line = labels::label_of(block).filter(|(_, form)| *form == labels::Form::Line);
    is_line.is_some_and(|(reason, _)| {
        reason != Reason::Caption
            || (block.words <= LABEL_WORDS && credit_start(block.text).is_none())
    })
}

/// Elements in a row that are looked at.
const PARTS_MAX: usize = 8;

/// A caption with spaces between its parts, where a style sheet sets them apart: sentence, then
/// credit.
fn unglued(tree: &Tree, under: NodeId, mut caption: String) -> String {
    let mut holder = under;
    loop {
        let mut parts = tree.children(holder).filter(|&id| {
            let is_text = tree.text(id).is_some_and(|text| !text.trim().is_empty());
            tree.tag(id).is_some() || is_text
        });
        match (parts.next(), parts.next()) {
            (Some(only), None) if tree.tag(only).is_some() => holder = only,
            _ => break,
        }
    }
    let parts: Vec<NodeId> = tree.children(holder).take(PARTS_MAX).collect();
    for pair in parts.windows(2) {
        if pair.iter().all(|&id| tree.tag(id).is_some()) {
            let texts = [pair[0], pair[1]].map(|id| shown::short_text_of(tree, id));
            // What is too long is no sentence before a credit.
            let [Some(first), Some(second)] = texts else {
                continue;
            };
            if first.ends_with(['.', '!', '?']) && !second.is_empty() {
                caption =
                    caption.replace(&format!("{first}{second}"), &format!("{first} {second}"));
            }
        }
    }
    caption
}

/// Nodes of a figure among which a credit is looked for.
const ELEMENTS_MAX: usize = 500;

/// Parts the credit off a caption; `known` is the credit where an element is called so.
fn part(caption: &str, known: Option<&str>) -> (String, Option<String>) {
    let tidy = |text: &str| {
        text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '|' | '–' | '—' | '/' | '·'))
            .to_owned()
    };
    if let Some(known) = known.filter(|known| !known.is_empty()) {
        let rest = caption
            .strip_suffix(known)
            .or_else(|| caption.strip_prefix(known))
            .unwrap_or(caption);
        // Some figures name the credit twice.
        let rest = if credit_start(rest) == Some(0) {
            ""
        } else {
            rest
        };
        let is_bracketed = known.starts_with('(') && known.ends_with(')');
        let known = known.trim_matches(|c| is_bracketed && matches!(c, '(' | ')'));
        return (tidy(rest), Some(tidy(known)));
    }
    match credit_start(caption) {
        Some(at) => {
            let (rest, credit) = caption.split_at(at);
            let credit = credit.trim_start_matches(['(', '[']);
            let credit = if caption.ends_with([')', ']']) && !credit.contains(['(', '[']) {
                credit.trim_end_matches([')', ']'])
            } else {
                credit
            };
            (tidy(rest), Some(tidy(credit)))
        }
        None => (tidy(caption), None),
    }
}

/// Longest credit in bytes: two names and two agencies.
const CREDIT_BYTES: usize = 120;

/// Where a credit at the end of a caption begins: a bracket that holds a word for picture, or such
/// a word and a colon, "by" or the sign of copyright, at the start or after a sentence's end.
fn credit_start(caption: &str) -> Option<usize> {
    let bracket = caption
        .ends_with([')', ']'])
        .then(|| caption.rfind(['(', '[']))
        .flatten();
    if let Some(at) = bracket.filter(|at| caption.len() - at <= CREDIT_BYTES) {
        let inside = caption.get(at + 1..)?;
        let mut words = inside.split(|c: char| !c.is_alphanumeric());
        let head = inside.split_once(':').map(|(head, _)| head);
        if words.any(is_credit_word) || head.is_some_and(is_source_word) {
            return Some(at);
        }
    }
    let ends = caption
        .char_indices()
        .filter(|&(at, _)| caption.len() - at <= CREDIT_BYTES);
    let starts = ends.filter(|&(at, c)| {
        let before = caption.get(..at).unwrap_or_default().trim_end();
        let parted = before.ends_with(['.', '!', '?', '|', '–', '—', '/', '”', '"', ')', '·', '»']);
        c == '©' || ((before.is_empty() || parted) && c.is_alphabetic())
    });
    let opens = |at: usize| {
        let rest = caption.get(at..).unwrap_or_default();
        rest.starts_with('©') || announces(rest)
    };
    starts.map(|(at, _)| at).find(|&at| opens(at))
}

/// "Photo: Ann Lee", "Photograph by Ann Lee", "Foto © Ann Lee", "Photo credit: Ann Lee".
fn announces(text: &str) -> bool {
    let end = text.find([':', '©']).unwrap_or(text.len());
    let head = text.get(..end).unwrap_or_default();
    let mut words = head.split_whitespace();
    let is_marked = end < text.len() && words.clone().count() <= 2;
    if is_marked && is_source_word(head) {
        return true;
    }
    words.next().is_some_and(is_credit_word)
        && (is_marked
            || words
                .next()
                .is_some_and(|word| matches!(word, "by" | "von" | "par" | "por" | "courtesy")))
}

fn is_source_word(word: &str) -> bool {
    SOURCE_WORDS.contains(&word.trim().to_lowercase().as_str())
}

fn is_credit_word(word: &str) -> bool {
    CREDIT_WORDS.contains(&word.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credits_are_parted_off() {
        for (caption, rest, credit) in [
            (
                "The bridge. Photo: Ann Lee",
                "The bridge.",
                Some("Photo: Ann Lee"),
            ),
            (
                "The bridge. (Foto: Ann Lee)",
                "The bridge.",
                Some("Foto: Ann Lee"),
            ),
            (
                "The bridge (AP Photo/Ann Lee)",
                "The bridge",
                Some("AP Photo/Ann Lee"),
            ),
            ("The bridge © Ann Lee", "The bridge", Some("© Ann Lee")),
            (
                "The bridge. (Quelle: Courier)",
                "The bridge.",
                Some("Quelle: Courier"),
            ),
            (
                "The river (the source of all evil)",
                "The river (the source of all evil)",
                None,
            ),
            ("Photograph by Ann Lee", "", Some("Photograph by Ann Lee")),
            (
                "The bridge | Photo credit: Ann Lee",
                "The bridge",
                Some("Photo credit: Ann Lee"),
            ),
            (
                "The bridge (left) in 1903.",
                "The bridge (left) in 1903.",
                None,
            ),
            ("A photo by the river.", "A photo by the river.", None),
            (
                "Photo albums were found: three.",
                "Photo albums were found: three.",
                None,
            ),
        ] {
            let got = part(caption, None);
            assert_eq!(
                (got.0.as_str(), got.1.as_deref()),
                (rest, credit),
                "{caption}"
            );
        }
        let twice = part("Photo: Courier", Some("Photo: Ann Lee"));
        assert_eq!(twice, (String::new(), Some("Photo: Ann Lee".to_owned())));
        let got = part("The bridge. Ann Lee/Courier", Some("Ann Lee/Courier"));
        assert_eq!(
            got,
            ("The bridge.".to_owned(), Some("Ann Lee/Courier".to_owned()))
        );
    }
}
