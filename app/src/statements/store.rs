//! Reading a partner's payouts. Every question names the partner; row-level security is the second wall.

use super::payout::{Delay, Item, ItemKind, Payout, Step};
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{PartnerId, PayoutId, ProgrammeId};
use crate::base::money::{Currency, Money};
use crate::commissions::model::Rate;
use crate::payout_methods::model::MethodKind;
use crate::payout_runs::model::State;
use crate::tax::model::{Vat, Worked};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

/// Payouts on one page of the list.
pub const PAGE: i64 = 24;
/// Items on the page of a payout; the statement has all of them.
pub const ITEMS_SHOWN: i64 = 100;

/// A partner's payouts, the newest first, `PAGE` of them and one more where there are more. `before` goes on after a page.
///
/// # Errors
/// When the database is away.
pub async fn list(tx: &mut Tx, partner: PartnerId, before: Option<PayoutId>) -> Result<Vec<Payout>, AppError> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT p.payout_id, p.currency, p.amount, p.vat_treatment, p.vat_percent, p.vat, p.withheld_percent, p.withheld, p.fee,
                  p.total AS "total!", p.state, p.pay_day, m.kind, m.holder_name, m.masked,
                  sent.at AS "submitted_at?", last.at AS "since!", last.bank_reference, last.code, put_off.new_pay_day AS "put_off_to?",
                  CASE WHEN p.state = 'approved' THEN funds_short(p.programme_id, p.currency) ELSE false END AS "waits_for_funds!",
                  g.time_zone
           FROM payout p
           JOIN programme g USING (programme_id)
           JOIN payout_method m USING (partner_id, payout_method_id)
           JOIN payout_event last ON last.partner_id = p.partner_id AND last.payout_id = p.payout_id AND last.seq = p.seq
           LEFT JOIN LATERAL (SELECT e.at FROM payout_event e WHERE e.partner_id = p.partner_id AND e.payout_id = p.payout_id
                              AND e.to_state = 'submitted' ORDER BY e.seq DESC LIMIT 1) sent ON true
           LEFT JOIN LATERAL (SELECT d.new_pay_day FROM payout_delay d WHERE d.payout_run_id = p.payout_run_id
                              ORDER BY d.payout_delay_id DESC LIMIT 1) put_off ON true
           WHERE p.partner_id = $1 AND ($2::bigint IS NULL OR p.payout_id < $2)
           ORDER BY p.payout_id DESC LIMIT $3"#,
        partner.0,
        before.map(|payout| payout.0),
        PAGE + 1,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Row::payout).collect()
}

/// One payout.
///
/// # Errors
/// [`AppError::NotFound`] where there is none, or it is another partner's.
pub async fn find(tx: &mut Tx, partner: PartnerId, payout: PayoutId) -> Result<Payout, AppError> {
    let next = payout.0.checked_add(1).ok_or(AppError::NotFound)?;
    let found = list(tx, partner, Some(next.into())).await?.into_iter().next();
    found.filter(|found| found.id == payout).ok_or(AppError::NotFound)
}

struct Row {
    payout_id: i64,
    currency: String,
    amount: Decimal,
    vat_treatment: String,
    vat_percent: Decimal,
    vat: Decimal,
    withheld_percent: Decimal,
    withheld: Decimal,
    fee: Decimal,
    total: Decimal,
    state: String,
    pay_day: NaiveDate,
    kind: String,
    holder_name: String,
    masked: String,
    submitted_at: Option<DateTime<Utc>>,
    since: DateTime<Utc>,
    bank_reference: Option<String>,
    code: Option<String>,
    put_off_to: Option<NaiveDate>,
    waits_for_funds: bool,
    time_zone: String,
}

impl Row {
    fn payout(self) -> Result<Payout, AppError> {
        Ok(Payout {
            id: self.payout_id.into(),
            money: Money::new(self.total, Currency::parse(&self.currency)?),
            worked: Worked {
                net: self.amount,
                treatment: Vat::parse(&self.vat_treatment)
                    .ok_or_else(|| AppError::Internal("a payout of no known tax".into()))?,
                vat_percent: self.vat_percent,
                vat: self.vat,
                withheld_percent: self.withheld_percent,
                withheld: self.withheld,
                fee: self.fee,
                total: self.total,
            },
            state: state(&self.state)?,
            pay_day: self.pay_day,
            put_off_to: self.put_off_to,
            method: MethodKind::parse(&self.kind)
                .ok_or_else(|| AppError::Internal("a payout method of no known kind".into()))?,
            holder: self.holder_name,
            masked: self.masked,
            submitted_at: self.submitted_at,
            since: self.since,
            bank_reference: self.bank_reference,
            code: self.code,
            waits_for_funds: self.waits_for_funds,
            zone: self.time_zone.parse().unwrap_or(Tz::UTC),
        })
    }
}

