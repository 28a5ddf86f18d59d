//! The fault farm: a host for each fault of a response, all asked by one crawl, so that none keeps
//! the others from being asked. `docs/faults.md` has the table.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::farm::{Host, Reply, article};
use crate::tool::{crawl, records};

/// A fault, what its server answers for `/page`, and the status of the record.
type Case = (&'static str, Reply, &'static str);

/// All records of a crawl, by URL.
pub(crate) fn outcomes(out: &Path) -> HashMap<String, Value> {
    let mut all = records(&out.join("articles.jsonl"));
    all.extend(records(&out.join("failures.jsonl")));
    let by_url: HashMap<String, Value> = all
        .iter()
        .map(|record| (record["url"].as_str().unwrap().to_owned(), record.clone()))
        .collect();
    assert_eq!(by_url.len(), all.len(), "one record a URL");
    by_url
}

/// Crawls a host for each case and compares how they end.
fn check(config: &str, cases: Vec<Case>) {
    let out = tempfile::tempdir().unwrap();
    let config_path = out.path().join("c.toml");
    std::fs::write(&config_path, config).unwrap();
    let hosts: Vec<(&str, Host, &str)> = cases
        .into_iter()
        .zip(2..)
        .map(|((fault, reply, want), n)| {
            let host = Host::start(n, move |asked| match asked.path.as_str() {
                "/robots.txt" => Reply::status(404),
                _ => reply.clone(),
            });
            (fault, host, want)
        })
        .collect();
    let urls: Vec<String> = hosts.iter().map(|(_, host, _)| host.url("/page")).collect();
    let flags = ["--config", config_path.to_str().unwrap()];
    let ran = crawl(&out.path().join("out"), &urls, &flags);
    assert!(matches!(ran.code, Some(1 | 3)), "{}", ran.stderr);
    let outcomes = outcomes(&out.path().join("out"));
    for (fault, host, want) in hosts {
        let record = &outcomes[&host.url("/page")];
        assert_eq!(record["status"], want, "{fault}: {record}");
        if want != "ok" {
            assert!(
                record["detail"]
                    .as_str()
                    .is_some_and(|detail| !detail.is_empty())
            );
        }
    }
}

fn raw(text: &str) -> Reply {
    Reply::Raw(text.as_bytes().to_vec())
}

fn head(lines: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{lines}\r\n")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn encoded(encoding: &str, body: &[u8]) -> Reply {
    Reply::html(body).with("Content-Encoding", encoding)
}

/// Groups 4 to 11, 13 and 15: connections and the form of responses.
#[test]
fn responses_that_break_off_lie_or_never_end() {
    check(
        "[crawl]\ntimeout = \"1500ms\"\nmax_body = \"3MB\"\n[limits]\nfirst_byte = \"700ms\"\n\
         min_rate = \"1kB\"\nmin_rate_over = \"700ms\"\n",
        [broken_connections(), broken_lengths()].concat(),
    );
}

fn of_length(bytes: usize) -> String {
    head(&format!("Content-Length: {bytes}\r\n"))
}

fn broken_connections() -> Vec<Case> {
    let story = article("faults");
    let now = Duration::ZERO;
    let bytes = |text: String| text.into_bytes();
    vec![
        (
            "4 accepts and says nothing",
            Reply::Stall(Vec::new()),
            "timeout",
        ),
        (
            "5 a body of one byte at a time",
            Reply::Endless(bytes(head("")), b"x".to_vec(), Duration::from_millis(50)),
            "timeout",
        ),
        (
            "6 a header of one byte at a time",
            Reply::Endless(
                b"HTTP/1.1 200 OK\r\nX: ".to_vec(),
                b"x".to_vec(),
                Duration::from_millis(50),
            ),
            "timeout",
        ),
        (
            "7 endless header lines",
            Reply::Endless(b"HTTP/1.1 200 OK\r\n".to_vec(), b"X: y\r\n".to_vec(), now),
            "too_large",
        ),
        (
            "7 an endless header line",
            Reply::Endless(b"HTTP/1.1 200 OK\r\nX: ".to_vec(), vec![b'y'; 4_096], now),
            "too_large",
        ),
        (
            "7 a header of 100 KB",
            raw(&(head(&format!(
                "X: {}\r\nContent-Length: 0\r\n",
                "y".repeat(100_000)
            )))),
            "too_large",
        ),
        (
            "8 an endless body",
            Reply::Endless(bytes(head("")), b"<p>And then more.".repeat(500), now),
            "too_large",
        ),
        (
            "9 a reset in mid body",
            Reply::Reset(bytes(of_length(story.len() + 9) + &story)),
            "truncated",
        ),
        (
            "9 a reset before the response",
            Reply::Reset(Vec::new()),
            "connect",
        ),
    ]
}

