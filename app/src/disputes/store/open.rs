//! Opening a case: everything that belongs to it, in the caller's transaction.

use super::{NewMessage, add_event, add_message};
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, ConversionId, OfferId, PartnerId, PayoutId, PersonId, ProgrammeId, TermsVersionId};
use crate::disputes::model::{ClaimFacts, ConversionFacts, Event, Facts, Kind, PayoutFacts, Side, Stage, TermsFacts};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

/// What a new case pins.
#[derive(Clone, Debug)]
pub enum NewPin {
    /// A conversion, as it is now.
    Conversion(ConversionId, ConversionFacts),
    /// A version of the terms.
    Terms(TermsVersionId, TermsFacts),
    /// A sale that is missing.
    Claim(NewClaim),
    /// A payout, as it is now.
    Payout(PayoutId, PayoutFacts),
}

/// What a partner says of a sale that is missing.
#[derive(Clone, Debug)]
pub struct NewClaim {
    /// The offer.
    pub offer: OfferId,
    /// And everything else.
    pub facts: ClaimFacts,
}

/// A case on its way in.
#[derive(Clone, Debug)]
pub struct NewCase {
    /// Its programme.
    pub programme: ProgrammeId,
    /// Whose it is.
    pub partner: PartnerId,
    /// Who opens it.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// What it is about.
    pub kind: Kind,
    /// The same in a few words.
    pub subject: String,
    /// The thing itself; `None` for `other` alone.
    pub pin: Option<NewPin>,
    /// The first message.
    pub body: String,
    /// The form it came from.
    pub form_key: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// When the partner hears next.
    pub promised_at: DateTime<Utc>,
}

/// A partner's case about a conversion that is not closed, if there is one: a second one leads there. One that is decided for good
/// does not count: what comes up after that is another case.
///
/// # Errors
/// When the database is away.
pub async fn open_about(
    tx: &mut Tx,
    partner: PartnerId,
    conversion: ConversionId,
    now: DateTime<Utc>,
) -> Result<Option<CaseId>, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT c.case_id AS "case: CaseId" FROM case_pin p
           JOIN support_case c ON c.partner_id = p.partner_id AND c.case_id = case_home(p.partner_id, p.case_id)
           WHERE c.partner_id = $1 AND p.conversion_id = $2 AND c.stage <> 'closed' AND NOT case_is_final(c.partner_id, c.case_id, $3)
           ORDER BY c.case_id LIMIT 1"#,
        partner.0,
        conversion.0,
        now,
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// A partner's case about an order that they claim, that is not closed, if there is one.
///
/// # Errors
/// When the database is away.
pub async fn open_about_order(
    tx: &mut Tx,
    partner: PartnerId,
    offer: OfferId,
    order_id: &str,
    now: DateTime<Utc>,
) -> Result<Option<CaseId>, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT c.case_id AS "case: CaseId" FROM claim m JOIN case_pin p USING (partner_id, claim_id)
           JOIN support_case c ON c.partner_id = p.partner_id AND c.case_id = case_home(p.partner_id, p.case_id)
           WHERE m.partner_id = $1 AND m.offer_id = $2 AND order_key(m.order_id) = order_key($3) AND c.stage <> 'closed'
             AND NOT case_is_final(c.partner_id, c.case_id, $4)
           ORDER BY c.case_id LIMIT 1"#,
        partner.0,
        offer.0,
        order_id,
        now,
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// A partner's case about a payout that is not closed, if there is one.
///
/// # Errors
/// When the database is away.
pub async fn open_about_payout(tx: &mut Tx, partner: PartnerId, payout: PayoutId) -> Result<Option<CaseId>, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT c.case_id AS "case: CaseId" FROM case_pin p
           JOIN support_case c ON c.partner_id = p.partner_id AND c.case_id = case_home(p.partner_id, p.case_id)
           WHERE c.partner_id = $1 AND p.payout_id = $2 AND c.stage <> 'closed'
           ORDER BY c.case_id LIMIT 1"#,
        partner.0,
        payout.0,
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Opens a case: the case, its claim where one is needed, its pin with the facts as they are, the first message and
/// the first step of the time line.
///
/// # Errors
/// `message_form_once` where the same form opened one already.
pub async fn open(tx: &mut Tx, new: NewCase) -> Result<CaseId, AppError> {
    let case = sqlx::query_scalar!(
        r#"INSERT INTO support_case (programme_id, partner_id, kind, subject, opened_by, opened_at, next_update_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING case_id AS "case: CaseId""#,
        new.programme.0,
        new.partner.0,
        new.kind.as_str(),
        new.subject,
        new.person.0,
        new.at,
        new.promised_at,
    )
    .fetch_one(&mut **tx)
    .await?;
    if let Some(pin) = new.pin {
        add_pin(tx, new.partner, case, pin, new.at).await?;
    }
    let message = NewMessage {
        side: Side::Partner,
        author: new.person,
        author_name: new.name,
        body: new.body,
        at: new.at,
        form_key: new.form_key,
    };
    add_message(tx, new.partner, case, &message).await?;
    let event = Event { stage: Stage::Received, at: new.at, by: String::new(), promised_at: Some(new.promised_at) };
    add_event(tx, new.partner, case, &event).await?;
    Ok(case)
}

async fn add_pin(
    tx: &mut Tx,
    partner: PartnerId,
    case: CaseId,
    pin: NewPin,
    at: DateTime<Utc>,
) -> Result<(), AppError> {
    let (conversion, terms, claim, payout, facts) = match pin {
        NewPin::Conversion(id, facts) => (Some(id.0), None, None, None, Facts::Conversion(facts)),
        NewPin::Terms(id, facts) => (None, Some(id.0), None, None, Facts::Terms(facts)),
        NewPin::Claim(claim) => {
            (None, None, Some(add_claim(tx, partner, &claim).await?), None, Facts::Claim(claim.facts))
        }
        NewPin::Payout(id, facts) => (None, None, None, Some(id.0), Facts::Payout(facts)),
    };
    let snapshot = serde_json::to_value(facts).map_err(|error| AppError::Internal(error.to_string()))?;
    // PostgreSQL's own text of the snapshot is hashed: only it knows how it writes jsonb.
    sqlx::query!(
        "INSERT INTO case_pin (partner_id, case_id, pin, conversion_id, terms_version_id, claim_id, payout_id, snapshot, snapshot_hash, pinned_at)
         SELECT $1, $2, 1, $3, $4, $5, $8, facts, sha256(convert_to(facts::text, 'UTF8')), $7 FROM (SELECT $6::jsonb AS facts) given",
        partner.0,
        case.0,
        conversion,
        terms,
        claim,
        snapshot,
        at,
        payout,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn add_claim(tx: &mut Tx, partner: PartnerId, claim: &NewClaim) -> Result<i64, AppError> {
    let amount: Decimal = claim.facts.amount;
    Ok(sqlx::query_scalar!(
        "INSERT INTO claim (partner_id, offer_id, order_id, occurred_at, amount, currency, proof)
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING claim_id",
        partner.0,
        claim.offer.0,
        claim.facts.order_id,
        claim.facts.occurred_at,
        amount,
        claim.facts.currency.code(),
        claim.facts.proof,
    )
    .fetch_one(&mut **tx)
    .await?)
}
