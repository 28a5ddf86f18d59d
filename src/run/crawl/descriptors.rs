//! Open files: how many the process may have, and what that leaves for connections.
//!
//! A shell's usual bound is 1,024, and connections that wait for the next page of their host count.
//! A crawl of some thousand hosts would run out, and take its own lack for a fault of the hosts.

use std::time::Duration;

use super::Job;

/// Files of a crawl besides its connections: standard streams, state, output, runtime, signals,
/// lookups of names. 16 were seen.
const OWN: u64 = 24;
/// Sockets of one request at most: while it connects, one for each kind of address (RFC 8305).
const EACH: u64 = 2;
/// Requests a second that are reckoned with: more than are extracted on eight cores.
const RATE: u64 = 1_000;
/// A shorter wait than this is not worth keeping a connection for: the usual pause is a second.
const IDLE_MIN: Duration = Duration::from_secs(2);

/// Raises the bound as far as the system lets it, and fits the job into what that is.
pub(super) fn fit(job: &mut Job) {
    let Some(most) = raised() else { return };
    let (places, idle) = shares(most, job.concurrency, job.fetch.limits.idle);
    if places < job.concurrency {
        tracing::warn!(
            open_files = most,
            concurrency = places,
            "fewer requests at once than configured: the system lets us open too few files"
        );
    }
    job.concurrency = places;
    job.fetch.limits.idle = idle;
}

/// Requests at once, and how long a connection may be idle, with so many open files.
fn shares(most: u64, places: usize, idle: Duration) -> (usize, Duration) {
    let left = most.saturating_sub(OWN);
    let places = (places as u64).min(left / EACH).max(1);
    let spare = left.saturating_sub(places * EACH);
    let idle = idle.min(Duration::from_millis(spare.saturating_mul(1_000) / RATE));
    let idle = if idle < IDLE_MIN {
        Duration::ZERO
    } else {
        idle
    };
    (usize::try_from(places).unwrap_or(usize::MAX), idle)
}

/// The bound on open files, raised; none where there is none.
#[cfg(unix)]
fn raised() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let found = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: found.maximum,
        maximum: found.maximum,
    };
    // Where the system refuses, as macOS does above a bound of its own, it stays as it was.
    let _ = setrlimit(Resource::Nofile, raised);
    getrlimit(Resource::Nofile).current
}

#[cfg(not(unix))]
fn raised() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_open_files_cost_idle_connections_first_and_then_places() {
        let usual = Duration::from_secs(30);
        for (most, places, want) in [
            (1 << 20, 32, (32, usual)),
            (4_096, 32, (32, Duration::from_millis(4_008))),
            (1_024, 32, (32, Duration::ZERO)),
            (64, 32, (20, Duration::ZERO)),
            (8, 32, (1, Duration::ZERO)),
        ] {
            assert_eq!(shares(most, places, usual), want, "{most}");
        }
    }
}
