//! Which method pays which currency, and when a changed one is used. Pure.

use super::model::MethodKind;
use crate::base::money::Currency;
use chrono::{DateTime, TimeDelta, Utc};

/// How long a mailed link confirms a method.
pub const LINK_LASTS: TimeDelta = TimeDelta::days(2);
/// How often a link is mailed for one method. The database has the same number: `method_confirmation_at_most_5`.
pub const LINKS_A_METHOD: i64 = 5;
/// The longest name of an account holder (ISO 20022, `Max140Text`).
pub const LONGEST_HOLDER: usize = 140;

/// Currencies that PayPal pays across borders (PayPal, "Currency codes", less those for accounts in one country only:
/// BRL, CNY and MYR; and less HUF and TWD, which it pays in whole units only while commissions in them have decimals).
const PAYPAL: [&str; 19] = [
    "AUD", "CAD", "CHF", "CZK", "DKK", "EUR", "GBP", "HKD", "ILS", "JPY", "MXN", "NOK", "NZD", "PHP", "PLN", "SEK",
    "SGD", "THB", "USD",
];

/// Whether money in a currency can be sent this way: SEPA credit transfers are in euro, Faster Payments in sterling, and
/// banks take orders in every other currency.
pub fn pays(kind: MethodKind, currency: Currency) -> bool {
    match kind {
        MethodKind::Iban => currency.code() == "EUR",
        MethodKind::SortCode => currency.code() == "GBP",
        MethodKind::BankAccount => !matches!(currency.code(), "EUR" | "GBP"),
        MethodKind::PayPal => PAYPAL.contains(&currency.code()),
        MethodKind::Wise => true,
    }
}

/// From when on money is sent to a method set now. A partner's first one is used at once; a changed one waits so many
/// days, so that whoever did not change it can say so.
pub fn usable_from(is_first: bool, safety_days: i32, now: DateTime<Utc>) -> DateTime<Utc> {
    if is_first { now } else { now + TimeDelta::days(safety_days.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paid(kind: MethodKind) -> Vec<&'static str> {
        ["EUR", "GBP", "USD", "BRL", "JPY", "HUF", "TWD"]
            .into_iter()
            .filter(|code| pays(kind, Currency::parse(code).expect("code")))
            .collect()
    }

    #[test]
    fn each_kind_pays_its_currencies() {
        assert_eq!(paid(MethodKind::Iban), ["EUR"]);
        assert_eq!(paid(MethodKind::SortCode), ["GBP"]);
        assert_eq!(paid(MethodKind::PayPal), ["EUR", "GBP", "USD", "JPY"]);
        assert_eq!(paid(MethodKind::BankAccount), ["USD", "BRL", "JPY", "HUF", "TWD"]);
        assert_eq!(paid(MethodKind::Wise), ["EUR", "GBP", "USD", "BRL", "JPY", "HUF", "TWD"]);
        assert!(PAYPAL.is_sorted() && PAYPAL.iter().all(|code| Currency::parse(code).is_ok()));
    }

    #[test]
    fn a_kind_is_read_as_it_is_written() {
        for kind in MethodKind::ALL {
            assert_eq!(MethodKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(MethodKind::parse("cheque"), None);
    }

    #[test]
    fn only_a_change_waits() {
        let now = "2026-03-01T12:00:00Z".parse().expect("time");
        assert_eq!(usable_from(true, 3, now), now);
        assert_eq!(usable_from(false, 3, now).to_rfc3339(), "2026-03-04T12:00:00+00:00");
        assert_eq!(usable_from(false, 0, now), now);
    }
}
