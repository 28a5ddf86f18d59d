//! `chaffinch crawl` over the farm.

use std::fs;
use std::time::Duration;

use crate::farm::{Host, Reply, article};
use crate::tool::{crawl, field, records, run, run_in, run_with_stdin};

fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn a_list_ends_as_articles_and_failures() {
    let out = scratch();
    let a = Host::start(1, |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::html("User-agent: *\nDisallow: /private\n"),
        "/gone" => Reply::status(410),
        "/short" => Reply::html("<p>Too short."),
        "/pdf" => Reply::status(200)
            .with("Content-Type", "application/pdf")
            .body("%PDF-1.7"),
        path => Reply::html(article(path)),
    });
    let b = Host::articles(2);
    let urls = [
        a.url("/1?q=2#top"),
        a.url("/private/x"),
        a.url("/gone"),
        a.url("/short"),
        a.url("/pdf"),
        b.url("/1"),
        b.url("/2"),
    ];
    let ran = crawl(out.path(), &urls, &[]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (Some(1), ""),
        "{}",
        ran.stderr
    );
    let articles = records(&out.path().join("articles.jsonl"));
    let mut got = field(&articles, "url");
    got.sort_unstable();
    let mut want = [urls[0].as_str(), &urls[5], &urls[6]];
    want.sort_unstable();
    assert_eq!(
        got, want,
        "the URL as it was asked, query and fragment kept"
    );
    let failures = records(&out.path().join("failures.jsonl"));
    let mut statuses: Vec<(&str, &str)> = field(&failures, "url")
        .into_iter()
        .zip(field(&failures, "status"))
        .collect();
    statuses.sort_unstable();
    let mut want = [
        (urls[1].as_str(), "robots_denied"),
        (&urls[2], "not_found"),
        (&urls[3], "no_article"),
        (&urls[4], "not_html"),
    ];
    want.sort_unstable();
    assert_eq!(statuses, want);
    let report: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(out.path().join("report.json")).unwrap()).unwrap();
    assert_eq!(
        (
            report["articles"].as_u64(),
            report["failures"].as_u64(),
            report["pending"].as_u64()
        ),
        (Some(3), Some(4), Some(0))
    );
    assert_eq!(a.count("/private/x"), 0);
    assert_eq!(a.count("/robots.txt"), 1);
}

#[test]
fn a_list_file_is_read_line_by_line() {
    let out = scratch();
    let host = Host::articles(1);
    let list = format!(
        "# a comment\n\n{}\n  {}  \nnot a url\nftp://x.example/\n{}\n",
        host.url("/1"),
        host.url("/2"),
        host.url("/1")
    );
    fs::write(out.path().join("list.txt"), &list).unwrap();
    let flags = ["--allow-network", "127.0.0.0/8", "--delay", "1ms"];
    let ran = run_in(
        out.path(),
        &[&["crawl", "-i", "list.txt", "-o", "out"], &flags[..]].concat(),
    );
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("list.txt:5: not a URL"),
        "{}",
        ran.stderr
    );
    assert_eq!(records(&out.path().join("out/articles.jsonl")).len(), 2);
    let failures = records(&out.path().join("out/failures.jsonl"));
    assert_eq!(field(&failures, "status"), ["bad_url", "bad_url"]);
    assert_eq!(field(&failures, "url"), ["not a url", "ftp://x.example/"]);
    assert_eq!(failures[0]["attempts"], 0);

    let other = out.path().join("stdin");
    let args = [
        &["crawl", "-i", "-", "-o", other.to_str().unwrap()],
        &flags[..],
    ]
    .concat();
    let ran = run_with_stdin(&args, host.url("/3").as_bytes());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(records(&other.join("articles.jsonl")).len(), 1);
}

