//! `payouts build`, `list`, `release`, `cancel`, `export`, `settle`.

use super::whole_file::WholeFile;
use super::{Failure, Session, print_json, print_line};
use crate::cli::FileFormat;
use app::base::actor::Actor;
use app::base::crash;
use app::base::ids::PayoutRunId;
use app::partners::store as partners;
use app::payout_runs::export::{self, Format};
use app::payout_runs::model::{Listed, Stage, State};
use app::payout_runs::store::{self, Released, Start};
use app::settlement::store::LARGEST;
use chrono::NaiveDate;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// What to build.
pub struct Build {
    /// Programme code.
    pub programme: String,
    /// The last accounting day.
    pub cutoff: NaiveDate,
    /// When it pays.
    pub pay_day: Option<NaiveDate>,
    /// Partner code and reason.
    pub off_cycle: Option<(String, String)>,
}

/// Builds a run, or goes on with it, and prints what is in it.
///
/// # Errors
/// When there is no such programme or partner, or the database is away; what was built stays, and building goes on there.
pub async fn build(session: &Session, what: Build) -> Result<(), Failure> {
    let programme = super::programmes::find(session, &what.programme).await?;
    let now = session.clock.now();
    let mut tx = session.db.begin(&Actor::Command).await?;
    let off_cycle = match what.off_cycle {
        Some((code, reason)) => {
            let partner = partners::find(&mut tx, programme, &code)
                .await?
                .ok_or_else(|| Failure::refused(format!("there is no partner {code} in {}", what.programme)))?;
            Some((partner, reason))
        }
        None => None,
    };
    let start = Start { programme, cutoff: what.cutoff, pay_day: what.pay_day, off_cycle };
    let (run, _) = store::start(&mut tx, &Actor::Command, &start, now).await?;
    tx.commit().await?;
    crash::point("payouts.build.started");
    let bar = ProgressBar::new_spinner().with_style(
        ProgressStyle::with_template("{spinner} {msg} ({elapsed})")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    let mut gone_through = 0;
    while let Some(batch) = store::build_batch(&session.db, &Actor::Command, run.id, now).await? {
        gone_through += batch.partners;
        bar.set_message(format!("{gone_through} partners gone through"));
        bar.tick();
    }
    bar.finish_and_clear();
    print_runs(session, Some(run.id)).await
}

/// Prints runs, or one with its payouts and who is not paid.
///
/// # Errors
/// When there is no such run, or the database is away.
pub async fn list(session: &Session, run: Option<i64>) -> Result<(), Failure> {
    let Some(run) = run.map(PayoutRunId) else { return print_runs(session, None).await };
    let mut tx = session.db.begin(&Actor::Command).await?;
    store::find(&mut tx, run).await?;
    if session.json {
        let payouts: Vec<Value> = store::payouts_of(&mut tx, run).await?.into_iter().map(|one| json!(one)).collect();
        let blocked: Vec<Value> = store::blocked_of(&mut tx, run).await?.into_iter().map(|one| json!(one)).collect();
        return print_json(&json!({ "run": run, "payouts": payouts, "blocked": blocked }));
    }
    print_line("payout,partner,currency,amount,state,method,pay_day,blocked_by")?;
    for one in store::payouts_of(&mut tx, run).await? {
        print_line(&format!(
            "{},{},{},{},{},{},{},",
            one.reference, one.partner, one.currency, one.amount, one.state, one.method, one.pay_day
        ))?;
    }
    for one in store::blocked_of(&mut tx, run).await? {
        print_line(&format!(",{},{},{},,,,{}", one.partner, one.currency, one.payable, one.reasons.join(" ")))?;
    }
    Ok(())
}

async fn print_runs(session: &Session, only: Option<PayoutRunId>) -> Result<(), Failure> {
    let mut tx = session.db.begin(&Actor::Command).await?;
    let runs = store::list(&mut tx, only, 1_000).await?;
    if session.json {
        let runs: Vec<Value> = runs.iter().map(as_json).collect();
        return match (only, runs.as_slice()) {
            (Some(_), [one]) => print_json(one),
            _ => print_json(&runs),
        };
    }
    print_line("run,programme,cutoff,pay_day,stage,currency,payouts,amount,sent,paid,blocked")?;
    for one in &runs {
        let sums = sums(one);
        let head = format!(
            "{},{},{},{},{}",
            one.run.id,
            one.programme,
            one.run.cutoff,
            one.run.pay_day,
            one.run.stage.as_str()
        );
        if sums.is_empty() {
            print_line(&format!("{head},,0,,0,0,{}", one.blocked))?;
        }
        for sum in sums {
            print_line(&format!(
                "{head},{},{},{},{},{},{}",
                sum.currency, sum.payouts, sum.amount, sum.sent, sum.paid, one.blocked
            ))?;
        }
    }
    Ok(())
}

/// A run's payouts in one currency.
struct Sum {
    currency: app::base::money::Currency,
    payouts: i64,
    amount: rust_decimal::Decimal,
    sent: i64,
    paid: i64,
}

fn sums(listed: &Listed) -> Vec<Sum> {
    let mut sums: Vec<Sum> = Vec::new();
    for total in &listed.totals {
        if sums.last().is_none_or(|last| last.currency != total.currency) {
            let zero = rust_decimal::Decimal::new(0, total.currency.minor_units());
            sums.push(Sum { currency: total.currency, payouts: 0, amount: zero, sent: 0, paid: 0 });
        }
        let Some(sum) = sums.last_mut() else { continue };
        sum.payouts += total.payouts;
        sum.amount += total.amount;
        match total.state {
            State::Scheduled | State::Approved | State::Held | State::Cancelled => {}
            State::Paid => {
                sum.sent += total.payouts;
                sum.paid += total.payouts;
            }
            _ => sum.sent += total.payouts,
        }
    }
    sums
}

fn as_json(listed: &Listed) -> Value {
    let totals: Vec<Value> = sums(listed)
        .into_iter()
        .map(|sum| json!({ "currency": sum.currency, "payouts": sum.payouts, "amount": sum.amount, "sent": sum.sent, "paid": sum.paid }))
        .collect();
    json!({
        "run": listed.run.id,
        "programme": listed.programme,
        "cutoff": listed.run.cutoff,
        "pay_day": listed.run.pay_day,
        "stage": listed.run.stage.as_str(),
        "totals": totals,
        "blocked": listed.blocked,
    })
}

/// Releases a run. Done before, it is done.
///
/// # Errors
/// When there is no such run, it is not built yet, or was cancelled.
pub async fn release(session: &Session, run: i64) -> Result<(), Failure> {
    let run = PayoutRunId(run);
    let mut tx = session.db.begin(&Actor::Command).await?;
    match store::release(&mut tx, &Actor::Command, run, "payouts-release", session.clock.now()).await? {
        Released::Done { .. } => {
            tx.commit().await?;
            crash::point("payouts.release.committed");
        }
        Released::Before => {}
        Released::NotBuilt => {
            return Err(Failure::refused(format!(
                "run {run} is not built to its end; `payouts build` goes on with it"
            )));
        }
        Released::Cancelled => return Err(Failure::refused(format!("run {run} was cancelled"))),
        Released::NeedsAnother => {
            return Err(Failure::refused(format!(
                "a person built run {run}, and another owner releases it by name, on its page"
            )));
        }
    }
    print_runs(session, Some(run)).await
}

/// Gives a run up.
///
/// # Errors
/// When there is no such run, it was cancelled before, or something of it was sent.
pub async fn cancel(session: &Session, run: i64, reason: &str) -> Result<(), Failure> {
    let run = PayoutRunId(run);
    let mut tx = session.db.begin(&Actor::Command).await?;
    if store::find(&mut tx, run).await?.stage == Stage::Cancelled {
        return Err(Failure::refused(format!("run {run} was cancelled before")));
    }
    match store::cancel(&mut tx, &Actor::Command, run, reason, "payouts-cancel", session.clock.now()).await? {
        Some(_) => tx.commit().await?,
        None => {
            return Err(Failure::refused(format!("something of run {run} was sent; it can't be cancelled as a whole")));
        }
    }
    print_runs(session, Some(run)).await
}

/// Makes the files of a format, or finds those that were made, and writes them.
///
/// # Errors
/// When the run is not released, nobody in it is paid this way, or an account can't be written into the file.
pub async fn export(session: &Session, run: i64, format: FileFormat, output: Option<PathBuf>) -> Result<(), Failure> {
    let format = match format {
        FileFormat::Pain001 => Format::Pain001,
        FileFormat::Bank => Format::Bank,
        FileFormat::Paypal => Format::PayPal,
        FileFormat::Wise => Format::Wise,
    };
    let files =
        export::export(&session.db, &session.secrets, &Actor::Command, PayoutRunId(run), format, session.clock.now())
            .await?;
    let folder = output.as_deref().filter(|path| path.is_dir());
    if files.len() > 1 && folder.is_none() {
        return Err(Failure::refused(format!("there are {} files: name a folder with --output", files.len())));
    }
    for file in &files {
        let path = folder.map(|folder| folder.join(&file.name)).or_else(|| output.clone());
        match path {
            Some(path) => {
                let mut out = WholeFile::create(&path)?;
                export::write(&session.db, &session.secrets, &Actor::Command, file.id, &mut out).await?;
                out.finish()?;
                crash::point("payouts.export.saved");
            }
            None => {
                let mut out = std::io::stdout();
                export::write(&session.db, &session.secrets, &Actor::Command, file.id, &mut out).await?;
                out.flush()?;
            }
        }
        eprintln!("{}: {} payments, {} {}", file.name, file.payments, file.currency, file.total);
    }
    Ok(())
}

/// Reads an answer and prints what it did.
///
/// # Errors
/// When the file is refused, nothing is changed; when the database is away, the same command goes on where it was.
pub async fn settle(session: &Session, file: &Path) -> Result<(), Failure> {
    let (name, bytes) = if file == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes)?;
        ("-".to_owned(), bytes)
    } else {
        let named = |error: std::io::Error| Failure::refused(format!("{}: {error}", file.display()));
        let mut bytes = Vec::new();
        std::fs::File::open(file).map_err(named)?.take(LARGEST + 1).read_to_end(&mut bytes).map_err(named)?;
        (file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()), bytes)
    };
    if bytes.len() as u64 > LARGEST {
        return Err(Failure::refused(format!("the file is larger than {} MB", LARGEST / 1_000_000)));
    }
    let bar = ProgressBar::no_length();
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} lines") {
        bar.set_style(style);
    }
    let mut progress = |done: i64, lines: i64| {
        bar.set_length(lines.unsigned_abs());
        bar.set_position(done.unsigned_abs());
    };
    let now = session.clock.now();
    let report =
        app::settlement::store::settle_with(&session.db, &Actor::Command, &name, bytes, now, &mut progress).await?;
    bar.finish_and_clear();
    if session.json {
        return print_json(&report);
    }
    print_line(&format!(
        "{}: {} lines, {} applied, {} known before, {} change nothing, {} wait for a person{}",
        report.kind,
        report.lines,
        report.applied,
        report.known,
        report.noted,
        report.waiting,
        if report.known_file { "; the file was read before" } else { "" },
    ))
}
