//! The fault farm, second half: what takes more than one answer to show.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::farm::{Host, Reply, article};
use crate::fault_farm::outcomes;
use crate::tool::{crawl, field, records, run};

fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn config(dir: &tempfile::TempDir, text: &str) -> String {
    let path = dir.path().join("c.toml");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Groups 16 and 17: loops of several steps, ever-changing queries, eleven hops.
#[test]
fn chains_of_redirects_end() {
    let out = scratch();
    let host = Host::start(1, |asked| {
        let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, "0"));
        let n: u32 = query.parse().unwrap_or(0);
        match path {
            "/robots.txt" => Reply::status(404),
            "/a" => Reply::redirect("/b"),
            "/b" => Reply::redirect("/a"),
            "/query" => Reply::redirect(&format!("/query?{}", n + 1)),
            "/long" if n == 11 => Reply::html(article("the end")),
            "/long" => Reply::redirect(&format!("/long?{}", n + 1)),
            _ => Reply::html("<meta http-equiv=refresh content='0;url=/refresh'>"),
        }
    });
    let urls = ["/a", "/query", "/long?0", "/long?1", "/refresh"].map(|path| host.url(path));
    crawl(out.path(), &urls, &[]);
    let records = outcomes(out.path());
    let status = |url: &String| records[url]["status"].as_str().unwrap().to_owned();
    assert_eq!(
        urls.each_ref().map(status),
        [
            "redirect_loop",
            "too_many_redirects",
            "too_many_redirects",
            "ok",
            "no_article"
        ]
    );
    assert_eq!(
        host.count("/refresh"),
        1,
        "22: a page that reloads itself is read once"
    );
}

/// Group 19: wherever a redirect leads, no address that is not public is dialled.
#[test]
fn redirects_to_the_inside_are_refused_in_every_spelling() {
    const INSIDE: [&str; 16] = [
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://198.18.0.1/",
        "http://0.0.0.0/",
        "http://[::]/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[64:ff9b::a00:1]/",
        "http://[2002:a00:1::]/",
        "http://167772161/",
        "http://012.0.0.1/",
        "http://0xa.1/",
        "http://1.1.1.1@10.0.0.1./",
    ];
    let out = scratch();
    let host = Host::start(2, |asked| {
        let n = asked.path.trim_start_matches('/').parse::<usize>();
        n.map_or_else(|_| Reply::status(404), |n| Reply::redirect(INSIDE[n]))
    });
    let urls: Vec<String> = (0..INSIDE.len())
        .map(|n| host.url(&format!("/{n}")))
        .collect();
    crawl(out.path(), &urls, &[]);
    let records = outcomes(out.path());
    for (url, inside) in urls.iter().zip(INSIDE) {
        assert_eq!(
            records[url]["status"], "ssrf_blocked",
            "{inside}: {}",
            records[url]
        );
    }
}