fn broken_lengths() -> Vec<Case> {
    let story = article("faults");
    let chunked = head("Transfer-Encoding: chunked\r\n");
    let chunk = format!("{:x}\r\n{story}\r\n", story.len());
    let early = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n";
    vec![
        (
            "10 a length larger than the body",
            raw(&(of_length(story.len() + 9) + &story)),
            "truncated",
        ),
        (
            "10 a length smaller than the body",
            raw(&(of_length(story.len() - 9) + &story)),
            "ok",
        ),
        (
            "10 two lengths that differ",
            raw(&(head("Content-Length: 5\r\nContent-Length: 500\r\n") + &story)),
            "http_error",
        ),
        (
            "11 no last chunk",
            raw(&format!("{chunked}{chunk}")),
            "truncated",
        ),
        (
            "11 a broken chunk size",
            raw(&format!("{chunked}zz\r\n{story}\r\n0\r\n\r\n")),
            "truncated",
        ),
        (
            "11 a chunk size of 20 digits",
            raw(&format!("{chunked}ffffffffffffffffffff\r\n{story}")),
            "truncated",
        ),
        (
            "11 whole chunks",
            raw(&format!("{chunked}{chunk}0\r\n\r\n")),
            "ok",
        ),
        (
            "15 hints before the response",
            raw(&format!("{early}{}{story}", head(""))),
            "ok",
        ),
        (
            "15 hints without end",
            Reply::Endless(
                Vec::new(),
                early.as_bytes().to_vec(),
                Duration::from_millis(5),
            ),
            "timeout",
        ),
        (
            "15 204 with a body",
            raw(&format!("HTTP/1.1 204 No Content\r\n\r\n{story}")),
            "http_error",
        ),
        (
            "15 205",
            raw("HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n"),
            "http_error",
        ),
        (
            "no HTTP at all",
            raw("SSH-2.0-OpenSSH_9.2\r\n"),
            "http_error",
        ),
        (
            "the old HTTP/1.0",
            raw(&format!(
                "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n{story}"
            )),
            "ok",
        ),
    ]
}

