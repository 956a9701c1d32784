//! `/promotions`: what waits, budgets, packages, and who was granted one.

use super::{forms, reader};
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::forms::{self as drafts, Draft};
use crate::base::language::tr;
use crate::base::money::Money;
use crate::paths;
use crate::promo::model::{Grant, Home, Package, Purse};
use crate::promo::{rules, store, words};
use crate::ui::empty::empty;
use crate::ui::layout::{page_head, section};
use crate::ui::notice::done;
use crate::ui::screen::{Query, screen};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;
use rust_decimal::Decimal;

/// The page.
#[component]
pub fn Promotions() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    reader(ctx)?;
    let locale = ctx.locale;
    let may = Who::Owners.includes(&ctx.actor);
    let draft = drafts::recall(ctx, query.get("form")).await?;
    let mut tx = ctx.begin().await?;
    let waits = store::waiting(&mut tx, ctx.now()).await?;
    let mut parts = Vec::new();
    for home in store::homes(&mut tx).await? {
        let purses = store::purses(&mut tx, home.id).await?;
        let packages = store::packages(&mut tx, home.id).await?;
        let grants = store::grants(&mut tx, home.id).await?;
        parts.push(budgets(ctx, &home, &purses, &draft, may));
        parts.push(all(ctx, &home, &packages, &draft, may));
        parts.push(granted(ctx, &home, grants));
    }
    drop(tx);
    let title = tr!(locale, promo.title);
    let lead = match waits.len() {
        0 => tr!(locale, promo.lead_none),
        1 => tr!(locale, promo.lead_one),
        count => tr!(locale, promo.lead_some, count = count),
    };
    let said = match query.get("done") {
        Some("budget") => Some(tr!(locale, promo.done_budget)),
        Some("package") => Some(tr!(locale, promo.done_package)),
        _ => None,
    };
    let body = view! {
        {page_head(title.clone(), Some(view! { <p>{lead}</p> }.into_any()))}
        {done(ctx, said)}
        {(!waits.is_empty()).then(|| waiting(ctx, waits))}
        {parts}
    };
    Ok((title, body.into_any()))
}

/// Grants that wait for an owner.
pub fn waiting(ctx: &Context, waits: Vec<Grant>) -> AnyView {
    let locale = ctx.locale;
    let title = tr!(locale, promo.waits_title);
    let head = vec![
        Head { label: tr!(locale, promo.column_partner), numeric: false },
        Head { label: tr!(locale, promo.column_package), numeric: false },
        Head { label: tr!(locale, promo.column_most), numeric: true },
        Head { label: tr!(locale, promo.column_asks), numeric: false },
    ];
    let rows = waits
        .into_iter()
        .map(|grant| Row {
            href: Some(paths::promotion(grant.id)),
            cells: vec![
                grant.partner_name.into_any(),
                grant.package.name.into_any(),
                text::amount(ctx, grant.package.bonus),
                grant.proposer.1.into_any(),
            ],
        })
        .collect();
    section(title.clone(), view! { <Table caption=title head=head rows=rows/> }.into_any())
}

fn purse_head(ctx: &Context, first: Vec<Head>) -> Vec<Head> {
    let sums = [
        tr!(ctx.locale, promo.column_budget),
        tr!(ctx.locale, promo.column_reserved),
        tr!(ctx.locale, promo.column_spent),
        tr!(ctx.locale, promo.column_left),
    ];
    first.into_iter().chain(sums.map(|label| Head { label, numeric: true })).collect()
}

fn purse_cells(ctx: &Context, purse: &Purse) -> [AnyView; 4] {
    let money = |amount: Decimal| text::amount(ctx, Money::new(amount, purse.currency));
    [money(purse.budget), money(purse.reserved), money(purse.spent), money(purse.left())]
}

