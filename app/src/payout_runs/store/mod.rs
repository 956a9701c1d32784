//! Writing and reading payout runs; each question in a room of its own.

mod build;
mod change;
mod compare;
mod head;
mod lines;
mod read;
mod release;
mod wise_header;
mod work;

pub use build::{Batch, Start, build_batch, start};
pub use change::{
    Home, NewDelay, Withdrawn, delay_was_told, open_off_cycle, programmes, standing, step, tell_delay, withdraw,
};
pub use compare::{Changed, Comparison, Previous, biggest, compare, previous};
pub use head::{Answer, Delay, FileLine, Head, Person, ToSend, answers, head, other_owners, run_files, to_send};
pub use lines::{BlockLine, Event, PayoutLine, Wanted, block_counts, blocks, events, payouts, warnings};
pub use read::{BlockedRow, PayoutRow, blocked_of, find, list, list_before, payouts_of, unbuilt};
pub use release::{Released, cancel, release};
pub use wise_header::{WiseHeader, set_wise_header, wise_header};
pub use work::{Asked, Task, WorkLine, ask, end_work, is_free, last_work, note_written, open_work};

use super::model::{Run, Stage};
use crate::base::error::AppError;
use chrono::{DateTime, NaiveDate, Utc};

/// The columns of a run, as every question reads them.
struct RunRow {
    payout_run_id: i64,
    programme_id: i64,
    cutoff: NaiveDate,
    cutoff_at: DateTime<Utc>,
    pay_day: NaiveDate,
    partner_id: Option<i64>,
    reason: String,
    built_at: Option<DateTime<Utc>>,
    cancelled_at: Option<DateTime<Utc>>,
    released_at: Option<DateTime<Utc>>,
}

impl RunRow {
    fn run(self) -> Result<Run, AppError> {
        let stage = match (self.cancelled_at, self.released_at, self.built_at) {
            (Some(_), ..) => Stage::Cancelled,
            (_, Some(_), _) => Stage::Released,
            (_, _, Some(_)) => Stage::Built,
            _ => Stage::Building,
        };
        Ok(Run {
            id: self.payout_run_id.into(),
            programme: self.programme_id.into(),
            cutoff: self.cutoff,
            cutoff_at: self.cutoff_at,
            pay_day: self.pay_day,
            off_cycle: self.partner_id.map(|partner| (partner.into(), self.reason)),
            stage,
        })
    }
}
