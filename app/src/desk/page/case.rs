//! A case in three columns: queue, conversation, facts.

use super::queue::{Asked, beside};
use super::{act, facts, recalculate, talk};
use crate::base::access::Who;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::forms::{self, Draft};
use crate::base::ids::{CaseId, OfferId};
use crate::base::language::tr;
use crate::channels::page as channels;
use crate::clocks::page as clocks;
use crate::desk::model::{Authority, Former, Note, Partner, Replay, TermLine, Waiting};
use crate::desk::rules;
use crate::desk::store::{self, HouseSide};
use crate::disputes::ends::{self, DeskEnds};
use crate::disputes::model::{About, Case, Decision, Event, Facts, Message, PayoutStep, Pin};
use crate::disputes::store as cases;
use crate::disputes::words;
use crate::given_away::page as given_away;
use crate::help::page::Beside;
use crate::inbox::files::{self, Files};
use crate::inbox::store::{self as mail, Unreachable};
use crate::live::model::{Present, Seen, Unseen};
use crate::live::{page as live, store as live_store};
use crate::macros::page::Composer;
use crate::mentions::page::Colleagues;
use crate::payout_methods::page as methods;
use crate::promo::page as promo;
use crate::search::page as search;
use crate::similar;
use crate::tax::page as tax;
use crate::terms::model::{Field, Version};
use crate::terms::store as terms;
use crate::ui::case::case as three_columns;
use crate::ui::layout::page_head;
use crate::ui::notice;
use crate::ui::screen::{Query, screen};
use crate::work::page as work;
use leptos::prelude::*;

/// Everything a case's page shows.
pub(super) struct Sheet {
    pub case: Case,
    pub messages: Vec<Message>,
    pub files: Files,
    /// Members to whom mail comes back.
    pub unreachable: Vec<Unreachable>,
    pub spoken: channels::Desk,
    pub given_away: given_away::Desk,
    pub notes: Vec<Note>,
    pub events: Vec<Event>,
    /// What became of the payouts it pins.
    pub paid: Vec<PayoutStep>,
    pub pins: Vec<(Pin, Option<Facts>)>,
    pub decision: Option<(Decision, HouseSide)>,
    pub unanswered: Option<i64>,
    pub assignee: Option<String>,
    pub partner: Partner,
    pub method: methods::Desk,
    pub tax: tax::Desk,
    pub former: Vec<Former>,
    pub minimum: Option<Version>,
    pub rate: Option<Version>,
    pub schedule: Option<Version>,
    pub minimum_history: Vec<TermLine>,
    pub rate_history: Vec<TermLine>,
    pub offers: Vec<(OfferId, String)>,
    pub authority: Option<Authority>,
    pub promo: promo::Desk,
    pub replay: Option<Replay>,
    pub clocks: clocks::Clocks,
    pub ends: DeskEnds,
    /// With whom it could be, and what it was joined with.
    pub work: work::Desk,
    /// Whether the reader may act, or only read.
    pub may_act: bool,
    pub draft: Draft,
    pub macros: Composer,
    pub help: Beside,
    pub mentions: Colleagues,
    /// Decided cases like it.
    pub similar: Vec<similar::store::Solved>,
    /// How far the page shows it, and what came while a refused form was written.
    pub seen: Seen,
    pub unseen: Vec<Unseen>,
    /// Who has it open.
    pub present: Vec<Present>,
}

impl Sheet {
    /// The draft, where it is of this form; an untouched one otherwise.
    pub fn draft_of(&self, form: &str) -> Draft {
        if self.draft.value("form_name") == form { self.draft.clone() } else { Draft::default() }
    }

    /// The id of a form: a refused one is where the browser is sent back to.
    pub fn id_of(&self, form: &str) -> String {
        if self.draft_of(form).is_refused() { "form".to_owned() } else { format!("form-{form}") }
    }
}

