//! What staff write.

use crate::base::db::Tx;
use crate::base::error::{AppError, exactly_one};
use crate::base::ids::{AuthorityId, CaseId, ConversionId, PartnerId, PersonId, ProgrammeId, TransferId};
use crate::base::money::Money;
use crate::desk::model::{Authority, Hand};
use crate::disputes::model::{Locked, Outcome, Reason, Stage};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Whose case it is.
///
/// # Errors
/// [`AppError::NotFound`] where there is no such case.
pub async fn partner_of(tx: &mut Tx, case: CaseId) -> Result<PartnerId, AppError> {
    sqlx::query_scalar!(r#"SELECT partner_id AS "partner: PartnerId" FROM support_case WHERE case_id = $1"#, case.0)
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(AppError::NotFound)
}

/// Moves a case: stage, who works on it, when the partner hears next.
///
/// # Errors
/// [`AppError::Conflict`] where the case is not at `version` any more;
/// `support_case_closed_only_when_answered` where it would be closed over a message.
pub async fn save(
    tx: &mut Tx,
    case: &Locked,
    version: i32,
    stage: Stage,
    assignee: Option<PersonId>,
    next_update_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let done = sqlx::query!(
        "UPDATE support_case
         SET stage = $4, assignee_id = $5, next_update_at = $6, version = version + 1,
             closed_at = CASE WHEN $4 = 'closed' THEN coalesce(closed_at, $7) END
         WHERE partner_id = $1 AND case_id = $2 AND version = $3",
        case.partner.0,
        case.id.0,
        version,
        stage.as_str(),
        assignee.map(|person| person.0),
        next_update_at,
        now,
    )
    .execute(&mut **tx)
    .await?;
    exactly_one(done.rows_affected())
}

/// Writes a note of the house; gives its id.
///
/// # Errors
/// `note_form_once` where the same form wrote one already.
pub async fn add_note(
    tx: &mut Tx,
    partner: PartnerId,
    case: CaseId,
    hand: &Hand,
    body: &str,
    form_key: Uuid,
) -> Result<i64, AppError> {
    Ok(sqlx::query_scalar!(
        "INSERT INTO note (partner_id, case_id, author_id, author_name, body, written_at, form_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING note_id",
        partner.0,
        case.0,
        hand.person.0,
        hand.name,
        body,
        hand.at,
        form_key,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Whether a form wrote a note already.
///
/// # Errors
/// When the database is away.
pub async fn note_of_form(tx: &mut Tx, partner: PartnerId, form_key: Uuid) -> Result<bool, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM note WHERE partner_id = $1 AND form_key = $2) AS "there!""#,
        partner.0,
        form_key,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Marks a message as needing no answer.
///
/// # Errors
/// When the database refuses it.
pub async fn mark_no_answer(
    tx: &mut Tx,
    partner: PartnerId,
    case: CaseId,
    message: i64,
    hand: &Hand,
) -> Result<(), AppError> {
    let done = sqlx::query!(
        "INSERT INTO needs_no_answer (partner_id, case_id, message_id, marked_by, marked_at)
         SELECT $1, m.case_id, m.message_id, $4, $5 FROM message m
         WHERE m.partner_id = $1 AND m.message_id = $3 AND m.case_id = ANY (case_family($1, $2))
         ON CONFLICT DO NOTHING",
        partner.0,
        case.0,
        message,
        hand.person.0,
        hand.at,
    )
    .execute(&mut **tx)
    .await?;
    exactly_one(done.rows_affected())
}

/// What somebody may credit without asking, by their own version in force or their role's; `None` where nothing was ever said.
///
/// # Errors
/// When the database is away.
pub async fn authority(
    tx: &mut Tx,
    programme: ProgrammeId,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<Option<Authority>, AppError> {
    Ok(sqlx::query_as!(
        Authority,
        r#"SELECT authority_id AS "id!: AuthorityId", largest_credit AS "largest_credit!", lowest_minimum AS "lowest_minimum!"
           FROM authority_of($1, $2, $3)"#,
        programme.0,
        person.0,
        now,
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// What a decision credits.
#[derive(Clone, Copy, Debug)]
pub struct Credit {
    /// How much; above zero, in minor units.
    pub money: Money,
    /// The conversion it makes good, where one is pinned.
    pub conversion: Option<ConversionId>,
}

/// A decision on its way in.
#[derive(Clone, Debug)]
pub struct NewDecision {
    /// How it ends.
    pub outcome: Outcome,
    /// Why.
    pub reason: Reason,
    /// What the partner reads.
    pub reason_partner: String,
    /// What the house reads besides.
    pub reason_house: String,
    /// What is credited.
    pub credit: Option<Credit>,
    /// With whose limit.
    pub authority: Option<Authority>,
}

/// Books the credit of a decision and writes the decision that cites it; gives the transfer.
///
/// # Errors
/// `case_decision_pkey` where there is a decision already; `case_decision_within_authority`,
/// `case_decision_by_authority_in_force`, `case_decision_other_currency_by_owner` where the credit is not this
/// person's to give; `transfer_credit_account` where the partner has no account in that currency.
pub async fn decide(
    tx: &mut Tx,
    case: &Locked,
    decision: &NewDecision,
    hand: &Hand,
) -> Result<Option<TransferId>, AppError> {
    let transfer = match &decision.credit {
        Some(credit) => Some(book(tx, case, credit, hand.at).await?),
        None => None,
    };
    let money = decision.credit.map(|credit| credit.money);
    // A limit is cited only where it is used.
    let authority = decision.authority.filter(|_| money.is_some());
    sqlx::query!(
        "INSERT INTO case_decision (programme_id, partner_id, case_id, outcome, reason, reason_partner, reason_house,
                                    amount, currency, transfer_id, decided_by, decided_at, authority_id, largest_credit)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        case.programme.0,
        case.partner.0,
        case.id.0,
        decision.outcome.as_str(),
        decision.reason.as_str(),
        decision.reason_partner,
        decision.reason_house,
        money.map(|money| money.amount),
        money.as_ref().map(|money| money.currency.code()),
        transfer.map(|transfer| transfer.0),
        hand.person.0,
        hand.at,
        authority.map(|authority| authority.id.0),
        authority.map(|authority| authority.largest_credit),
    )
    .execute(&mut **tx)
    .await?;
    Ok(transfer)
}

/// Books a credit, which its decision has to cite in the same transaction.
///
/// # Errors
/// `transfer_credit_account` where the partner has no account in that currency.
pub(crate) async fn book(
    tx: &mut Tx,
    case: &Locked,
    credit: &Credit,
    at: DateTime<Utc>,
) -> Result<TransferId, AppError> {
    Ok(sqlx::query_scalar!(
        r#"INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, conversion_id,
                                 effective_at, booked_at)
           VALUES ($1, $2, 'adjustment', 'adjustment_cost', 'payable', $3, $4, $5, greatest($6::timestamptz, (SELECT open_from($1))), $6)
           RETURNING transfer_id AS "transfer: TransferId""#,
        case.programme.0,
        case.partner.0,
        credit.money.amount,
        credit.money.currency.code(),
        credit.conversion.map(|conversion| conversion.0),
        at,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Puts a partner under review; one that ran out makes room.
///
/// # Errors
/// `partner_review_one_live` where one runs already.
pub async fn start_review(
    tx: &mut Tx,
    partner: PartnerId,
    reason: &str,
    ends_at: DateTime<Utc>,
    hand: &Hand,
) -> Result<i64, AppError> {
    sqlx::query!(
        "UPDATE partner_review SET ended_at = ends_at WHERE partner_id = $1 AND ended_at IS NULL AND ends_at <= $2",
        partner.0,
        hand.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(sqlx::query_scalar!(
        "INSERT INTO partner_review (partner_id, reason, reviewer_id, started_at, ends_at)
         VALUES ($1, $2, $3, $4, $5) RETURNING partner_review_id",
        partner.0,
        reason,
        hand.person.0,
        hand.at,
        ends_at,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Ends the review of a partner; gives its id.
///
/// # Errors
/// [`AppError::Conflict`] where none runs.
pub async fn end_review(tx: &mut Tx, partner: PartnerId, now: DateTime<Utc>) -> Result<i64, AppError> {
    sqlx::query_scalar!(
        "UPDATE partner_review SET ended_at = $2 WHERE partner_id = $1 AND ended_at IS NULL RETURNING partner_review_id",
        partner.0,
        now,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::Conflict)
}
