//! What ends a run early: Ctrl-C and SIGTERM, once to drain, twice to stop at once; the end of its
//! time. And SIGHUP, which asks for the configuration to be read anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use tokio::sync::Notify;

use super::Stopped;

/// Whether a run is to end early, and why.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    /// What the process was told: the number of a signal.
    process: Arc<Told>,
    /// What this run alone was told: that its time is over.
    run: Arc<Told>,
}

/// A number that is told once, and 0 before.
#[derive(Debug, Default)]
struct Told {
    number: AtomicI32,
    waiting: Notify,
}

/// SIGINT's number, the same everywhere.
const SIGINT: i32 = 2;
/// SIGTERM's number, the same everywhere.
const SIGTERM: i32 = 15;

impl Stop {
    /// Listens for signals on a thread of its own. A second signal ends the process at once; the
    /// state is such that nothing is lost.
    #[must_use]
    pub fn on_signals() -> Self {
        let stop = Self::default();
        let told = stop.clone();
        std::thread::spawn(move || {
            // Without a runtime there are no signals to hear; the default action ends the process.
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
                .enable_io()
                .build()
            else {
                return;
            };
            runtime.block_on(told.listen());
        });
        stop
    }

    async fn listen(&self) {
        let Ok(mut terminate) = UnixSignal::terminate() else {
            return;
        };
        loop {
            let signal = tokio::select! {
                Ok(()) = tokio::signal::ctrl_c() => SIGINT,
                () = terminate.recv() => SIGTERM,
            };
            if self.signal().is_some() {
                std::process::exit(128 + signal);
            }
            tracing::warn!("stopping: finishing what is in flight; once more to stop at once");
            self.stop(signal);
        }
    }

    /// Asks all runs to end.
    pub fn stop(&self, signal: i32) {
        self.process.tell(signal);
    }

    /// The same for one run, which can also be told that its time is over.
    #[must_use]
    pub fn of_one_run(&self) -> Self {
        Self {
            process: Arc::clone(&self.process),
            run: Arc::default(),
        }
    }

    /// Asks this run to end, since it has worked for as long as it may.
    pub fn end_of_time(&self) {
        self.run.tell(1);
    }

    /// The signal that asked for the end, if one did.
    #[must_use]
    pub fn signal(&self) -> Option<i32> {
        self.process.number()
    }

    /// Why the run is to end, if it is.
    #[must_use]
    pub fn why(&self) -> Option<Stopped> {
        let signal = self.signal().map(Stopped::Signal);
        signal.or_else(|| self.run.number().map(|_| Stopped::TimeLimit))
    }

    /// Ends when the run is to end.
    pub async fn wait(&self) {
        tokio::select! {
            () = self.process.wait() => {}
            () = self.run.wait() => {}
        }
    }
}

impl Told {
    fn tell(&self, number: i32) {
        self.number.store(number, Ordering::SeqCst);
        self.waiting.notify_waiters();
    }

    fn number(&self) -> Option<i32> {
        Some(self.number.load(Ordering::SeqCst)).filter(|&number| number != 0)
    }

    async fn wait(&self) {
        loop {
            // Registered before the look, so that nothing told falls between the two.
            let told = self.waiting.notified();
            if self.number().is_some() {
                return;
            }
            told.await;
        }
    }
}

/// A signal that only Unix has; elsewhere it never comes.
#[derive(Debug)]
pub struct UnixSignal {
    #[cfg(unix)]
    signal: tokio::signal::unix::Signal,
}

impl UnixSignal {
    /// Listens for SIGTERM, which from now on does not end the process.
    ///
    /// # Errors
    ///
    /// When the system does not let it.
    pub fn terminate() -> std::io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            signal: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?,
        })
    }

    /// Listens for SIGHUP, which from now on does not end the process.
    ///
    /// # Errors
    ///
    /// When the system does not let it.
    pub fn hangup() -> std::io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            signal: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?,
        })
    }

    /// Ends when the signal has come since the last time; several count as one.
    #[cfg(unix)]
    pub async fn recv(&mut self) {
        self.signal.recv().await;
    }

    /// Never ends.
    #[cfg(not(unix))]
    pub async fn recv(&mut self) {
        std::future::pending::<()>().await;
    }
}
