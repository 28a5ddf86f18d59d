//! Work on many threads, and what comes of it in the order of the work.
//!
//! Workers take work from one list under a lock, and put what comes of it into a line; the caller's
//! thread takes it out in order. A worker that is far ahead of the slowest waits, so that memory
//! is bounded by the line, not by the work.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Results that may wait for an earlier one, for each worker.
pub(super) const WINDOW: usize = 64;

/// As many threads as are wished for; for none, one a core.
pub(super) fn threads(wished: usize) -> usize {
    match wished {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        wished => wished,
    }
}

/// Does the work on so many threads. `work` hands over what comes of one piece, in order, and is told
/// whether to go on; `take` gets all of it, in the order of the pieces.
///
/// # Errors
///
/// The first error of `take`, which ends it all.
pub(super) fn each<W, T, E>(
    pieces: impl Iterator<Item = W> + Send,
    threads: usize,
    work: impl Fn(W, &mut dyn FnMut(T) -> bool) + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E>
where
    T: Send,
{
    let line = Line::new(pieces, threads);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let _leave = AtEnd(|| line.leave());
                while let Some((place, piece)) = line.piece() {
                    work(piece, &mut |result| line.put(place, result));
                    line.end(place);
                }
            });
        }
        let _close = AtEnd(|| line.close());
        while let Some(result) = line.next() {
            take(result)?;
        }
        Ok(())
    })
}

/// Does something when it goes out of scope, be it by a panic: nobody may wait for a thread that
/// is gone.
struct AtEnd<F: FnMut()>(F);

impl<F: FnMut()> Drop for AtEnd<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Work going in, results coming out, in one order.
struct Line<I, T> {
    pieces: Mutex<Pieces<I>>,
    done: Mutex<Done<T>>,
    /// What is to be taken next is there.
    ready: Condvar,
    /// There is room again.
    room: Condvar,
    window: usize,
}

struct Pieces<I> {
    rest: std::iter::Fuse<I>,
    next: usize,
}

struct Done<T> {
    /// By the place of the piece.
    results: BTreeMap<usize, Results<T>>,
    /// How many there are in all.
    waiting: usize,
    /// The place whose results are to be taken.
    next: usize,
    /// Workers that found nothing more to do.
    left: usize,
    workers: usize,
    closed: bool,
}

/// What came so far of one piece.
struct Results<T> {
    made: VecDeque<T>,
    is_whole: bool,
}

impl<T> Default for Results<T> {
    fn default() -> Self {
        Self {
            made: VecDeque::new(),
            is_whole: false,
        }
    }
}

impl<I: Iterator, T> Line<I, T> {
    fn new(pieces: I, workers: usize) -> Self {
        Self {
            pieces: Mutex::new(Pieces {
                rest: pieces.fuse(),
                next: 0,
            }),
            done: Mutex::new(Done {
                results: BTreeMap::new(),
                waiting: 0,
                next: 0,
                left: 0,
                workers,
                closed: false,
            }),
            ready: Condvar::new(),
            room: Condvar::new(),
            window: workers * WINDOW,
        }
    }

    /// The next piece and its place, once it is within the window.
    fn piece(&self) -> Option<(usize, I::Item)> {
        let (place, piece) = {
            let mut pieces = lock(&self.pieces);
            let piece = pieces.rest.next()?;
            pieces.next += 1;
            (pieces.next - 1, piece)
        };
        let is_far = |done: &mut Done<T>| !done.closed && place >= done.next + self.window;
        let done = self.room.wait_while(lock(&self.done), is_far);
        let closed = done.unwrap_or_else(PoisonError::into_inner).closed;
        (!closed).then_some((place, piece))
    }

    /// Puts a result there when there is room: of what is to be taken next there always will be.
    /// Whether anybody wants more.
    fn put(&self, place: usize, result: T) -> bool {
        let is_full = |done: &mut Done<T>| {
            let own = done.results.get(&place).map_or(0, |own| own.made.len());
            let is_next = place == done.next && own < WINDOW;
            !done.closed && !is_next && done.waiting >= self.window
        };
        let done = self.room.wait_while(lock(&self.done), is_full);
        let mut done = done.unwrap_or_else(PoisonError::into_inner);
        if done.closed {
            return false;
        }
        done.waiting += 1;
        done.results
            .entry(place)
            .or_default()
            .made
            .push_back(result);
        if place == done.next {
            self.ready.notify_one();
        }
        true
    }

