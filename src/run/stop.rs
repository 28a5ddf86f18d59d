//! What ends a run early: Ctrl-C and SIGTERM, once to drain, twice to stop at once; the end of its
//! time. And SIGHUP, which asks for the configuration to be read anew.

use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, mpsc};

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
/// SIGHUP's number, the same everywhere.
pub(super) const SIGHUP: i32 = 1;

impl Stop {
    /// Listens for signals on a thread of its own, from now on. A second signal ends the process at
    /// once; the state is such that nothing is lost.
    #[must_use]
    pub fn on_signals() -> Self {
        let stop = Self::default();
        let told = stop.clone();
        let (ready, listening) = mpsc::channel();
        std::thread::spawn(move || {
            // Without a runtime there are no signals to hear; the default action ends the process.
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
                .enable_io()
                .build()
            else {
                return;
            };
            runtime.block_on(told.listen(ready));
        });
        // Until it listens, a signal has its default action: nothing may have begun by then. An
        // error says that it never will.
        let _ = listening.recv();
        stop
    }

    async fn listen(&self, ready: mpsc::Sender<()>) {
        let (Ok(mut interrupt), Ok(mut terminate)) = (Signal::new(SIGINT), Signal::new(SIGTERM))
        else {
            return;
        };
        // Whoever waited may be gone.
        let _ = ready.send(());
        loop {
            let signal = tokio::select! {
                () = interrupt.recv() => SIGINT,
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

/// A signal that is listened for, and so has not its default action any more.
#[derive(Debug)]
pub(super) struct Signal {
    #[cfg(unix)]
    signal: tokio::signal::unix::Signal,
    #[cfg(not(unix))]
    number: i32,
}

impl Signal {
    /// Listens for the signal with this number.
    ///
    /// # Errors
    ///
    /// When the system does not let it.
    #[cfg(unix)]
    pub(super) fn new(number: i32) -> std::io::Result<Self> {
        let kind = tokio::signal::unix::SignalKind::from_raw(number);
        tokio::signal::unix::signal(kind).map(|signal| Self { signal })
    }

    /// Ends when the signal has come since the last time; several count as one.
    #[cfg(unix)]
    pub(super) async fn recv(&mut self) {
        self.signal.recv().await;
    }

    #[cfg(not(unix))]
    pub(super) fn new(number: i32) -> std::io::Result<Self> {
        Ok(Self { number })
    }

    /// Elsewhere there is Ctrl-C, and nothing else ever comes.
    #[cfg(not(unix))]
    pub(super) async fn recv(&mut self) {
        if self.number != SIGINT || tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_heard_from_the_first_moment() {
        let stop = Stop::on_signals();
        let own = std::process::id().to_string();
        let told = std::process::Command::new("kill")
            .args(["-TERM", &own])
            .status();
        assert!(told.unwrap().success());
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(stop.wait());
        assert_eq!(stop.why(), Some(Stopped::Signal(SIGTERM)));
    }

    #[test]
    fn the_end_of_one_runs_time_is_no_others() {
        let stop = Stop::default();
        let (one, other) = (stop.of_one_run(), stop.of_one_run());
        one.end_of_time();
        assert_eq!(one.why(), Some(Stopped::TimeLimit));
        assert_eq!((stop.why(), other.why()), (None, None));
        stop.stop(SIGINT);
        assert_eq!(
            one.why(),
            Some(Stopped::Signal(SIGINT)),
            "which weighs more"
        );
        assert_eq!(other.why(), Some(Stopped::Signal(SIGINT)));
    }
}
