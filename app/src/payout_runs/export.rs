//! Files for banks and payment services: made once, kept sealed, given out with the same bytes for ever.
//!
//! A payout is submitted in the transaction that keeps its file, before the first byte leaves the house. Whoever dies
//! afterwards finds the file again; nothing is sent under another name.

use super::outgoing;
use super::sealed::{self, Pieces};
use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::crash;
use crate::base::db::{Db, Tx};
use crate::base::error::AppError;
use crate::base::ids::{PayoutFileId, PayoutRunId, ProgrammeId};
use crate::base::money::Currency;
use crate::base::secrets::{KeyId, Secrets};
use crate::funds;
use crate::payout_files::model::{Destination, Header, Order, Payer, WiseRecipient};
use crate::payout_files::{FileError, bank_csv, end_to_end_id, pain001, paypal, wise};
use crate::payout_methods::address::Address;
use crate::payout_methods::model::MethodKind;
use crate::payout_methods::secrets as methods;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::json;
use std::io::Write;

/// Payouts read at once.
const BATCH: i64 = 2_000;

/// Kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// ISO 20022 pain.001.001.09, for accounts with an IBAN.
    Pain001,
    /// A bank's CSV, for British accounts.
    Bank,
    /// PayPal Payouts.
    PayPal,
    /// Wise batch payments.
    Wise,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Pain001, Self::Bank, Self::PayPal, Self::Wise];

    /// As the database and the command line write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pain001 => "pain.001",
            Self::Bank => "bank",
            Self::PayPal => "paypal",
            Self::Wise => "wise",
        }
    }

    /// From what the database wrote or a form sent.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == text)
    }

    /// The payout methods it pays.
    pub fn method(self) -> MethodKind {
        match self {
            Self::Pain001 => MethodKind::Iban,
            Self::Bank => MethodKind::SortCode,
            Self::PayPal => MethodKind::PayPal,
            Self::Wise => MethodKind::Wise,
        }
    }

    /// Payments that one file holds.
    fn most(self) -> i64 {
        match self {
            Self::Pain001 | Self::Bank => i64::MAX,
            Self::PayPal => i64::try_from(paypal::MOST_PAYMENTS).unwrap_or(i64::MAX),
            Self::Wise => i64::try_from(wise::MOST_PAYMENTS).unwrap_or(i64::MAX),
        }
    }

    fn extension(self) -> &'static str {
        if self == Self::Pain001 { "xml" } else { "csv" }
    }
}

/// A file that was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// Its number.
    pub id: PayoutFileId,
    /// Its format.
    pub format: Format,
    /// What to call it.
    pub name: String,
    /// Its currency.
    pub currency: Currency,
    /// How many payments it holds.
    pub payments: i64,
    /// What they come to.
    pub total: Decimal,
    /// When it was made.
    pub made_at: DateTime<Utc>,
}

