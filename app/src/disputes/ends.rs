//! How a dispute comes to its end: the advertiser's word, a silence, a provisional credit, an escalation, the appeal, the
//! rating; read once for the page of a case, for either side, and on its one time line.

use super::model::{Case, Decision, Message, Stage};
use crate::advertiser::model::Asked;
use crate::appeals::store::Appeal;
use crate::base::access::Who;
use crate::base::actor::Role;
use crate::base::context::Context;
use crate::base::db::{self, Tx};
use crate::base::error::AppError;
use crate::base::format;
use crate::base::forms::Draft;
use crate::base::ids::CaseId;
use crate::base::language::tr;
use crate::base::money::{Currency, Money};
use crate::clocks::model::Clock;
use crate::escalations::store::{Escalation, Which};
use crate::live::model::{Seen, Unseen};
use crate::notices::store::Told;
use crate::paths;
use crate::provisional::store::{Policy, Provisional};
use crate::ratings::store::Rating;
use crate::ui::Tone;
use crate::ui::layout::section;
use crate::ui::notice::notice;
use crate::ui::text;
use crate::ui::timeline::Step;
use crate::{advertiser, appeals, clocks, desk, escalations, notices, provisional, ratings};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// What both sides see.
#[derive(Clone, Debug)]
pub struct Ends {
    asked: Vec<Asked>,
    told: Vec<Told>,
    provisional: Option<Provisional>,
    appeal: Option<Appeal>,
    rating: Option<Rating>,
    decided_at: Option<DateTime<Utc>>,
    /// When the decision is promised: the deadline of the resolution clock.
    decision_by: Option<DateTime<Utc>>,
}

impl Ends {
    /// Whether somebody looks at the decision again.
    pub fn is_under_appeal(&self) -> bool {
        self.appeal_waits().is_some()
    }

