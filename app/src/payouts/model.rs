//! What a partner's money waits for.

use crate::base::ids::PayoutId;
use crate::base::money::{Currency, Money};
use crate::payout_methods::model::MethodKind;
use crate::settlement::files::codes::{self, Meaning, NextStep, needs_another_method};
use crate::tax::model::{Taxed, Worked};
use crate::terms::model::Schedule;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

/// A partner's accounts in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balances {
    /// The currency of all of them.
    pub currency: Currency,
    /// Earned, in hold or waiting for approval.
    pub pending: Decimal,
    /// Out of its hold; below zero where refunds took back more than was there.
    pub payable: Decimal,
    /// Contested by the programme.
    pub ring_fenced: Decimal,
    /// On its way.
    pub in_payout: Decimal,
    /// Arrived.
    pub paid: Decimal,
}

impl Balances {
    /// Nothing, in a currency.
    pub fn zero(currency: Currency) -> Self {
        let zero = Decimal::ZERO;
        Self { currency, pending: zero, payable: zero, ring_fenced: zero, in_payout: zero, paid: zero }
    }
}

/// Pending commissions that leave their hold on one day, or wait for approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The currency.
    pub currency: Currency,
    /// The day and the first moment of it when something leaves its hold; `None` where only an approval ends it.
    pub leaves: Option<Leaves>,
    /// How much.
    pub amount: Decimal,
}

/// When a hold ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaves {
    /// The accounting day.
    pub day: NaiveDate,
    /// The first moment.
    pub at: DateTime<Utc>,
}

/// The programme looks into the partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// When it ends at the latest.
    pub until: DateTime<Utc>,
    /// The accounting day of that.
    pub day: NaiveDate,
    /// Why, in the programme's words.
    pub reason: String,
}

/// Money in a payout that nobody has released yet, or that waits for funds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreleased {
    /// The payout.
    pub payout: PayoutId,
    /// How much.
    pub money: Money,
    /// When it is to be sent.
    pub pay_day: NaiveDate,
    /// Whether it is released, and waits for funds alone.
    pub waits_for_funds: bool,
}

/// A payout that came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The payout.
    pub payout: PayoutId,
    /// How much is payable again.
    pub money: Money,
    /// The bank's code, where it gave one.
    pub code: Option<String>,
    /// The accounting day on which it came back.
    pub day: NaiveDate,
}

impl Refused {
    /// Who does something now. Where the bank gave no code, or one that nobody knows, the programme asks it.
    pub fn next_step(&self) -> NextStep {
        self.code.as_deref().and_then(codes::meaning).map_or(NextStep::Programme, Meaning::next_step)
    }
}

/// Everything that decides what a partner is paid next.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The accounting day.
    pub today: NaiveDate,
    /// The programme's currency; the minimum is in it.
    pub currency: Currency,
    /// The smallest balance that is paid out.
    pub minimum: Option<Decimal>,
    /// When payouts are made.
    pub schedule: Option<Schedule>,
    /// Every currency there is money in, the programme's first.
    pub balances: Vec<Balances>,
    /// What leaves its hold and when, in the order of days.
    pub due: Vec<Due>,
    /// Whether there is somewhere to send money.
    pub has_method: bool,
    /// What kind of place that is.
    pub method_kind: Option<MethodKind>,
    /// Whether one was set that waits for its confirmation.
    pub method_unconfirmed: bool,
    /// Until when a changed method waits, where one does.
    pub method_waits: Option<Leaves>,
    /// The review that runs, if one does.
    pub review: Option<Review>,
    /// Payouts that nobody has released yet, or that wait for funds.
    pub unreleased: Vec<Unreleased>,
    /// Payouts that a bank refused or sent back and that no later one has made good.
    pub refused: Vec<Refused>,
    /// Currencies in which a bank contradicts what is known of an earlier payout.
    pub in_doubt: Vec<Currency>,
    /// What the tax office makes of it.
    pub taxed: Taxed,
    /// When the next contest ends at the latest, in each currency that has one.
    pub contests: Vec<(Currency, Leaves)>,
}

