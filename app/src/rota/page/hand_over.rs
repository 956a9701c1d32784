//! What a shift leaves behind: the promises that fall due before their person is back, and who can take them.

use super::{Sheet, clock};
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::language::tr;
use crate::disputes::words;
use crate::paths;
use crate::rota::model::ShiftEnd;
use crate::rota::rules;
use crate::rota::store::{OpenPromise, open_promises};
use crate::ui::field::{Hidden, Select, Submit};
use crate::ui::form::Form;
use crate::ui::layout::section as ui_section;
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;

/// A list for each shift that runs, the one that ends first first.
pub(super) async fn section(ctx: &Context, tx: &mut Tx, sheet: &Sheet) -> Result<AnyView, AppError> {
    let locale = ctx.locale;
    let mut lists = Vec::new();
    for end in rules::shift_ends(&sheet.rota, ctx.now()) {
        let open = open_promises(tx, end.person, end.back_at).await?;
        lists.push(list(ctx, sheet, end, open));
    }
    let body = if lists.is_empty() {
        view! { <p>{tr!(locale, rota.hand_over_nobody)}</p> }.into_any()
    } else {
        lists.collect_view().into_any()
    };
    Ok(ui_section(tr!(locale, rota.hand_over_title), body))
}

fn list(ctx: &Context, sheet: &Sheet, end: ShiftEnd, open: Vec<OpenPromise>) -> AnyView {
    let locale = ctx.locale;
    let name = sheet.name(end.person);
    let ends = clock(end.ends_at, ctx.time_zone);
    let back = match end.back_at {
        Some(back) => words::moment(ctx, back),
        None => tr!(locale, rota.back_unknown),
    };
    let sentence = if open.is_empty() {
        tr!(locale, rota.hand_over_none, name = name.as_str(), time = ends)
    } else {
        tr!(locale, rota.hand_over_some, name = name.as_str(), time = ends, back = back, count = open.len())
    };
    if open.is_empty() {
        return view! { <p>{sentence}</p> }.into_any();
    }
    let head = |label| Head { label, numeric: false };
    let heads = vec![
        head(tr!(locale, rota.head_case)),
        head(tr!(locale, rota.head_partner)),
        head(tr!(locale, rota.head_about)),
        head(tr!(locale, rota.head_promised)),
    ];
    let rows = open
        .iter()
        .map(|promise| Row {
            cells: vec![
                promise.case.to_string().into_any(),
                promise.partner_name.clone().into_any(),
                words::kind(locale, promise.kind).into_any(),
                text::time_exact(ctx, promise.promised_at),
            ],
            href: Some(paths::case(promise.case)),
        })
        .collect();
    let mine = ctx.actor.person() == Some(end.person) && Who::Desk.includes(&ctx.actor);
    let form = (mine || sheet.may_write).then(|| give(ctx, sheet, end, &open));
    let caption = tr!(locale, rota.hand_over_caption, name = name.as_str());
    view! { <p>{sentence}</p> <Table caption=caption head=heads rows=rows/> {form} }.into_any()
}

/// To whom: who is on longest comes first.
fn give(ctx: &Context, sheet: &Sheet, end: ShiftEnd, open: &[OpenPromise]) -> AnyView {
    let locale = ctx.locale;
    let form = format!("hand-over-{}", end.person);
    let draft = sheet.draft_of(&form);
    let mut people: Vec<_> = rules::on_duty(&sheet.rota, end.ends_at).into_iter().map(|each| each.person).collect();
    people.extend(sheet.colleagues.iter().filter(|each| each.active).map(|each| each.person));
    let mut options: Vec<(String, String)> = Vec::new();
    for person in people.into_iter().filter(|person| *person != end.person) {
        let option = (person.to_string(), sheet.name(person));
        if !options.contains(&option) {
            options.push(option);
        }
    }
    let until = end.back_at.map(|back| back.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)).unwrap_or_default();
    let count = open.len();
    view! {
        <Form action="/do/hand-over" id=sheet.id_of(&form) draft=&draft class="inline">
            <Hidden name="from" value=end.person.to_string()/>
            <Hidden name="until" value=until/>
            <Select name="to" label=tr!(locale, rota.hand_over_to) options=options selected=draft.value("to") error=draft.error("to") required=true/>
            <Submit text=tr!(locale, rota.hand_over_button, count = count)/>
        </Form>
    }
    .into_any()
}
