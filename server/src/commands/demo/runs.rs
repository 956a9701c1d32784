//! The money of the demonstration: methods to pay to, a run that was paid, and one that waits for its release.

use super::{Failure, Session};
use app::base::actor::{Actor, Role, Staff};
use app::base::ids::{PayoutRunId, PersonId, ProgrammeId};
use app::payout_methods::bulk;
use app::payout_runs::export::{self, ExportError, Format};
use app::payout_runs::store::{self, Start};
use app::programmes::store::{PayerAccount, set_account};
use app::settlement::store::settle;
use chrono::{DateTime, Datelike, Days, Duration, NaiveDate, NaiveTime, Utc};
use std::fmt::Write;

/// Small Plots has named no account, and Window Herbs one that takes no pounds; the numbers are those of examples.
const METHODS: &str = "partner,kind,holder,iban,bic,sort_code,account,email
balcony-notes,paypal,Nora Lindqvist,,,,,nora@example.org
casa-verde,sort_code,Casa Verde,,,20-00-00,55779911,
the-seed-list,wise,The Seed List,,,,,money@seedlist.example.org
urban-orchard,sort_code,Urban Orchard Ltd,,,60-83-71,91234567,
window-herbs,iban,Window Herbs,DE89370400440532013000,,,,
";

/// The days that the demonstration turns on, each a month's last day before `now`.
#[derive(Clone, Copy)]
pub struct Cutoffs {
    /// Of the run that was paid.
    pub paid: NaiveDate,
    /// Of the run that waits.
    pub waits: NaiveDate,
}

/// Urban Orchard moves its account after the first payout, so that there is something to look at before the next.
const MOVED: &str = "partner,kind,holder,iban,bic,sort_code,account,email
urban-orchard,sort_code,Urban Orchard Ltd,,,20-00-00,61428835,
";

/// The cut-offs before a moment.
pub fn cutoffs(now: DateTime<Utc>) -> Cutoffs {
    let last_of_month_before = |day: NaiveDate| day.with_day(1).unwrap_or(day) - Days::new(1);
    let waits = last_of_month_before(now.date_naive());
    Cutoffs { paid: last_of_month_before(waits), waits }
}

/// When the run that was paid was built.
pub fn built_at(days: Cutoffs) -> DateTime<Utc> {
    at(days.paid + Days::new(2), 9)
}

fn at(day: NaiveDate, hour: u32) -> DateTime<Utc> {
    day.and_time(NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default()).and_utc()
}

/// Where money goes and where it comes from.
pub async fn methods(session: &Session, programme: ProgrammeId, now: DateTime<Utc>) -> Result<(), Failure> {
    let rows = bulk::read(METHODS.as_bytes())?;
    bulk::set(&session.db, &session.secrets, programme, rows, now).await?;
    let mut tx = session.db.begin(&Actor::Command).await?;
    let account = PayerAccount { currency: "GBP", name: "Greenhouse Ltd", account: "20-00-00-43219876", bic: None };
    set_account(&mut tx, programme, &account, now).await?;
    tx.commit().await?;
    Ok(())
}

/// A person who builds or releases.
pub fn owner(person: PersonId, name: &str) -> Staff {
    Staff { person, name: name.to_owned(), role: Role::Owner }
}

/// A run from its beginning to the bank's last word, but for one line that nobody can place.
pub async fn paid(
    session: &Session,
    programme: ProgrammeId,
    builder: &Staff,
    releaser: &Staff,
    days: Cutoffs,
) -> Result<(), Failure> {
    let began = built_at(days);
    let pay_day = days.paid + Days::new(15);
    let run = build(session, programme, builder, days.paid, pay_day, began).await?;
    let (builder, releaser) = (Actor::Staff(builder.clone()), Actor::Staff(releaser.clone()));
    let mut tx = session.db.begin(&releaser).await?;
    store::release(&mut tx, &releaser, run, "demo", began + Duration::hours(2)).await?;
    tx.commit().await?;
    let sent = at(pay_day - Days::new(1), 10);
    for format in Format::ALL {
        match export::export(&session.db, &session.secrets, &builder, run, format, sent).await {
            Ok(_) | Err(ExportError::NothingToSend) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let mut answer = String::from("payout,status,date,reference,code\n");
    let mut tx = session.db.begin(&Actor::Command).await?;
    for (number, payout) in store::payouts_of(&mut tx, run).await?.into_iter().enumerate() {
        let _ = writeln!(answer, "{},paid,{},FT-{},", payout.reference, pay_day + Days::new(1), 48_210 + number);
    }
    tx.commit().await?;
    let _ = writeln!(answer, "PD-2210-4,returned,{},FT-48190,AC04", pay_day + Days::new(1));
    let name = format!("bank-{}.csv", pay_day.format("%Y-%m"));
    settle(&session.db, &builder, &name, answer.into_bytes(), at(pay_day + Days::new(2), 9)).await?;
    let moved = bulk::read(MOVED.as_bytes())?;
    bulk::set(&session.db, &session.secrets, programme, moved, at(pay_day + Days::new(3), 14)).await?;
    Ok(())
}

/// A run that waits for its release.
pub async fn waiting(
    session: &Session,
    programme: ProgrammeId,
    builder: &Staff,
    days: Cutoffs,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let pay_day = (days.waits + Days::new(15)).max(now.date_naive() + Days::new(3));
    build(session, programme, builder, days.waits, pay_day, now).await?;
    Ok(())
}

async fn build(
    session: &Session,
    programme: ProgrammeId,
    builder: &Staff,
    cutoff: NaiveDate,
    pay_day: NaiveDate,
    now: DateTime<Utc>,
) -> Result<PayoutRunId, Failure> {
    let actor = Actor::Staff(builder.clone());
    let start = Start { programme, cutoff, pay_day: Some(pay_day), off_cycle: None };
    let mut tx = session.db.begin(&actor).await?;
    let (run, _) = store::start(&mut tx, &actor, &start, now).await?;
    tx.commit().await?;
    while store::build_batch(&session.db, &Actor::Job, run.id, now).await?.is_some_and(|batch| !batch.finished) {}
    Ok(run.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cut_offs_are_the_last_days_of_the_two_months_before() {
        for (now, paid, waits) in [
            ("2026-03-02T10:00:00Z", "2026-01-31", "2026-02-28"),
            ("2026-01-01T00:00:00Z", "2025-11-30", "2025-12-31"),
            ("2026-12-31T23:00:00Z", "2026-10-31", "2026-11-30"),
        ] {
            let days = cutoffs(now.parse().expect("time"));
            assert_eq!((days.paid.to_string().as_str(), days.waits.to_string().as_str()), (paid, waits));
        }
    }
}
