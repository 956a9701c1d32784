//! What may be promised: the deadline of the next clock, in the rota's hours.

use super::{AHEAD, policies, size};
use crate::base::db::{self, Tx};
use crate::base::error::AppError;
use crate::base::ids::PartnerId;
use crate::clocks::model::Clock;
use crate::clocks::rules;
use crate::disputes::model::{Kind, Stage};
use crate::disputes::rules as cases;
use crate::rota::rules::desk_spans;
use crate::rota::spans::Span;
use crate::rota::store::rota;
use chrono::{DateTime, TimeDelta, Utc};

/// When a partner can be told to hear next.
#[derive(Clone, Debug)]
pub struct Promises {
    now: DateTime<Utc>,
    first_reply: DateTime<Utc>,
    next_update: DateTime<Utc>,
    resolution: DateTime<Utc>,
}

impl Promises {
    /// The first reply to a case that is opened now.
    pub fn first_reply(&self) -> DateTime<Utc> {
        self.first_reply
    }

    /// The next word in a case that runs.
    pub fn next_word(&self) -> DateTime<Utc> {
        self.next_update
    }

    /// The end of a case whose resolution clock starts now.
    pub fn resolution(&self) -> DateTime<Utc> {
        self.resolution
    }

    /// When the partner hears next, once somebody takes the case: what was promised stands while it can be kept.
    pub fn when_taken(&self, promised: DateTime<Utc>) -> DateTime<Utc> {
        cases::promise_when_taken(promised, self.next_update, self.now)
    }

    /// When the partner hears next, once the case stands at `stage`.
    pub fn next_update(&self, stage: Stage) -> DateTime<Utc> {
        match stage {
            Stage::AnswerNeeded => cases::next_update(stage, self.now),
            Stage::Received | Stage::InReview | Stage::Decided | Stage::Closed => self.next_update,
        }
    }
}

/// What can be promised now to a partner in a case of a kind. Where there is no rota, or it knows of nobody in time,
/// every hour counts.
///
/// # Errors
/// When the database is away.
pub async fn promises(tx: &mut Tx, partner: PartnerId, kind: Kind, now: DateTime<Utc>) -> Result<Promises, AppError> {
    // The rota is the house's, and whoever writes is told what it gives.
    let former = db::become_system(tx).await?;
    let rota = rota(tx, now).await?;
    let every_hour = cases::promise(now);
    let mut promises =
        Promises { now, first_reply: every_hour, next_update: every_hour, resolution: cases::end_promise(now) };
    if !rota.is_empty() {
        let working = desk_spans(&rota, Span { from: now, to: now + AHEAD });
        let (policies, size) = (policies(tx).await?, size(tx, partner, now).await?);
        let promised = |clock| {
            let minutes = rules::policy_for(&policies, clock, kind, size, now)?.minutes?;
            rules::promise(&working, TimeDelta::minutes(minutes), now)
        };
        promises.first_reply = promised(Clock::FirstReply).unwrap_or(every_hour);
        promises.next_update = promised(Clock::NextUpdate).unwrap_or(every_hour);
        promises.resolution = promised(Clock::Resolution).unwrap_or(promises.resolution);
    }
    db::become_again(tx, former).await?;
    Ok(promises)
}
