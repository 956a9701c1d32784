//! An invoice that the programme writes in a partner's name, as a PDF, with all that article 226 of Directive 2006/112/EC
//! asks for. The same invoice has the same words for whoever reads it.

use super::model::{Kind, printed};
use crate::base::access::Who;
use crate::base::actor::Actor;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::ids::{PartnerId, PayoutId, PayoutRunId};
use crate::base::language::{self, Locale, tr};
use crate::base::money::{Currency, Money};
use crate::payout_files::end_to_end_id;
use crate::payout_runs::model::PayoutKey;
use crate::statements::document::File;
use crate::statements::model::{Column, Document, Error, Row};
use crate::statements::pdf;
use crate::tax::countries::Country;
use crate::tax::model::{PostalAddress, Vat};
use crate::tax::secrets::Numbers;
use crate::tax::{store as tax, words};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

/// An invoice or credit note of the member who asks, by its turn.
///
/// # Errors
/// [`AppError::NotFound`] where there is none, or it is another partner's.
pub async fn own(ctx: &Context, payout: PayoutId, kind: Kind, turn: i32) -> Result<File, AppError> {
    let member = ctx.member()?;
    let mut tx = ctx.begin().await?;
    crate::statements::store::find(&mut tx, member.partner, payout).await?;
    drop(tx);
    write(ctx, PayoutKey { partner: member.partner, payout }, kind, turn).await
}

/// The same for finance, owners and auditors.
///
/// # Errors
/// [`AppError::NotFound`] where there is none, [`AppError::Forbidden`] for others.
pub async fn of_run(
    ctx: &Context,
    run: PayoutRunId,
    payout: PayoutId,
    kind: Kind,
    turn: i32,
) -> Result<File, AppError> {
    let mut tx = ctx.begin().await?;
    let key = find(ctx, &mut tx, run, payout).await?;
    drop(tx);
    write(ctx, key, kind, turn).await
}