/// Group 13: a kept connection that the server closed in between.
#[test]
fn a_connection_that_was_closed_in_between_is_opened_again() {
    let out = tempfile::tempdir().unwrap();
    let host = Host::start(1, |asked| match asked.path.as_str() {
        "/robots.txt" => raw("HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n"),
        path => {
            let story = article(path);
            raw(&format!(
                "{}{story}",
                head(&format!("Content-Length: {}\r\n", story.len()))
            ))
        }
    });
    let urls: Vec<String> = (0..5).map(|n| host.url(&format!("/{n}"))).collect();
    let ran = crawl(out.path(), &urls, &["--delay", "30ms", "--retries", "1"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

/// Groups 35: encodings that lie, bombs.
#[test]
fn bodies_that_swell_or_lie_about_their_packing() {
    let story = article("packing");
    let packed = gzip(story.as_bytes());
    let spaces = vec![b' '; 30_000_000];
    let br = include_bytes!("../../testdata/encodings/zeros.br");
    let mut wrong_sum = packed.clone();
    let at = wrong_sum.len() - 6;
    wrong_sum[at] ^= 0xff;
    check(
        "[limits]\nratio = 100\n",
        vec![
            (
                "35 a gzip bomb",
                encoded("gzip", &gzip(&spaces)),
                "too_large",
            ),
            (
                "35 a deflate bomb",
                encoded("deflate", &deflated(&spaces)),
                "too_large",
            ),
            (
                "35 a zstd bomb",
                encoded("zstd", &zstd::encode_all(&spaces[..], 3).unwrap()),
                "too_large",
            ),
            ("35 a brotli bomb", encoded("br", br), "too_large"),
            (
                "35 a nested gzip bomb",
                encoded("gzip, gzip", &gzip(&gzip(&spaces))),
                "too_large",
            ),
            (
                "35 three encodings",
                encoded("gzip, gzip, gzip", &packed),
                "decode_error",
            ),
            (
                "35 three encodings in three lines",
                encoded("gzip", &packed)
                    .with("Content-Encoding", "gzip")
                    .with("Content-Encoding", "br"),
                "decode_error",
            ),
            (
                "35 no gzip at all",
                encoded("gzip", story.as_bytes()),
                "decode_error",
            ),
            (
                "35 an unknown encoding",
                encoded("rot13", b"x"),
                "decode_error",
            ),
            (
                "35 gzip cut off",
                encoded("gzip", &packed[..packed.len() / 2]),
                "truncated",
            ),
            (
                "35 a checksum cut off",
                encoded("gzip", &packed[..packed.len() - 4]),
                "truncated",
            ),
            (
                "35 a wrong checksum",
                encoded("gzip", &wrong_sum),
                "truncated",
            ),
            (
                "35 bare deflate",
                encoded("deflate", &deflated(story.as_bytes())),
                "ok",
            ),
            (
                "35 two gzip members",
                encoded(
                    "gzip",
                    &[packed.clone(), gzip(b"<p>And that was all of it.")].concat(),
                ),
                "ok",
            ),
            (
                "35 junk behind the end",
                encoded("gzip", &[&packed[..], b"<!-- 3 ms -->"].concat()),
                "ok",
            ),
            (
                "35 a character set as encoding",
                encoded("UTF-8", story.as_bytes()),
                "ok",
            ),
        ],
    );
}

/// Groups 23 to 27 and 37, 38: statuses and what is no page.
#[test]
fn statuses_and_bodies_that_are_no_article() {
    let labelled =
        |kind: &str, body: &[u8]| Reply::status(200).with("Content-Type", kind).body(body);
    let challenge = "<!doctype html><title>Just a moment...</title><h1>Checking your browser</h1>\
                     <p>Enable JavaScript and cookies to continue</p>";
    let gone = "<!doctype html><title>Page not found - Courier</title><h1>404</h1>\
                <p>Sorry, the page that you are looking for could not be found.</p>";
    check(
        "",
        vec![
            ("23 429", Reply::status(429), "rate_limited"),
            (
                "23 429 for ten years",
                Reply::status(429).with("Retry-After", "315360000"),
                "rate_limited",
            ),
            (
                "23 429 for a negative time",
                Reply::status(429).with("Retry-After", "-5"),
                "rate_limited",
            ),
            (
                "23 429 for nobody knows how long",
                Reply::status(429).with("Retry-After", "soon"),
                "rate_limited",
            ),
            (
                "23 429 until a date in the past",
                Reply::status(429).with("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"),
                "rate_limited",
            ),
            ("24 503", Reply::status(503), "http_error"),
            (
                "25 403 with a challenge",
                Reply::status(403)
                    .with("Content-Type", "text/html")
                    .body(challenge),
                "blocked",
            ),
            (
                "25 a challenge with 200",
                Reply::html(challenge),
                "no_article",
            ),
            ("26 not found with 200", Reply::html(gone), "no_article"),
            (
                "27 304 without a stored copy",
                Reply::status(304),
                "http_error",
            ),
            ("401 without a challenge", Reply::status(401), "blocked"),
            ("451", Reply::status(451), "blocked"),
            (
                "a status of three digits that is none",
                Reply::status(799),
                "http_error",
            ),
            ("37 empty", Reply::html(""), "no_article"),
            ("37 one byte", Reply::html("x"), "no_article"),
            (
                "37 only white space",
                Reply::html(" \n\t\u{a0} "),
                "no_article",
            ),
            (
                "37 only a byte-order mark",
                Reply::html("\u{feff}"),
                "no_article",
            ),
            (
                "38 a PDF as HTML",
                labelled("text/html", b"%PDF-1.7\n%\xe2\xe3"),
                "not_html",
            ),
            (
                "38 a JPEG as HTML",
                labelled("text/html", b"\xff\xd8\xff\xe0\0\x10JFIF\0"),
                "not_html",
            ),
            (
                "38 JSON as HTML",
                labelled("text/html", b"{\"a\": [1, 2]}"),
                "not_html",
            ),
            (
                "38 a film as HTML",
                labelled("text/html", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"),
                "not_html",
            ),
            (
                "38 a PDF as itself",
                labelled("application/pdf", b"%PDF-1.7"),
                "not_html",
            ),
            (
                "38 HTML as a stream of bytes",
                labelled("application/octet-stream", article("bytes").as_bytes()),
                "ok",
            ),
        ],
    );
}

/// Groups 16 to 18: redirects that lead nowhere or for ever.
#[test]
fn redirects_that_lead_nowhere() {
    let raw_location = |bytes: &[u8]| {
        Reply::Raw(
            [
                b"HTTP/1.1 302 X\r\nContent-Length: 0\r\nLocation: ",
                bytes,
                b"\r\n\r\n",
            ]
            .concat(),
        )
    };
    check(
        "",
        vec![
            (
                "16 a loop of one",
                Reply::redirect("/page"),
                "redirect_loop",
            ),
            (
                "16 a loop by fragment",
                Reply::redirect("/page#again"),
                "redirect_loop",
            ),
            (
                "16 a loop by an empty query",
                Reply::redirect("?"),
                "redirect_loop",
            ),
            (
                "18 to a file",
                Reply::redirect("file:///etc/passwd"),
                "bad_url",
            ),
            ("18 to FTP", Reply::redirect("ftp://x.example/"), "bad_url"),
            (
                "18 to data",
                Reply::redirect("data:text/html,<p>x"),
                "bad_url",
            ),
            (
                "18 to a script",
                Reply::redirect("javascript:alert(1)"),
                "bad_url",
            ),
            (
                "18 to a scheme in capitals",
                Reply::redirect("FILE:/etc/passwd"),
                "bad_url",
            ),
            ("18 to nowhere", Reply::status(302), "http_error"),
            ("18 to an empty place", Reply::redirect(""), "http_error"),
            ("18 to no host", Reply::redirect("http://"), "bad_url"),
            (
                "18 to bytes outside ASCII",
                raw_location(b"http://127.0.0.1:1/\xc3\xa4"),
                "robots_unreachable",
            ),
            (
                "18 to bytes of no encoding",
                raw_location(b"http://127.0.0.1:1/\xe4"),
                "robots_unreachable",
            ),
            (
                "a URL of 9,000 bytes",
                Reply::redirect(&format!("/{}", "a".repeat(9_000))),
                "bad_url",
            ),
            (
                "19 to loopback in decimal",
                Reply::redirect("http://2130706433:1/"),
                "robots_unreachable",
            ),
        ],
    );
}
