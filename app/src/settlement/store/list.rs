//! Lines that wait for a person.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::money::{Currency, Money};
use crate::settlement::model::{Disposition, Waiting, outcome};

/// The oldest lines that wait.
///
/// # Errors
/// When the database is away.
pub async fn waiting(tx: &mut Tx, most: i64) -> Result<Vec<Waiting>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT l.settlement_file_id, f.file_name, l.line, l.kind, l.outcome, l.disposition, l.target, l.amount, l.currency, l.on_day,
                  l.bank_reference, l.code, l.text, l.partner_id, l.payout_id, f.read_at
           FROM settlement_line l JOIN settlement_file f USING (settlement_file_id)
           WHERE l.disposition IN ('unmatched', 'wrong_amount', 'contradicts')
             AND NOT EXISTS (SELECT FROM settlement_by_hand h WHERE h.settlement_file_id = l.settlement_file_id AND h.line = l.line)
           ORDER BY l.settlement_file_id, l.line LIMIT $1"#,
        most,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let unknown = || AppError::Internal("a settlement line of no known kind".into());
            Ok(Waiting {
                file: row.settlement_file_id,
                file_name: row.file_name,
                line: row.line,
                kind: row.kind,
                outcome: outcome(&row.outcome).ok_or_else(unknown)?,
                why: Disposition::parse(&row.disposition).ok_or_else(unknown)?,
                target: row.target,
                amount: match row.amount.zip(row.currency) {
                    Some((amount, currency)) => Some(Money::new(amount, Currency::parse(&currency)?)),
                    None => None,
                },
                on: row.on_day,
                bank_reference: row.bank_reference,
                code: row.code,
                text: row.text,
                payout: row.partner_id.zip(row.payout_id).map(|(partner, payout)| (partner.into(), payout.into())),
                read_at: row.read_at,
            })
        })
        .collect()
}
