//! What stands above a run's pages: who did what to it, what was made of it, and what was answered.

use super::read::list;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{PayoutFileId, PayoutRunId, PersonId};
use crate::base::money::{Currency, Money};
use crate::payout_runs::export::Format;
use crate::payout_runs::model::Listed;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

/// Somebody of the staff.
pub type Person = (PersonId, String);

/// A run with its people.
#[derive(Clone, Debug)]
pub struct Head {
    /// The run and what is in it.
    pub listed: Listed,
    /// The programme's name.
    pub programme: String,
    /// The zone of its accounting days.
    pub zone: Tz,
    /// Off-cycle: the partner's code and name.
    pub partner: Option<(String, String)>,
    /// Who built it; `None`: the command line.
    pub builder: Option<Person>,
    /// When it was asked for.
    pub started_at: DateTime<Utc>,
    /// When everybody had been gone through.
    pub built_at: Option<DateTime<Utc>>,
    /// Its release.
    pub release: Option<Released>,
    /// When, by whom (`None`: the command line) and why it was given up.
    pub cancelled: Option<(DateTime<Utc>, Option<String>, String)>,
    /// When the oldest file was made on which the bank has not answered in full.
    pub out_since: Option<DateTime<Utc>>,
    /// What partners were told of delays, the oldest first.
    pub delays: Vec<Delay>,
}

/// A release.
#[derive(Clone, Debug)]
pub struct Released {
    /// Who; `None`: the command line.
    pub by: Option<Person>,
    /// Whether builder and releaser are one, as there was no other owner.
    pub sole_control: bool,
    /// When.
    pub at: DateTime<Utc>,
}

/// A delay that partners were told of.
#[derive(Clone, Debug)]
pub struct Delay {
    /// The new pay day.
    pub day: NaiveDate,
    /// What they read.
    pub message: String,
    /// Who told them.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl Head {
    /// The pay day that partners were told last.
    pub fn promised(&self) -> NaiveDate {
        self.delays.last().map_or(self.listed.run.pay_day, |delay| delay.day)
    }

    /// The builder's number.
    pub fn built_by(&self) -> Option<PersonId> {
        self.builder.as_ref().map(|(person, _)| *person)
    }
}

/// One run with its people.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub async fn head(tx: &mut Tx, run: PayoutRunId) -> Result<Head, AppError> {
    let listed = list(tx, Some(run), 1).await?.pop().ok_or(AppError::NotFound)?;
    let row = sqlx::query!(
        r#"SELECT h.name, h.time_zone, r.started_at, r.built_at, r.cancelled_at, r.cancel_reason,
                  b.person_id AS "builder_id?", b.name AS "builder?", c.name AS "canceller?", l.released_at AS "released_at?",
                  l.sole_control AS "sole_control?", o.person_id AS "releaser_id?", o.name AS "releaser?", p.code AS "partner?", p.name AS "partner_name?",
                  (SELECT min(f.made_at) FROM payout_file f
                   WHERE f.payout_run_id = r.payout_run_id AND EXISTS (
                       SELECT FROM payout_in_file i JOIN payout q USING (partner_id, payout_id)
                       WHERE i.payout_file_id = f.payout_file_id AND q.state IN ('submitted', 'unknown'))
                     AND NOT EXISTS (SELECT FROM payout_file_withdrawn d WHERE d.payout_file_id = f.payout_file_id)) AS out_since
           FROM payout_run r JOIN programme h USING (programme_id)
           LEFT JOIN staff b ON b.person_id = r.builder_id
           LEFT JOIN staff c ON c.person_id = r.cancelled_by
           LEFT JOIN payout_release l ON l.payout_run_id = r.payout_run_id
           LEFT JOIN staff o ON o.person_id = l.releaser_id
           LEFT JOIN partner p ON p.partner_id = r.partner_id
           WHERE r.payout_run_id = $1"#,
        run.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    let release = row.released_at.map(|at| Released {
        by: row.releaser_id.map(PersonId).zip(row.releaser),
        sole_control: row.sole_control == Some(true),
        at,
    });
    Ok(Head {
        listed,
        programme: row.name,
        zone: row.time_zone.parse().unwrap_or(Tz::UTC),
        partner: row.partner.zip(row.partner_name),
        builder: row.builder_id.map(PersonId).zip(row.builder),
        started_at: row.started_at,
        built_at: row.built_at,
        release,
        cancelled: row.cancelled_at.zip(row.cancel_reason).map(|(at, reason)| (at, row.canceller, reason)),
        out_since: row.out_since,
        delays: delays(tx, run).await?,
    })
}

