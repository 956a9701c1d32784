//! Letting a run go, or giving it up.

use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::crash;
use crate::base::db::Tx;
use crate::base::error::{AppError, constraint, exactly_one};
use crate::base::ids::PayoutRunId;
use chrono::{DateTime, Utc};
use serde_json::json;

/// Why a payout is kept back at its release; for the house.
const IN_DOUBT: &str = "What a bank said of an earlier payout contradicts what is known: see the answers that wait";

/// How asking for a release ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Released {
    /// Its payouts are approved.
    Done {
        /// How many.
        payouts: u64,
    },
    /// It was released before; nothing changed.
    Before,
    /// Partners are still being gone through.
    NotBuilt,
    /// It was given up.
    Cancelled,
    /// Who built it can't release it while another owner can.
    NeedsAnother,
}

/// Releases a run: its scheduled payouts are approved, with the name of who did it. The caller commits.
///
/// A command has no name: whoever holds the machine runs it, and it is recorded as a command. So it releases what a
/// command has built, and what a person has built as long as there is no owner besides them. Where there is one, only a
/// name can show that it was not the builder who let the run go: that owner releases it on screen.
///
/// # Errors
/// [`AppError::NotFound`] where there is no such run, [`AppError::Forbidden`] for anybody but an owner or a command.
pub async fn release(
    tx: &mut Tx,
    actor: &Actor,
    run: PayoutRunId,
    request_id: &str,
    now: DateTime<Utc>,
) -> Result<Released, AppError> {
    let row = sqlx::query!(
        r#"SELECT r.builder_id, r.built_at, r.cancelled_at, l.payout_run_id IS NOT NULL AS "released!"
           FROM payout_run r LEFT JOIN payout_release l USING (payout_run_id) WHERE r.payout_run_id = $1"#,
        run.0,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    if row.released {
        return Ok(Released::Before);
    }
    if row.cancelled_at.is_some() {
        return Ok(Released::Cancelled);
    }
    if row.built_at.is_none() {
        return Ok(Released::NotBuilt);
    }
    let releaser = actor.staff().map(|staff| staff.person.0);
    if let (None, Some(builder)) = (releaser, row.builder_id)
        && !crate::approvals::store::sole_owner(tx, builder.into()).await?
    {
        return Ok(Released::NeedsAnother);
    }
    let own = releaser.is_some() && releaser == row.builder_id;
    let alone = match releaser {
        Some(person) if own => crate::approvals::store::sole_owner(tx, person.into()).await?,
        _ => false,
    };
    if own && !alone {
        return Ok(Released::NeedsAnother);
    }
    let written = sqlx::query!(
        "INSERT INTO payout_release (payout_run_id, by, releaser_id, builder_id, sole_control, released_at)
         VALUES ($1, CASE WHEN $2::bigint IS NULL THEN 'command' ELSE 'owner' END, $2, $3, $4, $5)",
        run.0,
        releaser,
        row.builder_id,
        own,
        now,
    )
    .execute(&mut **tx)
    .await;
    match written {
        Ok(_) => {}
        Err(error) => {
            return match constraint(&error) {
                Some("payout_release_pkey") => Ok(Released::Before),
                Some("payout_release_by_an_owner") => Err(AppError::Forbidden),
                Some(
                    "payout_release_not_by_builder"
                    | "payout_release_sole_control_only_when_alone"
                    | "payout_release_by_name",
                ) => Ok(Released::NeedsAnother),
                _ => Err(error.into()),
            };
        }
    }
    crash::point("payouts.release.written");
    sqlx::query!("SELECT hold_in_doubt($1, $2, $3, $4)", run.0, releaser, IN_DOUBT, now).fetch_one(&mut **tx).await?;
    let payouts = sqlx::query!(
        "INSERT INTO payout_event (partner_id, payout_id, seq, from_state, to_state, by_kind, by_id, at, booked_at)
         SELECT partner_id, payout_id, seq + 1, state, 'approved', CASE WHEN $2::bigint IS NULL THEN 'command' ELSE 'staff' END, $2, $3, $3
         FROM payout WHERE payout_run_id = $1 AND state = 'scheduled'",
        run.0,
        releaser,
        now,
    )
    .execute(&mut **tx)
    .await?
    .rows_affected();
    crash::point("payouts.release.approved");
    let change = Change {
        action: "payout_run.released",
        subject: format!("payout_run/{run}"),
        after: Some(json!({ "payouts": payouts, "builder": row.builder_id, "sole_control": own })),
        ..Change::default()
    };
    record(tx, actor, now, request_id, change).await?;
    Ok(Released::Done { payouts })
}

/// Gives a run up before anything of it was sent; its money is payable again. Gives how many payouts that was, or `None`
/// where something was sent already. The caller commits.
///
/// # Errors
/// [`AppError::NotFound`] where there is no such run, [`AppError::Conflict`] where it was given up before.
pub async fn cancel(
    tx: &mut Tx,
    actor: &Actor,
    run: PayoutRunId,
    reason: &str,
    request_id: &str,
    now: DateTime<Utc>,
) -> Result<Option<u64>, AppError> {
    let person = actor.staff().map(|staff| staff.person.0);
    let changed = sqlx::query!(
        "UPDATE payout_run SET cancelled_at = $2, cancelled_by = $3, cancel_reason = $4
         WHERE payout_run_id = $1 AND cancelled_at IS NULL",
        run.0,
        now,
        person,
        reason,
    )
    .execute(&mut **tx)
    .await?;
    exactly_one(changed.rows_affected())?;
    let sent = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM payout WHERE payout_run_id = $1
                          AND state IN ('submitted', 'unknown', 'paid', 'failed', 'returned')) AS "sent!""#,
        run.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    if sent {
        return Ok(None);
    }
    let payouts = sqlx::query!(
        "INSERT INTO payout_event (partner_id, payout_id, seq, from_state, to_state, by_kind, by_id, reason, at, booked_at)
         SELECT partner_id, payout_id, seq + 1, state, 'cancelled', CASE WHEN $2::bigint IS NULL THEN 'command' ELSE 'staff' END, $2, $3, $4, $4
         FROM payout WHERE payout_run_id = $1 AND state IN ('scheduled', 'held', 'approved')",
        run.0,
        person,
        reason,
        now,
    )
    .execute(&mut **tx)
    .await?
    .rows_affected();
    let change = Change {
        action: "payout_run.cancelled",
        subject: format!("payout_run/{run}"),
        after: Some(json!({ "payouts": payouts, "reason": reason })),
        ..Change::default()
    };
    record(tx, actor, now, request_id, change).await?;
    Ok(Some(payouts))
}
