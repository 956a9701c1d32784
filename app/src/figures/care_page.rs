//! What came in and what was promised, in figures for those who lead or look over the desk.

use super::care::{Care, care, reveals};
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::language::tr;
use crate::rota::spans::Span;
use crate::ui::layout::{facts, section};
use crate::ui::table::{Head, Row, Table};
use crate::ui::text;
use leptos::prelude::*;
use rust_decimal::Decimal;

/// The section of a time, as of its end.
pub(super) async fn of_care(ctx: &Context, tx: &mut Tx, window: Span) -> Result<AnyView, AppError> {
    let locale = ctx.locale;
    let care = care(tx, window).await?;
    let revealed = reveals(tx, window).await?;
    let count = |number| text::count(ctx, number);
    let lines = vec![
        (tr!(locale, figures.care_lying), count(care.lying)),
        (tr!(locale, figures.care_mails), count(care.mails)),
        (tr!(locale, figures.care_in_cases), count(care.in_cases)),
        (tr!(locale, figures.care_for_people), count(care.for_people)),
        (tr!(locale, figures.care_repeated), count(care.repeated)),
        (tr!(locale, figures.care_unplaced), count(care.unplaced)),
        (tr!(locale, figures.care_late), count(care.late)),
        (tr!(locale, figures.care_announced), count(care.announced)),
        (tr!(locale, figures.care_signed), signed(ctx, care)),
    ];
    let reveals = if revealed.is_empty() {
        view! { <p>{tr!(locale, figures.no_reveals)}</p> }.into_any()
    } else {
        let heads = vec![
            Head { label: tr!(locale, figures.head_person), numeric: false },
            Head { label: tr!(locale, figures.head_reveals), numeric: true },
        ];
        let rows = revealed
            .into_iter()
            .map(|(name, times)| Row { cells: vec![name.into_any(), text::count(ctx, times)], href: None })
            .collect();
        view! { <Table caption=tr!(locale, figures.reveals_caption) head=heads rows=rows/> }.into_any()
    };
    Ok(section(tr!(locale, figures.care_title), view! { {facts(lines)}{reveals} }.into_any()))
}

/// The share of mails about cases that a person signed.
fn signed(ctx: &Context, care: Care) -> AnyView {
    if care.letters == 0 {
        return tr!(ctx.locale, figures.none).into_any();
    }
    text::percent(ctx, (Decimal::from(100 * care.signed) / Decimal::from(care.letters)).round_dp(1))
}
