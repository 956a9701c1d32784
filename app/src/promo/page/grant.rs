//! `/promotions/{grant}`: who should get what and why, what it costs at most, what is left for it, and the decision.

use super::reader;
use crate::approvals::store::sole_owner;
use crate::base::actor::{Role, Staff};
use crate::base::context::Context;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms::{self, Draft};
use crate::base::ids::PromoGrantId;
use crate::base::language::tr;
use crate::base::money::Money;
use crate::paths;
use crate::promo::model::{Decision, End, Goal, Grant, Progress, Purse};
use crate::promo::rules::{self, Standing};
use crate::promo::{store, words};
use crate::ui::Tone;
use crate::ui::badge::badge;
use crate::ui::field::{Choice, Hidden, Submit, TextArea};
use crate::ui::form::Form;
use crate::ui::layout::{facts, page_head, section};
use crate::ui::notice::{done, notice};
use crate::ui::screen::{Query, screen};
use crate::ui::text;
use crate::ui::timeline::{Step, timeline};
use leptos::prelude::*;

/// The page.
#[component]
pub fn GrantPage() -> impl IntoView {
    screen(|ctx, query| async move { load(&ctx, &query).await })
}

/// What stands beside a grant.
struct Beside {
    progress: Progress,
    before: Progress,
    own: Purse,
    programme: Purse,
    alone: bool,
}

async fn load(ctx: &Context, query: &Query) -> Result<(String, AnyView), AppError> {
    reader(ctx)?;
    let locale = ctx.locale;
    let staff = ctx.staff()?;
    let id: PromoGrantId = query.id("grant")?;
    let draft = forms::recall(ctx, query.get("form")).await?;
    let mut tx = ctx.begin().await?;
    let grant = store::find(&mut tx, id).await?;
    let (package, currency) = (&grant.package, grant.package.bonus.currency);
    let beside = Beside {
        progress: store::progress(&mut tx, grant.partner, package).await?,
        before: store::progress(&mut tx, grant.partner, &rules::as_long_before(package)).await?,
        own: store::purse(&mut tx, grant.programme, Some(package.id), currency).await?,
        programme: store::purse(&mut tx, grant.programme, None, currency).await?,
        alone: sole_owner(&mut tx, staff.person).await?,
    };
    drop(tx);
    let standing = rules::standing(&grant, ctx.now());
    let title = tr!(locale, promo.grant_title, package = package.name.clone(), partner = grant.partner_name.clone());
    let said = match query.get("done") {
        Some("approved") => Some(tr!(locale, promo.done_approved)),
        Some("rejected") => Some(tr!(locale, promo.done_rejected)),
        _ => None,
    };
    let lead = view! { <p>{words::standing(locale, standing)}" "{words::line(locale, package)}</p> };
    let form = (standing == Standing::Waiting && staff.role == Role::Owner)
        .then(|| section(tr!(locale, promo.decide_title), decide(ctx, staff, &grant, &beside, &draft)));
    let body = view! {
        {page_head(title.clone(), Some(lead.into_any()))}
        {done(ctx, said)}
        {draft.error("").map(|message| notice(Tone::Bad, message))}
        {section(tr!(locale, promo.asked_title), asked(ctx, &grant))}
        {section(tr!(locale, promo.figures_title), figures(ctx, &grant, &beside))}
        {form}
        {section(tr!(locale, promo.steps_title), timeline(steps(ctx, &grant)))}
    };
    Ok((title, body.into_any()))
}

fn asked(ctx: &Context, grant: &Grant) -> AnyView {
    let locale = ctx.locale;
    let mut lines = vec![
        (tr!(locale, promo.column_partner), grant.partner_name.clone().into_any()),
        (tr!(locale, promo.column_asks), grant.proposer.1.clone().into_any()),
        (tr!(locale, promo.reason), text::prose(grant.reason.clone())),
    ];
    if let Some(case) = grant.case {
        let link = text::link(paths::case(case), tr!(locale, approvals.the_case, case = case));
        lines.push((tr!(locale, promo.case), link));
    }
    if let Some(decision) = &grant.decision {
        lines.push((tr!(locale, promo.column_by), decided_by(ctx, decision)));
        lines.push((tr!(locale, approvals.reason_partner), text::prose(decision.reason_partner.clone())));
        if !decision.reason_house.is_empty() {
            lines.push((tr!(locale, approvals.reason_house), text::prose(decision.reason_house.clone())));
        }
    }
    facts(lines)
}

fn decided_by(ctx: &Context, decision: &Decision) -> AnyView {
    let locale = ctx.locale;
    let name = decision.by.1.clone();
    let name = if decision.by_policy { tr!(locale, approvals.within_authority_of, name = name) } else { name };
    let sole = decision.sole_control.then(|| badge(Tone::Waiting, tr!(locale, approvals.sole_control)));
    view! { {name}" "{sole} }.into_any()
}

