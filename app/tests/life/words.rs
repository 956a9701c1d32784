//! What a life of money is made of, and what can happen in it.

/// An order of a partner.
#[derive(Clone, Debug)]
pub struct Order {
    pub partner: usize,
    pub pence: i64,
    pub day: i64,
    pub refunded: i64,
    pub rejected: bool,
    pub released: bool,
    /// The last day of the contest that runs.
    pub contested: Option<i64>,
}

impl Order {
    /// 8 percent of what is left, half a penny up.
    pub fn left(&self) -> i64 {
        if self.rejected { 0 } else { ((self.pence - self.refunded) * 8 + 50) / 100 }
    }
}

/// A credit until its decision.
#[derive(Clone, Debug)]
pub struct Provisional {
    pub partner: usize,
    pub pence: i64,
    /// The day at whose beginning it ends; None once it did.
    pub ends: Option<i64>,
}

/// What moved on a payable account.
#[derive(Clone, Debug)]
pub struct Item {
    pub partner: usize,
    /// None: a credit.
    pub order: Option<usize>,
    pub amount: i64,
    pub day: i64,
    /// The live payout that has it.
    pub payout: Option<usize>,
    /// What is owed for a late payment is taken at once, whatever its day.
    pub owed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Scheduled,
    Held,
    Approved,
    Submitted,
    Unknown,
    Paid,
    Failed,
    Returned,
    Cancelled,
}

impl Stage {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Held => "held",
            Self::Approved => "approved",
            Self::Submitted => "submitted",
            Self::Unknown => "unknown",
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Returned => "returned",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn gives_back(self) -> bool {
        matches!(self, Self::Failed | Self::Returned | Self::Cancelled)
    }
}

#[derive(Clone, Debug)]
pub struct Payout {
    pub run: usize,
    pub partner: usize,
    pub amount: i64,
    pub stage: Stage,
    /// What it was made of.
    pub items: Vec<usize>,
    /// The file it was in last.
    pub file: Option<usize>,
    /// The day it was last refused or returned.
    pub back: Option<i64>,
    /// Arrived late, when its money was elsewhere: the partner owes it.
    pub owed: bool,
}

/// A file that was made of a run.
#[derive(Clone, Debug)]
pub struct Sent {
    pub withdrawn: bool,
    pub answered: bool,
}

/// A line that contradicts what is known.
#[derive(Clone, Debug)]
pub struct Line {
    pub payout: usize,
    pub answer: Answer,
    pub open: bool,
}

#[derive(Clone, Debug)]
pub struct Run {
    pub cutoff: i64,
    pub released: bool,
    pub cancelled: bool,
}

/// What a bank says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Accepted,
    Paid,
    Failed,
    Returned,
    Unknown,
}

impl Answer {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Returned => "returned",
            Self::Unknown => "unknown",
        }
    }
}

#[derive(Clone, Debug)]
pub enum Step {
    Sell {
        partner: usize,
        pence: i64,
    },
    Refund {
        order: usize,
        pence: i64,
    },
    Reject {
        order: usize,
    },
    /// So many days go by; what is due is done.
    Wait {
        days: i64,
    },
    /// A dispute is decided in the partner's favour.
    Credit {
        partner: usize,
        pence: i64,
    },
    /// A dispute is credited before it is decided.
    Advance {
        partner: usize,
        pence: i64,
    },
    /// And then decided, for the partner or not.
    Settle {
        provisional: usize,
        in_favour: bool,
    },
    Contest {
        order: usize,
    },
    LetGo {
        order: usize,
    },
    TakeBack {
        order: usize,
    },
    /// Builds the run up to yesterday.
    Build,
    Hold {
        payout: usize,
    },
    Unhold {
        payout: usize,
    },
    GiveUp {
        payout: usize,
    },
    Release {
        run: usize,
    },
    CancelRun {
        run: usize,
    },
    Export {
        run: usize,
    },
    /// An owner says that a file was never sent.
    Withdraw {
        file: usize,
    },
    /// A person makes a line count for its payout, or sets it aside.
    Decide {
        line: usize,
        matched: bool,
    },
    /// The bank's word on a payout; twice, where `again`.
    Answer {
        payout: usize,
        answer: Answer,
        again: bool,
    },
}
