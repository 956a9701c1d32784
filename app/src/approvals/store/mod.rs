//! Reading proposals and what stands around them.

mod change;
mod counter;
mod replay;
mod request;

pub use change::{
    Decide, Propose, append_version, by_form_key, decide, decided_by, first_terms, initial_terms, propose, sole_owner,
};
pub use counter::{decrease_policy, earliest_start, floor, offer_instead, promise};
pub use replay::{Replaying, neighbours, replay};
pub use request::{Candidate, candidates, evidence, take_up};

use super::model::{Answer, Authority, By, Counter, Decision, Evidence, Impact, Named, Proposal, Standing, Verdict};
use crate::base::actor::Role;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, OfferId, PartnerId, PersonId, ProgrammeId, ProposalId};
use crate::base::money::Currency;
use crate::terms;
use crate::terms::model::Field;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// A partner and what a form about its terms needs to know of the programme.
#[derive(Clone, Debug)]
pub struct Account {
    /// The partner.
    pub partner: PartnerId,
    /// Its programme.
    pub programme: ProgrammeId,
    /// The programme's currency.
    pub currency: Currency,
    /// The programme's time zone, in which its days begin.
    pub time_zone: chrono_tz::Tz,
}

/// The partner a form names.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub async fn account(tx: &mut Tx, partner: PartnerId) -> Result<Account, AppError> {
    let row = sqlx::query!(
        "SELECT p.programme_id, g.currency, g.time_zone FROM partner p JOIN programme g USING (programme_id)
         WHERE p.partner_id = $1",
        partner.0,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    Ok(Account {
        partner,
        programme: row.programme_id.into(),
        currency: parse_currency(&row.currency)?,
        time_zone: row.time_zone.parse().unwrap_or(chrono_tz::UTC),
    })
}

/// The time zone in which a programme's days begin.
///
/// # Errors
/// When the database is away.
pub async fn time_zone(tx: &mut Tx, programme: ProgrammeId) -> Result<chrono_tz::Tz, AppError> {
    let name = sqlx::query_scalar!("SELECT time_zone FROM programme WHERE programme_id = $1", programme.0)
        .fetch_one(&mut **tx)
        .await?;
    Ok(name.parse().unwrap_or(chrono_tz::UTC))
}

/// Whether a case is this partner's.
///
/// # Errors
/// When the database is away.
pub async fn is_case_of(tx: &mut Tx, case: CaseId, partner: PartnerId) -> Result<bool, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM support_case WHERE case_id = $1 AND partner_id = $2) AS "is!""#,
        case.0,
        partner.0,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Whether an offer is this programme's.
///
/// # Errors
/// When the database is away.
pub async fn is_offer_of(tx: &mut Tx, offer: OfferId, programme: ProgrammeId) -> Result<bool, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM offer WHERE offer_id = $1 AND programme_id = $2) AS "is!""#,
        offer.0,
        programme.0,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// What a role may do without asking: the newest version in force; `None` where nothing was ever said, or the role
/// has no authority.
///
/// # Errors
/// When the database is away.
pub async fn authority(
    tx: &mut Tx,
    programme: ProgrammeId,
    role: Role,
    at: DateTime<Utc>,
) -> Result<Option<Authority>, AppError> {
    let row = sqlx::query!(
        "SELECT authority_id, lowest_minimum, largest_credit FROM authority
         WHERE programme_id = $1 AND role = $2 AND valid_from <= $3 ORDER BY valid_from DESC LIMIT 1",
        programme.0,
        role.as_str(),
        at,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Authority {
        id: row.authority_id.into(),
        lowest_minimum: row.lowest_minimum,
        largest_credit: row.largest_credit,
    }))
}

/// What somebody may do without asking: their own version in force, else their role's.
///
/// # Errors
/// When the database is away.
pub async fn authority_of(
    tx: &mut Tx,
    programme: ProgrammeId,
    person: PersonId,
    at: DateTime<Utc>,
) -> Result<Option<Authority>, AppError> {
    let row = sqlx::query!(
        r#"SELECT authority_id AS "id!", lowest_minimum AS "lowest_minimum!", largest_credit AS "largest_credit!" FROM authority_of($1, $2, $3)"#,
        programme.0,
        person.0,
        at,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Authority {
        id: row.id.into(),
        lowest_minimum: row.lowest_minimum,
        largest_credit: row.largest_credit,
    }))
}

