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

/// Crawls under a bound on the size of files that rises by `step`, then without one. A disk that is
/// full is played by that bound: the same calls fail, with "file too large" instead of "no space
/// left". Gives what was said.
fn crawl_as_the_disk_grows(out: &Path, from: usize, step: usize, hosts: [u8; 4]) -> String {
    let hosts = hosts.map(Host::articles);
    let urls: Vec<String> = hosts
        .iter()
        .flat_map(|host| (0..40).map(|n| host.url(&format!("/{n}"))))
        .collect();
    let (mut full, mut said) = (0, String::new());
    for round in 0..8 {
        // In blocks of 512 bytes, as POSIX has it.
        let limit = format!("trap '' XFSZ; ulimit -f {}", (from + round * step) / 512);
        let (code, stderr) = crawl_under(&limit, out, &urls, &["--format", "md"]);
        assert!(matches!(code, Some(0 | 4)), "{limit}: {code:?} {stderr}");
        assert!(!stderr.contains("panicked"), "{limit}: {stderr}");
        full += usize::from(code == Some(4));
        said += &stderr;
    }
    assert!(full >= 4, "only {full} times: {said}");
    assert_eq!(crawl(out, &urls, &["--format", "md"]).code, Some(0));
    let articles = records(&out.join("articles.jsonl"));
    let mut got = field(&articles, "url");
    got.retain(|url| *url != "mine");
    got.sort_unstable();
    let mut want: Vec<&str> = urls.iter().map(String::as_str).collect();
    want.sort_unstable();
    assert_eq!(got, want, "every URL once");
    let texts = std::fs::read_dir(out.join("articles")).unwrap();
    assert_eq!(texts.count(), urls.len());
    said
}

#[test]
fn a_disk_that_is_full_of_state_ends_it_with_code_4_and_the_next_run_goes_on() {
    let out = tempfile::tempdir().unwrap();
    let said = crawl_as_the_disk_grows(out.path(), 0, 20 * 1024, [21, 22, 23, 24]);
    assert!(said.contains("frontier.sqlite"), "{said}");
}

#[test]
fn a_disk_that_is_full_of_output_ends_it_with_code_4_and_the_next_run_goes_on() {
    const THERE: usize = 16 << 20;
    let out = tempfile::tempdir().unwrap();
    let mine = format!("{{\"url\":\"mine\",\"text\":\"{}\"}}\n", "x".repeat(THERE));
    std::fs::write(out.path().join("articles.jsonl"), &mine).unwrap();
    let said = crawl_as_the_disk_grows(out.path(), mine.len(), 8 * 1024, [51, 52, 53, 54]);
    assert!(said.contains("articles.jsonl"), "{said}");
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
    assert_eq!(
        records(&out.path().join("articles.jsonl")).len(),
        urls.len()
    );
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
