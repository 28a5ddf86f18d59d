//! One process at a time on one folder.

use std::fs::{File, OpenOptions};
use std::path::Path;

use super::RunError;
use crate::output::{OutputError, create_folder};

/// Held as long as it lives; a killed process holds nothing.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Drop for Lock {
    /// Not by closing the file alone: a process that is just being started from this one holds a
    /// copy of it for a moment, and the lock with it.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

impl Lock {
    /// Takes the lock of the folder `state`, which belongs to the output `shown`.
    ///
    /// # Errors
    ///
    /// [`RunError::Locked`] when another process has it, [`RunError::Output`] when the folder
    /// cannot be written.
    pub fn take(state: &Path, shown: &Path) -> Result<Self, RunError> {
        create_folder(state)?;
        let path = state.join("lock");
        let opened = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        let file = opened.map_err(|source| OutputError {
            path: path.display().to_string(),
            source,
        })?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(std::fs::TryLockError::WouldBlock) => {
                Err(RunError::Locked(shown.display().to_string()))
            }
            Err(std::fs::TryLockError::Error(source)) => Err(OutputError {
                path: path.display().to_string(),
                source,
            }
            .into()),
        }
    }
}