/// `/desk/{case}`
#[component]
pub fn DeskCase() -> impl IntoView {
    screen(|ctx, query| async move {
        let id: CaseId = query.id("case")?;
        let asked = Asked::of(&query);
        let mut tx = ctx.begin().await?;
        let sheet = read(&ctx, &mut tx, &query, id).await?;
        let waiting = asked.page(&ctx, &mut tx).await?.lines;
        let title = tr!(ctx.locale, desk.case_title, number = id.0, kind = words::kind(ctx.locale, sheet.case.kind));
        Ok((title.clone(), show(&ctx, &query, &asked, &waiting, &sheet, title)))
    })
}

async fn read(ctx: &Context, tx: &mut Tx, query: &Query, id: CaseId) -> Result<Sheet, AppError> {
    let now = ctx.now();
    let staff = ctx.staff()?;
    let partner = store::partner_of(tx, id).await?;
    // Before everything that it marks: a page may show more than it says, never less.
    let seen = live_store::seen(tx, partner, id).await?;
    let draft = forms::recall(ctx, query.get("form")).await?;
    let case = cases::find(tx, partner, id).await?;
    let decision = match (cases::decision(tx, partner, id).await?, store::house_side(tx, partner, id).await?) {
        (Some(decision), Some(house)) => Some((decision, house)),
        _ => None,
    };
    let mut pins = Vec::new();
    for pin in cases::pins(tx, partner, id).await? {
        let today = today(ctx, tx, &case, &pin).await?;
        pins.push((pin, today));
    }
    let pinned_conversion = pins.iter().find_map(|(pin, _)| match pin.about {
        About::Conversion(conversion) => Some(conversion),
        _ => None,
    });
    let replay = match pinned_conversion.filter(|_| query.get("recalculate").is_some()) {
        Some(conversion) => {
            let (rate, order_amount, currency) = store::commission(tx, partner, conversion).await?;
            let taken_back = store::taken_back(tx, partner, conversion).await?;
            let booked = store::booked(tx, partner, conversion).await?;
            Some(rules::replay(rate, order_amount, currency, &taken_back, &booked))
        }
        None => None,
    };
    let in_force = terms::in_force(tx, case.programme, None, partner, now).await?;
    let work = work::Desk::read(ctx, tx, query, &case).await?;
    let may_act = Who::Desk.includes(&ctx.actor) && !work.is_merged();
    let of = |field| in_force.iter().find(|version| version.field == field).cloned();
    Ok(Sheet {
        messages: cases::messages(tx, partner, id).await?,
        files: files::of_case(tx, partner, id).await?,
        unreachable: mail::unreachable(tx, partner).await?,
        spoken: channels::Desk::read(tx, partner, id).await?,
        given_away: given_away::Desk::read(tx, partner, id).await?,
        notes: store::notes(tx, partner, id).await?,
        events: cases::events(tx, partner, id).await?,
        paid: cases::payout_steps(tx, partner, id).await?,
        unanswered: store::unanswered(tx, partner, id).await?,
        assignee: store::assignee(tx, partner, id).await?,
        partner: store::partner(tx, partner, now).await?,
        method: methods::Desk::read(ctx, tx, partner).await?,
        tax: tax::Desk::read(ctx, tx, partner).await?,
        former: store::former(tx, partner, id).await?,
        minimum: of(Field::Minimum),
        rate: of(Field::Rate),
        schedule: of(Field::Schedule),
        minimum_history: store::term_history(tx, partner, Field::Minimum).await?,
        rate_history: store::term_history(tx, partner, Field::Rate).await?,
        offers: cases::offers(tx, case.programme).await?,
        clocks: clocks::read(ctx, tx, partner, id, now).await?,
        ends: DeskEnds::read(ctx, tx, &case).await?,
        promo: promo::Desk::read(tx, partner, now).await?,
        authority: store::authority(tx, case.programme, staff.person, now).await?,
        macros: Composer::read(ctx, tx, partner, id, &draft).await?,
        help: Beside::read(ctx, tx, case.kind, &case.subject).await?,
        mentions: Colleagues::read(tx).await?,
        similar: similar::store::like(tx, partner, id, similar::page::MOST).await?,
        may_act,
        work,
        unseen: match live::seen_of(&draft) {
            Some(then) => live_store::unseen(tx, partner, id, &then).await?,
            None => Vec::new(),
        },
        present: live_store::present(tx, &[id]).await?.remove(&id).unwrap_or_default(),
        draft,
        seen,
        case,
        pins,
        decision,
        replay,
    })
}

