//! What a crawl keeps of what goes over the wire, and what is made of it afterwards.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::{GzEncoder, ZlibEncoder};
use serde_json::Value;

use crate::farm::{Host, Reply, article};
use crate::tool::{Ran, command, crawl, field, parse, records, run};

/// A record of an archive, as text.
pub(crate) struct Kept(String);

impl Kept {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut lines = self.0.split("\r\n\r\n").next()?.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The status code of a response.
    pub(crate) fn code(&self) -> Option<&str> {
        self.0.split("\r\n\r\n").nth(1)?.split(' ').nth(1)
    }

    fn is(&self, kind: &str) -> bool {
        self.field("WARC-Type") == Some(kind)
    }
}

/// The archive's files.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    files
}

/// The records of bytes that are whole members, one a record.
pub(crate) fn kept(bytes: &[u8]) -> Vec<Kept> {
    let mut text = Vec::new();
    MultiGzDecoder::new(bytes).read_to_end(&mut text).unwrap();
    let text = String::from_utf8_lossy(&text);
    let records = text.split("\r\n\r\nWARC/1.1\r\n");
    records.map(|record| Kept(record.to_owned())).collect()
}

fn all_kept(folder: &Path) -> Vec<Kept> {
    let files = files(folder).into_iter();
    files
        .flat_map(|file| kept(&fs::read(file).unwrap()))
        .collect()
}

fn clean(folder: &Path) -> Ran {
    run(&["clean", folder.to_str().unwrap(), "-q"])
}

fn packed(mut encoder: impl Write, body: &str) {
    encoder.write_all(body.as_bytes()).unwrap();
}

fn gzip(body: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    packed(GzEncoder::new(&mut bytes, Compression::default()), body);
    bytes
}

fn zlib(body: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    packed(ZlibEncoder::new(&mut bytes, Compression::default()), body);
    bytes
}

fn chunked(body: &[u8]) -> Vec<u8> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\
                Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
    let chunks = body
        .chunks(50)
        .map(|chunk| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
    let chunks: Vec<u8> = chunks.flatten().collect();
    [head.as_bytes(), &chunks, b"0\r\n\r\n"].concat()
}

/// A site with everything that a crawl and its archive might read differently.
fn motley(path: &str) -> Reply {
    let encoded = |coding, body| Reply::html(body).with("Content-Encoding", coding);
    match path {
        "/robots.txt" => Reply::status(403).body("no"),
        "/gzip" => encoded("gzip", gzip(&article("gzip"))).with("Set-Cookie", "id=secret"),
        "/deflate" => encoded("deflate", zlib(&article("deflate"))),
        "/zstd" => encoded(
            "zstd",
            zstd::encode_all(article("zstd").as_bytes(), 3).unwrap(),
        ),
        "/chunked" => Reply::Raw(chunked(&gzip(&article("chunks")))),
        "/latin" => {
            let body: Vec<u8> = article("Brücke").chars().map(|c| c as u8).collect();
            Reply::status(200)
                .with("Content-Type", "text/html; charset=iso-8859-1")
                .with("X-Robots-Tag", "noarchive")
                .body(body)
        }
        "/moved" => Reply::redirect("/there?x=1"),
        "/gone" => Reply::status(404).body("<p>It is gone"),
        "/feed" => Reply::status(200).body(
            "<rss><channel><language>de</language><item><link>/told</link><title>Die Brücke</title>\
             <author>Mara Lindt</author></item></channel></rss>",
        ),
        "/told" => Reply::html(
            "<p>A page of few words, which says nothing of itself at all.</p>".repeat(3),
        ),
        path => Reply::html(article(path)).with("ETag", "\"e\""),
    }
}

