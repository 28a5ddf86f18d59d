//! The fault farm, below HTTP: TLS, HTTP/2 and proxies, by sockets of our own.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::farm::{Host, Reply, article};
use crate::fault_farm::outcomes;
use crate::tool::{Ran, crawl, run, run_with_env};

/// What answers a request on a stream of that number.
type Page = Box<dyn Fn(u32) -> Vec<u8> + Send + Sync>;
type Stream = StreamOwned<ServerConnection, TcpStream>;

/// Who vouches for the certificates here, known to a crawl by `SSL_CERT_FILE`.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: PathBuf,
}

impl Authority {
    fn new(dir: &Path) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let file = dir.join("ca.pem");
        std::fs::write(&file, certificate.pem()).unwrap();
        let issuer = Issuer::new(params, key);
        Self { issuer, file }
    }

    /// A server's settings: whom its certificate names, until which year, and who signed it.
    fn server(&self, name: &str, year: i32, own: bool, protocol: &[u8]) -> Arc<ServerConfig> {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = if own {
            params.self_signed(&key).unwrap()
        } else {
            params.signed_by(&key, &self.issuer).unwrap()
        };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        config.alpn_protocols = vec![protocol.to_vec()];
        Arc::new(config)
    }
}

/// A server over TLS that does with each connection what `serve` says.
fn start(
    n: u8,
    config: Arc<ServerConfig>,
    serve: impl Fn(&mut Stream) + Send + Sync + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, n], 0))).unwrap();
    let address = listener.local_addr().unwrap();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (config, serve) = (config.clone(), serve.clone());
            thread::spawn(move || {
                let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
                let connection = ServerConnection::new(config).unwrap();
                serve(&mut StreamOwned::new(connection, stream));
            });
        }
    });
    address
}

/// Answers requests one after the other: no robots.txt, and a story on every path.
fn stories(stream: &mut Stream) {
    let mut head = Vec::new();
    let mut byte = [0];
    while let Ok(1) = stream.read(&mut byte) {
        head.push(byte[0]);
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        let (status, body) = if head.starts_with(b"GET /robots.txt") {
            (404, String::new())
        } else {
            (200, article("a safe place"))
        };
        head.clear();
        let response = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(response.as_bytes()).is_err() {
            return;
        }
    }
}

fn crawl_trusting(out: &Path, urls: &[String], ca: &Path, flags: &[&str]) -> Ran {
    let mut args = vec![
        "crawl",
        "-o",
        out.to_str().unwrap(),
        "--delay",
        "1ms",
        "--retries",
        "0",
    ];
    args.extend(["--allow-network", "127.0.0.0/8", "--timeout", "2s"]);
    args.extend(flags);
    args.extend(urls.iter().map(String::as_str));
    run_with_env(&args, "SSL_CERT_FILE", ca)
}

/// Group 14: what cannot be verified is never asked, and never asked unverified instead.
#[test]
fn certificates_that_cannot_be_trusted() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::new(dir.path());
    let http = b"http/1.1";
    let stalling = TcpListener::bind("127.0.0.6:0").unwrap();
    let hosts = [
        (
            start(2, authority.server("127.0.0.2", 2100, false, http), stories),
            "ok",
        ),
        (
            start(3, authority.server("127.0.0.3", 2021, false, http), stories),
            "robots_unreachable",
        ),
        (
            start(
                4,
                authority.server("other.example", 2100, false, http),
                stories,
            ),
            "robots_unreachable",
        ),
        (
            start(5, authority.server("127.0.0.5", 2100, true, http), stories),
            "robots_unreachable",
        ),
        // Accepts, and says nothing.
        (stalling.local_addr().unwrap(), "robots_unreachable"),
    ];
    let urls: Vec<String> = hosts
        .iter()
        .map(|(address, _)| format!("https://{address}/page"))
        .collect();
    let out = dir.path().join("out");
    let ran = crawl_trusting(&out, &urls, &authority.file, &[]);
    let records = outcomes(&out);
    for (url, (_, want)) in urls.iter().zip(&hosts) {
        assert_eq!(
            records[url]["status"], *want,
            "{}: {}",
            records[url], ran.stderr
        );
    }

    // Named, a host is asked all the same, and its record says so; the others are not.
    let out = dir.path().join("insecure");
    let ran = crawl_trusting(
        &out,
        &urls[..4],
        &authority.file,
        &["--insecure", "127.0.0.5"],
    );
    assert!(
        ran.stderr.contains("certificate is not verified"),
        "{}",
        ran.stderr
    );
    let records = outcomes(&out);
    let warned = |url: &String| {
        let warnings = records[url]["warnings"].as_array();
        warnings.is_some_and(|warnings| warnings.contains(&"tls_unverified".into()))
    };
    assert_eq!(records[&urls[3]]["status"], "ok");
    assert!(warned(&urls[3]) && !warned(&urls[0]));
    let detail = records[&urls[1]]["detail"].as_str().unwrap();
    assert!(detail.starts_with("robots.txt: tls: "), "{detail}");
}

