//! The owners' forms: a budget, a new package.

use crate::base::context::Context;
use crate::base::forms::{self, Draft};
use crate::base::language::tr;
use crate::promo::model::{Goal, Home, Package};
use crate::promo::words;
use crate::ui::Tone;
use crate::ui::field::{Choice, Field, Hidden, Submit, Weight};
use crate::ui::form::Form;
use crate::ui::notice::notice;
use leptos::prelude::*;

/// Days that a new package leaves for holds to end, where nothing else is said: a usual hold and a little more.
const USUAL_GRACE: &str = "45";

/// What was typed, where it was this form, and the form's id: a refused one is where the browser is sent back to.
fn typed(draft: &Draft, form: &str) -> (Draft, String) {
    let typed = if draft.value("form_name") == form { draft.clone() } else { Draft::default() };
    let id = if typed.is_refused() { "form".to_owned() } else { form.to_owned() };
    (typed, id)
}

/// Sets the budget of a package, or of the whole programme.
pub(super) fn budget(ctx: &Context, home: &Home, package: Option<&Package>, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let number = package.map(|package| package.id.to_string()).unwrap_or_default();
    let (typed, id) = typed(draft, &format!("promo-budget-{}-{number}", home.code));
    let summary = match package {
        Some(package) => tr!(locale, promo.budget_of, name = package.name.clone()),
        None => tr!(locale, promo.budget_summary),
    };
    let code = package.map_or(home.currency, |package| package.bonus.currency).code().to_owned();
    let currency = package.is_none().then(|| {
        view! {
            <Field
                name="currency" label=tr!(locale, promo.currency) value=typed.value_or("currency", &code)
                error=typed.error("currency") required=true maxlength=3
            />
        }
    });
    let (open, programme) = (typed.is_refused(), home.code.clone());
    let label = match package {
        Some(_) => tr!(locale, promo.amount_in, currency = code.clone()),
        None => tr!(locale, promo.column_budget),
    };
    view! {
        <details open=open>
            <summary>{summary}</summary>
            <Form action="/do/set-promo-budget" id=id draft=&typed class="inline">
                <Hidden name="programme" value=programme/>
                <Hidden name="package" value=number/>
                <Field
                    name="amount" label=label inputmode="decimal" value=typed.value("amount") error=typed.error("amount")
                    hint=Some(tr!(locale, promo.budget_hint)) required=true
                />
                {currency}
                <Submit text=tr!(locale, promo.budget_button) tone=Weight::Quiet/>
            </Form>
        </details>
    }
    .into_any()
}

/// Adds a package.
pub(super) fn package(ctx: &Context, home: &Home, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let (typed, id) = typed(draft, &format!("promo-package-{}", home.code));
    let (open, programme, code) = (typed.is_refused(), home.code.clone(), home.currency.code().to_owned());
    let goals = Goal::ALL.map(|goal| (goal.as_str().to_owned(), words::goal_kind(locale, goal))).to_vec();
    view! {
        <details open=open>
            <summary>{tr!(locale, promo.new_summary)}</summary>
            {typed.error("").map(|message| notice(Tone::Bad, message))}
            <p>{tr!(locale, promo.new_lead)}</p>
            <Form action="/do/add-promo-package" id=id draft=&typed>
                <Hidden name="programme" value=programme/>
                <Hidden name="form_key" value=typed.value_or("form_key", &forms::new_key())/>
                <Field
                    name="name" label=tr!(locale, promo.name) hint=Some(tr!(locale, promo.name_hint)) value=typed.value("name")
                    error=typed.error("name") required=true maxlength=200
                />
                <Choice
                    name="goal" label=tr!(locale, promo.column_goal) options=goals selected=typed.value_or("goal", "sales")
                    error=typed.error("goal") required=true
                />
                <Field
                    name="target" label=tr!(locale, promo.target) hint=Some(tr!(locale, promo.target_hint)) inputmode="decimal"
                    value=typed.value("target") error=typed.error("target")
                />
                <Field
                    name="bonus" label=tr!(locale, promo.column_bonus) inputmode="decimal" value=typed.value("bonus")
                    error=typed.error("bonus") required=true
                />
                <Field
                    name="currency" label=tr!(locale, promo.currency) value=typed.value_or("currency", &code)
                    error=typed.error("currency") required=true maxlength=3
                />
                <Field
                    name="first" label=tr!(locale, promo.first) kind="date" hint=Some(tr!(locale, promo.first_hint))
                    value=typed.value("first") error=typed.error("first")
                />
                <Field
                    name="last" label=tr!(locale, promo.last) kind="date" value=typed.value("last") error=typed.error("last")
                    required=true
                />
                <Field
                    name="grace" label=tr!(locale, promo.grace) hint=Some(tr!(locale, promo.grace_hint)) inputmode="numeric"
                    value=typed.value_or("grace", USUAL_GRACE) error=typed.error("grace")
                />
                <Field
                    name="budget" label=tr!(locale, promo.package_budget) hint=Some(tr!(locale, promo.package_budget_hint))
                    inputmode="decimal" value=typed.value("budget") error=typed.error("budget") required=true
                />
                <Submit text=tr!(locale, promo.new_button)/>
            </Form>
        </details>
    }
    .into_any()
}