/// Group 21: neither password nor cookie goes to another host, and no record holds a password.
#[test]
fn passwords_and_cookies_stay_where_they_belong() {
    let out = scratch();
    let other = Host::articles(2);
    let to = other.url("/landed");
    let host = Host::start(1, move |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        "/away" => Reply::redirect(&to).with("Set-Cookie", "session=1"),
        "/gone" => Reply::status(410),
        path => Reply::html(article(path)).with("Set-Cookie", "session=2"),
    });
    let with_password = |path: &str| host.url(path).replacen("http://", "http://user:secret@", 1);
    let urls = ["/away", "/stay", "/again", "/gone"].map(with_password);
    let ran = crawl(out.path(), &urls, &["-v"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let here = host.asked();
    let page = |path: &str| here.iter().find(|asked| asked.path == path).unwrap();
    assert_eq!(
        page("/away").header("authorization"),
        Some("Basic dXNlcjpzZWNyZXQ=")
    );
    assert_eq!(page("/away").header("cookie"), None);
    assert_eq!(page("/again").header("cookie"), Some("session=2"));
    for asked in other.asked() {
        assert_eq!(asked.header("authorization"), None, "{}", asked.path);
        assert_eq!(asked.header("cookie"), None, "{}", asked.path);
    }
    for file in ["articles.jsonl", "failures.jsonl", "report.json"] {
        let text = std::fs::read_to_string(out.path().join(file)).unwrap();
        assert!(!text.contains("secret"), "{file}");
    }
    assert!(!ran.stderr.contains("secret"), "{}", ran.stderr);
    let records = outcomes(out.path());
    assert_eq!(
        records[&host.url("/away")]["final_url"],
        other.url("/landed")
    );
    // The state still knows how to ask, and which failure is whose.
    let ran = crawl(out.path(), &urls, &["--refresh"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert_eq!(records_of_failures(out.path()), [host.url("/gone")]);
}

fn records_of_failures(out: &std::path::Path) -> Vec<String> {
    let failures = records(&out.join("failures.jsonl"));
    field(&failures, "url")
        .into_iter()
        .map(str::to_owned)
        .collect()
}

/// Group 24: a host that only fails is left alone after ten requests; the others go on.
#[test]
fn a_host_that_only_fails_is_given_up() {
    let dir = scratch();
    let config = config(&dir, "[crawl]\nrest = \"1ms\"\ndelay_max = \"5ms\"\n");
    let failing = Host::start(1, |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        _ => Reply::status(503),
    });
    let fine = Host::articles(2);
    let mut urls: Vec<String> = (0..40).map(|n| failing.url(&format!("/{n}"))).collect();
    urls.extend((0..40).map(|n| fine.url(&format!("/{n}"))));
    let out = dir.path().join("out");
    crawl(&out, &urls, &["--config", &config]);
    let failures = records(&out.join("failures.jsonl"));
    let statuses = field(&failures, "status");
    let count = |name: &str| statuses.iter().filter(|status| **status == name).count();
    assert_eq!((count("http_error"), count("host_failing")), (10, 30));
    assert_eq!(failing.asked().len(), 11, "robots.txt and ten pages");
    assert_eq!(records(&out.join("articles.jsonl")).len(), 40);
    // Nor is a page that is found later asked before its time.
    crawl(&out, &[failing.url("/new")], &["--config", &config]);
    assert_eq!(failing.count("/new"), 0);
    assert_eq!(
        outcomes(&out)[&failing.url("/new")]["status"],
        "host_failing"
    );
}

/// Group 24: the same for a host that answers at first and then falls silent.
#[test]
fn a_host_that_falls_silent_is_given_up() {
    let dir = scratch();
    let config = config(
        &dir,
        "[crawl]\nrest = \"1ms\"\ndelay_max = \"5ms\"\ntimeout = \"150ms\"\ngive_up_after = 4\n",
    );
    let host = Host::start(1, |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        "/0" | "/1" | "/2" => Reply::html(article(&asked.path)),
        _ => Reply::Stall(Vec::new()),
    });
    let urls: Vec<String> = (0..20).map(|n| host.url(&format!("/{n}"))).collect();
    let out = dir.path().join("out");
    crawl(&out, &urls, &["--config", &config]);
    let failures = records(&out.join("failures.jsonl"));
    let statuses = field(&failures, "status");
    let count = |name: &str| statuses.iter().filter(|status| **status == name).count();
    assert_eq!((count("timeout"), count("host_failing")), (4, 13));
}

/// Group 23: a wish to wait is that of all hosts of the site, in both forms; a date, too.
#[test]
fn hosts_of_one_group_are_asked_one_by_one_and_wait_together() {
    let dir = scratch();
    let answer = |asked: &crate::farm::Asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        "/429" => Reply::status(429).with("Retry-After", "86400"),
        path => Reply::html(article(path)),
    };
    let (one, two) = (Host::start(1, answer), Host::start(2, answer));
    let config = config(
        &dir,
        "[crawl.groups]\n\"127.0.0.1\" = \"courier\"\n\"127.0.0.2\" = \"courier\"\n",
    );
    let urls = [
        one.url("/1"),
        two.url("/2"),
        one.url("/429"),
        two.url("/3"),
        two.url("/4"),
    ];
    let out = dir.path().join("out");
    crawl(&out, &urls, &["--config", &config, "--delay", "40ms"]);
    let mut asked: Vec<_> = [one.asked(), two.asked()].concat();
    asked.sort_by_key(|asked| asked.from);
    for pair in asked.windows(2) {
        let pause = pair[1].from.saturating_duration_since(pair[0].to);
        assert!(pause >= Duration::from_millis(38), "{pause:?}");
    }
    let records = outcomes(&out);
    for (url, want) in urls
        .iter()
        .zip(["ok", "ok", "rate_limited", "rate_limited", "rate_limited"])
    {
        assert_eq!(records[url]["status"], want, "{url}");
    }
    assert_eq!(two.count("/3") + two.count("/4"), 0);
}

