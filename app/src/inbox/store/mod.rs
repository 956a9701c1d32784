//! The SQL of mail in: keeping what arrives, placing it, and what a person makes of what waits.

mod handle;
mod keep;
mod known;
mod mailbox;
mod people;
mod place;
mod scan;
mod waiting;

pub use handle::{Became, handle, handle_all, ingest};
pub use keep::{LARGEST, Source, raw};
pub use mailbox::{Troubled, note_position, note_state, position, troubled};
pub use people::{Unreachable, forget_bounce, partners_of_code, unreachable};
pub use place::{Disposed, Into, dispose};
pub use scan::scan_waiting;
pub use waiting::{Disposition, Listed, Near, Shown, count, list, next_after, show};
