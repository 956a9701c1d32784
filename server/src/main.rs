//! The `partnerdesk` command: the web server, and everything that is done from a terminal.

mod cli;
mod commands;
mod dispute_jobs;
mod downloads;
mod embedded_postgres;
mod http;
mod imap;
mod jobs;
mod links;
mod live;
mod mail;
mod secret_key;
mod serve;
mod session;
mod transfers;
mod uploads;

use app::base::actor::Role;
use clap::Parser;
use cli::{Cli, Command};
use commands::{
    Failure, Session, audit, commissions, demo, import, ledger, mail_in, methods, payouts, people, programmes, tax,
};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    start_logging(&cli);
    match run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the result has read enough.
        Err(Failure::Io(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("partnerdesk: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn start_logging(cli: &Cli) {
    let default =
        if matches!(cli.command, Command::Serve(_)) { "info,sqlx=warn,tower_http=info" } else { "warn,sqlx=error" };
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| default.into());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if cli.global.environment == "production" { log.json().init() } else { log.compact().init() }
}

async fn run(cli: Cli) -> Result<(), Failure> {
    let session = Session::open(&cli.global).await?;
    if let Command::Serve(serve) = cli.command {
        return serve::run(session, serve).await;
    }
    let done = command(&session, cli.command).await;
    session.close().await;
    done
}

async fn command(session: &Session, command: Command) -> Result<(), Failure> {
    match command {
        // Opening a session has done it already.
        Command::Migrate | Command::Serve(_) => Ok(()),
        Command::Demo => demo::fill_and_print(session).await,
        Command::Owner(cli::Owner::Create(who)) => {
            people::create_staff(session, &who.email, &who.name, Role::Owner).await
        }
        Command::Staff(cli::Staff::Create { who, role }) => {
            people::create_staff(session, &who.email, &who.name, role.into()).await
        }
        Command::Programme(cli::Programme::Create {
            code,
            currency,
            rate,
            minimum,
            hold_days,
            time_zone,
            margin_floor,
        }) => {
            programmes::create(
                session,
                programmes::New { code, currency, rate, minimum, hold_days, time_zone, margin_floor },
            )
            .await
        }
        Command::Offer(cli::Offer::Create { programme, code, rate, fixed, revenue, validation }) => {
            programmes::create_offer(
                session,
                programmes::NewOffer { programme, code, rate, fixed, revenue, validation },
            )
            .await
        }
        Command::Partner(cli::Partner::Invite { programme, code, email, name }) => {
            people::invite(session, &people::Invite { programme, code, email, name }).await
        }
        Command::Partner(cli::Partner::Method { programme, code, account }) => {
            methods::set(session, &programme, &code, &account).await
        }
        Command::Partner(cli::Partner::Methods { programme, file }) => {
            methods::set_many(session, &programme, &file).await
        }
        Command::Import(cli::Import::Conversions {
            file,
            programme,
            dry_run,
            create_partners,
            create_offers,
            rejects,
        }) => {
            let what = import::Conversions { file, programme, dry_run, create_partners, create_offers, rejects };
            import::conversions(session, what).await
        }
        Command::Commissions(cli::Commissions::Release { as_of }) => commissions::release(session, as_of).await,
        Command::Programme(cli::Programme::Account(account)) => programmes::set_account(session, account).await,
        Command::Programme(cli::Programme::Tax(terms)) => tax::set(session, &terms).await,
        Command::Payouts(payouts) => payout_command(session, payouts).await,
        Command::Ledger(cli::Ledger::Balances { as_of, format }) => ledger::balances(session, as_of, format).await,
        Command::Ledger(cli::Ledger::Export { format, programme, from, until }) => {
            ledger::export(session, ledger::Export { format, programme, from, until }).await
        }
        Command::Ledger(cli::Ledger::Close { programme, month, dry_run }) => {
            ledger::close(session, &programme, month, dry_run).await
        }
        Command::Ledger(cli::Ledger::Fund { programme, amount, currency, kind, note, key }) => {
            ledger::fund(session, ledger::Fund { programme, amount, currency, kind, note, key }).await
        }
        Command::Ledger(cli::Ledger::Verify) => ledger::verify(session).await,
        Command::Audit(cli::Audit::Verify) => audit::verify(session).await,
        Command::Mail(cli::Mail::Ingest { files }) => mail_in::take(session, &files).await,
    }
}

async fn payout_command(session: &Session, command: cli::Payouts) -> Result<(), Failure> {
    match command {
        cli::Payouts::Build { programme, cutoff, pay_day, partner, reason } => {
            let what = payouts::Build { programme, cutoff, pay_day, off_cycle: partner.zip(reason) };
            payouts::build(session, what).await
        }
        cli::Payouts::List { run } => payouts::list(session, run).await,
        cli::Payouts::Release { run } => payouts::release(session, run).await,
        cli::Payouts::Cancel { run, reason } => payouts::cancel(session, run, &reason).await,
        cli::Payouts::Export { run, format, output } => payouts::export(session, run, format, output).await,
        cli::Payouts::Settle { file } => payouts::settle(session, &file).await,
    }
}

impl From<cli::StaffRole> for Role {
    fn from(role: cli::StaffRole) -> Self {
        match role {
            cli::StaffRole::Agent => Self::Agent,
            cli::StaffRole::Lead => Self::Lead,
            cli::StaffRole::Finance => Self::Finance,
            cli::StaffRole::Auditor => Self::Auditor,
            cli::StaffRole::Owner => Self::Owner,
        }
    }
}
