//! Which of a picture's files to take: the largest that is named.

use foldhash::HashMap;
use url::Url;

use super::resolve;
use crate::extract::dom::{Attr, NodeId, Tag, Tree};

/// Attributes that hold an address, those of lazy loading first, since `src` then is a placeholder:
/// lazysizes and lozad have `data-src`, jQuery Lazy Load `data-original`, plugins of `WordPress`
/// `data-lazy-src`.
const ADDRESSES: [Attr; 4] = [
    Attr::DataSrc,
    Attr::DataOriginal,
    Attr::DataLazySrc,
    Attr::Src,
];

/// Attributes that hold candidates.
const SETS: [Attr; 3] = [Attr::Srcset, Attr::DataSrcset, Attr::DataLazySrcset];

/// Candidates of one picture that are looked at.
const CANDIDATES_MAX: usize = 64;

/// How large a candidate is said to be; greater is larger.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
enum Size {
    /// Nothing is said.
    Unknown,
    /// It is for screens from that width on.
    Screen(f32),
    /// It has so many pixels for each of the page's.
    Density(f32),
    /// It is so many pixels wide.
    Width(f32),
}

/// Nodes of a `<picture>` among which its sources are looked for; most have one for each width.
const NODES_MAX: usize = 1_000;

/// Chooses among the files of pictures.
#[derive(Default)]
pub(super) struct Sources {
    /// The largest file that the sources of a `<picture>` name, by picture: it may hold many images.
    known: HashMap<NodeId, Option<File>>,
}

/// A file, and how large it is said to be.
#[derive(Clone)]
struct File {
    url: Url,
    size: Size,
}

impl Sources {
    /// The address of the largest file of an `<img>`, among those of its `<picture>`; all are of the
    /// same tree.
    pub(super) fn largest(&mut self, tree: &Tree, img: NodeId, base: Option<&Url>) -> Option<Url> {
        let sets = SETS.iter().filter_map(|&set| tree.attr(img, set));
        let plain = ADDRESSES.iter().filter_map(|&attr| tree.attr(img, attr));
        let plain = plain.map(|url| (url, Size::Unknown));
        let own = largest_of(sets.flat_map(candidates).chain(plain), base);
        let picture = tree.parent(img);
        let other = tree.is(picture, Tag::Picture).then(|| {
            let read = || of_picture(tree, picture, base);
            self.known.entry(picture).or_insert_with(read).as_ref()
        });
        // Of equals the image's own, before those of other forms.
        match (own, other.flatten()) {
            (Some(own), Some(other)) if other.size > own.size => Some(other.url.clone()),
            (own, other) => own.map(|own| own.url).or_else(|| Some(other?.url.clone())),
        }
    }
}

fn of_picture(tree: &Tree, picture: NodeId, base: Option<&Url>) -> Option<File> {
    let below = tree.below(picture).take(NODES_MAX);
    let sources = below.filter(|&id| tree.is(id, Tag::Source));
    largest_of(sources.flat_map(|source| of_source(tree, source)), base)
}

/// The largest of those candidates that are pictures; of equals the first.
fn largest_of<'t>(all: impl Iterator<Item = (&'t str, Size)>, base: Option<&Url>) -> Option<File> {
    let mut best: Option<File> = None;
    for (url, size) in all.take(CANDIDATES_MAX) {
        if best.as_ref().is_none_or(|best| size > best.size)
            && let Some(url) = resolve(base, url).filter(is_picture)
        {
            best = Some(File { url, size });
        }
    }
    best
}

fn of_source<'t>(tree: &'t Tree, source: NodeId) -> Vec<(&'t str, Size)> {
    let sets = SETS.iter().filter_map(|&set| tree.attr(source, set));
    let screen = tree.attr(source, Attr::Media).and_then(min_width);
    let sized = |(url, size)| match (size, screen) {
        (Size::Unknown, Some(screen)) => (url, Size::Screen(screen)),
        _ => (url, size),
    };
    sets.flat_map(candidates).map(sized).collect()
}

/// The pixels of `(min-width: 1300px)`.
fn min_width(media: &str) -> Option<f32> {
    let (_, value) = media.split_once("min-width:")?;
    let value = value.trim_start();
    let end = value.find(|c: char| !c.is_ascii_digit())?;
    value.get(..end)?.parse().ok()
}

/// An address that a picture can be had from, and not a template's or a stand-in.
fn is_picture(url: &Url) -> bool {
    let path = url.path();
    let name = path
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let (stem, ending) = name.split_once('.').unwrap_or((&name, ""));
    let is_drawing = matches!(ending, "gif" | "svg");
    let mut words = stem.split(|c: char| !c.is_ascii_alphanumeric());
    let is_stand_in = STAND_INS.contains(&stem)
        || words.any(|word| word == "placeholder" || (is_drawing && STAND_INS.contains(&word)));
    let is_template = url.as_str().contains('{') || url.as_str().contains("%7B");
    matches!(url.scheme(), "http" | "https")
        && !is_stand_in
        && !is_template
        && (path.len() > 1 || url.query().is_some())
}

