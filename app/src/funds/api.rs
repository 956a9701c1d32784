//! Booking funds from a form.

use super::model::Kind;
use super::store::{self, NewBooking};
use crate::base::access::Who;
use crate::base::clock::start_of_day;
use crate::base::context::{self, Context};
use crate::base::error::AppError;
use crate::base::forms::{End, Errors, finish};
use crate::base::language::tr;
use crate::base::money::{Currency, Money};
use crate::disputes::rules::parse_amount;
use crate::disputes::words::amount_error;
use crate::paths;
use crate::payout_runs::store::programmes;
use chrono::NaiveDate;
use chrono_tz::Tz;
use leptos::prelude::*;

/// The longest note, in characters.
const LONGEST_NOTE: usize = 500;

/// Books money that was put on the payout account, or that the bank took.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "book-funds")]
pub async fn book_funds(
    /// The programme's code.
    programme: Option<String>,
    /// What it is.
    kind: Option<String>,
    /// How much.
    amount: Option<String>,
    /// In what.
    currency: Option<String>,
    /// The day on which it counts.
    day: Option<String>,
    /// What to say of it.
    note: Option<String>,
    /// The form's key.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let form = FundsForm {
        programme: programme.unwrap_or_default(),
        kind: kind.unwrap_or_default(),
        amount: amount.unwrap_or_default(),
        currency: currency.unwrap_or_default(),
        day: day.unwrap_or_default(),
        note: note.unwrap_or_default(),
        form_key,
    };
    let end = book(&ctx, &form).await;
    let fields = [
        ("form_name", "book-funds"),
        ("programme", form.programme.as_str()),
        ("kind", &form.kind),
        ("amount", &form.amount),
        ("currency", &form.currency),
        ("day", &form.day),
        ("note", &form.note),
        ("form_key", &form.form_key),
    ];
    finish(&ctx, &fields, end).await
}

/// The form, as typed.
#[derive(Clone, Debug, Default)]
pub struct FundsForm {
    /// The programme's code.
    pub programme: String,
    /// What it is.
    pub kind: String,
    /// How much.
    pub amount: String,
    /// In what.
    pub currency: String,
    /// The day on which it counts.
    pub day: String,
    /// What to say of it.
    pub note: String,
    /// The form's key.
    pub form_key: String,
}

/// Books funds.
///
/// # Errors
/// Who may not, what no form of ours sends, and a database that is away.
pub async fn book(ctx: &Context, form: &FundsForm) -> Result<End, AppError> {
    ctx.staff()?;
    if !Who::Paying.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    let locale = ctx.locale;
    let form_key = form.form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let kind = Kind::parse(&form.kind).ok_or(AppError::BadRequest("kind"))?;
    let mut tx = ctx.begin().await?;
    let homes = programmes(&mut tx).await?;
    let home = homes.iter().find(|home| home.code == form.programme).ok_or(AppError::NotFound)?;
    let zone: Tz = home.time_zone.parse().unwrap_or(Tz::UTC);
    let mut errors = Errors::default();
    let currency = Currency::parse(form.currency.trim())
        .map_err(|_| errors.add("currency", tr!(locale, funds.error_currency)))
        .ok();
    let amount = currency.and_then(|currency| {
        parse_amount(&form.amount, currency)
            .map_err(|error| errors.add("amount", amount_error(locale, error, currency)))
            .ok()
    });
    let today = ctx.now().with_timezone(&zone).date_naive();
    let day = match form.day.trim() {
        "" => Some(today),
        text => NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|day| *day <= today),
    };
    if day.is_none() {
        errors.add("day", tr!(locale, funds.error_day));
    }
    let note = form.note.trim();
    if note.chars().count() > LONGEST_NOTE {
        errors.add("note", tr!(locale, funds.error_note, most = LONGEST_NOTE));
    }
    let (Some(currency), Some(amount), Some(day), true) = (currency, amount, day, errors.is_empty()) else {
        return Ok(End::Refused(paths::FUNDS.to_owned(), errors));
    };
    let effective_at = if day == today { ctx.now() } else { start_of_day(day, zone) };
    let new = NewBooking {
        programme: home.id.into(),
        kind,
        money: Money::new(amount, currency),
        note,
        effective_at,
        form_key,
    };
    store::book(&mut tx, &ctx.actor, &new, &ctx.request_id, ctx.now()).await?;
    tx.commit().await?;
    Ok(End::Done(format!("{}?programme={}&done=booked", paths::FUNDS, crate::ui::query::encode(&home.code))))
}
