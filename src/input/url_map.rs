//! Which saved file came from which address: JSON Lines of `{"path", "url"}`.

use std::collections::HashMap;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Deserialize;

/// Addresses by file.
#[derive(Debug, Default)]
pub struct UrlMap {
    by_path: HashMap<PathBuf, Address>,
}

/// An address, and whether any file asked for it.
#[derive(Debug)]
struct Address {
    url: String,
    is_met: AtomicBool,
}

/// What is wrong with a map.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UrlMapError {
    /// It cannot be read.
    #[error("cannot read {name}")]
    Read {
        /// The map.
        name: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A line is no such object.
    #[error("{place}: not an object with \"path\" and \"url\"")]
    Line {
        /// `FILE:LINE`.
        place: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A line's address is none.
    #[error("{place}: not a URL: {url:?}")]
    Url {
        /// `FILE:LINE`.
        place: String,
        /// What it says.
        url: String,
    },
}

#[derive(Deserialize)]
struct Entry {
    path: PathBuf,
    url: String,
}

impl UrlMap {
    /// Reads a map; `name` is how messages call it.
    ///
    /// # Errors
    ///
    /// [`UrlMapError`] with the line that is wrong.
    pub fn read(map: impl BufRead, name: &Path) -> Result<Self, UrlMapError> {
        let shown = name.display();
        let mut by_path = HashMap::new();
        for (number, line) in map.lines().enumerate() {
            let line = line.map_err(|source| UrlMapError::Read {
                name: shown.to_string(),
                source,
            })?;
            let line = line.trim_start_matches('\u{feff}');
            if line.trim().is_empty() {
                continue;
            }
            let place = || format!("{shown}:{}", number + 1);
            let entry: Entry = serde_json::from_str(line).map_err(|source| UrlMapError::Line {
                place: place(),
                source,
            })?;
            if url::Url::parse(&entry.url).is_err() {
                let (place, url) = (place(), entry.url);
                return Err(UrlMapError::Url { place, url });
            }
            let address = Address {
                url: entry.url,
                is_met: AtomicBool::new(false),
            };
            by_path.insert(plain(&entry.path), address);
        }
        Ok(Self { by_path })
    }

    /// The address of a file: looked up as the user named it, by its place below the folder it
    /// was found in, and in full.
    #[must_use]
    pub fn find(&self, path: &Path, below: Option<&Path>) -> Option<&str> {
        let absolute = std::path::absolute(path).ok();
        let found = [Some(path), below, absolute.as_deref()]
            .into_iter()
            .flatten()
            .find_map(|path| self.by_path.get(&plain(path)))?;
        found.is_met.store(true, Ordering::Relaxed);
        Some(&found.url)
    }

    /// The files that nobody has looked up.
    #[must_use]
    pub fn unmet(&self) -> Vec<&Path> {
        let unmet = self.by_path.iter();
        unmet
            .filter(|(_, address)| !address.is_met.load(Ordering::Relaxed))
            .map(|(path, _)| path.as_path())
            .collect()
    }
}

/// Without `.` components, so that `./a.html` is `a.html`.
fn plain(path: &Path) -> PathBuf {
    path.components()
        .filter(|part| !matches!(part, std::path::Component::CurDir))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_any_of_their_names() {
        let lines = b"\xef\xbb\xbf{\"path\":\"./a.html\",\"url\":\"http://u/1\"}\n\n{\"path\":\"/abs/b.html\",\"url\":\"http://u/2\",\"more\":1}\n";
        let map = UrlMap::read(&lines[..], Path::new("m")).unwrap();
        assert_eq!(
            map.find(Path::new("dir/a.html"), Some(Path::new("a.html"))),
            Some("http://u/1")
        );
        assert_eq!(map.find(Path::new("/abs/b.html"), None), Some("http://u/2"));
        assert_eq!(map.find(Path::new("c.html"), None), None);
        assert!(map.unmet().is_empty());
        let map = UrlMap::read(&lines[..], Path::new("m")).unwrap();
        assert!(map.find(Path::new("a.html"), None).is_some());
        assert_eq!(map.unmet(), [Path::new("/abs/b.html")]);
    }

    #[test]
    fn a_bad_line_is_named() {
        for bad in [
            "nonsense",
            r#"{"path":"a","url":"not a url"}"#,
            r#"{"path":"a"}"#,
        ] {
            let lines = format!("{{\"path\":\"a\",\"url\":\"http://u/\"}}\n{bad}\n");
            let error = UrlMap::read(lines.as_bytes(), Path::new("m.jsonl")).unwrap_err();
            assert!(error.to_string().starts_with("m.jsonl:2: "), "{error}");
        }
    }
}
