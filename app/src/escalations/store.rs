//! The SQL of escalations.

use crate::base::actor::Role;
use crate::base::db::Tx;
use crate::base::error::{AppError, exactly_one};
use crate::base::ids::{CaseId, EscalationId, PartnerId, PersonId};
use crate::desk::model::Hand;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Escalations on the page.
const LISTED: i64 = 200;

/// How an escalation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Who it was put to decided the case.
    Decided,
    /// It came back with words.
    SentBack,
    /// It was decided below, before anybody above did.
    Withdrawn,
}

impl Verdict {
    /// From what the database wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "decided" => Self::Decided,
            "sent_back" => Self::SentBack,
            "withdrawn" => Self::Withdrawn,
            _ => return None,
        })
    }
}

/// An escalation.
#[derive(Clone, Debug)]
pub struct Escalation {
    /// Its number.
    pub id: EscalationId,
    /// Its case.
    pub case: CaseId,
    /// Whose case it is.
    pub partner_name: String,
    /// What the case is about.
    pub subject: String,
    /// What is known.
    pub facts: String,
    /// What was tried.
    pub tried: String,
    /// What is proposed.
    pub proposed: String,
    /// To whom: `lead` or `owner`.
    pub to: Role,
    /// Who put it there; `None`: a policy did.
    pub by: Option<PersonId>,
    /// Their name.
    pub by_name: String,
    /// When.
    pub at: DateTime<Utc>,
    /// How it ended: how, the words, by whom, when.
    pub ended: Option<(Verdict, String, Option<String>, DateTime<Utc>)>,
}

impl Escalation {
    /// Whether a person of a role may send it back: from above, and not who put it there.
    pub fn may_answer(&self, person: PersonId, role: Role) -> bool {
        let above = role == Role::Owner || (role == Role::Lead && self.to == Role::Lead);
        self.ended.is_none() && above && self.by != Some(person)
    }
}

/// What is put to leads and owners.
#[derive(Clone, Debug)]
pub struct NewEscalation {
    /// What is known.
    pub facts: String,
    /// What was tried.
    pub tried: String,
    /// What is proposed.
    pub proposed: String,
    /// To whom.
    pub to: Role,
    /// The form's key.
    pub form_key: Uuid,
}

/// Whether a form put one already.
///
/// # Errors
/// When the database is away.
pub async fn was_put(tx: &mut Tx, form_key: Uuid) -> Result<bool, AppError> {
    Ok(sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM escalation WHERE form_key = $1) AS "there!""#, form_key)
        .fetch_one(&mut **tx)
        .await?)
}

/// Puts a case to a lead or an owner.
///
/// # Errors
/// `escalation_one_open` where one waits already; `escalation_form_once` where the same form did.
pub async fn add(
    tx: &mut Tx,
    (partner, case): (PartnerId, CaseId),
    new: &NewEscalation,
    hand: &Hand,
) -> Result<EscalationId, AppError> {
    Ok(sqlx::query_scalar!(
        r#"INSERT INTO escalation (partner_id, case_id, facts, tried, proposed, to_role, escalated_by, by_name, escalated_at, form_key)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING escalation_id AS "id: EscalationId""#,
        partner.0,
        case.0,
        new.facts,
        new.tried,
        new.proposed,
        new.to.as_str(),
        hand.person.0,
        hand.name,
        hand.at,
        new.form_key,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Sends an escalation back with words.
///
/// # Errors
/// [`AppError::Conflict`] where it was answered; `escalation_answered_from_above`, `escalation_answered_by_another`.
pub async fn send_back(tx: &mut Tx, case: CaseId, id: EscalationId, words: &str, hand: &Hand) -> Result<(), AppError> {
    let done = sqlx::query!(
        "UPDATE escalation SET verdict = 'sent_back', words = $3, answered_by = $4, answered_at = $5
         WHERE case_id = $1 AND escalation_id = $2 AND verdict IS NULL",
        case.0,
        id.0,
        words,
        hand.person.0,
        hand.at,
    )
    .execute(&mut **tx)
    .await?;
    exactly_one(done.rows_affected())
}

/// Which escalations are asked for.
#[derive(Clone, Copy, Debug)]
pub enum Which {
    /// Those of a case, the newest first.
    Of(CaseId),
    /// Those that wait, the oldest first; for a lead, those put to leads.
    Open(Role),
    /// Those that were answered, the last first.
    Answered,
}

/// Escalations.
///
/// # Errors
/// When the database is away.
pub async fn list(tx: &mut Tx, which: Which) -> Result<Vec<Escalation>, AppError> {
    let (case, open, to) = match which {
        Which::Of(case) => (Some(case.0), false, None),
        Which::Open(Role::Lead) => (None, true, Some("lead")),
        Which::Open(_) => (None, true, None),
        Which::Answered => (None, false, None),
    };
    let rows = sqlx::query!(
        r#"SELECT e.escalation_id AS "id: EscalationId", e.case_id AS "case: CaseId", p.name AS partner_name, c.subject, e.facts, e.tried,
                  e.proposed, e.to_role, e.escalated_by AS "by: PersonId", e.by_name, e.escalated_at, e.verdict, e.words,
                  s.name AS "answered_by?", e.answered_at
           FROM escalation e JOIN support_case c USING (partner_id, case_id) JOIN partner p USING (partner_id)
           LEFT JOIN staff s ON s.person_id = e.answered_by
           WHERE CASE WHEN $1::bigint IS NOT NULL THEN e.case_id = $1
                      ELSE (e.verdict IS NULL) = $2 AND ($3::text IS NULL OR e.to_role = $3) END
           ORDER BY CASE WHEN $2 THEN e.escalated_at END, e.escalated_at DESC, e.escalation_id DESC LIMIT $4"#,
        case,
        open,
        to,
        LISTED,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Escalation {
            id: row.id,
            case: row.case,
            partner_name: row.partner_name,
            subject: row.subject,
            facts: row.facts,
            tried: row.tried,
            proposed: row.proposed,
            to: Role::parse(&row.to_role).unwrap_or(Role::Owner),
            by: row.by,
            by_name: row.by_name,
            at: row.escalated_at,
            ended: row
                .verdict
                .as_deref()
                .and_then(Verdict::parse)
                .zip(row.answered_at)
                .map(|(verdict, at)| (verdict, row.words, row.answered_by, at)),
        })
        .collect())
}
