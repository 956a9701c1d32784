//! What is known about a message from outside of it: its sender, its conversation, the mail that came back.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId, PersonId};
use crate::inbox::Home;
use crate::inbox::model::Incoming;
use crate::inbox::rules::{CaseRef, Known, Sender};

/// Looks up everything that decides where a message belongs.
///
/// # Errors
/// When the database is away.
pub async fn look_up(tx: &mut Tx, home: &Home, message: &Incoming) -> Result<Known, AppError> {
    let sender = match &message.from {
        Some(from) => sender(tx, from).await?,
        None => None,
    };
    let accounts = sender.as_ref().map(|sender| sender.accounts.as_slice()).unwrap_or_default();
    let mut thread = answered(tx, &message.answers).await?;
    if thread.is_none() {
        thread = shared(tx, message, accounts).await?;
    }
    let mut about = None;
    let mut ours = home.marked(message) || message.from.as_deref().is_some_and(|from| home.is_ours(from));
    for uid in &message.answers {
        if about.is_none() {
            about = our_mail(tx, uid).await?.map(|(partner, _)| partner);
        }
    }
    if let Some(uid) = &message.message_id {
        ours = ours || our_mail(tx, uid).await?.is_some();
    }
    let returned = match message.bounce.as_ref().and_then(|bounce| bounce.returned.as_ref()) {
        Some(uid) => our_mail(tx, uid).await?,
        None => None,
    };
    let signed: Vec<_> = message.to.iter().filter_map(|address| home.signed(address)).collect();
    let addressed = match signed.first() {
        Some(signed) => case_ref(tx, signed.case).await?,
        None => None,
    };
    let given_to = signed.iter().filter_map(|signed| signed.person).collect();
    Ok(Known { sender, addressed, given_to, thread, about, returned, ours, finding: home.finding(message) })
}

/// A member of partners, by address. Suspended partners may write; closed ones and disabled people are strangers.
async fn sender(tx: &mut Tx, email: &str) -> Result<Option<Sender>, AppError> {
    let rows = sqlx::query!(
        "SELECT p.person_id, m.partner_id FROM person p JOIN partner_member m USING (person_id) JOIN partner a USING (partner_id)
         WHERE p.email = $1 AND p.disabled_at IS NULL AND a.status <> 'closed' ORDER BY m.partner_id",
        email,
    )
    .fetch_all(&mut **tx)
    .await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let person = PersonId(first.person_id);
    Ok(Some(Sender { person, accounts: rows.iter().map(|row| PartnerId(row.partner_id)).collect() }))
}

/// The case of the nearest mail that it answers: one of ours, or one that came in before.
async fn answered(tx: &mut Tx, answers: &[String]) -> Result<Option<CaseRef>, AppError> {
    let row = sqlx::query!(
        r#"SELECT found.partner_id AS "partner_id!", found.case_id AS "case_id!"
           FROM unnest($1::text[]) WITH ORDINALITY AS asked (uid, nth), LATERAL (
               SELECT o.partner_id, o.case_id FROM our_mail(asked.uid) o WHERE o.case_id IS NOT NULL
               UNION ALL
               SELECT coalesce(i.partner_id, d.partner_id), coalesce(i.case_id, d.case_id)
               FROM mail_in_uid u JOIN mail_in i USING (mail_in_id) LEFT JOIN mail_disposition d USING (mail_in_id)
               WHERE u.uid = asked.uid AND u.nth = 0 AND coalesce(i.case_id, d.case_id) IS NOT NULL
           ) AS found
           ORDER BY asked.nth LIMIT 1"#,
        answers,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| CaseRef { partner: PartnerId(row.partner_id), case: CaseId(row.case_id) }))
}

/// The sender's case in which an earlier mail names the same ids: mails of one conversation arrive in any order, and the
/// first of them may never arrive.
async fn shared(tx: &mut Tx, message: &Incoming, accounts: &[PartnerId]) -> Result<Option<CaseRef>, AppError> {
    let uids: Vec<String> = message.message_id.iter().chain(&message.answers).cloned().collect();
    let accounts: Vec<i64> = accounts.iter().map(|partner| partner.0).collect();
    let row = sqlx::query!(
        r#"SELECT coalesce(i.partner_id, d.partner_id) AS "partner_id!", coalesce(i.case_id, d.case_id) AS "case_id!"
           FROM mail_in_uid u JOIN mail_in i USING (mail_in_id) LEFT JOIN mail_disposition d USING (mail_in_id)
           WHERE u.uid = ANY($1) AND coalesce(i.partner_id, d.partner_id) = ANY($2)
           ORDER BY u.mail_in_id LIMIT 1"#,
        &uids,
        &accounts,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| CaseRef { partner: PartnerId(row.partner_id), case: CaseId(row.case_id) }))
}

/// The partner, and the case if it has one, that a mail of ours is about.
async fn our_mail(tx: &mut Tx, uid: &str) -> Result<Option<(PartnerId, Option<CaseId>)>, AppError> {
    let row = sqlx::query!(r#"SELECT partner_id AS "partner_id!", case_id FROM our_mail($1) LIMIT 1"#, uid)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.map(|row| (PartnerId(row.partner_id), row.case_id.map(CaseId))))
}

/// A case by its number.
///
/// # Errors
/// When the database is away.
pub async fn case_ref(tx: &mut Tx, case: CaseId) -> Result<Option<CaseRef>, AppError> {
    let partner = sqlx::query_scalar!("SELECT partner_id FROM support_case WHERE case_id = $1", case.0)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(partner.map(|partner| CaseRef { partner: PartnerId(partner), case }))
}
