//! Which pages of archives are to be read again: of each address the last one.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use crate::article::short_id;
use crate::exchange::Sought;
use crate::input::warc::Capture;
use crate::input::warc::catalogue::{Mention, Name, Place};

/// The pages of archives: some hundred bytes a page.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    archives: Vec<Arc<Path>>,
    /// By the id of their record.
    pages: HashMap<u64, Latest>,
    /// Further pages of articles, by their address.
    parts: HashMap<u64, Spot>,
    /// Records that others may refer to, by their names.
    named: HashMap<u64, Spot>,
    /// What is to be read, and as what.
    wanted: HashMap<Spot, Vec<Reading>>,
}

/// Where a record is: the archive's number, the byte, and how many records are before it there.
type Spot = (u32, u64, u32);

/// The last pages of an address.
#[derive(Debug, Default)]
struct Latest {
    /// The last that has a body.
    whole: Option<(Spot, Option<Timestamp>)>,
    /// A later one that has the body of another.
    referring: Option<Referring>,
}

#[derive(Debug)]
struct Referring {
    /// The names of the other, by their hashes.
    to: Vec<u64>,
    asked: String,
    date: Option<Timestamp>,
}

/// As what a page is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
    /// As itself.
    Own,
    /// As that of this address at this time, where the same was to be had.
    Of(String, Option<Timestamp>),
}

impl Catalogue {
    /// Takes in a page, in the order of the archives.
    pub(super) fn add(&mut self, mention: Mention) {
        let Mention {
            place,
            asked,
            sought,
            date,
            name,
            refers_to,
        } = mention;
        let spot = self.spot(&place);
        let Some(asked) = asked else {
            // It is of no address, so no other one takes its place.
            self.wanted.insert(spot, vec![Reading::Own]);
            return;
        };
        if refers_to.is_none() {
            for name in hashes(&name) {
                self.named.insert(name, spot);
            }
        }
        if sought == Sought::Part {
            if refers_to.is_none() {
                self.parts.insert(hash(&asked), spot);
            }
            return;
        }
        let latest = self.pages.entry(id_of(&asked)).or_default();
        match refers_to {
            None if latest.whole.is_none_or(|(_, before)| before <= date) => {
                latest.whole = Some((spot, date));
                if latest
                    .referring
                    .as_ref()
                    .is_some_and(|other| other.date <= date)
                {
                    latest.referring = None;
                }
            }
            Some(to) if latest.whole.is_none_or(|(_, before)| before <= date) => {
                let to = hashes(&to).collect();
                latest.referring = Some(Referring { to, asked, date });
            }
            _ => {}
        }
    }

    /// All pages are there. How many are not, since they refer to one that is in no archive.
    pub(super) fn settle(&mut self) -> u64 {
        let mut unresolved = 0;
        for (_, latest) in self.pages.drain() {
            let own = latest.whole.map(|(spot, _)| spot);
            let referring = latest.referring.and_then(|referring| {
                let found = referring.to.iter().find_map(|name| self.named.get(name));
                let reading = Reading::Of(referring.asked, referring.date);
                found.map(|spot| (*spot, reading))
            });
            match (own, referring) {
                (Some(own), Some((spot, reading))) if spot != own => {
                    self.wanted.entry(spot).or_default().push(reading);
                }
                (None, Some((spot, reading))) => {
                    self.wanted.entry(spot).or_default().push(reading);
                }
                // What refers to the last page, or to none that is there.
                (Some(own), _) => self.wanted.entry(own).or_default().push(Reading::Own),
                (None, None) => unresolved += 1,
            }
        }
        self.named = HashMap::new();
        unresolved
    }

    /// As what a page is to be read; as nothing where a later one takes its place.
    pub(super) fn readings(&self, capture: &Capture) -> &[Reading] {
        let archive = self.archives.iter().position(|path| *path == capture.path);
        let number = archive.and_then(|number| u32::try_from(number).ok());
        let spot = number.map(|number| (number, capture.offset, capture.nth));
        let readings = spot.and_then(|spot| self.wanted.get(&spot));
        readings.map_or(&[], Vec::as_slice)
    }

    /// How many pages are to be read.
    pub(super) fn len(&self) -> u64 {
        self.wanted
            .values()
            .map(|readings| readings.len() as u64)
            .sum()
    }

    /// Whether articles of several pages are in the archives as such.
    pub(super) fn has_parts(&self) -> bool {
        !self.parts.is_empty()
    }

