//! The part of a case's page that shows decided cases like it.

use super::store::Solved;
use crate::base::context::Context;
use crate::base::language::tr;
use crate::disputes::words;
use crate::paths;
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::layout::section;
use crate::ui::text;
use leptos::prelude::*;

/// How many are shown.
pub const MOST: i64 = 4;

/// The section; nothing where there is none like it.
pub fn solved(ctx: &Context, found: &[Solved]) -> Option<AnyView> {
    if found.is_empty() {
        return None;
    }
    let locale = ctx.locale;
    let items = found.iter().map(|each| {
        let title = tr!(locale, similar.case, number = each.id.0, partner = each.partner.as_str());
        let tone = if each.credit.is_some() { Tone::Good } else { Tone::Neutral };
        let outcome = match each.outcome {
            crate::disputes::model::Outcome::InFavour => tr!(locale, desk.outcome_in_favour),
            crate::disputes::model::Outcome::InPart => tr!(locale, desk.outcome_in_part),
            crate::disputes::model::Outcome::Declined => tr!(locale, desk.outcome_declined),
        };
        let alike: Vec<_> = [
            each.same_offer.then(|| tr!(locale, similar.same_offer)),
            each.same_cause.then(|| tr!(locale, similar.same_cause)),
        ]
        .into_iter()
        .flatten()
        .collect();
        view! {
            <li class="similar">
                <p>{text::link(paths::case(each.id), title)}" "{badge(tone, outcome)}</p>
                <p>
                    {words::reason(locale, each.reason)}
                    {each.credit.map(|credit| view! { ": "{text::amount(ctx, credit)} })}
                    " · "{text::time(ctx, each.at)}
                    {(!alike.is_empty()).then(|| view! { " · "{alike.join(", ")} })}
                </p>
                <details><summary>{tr!(locale, similar.said)}</summary>{text::prose(each.said.clone())}</details>
            </li>
        }
    });
    let list = view! { <ul class="similar-cases">{items.collect_view()}</ul> };
    Some(section(tr!(locale, similar.title), list.into_any()))
}
