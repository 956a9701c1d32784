//! Mails about terms: a decrease that was decided, a counter-offer that waits.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{PartnerId, ProposalId, TermsVersionId};
use crate::base::money::Currency;
use crate::mail::home::MailHome;
use crate::mail::letters::About;
use crate::terms::model::Field;
use chrono::{DateTime, Utc};

/// A decrease is told to every member of each partner whom it reaches; gives how many there are, none where it is no decrease.
///
/// # Errors
/// When the database is away.
pub async fn decrease(
    tx: &mut Tx,
    home: &MailHome,
    version: TermsVersionId,
    signed_by: &str,
    now: DateTime<Utc>,
) -> Result<u64, AppError> {
    let written = sqlx::query!(
        r#"INSERT INTO mail_out (kind, partner_id, person_id, terms_version_id, locale, signed_by, message_uid, written_at)
           SELECT 'terms', m.partner_id, m.person_id, n.terms_version_id, left(p.locale, 2), $2, '<' || gen_random_uuid() || '@' || $3 || '>', $4
           FROM terms_notice n JOIN partner_member m USING (partner_id) JOIN person p USING (person_id)
           WHERE n.terms_version_id = $1 AND p.disabled_at IS NULL
           ORDER BY m.partner_id, m.person_id"#,
        version.0,
        signed_by,
        home.domain(),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(written.rows_affected())
}

/// A counter-offer is told to every member of its partner; gives how many there are.
///
/// # Errors
/// When the database is away.
pub async fn counter_offer(
    tx: &mut Tx,
    home: &MailHome,
    offer: ProposalId,
    signed_by: &str,
    now: DateTime<Utc>,
) -> Result<u64, AppError> {
    let written = sqlx::query!(
        r#"INSERT INTO mail_out (kind, partner_id, person_id, counter_offer_id, locale, signed_by, message_uid, written_at)
           SELECT 'terms', m.partner_id, m.person_id, c.proposal_id, left(p.locale, 2), $2, '<' || gen_random_uuid() || '@' || $3 || '>', $4
           FROM counter_offer c JOIN partner_member m USING (partner_id) JOIN person p USING (person_id)
           WHERE c.proposal_id = $1 AND p.disabled_at IS NULL
           ORDER BY m.person_id"#,
        offer.0,
        signed_by,
        home.domain(),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(written.rows_affected())
}

/// Terms that end are told to every member of a partner who was told of it; gives how many there are. The house signs: nobody decides
/// it anew.
///
/// # Errors
/// When the database is away.
pub async fn ending(
    tx: &mut Tx,
    home: &MailHome,
    version: TermsVersionId,
    partner: PartnerId,
    now: DateTime<Utc>,
) -> Result<u64, AppError> {
    let written = sqlx::query!(
        r#"INSERT INTO mail_out (kind, partner_id, person_id, terms_ending_id, locale, signed_by, message_uid, written_at)
           SELECT 'terms', m.partner_id, m.person_id, e.terms_version_id, left(p.locale, 2),
                  coalesce(s.name, g.name), '<' || gen_random_uuid() || '@' || $3 || '>', $4
           FROM terms_ending e JOIN terms_version t USING (terms_version_id) JOIN decision d USING (proposal_id)
           JOIN programme g ON g.programme_id = t.programme_id LEFT JOIN staff s ON s.person_id = d.decider_id
           JOIN partner_member m ON m.partner_id = e.partner_id JOIN person p ON p.person_id = m.person_id
           WHERE e.terms_version_id = $1 AND e.partner_id = $2 AND p.disabled_at IS NULL
           ORDER BY m.person_id"#,
        version.0,
        partner.0,
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
    version: Option<i64>,
    offer: Option<i64>,
    ending: Option<i64>,
) -> Result<About, AppError> {
    if let Some(ending) = ending {
        return about_ending(tx, partner, ending).await;
    }
    let row = sqlx::query!(
        r#"SELECT t.field AS "field!", o.name AS "offer?", g.currency AS "currency!", n.kind_before AS "kind_before?", n.value_before AS "value_before?", NULL::timestamptz AS "ends_at?",
                  t.kind AS "kind!", t.value AS "value!", t.valid_from AS "at!", d.reason_partner AS "reason!"
           FROM terms_notice n JOIN terms_version t USING (terms_version_id) JOIN programme g ON g.programme_id = t.programme_id
           JOIN decision d ON d.proposal_id = t.proposal_id
           LEFT JOIN offer o ON o.programme_id = t.programme_id AND o.offer_id = t.offer_scope
           WHERE n.partner_id = $1 AND n.terms_version_id = $2
           UNION ALL
           SELECT c.field, o.name, g.currency, NULL, NULL, nullif(c.valid_until, 'infinity'), c.kind, c.value, c.expires_at, d.reason_partner
           FROM counter_offer c JOIN programme g USING (programme_id) JOIN decision d ON d.proposal_id = c.countered_id
           LEFT JOIN offer o ON o.programme_id = c.programme_id AND o.offer_id = c.offer_scope
           WHERE c.partner_id = $1 AND c.proposal_id = $3"#,
        partner.0,
        version,
        offer,
    )
    .fetch_one(&mut **tx)
    .await?;
    let field = Field::parse(&row.field).ok_or_else(|| AppError::Internal("terms of no known field".into()))?;
    let currency = Currency::parse(&row.currency)?;
    let after = (row.kind, row.value);
    Ok(match row.kind_before.zip(row.value_before) {
        Some(before) => {
            About::Decrease { field, offer: row.offer, before, after, currency, from: row.at, reason: row.reason }
        }
        None => {
            let (offer, ends_at) = (row.offer, row.ends_at);
            About::CounterOffer { field, offer, offered: after, currency, ends_at, until: row.at, reason: row.reason }
        }
    })
}

async fn about_ending(tx: &mut Tx, partner: PartnerId, version: i64) -> Result<About, AppError> {
    let row = sqlx::query!(
        r#"SELECT t.field, o.name AS "offer?", g.currency, t.kind, t.value, e.kind_after, e.value_after, e.ends_at, d.reason_partner AS reason
           FROM terms_ending e JOIN terms_version t USING (terms_version_id) JOIN programme g ON g.programme_id = t.programme_id
           JOIN decision d ON d.proposal_id = t.proposal_id
           LEFT JOIN offer o ON o.programme_id = t.programme_id AND o.offer_id = t.offer_scope
           WHERE e.partner_id = $1 AND e.terms_version_id = $2"#,
        partner.0,
        version,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(About::Ending {
        field: Field::parse(&row.field).ok_or_else(|| AppError::Internal("terms of no known field".into()))?,
        offer: row.offer,
        now: (row.kind, row.value),
        then: row.kind_after.zip(row.value_after),
        currency: Currency::parse(&row.currency)?,
        ends_at: row.ends_at,
        reason: row.reason,
    })
}
