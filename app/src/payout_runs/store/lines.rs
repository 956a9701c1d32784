//! A run's payouts, and who is not paid, a page at a time.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{PartnerId, PayoutId, PayoutRunId};
use crate::base::money::{Currency, Money};
use crate::payout_files::end_to_end_id;
use crate::payout_methods::model::MethodKind;
use crate::payout_runs::model::{Block, Blocked, State, Warning};
use crate::tax::model::{Vat, Worked};
use chrono::{DateTime, Utc};

/// A payout as a list shows it.
#[derive(Clone, Debug)]
pub struct PayoutLine {
    /// Its number.
    pub id: PayoutId,
    /// Whose it is.
    pub partner: PartnerId,
    /// How banks and files name it.
    pub reference: String,
    /// The partner's code.
    pub code: String,
    /// The partner's name.
    pub name: String,
    /// What leaves the house.
    pub amount: Money,
    /// How that is made of what was earned.
    pub worked: Worked,
    /// Where it stands.
    pub state: State,
    /// By which kind of method.
    pub method: MethodKind,
    /// Enough of the account to recognise it.
    pub masked: String,
    /// What to look at.
    pub warnings: Vec<Warning>,
}

/// Which payouts.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Of one partner, by its code.
    pub partner: Option<String>,
    /// In one state.
    pub state: Option<State>,
    /// Only those with a warning.
    pub warned: bool,
    /// Only those that wait, to a method that its partner has changed since.
    pub method_changed: bool,
    /// One of them.
    pub only: Option<PayoutId>,
    /// Those after this one.
    pub after: Option<PayoutId>,
}

/// Payouts of a run in the order they were made.
///
/// # Errors
/// When the database is away.
pub async fn payouts(tx: &mut Tx, run: PayoutRunId, wanted: &Wanted, most: i64) -> Result<Vec<PayoutLine>, AppError> {
    let rows = sqlx::query!(
        "SELECT p.payout_id, p.partner_id, n.code, n.name, p.currency, p.amount, p.vat_treatment, p.vat_percent, p.vat, p.withheld_percent, p.withheld,
                p.fee, p.total AS \"total!\", p.state, m.kind, m.masked, p.warnings
         FROM payout p JOIN partner n USING (partner_id) JOIN payout_method m USING (partner_id, payout_method_id)
         WHERE p.payout_run_id = $1 AND ($2::text IS NULL OR n.code = $2) AND ($3::text IS NULL OR p.state = $3)
           AND (NOT $4 OR p.warnings <> '{}') AND ($5::bigint IS NULL OR p.payout_id = $5) AND p.payout_id > $6
           AND (NOT $8 OR EXISTS (SELECT FROM payout_way w WHERE w.partner_id = p.partner_id AND w.payout_id = p.payout_id
                                  AND w.state IN ('scheduled', 'approved', 'held') AND NOT w.stands))
         ORDER BY p.payout_id LIMIT $7",
        run.0,
        wanted.partner,
        wanted.state.map(State::as_str),
        wanted.warned,
        wanted.only.map(|payout| payout.0),
        wanted.after.map_or(0, |payout| payout.0),
        most,
        wanted.method_changed,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let unknown =
                || AppError::Internal("a payout in no known state, by no known method, or of no known tax".into());
            Ok(PayoutLine {
                id: row.payout_id.into(),
                partner: row.partner_id.into(),
                reference: end_to_end_id(row.payout_id),
                code: row.code,
                name: row.name,
                amount: Money::new(row.total, Currency::parse(&row.currency)?),
                worked: Worked {
                    net: row.amount,
                    treatment: Vat::parse(&row.vat_treatment).ok_or_else(unknown)?,
                    vat_percent: row.vat_percent,
                    vat: row.vat,
                    withheld_percent: row.withheld_percent,
                    withheld: row.withheld,
                    fee: row.fee,
                    total: row.total,
                },
                state: State::parse(&row.state).ok_or_else(unknown)?,
                method: MethodKind::parse(&row.kind).ok_or_else(unknown)?,
                masked: row.masked,
                warnings: row.warnings.iter().filter_map(|warning| Warning::parse(warning)).collect(),
            })
        })
        .collect()
}

/// How many payouts have each warning.
///
/// # Errors
/// When the database is away.
pub async fn warnings(tx: &mut Tx, run: PayoutRunId) -> Result<Vec<(Warning, i64)>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT warning AS "warning!", count(*) AS "payouts!" FROM payout, unnest(warnings) AS warning
           WHERE payout_run_id = $1 AND state <> 'cancelled' GROUP BY 1"#,
        run.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut found: Vec<_> =
        rows.into_iter().filter_map(|row| Some((Warning::parse(&row.warning)?, row.payouts))).collect();
    found.sort_by_key(|(warning, _)| Warning::ALL.iter().position(|one| one == warning));
    Ok(found)
}

