//! From the ledger to a journal, in the order of its days.

use super::account::{Account, Place};
use super::model::{Entry, Format, Leg, Opened, Period};
use super::{beancount, hledger};
use crate::base::actor::Actor;
use crate::base::db::{Db, Tx};
use crate::base::money::{Currency, NotACurrency};
use crate::payout_files::end_to_end_id;
use chrono::NaiveDate;
use futures_util::TryStreamExt as _;
use rust_decimal::Decimal;
use std::io::Write;

/// Why an export ended early; what was written of it is not a journal.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database is away.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// Nobody takes it.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The ledger has an account that the chart of accounts doesn't know.
    #[error("accounts of the kind {0} have no place in the journal")]
    UnknownAccount(String),
    /// The ledger has a currency that is none.
    #[error(transparent)]
    Currency(#[from] NotACurrency),
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Entries of transfers.
    pub transfers: u64,
    /// Entries of opening balances.
    pub openings: u64,
}

/// Writes a journal. All of it is of one moment, however long it takes; the database sorts and hands over row by row, so
/// that memory does not grow with the ledger.
///
/// # Errors
/// When the database is away, or `out` takes no more.
pub async fn export(
    db: &Db,
    actor: &Actor,
    format: Format,
    period: &Period,
    out: &mut (dyn Write + Send),
) -> Result<Exported, ExportError> {
    let mut tx = db.begin_snapshot(actor).await?;
    let mut exported = Exported::default();
    head(&mut tx, format, period, out).await?;
    if let Some(from) = period.from {
        exported.openings = openings(&mut tx, format, period, from, out).await?;
    }
    exported.transfers = transfers(&mut tx, format, period, out).await?;
    out.flush()?;
    Ok(exported)
}

/// Declares what is used below. Accounts of later days are left out, so that the journal of a closed period stays as it
/// is.
async fn head(tx: &mut Tx, format: Format, period: &Period, out: &mut (dyn Write + Send)) -> Result<(), ExportError> {
    let first = first_day(tx, period).await?;
    let currencies = currencies(tx, period).await?;
    let title = title(tx, period).await?;
    match format {
        Format::Hledger => hledger::head(out, &title, &currencies)?,
        Format::Beancount => beancount::head(out, &title, first, &currencies)?,
    }
    let mut rows = sqlx::query!(
        r#"SELECT g.code AS programme, g.name AS programme_name, p.code AS "partner?", p.name AS "partner_name?", used.kind AS "kind!",
                  array_agg(used.currency ORDER BY used.currency COLLATE "C") AS "currencies!"
           FROM (SELECT DISTINCT t.programme_id, leg.holder_id, leg.kind, t.currency
                 FROM booking t JOIN programme g USING (programme_id)
                 CROSS JOIN LATERAL (VALUES (t.debit_holder, t.debit_kind), (t.credit_holder, t.credit_kind)) AS leg (holder_id, kind)
                 WHERE ($1::bigint IS NULL OR t.programme_id = $1)
                   AND ($2::date IS NULL OR (t.effective_at AT TIME ZONE g.time_zone)::date <= $2)) used
           JOIN programme g USING (programme_id) LEFT JOIN partner p ON p.partner_id = used.holder_id
           GROUP BY g.code, g.name, p.code, p.name, used.kind
           ORDER BY g.code COLLATE "C", p.code COLLATE "C" NULLS FIRST, used.kind COLLATE "C""#,
        period.programme.map(|programme| programme.0),
        period.until,
    )
    .fetch(&mut **tx);
    let mut last = String::new();
    while let Some(row) = rows.try_next().await? {
        let currencies = row.currencies.iter().map(|code| Currency::parse(code)).collect::<Result<Vec<_>, _>>()?;
        if period.from.is_some() && last != row.programme {
            let account = Account { place: Place::Opening, programme: row.programme.clone(), partner: String::new() };
            // Everything of earlier periods: no list of currencies.
            let opened = Opened { account, holder: row.programme_name.clone(), currencies: Vec::new() };
            open(out, format, first, &opened)?;
            last.clone_from(&row.programme);
        }
        let account = account(row.kind, row.programme, row.partner.unwrap_or_default())?;
        let opened = Opened { account, holder: row.partner_name.unwrap_or(row.programme_name), currencies };
        open(out, format, first, &opened)?;
    }
    Ok(())
}