/// Group 28: the same `ETag` for another body, and another for the same, are what they are.
#[test]
fn validators_that_lie_change_nothing_that_is_seen() {
    let out = scratch();
    let round = Arc::new(AtomicU32::new(0));
    let now = round.clone();
    let host = Host::start(1, move |asked| {
        let round = now.load(Ordering::SeqCst);
        match asked.path.as_str() {
            "/robots.txt" => Reply::status(404),
            "/same-tag" => Reply::html(article(&format!("round {round}"))).with("ETag", "\"a\""),
            path => Reply::html(article(path)).with("ETag", &format!("\"{round}\"")),
        }
    });
    let urls = [host.url("/same-tag"), host.url("/same-body")];
    crawl(out.path(), &urls, &[]);
    round.store(1, Ordering::SeqCst);
    crawl(out.path(), &urls, &["--refresh"]);
    let articles = records(&out.path().join("articles.jsonl"));
    let versions = |url: &str| {
        articles
            .iter()
            .filter(|article| article["url"] == url)
            .count()
    };
    assert_eq!((versions(&urls[0]), versions(&urls[1])), (2, 1));
}

/// RFC 9111: what the server calls fresh is not asked, also after it was found unchanged.
#[test]
fn what_is_fresh_is_not_asked_again() {
    let out = scratch();
    let host = Host::start(1, |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        "/fresh" => Reply::html(article("fresh")).with("Cache-Control", "max-age=600"),
        "/later" if asked.header("if-none-match").is_some() => {
            Reply::status(304).with("Cache-Control", "max-age=600")
        }
        "/later" => Reply::html(article("later")).with("ETag", "\"a\""),
        path => Reply::html(article(path)).with("Cache-Control", "no-cache, max-age=600"),
    });
    let urls = ["/fresh", "/later", "/stale"].map(|path| host.url(path));
    for _ in 0..3 {
        let flags: &[&str] = if host.asked().is_empty() {
            &[]
        } else {
            &["--refresh"]
        };
        assert_eq!(crawl(out.path(), &urls, flags).code, Some(0));
    }
    let counts = ["/fresh", "/later", "/stale"].map(|path| host.count(path));
    assert_eq!(counts, [1, 2, 3]);
    assert_eq!(records(&out.path().join("articles.jsonl")).len(), 3);
}

/// What may have healed is asked again by a later run when its time has come, and not before.
#[test]
fn a_later_run_asks_again_what_may_have_healed() {
    for (later, asked, code) in [("1h", 1, 3), ("0s", 2, 0)] {
        let dir = scratch();
        let config = config(&dir, &format!("[crawl]\nretry_later = \"{later}\"\n"));
        let first = std::sync::atomic::AtomicBool::new(true);
        let host = Host::start(1, move |asked| match asked.path.as_str() {
            "/robots.txt" => Reply::status(404),
            _ if first.swap(false, Ordering::SeqCst) => Reply::status(503),
            path => Reply::html(article(path)),
        });
        let out = dir.path().join("out");
        let urls = [host.url("/1")];
        assert_eq!(crawl(&out, &urls, &["--config", &config]).code, Some(3));
        assert_eq!(crawl(&out, &urls, &["--config", &config]).code, Some(code));
        assert_eq!(host.count("/1"), asked, "{later}");
        assert_eq!(outcomes(&out).len(), 1, "a healed failure leaves its file");
        assert_eq!(host.count("/robots.txt"), 1, "believed by the later run");
    }
}

/// Group 29: every way in which a robots.txt can fail.
#[test]
fn robots_txt_that_cannot_be_had() {
    for (reply, want) in [
        (Reply::status(404), "ok"),
        (Reply::status(401), "ok"),
        (Reply::status(403), "ok"),
        (Reply::status(429), "robots_unreachable"),
        (Reply::status(500), "robots_unreachable"),
        (Reply::status(503), "robots_unreachable"),
        (Reply::Stall(Vec::new()), "robots_unreachable"),
        (Reply::Reset(Vec::new()), "robots_unreachable"),
        (
            Reply::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nuser-agent: *".to_vec()),
            "robots_unreachable",
        ),
        (
            Reply::status(200)
                .with("Content-Encoding", "gzip")
                .body("no gzip"),
            "robots_unreachable",
        ),
        (Reply::redirect("/robots.txt"), "ok"),
    ] {
        let dir = scratch();
        let shown = format!("{reply:?}");
        let host = Host::start(1, move |asked| match asked.path.as_str() {
            "/robots.txt" => reply.clone(),
            path => Reply::html(article(path)),
        });
        let out = dir.path().join("out");
        crawl(
            &out,
            &[host.url("/1"), host.url("/2")],
            &["--timeout", "300ms"],
        );
        for path in ["/1", "/2"] {
            assert_eq!(
                outcomes(&out)[&host.url(path)]["status"],
                want,
                "{shown:.80}"
            );
        }
        let before = host.count("/robots.txt");
        crawl(&out, &[host.url("/3")], &["--timeout", "300ms"]);
        assert_eq!(
            outcomes(&out)[&host.url("/3")]["status"],
            want,
            "a later run: {shown:.80}"
        );
        assert_eq!(
            host.count("/robots.txt"),
            before,
            "not asked before its time: {shown:.80}"
        );
    }
}