/// Names of files that stand in for a picture until it is loaded.
const STAND_INS: [&str; 11] = [
    "blank",
    "spacer",
    "placeholder",
    "transparent",
    "pixel",
    "1x1",
    "lazy",
    "loading",
    "loader",
    "preloader",
    "preloading",
];

/// Parses a `srcset` as the HTML Standard does (§4.8.4.3.8), without `h` descriptors.
fn candidates(srcset: &str) -> Vec<(&str, Size)> {
    let mut found = Vec::new();
    let mut rest = srcset;
    while found.len() < CANDIDATES_MAX {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if rest.is_empty() {
            break;
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (url, after) = rest.split_at(end);
        let bare = url.trim_end_matches(',');
        if bare.len() < url.len() {
            found.push((bare, Size::Unknown));
            rest = after;
            continue;
        }
        let (descriptors, after) = after.split_once(',').unwrap_or((after, ""));
        found.push((url, size_of(descriptors)));
        rest = after;
    }
    found
}

fn size_of(descriptors: &str) -> Size {
    let number = |word: &str, unit: char| word.strip_suffix(unit)?.parse::<f32>().ok();
    let size = descriptors.split_whitespace().find_map(|word| {
        let width = number(word, 'w').map(Size::Width);
        width.or_else(|| number(word, 'x').map(Size::Density))
    });
    size.unwrap_or(Size::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::dom::{Limits, parse};

    fn chosen(html: &str) -> Option<String> {
        let tree = parse(html, &Limits::default());
        let img = tree.find(0, Tag::Img).unwrap();
        let base = Url::parse("https://x.example/story/").unwrap();
        Sources::default()
            .largest(&tree, img, Some(&base))
            .map(Into::into)
    }

    #[test]
    fn the_largest_file_is_taken() {
        for (html, want) in [
            ("<img src=a.jpg>", "story/a.jpg"),
            (
                "<img src=a.jpg srcset='b.jpg 2x, c.jpg 1.5x'>",
                "story/b.jpg",
            ),
            (
                "<img src=a.jpg srcset='/w_300,h_200/b.jpg 300w,\n /c.jpg 1200w, d.jpg 600w'>",
                "c.jpg",
            ),
            (
                "<img src=a.jpg srcset='b.jpg,c.jpg 2x'>",
                "story/b.jpg,c.jpg",
            ),
            ("<img src=a.jpg srcset='b.jpg, c.jpg'>", "story/b.jpg"),
            (
                "<img src=data:image/gif;base64,R0lGOD data-src=b.jpg>",
                "story/b.jpg",
            ),
            ("<img src=small.jpg data-original=b.jpg>", "story/b.jpg"),
            (
                "<img src=/assets/blank.gif data-lazy-src=b.jpg>",
                "story/b.jpg",
            ),
            (
                "<img src=a.jpg data-srcset='b.jpg 10w, c.jpg 20w'>",
                "story/c.jpg",
            ),
            (
                "<picture><source srcset='w.webp 800w'><source srcset=n.webp><img srcset='j.jpg 800w'></picture>",
                "story/j.jpg",
            ),
            (
                "<picture><source media='(min-width: 1300px)' srcset=wide.jpg>\
                 <source media='(min-width: 0px)' srcset=small.jpg><img src=a.jpg></picture>",
                "story/wide.jpg",
            ),
        ] {
            let want = format!("https://x.example/{want}");
            assert_eq!(chosen(html).as_deref(), Some(&*want), "{html}");
        }
    }

    #[test]
    fn the_images_of_a_picture_share_its_sources() {
        let html = "<picture><source srcset='w.webp 800w'><img src=a.jpg><img srcset='b.jpg 900w'>\
                    <img src=c.jpg></picture><picture><img src=d.jpg></picture>";
        let tree = parse(html, &Limits::default());
        let base = Url::parse("https://x.example/").unwrap();
        let mut sources = Sources::default();
        let images = tree.elements().filter(|&id| tree.is(id, Tag::Img));
        let files: Vec<_> = images
            .filter_map(|img| sources.largest(&tree, img, Some(&base)))
            .map(|url| url.path().to_owned())
            .collect();
        assert_eq!(files, ["/w.webp", "/b.jpg", "/w.webp", "/d.jpg"]);
    }

    #[test]
    fn what_is_no_picture_is_none() {
        for html in [
            "<img>",
            "<img src=''>",
            "<img src=data:image/gif;base64,R0lGOD>",
            "<img data-src='/{width}/a.jpg'>",
            "<img src='/a.jpg?w={width}'>",
            "<img src=/img/ajax-loader.gif>",
            "<img src=/img/spacer.gif>",
            "<img src=/img/grey-placeholder.png>",
            "<img src=javascript:0 srcset=', ,,'>",
        ] {
            assert_eq!(chosen(html), None, "{html}");
        }
    }
}
