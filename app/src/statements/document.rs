//! A payout's statement, put together for paper and for a spreadsheet.

use super::model::{Column, Document, Error, Row};
use super::payout::{Item, Payout};
use super::store::{self, Sums};
use super::{csv, pdf, words};
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::ids::PayoutId;
use crate::base::language::{self, tr};
use crate::base::money::Money;
use crate::commissions::model::Rate;
use crate::payout_files::end_to_end_id;
use crate::tax::words as tax;

/// Which kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// For paper.
    Pdf,
    /// For a spreadsheet.
    Csv,
}

/// A file to be sent.
pub struct File {
    /// What to call it.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The statement of a payout of the member who asks, in their language.
///
/// # Errors
/// [`AppError::NotFound`] where there is no such payout, or it is another partner's.
pub async fn statement(ctx: &Context, payout: PayoutId, kind: Kind) -> Result<File, AppError> {
    let member = ctx.member()?;
    let mut tx = ctx.begin().await?;
    let payout = store::find(&mut tx, member.partner, payout).await?;
    let items = store::items(&mut tx, member.partner, payout.id, i64::MAX).await?;
    let sums = store::sums(&mut tx, member.partner, payout.id).await?;
    let (programme, _) = store::programme(&mut tx, member.programme).await?;
    tx.commit().await?;
    let document = document(ctx, &programme, &member.partner_name, &payout, sums);
    let rows: Vec<Row> = items.iter().map(|item| row(ctx, &payout, item, kind)).collect();
    let name = end_to_end_id(payout.id.0);
    // Thousands of rows take a second; nobody else is to wait for it.
    let written = tokio::task::spawn_blocking(move || match kind {
        Kind::Pdf => pdf::write(&document, rows.into_iter()),
        Kind::Csv => csv::write(&document, rows.into_iter()),
    });
    let bytes = written
        .await
        .map_err(|error| AppError::Internal(format!("statement: {error}")))?
        .map_err(|error: Error| AppError::Internal(format!("statement: {error}")))?;
    let extension = if kind == Kind::Pdf { "pdf" } else { "csv" };
    Ok(File { name: format!("{name}.{extension}"), bytes })
}

fn document(ctx: &Context, programme: &str, partner: &str, payout: &Payout, sums: Sums) -> Document {
    let locale = ctx.locale;
    let day = |at| format::date(locale, ctx.time_zone, at);
    let money = |amount| format::money(locale, Money::new(amount, payout.money.currency));
    let mut facts = vec![
        (tr!(locale, payout.number), end_to_end_id(payout.id.0)),
        (tr!(locale, payout.state), words::state(ctx, payout.state)),
        (tr!(locale, payout.pay_day), format::day(locale, payout.pay_day)),
    ];
    if let Some(at) = payout.submitted_at {
        facts.push((tr!(locale, payout.state_submitted), day(at)));
    }
    facts.push((tr!(locale, payout.sent_to), words::method(ctx, payout)));
    facts.push((tr!(locale, payout.holder), payout.holder.clone()));
    if let Some(reference) = &payout.bank_reference {
        facts.push((tr!(locale, payout.bank_reference), reference.clone()));
    }
    let column = |label: String, numeric| Column { label, numeric };
    let mut totals = vec![(tr!(locale, payout.sum_earned), money(sums.earned))];
    if !sums.taken_back.is_zero() {
        totals.push((tr!(locale, payout.sum_taken_back), money(-sums.taken_back)));
    }
    totals.push((tr!(locale, payout.sum), money(payout.worked.net)));
    totals.extend(tax::lines(locale, &payout.worked).into_iter().map(|(label, amount)| (label, money(amount))));
    Document {
        language: language::code(locale).to_owned(),
        title: tr!(locale, payout.statement),
        programme_name: programme.to_owned(),
        partner_name: partner.to_owned(),
        partner_lines: Vec::new(),
        facts,
        head: vec![
            column(tr!(locale, payout.column_day), false),
            column(tr!(locale, payout.column_order), false),
            column(tr!(locale, payout.column_offer), false),
            column(tr!(locale, payout.column_what), false),
            column(tr!(locale, payout.column_order_amount), true),
            column(tr!(locale, payout.column_rate), true),
            column(tr!(locale, payout.column_amount), true),
        ],
        totals,
        notes: vec![tr!(locale, payout.note_rounding)],
        page_words: tr!(locale, payout.page_of, n = "{n}", m = "{m}"),
        created_at: payout.since,
    }
}

fn row(ctx: &Context, payout: &Payout, item: &Item, kind: Kind) -> Row {
    let currency = payout.money.currency;
    // A spreadsheet reads plain figures and days that sort.
    let money = |amount| match kind {
        Kind::Pdf => format::money(ctx.locale, Money::new(amount, currency)),
        Kind::Csv => currency.round(amount).to_string(),
    };
    let day = match kind {
        Kind::Pdf => format::date_short(ctx.locale, ctx.time_zone, item.at),
        Kind::Csv => item.at.with_timezone(&ctx.time_zone).date_naive().to_string(),
    };
    let (order_amount, rate) = match &item.earned_on {
        Some((order, rate)) => {
            let rate = match rate {
                Rate::Percent(percent) => format::percent(ctx.locale, *percent),
                Rate::Fixed(amount) => money(*amount),
                Rate::Priced(_) => tr!(ctx.locale, steps.by_rule),
            };
            (money(*order), rate)
        }
        None => (String::new(), String::new()),
    };
    Row {
        cells: vec![
            day,
            item.order_id.clone().unwrap_or_default(),
            item.offer.clone().unwrap_or_default(),
            words::item(ctx, item),
            order_amount,
            rate,
            money(item.amount),
        ],
    }
}
