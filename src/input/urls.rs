//! Lists of URLs: one a line, blank lines and `#` comments skipped, and what follows a tab.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;

use super::files::may_wait;

/// A line of a list that asks for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The line, white space around it gone.
    pub text: String,
    /// `FILE:LINE`, for messages.
    pub place: String,
}

/// A list that is read when its turn comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum List {
    /// A file.
    File(PathBuf),
    /// What is piped in.
    Stdin,
}

impl List {
    /// How messages call it.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Stdin => "stdin".to_owned(),
        }
    }

    /// Whether somebody else may have yet to write it: a pipe.
    #[must_use]
    pub fn may_wait(&self) -> bool {
        match self {
            Self::File(path) => may_wait(path),
            Self::Stdin => true,
        }
    }

    /// Opens it, so that one that is not there is told before anything is asked.
    ///
    /// # Errors
    ///
    /// When it cannot be opened.
    pub fn open(&self) -> io::Result<Lines<Box<dyn BufRead + Send>>> {
        let list: Box<dyn BufRead + Send> = match self {
            Self::File(path) => Box::new(BufReader::new(File::open(path)?)),
            Self::Stdin => Box::new(BufReader::new(io::stdin())),
        };
        Ok(Lines::of(list, &self.name()))
    }
}

/// The lines of a list, one by one: a list of ten million is never whole in memory.
///
/// Each is an error when the list cannot be read on. Bytes that are no UTF-8 are not an error here:
/// they make a line that is no URL.
#[derive(Debug)]
pub struct Lines<R> {
    list: R,
    name: String,
    number: u64,
    bytes: Vec<u8>,
}

impl<R> Lines<R> {
    /// The lines of `list`, which messages call `name`.
    pub fn of(list: R, name: &str) -> Self {
        Self {
            list,
            name: name.to_owned(),
            number: 0,
            bytes: Vec::new(),
        }
    }

    /// How messages call the list.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = io::Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.bytes.clear();
            match self.list.read_until(b'\n', &mut self.bytes) {
                Ok(0) => return None,
                Ok(_) => self.number += 1,
                Err(error) => return Some(Err(error)),
            }
            let text = String::from_utf8_lossy(&self.bytes);
            let text = text.trim_start_matches('\u{feff}').trim();
            // `discover` puts date and title there.
            let text = text.split('\t').next().unwrap_or(text).trim_end();
            if !text.is_empty() && !text.starts_with('#') {
                return Some(Ok(Line {
                    text: text.to_owned(),
                    place: format!("{}:{}", self.name, self.number),
                }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_and_comments_are_skipped_and_places_kept() {
        let list = b"\xef\xbb\xbfhttp://a.example/#top\r\n\n  # comment\n\xff\n http://b.example/ ";
        let lines: Vec<Line> = Lines::of(&list[..], "l.txt").map(Result::unwrap).collect();
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
