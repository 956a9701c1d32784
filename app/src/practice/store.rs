//! The SQL of practice.

use super::anonymise::{Known, anonymise};
use super::model::{Answer, Listed, Mark, Practice, Said, Try};
use crate::base::db::Tx;
use crate::base::error::{AppError, exactly_one};
use crate::base::ids::{CaseId, PartnerId, PersonId};
use crate::desk::model::Hand;
use crate::disputes::model::{Kind, Side};
use crate::disputes::store as cases;
use chrono::{DateTime, Utc};
use uuid::Uuid;

fn unknown(word: &str) -> AppError {
    AppError::Internal(format!("unknown word in practice: {word}"))
}

/// Makes a case to practise on of a real one; gives its number. `None` where nothing of it can be practised: nobody asked,
/// or nobody answered.
///
/// # Errors
/// `practice_case_of_a_closed_one`, `practice_case_once`, `practice_case_by_a_lead` by name; [`AppError::NotFound`].
pub async fn make(tx: &mut Tx, partner: PartnerId, case: CaseId, hand: &Hand) -> Result<Option<i64>, AppError> {
    let found = cases::find(tx, partner, case).await?;
    let messages = cases::messages(tx, partner, case).await?;
    let decision = cases::decision(tx, partner, case).await?;
    let known = known(tx, partner, case).await?;
    let clean = |text: &str| anonymise(text, &known);
    let answered = messages.iter().position(|message| message.side == Side::Staff).unwrap_or(messages.len());
    let (asked, rest) = messages.split_at(answered);
    let talk: Vec<Said> = asked
        .iter()
        .filter(|message| !message.body.trim().is_empty())
        .map(|message| Said { side: message.side.as_str().to_owned(), body: clean(&message.body) })
        .collect();
    let mut solution: Vec<String> = rest
        .iter()
        .filter(|message| !message.body.trim().is_empty())
        .map(|message| {
            let who = if message.side == Side::Staff { "→" } else { "←" };
            format!("{who} {}", clean(&message.body))
        })
        .collect();
    // Its reason was a message as well, which stands there already.
    solution.extend(decision.map(|decision| format!("= {}", decision.outcome.as_str())));
    if talk.is_empty() || rest.is_empty() {
        return Ok(None);
    }
    let talk = serde_json::to_value(talk).map_err(|error| AppError::Internal(error.to_string()))?;
    let id = sqlx::query_scalar!(
        "INSERT INTO practice_case (partner_id, case_id, kind, subject, talk, solution, made_by, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING practice_case_id",
        partner.0,
        case.0,
        found.kind.as_str(),
        clean(&found.subject),
        talk,
        solution.join("\n\n"),
        hand.person.0,
        hand.at,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Some(id))
}

/// Everything that says whose a case is.
async fn known(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Known, AppError> {
    let names = sqlx::query_scalar!(
        r#"SELECT p.name AS "name!" FROM partner_member m JOIN person p USING (person_id) WHERE m.partner_id = $1
           UNION SELECT name FROM partner WHERE partner_id = $1
           UNION SELECT author_name FROM message WHERE partner_id = $1 AND case_id = ANY (case_family($1, $2))
           UNION SELECT name FROM staff"#,
        partner.0,
        case.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let codes = sqlx::query_scalar!(
        r#"SELECT code AS "code?" FROM partner WHERE partner_id = $1
           UNION SELECT unnest(ARRAY[v.order_id, v.sub_id, v.click_id]) FROM case_pin n JOIN conversion v USING (partner_id, conversion_id)
                 WHERE n.partner_id = $1 AND n.case_id = ANY (case_family($1, $2))
           UNION SELECT m.order_id FROM case_pin n JOIN claim m USING (partner_id, claim_id) WHERE n.partner_id = $1 AND n.case_id = ANY (case_family($1, $2))"#,
        partner.0,
        case.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(Known { names, codes: codes.into_iter().flatten().filter(|code| !code.is_empty()).collect() })
}

/// Gives a case out no more.
///
/// # Errors
/// [`AppError::Conflict`] where that was done.
pub async fn withdraw(tx: &mut Tx, id: i64, now: DateTime<Utc>) -> Result<(), AppError> {
    let done = sqlx::query!(
        "UPDATE practice_case SET withdrawn_at = $2 WHERE practice_case_id = $1 AND withdrawn_at IS NULL",
        id,
        now,
    )
    .execute(&mut **tx)
    .await?;
    exactly_one(done.rows_affected())
}

/// One case to practise on.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Practice, AppError> {
    let row = sqlx::query!(
        r#"SELECT practice_case_id, kind, subject, talk, solution, case_id AS "case: CaseId", withdrawn_at FROM practice_case WHERE practice_case_id = $1"#,
        id,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    Ok(Practice {
        id: row.practice_case_id,
        kind: Kind::parse(&row.kind).ok_or_else(|| unknown(&row.kind))?,
        subject: row.subject,
        talk: serde_json::from_value(row.talk).map_err(|error| AppError::Internal(error.to_string()))?,
        solution: row.solution,
        made_of: row.case,
        is_withdrawn: row.withdrawn_at.is_some(),
    })
}

/// The cases there are, with how a person stands to them; what they have not tried first. The first 200.
///
/// # Errors
/// When the database is away.
pub async fn list(tx: &mut Tx, person: PersonId) -> Result<Vec<Listed>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT c.practice_case_id, c.kind, c.subject, count(t.practice_try_id) AS "tries!",
                  count(t.practice_try_id) FILTER (WHERE m.practice_try_id IS NULL) AS "unmarked!", coalesce(bool_or(m.passed), false) AS "passed!"
           FROM practice_case c LEFT JOIN practice_try t ON t.practice_case_id = c.practice_case_id AND t.person_id = $1
           LEFT JOIN practice_mark m USING (practice_try_id)
           WHERE c.withdrawn_at IS NULL GROUP BY c.practice_case_id ORDER BY coalesce(bool_or(m.passed), false), count(t.practice_try_id), c.practice_case_id LIMIT 200"#,
        person.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Listed {
                id: row.practice_case_id,
                kind: Kind::parse(&row.kind).ok_or_else(|| unknown(&row.kind))?,
                subject: row.subject,
                tries: row.tries,
                unmarked: row.unmarked,
                passed: row.passed,
            })
        })
        .collect()
}

