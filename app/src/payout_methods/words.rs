//! Payout methods in the reader's language.

use super::address::Part;
use super::model::{Fault, Method, MethodKind};
use crate::base::language::{Locale, tr};

/// A kind, as a title.
pub fn kind(locale: Locale, kind: MethodKind) -> String {
    match kind {
        MethodKind::Iban => tr!(locale, payout_methods.iban_title),
        MethodKind::SortCode => tr!(locale, payout_methods.sort_code_title),
        MethodKind::BankAccount => tr!(locale, bank_accounts.title),
        MethodKind::PayPal => "PayPal".to_owned(),
        MethodKind::Wise => "Wise".to_owned(),
    }
}

/// A method inside a sentence: "PayPal, a…@example.org".
pub fn method(locale: Locale, method: &Method) -> String {
    // On one line, as an account is read.
    format!("{}, {}", kind(locale, method.kind), method.masked.replace(' ', "\u{a0}"))
}

/// A part of an account.
pub fn part(locale: Locale, part: Part) -> String {
    match part {
        Part::Iban => "IBAN".to_owned(),
        Part::Bic => "BIC".to_owned(),
        Part::SortCode => tr!(locale, payout_methods.sort_code),
        Part::Account => tr!(locale, payout_methods.account),
        Part::Country => tr!(locale, bank_accounts.country),
        Part::BankCode => tr!(locale, bank_accounts.bank_code),
        Part::Email => tr!(locale, payout_methods.email),
    }
}

/// What is wrong with a field, and what to do.
pub fn fault(locale: Locale, fault: Fault) -> String {
    match fault {
        Fault::HolderEmpty => tr!(locale, payout_methods.holder_empty),
        Fault::HolderUnfit => tr!(locale, payout_methods.holder_unfit),
        Fault::IbanEmpty => tr!(locale, payout_methods.iban_empty),
        Fault::IbanWrong => tr!(locale, payout_methods.iban_wrong),
        Fault::IbanNotSepa => tr!(locale, payout_methods.iban_not_sepa),
        Fault::BicWrong => tr!(locale, payout_methods.bic_wrong),
        Fault::SortCodeWrong => tr!(locale, payout_methods.sort_code_wrong),
        Fault::AccountWrong => tr!(locale, payout_methods.account_wrong),
        Fault::CountryWrong => tr!(locale, bank_accounts.country_wrong),
        Fault::AccountNotIban => tr!(locale, bank_accounts.account_not_iban),
        Fault::NumberWrong => tr!(locale, bank_accounts.number_wrong),
        Fault::BankMissing => tr!(locale, bank_accounts.bank_missing),
        Fault::BankCodeWrong => tr!(locale, bank_accounts.bank_code_wrong),
        Fault::EmailEmpty => tr!(locale, payout_methods.email_empty),
        Fault::EmailWrong => tr!(locale, payout_methods.email_wrong),
    }
}
