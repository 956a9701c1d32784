//! Reading a partner's commissions. Every question names the partner, so that row-level security is the second wall,
//! not the only one. Sums and lists over a period are answered by the index `commission_by_time` alone.

use super::filter::Filter;
use super::model::{Booked, Bucket, Cursor, Event, Explained, InMonth, Row, What};
use crate::base::actor::Member;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{ConversionId, OfferId, PartnerId, ProgrammeId};
use crate::base::money::Currency;
use crate::commissions::model::{Place, Rate, State};
use crate::terms::store::rule_of;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

/// Commissions on one page of the list.
pub const PAGE: i64 = 50;

/// Code and name of the programme's offers, in the order of their names, at most `most`.
///
/// # Errors
/// When the database is away.
pub async fn offers(tx: &mut Tx, programme: ProgrammeId, most: i64) -> Result<Vec<(String, String)>, AppError> {
    let rows = sqlx::query!(
        "SELECT code, name FROM offer WHERE programme_id = $1 ORDER BY name, code LIMIT $2",
        programme.0,
        most,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.code, row.name)).collect())
}

/// The offer with this code, if there is one.
///
/// # Errors
/// When the database is away.
pub async fn offer_by_code(tx: &mut Tx, programme: ProgrammeId, code: &str) -> Result<Option<OfferId>, AppError> {
    let id =
        sqlx::query_scalar!("SELECT offer_id FROM offer WHERE programme_id = $1 AND code = $2", programme.0, code,)
            .fetch_optional(&mut **tx)
            .await?;
    Ok(id.map(OfferId))
}

/// The period's commissions, summed by day or month of the reader's time zone, by currency and state.
///
/// Each day or month is one range of the index: its rows are never sorted and their times never converted, which for
/// 100 000 rows takes longer than reading them.
///
/// # Errors
/// When the database is away.
pub async fn buckets(
    tx: &mut Tx,
    partner: PartnerId,
    filter: &Filter,
    offer: Option<OfferId>,
    zone: Tz,
) -> Result<Vec<Bucket>, AppError> {
    let spans = filter.spans(zone);
    let starts: Vec<NaiveDate> = spans.iter().map(|span| span.0).collect();
    let from: Vec<DateTime<Utc>> = spans.iter().map(|span| span.1).collect();
    let until: Vec<DateTime<Utc>> = spans.iter().map(|span| span.2).collect();
    let rows = sqlx::query!(
        r#"SELECT span.start AS "start!", sums.currency AS "currency!", sums.state AS "state!", sums.count AS "count!",
                  sums.amount AS "amount!", sums.amount_left AS "left!"
           FROM unnest($2::date[], $3::timestamptz[], $4::timestamptz[]) AS span (start, from_at, until_at)
           CROSS JOIN LATERAL (
               SELECT c.currency, c.state, count(*) AS count, sum(c.amount) AS amount,
                      sum(c.amount_left) AS amount_left
               FROM commission_standing c
               WHERE c.partner_id = $1 AND c.occurred_at >= span.from_at AND c.occurred_at < span.until_at
                 AND ($5::bigint IS NULL OR c.offer_id = $5) AND ($6::text IS NULL OR c.state = $6)
               GROUP BY 1, 2) sums
           ORDER BY 1, 2, 3"#,
        partner.0,
        &starts,
        &from,
        &until,
        offer.map(|offer| offer.0),
        filter.state.map(|state| state.as_str()),
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Bucket {
                start: row.start,
                currency: Currency::parse(&row.currency)?,
                state: state(&row.state)?,
                count: row.count,
                amount: row.amount,
                left: row.left,
            })
        })
        .collect()
}

