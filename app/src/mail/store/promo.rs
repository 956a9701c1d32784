//! Mails about promotions: granted, reached, over.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{PartnerId, PromoGrantId};
use crate::base::money::{Currency, Money};
use crate::mail::home::MailHome;
use crate::mail::letters::About;
use crate::promo::model::{End, Goal};
use chrono::{DateTime, Utc};

/// A step of a grant is told to every member of its partner, in the name of who granted it; gives how many there are.
///
/// # Errors
/// When the database is away.
pub async fn promo(
    tx: &mut Tx,
    home: &MailHome,
    partner: PartnerId,
    grant: PromoGrantId,
    step: &str,
    now: DateTime<Utc>,
) -> Result<u64, AppError> {
    let written = sqlx::query!(
        r#"INSERT INTO mail_out (kind, partner_id, person_id, promo_grant_id, promo_step, locale, signed_by, message_uid, written_at)
           SELECT 'promo', m.partner_id, m.person_id, s.promo_grant_id, s.step, left(p.locale, 2), d.decider_name,
                  '<' || gen_random_uuid() || '@' || $4 || '>', $5
           FROM promo_step s JOIN promo_decision d USING (promo_grant_id)
           JOIN partner_member m ON m.partner_id = s.partner_id JOIN person p ON p.person_id = m.person_id
           WHERE s.partner_id = $1 AND s.promo_grant_id = $2 AND s.step = $3 AND p.disabled_at IS NULL
           ORDER BY m.person_id"#,
        partner.0,
        grant.0,
        step,
        home.domain(),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(written.rows_affected())
}

/// What such a mail is about.
pub(super) async fn about(
    tx: &mut Tx,
    partner: PartnerId,
    grant: Option<i64>,
    step: Option<String>,
) -> Result<About, AppError> {
    let row = sqlx::query!(
        r#"SELECT k.name, k.goal, k.target, k.bonus, k.currency, k.ends_at, k.counts_until, g.time_zone, d.reason_partner, s.counted
           FROM promo_step s JOIN promo_decision d USING (promo_grant_id) JOIN promo_package k ON k.promo_package_id = s.promo_package_id
           JOIN programme g ON g.programme_id = s.programme_id
           WHERE s.partner_id = $1 AND s.promo_grant_id = $2 AND s.step = $3"#,
        partner.0,
        grant,
        step.as_deref(),
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(About::Promo {
        name: row.name,
        goal: Goal::parse(&row.goal).ok_or_else(|| AppError::Internal("a package of no known goal".into()))?,
        target: row.target,
        bonus: Money::new(row.bonus, Currency::parse(&row.currency)?),
        days: [row.ends_at, row.counts_until]
            .map(|at| crate::base::clock::last_day(at, row.time_zone.parse().unwrap_or(chrono_tz::Tz::UTC))),
        end: step.as_deref().and_then(End::of_step),
        counted: row.counted,
        reason: row.reason_partner,
    })
}
