//! Saved pages: files, folders with all below them, standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use url::Url;
use walkdir::WalkDir;

use super::url_map::UrlMap;
use super::warc::{self, Capture, Damage, Region};
use crate::failure::{Failure, Status};
use crate::page::{BodyKind, Page, Source};

/// Files that are looked for in folders, unless the user says which.
pub const DEFAULT_GLOBS: [&str; 8] = [
    "*.html",
    "*.htm",
    "*.xhtml",
    "*.txt",
    "*.warc",
    "*.warc.gz",
    "*.warc.zst",
    "*.warc.zstd",
];

/// Largest file that is read, in bytes.
pub const FILE_BYTES_MAX: u64 = 256 << 20;

/// What to read, and the addresses of it.
#[derive(Debug, Default)]
pub struct Options {
    /// Which files of a folder; none for every file. [`DEFAULT_GLOBS`] is the usual choice.
    pub globs: Option<GlobSet>,
    /// Address of named files and of stdin; of a folder, to which each file's path is joined.
    pub base_url: Option<Url>,
    /// Addresses by file.
    pub url_map: Option<UrlMap>,
    /// Which files and folders within a folder are passed over, with all below them.
    pub passes_over: Option<fn(&Path) -> bool>,
}

/// Compiles patterns. One without `/` is matched by the name alone, wherever the file is.
///
/// # Errors
///
/// The pattern that is wrong, and why.
pub fn globs<S: AsRef<str>>(patterns: &[S]) -> Result<GlobSet, globset::Error> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let pattern = pattern.as_ref();
        let anywhere = if pattern.contains('/') {
            pattern.to_owned()
        } else {
            format!("**/{pattern}")
        };
        set.add(
            GlobBuilder::new(&anywhere)
                .case_insensitive(true)
                .literal_separator(true)
                .build()?,
        );
    }
    set.build()
}

/// One input of `clean`, not read yet.
#[derive(Debug)]
pub enum Input {
    /// Standard input.
    Stdin,
    /// A file.
    File {
        /// Where it is.
        path: PathBuf,
        /// Its path below the folder that the user named; none for a named file.
        below: Option<PathBuf>,
    },
    /// A response of an archive.
    Capture(Box<Capture>),
    /// What is broken in an archive.
    Damaged(Box<Damage>),
    /// What could not even be looked at.
    Unusable {
        /// Where it is.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// All inputs below the named paths, in order; those of a folder sorted by name.
pub fn list<'a>(
    paths: &'a [PathBuf],
    options: &'a Options,
) -> impl Iterator<Item = Input> + Send + 'a {
    paths
        .iter()
        .flat_map(move |path| -> Box<dyn Iterator<Item = Input> + Send> {
            if path.as_os_str() == "-" {
                Box::new(std::iter::once(Input::Stdin))
            } else if path.is_dir() {
                Box::new(walk(path, options))
            } else {
                Box::new(std::iter::once(Input::File {
                    path: path.clone(),
                    below: None,
                }))
            }
        })
}

/// A part of the work of many threads.
#[derive(Debug)]
pub enum Work {
    /// One input.
    Input(Input),
    /// A part of an archive, which has several.
    Region(Region),
}

/// The inputs with those of archives in the archives' place, where several threads may read one.
///
/// `passed_over` counts the records of archives that hold no page, those of regions aside.
pub fn work(
    inputs: impl Iterator<Item = Input> + Send,
    passed_over: &Arc<AtomicU64>,
) -> impl Iterator<Item = Work> + Send {
    inputs.flat_map(move |input| -> Box<dyn Iterator<Item = Work> + Send> {
        match input {
            Input::File { path, .. } if warc::is_archive(&path) => {
                warc::work(path, Arc::clone(passed_over))
            }
            input => Box::new(std::iter::once(Work::Input(input))),
        }
    })
}

/// The inputs with those of archives in the archives' place.
///
/// `passed_over` counts the records of archives that hold no page.
pub fn opened(
    inputs: impl Iterator<Item = Input> + Send,
    passed_over: &Arc<AtomicU64>,
) -> impl Iterator<Item = Input> + Send {
    inputs.flat_map(move |input| -> Box<dyn Iterator<Item = Input> + Send> {
        match input {
            Input::File { path, .. } if warc::is_archive(&path) => {
                Box::new(warc::inputs(path, Arc::clone(passed_over)))
            }
            input => Box::new(std::iter::once(input)),
        }
    })
}

