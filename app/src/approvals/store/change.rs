//! Writing proposals, decisions and the versions of terms that follow from them. The database checks every step:
//! nothing takes effect that was not decided, nothing is decided that was not proposed.

use crate::approvals::model::{Authority, By, Impact, Verdict};
use crate::audit;
use crate::base::actor::Actor;
use crate::base::clock::SINCE_EVER;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PersonId, ProposalId, TermsVersionId};
use crate::commissions::model::Rule;
use crate::terms::model::{FIRST_TERMS, Field, Scope};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

/// A proposal on its way in.
#[derive(Clone, Debug)]
pub struct Propose<'a> {
    /// For whom.
    pub scope: Scope,
    /// What it changes.
    pub field: Field,
    /// The unit of `value`.
    pub kind: &'a str,
    /// What is proposed.
    pub value: Decimal,
    /// What a rate says beyond its value; `None`: nothing.
    pub rule: Option<&'a Rule>,
    /// What is in force.
    pub value_before: Option<Decimal>,
    /// The earliest moment it can take effect.
    pub valid_from: DateTime<Utc>,
    /// When it ends; `None`: it has no end.
    pub valid_until: Option<DateTime<Utc>>,
    /// Why.
    pub reason: &'a str,
    /// The replay the decider reads.
    pub impact: Option<&'a Impact>,
    /// The case it came from.
    pub case: Option<CaseId>,
    /// Who proposes; `None`: a command.
    pub proposer: Option<PersonId>,
    /// When.
    pub at: DateTime<Utc>,
    /// Until when it can be decided.
    pub expires_at: Option<DateTime<Utc>>,
    /// The form's key; `None`: a command.
    pub form_key: Option<Uuid>,
    /// What it rests on: a list of objects as `proposal_evidence` has them, empty for nothing.
    pub evidence: serde_json::Value,
}

/// Writes a proposal; gives its id and the digest of its content.
///
/// # Errors
/// The constraint that refused it, inside [`AppError::Database`].
pub async fn propose(tx: &mut Tx, proposal: Propose<'_>) -> Result<(ProposalId, Vec<u8>), AppError> {
    let impact = proposal
        .impact
        .map(serde_json::to_value)
        .transpose()
        .map_err(|error| AppError::Internal(format!("impact: {error}")))?;
    let rule = rule_json(proposal.rule)?;
    let row = sqlx::query!(
        "INSERT INTO proposal (programme_id, offer_scope, partner_scope, field, kind, value, value_before, valid_from, reason,
                               impact, case_id, proposer_id, proposed_at, expires_at, form_key, rule, evidence, valid_until, content_hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
                 coalesce($18, 'infinity'::timestamptz),
                 proposal_hash($1, $2, $3, $4, $5, $6, $8, $9, $10, $16, coalesce($18, 'infinity'::timestamptz)))
         RETURNING proposal_id, content_hash",
        proposal.scope.programme.0,
        proposal.scope.offer_key(),
        proposal.scope.partner_key(),
        proposal.field.as_str(),
        proposal.kind,
        proposal.value,
        proposal.value_before,
        proposal.valid_from,
        proposal.reason,
        impact,
        proposal.case.map(|case| case.0),
        proposal.proposer.map(|person| person.0),
        proposal.at,
        proposal.expires_at,
        proposal.form_key,
        rule,
        proposal.evidence,
        proposal.valid_until,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.proposal_id.into(), row.content_hash))
}

fn rule_json(rule: Option<&Rule>) -> Result<serde_json::Value, AppError> {
    let plain = Rule::default();
    serde_json::to_value(rule.unwrap_or(&plain)).map_err(|error| AppError::Internal(format!("rule: {error}")))
}

/// The proposal that a form made when it was sent before, if this person sent it.
///
/// # Errors
/// When the database is away.
pub async fn by_form_key(tx: &mut Tx, key: Uuid, person: PersonId) -> Result<Option<(ProposalId, bool)>, AppError> {
    let row = sqlx::query!(
        r#"SELECT p.proposal_id, (d.proposal_id IS NOT NULL) AS "decided!"
           FROM proposal p LEFT JOIN decision d USING (proposal_id)
           WHERE p.form_key = $1 AND p.proposer_id = $2"#,
        key,
        person.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| (row.proposal_id.into(), row.decided)))
}

