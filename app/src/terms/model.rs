//! Fields, scopes and versions of terms.

use crate::base::ids::{OfferId, PartnerId, ProgrammeId, ProposalId, TermsVersionId};
use crate::commissions::model::Rule;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// The reason of terms that a command set before there was anybody to give one. Kept as this; readers have it in their
/// own language.
pub const FIRST_TERMS: &str = "First terms";

/// One thing that terms say. Each resolves alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// The commission.
    Rate,
    /// Days until a commission is payable.
    HoldDays,
    /// Whether only an approval makes a commission payable.
    Validation,
    /// The smallest balance that is paid out.
    Minimum,
    /// When payouts are made.
    Schedule,
}

impl Field {
    /// As the database writes it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Rate => "rate",
            Self::HoldDays => "hold_days",
            Self::Validation => "validation",
            Self::Minimum => "minimum",
            Self::Schedule => "schedule",
        }
    }

    /// From what the database wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Rate, Self::HoldDays, Self::Validation, Self::Minimum, Self::Schedule]
            .into_iter()
            .find(|field| field.as_str() == text)
    }
}

/// For whom a version holds; the most specific wins: programme, offer, partner, partner and offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The programme.
    pub programme: ProgrammeId,
    /// One offer, or all.
    pub offer: Option<OfferId>,
    /// One partner, or all.
    pub partner: Option<PartnerId>,
}

impl Scope {
    /// 0 stands for all in the database's keys.
    pub fn offer_key(&self) -> i64 {
        self.offer.map_or(0, |offer| offer.0)
    }

    /// 0 stands for all in the database's keys.
    pub fn partner_key(&self) -> i64 {
        self.partner.map_or(0, |partner| partner.0)
    }
}

/// A version of one field in one scope, never edited.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// Its id.
    pub id: TermsVersionId,
    /// Which field.
    pub field: Field,
    /// `percent` or `fixed`; `days`; `flag`; `amount`; `weekly`, `twice_monthly`, `monthly` or `net`.
    pub kind: String,
    /// In the unit that the kind names.
    pub value: Decimal,
    /// What a rate says beyond its value; empty for the other fields.
    pub rule: Rule,
    /// In force from here until it ends, or another of the same field and scope begins.
    pub valid_from: DateTime<Utc>,
    /// When it ends, itself left out; afterwards what stood there before counts again. `None`: it has no end.
    pub valid_until: Option<DateTime<Utc>>,
    /// For whom.
    pub scope: Scope,
    /// The proposal whose decision made it.
    pub proposal: Option<ProposalId>,
}

/// When payouts are made. Days are the programme's accounting days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Every week on this day, 1 is Monday.
    Weekly(u32),
    /// On this day of the month, 1 to 14, and 15 days later.
    TwiceMonthly(u32),
    /// On this day of the month, 1 to 28.
    Monthly(u32),
    /// So many days after the end of the month in which it became payable, 1 to 120 (NET-30 and its like).
    Net(u32),
}

impl Schedule {
    /// From a version's kind and value; `None` where they do not name a schedule.
    pub fn from_parts(kind: &str, value: Decimal) -> Option<Self> {
        let day = u32::try_from(value).ok().filter(|day| *day >= 1)?;
        match kind {
            "weekly" if day <= 7 => Some(Self::Weekly(day)),
            "twice_monthly" if day <= 14 => Some(Self::TwiceMonthly(day)),
            "monthly" if day <= 28 => Some(Self::Monthly(day)),
            "net" if day <= 120 => Some(Self::Net(day)),
            _ => None,
        }
    }
}

/// A version as its partner sees it: with the reason that its decision gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The version.
    pub version: Version,
    /// The offer's name, where it is about one.
    pub offer: Option<String>,
    /// The reason for the partner.
    pub reason: String,
    /// When it was decided.
    pub decided_at: DateTime<Utc>,
    /// Who decided it; `None`: a command.
    pub by: Option<String>,
    /// Whether an owner stopped it for this partner before it applied.
    pub stopped: bool,
}

/// What applies to one offer today, resolved for a partner.
#[derive(Clone, Debug, PartialEq)]
pub struct OfferTerms {
    /// The offer's name.
    pub name: String,
    /// The rate, if any was ever said.
    pub rate: Option<Version>,
    /// The hold.
    pub hold_days: Option<Version>,
    /// Whether only an approval makes a commission payable.
    pub validation: Option<Version>,
}
