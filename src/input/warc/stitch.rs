//! What is told of the regions of archives, put together.

use std::path::Path;
use std::sync::Arc;

use super::region::Told;
use super::{Damage, Fault};

/// Puts together what is told of the regions of archives.
#[derive(Debug, Default)]
pub struct Stitch {
    path: Option<Arc<Path>>,
    /// How far it was read.
    read: u64,
    /// What is told was heard already.
    is_old: bool,
}

/// What is to be made of what was told.
#[derive(Debug)]
pub enum Heard<T> {
    /// It is news.
    Found(T),
    /// Nobody has read what is here.
    Damaged(Box<Damage>),
    /// So many records were passed over.
    PassedOver(u64),
}

impl Stitch {
    /// Hears what was told, in the order of the regions.
    pub fn hear<T>(&mut self, told: Told<T>) -> Heard<T> {
        match told {
            Told::Found(found) if !self.is_old => Heard::Found(found),
            Told::Begin(path, at) => self.begin(path, at),
            Told::End(at, passed_over) if !self.is_old => {
                self.read = at;
                Heard::PassedOver(passed_over)
            }
            Told::Found(_) | Told::End(..) => Heard::PassedOver(0),
        }
    }

    fn begin<T>(&mut self, path: Arc<Path>, at: u64) -> Heard<T> {
        let same = self.path.as_ref().filter(|same| Arc::ptr_eq(same, &path));
        if same.is_none() {
            *self = Self {
                path: Some(path.clone()),
                ..Self::default()
            };
        }
        self.is_old = at < self.read;
        let unread = self.read;
        self.read = at.max(unread);
        if at <= unread {
            return Heard::PassedOver(0);
        }
        let Fault { status, detail, .. } = Fault::no_record();
        let damage = Damage::new(&path, unread, None, status, &detail);
        Heard::Damaged(Box::new(damage))
    }
}
