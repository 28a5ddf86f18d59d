//! What a service manager is told (`sd_notify(3)`), where there is one: systemd with `Type=notify`,
//! or whoever sets `NOTIFY_SOCKET`.

use std::time::Duration;

/// The service manager.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manager {
    watchdog: Option<Duration>,
}

#[cfg(unix)]
use sd_notify::NotifyState;

impl Manager {
    /// As the environment says.
    #[cfg(unix)]
    pub(super) fn find() -> Self {
        Self {
            watchdog: sd_notify::watchdog_enabled(),
        }
    }

    #[cfg(not(unix))]
    pub(super) fn find() -> Self {
        Self { watchdog: None }
    }

    /// How often it wants to hear that all is well: twice in the time after which it takes us for
    /// dead, as `sd_watchdog_enabled(3)` advises.
    pub(super) fn rhythm(self) -> Option<Duration> {
        self.watchdog.map(|longest| longest / 2)
    }
}

/// Nobody is told, elsewhere.
#[cfg(not(unix))]
impl Manager {
    pub(super) fn ready(self) {}
    pub(super) fn reloading(self) {}
    pub(super) fn stopping(self) {}
    pub(super) fn well(self) {}
    pub(super) fn status(self, _: &str) {}
}

#[cfg(unix)]
impl Manager {
    /// The jobs are read, and run when their time comes.
    pub(super) fn ready(self) {
        tell(&[NotifyState::Ready]);
    }

    /// The configuration is being read anew; [`Manager::ready`] says when that is done.
    pub(super) fn reloading(self) {
        // systemd tells by the time whether this is the reload that it asked for.
        match NotifyState::monotonic_usec_now() {
            Ok(now) => tell(&[NotifyState::Reloading, now]),
            Err(error) => tracing::warn!(%error, "the service manager cannot be told the time"),
        }
    }

    /// What is in flight is being finished.
    pub(super) fn stopping(self) {
        tell(&[NotifyState::Stopping]);
    }

    /// All is well.
    pub(super) fn well(self) {
        if self.watchdog.is_some() {
            tell(&[NotifyState::Watchdog]);
        }
    }

    /// A line for people.
    pub(super) fn status(self, line: &str) {
        tell(&[NotifyState::Status(line)]);
    }
}

/// Does nothing where there is no service manager.
#[cfg(unix)]
fn tell(states: &[NotifyState]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}
