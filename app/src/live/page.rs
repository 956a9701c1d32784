//! What pages need to be told of changes, what came unseen above a form, and a person's desk.

use super::islands::{KnockTry, Live};
use super::model::{Knock, Present, Seen, Unseen, What};
use super::{Place, Waiting, store, words};
use crate::base::access::Who;
use crate::base::actor::Actor;
use crate::base::context::Context;
use crate::base::format;
use crate::base::forms::{self, Draft};
use crate::base::language::tr;
use crate::disputes::model::Stage;
use crate::disputes::words as stages;
use crate::paths;
use crate::ui::field::{Choice, Submit, Weight};
use crate::ui::form::Form;
use crate::ui::layout::{facts, page_head, section};
use crate::ui::notice;
use crate::ui::screen::screen;
use crate::ui::text;
use leptos::prelude::*;

/// Stands once on every page of somebody who is signed in: where the page is told what happened since it was made.
pub fn strip(ctx: &Context) -> Option<AnyView> {
    let Place(place) = use_context::<Place>()?;
    let base = match &ctx.actor {
        Actor::Member(_) => paths::DISPUTES,
        Actor::Staff(_) => paths::DESK,
        _ => return None,
    };
    let path = ctx.path.split('?').next().unwrap_or_default();
    let case =
        path.strip_prefix(base).and_then(|rest| rest.strip_prefix('/')).filter(|rest| rest.parse::<i64>().is_ok());
    let writes = Who::Desk.includes(&ctx.actor) && case.is_some();
    let locale = ctx.locale;
    Some(
        view! {
            <aside
                class="live" aria-label=tr!(locale, live.news)
                data-place=place data-page=forms::new_key() data-base=base data-case=case.map(str::to_owned)
                data-list=(path == base).then_some("") data-writes=writes.then_some("")
                data-show-one=tr!(locale, live.show_one) data-show-some=tr!(locale, live.show_some)
                data-lost=tr!(locale, live.lost) data-ended=tr!(locale, live.ended) data-dismiss=tr!(locale, live.dismiss)
            >
                <Live/>
            </aside>
        }
        .into_any(),
    )
}

/// A part of a page that is shown anew when something happens; nothing that is typed into.
pub fn region(name: &'static str, body: AnyView) -> AnyView {
    view! { <div class="live-region" data-live=name>{body}</div> }.into_any()
}

/// How many cases wait, beside the room of the navigation that leads to them.
pub fn badge(ctx: &Context, room: &str) -> Option<AnyView> {
    let base = if ctx.actor.member().is_some() { paths::DISPUTES } else { paths::DESK };
    if room != base {
        return None;
    }
    let count = use_context::<Waiting>().unwrap_or_default().0;
    let text = (count > 0).then(|| number(ctx, count));
    Some(view! { <span class="live-count" data-live-count="" hidden=count == 0>{text}</span> }.into_any())
}

fn number(ctx: &Context, count: i64) -> String {
    if count >= store::COUNTED { format!("{}+", store::COUNTED - 1) } else { format::count(ctx.locale, count) }
}

/// Who else has the case open.
pub fn present(ctx: &Context, present: &[Present]) -> AnyView {
    let sentence = ctx.actor.person().map(|reader| words::present(ctx.locale, reader, present)).unwrap_or_default();
    // Nothing at all where nobody is there: an empty text would be written as a space, and the line would take its room.
    let sentence = (!sentence.is_empty()).then_some(sentence);
    view! { <p class="live-here" role="status" data-live-here="">{sentence}</p> }.into_any()
}

/// What came while a refused form was written, above what it keeps.
pub fn unseen(ctx: &Context, draft: &Draft, unseen: &[Unseen]) -> Option<AnyView> {
    if !draft.is_refused() || unseen.is_empty() {
        return None;
    }
    let locale = ctx.locale;
    let items = unseen
        .iter()
        .map(|one| {
            let by = if one.by.is_empty() { tr!(locale, live.unseen_partner) } else { one.by.clone() };
            let said = match one.what {
                What::Step => Stage::parse(&one.text).map_or_else(String::new, |stage| stages::stage(locale, stage)),
                _ => one.text.clone(),
            };
            view! {
                <li>
                    <p class="message-head">
                        <span class="message-author">{words::what(locale, one.what)}", "{by}</span>
                        {text::time_exact(ctx, one.at)}
                    </p>
                    <p class="prose">{said}</p>
                </li>
            }
        })
        .collect_view();
    Some(
        view! {
            <div class="live-unseen">
                <p><strong>{tr!(locale, live.unseen_title)}</strong></p>
                <ul>{items}</ul>
            </div>
        }
        .into_any(),
    )
}

/// What a refused form had seen; nothing where it says nothing of it.
pub fn seen_of(draft: &Draft) -> Option<Seen> {
    let text = draft.value("seen");
    let text = text.split_once('@').map_or(text.as_str(), |(_, seen)| seen);
    text.parse().ok().filter(|seen| *seen != Seen::default())
}

/// `/my-desk`
#[component]
pub fn MyDesk() -> impl IntoView {
    screen(|ctx, query| async move {
        let staff = ctx.staff()?.clone();
        let mut tx = ctx.begin().await?;
        let knock = store::knock(&mut tx, staff.person).await?;
        tx.commit().await?;
        let draft = forms::recall(&ctx, query.get("form")).await?;
        let locale = ctx.locale;
        let done = (query.get("done") == Some("knock")).then(|| tr!(locale, live.done_knock));
        let title = tr!(locale, live.my_desk);
        let lead = view! { <p>{tr!(locale, live.my_desk_lead)}</p> }.into_any();
        let form = Who::Desk
            .includes(&ctx.actor)
            .then(|| section(tr!(locale, live.knock_title), knock_form(&ctx, knock, &draft)));
        let body = view! {
            {page_head(title.clone(), Some(lead))}
            {notice::done(&ctx, done)}
            {facts(vec![(tr!(locale, live.name), staff.name.into_any())])}
            {form}
        };
        Ok((title, body.into_any()))
    })
}

fn knock_form(ctx: &Context, knock: Knock, draft: &Draft) -> AnyView {
    let (locale, draft) = (ctx.locale, draft.clone());
    let options = Knock::ALL
        .map(|knock| {
            let words = match knock {
                Knock::Off => tr!(locale, live.knock_off),
                Knock::Mine => tr!(locale, live.knock_mine),
                Knock::All => tr!(locale, live.knock_all),
            };
            (knock.as_str().to_owned(), words)
        })
        .to_vec();
    view! {
        <Form action="/do/set-desk" draft=&draft>
            <Choice
                name="knock" label=tr!(locale, live.knock_label) hint=Some(tr!(locale, live.knock_hint)) options=options
                selected=draft.value_or("knock", knock.as_str()) error=draft.error("knock") required=true
            />
            <Submit text=tr!(locale, live.knock_save) tone=Weight::Quiet/>
        </Form>
        <p data-try=tr!(locale, live.knock_try)><KnockTry/></p>
    }
    .into_any()
}
