//! Content encodings undone while the body arrives, within a cap on what comes out.
//!
//! Our own chain over well-kept decoders rather than reqwest's: it counts bytes on the wire and
//! after unpacking, stops a bomb in mid-stream, and tells a cut-off body from a broken one.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::failure::Status;
use streams::{Layer, layer};

pub(crate) mod member;
mod streams;

/// What servers write into `Content-Encoding` though it is no coding; names of character sets are
/// another such thing.
const NO_CODINGS: [&str; 7] = ["", "identity", "none", "binary", "text", "7bit", "8bit"];

/// Size below which the ratio does not count: a page of one letter packs better than any bomb.
const RATIO_FROM_BYTES: u64 = 1 << 20;

/// What goes into the chain at once of what is there already: between two pieces the ratio is looked at.
const PIECE_BYTES: usize = 16 << 10;

/// What a body can have wrong with it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    /// More bytes than the cap, on the wire or unpacked.
    #[error("the body is larger than {0} bytes")]
    TooLarge(u64),
    /// It becomes so many times larger when it is unpacked, or more.
    #[error("the body becomes more than {0} times as large when it is unpacked")]
    Swells(u64),
    /// The encoded stream ends before it is complete.
    #[error("the {0} body ends before it is complete")]
    Truncated(String),
    /// The encoded stream is broken, or of an unknown kind.
    #[error("the body cannot be unpacked: {0}")]
    Broken(String),
}

impl BodyError {
    /// What it is in the output.
    pub(crate) fn status(&self) -> Status {
        match self {
            Self::TooLarge(_) | Self::Swells(_) => Status::TooLarge,
            Self::Truncated(_) => Status::Truncated,
            Self::Broken(_) => Status::DecodeError,
        }
    }
}

/// Bounds on a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Caps {
    /// Bytes on the wire.
    pub(crate) wire_bytes: u64,
    /// Bytes unpacked.
    pub(crate) max_bytes: u64,
    /// Times that it may swell, once over [`RATIO_FROM_BYTES`].
    pub(crate) ratio: u64,
    /// Encodings on top of each other.
    pub(crate) encodings: usize,
}

/// What becomes of a body that is larger than its cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overflow {
    /// It is refused.
    Refused,
    /// What is within the cap is kept, up to the end of a line.
    Cut,
    /// What is within the cap is kept.
    Torn,
}

/// Takes a body in pieces, as they come.
pub(crate) struct BodyReader {
    chain: Box<dyn Layer>,
    /// What came out of the chain; outside it, since a layer that failed does not give it back.
    body: Arc<Mutex<Vec<u8>>>,
    encoding: String,
    wire_bytes: u64,
    caps: Caps,
    overflow: Overflow,
    is_cut: bool,
    /// The bytes as they came, where they are to be kept, or to be unpacked all at once.
    came: Option<Vec<u8>>,
    /// Whether they are unpacked at the end.
    waits: bool,
    keeps_wire: bool,
}

/// A body that has come to its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unpacked {
    pub(crate) body: Vec<u8>,
    /// Its size on the wire.
    pub(crate) wire_bytes: u64,
    /// The bytes as they came, where they were to be kept and are other ones than the body.
    pub(crate) wire: Option<Vec<u8>>,
}

