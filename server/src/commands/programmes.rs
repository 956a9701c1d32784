//! `programme create`, `programme account`, `offer create`.

use super::{Failure, Session, print_json, print_line};
use crate::cli::PayerAccount;
use app::approvals::store::initial_terms;
use app::audit::store::{Change, record};
use app::base::actor::Actor;
use app::base::db::Tx;
use app::base::error::constraint;
use app::base::ids::ProgrammeId;
use app::base::money::Currency;
use app::payout_files::account;
use app::programmes::store::{self, NewProgramme};
use app::terms::model::{Field, Scope};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::json;

/// The day of the month on which a new programme pays.
const FIRST_PAY_DAY: i64 = 15;

/// What `programme create` is given.
#[derive(Clone, Debug)]
pub struct New {
    /// Short name.
    pub code: String,
    /// ISO 4217.
    pub currency: String,
    /// Percent.
    pub rate: Decimal,
    /// In its currency.
    pub minimum: Decimal,
    /// Days.
    pub hold_days: u16,
    /// IANA name.
    pub time_zone: String,
    /// Percent.
    pub margin_floor: Decimal,
}

/// Creates a programme with its first terms, in force since ever.
///
/// # Errors
/// When the code is taken or a value does not fit.
pub async fn create(session: &Session, new: New) -> Result<(), Failure> {
    let now = session.clock.now();
    let mut tx = session.db.begin(&Actor::Command).await?;
    let id = create_in(&mut tx, &new, now).await?;
    tx.commit().await?;
    if session.json { print_json(&json!({ "programme": new.code, "id": id })) } else { print_line(&new.code) }
}

/// The same, in a transaction of the caller's.
///
/// # Errors
/// When the code is taken or a value does not fit.
pub async fn create_in(tx: &mut Tx, new: &New, now: DateTime<Utc>) -> Result<ProgrammeId, Failure> {
    let currency =
        Currency::parse(&new.currency).map_err(|_| Failure::refused("--currency is a code of ISO 4217, like GBP"))?;
    if new.time_zone.parse::<chrono_tz::Tz>().is_err() {
        return Err(Failure::refused(format!("no such time zone: {}", new.time_zone)));
    }
    let programme =
        NewProgramme { code: &new.code, currency, time_zone: &new.time_zone, margin_floor: new.margin_floor };
    let id = store::create(tx, &programme, now).await.map_err(|error| match constraint(&error) {
        Some("programme_code_once") => Failure::refused(format!("there is a programme {} already", new.code)),
        Some("programme_code_is_plain") => {
            Failure::refused("a code is made of letters, digits, dots, dashes and underscores, 64 at most")
        }
        Some("programme_currency_fkey") => Failure::refused(format!("no such currency: {}", new.currency)),
        Some("programme_margin_floor_is_percent") => Failure::refused("--margin-floor is between 0 and 100"),
        _ => error.into(),
    })?;
    let scope = Scope { programme: id, offer: None, partner: None };
    let first = [
        (Field::Rate, "percent", new.rate),
        (Field::HoldDays, "days", Decimal::from(new.hold_days)),
        (Field::Minimum, "amount", new.minimum),
        (Field::Schedule, "monthly", Decimal::from(FIRST_PAY_DAY)),
    ];
    for (field, kind, value) in first {
        initial_terms(tx, scope, field, kind, value, now, "programme-create").await.map_err(misfit)?;
    }
    store::first_authority(tx, id, currency, new.minimum, now).await?;
    let change = Change {
        action: "programme.created",
        subject: format!("programme/{id}"),
        after: Some(
            json!({ "code": new.code, "currency": currency, "rate": new.rate, "minimum": new.minimum, "hold_days": new.hold_days }),
        ),
        ..Change::default()
    };
    record(tx, &Actor::Command, now, "programme-create", change).await?;
    Ok(id)
}

/// What `offer create` is given.
#[derive(Clone, Debug)]
pub struct NewOffer {
    /// Programme code.
    pub programme: String,
    /// Short name.
    pub code: String,
    /// Percent of the order.
    pub rate: Option<Decimal>,
    /// Amount per conversion.
    pub fixed: Option<Decimal>,
    /// Percent of the order that the programme earns.
    pub revenue: Option<Decimal>,
    /// Only an approval releases commissions.
    pub validation: bool,
}

/// Creates an offer, with terms of its own where given.
///
/// # Errors
/// When there is no such programme, the code is taken, or a value does not fit.
pub async fn create_offer(session: &Session, new: NewOffer) -> Result<(), Failure> {
    let now = session.clock.now();
    let mut tx = session.db.begin(&Actor::Command).await?;
    create_offer_in(&mut tx, &new, now).await?;
    tx.commit().await?;
    if session.json { print_json(&json!({ "offer": new.code })) } else { print_line(&new.code) }
}

