//! Servers that misbehave: each ends as a failure with its own status, and the others go on.

use crate::farm::{Host, Reply, article};
use crate::tool::{crawl, field, records};

/// What a server that answers so for its page, robots.txt aside, is recorded as.
fn status_of(
    flags: &[&str],
    answer: impl Fn() -> Reply + Send + Sync + 'static,
) -> (String, String) {
    let out = tempfile::tempdir().unwrap();
    let host = Host::start(1, move |asked| {
        if asked.path == "/robots.txt" {
            Reply::status(404)
        } else {
            answer()
        }
    });
    crawl(out.path(), &[host.url("/page")], flags);
    let mut all = records(&out.path().join("articles.jsonl"));
    all.extend(records(&out.path().join("failures.jsonl")));
    assert_eq!(all.len(), 1, "one record");
    (
        field(&all, "status")[0].to_owned(),
        all[0]["detail"].as_str().unwrap_or_default().to_owned(),
    )
}

fn raw(text: &str) -> Reply {
    Reply::Raw(text.as_bytes().to_vec())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn broken_responses() {
    let story = article("faults");
    let cut = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{story}",
        story.len() + 100
    );
    let chunks = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{story}\r\n",
        story.len()
    );
    let whole_chunks = format!("{chunks}0\r\n\r\n");
    let bad_chunk = chunks.replacen(&format!("{:x}", story.len()), "zz", 1);
    for (reply, want) in [
        (raw(&whole_chunks), "ok"),
        (
            raw(&format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{story}"
            )),
            "ok",
        ),
        (raw(&cut), "truncated"),
        (raw(&chunks), "truncated"),
        (raw(&bad_chunk), "truncated"),
        (raw(""), "connect"),
        (raw("HTTP/1.1 200"), "connect"),
        (raw("SMTP ready\r\n\r\n"), "http_error"),
        (Reply::status(500), "http_error"),
        (Reply::status(418), "http_error"),
        (Reply::status(204), "http_error"),
        (Reply::status(304), "http_error"),
        (Reply::status(401), "blocked"),
        (Reply::status(403), "blocked"),
        (Reply::status(429), "rate_limited"),
        (Reply::html(""), "no_article"),
        (Reply::html("\u{feff} "), "no_article"),
    ] {
        let shown = format!("{reply:?}");
        let (status, detail) = status_of(&[], move || reply.clone());
        assert_eq!(status, want, "{shown:.120}: {detail}");
    }
}

#[test]
fn bodies_that_are_no_page() {
    for (kind, body, want) in [
        ("image/png", &b"\x89PNG"[..], "not_html"),
        ("application/json", b"{}", "not_html"),
        ("text/html", b"%PDF-1.7", "not_html"),
        ("text/html", b"{\"a\": 1}", "not_html"),
        (
            "text/plain",
            b"Just words without a single tag, but more than twelve of them in all.",
            "not_html",
        ),
        (
            "application/octet-stream",
            b"\0\0\0\x18ftypmp42",
            "not_html",
        ),
    ] {
        let reply = Reply::status(200).with("Content-Type", kind).body(body);
        assert_eq!(
            status_of(&[], move || reply.clone()).0,
            want,
            "{kind} {body:?}"
        );
    }
    for kind in [
        "application/octet-stream",
        "text/plain",
        "application/xhtml+xml",
        "nonsense",
    ] {
        let reply = Reply::status(200)
            .with("Content-Type", kind)
            .body(article("label"));
        assert_eq!(
            status_of(&[], move || reply.clone()).0,
            "ok",
            "HTML called {kind}"
        );
    }
}

#[test]
fn encodings_that_lie_and_bombs() {
    let story = gzip(article("gzip").as_bytes());
    let bomb = gzip(&vec![b' '; 30_000_000]);
    for (encoding, body, flags, want) in [
        (
            "gzip",
            story[..story.len() / 2].to_vec(),
            &[][..],
            "truncated",
        ),
        ("gzip", [&story[..], b"\n"].concat(), &[], "ok"),
        ("UTF-8", article("label").into_bytes(), &[], "ok"),
        ("gzip", article("plain").into_bytes(), &[], "decode_error"),
        ("rot13", b"x".to_vec(), &[], "decode_error"),
        ("gzip", bomb.clone(), &[], "too_large"),
        // Unpacked once, a nested bomb is gzip data and no page.
        ("gzip", gzip(&bomb), &[], "not_html"),
        ("gzip, gzip, gzip", b"x".to_vec(), &[], "decode_error"),
        (
            "identity",
            vec![b'x'; 3_000],
            &["--max-body", "2kB"],
            "too_large",
        ),
    ] {
        let shown = format!("{encoding} {} bytes", body.len());
        let (status, detail) = status_of(flags, move || {
            Reply::html(body.clone()).with("Content-Encoding", encoding)
        });
        assert_eq!(status, want, "{shown}: {detail}");
    }
}

