//! The command line: names, arguments and their help. What each command does stands in `commands`.

use app::ledger::close::Month;
use chrono::{DateTime, NaiveDate, Utc};
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use rust_decimal::Decimal;
use std::net::SocketAddr;
use std::path::PathBuf;

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
pub enum Programme {
    /// Create a programme with its first terms, in force since ever
    Create {
        /// Short name, unique
        code: String,
        /// ISO 4217
        #[arg(long)]
        currency: String,
        /// Commission in percent of the order
        #[arg(long, default_value = "8")]
        rate: Decimal,
        /// Smallest balance that is paid out
        #[arg(long, default_value = "50")]
        minimum: Decimal,
        /// Days until a commission is payable
        #[arg(long, default_value = "30", value_name = "DAYS")]
        hold_days: u16,
        /// Time zone of its accounting days
        #[arg(long, default_value = "UTC", value_name = "ZONE")]
        time_zone: String,
        /// Percent of revenue that has to remain after commission
        #[arg(long, default_value = "0", value_name = "PERCENT")]
        margin_floor: Decimal,
    },
    /// Name the account that a programme pays from in a currency
    Account(PayerAccount),
    /// Set a programme's terms of tax from a day on: invoices, VAT, withholding, what a payout costs its partner
    Tax(Box<TaxTerms>),
}

/// What a programme asks of its partners for the tax office, and takes off their payouts.
#[derive(Debug, Args)]
pub struct TaxTerms {
    /// Programme code
    pub programme: String,
    /// The programme's own legal name
    #[arg(long)]
    pub name: String,
    /// Its street
    #[arg(long)]
    pub street: String,
    /// Number of its building
    #[arg(long, default_value = "", value_name = "NUMBER")]
    pub building: String,
    /// Its post code
    #[arg(long, default_value = "", value_name = "CODE")]
    pub post_code: String,
    /// Its town
    #[arg(long)]
    pub town: String,
    /// Its country, by ISO 3166, like ES
    #[arg(long)]
    pub country: String,
    /// Its tax number; in the European Union its VAT number
    #[arg(long, value_name = "NUMBER")]
    pub tax_number: String,
    /// Who writes invoices
    #[arg(long, value_enum, default_value = "none")]
    pub invoices: InvoiceTerms,
    /// Pay nothing more while an invoice is missing or refused (with `--invoices own`)
    #[arg(long)]
    pub wait_for_invoice: bool,
    /// Pay also who gave no tax data (without invoices, VAT and withholding)
    #[arg(long)]
    pub without_data: bool,
    /// VAT of registered partners of its own country
    #[arg(long, default_value = "0", value_name = "PERCENT")]
    pub vat: String,
    /// Withheld from persons of its own country
    #[arg(long, default_value = "0", value_name = "PERCENT")]
    pub withhold: String,
    /// Withheld from partners elsewhere who gave no tax number
    #[arg(long, default_value = "0", value_name = "PERCENT")]
    pub withhold_foreign: String,
    /// Taken off a payout to an IBAN, in the programme's currency
    #[arg(long, default_value = "0", value_name = "AMOUNT")]
    pub fee_iban: String,
    /// Taken off a payout to a sort code
    #[arg(long, default_value = "0", value_name = "AMOUNT")]
    pub fee_sort_code: String,
    /// Taken off a payout by PayPal
    #[arg(long, default_value = "0", value_name = "AMOUNT")]
    pub fee_paypal: String,
    /// Taken off a payout by Wise
    #[arg(long, default_value = "0", value_name = "AMOUNT")]
    pub fee_wise: String,
    /// First day, in the programme's time zone; payouts that are built before it go by what held before [default: now]
    #[arg(long, value_name = "DATE")]
    pub from: Option<NaiveDate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum InvoiceTerms {
    /// Nobody
    None,
    /// The programme, in the partner's name
    SelfBilled,
    /// The partner sends theirs
    Own,
}

#[derive(Debug, Args)]
pub struct PayerAccount {
    /// Programme code
    pub programme: String,
    /// ISO 4217
    #[arg(long)]
    pub currency: String,
    /// The account holder
    #[arg(long)]
    pub name: String,
    /// The account's IBAN
    #[arg(long, required_unless_present = "account")]
    pub iban: Option<String>,
    /// Its bank [default: the bank finds out]
    #[arg(long)]
    pub bic: Option<String>,
    /// For sterling: sort code and account number, NN-NN-NN-NNNNNNNN
    #[arg(long, conflicts_with = "iban")]
    pub account: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Offer {
    /// Create an offer
    Create {
        /// Programme code
        programme: String,
        /// Short name, unique in the programme
        code: String,
        /// Commission in percent of the order [default: the programme's]
        #[arg(long)]
        rate: Option<Decimal>,
        /// Commission per conversion, an amount (leads need one)
        #[arg(long, conflicts_with = "rate", value_name = "AMOUNT")]
        fixed: Option<Decimal>,
        /// What the programme earns itself, in percent of the order [default: not known]
        #[arg(long)]
        revenue: Option<Decimal>,
        /// Commissions wait for an approve event, however long
        #[arg(long)]
        validation: bool,
    },
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
    /// server writes into Authentication-Results, so that mail it found to be forged waits for a person.
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
