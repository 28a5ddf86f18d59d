//! Taking URLs in.
//!
//! What lies at random in the tables is written in their order: the hashes of a batch sorted, then
//! its URLs as they came, then its places in the queues sorted. So a page of the file is read and
//! written once a batch, however many URLs of the batch belong there.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, Transaction, params};

use super::{keys, lanes, meta};
use crate::failure::Status;
use crate::frontier::{Admission, Day, NewUrl, Origin, UrlId, duplicate_key};

/// Takes URLs in; says of each what was known.
pub(super) fn admit(
    tx: &Transaction,
    urls: &[NewUrl],
    refresh: bool,
) -> rusqlite::Result<Vec<Admission>> {
    if urls.is_empty() {
        return Ok(Vec::new());
    }
    let mut intake = Intake::begin(tx, urls, refresh)?;
    let ids = intake.enlist()?;
    let each = urls.iter().zip(ids).zip(intake.first..);
    let admissions = each.map(|((new, id), own)| intake.take(new, id, own));
    let admissions = admissions.collect::<Result<_, _>>()?;
    intake.waiting.settle(tx)?;
    Ok(admissions)
}

/// URLs that get a place in the queue of their lane.
#[derive(Default)]
pub(super) struct Waiting<'u> {
    lanes: HashMap<&'u str, i64>,
    places: Vec<(i64, UrlId)>,
}

impl<'u> Waiting<'u> {
    pub(super) fn push(
        &mut self,
        tx: &Transaction,
        host: &'u str,
        id: UrlId,
    ) -> rusqlite::Result<()> {
        let lane = match self.lanes.get(host) {
            Some(lane) => *lane,
            None => *self.lanes.entry(host).or_insert(lanes::lane(tx, host)?),
        };
        self.places.push((lane, id));
        Ok(())
    }

    /// Writes the places, in the order of the queue.
    pub(super) fn settle(mut self, tx: &Transaction) -> rusqlite::Result<()> {
        self.places
            .sort_unstable_by_key(|(lane, id)| (lanes::part(0, *id), *lane, *id));
        for (lane, id) in &self.places {
            lanes::enqueue(tx, *lane, 0, *id)?;
        }
        self.places.sort_unstable();
        self.places.dedup_by_key(|(lane, _)| *lane);
        let mut lanes = self.places.iter();
        lanes.try_for_each(|(lane, first)| lanes::reschedule_due(tx, *lane, *first))
    }
}

struct Intake<'a> {
    tx: &'a Transaction<'a>,
    urls: &'a [NewUrl],
    refresh: bool,
    pass: i64,
    round: i64,
    /// The id of the first URL, if it is new; the others' follow.
    first: UrlId,
    /// The next id of none of them.
    next: UrlId,
    waiting: Waiting<'a>,
}

/// What is known of a URL.
struct State {
    url: String,
    round: i64,
    day: Day,
    /// When it has an article: the pass in which it was finished, and whether it waits again.
    article: Option<(i64, bool)>,
    failure: Option<(i64, String)>,
}

impl<'a> Intake<'a> {
    fn begin(tx: &'a Transaction, urls: &'a [NewUrl], refresh: bool) -> rusqlite::Result<Self> {
        let last: Option<UrlId> = tx
            .prepare_cached("SELECT max(id) FROM url")?
            .query_row([], |row| row.get(0))?;
        let first = last.unwrap_or(0) + 1;
        let count = UrlId::try_from(urls.len()).unwrap_or(UrlId::MAX);
        Ok(Self {
            tx,
            urls,
            refresh,
            pass: meta(tx, "pass")?,
            round: meta(tx, "round")?,
            first,
            next: first + count,
            waiting: Waiting::default(),
        })
    }

    /// The id of each URL: its own if it is new, else that of the one with the same key.
    fn enlist(&self) -> rusqlite::Result<Vec<UrlId>> {
        let places = self.urls.iter().map(|new| keys::place(&new.key));
        // Of two alike the first one comes first.
        let mut order: Vec<(i64, usize)> = places.zip(0..).collect();
        order.sort_unstable();
        let mut ids = vec![0; self.urls.len()];
        for (place, at) in order {
            let own = self.first + UrlId::try_from(at).unwrap_or(UrlId::MAX);
            ids[at] = self.enlist_one(place, &self.urls[at].key, own)?;
        }
        Ok(ids)
    }

    fn enlist_one(&self, place: i64, key: &str, own: UrlId) -> rusqlite::Result<UrlId> {
        // Rows of this batch are not all written yet.
        let is_same = |id: UrlId| {
            let at = usize::try_from(id - self.first).ok()?;
            Some(self.urls.get(at)?.key == key)
        };
        keys::find_or_insert(self.tx, place, key, own, is_same)
    }