#[test]
fn a_crawl_and_its_archive_give_the_same_records() {
    let dir = tempfile::tempdir().unwrap();
    let (out, folder) = (dir.path().join("news"), dir.path().join("kept"));
    let host = Host::start(1, |asked| motley(&asked.path));
    let paths = [
        "/plain", "/gzip", "/deflate", "/zstd", "/chunked", "/latin", "/moved", "/gone",
    ];
    let mut urls: Vec<String> = paths.iter().map(|path| host.url(path)).collect();
    urls.push(host.url("/private").replace("http://", "http://ann:pass@"));
    let keep = [
        "--keep-warc",
        folder.to_str().unwrap(),
        "--feed",
        &host.url("/feed"),
    ];
    let ran = crawl(&out, &urls, &keep);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);

    let crawled = records(&out.join("articles.jsonl"));
    assert_eq!(crawled.len(), 9);
    let ran = clean(&folder);
    let cleaned = parse(&ran.stdout);
    let by_url = |records: &[Value]| {
        let mut records: Vec<Value> = records.to_vec();
        for record in &mut records {
            record.as_object_mut().unwrap().remove("source");
        }
        records.sort_by_key(|record| record["url"].to_string());
        records
    };
    let (articles, failures): (Vec<_>, Vec<_>) = cleaned
        .into_iter()
        .partition(|record| record["status"] == "ok");
    assert_eq!(by_url(&articles), by_url(&crawled));
    assert_eq!(field(&failures, "url"), [host.url("/gone")]);
    let told = crawled
        .iter()
        .find(|record| record["url"] == host.url("/told"));
    assert_eq!(
        told.unwrap()["title"],
        "Die Brücke",
        "the feed is asked, too"
    );

    let records = all_kept(&folder);
    assert!(records[0].is("warcinfo") || records[0].0.contains("warcinfo"));
    for record in &records {
        let text = record.0.to_lowercase();
        for secret in ["secret", "ann:pass", "authorization", "cookie"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    let responses = records.iter().filter(|record| record.is("response"));
    let codes: Vec<_> = responses.filter_map(Kept::code).collect();
    // robots.txt, the feed, ten pages, one of them over a redirect, and one that is gone.
    assert_eq!(codes.len(), 13);
    assert_eq!(codes.iter().filter(|code| **code == "200").count(), 10);
    let chunks = records
        .iter()
        .find(|record| record.0.contains("x-crawl-transfer-encoding: chunked"));
    assert!(chunks.unwrap().0.contains("content-length: "));
}

#[test]
fn what_is_the_same_is_kept_once() {
    let dir = tempfile::tempdir().unwrap();
    let (out, folder) = (dir.path().join("news"), dir.path().join("kept"));
    let round = Arc::new(AtomicU32::new(0));
    let now = round.clone();
    let host = Host::start(1, move |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::html("User-agent: *\nDisallow: /no"),
        "/changes" => Reply::html(article(&format!("round {}", now.load(Ordering::SeqCst)))),
        "/tagged" if asked.header("if-none-match").is_some() => {
            Reply::status(304).with("ETag", "\"e\"")
        }
        "/tagged" => Reply::html(article("tags")).with("ETag", "\"e\""),
        path => Reply::html(article(path)),
    });
    let urls = ["/same", "/changes", "/tagged"].map(|path| host.url(path));
    let keep = ["--keep-warc", folder.to_str().unwrap(), "--refresh"];
    // The first time nothing is kept: what is then asked again has to come whole.
    assert_eq!(crawl(&out, &urls, &[]).code, Some(0));
    assert_eq!(crawl(&out, &urls, &keep).code, Some(0));
    let conditional = |host: &Host| {
        let asked = host.asked();
        let tagged = asked.iter().filter(|asked| asked.path == "/tagged");
        tagged
            .filter(|asked| asked.header("if-none-match").is_some())
            .count()
    };
    assert_eq!(conditional(&host), 0);
    round.store(1, Ordering::SeqCst);
    assert_eq!(crawl(&out, &urls, &keep).code, Some(0));
    assert_eq!(conditional(&host), 1);
    let records = all_kept(&folder);
    let mut kinds: Vec<(&str, &str)> = records
        .iter()
        .filter(|record| !record.is("request"))
        .filter_map(|record| {
            let path = record.field("WARC-Target-URI")?.rsplit('/').next()?;
            let profile = record.field("WARC-Profile").unwrap_or("/response");
            Some((path, profile.rsplit('/').next()?))
        })
        .collect();
    kinds.sort_unstable();
    let want = [
        ("changes", "response"),
        ("changes", "response"),
        ("same", "identical-payload-digest"),
        ("same", "response"),
        ("tagged", "response"),
        ("tagged", "server-not-modified"),
    ];
    assert_eq!(kinds, want);
    for revisit in records.iter().filter(|record| record.is("revisit")) {
        let of = |name| move |record: &&Kept| record.field("WARC-Record-ID") == name;
        let earlier = records
            .iter()
            .find(of(revisit.field("WARC-Refers-To")))
            .unwrap();
        for (name, there) in [
            ("WARC-Refers-To-Target-URI", "WARC-Target-URI"),
            ("WARC-Refers-To-Date", "WARC-Date"),
            ("WARC-Payload-Digest", "WARC-Payload-Digest"),
        ] {
            assert_eq!(revisit.field(name), earlier.field(there));
        }
    }
}

