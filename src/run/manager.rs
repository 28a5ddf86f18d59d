//! What a service manager is told (`sd_notify(3)`), where there is one: systemd with `Type=notify`,
//! or whoever sets `NOTIFY_SOCKET`.

use std::time::Duration;

#[cfg(unix)]
use sd_notify::NotifyState;

/// The service manager, if there is one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Manager {
    #[cfg(unix)]
    listens: bool,
    /// After this time without a word it takes us for dead.
    watchdog: Option<Duration>,
}

impl Manager {
    /// How often it wants to hear that all is well: twice in its time, as `sd_watchdog_enabled(3)`
    /// advises.
    pub(super) fn rhythm(self) -> Option<Duration> {
        self.watchdog.map(|longest| longest / 2)
    }
}

#[cfg(unix)]
impl Manager {
    /// As the environment says.
    pub(super) fn find() -> Self {
        Self {
            listens: std::env::var_os("NOTIFY_SOCKET").is_some(),
            watchdog: sd_notify::watchdog_enabled(),
        }
    }

    /// The jobs are read, and run when their time comes.
    pub(super) fn ready(self) {
        self.tell(&[NotifyState::Ready]);
    }

    /// The configuration is being read anew; [`Manager::ready`] says when that is done.
    pub(super) fn reloading(self) {
        // By the time systemd tells whether this is the reload that it asked for.
        match NotifyState::monotonic_usec_now() {
            Ok(now) => self.tell(&[NotifyState::Reloading, now]),
            Err(error) => tracing::warn!(%error, "the service manager cannot be told the time"),
        }
    }

    /// What is in flight is being finished.
    pub(super) fn stopping(self) {
        self.tell(&[NotifyState::Stopping]);
    }

    /// All is well.
    pub(super) fn well(self) {
        if self.watchdog.is_some() {
            self.tell(&[NotifyState::Watchdog]);
        }
    }

    /// A line for people.
    pub(super) fn status(self, line: &str) {
        // A line break would begin a message of its own.
        let line = line.replace(char::is_control, " ");
        self.tell(&[NotifyState::Status(&line)]);
    }

    fn tell(self, states: &[NotifyState]) {
        if !self.listens {
            return;
        }
        if let Err(error) = sd_notify::notify(states) {
            tracing::warn!(%error, "the service manager cannot be told");
        }
    }
}

/// Elsewhere there is none.
#[cfg(not(unix))]
impl Manager {
    pub(super) fn find() -> Self {
        Self::default()
    }
    pub(super) fn ready(self) {}
    pub(super) fn reloading(self) {}
    pub(super) fn stopping(self) {}
    pub(super) fn well(self) {}
    pub(super) fn status(self, _: &str) {}
}
