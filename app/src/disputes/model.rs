//! Cases, what they are about, and how they end.

use crate::base::ids::{CaseId, ConversionId, MailInId, PartnerId, PayoutId, PersonId, ProgrammeId, TermsVersionId};
use crate::base::money::{Currency, Money};
use crate::channels::model::Channel;
use crate::commissions::model::{Rate, State};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$of])* $variant,)*
        }

        impl $name {
            /// Every one, in the order of the table's check.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// As the database writes it.
            pub fn as_str(&self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// From what the database wrote or a form sent.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text)
            }
        }
    };
}

words! {
    /// What a case is about.
    Kind {
        /// A sale that was never counted.
        MissingConversion = "missing_conversion",
        /// The commission is not what it should be.
        WrongAmount = "wrong_amount",
        /// It was taken back, and should not have been.
        WronglyReversed = "wrongly_reversed",
        /// A payout did not come when it was announced.
        PayoutLate = "payout_late",
        /// A payout is not what it should be.
        PayoutAmount = "payout_amount",
        /// A payout came back.
        PayoutFailed = "payout_failed",
        /// The terms themselves.
        MyTerms = "my_terms",
        /// Anything else.
        Other = "other",
    }
}

words! {
    /// Where a case stands.
    Stage {
        /// Nobody has it yet.
        Received = "received",
        /// Somebody works on it.
        InReview = "in_review",
        /// The partner has been asked something.
        AnswerNeeded = "answer_needed",
        /// There is a decision.
        Decided = "decided",
        /// Nothing is open; a message opens it again.
        Closed = "closed",
    }
}

words! {
    /// How a case was decided.
    Outcome {
        /// The partner was right.
        InFavour = "in_favour",
        /// In part.
        InPart = "in_part",
        /// It stays as it is.
        Declined = "declined",
    }
}

words! {
    /// Why it was decided so.
    Reason {
        /// The click or sale was not tracked.
        TrackingError = "tracking_error",
        /// It was booked wrongly.
        BookingError = "booking_error",
        /// As a courtesy.
        Goodwill = "goodwill",
        /// The terms say so.
        TermsApplied = "terms_applied",
        /// The order was given back.
        OrderRefunded = "order_refunded",
        /// It could not be shown.
        NotProved = "not_proved",
        /// Anything else.
        Other = "other",
    }
}

words! {
    /// Who speaks.
    Side {
        /// A member of the partner account.
        Partner = "partner",
        /// Staff.
        Staff = "staff",
    }
}

/// A case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its number.
    pub id: CaseId,
    /// Its programme.
    pub programme: ProgrammeId,
    /// Whose it is.
    pub partner: PartnerId,
    /// What it is about.
    pub kind: Kind,
    /// The same in a few words: `Order 536365`.
    pub subject: String,
    /// Where it stands.
    pub stage: Stage,
    /// When it came in.
    pub opened_at: DateTime<Utc>,
    /// Who works on it.
    pub assignee: Option<PersonId>,
    /// The name of who works on it, as the time line has it.
    pub answerer: Option<String>,
    /// When the partner hears next.
    pub next_update_at: DateTime<Utc>,
    /// Counts its changes.
    pub version: i32,
}

/// A case as its row is locked for a change.
#[derive(Clone, Copy, Debug)]
pub struct Locked {
    /// Its number.
    pub id: CaseId,
    /// Its programme.
    pub programme: ProgrammeId,
    /// Whose it is.
    pub partner: PartnerId,
    /// What it is about.
    pub kind: Kind,
    /// Where it stands.
    pub stage: Stage,
    /// Who works on it.
    pub assignee: Option<PersonId>,
    /// When the partner hears next.
    pub next_update_at: DateTime<Utc>,
    /// Counts its changes.
    pub version: i32,
    /// The newest message.
    pub last_message: i64,
    /// Who wrote it.
    pub last_side: Side,
}

/// A message, or a note of the house.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its id.
    pub id: i64,
    /// Who speaks.
    pub side: Side,
    /// The name it was signed with.
    pub author: String,
    /// What it says.
    pub body: String,
    /// All of it, where part of a mail is folded away.
    pub whole: Option<String>,
    /// The mail that it came by, if it came by mail.
    pub mail: Option<MailInId>,
    /// The way it came.
    pub channel: Channel,
    /// When.
    pub at: DateTime<Utc>,
}