#[test]
fn a_full_file_is_followed_by_another() {
    let dir = tempfile::tempdir().unwrap();
    let (out, folder) = (dir.path().join("news"), dir.path().join("kept"));
    let host = Host::articles(1);
    let flags = [
        "--keep-warc",
        folder.to_str().unwrap(),
        "--warc-size",
        "2kB",
    ];
    for n in 0..6 {
        assert_eq!(
            crawl(&out, &[host.url(&format!("/{n}"))], &flags).code,
            Some(0)
        );
    }
    let files = files(&folder);
    assert!(files.len() > 1);
    for (n, file) in files.iter().enumerate() {
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("news-20") && name.ends_with(&format!("-{:05}.warc.gz", n + 1)));
        let first = &kept(&fs::read(file).unwrap())[0];
        assert!(first.0.contains("WARC-Type: warcinfo") && first.0.contains(name));
    }
    assert_eq!(parse(&clean(&folder).stdout).len(), 6);
}

#[test]
fn jobs_share_a_folder_beside_their_configuration() {
    let dir = tempfile::tempdir().unwrap();
    let host = Host::articles(1);
    let job = |name: &str| {
        let (url, out) = (host.url(&format!("/{name}")), format!("out/{name}"));
        format!("[[jobs]]\nname = {name:?}\nurls = [{url:?}]\nout = {out:?}\n")
    };
    let config = format!(
        "[crawl]\nallow_network = [\"127.0.0.0/8\"]\ndelay = \"1ms\"\n[output]\nkeep_warc = \"kept\"\n{}{}",
        job("one"),
        job("two")
    );
    let path = dir.path().join("jobs.toml");
    fs::write(&path, config).unwrap();
    let ran = run(&["run", "--once", "--config", path.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let folder = dir.path().join("kept");
    assert_eq!(files(&folder).len(), 2);
    let list = fs::read_to_string(dir.path().join("out/one/state/archives.txt")).unwrap();
    assert!(
        list.lines().count() == 1 && list.contains("one-20"),
        "{list}"
    );
    assert_eq!(parse(&clean(&folder).stdout).len(), 2);
}

/// Group 53: a disk that is full.
#[cfg(unix)]
#[test]
fn an_archive_that_cannot_be_written_ends_the_crawl_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let (out, folder) = (dir.path().join("news"), dir.path().join("kept"));
    let mut random = fastrand::Rng::with_seed(7);
    let noise: String = std::iter::repeat_with(|| random.alphanumeric())
        .take(500_000)
        .collect();
    let host = Host::start(1, move |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        path => Reply::html(format!("{}<!-- {path} {noise} -->", article(path))),
    });
    let urls: Vec<String> = (0..16).map(|n| host.url(&format!("/{n}"))).collect();
    let flags = ["--keep-warc", folder.to_str().unwrap()];
    // No file beyond 2 or 4 MB, as the shell counts; the archive is the only one to come near.
    let limited = command().get_program().to_owned();
    let ran = std::process::Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 4096; exec \"$0\" \"$@\""])
        .arg(limited)
        .args([
            "crawl",
            "-o",
            out.to_str().unwrap(),
            "--allow-network",
            "127.0.0.0/8",
        ])
        .args(["--delay", "1ms", "--retries", "0"])
        .args(flags)
        .args(&urls)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(4), "{stderr}");
    assert!(stderr.contains(".warc.gz"), "it is named: {stderr}");
    let before = records(&out.join("articles.jsonl")).len();
    assert!(before < 16);
    assert_eq!(crawl(&out, &urls, &flags).code, Some(0));
    let articles = records(&out.join("articles.jsonl"));
    let mut got = field(&articles, "url");
    got.sort_unstable();
    let mut want: Vec<&str> = urls.iter().map(String::as_str).collect();
    want.sort_unstable();
    assert_eq!(got, want);
    let cleaned = parse(&clean(&folder).stdout);
    let mut got = field(&cleaned, "url");
    got.sort_unstable();
    assert_eq!(got, want, "each page once");
}