fn figures(ctx: &Context, grant: &Grant, beside: &Beside) -> AnyView {
    let (locale, package) = (ctx.locale, &grant.package);
    let open = grant.decision.is_none();
    let mut lines = vec![(tr!(locale, promo.column_most), text::amount(ctx, package.bonus))];
    if package.goal != Goal::Once {
        // What ended stays as it was then.
        let progress = match grant.end {
            Some((_, _, counted)) => Progress { counted, waits: rust_decimal::Decimal::ZERO },
            None => beside.progress,
        };
        let far = view! { {words::so_far(locale, package, progress)}<br/>{words::bar(locale, package, progress)} };
        lines.push((tr!(locale, promo.far), far.into_any()));
        let before = words::amount(locale, package.goal, beside.before.counted, package.bonus.currency);
        lines.push((tr!(locale, promo.before), before.into_any()));
        lines.push((tr!(locale, promo.settled), words::settled(locale, package).into_any()));
    }
    let left = |purse: &Purse| {
        let money = |amount| format::money(locale, Money::new(amount, purse.currency));
        let after = purse.left() - package.bonus.amount;
        match open {
            true if after.is_sign_negative() => {
                let words = tr!(locale, promo.left_short, left = money(purse.left()));
                view! { {words}" "{badge(Tone::Bad, tr!(locale, promo.short))} }.into_any()
            }
            true => tr!(locale, promo.left_after, left = money(purse.left()), after = money(after)).into_any(),
            false => money(purse.left()).into_any(),
        }
    };
    lines.push((tr!(locale, promo.left_package), left(&beside.own)));
    lines.push((tr!(locale, promo.left_programme), left(&beside.programme)));
    facts(lines)
}

fn decide(ctx: &Context, staff: &Staff, grant: &Grant, beside: &Beside, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let own = grant.proposer.0 == staff.person;
    if own && !beside.alone {
        return view! { <p>{tr!(locale, promo.error_own)}</p> }.into_any();
    }
    let sole = own.then(|| notice(Tone::Waiting, tr!(locale, approvals.sole_control_notice)));
    let typed = if draft.value("form_name") == "decide-promo" { draft.clone() } else { Draft::default() };
    let options = vec![
        ("approved".to_owned(), tr!(locale, promo.approve, bonus = format::money(locale, grant.package.bonus))),
        ("rejected".to_owned(), tr!(locale, promo.reject)),
    ];
    let (id, whom) = (grant.id.to_string(), grant.partner_name.clone());
    view! {
        {sole}
        <Form action="/do/decide-promo" draft=&typed>
            <Hidden name="grant" value=id/>
            <Choice
                name="verdict" label=tr!(locale, promo.decide_question) options=options selected=typed.value("verdict")
                error=typed.error("verdict") required=true
            />
            <TextArea
                name="reason_partner" label=tr!(locale, approvals.reason_partner)
                hint=Some(tr!(locale, promo.reason_partner_hint, whom = whom))
                value=typed.value("reason_partner") error=typed.error("reason_partner") rows=2 required=true maxlength=4_000
            />
            <TextArea
                name="reason_house" label=tr!(locale, approvals.reason_house) value=typed.value("reason_house")
                error=typed.error("reason_house") rows=2 maxlength=4_000
            />
            <Submit text=tr!(locale, promo.decide_button)/>
        </Form>
    }
    .into_any()
}

/// What happened, and what is to come.
fn steps(ctx: &Context, grant: &Grant) -> Vec<Step> {
    let (locale, package) = (ctx.locale, &grant.package);
    let bonus = || format::money(locale, package.bonus);
    let step = |title: String, when: AnyView, who: Option<String>, tone: Tone, future: bool| Step {
        title,
        when: Some(when),
        who,
        tone,
        future,
        ..Step::default()
    };
    let asked = text::time_exact(ctx, grant.proposed_at);
    let mut steps =
        vec![step(tr!(locale, promo.step_proposed), asked, Some(grant.proposer.1.clone()), Tone::Neutral, false)];
    let Some(decision) = &grant.decision else { return steps };
    let (title, tone) = match decision.approved {
        true => (tr!(locale, promo.step_granted, bonus = bonus()), Tone::Info),
        false => (tr!(locale, promo.rejected), Tone::Bad),
    };
    steps.push(step(title, text::time_exact(ctx, decision.at), Some(decision.by.1.clone()), tone, false));
    match grant.end {
        Some((End::Reached, at, _)) => {
            let title = tr!(locale, promo.step_spent, bonus = bonus());
            steps.push(step(title, text::time_exact(ctx, at), None, Tone::Good, false));
        }
        Some((End::Over, at, _)) => {
            let title = tr!(locale, promo.step_given_back, bonus = bonus());
            steps.push(step(title, text::time_exact(ctx, at), None, Tone::Neutral, false));
        }
        None if decision.approved => {
            let title = tr!(locale, promo.step_ahead, bonus = bonus());
            // It ends at midnight: the last day is the one before.
            let last = text::time(ctx, package.counts_until - chrono::TimeDelta::microseconds(1));
            steps.push(step(title, last, None, Tone::Waiting, true));
        }
        None => {}
    }
    steps
}
