//! Making a file and keeping it, finding it again, and writing it out.

use super::format::Format;
use super::writer::Writer;
use super::{ExportError, Made, Sending};
use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::crash;
use crate::base::db::{Db, Tx};
use crate::base::error::AppError;
use crate::base::ids::{PayoutFileId, PayoutRunId};
use crate::base::money::Currency;
use crate::base::secrets::Secrets;
use crate::payout_files::FileError;
use crate::payout_files::model::{Header, Payer};
use crate::payout_runs::outgoing;
use crate::payout_runs::sealed::{self, Pieces};
use crate::payout_runs::store::note_written;
use serde_json::json;
use std::io::Write;

impl Sending<'_> {
    /// Makes the next file of a currency; `false` where everything is in one.
    pub(super) async fn make(
        &mut self,
        tx: &mut Tx,
        secrets: &Secrets,
        currency: Currency,
    ) -> Result<bool, ExportError> {
        let id = sqlx::query_scalar!(r#"SELECT nextval('payout_file_payout_file_id_seq') AS "id!""#)
            .fetch_one(&mut **tx)
            .await?;
        let (payments, total) = self.take(tx, id, currency).await?;
        if payments == 0 {
            return Ok(false);
        }
        crash::point("payouts.export.taken");
        let part = sqlx::query_scalar!(
            r#"SELECT coalesce(max(part), 0) + 1 AS "part!" FROM payout_file WHERE payout_run_id = $1 AND format = $2 AND currency = $3"#,
            self.run.0,
            self.format.as_str(),
            currency.code(),
        )
        .fetch_one(&mut **tx)
        .await?;
        let message_id = format!("PD-RUN-{}-FILE-{id}", self.run);
        let header = Header {
            message_id: message_id.clone(),
            created_at: self.now,
            pay_day: self.pay_day.max(self.today),
            payer: self.payer(tx, currency).await?,
            currency: currency.code().to_owned(),
            payments: payments.unsigned_abs(),
            total,
        };
        let written = self.write(tx, secrets, id, &header).await?;
        let name = format!(
            "payouts-run-{}-{}-{}-{part}.{}",
            self.run,
            self.format.as_str(),
            currency.code().to_lowercase(),
            self.format.extension()
        );
        sqlx::query!(
            "INSERT INTO payout_file (programme_id, payout_run_id, payout_file_id, format, currency, part, message_id, file_name, payments,
                                      total, bytes, sha256, made_by, made_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
            self.programme.0,
            self.run.0,
            id,
            self.format.as_str(),
            currency.code(),
            part,
            message_id,
            name,
            payments,
            total,
            written.bytes,
            written.sha256,
            self.actor.staff().map(|staff| staff.person.0),
            self.now,
        )
        .execute(&mut **tx)
        .await?;
        let change = Change {
            action: "payout_file.made",
            subject: format!("payout_file/{id}"),
            after: Some(
                json!({ "run": self.run, "format": self.format.as_str(), "currency": currency, "payments": payments,
                                "total": total, "sha256": hex::encode(&written.sha256),
                        "wise_header": self.wise.1.filter(|_| self.format == Format::Wise) }),
            ),
            ..Change::default()
        };
        record(tx, self.actor, self.now, &format!("payout-file-{id}"), change).await?;
        Ok(true)
    }

    async fn payer(&self, tx: &mut Tx, currency: Currency) -> Result<Payer, ExportError> {
        let row = sqlx::query!(
            "SELECT name, account, bic FROM payer_account WHERE programme_id = $1 AND currency = $2
             ORDER BY payer_account_id DESC LIMIT 1",
            self.programme.0,
            currency.code(),
        )
        .fetch_optional(&mut **tx)
        .await?;
        match row {
            Some(row) => Ok(Payer { name: row.name, iban: row.account, bic: row.bic, address: None }),
            // Only the bank's own message names the account that pays.
            None if self.format == Format::Pain001 => Err(ExportError::NoPayerAccount(currency)),
            None => Ok(Payer { name: self.programme_name.clone(), iban: String::new(), bic: None, address: None }),
        }
    }

    async fn write(
        &mut self,
        tx: &mut Tx,
        secrets: &Secrets,
        file: i64,
        header: &Header,
    ) -> Result<sealed::Written, ExportError> {
        let out = Pieces::default();
        let mut writer = Writer::new(self, out.clone(), header)?;
        let (mut after, mut pieces) = (0, 0);
        loop {
            let orders = self.orders(tx, secrets, file, after).await?;
            let Some((last, _)) = orders.last() else { break };
            after = *last;
            for (_, order) in &orders {
                writer.push(order)?;
            }
            pieces = sealed::keep(tx, secrets, file, pieces, out.take_full()).await?;
            self.written += i64::try_from(orders.len()).unwrap_or_default();
            if let Some(progress) = &self.progress {
                note_written(&progress.db, progress.work, self.written).await?;
            }
        }
        writer.finish()?;
        let (last, written) = out.end().map_err(FileError::Io)?;
        sealed::keep(tx, secrets, file, pieces, last).await?;
        Ok(written)
    }
}

/// The files of a run that still stand, in the order they were made; what was withdrawn is not among them.
///
/// # Errors
/// When the database is away.
pub async fn files(tx: &mut Tx, run: PayoutRunId) -> Result<Vec<Made>, AppError> {
    let rows = sqlx::query!(
        "SELECT payout_file_id, format, file_name, currency, payments, total, made_at FROM payout_file f
         WHERE payout_run_id = $1 AND NOT EXISTS (SELECT FROM payout_file_withdrawn d WHERE d.payout_file_id = f.payout_file_id)
         ORDER BY payout_file_id",
        run.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Made {
                id: row.payout_file_id.into(),
                format: Format::parse(&row.format)
                    .ok_or_else(|| AppError::Internal("a payout file of no known format".into()))?,
                name: row.file_name,
                currency: Currency::parse(&row.currency)?,
                payments: row.payments,
                total: row.total,
                made_at: row.made_at,
            })
        })
        .collect()
}

/// Writes a file out, byte for byte as it was made, a piece at a time.
///
/// # Errors
/// [`AppError::NotFound`] where there is no such file, [`AppError::Conflict`] where it was withdrawn; otherwise when a piece
/// can't be read or is not what was kept.
pub async fn write(
    db: &Db,
    secrets: &Secrets,
    actor: &Actor,
    file: PayoutFileId,
    out: &mut (dyn Write + Send),
) -> Result<(), AppError> {
    let mut outgoing = outgoing::open(db, secrets, actor, file).await?;
    while let Some(part) = outgoing.next().await? {
        out.write_all(&part).map_err(|error| AppError::Internal(format!("payout file {file}: {error}")))?;
    }
    Ok(())
}
