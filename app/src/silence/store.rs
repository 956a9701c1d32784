//! Letting silence speak.

use super::rules::{self, Says};
use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::db::{Db, Tx};
use crate::base::error::AppError;
use crate::base::format;
use crate::base::ids::{CaseId, ConversionId, PartnerId};
use crate::base::language::{self, tr};
use crate::base::money::{Currency, Money};
use crate::clocks::store as clocks;
use crate::desk::store::{Credit, book};
use crate::disputes::model::{Event, Locked, Outcome, Reason, Stage};
use crate::disputes::rules as cases;
use crate::disputes::store as case_store;
use crate::mail::home::MailHome;
use crate::notices::rules::Notice;
use crate::notices::store::{signer, tell};
use crate::rota::page::desk_zone;
use crate::rota::rules::desk_spans;
use crate::rota::spans::Span;
use crate::rota::store::rota;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::json;

mod policies;

pub use policies::{Policy, policies, programme, set_policy};

/// Decisions of silence on the page.
const LISTED: i64 = 50;

/// A decision of silence.
#[derive(Clone, Debug)]
pub struct Decided {
    /// The case.
    pub case: CaseId,
    /// Whose it is.
    pub partner_name: String,
    /// What was credited.
    pub credit: Option<Money>,
    /// When.
    pub at: DateTime<Utc>,
}

/// What silence decided, the last first.
///
/// # Errors
/// When the database is away.
pub async fn decided(tx: &mut Tx) -> Result<Vec<Decided>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT d.case_id AS "case: CaseId", p.name, d.amount, d.currency, d.decided_at
           FROM case_decision d JOIN partner p USING (partner_id) WHERE d.silence_policy_id IS NOT NULL
           ORDER BY d.decided_at DESC LIMIT $1"#,
        LISTED,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let credit = match (row.amount, row.currency) {
                (Some(amount), Some(currency)) => Some(Money::new(amount, Currency::parse(&currency)?)),
                _ => None,
            };
            Ok(Decided { case: row.case, partner_name: row.name, credit, at: row.decided_at })
        })
        .collect()
}

/// A case on which the house is silent.
struct Silent {
    about: (PartnerId, CaseId),
    policy: Policy,
    deadline: DateTime<Utc>,
    currency: Currency,
    programme: String,
    locale: String,
    /// Whether who opened it is called usted.
    formal: bool,
}

/// Lets silence speak wherever it is due: decides for the partner below the cap, asks an owner above it. Gives how many
/// cases that were; each in a transaction of its own, safe to run twice, at once, or to kill.
///
/// # Errors
/// When the database is away.
pub async fn speak(db: &Db, home: &MailHome, now: DateTime<Utc>) -> Result<usize, AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    let silent = silent(&mut tx, now).await?;
    if silent.is_empty() {
        return Ok(0);
    }
    let rota = rota(&mut tx, now).await?;
    tx.commit().await?;
    let zone = desk_zone(&rota, chrono_tz::UTC);
    let mut spoken = 0;
    for case in silent {
        let working = desk_spans(&rota, Span { from: case.deadline, to: now });
        let due = rules::falls_at(case.deadline, case.policy.days, &working, zone);
        let Some(due) = due.filter(|due| *due < now) else { continue };
        match speak_in(db, home, &case, (due, now)).await {
            Ok(true) => spoken += 1,
            Ok(false) => {}
            // One case does not silence the others.
            Err(error) => tracing::warn!(case = %case.about.1, %error, "silence can't speak here now"),
        }
    }
    Ok(spoken)
}

