//! What a crawl has as its own in its folder: nobody else writes there, and no cleaning reads it.

use std::path::{Path, PathBuf};

use super::RunError;

/// The first file that a crawl makes, and the one that knows how long the output is.
const STATE: [&str; 2] = ["state/lock", "state/frontier.sqlite"];
/// How the names begin of what a crawl writes: records and stores, whole or rotated, the report and
/// the state. Archives are read by everybody.
const NAMES: [&str; 4] = ["articles", "failures", "report.json", "state"];

/// Whether a folder is that of a crawl.
pub(super) fn is_crawl(folder: &Path) -> bool {
    STATE.iter().any(|name| folder.join(name).exists())
}

/// Whether a file or folder is a crawl's own, being right below its folder.
#[must_use]
pub fn is_own(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy());
    name.is_some_and(|name| NAMES.iter().any(|own| name.starts_with(own)))
        && is_crawl(path.parent().unwrap_or(Path::new("")))
}

/// Refuses to write there when it is a crawl's own, or below that.
///
/// # Errors
///
/// [`RunError::CrawlsOwn`] naming the path.
pub fn require_free(path: &Path) -> Result<(), RunError> {
    if resolved(path).ancestors().any(is_own) {
        return Err(RunError::CrawlsOwn(path.display().to_string()));
    }
    Ok(())
}

/// The path without links and dots as far as it is there.
fn resolved(path: &Path) -> PathBuf {
    if let Ok(path) = path.canonicalize() {
        return path;
    }
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let folder = folder.unwrap_or(Path::new(".")).canonicalize();
    match (folder, path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_crawls_own() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for (name, want) in [
            ("articles.jsonl", true),
            ("articles-20261128.jsonl.gz", true),
            ("articles/x.md", true),
            ("state/new/a.jsonl", true),
            ("state/../report.json", true),
            ("warc/a.warc.gz", false),
            ("status.html", false),
            ("clean/articles.jsonl", false),
        ] {
            let folder = at("crawl").join(name);
            std::fs::create_dir_all(folder.parent().unwrap()).unwrap();
            std::fs::write(at("crawl/state/lock"), "").unwrap();
            assert_eq!(require_free(&folder).is_err(), want, "{name}");
        }
        assert!(require_free(&at("articles.jsonl")).is_ok(), "no crawl");
    }
}