/// Why no file was made. Nothing changed then.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The run waits for its release, or was cancelled.
    #[error("the run is not released")]
    NotReleased,
    /// Nobody in the run is paid this way.
    #[error("no payout of this run goes out in a file of this kind")]
    NothingToSend,
    /// The programme's own account is missing.
    #[error("the programme has no account to pay {0} from; `partnerdesk programme account` names one")]
    NoPayerAccount(Currency),
    /// The payout account does not cover it.
    #[error("{0} {1} is missing on the payout account; `partnerdesk ledger fund` records what was put there")]
    FundsMissing(Decimal, Currency),
    /// A payment, or the payer, does not fit into the file.
    #[error("{0}; a payout that can't be written can be held, then the rest goes out")]
    File(#[from] FileError),
    /// The database said no, or is away.
    #[error(transparent)]
    App(#[from] AppError),
}

impl From<sqlx::Error> for ExportError {
    fn from(error: sqlx::Error) -> Self {
        Self::App(error.into())
    }
}

/// Puts every approved payout of a run that is paid this way into files, and gives all files of the run and format, those
/// made before included.
///
/// # Errors
/// When the run is not released, there is nothing to send, or a payment can't be written.
pub async fn export(
    db: &Db,
    secrets: &Secrets,
    actor: &Actor,
    run: PayoutRunId,
    format: Format,
    now: DateTime<Utc>,
) -> Result<Vec<Made>, ExportError> {
    let mut tx = db.begin(&Actor::Job).await?;
    let row = sqlx::query!(
        r#"SELECT r.programme_id, p.name, p.currency, r.pay_day,
                  r.cancelled_at IS NULL AND EXISTS (SELECT FROM payout_release l WHERE l.payout_run_id = r.payout_run_id) AS "released!"
           FROM payout_run r JOIN programme p USING (programme_id) WHERE r.payout_run_id = $1 FOR UPDATE OF r"#,
        run.0,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(AppError::NotFound)?;
    if !row.released {
        return Err(ExportError::NotReleased);
    }
    let sending = Sending {
        programme: row.programme_id.into(),
        programme_name: row.name,
        programme_currency: Currency::parse(&row.currency).map_err(AppError::from)?,
        run,
        pay_day: row.pay_day,
        format,
        actor,
        now,
    };
    let currencies = sqlx::query_scalar!(
        "SELECT DISTINCT p.currency FROM payout p JOIN payout_method m USING (partner_id, payout_method_id)
         WHERE p.payout_run_id = $1 AND p.state = 'approved' AND m.kind = $2 ORDER BY 1",
        run.0,
        format.method().as_str(),
    )
    .fetch_all(&mut *tx)
    .await?;
    for currency in currencies {
        let currency = Currency::parse(&currency).map_err(AppError::from)?;
        sending.check_funds(&mut tx, currency).await?;
        while sending.make(&mut tx, secrets, currency).await? {}
    }
    crash::point("payouts.export.written");
    tx.commit().await?;
    crash::point("payouts.export.committed");
    let mut tx = db.begin(&Actor::Job).await?;
    let made: Vec<Made> = files(&mut tx, run).await?.into_iter().filter(|made| made.format == format).collect();
    if made.is_empty() { Err(ExportError::NothingToSend) } else { Ok(made) }
}

/// What all files of one export share.
struct Sending<'a> {
    programme: ProgrammeId,
    programme_name: String,
    programme_currency: Currency,
    run: PayoutRunId,
    pay_day: NaiveDate,
    format: Format,
    actor: &'a Actor,
    now: DateTime<Utc>,
}

impl Sending<'_> {
    /// Whether the payout account covers what would be sent, where the house keeps its funds here.
    async fn check_funds(&self, tx: &mut Tx, currency: Currency) -> Result<(), ExportError> {
        let Some(left) = funds::store::left_for_sending(tx, self.programme, currency).await? else { return Ok(()) };
        let wanted = sqlx::query_scalar!(
            r#"SELECT coalesce(sum(p.total), 0) AS "wanted!" FROM payout p JOIN payout_method m USING (partner_id, payout_method_id)
               WHERE p.payout_run_id = $1 AND p.state = 'approved' AND p.currency = $2 AND m.kind = $3"#,
            self.run.0,
            currency.code(),
            self.format.method().as_str(),
        )
        .fetch_one(&mut **tx)
        .await?;
        if wanted > left { Err(ExportError::FundsMissing(currency.round(wanted - left), currency)) } else { Ok(()) }
    }

    /// Makes the next file of a currency; `false` where everything is in one.
    async fn make(&self, tx: &mut Tx, secrets: &Secrets, currency: Currency) -> Result<bool, ExportError> {
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
            pay_day: self.pay_day.max(self.now.date_naive()),
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
                                "total": total, "sha256": hex::encode(&written.sha256) }),
            ),
            ..Change::default()
        };
        record(tx, self.actor, self.now, &format!("payout-file-{id}"), change).await?;
        Ok(true)
    }

    /// Takes approved payouts into the file and submits them; gives how many and how much. Whoever holds or cancels one at
    /// the same moment meets this at the key of its events.
    async fn take(&self, tx: &mut Tx, file: i64, currency: Currency) -> Result<(i64, Decimal), AppError> {
        sqlx::query!(
            "INSERT INTO payout_in_file (partner_id, payout_id, payout_file_id)
             SELECT p.partner_id, p.payout_id, $4 FROM payout p JOIN payout_method m USING (partner_id, payout_method_id)
             WHERE p.payout_run_id = $1 AND p.state = 'approved' AND m.kind = $2 AND p.currency = $3
               AND p.payout_id NOT IN (SELECT n.payout_id FROM not_to_be_sent($1) n)
             ORDER BY p.payout_id LIMIT $5",
            self.run.0,
            self.format.method().as_str(),
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
        &self,
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
        }
        writer.finish()?;
        let (last, written) = out.end().map_err(FileError::Io)?;
        sealed::keep(tx, secrets, file, pieces, last).await?;
        Ok(written)
    }

    async fn orders(
        &self,
        tx: &mut Tx,
        secrets: &Secrets,
        file: i64,
        after: i64,
    ) -> Result<Vec<(i64, Order)>, AppError> {
        let rows = sqlx::query!(
            r#"SELECT p.partner_id, p.payout_id, p.total AS "total!", p.currency, m.kind, m.holder_name,
                      m.ciphertext AS "ciphertext!", m.key_id AS "key_id!: KeyId"
               FROM payout_in_file i JOIN payout p USING (partner_id, payout_id) JOIN payout_method m USING (partner_id, payout_method_id)
               WHERE i.payout_file_id = $1 AND p.payout_id > $2
               ORDER BY p.payout_id LIMIT $3"#,
            file,
            after,
            BATCH,
        )
        .fetch_all(&mut **tx)
        .await?;
        rows.into_iter()
            .map(|row| {
                let kind = MethodKind::parse(&row.kind)
                    .ok_or_else(|| AppError::Internal("a payout method of no known kind".into()))?;
                let address = methods::open(secrets, row.partner_id.into(), kind, row.key_id, &row.ciphertext)?;
                let name = end_to_end_id(row.payout_id);
                let order = Order {
                    remittance: format!("{} {name}", self.programme_name),
                    end_to_end_id: name,
                    amount: row.total,
                    currency: row.currency,
                    name: row.holder_name,
                    holder: None,
                    address: None,
                    to: destination(address),
                };
                Ok((row.payout_id, order))
            })
            .collect()
    }
}

