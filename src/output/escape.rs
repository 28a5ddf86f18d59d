//! Text as Markdown: whatever it holds is read as itself.

use crate::article::details::Link;

/// Lines of text with their links, parted by hard breaks. `indent` goes before each but the first.
/// `start` is where the text begins in the article's, as links count.
pub(super) fn lines(text: &str, links: &[Link], start: usize, indent: &str) -> String {
    let text = escaped(text, links, start, Place::Block);
    text.replace('\n', &format!("  \n{indent}"))
}

/// The text of a heading.
pub(super) fn heading(text: &str, links: &[Link], start: usize) -> String {
    escaped(text, links, start, Place::Heading).replace('\n', " ")
}

/// Text inside of a line, perhaps in a table's cell.
pub(super) fn inline(text: &str, in_cell: bool) -> String {
    let place = if in_cell { Place::Cell } else { Place::Line };
    escaped(text, &[], 0, place).replace('\n', " ")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Lines that could open a block.
    Block,
    Heading,
    Cell,
    Line,
}

/// Escapes what Markdown would read as its own (`CommonMark` §2.4): always what makes emphasis,
/// code, links and HTML; what opens a block only where it could.
fn escaped(text: &str, links: &[Link], start: usize, place: Place) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut links = links.iter().peekable();
    let mut open: Option<&Link> = None;
    let mut before = '\n';
    // Digits since the start of the line, as long as there was nothing else.
    let mut number = Some(0);
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        open = close(&mut out, open, start + at);
        if open.is_none()
            && let Some(link) = links.next_if(|link| link.text_range[0] <= start + at)
        {
            out.push('[');
            open = Some(link);
        }
        let after = rest.peek().map(|&(_, after)| after);
        let starts_link = |link: &&Link| link.text_range[0] == start + at + c.len_utf8();
        let must = match c {
            '*' | '`' | '[' | ']' | '<' | '\\' | '~' => true,
            // Inside a word it is no emphasis.
            '_' => !(before.is_alphanumeric() && after.is_some_and(char::is_alphanumeric)),
            '&' => names_character(text.get(at + 1..).unwrap_or_default()),
            '!' => links.peek().is_some_and(starts_link),
            '#' if place == Place::Heading => true,
            '|' => place == Place::Cell || before == '\n',
            '#' | '+' | '-' | '>' | '=' | ':' => place == Place::Block && before == '\n',
            '.' | ')' => place == Place::Block && number.is_some_and(|digits| digits > 0),
            _ => false,
        };
        if must {
            out.push('\\');
        }
        out.push(c);
        number = match c {
            '\n' => Some(0),
            c if c.is_ascii_digit() => number.map(|digits| digits + 1),
            _ => None,
        };
        before = c;
    }
    close(&mut out, open, start + text.len());
    out
}

/// Ends a link that goes no further than `at`.
fn close<'l>(out: &mut String, open: Option<&'l Link>, at: usize) -> Option<&'l Link> {
    let link = open?;
    if at < link.text_range[1] {
        return Some(link);
    }
    out.push_str("](");
    out.push_str(&destination(&link.url));
    out.push(')');
    None
}

/// The destination of a link or picture: between `<` and `>` where it holds brackets.
pub(super) fn destination(url: &str) -> String {
    let mut out = String::with_capacity(url.len() + 2);
    let mut after_and = false;
    for c in url.chars() {
        match c {
            ' ' => out.push_str("%20"),
            '<' => out.push_str("%3C"),
            '>' => out.push_str("%3E"),
            '\\' => out.push_str("%5C"),
            // Code goes before links.
            '`' => out.push_str("%60"),
            '&' => out.push('&'),
            _ => {
                if c == ';' && after_and {
                    escape_reference(&mut out);
                }
                out.push(c);
            }
        }
        after_and = c == '&' || (after_and && (c.is_ascii_alphanumeric() || c == '#'));
    }
    if out.contains(['(', ')']) {
        format!("<{out}>")
    } else {
        out
    }
}

/// Whether what follows a `&` makes it a character's name or number, known or not.
fn names_character(after: &str) -> bool {
    // "CounterClockwiseContourIntegral" is the longest (HTML Standard §13.5).
    const LONGEST: usize = 32;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '#';
    let end = after.find(|c| !is_name(c)).unwrap_or(after.len());
    (1..=LONGEST).contains(&end) && after.get(end..).is_some_and(|rest| rest.starts_with(';'))
}

/// Keeps what stands after the last `&` from being read as a character's name.
fn escape_reference(out: &mut String) {
    if let Some(at) = out.rfind('&') {
        out.insert(at, '\\');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_as_itself() {
        for (text, want) in [
            (
                "snake_case, _this_ and 2*3",
                "snake_case, \\_this\\_ and 2\\*3",
            ),
            ("1. is how it starts", "1\\. is how it starts"),
            ("In 1903. Then", "In 1903. Then"),
            ("- a\n+ b\n# c", "\\- a  \n\\+ b  \n\\# c"),
            ("AT&T; R & D; &amp;", "AT\\&T; R & D; \\&amp;"),
            ("Q&A, Q&A", "Q&A, Q&A"),
            ("a | b\n:-- | --:", "a | b  \n\\:-- | --:"),
        ] {
            assert_eq!(lines(text, &[], 0, ""), want);
        }
        assert_eq!(heading("C# ##", &[], 0), "C\\# \\#\\#");
        assert_eq!(inline("a|b \\| c", true), "a\\|b \\\\\\| c");
    }

    #[test]
    fn links_stand_where_they_are() {
        let link = |from, to, url: &str| Link {
            text_range: [from, to],
            url: url.to_owned(),
        };
        let links = [
            link(14, 20, "https://x.example/a_(b)"),
            link(20, 21, "https://x.example/?a=1&copy;=2&b"),
        ];
        assert_eq!(
            lines("See bridge!", &links, 10, ""),
            "See [bridge](<https://x.example/a_(b)>)[!](https://x.example/?a=1\\&copy;=2&b)"
        );
    }
}
