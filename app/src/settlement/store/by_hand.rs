//! What a person makes of a line that waits.
//!
//! A payment that arrived after it was given back is booked as paid; what its money went into and has not left is given up
//! first. A payment whose file was withdrawn, and that a bank has after all, becomes what the bank says, and goes into no
//! other file.

use crate::audit::store::{Change, record};
use crate::base::actor::Actor;
use crate::base::db::Tx;
use crate::base::error::{AppError, constraint};
use crate::base::ids::{PartnerId, PayoutId, PersonId};
use crate::settlement::files::Outcome;
use crate::settlement::model::outcome;
use crate::settlement::rules::{Part, SaidOfAll};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::json;

/// What a line is about, by a person's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// This payout.
    Payout(PayoutId),
    /// Every payment of the file that it names.
    File,
    /// No payout of ours.
    Nothing,
}

/// How settling by hand ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByHand {
    /// Done, or done before with the same line.
    Done,
    /// There is no such payout, or no such file.
    NoPayout,
    /// The payout does not stand where this could follow.
    DoesNotFollow,
    /// The line's amount is another one than the payout's.
    WrongAmount,
    /// Somebody was quicker.
    Gone,
}

/// Makes a waiting line count, or says that it needs nothing. The caller commits, and gives the transaction up on anything
/// but [`ByHand::Done`].
///
/// # Errors
/// [`AppError::Forbidden`] for anybody but owners and finance.
pub async fn by_hand(
    tx: &mut Tx,
    actor: &Actor,
    (file, line): (i64, i64),
    about: About,
    reason: &str,
    request_id: &str,
    now: DateTime<Utc>,
) -> Result<ByHand, AppError> {
    let person = actor.staff().ok_or(AppError::Forbidden)?.person;
    let said = sqlx::query!(
        "SELECT outcome, target_kind, target, payments, amount, currency FROM settlement_line WHERE settlement_file_id = $1 AND line = $2",
        file,
        line,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?;
    let outcome_ =
        outcome(&said.outcome).ok_or_else(|| AppError::Internal("a settlement line of no known kind".into()))?;
    let meant = match about {
        About::Payout(payout) => of_payout(tx, payout).await?,
        About::File if said.target_kind == "batch" => of_file(tx, &said.target).await?,
        About::File => None,
        About::Nothing => Some(Meant::default()),
    };
    let Some(meant) = meant else { return Ok(ByHand::NoPayout) };
    if let Some(refused) = keep(tx, (file, line), about, &meant, reason, person, now).await? {
        return Ok(refused);
    }
    let words = Words { line: (file, line), person, reason, now };
    let moved = match about {
        About::Nothing => Vec::new(),
        _ => {
            let given = said.currency.as_ref().is_none_or(|currency| Some(currency) == meant.currency.as_ref());
            // What comes back may be less by the bank's fee, and is given back whole; what settles is never another amount.
            let said = SaidOfAll { outcome: outcome_, payments: said.payments, total: said.amount };
            match meant.moved_by(&said, about, given) {
                Ok(payouts) => payouts,
                Err(refused) => return Ok(refused),
            }
        }
    };
    match words.apply(tx, &moved, outcome_).await {
        Ok(true) => {}
        Ok(false) => return Ok(ByHand::DoesNotFollow),
        Err(error) => {
            return match constraint(&error) {
                Some("payout_event_transition" | "payout_event_late_by_hand" | "payout_event_approved_by_an_owner") => {
                    Ok(ByHand::DoesNotFollow)
                }
                Some("payout_event_pkey" | "payout_allocation_live_once") => Ok(ByHand::Gone),
                _ => Err(error.into()),
            };
        }
    }
    let change = Change {
        action: if about == About::Nothing { "settlement.dismissed" } else { "settlement.matched" },
        subject: format!("settlement_line/{file}/{line}"),
        partner: match about {
            About::Payout(_) => meant.payouts.first().map(|one| one.partner),
            _ => None,
        },
        before: match about {
            About::Payout(_) => meant.payouts.first().map(|one| json!({ "state": one.state })),
            _ => None,
        },
        after: Some(match about {
            About::Payout(payout) => json!({ "payout": payout, "outcome": said.outcome, "reason": reason }),
            About::File => json!({ "payouts": moved.len(), "outcome": said.outcome, "reason": reason }),
            About::Nothing => json!({ "payout": None::<i64>, "outcome": said.outcome, "reason": reason }),
        }),
        ..Change::default()
    };
    record(tx, actor, now, request_id, change).await?;
    Ok(ByHand::Done)
}

/// The payouts that a person means.
#[derive(Default)]
struct Meant {
    file: Option<i64>,
    currency: Option<String>,
    payouts: Vec<One>,
}

struct One {
    partner: PartnerId,
    payout: i64,
    total: Decimal,
    state: String,
    was_in_file: bool,
}

async fn of_payout(tx: &mut Tx, payout: PayoutId) -> Result<Option<Meant>, AppError> {
    let found = sqlx::query!(
        r#"SELECT p.partner_id AS "partner_id: PartnerId", p.payout_id, p.total AS "total!", p.currency, p.state,
                  EXISTS (SELECT FROM payout_in_file i WHERE i.partner_id = p.partner_id AND i.payout_id = p.payout_id) AS "was_in_file!"
           FROM payout p WHERE p.payout_id = $1"#,
        payout.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.map(|found| Meant {
        file: None,
        currency: Some(found.currency),
        payouts: vec![One {
            partner: found.partner_id,
            payout: found.payout_id,
            total: found.total,
            state: found.state,
            was_in_file: found.was_in_file,
        }],
    }))
}

async fn of_file(tx: &mut Tx, message: &str) -> Result<Option<Meant>, AppError> {
    let file = sqlx::query!("SELECT payout_file_id, currency FROM payout_file WHERE message_id = $1", message)
        .fetch_optional(&mut **tx)
        .await?;
    let Some(file) = file else { return Ok(None) };
    let payouts = sqlx::query!(
        r#"SELECT p.partner_id AS "partner_id: PartnerId", p.payout_id, p.total AS "total!", p.state
           FROM payout_in_file i JOIN payout p USING (partner_id, payout_id) WHERE i.payout_file_id = $1 ORDER BY p.payout_id"#,
        file.payout_file_id,
    )
    .fetch_all(&mut **tx)
    .await?
    .into_iter()
    .map(|row| One {
        partner: row.partner_id,
        payout: row.payout_id,
        total: row.total,
        state: row.state,
        was_in_file: true,
    })
    .collect();
    Ok(Some(Meant { file: Some(file.payout_file_id), currency: Some(file.currency), payouts }))
}

impl Meant {
    fn sum(&self, wanted: impl Fn(&One) -> bool) -> Part {
        self.payouts
            .iter()
            .filter(|one| wanted(one))
            .fold(Part::default(), |sum, one| Part { payments: sum.payments + 1, total: sum.total + one.total })
    }

    /// Those that the line moves: what waits for the bank or was taken back from its door, and what was given back where
    /// that is what the line adds up to.
    fn moved_by(&self, said: &SaidOfAll, about: About, same_currency: bool) -> Result<Vec<i64>, ByHand> {
        let ids = |wanted: &dyn Fn(&One) -> bool| -> Vec<i64> {
            self.payouts.iter().filter(|one| wanted(one)).map(|one| one.payout).collect()
        };
        let settles = said.outcome == Outcome::Settled;
        if about != About::File {
            // What was in no file has not been sent, whatever a line says.
            if self.payouts.iter().any(|one| one.is_unsent()) {
                return Err(ByHand::DoesNotFollow);
            }
            let differs =
                !same_currency || said.total.is_some_and(|total| self.payouts.iter().any(|one| one.total != total));
            return if settles && differs { Err(ByHand::WrongAmount) } else { Ok(ids(&|_| true)) };
        }
        if !settles {
            return Ok(ids(&One::waits));
        }
        let gone = |one: &One| matches!(one.state.as_str(), "paid" | "returned");
        let refused = |one: &One| matches!(one.state.as_str(), "failed" | "cancelled");
        if said.is_bare() || !same_currency {
            Err(ByHand::WrongAmount)
        } else if said.is(self.sum(One::waits)) || said.is(self.sum(|one| one.waits() || gone(one))) {
            Ok(ids(&One::waits))
        } else if said.is(self.sum(|one| one.waits() || refused(one))) || said.is(self.sum(|_| true)) {
            Ok(ids(&|one| one.waits() || refused(one)))
        } else {
            Err(ByHand::WrongAmount)
        }
    }
}

impl One {
    fn waits(&self) -> bool {
        matches!(self.state.as_str(), "submitted" | "unknown") || self.is_back()
    }

    fn is_unsent(&self) -> bool {
        !self.was_in_file && matches!(self.state.as_str(), "scheduled" | "held" | "approved" | "cancelled")
    }

    /// Whether it was in a file that was withdrawn, and goes nowhere now.
    fn is_back(&self) -> bool {
        self.was_in_file && matches!(self.state.as_str(), "scheduled" | "held" | "approved")
    }
}

/// Writes the person's word down; what is in its way otherwise.
async fn keep(
    tx: &mut Tx,
    (file, line): (i64, i64),
    about: About,
    meant: &Meant,
    reason: &str,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<Option<ByHand>, AppError> {
    let one = meant.payouts.first().filter(|_| matches!(about, About::Payout(_)));
    let verdict = match about {
        About::Payout(_) => "matched",
        About::File => "file",
        About::Nothing => "dismissed",
    };
    let written = sqlx::query!(
        "INSERT INTO settlement_by_hand (settlement_file_id, line, verdict, partner_id, payout_id, payout_file_id, reason, settled_by, settled_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        file,
        line,
        verdict,
        one.map(|one| one.partner.0),
        one.map(|one| one.payout),
        meant.file,
        reason,
        person.0,
        now,
    )
    .execute(&mut **tx)
    .await;
    let Err(error) = written else { return Ok(None) };
    match constraint(&error) {
        Some("settlement_by_hand_pkey" | "settlement_by_hand_of_a_waiting_line") => Ok(Some(ByHand::Gone)),
        Some("settlement_by_hand_by_finance") => Err(AppError::Forbidden),
        _ => Err(error.into()),
    }
}

/// What every step says.
struct Words<'a> {
    line: (i64, i64),
    person: PersonId,
    reason: &'a str,
    now: DateTime<Utc>,
}

impl Words<'_> {
    /// Takes these payouts to what the line says; `false` where it follows for none of them.
    async fn apply(&self, tx: &mut Tx, payouts: &[i64], outcome: Outcome) -> sqlx::Result<bool> {
        if payouts.is_empty() {
            return Ok(true);
        }
        let sent_after_all = self.send_after_all(tx, payouts).await?;
        let moved = match outcome {
            Outcome::Accepted => sent_after_all,
            Outcome::Settled => {
                self.give_up_what_took_it(tx, payouts).await?;
                self.hop(tx, payouts, &["submitted", "unknown", "failed", "returned", "cancelled"], "paid").await?
            }
            Outcome::Rejected => self.hop(tx, payouts, &["submitted", "unknown"], "failed").await?,
            Outcome::Returned => self.hop(tx, payouts, &["submitted", "unknown", "paid"], "returned").await?,
            Outcome::Unknown => self.hop(tx, payouts, &["submitted"], "unknown").await?,
        };
        Ok(moved > 0)
    }

    /// Those whose file was withdrawn were sent: they go where the file had taken them.
    async fn send_after_all(&self, tx: &mut Tx, payouts: &[i64]) -> sqlx::Result<u64> {
        self.hop(tx, payouts, &["held"], "scheduled").await?;
        self.hop(tx, payouts, &["scheduled"], "approved").await?;
        self.hop(tx, payouts, &["approved"], "submitted").await
    }

    /// Payouts that hold the same money and have not left are given up: it has been paid.
    async fn give_up_what_took_it(&self, tx: &mut Tx, payouts: &[i64]) -> sqlx::Result<()> {
        let taken = sqlx::query_scalar!(
            r#"SELECT DISTINCT o.payout_id FROM payout p
               JOIN payout_allocation mine USING (partner_id, payout_id)
               JOIN payout_allocation other ON other.partner_id = mine.partner_id AND other.transfer_id = mine.transfer_id AND other.live
               JOIN payout o ON o.partner_id = other.partner_id AND o.payout_id = other.payout_id
               WHERE p.payout_id = ANY($1) AND p.state IN ('failed', 'returned', 'cancelled') AND o.state IN ('scheduled', 'held', 'approved')"#,
            payouts,
        )
        .fetch_all(&mut **tx)
        .await?;
        if !taken.is_empty() {
            self.hop(tx, &taken, &["scheduled", "held", "approved"], "cancelled").await?;
        }
        Ok(())
    }

    /// Takes those that stand in one of these states to another, on the day of the bank's booking, but neither before
    /// their last step nor after now.
    async fn hop(&self, tx: &mut Tx, payouts: &[i64], from: &[&str], to: &str) -> sqlx::Result<u64> {
        let from: Vec<String> = from.iter().map(|state| (*state).to_owned()).collect();
        let done = sqlx::query!(
            "INSERT INTO payout_event (partner_id, payout_id, seq, from_state, to_state, by_kind, by_id, reason, code, bank_reference,
                                       amount, currency, settlement_file_id, settlement_line, at, booked_at)
             SELECT p.partner_id, p.payout_id, p.seq + 1, p.state, $3, 'staff', $4, $5, CASE WHEN said.cites THEN l.code END,
                    CASE WHEN said.cites THEN l.bank_reference END, CASE WHEN $3 = 'paid' THEN p.total END,
                    CASE WHEN $3 = 'paid' THEN p.currency END, CASE WHEN said.cites THEN $6 END, CASE WHEN said.cites THEN $7 END,
                    greatest(before.at, least($8, l.on_day::timestamp AT TIME ZONE g.time_zone)), $8
             FROM payout p
             JOIN settlement_line l ON l.settlement_file_id = $6 AND l.line = $7
             JOIN programme g ON g.programme_id = p.programme_id
             JOIN payout_event before ON before.partner_id = p.partner_id AND before.payout_id = p.payout_id AND before.seq = p.seq
             CROSS JOIN (SELECT $3 IN ('paid', 'failed', 'returned', 'unknown') AS cites) said
             WHERE p.payout_id = ANY($1) AND p.state = ANY($2)",
            payouts,
            &from,
            to,
            self.person.0,
            self.reason,
            self.line.0,
            self.line.1,
            self.now,
        )
        .execute(&mut **tx)
        .await?;
        Ok(done.rows_affected())
    }
}
