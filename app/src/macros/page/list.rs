//! `/macros`: those that are offered, the most used first; with `?case=`, as they would read there.

use super::{actions, variant_words};
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms;
use crate::base::ids::CaseId;
use crate::base::language::tr;
use crate::desk::store::partner_of;
use crate::disputes::store as cases;
use crate::macros::model::{Macro, Spoken, Variant};
use crate::macros::{rules, store};
use crate::paths;
use crate::ui::Tone;
use crate::ui::empty::empty;
use crate::ui::field::{Hidden, Submit, Weight};
use crate::ui::form::Form;
use crate::ui::layout::{page_head, section, tabs};
use crate::ui::notice::{done, notice};
use crate::ui::screen::{Query, screen};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;

/// The page.
#[component]
pub fn Macros() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    let locale = ctx.locale;
    ctx.staff()?;
    let mut tx = ctx.begin().await?;
    if let Some(case) = query.get("case") {
        let case: CaseId = case.parse().map_err(|_| AppError::NotFound)?;
        return for_case(ctx, &mut tx, case).await;
    }
    let retired = query.get("view") == Some("retired");
    let found = store::list(&mut tx, None, retired, ctx.now()).await?;
    let title = tr!(locale, macros.title);
    let views = vec![
        (tr!(locale, macros.view_offered), paths::MACROS.to_owned(), !retired),
        (tr!(locale, macros.view_retired), format!("{}?view=retired", paths::MACROS), retired),
    ];
    let said = match query.get("done") {
        Some("retired") => Some(tr!(locale, macros.done_retired)),
        _ => None,
    };
    let new =
        Who::Desk.includes(&ctx.actor).then(|| text::link(format!("{}/new", paths::MACROS), tr!(locale, macros.new)));
    let body = view! {
        {page_head(title.clone(), Some(view! { <p>{tr!(locale, macros.lead)}</p><p>{new}</p> }.into_any()))}
        {done(ctx, said)}
        {tabs(views)}
        {table(ctx, &found)}
    };
    Ok((title, body.into_any()))
}

fn table(ctx: &Context, found: &[Macro]) -> AnyView {
    let locale = ctx.locale;
    if found.is_empty() {
        return empty(tr!(locale, macros.empty_title), tr!(locale, macros.empty_text));
    }
    let head = [
        (tr!(locale, macros.head_name), false),
        (tr!(locale, macros.head_variants), false),
        (tr!(locale, macros.head_does), false),
        (tr!(locale, macros.head_uses), true),
        (tr!(locale, macros.head_written), false),
    ]
    .map(|(label, numeric)| Head { label, numeric })
    .to_vec();
    let rows = found
        .iter()
        .map(|each| {
            let variants: Vec<_> =
                each.texts.iter().map(|(variant, _)| variant_words(locale, Spoken::As(*variant))).collect();
            Row {
                href: Some(paths::macro_page(each.id)),
                cells: vec![
                    each.name.clone().into_any(),
                    variants.join(", ").into_any(),
                    actions(locale, &each.actions, each.assignee_name.as_deref()).join(" ").into_any(),
                    text::count(ctx, each.uses),
                    text::time(ctx, each.written.0),
                ],
            }
        })
        .collect();
    view! { <Table caption=tr!(locale, macros.caption) head=head rows=rows/> }.into_any()
}

/// Each macro as it would read in a case, with what it would lack.
async fn for_case(ctx: &Context, tx: &mut Tx, case: CaseId) -> Result<(String, AnyView), AppError> {
    let locale = ctx.locale;
    let agent = ctx.staff()?.name.clone();
    let partner = partner_of(tx, case).await?;
    let contact = store::contact(tx, partner, case).await?;
    let wanted = contact.as_ref().map_or(Variant::En, |contact| contact.variant);
    let of_case = cases::find(tx, partner, case).await?;
    let mut values = Vec::new();
    for variant in Variant::ALL {
        values.push((variant, store::values(tx, &of_case, contact.as_ref(), variant, &agent, ctx.now()).await?));
    }
    let found = store::list(tx, None, false, ctx.now()).await?;
    let previews = found.iter().filter_map(|each| {
        let (variant, body) = rules::choose(&each.texts, wanted)?;
        let (_, known) = values.iter().find(|(of, _)| of == variant)?;
        let filled = rules::fill(body, known);
        let how = variant_words(locale, Spoken::As(*variant));
        let unsuited =
            (*variant != wanted).then(|| notice(Tone::Waiting, tr!(locale, macros.preview_other, how = how.clone())));
        let missing: Vec<_> = filled.missing.iter().map(|name| format!("{{{name}}}")).collect();
        let missing = (!missing.is_empty())
            .then(|| notice(Tone::Waiting, tr!(locale, macros.preview_missing, names = missing.join(", "))));
        let does = actions(locale, &each.actions, each.assignee_name.as_deref()).join(" ");
        let id = each.id.to_string();
        let put = Who::Desk.includes(&ctx.actor).then(|| {
            view! {
                <Form action="/do/use-macro" id=format!("use-{id}")>
                    <Hidden name="case" value=case.to_string()/>
                    <Hidden name="macro" value=id/>
                    <Hidden name="form_key" value=forms::new_key()/>
                    <Submit text=tr!(locale, macros.pick_button) tone=Weight::Quiet/>
                </Form>
            }
        });
        let body = view! { {unsuited}{missing}{text::prose(filled.text)}<p class="hint">{does}</p>{put} };
        Some(section(each.name.clone(), body.into_any()))
    });
    let title = tr!(locale, macros.for_case, number = format::count(locale, case.0));
    let body = view! {
        {page_head(title.clone(), Some(view! { <p>{text::link(paths::case(case), tr!(locale, macros.back_to_case))}</p> }.into_any()))}
        {previews.collect_view()}
    };
    Ok((title, body.into_any()))
}
