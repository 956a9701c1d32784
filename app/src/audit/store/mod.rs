//! Writing the record; reading it, sealing it and walking its chain are rooms of their own.

mod chain;
mod list;

pub use chain::{seal, verify};
pub use list::{ByWhom, Wanted, actions, list, staff};

use crate::base::actor::Actor;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{PartnerId, ProposalId};
use chrono::{DateTime, Utc};
use serde_json::Value;

/// One change, as the record keeps it. Holds ids and figures, never anything that identifies a person.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// `payout_method.set`, `case.decided`: noun, dot, verb.
    pub action: &'static str,
    /// What was changed: `case/12`.
    pub subject: String,
    /// Whose data it is about.
    pub partner: Option<PartnerId>,
    /// The partner staff acted for.
    pub on_behalf_of: Option<PartnerId>,
    /// The decision that allowed it.
    pub approval: Option<ProposalId>,
    /// As it was.
    pub before: Option<Value>,
    /// As it is now.
    pub after: Option<Value>,
}

/// Records a change in the transaction that makes it.
///
/// # Errors
/// When the database refuses the row; the change is then not to be committed.
pub async fn record(
    tx: &mut Tx,
    actor: &Actor,
    at: DateTime<Utc>,
    request_id: &str,
    change: Change,
) -> Result<(), AppError> {
    let kind = match actor {
        Actor::Member(_) => "partner",
        Actor::Staff(_) => "staff",
        Actor::Command => "command",
        Actor::Anonymous | Actor::Job => "job",
    };
    sqlx::query!(
        "INSERT INTO audit (at, actor_kind, actor_id, on_behalf_of, partner_id, action, subject, before, after, approval_id, request_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        at,
        kind,
        actor.person().map(|person| person.0),
        change.on_behalf_of.map(|partner| partner.0),
        change.partner.map(|partner| partner.0),
        change.action,
        change.subject,
        change.before,
        change.after,
        change.approval.map(|proposal| proposal.0),
        request_id,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
