//! Articles where they spare a question: beside a reply that is written, and before a dispute is sent.

use super::{entries, link};
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::language::{code, tr};
use crate::disputes::model::Kind;
use crate::help::model::Entry;
use crate::help::store;
use crate::paths;
use crate::ui::field::{Field, Hidden, Submit, Weight};
use crate::ui::form::Filter;
use crate::ui::layout::section;
use crate::ui::screen::Query;
use crate::ui::text;
use leptos::prelude::*;

/// How many are shown.
const MOST: i64 = 5;

/// Articles that suit a case.
#[derive(Debug, Default)]
pub struct Beside(Vec<Entry>);

impl Beside {
    /// Reads those for a case's kind and subject.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn read(ctx: &Context, tx: &mut Tx, kind: Kind, words: &str) -> Result<Self, AppError> {
        Ok(Self(store::suited(tx, code(ctx.locale), &[kind], words, MOST).await?))
    }
}

/// The part of a reply's form that offers articles: one press puts a link into the text and keeps what was typed.
pub fn beside(ctx: &Context, found: &Beside) -> Option<AnyView> {
    if found.0.is_empty() {
        return None;
    }
    let locale = ctx.locale;
    let items = found.0.iter().map(|entry| {
        let label = tr!(locale, help.insert, title = entry.title.as_str());
        view! {
            <li>
                {text::link(link(entry), entry.title.clone())}" "
                <button
                    class="button" data-weight="quiet" type="submit" formaction="/do/insert-article" formnovalidate=true
                    name="article" value=entry.slug.clone() aria-label=label
                >{tr!(locale, help.insert_button)}</button>
            </li>
        }
    });
    Some(
        view! {
            <details class="composer-help"><summary>{tr!(locale, help.beside_title)}</summary><ul class="plain">{items.collect_view()}</ul></details>
        }
        .into_any(),
    )
}

/// What may be answered already, above the form that opens a dispute: by its kinds, by what was typed in a form that came
/// back, or by a search that keeps the address. It stands in nobody's way.
///
/// # Errors
/// When the database is away.
pub async fn before_sending(
    ctx: &Context,
    tx: &mut Tx,
    query: &Query,
    typed: &str,
) -> Result<Option<AnyView>, AppError> {
    let locale = ctx.locale;
    let asked = query.get("ask").unwrap_or_default();
    let kinds: &[Kind] = match () {
        () if query.get("conversion").is_some() => &[Kind::WrongAmount, Kind::WronglyReversed],
        () if query.get("payout").is_some() => &[Kind::PayoutLate, Kind::PayoutAmount, Kind::PayoutFailed],
        () if query.get("terms").is_some() => &[Kind::MyTerms],
        () if query.get("kind") == Some(Kind::MissingConversion.as_str()) => &[Kind::MissingConversion],
        () => &[Kind::Other],
    };
    let words = format!("{asked} {typed}").chars().take(2_000).collect::<String>();
    let found = store::suited(tx, code(locale), kinds, &words, MOST).await?;
    if found.is_empty() && asked.is_empty() {
        return Ok(None);
    }
    let kept: Vec<_> = ["conversion", "payout", "terms", "kind"]
        .into_iter()
        .filter_map(|name| query.get(name).map(|value| (name, value.to_owned())))
        .collect();
    let kept = kept.into_iter().map(|(name, value)| view! { <Hidden name=name value=value/> }).collect_view();
    let list = if found.is_empty() {
        view! { <p>{tr!(locale, help.found_none, words = asked)}</p> }.into_any()
    } else {
        entries(ctx, &found)
    };
    let asked = asked.to_owned();
    let body = view! {
        <p>{tr!(locale, help.before_text)}</p>
        {list}
        <Filter action=format!("{}/new", paths::DISPUTES)>
            {kept}
            <Field name="ask" kind="search" label=tr!(locale, help.before_search) value=asked maxlength=200/>
            <Submit text=tr!(locale, help.search_button) tone=Weight::Quiet/>
        </Filter>
    };
    Ok(Some(section(tr!(locale, help.before_title), body.into_any())))
}