async fn delays(tx: &mut Tx, run: PayoutRunId) -> Result<Vec<Delay>, AppError> {
    Ok(sqlx::query_as!(
        Delay,
        r#"SELECT new_pay_day AS day, message, told_by_name AS by, told_at AS at FROM payout_delay
           WHERE payout_run_id = $1 ORDER BY payout_delay_id"#,
        run.0,
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Who else may release what this person built.
///
/// # Errors
/// When the database is away.
pub async fn other_owners(tx: &mut Tx, person: PersonId) -> Result<Vec<String>, AppError> {
    Ok(sqlx::query_scalar!(
        "SELECT s.name FROM staff s JOIN person p USING (person_id)
         WHERE s.role = 'owner' AND s.person_id <> $1 AND s.disabled_at IS NULL AND p.disabled_at IS NULL ORDER BY s.name",
        person.0,
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// A file of a run, as its page shows it.
#[derive(Clone, Debug)]
pub struct FileLine {
    /// Its number.
    pub id: PayoutFileId,
    /// Its format.
    pub format: Format,
    /// What it is called.
    pub name: String,
    /// How many payments it holds.
    pub payments: i64,
    /// What they come to.
    pub total: Money,
    /// Who made it; `None`: the command line.
    pub made_by: Option<String>,
    /// When.
    pub made_at: DateTime<Utc>,
    /// Payments of it that wait for the bank.
    pub out: i64,
    /// Whether a bank has answered on anything in it.
    pub answered: bool,
    /// When, by whom and why it was withdrawn, as it was never sent.
    pub withdrawn: Option<(DateTime<Utc>, String, String)>,
}

/// Every file that was made of a run, the oldest first.
///
/// # Errors
/// When the database is away.
pub async fn run_files(tx: &mut Tx, run: PayoutRunId) -> Result<Vec<FileLine>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT f.payout_file_id, f.format, f.file_name, f.payments, f.total, f.currency, m.name AS "made_by?", f.made_at,
                  d.withdrawn_at AS "withdrawn_at?", d.reason AS "reason?", w.name AS "withdrawn_by?",
                  (SELECT count(*) FROM payout_in_file i JOIN payout p USING (partner_id, payout_id)
                   WHERE i.payout_file_id = f.payout_file_id AND p.state IN ('submitted', 'unknown')) AS "out!",
                  EXISTS (SELECT FROM settlement_line l WHERE l.target_kind = 'batch' AND l.target = f.message_id)
                  OR EXISTS (SELECT FROM payout_in_file i JOIN settlement_line l USING (partner_id, payout_id)
                             WHERE i.payout_file_id = f.payout_file_id) AS "answered!"
           FROM payout_file f LEFT JOIN staff m ON m.person_id = f.made_by
           LEFT JOIN payout_file_withdrawn d USING (payout_file_id) LEFT JOIN staff w ON w.person_id = d.withdrawn_by
           WHERE f.payout_run_id = $1 ORDER BY f.payout_file_id"#,
        run.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(FileLine {
                id: row.payout_file_id.into(),
                format: Format::parse(&row.format)
                    .ok_or_else(|| AppError::Internal("a payout file of no known format".into()))?,
                name: row.file_name,
                payments: row.payments,
                total: Money::new(row.total, Currency::parse(&row.currency)?),
                made_by: row.made_by,
                made_at: row.made_at,
                out: row.out,
                answered: row.answered,
                withdrawn: row
                    .withdrawn_at
                    .zip(row.withdrawn_by)
                    .zip(row.reason)
                    .map(|((at, by), reason)| (at, by, reason)),
            })
        })
        .collect()
}

/// Approved payouts that one kind of file takes.
#[derive(Clone, Debug)]
pub struct ToSend {
    /// The format.
    pub format: Format,
    /// How many.
    pub payouts: i64,
    /// What they come to, by currency.
    pub amounts: Vec<Money>,
}

/// What is approved and in no file yet, by the kind of file that takes it; without what goes to a method that was changed.
///
/// # Errors
/// When the database is away.
pub async fn to_send(tx: &mut Tx, run: PayoutRunId) -> Result<Vec<ToSend>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT kind AS "kind!", currency AS "currency!", count(*) AS "payouts!", sum(total) AS "amount!" FROM payout_way
           WHERE payout_run_id = $1 AND state = 'approved' AND stands GROUP BY 1, 2 ORDER BY 2, 1"#,
        run.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut found: Vec<ToSend> = Vec::new();
    for format in Format::ALL {
        let mut one = ToSend { format, payouts: 0, amounts: Vec::new() };
        for row in rows.iter().filter(|row| format.methods().iter().any(|kind| kind.as_str() == row.kind)) {
            one.payouts += row.payouts;
            one.amounts.push(Money::new(row.amount, Currency::parse(&row.currency)?));
        }
        if one.payouts > 0 {
            found.push(one);
        }
    }
    Ok(found)
}

/// An answer that moved payouts of a run.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The file's number.
    pub file: i64,
    /// What it was called.
    pub name: String,
    /// When it was read.
    pub at: DateTime<Utc>,
    /// Who read it; `None`: the command line.
    pub by: Option<String>,
    /// How many payouts it moved.
    pub moved: i64,
}

/// The answers that moved payouts of a run, the oldest first.
///
/// # Errors
/// When the database is away.
pub async fn answers(tx: &mut Tx, run: PayoutRunId) -> Result<Vec<Answer>, AppError> {
    Ok(sqlx::query_as!(
        Answer,
        r#"SELECT f.settlement_file_id AS file, f.file_name AS name, f.read_at AS at, s.name AS "by?", count(*) AS "moved!"
           FROM payout p JOIN payout_event e USING (partner_id, payout_id) JOIN settlement_file f USING (settlement_file_id)
           LEFT JOIN staff s ON s.person_id = f.read_by
           WHERE p.payout_run_id = $1 GROUP BY 1, 2, 3, 4 ORDER BY 1"#,
        run.0,
    )
    .fetch_all(&mut **tx)
    .await?)
}