    /// Reads it, as whoever's transaction this is.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn read(tx: &mut Tx, case: &Case, now: DateTime<Utc>) -> Result<Self, AppError> {
        let (partner, id) = (case.partner, case.id);
        let decision = super::store::decision(tx, partner, id).await?;
        // The clocks are the house's; what they promise is the partner's to know.
        let former = db::become_system(tx).await?;
        let clocks = clocks::store::of_case(tx, partner, id).await?;
        db::become_again(tx, former).await?;
        let decision_by = clocks
            .iter()
            .find(|clock| clock.clock == Clock::Resolution && clock.ended_at.is_none() && clock.started_at <= now)
            .and_then(|clock| clock.deadline);
        Ok(Self {
            asked: advertiser::store::asked(tx, partner, id).await?,
            told: notices::store::told(tx, partner, id).await?,
            provisional: provisional::store::of_case(tx, partner, id).await?,
            appeal: appeals::store::of_case(tx, partner, id).await?,
            rating: ratings::store::of_case(tx, partner, id).await?,
            decided_at: decision.map(|decision| decision.at),
            decision_by,
        })
    }

    fn appeal_waits(&self) -> Option<&Appeal> {
        self.appeal.as_ref().filter(|appeal| appeal.decision.is_none())
    }

    /// Whether the decision stays as it is: the appeal against it is decided, or the time for one is over. What is still open after
    /// that is another case.
    fn is_final(&self, now: DateTime<Utc>) -> bool {
        match (&self.appeal, self.decided_at) {
            (Some(appeal), _) => appeal.decision.is_some(),
            (None, Some(decided_at)) => now > appeals::store::until(decided_at),
            (None, None) => false,
        }
    }

    /// What a decision does to the provisional credit that runs, above the form.
    pub fn with_decision(&self, ctx: &Context) -> Option<AnyView> {
        let given = self.provisional.as_ref().filter(|given| given.ended.is_none())?;
        let amount = format::money(ctx.locale, given.money);
        Some(view! { <p>{tr!(ctx.locale, provisional.with_decision, amount = amount)}</p> }.into_any())
    }

    /// Everything that happened besides the stages, for the time line.
    pub fn steps(&self, ctx: &Context) -> Vec<(DateTime<Utc>, Step)> {
        let mut steps = advertiser::page::steps(ctx, &self.asked);
        steps.extend(notices::page::steps(ctx, &self.told));
        steps.extend(provisional::page::steps(ctx, self.provisional.as_ref()));
        steps.extend(appeals::page::steps(ctx, self.appeal.as_ref()));
        steps
    }

    /// What lies ahead, each with the date that is promised, after the next word: the partner's answer and what its lack
    /// leads to, the decision, the end of a provisional credit, the appeal.
    pub fn ahead(&self, ctx: &Context, case: &Case, messages: &[Message]) -> Vec<Step> {
        let locale = ctx.locale;
        let future = |title: String, at: DateTime<Utc>| Step {
            title,
            when: Some(text::time_exact(ctx, at)),
            future: true,
            tone: if at < ctx.now() { Tone::Bad } else { Tone::Waiting },
            ..Step::default()
        };
        let mut steps = Vec::new();
        match (case.stage, self.appeal_waits()) {
            (Stage::Closed, _) => return steps,
            (Stage::AnswerNeeded, _) => steps.extend(notices::page::ahead(ctx, messages, &self.told)),
            (_, Some(appeal)) => steps.push(future(tr!(locale, appeals.step_promised), appeal.promised_at)),
            (Stage::Received | Stage::InReview, None) if self.decided_at.is_none() => {
                steps.extend(self.decision_by.map(|at| future(tr!(locale, ends.step_decision), at)));
            }
            _ => {}
        }
        steps.extend(provisional::page::ahead(ctx, self.provisional.as_ref()));
        if let Some(decided_at) = self.decided_at.filter(|_| self.appeal.is_none()) {
            let until = appeals::store::until(decided_at);
            if until > ctx.now() {
                steps.push(future(tr!(locale, appeals.step_until), until));
            }
        }
        let last = self.appeal.as_ref().and_then(|appeal| appeal.decision.as_ref()).map(|decided| decided.at);
        let last = last.or(self.decided_at).map(|last| messages.last().map_or(last, |message| message.at.max(last)));
        if let Some(last) = last.filter(|_| case.stage == Stage::Decided) {
            steps.push(future(tr!(locale, notices.ahead_over), appeals::store::until(last)));
        }
        steps
    }

    /// What the partner's page says and asks besides the conversation.
    pub fn of_dispute(&self, ctx: &Context, case: &Case, decision: Option<&Decision>, draft: &Draft) -> AnyView {
        let resolved = matches!(case.stage, Stage::Decided | Stage::Closed);
        view! {
            {advertiser::page::of_case(ctx, &self.asked, false)}
            {self.provisional.as_ref().map(|given| provisional::page::standing(ctx, given))}
            {appeals::page::of_dispute(ctx, case.id, decision, self.appeal.as_ref(), draft)}
            {self.is_final(ctx.now()).then(|| {
                let link = text::link(format!("{}/new", paths::DISPUTES), tr!(ctx.locale, ends.final_link));
                view! { <p>{tr!(ctx.locale, ends.final_partner, number = case.id.0)}" "{link}</p> }
            })}
            {(resolved || self.rating.is_some()).then(|| ratings::page::of_dispute(ctx, case.id, self.rating.as_ref(), draft))}
        }
        .into_any()
    }
}

/// What staff see besides.
pub struct DeskEnds {
    /// What both sides see.
    pub ends: Ends,
    /// What was credited so far in cases about the same order, this one among them: by case.
    credited: Vec<(CaseId, Money)>,
    escalations: Vec<Escalation>,
    policy: Option<Policy>,
    currency: Currency,
    /// Who decided first, and whether anybody else is there; where an appeal waits.
    appeal: Option<bool>,
}

