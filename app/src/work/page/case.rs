//! On a case: what was just done with the way back, what it was joined with, and the forms that hand it on.

use super::{folded, outcome, undo_form};
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::forms::Draft;
use crate::base::language::tr;
use crate::disputes::model::{Case, Stage};
use crate::disputes::words as cases;
use crate::paths;
use crate::ui::Tone;
use crate::ui::field::{Field, Hidden, Select, Submit, Weight};
use crate::ui::form::Form;
use crate::ui::layout::section;
use crate::ui::notice::{notice, notice_with};
use crate::ui::screen::Query;
use crate::ui::text;
use crate::work::model::{Other, Snooze, Undo};
use crate::work::store::{self, Named, Placed};
use crate::work::{api, rules};
use leptos::prelude::*;

/// What a case's page shows of work on it.
pub struct Desk {
    case: Case,
    placed: Placed,
    snooze: Option<Snooze>,
    colleagues: Vec<Named>,
    others: Vec<Other>,
    undo: Option<Undo>,
    said: Option<String>,
    acts: bool,
}

impl Desk {
    /// Reads it.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn read(ctx: &Context, tx: &mut Tx, query: &Query, case: &Case) -> Result<Self, AppError> {
        let placed = store::look(tx, case.partner, case.id).await?;
        let acts = Who::Desk.includes(&ctx.actor) && placed.goes_on_in.is_none();
        let undo = match query.get("undo").and_then(|undo| undo.parse().ok()) {
            Some(undo) => store::find_undo(tx, undo, ctx.staff()?.person).await?,
            None => None,
        };
        let open = acts && case.stage != Stage::Closed;
        Ok(Self {
            snooze: store::snooze_of(tx, case.partner, case.id).await?,
            colleagues: if open { store::colleagues_on(tx, ctx.now()).await? } else { Vec::new() },
            others: if open { store::others_of(tx, case.partner, case.id).await? } else { Vec::new() },
            undo,
            said: done(ctx, query.get("done")),
            case: case.clone(),
            placed,
            acts,
        })
    }

    /// Whether its conversation goes on in another case, so that nothing is done in this one.
    pub fn is_merged(&self) -> bool {
        self.placed.goes_on_in.is_some()
    }

    /// What stands above the conversation.
    pub fn head(&self, ctx: &Context, draft: &Draft) -> AnyView {
        let locale = ctx.locale;
        let back = paths::case(self.case.id);
        let said = self.said.clone().map(|text| notice(Tone::Good, text));
        let undo = self.undo.map(|undo| undo_form(ctx, undo, back.clone()));
        let undo_refused = draft.error("").filter(|_| draft.value("form_name") == "undo-step");
        let undo_refused = undo_refused.map(|text| view! { <div id="form">{notice(Tone::Bad, text)}</div> });
        let goes_on = self.placed.goes_on_in.map(|home| {
            let link = text::link(paths::case(home), tr!(locale, work.case_number, number = home.0));
            notice_with(Tone::Info, view! { {tr!(locale, work.goes_on_in)}" "{link} }.into_any())
        });
        let merged = (!self.placed.merged.is_empty()).then(|| {
            let links = self.placed.merged.iter().map(|case| {
                view! { " "{text::link(paths::case(*case), tr!(locale, work.case_number, number = case.0))} }
            });
            notice_with(Tone::Info, view! { {tr!(locale, work.merged_in)}{links.collect_view()} }.into_any())
        });
        view! {
            {said}{undo}{undo_refused}
            {outcome(ctx, draft, None, &back)}
            {goes_on}{merged}
            {self.snoozed(ctx)}
        }
        .into_any()
    }

    fn snoozed(&self, ctx: &Context) -> Option<AnyView> {
        let snooze = self.snooze.as_ref()?;
        let (locale, case, version) = (ctx.locale, self.case.id, self.case.version);
        let until = cases::moment(ctx, snooze.until);
        let sentence = tr!(locale, work.snoozed_until, until = until, name = snooze.by.as_str());
        let wake = self.acts.then(|| {
            view! {
                <Form action="/do/wake-case" id="form-wake-case" class="inline">
                    <Hidden name="case" value=case.to_string()/>
                    <Hidden name="version" value=version.to_string()/>
                    <Submit text=tr!(locale, work.wake_button) tone=Weight::Quiet/>
                </Form>
            }
        });
        let body = view! { <p>{sentence}</p><p class="prose">{snooze.reason.clone()}</p>{wake} };
        Some(notice_with(Tone::Waiting, body.into_any()))
    }

    /// The forms below the conversation; whoever only reads sees what it has to do with alone.
    pub fn forms(&self, ctx: &Context, draft: &Draft) -> AnyView {
        let locale = ctx.locale;
        let open = self.acts && self.case.stage != Stage::Closed;
        let of = |form: &str| match draft.is_refused() && draft.value("form_name") == form {
            true => draft.clone(),
            false => Draft::default(),
        };
        let body = view! {
            {open.then(|| self.assign(ctx, of("assign-case")))}
            {open.then(|| self.snooze_form(ctx, of("snooze-case")))}
            {(open && !self.others.is_empty()).then(|| self.merge(ctx, of("merge-case")))}
            {self.linked(ctx)}
            {self.acts.then(|| self.link(ctx, of("link-case")))}
        };
        if !self.acts && self.placed.linked.is_empty() {
            return ().into_any();
        }
        section(tr!(locale, work.title), body.into_any())
    }

    fn assign(&self, ctx: &Context, draft: Draft) -> AnyView {
        let (locale, case, version) = (ctx.locale, self.case.id, self.case.version);
        let refused = draft.is_refused();
        let mut options =
            vec![(String::new(), tr!(locale, work.choose)), ("turn".to_owned(), tr!(locale, work.in_turn))];
        let colleagues = self.colleagues.iter().filter(|each| Some(each.person) != self.case.assignee);
        options.extend(colleagues.map(|each| (each.person.to_string(), person(ctx, each))));
        if self.case.assignee.is_some() {
            options.push(("nobody".to_owned(), tr!(locale, work.nobody)));
        }
        let body = view! {
            <Form action="/do/assign-case" id=id_of("assign-case", &draft) draft=&draft>
                <Hidden name="case" value=case.to_string()/>
                <Hidden name="version" value=version.to_string()/>
                <Select
                    name="to" label=tr!(locale, work.to) hint=Some(tr!(locale, work.to_hint)) options=options
                    selected=draft.value("to") error=draft.error("to") required=true
                />
                <Submit text=tr!(locale, work.assign_button) tone=Weight::Quiet/>
            </Form>
        };
        folded(tr!(locale, work.assign_title), refused, body.into_any())
    }

    fn snooze_form(&self, ctx: &Context, draft: Draft) -> AnyView {
        let (locale, case, version) = (ctx.locale, self.case.id, self.case.version);
        let refused = draft.is_refused();
        let fields = snooze_fields(ctx, &draft);
        let body = view! {
            <Form action="/do/snooze-case" id=id_of("snooze-case", &draft) draft=&draft>
                <Hidden name="case" value=case.to_string()/>
                <Hidden name="version" value=version.to_string()/>
                <p class="hint">{tr!(locale, work.clocks_run_on)}</p>
                {fields}
                <Submit text=tr!(locale, work.snooze_button) tone=Weight::Quiet/>
            </Form>
        };
        folded(tr!(locale, work.snooze_title), refused, body.into_any())
    }

    fn merge(&self, ctx: &Context, draft: Draft) -> AnyView {
        let (locale, case, version) = (ctx.locale, self.case.id, self.case.version);
        let refused = draft.is_refused();
        let mut options = vec![(String::new(), tr!(locale, work.choose))];
        options.extend(self.others.iter().map(|other| (other.id.to_string(), named(ctx, other))));
        let body = view! {
            <Form action="/do/merge-case" id=id_of("merge-case", &draft) draft=&draft>
                <Hidden name="case" value=case.to_string()/>
                <Hidden name="version" value=version.to_string()/>
                <Select
                    name="into" label=tr!(locale, work.into) hint=Some(tr!(locale, work.into_hint)) options=options
                    selected=draft.value("into") error=draft.error("into") required=true
                />
                <Submit text=tr!(locale, work.merge_button) tone=Weight::Danger/>
            </Form>
        };
        folded(tr!(locale, work.merge_title), refused, body.into_any())
    }

    /// Cases that have to do with this one.
    fn linked(&self, ctx: &Context) -> Option<AnyView> {
        if self.placed.linked.is_empty() {
            return None;
        }
        let (locale, case) = (ctx.locale, self.case.id);
        let lines = self.placed.linked.iter().map(|other| {
            let id = other.id;
            let remove = self.acts.then(|| {
                view! {
                    <Form action="/do/link-case" id=format!("form-unlink-{id}") class="inline">
                        <Hidden name="case" value=case.to_string()/>
                        <Hidden name="other" value=id.to_string()/>
                        <Hidden name="remove" value="yes"/>
                        <Submit text=tr!(locale, work.unlink_button, number = id.0) tone=Weight::Quiet/>
                    </Form>
                }
            });
            let about = format!("{} ({})", named(ctx, other), cases::stage(locale, other.stage));
            view! { <li>{text::link(paths::case(other.id), about)}" "<span class="quiet">{other.partner_name.clone()}</span>{remove}</li> }
        });
        Some(view! { <p>{tr!(locale, work.linked)}</p><ul class="work-linked">{lines.collect_view()}</ul> }.into_any())
    }

    fn link(&self, ctx: &Context, draft: Draft) -> AnyView {
        let (locale, case) = (ctx.locale, self.case.id);
        let refused = draft.is_refused();
        let body = view! {
            <Form action="/do/link-case" id=id_of("link-case", &draft) draft=&draft>
                <Hidden name="case" value=case.to_string()/>
                <Field
                    name="other" label=tr!(locale, work.other) hint=Some(tr!(locale, work.other_hint)) inputmode="numeric"
                    value=draft.value("other") error=draft.error("other") required=true
                />
                <Submit text=tr!(locale, work.link_button) tone=Weight::Quiet/>
            </Form>
        };
        folded(tr!(locale, work.link_title), refused, body.into_any())
    }
}

