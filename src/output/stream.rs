//! Records to one stream: standard output, or one file.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::atomic::AtomicFile;
use super::csv::header;
use super::pack::{Packed, Packing};
use super::render::render;
use super::{Format, OutputError, Sink, stores};
use crate::record::Record;

/// Parts two texts in one stream: a form feed, as between the pages of a printout. A blank line
/// would not do, since texts have them inside.
const PAGE_BREAK: &str = "\u{c}\n";

/// Writes records to a stream. Failures are lines of JSON Lines, and left out of texts.
pub struct Stream<W: Write> {
    to: W,
    name: PathBuf,
    format: Format,
    texts: u64,
    /// Whether what stands before all records is written.
    begun: bool,
}

impl<W: Write> Stream<W> {
    /// A sink that writes to `to`, called `name` in messages.
    pub fn new(to: W, name: &Path, format: Format) -> Self {
        Self {
            to,
            name: name.to_owned(),
            format,
            texts: 0,
            begun: false,
        }
    }

    /// What stands before all records, also where there are none.
    fn begin(&mut self) -> io::Result<()> {
        if !std::mem::replace(&mut self.begun, true) && self.format == Format::Csv {
            self.to.write_all(header().as_bytes())?;
        }
        Ok(())
    }

    fn put(&mut self, record: &Record) -> io::Result<()> {
        self.begin()?;
        match (self.format, record) {
            (Format::JsonLines, record) => writeln!(self.to, "{}", record.to_json()),
            (_, Record::Failure(_)) => Ok(()),
            (Format::Renamed(_) | Format::Csv, Record::Article(article)) => {
                write!(self.to, "{}", render(article, self.format))
            }
            (format, Record::Article(article)) => {
                let between = if self.texts > 0 { PAGE_BREAK } else { "" };
                self.texts += 1;
                write!(self.to, "{between}{}", render(article, format))
            }
        }
    }
}

/// One file that is whole at the end of the run, in any format.
///
/// # Errors
///
/// [`OutputError`] when it cannot be created.
pub fn whole_file(path: &Path, format: Format) -> Result<Box<dyn Sink>, OutputError> {
    stores::whole(path, format)
}

/// Writes a whole text to standard output.
///
/// # Errors
///
/// [`OutputError`] when it cannot be written.
pub fn print(text: &str) -> Result<(), OutputError> {
    let mut to = io::stdout().lock();
    let done = to.write_all(text.as_bytes()).and_then(|()| to.flush());
    done.map_err(|error| OutputError::new(Path::new("standard output"), error))
}

impl<W: Write> Stream<W> {
    fn named(&self, done: io::Result<()>) -> Result<(), OutputError> {
        done.map_err(|error| OutputError::new(&self.name, error))
    }
}

impl<W: Write + Send> Sink for Stream<W> {
    fn write(&mut self, record: &Record) -> Result<(), OutputError> {
        let done = self.put(record);
        self.named(done)
    }

    fn flush(&mut self) -> Result<(), OutputError> {
        let done = self.to.flush();
        self.named(done)
    }

    fn finish(mut self: Box<Self>) -> Result<(), OutputError> {
        let begun = self.begin();
        self.named(begun)?;
        self.flush()
    }
}

/// One file, whole at the end; packed when its name ends in `.gz` or `.zst`.
pub struct WholeFile(Stream<Packed<AtomicFile>>);

impl WholeFile {
    /// Begins the file.
    ///
    /// # Errors
    ///
    /// [`OutputError`] when it cannot be created.
    pub fn create(path: &Path, format: Format) -> Result<Self, OutputError> {
        let to = Packed::new(AtomicFile::create(path)?, Packing::of(path));
        Ok(Self(Stream::new(to, path, format)))
    }
}

impl Sink for WholeFile {
    fn write(&mut self, record: &Record) -> Result<(), OutputError> {
        self.0.write(record)
    }

    fn flush(&mut self) -> Result<(), OutputError> {
        self.0.flush()
    }

    fn finish(mut self: Box<Self>) -> Result<(), OutputError> {
        let begun = self.0.begin();
        self.0.named(begun)?;
        let Stream { to, name, .. } = self.0;
        let to = to.into_inner();
        to.map_err(|error| OutputError::new(&name, error))?
            .persist()
    }
}