/// Lets it speak in one case; `false` where somebody has spoken since.
async fn speak_in(
    db: &Db,
    home: &MailHome,
    case: &Silent,
    (due, now): (DateTime<Utc>, DateTime<Utc>),
) -> Result<bool, AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    let (partner, id) = case.about;
    let locked = case_store::lock(&mut tx, partner, id).await?;
    let decided = case_store::decision(&mut tx, partner, id).await?.is_some();
    if decided || !matches!(locked.stage, Stage::Received | Stage::InReview) {
        return Ok(false);
    }
    let (stake, conversion) = stake(&mut tx, &locked).await?;
    let given = provisional(&mut tx, partner, id, now).await?;
    // What silence gave this partner lately counts against the cap too.
    let lately =
        sqlx::query_scalar!(r#"SELECT silence_gave($1, $2, $3) AS "gave!""#, partner.0, case.currency.code(), now,)
            .fetch_one(&mut *tx)
            .await?;
    match rules::says(stake, given, case.policy.cap - lately) {
        Says::ForThePartner(credit) => {
            decide(&mut tx, home, case, &locked, (credit, conversion), (due, now)).await?;
        }
        says => escalate(&mut tx, case, &locked, (says, stake), now).await?,
    }
    tx.commit().await?;
    Ok(true)
}

/// Open cases past their resolution clock, for which the policy has not spoken.
async fn silent(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<Silent>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT k.partner_id AS "partner: PartnerId", k.case_id AS "case: CaseId", k.deadline AS "deadline!", y.silence_policy_id AS "id!",
                  y.days AS "days!", y.cap AS "cap!", g.currency, g.name AS programme, left(o.locale, 2) AS "locale!",
                  o.address_form = 'usted' AS "formal!"
           FROM case_clock k
           JOIN support_case c USING (partner_id, case_id) JOIN programme g USING (programme_id) JOIN person o ON o.person_id = c.opened_by
           JOIN LATERAL (SELECT * FROM silence_policy y WHERE y.programme_id = c.programme_id AND y.valid_from <= $1
                         ORDER BY y.valid_from DESC LIMIT 1) y ON true
           WHERE k.clock = 'resolution' AND k.state = 'breached' AND k.ended_at IS NULL AND k.deadline < $1
             AND c.stage IN ('received', 'in_review') AND c.kind <> 'other'
             AND NOT EXISTS (SELECT FROM case_decision d WHERE d.partner_id = c.partner_id AND d.case_id = c.case_id)
             AND NOT EXISTS (SELECT FROM escalation e WHERE e.partner_id = c.partner_id AND e.case_id = c.case_id
                             AND e.escalated_by IS NULL AND e.escalated_at > k.deadline)
           ORDER BY k.deadline LIMIT 500"#,
        now,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Silent {
                about: (row.partner, row.case),
                policy: Policy { id: row.id, days: row.days, cap: row.cap },
                deadline: row.deadline,
                currency: Currency::parse(&row.currency)?,
                programme: row.programme,
                locale: row.locale,
                formal: row.formal,
            })
        })
        .collect()
}

async fn stake(tx: &mut Tx, case: &Locked) -> Result<(Option<Decimal>, Option<ConversionId>), AppError> {
    let row = sqlx::query!(
        r#"SELECT amount, conversion_id AS "conversion: ConversionId" FROM known_stake($1, $2, $3) LIMIT 1"#,
        case.programme.0,
        case.partner.0,
        case.id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map_or((None, None), |row| (row.amount, row.conversion)))
}

