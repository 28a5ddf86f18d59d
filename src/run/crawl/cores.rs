//! Threads for extraction, one a core, as long as a crawl lives.
//!
//! The runtime's own pool for such work ends and begins threads as it goes, and looks up names on
//! the same ones. Every thread keeps of the allocator's memory what its largest page took, some
//! 25 MB after one of 5 MB, so their number is that of the cores.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use tokio::sync::oneshot;

type Work = Box<dyn FnOnce() + Send>;

/// The threads, which end when the last copy of this does.
#[derive(Debug, Clone)]
pub(super) struct Cores {
    queue: mpsc::Sender<Work>,
}

impl Cores {
    /// Starts a thread for each core, `most` at most.
    pub(super) fn start(most: usize) -> Self {
        let (queue, waiting) = mpsc::channel();
        let waiting = Arc::new(Mutex::new(waiting));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        for _ in 0..cores.min(most) {
            let waiting = Arc::clone(&waiting);
            std::thread::spawn(move || while next(&waiting).is_some_and(done) {});
        }
        Self { queue }
    }

    /// Runs `work` on one of the threads.
    ///
    /// # Errors
    ///
    /// What a panic said.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, String> {
        let (tell, told) = oneshot::channel();
        let work = move || {
            let came = catch_unwind(AssertUnwindSafe(work));
            // Nobody listens any more when the crawl was stopped.
            let _ = tell.send(came.map_err(|panic| said(&*panic)));
        };
        let gone = || "the threads of extraction have ended".to_owned();
        self.queue.send(Box::new(work)).map_err(|_| gone())?;
        told.await.map_err(|_| gone())?
    }
}

/// The next work; none when no more can come. Who waits holds the lock, and the others wait for it.
fn next(waiting: &Mutex<mpsc::Receiver<Work>>) -> Option<Work> {
    let waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    waiting.recv().ok()
}

fn done(work: Work) -> bool {
    work();
    true
}

/// The message of a panic, which is one of these two types unless somebody took pains.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_told_and_the_thread_goes_on() {
        let cores = Cores::start(1);
        let broken: Result<(), String> = cores.run(|| panic!("page {}", 7)).await;
        assert_eq!(broken, Err("page 7".to_owned()));
        assert_eq!(cores.run(|| 8).await, Ok(8));
    }
}
