//! Ctrl-C and SIGTERM: once to drain, twice to stop at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use tokio::sync::Notify;

/// Whether a run is to end early, and by which signal.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    signal: Arc<AtomicI32>,
    told: Arc<Notify>,
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
        let Ok(mut terminate) = Terminate::new() else {
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

    /// Asks the run to end.
    pub fn stop(&self, signal: i32) {
        self.signal.store(signal, Ordering::SeqCst);
        self.told.notify_waiters();
    }

    /// The signal that asked for the end, if one did.
    #[must_use]
    pub fn signal(&self) -> Option<i32> {
        Some(self.signal.load(Ordering::SeqCst)).filter(|&signal| signal != 0)
    }

    /// Ends when the run is to end.
    pub async fn wait(&self) {
        loop {
            // Registered before the look, so that no signal falls between the two.
            let told = self.told.notified();
            if self.signal().is_some() {
                return;
            }
            told.await;
        }
    }
}

/// SIGTERM where it exists.
struct Terminate {
    #[cfg(unix)]
    signal: tokio::signal::unix::Signal,
}

impl Terminate {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            signal: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?,
        })
    }

    #[cfg(unix)]
    async fn recv(&mut self) {
        self.signal.recv().await;
    }

    #[cfg(not(unix))]
    async fn recv(&mut self) {
        std::future::pending::<()>().await;
    }
}
