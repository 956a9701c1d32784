//! Mail out: written in the transaction that causes it, sent by a worker, each try kept, seen by the house.
//!
//! The table of mails is the queue as well. A job library would keep a second account of what still has to be done, in
//! tables of its own, and the two would have to agree after every crash and every restored backup; what it offers
//! besides (a claim with a lease, growing pauses, giving up) is here one statement each, and staff have to see it anyway.
//!
//! A worker claims one mail at a time (`FOR UPDATE SKIP LOCKED`, with a lease), says what the server answered, and lets
//! go. Where it dies in between, the mail is sent once more under the same Message-ID, which mail programs recognise.

pub mod api;
pub mod compose;
pub mod home;
pub mod letter;
pub mod letters;
pub mod model;
pub mod page;
pub mod reply_address;
pub mod rules;
pub mod store;