/// A step of the time line.
#[derive(Clone, Debug)]
pub struct Event {
    /// The stage that was reached.
    pub stage: Stage,
    /// When.
    pub at: DateTime<Utc>,
    /// Who did it; empty where it was the partner.
    pub by: String,
    /// What was promised with it.
    pub promised_at: Option<DateTime<Utc>>,
}

/// A decision as both sides may read it.
#[derive(Clone, Debug)]
pub struct Decision {
    /// How it ended.
    pub outcome: Outcome,
    /// Why.
    pub reason: Reason,
    /// The reason in the words that the partner got.
    pub reason_partner: String,
    /// What was credited.
    pub credit: Option<Money>,
    /// When.
    pub at: DateTime<Utc>,
}

/// What a case pins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// A conversion and its commission.
    Conversion(ConversionId),
    /// A version of the terms.
    Terms(TermsVersionId),
    /// What the partner says of a sale that is missing.
    Claim(i64),
    /// A payout.
    Payout(PayoutId),
}

/// A pin, with the facts as they were.
#[derive(Clone, Debug)]
pub struct Pin {
    /// What it points at.
    pub about: About,
    /// The facts at the moment of pinning.
    pub facts: Facts,
    /// That moment.
    pub at: DateTime<Utc>,
}

/// The pinned facts. A partner reads them too, so nothing of the house's alone belongs in here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum Facts {
    /// Of a conversion and its commission.
    Conversion(ConversionFacts),
    /// Of a version of the terms.
    Terms(TermsFacts),
    /// Of a sale that is missing.
    Claim(ClaimFacts),
    /// Of a payout.
    Payout(PayoutFacts),
}

/// A payout, as far as its partner sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PayoutFacts {
    /// As banks and statements name it: `PD-12-34`.
    pub reference: String,
    /// What it pays.
    pub amount: Decimal,
    /// The currency of that.
    pub currency: Currency,
    /// When it was to be sent.
    pub pay_day: NaiveDate,
    /// Where it stands, as the database writes it.
    pub state: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Enough of the account to recognise it.
    pub sent_to: String,
    /// What the bank calls it.
    pub bank_reference: Option<String>,
    /// Why the bank refused or returned it.
    pub code: Option<String>,
}

/// A step of a pinned payout since its case was opened.
#[derive(Clone, Debug)]
pub struct PayoutStep {
    /// The payout, as banks and statements name it.
    pub reference: String,
    /// Where it came to.
    pub state: crate::payout_runs::model::State,
    /// When.
    pub at: DateTime<Utc>,
}

/// A conversion and everything that made its commission.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConversionFacts {
    /// The advertiser's number.
    pub order_id: String,
    /// The offer's name.
    pub offer: String,
    /// When the sale was.
    pub occurred_at: DateTime<Utc>,
    /// The order amount; zero for a lead.
    pub order_amount: Decimal,
    /// The currency of every amount here.
    pub currency: Currency,
    /// What was given back of the order.
    pub refunded: Decimal,
    /// Whether the programme rejected it.
    pub rejected: bool,
    /// The rate in force when it happened.
    pub rate: Rate,
    /// Since when that rate is in force.
    pub rate_since: DateTime<Utc>,
    /// Days of hold.
    pub hold_days: i32,
    /// When the hold ends; `None` where only an approval ends it.
    pub hold_until: Option<DateTime<Utc>>,
    /// What it earned at first.
    pub amount: Decimal,
    /// What is left of that.
    pub amount_left: Decimal,
    /// Where the commission stands.
    pub state: State,
}

/// A version of one field of the terms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TermsFacts {
    /// `rate`, `minimum` and so on.
    pub field: String,
    /// The unit of the value.
    pub kind: String,
    /// In that unit.
    pub value: Decimal,
    /// The programme's currency, for amounts.
    pub currency: Currency,
    /// In force from here.
    pub valid_from: DateTime<Utc>,
    /// The offer's name; `None`: every offer.
    pub offer: Option<String>,
    /// Whether it holds for this partner alone.
    pub own: bool,
}

/// What a partner says of a sale that is missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClaimFacts {
    /// The offer's name.
    pub offer: String,
    /// The advertiser's number.
    pub order_id: String,
    /// When the sale was.
    pub occurred_at: DateTime<Utc>,
    /// The order amount.
    pub amount: Decimal,
    /// Its currency.
    pub currency: Currency,
    /// What shows it: a link, a mail's text.
    pub proof: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_go_both_ways() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(*kind));
        }
        assert_eq!(Stage::parse("answer_needed"), Some(Stage::AnswerNeeded));
        assert_eq!(Outcome::parse("In_favour"), None);
    }
}
