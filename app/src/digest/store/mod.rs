//! The SQL of the digest. Every question names its week, and of what came later nothing is seen.

mod letters;
mod risks;
mod themes;
mod waiting;

pub use letters::{wants, wish, write_due};

use super::model::{Digest, Week};
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::figures::store as figures;
use crate::rota::rules::coverage;
use crate::rota::store::rota;
use chrono_tz::Tz;

/// Whose calendar weeks are counted by.
///
/// # Errors
/// When the database is away.
pub async fn zone(tx: &mut Tx) -> Result<Tz, AppError> {
    let name = sqlx::query_scalar!(r#"SELECT house_zone() AS "zone!""#).fetch_one(&mut **tx).await?;
    Ok(name.parse().unwrap_or(Tz::UTC))
}

/// A week, as of what of it has passed.
///
/// # Errors
/// When the database is away.
pub async fn read(tx: &mut Tx, week: Week) -> Result<Digest, AppError> {
    let at = week.seen.to;
    // Compiling these few questions would take longer than answering them.
    sqlx::query!("SELECT set_config('jit', 'off', true) AS jit").fetch_one(&mut **tx).await?;
    let of_week = figures::weeks(tx, week.seen, week.zone, None).await?;
    let of_week = of_week.into_iter().find(|each| each.monday == week.monday);
    let (resolved, with_owner, broken) =
        of_week.map_or((0, 0, 0), |each| (each.resolved, each.with_owner, each.broken));
    Ok(Digest {
        week,
        waiting: waiting::proposals(tx, at).await?,
        escalated: waiting::escalated(tx, at).await?,
        newly_escalated: waiting::newly_escalated(tx, week.seen).await?,
        in_dispute: themes::in_dispute(tx, at).await?,
        themes: themes::themes(tx, week).await?,
        public: themes::public(tx, week).await?,
        overdue: figures::overdue(tx, at, None).await?,
        broken,
        resolved: (resolved, with_owner),
        coverage: coverage(&rota(tx, at).await?, week.seen),
        rated: themes::rated(tx, week.seen).await?,
        rated_before: themes::rated(tx, week.before).await?,
        at_risk: risks::at_risk(tx, week).await?,
    })
}
