//! Taking released payouts into a file.

use super::{ExportError, Sending};
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::money::Currency;
use crate::funds;
use rust_decimal::Decimal;

impl Sending<'_> {
    /// Whether the payout account covers what would be sent, where the house keeps its funds here.
    pub(super) async fn check_funds(&self, tx: &mut Tx, currency: Currency) -> Result<(), ExportError> {
        let Some(left) = funds::store::left_for_sending(tx, self.programme, currency).await? else { return Ok(()) };
        let wanted = sqlx::query_scalar!(
            r#"SELECT coalesce(sum(total), 0) AS "wanted!" FROM payout_way
               WHERE payout_run_id = $1 AND state = 'approved' AND currency = $2 AND kind = ANY($3) AND stands"#,
            self.run.0,
            currency.code(),
            &self.format.kinds(),
        )
        .fetch_one(&mut **tx)
        .await?;
        if wanted > left { Err(ExportError::FundsMissing(currency.round(wanted - left), currency)) } else { Ok(()) }
    }

    /// Takes approved payouts into the file and submits them; gives how many and how much. Whoever holds or cancels one at
    /// the same moment meets this at the key of its events.
    pub(super) async fn take(&self, tx: &mut Tx, file: i64, currency: Currency) -> Result<(i64, Decimal), AppError> {
        sqlx::query!(
            "INSERT INTO payout_in_file (partner_id, payout_id, payout_file_id)
             SELECT partner_id, payout_id, $4 FROM payout_way
             WHERE payout_run_id = $1 AND state = 'approved' AND kind = ANY($2) AND currency = $3 AND stands
               AND payout_id NOT IN (SELECT n.payout_id FROM not_to_be_sent($1) n)
             ORDER BY payout_id LIMIT $5",
            self.run.0,
            &self.format.kinds(),
            currency.code(),
            file,
            self.format.most(),
        )
        .execute(&mut **tx)
        .await?;
        sqlx::query!(
            "INSERT INTO payout_event (partner_id, payout_id, seq, from_state, to_state, by_kind, by_id, at, booked_at)
             SELECT p.partner_id, p.payout_id, p.seq + 1, p.state, 'submitted', CASE WHEN $2::bigint IS NULL THEN 'command' ELSE 'staff' END,
                    $2, $3, $3
             FROM payout_in_file i JOIN payout p USING (partner_id, payout_id) WHERE i.payout_file_id = $1",
            file,
            self.actor.staff().map(|staff| staff.person.0),
            self.now,
        )
        .execute(&mut **tx)
        .await?;
        let row = sqlx::query!(
            r#"SELECT count(*) AS "payments!", coalesce(sum(total), 0) AS "total!"
               FROM payout_in_file i JOIN payout USING (partner_id, payout_id) WHERE i.payout_file_id = $1"#,
            file,
        )
        .fetch_one(&mut **tx)
        .await?;
        Ok((row.payments, row.total))
    }
}