fn walk<'a>(root: &'a Path, options: &'a Options) -> impl Iterator<Item = Input> + Send + 'a {
    // Links are followed; walkdir reports those that lead back.
    WalkDir::new(root)
        .follow_links(true)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| {
            let passes_over = options.passes_over.filter(|_| entry.depth() > 0);
            !passes_over.is_some_and(|passes_over| passes_over(entry.path()))
        })
        .filter_map(move |entry| match entry {
            Ok(entry) => {
                let below = entry.path().strip_prefix(root).ok()?.to_owned();
                let wanted = options
                    .globs
                    .as_ref()
                    .is_none_or(|globs| globs.is_match(&below));
                // Pipes and devices in a folder would hang or never end.
                (entry.file_type().is_file() && wanted).then(|| Input::File {
                    path: entry.into_path(),
                    below: Some(below),
                })
            }
            Err(error) => {
                let path = error.path().unwrap_or(root).to_owned();
                Some(Input::Unusable {
                    path,
                    error: error.into(),
                })
            }
        })
}

/// Reads an input into a page.
///
/// # Errors
///
/// A failure that names the file.
pub fn read(input: Input, options: &Options) -> Result<Page, Box<Failure>> {
    let body = bytes(&input);
    page_of(input, body, options)
}

/// The bytes of a file or of standard input; those of an archive are there already.
///
/// # Errors
///
/// When they cannot be read, or are more than [`FILE_BYTES_MAX`].
pub fn bytes(input: &Input) -> io::Result<Vec<u8>> {
    match input {
        Input::Stdin => read_all(io::stdin().lock()),
        Input::File { path, .. } => File::open(path).and_then(read_file),
        Input::Capture(_) | Input::Damaged(_) | Input::Unusable { .. } => Ok(Vec::new()),
    }
}

/// The same input once more, if its bytes may be yet to be written by somebody else: a pipe.
#[must_use]
pub fn that_may_wait(input: &Input) -> Option<Input> {
    match input {
        Input::Stdin => Some(Input::Stdin),
        Input::File { path, below } => may_wait(path).then(|| Input::File {
            path: path.clone(),
            below: below.clone(),
        }),
        Input::Capture(_) | Input::Damaged(_) | Input::Unusable { .. } => None,
    }
}

/// Whether what is there is neither a file nor a folder: a pipe, a device.
#[must_use]
pub fn may_wait(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|there| !there.is_file() && !there.is_dir())
}

/// The page of an input whose bytes were read.
///
/// # Errors
///
/// A failure that names the file.
pub fn page_of(
    input: Input,
    body: io::Result<Vec<u8>>,
    options: &Options,
) -> Result<Page, Box<Failure>> {
    let (source, url, is_text) = match input {
        Input::Stdin => {
            let url = options.base_url.as_ref().map(ToString::to_string);
            (Source::stdin(), url, true)
        }
        Input::File { path, below } => {
            let url = address(&path, below.as_deref(), options);
            let extension = path.extension();
            let is_text = extension.is_some_and(|extension| extension.eq_ignore_ascii_case("txt"));
            (Source::file(path.display().to_string()), url, is_text)
        }
        Input::Capture(capture) => return warc::page(*capture),
        Input::Damaged(damage) => return Err(Box::new(damage.into_failure())),
        Input::Unusable { path, error } => {
            let source = Source::file(path.display().to_string());
            return Err(Box::new(unusable(source, None, &error)));
        }
    };
    let body = body.map_err(|error| Box::new(unusable(source.clone(), url.clone(), &error)))?;
    let kind = if is_text && !looks_like_markup(&body) {
        BodyKind::PlainText
    } else {
        BodyKind::Html
    };
    Ok(page(source, url, kind, body))
}

fn page(source: Source, url: Option<String>, kind: BodyKind, body: Vec<u8>) -> Page {
    let page = Page {
        source,
        kind,
        ..Page::from_html(body)
    };
    match url {
        Some(url) => page.at(&url),
        None => page,
    }
}

/// The map's word first; else the base, to which a folder's files join their paths.
fn address(path: &Path, below: Option<&Path>, options: &Options) -> Option<String> {
    let mapped = options
        .url_map
        .as_ref()
        .and_then(|map| map.find(path, below));
    mapped.map(str::to_owned).or_else(|| {
        let base = options.base_url.as_ref()?;
        let Some(below) = below else {
            return Some(base.to_string());
        };
        // `./`, lest a name with a colon be read as an address of its own.
        base.join(&format!("./{}", relative_url(below)))
            .ok()
            .map(Url::into)
    })
}