/// A proposal as the database holds it, with the names beside it.
struct Row {
    proposal_id: i64,
    programme_id: i64,
    currency: String,
    offer_id: Option<i64>,
    offer_code: Option<String>,
    offer_name: Option<String>,
    partner_id: Option<i64>,
    partner_code: Option<String>,
    partner_name: Option<String>,
    field: String,
    kind: String,
    value: Decimal,
    rule: serde_json::Value,
    value_before: Option<Decimal>,
    kind_before: Option<String>,
    valid_from: DateTime<Utc>,
    valid_until: Option<DateTime<Utc>>,
    reason: String,
    case_id: Option<i64>,
    proposer_id: Option<i64>,
    proposer: Option<String>,
    proposed_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    impact: Option<serde_json::Value>,
    content_hash: Vec<u8>,
    verdict: Option<String>,
    by: Option<String>,
    decider_id: Option<i64>,
    decider: Option<String>,
    sole_control: Option<bool>,
    reason_partner: Option<String>,
    reason_house: Option<String>,
    floor_reason: Option<String>,
    evidence: serde_json::Value,
    evidence_hash: Option<Vec<u8>>,
    counter_id: Option<i64>,
    counter_kind: Option<String>,
    counter_value: Option<Decimal>,
    counter_expires_at: Option<DateTime<Utc>>,
    counter_valid_until: Option<DateTime<Utc>>,
    counter_answer: Option<String>,
    counter_answered_at: Option<DateTime<Utc>>,
    counter_answered_by: Option<String>,
    decided_from: Option<DateTime<Utc>>,
    decided_until: Option<DateTime<Utc>>,
    decided_at: Option<DateTime<Utc>>,
}

impl Row {
    fn into_proposal(self, now: DateTime<Utc>) -> Result<Proposal, AppError> {
        let decision = self.decision()?;
        let standing = match (decision, self.expires_at) {
            (Some(decision), _) => Standing::Decided(decision),
            (None, Some(expires)) if expires <= now => Standing::Expired(expires),
            (None, expires) => Standing::Waiting(expires),
        };
        Ok(Proposal {
            id: self.proposal_id.into(),
            programme: self.programme_id.into(),
            currency: parse_currency(&self.currency)?,
            offer: named(self.offer_id, self.offer_code, self.offer_name),
            partner: named(self.partner_id, self.partner_code, self.partner_name),
            field: Field::parse(&self.field).ok_or_else(|| unknown("field", &self.field))?,
            kind: self.kind,
            value: self.value,
            rule: terms::store::rule_of(self.rule)?,
            value_before: self.value_before,
            kind_before: self.kind_before,
            valid_from: self.valid_from,
            valid_until: self.valid_until,
            reason: self.reason,
            case: self.case_id.map(CaseId),
            proposer: self.proposer_id.map(PersonId).zip(self.proposer),
            proposed_at: self.proposed_at,
            impact: impact(self.proposal_id, self.impact)?,
            evidence: pieces(&self.evidence),
            content_hash: hex::encode(self.content_hash) + &hex::encode(self.evidence_hash.unwrap_or_default()),
            standing,
        })
    }

    fn decision(&self) -> Result<Option<Decision>, AppError> {
        let (Some(verdict), Some(by), Some(decided_at)) = (&self.verdict, &self.by, self.decided_at) else {
            return Ok(None);
        };
        Ok(Some(Decision {
            verdict: Verdict::parse(verdict).ok_or_else(|| unknown("verdict", verdict))?,
            by: By::parse(by).ok_or_else(|| unknown("decision by", by))?,
            decider: self.decider_id.map(PersonId).zip(self.decider.clone()),
            sole_control: self.sole_control.unwrap_or_default(),
            reason_partner: self.reason_partner.clone().unwrap_or_default(),
            reason_house: self.reason_house.clone().unwrap_or_default(),
            floor_reason: self.floor_reason.clone(),
            counter: self.counter(),
            valid_from: self.decided_from,
            valid_until: self.decided_until,
            decided_at,
        }))
    }
}

impl Row {
    fn counter(&self) -> Option<Counter> {
        let answer = self.counter_answer.as_deref().and_then(Answer::parse).zip(self.counter_answered_at);
        Some(Counter {
            offer: self.counter_id?.into(),
            kind: self.counter_kind.clone()?,
            value: self.counter_value?,
            expires_at: self.counter_expires_at?,
            valid_until: self.counter_valid_until,
            answer: answer.map(|(answer, at)| (answer, at, self.counter_answered_by.clone())),
        })
    }
}

/// The rows of the evidence, as they stand in the proposal.
fn pieces(stored: &serde_json::Value) -> Vec<Evidence> {
    let text = |one: &serde_json::Value, key: &str| {
        one.get("snapshot").and_then(|said| said.get(key)).and_then(|said| said.as_str()).unwrap_or_default().to_owned()
    };
    let one = |one: &serde_json::Value| Evidence {
        kind: one.get("kind").and_then(|kind| kind.as_str()).unwrap_or_default().to_owned(),
        case: one.get("case").and_then(serde_json::Value::as_i64).map(CaseId),
        label: text(one, "label"),
        text: text(one, "text"),
    };
    stored.as_array().into_iter().flatten().map(one).collect()
}

fn named<Id: From<i64>>(id: Option<i64>, code: Option<String>, name: Option<String>) -> Option<Named<Id>> {
    Some(Named { id: id?.into(), code: code?, name: name? })
}

fn parse_currency(code: &str) -> Result<Currency, AppError> {
    Currency::parse(code).map_err(|_| unknown("currency", code))
}