/// The same, in a transaction of the caller's.
///
/// # Errors
/// When there is no such programme, the code is taken, or a value does not fit.
pub async fn create_offer_in(tx: &mut Tx, new: &NewOffer, now: DateTime<Utc>) -> Result<(), Failure> {
    let programme = store::find(tx, &new.programme).await?.ok_or_else(|| no_programme(&new.programme))?.id;
    let offer =
        store::create_offer(tx, programme, &new.code, new.revenue, now).await.map_err(|error| {
            match constraint(&error) {
                Some("offer_code_once") => Failure::refused(format!("there is an offer {} already", new.code)),
                Some("offer_code_is_plain") => {
                    Failure::refused("a code is made of letters, digits, dots, dashes and underscores, 64 at most")
                }
                Some("offer_revenue_not_negative") => {
                    Failure::refused("--revenue is in percent of the order, between 0 and 100")
                }
                _ => error.into(),
            }
        })?;
    let scope = Scope { programme, offer: Some(offer), partner: None };
    let rate = new.rate.map(|rate| ("percent", rate)).or(new.fixed.map(|fixed| ("fixed", fixed)));
    if let Some((kind, value)) = rate {
        initial_terms(tx, scope, Field::Rate, kind, value, now, "offer-create").await.map_err(misfit)?;
    }
    if new.validation {
        initial_terms(tx, scope, Field::Validation, "flag", Decimal::ONE, now, "offer-create").await.map_err(misfit)?;
    }
    let change = Change {
        action: "offer.created",
        subject: format!("offer/{offer}"),
        after: Some(
            json!({ "code": new.code, "rate": new.rate, "fixed": new.fixed, "revenue": new.revenue, "validation": new.validation }),
        ),
        ..Change::default()
    };
    Ok(record(tx, &Actor::Command, now, "offer-create", change).await?)
}

/// Names the account that a programme pays from in a currency.
///
/// # Errors
/// When there is no such programme, or the account is none.
pub async fn set_account(session: &Session, new: PayerAccount) -> Result<(), Failure> {
    let now = session.clock.now();
    let mut tx = session.db.begin(&Actor::Command).await?;
    let programme = store::find(&mut tx, &new.programme).await?.ok_or_else(|| no_programme(&new.programme))?.id;
    let account = match (&new.iban, &new.account) {
        (Some(iban), _) => {
            let refused = |refusal| Failure::refused(format!("--iban: {refusal}"));
            account::sepa_iban(iban).map_err(refused)?;
            iban.split_whitespace().collect::<String>().to_uppercase()
        }
        (None, Some(account)) => account.split_whitespace().collect(),
        (None, None) => return Err(Failure::refused("name an account with --iban or --account")),
    };
    let bic = new.bic.as_deref().map(account::bic).transpose();
    let bic = bic.map_err(|refusal| Failure::refused(format!("--bic: {refusal}")))?;
    let payer =
        store::PayerAccount { currency: &new.currency, name: &new.name, account: &account, bic: bic.as_deref() };
    let id = store::set_account(&mut tx, programme, &payer, now).await.map_err(|error| match constraint(&error) {
        Some("payer_account_currency_fkey") => Failure::refused(format!("there is no currency {}", new.currency)),
        Some("payer_account_plain") => Failure::refused("--account is written NN-NN-NN-NNNNNNNN"),
        Some("payer_account_name_not_blank") => {
            Failure::refused("--name is the account holder's, 70 characters at most")
        }
        _ => error.into(),
    })?;
    let change = Change {
        action: "programme.account_set",
        subject: format!("programme/{programme}"),
        after: Some(json!({ "payer_account": id, "currency": new.currency })),
        ..Change::default()
    };
    record(&mut tx, &Actor::Command, now, "programme-account", change).await?;
    tx.commit().await?;
    if session.json { print_json(&json!({ "payer_account": id })) } else { print_line(&new.programme) }
}

fn misfit(error: app::base::error::AppError) -> Failure {
    match &error {
        app::base::error::AppError::Database(inner) if constraint(inner) == Some("proposal_value_fits") => {
            Failure::refused(
                "a rate is between 0 and 100 percent with at most four decimals; days and amounts are not below zero",
            )
        }
        _ => error.into(),
    }
}

/// Finds a programme.
///
/// # Errors
/// When there is none.
pub async fn find(session: &Session, code: &str) -> Result<ProgrammeId, Failure> {
    let mut tx = session.db.begin(&Actor::Command).await?;
    store::find(&mut tx, code).await?.map(|programme| programme.id).ok_or_else(|| no_programme(code))
}

fn no_programme(code: &str) -> Failure {
    Failure::refused(format!("there is no programme {code}; `partnerdesk programme create` makes one"))
}