/// A refused form is where the browser is sent back to.
fn id_of(form: &str, draft: &Draft) -> String {
    if draft.is_refused() { "form".to_owned() } else { format!("form-{form}") }
}

/// `12: Wrong amount: order 536365`.
fn named(ctx: &Context, other: &Other) -> String {
    format!("{}: {}", other.id, cases::about(ctx, other.kind, &other.subject))
}

/// A colleague, with whether they are on.
pub(super) fn person(ctx: &Context, each: &Named) -> String {
    if each.on_shift { tr!(ctx.locale, work.person_on, name = each.name.as_str()) } else { each.name.clone() }
}

/// Until when, and why.
pub(super) fn snooze_fields(ctx: &Context, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let start = rules::tomorrow(ctx.time_zone, ctx.now());
    view! {
        <Field
            name="until" label=tr!(locale, work.until) kind="datetime-local" value=draft.value_or("until", &start)
            hint=Some(tr!(locale, work.until_hint, zone = ctx.time_zone.name())) error=draft.error("until")
        />
        <Field
            name="reason" label=tr!(locale, work.reason) value=draft.value("reason") error=draft.error("reason")
            hint=Some(tr!(locale, work.reason_hint)) maxlength=500
        />
    }
    .into_any()
}

pub(super) fn done(ctx: &Context, code: Option<&str>) -> Option<String> {
    let locale = ctx.locale;
    Some(match code?.strip_prefix(api::DONE)? {
        "assigned" => tr!(locale, work.done_assigned),
        "given-back" => tr!(locale, work.done_given_back),
        "snoozed" => tr!(locale, work.done_snoozed),
        "woken" => tr!(locale, work.done_woken),
        "undone" => tr!(locale, work.done_undone),
        "merged" => tr!(locale, work.done_merged),
        "linked" => tr!(locale, work.done_linked),
        "unlinked" => tr!(locale, work.done_unlinked),
        _ => return None,
    })
}