/// A frame of HTTP/2 (RFC 9113 §4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Speaks HTTP/2: answers robots.txt with 404, and the page with these frames.
/// What is the first request of all connections is the one for robots.txt.
fn http2(stream: &mut Stream, requests: &AtomicU32, page: &dyn Fn(u32) -> Vec<u8>) -> Option<()> {
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).ok()?;
    stream.write_all(&frame(4, 0, 0, &[])).ok()?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        stream.read_exact(&mut payload).ok()?;
        let id = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        match head[3] {
            // SETTINGS that are no acknowledgement.
            4 if head[4] & 1 == 0 => stream.write_all(&frame(4, 1, 0, &[])).ok()?,
            // HEADERS: 0x8d is `:status: 404` in the static table of HPACK.
            1 => {
                let answer = if requests.fetch_add(1, Ordering::SeqCst) == 0 {
                    frame(1, 0x5, id, &[0x8d])
                } else {
                    page(id)
                };
                stream.write_all(&answer).ok()?;
            }
            _ => {}
        }
    }
}

/// Group 12: a stream that is reset, a connection that goes away, a body that stalls.
#[test]
fn http2_that_breaks_off() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::new(dir.path());
    // 0x88 is `:status: 200`.
    let begun = |id| frame(1, 0x4, id, &[0x88]);
    let story = article("two");
    let pages: [(Page, &str); 5] = [
        (
            Box::new(move |id| [begun(id), frame(0, 1, id, story.as_bytes())].concat()),
            "ok",
        ),
        (
            Box::new(|id| frame(3, 0, id, &2_u32.to_be_bytes())),
            "http_error",
        ),
        (
            Box::new(move |id| [begun(id), frame(3, 0, id, &2_u32.to_be_bytes())].concat()),
            "truncated",
        ),
        // Gone away without having seen the request: it is repeated, and then given up.
        (
            Box::new(|_| frame(7, 0, 0, &[0; 8])),
            "http_error or connect",
        ),
        (
            Box::new(move |id| [begun(id), frame(0, 0, id, b"<p>And")].concat()),
            "timeout",
        ),
    ];
    let mut urls = Vec::new();
    let mut wants = Vec::new();
    for ((page, want), n) in pages.into_iter().zip(2..) {
        let config = authority.server(&format!("127.0.0.{n}"), 2100, false, b"h2");
        let requests = AtomicU32::new(0);
        let address = start(n, config, move |stream| {
            http2(stream, &requests, &page);
        });
        urls.push(format!("https://{address}/page"));
        wants.push(want);
    }
    let out = dir.path().join("out");
    let ran = crawl_trusting(&out, &urls, &authority.file, &[]);
    let records = outcomes(&out);
    for (url, want) in urls.iter().zip(wants) {
        let got = records[url]["status"].as_str().unwrap();
        let matches = want.split(" or ").any(|want| want == got);
        assert!(matches, "not {want}: {}: {}", records[url], ran.stderr);
    }
}

