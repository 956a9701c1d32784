//! A part of `/account`: who the partner is to the tax office.

use crate::base::context::Context;
use crate::base::language::tr;
use crate::paths;
use crate::tax::model::{Policy, Profile};
use crate::tax::rules::form_missing;
use crate::tax::words;
use crate::ui::badge::Tone;
use crate::ui::layout::{facts, section};
use crate::ui::notice::notice;
use crate::ui::text;
use leptos::prelude::*;

/// Everything of it.
pub fn own(ctx: &Context, profile: Option<&Profile>, policy: Option<&Policy>) -> AnyView {
    let locale = ctx.locale;
    let missing = policy.is_some_and(|policy| form_missing(&policy.terms, profile));
    let missing = missing.then(|| notice(Tone::Waiting, tr!(locale, tax.own_missing)));
    let shown = match profile {
        Some(profile) => facts(lines(ctx, profile)),
        None => view! { <p>{tr!(locale, tax.own_none)}</p> }.into_any(),
    };
    let step = if profile.is_some() { tr!(locale, tax.change_data) } else { tr!(locale, tax.give_data) };
    let body = view! {
        {missing}
        {shown}
        <p>{text::link(paths::TAX_DATA.to_owned(), step)}</p>
    };
    section(tr!(locale, tax.data), body.into_any())
}

/// Tax data as it may be shown to anybody who may see it at all.
pub(super) fn lines(ctx: &Context, profile: &Profile) -> Vec<(String, AnyView)> {
    let locale = ctx.locale;
    let none = || tr!(locale, tax.not_given);
    let number = |number: &Option<String>| number.clone().unwrap_or_else(none).into_any();
    let mut lines = vec![
        (tr!(locale, tax.legal_name), profile.legal_name.clone().into_any()),
        (tr!(locale, tax.kind_of_partner), words::kind(locale, profile.kind).into_any()),
        (tr!(locale, tax.address), words::address(locale, &profile.address).join(", ").into_any()),
        (tr!(locale, tax.tax_number), number(&profile.tax_number)),
    ];
    let vat = profile.vat_number.clone().unwrap_or_else(|| tr!(locale, tax.not_registered));
    lines.push((tr!(locale, tax.vat_number), vat.into_any()));
    if profile.agrees_self_billing {
        lines.push((tr!(locale, tax.agreement), tr!(locale, tax.agreed).into_any()));
    }
    lines.push((tr!(locale, tax.since), text::time_exact(ctx, profile.recorded_at)));
    lines
}
