//! What was said to many, how far it has come, and how much of it a person gets.

use super::store::{Progress, most_a_day, progress};
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::forms::{Draft, new_key};
use crate::base::language::tr;
use crate::paths;
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::field::{Field, Hidden, Submit, Weight};
use crate::ui::form::Form;
use crate::ui::layout::section;
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;

/// The part of a page that shows it. `draft` is that of the form `bulletin-policy`.
///
/// # Errors
/// When the database is away.
pub async fn of_bulletins(ctx: &Context, tx: &mut Tx, draft: Draft) -> Result<AnyView, AppError> {
    let locale = ctx.locale;
    let most = most_a_day(tx, ctx.now()).await?;
    let said = progress(tx).await?;
    let lead = tr!(locale, bulletins.lead, most = most);
    let form = Who::Leads.includes(&ctx.actor).then(|| policy(ctx, most, draft));
    let table = (!said.is_empty()).then(|| table(ctx, said));
    Ok(section(tr!(locale, bulletins.title), view! { <p>{lead}</p>{table}{form} }.into_any()))
}

fn table(ctx: &Context, said: Vec<Progress>) -> AnyView {
    let locale = ctx.locale;
    let head = |label, numeric| Head { label, numeric };
    let heads = vec![
        head(tr!(locale, bulletins.head_what), false),
        head(tr!(locale, bulletins.head_by), false),
        head(tr!(locale, bulletins.head_people), true),
        head(tr!(locale, bulletins.head_told), true),
        head(tr!(locale, bulletins.head_state), false),
    ];
    let rows = said
        .into_iter()
        .map(|one| {
            let (what, href) = match (one.run, one.incident) {
                (Some(run), _) => (tr!(locale, bulletins.of_run, number = run.0), Some(paths::run(run))),
                (None, Some(incident)) => {
                    (tr!(locale, bulletins.of_incident, number = incident), Some(paths::incident(incident)))
                }
                (None, None) => (String::new(), None),
            };
            let href = href.filter(|href| !href.starts_with(paths::RUNS) || Who::Counting.includes(&ctx.actor));
            let state = if !one.is_spread {
                badge(Tone::Waiting, tr!(locale, bulletins.spreading))
            } else if one.told < i64::from(one.people) {
                badge(Tone::Waiting, tr!(locale, bulletins.held))
            } else {
                badge(Tone::Good, tr!(locale, bulletins.written))
            };
            Row {
                href,
                cells: vec![
                    view! { {what}" "{text::time_exact(ctx, one.said_at)} }.into_any(),
                    one.signed_by.into_any(),
                    text::count(ctx, i64::from(one.people)),
                    text::count(ctx, one.told),
                    state,
                ],
            }
        })
        .collect();
    view! { <Table caption=tr!(locale, bulletins.caption) head=heads rows=rows/> }.into_any()
}

fn policy(ctx: &Context, most: i32, draft: Draft) -> AnyView {
    let locale = ctx.locale;
    let id = if draft.is_refused() { "form" } else { "form-bulletin-policy" };
    view! {
        <Form action="/do/set-bulletin-policy" id=id draft=&draft class="inline">
            <Hidden name="form_key" value=draft.value_or("form_key", &new_key())/>
            <Field
                name="most" label=tr!(locale, bulletins.most) kind="number" inputmode="numeric" required=true
                value=draft.value_or("most", &most.to_string()) error=draft.error("most")
            />
            <Submit text=tr!(locale, bulletins.set) tone=Weight::Quiet/>
        </Form>
    }
    .into_any()
}
