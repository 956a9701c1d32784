//! Tax in the reader's language.

use super::countries::Country;
use super::model::{Invoices, Kind, PostalAddress, Vat, Worked};
use super::typed::Fault;
use crate::base::context::Context;
use crate::base::format;
use crate::base::language::{Locale, tr};
use crate::base::money::{Currency, Money};
use crate::ui::text;
use leptos::prelude::*;
use rust_decimal::Decimal;

/// What comes on top of what was earned and what goes off, below zero, and last what leaves the house; nothing where that
/// is all of it.
pub fn lines(locale: Locale, worked: &Worked) -> Vec<(String, Decimal)> {
    if worked.is_plain() {
        return Vec::new();
    }
    let percent = |percent| format::percent(locale, percent);
    let parts = [
        (tr!(locale, tax.line_vat, percent = percent(worked.vat_percent)), worked.vat),
        (tr!(locale, tax.line_withheld, percent = percent(worked.withheld_percent)), -worked.withheld),
        (tr!(locale, tax.line_fee), -worked.fee),
    ];
    let mut lines: Vec<_> = parts.into_iter().filter(|(_, amount)| !amount.is_zero()).collect();
    lines.push((tr!(locale, tax.line_total), worked.total));
    lines
}

/// The same as facts, with what was earned before them.
pub fn breakdown(ctx: &Context, worked: &Worked, currency: Currency) -> Vec<(String, AnyView)> {
    let mut lines = lines(ctx.locale, worked);
    if !lines.is_empty() {
        lines.insert(0, (tr!(ctx.locale, tax.line_net), worked.net));
    }
    lines.into_iter().map(|(label, amount)| (label, text::amount(ctx, Money::new(amount, currency)))).collect()
}

/// What an invoice says of its tax, beside the figures; nothing where the figures say it all.
pub fn mention(locale: Locale, vat: Vat) -> Option<String> {
    match vat {
        Vat::Domestic => None,
        Vat::None => Some(tr!(locale, tax.mention_none)),
        Vat::ReverseCharge => Some(tr!(locale, tax.mention_reverse_charge)),
        Vat::OutsideScope => Some(tr!(locale, tax.mention_outside_scope)),
    }
}

/// Who writes invoices.
pub fn invoices(locale: Locale, invoices: Invoices) -> String {
    match invoices {
        Invoices::None => tr!(locale, tax.invoices_none),
        Invoices::SelfBilled => tr!(locale, tax.invoices_self_billed),
        Invoices::Own => tr!(locale, tax.invoices_own),
    }
}

/// Person or company.
pub fn kind(locale: Locale, kind: Kind) -> String {
    match kind {
        Kind::Person => tr!(locale, tax.person),
        Kind::Company => tr!(locale, tax.company),
    }
}

/// An address, a line each, as letters bear it in most of Europe.
pub fn address(locale: Locale, address: &PostalAddress) -> Vec<String> {
    let joined = |first: &str, second: &str| [first, second].join(" ").trim().to_owned();
    vec![
        joined(&address.street, &address.building),
        joined(&address.post_code, &address.town),
        country(locale, address.country),
    ]
}

/// A country's name.
pub fn country(locale: Locale, country: Country) -> String {
    country.name(locale).to_owned()
}

/// What is wrong with a field, and what to do.
pub fn fault(locale: Locale, fault: Fault) -> String {
    match fault {
        Fault::Empty => tr!(locale, tax.fault_empty),
        Fault::Unfit => tr!(locale, tax.fault_unfit),
        Fault::Country => tr!(locale, tax.fault_country),
        Fault::TaxNumber => tr!(locale, tax.fault_tax_number),
        Fault::VatNumber => tr!(locale, tax.fault_vat_number),
        Fault::NumberAtHome => tr!(locale, tax.fault_number_at_home),
        Fault::Agreement => tr!(locale, tax.fault_agreement),
        Fault::Percent => tr!(locale, tax.fault_percent),
        Fault::Amount => tr!(locale, tax.fault_amount),
        Fault::NeedsProfile => tr!(locale, tax.fault_needs_profile),
        Fault::WaitsForOwn => tr!(locale, tax.fault_waits_for_own),
    }
}
