//! Packages, what is left for them, and who was granted one.

use crate::base::ids::{CaseId, PartnerId, PersonId, ProgrammeId, PromoGrantId, PromoPackageId};
use crate::base::money::{Currency, Money};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

/// What has to be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// So many sales.
    Sales,
    /// So much commission.
    Commission,
    /// Orders of so much.
    Orders,
    /// Nothing more than the grant.
    Once,
}

impl Goal {
    /// Every goal, in the order in which a form offers them.
    pub const ALL: [Self; 4] = [Self::Sales, Self::Commission, Self::Orders, Self::Once];

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sales => "sales",
            Self::Commission => "commission",
            Self::Orders => "orders",
            Self::Once => "once",
        }
    }

    /// From what the database or a form wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|goal| goal.as_str() == text)
    }
}

/// A programme, as far as its packages need it.
#[derive(Clone, Debug)]
pub struct Home {
    /// Its number.
    pub id: ProgrammeId,
    /// Its short name.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its usual currency.
    pub currency: Currency,
    /// The zone of its days.
    pub zone: Tz,
}

/// A bonus and what it is for.
#[derive(Clone, Debug)]
pub struct Package {
    /// Its number.
    pub id: PromoPackageId,
    /// What it is called, to partners too.
    pub name: String,
    /// What has to be reached.
    pub goal: Goal,
    /// How much of it: a number of sales, or an amount in the bonus's currency; 0 where nothing is.
    pub target: Decimal,
    /// What it brings.
    pub bonus: Money,
    /// From when on something counts.
    pub starts_at: DateTime<Utc>,
    /// What happens from here on does not count.
    pub ends_at: DateTime<Utc>,
    /// Nor does what leaves its hold from here on.
    pub counts_until: DateTime<Utc>,
    /// The zone of its days.
    pub zone: Tz,
}

/// A budget and what is gone of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purse {
    /// In what.
    pub currency: Currency,
    /// The budget in force.
    pub budget: Decimal,
    /// Granted, the goal not reached yet.
    pub reserved: Decimal,
    /// Booked.
    pub spent: Decimal,
}

/// How far a partner has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What counts already.
    pub counted: Decimal,
    /// What may still count: in hold, not validated, or contested.
    pub waits: Decimal,
}

/// What was said to a proposed grant.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Whether it was granted.
    pub approved: bool,
    /// Whether the author's own authority was enough.
    pub by_policy: bool,
    /// Who.
    pub by: (PersonId, String),
    /// Whether its author had to decide, for want of another owner.
    pub sole_control: bool,
    /// Why, for the partner.
    pub reason_partner: String,
    /// Why, for the house.
    pub reason_house: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// How a grant ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The goal was reached and the bonus booked.
    Reached,
    /// The time was over, and the money was given back to the budget.
    Over,
}

impl End {
    /// The step that ends it so.
    pub fn step(self) -> &'static str {
        match self {
            Self::Reached => "spent",
            Self::Over => "given_back",
        }
    }

    /// From the step that ended it.
    pub fn of_step(step: &str) -> Option<Self> {
        [Self::Reached, Self::Over].into_iter().find(|end| end.step() == step)
    }
}

/// A package for a partner: proposed, and maybe granted.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Its number.
    pub id: PromoGrantId,
    /// Whose programme's.
    pub programme: ProgrammeId,
    /// For whom.
    pub partner: PartnerId,
    /// Their name.
    pub partner_name: String,
    /// What.
    pub package: Package,
    /// Why, as the owners read it.
    pub reason: String,
    /// The case it was asked for in.
    pub case: Option<CaseId>,
    /// Who asks.
    pub proposer: (PersonId, String),
    /// When.
    pub proposed_at: DateTime<Utc>,
    /// What was said to it.
    pub decision: Option<Decision>,
    /// How it ended, when that counts, and how far the partner had come.
    pub end: Option<(End, DateTime<Utc>, Decimal)>,
}

/// A grant as its partner reads it.
#[derive(Clone, Debug)]
pub struct Own {
    /// What.
    pub package: Package,
    /// Who granted it, why, and when.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
    /// How far it is.
    pub progress: Progress,
    /// How it ended, and when.
    pub end: Option<(End, DateTime<Utc>)>,
}

/// A package on its way in.
#[derive(Clone, Debug)]
pub struct NewPackage {
    /// What it is called.
    pub name: String,
    /// What has to be reached.
    pub goal: Goal,
    /// How much of it.
    pub target: Decimal,
    /// What it brings.
    pub bonus: Money,
    /// The first day.
    pub first: NaiveDate,
    /// The last one.
    pub last: NaiveDate,
    /// Days after that in which what happened may leave its hold.
    pub grace: u32,
    /// What may be granted of it altogether.
    pub budget: Decimal,
}
