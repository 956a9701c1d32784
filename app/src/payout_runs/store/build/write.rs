//! Writing what a batch comes to: payouts with their allocations, and why the others are not paid.

use crate::base::crash;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::PayoutRunId;
use crate::payout_runs::model::{Blocked, Run, Warning};
use crate::payout_runs::rules::Candidate;
use crate::tax::model::Worked;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// Somebody who is paid.
pub(super) struct Pay {
    pub candidate: Candidate,
    pub method: i64,
    pub warnings: Vec<Warning>,
    pub worked: Worked,
}

pub(super) async fn write_payouts(
    tx: &mut Tx,
    run: &Run,
    partners: &[i64],
    cutoffs: &[DateTime<Utc>],
    pay: Vec<Pay>,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let paid: Vec<i64> = pay.iter().map(|one| one.candidate.partner.0).collect();
    let currencies: Vec<String> = pay.iter().map(|one| one.candidate.currency.code().to_owned()).collect();
    let methods: Vec<i64> = pay.iter().map(|one| one.method).collect();
    let warnings: Vec<String> = pay
        .iter()
        .map(|one| one.warnings.iter().map(|warning| warning.as_str()).collect::<Vec<_>>().join(","))
        .collect();
    let amounts = |of: fn(&Worked) -> Decimal| -> Vec<Decimal> { pay.iter().map(|one| of(&one.worked)).collect() };
    // Of tax data that no policy asks for, nothing is cited.
    let policies: Vec<Option<i64>> = pay.iter().map(|one| Some(one.candidate.taxed.policy.as_ref()?.id)).collect();
    let profiles: Vec<Option<i64>> = pay
        .iter()
        .map(|one| {
            one.candidate.taxed.policy.as_ref().and(one.candidate.taxed.profile.as_ref()).map(|profile| profile.id)
        })
        .collect();
    let treatments: Vec<String> = pay.iter().map(|one| one.worked.treatment.as_str().to_owned()).collect();
    sqlx::query!(
        "INSERT INTO payout (programme_id, partner_id, payout_run_id, currency, amount, payout_method_id, pay_day, warnings, created_at,
                             tax_policy_id, tax_profile_id, vat_treatment, vat_percent, withheld_percent, vat, withheld, fee)
         SELECT $1, partner_id, $2, currency, amount, method, $3, coalesce(string_to_array(nullif(warnings, ''), ','), '{}'), $4,
                policy, profile, treatment, vat_percent, withheld_percent, vat, withheld, fee
         FROM unnest($5::bigint[], $6::text[], $7::numeric[], $8::bigint[], $9::text[], $10::bigint[], $11::bigint[], $12::text[], $13::numeric[],
                     $14::numeric[], $15::numeric[], $16::numeric[], $17::numeric[])
              AS one (partner_id, currency, amount, method, warnings, policy, profile, treatment, vat_percent, withheld_percent, vat, withheld, fee)",
        run.programme.0,
        run.id.0,
        run.pay_day,
        now,
        &paid,
        &currencies,
        &amounts(|worked| worked.net),
        &methods,
        &warnings,
        &policies as &[Option<i64>],
        &profiles as &[Option<i64>],
        &treatments,
        &amounts(|worked| worked.vat_percent),
        &amounts(|worked| worked.withheld_percent),
        &amounts(|worked| worked.vat),
        &amounts(|worked| worked.withheld),
        &amounts(|worked| worked.fee),
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "INSERT INTO payout_allocation (partner_id, payout_id, transfer_id, conversion_id, kind, amount)
         SELECT i.partner_id, p.payout_id, i.transfer_id, i.conversion_id, i.kind, i.amount
         FROM payable_items($2, $3) i
         JOIN payout p ON p.payout_run_id = $1 AND p.partner_id = i.partner_id AND p.currency = i.currency",
        run.id.0,
        partners,
        cutoffs,
    )
    .execute(&mut **tx)
    .await?;
    crash::point("payouts.build.allocated");
    sqlx::query!(
        "INSERT INTO payout_event (partner_id, payout_id, seq, from_state, to_state, by_kind, at, booked_at)
         SELECT partner_id, payout_id, 1, '', 'scheduled', 'command', $3, $3
         FROM payout WHERE payout_run_id = $1 AND partner_id = ANY($2)",
        run.id.0,
        partners,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn write_blocks(
    tx: &mut Tx,
    run: PayoutRunId,
    blocked: Vec<(Candidate, Vec<Blocked>)>,
) -> Result<(), AppError> {
    let rows = || {
        blocked.iter().flat_map(|(candidate, reasons)| {
            (1..).zip(reasons).map(move |(position, reason)| (candidate, position, reason))
        })
    };
    let partners: Vec<i64> = rows().map(|(candidate, ..)| candidate.partner.0).collect();
    let currencies: Vec<String> = rows().map(|(candidate, ..)| candidate.currency.code().to_owned()).collect();
    let positions: Vec<i32> = rows().map(|(_, position, _)| position).collect();
    let payable: Vec<Decimal> = rows().map(|(candidate, ..)| candidate.payable).collect();
    let reasons: Vec<String> = rows().map(|(.., blocked)| blocked.reason.as_str().to_owned()).collect();
    let amounts: Vec<Option<Decimal>> = rows().map(|(.., blocked)| blocked.amount).collect();
    let until: Vec<Option<DateTime<Utc>>> = rows().map(|(.., blocked)| blocked.until).collect();
    let codes: Vec<Option<String>> = rows().map(|(.., blocked)| blocked.code.clone()).collect();
    sqlx::query!(
        "INSERT INTO payout_block (partner_id, payout_run_id, currency, position, payable, reason, amount, until, code)
         SELECT partner_id, $1, currency, position, payable, reason, amount, until, code
         FROM unnest($2::bigint[], $3::text[], $4::integer[], $5::numeric[], $6::text[], $7::numeric[], $8::timestamptz[], $9::text[])
              AS one (partner_id, currency, position, payable, reason, amount, until, code)",
        run.0,
        &partners,
        &currencies,
        &positions,
        &payable,
        &reasons,
        &amounts as &[Option<Decimal>],
        &until as &[Option<DateTime<Utc>>],
        &codes as &[Option<String>],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