/// A reason why money is not on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Refunds took back more than was payable; what is earned next pays it off.
    Owes {
        /// How much, above zero.
        amount: Decimal,
    },
    /// The programme looks into the partner.
    UnderReview(Review),
    /// The payable balance is smaller than what is paid out.
    UnderMinimum {
        /// How much is missing.
        short: Decimal,
        /// The minimum.
        minimum: Decimal,
        /// When what leaves its hold fills the gap, as far as is known today.
        filled: Option<Leaves>,
    },
    /// There is nowhere to send it.
    NoMethod,
    /// Where to send it was set, and its member has not confirmed it.
    MethodNotConfirmed,
    /// Where to send it was changed, and the change waits.
    MethodInSafetyPeriod {
        /// When it has waited long enough.
        until: Leaves,
    },
    /// The payout method takes no money of this currency.
    MethodCannotPay {
        /// The method.
        method: MethodKind,
        /// The currency.
        currency: Currency,
    },
    /// A bank refused the last payout or sent it back.
    BankRefused(Refused),
    /// In a payout that the programme has to release.
    NotReleased(Unreleased),
    /// Released, and not sent as the programme's payout account does not cover it.
    FundsMissing(Unreleased),
    /// What a bank said of an earlier payout contradicts what is known of it; until that is settled nobody knows what is due.
    BankUnclear,
    /// The programme pays nobody whose tax data it does not have.
    TaxFormMissing,
    /// An invoice of an earlier payout is missing, or was refused.
    InvoiceMissing {
        /// Of which payout.
        payout: PayoutId,
    },
    /// What is withheld, and what sending it costs, leave nothing to send.
    NothingLeft {
        /// What it would come to, zero or below.
        total: Decimal,
    },
    /// Contested by the programme.
    Contested {
        /// How much.
        amount: Decimal,
        /// When the next of it is the partner's again at the latest.
        until: Option<Leaves>,
    },
    /// Only an approval makes it payable.
    WaitsForApproval {
        /// How much.
        amount: Decimal,
    },
    /// In hold.
    InHold {
        /// When the next part leaves.
        next: Leaves,
        /// That part.
        amount: Decimal,
        /// All that is in hold.
        whole: Decimal,
    },
}

impl Reason {
    /// Whether it keeps the payable balance from being paid; the others keep money from becoming payable.
    pub fn stops_payout(&self) -> bool {
        matches!(
            self,
            Self::Owes { .. }
                | Self::UnderReview(_)
                | Self::UnderMinimum { .. }
                | Self::NoMethod
                | Self::MethodNotConfirmed
                | Self::MethodInSafetyPeriod { .. }
                | Self::MethodCannotPay { .. }
                | Self::BankUnclear
                | Self::TaxFormMissing
                | Self::InvoiceMissing { .. }
                | Self::NothingLeft { .. }
        ) || matches!(self, Self::BankRefused(refused) if refused.code.as_deref().is_some_and(needs_another_method))
    }
}

/// What happens to a partner's money in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The balances it is about.
    pub balances: Balances,
    /// The day of the payout that the payable balance goes with, as far as is known; where something stops it, the day
    /// after that has ended by itself.
    pub pay_day: Option<NaiveDate>,
    /// What leaves its hold before `pay_day`, besides what is payable.
    pub until_then: Decimal,
    /// What of the payable balance would arrive, with VAT and less what is taken off; `None` while nobody knows.
    pub arrives: Option<Worked>,
    /// Why money is not on its way: first what stops a payout, the weightiest first, then what keeps it pending.
    pub reasons: Vec<Reason>,
}

impl Standing {
    /// What keeps the payable balance from being paid, if anything does.
    pub fn stopped_by(&self) -> Option<&Reason> {
        self.reasons.iter().find(|reason| reason.stops_payout())
    }

    /// Whether the payable balance is paid on the pay day.
    pub fn is_paid(&self) -> bool {
        self.balances.payable > Decimal::ZERO && self.stopped_by().is_none()
    }
}
