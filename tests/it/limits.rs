//! What a machine runs out of: disk, file descriptors, a reader.

#![cfg(unix)]

use std::path::Path;
use std::process::{Command, Stdio};

use crate::farm::{Host, Reply};
use crate::tool::{crawl, field, records};

/// A crawl of the farm by a shell that first runs `limit`.
fn crawl_under(limit: &str, out: &Path, urls: &[String], flags: &[&str]) -> (Option<i32>, String) {
    let ran = Command::new("sh")
        .args(["-c", &format!("{limit}; exec \"$@\""), "sh"])
        .arg(env!("CARGO_BIN_EXE_chaffinch"))
        .args(["crawl", "-q", "--retries", "0", "--delay", "1ms"])
        .args(["--allow-network", "127.0.0.0/8", "-o"])
        .arg(out)
        .args(flags)
        .args(urls)
        .stdin(Stdio::null())
        .output()
        .expect("a shell");
    (
        ran.status.code(),
        String::from_utf8_lossy(&ran.stderr).into_owned(),
    )
}

/// A disk that is full is played by a bound on the size of files: the same calls fail, with "file
/// too large" instead of "no space left". Each bound (in 512 bytes) lets it come a little
/// further: to the lock, the state, the output, the write-ahead log in mid-crawl.
#[test]
fn a_full_disk_ends_it_with_code_4_and_the_next_run_goes_on() {
    let out = tempfile::tempdir().unwrap();
    let hosts: Vec<Host> = (21..=24).map(Host::articles).collect();
    let urls: Vec<String> = hosts
        .iter()
        .flat_map(|host| (0..40).map(|n| host.url(&format!("/{n}"))))
        .collect();
    let mut codes = Vec::new();
    let mut named = String::new();
    for blocks in (0..400).step_by(40) {
        let limit = format!("trap '' XFSZ; ulimit -f {blocks}");
        let (code, stderr) = crawl_under(&limit, out.path(), &urls, &["--format", "md"]);
        assert!(matches!(code, Some(0 | 4)), "{blocks}: {code:?} {stderr}");
        assert!(!stderr.contains("panicked"), "{blocks}: {stderr}");
        codes.push(code);
        named += &stderr;
    }
    assert!(codes.iter().filter(|code| **code == Some(4)).count() >= 4, "{codes:?}");
    for file in ["frontier.sqlite", "articles.jsonl"] {
        assert!(named.contains(file), "{file} filled no disk: {named}");
    }
    assert_eq!(crawl(out.path(), &urls, &["--format", "md"]).code, Some(0));
    let articles = records(&out.path().join("articles.jsonl"));
    let mut got = field(&articles, "url");
    got.sort_unstable();
    let mut want: Vec<&str> = urls.iter().map(String::as_str).collect();
    want.sort_unstable();
    assert_eq!(got, want, "every URL once");
    let texts = std::fs::read_dir(out.path().join("articles")).unwrap();
    assert_eq!(texts.count(), urls.len());
}

/// Connections that wait for their host's next page hold descriptors, too.
#[test]
fn sixty_four_descriptors_are_enough() {
    let out = tempfile::tempdir().unwrap();
    let hosts: Vec<Host> = (30..=180).map(Host::articles).collect();
    let urls: Vec<String> = hosts
        .iter()
        .flat_map(|host| (0..2).map(|n| host.url(&format!("/{n}"))))
        .collect();
    let (code, stderr) = crawl_under("ulimit -n 64", out.path(), &urls, &[]);
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(records(&out.path().join("articles.jsonl")).len(), urls.len());
}

#[test]
fn a_reader_of_addresses_that_goes_away_is_no_failure() {
    let host = Host::start(25, |asked| match asked.path.as_str() {
        "/feed" => {
            let items: String = (0..20_000)
                .map(|n| format!("<item><link>/{n}</link></item>"))
                .collect();
            Reply::status(200).body(format!("<rss>{items}</rss>"))
        }
        _ => Reply::status(404),
    });
    let script = format!(
        "{} discover --allow-network 127.0.0.0/8 --delay 1ms --feed {} | head -n 1; exit ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_chaffinch"),
        host.url("/feed")
    );
    let ran = Command::new("bash").args(["-c", &script]).output().unwrap();
    let stderr = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(0), "{stderr}");
    assert_eq!(String::from_utf8_lossy(&ran.stdout).lines().count(), 1);
}
