//! The articles of an earlier output: JSON Lines, packed or not.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::article::Article;

/// The files of articles in a folder of output: those that were put aside, in their order, then the
/// one that grows.
///
/// # Errors
///
/// When the folder cannot be read.
pub fn files_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let stem = name.split_once(".jsonl").map_or("", |(stem, _)| stem);
        // By the number that they end with; the one that grows has none.
        let number = stem.strip_prefix("articles-");
        let number = number.and_then(|stem| stem.rsplit('-').next()?.parse::<u64>().ok());
        if stem == "articles" || number.is_some() {
            files.push((number.unwrap_or(u64::MAX), path));
        }
    }
    files.sort();
    Ok(files.into_iter().map(|(_, path)| path).collect())
}

/// The articles of a file; lines that are none, such as failures, are passed over.
///
/// # Errors
///
/// When the file cannot be opened; the last item when it cannot be read further.
pub fn articles(path: &Path) -> io::Result<impl Iterator<Item = io::Result<Article>> + use<>> {
    let file = BufReader::new(File::open(path)?);
    let ending = path.extension().unwrap_or_default();
    let unpacked: Box<dyn Read> = match ending.to_str() {
        Some("gz") => Box::new(MultiGzDecoder::new(file)),
        Some("zst") => Box::new(zstd::stream::read::Decoder::with_buffer(file)?),
        _ => Box::new(file),
    };
    let lines = BufReader::new(unpacked).split(b'\n');
    Ok(lines.filter_map(|line| match line {
        Ok(line) => serde_json::from_slice(&line).ok().map(Ok),
        Err(error) => Some(Err(error)),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_in_the_order_in_which_they_were_written() {
        let dir = tempfile::tempdir().unwrap();
        let names = [
            "articles-2026-11-23-0009.jsonl.zst",
            "articles-2026-11-24-0010.jsonl",
            "articles.jsonl",
        ];
        for name in names
            .iter()
            .chain(&["failures.jsonl", "articles", "articles.csv"])
        {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        let files = files_of(dir.path()).unwrap();
        let want: Vec<_> = names.iter().map(|name| dir.path().join(name)).collect();
        assert_eq!(files, want);
    }
}