/// A pinned thing as it is now; of a claim, the conversion that has its order number by now.
async fn today(ctx: &Context, tx: &mut Tx, case: &Case, pin: &Pin) -> Result<Option<Facts>, AppError> {
    Ok(match pin.about {
        About::Conversion(id) => Some(Facts::Conversion(cases::conversion_facts(tx, case.partner, id).await?)),
        About::Terms(id) => {
            Some(Facts::Terms(cases::terms_now(tx, case.programme, case.partner, id, ctx.now()).await?))
        }
        About::Payout(id) => Some(Facts::Payout(cases::payout_facts(tx, case.partner, id).await?)),
        About::Claim(id) => match cases::claim_order(tx, case.partner, id).await? {
            Some(conversion) => Some(Facts::Conversion(cases::conversion_facts(tx, case.partner, conversion).await?)),
            None => None,
        },
    })
}

fn show(ctx: &Context, query: &Query, asked: &Asked, waiting: &[Waiting], sheet: &Sheet, title: String) -> AnyView {
    let done = done(ctx, query.get("done"));
    let head = page_head(title, Some(live::region("lead", talk::lead(ctx, sheet))));
    let talk = view! {
        {notice::done(ctx, done)}
        {act::refused_above(ctx, sheet)}
        {sheet.work.head(ctx, &sheet.draft)}
        {given_away::told(ctx, &sheet.given_away)}
        {live::region("decision", talk::decision(ctx, sheet).into_any())}
        {talk::conversation(ctx, sheet)}
        {act::forms(ctx, sheet)}
        {sheet.ends.show(ctx, &sheet.case, sheet.authority, &sheet.draft, (sheet.seen, &sheet.unseen))}
        {sheet.work.forms(ctx, &sheet.draft)}
        {live::region("steps", talk::time_line(ctx, sheet))}
    };
    let facts = view! {
        {clocks::clocks(ctx, &sheet.clocks)}
        {facts::partner(ctx, sheet)}
        {methods::reveal(ctx, sheet.case.id, &sheet.method, sheet.draft_of("reveal-payout-method"))}
        {tax::reveal(ctx, sheet.case.id, &sheet.tax, sheet.draft_of("reveal-tax-number"))}
        {facts::pins(ctx, sheet)}
        {recalculate::section(ctx, query, sheet)}
        {facts::terms(ctx, sheet)}
        {facts::promotions(ctx, sheet)}
        {similar::page::solved(ctx, &sheet.similar)}
        {facts::former(ctx, sheet)}
    };
    view! {
        {head}
        {search::bar(ctx, "")}
        {three_columns(live::region("beside", beside(ctx, asked, waiting, sheet.case.id)), talk.into_any(), facts.into_any())}
    }
    .into_any()
}

fn done(ctx: &Context, code: Option<&str>) -> Option<String> {
    let locale = ctx.locale;
    Some(match code? {
        "taken" => tr!(locale, desk.done_taken),
        "sent" => tr!(locale, desk.done_sent),
        "logged" => tr!(locale, channels.done_logged),
        "noted" => tr!(locale, desk.done_noted),
        "marked" => tr!(locale, desk.done_marked),
        "decided" => tr!(locale, desk.done_decided),
        "closed" => tr!(locale, desk.done_closed),
        "review" => tr!(locale, desk.done_review),
        "review-ended" => tr!(locale, desk.done_review_ended),
        "proposed" => tr!(locale, desk.done_proposed),
        "promo_granted" => tr!(locale, promo.done_granted),
        "promo_proposed" => tr!(locale, promo.done_proposed),
        "minimum_lowered" => tr!(locale, desk.done_minimum_lowered),
        "minimum_proposed" => tr!(locale, desk.done_minimum_proposed),
        code => return ends::done(ctx, Some(code)),
    })
}