fn unknown(what: &str, text: &str) -> AppError {
    AppError::Internal(format!("unknown {what} {text:?} in the database"))
}

fn impact(id: i64, stored: Option<serde_json::Value>) -> Result<Option<Impact>, AppError> {
    stored
        .map(serde_json::from_value)
        .transpose()
        .map_err(|error| AppError::Internal(format!("impact of proposal {id}: {error}")))
}

/// One proposal with what was decided on it.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub async fn find(tx: &mut Tx, id: ProposalId, now: DateTime<Utc>) -> Result<Proposal, AppError> {
    select(tx, Some(id), None, i64::MAX, 1).await?.pop().ok_or(AppError::NotFound)?.into_proposal(now)
}

/// Proposals that wait for an owner, the oldest first, at most `most`.
///
/// # Errors
/// When the database is away.
pub async fn waiting(tx: &mut Tx, now: DateTime<Utc>, most: i64) -> Result<Vec<Proposal>, AppError> {
    let mut rows = select(tx, None, Some((true, now)), i64::MAX, most).await?;
    rows.reverse();
    rows.into_iter().map(|row| row.into_proposal(now)).collect()
}

/// Proposals that are decided or have expired, the newest first, `most` of them before the one given.
///
/// # Errors
/// When the database is away.
pub async fn done(
    tx: &mut Tx,
    now: DateTime<Utc>,
    before: Option<ProposalId>,
    most: i64,
) -> Result<Vec<Proposal>, AppError> {
    let rows = select(tx, None, Some((false, now)), before.map_or(i64::MAX, |id| id.0), most).await?;
    rows.into_iter().map(|row| row.into_proposal(now)).collect()
}

/// The newest first. Without an id, what a command set is left out: nobody was ever asked.
async fn select(
    tx: &mut Tx,
    id: Option<ProposalId>,
    waits: Option<(bool, DateTime<Utc>)>,
    before: i64,
    most: i64,
) -> Result<Vec<Row>, AppError> {
    Ok(sqlx::query_as!(
        Row,
        r#"SELECT p.proposal_id, p.programme_id, g.currency, p.offer_id, o.code AS "offer_code?", o.name AS "offer_name?",
                  p.partner_id, a.code AS "partner_code?", a.name AS "partner_name?", p.field, p.kind, p.value, p.rule, p.value_before,
                  (SELECT t.kind FROM terms_at(p.programme_id, p.offer_scope, p.partner_scope, p.proposed_at) t WHERE t.field = p.field) AS kind_before,
                  p.valid_from, nullif(p.valid_until, 'infinity') AS valid_until, p.reason, p.case_id, p.proposer_id, proposer.name AS "proposer?", p.proposed_at, p.expires_at,
                  p.impact, p.content_hash, d.verdict AS "verdict?", d.by AS "by?", d.decider_id, decider.name AS "decider?",
                  d.sole_control AS "sole_control?", d.reason_partner AS "reason_partner?", d.reason_house AS "reason_house?",
                  d.floor_reason, p.evidence, p.evidence_hash, c.proposal_id AS "counter_id?", c.kind AS "counter_kind?", c.value AS "counter_value?",
                  c.expires_at AS "counter_expires_at?",
                  nullif(c.valid_until, 'infinity') AS counter_valid_until,
                  x.answer AS "counter_answer?", x.answered_at AS "counter_answered_at?",
                  x.person_name AS counter_answered_by, d.valid_from AS decided_from, nullif(d.valid_until, 'infinity') AS decided_until, d.decided_at AS "decided_at?"
           FROM proposal p
           JOIN programme g ON g.programme_id = p.programme_id
           LEFT JOIN offer o ON o.programme_id = p.programme_id AND o.offer_id = p.offer_id
           LEFT JOIN partner a ON a.partner_id = p.partner_id
           LEFT JOIN staff proposer ON proposer.person_id = p.proposer_id
           LEFT JOIN decision d ON d.proposal_id = p.proposal_id
           LEFT JOIN staff decider ON decider.person_id = d.decider_id
           LEFT JOIN counter_offer c ON c.countered_id = p.proposal_id
           LEFT JOIN counter_answer x ON x.proposal_id = c.proposal_id
           WHERE p.proposal_id < $4
             AND CASE WHEN $1::bigint IS NULL THEN p.proposer_id IS NOT NULL AND NOT EXISTS (SELECT FROM counter_offer o WHERE o.proposal_id = p.proposal_id) ELSE p.proposal_id = $1 END
             AND ($2::boolean IS NULL OR $2 = (d.proposal_id IS NULL AND coalesce(p.expires_at > $3, true)))
           ORDER BY p.proposal_id DESC LIMIT $5"#,
        id.map(|id| id.0),
        waits.map(|(waits, _)| waits),
        waits.map(|(_, now)| now),
        before,
        most,
    )
    .fetch_all(&mut **tx)
    .await?)
}