/// Which solutions.
#[derive(Clone, Copy, Debug)]
pub enum Of {
    /// Of this case, by this person.
    Own(i64, PersonId),
    /// Of anybody, as long as nobody has marked them.
    Unmarked,
}

/// Solutions, the oldest first. The first 200.
///
/// # Errors
/// When the database is away.
pub async fn tries(tx: &mut Tx, of: Of) -> Result<Vec<Try>, AppError> {
    let (practice, person) = match of {
        Of::Own(practice, person) => (Some(practice), Some(person.0)),
        Of::Unmarked => (None, None),
    };
    let rows = sqlx::query!(
        r#"SELECT t.practice_try_id, t.practice_case_id, s.name, t.outcome, t.answer, t.tried_at,
                  m.passed AS "passed?", m.remark AS "remark?", l.name AS "marked_by?"
           FROM practice_try t JOIN staff s USING (person_id) LEFT JOIN practice_mark m USING (practice_try_id)
           LEFT JOIN staff l ON l.person_id = m.marked_by
           WHERE CASE WHEN $1::bigint IS NULL THEN m.practice_try_id IS NULL ELSE t.practice_case_id = $1 AND t.person_id = $2 END
           ORDER BY t.practice_try_id LIMIT 200"#,
        practice,
        person,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let mark = match (row.passed, row.remark, row.marked_by) {
                (Some(passed), Some(remark), Some(by)) => Some(Mark { passed, remark, by }),
                _ => None,
            };
            Ok(Try {
                id: row.practice_try_id,
                practice: row.practice_case_id,
                by: row.name,
                answer: Answer::parse(&row.outcome).ok_or_else(|| unknown(&row.outcome))?,
                text: row.answer,
                at: row.tried_at,
                mark,
            })
        })
        .collect()
}

/// Hands a solution in; `false` where the same form did before.
///
/// # Errors
/// When the database refuses it.
pub async fn hand_in(
    tx: &mut Tx,
    practice: i64,
    answer: Answer,
    text: &str,
    hand: &Hand,
    form_key: Uuid,
) -> Result<bool, AppError> {
    let done = sqlx::query!(
        "INSERT INTO practice_try (practice_case_id, person_id, outcome, answer, tried_at, form_key) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (form_key) DO NOTHING",
        practice,
        hand.person.0,
        answer.as_str(),
        text,
        hand.at,
        form_key,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Marks a solution; `false` where somebody did before.
///
/// # Errors
/// `practice_mark_by_somebody_else`, `practice_mark_says_why`, `practice_mark_practice_try_id_fkey` by name.
pub async fn mark(tx: &mut Tx, id: i64, passed: bool, remark: &str, hand: &Hand) -> Result<bool, AppError> {
    let done = sqlx::query!(
        "INSERT INTO practice_mark (practice_try_id, passed, remark, marked_by, marked_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        id,
        passed,
        remark,
        hand.person.0,
        hand.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How many more solutions of a person have to pass before they may give credit; 0 for everybody who need not practise.
///
/// # Errors
/// When the database is away.
pub async fn left(tx: &mut Tx, person: PersonId) -> Result<i32, AppError> {
    let left = sqlx::query_scalar!(r#"SELECT practice_left($1) AS "left?""#, person.0).fetch_one(&mut **tx).await?;
    Ok(left.unwrap_or(0))
}

/// How many an agent who begins now has to pass.
///
/// # Errors
/// When the database is away.
pub async fn passes(tx: &mut Tx, now: DateTime<Utc>) -> Result<i32, AppError> {
    Ok(sqlx::query_scalar!(
        "SELECT passes FROM practice_policy WHERE valid_from <= $1 ORDER BY valid_from DESC, practice_policy_id DESC LIMIT 1",
        now,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Sets that from now on; `false` where the same form did.
///
/// # Errors
/// `practice_policy_in_bounds`, `practice_policy_by_a_lead` by name.
pub async fn set_passes(tx: &mut Tx, passes: i32, hand: &Hand, form_key: Uuid) -> Result<bool, AppError> {
    let done = sqlx::query!(
        "INSERT INTO practice_policy (passes, valid_from, written_by, form_key) VALUES ($1, $2, $3, $4) ON CONFLICT (form_key) DO NOTHING",
        passes,
        hand.at,
        hand.person.0,
        form_key,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
