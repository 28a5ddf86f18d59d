//! The last start of a job, remembered beyond the process: `state/schedule.json` in its folder.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::timing::Start;
use crate::output::{OutputError, atomic, create_folder};

const SCHEMA: &str = "chaffinch-schedule/1";

/// What is remembered of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Memory {
    schema: String,
    /// The part of the jitter that the job drew; see [`super::plan::Planned::lot`].
    pub(super) lot: u16,
    due: Timestamp,
    started_at: Timestamp,
    /// When the run came to its end; none while it works, and when a signal, a kill or an error cut
    /// it short.
    pub(super) ended_at: Option<Timestamp>,
}

impl Memory {
    pub(super) fn of_start(start: Start, lot: u16) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            lot,
            due: start.due,
            started_at: start.at,
            ended_at: None,
        }
    }

    pub(super) fn start(&self) -> Start {
        Start {
            due: self.due,
            at: self.started_at,
        }
    }

    /// What is remembered in the folder `out`. What cannot be read is forgotten, with a warning:
    /// at worst the job starts once too often.
    pub(super) fn read(out: &Path) -> Option<Self> {
        let path = path_in(out);
        let read = std::fs::read(&path);
        let why = match read.and_then(|text| Ok(serde_json::from_slice::<Self>(&text)?)) {
            Ok(memory) if memory.schema == SCHEMA => return Some(memory),
            Ok(memory) => format!("it is of the schema {:?}", memory.schema),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => error.to_string(),
        };
        tracing::warn!(path = %path.display(), why, "the job's last start is not known");
        None
    }

    /// Remembers it in the folder `out`, which is made if need be.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(super) fn write(&self, out: &Path) -> Result<(), OutputError> {
        create_folder(&out.join("state"))?;
        let text = serde_json::to_string_pretty(self).unwrap_or_default() + "\n";
        atomic::write(&path_in(out), text.as_bytes())
    }
}

fn path_in(out: &Path) -> PathBuf {
    out.join("state").join("schedule.json")
}