/// Groups 30 and 31: an HTML page in its place; five redirects, and six, across hosts.
#[test]
fn robots_txt_behind_redirects() {
    let rules = "user-agent: *\ndisallow: /private\n";
    for (hops, want) in [(0, "robots_denied"), (5, "robots_denied"), (6, "ok")] {
        let out = scratch();
        let other = Host::start(2, move |asked| {
            let left = asked
                .path
                .trim_start_matches('/')
                .parse::<u32>()
                .unwrap_or(0);
            if left == 0 {
                Reply::html(rules)
            } else {
                Reply::redirect(&format!("/{}", left - 1))
            }
        });
        let to = other.url(&format!("/{}", hops.max(1) - 1));
        let host = Host::start(1, move |asked| match asked.path.as_str() {
            "/robots.txt" if hops == 0 => Reply::html(rules),
            "/robots.txt" => Reply::redirect(&to),
            path => Reply::html(article(path)),
        });
        crawl(out.path(), &[host.url("/private")], &[]);
        assert_eq!(
            outcomes(out.path())[&host.url("/private")]["status"],
            want,
            "{hops}"
        );
    }
    let out = scratch();
    let host = Host::start(1, |asked| Reply::html(article(&asked.path)));
    crawl(out.path(), &[host.url("/1")], &[]);
    assert_eq!(
        outcomes(out.path())[&host.url("/1")]["status"],
        "ok",
        "a page holds no rules"
    );
}

/// Group 34: the rules change; those of the day hold until they are a day old, and a robots.txt is
/// ignored only where the user says so.
#[test]
fn rules_are_believed_for_a_day_and_ignored_by_name_only() {
    let out = scratch();
    let open = Arc::new(AtomicU32::new(1));
    let now = open.clone();
    let host = Host::start(1, move |asked| match asked.path.as_str() {
        "/robots.txt" if now.load(Ordering::SeqCst) == 1 => Reply::status(404),
        "/robots.txt" => Reply::html("user-agent: *\ndisallow: /\n"),
        path => Reply::html(article(path)),
    });
    crawl(out.path(), &[host.url("/1")], &[]);
    open.store(0, Ordering::SeqCst);
    crawl(out.path(), &[host.url("/2")], &[]);
    assert_eq!(outcomes(out.path())[&host.url("/2")]["status"], "ok");
    assert_eq!(host.count("/robots.txt"), 1);

    let out = scratch();
    let ran = crawl(
        out.path(),
        &[host.url("/1")],
        &[
            "--ignore-robots",
            "127.0.0.1",
            "--ignore-robots",
            "courier.example",
        ],
    );
    assert!(
        ran.stderr.contains("robots.txt is ignored"),
        "{}",
        ran.stderr
    );
    let record = &outcomes(out.path())[&host.url("/1")];
    assert_eq!(record["status"], "ok");
    assert!(
        record["warnings"]
            .as_array()
            .unwrap()
            .contains(&"robots_ignored".into())
    );
    let out = scratch();
    crawl(
        out.path(),
        &[host.url("/1")],
        &["--ignore-robots", "courier.example"],
    );
    assert_eq!(
        outcomes(out.path())[&host.url("/1")]["status"],
        "robots_denied"
    );
    assert_eq!(
        run(&["crawl", "http://x.example/", "--ignore-robots", "no host"]).code,
        Some(2)
    );
}

/// What a header reserves is in the record, as what a meta does.
#[test]
fn what_a_header_reserves_is_in_the_record() {
    let out = scratch();
    let host = Host::start(1, |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        path => Reply::html(article(path))
            .with("X-Robots-Tag", "noarchive, noai")
            .with("X-Robots-Tag", "otherbot: noindex"),
    });
    crawl(out.path(), &[host.url("/1")], &[]);
    let record = &outcomes(out.path())[&host.url("/1")];
    assert_eq!(record["robots"], serde_json::json!(["noarchive", "noai"]));
}

