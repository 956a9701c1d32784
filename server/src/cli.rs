//! The command line: names, arguments and their help. What each command does stands in `commands`.

use app::ledger::close::Month;
use chrono::{DateTime, Utc};
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

mod money;
mod programmes;

pub use money::{Commissions, FileFormat, Format, FundsKind, JournalFormat, Ledger, Payouts};
pub use programmes::{InvoiceTerms, Offer, PayerAccount, Programme, TaxTerms};

/// The support portal of an affiliate programme, with payout tracking.
///
/// Data goes to standard output, messages to standard error. Exit status: 0 done, 1 failed, 2 wrong usage.
#[derive(Debug, Parser)]
#[command(name = "partnerdesk", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// PostgreSQL to use; without it a private one in the data folder, from the programs installed here
    #[arg(long, global = true, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// Folder of the private PostgreSQL and of `secret.key`, which encrypts payout methods and tax numbers unless
    /// PARTNERDESK_SECRET_KEY (64 hexadecimal digits) does [default: /var/lib/partnerdesk as root, else ~/.local/share/partnerdesk]
    #[arg(long, global = true, env = "PARTNERDESK_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Fixes the clock, for tests and demonstrations (refused in production)
    #[arg(long, global = true, value_name = "TIME", value_parser = parse_time)]
    pub now: Option<DateTime<Utc>>,
    /// Results as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// `production` refuses what only tests and demonstrations need
    #[arg(long, global = true, env = "PARTNERDESK_ENVIRONMENT", default_value = "development", value_name = "NAME")]
    pub environment: String,
    /// Where the portal is reached; links in mails begin with it
    #[arg(long, global = true, env = "PARTNERDESK_URL", default_value = "http://localhost:3000", value_name = "URL")]
    pub url: String,
    /// Mail server that `serve` sends by: `smtps://NAME:PASSWORD@HOST` (TLS),
    /// `smtp://NAME:PASSWORD@HOST:587?tls=required` (STARTTLS) or `smtp://HOST:25` (without TLS); without it mails wait
    #[arg(long, global = true, env = "PARTNERDESK_SMTP_URL", hide_env_values = true, value_name = "URL")]
    pub smtp_url: Option<String>,
    /// Address that mail comes from; answers to a case come to `case+…` at its domain
    #[arg(long, global = true, env = "PARTNERDESK_MAIL_FROM", value_name = "ADDRESS")]
    pub mail_from: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the web server and its background work
    Serve(Serve),
    /// Bring the schema up to date
    Migrate,
    /// Fill an empty database with a small believable programme and print the log-ins
    Demo,
    /// Owners
    #[command(subcommand)]
    Owner(Owner),
    /// Staff who are not owners
    #[command(subcommand)]
    Staff(Staff),
    /// Programmes
    #[command(subcommand)]
    Programme(Programme),
    /// Offers
    #[command(subcommand)]
    Offer(Offer),
    /// Partners
    #[command(subcommand)]
    Partner(Partner),
    /// Conversions from files
    #[command(subcommand)]
    Import(Import),
    /// Commissions
    #[command(subcommand)]
    Commissions(Commissions),
    /// Payout runs
    #[command(subcommand)]
    Payouts(Payouts),
    /// The ledger
    #[command(subcommand)]
    Ledger(Ledger),
    /// The record of changes
    #[command(subcommand)]
    Audit(Audit),
    /// Mail in
    #[command(subcommand)]
    Mail(Mail),
}

