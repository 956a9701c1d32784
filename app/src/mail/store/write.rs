//! Writing mails, in the transaction that causes them; each in one statement over everybody it goes to.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId};
use crate::base::secrets::{Secrets, SecretsError};
use crate::mail::home::MailHome;
use crate::sign_in::token;
use chrono::{DateTime, Utc};
use zeroize::Zeroizing;

/// A reply of staff goes to every member of the partner's account, as an answer to the last mail of its case, ours or
/// that member's own; gives how many there are.
///
/// # Errors
/// When the database is away.
pub async fn reply(
    tx: &mut Tx,
    home: &MailHome,
    (partner, case, message): (PartnerId, CaseId, i64),
    signed_by: &str,
    now: DateTime<Utc>,
) -> Result<u64, AppError> {
    let written = sqlx::query!(
        r#"INSERT INTO mail_out (kind, partner_id, person_id, case_id, message_id, locale, signed_by, message_uid, refs, written_at)
           SELECT 'reply', m.partner_id, m.person_id, $2, $3, left(p.locale, 2), $4, '<' || gen_random_uuid() || '@' || $5 || '>',
                  ARRAY['<case-' || $2::bigint || '@' || $5 || '>'] || coalesce(
                      (SELECT array_agg(o.uid ORDER BY o.at, o.uid)
                       FROM (SELECT message_uid AS uid, written_at AS at FROM mail_out WHERE case_id = $2 AND person_id = m.person_id
                             UNION ALL
                             SELECT '<' || i.message_uid || '>', w.sent_at FROM message w JOIN mail_in i USING (mail_in_id)
                             WHERE w.partner_id = $1 AND w.case_id = $2 AND w.author_id = m.person_id
                               AND i.message_uid ~ '^[!-;=?-~]+@[!-;=?-~]+$' AND length(i.message_uid) <= 250
                             ORDER BY at DESC, uid LIMIT 9) o), '{}'),
                  $6
           FROM partner_member m JOIN person p USING (person_id)
           WHERE m.partner_id = $1 AND p.disabled_at IS NULL
           ORDER BY m.person_id ON CONFLICT DO NOTHING"#,
        partner.0,
        case.0,
        message,
        signed_by,
        home.domain(),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(written.rows_affected())
}

/// What the house tells of a case by itself goes to every member of the partner's account, as an answer to the last mail of
/// the case, ours or that member's own; gives how many there are.
///
/// # Errors
/// When the database is away.
pub async fn notice(
    tx: &mut Tx,
    home: &MailHome,
    (partner, case): (PartnerId, CaseId),
    (notice, asked): (&str, i64),
    signed_by: &str,
    now: DateTime<Utc>,
) -> Result<u64, AppError> {
    let written = sqlx::query!(
        r#"INSERT INTO mail_out (kind, partner_id, person_id, case_id, notice, notice_message_id, locale, signed_by, message_uid, refs, written_at)
           SELECT 'notice', m.partner_id, m.person_id, $2, $3, $4, left(p.locale, 2), $5, '<' || gen_random_uuid() || '@' || $6 || '>',
                  ARRAY['<case-' || $2::bigint || '@' || $6 || '>'] || coalesce(
                      (SELECT array_agg(o.uid ORDER BY o.at, o.uid)
                       FROM (SELECT message_uid AS uid, written_at AS at FROM mail_out WHERE case_id = $2 AND person_id = m.person_id
                             UNION ALL
                             SELECT '<' || i.message_uid || '>', w.sent_at FROM message w JOIN mail_in i USING (mail_in_id)
                             WHERE w.partner_id = $1 AND w.case_id = $2 AND w.author_id = m.person_id
                               AND i.message_uid ~ '^[!-;=?-~]+@[!-;=?-~]+$' AND length(i.message_uid) <= 250
                             ORDER BY at DESC, uid LIMIT 9) o), '{}'),
                  $7
           FROM partner_member m JOIN person p USING (person_id)
           WHERE m.partner_id = $1 AND p.disabled_at IS NULL
           ORDER BY m.person_id ON CONFLICT DO NOTHING"#,
        partner.0,
        case.0,
        notice,
        asked,
        signed_by,
        home.domain(),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(written.rows_affected())
}

/// An invitation goes to the address that it names, from the programme: commands have no name.
///
/// # Errors
/// When the database is away.
pub async fn invitation(
    tx: &mut Tx,
    home: &MailHome,
    secrets: &Secrets,
    partner: PartnerId,
    token: &str,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let hash = token::hash(token);
    sqlx::query!(
        "INSERT INTO mail_out (kind, partner_id, invitation, locale, signed_by, message_uid, key_id, sealed_token, written_at)
         SELECT 'invitation', a.partner_id, i.token_hash, coalesce(left(p.locale, 2), 'en'), g.name,
                '<' || gen_random_uuid() || '@' || $3 || '>', $4, $5, $6
         FROM partner a JOIN programme g USING (programme_id) JOIN invitation i ON i.partner_id = a.partner_id AND i.token_hash = $2
         LEFT JOIN person p ON p.email = i.email
         WHERE a.partner_id = $1",
        partner.0,
        hash,
        home.domain(),
        secrets.key().0,
        seal_token(secrets, token)?,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A link's secret, encrypted for the mail that carries it.
///
/// # Errors
/// When the system has no randomness to give.
pub fn seal_token(secrets: &Secrets, token: &str) -> Result<Vec<u8>, SecretsError> {
    secrets.seal(TOKEN, token)
}

/// From what [`seal_token`] made.
///
/// # Errors
/// When it was changed, or another key made it.
pub fn secret_of(secrets: &Secrets, sealed: &[u8]) -> Result<Zeroizing<String>, SecretsError> {
    secrets.open(TOKEN, secrets.key(), sealed)
}

/// What a sealed link is bound to; which mail it is of, its hash says.
const TOKEN: &str = "mail token";
