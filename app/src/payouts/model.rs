//! What a partner's money waits for.

use crate::base::money::Currency;
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
    /// Until when a changed method waits, where one does.
    pub method_waits: Option<Leaves>,
    /// The review that runs, if one does.
    pub review: Option<Review>,
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
    /// Where to send it was changed, and the change waits.
    MethodInSafetyPeriod {
        /// When it has waited long enough.
        until: Leaves,
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
                | Self::MethodInSafetyPeriod { .. }
        )
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
    /// Why money is not on its way: first what stops a payout, the weightiest first, then what keeps it pending.
    pub reasons: Vec<Reason>,
}

impl Standing {
    /// What keeps the payable balance from being paid, if anything does.
    pub fn stopped_by(&self) -> Option<&Reason> {
        self.reasons.first().filter(|reason| reason.stops_payout())
    }

    /// Whether the payable balance is paid on the pay day.
    pub fn is_paid(&self) -> bool {
        self.balances.payable > Decimal::ZERO && self.stopped_by().is_none()
    }
}