/// An HTTP proxy is asked, and what it must not reach is judged before.
#[test]
fn behind_an_http_proxy_the_target_is_still_judged() {
    let dir = tempfile::tempdir().unwrap();
    let proxy = Host::start(9, |asked| {
        if asked.path.ends_with("/robots.txt") {
            Reply::status(404)
        } else {
            Reply::html(article(&asked.path))
        }
    });
    let config = dir.path().join("c.toml");
    let text = format!("[crawl]\nproxy = \"http://{}\"\n", proxy.address);
    std::fs::write(&config, text).unwrap();
    let urls = [
        "http://127.0.0.3:1/page",
        "http://10.0.0.1/page",
        "http://localhost:1/page",
        "http://no-such-host.invalid/page",
    ]
    .map(str::to_owned);
    let out = dir.path().join("out");
    let mut args = vec![
        "crawl",
        "-o",
        out.to_str().unwrap(),
        "--delay",
        "1ms",
        "--retries",
        "0",
    ];
    args.extend([
        "--allow-network",
        "127.0.0.3/32",
        "--config",
        config.to_str().unwrap(),
    ]);
    args.extend(urls.iter().map(String::as_str));
    let ran = run(&args);
    let records = outcomes(&out);
    for (url, want) in urls
        .iter()
        .zip(["ok", "ssrf_blocked", "ssrf_blocked", "robots_unreachable"])
    {
        assert_eq!(
            records[url]["status"], want,
            "{}: {}",
            records[url], ran.stderr
        );
    }
    assert_eq!(proxy.asked().len(), 2, "robots.txt and one page");
}

/// A SOCKS proxy is told the address that was judged.
#[test]
fn behind_a_socks_proxy_the_judged_address_is_dialled() {
    let dir = tempfile::tempdir().unwrap();
    let host = Host::articles(2);
    let proxy = TcpListener::bind("127.0.0.9:0").unwrap();
    let config = dir.path().join("c.toml");
    let text = format!(
        "[crawl]\nproxy = \"socks5://{}\"\n",
        proxy.local_addr().unwrap()
    );
    std::fs::write(&config, text).unwrap();
    thread::spawn(move || {
        for client in proxy.incoming().flatten() {
            thread::spawn(move || socks(client));
        }
    });
    let out = dir.path().join("out");
    let urls = [host.url("/1"), "http://10.0.0.1/2".to_owned()];
    let ran = crawl(&out, &urls, &["--config", config.to_str().unwrap()]);
    let records = outcomes(&out);
    assert_eq!(records[&urls[0]]["status"], "ok", "{}", ran.stderr);
    assert_eq!(
        records[&urls[1]]["status"], "ssrf_blocked",
        "{}",
        ran.stderr
    );
    assert_eq!(host.count("/1"), 1);
    std::fs::write(&config, "[crawl]\nproxy = \"gopher://x\"\n").unwrap();
    let ran = crawl(&out, &urls, &["--config", config.to_str().unwrap()]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
}

/// RFC 1928, without passwords, to IPv4 addresses only.
fn socks(mut client: TcpStream) -> Option<()> {
    let mut hello = [0; 2];
    client.read_exact(&mut hello).ok()?;
    client.read_exact(&mut vec![0; hello[1].into()]).ok()?;
    client.write_all(&[5, 0]).ok()?;
    let mut request = [0; 10];
    client.read_exact(&mut request).ok()?;
    assert_eq!(request[..4], [5, 1, 0, 1], "an address and no name");
    let ip: [u8; 4] = request[4..8].try_into().ok()?;
    let port = u16::from_be_bytes([request[8], request[9]]);
    let mut server = TcpStream::connect((std::net::Ipv4Addr::from(ip), port)).ok()?;
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).ok()?;
    let (mut from, mut to) = (client.try_clone().ok()?, server.try_clone().ok()?);
    thread::spawn(move || std::io::copy(&mut from, &mut to));
    std::io::copy(&mut server, &mut client).ok()?;
    Some(())
}