    fn end(&self, place: usize) {
        let mut done = lock(&self.done);
        done.results.entry(place).or_default().is_whole = true;
        if place == done.next {
            self.ready.notify_one();
        }
    }

    /// A worker goes. When it panicked, its place may stay open for ever: the others go too,
    /// instead of waiting for the window to move on.
    fn leave(&self) {
        let mut done = lock(&self.done);
        done.left += 1;
        done.closed |= std::thread::panicking();
        drop(done);
        self.room.notify_all();
        self.ready.notify_one();
    }

    /// The next result in order; none when all workers have left and it is not there.
    fn next(&self) -> Option<T> {
        let mut done = lock(&self.done);
        loop {
            let place = done.next;
            let results = done.results.get_mut(&place);
            if let Some(result) = results.and_then(|results| results.made.pop_front()) {
                done.waiting -= 1;
                self.room.notify_all();
                return Some(result);
            }
            if done
                .results
                .get(&place)
                .is_some_and(|results| results.is_whole)
            {
                done.results.remove(&place);
                done.next += 1;
                self.room.notify_all();
            } else if done.left == done.workers {
                return None;
            } else {
                let waited = self.ready.wait(done);
                done = waited.unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn close(&self) {
        lock(&self.done).closed = true;
        self.room.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::time::Duration;

    /// The answer of `work`, which must not wait for ever.
    pub(crate) fn soon<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
        let (to, from) = mpsc::channel();
        std::thread::spawn(move || to.send(work()));
        from.recv_timeout(Duration::from_secs(20)).expect("an end")
    }

    #[test]
    fn results_come_in_order_and_few_of_them_wait() {
        for threads in [1, 2, 7] {
            let (made, most) = soon(move || {
                let (begun, mut taken, mut most) = (AtomicUsize::new(0), Vec::new(), 0);
                let work = |piece: usize, put: &mut dyn FnMut(usize) -> bool| {
                    // Some give nothing, and one more than may wait.
                    for n in 0..if piece == 500 { 1_000 } else { piece % 3 } {
                        begun.fetch_add(1, Ordering::SeqCst);
                        assert!(put(piece * 1_000 + n));
                    }
                };
                let done: Result<(), ()> = each(0..2_000, threads, work, |result| {
                    taken.push(result);
                    most = most.max(begun.load(Ordering::SeqCst) - taken.len());
                    Ok(())
                });
                assert_eq!(done, Ok(()));
                (taken, most)
            });
            let want = (0..2_000).flat_map(|piece| {
                let count = if piece == 500 { 1_000 } else { piece % 3 };
                (0..count).map(move |n| piece * 1_000 + n)
            });
            assert!(made.into_iter().eq(want), "{threads}");
            assert!(
                most <= (threads + 1) * WINDOW + threads + 1,
                "{most} waited"
            );
        }
    }

    #[test]
    fn pieces_that_panic_end_it() {
        for good in [0, 3, 1_000] {
            let taken = soon(move || {
                let pieces = (0..).inspect(move |at| assert!(*at < good, "a panic of the test"));
                let mut taken = 0;
                let ended = catch_unwind(AssertUnwindSafe(|| {
                    let work = |piece: usize, put: &mut dyn FnMut(usize) -> bool| {
                        put(piece);
                    };
                    each(pieces, 2, work, |_| {
                        taken += 1;
                        Ok::<_, ()>(())
                    })
                }));
                assert!(ended.is_err(), "it is told");
                taken
            });
            assert!(taken <= good);
        }
    }

    #[test]
    fn an_error_or_a_panic_of_the_taker_ends_it() {
        let work = |piece: usize, put: &mut dyn FnMut(usize) -> bool| while put(piece) {};
        assert_eq!(soon(move || each(0..100, 3, work, Err)), Err(0));
        let ended = soon(move || {
            let take = |_| -> Result<(), ()> { panic!("a panic of the test") };
            catch_unwind(AssertUnwindSafe(|| each(0..100, 3, work, take))).is_err()
        });
        assert!(ended);
    }
}
