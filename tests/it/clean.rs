//! `chaffinch clean` on files, folders, standard input and text dumps.

use std::fs;
use std::path::Path;

use crate::farm::{Host, article};
use crate::tool::{
    command, crawl, field, parse, records, run, run_in, run_unheard, run_with_stdin,
};

fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn write(dir: &Path, name: &str, text: impl AsRef<[u8]>) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn a_folder_gives_a_record_for_every_page_in_order() {
    let dir = scratch();
    for (name, text) in [
        ("b/2.html", article("two")),
        ("a.htm", article("one")),
        ("b/1.HTML", article("three")),
        ("skip.css", "p{}".into()),
    ] {
        write(dir.path(), name, text);
    }
    write(dir.path(), "c.html", "<p>Too short.");
    let ran = run(&["clean", dir.path().to_str().unwrap()]);
    let records = parse(&ran.stdout);
    let paths: Vec<&str> = records
        .iter()
        .map(|record| record["source"]["path"].as_str().unwrap())
        .collect();
    let below: Vec<_> = paths
        .iter()
        .map(|path| {
            Path::new(path)
                .strip_prefix(dir.path())
                .unwrap()
                .to_str()
                .unwrap()
        })
        .collect();
    assert_eq!(below, ["a.htm", "b/1.HTML", "b/2.html", "c.html"]);
    assert_eq!(field(&records, "status"), ["ok", "ok", "ok", "no_article"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("c.html: "), "{}", ran.stderr);
}

#[test]
fn an_archive_among_files_gives_its_pages_in_order() {
    let dir = scratch();
    let record = |url: &str, head: &str, body: &str| {
        let block = format!("HTTP/1.1 {head}\r\nContent-Type: text/html\r\n\r\n{body}");
        format!(
            "WARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2026-05-01T10:00:00Z\r\n\
             Content-Length: {}\r\n\r\n{block}\r\n\r\n",
            block.len()
        )
    };
    let info = "WARC/1.1\r\nWARC-Type: warcinfo\r\nContent-Length: 2\r\n\r\nx\n\r\n\r\n";
    let archive = [
        info.to_owned(),
        record("https://x.example/one", "200 OK", &article("one")),
        record("https://x.example/gone", "404 Not Found", "gone"),
        "what is no record\n".to_owned(),
        record("https://x.example/two", "200 OK", &article("two")),
    ];
    write(dir.path(), "b.warc", archive.concat());
    write(dir.path(), "a.html", article("zero"));
    let out = dir.path().join("out/");
    let ran = run(&[
        "clean",
        dir.path().to_str().unwrap(),
        "-o",
        out.to_str().unwrap(),
    ]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let records = parse(&fs::read_to_string(out.join("articles.jsonl")).unwrap());
    let urls: Vec<_> = records
        .iter()
        .map(|record| record["url"].as_str())
        .collect();
    let want = [
        None,
        Some("https://x.example/one"),
        Some("https://x.example/two"),
    ];
    assert_eq!(urls, want);
    assert_eq!(records[1]["source"]["kind"], "warc");
    assert_eq!(records[1]["fetched_at"], "2026-05-01T10:00:00Z");
    assert_eq!(records[1]["http"]["status"], 200);
    let offset = usize::try_from(records[2]["source"]["offset"].as_u64().unwrap()).unwrap();
    assert!(archive.concat()[offset..].starts_with("WARC/1.1"));
    let failures = parse(&fs::read_to_string(out.join("failures.jsonl")).unwrap());
    assert_eq!(field(&failures, "status"), ["not_found", "decode_error"]);
    let report = fs::read_to_string(out.join("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["passed_over"], 1);
}

#[test]
fn articles_go_out_under_the_names_of_another_tool() {
    let dir = scratch();
    write(dir.path(), "a.html", article("one"));
    write(dir.path(), "b.html", "<p>Too short.");
    let pages = dir.path().to_str().unwrap();
    let ran = run(&["clean", pages, "--schema", "news-please"]);
    let records = parse(&ran.stdout);
    assert_eq!(records.len(), 1, "{}", ran.stdout);
    assert!(records[0]["maintext"].is_string() && records[0].get("text").is_none());
    let folder = dir.path().join("out/");
    let refused = run(&[
        "clean",
        pages,
        "--schema",
        "newspaper",
        "-o",
        folder.to_str().unwrap(),
    ]);
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert_eq!(run(&["clean", pages, "--schema", "other"]).code, Some(2));
}

#[test]
fn a_folder_of_a_crawl_is_not_written() {
    let dir = scratch();
    let out = dir.path().join("news");
    let host = Host::articles(1);
    assert_eq!(crawl(&out, &[host.url("/1")], &[]).code, Some(0));
    let before = fs::read(out.join("articles.jsonl")).unwrap();
    write(dir.path(), "a.html", article("a"));
    let job = "[[jobs]]\nname = \"a\"\npaths = [\"a.html\"]\nout = \"news\"\n";
    write(dir.path(), "c.toml", job);
    let own = "news/articles.jsonl is a crawl's own";
    for (args, want) in [
        (&["clean", "a.html", "-o", "news"][..], "news holds a crawl"),
        (
            &["run", "--config", "c.toml", "--once"],
            "news holds a crawl",
        ),
        (&["clean", "a.html", "-o", "news/articles.jsonl"], own),
        (&["report", "news", "--html", "news/articles.jsonl"], own),
        (&["explain", "a.html", "--html", "news/articles.jsonl"], own),
    ] {
        let ran = run_in(dir.path(), args);
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(want), "{args:?}: {}", ran.stderr);
    }
    assert_eq!(fs::read(out.join("articles.jsonl")).unwrap(), before);
    assert!(!out.join("articles.jsonl.part").exists());
    let report = run_in(dir.path(), &["report", "news", "--html", "news/now.html"]);
    assert_eq!(report.code, Some(0), "{}", report.stderr);
}

#[test]
fn what_a_crawl_has_written_is_no_page() {
    let dir = scratch();
    let out = dir.path().join("news");
    let host = Host::articles(1);
    let ran = crawl(&out, &[host.url("/1")], &["--format", "txt"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    write(dir.path(), "news/saved/a.html", article("a"));
    let ran = run_in(dir.path(), &["clean", "news"]);
    let records = parse(&ran.stdout);
    assert_eq!(records.len(), 1, "{}", ran.stdout);
    assert_eq!(records[0]["source"]["path"], "news/saved/a.html");
}

#[test]
fn the_name_of_a_file_says_its_format() {
    let dir = scratch();
    write(dir.path(), "a.html", article("a"));
    for (name, flags, start) in [
        ("a.csv", &[][..], "id,url,"),
        ("a.md", &[], "---"),
        ("a.sqlite", &[], "SQLite format 3"),
        ("a.parquet", &[], "PAR1"),
        ("a.jsonl", &[], "{"),
        ("a", &[], "{"),
        ("b.csv", &["--format", "jsonl"], "{"),
    ] {
        let args = [&["clean", "a.html", "-o", name], flags].concat();
        let ran = run_in(dir.path(), &args);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let bytes = fs::read(dir.path().join(name)).unwrap();
        assert!(bytes.starts_with(start.as_bytes()), "{name}");
    }
}

#[test]
fn what_is_empty_or_met_by_nothing_is_told() {
    let dir = scratch();
    write(dir.path(), "a.html", article("a"));
    write(dir.path(), "b.warc.gz", "");
    let map = "{\"path\":\"a.htm\",\"url\":\"http://x.example/\"}\n";
    write(dir.path(), "map.jsonl", map);
    let ran = run_in(
        dir.path(),
        &["clean", "a.html", "b.warc.gz", "--url-map", "map.jsonl"],
    );
    assert_eq!(ran.code, Some(1));
    for want in ["b.warc.gz: the archive is empty", "such as a.htm"] {
        assert!(ran.stderr.contains(want), "{}", ran.stderr);
    }
}

#[test]
fn texts_of_the_same_page_are_told_apart() {
    let dir = scratch();
    for name in ["a", "b", "c"] {
        write(dir.path(), &format!("in/{name}.html"), article("one"));
    }
    let names = |out: &str, threads: &str| {
        let args = [
            "clean",
            "in",
            "--format",
            "md",
            "--threads",
            threads,
            "-o",
            out,
        ];
        assert_eq!(run_in(dir.path(), &args).code, Some(0));
        let texts = fs::read_dir(dir.path().join(out).join("articles")).unwrap();
        let mut names: Vec<_> = texts.map(|text| text.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let one = names("one/", "1");
    assert_eq!(one.len(), 3, "{one:?}");
    assert_eq!(one, names("four/", "4"));
    assert_eq!(one, names("one/", "1"), "the same again");
}

#[test]
fn threads_change_nothing() {
    let dir = scratch();
    for n in 0..120 {
        let text = if n % 7 == 0 {
            "<p>short".to_owned()
        } else {
            article(&format!("page {n}")).repeat(1 + n % 5)
        };
        write(dir.path(), &format!("{n:03}.html"), text);
    }
    let path = dir.path().to_str().unwrap();
    let one = run(&["clean", path, "--threads", "1", "-q"]);
    let eight = run(&["clean", path, "--threads", "8", "-q"]);
    assert_eq!(one.stdout.lines().count(), 120);
    assert!(
        one.stdout == eight.stdout,
        "the same records in the same order"
    );
}

#[test]
fn standard_input_is_html_or_text() {
    let html = run_with_stdin(&["clean", "-"], article("stdin").as_bytes());
    assert_eq!(parse(&html.stdout)[0]["title"], "Story of stdin");
    assert_eq!(parse(&html.stdout)[0]["source"]["kind"], "stdin");
    let dump = fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/pages/newspaper-dump/source.txt"),
    )
    .unwrap();
    let text = run_with_stdin(&["clean"], &dump);
    let expected = fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/pages/newspaper-dump/expected.txt"),
    )
    .unwrap();
    assert_eq!(parse(&text.stdout)[0]["text"], expected.trim_end());
    let nothing = run_with_stdin(&["clean", "-"], b"");
    assert_eq!(
        (nothing.code, parse(&nothing.stdout)[0]["status"].as_str()),
        (Some(3), Some("no_article"))
    );
}

#[test]
fn addresses_come_from_the_map_or_the_base() {
    let dir = scratch();
    let page = article("map").replace("<title>", "<link rel=canonical href=/canonical><title>");
    write(dir.path(), "pages/x/a.html", &page);
    write(dir.path(), "pages/b.html", &page);
    let map = format!(
        "{{\"path\": \"x/a.html\", \"url\": \"https://a.example/map?q=1#f\"}}\n{{\"path\":\"{}\",\"url\":\"https://b.example/\"}}\n",
        dir.path().join("pages/b.html").display()
    );
    write(dir.path(), "map.jsonl", map);
    let ran = run_in(dir.path(), &["clean", "pages", "--url-map", "map.jsonl"]);
    let records = parse(&ran.stdout);
    assert_eq!(
        field(&records, "url"),
        ["https://b.example/", "https://a.example/map?q=1#f"]
    );
    assert_eq!(
        field(&records, "canonical_url"),
        ["https://b.example/canonical", "https://a.example/canonical"]
    );

    let ran = run_in(
        dir.path(),
        &["clean", "pages", "--base-url", "https://c.example/d/"],
    );
    assert_eq!(
        field(&parse(&ran.stdout), "url"),
        ["https://c.example/d/b.html", "https://c.example/d/x/a.html"]
    );
    let ran = run_in(
        dir.path(),
        &[
            "clean",
            "pages/b.html",
            "--base-url",
            "https://c.example/page",
        ],
    );
    assert_eq!(
        field(&parse(&ran.stdout), "url"),
        ["https://c.example/page"]
    );
    let none = run_in(dir.path(), &["clean", "pages/b.html"]);
    assert!(
        parse(&none.stdout)[0].get("url").is_none()
            && parse(&none.stdout)[0].get("canonical_url").is_none()
    );
}

#[test]
fn output_goes_to_a_file_or_a_folder() {
    let dir = scratch();
    write(dir.path(), "in/a.html", article("a"));
    write(dir.path(), "in/b.html", "<p>short");
    let ran = run_in(dir.path(), &["clean", "in", "-o", "out.jsonl"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert_eq!(records(&dir.path().join("out.jsonl")).len(), 2);
    let ran = run_in(dir.path(), &["clean", "in", "-o", "out/", "--format", "md"]);
    assert_eq!(ran.code, Some(1));
    let articles = records(&dir.path().join("out/articles.jsonl"));
    assert_eq!(
        (
            articles.len(),
            records(&dir.path().join("out/failures.jsonl")).len()
        ),
        (1, 1)
    );
    let text = fs::read_to_string(
        dir.path()
            .join("out/articles")
            .join(format!("{}.md", articles[0]["id"].as_str().unwrap())),
    )
    .unwrap();
    assert!(
        text.contains("# Story of a\n\nThis is the first paragraph"),
        "{text}"
    );
    assert!(dir.path().join("out/report.json").exists());
    let left: Vec<_> = fs::read_dir(dir.path().join("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        left.iter()
            .all(|name| !name.to_string_lossy().ends_with(".part")),
        "{left:?}"
    );
}

#[test]
#[cfg(target_os = "linux")]
fn what_is_no_file_is_written_to_and_not_replaced() {
    let dir = scratch();
    write(dir.path(), "a.html", article("a"));
    let pipe = dir.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    std::os::unix::fs::symlink("pipe", dir.path().join("link")).unwrap();
    let from = pipe.clone();
    let reader = std::thread::spawn(move || fs::read_to_string(from).unwrap());
    let ran = run_in(dir.path(), &["clean", "a.html", "-o", "link"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(!pipe.is_file() && dir.path().join("link").is_symlink());
    assert_eq!(parse(&reader.join().unwrap()).len(), 1);

    let log = dir.path().join("log");
    fs::write(&log, "before\n").unwrap();
    let status = command()
        .current_dir(dir.path())
        .args(["clean", "a.html", "-q", "-o", "/dev/stdout"])
        .stdout(fs::OpenOptions::new().append(true).open(&log).unwrap())
        .status();
    assert!(status.unwrap().success());
    let log = fs::read_to_string(&log).unwrap();
    assert_eq!(parse(log.strip_prefix("before\n").unwrap()).len(), 1);
}

#[test]
fn texts_are_parted_by_form_feeds() {
    let dir = scratch();
    write(dir.path(), "a.html", article("a"));
    write(dir.path(), "b.html", article("b"));
    let ran = run_in(dir.path(), &["clean", ".", "--format", "txt", "-q"]);
    let texts: Vec<&str> = ran.stdout.split('\u{c}').collect();
    assert_eq!(texts.len(), 2);
    assert!(
        texts[0].starts_with("This is the first paragraph of the story of a")
            && texts[0].ends_with("than the first.\n")
    );
}

#[test]
fn what_cannot_be_read_is_a_record_too() {
    let dir = scratch();
    write(dir.path(), "ok.html", article("ok"));
    write(dir.path(), "pdf.html", b"%PDF-1.7 ...");
    let ran = run_in(dir.path(), &["clean", "gone.html", "pdf.html", "ok.html"]);
    let records = parse(&ran.stdout);
    assert_eq!(field(&records, "status"), ["not_found", "not_html", "ok"]);
    assert!(
        records[0]["detail"]
            .as_str()
            .unwrap()
            .starts_with("gone.html: ")
    );
    assert_eq!(ran.code, Some(1));
}

#[test]
fn links_that_lead_back_and_pipes_do_not_hang() {
    let dir = scratch();
    write(dir.path(), "a.html", article("a"));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(dir.path(), dir.path().join("loop")).unwrap();
        let made = std::process::Command::new("mkfifo")
            .arg(dir.path().join("pipe.html"))
            .status();
        assert!(made.is_ok_and(|status| status.success()), "mkfifo");
    }
    let ran = run_in(dir.path(), &["clean", "."]);
    let statuses = parse(&ran.stdout);
    assert_eq!(
        statuses
            .iter()
            .filter(|record| record["status"] == "ok")
            .count(),
        1
    );
    assert_eq!(ran.code, Some(1), "the loop is told");
}

#[test]
#[cfg(unix)]
fn who_waits_for_a_pipe_hears_the_first_signal() {
    let dir = scratch();
    let pipe = dir.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    for args in [
        &["clean", "pipe"][..],
        &["crawl", "-i", "pipe", "-o", "out"],
    ] {
        let mut child = command()
            .current_dir(dir.path())
            .args(args)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // Opens when it is read, and says nothing.
        let _silent = fs::OpenOptions::new().write(true).open(&pipe).unwrap();
        let id = child.id().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-TERM", &id])
            .status();
        assert!(sent.unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(143), "{args:?}");
    }
}

#[test]
fn wrong_use_is_code_2_and_says_what() {
    let dir = scratch();
    write(dir.path(), "map.jsonl", "{\"path\": \"a\"}\n");
    write(dir.path(), "c.toml", "[clean]\nglobs = []\n");
    for (args, want) in [
        (&["clean", "--nonsense"][..], "--nonsense"),
        (&["clean", "--format", "xml"], "jsonl, txt, md"),
        (&["clean", "--url-map", "map.jsonl", "."], "map.jsonl:1: "),
        (&["clean", "--url-map", "none.jsonl", "."], "none.jsonl"),
        (&["clean", "--glob", "[a", "."], "glob"),
        (&["clean", "--base-url", "no url", "."], "base URL"),
        (
            &["clean", "--base-url", "http://a/", "c.toml", "map.jsonl"],
            "--base-url is the address of one page",
        ),
        (
            &["clean", "--config", "c.toml", "."],
            "c.toml:2:1: unknown field `globs`",
        ),
        (&["frobnicate"], "frobnicate"),
        (&[], "Usage"),
    ] {
        let ran = run_in(dir.path(), args);
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(want), "{args:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn an_output_that_cannot_be_written_is_code_4() {
    let dir = scratch();
    write(dir.path(), "a.html", article("a"));
    let ran = run_in(
        dir.path(),
        &["clean", "a.html", "-o", "no/such/folder/out.jsonl"],
    );
    assert_eq!(ran.code, Some(4));
    assert!(ran.stderr.contains("no/such/folder"), "{}", ran.stderr);
    #[cfg(target_os = "linux")]
    {
        let full = fs::OpenOptions::new().write(true).open("/dev/full");
        let ran = command()
            .current_dir(dir.path())
            .args(["clean", "a.html"])
            .stdout(full.unwrap())
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(4), "{stderr}");
        assert!(stderr.contains("standard output"), "{stderr}");
    }
}

#[test]
#[cfg(unix)]
fn a_reader_that_goes_away_is_no_failure() {
    let dir = scratch();
    for n in 0..300 {
        write(
            dir.path(),
            &format!("{n}.html"),
            article(&format!("{n}")).repeat(20),
        );
    }
    let script = format!(
        "{} clean {} | head -n 1 >/dev/null; exit ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_chaffinch"),
        dir.path().display()
    );
    let ran = std::process::Command::new("bash")
        .args(["-c", &script])
        .output()
        .unwrap();
    assert_eq!(
        ran.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
}

#[test]
fn a_bar_is_shown_only_where_it_is_wanted() {
    let dir = scratch();
    write(dir.path(), "a.html", article("a"));
    let silent = run_in(dir.path(), &["clean", "a.html"]);
    assert!(
        !silent.stderr.contains("pages"),
        "none in a pipe: {}",
        silent.stderr
    );
    let shown = run_in(dir.path(), &["clean", "a.html", "--progress", "always"]);
    assert!(
        shown.stderr.contains("pages")
            && shown.stderr.contains("errors")
            && shown.stderr.contains("to go"),
        "{}",
        shown.stderr
    );
    let quiet = run_in(dir.path(), &["clean", "a.html", "-q"]);
    assert_eq!(quiet.stderr, "");
    let json = run_in(
        dir.path(),
        &["clean", "gone.html", "a.html", "--log-format", "json"],
    );
    for line in json.stderr.lines() {
        let line: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        assert!(line["level"].is_string());
    }
}

#[test]
fn the_work_goes_on_when_nobody_listens_any_more() {
    let dir = scratch();
    for n in 0..30 {
        write(
            dir.path(),
            &format!("{n:02}.html"),
            if n < 20 {
                "nothing".into()
            } else {
                article("a")
            },
        );
    }
    let (pages, out) = (dir.path().display().to_string(), dir.path().join("o.jsonl"));
    let code = run_unheard(&["clean", &pages, "-o", out.to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert_eq!(records(&out).len(), 30);
}

#[test]
fn nothing_to_clean_is_told() {
    let dir = scratch();
    write(dir.path(), "a.html", article("a"));
    let none = run_in(dir.path(), &["clean", ".", "--glob", "*.nope"]);
    assert_eq!(none.code, Some(3), "{}", none.stderr);
}
