//! Content encodings undone while the body arrives, within a cap on what comes out.
//!
//! Our own chain over well-kept decoders rather than reqwest's: it counts bytes on the wire and
//! after unpacking, stops a bomb in mid-stream, and tells a cut-off body from a broken one.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::failure::Status;

/// What servers write into `Content-Encoding` though it is no coding; names of character sets are
/// another such thing.
const NO_CODINGS: [&str; 7] = ["", "identity", "none", "binary", "text", "7bit", "8bit"];

/// Size below which the ratio does not count: a page of one letter packs better than any bomb.
pub(crate) const RATIO_FROM_BYTES: u64 = 1 << 20;

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
    /// The bytes as they came, where they are to be kept and are not those that come out.
    wire: Option<Vec<u8>>,
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
        Ok(Self {
            chain,
            body,
            encoding: names.join(", "),
            wire_bytes: 0,
            caps,
            overflow,
            is_cut: false,
            wire: None,
        })
    }

    /// Has the bytes kept as they come, unless they are not packed: then the body is what came.
    pub(crate) fn keep_wire(&mut self) {
        self.wire = (!self.encoding.is_empty()).then(Vec::new);
    }

    /// The bytes as they came, where they are other ones than the body.
    pub(crate) fn take_wire(&mut self) -> Option<Vec<u8>> {
        self.wire.take()
    }

    /// Takes the next piece.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<(), BodyError> {
        let room = self.caps.wire_bytes.saturating_sub(self.wire_bytes);
        self.wire_bytes += piece.len() as u64;
        if let Some(wire) = &mut self.wire {
            let room = usize::try_from(room).unwrap_or(usize::MAX);
            wire.extend_from_slice(&piece[..room.min(piece.len())]);
        }
        if piece.len() as u64 <= room {
            self.write(piece)?;
            return self.check_ratio();
        }
        if self.overflow == Overflow::Refused {
            return Err(BodyError::TooLarge(self.caps.wire_bytes));
        }
        let within = usize::try_from(room).map_or(piece, |room| &piece[..room]);
        self.write(within)?;
        self.is_cut = true;
        // Decoders hold back some of what they have unpacked. If that is too much, it is cut, too.
        let _ = self.chain.flush();
        Ok(())
    }

    /// What may be cut is bounded by its own cap, which is small.
    fn check_ratio(&self) -> Result<(), BodyError> {
        let unpacked = locked(&self.body).len() as u64;
        let allowed = self.caps.ratio.saturating_mul(self.wire_bytes);
        let swells = unpacked > allowed.max(RATIO_FROM_BYTES);
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

    /// The body, and its size on the wire.
    pub(crate) fn finish(self) -> Result<(Vec<u8>, u64), BodyError> {
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
        Ok((body, self.wire_bytes))
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

/// One stage of the chain: bytes go in by `write`, and on to the next stage.
trait Layer: Write + Send {
    /// Ends the stream.
    fn end(self: Box<Self>) -> io::Result<()>;
}

fn layer(name: &str, next: Box<dyn Layer>) -> Result<Box<dyn Layer>, BodyError> {
    Ok(match name {
        "gzip" | "x-gzip" => Box::new(Streams::Open(flate2::write::GzDecoder::new(next))),
        "deflate" => Box::new(Streams::Open(Deflate::Unknown(Vec::new(), Some(next)))),
        "br" => Box::new(Streams::Open(brotli_decompressor::DecompressorWriter::new(
            next,
            16 * 1024,
        ))),
        "zstd" => Box::new(Streams::Open(Zstd::new(next)?)),
        other => return Err(BodyError::Broken(format!("unknown encoding {other:?}"))),
    })
}

/// One stream of a content encoding. Its `write` takes nothing once the stream is complete.
trait Stream: Write + Send + Sized {
    /// Whether what starts so, after a complete stream, is another one; none when `head` is too
    /// short to tell.
    fn follows(_head: &[u8]) -> Option<bool> {
        Some(false)
    }

    /// Makes ready for the next stream, this one being complete.
    fn again(self) -> io::Result<Self> {
        Ok(self)
    }

    /// Ends the stream, as [`Layer::end`].
    fn end(self) -> io::Result<()>;
}

/// The streams of one encoding, one after the other. As in browsers, what comes after the last is
/// ignored.
///
/// Some of a piece is always taken, or an error returned, and after an error nothing but errors:
/// brotli's decoder, as the layer before, offers for ever what is not taken, even when it is dropped.
enum Streams<S> {
    Open(S),
    /// Complete, and the first bytes after it.
    After(S, Vec<u8>),
    Failed,
}

impl<S: Stream> Write for Streams<S> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        // An early return leaves `Failed`.
        match std::mem::replace(self, Self::Failed) {
            Self::Open(mut stream) => {
                let taken = stream.write(piece)?;
                if taken == 0 && !piece.is_empty() {
                    *self = Self::After(stream, Vec::new());
                    return self.write(piece);
                }
                *self = Self::Open(stream);
                Ok(taken)
            }
            Self::After(stream, mut head) => {
                let mut rest = piece.iter();
                while S::follows(&head).is_none()
                    && let Some(&byte) = rest.next()
                {
                    head.push(byte);
                }
                if S::follows(&head) != Some(true) {
                    *self = Self::After(stream, head);
                    return Ok(piece.len());
                }
                let mut stream = stream.again()?;
                stream.write_all(&head)?;
                *self = Self::Open(stream);
                Ok(piece.len() - rest.len())
            }
            Self::Failed => Err(io::ErrorKind::WriteZero.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Open(stream) | Self::After(stream, _) => stream.flush(),
            Self::Failed => Err(io::ErrorKind::WriteZero.into()),
        }
    }
}

impl<S: Stream> Layer for Streams<S> {
    fn end(self: Box<Self>) -> io::Result<()> {
        match *self {
            Self::Open(stream) | Self::After(stream, _) => stream.end(),
            Self::Failed => Err(io::ErrorKind::WriteZero.into()),
        }
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

impl Stream for flate2::write::GzDecoder<Box<dyn Layer>> {
    fn follows(head: &[u8]) -> Option<bool> {
        (head.len() >= 2).then(|| head.starts_with(&[0x1f, 0x8b]))
    }

    fn again(self) -> io::Result<Self> {
        Ok(Self::new(self.finish()?))
    }

    fn end(self) -> io::Result<()> {
        // The decoder does not tell a checksum that is cut off from one that is wrong.
        let next = self.finish().map_err(|error| match error.kind() {
            io::ErrorKind::InvalidInput => io::ErrorKind::UnexpectedEof.into(),
            _ => error,
        })?;
        next.end()
    }
}

impl Stream for brotli_decompressor::DecompressorWriter<Box<dyn Layer>> {
    fn end(mut self) -> io::Result<()> {
        self.close()
            .map_err(|_| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        self.into_inner()
            .map_err(|_| io::Error::from(io::ErrorKind::UnexpectedEof))?
            .end()
    }
}

/// `deflate` is zlib by RFC 9110 and bare deflate by many servers: the first two bytes tell.
enum Deflate {
    Unknown(Vec<u8>, Option<Box<dyn Layer>>),
    Zlib(flate2::write::ZlibDecoder<Box<dyn Layer>>),
    Bare(flate2::write::DeflateDecoder<Box<dyn Layer>>),
}

impl Deflate {
    fn decide(&mut self) -> io::Result<()> {
        let Self::Unknown(head, next) = self else {
            return Ok(());
        };
        let (head, Some(next)) = (std::mem::take(head), next.take()) else {
            return Ok(());
        };
        let is_zlib = matches!(head[..], [method, flags] if method & 0x0f == 8 && u16::from_be_bytes([method, flags]).is_multiple_of(31));
        *self = if is_zlib {
            Self::Zlib(flate2::write::ZlibDecoder::new(next))
        } else {
            Self::Bare(flate2::write::DeflateDecoder::new(next))
        };
        self.write_all(&head)
    }
}

impl Write for Deflate {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        match self {
            Self::Unknown(head, _) => {
                let taken = piece.len().min(2 - head.len());
                head.extend_from_slice(&piece[..taken]);
                if head.len() == 2 {
                    self.decide()?;
                }
                Ok(taken)
            }
            Self::Zlib(decoder) => decoder.write(piece),
            Self::Bare(decoder) => decoder.write(piece),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Unknown(..) => Ok(()),
            Self::Zlib(decoder) => decoder.flush(),
            Self::Bare(decoder) => decoder.flush(),
        }
    }
}

impl Stream for Deflate {
    fn end(mut self) -> io::Result<()> {
        self.decide()?;
        match self {
            Self::Zlib(decoder) => decoder.finish()?.end(),
            Self::Bare(decoder) => decoder.finish()?.end(),
            Self::Unknown(..) => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// One frame. zstd's own writer does not tell whether the last was complete; its raw decoder does.
struct Zstd {
    decoder: zstd::stream::raw::Decoder<'static>,
    buffer: Vec<u8>,
    complete: bool,
    next: Box<dyn Layer>,
}

impl Zstd {
    fn new(next: Box<dyn Layer>) -> Result<Self, BodyError> {
        let broken = |error: io::Error| BodyError::Broken(error.to_string());
        let mut decoder = zstd::stream::raw::Decoder::new().map_err(broken)?;
        // 8 MiB is the largest window that RFC 9659 lets HTTP use.
        decoder
            .set_parameter(zstd::zstd_safe::DParameter::WindowLogMax(23))
            .map_err(broken)?;
        Ok(Self {
            decoder,
            buffer: vec![0; 32 * 1024],
            complete: false,
            next,
        })
    }
}

impl Write for Zstd {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        use zstd::stream::raw::Operation;
        let mut read = 0;
        // A decoder that runs once more would open the next frame.
        while !self.complete {
            let status = self
                .decoder
                .run_on_buffers(&piece[read..], &mut self.buffer)?;
            read += status.bytes_read;
            self.next.write_all(&self.buffer[..status.bytes_written])?;
            self.complete = status.remaining == 0;
            if status.bytes_written < self.buffer.len() && read == piece.len() {
                break;
            }
        }
        Ok(read)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.next.flush()
    }
}

impl Stream for Zstd {
    fn follows(head: &[u8]) -> Option<bool> {
        // A frame, or one to be skipped (RFC 8878 §3.1).
        Some(matches!(
            head.first_chunk()?,
            [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18]
        ))
    }

    fn again(mut self) -> io::Result<Self> {
        use zstd::stream::raw::Operation;
        self.decoder.reinit()?;
        self.complete = false;
        Ok(self)
    }

    fn end(self) -> io::Result<()> {
        if !self.complete {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.next.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"<p>The same words again and again, the same words again and again.</p>";

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder =
            flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn bare(bytes: &[u8]) -> Vec<u8> {
        let mut encoder =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        zstd::encode_all(bytes, 3).unwrap()
    }

    /// `TEXT` by the reference encoder, `brotli -q 5`: there is no encoder among our dependencies.
    const BROTLI: &[u8] = include_bytes!("../testdata/encodings/text.br");

    /// Five million zeros, as `BROTLI`.
    const BROTLI_ZEROS: &[u8] = include_bytes!("../testdata/encodings/zeros.br");

    /// One uncompressed block of at most 64 KiB, and the end (RFC 7932 §9.2).
    fn brotli(bytes: &[u8]) -> Vec<u8> {
        let head = (u32::try_from(bytes.len()).unwrap() - 1) << 4 | 1 << 20;
        [&head.to_le_bytes()[..3], bytes, &[0x03]].concat()
    }

    fn caps(max_bytes: u64) -> Caps {
        Caps {
            wire_bytes: max_bytes,
            max_bytes,
            ratio: 200,
            encodings: 2,
        }
    }

    fn read(encoding: &str, body: &[u8], max_bytes: u64) -> Result<Vec<u8>, BodyError> {
        for piece_bytes in [1, 7, 10_000] {
            let mut reader =
                BodyReader::new([encoding].into_iter(), caps(max_bytes), Overflow::Refused)?;
            body.chunks(piece_bytes)
                .try_for_each(|piece| reader.push(piece))?;
            if piece_bytes == 10_000 {
                return reader.finish().map(|(bytes, _)| bytes);
            }
            reader.finish()?;
        }
        unreachable!("the loop returns with its last size")
    }

    fn encoded() -> [(&'static str, Vec<u8>); 9] {
        [
            ("", TEXT.to_vec()),
            ("gzip", gzip(TEXT)),
            ("deflate", zlib(TEXT)),
            ("deflate", bare(TEXT)),
            ("br", BROTLI.to_vec()),
            ("zstd", zstd(TEXT)),
            ("gzip, zstd", zstd(&gzip(TEXT))),
            ("br, br", brotli(BROTLI)),
            ("deflate, br", brotli(&zlib(TEXT))),
        ]
    }

    #[test]
    fn every_encoding_is_undone() {
        for (encoding, body) in encoded() {
            assert_eq!(
                read(encoding, &body, 1000).as_deref(),
                Ok(TEXT),
                "{encoding}"
            );
        }
        assert_eq!(
            read("GZIP ", &[gzip(b"one "), gzip(b"two")].concat(), 1000).as_deref(),
            Ok(&b"one two"[..])
        );
        assert_eq!(
            read("zstd", &[zstd(b"one "), zstd(b"two")].concat(), 1000).as_deref(),
            Ok(&b"one two"[..])
        );
        assert_eq!(read("gzip", b"", 1000).as_deref(), Ok(&b""[..]));
    }

    #[test]
    fn what_follows_the_end_is_ignored() {
        for junk in [&b"\0"[..], b"\n", b"\x1f", b"(", b"<!-- served in 3 ms -->"] {
            for (encoding, body) in encoded().iter().skip(1) {
                assert_eq!(
                    read(encoding, &[body, junk].concat(), 1000).as_deref(),
                    Ok(TEXT),
                    "{encoding} {junk:?}"
                );
            }
        }
        let one = gzip(TEXT);
        let two = [&one[..], &one[..one.len() / 2]].concat();
        assert!(matches!(
            read("gzip", &two, 1000),
            Err(BodyError::Truncated(_))
        ));
    }

    #[test]
    fn brotli_over_a_stream_that_has_ended_or_failed_comes_to_an_end() {
        for (encoding, inner) in [("br, br", BROTLI.to_vec()), ("deflate, br", zlib(TEXT))] {
            let body = brotli(&[&inner[..], b"<!-- served in 3 ms -->"].concat());
            assert_eq!(
                read(encoding, &body, 1000).as_deref(),
                Ok(TEXT),
                "{encoding}"
            );
            let broken = brotli(b"\x78\x9cno such stream, but long enough to be one");
            assert!(
                matches!(read(encoding, &broken, 1000), Err(BodyError::Broken(_))),
                "{encoding}"
            );
        }
    }

    #[test]
    fn a_zstd_frame_may_end_where_the_buffer_does() {
        for bytes in [32_768, 65_536, 163_840] {
            let body = vec![b'x'; bytes];
            // Not assert_eq, which would print all of it.
            assert!(read("zstd", &zstd(&body), 1 << 20) == Ok(body), "{bytes}");
        }
    }

    #[test]
    fn labels_that_are_no_coding_are_passed_over() {
        for label in [
            "UTF-8",
            "none",
            "identity",
            "binary",
            "",
            " , ",
            "iso-8859-1",
        ] {
            assert_eq!(read(label, TEXT, 1000).as_deref(), Ok(TEXT), "{label:?}");
        }
        assert_eq!(read("gzip, utf-8", &gzip(TEXT), 1000).as_deref(), Ok(TEXT));
    }

    #[test]
    fn a_cut_off_body_is_told_from_a_broken_one() {
        for (encoding, body) in encoded().iter().skip(1) {
            for cut in [1, body.len() / 2, body.len() - 1] {
                assert_eq!(
                    read(encoding, &body[..cut], 1000)
                        .map_err(|error| matches!(error, BodyError::Truncated(_))),
                    Err(true),
                    "{encoding} {cut}"
                );
            }
            if !encoding.starts_with("deflate") {
                assert!(
                    matches!(
                        read(encoding, b"no such stream, but long enough to be one", 1000),
                        Err(BodyError::Broken(_))
                    ),
                    "{encoding}"
                );
            }
        }
        assert!(matches!(
            read("rot13", b"x", 1000),
            Err(BodyError::Broken(_))
        ));
        assert!(matches!(
            read("gzip, gzip, gzip", b"x", 1000),
            Err(BodyError::Broken(_))
        ));
    }

    #[test]
    fn bombs_stop_at_the_cap() {
        let zeros = vec![0; 5_000_000];
        for (encoding, body) in [
            ("gzip", gzip(&zeros)),
            ("deflate", zlib(&zeros)),
            ("zstd", zstd(&zeros)),
            ("br", BROTLI_ZEROS.to_vec()),
            ("br, br", brotli(BROTLI_ZEROS)),
            ("gzip, gzip", gzip(&gzip(&zeros))),
        ] {
            assert_eq!(
                read(encoding, &body, 100_000),
                Err(BodyError::TooLarge(100_000)),
                "{encoding}"
            );
        }
        assert_eq!(read("", &zeros, 100_000), Err(BodyError::TooLarge(100_000)));
    }

    #[test]
    fn what_swells_is_a_bomb_long_before_the_cap() {
        let zeros = vec![0; 5_000_000];
        for (encoding, body) in [
            ("gzip", gzip(&zeros)),
            ("zstd", zstd(&zeros)),
            ("br", BROTLI_ZEROS.to_vec()),
        ] {
            assert_eq!(
                read(encoding, &body, 100 << 20),
                Err(BodyError::Swells(200)),
                "{encoding}"
            );
        }
        // Below a mebibyte nobody is hurt.
        let small = vec![0; 1 << 20];
        assert!(read("gzip", &gzip(&small), 100 << 20) == Ok(small));
    }

    #[test]
    fn a_body_that_may_be_cut_is_cut_after_a_line() {
        let lines = b"disallow: /private/\n".repeat(200_000);
        // Noise is no smaller when packed, so that it meets the cap on the wire.
        let mut seed = 1_u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed.to_le_bytes()[3]
        })
        .take(300_000)
        .collect();
        for plain in [lines, noise] {
            for (encoding, body) in [
                ("", plain.clone()),
                ("gzip", gzip(&plain)),
                ("deflate", bare(&plain)),
                ("zstd", zstd(&plain)),
                ("gzip, gzip", gzip(&gzip(&plain))),
            ] {
                for piece_bytes in [1000, body.len()] {
                    let mut reader =
                        BodyReader::new([encoding].into_iter(), caps(100_010), Overflow::Cut)
                            .unwrap();
                    let mut pieces = body.chunks(piece_bytes);
                    while !reader.is_cut()
                        && let Some(piece) = pieces.next()
                    {
                        reader.push(piece).unwrap();
                    }
                    let (cut, _) = reader.finish().unwrap();
                    assert!(plain.starts_with(&cut), "{encoding}");
                    assert!(matches!(cut.last(), Some(b'\n' | b'\r')), "{encoding}");
                    assert!(
                        (99_000..=100_010).contains(&cut.len()),
                        "{encoding} {}",
                        cut.len()
                    );
                }
            }
        }
        let mut whole = BodyReader::new([].into_iter(), caps(3), Overflow::Cut).unwrap();
        whole.push(b"a\nb").unwrap();
        assert_eq!(
            whole.finish(),
            Ok((b"a\nb".to_vec(), 3)),
            "as long as the cap"
        );
    }
}
