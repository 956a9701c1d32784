//! A payout and what it is made of.

use crate::base::ids::{ConversionId, PayoutId};
use crate::base::money::Money;
use crate::commissions::model::Rate;
use crate::payout_methods::model::MethodKind;
use crate::payout_runs::model::State;
use crate::tax::model::Worked;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

/// One payout.
#[derive(Clone, Debug)]
pub struct Payout {
    /// Its number.
    pub id: PayoutId,
    /// What leaves the house.
    pub money: Money,
    /// How that is made of what was earned.
    pub worked: Worked,
    /// Where it stands.
    pub state: State,
    /// When it is to be sent at the latest.
    pub pay_day: NaiveDate,
    /// The newest day that was promised since, if it was put off.
    pub put_off_to: Option<NaiveDate>,
    /// How it is paid.
    pub method: MethodKind,
    /// The account holder.
    pub holder: String,
    /// Enough of the account to recognise it.
    pub masked: String,
    /// When it was sent, if it was.
    pub submitted_at: Option<DateTime<Utc>>,
    /// When it came to where it stands.
    pub since: DateTime<Utc>,
    /// What the bank calls it.
    pub bank_reference: Option<String>,
    /// Why the bank refused or returned it.
    pub code: Option<String>,
    /// Whether it is released and the programme has no funds for it.
    pub waits_for_funds: bool,
    /// The programme's time zone, in which a bank's day is a day.
    pub zone: Tz,
}

impl Payout {
    /// The accounting day of a moment. What a bank booked has a day and no hour: shown in another zone, it could be the
    /// day before.
    pub fn day_of(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.zone).date_naive()
    }
}

/// A step of a payout.
#[derive(Clone, Debug)]
pub struct Step {
    /// Where it came to.
    pub state: State,
    /// When.
    pub at: DateTime<Utc>,
    /// The bank's reason.
    pub code: Option<String>,
    /// What the bank calls it.
    pub bank_reference: Option<String>,
}

/// The programme said that it comes later.
#[derive(Clone, Debug)]
pub struct Delay {
    /// The new day.
    pub new_pay_day: NaiveDate,
    /// Its words.
    pub message: String,
    /// Who says so.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// What an item of a payout is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// A commission that left its hold.
    Commission,
    /// Taken back: the order was refunded.
    Refund,
    /// Taken back: the programme rejected the order.
    Rejection,
    /// Credited by a decision.
    Adjustment,
    /// A credit taken back.
    Reversal,
    /// Credited until its decision.
    Provisional,
    /// A provisional credit taken back.
    Clawback,
    /// A promotion's goal was reached.
    Bonus,
    /// Set apart, as the programme contests it.
    SetApart,
    /// Let go again.
    LetGo,
    /// An earlier payout that arrived after its money had been paid once more, or that came back since.
    LatePayment,
    /// Back into the hold; what moves here and there.
    Correction,
}

impl ItemKind {
    /// From the kind of the transfer.
    pub fn of_transfer(kind: &str) -> Self {
        match kind {
            "release" => Self::Commission,
            "refund" => Self::Refund,
            "rejection" => Self::Rejection,
            "adjustment" => Self::Adjustment,
            "reversal" => Self::Reversal,
            "provisional" => Self::Provisional,
            "clawback" => Self::Clawback,
            "bonus" => Self::Bonus,
            "ring_fence" => Self::SetApart,
            "ring_fence_end" => Self::LetGo,
            "late_payment" | "late_payment_return" => Self::LatePayment,
            _ => Self::Correction,
        }
    }
}

/// One line of what a payout pays.
#[derive(Clone, Debug)]
pub struct Item {
    /// What it is.
    pub kind: ItemKind,
    /// When it counted.
    pub at: DateTime<Utc>,
    /// The conversion it is about.
    pub conversion: Option<ConversionId>,
    /// Its order.
    pub order_id: Option<String>,
    /// Its offer's name.
    pub offer: Option<String>,
    /// The order amount, and the rate of its commission.
    pub earned_on: Option<(Decimal, Rate)>,
    /// Below zero where it takes back.
    pub amount: Decimal,
}