impl DeskEnds {
    /// Reads it.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn read(ctx: &Context, tx: &mut Tx, case: &Case) -> Result<Self, AppError> {
        let staff = ctx.staff()?;
        let policy = provisional::store::policy(tx, case.programme, staff.role, ctx.now()).await?;
        let partner = desk::store::partner(tx, case.partner, ctx.now()).await?;
        let waiting = appeals::store::waiting(tx, case.partner, case.id, staff.person).await?;
        Ok(Self {
            ends: Ends::read(tx, case, ctx.now()).await?,
            credited: desk::store::credited_so_far(tx, case.partner, case.id).await?,
            escalations: escalations::store::list(tx, Which::Of(case.id)).await?,
            policy,
            currency: partner.currency,
            appeal: waiting.map(|(first, others)| first != Some(staff.person) || !others),
        })
    }

    /// What the same order was credited so far, above every form that credits.
    pub fn credited(&self, ctx: &Context) -> Option<AnyView> {
        if self.credited.is_empty() {
            return None;
        }
        let each = self.credited.iter().map(|(case, money)| {
            let amount = format::money(ctx.locale, *money);
            view! { <li>{amount}" "{text::link(paths::case(*case), tr!(ctx.locale, ends.credited_in, number = case.0))}</li> }
        });
        Some(view! { <p>{tr!(ctx.locale, ends.credited)}</p><ul>{each.collect_view()}</ul> }.into_any())
    }

    /// Everything besides the conversation: what stands, and the forms of whoever may act. They say what the page shows of
    /// the case, and show what came while a refused one was written.
    pub fn show(
        &self,
        ctx: &Context,
        case: &Case,
        limit: Option<desk::model::Authority>,
        draft: &Draft,
        read: (Seen, &[Unseen]),
    ) -> AnyView {
        let may_act = Who::Desk.includes(&ctx.actor);
        let (ends, open) = (&self.ends, case.stage != Stage::Closed);
        let undecided = ends.decided_at.is_none();
        let give = self.policy.filter(|_| may_act && open && undecided && ends.provisional.is_none());
        let limit = limit.map(|authority| (authority, Money::new(authority.largest_credit, self.currency)));
        let reader = ctx.staff().ok();
        let rating = ends.rating.as_ref().filter(|rating| {
            reader.is_some_and(|staff| {
                matches!(staff.role, Role::Owner | Role::Auditor) || rating.staff == Some(staff.person)
            })
        });
        let escalations = (open || !self.escalations.is_empty())
            .then(|| escalations::page::of_case(ctx, case.id, may_act, open, &self.escalations, draft, read));
        view! {
            {advertiser::page::of_case(ctx, &ends.asked, true)}
            {ends.provisional.as_ref().map(|given| provisional::page::standing(ctx, given))}
            {self.credited(ctx)}
            {ends.is_final(ctx.now()).then(|| notice(Tone::Info, tr!(ctx.locale, ends.final_desk)))}
            {give.map(|limits| provisional::page::form(ctx, case.id, (limits, self.currency), draft, read))}
            {ends.appeal.as_ref().map(|appeal| appeals::page::standing(ctx, appeal))}
            {self.appeal.filter(|_| may_act).map(|may| appeals::page::form(ctx, (case.id, case.version), may, limit, draft, read))}
            {escalations}
            {rating.map(|rating| section(tr!(ctx.locale, ratings.desk_title), ratings::page::said(ctx, rating)))}
        }
        .into_any()
    }
}

/// What a form of this kind did, in words.
pub fn done(ctx: &Context, code: Option<&str>) -> Option<String> {
    let locale = ctx.locale;
    Some(match code? {
        "appealed" => tr!(locale, appeals.done),
        "appeal-decided" => tr!(locale, appeals.done_decided),
        "escalated" => tr!(locale, escalations.done),
        "sent-back" => tr!(locale, escalations.done_back),
        "provisional" => tr!(locale, provisional.done),
        "rated" => tr!(locale, ratings.done),
        _ => return None,
    })
}
