//! Enquiries, their lines, and what was read of an answer.

use crate::base::ids::{CaseId, EnquiryId, OfferId, PartnerId};
use crate::base::money::Money;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// What the advertiser says of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The sale is theirs.
    Valid,
    /// It is not.
    Declined,
}

impl Verdict {
    /// As the database and the file write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Declined => "declined",
        }
    }

    /// From what the database wrote or an advertiser typed.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Valid, Self::Declined].into_iter().find(|verdict| verdict.as_str().eq_ignore_ascii_case(text.trim()))
    }
}

/// An answer to one claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What is said.
    pub verdict: Verdict,
    /// The order amount that is confirmed; of a valid claim alone.
    pub amount: Option<Decimal>,
    /// A word more, for the house.
    pub note: String,
}

/// A claim in an enquiry.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its place in the enquiry, from 1.
    pub line: i32,
    /// Whose claim it is.
    pub partner: PartnerId,
    /// Their name.
    pub partner_name: String,
    /// The dispute that it is of.
    pub case: CaseId,
    /// The order number, as the partner wrote it.
    pub order_id: String,
    /// When the sale was, as the partner says.
    pub occurred_at: DateTime<Utc>,
    /// The order amount, as the partner says.
    pub claimed: Money,
    /// What was answered.
    pub answer: Option<Answer>,
}

/// Claims of one offer, asked about together.
#[derive(Clone, Debug)]
pub struct Enquiry {
    /// Its number.
    pub id: EnquiryId,
    /// The offer's name.
    pub offer: String,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// When the partners behind it hear next.
    pub next_update_at: DateTime<Utc>,
    /// How many claims it has.
    pub claims: i64,
    /// How many of them wait.
    pub open: i64,
}

/// An offer with claims that nobody was asked about.
#[derive(Clone, Debug)]
pub struct Gathered {
    /// The offer.
    pub offer: OfferId,
    /// Its name.
    pub name: String,
    /// The programme's name.
    pub programme: String,
    /// How many claims there are.
    pub claims: i64,
    /// The oldest of their disputes.
    pub oldest: DateTime<Utc>,
}

/// A claim that a decision credited, and whose sale was imported after all: the partner would be paid for it twice.
#[derive(Clone, Debug)]
pub struct Doubled {
    /// The dispute.
    pub case: CaseId,
    /// The order number.
    pub order_id: String,
    /// Whose it is.
    pub partner_name: String,
    /// The programme's code.
    pub programme: String,
    /// What the decision credited.
    pub credited: Money,
    /// What the commission still earns.
    pub commission: Money,
}

/// What a line of an answer file comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The line in the file, from 1, the head included.
    pub row: u64,
    /// The line of the enquiry, and what is said of it; or why it can't be.
    pub result: Result<(i32, Answer), Reject>,
}

/// Why a line of an answer counts for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reject {
    /// It names no claim of this enquiry.
    NoSuchClaim,
    /// Neither valid nor declined.
    NoVerdict,
    /// What should be an amount is none.
    NoAmount,
    /// More than was claimed.
    MoreThanClaimed,
    /// The file says something of this claim before.
    Twice,
    /// This claim was answered already, and otherwise.
    AnsweredOtherwise,
    /// The note is longer than 500 characters.
    NoteTooLong,
}

/// Why a file can't be read at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileError {
    /// It is no text in UTF-8.
    NoText,
    /// Its head names no `claim` and `verdict`.
    NoHead,
    /// It has more lines than an enquiry can have claims.
    TooLong,
}

/// An answer that was sent in.
#[derive(Clone, Debug)]
pub struct AnswerFile {
    /// Counts an enquiry's answers, from 1.
    pub nth: i32,
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// When it was read.
    pub read_at: DateTime<Utc>,
    /// When it was taken over, and how many claims it settled.
    pub taken: Option<(DateTime<Utc>, i32)>,
}

/// That an advertiser was asked again.
#[derive(Clone, Debug)]
pub struct Reminder {
    /// Counts an enquiry's reminders, from 1.
    pub nth: i32,
    /// Who asked again.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// About how many claims.
    pub claims: i64,
}

/// Who is awaited in a dispute since when, and what was answered, as its partner reads it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The enquiry.
    pub enquiry: EnquiryId,
    /// The offer whose advertiser was asked.
    pub offer: String,
    /// Who asked.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Who asked again meanwhile, and when.
    pub again: Vec<(String, DateTime<Utc>)>,
    /// When the partner hears next, as long as nothing is answered.
    pub next_update_at: DateTime<Utc>,
    /// What was answered, with the confirmed order amount, and when.
    pub answered: Option<(Verdict, Option<Money>, DateTime<Utc>)>,
    /// The last word meanwhile: what, who, when.
    pub last: Option<(String, String, DateTime<Utc>)>,
}