    /// Where a further page of an article is.
    pub(super) fn part(&self, address: &str) -> Option<Place> {
        let (number, offset, nth) = *self.parts.get(&hash(address))?;
        let path = self.archives.get(usize::try_from(number).ok()?)?;
        Some(Place {
            path: Arc::clone(path),
            offset,
            nth,
        })
    }

    fn spot(&mut self, place: &Place) -> Spot {
        // The archives are read one after the other.
        if self.archives.last() != Some(&place.path) {
            self.archives.push(Arc::clone(&place.path));
        }
        let number = u32::try_from(self.archives.len() - 1).unwrap_or(u32::MAX);
        (number, place.offset, place.nth)
    }
}

/// The id of the record of an address, as a number.
pub(super) fn id_of(address: &str) -> u64 {
    number(&short_id(address.as_bytes()))
}

/// An id as a number. Those that are none of ours have one by their hash.
pub(super) fn number(id: &str) -> u64 {
    u64::from_str_radix(id, 16).unwrap_or_else(|_| hash(id))
}

/// What a record is called: by its address and time, and by its own name.
fn hashes(name: &Name) -> impl Iterator<Item = u64> + use<> {
    let at = name.url.as_ref().zip(name.date.as_ref());
    let at = at.map(|(url, date)| hash(&format!("{url} {date}")));
    let id = name.id.as_deref().map(hash);
    at.into_iter().chain(id)
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mention(offset: u64, url: &str, second: i64, refers_to: Option<(&str, &str)>) -> Mention {
        let date = Timestamp::from_second(second).unwrap();
        let name = |url: &str, date: &str| Name {
            url: Some(url.to_owned()),
            date: Some(date.to_owned()),
            id: None,
        };
        Mention {
            place: Place {
                path: Path::new("a.warc.gz").into(),
                offset,
                nth: 0,
            },
            asked: Some(url.to_owned()),
            sought: Sought::Page,
            date: Some(date),
            name: name(url, &second.to_string()),
            refers_to: refers_to.map(|(url, date)| name(url, date)),
        }
    }

    fn wanted(mentions: Vec<Mention>) -> (Vec<(u64, Vec<Reading>)>, u64) {
        let mut catalogue = Catalogue::default();
        for mention in mentions {
            catalogue.add(mention);
        }
        let unresolved = catalogue.settle();
        let wanted = catalogue.wanted.into_iter();
        let mut wanted: Vec<_> = wanted.map(|((_, offset, _), as_)| (offset, as_)).collect();
        wanted.sort_by_key(|(offset, _)| *offset);
        (wanted, unresolved)
    }

    #[test]
    fn of_each_address_the_last_page_is_read() {
        let own = || vec![Reading::Own];
        let of = |url: &str, second| {
            let date = Timestamp::from_second(second).unwrap();
            vec![Reading::Of(url.to_owned(), Some(date))]
        };
        let (a, b) = ("http://a/", "http://b/");
        for (mentions, want, unresolved) in [
            (
                vec![
                    mention(0, a, 1, None),
                    mention(1, b, 2, None),
                    mention(2, a, 3, None),
                ],
                vec![(1, own()), (2, own())],
                0,
            ),
            // Archives in any order.
            (
                vec![mention(0, a, 3, None), mention(1, a, 1, None)],
                vec![(0, own())],
                0,
            ),
            // What refers to the last page is that page.
            (
                vec![mention(0, a, 1, None), mention(1, a, 2, Some((a, "1")))],
                vec![(0, own())],
                0,
            ),
            // What refers to one before is as that was.
            (
                vec![
                    mention(0, a, 1, None),
                    mention(1, a, 2, None),
                    mention(2, a, 3, Some((a, "1"))),
                ],
                vec![(0, of(a, 3))],
                0,
            ),
            // The same page at another address.
            (
                vec![mention(0, a, 1, None), mention(1, b, 2, Some((a, "1")))],
                vec![(0, [own(), of(b, 2)].concat())],
                0,
            ),
            // What is referred to is not there.
            (
                vec![mention(0, a, 1, Some((b, "0"))), mention(1, b, 2, None)],
                vec![(1, own())],
                1,
            ),
        ] {
            let (mut got, lost) = wanted(mentions);
            for (_, readings) in &mut got {
                readings.sort_by_key(|reading| *reading != Reading::Own);
            }
            assert_eq!((got, lost), (want, unresolved));
        }
    }
}
