//! What pages an archive has, without their bodies.

use std::io;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::record::{Fields, Record};
use super::region::{Region, Told};
use super::{Archive, Capture, Damage, Fault, Pages, Pick};
use crate::exchange::Sought;
use crate::input::files::Input;

/// A page of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Where it is.
    pub place: Place,
    /// The address that was asked for; none where the archive names none.
    pub asked: Option<String>,
    /// Whether it is one that was sought by itself, or a part of another.
    pub sought: Sought,
    /// When it was asked.
    pub date: Option<Timestamp>,
    /// By what later records refer to it: its address and its own name.
    pub name: Name,
    /// Whose body it has, where it has none of its own.
    pub refers_to: Option<Name>,
}

/// Where a record is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// The archive.
    pub path: Arc<Path>,
    /// The byte at which it, or its member, starts.
    pub offset: u64,
    /// How many records are before it there.
    pub nth: u32,
}

/// By what records refer to one another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Name {
    /// `WARC-Target-URI`, and `WARC-Date` as it is written.
    pub url: Option<String>,
    /// See there.
    pub date: Option<String>,
    /// `WARC-Record-ID`.
    pub id: Option<String>,
}

/// Something in a catalogue.
#[derive(Debug)]
pub enum Listed {
    /// A page.
    Page(Box<Mention>),
    /// What is broken there; whoever reads the archive hears of it as well.
    Damaged,
}

struct Mentions;

impl Pick for Mentions {
    type Found = Listed;

    fn wants(&self, fields: &Fields) -> bool {
        fields.may_hold_page() || fields.is_revisit()
    }

    fn of(&self, record: &Record<'_>) -> Result<Option<Listed>, Fault> {
        let mention = record.mention();
        Ok(mention.map(|mention| Listed::Page(Box::new(mention))))
    }

    fn damaged(&self, _: Damage) -> Listed {
        Listed::Damaged
    }
}

impl Region {
    /// Lists its pages; `tell` says whether to go on.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn list(&self, tell: &mut impl FnMut(Told<Listed>) -> bool) -> io::Result<()> {
        self.read(&Mentions, tell)
    }
}

/// Lists the pages of an archive from its beginning.
///
/// # Errors
///
/// When it cannot be opened.
pub fn list(path: &Path) -> io::Result<impl Iterator<Item = Listed> + Send + use<>> {
    Archive::open(path.into(), 0, Mentions, Arc::default())
}

/// The page at a place that [`list`] gave, if the archive can be read from there.
///
/// # Errors
///
/// When it cannot be opened.
pub fn capture_at(place: &Place) -> io::Result<Option<Capture>> {
    let path = Arc::clone(&place.path);
    let mut archive = Archive::open(path, place.offset, Pages, Arc::default())?;
    for _ in 0..place.nth {
        archive.go_on();
        let _ = archive.read();
    }
    archive.go_on();
    Ok(match archive.read() {
        Ok(Some(Input::Capture(capture))) => Some(*capture),
        _ => None,
    })
}