/// One page of the list, newest first, and the place where the next one goes on.
///
/// # Errors
/// When the database is away.
pub async fn page(
    tx: &mut Tx,
    member: &Member,
    filter: &Filter,
    offer: Option<OfferId>,
    zone: Tz,
) -> Result<(Vec<Row>, Option<Cursor>), AppError> {
    let place = filter.place(zone);
    // The inner question is the index's alone; only the rows of the page are then fetched.
    let rows = sqlx::query!(
        r#"SELECT k.conversion_id, k.occurred_at, o.name AS offer, v.order_id, k.order_amount, k.rate_kind, k.rate_value,
                  k.amount_left AS "left!", k.currency, listed.state AS "state!"
           FROM (SELECT c.conversion_id, c.state FROM commission_standing c
                 WHERE c.partner_id = $1 AND c.occurred_at >= $2 AND (c.occurred_at, c.conversion_id) < ($3, $4)
                   AND ($5::bigint IS NULL OR c.offer_id = $5) AND ($6::text IS NULL OR c.state = $6)
                 ORDER BY c.occurred_at DESC, c.conversion_id DESC
                 LIMIT $7) listed
           JOIN commission k ON k.partner_id = $1 AND k.conversion_id = listed.conversion_id
           JOIN conversion v ON v.partner_id = $1 AND v.conversion_id = listed.conversion_id
           JOIN offer o ON o.programme_id = $8 AND o.offer_id = k.offer_id
           ORDER BY k.occurred_at DESC, k.conversion_id DESC"#,
        member.partner.0,
        filter.moments(zone).0,
        place.at,
        place.conversion.0,
        offer.map(|offer| offer.0),
        filter.state.map(|state| state.as_str()),
        PAGE + 1,
        member.programme.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut rows = rows
        .into_iter()
        .map(|row| {
            Ok(Row {
                conversion: row.conversion_id.into(),
                occurred_at: row.occurred_at,
                offer: row.offer,
                order_id: row.order_id,
                order_amount: row.order_amount,
                rate: rate(&row.rate_kind, row.rate_value)?,
                left: row.left,
                currency: Currency::parse(&row.currency)?,
                state: state(&row.state)?,
            })
        })
        .collect::<Result<Vec<_>, AppError>>()?;
    let more = rows.len() > PAGE as usize;
    rows.truncate(PAGE as usize);
    let next = rows.last().filter(|_| more).map(Row::cursor);
    Ok((rows, next))
}

/// When the partner's first conversion happened, if there is one.
///
/// # Errors
/// When the database is away.
pub async fn first(tx: &mut Tx, partner: PartnerId) -> Result<Option<DateTime<Utc>>, AppError> {
    Ok(sqlx::query_scalar!("SELECT min(occurred_at) FROM commission WHERE partner_id = $1", partner.0)
        .fetch_one(&mut **tx)
        .await?)
}

/// One commission with everything that made it.
///
/// # Errors
/// [`AppError::NotFound`] where there is none, or it is another partner's.
pub async fn find(tx: &mut Tx, partner: PartnerId, conversion: ConversionId) -> Result<Explained, AppError> {
    let row = sqlx::query!(
        r#"SELECT v.kind, v.order_id, v.sub_id, o.name AS offer, k.occurred_at, k.currency, k.rate_kind, k.rate_value,
                  k.rate_version_id, r.valid_from AS rate_since, nullif(r.valid_until, 'infinity') AS rate_until, k.hold_days, k.hold_version_id, k.hold_until,
                  k.order_amount, k.refunded, k.rejected, k.amount AS "amount!", k.amount_left AS "left!",
                  k.released_at, s.state AS "state!", s.payout_id AS "payout_id?",
                  r.kind AS version_kind, r.value AS version_value, r.rule, m.month AS "month?", m.place AS "place?",
                  m.volume_before AS "volume_before?", m.earned_before AS "earned_before?"
           FROM commission k
           JOIN commission_standing s USING (partner_id, conversion_id)
           JOIN conversion v USING (partner_id, conversion_id)
           JOIN offer o ON o.programme_id = v.programme_id AND o.offer_id = v.offer_id
           JOIN terms_version r ON r.terms_version_id = k.rate_version_id
           LEFT JOIN commission_place m ON m.partner_id = k.partner_id AND m.conversion_id = k.conversion_id
           WHERE k.partner_id = $1 AND k.conversion_id = $2"#,
        partner.0,
        conversion.0,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    let month = match (row.month, row.place, row.volume_before, row.earned_before) {
        (Some(first), Some(place), Some(volume_before), Some(earned_before)) => Some(InMonth {
            rate: rate(&row.version_kind, row.version_value)?,
            rule: rule_of(row.rule)?,
            first,
            at: Place { place, volume_before, earned_before },
        }),
        _ => None,
    };
    Ok(Explained {
        conversion,
        is_lead: row.kind == "lead",
        order_id: row.order_id,
        offer: row.offer,
        sub_id: row.sub_id,
        occurred_at: row.occurred_at,
        currency: Currency::parse(&row.currency)?,
        rate: rate(&row.rate_kind, row.rate_value)?,
        rate_version: row.rate_version_id.into(),
        rate_since: row.rate_since,
        rate_until: row.rate_until,
        month,
        hold_days: row.hold_days,
        hold_version: row.hold_version_id.into(),
        hold_until: row.hold_until,
        order_amount: row.order_amount,
        refunded: row.refunded,
        rejected: row.rejected,
        amount: row.amount,
        left: row.left,
        payout: row.payout_id.map(Into::into),
        released_at: row.released_at,
        state: state(&row.state)?,
    })
}

/// What happened to a conversion after it came in, in the order of time.
///
/// # Errors
/// When the database is away.
pub async fn events(tx: &mut Tx, partner: PartnerId, conversion: ConversionId) -> Result<Vec<Event>, AppError> {
    let rows = sqlx::query!(
        "SELECT event, occurred_at, amount, reason FROM conversion_event
         WHERE partner_id = $1 AND conversion_id = $2 AND event NOT IN ('sale', 'lead')
         ORDER BY occurred_at, booked_at, event_id",
        partner.0,
        conversion.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let what = match (row.event.as_str(), row.amount) {
                ("refund", Some(amount)) => What::Refund(amount),
                ("approve", _) => What::Approve,
                ("reject", _) => What::Reject,
                _ => return Err(AppError::Internal("an event of no known kind".into())),
            };
            Ok(Event { what, at: row.occurred_at, reason: row.reason })
        })
        .collect()
}

/// The ledger's transfers about a conversion, in the order they were written.
///
/// # Errors
/// When the database is away.
pub async fn transfers(tx: &mut Tx, partner: PartnerId, conversion: ConversionId) -> Result<Vec<Booked>, AppError> {
    // Three parts, as each has its own partial index.
    let rows = sqlx::query!(
        r#"SELECT transfer_id AS "transfer_id!", kind AS "kind!", debit_kind AS "debit_kind!", credit_kind AS "credit_kind!",
                  amount AS "amount!", currency AS "currency!", effective_at AS "effective_at!", booked_at AS "booked_at!"
           FROM (SELECT * FROM transfer WHERE partner_id = $1 AND conversion_id = $2
                   AND kind IN ('accrual', 'refund', 'rejection', 'release', 'release_correction')
                 UNION ALL
                 SELECT * FROM transfer WHERE partner_id = $1 AND conversion_id = $2 AND kind IN ('adjustment', 'reversal')
                 UNION ALL
                 SELECT * FROM transfer WHERE partner_id = $1 AND conversion_id = $2 AND contest_id IS NOT NULL) t
           ORDER BY effective_at, transfer_id"#,
        partner.0,
        conversion.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Booked {
                transfer: row.transfer_id.into(),
                kind: row.kind,
                from: row.debit_kind,
                to: row.credit_kind,
                amount: row.amount,
                currency: Currency::parse(&row.currency)?,
                effective_at: row.effective_at,
                booked_at: row.booked_at,
            })
        })
        .collect()
}

fn state(text: &str) -> Result<State, AppError> {
    State::parse(text).ok_or_else(|| AppError::Internal("a commission in no known state".into()))
}

fn rate(kind: &str, value: rust_decimal::Decimal) -> Result<Rate, AppError> {
    Rate::from_parts(kind, value).ok_or_else(|| AppError::Internal("a rate of no known kind".into()))
}