#[test]
fn endless_and_silent_servers_run_into_the_timeout() {
    let endless = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>And then".to_vec();
    for reply in [
        Reply::Stall(Vec::new()),
        Reply::Stall(b"HTTP/1.1 200 OK\r\nContent-".to_vec()),
        Reply::Stall(endless),
    ] {
        let shown = format!("{reply:?}");
        let (status, detail) = status_of(&["--timeout", "400ms"], move || reply.clone());
        assert_eq!(status, "timeout", "{shown}: {detail}");
        assert!(detail.contains("0.4 s"), "{detail}");
    }
}

#[test]
fn hosts_that_are_not_there() {
    let out = tempfile::tempdir().unwrap();
    let closed = std::net::TcpListener::bind("127.0.0.9:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let plain = Host::articles(1);
    let urls = [
        format!("http://{closed}/"),
        "http://no-such-host.invalid/".to_owned(),
        format!("https://{}/", plain.address),
        plain.url("/fine"),
    ];
    crawl(out.path(), &urls, &["--timeout", "5s"]);
    let failures = records(&out.path().join("failures.jsonl"));
    let status = |url: &str| {
        failures
            .iter()
            .find(|failure| failure["url"] == url)
            .map(|failure| {
                assert_eq!(failure["status"], "robots_unreachable", "{failure}");
                failure["detail"].as_str().unwrap()
            })
    };
    for (url, reason) in urls.iter().zip(["connect", "dns", "tls"]) {
        let detail = status(url).unwrap();
        let wanted = format!("robots.txt: {reason}: ");
        assert!(detail.starts_with(&wanted), "{detail}");
    }
    assert_eq!(records(&out.path().join("articles.jsonl")).len(), 1);
}

#[test]
fn a_silent_robots_txt_closes_its_host_and_holds_nobody_else_up() {
    let out = tempfile::tempdir().unwrap();
    let silent = Host::start(1, |_| Reply::Stall(Vec::new()));
    let fine = Host::articles(2);
    let mut urls: Vec<String> = (0..20).map(|n| silent.url(&format!("/{n}"))).collect();
    urls.push(fine.url("/1"));
    crawl(out.path(), &urls, &["--timeout", "300ms"]);
    let failures = records(&out.path().join("failures.jsonl"));
    assert_eq!(failures.len(), 20);
    assert!(
        field(&failures, "status")
            .iter()
            .all(|status| *status == "robots_unreachable")
    );
    assert_eq!(silent.asked().len(), 1, "asked once for all twenty");
    assert_eq!(records(&out.path().join("articles.jsonl")).len(), 1);
}

/// How `/page` and `/private` end on a host with this robots.txt.
fn pages_behind(robots: Reply, flags: &[&str]) -> [String; 2] {
    let out = tempfile::tempdir().unwrap();
    let host = Host::start(1, move |asked| match asked.path.as_str() {
        "/robots.txt" => robots.clone(),
        path => Reply::html(article(path)),
    });
    let urls = ["/page", "/private"].map(|path| host.url(path));
    crawl(out.path(), &urls, flags);
    let mut all = records(&out.path().join("articles.jsonl"));
    all.extend(records(&out.path().join("failures.jsonl")));
    urls.map(|url| {
        let record = all.iter().find(|record| record["url"] == url);
        record.unwrap()["status"].as_str().unwrap().to_owned()
    })
}

#[test]
fn a_robots_txt_of_any_size_is_read_up_to_its_own_limit() {
    let rules = "user-agent: *\ndisallow: /private\n";
    let long = rules.to_owned() + &"disallow: /page-of-another-site\n".repeat(50_000);
    // The limit falls right behind the slash of the last rule, which must not become `/`.
    let comment = "#".repeat(512 * 1024 - rules.len() - "\ndisallow: /".len());
    let cut_in_rule = format!("{rules}{comment}\ndisallow: /another\n");
    for robots in [&long, &cut_in_rule] {
        let plain = Reply::html(robots.as_bytes());
        let packed = Reply::html(gzip(robots.as_bytes())).with("Content-Encoding", "gzip");
        for reply in [plain, packed] {
            assert_eq!(
                pages_behind(reply, &["--max-body", "10kB"]),
                ["ok", "robots_denied"]
            );
        }
    }
}

#[test]
fn every_success_is_a_robots_txt() {
    let rules = "user-agent: *\ndisallow: /private\n";
    for (reply, private) in [
        (Reply::status(204), "ok"),
        (Reply::status(202).body(rules), "robots_denied"),
        (Reply::status(299).body(rules), "robots_denied"),
    ] {
        let shown = format!("{reply:?}");
        assert_eq!(pages_behind(reply, &[]), ["ok", private], "{shown:.80}");
    }
}