impl BodyReader {
    /// A reader for the values of `Content-Encoding`, in their order.
    pub(crate) fn new<'a>(
        encodings: impl Iterator<Item = &'a str>,
        caps: Caps,
        overflow: Overflow,
    ) -> Result<Self, BodyError> {
        let names: Vec<String> = encodings
            .flat_map(|value| value.split(','))
            .map(|name| name.trim().to_ascii_lowercase())
            .filter(|name| {
                !NO_CODINGS.contains(&name.as_str())
                    && encoding_rs::Encoding::for_label(name.as_bytes()).is_none()
            })
            .collect();
        if names.len() > caps.encodings {
            return Err(BodyError::Broken(format!(
                "{} encodings on top of each other",
                names.len()
            )));
        }
        let body = Arc::default();
        let mut chain: Box<dyn Layer> = Box::new(Capped {
            body: Arc::clone(&body),
            max_bytes: caps.max_bytes,
        });
        for name in &names {
            chain = layer(name, chain)?;
        }
        // Most bodies are one gzip member, which takes half the time when all of it is there. What may
        // be cut has to be unpacked as far as it goes.
        let is_gzip = matches!(&names[..], [name] if matches!(name.as_str(), "gzip" | "x-gzip"));
        let waits = is_gzip && overflow == Overflow::Refused;
        Ok(Self {
            chain,
            body,
            encoding: names.join(", "),
            wire_bytes: 0,
            caps,
            overflow,
            is_cut: false,
            came: waits.then(Vec::new),
            waits,
            keeps_wire: false,
        })
    }

    /// Has the bytes kept as they come, unless they are not packed: then the body is what came.
    pub(crate) fn keep_wire(&mut self) {
        self.keeps_wire = !self.encoding.is_empty();
        if self.keeps_wire {
            self.came.get_or_insert_default();
        }
    }

    /// Takes the next piece.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<(), BodyError> {
        let room = self.caps.wire_bytes.saturating_sub(self.wire_bytes);
        self.wire_bytes += piece.len() as u64;
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        let within = &piece[..room.min(piece.len())];
        if let Some(came) = &mut self.came {
            came.extend_from_slice(within);
        }
        let is_whole = within.len() == piece.len();
        if !is_whole && self.overflow == Overflow::Refused {
            return Err(BodyError::TooLarge(self.caps.wire_bytes));
        }
        if self.waits {
            return Ok(());
        }
        self.write(within)?;
        if is_whole {
            return self.check_ratio();
        }
        self.is_cut = true;
        // Decoders hold back some of what they have unpacked. If that is too much, it is cut, too.
        let _ = self.chain.flush();
        Ok(())
    }

    /// What it may be, unpacked, of so many bytes on the wire.
    fn allowed(&self) -> u64 {
        let swollen = self.caps.ratio.saturating_mul(self.wire_bytes);
        swollen.max(RATIO_FROM_BYTES)
    }

    /// What may be cut is bounded by its own cap, which is small.
    fn check_ratio(&self) -> Result<(), BodyError> {
        let swells = locked(&self.body).len() as u64 > self.allowed();
        if swells && self.overflow == Overflow::Refused {
            return Err(BodyError::Swells(self.caps.ratio));
        }
        Ok(())
    }

    fn write(&mut self, piece: &[u8]) -> Result<(), BodyError> {
        let written = self.chain.write_all(piece);
        match written.map_err(|error| classify(&error, &self.encoding, self.caps.max_bytes)) {
            Err(BodyError::TooLarge(_)) if self.overflow != Overflow::Refused => {
                self.is_cut = true;
                Ok(())
            }
            written => written,
        }
    }

    /// Whether the cap was passed and the body cut, so that nothing more of it is wanted.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// The body.
    pub(crate) fn finish(mut self) -> Result<Unpacked, BodyError> {
        let (wire_bytes, keeps_wire) = (self.wire_bytes, self.keeps_wire);
        let came = self.came.take();
        let body = match &came {
            Some(packed) if self.waits => self.unpack(packed)?,
            _ => self.end()?,
        };
        Ok(Unpacked {
            body,
            wire_bytes,
            wire: came.filter(|_| keeps_wire),
        })
    }

    /// Unpacks what has waited. Whatever else it is than one whole member, the chain tells.
    fn unpack(mut self, packed: &[u8]) -> Result<Vec<u8>, BodyError> {
        let most = self.allowed().min(self.caps.max_bytes);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        if let Some(body) = member::whole(packed, most) {
            return Ok(body);
        }
        for piece in packed.chunks(PIECE_BYTES) {
            self.write(piece)?;
            self.check_ratio()?;
        }
        self.end()
    }

    /// What has come out of the chain, its stream ended.
    fn end(self) -> Result<Vec<u8>, BodyError> {
        let mut is_cut = self.is_cut;
        // A response without a body has no encoded stream either, whatever its header says.
        if !is_cut
            && self.wire_bytes > 0
            && let Err(error) = self.chain.end()
        {
            match classify(&error, &self.encoding, self.caps.max_bytes) {
                BodyError::TooLarge(_) if self.overflow != Overflow::Refused => is_cut = true,
                error => return Err(error),
            }
        }
        let mut body = std::mem::take(&mut *locked(&self.body));
        if is_cut && self.overflow == Overflow::Cut {
            let line_end = body.iter().rposition(|byte| matches!(byte, b'\n' | b'\r'));
            body.truncate(line_end.map_or(0, |at| at + 1));
        }
        Ok(body)
    }
}

fn locked(body: &Mutex<Vec<u8>>) -> MutexGuard<'_, Vec<u8>> {
    body.lock().unwrap_or_else(PoisonError::into_inner)
}

fn classify(error: &io::Error, encoding: &str, max_bytes: u64) -> BodyError {
    match error.kind() {
        io::ErrorKind::QuotaExceeded => BodyError::TooLarge(max_bytes),
        io::ErrorKind::UnexpectedEof => BodyError::Truncated(encoding.to_owned()),
        _ => BodyError::Broken(format!("{encoding}: {error}")),
    }
}

/// The last stage: keeps the bytes, up to the cap.
struct Capped {
    body: Arc<Mutex<Vec<u8>>>,
    max_bytes: u64,
}

impl Write for Capped {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let mut body = locked(&self.body);
        let room = self.max_bytes.saturating_sub(body.len() as u64);
        let within = usize::try_from(room).map_or(piece.len(), |room| room.min(piece.len()));
        body.extend_from_slice(&piece[..within]);
        if within < piece.len() {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Layer for Capped {
    fn end(self: Box<Self>) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
