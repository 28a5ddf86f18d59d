//! Input that somebody else has yet to write: nobody knows when it comes, and a signal is heard all the same.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use super::Stop;

/// How long a signal may wait to be heard.
const HEARD_WITHIN: Duration = Duration::from_millis(50);

/// Items that are made before they are asked for.
const AHEAD: usize = 1_024;

/// The items of an iterator that may wait for ever for its next one; none any more once the run is to end. It waits
/// on a thread of its own, which is left behind then.
pub(super) fn until_stopped<I>(
    items: I,
    stop: &Stop,
) -> impl Iterator<Item = I::Item> + Send + use<I>
where
    I: Iterator<Item: Send> + Send + 'static,
{
    let (give, take) = mpsc::sync_channel(AHEAD);
    std::thread::spawn(move || {
        // Nobody takes them any more once the run has ended.
        items.map_while(|item| give.send(item).ok()).for_each(drop);
    });
    let stop = stop.clone();
    std::iter::from_fn(move || {
        loop {
            match take.recv_timeout(HEARD_WITHIN) {
                Ok(item) => return Some(item),
                Err(RecvTimeoutError::Timeout) if stop.why().is_none() => {}
                Err(_) => return None,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_items_come_in_order_though_they_take_their_time() {
        let items: Vec<u32> = until_stopped(0..5_000, &Stop::default()).collect();
        assert!(items.iter().copied().eq(0..5_000));
    }

    #[test]
    fn who_waits_for_what_never_comes_hears_a_signal() {
        let (_keeps_it_open, never) = mpsc::channel::<u32>();
        let stop = Stop::default();
        let mut items = until_stopped([7].into_iter().chain(never), &stop);
        assert_eq!(items.next(), Some(7));
        stop.stop(15);
        assert_eq!(items.next(), None);
    }
}