    fn take(&mut self, new: &'a NewUrl, id: UrlId, own: UrlId) -> rusqlite::Result<Admission> {
        if id == own {
            self.write(new, id)?;
            self.waiting.push(self.tx, &new.host, id)?;
            return Ok(Admission::New);
        }
        let state = self.state(id)?;
        self.name(id, new.day, &state)?;
        if new.origin == Origin::Source {
            return self.ask_source_again(new, id, &state);
        }
        if state.url != new.url && new.origin == Origin::Named {
            return self.take_duplicate(new, &state.url);
        }
        let finished = state.finished();
        if self.refresh
            && new.verdict.is_none()
            && finished.is_some_and(|finished| finished < self.pass)
        {
            self.tx
                .prepare_cached("UPDATE url SET status = NULL, detail = NULL WHERE id = ?1 AND status IS NOT NULL")?
                .execute([id])?;
            requeue(self.tx, id)?;
            self.waiting.push(self.tx, &new.host, id)?;
            return Ok(Admission::Queued);
        }
        Ok(state.admission())
    }

    fn write(&self, new: &NewUrl, id: UrlId) -> rusqlite::Result<()> {
        let verdict = new.verdict.as_ref();
        let key = Some(&new.key).filter(|key| **key != new.url);
        self.tx
            .prepare_cached(
                "INSERT INTO url (id, url, key, note, status, detail, source, round, day)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                id,
                new.url,
                key,
                new.note,
                verdict.map(|(status, _)| status.name()),
                verdict.map(|(_, detail)| detail),
                new.origin == Origin::Source,
                self.round,
                new.day
            ])?;
        Ok(())
    }

    /// Notes the day on which a known URL is named: at most once a day.
    fn name(&self, id: UrlId, day: Day, state: &State) -> rusqlite::Result<()> {
        if day > state.day {
            self.tx
                .prepare_cached("UPDATE url SET day = ?2 WHERE id = ?1")?
                .execute(params![id, day])?;
        }
        Ok(())
    }

    /// Another spelling of a page that is known as `first`: its own row, and no request.
    fn take_duplicate(&mut self, new: &NewUrl, first: &str) -> rusqlite::Result<Admission> {
        let duplicate = NewUrl {
            key: duplicate_key(&new.url),
            url: new.url.clone(),
            host: String::new(),
            verdict: Some((Status::Duplicate, format!("the same page as {first}"))),
            note: None,
            origin: Origin::Named,
            day: new.day,
        };
        let own = self.next;
        let id = self.enlist_one(keys::place(&duplicate.key), &duplicate.key, own)?;
        if id != own {
            let state = self.state(id)?;
            self.name(id, new.day, &state)?;
            return Ok(state.admission());
        }
        self.next += 1;
        self.write(&duplicate, id)?;
        self.waiting.push(self.tx, "", id)?;
        Ok(Admission::New)
    }

    /// Puts a source that was asked in an earlier round back into the queue.
    fn ask_source_again(
        &mut self,
        new: &'a NewUrl,
        id: UrlId,
        state: &State,
    ) -> rusqlite::Result<Admission> {
        if state.finished().is_none() || state.round >= self.round {
            return Ok(Admission::Done);
        }
        self.tx
            .prepare_cached("UPDATE url SET note = ?2, round = ?3 WHERE id = ?1")?
            .execute(params![id, new.note, self.round])?;
        requeue(self.tx, id)?;
        self.waiting.push(self.tx, &new.host, id)?;
        Ok(Admission::Queued)
    }

    fn state(&self, id: UrlId) -> rusqlite::Result<State> {
        let found = self
            .tx
            .prepare_cached(
                "SELECT url, round, article.pass, queued, failure.pass, failure.status, day
                 FROM url LEFT JOIN article ON article.id = url.id LEFT JOIN failure ON failure.id = url.id
                 WHERE url.id = ?1",
            )?
            .query_row([id], |row| {
                let article: Option<i64> = row.get(2)?;
                let queued: Option<bool> = row.get(3)?;
                let failure: Option<i64> = row.get(4)?;
                let status: Option<String> = row.get(5)?;
                Ok(State {
                    url: row.get(0)?,
                    round: row.get(1)?,
                    day: row.get(6)?,
                    article: article.zip(queued),
                    failure: failure.zip(status),
                })
            })
            .optional()?;
        found.ok_or(rusqlite::Error::QueryReturnedNoRows)
    }
}

impl State {
    /// The pass in which it was finished, unless it waits or is in hand.
    fn finished(&self) -> Option<i64> {
        let article = self.article.filter(|(_, queued)| !queued);
        let failure = self.failure.as_ref().map(|(pass, _)| *pass);
        article.map(|(pass, _)| pass).or(failure)
    }

    fn admission(&self) -> Admission {
        match (&self.article, &self.failure) {
            (Some((_, false)), _) => Admission::Done,
            (None, Some((_, status))) => {
                Admission::Failed(Status::from_name(status).unwrap_or(Status::HttpError))
            }
            _ => Admission::Queued,
        }
    }
}

/// What is done is so no more; its article is kept. A place in the queue is still to be given.
pub(super) fn requeue(tx: &Transaction, id: UrlId) -> rusqlite::Result<()> {
    tx.prepare_cached("UPDATE article SET queued = 1 WHERE id = ?1")?
        .execute([id])?;
    for done in [
        "DELETE FROM failure WHERE id = ?1",
        "DELETE FROM midway WHERE id = ?1",
    ] {
        tx.prepare_cached(done)?.execute([id])?;
    }
    Ok(())
}