fn destination(address: Address) -> Destination {
    match address {
        Address::Iban { iban, bic } => Destination::Iban { iban, bic },
        Address::SortCode { sort_code, account } => Destination::SortCode { sort_code, account },
        Address::PayPal(email) => Destination::PayPal { email },
        Address::Wise(email) => Destination::Wise(WiseRecipient::Email(email)),
    }
}

/// A writer of any format.
enum Writer {
    Pain001(pain001::Writer<Pieces>),
    Bank(bank_csv::Writer<Pieces>),
    PayPal(paypal::Writer<Pieces>),
    Wise(wise::Writer<Pieces>),
}

impl Writer {
    fn new(sending: &Sending<'_>, out: Pieces, header: &Header) -> Result<Self, FileError> {
        Ok(match sending.format {
            Format::Pain001 => Self::Pain001(pain001::Writer::new(out, header)?),
            Format::Bank => Self::Bank(bank_csv::Writer::new(out, header)?),
            Format::PayPal => Self::PayPal(paypal::Writer::new(out, header, paypal::DecimalMark::Point)?),
            Format::Wise => {
                Self::Wise(wise::Writer::new(out, header, wise::Columns::email(), sending.programme_currency.code())?)
            }
        })
    }

    fn push(&mut self, order: &Order) -> Result<(), FileError> {
        match self {
            Self::Pain001(writer) => writer.push(order),
            Self::Bank(writer) => writer.push(order),
            Self::PayPal(writer) => writer.push(order),
            Self::Wise(writer) => writer.push(order),
        }
    }

    fn finish(self) -> Result<Pieces, FileError> {
        match self {
            Self::Pain001(writer) => writer.finish(),
            Self::Bank(writer) => writer.finish(),
            Self::PayPal(writer) => writer.finish(),
            Self::Wise(writer) => writer.finish(),
        }
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
