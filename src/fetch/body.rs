//! Content encodings undone while the body arrives, within a cap on what comes out.
//!
//! Our own chain over well-kept decoders rather than reqwest's: it counts bytes on the wire and
//! after unpacking, stops a bomb in mid-stream, and tells a cut-off body from a broken one.

use std::io::{self, Write};

/// Most encodings one on top of the other; more is no server's honest doing (CVE-2022-32206).
const STACKED_MAX: usize = 2;

/// What a body can have wrong with it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BodyError {
    /// More bytes than the cap, on the wire or unpacked.
    #[error("the body is larger than {0} bytes")]
    TooLarge(u64),
    /// The encoded stream ends before it is complete.
    #[error("the {0} body ends before it is complete")]
    Truncated(String),
    /// The encoded stream is broken, or of an unknown kind.
    #[error("the body cannot be unpacked: {0}")]
    Broken(String),
}

/// Takes a body in pieces, as they come.
pub(super) struct BodyReader {
    chain: Box<dyn Layer>,
    encoding: String,
    wire_bytes: u64,
    max_bytes: u64,
}

impl BodyReader {
    /// A reader for the values of `Content-Encoding`, in their order.
    pub(super) fn new<'a>(
        encodings: impl Iterator<Item = &'a str>,
        max_bytes: u64,
    ) -> Result<Self, BodyError> {
        let names: Vec<String> = encodings
            .flat_map(|value| value.split(','))
            .map(|name| name.trim().to_ascii_lowercase())
            .filter(|name| !name.is_empty() && name != "identity")
            .collect();
        if names.len() > STACKED_MAX {
            return Err(BodyError::Broken(format!(
                "{} encodings on top of each other",
                names.len()
            )));
        }
        let mut chain: Box<dyn Layer> = Box::new(Capped {
            bytes: Vec::new(),
            max_bytes,
        });
        for name in &names {
            chain = layer(name, chain)?;
        }
        Ok(Self {
            chain,
            encoding: names.join(", "),
            wire_bytes: 0,
            max_bytes,
        })
    }

    /// Takes the next piece.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<(), BodyError> {
        self.wire_bytes += piece.len() as u64;
        if self.wire_bytes > self.max_bytes {
            return Err(BodyError::TooLarge(self.max_bytes));
        }
        let written = self.chain.write_all(piece);
        written.map_err(|error| self.classify(&error))
    }

    /// The whole body, and its size on the wire.
    pub(super) fn finish(self) -> Result<(Vec<u8>, u64), BodyError> {
        let Self {
            chain,
            encoding,
            wire_bytes,
            max_bytes,
        } = self;
        // A response without a body has no encoded stream either, whatever its header says.
        if wire_bytes == 0 {
            return Ok((Vec::new(), 0));
        }
        let body = chain
            .end()
            .map_err(|error| classify(&error, &encoding, max_bytes))?;
        Ok((body, wire_bytes))
    }

    fn classify(&self, error: &io::Error) -> BodyError {
        classify(error, &self.encoding, self.max_bytes)
    }
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
    /// Ends the stream; what was unpacked comes back.
    fn end(self: Box<Self>) -> io::Result<Vec<u8>>;
}

fn layer(name: &str, next: Box<dyn Layer>) -> Result<Box<dyn Layer>, BodyError> {
    Ok(match name {
        "gzip" | "x-gzip" => Box::new(flate2::write::MultiGzDecoder::new(next)),
        "deflate" => Box::new(Deflate::Unknown(Vec::new(), Some(next))),
        "br" => Box::new(brotli_decompressor::DecompressorWriter::new(
            next,
            16 * 1024,
        )),
        "zstd" => Box::new(Zstd::new(next)?),
        other => return Err(BodyError::Broken(format!("unknown encoding {other:?}"))),
    })
}

/// The last stage: keeps the bytes, up to the cap.
struct Capped {
    bytes: Vec<u8>,
    max_bytes: u64,
}

impl Write for Capped {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if self.bytes.len() as u64 + piece.len() as u64 > self.max_bytes {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        self.bytes.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Layer for Capped {
    fn end(self: Box<Self>) -> io::Result<Vec<u8>> {
        Ok(self.bytes)
    }
}

impl Layer for flate2::write::MultiGzDecoder<Box<dyn Layer>> {
    fn end(self: Box<Self>) -> io::Result<Vec<u8>> {
        // The decoder does not tell a checksum that is cut off from one that is wrong.
        let next = self.finish().map_err(|error| match error.kind() {
            io::ErrorKind::InvalidInput => io::ErrorKind::UnexpectedEof.into(),
            _ => error,
        })?;
        next.end()
    }
}

impl Layer for brotli_decompressor::DecompressorWriter<Box<dyn Layer>> {
    fn end(mut self: Box<Self>) -> io::Result<Vec<u8>> {
        self.close()
            .map_err(|_| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        (*self)
            .into_inner()
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
        let is_zlib = matches!(head[..], [method, flags, ..] if method & 0x0f == 8 && u16::from_be_bytes([method, flags]).is_multiple_of(31));
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
                head.extend_from_slice(piece);
                if head.len() >= 2 {
                    self.decide()?;
                }
                Ok(piece.len())
            }
            Self::Zlib(decoder) => decoder.write(piece),
            Self::Bare(decoder) => decoder.write(piece),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Layer for Deflate {
    fn end(mut self: Box<Self>) -> io::Result<Vec<u8>> {
        self.decide()?;
        match *self {
            Self::Zlib(decoder) => decoder.finish()?.end(),
            Self::Bare(decoder) => decoder.finish()?.end(),
            Self::Unknown(..) => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// zstd's own writer does not tell whether the last frame was complete; its raw decoder does.
struct Zstd {
    decoder: zstd::stream::raw::Decoder<'static>,
    buffer: Vec<u8>,
    frame_open: bool,
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
            frame_open: false,
            next,
        })
    }
}

impl Write for Zstd {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        use zstd::stream::raw::Operation;
        let mut read = 0;
        loop {
            let status = self
                .decoder
                .run_on_buffers(&piece[read..], &mut self.buffer)?;
            read += status.bytes_read;
            self.next.write_all(&self.buffer[..status.bytes_written])?;
            self.frame_open = status.remaining > 0;
            if status.remaining == 0 && read < piece.len() {
                self.decoder.reinit()?;
            } else if status.bytes_written < self.buffer.len() && read == piece.len() {
                return Ok(piece.len());
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Layer for Zstd {
    fn end(self: Box<Self>) -> io::Result<Vec<u8>> {
        if self.frame_open {
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
    const BROTLI: &[u8] = include_bytes!("../../testdata/encodings/text.br");

    fn read(encoding: &str, body: &[u8], max_bytes: u64) -> Result<Vec<u8>, BodyError> {
        for piece_bytes in [1, 7, 10_000] {
            let mut reader = BodyReader::new([encoding].into_iter(), max_bytes)?;
            body.chunks(piece_bytes)
                .try_for_each(|piece| reader.push(piece))?;
            if piece_bytes == 10_000 {
                return reader.finish().map(|(bytes, _)| bytes);
            }
            reader.finish()?;
        }
        unreachable!("the loop returns with its last size")
    }

    fn encoded() -> [(&'static str, Vec<u8>); 7] {
        [
            ("", TEXT.to_vec()),
            ("gzip", gzip(TEXT)),
            ("deflate", zlib(TEXT)),
            ("deflate", bare(TEXT)),
            ("br", BROTLI.to_vec()),
            ("zstd", zstd(TEXT)),
            ("gzip, zstd", zstd(&gzip(TEXT))),
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
            if *encoding != "deflate" {
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
}