#[derive(Debug, Args)]
pub struct Serve {
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:3000", value_name = "ADDR")]
    pub listen: SocketAddr,
    /// Folder with the browser's files (`pkg/`) and `hash.txt` [default: `site` beside the program]
    #[arg(long, env = "PARTNERDESK_SITE", value_name = "DIR")]
    pub site: Option<PathBuf>,
    /// Fill an empty database with the demonstration programme first
    #[arg(long)]
    pub demo: bool,
    /// Mailbox that mail is fetched from: `imaps://NAME:PASSWORD@HOST/FOLDER`, the folder INBOX where none is named. What
    /// is taken is marked as seen: the mailbox is Partnerdesk's alone
    #[arg(long, env = "PARTNERDESK_IMAP_URL", hide_env_values = true, value_name = "URL")]
    pub imap_url: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Owner {
    /// Create an owner; the password is read from standard input
    Create(NewStaff),
}

#[derive(Debug, Subcommand)]
pub enum Staff {
    /// Create a member of staff; the password is read from standard input
    Create {
        #[command(flatten)]
        who: NewStaff,
        /// What they may do
        #[arg(long, value_enum)]
        role: StaffRole,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StaffRole {
    Agent,
    Lead,
    Finance,
    Auditor,
    Owner,
}

#[derive(Debug, Args)]
pub struct NewStaff {
    /// E-mail address to sign in with
    pub email: String,
    /// The name they sign with: a person's, not a role's
    #[arg(long)]
    pub name: String,
}

#[derive(Debug, Subcommand)]
pub enum Partner {
    /// Make or find a partner and print a sign-up link for a member; with a mail server set up it is mailed, too
    Invite {
        /// Programme code
        programme: String,
        /// Partner code
        code: String,
        /// The member's e-mail address
        email: String,
        /// The partner's name [default: its code]
        #[arg(long)]
        name: Option<String>,
    },
    /// Set where a partner's money goes: a first method is used at once, a change after the safety period
    Method {
        /// Programme code
        programme: String,
        /// Partner code
        code: String,
        #[command(flatten)]
        account: Account,
    },
    /// Set the payout methods of a CSV file, all or none of them
    ///
    /// Columns: partner,kind,holder and, as the kind needs them, iban,bic,sort_code,account,email. Kinds: iban,
    /// sort_code, paypal, wise. The same file twice changes nothing.
    Methods {
        /// Programme code
        programme: String,
        /// The file; `-` for standard input; may end in `.gz`
        file: PathBuf,
    },
}

/// An account that money can be sent to.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("kind").required(true).args(["iban", "sort_code", "country", "paypal", "wise"])))]
pub struct Account {
    /// The account holder, as the bank knows them
    #[arg(long, value_name = "NAME")]
    pub holder: String,
    /// A bank account in SEPA, for euro
    #[arg(long)]
    pub iban: Option<String>,
    /// The bank of the IBAN or of the account, where it is known
    #[arg(long, conflicts_with_all = ["sort_code", "paypal", "wise"])]
    pub bic: Option<String>,
    /// A British bank account, for sterling: its sort code
    #[arg(long, value_name = "NN-NN-NN", requires = "account")]
    pub sort_code: Option<String>,
    /// … and its number: eight digits in Britain
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["iban", "paypal", "wise"])]
    pub account: Option<String>,
    /// A bank account in another currency: the country of the bank, with --account (an IBAN where the country has them)
    #[arg(long, value_name = "CC", requires = "account")]
    pub country: Option<String>,
    /// … and the bank within its country, such as an ABA routing number, where there is no BIC
    #[arg(long, value_name = "CODE", requires = "country")]
    pub bank_code: Option<String>,
    /// A PayPal account's e-mail address
    #[arg(long, value_name = "EMAIL")]
    pub paypal: Option<String>,
    /// A Wise account's e-mail address
    #[arg(long, value_name = "EMAIL")]
    pub wise: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Import {
    /// Import sales, leads, refunds, approvals and rejections from a CSV file
    Conversions {
        /// The file; `-` for standard input; may end in `.gz`
        file: PathBuf,
        /// Programme code
        #[arg(long)]
        programme: String,
        /// Check everything, change nothing
        #[arg(long)]
        dry_run: bool,
        /// Make partners that are not there
        #[arg(long)]
        create_partners: bool,
        /// Make offers that are not there
        #[arg(long)]
        create_offers: bool,
        /// Write refused rows here, with line, column and reason
        #[arg(long, value_name = "FILE")]
        rejects: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Walk the chain; names the first broken link
    Verify,
}

#[derive(Debug, Subcommand)]
pub enum Mail {
    /// Take raw messages, one per file, and print the case, quarantine or duplicate each became
    ///
    /// A message is stored before it is read: once this ends with 0, none is lost. As the pipe of a mail server:
    /// `partnerdesk mail ingest || exit 75`, so that the server keeps what could not be stored. PARTNERDESK_CLAMD names
    /// the socket of ClamAV's daemon, which scans attached files; PARTNERDESK_AUTHSERV_ID the name that your own mail
    /// server writes into Authentication-Results, so that mail in a partner's name waits for a person where that server
    /// found it forged, or found no proof that it is theirs. Without it the address alone is believed.
    Ingest {
        /// Files; `-` or none for standard input
        files: Vec<PathBuf>,
    },
}

fn parse_month(text: &str) -> Result<Month, String> {
    Month::parse(text).ok_or_else(|| "write a month, like 2011-03".to_owned())
}

/// A moment with its zone (RFC 3339), or a day, which means its last moment in UTC.
fn parse_time(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.to_utc());
    }
    chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .and_then(|day| day.and_hms_micro_opt(23, 59, 59, 999_999))
        .map(|time| time.and_utc())
        .ok_or_else(|| "write a time with its zone, like 2011-03-01T12:00:00Z, or a day, like 2011-03-01".to_owned())
}
