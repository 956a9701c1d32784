//! Runs, their payouts, and why somebody is not paid.

use crate::base::ids::{PartnerId, PayoutId, PayoutRunId, PersonId, ProgrammeId};
use crate::base::money::Currency;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Partners are still being gone through.
    Building,
    /// Everybody was gone through; it waits for its release.
    Built,
    /// An owner let it go.
    Released,
    /// Given up before anything was sent.
    Cancelled,
}

impl Stage {
    /// As commands print it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Built => "built",
            Self::Released => "released",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A payout run.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its number.
    pub id: PayoutRunId,
    /// Who pays.
    pub programme: ProgrammeId,
    /// The last accounting day whose money is in it.
    pub cutoff: NaiveDate,
    /// The first moment after that day, in the programme's time zone.
    pub cutoff_at: DateTime<Utc>,
    /// When its payouts are to be sent at the latest.
    pub pay_day: NaiveDate,
    /// The one partner it pays off-cycle, and why.
    pub off_cycle: Option<(PartnerId, String)>,
    /// Where it stands.
    pub stage: Stage,
}

/// Where a payout stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// In a run that waits for its release.
    Scheduled,
    /// Released.
    Approved,
    /// Kept back by a person.
    Held,
    /// In a file that has left the house.
    Submitted,
    /// Nobody knows whether it arrived; the bank will say.
    Unknown,
    /// The bank has booked it.
    Paid,
    /// The bank refused it; the money is payable again.
    Failed,
    /// It came back; the money is payable again.
    Returned,
    /// Given up before it was sent; the money is payable again.
    Cancelled,
}

impl State {
    /// Every state, in the order money takes.
    pub const ALL: [Self; 9] = [
        Self::Scheduled,
        Self::Approved,
        Self::Held,
        Self::Submitted,
        Self::Unknown,
        Self::Paid,
        Self::Failed,
        Self::Returned,
        Self::Cancelled,
    ];

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Approved => "approved",
            Self::Held => "held",
            Self::Submitted => "submitted",
            Self::Unknown => "unknown",
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Returned => "returned",
            Self::Cancelled => "cancelled",
        }
    }

    /// From what the database wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// Why a partner is not paid in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Block {
    /// Refunds took back more than was payable.
    Owes,
    /// The account is closed; what becomes of its balance is for the programme to decide.
    Closed,
    /// The programme looks into the partner.
    UnderReview,
    /// Less than the smallest balance that is paid out.
    UnderMinimum,
    /// Nowhere to send it.
    NoMethod,
    /// The method that was set is not confirmed by its member.
    MethodUnconfirmed,
    /// The method can't receive this currency.
    MethodCannotPay,
    /// A bank refused the last payout, or sent it back, for what is wrong with the method; it is still the same.
    BankRefused,
    /// The method was changed and is in its safety period.
    MethodChanged,
    /// The programme pays nobody whose tax data it does not have.
    TaxFormMissing,
    /// An invoice of an earlier payout is missing, or was refused.
    InvoiceMissing,
    /// What is withheld, and what sending it costs, leave nothing to send.
    NothingLeft,
    /// All there is, the programme contests.
    Contested,
    /// The partner's own schedule pays later.
    NotDue,
    /// All there is, is in hold.
    InHold,
    /// All there is, only an approval makes payable.
    AwaitsApproval,
    /// What a bank said of an earlier payout contradicts what is known, and nobody has looked at it yet.
    BankUnclear,
}

/// Who has to act before a block ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The partner.
    Partner,
    /// The programme.
    Programme,
    /// Nobody: it ends by itself.
    Time,
}

impl Block {
    /// Every reason, the weightiest first.
    pub const ALL: [Self; 17] = [
        Self::Owes,
        Self::Closed,
        Self::UnderReview,
        Self::UnderMinimum,
        Self::NoMethod,
        Self::MethodUnconfirmed,
        Self::MethodCannotPay,
        Self::BankRefused,
        Self::MethodChanged,
        Self::TaxFormMissing,
        Self::InvoiceMissing,
        Self::NothingLeft,
        Self::Contested,
        Self::NotDue,
        Self::InHold,
        Self::AwaitsApproval,
        Self::BankUnclear,
    ];

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owes => "owes",
            Self::Closed => "closed",
            Self::UnderReview => "under_review",
            Self::UnderMinimum => "under_minimum",
            Self::NoMethod => "no_method",
            Self::MethodUnconfirmed => "method_unconfirmed",
            Self::MethodCannotPay => "method_cannot_pay",
            Self::BankRefused => "bank_refused",
            Self::MethodChanged => "method_changed",
            Self::TaxFormMissing => "tax_form_missing",
            Self::InvoiceMissing => "invoice_missing",
            Self::NothingLeft => "nothing_left",
            Self::Contested => "contested",
            Self::NotDue => "not_due",
            Self::InHold => "in_hold",
            Self::AwaitsApproval => "awaits_approval",
            Self::BankUnclear => "bank_unclear",
        }
    }

    /// From what the database wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|block| block.as_str() == text)
    }

    /// Who has to act.
    pub fn owner(self) -> Owner {
        match self {
            Self::NoMethod
            | Self::MethodUnconfirmed
            | Self::MethodCannotPay
            | Self::BankRefused
            | Self::TaxFormMissing
            | Self::InvoiceMissing => Owner::Partner,
            Self::Closed | Self::UnderReview | Self::Contested | Self::AwaitsApproval | Self::BankUnclear => {
                Owner::Programme
            }
            Self::Owes | Self::UnderMinimum | Self::MethodChanged | Self::NothingLeft | Self::NotDue | Self::InHold => {
                Owner::Time
            }
        }
    }
}

/// One reason with its figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// Why.
    pub reason: Block,
    /// What is missing, owed, contested or in hold.
    pub amount: Option<Decimal>,
    /// When it ends by itself, or the first of it does.
    pub until: Option<DateTime<Utc>>,
    /// The bank's code, where a bank refused.
    pub code: Option<String>,
}

impl Blocked {
    /// A reason that no bank gave.
    pub fn new(reason: Block, amount: Option<Decimal>, until: Option<DateTime<Utc>>) -> Self {
        Self { reason, amount, until, code: None }
    }
}

/// What to look at before a payout is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Warning {
    /// The partner was never paid before.
    FirstPayout,
    /// It goes elsewhere than the last one.
    NewMethod,
    /// Far more than this partner is used to.
    Outlier,
}

impl Warning {
    /// Every warning.
    pub const ALL: [Self; 3] = [Self::FirstPayout, Self::NewMethod, Self::Outlier];

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstPayout => "first_payout",
            Self::NewMethod => "new_method",
            Self::Outlier => "outlier",
        }
    }

    /// From what the database wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|warning| warning.as_str() == text)
    }
}

/// Count and sum of a run's payouts in one currency and state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Total {
    /// The currency.
    pub currency: Currency,
    /// The state.
    pub state: State,
    /// How many payouts.
    pub payouts: i64,
    /// What they come to.
    pub amount: Decimal,
}

/// A run as a list shows it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The run.
    pub run: Run,
    /// The programme's code.
    pub programme: String,
    /// Who built it; `None`: the command line.
    pub builder: Option<PersonId>,
    /// Its payouts by currency and state.
    pub totals: Vec<Total>,
    /// Partners with a balance who are not paid.
    pub blocked: i64,
    /// Share of the partners gone through while it is being built, in percent.
    pub progress: i64,
}

/// Names one payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PayoutKey {
    /// Whose it is.
    pub partner: PartnerId,
    /// Its number.
    pub payout: PayoutId,
}
