//! What staff see of mails.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PersonId};
use crate::mail::model::{Kind, Listed, Server, State};

/// Mails on a page.
pub const PAGE: i64 = 50;
/// Counting stops here: more is said as "more than".
pub const COUNTED: i64 = 1000;

/// Mails in a state, the newest first, older than `before`; one more than a page where there is a next one.
///
/// # Errors
/// When the database is away.
pub async fn list(tx: &mut Tx, state: State, before: Option<i64>) -> Result<Vec<Listed>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT o.mail_id, o.kind, a.name AS "partner_name?", p.name AS "person?",
                  o.case_id AS "case: CaseId", o.written_at, o.tries, t.answer AS "answer?", t.at AS "at?", q.due_at AS "due_at?"
           FROM mail_out o LEFT JOIN partner a USING (partner_id) LEFT JOIN person p USING (person_id)
           LEFT JOIN mail_try t ON t.mail_id = o.mail_id AND t.nth = o.tries LEFT JOIN mail_queue q ON q.mail_id = o.mail_id
           WHERE o.state = $1 AND o.mail_id < $2 ORDER BY o.mail_id DESC LIMIT $3"#,
        state.as_str(),
        before.unwrap_or(i64::MAX),
        PAGE + 1,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Listed {
                id: row.mail_id,
                kind: Kind::parse(&row.kind).ok_or_else(|| AppError::Internal("a mail of no known kind".into()))?,
                state,
                partner_name: row.partner_name,
                person: row.person,
                case: row.case,
                written_at: row.written_at,
                tries: row.tries,
                last: row.answer.zip(row.at),
                next_at: row.due_at,
            })
        })
        .collect()
}

/// How many wait and how many failed; at most [`COUNTED`] each.
///
/// # Errors
/// When the database is away.
pub async fn counts(tx: &mut Tx) -> Result<(i64, i64), AppError> {
    let row = sqlx::query!(
        r#"SELECT (SELECT count(*) FROM (SELECT FROM mail_out WHERE state = 'waiting' LIMIT $1) w) AS "waiting!",
                  (SELECT count(*) FROM (SELECT FROM mail_out WHERE state = 'failed' LIMIT $1) f) AS "failed!""#,
        COUNTED,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.waiting, row.failed))
}

/// How the mail server is doing.
///
/// # Errors
/// When the database is away.
pub async fn server(tx: &mut Tx) -> Result<Server, AppError> {
    let row = sqlx::query!("SELECT last_ok_at, failing_since, said FROM mail_server").fetch_one(&mut **tx).await?;
    Ok(Server { last_ok_at: row.last_ok_at, failing: row.failing_since.map(|since| (since, row.said)) })
}

/// Sends a mail on its way once more; `false` where it was sent, or is none.
///
/// # Errors
/// `mail_again_by_a_lead` where the person is neither a lead nor an owner.
pub async fn send_again(tx: &mut Tx, mail: i64, by: PersonId) -> Result<bool, AppError> {
    Ok(sqlx::query_scalar!(r#"SELECT send_mail_again($1, $2) AS "again!""#, mail, by.0).fetch_one(&mut **tx).await?)
}
