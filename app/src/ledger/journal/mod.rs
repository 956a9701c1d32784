//! The ledger as a plain-text journal of hledger or Beancount, so that an accountant's own tool checks every balance.
//!
//! A proper set of books of double entry: each transfer is one entry of two legs, the debit above zero and the credit
//! below, on its accounting day.
//!
//! | the ledger's account | in the journal | below zero means |
//! |---|---|---|
//! | a partner's pending, payable, ring-fenced, in payout | `Liabilities:Partners:PROGRAMME:PARTNER:…` | owed to the partner |
//! | a partner's paid | `Assets:Cash:PROGRAMME:Paid:PARTNER` | left the bank for the partner |
//! | input VAT | `Assets:Tax:PROGRAMME:Input-VAT` | |
//! | tax withheld | `Liabilities:Tax:PROGRAMME:Withheld` | owed to the tax office |
//! | cash | `Assets:Cash:PROGRAMME:Bank` | left the bank for fees |
//! | commission, adjustment and bonus cost, fees | `Expenses:Commissions:PROGRAMME` … | |
//!
//! So a partner's balance in the journal is the ledger's with the sign changed. A journal of a period begins with opening
//! balances of liabilities and assets against `Equity:Opening-Balances:PROGRAMME`, where the costs of earlier periods
//! lie.
//!
//! The same ledger and period give the same bytes.

mod account;
mod beancount;
mod hledger;
mod model;
mod write;

pub use account::{Account, Place};
pub use model::{Entry, Format, Leg, Opened, Period};
pub use write::{ExportError, Exported, export};
