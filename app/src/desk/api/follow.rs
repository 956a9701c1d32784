//! What the macro in a reply does besides its text, once the reply is written.

use super::Action;
use crate::base::error::AppError;
use crate::desk::store;
use crate::disputes::model::Stage;
use crate::disputes::store::appeal_waits;
use crate::macros::store::Pick;

impl Action {
    /// Gives the case to whom the macro says and closes it where it says so; an answer that was asked for, or an appeal that
    /// waits, keeps it open. The
    /// case has been moved to `stage` already. Gives the stage it is left in.
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
        if gets_it == has_it && !closes {
            return Ok(stage);
        }
        let next = self.promises().await?.next_update(after);
        store::save(&mut self.tx, &self.case, self.case.version + 1, after, gets_it, next, self.hand.at).await?;
        if closes {
            self.add_step(Stage::Closed, None).await?;
        }
        Ok(after)
    }
}
