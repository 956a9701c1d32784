//! On the queue: a box on each row, and one form for all that are ticked.

use super::case::{person, snooze_fields};
use super::{folded, outcome};
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::forms::{self, Draft};
use crate::base::ids::CaseId;
use crate::base::language::tr;
use crate::incidents::store as incidents;
use crate::paths;
use crate::ui::Tone;
use crate::ui::field::{Hidden, Select, Submit, Weight};
use crate::ui::form::Form;
use crate::ui::notice::notice;
use crate::ui::screen::Query;
use crate::ui::table::Head;
use crate::ui::text;
use crate::work::model::Undo;
use crate::work::store::{self, Named};
use leptos::prelude::*;

/// The form that the boxes belong to.
const FORM: &str = "form-bulk-cases";

/// The head of the boxes' column, for those who may act.
pub fn head(ctx: &Context) -> Option<Head> {
    Who::Desk.includes(&ctx.actor).then(|| Head { label: tr!(ctx.locale, work.head_mark), numeric: false })
}

/// What was ticked in a form that was refused.
#[derive(Clone, Default)]
struct Chosen(Vec<CaseId>);

/// The box on a row. It says how the case stood that its reader saw, so that nothing is done to what came in between.
pub fn check(ctx: &Context, case: CaseId, version: i32) -> AnyView {
    let ticked = use_context::<Chosen>().unwrap_or_default().0.contains(&case);
    let label = tr!(ctx.locale, work.mark_case, number = case.0);
    // The label is as large as the cell, so that it is hit with a thumb.
    view! {
        <label class="work-check">
            <input type="checkbox" name="cases[]" value=format!("{case}@{version}") checked=ticked form=FORM aria-label=label autocomplete="off"/>
        </label>
    }
    .into_any()
}

/// What the queue shows of work on many cases.
pub struct Marked {
    draft: Draft,
    colleagues: Vec<Named>,
    incidents: Vec<(i64, String)>,
    undo: Option<Undo>,
    said: Option<String>,
    acts: bool,
}

impl Marked {
    /// Reads it.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn read(ctx: &Context, tx: &mut Tx, query: &Query) -> Result<Self, AppError> {
        let draft = forms::recall(ctx, query.get("form")).await?;
        let undo = match draft.value("undo").parse() {
            Ok(undo) => store::find_undo(tx, undo, ctx.staff()?.person).await?,
            Err(_) => None,
        };
        let acts = Who::Desk.includes(&ctx.actor);
        let colleagues = if acts { store::colleagues_on(tx, ctx.now()).await? } else { Vec::new() };
        let incidents = if acts { incidents::open_ones(tx, ctx.locale).await? } else { Vec::new() };
        let said = super::case::done(ctx, query.get("done"));
        Ok(Self { draft, colleagues, incidents, undo, said, acts })
    }

    /// What was done, and the form.
    pub fn show(&self, ctx: &Context) -> Option<AnyView> {
        if !self.acts {
            return None;
        }
        let locale = ctx.locale;
        let refused = self.draft.is_refused() && self.draft.value("form_name") == "bulk-cases";
        let draft = if refused { self.draft.clone() } else { Draft::default() };
        let mut options = vec![
            (String::new(), tr!(locale, work.choose)),
            ("turn".to_owned(), tr!(locale, work.in_turn)),
            ("nobody".to_owned(), tr!(locale, work.nobody)),
        ];
        options.extend(self.colleagues.iter().map(|each| (each.person.to_string(), person(ctx, each))));
        provide_context(Chosen(
            draft.value("cases").split(',').filter_map(|case| case.split('@').next()?.parse().ok()).collect(),
        ));
        // A form has one id, and the boxes name it; the anchor stands around it.
        let (back, fields) = (ctx.path.clone(), snooze_fields(ctx, &draft));
        let gather = self.gather(ctx, &draft);
        let body = view! {
            <Form action="/do/bulk-cases" id=FORM draft=&draft>
                <Hidden name="back" value=back/>
                <div class="work-bulk">
                    <div>
                        <Select
                            name="to" label=tr!(locale, work.to) options=options selected=draft.value("to") error=draft.error("to")
                        />
                        <Submit text=tr!(locale, work.assign_button) tone=Weight::Quiet name="what" value="assign"/>
                    </div>
                    <div>
                        {fields}
                        <Submit text=tr!(locale, work.snooze_button) tone=Weight::Quiet name="what" value="snooze"/>
                    </div>
                    <div>
                        <Submit text=tr!(locale, work.mark_button) tone=Weight::Quiet name="what" value="mark"/>
                        <Submit text=tr!(locale, work.close_button) tone=Weight::Quiet name="what" value="close"/>
                    </div>
                    {gather}
                </div>
            </Form>
        };
        let turns = text::link(paths::TURNS.to_owned(), tr!(locale, work.turns_link));
        let body = folded(tr!(locale, work.bulk_title), refused, body.into_any());
        let body = if refused { view! { <div id="form">{body}</div> }.into_any() } else { body };
        Some(
            view! {
                {self.said.clone().map(|text| notice(Tone::Good, text))}
                {outcome(ctx, &self.draft, self.undo, &ctx.path)}
                {body}
                <p class="small">{turns}</p>
            }
            .into_any(),
        )
    }
    /// Into an incident, while one runs.
    fn gather(&self, ctx: &Context, draft: &Draft) -> Option<AnyView> {
        let locale = ctx.locale;
        let mut options = vec![(String::new(), tr!(locale, work.choose))];
        options.extend(self.incidents.iter().map(|(id, title)| (id.to_string(), format!("{id} · {title}"))));
        let select = view! {
            <div>
                <Select
                    name="incident" label=tr!(locale, work.incident) options=options selected=draft.value("incident")
                    error=draft.error("incident")
                />
                <Submit text=tr!(locale, work.gather_button) tone=Weight::Quiet name="what" value="gather"/>
            </div>
        };
        // Where the incident ended while somebody was choosing, the message has its place all the same.
        (!self.incidents.is_empty() || draft.error("incident").is_some()).then(|| select.into_any())
    }
}