/// A path as the relative URL of the same names: what is no `pchar` of RFC 3986 §3.3 is escaped.
fn relative_url(path: &Path) -> String {
    let names = path.components().map(|name| {
        let mut escaped = String::new();
        for &byte in name.as_os_str().as_encoded_bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte) {
                escaped.push(char::from(byte));
            } else {
                escaped += &format!("%{byte:02X}");
            }
        }
        escaped
    });
    names.collect::<Vec<_>>().join("/")
}

/// With room for all of it at once.
fn read_file(file: File) -> io::Result<Vec<u8>> {
    let bytes = file.metadata()?.len().min(FILE_BYTES_MAX);
    let room = usize::try_from(bytes).unwrap_or(0) + 1;
    read_into(Vec::with_capacity(room), file)
}

fn read_all(reader: impl Read) -> io::Result<Vec<u8>> {
    read_into(Vec::new(), reader)
}

fn read_into(mut body: Vec<u8>, reader: impl Read) -> io::Result<Vec<u8>> {
    reader.take(FILE_BYTES_MAX + 1).read_to_end(&mut body)?;
    if body.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("larger than {FILE_BYTES_MAX} bytes"),
        ));
    }
    Ok(body)
}

fn unusable(source: Source, url: Option<String>, error: &io::Error) -> Failure {
    let status = match error.kind() {
        io::ErrorKind::NotFound => Status::NotFound,
        io::ErrorKind::PermissionDenied => Status::Blocked,
        io::ErrorKind::FileTooLarge => Status::TooLarge,
        io::ErrorKind::UnexpectedEof => Status::Truncated,
        _ => Status::DecodeError,
    };
    let name = source
        .path
        .clone()
        .unwrap_or_else(|| "standard input".to_owned());
    Failure::of_source(source, url, status, format!("{name}: {error}"))
}

/// Tags that a page has near its start, and that no plain text quotes by chance.
const TELLING_TAGS: [&str; 16] = [
    "!doctype", "html", "head", "body", "title", "meta", "link", "script", "div", "p", "br",
    "span", "a", "article", "h1", "table",
];

/// Whether the start of a text holds a tag of a page.
fn looks_like_markup(body: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&body[..body.len().min(8192)])
        .replace('\0', "")
        .to_ascii_lowercase();
    head.split('<').skip(1).any(|tag| {
        let name = tag.trim_start_matches('/');
        let end = name
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '!')
            .unwrap_or(name.len());
        let (name, rest) = name.split_at(end);
        TELLING_TAGS.contains(&name) && rest.contains('>') && !rest.starts_with(['@', '.', ':'])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_names_anywhere() {
        let set = globs(&DEFAULT_GLOBS).unwrap();
        assert!(set.is_match("a/b.HTML") && set.is_match("c.txt") && !set.is_match("a.html.gz"));
        let set = globs(&["news/*.htm"]).unwrap();
        assert!(set.is_match("news/a.htm") && !set.is_match("news/x/a.htm"));
        assert!(globs(&["[a"]).is_err());
    }

    #[test]
    fn markup_is_told_from_text() {
        for html in ["<p>x", "text <br/>\nmore", "<!DOCTYPE html>", "<\0p\0>\0"] {
            assert!(looks_like_markup(html.as_bytes()), "{html}");
        }
        for text in [
            "a < b and c > d",
            "no tags",
            "",
            "I <3 you",
            "Ann <a@x.example>",
            "<quote>",
        ] {
            assert!(!looks_like_markup(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn addresses_of_files() {
        let options = Options {
            base_url: Url::parse("http://x.example/d/").ok(),
            ..Options::default()
        };
        let of = |below: Option<&str>| address(Path::new("any"), below.map(Path::new), &options);
        assert_eq!(of(None).as_deref(), Some("http://x.example/d/"));
        for (below, want) in [
            ("a b/c?d.html", "a%20b/c%3Fd.html"),
            ("news:a.html", "news:a.html"),
            ("http:/x.html", "http:/x.html"),
            ("50%25#1.html", "50%2525%231.html"),
            ("%2e%2e/a\tb\\c.html", "%252e%252e/a%09b%5Cc.html"),
            ("Brücke.html", "Br%C3%BCcke.html"),
        ] {
            let want = format!("http://x.example/d/{want}");
            assert_eq!(of(Some(below)), Some(want), "{below}");
        }
    }
}