fn state(text: &str) -> Result<State, AppError> {
    State::parse(text).ok_or_else(|| AppError::Internal("a payout in no known state".into()))
}

/// The steps of a payout, in their order.
///
/// # Errors
/// When the database is away.
pub async fn steps(tx: &mut Tx, partner: PartnerId, payout: PayoutId) -> Result<Vec<Step>, AppError> {
    let rows = sqlx::query!(
        "SELECT to_state, at, code, bank_reference FROM payout_event WHERE partner_id = $1 AND payout_id = $2 ORDER BY seq",
        partner.0,
        payout.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Step { state: state(&row.to_state)?, at: row.at, code: row.code, bank_reference: row.bank_reference })
        })
        .collect()
}

/// What the programme said of a payout that comes later, in its order.
///
/// # Errors
/// When the database is away.
pub async fn delays(tx: &mut Tx, partner: PartnerId, payout: PayoutId) -> Result<Vec<Delay>, AppError> {
    let rows = sqlx::query!(
        "SELECT d.new_pay_day, d.message, d.told_by_name, d.told_at FROM payout p JOIN payout_delay d USING (payout_run_id)
         WHERE p.partner_id = $1 AND p.payout_id = $2 ORDER BY d.payout_delay_id",
        partner.0,
        payout.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Delay { new_pay_day: row.new_pay_day, message: row.message, by: row.told_by_name, at: row.told_at })
        .collect())
}

/// What a payout pays, in the order it counted; at most so many. What was set apart and let go again is left out where it
/// cancels out.
///
/// # Errors
/// When the database is away.
pub async fn items(tx: &mut Tx, partner: PartnerId, payout: PayoutId, most: i64) -> Result<Vec<Item>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT a.kind, a.amount, a.conversion_id, t.effective_at, v.order_id AS "order_id?", o.name AS "offer?",
                  k.order_amount AS "order_amount?", k.rate_kind AS "rate_kind?", k.rate_value AS "rate_value?"
           FROM (SELECT *, sum(amount) FILTER (WHERE kind LIKE 'ring_fence%') OVER (PARTITION BY conversion_id) AS apart
                 FROM payout_allocation WHERE partner_id = $1 AND payout_id = $2) a
           JOIN transfer t ON t.partner_id = a.partner_id AND t.transfer_id = a.transfer_id
           LEFT JOIN commission k ON k.partner_id = a.partner_id AND k.conversion_id = a.conversion_id
           LEFT JOIN conversion v ON v.partner_id = a.partner_id AND v.conversion_id = a.conversion_id
           LEFT JOIN offer o ON o.programme_id = v.programme_id AND o.offer_id = v.offer_id
           WHERE a.kind NOT LIKE 'ring_fence%' OR a.apart <> 0
           ORDER BY t.effective_at, a.transfer_id LIMIT $3"#,
        partner.0,
        payout.0,
        most,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Item {
            kind: ItemKind::of_transfer(&row.kind),
            at: row.effective_at,
            conversion: row.conversion_id.map(Into::into),
            order_id: row.order_id,
            offer: row.offer,
            earned_on: row
                .order_amount
                .zip(row.rate_kind.zip(row.rate_value))
                .and_then(|(order, (kind, value))| Some((order, Rate::from_parts(&kind, value)?))),
            amount: row.amount,
        })
        .collect())
}

/// What a payout is made of, summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sums {
    /// How many items.
    pub items: i64,
    /// What was earned or credited.
    pub earned: Decimal,
    /// What was taken back, above zero.
    pub taken_back: Decimal,
}

/// Sums of all items.
///
/// # Errors
/// When the database is away.
pub async fn sums(tx: &mut Tx, partner: PartnerId, payout: PayoutId) -> Result<Sums, AppError> {
    let row = sqlx::query!(
        r#"SELECT count(*) AS "items!", coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS "earned!",
                  coalesce(-sum(amount) FILTER (WHERE amount < 0), 0) AS "taken_back!"
           FROM (SELECT kind, amount, sum(amount) FILTER (WHERE kind LIKE 'ring_fence%') OVER (PARTITION BY conversion_id) AS apart
                 FROM payout_allocation WHERE partner_id = $1 AND payout_id = $2) a
           WHERE kind NOT LIKE 'ring_fence%' OR apart <> 0"#,
        partner.0,
        payout.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Sums { items: row.items, earned: row.earned, taken_back: row.taken_back })
}

/// A programme's name, and the time zone of its accounting days.
///
/// # Errors
/// [`AppError::NotFound`] where the actor sees no such programme.
pub async fn programme(tx: &mut Tx, programme: ProgrammeId) -> Result<(String, Tz), AppError> {
    let row = sqlx::query!("SELECT name, time_zone FROM programme WHERE programme_id = $1", programme.0)
        .fetch_optional(&mut **tx)
        .await?
        .ok_or(AppError::NotFound)?;
    Ok((row.name, row.time_zone.parse().unwrap_or(Tz::UTC)))
}