fn open(out: &mut (dyn Write + Send), format: Format, first: NaiveDate, opened: &Opened) -> std::io::Result<()> {
    match format {
        Format::Hledger => hledger::open(out, opened),
        Format::Beancount => beancount::open(out, first, opened),
    }
}

/// The day on which accounts open.
async fn first_day(tx: &mut Tx, period: &Period) -> Result<NaiveDate, ExportError> {
    let Some(from) = period.from else {
        let first = sqlx::query_scalar!(
            "SELECT min((first.at AT TIME ZONE g.time_zone)::date)
             FROM (SELECT programme_id, min(effective_at) AS at FROM booking WHERE $1::bigint IS NULL OR programme_id = $1
                   GROUP BY programme_id) first
             JOIN programme g USING (programme_id)",
            period.programme.map(|programme| programme.0),
        )
        .fetch_one(&mut **tx)
        .await?;
        // Without a transfer nothing is opened.
        return Ok(first.unwrap_or_default());
    };
    Ok(from)
}

/// The programmes' own currencies first.
async fn currencies(tx: &mut Tx, period: &Period) -> Result<Vec<Currency>, ExportError> {
    let codes = sqlx::query_scalar!(
        r#"SELECT t.currency AS "currency!" FROM booking t JOIN programme g USING (programme_id)
           WHERE ($1::bigint IS NULL OR t.programme_id = $1)
             AND ($2::date IS NULL OR (t.effective_at AT TIME ZONE g.time_zone)::date <= $2)
           GROUP BY t.currency ORDER BY bool_or(t.currency = g.currency) DESC, t.currency COLLATE "C""#,
        period.programme.map(|programme| programme.0),
        period.until,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(codes.iter().map(|code| Currency::parse(code)).collect::<Result<_, _>>()?)
}

async fn title(tx: &mut Tx, period: &Period) -> Result<String, ExportError> {
    let mut title = match period.programme {
        Some(programme) => {
            let code = sqlx::query_scalar!("SELECT code FROM programme WHERE programme_id = $1", programme.0)
                .fetch_one(&mut **tx);
            format!("Partnerdesk, {}", code.await?)
        }
        None => "Partnerdesk".to_owned(),
    };
    if let Some(from) = period.from {
        title.push_str(&format!(", from {from}"));
    }
    if let Some(until) = period.until {
        title.push_str(&format!(", until {until}"));
    }
    Ok(title)
}

/// What partners were owed and paid before the period, one entry for each partner and currency.
async fn openings(
    tx: &mut Tx,
    format: Format,
    period: &Period,
    from: NaiveDate,
    out: &mut (dyn Write + Send),
) -> Result<u64, ExportError> {
    let mut rows = sqlx::query!(
        r#"SELECT g.code AS programme, p.code AS "partner?", before.currency AS "currency!", before.kind AS "kind!", before.amount AS "amount!"
           FROM (SELECT t.programme_id, leg.holder_id, t.currency, leg.kind, sum(leg.amount) AS amount
                 FROM booking t JOIN programme g USING (programme_id)
                 CROSS JOIN LATERAL (VALUES (t.debit_holder, t.debit_kind, t.amount), (t.credit_holder, t.credit_kind, -t.amount))
                     AS leg (holder_id, kind, amount)
                 WHERE ($1::bigint IS NULL OR t.programme_id = $1) AND (t.effective_at AT TIME ZONE g.time_zone)::date < $2
                   AND (is_partner_account(leg.kind) OR leg.kind IN ('cash', 'funding', 'input_vat', 'tax_withheld'))
                 GROUP BY t.programme_id, leg.holder_id, t.currency, leg.kind
                 HAVING sum(leg.amount) <> 0) before
           JOIN programme g USING (programme_id) LEFT JOIN partner p ON p.partner_id = before.holder_id
           ORDER BY g.code COLLATE "C", p.code COLLATE "C" NULLS FIRST, before.currency COLLATE "C", before.kind COLLATE "C""#,
        period.programme.map(|programme| programme.0),
        from,
    )
    .fetch(&mut **tx);
    let mut written = 0;
    let mut current: Option<Entry> = None;
    while let Some(row) = rows.try_next().await? {
        let currency = Currency::parse(&row.currency)?;
        let partner = row.partner.unwrap_or_default();
        let account = account(row.kind, row.programme.clone(), partner.clone())?;
        let leg = leg(account, row.amount, currency);
        let payee = if partner.is_empty() { row.programme } else { partner };
        match &mut current {
            Some(entry)
                if entry.legs.first().is_some_and(|first| {
                    first.currency == currency
                        && first.account.programme == leg.account.programme
                        && first.account.partner == leg.account.partner
                }) =>
            {
                entry.legs.push(leg);
            }
            _ => {
                written += finish(out, format, current.take())?;
                current = Some(Entry {
                    day: from,
                    transfer: None,
                    payee,
                    what: "opening balances".to_owned(),
                    tags: Vec::new(),
                    payout: None,
                    legs: vec![leg],
                });
            }
        }
    }
    written += finish(out, format, current)?;
    Ok(written)
}

/// Balances an opening entry and writes it; gives the number of entries.
fn finish(out: &mut (dyn Write + Send), format: Format, entry: Option<Entry>) -> std::io::Result<u64> {
    let Some(mut entry) = entry else { return Ok(0) };
    let total: Decimal = entry.legs.iter().map(|leg| leg.amount).sum();
    if let (false, Some(first)) = (total.is_zero(), entry.legs.first()) {
        let account = Account { place: Place::Opening, partner: String::new(), ..first.account.clone() };
        let rest = leg(account, -total, first.currency);
        entry.legs.push(rest);
    }
    write(out, format, &entry)?;
    Ok(1)
}

async fn transfers(
    tx: &mut Tx,
    format: Format,
    period: &Period,
    out: &mut (dyn Write + Send),
) -> Result<u64, ExportError> {
    let mut rows = sqlx::query!(
        r#"SELECT g.code AS programme, p.code AS "partner?", (t.effective_at AT TIME ZONE g.time_zone)::date AS "day!",
                  t.transfer_id AS "transfer_id!", t.kind AS "kind!", t.debit_kind AS "debit_kind!", t.credit_kind AS "credit_kind!",
                  t.amount AS "amount!", t.currency AS "currency!", v.order_id AS "order?", t.event_id AS "event?",
                  t.payout_id AS "payout?", t.reverses AS "reverses?", nullif(t.note, '') AS "note?"
           FROM booking t JOIN programme g USING (programme_id) LEFT JOIN partner p USING (partner_id)
           LEFT JOIN conversion v ON v.partner_id = t.partner_id AND v.conversion_id = t.conversion_id
           WHERE ($1::bigint IS NULL OR t.programme_id = $1)
             AND ($2::date IS NULL OR (t.effective_at AT TIME ZONE g.time_zone)::date >= $2)
             AND ($3::date IS NULL OR (t.effective_at AT TIME ZONE g.time_zone)::date <= $3)
           ORDER BY 3, t.transfer_id"#,
        period.programme.map(|programme| programme.0),
        period.from,
        period.until,
    )
    .fetch(&mut **tx);
    let mut written = 0;
    while let Some(row) = rows.try_next().await? {
        let currency = Currency::parse(&row.currency)?;
        let partner = row.partner.clone().unwrap_or_default();
        let debit = account(row.debit_kind, row.programme.clone(), partner.clone())?;
        let credit = account(row.credit_kind, row.programme.clone(), partner)?;
        let reverses = row.reverses.map(|transfer| transfer.to_string());
        let tags = [("order", row.order), ("event", row.event), ("reverses", reverses), ("note", row.note)];
        let entry = Entry {
            day: row.day,
            transfer: Some(row.transfer_id),
            payee: row.partner.unwrap_or(row.programme),
            what: row.kind,
            tags: tags.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
            payout: row.payout.map(end_to_end_id),
            legs: vec![leg(debit, row.amount, currency), leg(credit, -row.amount, currency)],
        };
        write(out, format, &entry)?;
        written += 1;
    }
    Ok(written)
}

fn account(kind: String, programme: String, partner: String) -> Result<Account, ExportError> {
    match Place::of(&kind) {
        Some(place) => Ok(Account { place, programme, partner }),
        None => Err(ExportError::UnknownAccount(kind)),
    }
}

fn leg(account: Account, mut amount: Decimal, currency: Currency) -> Leg {
    amount.rescale(currency.minor_units());
    Leg { account, amount, currency }
}

fn write(out: &mut (dyn Write + Send), format: Format, entry: &Entry) -> std::io::Result<()> {
    match format {
        Format::Hledger => hledger::entry(out, entry),
        Format::Beancount => beancount::entry(out, entry),
    }
}
