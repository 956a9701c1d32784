//! Months and movements in the reader's language.

use super::close::Month;
use crate::base::format;
use crate::base::language::{Locale, tr};

/// `March 2011`
pub fn month(locale: Locale, month: Month) -> String {
    format::month(locale, month.first_day())
}

/// `March 2011` as a heading: Spanish writes months small, headings begin with a capital.
pub fn month_heading(locale: Locale, of: Month) -> String {
    let name = month(locale, of);
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What a line of a month's figures holds.
pub fn line(locale: Locale, line: &str) -> String {
    match line {
        "opening" => tr!(locale, books.opening),
        "closing" => tr!(locale, books.closing),
        "accrual" => tr!(locale, books.accrual),
        "refund" => tr!(locale, books.refund),
        "rejection" => tr!(locale, books.rejection),
        "release" => tr!(locale, books.release),
        "release_correction" => tr!(locale, books.release_correction),
        "adjustment" => tr!(locale, books.adjustment),
        "reversal" => tr!(locale, books.reversal),
        "bonus" => tr!(locale, promo.booked),
        "ring_fence" => tr!(locale, books.ring_fence),
        "ring_fence_end" => tr!(locale, books.ring_fence_end),
        "ring_fence_correction" => tr!(locale, books.ring_fence_correction),
        "payout" => tr!(locale, books.payout),
        "vat" => tr!(locale, books.vat),
        "vat_return" => tr!(locale, books.vat_return),
        "withholding" => tr!(locale, books.withholding),
        "withholding_return" => tr!(locale, books.withholding_return),
        "payout_fee" => tr!(locale, books.payout_fee),
        "payout_fee_return" => tr!(locale, books.payout_fee_return),
        "settlement" => tr!(locale, books.settlement),
        "settlement_return" => tr!(locale, books.settlement_return),
        "payout_return" => tr!(locale, books.payout_return),
        "late_payment" => tr!(locale, answers.late_payment),
        "late_payment_return" => tr!(locale, answers.late_payment_return),
        "fee" => tr!(locale, books.fee),
        other => other.replace('_', " "),
    }
}
