//! Invoices in the reader's language.

use super::model::{Kind, Standing};
use crate::base::language::{Locale, tr};
use crate::ui::badge::Tone;

/// What it is.
pub fn kind(locale: Locale, kind: Kind) -> String {
    match kind {
        Kind::Invoice => tr!(locale, tax.invoice),
        Kind::CreditNote => tr!(locale, tax.credit_note),
    }
}

/// Where a partner's own invoice stands.
pub fn standing(locale: Locale, standing: &Standing) -> (Tone, String) {
    match standing {
        Standing::Awaited => (Tone::Waiting, tr!(locale, tax.awaited)),
        Standing::Received => (Tone::Info, tr!(locale, tax.received)),
        Standing::Accepted => (Tone::Good, tr!(locale, tax.accepted)),
        Standing::Refused { .. } => (Tone::Bad, tr!(locale, tax.refused)),
    }
}
