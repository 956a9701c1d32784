//! `/mentions`: notes that name the reader.

use super::Unseen;
use super::store::{self, Mention};
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms::Draft;
use crate::base::language::{Locale, tr};
use crate::macros::store::colleagues;
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::case::note;
use crate::ui::empty::empty;
use crate::ui::field::{Hidden, Select, Submit, Weight};
use crate::ui::form::Form;
use crate::ui::layout::page_head;
use crate::ui::screen::screen;
use crate::ui::text;
use leptos::prelude::*;

/// The most that are shown.
const MOST: i64 = 100;

/// The room's name, with how many were not looked at.
pub fn room(locale: Locale, unseen: Unseen) -> String {
    match unseen.0 {
        0 => tr!(locale, mentions.title),
        count => tr!(locale, mentions.title_unseen, count = format::count(locale, count)),
    }
}

/// Whom a note can name.
#[derive(Debug, Default)]
pub struct Colleagues(Vec<String>);

impl Colleagues {
    /// Reads them.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn read(tx: &mut Tx) -> Result<Self, AppError> {
        Ok(Self(colleagues(tx).await?.into_iter().map(|(_, name)| name).collect()))
    }

    /// The field of a note's form that names one of them.
    pub fn field(&self, ctx: &Context, draft: &Draft) -> AnyView {
        let locale = ctx.locale;
        let mut options = vec![(String::new(), tr!(locale, mentions.field_nobody))];
        options.extend(self.0.iter().map(|name| (name.clone(), name.clone())));
        view! {
            <Select
                name="mention" label=tr!(locale, mentions.field) hint=Some(tr!(locale, mentions.field_hint)) options=options
                selected=draft.value("mention")
            />
        }
        .into_any()
    }
}

/// The page.
#[component]
pub fn Mentions() -> impl IntoView {
    screen(|ctx, _| async move { load(&ctx).await })
}

async fn load(ctx: &Context) -> Result<(String, AnyView), AppError> {
    let (locale, staff) = (ctx.locale, ctx.staff()?);
    let mut tx = ctx.begin().await?;
    let unseen = store::unseen(&mut tx, staff.person).await?;
    let found = store::list(&mut tx, staff.person, MOST).await?;
    drop(tx);
    let title = tr!(locale, mentions.title);
    let lead = match unseen {
        0 => tr!(locale, mentions.none_unseen),
        1 => tr!(locale, mentions.one_unseen),
        count => tr!(locale, mentions.some_unseen, count = format::count(locale, count)),
    };
    let list = if found.is_empty() {
        empty(tr!(locale, mentions.empty_title), tr!(locale, mentions.empty_text))
    } else {
        found.iter().map(|each| mention(ctx, each)).collect_view().into_any()
    };
    let body = view! { {page_head(title.clone(), Some(view! { <p>{lead}</p> }.into_any()))}{list} };
    Ok((title, body.into_any()))
}

fn mention(ctx: &Context, mention: &Mention) -> AnyView {
    let locale = ctx.locale;
    let new = mention.seen_at.is_none().then(|| badge(Tone::Info, tr!(locale, mentions.new)));
    let when = view! { <span>{text::time_exact(ctx, mention.at)}" "{new}</span> };
    let open = tr!(locale, mentions.open, number = mention.case.0, partner = mention.partner.as_str());
    let id = mention.note.to_string();
    view! {
        {note(mention.author.clone(), when.into_any(), mention.body.clone())}
        <Form action="/do/open-mention" id=format!("mention-{id}") class="inline">
            <Hidden name="note" value=id/>
            <Submit text=open tone=Weight::Quiet/>
        </Form>
    }
    .into_any()
}