/// Bytes of one digest.
const DIGEST_BYTES: usize = 32;

/// A decision on its way in.
#[derive(Clone, Debug)]
pub struct Decide<'a> {
    /// On what.
    pub proposal: ProposalId,
    /// The digest of what the decider read, and after it that of the evidence, if there was any; others than the
    /// proposal's are refused.
    pub content_hash: &'a [u8],
    /// Yes or no.
    pub verdict: Verdict,
    /// Who or what decides.
    pub by: By,
    /// The person; `None`: a command.
    pub decider: Option<PersonId>,
    /// Its author decides it, as there is no other owner.
    pub sole_control: bool,
    /// The authority it is within, where a policy decides.
    pub authority: Option<Authority>,
    /// What the partner reads.
    pub reason_partner: &'a str,
    /// What only the house reads.
    pub reason_house: &'a str,
    /// Why it goes under the floor, where it does.
    pub floor_reason: Option<&'a str>,
    /// Not before this, nor before the proposal's own start.
    pub earliest: DateTime<Utc>,
    /// When it ends, where that is earlier than proposed; `None`: as it was proposed.
    pub until: Option<DateTime<Utc>>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Writes a decision; gives the moment from which it holds, if it was approved.
///
/// # Errors
/// [`AppError::Conflict`] where there is no such proposal; the constraint that refused it, inside [`AppError::Database`].
pub async fn decide(tx: &mut Tx, decision: Decide<'_>) -> Result<Option<DateTime<Utc>>, AppError> {
    let (content_hash, evidence_hash) = decision.content_hash.split_at(decision.content_hash.len().min(DIGEST_BYTES));
    let evidence_hash = (!evidence_hash.is_empty()).then_some(evidence_hash);
    sqlx::query_scalar!(
        "INSERT INTO decision (proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash, verdict, by,
                               proposer_id, decider_id, sole_control, authority_id, lowest_minimum, reason_partner, reason_house,
                               valid_from, decided_at, floor_reason, evidence_hash, valid_until)
         SELECT p.proposal_id, p.programme_id, p.offer_scope, p.partner_scope, p.field, p.kind, p.value, $2, $3, $4,
                p.proposer_id, $5, $6, $7, $8, $9, $10,
                CASE WHEN $3 = 'approved' THEN greatest(p.valid_from, $11) END, $12, $13, coalesce($14, evidence_hash('[]')),
                CASE WHEN $3 = 'approved' THEN coalesce($15, p.valid_until) ELSE 'infinity' END
         FROM proposal p WHERE p.proposal_id = $1
         RETURNING valid_from",
        decision.proposal.0,
        content_hash,
        decision.verdict.as_str(),
        decision.by.as_str(),
        decision.decider.map(|person| person.0),
        decision.sole_control,
        decision.authority.map(|authority| authority.id.0),
        decision.authority.map(|authority| authority.lowest_minimum),
        decision.reason_partner,
        decision.reason_house,
        decision.earliest,
        decision.at,
        decision.floor_reason,
        evidence_hash,
        decision.until,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::Conflict)
}

/// Puts what was approved into force, as the next version of its field in its scope.
///
/// # Errors
/// [`AppError::Conflict`] where nothing was approved; constraint `terms_version_revision_once` where another version
/// of the same was written at the same time.
pub async fn append_version(tx: &mut Tx, proposal: ProposalId, at: DateTime<Utc>) -> Result<TermsVersionId, AppError> {
    let id = sqlx::query_scalar!(
        "INSERT INTO terms_version (programme_id, offer_scope, partner_scope, field, kind, value, rule, valid_from, valid_until, revision, proposal_id,
                                    recorded_at)
         SELECT d.programme_id, d.offer_scope, d.partner_scope, d.field, d.kind, d.value, p.rule, d.valid_from, d.valid_until,
                1 + coalesce((SELECT max(t.revision) FROM terms_version t
                              WHERE t.programme_id = d.programme_id AND t.partner_scope = d.partner_scope
                                AND t.offer_scope = d.offer_scope AND t.field = d.field), 0),
                d.proposal_id, $2
         FROM decision d JOIN proposal p USING (proposal_id) WHERE d.proposal_id = $1 AND d.verdict = 'approved'
         RETURNING terms_version_id",
        proposal.0,
        at,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::Conflict)?;
    Ok(id.into())
}