/// The User-Agent says whom to reach; without one, the project, with one warning.
#[test]
fn a_crawl_says_whose_it_is() {
    let host = Host::articles(1);
    for (flags, agent, warnings) in [
        (&[][..], "(+https://crates.io/crates/chaffinch)", 1),
        (
            &["--contact", "mailto:me@courier.example"],
            "(+mailto:me@courier.example)",
            0,
        ),
        (&["--user-agent", "newsbot/2"], "newsbot/2", 1),
        (
            &["--user-agent", "newsbot/2 (+http://x.example/)"],
            "newsbot/2 (+http://x.example/)",
            0,
        ),
    ] {
        let out = scratch();
        let ran = crawl(out.path(), &[host.url("/1"), host.url("/2")], flags);
        let sent = host
            .asked()
            .last()
            .unwrap()
            .header("user-agent")
            .unwrap()
            .to_owned();
        assert!(sent.ends_with(agent), "{sent}");
        assert_eq!(
            ran.stderr.matches("no contact").count(),
            warnings,
            "{}",
            ran.stderr
        );
    }
    let ran = run(&["crawl", "http://x.example/", "--contact", "me"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
}

/// A URL longer than the limit is told, and not asked.
#[test]
fn a_url_that_is_too_long_is_told() {
    let dir = scratch();
    let config = config(&dir, "[limits]\nurl = \"60B\"\nredirects = 0\n");
    let host = Host::start(1, |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        "/moved" => Reply::redirect("/there"),
        path => Reply::html(article(path)),
    });
    let urls = [
        host.url("/1"),
        host.url(&format!("/{}", "x".repeat(60))),
        host.url("/moved"),
    ];
    let out = dir.path().join("out");
    crawl(&out, &urls, &["--config", &config]);
    let records = outcomes(&out);
    let status = |url: &String| records[url]["status"].as_str().unwrap().to_owned();
    assert_eq!(
        urls.each_ref().map(status),
        ["ok", "bad_url", "too_many_redirects"]
    );
    assert_eq!(host.asked().len(), 3);
}

/// Group 3: a server whose queue is full, so that connecting hangs.
#[test]
fn a_connection_that_hangs_ends() {
    let dir = scratch();
    let config = config(&dir, "[limits]\nconnect = \"300ms\"\n");
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let any = std::net::SocketAddr::from(([127, 0, 0, 3], 0));
    socket.bind(&any.into()).unwrap();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let waiting = std::net::TcpStream::connect(address).unwrap();
    let fine = Host::articles(2);
    let urls = [format!("http://{address}/"), fine.url("/1")];
    let out = dir.path().join("out");
    crawl(&out, &urls, &["--config", &config]);
    let records = outcomes(&out);
    assert_eq!(
        records[&urls[0]]["status"], "robots_unreachable",
        "{}",
        records[&urls[0]]
    );
    assert_eq!(records[&urls[1]]["status"], "ok");
    drop(waiting);
}

/// Group 39: the limits on pages are the configuration's, and what they cut is told.
#[test]
fn limits_of_pages_are_those_of_the_configuration() {
    let story = article("depth");
    let deep = format!("{}{story}{}", "<div>".repeat(60), "</div>".repeat(60));
    let host = Host::start(1, move |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        _ => Reply::html(deep.clone()),
    });
    for (limits, warning) in [
        ("", None),
        ("html_depth = 20", Some("too_deep")),
        ("html_nodes = 70", Some("too_many_nodes")),
    ] {
        let dir = scratch();
        let config = config(&dir, &format!("[limits]\n{limits}\n"));
        let out = dir.path().join("out");
        crawl(&out, &[host.url("/1")], &["--config", &config]);
        let record = &outcomes(&out)[&host.url("/1")];
        for name in ["too_deep", "too_many_nodes"] {
            let warnings = record["warnings"].as_array();
            let warned = warnings.is_some_and(|warnings| warnings.contains(&name.into()));
            let expected = warning == Some(name);
            assert!(
                warned == expected || record["status"] != "ok",
                "{limits}: {record}"
            );
        }
        assert!(
            limits.starts_with("html_nodes") || record["status"] == "ok",
            "{record}"
        );
    }
}
