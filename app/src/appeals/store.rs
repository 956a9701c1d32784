//! The SQL of appeals.

use crate::base::actor::Member;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId, PersonId, TransferId};
use crate::base::money::{Currency, Money};
use crate::desk::model::{Authority, Hand};
use crate::desk::store::{Credit, book};
use crate::disputes::model::Locked;
use chrono::{DateTime, TimeDelta, Utc};

/// How long after a decision it can be appealed against; the table's check says the same.
pub const PERIOD: TimeDelta = TimeDelta::days(30);

/// Until when a decision can be appealed against.
pub fn until(decided_at: DateTime<Utc>) -> DateTime<Utc> {
    decided_at + PERIOD
}

/// How an appeal ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The first decision stays.
    Upheld,
    /// It is changed in the partner's favour.
    Changed,
}

impl Outcome {
    /// Both, in the order of the form.
    pub const ALL: [Self; 2] = [Self::Upheld, Self::Changed];

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Upheld => "upheld",
            Self::Changed => "changed",
        }
    }

    /// From what the database wrote or a form sent.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// An appeal.
#[derive(Clone, Debug)]
pub struct Appeal {
    /// When it was made.
    pub at: DateTime<Utc>,
    /// When its decision is promised.
    pub promised_at: DateTime<Utc>,
    /// How it ended.
    pub decision: Option<Decided>,
}

/// The decision on an appeal, as both sides read it.
#[derive(Clone, Debug)]
pub struct Decided {
    /// How.
    pub outcome: Outcome,
    /// Why, in the words that the partner got.
    pub reason: String,
    /// What was credited by it.
    pub credit: Option<Money>,
    /// When.
    pub at: DateTime<Utc>,
}

/// The appeal of a case, if there is one.
///
/// # Errors
/// When the database is away.
pub async fn of_case(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Option<Appeal>, AppError> {
    let row = sqlx::query!(
        r#"SELECT a.appealed_at, a.promised_at, d.outcome AS "outcome?", d.reason_partner AS "reason?", d.amount AS "amount?",
                  d.currency AS "currency?", d.decided_at AS "decided_at?"
           FROM case_appeal a LEFT JOIN case_appeal_decision d USING (partner_id, case_id)
           WHERE a.partner_id = $1 AND a.case_id = $2"#,
        partner.0,
        case.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let credit = match (row.amount, row.currency) {
        (Some(amount), Some(currency)) => Some(Money::new(amount, Currency::parse(&currency)?)),
        _ => None,
    };
    let decision = row.outcome.as_deref().and_then(Outcome::parse).zip(row.decided_at).map(|(outcome, at)| Decided {
        outcome,
        reason: row.reason.unwrap_or_default(),
        credit,
        at,
    });
    Ok(Some(Appeal { at: row.appealed_at, promised_at: row.promised_at, decision }))
}

/// Writes an appeal, whose reason is a message already. Whom it is against, the database knows.
///
/// # Errors
/// `case_appeal_pkey` where there was one, `case_appeal_in_time` where it is too late, `case_appeal_needs_a_decision`.
pub async fn add(
    tx: &mut Tx,
    member: &Member,
    case: &Locked,
    message: i64,
    promised_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO case_appeal (programme_id, partner_id, case_id, message_id, appealed_by, appealed_at, promised_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        case.programme.0,
        case.partner.0,
        case.id.0,
        message,
        member.person.0,
        now,
        promised_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Who decided first, and whether anybody else could decide the appeal; `None` where no appeal waits.
///
/// # Errors
/// When the database is away.
pub async fn waiting(
    tx: &mut Tx,
    partner: PartnerId,
    case: CaseId,
    me: PersonId,
) -> Result<Option<(Option<PersonId>, bool)>, AppError> {
    let row = sqlx::query!(
        r#"SELECT a.first_decider AS "first: PersonId",
                  EXISTS (SELECT FROM staff s JOIN person p USING (person_id)
                          WHERE s.person_id <> $3 AND s.role IN ('agent', 'lead', 'owner') AND s.disabled_at IS NULL AND p.disabled_at IS NULL) AS "others!"
           FROM case_appeal a
           WHERE a.partner_id = $1 AND a.case_id = $2
             AND NOT EXISTS (SELECT FROM case_appeal_decision d WHERE d.partner_id = a.partner_id AND d.case_id = a.case_id)"#,
        partner.0,
        case.0,
        me.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| (row.first, row.others)))
}

/// A decision on an appeal, on its way in.
#[derive(Clone, Debug)]
pub struct NewDecision {
    /// How.
    pub outcome: Outcome,
    /// What the partner reads.
    pub reason_partner: String,
    /// What the house reads besides.
    pub reason_house: String,
    /// What is credited.
    pub credit: Option<Credit>,
    /// With whose limit.
    pub authority: Option<Authority>,
    /// Who decided first.
    pub first: Option<PersonId>,
    /// Whether there is nobody else.
    pub sole_control: bool,
}

/// Books the credit and writes the decision that cites it; gives the transfer.
///
/// # Errors
/// `case_appeal_decision_by_another` where it is who decided first; the names of limits as of a first decision.
pub async fn decide(
    tx: &mut Tx,
    case: &Locked,
    new: &NewDecision,
    hand: &Hand,
) -> Result<Option<TransferId>, AppError> {
    let transfer = match &new.credit {
        Some(credit) => Some(book(tx, case, credit, hand.at).await?),
        None => None,
    };
    let money = new.credit.map(|credit| credit.money);
    let authority = new.authority.filter(|_| money.is_some());
    sqlx::query!(
        "INSERT INTO case_appeal_decision (programme_id, partner_id, case_id, first_decider, outcome, reason_partner, reason_house, amount,
                                           currency, transfer_id, decided_by, decided_at, authority_id, largest_credit, sole_control)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        case.programme.0,
        case.partner.0,
        case.id.0,
        new.first.map(|person| person.0),
        new.outcome.as_str(),
        new.reason_partner,
        new.reason_house,
        money.map(|money| money.amount),
        money.as_ref().map(|money| money.currency.code()),
        transfer.map(|transfer| transfer.0),
        hand.person.0,
        hand.at,
        authority.map(|authority| authority.id.0),
        authority.map(|authority| authority.largest_credit),
        new.sole_control,
    )
    .execute(&mut **tx)
    .await?;
    Ok(transfer)
}
