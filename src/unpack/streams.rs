//! The content encodings, each a stage that takes bytes as they come.

use std::io::{self, Write};

use super::BodyError;

/// One stage of the chain: bytes go in by `write`, and on to the next stage.
pub(super) trait Layer: Write + Send {
    /// Ends the stream.
    fn end(self: Box<Self>) -> io::Result<()>;
}

pub(super) fn layer(name: &str, next: Box<dyn Layer>) -> Result<Box<dyn Layer>, BodyError> {
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