/// Whose payout of a run it is, for whoever may read runs.
///
/// # Errors
/// [`AppError::NotFound`] where the run has no such payout, [`AppError::Forbidden`] for others.
pub async fn find(ctx: &Context, tx: &mut Tx, run: PayoutRunId, payout: PayoutId) -> Result<PayoutKey, AppError> {
    ctx.staff()?;
    if !Who::Counting.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    let partner = sqlx::query_scalar!(
        r#"SELECT partner_id AS "partner: PartnerId" FROM payout WHERE payout_run_id = $1 AND payout_id = $2"#,
        run.0,
        payout.0,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    Ok(PayoutKey { partner, payout })
}

/// Everything that stands on it, but for the whole numbers.
struct Facts {
    key: PayoutKey,
    kind: Kind,
    number: String,
    /// Of a credit note: what it corrects.
    corrects: Option<(String, NaiveDate)>,
    issued_on: NaiveDate,
    issued_at: DateTime<Utc>,
    locale: Locale,
    supplied_until: NaiveDate,
    currency: Currency,
    net: Decimal,
    treatment: Vat,
    vat_percent: Decimal,
    vat: Decimal,
    withheld_percent: Decimal,
    withheld: Decimal,
    fee: Decimal,
    total: Decimal,
    customer: Party,
    customer_number: String,
    supplier: Party,
    profile: i64,
}

struct Party {
    name: String,
    address: PostalAddress,
}

async fn facts(tx: &mut Tx, key: PayoutKey, kind: Kind, turn: i32) -> Result<Facts, AppError> {
    let row = sqlx::query!(
        r#"SELECT i.number, i.issued_on, i.issued_at, i.language, g.code AS programme, n.code AS partner, r.cutoff, p.currency, p.amount,
                  p.vat_treatment, p.vat_percent, p.vat, p.withheld_percent, p.withheld, p.fee, p.total AS "total!",
                  t.legal_name AS customer, t.street AS customer_street, t.building AS customer_building, t.post_code AS customer_post_code,
                  t.town AS customer_town, t.country AS customer_country, t.tax_number AS customer_number,
                  f.tax_profile_id, f.legal_name AS supplier, f.street, f.building, f.post_code, f.town, f.country,
                  o.number AS "corrects?", o.issued_on AS "corrects_on?"
           FROM invoice i
           JOIN payout p USING (partner_id, payout_id)
           JOIN partner n USING (partner_id)
           JOIN programme g ON g.programme_id = i.programme_id
           JOIN payout_run r ON r.payout_run_id = p.payout_run_id
           JOIN tax_policy t ON t.programme_id = p.programme_id AND t.tax_policy_id = p.tax_policy_id
           JOIN tax_profile f ON f.partner_id = p.partner_id AND f.tax_profile_id = p.tax_profile_id
           LEFT JOIN invoice o ON o.partner_id = i.partner_id AND o.payout_id = i.payout_id AND o.kind = i.corrects AND o.turn = i.turn
           WHERE i.partner_id = $1 AND i.payout_id = $2 AND i.kind = $3 AND i.turn = $4"#,
        key.partner.0,
        key.payout.0,
        kind.as_str(),
        turn,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    let country =
        |code: &str| Country::parse(code).ok_or_else(|| AppError::Internal("an address in no country".into()));
    let number = |kind, number| printed(kind, &row.programme, &row.partner, number);
    Ok(Facts {
        key,
        kind,
        number: number(kind, row.number),
        corrects: row.corrects.zip(row.corrects_on).map(|(corrects, on)| (number(Kind::Invoice, corrects), on)),
        issued_on: row.issued_on,
        issued_at: row.issued_at,
        locale: language::parse(&row.language),
        supplied_until: row.cutoff,
        currency: Currency::parse(&row.currency)?,
        net: row.amount,
        treatment: Vat::parse(&row.vat_treatment)
            .ok_or_else(|| AppError::Internal("a payout of no known tax".into()))?,
        vat_percent: row.vat_percent,
        vat: row.vat,
        withheld_percent: row.withheld_percent,
        withheld: row.withheld,
        fee: row.fee,
        total: row.total,
        customer: Party {
            name: row.customer,
            address: PostalAddress {
                street: row.customer_street,
                building: row.customer_building,
                post_code: row.customer_post_code,
                town: row.customer_town,
                country: country(&row.customer_country)?,
            },
        },
        customer_number: row.customer_number,
        supplier: Party {
            name: row.supplier,
            address: PostalAddress {
                street: row.street,
                building: row.building,
                post_code: row.post_code,
                town: row.town,
                country: country(&row.country)?,
            },
        },
        profile: row.tax_profile_id,
    })
}

async fn write(ctx: &Context, key: PayoutKey, kind: Kind, turn: i32) -> Result<File, AppError> {
    // Whose payout it is was asked under the reader's own role; only the system reads runs and whole numbers for all.
    let mut tx = ctx.db.begin(&Actor::Job).await?;
    let facts = facts(&mut tx, key, kind, turn).await?;
    let numbers = tax::numbers(&mut tx, &ctx.secrets, facts.key.partner, facts.profile).await?;
    drop(tx);
    let name = format!("{}.pdf", facts.number);
    let (document, row) = document(&facts, &numbers);
    let bytes = tokio::task::spawn_blocking(move || pdf::write(&document, std::iter::once(row)))
        .await
        .map_err(|error| AppError::Internal(format!("invoice: {error}")))?
        .map_err(|error: Error| AppError::Internal(format!("invoice: {error}")))?;
    Ok(File { name, bytes })
}

fn document(facts: &Facts, numbers: &Numbers) -> (Document, Row) {
    let locale = facts.locale;
    let sign = if facts.kind == Kind::Invoice { Decimal::ONE } else { -Decimal::ONE };
    let money = |amount: Decimal| format::money(locale, Money::new(amount * sign, facts.currency));
    let percent = |percent| format::percent(locale, percent);
    let day = |day| format::day(locale, day);
    let title = match facts.kind {
        Kind::Invoice => tr!(locale, tax.invoice),
        Kind::CreditNote => tr!(locale, tax.credit_note),
    };
    let mut supplier = words::address(locale, &facts.supplier.address);
    let of = |label: String, number: &str| format!("{label}: {number}");
    if let Some(number) = &numbers.vat {
        supplier.push(of(tr!(locale, tax.vat_number), number));
    }
    if let Some(number) = numbers.tax.as_ref().filter(|number| numbers.vat.as_ref() != Some(number)) {
        supplier.push(of(tr!(locale, tax.tax_number), number));
    }
    let mut customer = vec![facts.customer.name.clone()];
    customer.extend(words::address(locale, &facts.customer.address));
    let mut said = vec![
        (tr!(locale, tax.invoice_number), facts.number.clone()),
        (tr!(locale, tax.issued_on), day(facts.issued_on)),
        (tr!(locale, tax.supplied_until), day(facts.supplied_until)),
        (tr!(locale, tax.customer), customer.join(", ")),
        (tr!(locale, tax.customer_number), facts.customer_number.clone()),
        (tr!(locale, payout.number), end_to_end_id(facts.key.payout.0)),
    ];
    if let Some((number, on)) = &facts.corrects {
        said.push((tr!(locale, tax.corrects), tr!(locale, tax.corrects_of, number = number.clone(), day = day(*on))));
    }
    let column = |label: String, numeric| Column { label, numeric };
    let rate = match facts.treatment {
        Vat::Domestic => percent(facts.vat_percent),
        _ => "–".to_owned(),
    };
    let mut totals = vec![
        (tr!(locale, tax.taxable), money(facts.net)),
        (tr!(locale, tax.line_vat, percent = percent(facts.vat_percent)), money(facts.vat)),
        (tr!(locale, tax.invoice_total), money(facts.net + facts.vat)),
    ];
    if !facts.withheld.is_zero() {
        totals
            .push((tr!(locale, tax.line_withheld, percent = percent(facts.withheld_percent)), money(-facts.withheld)));
    }
    if !facts.fee.is_zero() {
        totals.push((tr!(locale, tax.line_fee), money(-facts.fee)));
    }
    if !facts.withheld.is_zero() || !facts.fee.is_zero() {
        totals.push((tr!(locale, tax.line_total), money(facts.total)));
    }
    let mut notes = vec![tr!(locale, tax.self_billing, customer = facts.customer.name.clone())];
    notes.extend(words::mention(locale, facts.treatment));
    if facts.kind == Kind::CreditNote {
        notes.push(tr!(locale, tax.credit_reason));
    }
    let document = Document {
        language: language::code(locale).to_owned(),
        title,
        programme_name: facts.customer.name.clone(),
        partner_name: facts.supplier.name.clone(),
        partner_lines: supplier,
        facts: said,
        head: vec![
            column(tr!(locale, tax.column_service), false),
            column(tr!(locale, tax.taxable), true),
            column(tr!(locale, tax.column_rate), true),
            column(tr!(locale, tax.column_vat), true),
        ],
        totals,
        notes,
        page_words: tr!(locale, payout.page_of, n = "{n}", m = "{m}"),
        created_at: facts.issued_at,
    };
    let service = tr!(locale, tax.service, day = day(facts.supplied_until));
    (document, Row { cells: vec![service, money(facts.net), rate, money(facts.vat)] })
}