/// Somebody who is not paid, and every reason.
#[derive(Clone, Debug)]
pub struct BlockLine {
    /// Who.
    pub partner: PartnerId,
    /// The partner's code.
    pub code: String,
    /// The partner's name.
    pub name: String,
    /// What would have been paid; below zero where the partner owes.
    pub payable: Money,
    /// Why not, the weightiest first.
    pub reasons: Vec<Blocked>,
}

/// Who is not paid in a run, in the order of the partners' numbers; for one weightiest reason where it is given.
///
/// # Errors
/// When the database is away.
pub async fn blocks(
    tx: &mut Tx,
    run: PayoutRunId,
    reason: Option<Block>,
    after: Option<PartnerId>,
    most: i64,
) -> Result<Vec<BlockLine>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT b.partner_id, n.code, n.name, b.currency, b.payable, b.reason, b.amount, b.until, b.code AS bank_code
           FROM (SELECT DISTINCT partner_id FROM payout_block
                 WHERE payout_run_id = $1 AND partner_id > $3 AND ($2::text IS NULL OR (reason = $2 AND position = 1))
                 ORDER BY partner_id LIMIT $4) AS one
           JOIN payout_block b ON b.payout_run_id = $1 AND b.partner_id = one.partner_id JOIN partner n ON n.partner_id = b.partner_id
           ORDER BY b.partner_id, b.currency, b.position"#,
        run.0,
        reason.map(Block::as_str),
        after.map_or(0, |partner| partner.0),
        most,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut lines: Vec<BlockLine> = Vec::new();
    for row in rows {
        let payable = Money::new(row.payable, Currency::parse(&row.currency)?);
        let partner = PartnerId(row.partner_id);
        let is_next =
            lines.last().is_none_or(|last| last.partner != partner || last.payable.currency != payable.currency);
        if is_next {
            lines.push(BlockLine { partner, code: row.code, name: row.name, payable, reasons: Vec::new() });
        }
        let reason =
            Block::parse(&row.reason).ok_or_else(|| AppError::Internal("a block of no known reason".into()))?;
        if let Some(line) = lines.last_mut() {
            line.reasons.push(Blocked { reason, amount: row.amount, until: row.until, code: row.bank_code });
        }
    }
    Ok(lines)
}

/// How many are not paid for each weightiest reason, and how much that is in each currency.
///
/// # Errors
/// When the database is away.
pub async fn block_counts(tx: &mut Tx, run: PayoutRunId) -> Result<Vec<(Block, i64, Money)>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT reason, currency, count(*) AS "partners!", sum(payable) AS "payable!" FROM payout_block
           WHERE payout_run_id = $1 AND position = 1 GROUP BY 1, 2"#,
        run.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut found = Vec::new();
    for row in rows {
        let reason =
            Block::parse(&row.reason).ok_or_else(|| AppError::Internal("a block of no known reason".into()))?;
        found.push((reason, row.partners, Money::new(row.payable, Currency::parse(&row.currency)?)));
    }
    found.sort_by_key(|(reason, _, money)| (*reason, money.currency.code().to_owned()));
    Ok(found)
}

/// One step of a payout.
#[derive(Clone, Debug)]
pub struct Event {
    /// Where it stood before.
    pub from: Option<State>,
    /// Where it stands since.
    pub to: State,
    /// Who of the staff, where it was staff.
    pub by: Option<String>,
    /// `staff`, `command` or `bank`.
    pub by_kind: String,
    /// Why, where somebody said.
    pub reason: String,
    /// The bank's code for what went wrong.
    pub code: Option<String>,
    /// What the bank calls it.
    pub bank_reference: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// The steps of a payout, the first one first.
///
/// # Errors
/// When the database is away.
pub async fn events(tx: &mut Tx, partner: PartnerId, payout: PayoutId) -> Result<Vec<Event>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT e.from_state, e.to_state, s.name AS "by?", e.by_kind, e.reason, e.code, e.bank_reference, e.at
           FROM payout_event e LEFT JOIN staff s ON s.person_id = e.by_id
           WHERE e.partner_id = $1 AND e.payout_id = $2 ORDER BY e.seq"#,
        partner.0,
        payout.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Event {
                from: State::parse(&row.from_state),
                to: State::parse(&row.to_state)
                    .ok_or_else(|| AppError::Internal("a payout in no known state".into()))?,
                by: row.by,
                by_kind: row.by_kind,
                reason: row.reason,
                code: row.code,
                bank_reference: row.bank_reference,
                at: row.at,
            })
        })
        .collect()
}