/// Who has decided a proposal, and how; `None` where nobody has, or no person did.
///
/// # Errors
/// When the database is away.
pub async fn decided_by(tx: &mut Tx, id: ProposalId) -> Result<Option<(PersonId, String, Verdict)>, AppError> {
    let row = sqlx::query!(
        "SELECT s.person_id, s.name, d.verdict FROM decision d JOIN staff s ON s.person_id = d.decider_id WHERE d.proposal_id = $1",
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.and_then(|row| Some((row.person_id.into(), row.name, Verdict::parse(&row.verdict)?))))
}

/// Whether nobody but this person could decide as an owner.
///
/// # Errors
/// When the database is away.
pub async fn sole_owner(tx: &mut Tx, person: PersonId) -> Result<bool, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT NOT EXISTS (SELECT FROM staff s JOIN person p USING (person_id)
                              WHERE s.role = 'owner' AND s.person_id <> $1 AND s.disabled_at IS NULL AND p.disabled_at IS NULL) AS "is!""#,
        person.0,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Sets the first terms of a scope, in force since ever: what a command does when it makes a programme or an offer.
/// Runs as [`Actor::Command`] and records `terms.set`.
///
/// # Errors
/// Constraint `decision_first_terms_once`, inside [`AppError::Database`], where a command has set them already;
/// [`AppError::Conflict`] where the scope has terms in any other way.
pub async fn initial_terms(
    tx: &mut Tx,
    scope: Scope,
    field: Field,
    kind: &str,
    value: Decimal,
    at: DateTime<Utc>,
    request_id: &str,
) -> Result<TermsVersionId, AppError> {
    first_terms(tx, scope, field, (kind, value, None), at, request_id).await
}

/// The same, of a rate with a rule: its kind, its value, what it says beyond that.
///
/// # Errors
/// As [`initial_terms`].
pub async fn first_terms(
    tx: &mut Tx,
    scope: Scope,
    field: Field,
    (kind, value, rule): (&str, Decimal, Option<&Rule>),
    at: DateTime<Utc>,
    request_id: &str,
) -> Result<TermsVersionId, AppError> {
    let proposal = Propose {
        scope,
        field,
        kind,
        value,
        rule,
        value_before: None,
        valid_from: SINCE_EVER,
        valid_until: None,
        reason: FIRST_TERMS,
        impact: None,
        case: None,
        proposer: None,
        at,
        expires_at: None,
        form_key: None,
        evidence: serde_json::Value::Array(Vec::new()),
    };
    let (id, content_hash) = propose(tx, proposal).await?;
    let decision = Decide {
        proposal: id,
        content_hash: &content_hash,
        verdict: Verdict::Approved,
        by: By::Command,
        decider: None,
        sole_control: false,
        authority: None,
        reason_partner: FIRST_TERMS,
        reason_house: "",
        floor_reason: None,
        earliest: SINCE_EVER,
        until: None,
        at,
    };
    decide(tx, decision).await?;
    let version = append_version(tx, id, at).await?;
    let revision = sqlx::query_scalar!("SELECT revision FROM terms_version WHERE terms_version_id = $1", version.0)
        .fetch_one(&mut **tx)
        .await?;
    if revision != 1 {
        return Err(AppError::Conflict);
    }
    let change = audit::store::Change {
        action: "terms.set",
        subject: format!("terms_version/{version}"),
        partner: scope.partner,
        approval: Some(id),
        after: Some(serde_json::json!({
            "programme": scope.programme, "offer": scope.offer, "partner": scope.partner,
            "field": field.as_str(), "kind": kind, "value": value, "rule": rule, "valid_from": SINCE_EVER,
        })),
        ..audit::store::Change::default()
    };
    audit::store::record(tx, &Actor::Command, at, request_id, change).await?;
    Ok(version)
}