fn budgets(ctx: &Context, home: &Home, purses: &[Purse], draft: &Draft, may: bool) -> AnyView {
    let locale = ctx.locale;
    let title = tr!(locale, promo.budgets_title, programme = home.name.clone());
    let table = if purses.is_empty() {
        view! { <p>{tr!(locale, promo.budgets_none)}</p> }.into_any()
    } else {
        let head = purse_head(ctx, vec![Head { label: tr!(locale, promo.currency), numeric: false }]);
        let rows = purses
            .iter()
            .map(|purse| {
                let first = purse.currency.code().to_owned().into_any();
                Row { href: None, cells: std::iter::once(first).chain(purse_cells(ctx, purse)).collect() }
            })
            .collect();
        view! { <Table caption=title.clone() head=head rows=rows/> }.into_any()
    };
    let form = may.then(|| forms::budget(ctx, home, None, draft));
    section(title, view! { {table}{form} }.into_any())
}

fn all(ctx: &Context, home: &Home, packages: &[(Package, Purse)], draft: &Draft, may: bool) -> AnyView {
    let locale = ctx.locale;
    let title = tr!(locale, promo.packages_title, programme = home.name.clone());
    let table = if packages.is_empty() {
        empty(tr!(locale, promo.packages_empty_title), tr!(locale, promo.packages_empty_text))
    } else {
        let head = purse_head(
            ctx,
            vec![
                Head { label: tr!(locale, promo.column_package), numeric: false },
                Head { label: tr!(locale, promo.column_goal), numeric: false },
                Head { label: tr!(locale, promo.column_bonus), numeric: true },
                Head { label: tr!(locale, promo.column_period), numeric: false },
            ],
        );
        let rows = packages
            .iter()
            .map(|(package, purse)| {
                let first = [
                    package.name.clone().into_any(),
                    words::goal(locale, package).into_any(),
                    text::amount(ctx, package.bonus),
                    words::period(locale, package).into_any(),
                ];
                Row { href: None, cells: first.into_iter().chain(purse_cells(ctx, purse)).collect() }
            })
            .collect();
        view! { <Table caption=title.clone() head=head rows=rows/> }.into_any()
    };
    let budgets = packages.iter().filter(|(package, _)| may && package.ends_at > ctx.now());
    let budgets = budgets.map(|(package, _)| forms::budget(ctx, home, Some(package), draft)).collect::<Vec<_>>();
    let new = may.then(|| forms::package(ctx, home, draft));
    section(title, view! { {table}{budgets}{new} }.into_any())
}

fn granted(ctx: &Context, home: &Home, grants: Vec<Grant>) -> AnyView {
    let locale = ctx.locale;
    let title = tr!(locale, promo.grants_title, programme = home.name.clone());
    if grants.is_empty() {
        return section(title, empty(tr!(locale, promo.grants_empty_title), tr!(locale, promo.grants_empty_text)));
    }
    let head = vec![
        Head { label: tr!(locale, promo.column_partner), numeric: false },
        Head { label: tr!(locale, promo.column_package), numeric: false },
        Head { label: tr!(locale, promo.column_bonus), numeric: true },
        Head { label: tr!(locale, promo.column_state), numeric: false },
        Head { label: tr!(locale, promo.column_by), numeric: false },
    ];
    let rows = grants
        .into_iter()
        .map(|grant| {
            let state = words::standing(locale, rules::standing(&grant, ctx.now()));
            let by = grant.decision.as_ref().map(|decision| match decision.by_policy {
                true => tr!(locale, approvals.within_authority_of, name = decision.by.1.clone()),
                false => decision.by.1.clone(),
            });
            Row {
                href: Some(paths::promotion(grant.id)),
                cells: vec![
                    grant.partner_name.into_any(),
                    grant.package.name.into_any(),
                    text::amount(ctx, grant.package.bonus),
                    state,
                    by.into_any(),
                ],
            }
        })
        .collect();
    section(title.clone(), view! { <Table caption=title head=head rows=rows/> }.into_any())
}
