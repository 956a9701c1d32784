//! What the macro in a reply does besides its text, once the reply is written.

use super::Action;
use crate::audit::store::{Change, record};
use crate::base::error::AppError;
use crate::desk::store;
use crate::disputes::model::Stage;
use crate::disputes::store::appeal_waits;
use crate::macros::store::Pick;
use crate::work::{rules as work_rules, store as work};
use serde_json::json;

impl Action {
    /// Gives the case to whom the macro says, closes it or puts it off where it says so; an answer that was asked for, or an
    /// appeal that waits, keeps it open. The case has been moved to `stage` already. Gives the stage it is left in.
    pub(super) async fn follow(&mut self, stage: Stage, asked: bool, pick: Option<&Pick>) -> Result<Stage, AppError> {
        let Some(pick) = pick else { return Ok(stage) };
        let has_it = match self.case.assignee {
            None if self.case.stage != Stage::Closed => Some(self.hand.person),
            other => other,
        };
        let gets_it = if pick.actions.takes { Some(self.hand.person) } else { pick.actions.assignee.or(has_it) };
        let appealed = appeal_waits(&mut self.tx, self.case.partner, self.case.id).await?;
        let closes = pick.actions.closes && !asked && !appealed && stage != Stage::Closed;
        let after = if closes { Stage::Closed } else { stage };
        if gets_it != has_it || closes {
            let next = self.promises().await?.next_update(after);
            store::save(&mut self.tx, &self.case, self.case.version + 1, after, gets_it, next, self.hand.at).await?;
        }
        if closes {
            self.add_step(Stage::Closed, None).await?;
        }
        if after != Stage::Closed {
            self.put_off(pick).await?;
        }
        Ok(after)
    }

    /// Puts the case off for as long as the macro says. A partner who writes brings it back, as from any other delay.
    async fn put_off(&mut self, pick: &Pick) -> Result<(), AppError> {
        let Some(days) = pick.actions.put_off_days.and_then(|days| u64::try_from(days).ok()) else { return Ok(()) };
        let (partner, case, now) = (self.case.partner, self.case.id, self.hand.at);
        let was = work::snooze_of(&mut self.tx, partner, case).await?.map(|snooze| snooze.until);
        let until = work_rules::in_days(days, self.ctx.time_zone, now);
        work::snooze(&mut self.tx, partner, case, until, &pick.name, self.hand.person, now).await?;
        let change = Change {
            action: "case.snoozed",
            subject: format!("case/{case}"),
            partner: Some(partner),
            before: Some(json!({ "snoozed_until": was })),
            after: Some(json!({ "snoozed_until": until, "macro": pick.id.0 })),
            ..Change::default()
        };
        record(&mut self.tx, &self.ctx.actor, now, &self.ctx.request_id, change).await
    }
}