#[test]
fn one_host_is_asked_one_by_one_with_a_pause_and_many_at_once() {
    let out = scratch();
    let hosts: Vec<Host> = (1..=4).map(Host::articles).collect();
    let urls: Vec<String> = hosts
        .iter()
        .flat_map(|host| (0..4).map(|n| host.url(&format!("/{n}"))))
        .collect();
    let ran = crawl(out.path(), &urls, &["--delay", "120ms"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for host in &hosts {
        let asked = host.asked();
        assert_eq!(asked.len(), 5, "robots.txt and four pages");
        for pair in asked.windows(2) {
            let pause = pair[1].from.saturating_duration_since(pair[0].to);
            assert!(
                pause >= Duration::from_millis(115),
                "{} then {}: {pause:?}",
                pair[0].path,
                pair[1].path
            );
        }
    }
    let (first, last) = (hosts[0].asked(), hosts[3].asked());
    assert!(
        last[0].from < first[4].from,
        "the hosts were asked side by side"
    );
}

#[test]
fn robots_txt_is_matched_by_the_first_word_of_the_user_agent() {
    let host = Host::start(1, |asked| match asked.path.as_str() {
        "/robots.txt" => {
            Reply::html("User-agent: newsbot\nDisallow: /news\n\nUser-agent: *\nDisallow: /all\n")
        }
        path => Reply::html(article(path)),
    });
    for (agent, denied) in [
        ("chaffinch", "/all"),
        ("NewsBot/2.0 (+https://x.example/bot)", "/news"),
    ] {
        let out = scratch();
        let urls = [host.url("/news"), host.url("/all")];
        crawl(out.path(), &urls, &["--user-agent", agent]);
        let failures = records(&out.path().join("failures.jsonl"));
        assert_eq!(field(&failures, "url"), [host.url(denied)], "{agent}");
        assert_eq!(
            host.asked().last().unwrap().header("user-agent"),
            Some(agent)
        );
    }
}

#[test]
fn robots_txt_that_is_refused_is_open_and_one_that_breaks_is_closed() {
    for (status, want) in [
        (401, "ok"),
        (403, "ok"),
        (404, "ok"),
        (410, "ok"),
        (429, "robots_unreachable"),
        (500, "robots_unreachable"),
        (503, "robots_unreachable"),
    ] {
        let out = scratch();
        let host = Host::start(1, move |asked| match asked.path.as_str() {
            "/robots.txt" => Reply::status(status),
            path => Reply::html(article(path)),
        });
        crawl(out.path(), &[host.url("/1")], &[]);
        let mut all = records(&out.path().join("articles.jsonl"));
        all.extend(records(&out.path().join("failures.jsonl")));
        assert_eq!(field(&all, "status"), [want], "{status}");
        if matches!(status, 401 | 403) {
            assert!(
                all[0]["warnings"]
                    .as_array()
                    .unwrap()
                    .contains(&"robots_forbidden".into()),
                "{status} is flagged"
            );
        }
    }
}

#[test]
fn a_robots_txt_elsewhere_is_followed() {
    let out = scratch();
    let elsewhere = Host::start(2, |_| Reply::html("User-agent: *\nDisallow: /x\n"));
    let to = elsewhere.url("/rules");
    let host = Host::start(1, move |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::redirect(&to),
        path => Reply::html(article(path)),
    });
    crawl(out.path(), &[host.url("/x"), host.url("/y")], &[]);
    assert_eq!(
        field(&records(&out.path().join("failures.jsonl")), "url"),
        [host.url("/x")]
    );
    assert_eq!(
        field(&records(&out.path().join("articles.jsonl")), "url"),
        [host.url("/y")]
    );
}

#[test]
fn redirects_are_new_decisions() {
    let out = scratch();
    let there = Host::start(2, |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::html("User-agent: *\nDisallow: /denied\n"),
        path => Reply::html(article(path)),
    });
    let (fine, denied) = (there.url("/fine?x=1"), there.url("/denied"));
    let here = Host::start(1, move |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        "/fine" => Reply::redirect(&fine),
        "/denied" => Reply::redirect(&denied),
        "/inside" => Reply::redirect("http://10.0.0.1/admin"),
        "/file" => Reply::redirect("file:///etc/passwd"),
        "/loop" => Reply::redirect("/loop2"),
        "/loop2" => Reply::redirect("/loop"),
        "/nowhere" => Reply::status(302),
        path => {
            let n: i32 = path.trim_start_matches("/hop").parse().unwrap_or(0);
            if n == 10 {
                Reply::html(article("ten hops"))
            } else {
                Reply::redirect(&format!("/hop{}", n + 1))
            }
        }
    });
    let urls: Vec<String> = [
        "/fine", "/denied", "/inside", "/file", "/loop", "/nowhere", "/hop0", "/hop-1",
    ]
    .map(|path| here.url(path))
    .into();
    crawl(out.path(), &urls, &[]);
    let articles = records(&out.path().join("articles.jsonl"));
    let mut reached: Vec<(String, String)> = articles
        .iter()
        .map(|article| {
            (
                article["url"].as_str().unwrap().to_owned(),
                article["final_url"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    reached.sort();
    let mut want = vec![
        (here.url("/fine"), there.url("/fine?x=1")),
        (here.url("/hop0"), here.url("/hop10")),
    ];
    want.sort();
    assert_eq!(reached, want, "ten redirects are followed");
    let failures = records(&out.path().join("failures.jsonl"));
    let status = |path: &str| {
        let url = here.url(path);
        failures
            .iter()
            .find(|failure| failure["url"] == url.as_str())
            .map(|failure| failure["status"].as_str().unwrap())
    };
    for (path, want) in [
        ("/denied", "robots_denied"),
        ("/inside", "ssrf_blocked"),
        ("/file", "bad_url"),
        ("/loop", "redirect_loop"),
        ("/nowhere", "http_error"),
        ("/hop-1", "too_many_redirects"),
    ] {
        assert_eq!(status(path), Some(want), "{path}");
    }
    assert_eq!(there.count("/denied"), 0);
}

/// A socket that has a port of 127.0.0.1 and does not listen; none where somebody has it.
fn take_port(port: u16) -> Option<socket2::Socket> {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    socket.bind(&address.into()).ok()?;
    Some(socket)
}

#[test]
fn only_networks_that_were_named_are_contacted() {
    let out = scratch();
    let named = Host::articles(1);
    // Its port of the named address is taken, so that no other test's host can listen there.
    let mut others = std::iter::repeat_with(|| Host::articles(2));
    let taken = |other: Host| Some((take_port(other.address.port())?, other));
    let (_taken, other) = others.find_map(taken).unwrap();
    let port = other.address.port();
    let urls = [
        named.url("/1"),
        other.url("/1"),
        format!("http://localhost:{port}/"),
        format!("http://2130706434:{port}/"),
        format!("http://[::1]:{port}/"),
    ];
    let (list, dir) = (out.path().join("list"), out.path().join("out"));
    fs::write(&list, urls.join("\n")).unwrap();
    let args = [
        "crawl",
        "-i",
        list.to_str().unwrap(),
        "-o",
        dir.to_str().unwrap(),
        "--delay",
        "1ms",
        "--retries",
        "0",
        "--allow-network",
    ];
    let ran = run(&[&args[..], &["127.0.0.1/32"]].concat());
    assert_eq!(
        field(&records(&dir.join("articles.jsonl")), "url"),
        [named.url("/1")],
        "{}",
        ran.stderr
    );
    let failures = records(&dir.join("failures.jsonl"));
    for (failure, status) in failures.iter().zip(field(&failures, "status")) {
        let is_localhost = failure["url"].as_str().unwrap().contains("localhost");
        // Of localhost's addresses 127.0.0.1 is named; nobody listens there on that port.
        assert_eq!(
            status,
            if is_localhost {
                "robots_unreachable"
            } else {
                "ssrf_blocked"
            },
            "{failure}"
        );
    }
    assert_eq!(failures.len(), 4);
    assert_eq!(other.asked().len(), 0);
}

#[test]
fn failures_that_can_heal_are_tried_again() {
    let out = scratch();
    let host = Host::start(1, |asked| match asked.path.as_str() {
        "/robots.txt" | "/gone" => Reply::status(404),
        _ => Reply::status(503),
    });
    crawl(
        out.path(),
        &[host.url("/503"), host.url("/gone")],
        &["--retries", "2"],
    );
    let failures = records(&out.path().join("failures.jsonl"));
    let of = |path: &str| {
        failures
            .iter()
            .find(|failure| failure["url"] == host.url(path).as_str())
            .unwrap()
    };
    assert_eq!(
        (
            of("/503")["status"].as_str(),
            of("/503")["attempts"].as_u64()
        ),
        (Some("http_error"), Some(3))
    );
    assert_eq!(
        (
            of("/gone")["status"].as_str(),
            of("/gone")["attempts"].as_u64()
        ),
        (Some("not_found"), Some(1))
    );
    assert_eq!((host.count("/503"), host.count("/gone")), (3, 1));
}

#[test]
fn a_failure_that_heals_is_an_article() {
    let out = scratch();
    let times = std::sync::atomic::AtomicU32::new(0);
    let host = Host::start(1, move |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        path if times.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0 => {
            Reply::status(500).body(path)
        }
        path => Reply::html(article(path)),
    });
    let ran = crawl(out.path(), &[host.url("/1")], &["--retries", "1"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

#[test]
fn too_many_requests_pause_the_host_for_as_long_as_it_says() {
    let out = scratch();
    let first = std::sync::atomic::AtomicBool::new(true);
    let host = Host::start(1, move |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        "/never" => Reply::status(429).with("Retry-After", "86400"),
        _ if first.swap(false, std::sync::atomic::Ordering::SeqCst) => {
            Reply::status(429).with("Retry-After", "1")
        }
        path => Reply::html(article(path)),
    });
    let ran = crawl(
        out.path(),
        &[host.url("/1"), host.url("/2"), host.url("/never")],
        &["--retries", "3"],
    );
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let asked = host.asked();
    let pause = asked[2].from.saturating_duration_since(asked[1].to);
    assert!(
        pause >= Duration::from_millis(950),
        "also the other pages wait: {pause:?}"
    );
    let failures = records(&out.path().join("failures.jsonl"));
    assert_eq!(
        (
            field(&failures, "status")[0],
            failures[0]["attempts"].as_u64()
        ),
        ("rate_limited", Some(1)),
        "a day is not waited for"
    );
}

#[test]
fn a_host_that_asks_for_a_day_is_left_alone() {
    let out = scratch();
    let host = Host::start(1, |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        _ => Reply::status(429).with("Retry-After", "86400"),
    });
    let urls: Vec<String> = (0..5).map(|n| host.url(&format!("/{n}"))).collect();
    assert_eq!(crawl(out.path(), &urls, &[]).code, Some(3));
    let failures = records(&out.path().join("failures.jsonl"));
    assert_eq!(field(&failures, "status"), ["rate_limited"; 5]);
    assert_eq!(host.asked().len(), 2, "robots.txt and one page");
}

#[test]
fn a_wish_to_wait_holds_when_the_page_is_given_up() {
    let out = scratch();
    let host = Host::start(1, |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::status(404),
        _ => Reply::status(503).with("Retry-After", "1"),
    });
    let urls = [host.url("/1"), host.url("/2")];
    crawl(out.path(), &urls, &["--retries", "0"]);
    let asked = host.asked();
    let pause = asked[2].from.saturating_duration_since(asked[1].to);
    assert!(pause >= Duration::from_millis(950), "{pause:?}");
}

#[test]
fn a_robots_txt_that_leads_nowhere_is_unreachable_though_its_host_answers() {
    let out = scratch();
    let host = Host::start(1, |asked| match asked.path.as_str() {
        "/robots.txt" => Reply::redirect("http://10.255.255.1/robots.txt"),
        path => Reply::html(article(path)),
    });
    crawl(out.path(), &[host.url("/1")], &["--retries", "0"]);
    let failures = records(&out.path().join("failures.jsonl"));
    assert_eq!(field(&failures, "status"), ["robots_unreachable"]);
}

#[test]
fn pages_are_decoded_as_browsers_do() {
    let out = scratch();
    let host = Host::start(1, |asked| {
        let story = "<title>Café</title><h1>Café</h1><p>The café on the quay – “the oldest of all” – has been sold for 3 million € to its own cook.</p>";
        let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(story);
        match asked.path.as_str() {
            "/robots.txt" => Reply::status(404),
            "/latin1" => Reply::status(200)
                .with("Content-Type", "text/html; charset=ISO-8859-1")
                .body(bytes.into_owned()),
            "/meta" => Reply::status(200)
                .with("Content-Type", "text/html")
                .body([b"<meta charset=windows-1252>", &*bytes].concat()),
            _ => Reply::status(200)
                .with("Content-Type", "text/html")
                .body([b"\xef\xbb\xbf", story.as_bytes()].concat()),
        }
    });
    crawl(
        out.path(),
        &[host.url("/latin1"), host.url("/meta"), host.url("/bom")],
        &[],
    );
    let articles = records(&out.path().join("articles.jsonl"));
    for (path, encoding, source) in [
        ("/latin1", "windows-1252", "header"),
        ("/meta", "windows-1252", "meta"),
        ("/bom", "UTF-8", "bom"),
    ] {
        let article = articles
            .iter()
            .find(|article| article["url"] == host.url(path).as_str())
            .unwrap();
        assert!(
            article["text"]
                .as_str()
                .unwrap()
                .contains("– “the oldest of all” – has been sold for 3 million €"),
            "{path}"
        );
        assert_eq!(
            (
                article["http"]["encoding"].as_str(),
                article["http"]["encoding_source"].as_str()
            ),
            (Some(encoding), Some(source)),
            "{path}"
        );
    }
}

#[test]
fn packed_bodies_are_unpacked() {
    use std::io::Write;
    let out = scratch();
    let host = Host::start(1, |asked| {
        let story = article("packing").into_bytes();
        let packed = match asked.path.as_str() {
            "/robots.txt" => return Reply::status(404),
            "/gzip" => {
                let mut encoder =
                    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                encoder.write_all(&story).unwrap();
                encoder.finish().unwrap()
            }
            _ => zstd::encode_all(&story[..], 3).unwrap(),
        };
        assert!(asked.header("accept-encoding").is_some_and(|accepts| {
            ["gzip", "br", "zstd", "deflate"]
                .iter()
                .all(|name| accepts.contains(name))
        }));
        Reply::html(packed).with("Content-Encoding", asked.path.trim_start_matches('/'))
    });
    let ran = crawl(out.path(), &[host.url("/gzip"), host.url("/zstd")], &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(records(&out.path().join("articles.jsonl")).len(), 2);
}

#[test]
fn a_configuration_file_gives_what_flags_leave_out() {
    let dir = scratch();
    let host = Host::articles(1);
    fs::write(
        dir.path().join("c.toml"),
        "[crawl]\nallow_network = [\"127.0.0.0/8\"]\ndelay = \"1ms\"\nuser_agent = \"filebot/1\"\n",
    )
    .unwrap();
    let url = host.url("/1");
    let ran = run_in(dir.path(), &["crawl", &url, "--config", "c.toml"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        dir.path().join("chaffinch-out/articles.jsonl").exists(),
        "the default folder"
    );
    assert_eq!(host.asked()[0].header("user-agent"), Some("filebot/1"));
    fs::write(dir.path().join("c.toml"), "[crawl]\ndelai = \"1ms\"\n").unwrap();
    let ran = run_in(dir.path(), &["crawl", &url, "--config", "c.toml"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("c.toml:2:1: unknown field `delai`"),
        "{}",
        ran.stderr
    );
}

#[test]
fn nothing_extracted_is_code_3_and_no_url_is_code_2() {
    let out = scratch();
    let host = Host::start(1, |_| Reply::status(404));
    assert_eq!(crawl(out.path(), &[host.url("/1")], &[]).code, Some(3));
    assert_eq!(run(&["crawl"]).code, Some(2));
    assert_eq!(
        run(&["crawl", "http://x.example/", "--delay", "soon"]).code,
        Some(2)
    );
    assert_eq!(run(&["crawl", "-i", "/no/such/list"]).code, Some(2));
    assert_eq!(
        run(&[
            "crawl",
            "http://x.example/",
            "--allow-network",
            "300.0.0.0/8"
        ])
        .code,
        Some(2)
    );
}
