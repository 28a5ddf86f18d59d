//! Character references (§13.2.5.72 to 80): `&amp;`, `&#38;`, `&#x26;`.

use html5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};

/// Longest name with its semicolon: `CounterClockwiseContourIntegral;`.
const NAME_BYTES_MAX: usize = 32;

/// Lengths of the names that need no semicolon: `lt` to `frac12`.
const BARE_BYTES: std::ops::RangeInclusive<usize> = 2..=6;

/// The characters of a reference, of which most are one.
type Chars = [Option<char>; 2];

/// What the reference whose `&` stands before `at` stands for, and where it ends; none for a `&` that
/// is only a `&`.
pub(super) fn read(html: &str, at: usize, in_attribute: bool) -> Option<(Chars, usize)> {
    match html.as_bytes().get(at)? {
        b'#' => numeric(html.as_bytes(), at + 1),
        byte if byte.is_ascii_alphanumeric() => named(html, at, in_attribute),
        _ => None,
    }
}

fn named(html: &str, at: usize, in_attribute: bool) -> Option<(Chars, usize)> {
    let rest = html.as_bytes().get(at..)?;
    let most = rest.len().min(NAME_BYTES_MAX);
    let letters = rest[..most]
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric());
    let len = letters.count();
    let name = |len: usize| html.get(at..at + len).and_then(entity);
    if rest.get(len) == Some(&b';')
        && let Some(Entity::Is(chars)) = name(len + 1)
    {
        return Some((chars, at + len + 1));
    }
    let (chars, len) = longest(*BARE_BYTES.end().min(&len), name)?;
    // For the sake of old links: `?a=1&copy=2` and `&notit` in an attribute are what they look like.
    let goes_on = |byte: &u8| *byte == b'=' || byte.is_ascii_alphanumeric();
    if in_attribute && rest.get(len).is_some_and(goes_on) {
        return None;
    }
    Some((chars, at + len))
}

/// The longest name without semicolon, of at most `most` bytes, and its length.
fn longest(most: usize, name: impl Fn(usize) -> Option<Entity>) -> Option<(Chars, usize)> {
    let mut found = None;
    for len in *BARE_BYTES.start()..=most {
        match name(len) {
            Some(Entity::Is(chars)) => found = Some((chars, len)),
            Some(Entity::Begins) => {}
            None => break,
        }
    }
    found
}

enum Entity {
    Is(Chars),
    /// No name, but how one begins.
    Begins,
}

fn entity(name: &str) -> Option<Entity> {
    let &(first, second) = NAMED_ENTITIES.get(name)?;
    let char = |code: u32| char::from_u32(code).filter(|&char| char != '\0');
    Some(match char(first) {
        Some(first) => Entity::Is([Some(first), char(second)]),
        None => Entity::Begins,
    })
}

fn numeric(bytes: &[u8], at: usize) -> Option<(Chars, usize)> {
    let is_hex = matches!(bytes.get(at), Some(b'x' | b'X'));
    let (from, base) = if is_hex { (at + 1, 16) } else { (at, 10) };
    let mut code = 0_u32;
    let mut end = from;
    while let Some(digit) = bytes
        .get(end)
        .and_then(|&byte| char::from(byte).to_digit(base))
    {
        code = code.saturating_mul(base).saturating_add(digit);
        end += 1;
    }
    if end == from {
        return None;
    }
    let after = end + usize::from(bytes.get(end) == Some(&b';'));
    Some(([Some(character(code)), None], after))
}

/// The numeric character reference end state: what is no character, and what windows-1252 meant.
fn character(code: u32) -> char {
    let c1 = code.checked_sub(0x80);
    let replaced = c1.and_then(|at| *C1_REPLACEMENTS.get(at as usize)?);
    let char = replaced.or_else(|| char::from_u32(code));
    char.filter(|&char| char != '\0').unwrap_or('\u{fffd}')
}