/// A crawl that was asked twice, with a page that changed in between, one of two pages, and one that
/// was reached over a redirect.
fn crawled(dir: &Path) -> (Host, PathBuf) {
    let out = dir.join("news");
    let round = Arc::new(AtomicU32::new(0));
    let now = round.clone();
    let host = Host::start(1, move |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        "/changes" => Reply::html(article(&format!("round {}", now.load(Ordering::SeqCst)))),
        "/long" => Reply::html(article("two pages") + "<a href='/long?page=2'>2</a>"),
        "/long?page=2" => Reply::html(article("the second page")),
        "/moved" => Reply::redirect("/there"),
        path => Reply::html(article(path)),
    });
    let urls = ["/plain", "/changes", "/long", "/moved"].map(|path| host.url(path));
    let folder = out.join("warc");
    let keep = ["--keep-warc", folder.to_str().unwrap()];
    assert_eq!(crawl(&out, &urls, &keep).code, Some(0));
    round.store(1, Ordering::SeqCst);
    assert_eq!(
        crawl(&out, &urls, &[&keep[..], &["--refresh"]].concat()).code,
        Some(0)
    );
    (host, out)
}

#[test]
fn what_was_kept_gives_the_same_again() {
    let dir = tempfile::tempdir().unwrap();
    let (host, out) = crawled(dir.path());
    let asked = host.asked().len();
    let new = dir.path().join("new.jsonl");
    let (out, new) = (out.to_str().unwrap(), new.to_str().unwrap());
    let ran = run(&["reextract", out, "-o", new, "--format", "jsonl"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let lines = parse(&ran.stdout);
    let [totals] = &lines[..] else {
        panic!("{}", ran.stdout)
    };
    assert_eq!(totals["outcomes"], serde_json::json!({"same": 4}));
    assert_eq!(
        (&totals["before"], &totals["not_kept"]),
        (&4.into(), &0.into())
    );
    assert_eq!(host.asked().len(), asked, "nobody is asked");
    // The last version of each, articles of several pages joined.
    let last = |records: Vec<Value>| {
        let mut last = std::collections::BTreeMap::new();
        for mut record in records {
            // What only the crawl knows.
            for key in ["source", "change"] {
                record.as_object_mut().unwrap().remove(key);
            }
            let warnings = record["warnings"].as_array_mut();
            warnings.unwrap().retain(|warning| warning != "silent_edit");
            last.insert(record["id"].to_string(), record);
        }
        last
    };
    let before = last(records(&Path::new(out).join("articles.jsonl")));
    assert_eq!(last(records(Path::new(new))), before);
    assert!(before.values().any(|record| record["pages"].is_array()));
    assert!(before.values().any(|record| record["version"] == 2));
}

#[test]
fn what_changed_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let (host, out) = crawled(dir.path());
    let before = records(&out.join("articles.jsonl"));
    let edited = before.iter().filter_map(|record| {
        let mut record = record.clone();
        let url = record["url"].as_str()?.to_owned();
        if url == host.url("/plain") {
            return None;
        }
        if url == host.url("/moved") {
            record["title"] = "Another title".into();
        }
        if url == host.url("/changes") {
            let longer = format!("{} And more.", record["text"].as_str()?);
            record["text"] = longer.into();
            record["word_count"] = (record["word_count"].as_u64()? + 2).into();
        }
        Some(record.to_string() + "\n")
    });
    let against = dir.path().join("before.jsonl");
    let not_kept = before[0]
        .to_string()
        .replace(before[0]["id"].as_str().unwrap(), "0000000000000001");
    fs::write(&against, edited.collect::<String>() + &not_kept + "\n").unwrap();
    let (archive, against) = (out.join("warc"), against.to_str().unwrap());
    let archive = archive.to_str().unwrap();
    let ran = run(&[
        "reextract",
        archive,
        "--against",
        against,
        "--format",
        "jsonl",
    ]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let mut lines = parse(&ran.stdout);
    let totals = lines.pop().unwrap();
    let told = |path: &str| {
        let url = host.url(path);
        let told = lines.iter().find(|line| line["url"] == url);
        told.map(|line| (line["outcome"].as_str().unwrap(), &line["changed"]))
    };
    let none = serde_json::json!([]);
    let title = serde_json::json!(["title"]);
    assert_eq!(told("/plain"), Some(("gained", &none)));
    assert_eq!(told("/moved"), Some(("metadata", &title)));
    assert_eq!(told("/changes"), Some(("shorter", &none)));
    assert_eq!(told("/long"), None, "the same is not told");
    assert_eq!(
        (&totals["not_kept"], &totals["before"]),
        (&1.into(), &4.into())
    );
    assert_eq!(totals["words"]["shorter"], -2);

    let ran = run(&["reextract", archive, "--against", against, "-v"]);
    assert!(
        ran.stdout.contains("Another") || ran.stdout.contains("(title)"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("3 articles before") || ran.stdout.contains("4 articles before"));

    // A rule that finds nothing where there was something, and only some words of another page.
    let config = dir.path().join("rules.toml");
    let domain = host.address.ip();
    fs::write(
        &config,
        format!("[[sites]]\ndomain = \"{domain}\"\nbody = \"h4\"\n"),
    )
    .unwrap();
    let config = config.to_str().unwrap();
    let ran = run(&[
        "reextract",
        out.to_str().unwrap(),
        "--config",
        config,
        "--format",
        "jsonl",
    ]);
    let lost = parse(&ran.stdout);
    let totals = lost.last().unwrap();
    assert_eq!(totals["outcomes"]["same"], Value::Null, "{}", ran.stdout);
}

#[test]
fn what_was_not_kept_cannot_be_extracted_again() {
    let dir = tempfile::tempdir().unwrap();
    let host = Host::articles(1);
    let out = dir.path().join("news");
    assert_eq!(crawl(&out, &[host.url("/1")], &[]).code, Some(0));
    let out = out.to_str().unwrap();
    let ran = run(&["reextract", out]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains(out) && ran.stderr.contains("--keep-warc"),
        "{}",
        ran.stderr
    );
    let ran = run(&["reextract", out, "-o", "-"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    let ran = run(&["reextract", "no-such.warc.gz"]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert!(ran.stderr.contains("no-such.warc.gz"), "{}", ran.stderr);
}
