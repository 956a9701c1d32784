//! The keys of the desk: the list of them, which is also where the browser's half reads what each does.

use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::language::tr;
use crate::paths;
use crate::ui::field::{Hidden, Submit, Weight};
use crate::ui::form::Form;
use crate::work::islands::DeskKeys;
use crate::work::store;
use leptos::prelude::*;

/// What a key does.
enum Does {
    /// Moves between rows, opens one, ticks one: the browser's half knows how.
    Moves,
    /// Goes to an address.
    Goes(String),
    /// Presses or fills in the first of these that the page has.
    Finds(&'static str),
}

/// The keys at the end of a page of the desk or the quarantine, for those who work there; nothing elsewhere.
pub fn keys(ctx: &Context) -> Option<AnyView> {
    let path = ctx.path.split('?').next().unwrap_or_default();
    let ours = |room: &str| path == room || path.strip_prefix(room).is_some_and(|rest| rest.starts_with('/'));
    if !Who::Desk.includes(&ctx.actor) || ctx.actor.staff().is_none() || !(ours(paths::DESK) || ours(paths::QUARANTINE))
    {
        return None;
    }
    let ctx = ctx.clone();
    let bar = Suspend::new(async move {
        match are_off(&ctx).await {
            Ok(off) => bar(&ctx, off),
            Err(error) => {
                tracing::warn!(%error, "whether somebody's keys are off can't be read");
                ().into_any()
            }
        }
    });
    Some(view! { {bar} }.into_any())
}

async fn are_off(ctx: &Context) -> Result<bool, AppError> {
    let person = ctx.staff()?.person;
    let mut tx = ctx.begin().await?;
    store::keys_are_off(&mut tx, person).await
}

fn bar(ctx: &Context, off: bool) -> AnyView {
    let locale = ctx.locale;
    if off {
        return view! { <div class="desk-keys">{switch(ctx, "on", tr!(locale, work.keys_on))}</div> }.into_any();
    }
    let lines = list(ctx)
        .into_iter()
        .map(|(key, shown, words, does)| {
            let (goes, finds) = match does {
                Does::Moves => (None, None),
                Does::Goes(href) => (Some(href), None),
                Does::Finds(selector) => (None, Some(selector)),
            };
            let shown = shown.split(' ').map(|each| view! { <kbd>{each.to_owned()}</kbd>" " }).collect_view();
            view! { <div class="fact" data-key=key data-goes=goes data-finds=finds><dt>{shown}</dt><dd>{words}</dd></div> }
        })
        .collect_view();
    view! {
        <div class="desk-keys">
            <button class="button" data-weight="bare" type="button" commandfor="keys" command="show-modal">
                {tr!(locale, work.keys_title)}" "<kbd>"?"</kbd>
            </button>
            <dialog id="keys" aria-labelledby="keys-title" closedby="any">
                <h2 id="keys-title">{tr!(locale, work.keys_title)}</h2>
                <p>{tr!(locale, work.keys_lead)}</p>
                <dl class="facts">{lines}</dl>
                <div class="desk-keys-end">
                    <button class="button" data-weight="quiet" type="button" commandfor="keys" command="close">
                        {tr!(locale, work.keys_close)}
                    </button>
                    {switch(ctx, "off", tr!(locale, work.keys_off))}
                </div>
            </dialog>
            <DeskKeys/>
        </div>
    }
    .into_any()
}

fn switch(ctx: &Context, to: &'static str, button: String) -> AnyView {
    let back = ctx.path.clone();
    view! {
        <Form action="/do/set-keys" id="form-set-keys" class="inline">
            <Hidden name="keys" value=to/>
            <Hidden name="back" value=back/>
            <Submit text=button tone=Weight::Quiet/>
        </Form>
    }
    .into_any()
}

type Line = (&'static str, &'static str, String, Does);

/// Key, how it is shown, what it does in words, and what it does.
fn list(ctx: &Context) -> Vec<Line> {
    let locale = ctx.locale;
    let view = |view: &str| Does::Goes(format!("{}?view={view}", paths::DESK));
    let moves = |key, shown, words| (key, shown, words, Does::Moves);
    let mut list = vec![
        moves("j", "j", tr!(locale, work.key_next)),
        moves("k", "k", tr!(locale, work.key_previous)),
        moves("Enter", "Enter", tr!(locale, work.key_open)),
        ("u", "u", tr!(locale, work.key_back), Does::Finds("[data-back], .case-queue a, main a[href=\"/quarantine\"]")),
    ];
    if ctx.path.starts_with(paths::QUARANTINE) {
        // The buttons name their key themselves.
        list.extend([
            ("a", "a", tr!(locale, work.key_attach), Does::Finds("main button[accesskey=\"a\"]")),
            ("n", "n", tr!(locale, work.key_new_case), Does::Finds("main button[accesskey=\"n\"]")),
            ("b", "b", tr!(locale, work.key_believe), Does::Finds("main button[accesskey=\"b\"]")),
            ("x", "x", tr!(locale, work.key_no_answer), Does::Finds("main button[accesskey=\"x\"]")),
        ]);
    } else {
        list.extend([
            moves("x", "x", tr!(locale, work.key_mark)),
            ("r", "r", tr!(locale, work.key_reply), Does::Finds("form[action=\"/do/reply\"] textarea")),
            ("n", "n", tr!(locale, work.key_note), Does::Finds("form[action=\"/do/note\"] textarea")),
            (
                "a",
                "a",
                tr!(locale, work.key_assign),
                Does::Finds("form[action=\"/do/assign-case\"] select, form[action=\"/do/bulk-cases\"] select"),
            ),
            (
                "z",
                "z",
                tr!(locale, work.key_snooze),
                Does::Finds("form[action=\"/do/snooze-case\"] [name=\"until\"], form[action=\"/do/bulk-cases\"] [name=\"until\"]"),
            ),
            (
                "c",
                "c",
                tr!(locale, work.key_close),
                Does::Finds("form[action=\"/do/close-case\"] button, form[action=\"/do/bulk-cases\"] button[value=\"close\"]"),
            ),
            ("e", "e", tr!(locale, work.key_escalate), Does::Finds("form[action^=\"/do/escalate\"] textarea")),
        ]);
    }
    list.extend([
        ("/", "/", tr!(locale, work.key_search), Does::Finds("input[type=\"search\"]")),
        ("g q", "g q", tr!(locale, work.key_go_queue), view("all")),
        ("g m", "g m", tr!(locale, work.key_go_mine), view("mine")),
        ("g u", "g u", tr!(locale, work.key_go_unassigned), view("unassigned")),
        ("g s", "g s", tr!(locale, work.key_go_snoozed), view("snoozed")),
        ("g x", "g x", tr!(locale, work.key_go_quarantine), Does::Goes(paths::QUARANTINE.to_owned())),
        moves("Ctrl+Enter", "Ctrl+Enter", tr!(locale, work.key_send)),
        ("?", "?", tr!(locale, work.key_help), Does::Finds("[commandfor=\"keys\"][command=\"show-modal\"]")),
    ]);
    list
}
