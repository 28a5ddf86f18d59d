//! What went over the wire, as WARC files (ISO 28500:2017, WARC 1.1): requests and responses, a gzip
//! member a record, so that each can be read by itself.
//!
//! In: an [`Exchange`](crate::exchange::Exchange), which [`pack`] makes records of, wherever there
//! is a core to spare. Out: files that grow as [`Archive`] appends those, and that are cut back
//! after a kill to what the state knows.
//!
//! A response that says the same as an earlier one of its address is a `revisit` that refers to it:
//! the server said so (304), or its body has the same digest. Extension fields, which other readers
//! pass over: `Chaffinch-Purpose`, a [`Purpose`](crate::exchange::Purpose) as JSON.

mod archive;
mod record;

pub use archive::{Archive, Options, files_of};
pub use record::{Packed, pack};
