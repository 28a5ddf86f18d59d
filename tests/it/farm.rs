//! A site farm: servers of our own on several 127.0.0.x hosts, raw enough to misbehave.
//!
//! Each host listens on a port of its own and answers by a function from request to [`Reply`].
//! What was asked, and when, is kept.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
    /// When its last header line was read, and when the reply was written.
    pub(crate) from: Instant,
    pub(crate) to: Instant,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// What a server does.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// A whole response.
    Http {
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// These bytes, then the end of the connection.
    Raw(Vec<u8>),
    /// These bytes, then nothing until the client gives up.
    Stall(Vec<u8>),
    /// These bytes, then a reset.
    Reset(Vec<u8>),
    /// These bytes, then those over and over, with a pause between, until the client gives up.
    Endless(Vec<u8>, Vec<u8>, Duration),
}

impl Reply {
    pub(crate) fn html(body: impl Into<Vec<u8>>) -> Self {
        Self::status(200)
            .with("Content-Type", "text/html; charset=utf-8")
            .body(body)
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::Http {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn redirect(to: &str) -> Self {
        Self::status(302).with("Location", to)
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        if let Self::Http { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    pub(crate) fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        if let Self::Http { body, .. } = &mut self {
            *body = bytes.into();
        }
        self
    }
}

/// One host of the farm.
pub(crate) struct Host {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

type Answer = dyn Fn(&Asked) -> Reply + Send + Sync;

impl Host {
    /// Starts a server on 127.0.0.`n`. It lives as long as the test process.
    pub(crate) fn start(n: u8, answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::serve(n, answer, Vec::push)
    }

    /// One that does not keep what was asked: for millions of requests.
    pub(crate) fn start_forgetful(
        n: u8,
        answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::serve(n, answer, |_, _| {})
    }

    fn serve(
        n: u8,
        answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
        keep: fn(&mut Vec<Asked>, Asked),
    ) -> Self {
        let listener =
            TcpListener::bind(SocketAddr::from(([127, 0, 0, n], 0))).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, answer): (_, Arc<Answer>) = (asked.clone(), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, answer) = (log.clone(), answer.clone());
                thread::spawn(move || serve(&stream, &log, keep, &*answer));
            }
        });
        Self { address, asked }
    }

    /// A site that serves an article on every path and has no robots.txt.
    pub(crate) fn articles(n: u8) -> Self {
        Self::start(n, |asked| match asked.path.as_str() {
            "/robots.txt" => Reply::status(404),
            path => Reply::html(article(path)),
        })
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// All requests so far, in the order in which they ended.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("the log").clone()
    }

    /// How often a path was asked.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.asked()
            .iter()
            .filter(|asked| asked.path == path)
            .count()
    }
}

fn serve(
    stream: &TcpStream,
    log: &Mutex<Vec<Asked>>,
    keep: fn(&mut Vec<Asked>, Asked),
    answer: &Answer,
) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let mut asked = read_request(&mut reader)?;
        let reply = answer(&asked);
        let goes_on = write_reply(stream, &reply);
        asked.to = Instant::now();
        keep(&mut *log.lock().ok()?, asked);
        if !goes_on {
            // A stalled client gives up by itself; the thread must not outlive it by much.
            if matches!(reply, Reply::Stall(_)) {
                let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
                let _ = reader.read_line(&mut String::new());
            }
            return None;
        }
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    reader
        .read_line(&mut line)
        .ok()
        .filter(|&bytes| bytes > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    Some(Asked {
        path,
        headers,
        from: Instant::now(),
        to: Instant::now(),
    })
}

fn write_reply(mut stream: &TcpStream, reply: &Reply) -> bool {
    let (bytes, goes_on) = match reply {
        Reply::Raw(bytes) | Reply::Stall(bytes) => (bytes.clone(), false),
        Reply::Reset(bytes) => {
            let _ = stream.write_all(bytes);
            let _ = socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO));
            return false;
        }
        Reply::Endless(head, more, pause) => {
            let mut written = stream.write_all(head);
            // A client that never gives up is found by the test, not by an endless one.
            let end = Instant::now() + Duration::from_secs(30);
            while written.is_ok() && Instant::now() < end {
                written = stream.write_all(more);
                thread::sleep(*pause);
            }
            return false;
        }
        Reply::Http {
            status,
            headers,
            body,
        } => {
            let mut head = format!("HTTP/1.1 {status} X\r\n");
            for (name, value) in headers {
                head += &format!("{name}: {value}\r\n");
            }
            if *status != 304 && *status != 204 {
                head += &format!("Content-Length: {}\r\n", body.len());
            }
            ([head.as_bytes(), b"\r\n", body].concat(), true)
        }
    };
    stream.write_all(&bytes).is_ok() && goes_on
}

/// A story whose words depend on `topic`.
pub(crate) fn article(topic: &str) -> String {
    format!(
        "<!doctype html><html lang=en><title>Story of {topic} - The Courier</title><h1>Story of {topic}</h1>\
         <p>This is the first paragraph of the story of {topic}, which is long enough to be one.</p>\
         <p>The second paragraph of the story of {topic} follows, and says a little more than the first.</p>\
         <h4>Recommended news</h4><h3><a href=/other>Another story</a></h3><p>It begins like this, and then...</p>"
    )
}