async fn provisional(tx: &mut Tx, partner: PartnerId, case: CaseId, now: DateTime<Utc>) -> Result<Decimal, AppError> {
    let given = sqlx::query_scalar!(
        "SELECT amount FROM provisional_credit WHERE partner_id = $1 AND case_id = $2 AND ended_at IS NULL AND ends_at > $3",
        partner.0,
        case.0,
        now,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(given.unwrap_or_default())
}

async fn decide(
    tx: &mut Tx,
    home: &MailHome,
    case: &Silent,
    locked: &Locked,
    (credit, conversion): (Option<Decimal>, Option<ConversionId>),
    (due, now): (DateTime<Utc>, DateTime<Utc>),
) -> Result<(), AppError> {
    let (partner, id) = case.about;
    let locale = language::parse(&case.locale);
    let transfer = match credit {
        Some(amount) => {
            // A partner who came with an import may have earned in other currencies alone.
            sqlx::query!("SELECT open_accounts($1, $2, $3)", locked.programme.0, partner.0, case.currency.code())
                .fetch_one(&mut **tx)
                .await?;
            let credit = Credit { money: Money::new(amount, case.currency), conversion };
            Some(book(tx, locked, &credit, now).await?)
        }
        None => None,
    };
    sqlx::query!(
        "INSERT INTO case_decision (programme_id, partner_id, case_id, outcome, reason, reason_partner, reason_house, amount, currency,
                                    transfer_id, decided_at, silence_policy_id, cap)
         VALUES ($1, $2, $3, $4, $5, $6, '', $7, $8, $9, $10, $11, $12)",
        locked.programme.0,
        partner.0,
        id.0,
        Outcome::InFavour.as_str(),
        Reason::Other.as_str(),
        if case.formal { tr!(locale, formal.mail_silence) } else { tr!(locale, notices.mail_silence) },
        credit,
        credit.map(|_| case.currency.code().to_owned()),
        transfer.map(|transfer| transfer.0),
        now,
        case.policy.id,
        case.policy.cap,
    )
    .execute(&mut **tx)
    .await?;
    case_store::save_stage(tx, locked, locked.version, Stage::Decided, cases::promise(now), now).await?;
    let event = Event { stage: Stage::Decided, at: now, by: case.programme.clone(), promised_at: None };
    case_store::add_event(tx, partner, id, &event).await?;
    let by = signer(tx, case.about, now).await?;
    tell(tx, home, case.about, (Notice::SilenceDecided, 0), &by, (due, now)).await?;
    let change = Change {
        action: "case.decided_by_silence",
        subject: format!("case/{id}"),
        partner: Some(partner),
        before: Some(json!({ "stage": locked.stage.as_str() })),
        after: Some(json!({
            "stage": Stage::Decided.as_str(),
            "outcome": Outcome::InFavour.as_str(),
            "amount": credit,
            "currency": case.currency,
            "transfer": transfer.map(|transfer| transfer.0),
            "policy": case.policy.id,
        })),
        ..Change::default()
    };
    record(tx, &Actor::Job, now, "silence", change).await?;
    clocks::renew(tx, partner, id, now).await
}

async fn escalate(
    tx: &mut Tx,
    case: &Silent,
    locked: &Locked,
    (says, stake): (Says, Option<Decimal>),
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let (partner, id) = case.about;
    // Owners read it in the house's language, and the words are few.
    let locale = language::parse(&case.locale);
    let money = |amount| format::money(locale, Money::new(amount, case.currency));
    let proposed = match says {
        Says::OverTheCap if stake.is_some_and(|stake| stake <= case.policy.cap) => tr!(
            locale,
            escalations.policy_over_lately,
            amount = money(stake.unwrap_or_default()),
            cap = money(case.policy.cap)
        ),
        Says::OverTheCap => tr!(
            locale,
            escalations.policy_over,
            amount = money(stake.unwrap_or_default()),
            cap = money(case.policy.cap)
        ),
        _ => tr!(locale, escalations.policy_unknown),
    };
    let written = sqlx::query!(
        "INSERT INTO escalation (partner_id, case_id, facts, tried, proposed, to_role, by_name, escalated_at)
         VALUES ($1, $2, $3, $4, $5, 'owner', $6, $7) ON CONFLICT DO NOTHING",
        partner.0,
        id.0,
        tr!(locale, escalations.policy_facts),
        tr!(locale, escalations.policy_tried),
        proposed,
        tr!(locale, escalations.by_policy),
        now,
    )
    .execute(&mut **tx)
    .await?;
    if written.rows_affected() == 0 {
        return Ok(());
    }
    let change = Change {
        action: "case.escalated_by_silence",
        subject: format!("case/{}", locked.id),
        partner: Some(partner),
        after: Some(json!({ "policy": case.policy.id, "stake": stake })),
        ..Change::default()
    };
    record(tx, &Actor::Job, now, "silence", change).await
}
