//! The chart of accounts.

/// What the ledger calls an account, and where it stands in the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Owed to a partner; the last component says in what state.
    Owed(&'static str),
    /// Left the bank for a partner.
    Paid,
    /// The programme's own money.
    Bank,
    /// VAT paid to partners, which the tax office gives back.
    InputVat,
    /// Kept from partners for the tax office.
    Withheld,
    /// A cost of the programme.
    Cost(&'static str),
    /// Where the programme's own money comes from.
    Funding,
    /// What was before the period: the counterpart of opening balances.
    Opening,
}

impl Place {
    /// From the ledger's kind of account; nothing where the ledger has learnt a kind that has no place here yet.
    pub fn of(kind: &str) -> Option<Self> {
        Some(match kind {
            "pending" => Self::Owed("Pending"),
            "payable" => Self::Owed("Payable"),
            "ring_fenced" => Self::Owed("Ring-Fenced"),
            "in_payout" => Self::Owed("In-Payout"),
            "paid" => Self::Paid,
            "cash" => Self::Bank,
            "funding" => Self::Funding,
            "input_vat" => Self::InputVat,
            "tax_withheld" => Self::Withheld,
            "commission_cost" => Self::Cost("Commissions"),
            "adjustment_cost" => Self::Cost("Adjustments"),
            "bonus_cost" => Self::Cost("Bonuses"),
            "fees" => Self::Cost("Fees"),
            _ => return None,
        })
    }
}

/// An account: its place, and the codes of the programme and, where it is a partner's, the partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Where it stands in the books.
    pub place: Place,
    /// Programme code.
    pub programme: String,
    /// Partner code; empty for an account of the programme.
    pub partner: String,
}

impl Account {
    /// The whole name, with codes written as `code` writes them.
    pub(super) fn name(&self, code: impl Fn(&str) -> String) -> String {
        let (programme, partner) = (code(&self.programme), code(&self.partner));
        match self.place {
            Place::Owed(state) => format!("Liabilities:Partners:{programme}:{partner}:{state}"),
            Place::Paid => format!("Assets:Cash:{programme}:Paid:{partner}"),
            Place::Bank => format!("Assets:Cash:{programme}:Bank"),
            Place::InputVat => format!("Assets:Tax:{programme}:Input-VAT"),
            Place::Withheld => format!("Liabilities:Tax:{programme}:Withheld"),
            Place::Cost(cost) => format!("Expenses:{cost}:{programme}"),
            Place::Funding => format!("Equity:Funding:{programme}"),
            Place::Opening => format!("Equity:Opening-Balances:{programme}"),
        }
    }
}
