//! Lists of URLs: one a line, blank lines and `#` comments skipped, and what follows a tab.

use std::io::{self, BufRead};

/// A line of a list that asks for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The line, white space around it gone.
    pub text: String,
    /// `FILE:LINE`, for messages.
    pub place: String,
}

/// Reads a list; `name` is how messages call it.
///
/// # Errors
///
/// When the list cannot be read. Bytes that are no UTF-8 are not an error here: they make a line
/// that is no URL.
pub fn read_list(mut list: impl BufRead, name: &str) -> io::Result<Vec<Line>> {
    let mut lines = Vec::new();
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        if list.read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_start_matches('\u{feff}').trim();
        // `discover` puts date and title there.
        let text = text.split('\t').next().unwrap_or(text).trim_end();
        if !text.is_empty() && !text.starts_with('#') {
            lines.push(Line {
                text: text.to_owned(),
                place: format!("{name}:{number}"),
            });
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_and_comments_are_skipped_and_places_kept() {
        let list = b"\xef\xbb\xbfhttp://a.example/#top\r\n\n  # comment\n\xff\n http://b.example/ ";
        let lines = read_list(&list[..], "l.txt").unwrap();
        let got: Vec<_> = lines
            .iter()
            .map(|line| (line.text.as_str(), line.place.as_str()))
            .collect();
        assert_eq!(
            got,
            [
                ("http://a.example/#top", "l.txt:1"),
                ("\u{fffd}", "l.txt:4"),
                ("http://b.example/", "l.txt:5")
            ]
        );
    }
}
