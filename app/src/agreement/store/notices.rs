//! Decreases that were announced.

use super::offers::field;
use crate::agreement::model::{Notice, Said};
use crate::approvals::model::{By, Verdict};
use crate::approvals::store as approvals;
use crate::base::actor::{Member, Staff};
use crate::base::db::Tx;
use crate::base::error::{AppError, exactly_one};
use crate::base::ids::{CaseId, PartnerId, ProgrammeId, ProposalId, TermsVersionId};
use crate::terms;
use crate::terms::model::Scope;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// On the page of a decision, at most so many; objections first.
const LISTED: i64 = 50;

struct Row {
    version: TermsVersionId,
    partner: PartnerId,
    partner_name: String,
    field: String,
    offer: Option<String>,
    kind_before: String,
    value_before: Decimal,
    rule_before: serde_json::Value,
    kind: String,
    value: Decimal,
    rule: serde_json::Value,
    reason: String,
    by: String,
    told_at: DateTime<Utc>,
    applies_at: DateTime<Utc>,
    answer: Option<String>,
    case: Option<CaseId>,
    stopped_by: Option<String>,
    stopped_at: Option<DateTime<Utc>>,
}

impl Row {
    fn notice(self) -> Result<Notice, AppError> {
        let said = match (self.answer.as_deref(), self.case) {
            (Some("objected"), Some(case)) => Some(Said::Objected(case)),
            (Some("acknowledged"), _) => Some(Said::Acknowledged),
            (Some(_), _) => Some(Said::Silent),
            (None, _) => None,
        };
        Ok(Notice {
            version: self.version,
            partner: self.partner,
            partner_name: self.partner_name,
            field: field(&self.field)?,
            offer: self.offer,
            before: (self.kind_before, self.value_before),
            after: (self.kind, self.value),
            rules: (terms::store::rule_of(self.rule_before)?, terms::store::rule_of(self.rule)?),
            reason: self.reason,
            by: self.by,
            told_at: self.told_at,
            applies_at: self.applies_at,
            said,
            stopped: self.stopped_by.zip(self.stopped_at),
        })
    }
}

/// What was announced to a partner, what comes last first.
///
/// # Errors
/// When the database is away.
pub async fn notices_to(tx: &mut Tx, partner: PartnerId) -> Result<Vec<Notice>, AppError> {
    select(tx, Some(partner), None, None).await
}

/// Whom the version of a proposal was announced to, objections first.
///
/// # Errors
/// When the database is away.
pub async fn notices_of(tx: &mut Tx, proposal: ProposalId) -> Result<Vec<Notice>, AppError> {
    select(tx, None, None, Some(proposal)).await
}

/// One announcement.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub async fn notice(tx: &mut Tx, partner: PartnerId, version: TermsVersionId) -> Result<Notice, AppError> {
    select(tx, Some(partner), Some(version), None).await?.pop().ok_or(AppError::NotFound)
}

async fn select(
    tx: &mut Tx,
    partner: Option<PartnerId>,
    version: Option<TermsVersionId>,
    proposal: Option<ProposalId>,
) -> Result<Vec<Notice>, AppError> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT n.terms_version_id AS "version: TermsVersionId", n.partner_id AS "partner: PartnerId", a.name AS partner_name, t.field,
                  o.name AS "offer?", n.kind_before, n.value_before, n.rule_before, t.kind, t.value, t.rule, d.reason_partner AS reason,
                  coalesce(decider_name(d.proposal_id), '') AS "by!", n.told_at, n.applies_at, x.answer AS "answer?", x.case_id AS "case?: CaseId",
                  staff_name(s.stopped_by) AS stopped_by, s.stopped_at AS "stopped_at?"
           FROM terms_notice n
           JOIN partner a USING (partner_id)
           JOIN terms_version t USING (terms_version_id)
           JOIN decision d ON d.proposal_id = t.proposal_id
           LEFT JOIN offer o ON o.programme_id = t.programme_id AND o.offer_id = t.offer_scope
           LEFT JOIN terms_answer x ON x.partner_id = n.partner_id AND x.terms_version_id = n.terms_version_id
           LEFT JOIN stopped_change s ON s.partner_id = n.partner_id AND s.terms_version_id = n.terms_version_id
           WHERE ($1::bigint IS NULL OR n.partner_id = $1) AND ($2::bigint IS NULL OR n.terms_version_id = $2)
             AND ($3::bigint IS NULL OR n.terms_version_id = (SELECT v.terms_version_id FROM terms_version v WHERE v.proposal_id = $3))
           ORDER BY (x.answer = 'objected') DESC NULLS LAST, n.applies_at DESC, n.partner_id LIMIT $4"#,
        partner.map(|partner| partner.0),
        version.map(|version| version.0),
        proposal.map(|proposal| proposal.0),
        LISTED,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Row::notice).collect()
}

