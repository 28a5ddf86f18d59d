//! Where the text of a command goes that can be a page for a browser, too.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::args::Talk;
use crate::output::{atomic, stream};
use crate::run::RunError;
use crate::run::own::require_free;

/// A page to a file or to stdout, a form to stdout, or both.
pub(super) struct Places<F> {
    html: Option<PathBuf>,
    pub(super) stdout: Option<F>,
}

impl<F: Copy> Places<F> {
    /// What `--html` and the form on stdout ask for; without both it is the usual form.
    pub(super) fn of(html: Option<&Path>, form: Option<F>, usual: F) -> Result<Self> {
        let is_stdout = |path: &Path| path.as_os_str() == "-" || path == Path::new("/dev/stdout");
        match (html, form) {
            (Some(path), Some(_)) if is_stdout(path) => {
                bail!("--html - and --format both go to stdout; give --html a file")
            }
            (Some(path), None) if is_stdout(path) => Ok(Self {
                html: Some("-".into()),
                stdout: None,
            }),
            (Some(path), form) => Ok(Self {
                html: Some(path.to_owned()),
                stdout: form,
            }),
            (None, form) => Ok(Self {
                html: None,
                stdout: form.or(Some(usual)),
            }),
        }
    }

    /// Writes what is wanted; `done` says in the log what is in the file.
    pub(super) fn write(
        &self,
        page: impl FnOnce() -> String,
        form: impl FnOnce(F) -> String,
        done: &str,
        talk: Talk,
    ) -> Result<(), RunError> {
        if let Some(path) = &self.html {
            if path.as_os_str() == "-" {
                return Ok(stream::print(&page())?);
            }
            require_free(path)?;
            atomic::write(path, page().as_bytes())?;
            if !talk.quiet {
                tracing::info!("{done} in {}", path.display());
            }
        }
        if let Some(wanted) = self.stdout {
            stream::print(&form(wanted))?;
        }
        Ok(())
    }
}
