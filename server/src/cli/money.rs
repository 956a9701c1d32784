//! Commissions, payouts and the ledger.

use super::{parse_month, parse_time};
use app::ledger::close::Month;
use chrono::{DateTime, NaiveDate, Utc};
use clap::{Subcommand, ValueEnum};
use rust_decimal::Decimal;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum Commissions {
    /// Make payable what left its hold
    Release {
        /// By this moment [default: now]
        #[arg(long, value_name = "TIME", value_parser = parse_time)]
        as_of: Option<DateTime<Utc>>,
    },
}

#[derive(Debug, Subcommand)]
pub enum Payouts {
    /// Build a run to a cut-off, or go on with it: who is paid how much, and who is not and why
    Build {
        /// Programme code
        #[arg(long)]
        programme: String,
        /// The last accounting day whose money is in it
        #[arg(long, value_name = "DATE")]
        cutoff: NaiveDate,
        /// When it pays [default: the programme's schedule, or today]
        #[arg(long, value_name = "DATE")]
        pay_day: Option<NaiveDate>,
        /// Pay this partner alone, off-cycle: neither minimum nor schedule hold it back
        #[arg(long, value_name = "CODE", requires = "reason")]
        partner: Option<String>,
        /// Why off-cycle
        #[arg(long, requires = "partner", value_name = "TEXT")]
        reason: Option<String>,
    },
    /// List runs with what is in them; with a run its payouts and who is not paid
    List {
        /// One run
        run: Option<i64>,
    },
    /// Let a run go: its payouts are approved
    Release {
        /// The run
        run: i64,
    },
    /// Give a run up before anything of it was sent
    Cancel {
        /// The run
        run: i64,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Write the file for the bank or payment service and mark its payouts as submitted; again: the same bytes
    Export {
        /// The run
        run: i64,
        /// pain.001 for euro accounts, bank for sterling accounts, paypal, wise
        #[arg(long, value_enum)]
        format: FileFormat,
        /// Where to write; a folder where there are several files [default: standard output]
        #[arg(long, short, value_name = "PATH")]
        output: Option<PathBuf>,
    },
    /// Read what a bank or payment service answers: pain.002, camt.053, camt.054 (also zipped), CSV
    Settle {
        /// The file; `-` for standard input
        file: PathBuf,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FileFormat {
    #[value(name = "pain.001")]
    Pain001,
    Bank,
    Paypal,
    Wise,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FundsKind {
    Funding,
    FundingReturn,
    BankFee,
    BankFeeReturn,
}

#[derive(Debug, Subcommand)]
pub enum Ledger {
    /// What every partner has
    Balances {
        /// As of this moment [default: everything booked]
        #[arg(long, value_name = "TIME", value_parser = parse_time)]
        as_of: Option<DateTime<Utc>>,
        /// How to write it
        #[arg(long, value_enum, default_value = "csv")]
        format: Format,
    },
    /// Write the journal for hledger or Beancount to standard output: every transfer, dated by its accounting day
    Export {
        /// Whose journal
        #[arg(long, value_enum)]
        format: JournalFormat,
        /// Programme code [default: all]
        #[arg(long, value_name = "CODE")]
        programme: Option<String>,
        /// First accounting day; what was before becomes opening balances [default: the first]
        #[arg(long, value_name = "DATE")]
        from: Option<NaiveDate>,
        /// Last accounting day [default: the last]
        #[arg(long, value_name = "DATE")]
        until: Option<NaiveDate>,
    },
    /// Close a month: print opening, movements and closing liability; it takes no more bookings, later ones count in the
    /// next open month
    Close {
        /// Programme code
        #[arg(long, value_name = "CODE")]
        programme: String,
        /// The month, once it is over; months close in order and stay closed
        #[arg(long, value_name = "YYYY-MM", value_parser = parse_month)]
        month: Month,
        /// Print only
        #[arg(long)]
        dry_run: bool,
    },
    /// Record what was put on the account that payouts are paid from, or what the bank took for its work
    Fund {
        /// Programme code
        #[arg(long, value_name = "CODE")]
        programme: String,
        /// How much
        #[arg(value_name = "AMOUNT")]
        amount: Decimal,
        /// ISO 4217
        #[arg(long)]
        currency: String,
        /// What it is
        #[arg(long, value_enum, default_value = "funding")]
        kind: FundsKind,
        /// A word on it
        #[arg(long, default_value = "")]
        note: String,
        /// Makes the same command, run twice, one booking [default: none]
        #[arg(long, value_name = "UUID")]
        key: Option<uuid::Uuid>,
    },
    /// Re-add everything from nothing and compare; fails on any difference
    Verify,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum JournalFormat {
    Hledger,
    Beancount,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Csv,
    Json,
}