/// Writes down what a member says to an announced decrease: that they have read it, or the case of their objection.
///
/// # Errors
/// `terms_answer_pkey` where it was answered, `terms_answer_in_its_time` where it applies already.
pub async fn answer_notice(
    tx: &mut Tx,
    member: &Member,
    version: TermsVersionId,
    objection: Option<CaseId>,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO terms_answer (partner_id, terms_version_id, answer, person_id, person_name, case_id, answered_at)
         VALUES ($1, $2, CASE WHEN $5::bigint IS NULL THEN 'acknowledged' ELSE 'objected' END, $3, $4, $5, $6)",
        member.partner.0,
        version.0,
        member.person.0,
        member.name,
        objection.map(|case| case.0),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Stops a decrease for a partner: puts back what was there, from the same moment on. Gives the version that does.
///
/// # Errors
/// `stopped_change_pkey` where it was stopped, `stopped_change_before_it_applies` where it applies already.
pub async fn stop(
    tx: &mut Tx,
    staff: &Staff,
    programme: ProgrammeId,
    notice: &Notice,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<TermsVersionId, AppError> {
    let was = sqlx::query!(
        "SELECT t.offer_scope, n.rule_before, nullif(least(n.until_before, t.valid_until), 'infinity') AS until FROM terms_version t JOIN terms_notice n USING (terms_version_id)
         WHERE t.terms_version_id = $1 AND n.partner_id = $2",
        notice.version.0,
        notice.partner.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    let rule = terms::store::rule_of(was.rule_before)?;
    let (kind, value) = &notice.before;
    let back = approvals::Propose {
        scope: Scope {
            programme,
            offer: (was.offer_scope != 0).then(|| was.offer_scope.into()),
            partner: Some(notice.partner),
        },
        field: notice.field,
        kind,
        value: *value,
        rule: Some(&rule),
        value_before: Some(notice.after.1),
        valid_from: notice.applies_at,
        valid_until: was.until,
        reason,
        impact: None,
        case: match notice.said {
            Some(Said::Objected(case)) => Some(case),
            _ => None,
        },
        proposer: Some(staff.person),
        at: now,
        expires_at: None,
        form_key: None,
        evidence: serde_json::Value::Array(Vec::new()),
    };
    let (id, content_hash) = approvals::propose(tx, back).await?;
    let decision = approvals::Decide {
        proposal: id,
        content_hash: &content_hash,
        verdict: Verdict::Approved,
        by: By::Stop,
        decider: Some(staff.person),
        sole_control: false,
        authority: None,
        reason_partner: reason,
        reason_house: "",
        floor_reason: None,
        earliest: notice.applies_at,
        until: None,
        at: now,
    };
    approvals::decide(tx, decision).await?;
    let version = approvals::append_version(tx, id, now).await?;
    let done = sqlx::query!(
        "INSERT INTO stopped_change (partner_id, terms_version_id, proposal_id, stopped_by, stopped_at) VALUES ($1, $2, $3, $4, $5)",
        notice.partner.0,
        notice.version.0,
        id.0,
        staff.person.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    exactly_one(done.rows_affected())?;
    Ok(version)
}
