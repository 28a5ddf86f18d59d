//! What the names of picture files tell: symbols, and copies of one picture.

use std::borrow::Cow;

use crate::article::details::Image;
use crate::extract::dom::{Attr, NodeId, Tree};

/// Words of classes and file names that say that a picture is none of the story, even in a figure.
const SYMBOLS: [&str; 9] = [
    "avatar", "gravatar", "icon", "icons", "emoji", "smiley", "spinner", "sprite", "favicon",
];
/// The same outside figures.
const BARE_SYMBOLS: [&str; 11] = [
    "logo",
    "logos",
    "badge",
    "button",
    "btn",
    "arrow",
    "author",
    "headshot",
    "banner",
    "tracking",
    "newsletter",
];

/// The same of folders.
const SYMBOL_FOLDERS: [&str; 7] = [
    "avatar", "avatars", "emoji", "emojis", "icons", "smilies", "smileys",
];

/// Whether class, file or folder say that a picture is a symbol; outside figures also a drawing.
pub(super) fn is_symbol(tree: &Tree, id: NodeId, url: &str, in_figure: bool) -> bool {
    let class = tree.attr(id, Attr::Class).unwrap_or_default();
    let file = file_of(url);
    let mut words = class
        .split(|c: char| !c.is_ascii_alphabetic())
        .chain(stem_of(&file).split(|c: char| !c.is_ascii_alphabetic()));
    let is_one_of =
        |word: &str, names: &[&str]| names.iter().any(|name| word.eq_ignore_ascii_case(name));
    let is_drawn = || !in_figure && file.to_ascii_lowercase().ends_with(".svg");
    let mut folders = file.split('/').skip(3);
    folders.any(|folder| is_one_of(folder, &SYMBOL_FOLDERS))
        || words
            .any(|word| is_one_of(word, &SYMBOLS) || (!in_figure && is_one_of(word, &BARE_SYMBOLS)))
        || is_drawn()
}

/// Bytes of a file's name that tell it from others, and by which two files are one wherever they
/// lie on a host.
pub(super) const STEM_BYTES: usize = 6;
const LONG_STEM_BYTES: usize = 16;

/// The address of a file without parameters; where one of these is the file's address, as for
/// services that scale pictures, that one.
pub(super) fn file_of(url: &str) -> Cow<'_, str> {
    let names_file = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or_default();
        name.contains('.')
    };
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let (_, after_host) = path.split_once("://").unwrap_or_default();
    if after_host.contains('/') && names_file(path) {
        return Cow::Borrowed(path);
    }
    let Some((_, query)) = url.split_once('?') else {
        return Cow::Borrowed(path);
    };
    let named = url::form_urlencoded::parse(query.as_bytes())
        .map(|(_, value)| value)
        .find(|value| value.contains('/') && names_file(value));
    named.map_or(Cow::Borrowed(url), |file| Cow::Owned(file.into_owned()))
}

/// The name of a file without ending, and without the size that `WordPress` adds: `-1024x768`.
pub(super) fn stem_of(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let Some((rest, size)) = stem.rsplit_once('-') else {
        return stem;
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_size = size
        .split_once('x')
        .is_some_and(|(width, height)| is_number(width) && is_number(height));
    if is_size { rest } else { stem }
}

/// Digits in the name of a file that tell it from all others.
const NAME_DIGITS: usize = 6;

/// By what two pictures are one that lie in folders by size: a name that only one file has, and
/// the alternative text.
pub(super) fn named_key(image: &Image) -> Option<String> {
    let file = file_of(&image.url);
    let stem = stem_of(&file);
    let digits = stem.bytes().filter(u8::is_ascii_digit).count();
    let alt = image.alt.as_ref().filter(|_| digits >= NAME_DIGITS)?;
    Some(format!("{stem} {alt}"))
}

/// By what two pictures are one: host and name of the file where that is long, else its whole
/// address; without parameters, ending and size.
pub(super) fn key(url: &str) -> String {
    let file = file_of(url);
    let stem = stem_of(&file);
    let host = file.split('/').nth(2).unwrap_or_default();
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    if stem.len() >= LONG_STEM_BYTES && stem.contains(['-', '_']) {
        format!("{host}/{stem}")
    } else {
        format!("{folder}/{stem}")
    }
}
