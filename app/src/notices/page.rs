//! Notices on the time line, and what a silence leads to.

use super::rules::{self, Notice};
use super::store::Told;
use crate::base::context::Context;
use crate::base::language::tr;
use crate::disputes::model::{Message, Side};
use crate::ui::Tone;
use crate::ui::text;
use crate::ui::timeline::Step;
use chrono::{DateTime, Utc};

/// What was told, for the time line. That a case was closed stands there already.
pub fn steps(ctx: &Context, told: &[Told]) -> Vec<(DateTime<Utc>, Step)> {
    let locale = ctx.locale;
    told.iter()
        .filter_map(|told| {
            let title = match told.notice {
                Notice::Reminder => tr!(locale, notices.step_reminder),
                Notice::LastReminder => tr!(locale, notices.step_last_reminder),
                Notice::Closed => tr!(locale, notices.step_closed),
                Notice::SilenceDecided => tr!(locale, notices.step_silence),
                // That somebody else has the case stands there with their name.
                Notice::Rate | Notice::GivenAway => return None,
            };
            let when = Some(text::time_exact(ctx, told.at));
            Some((told.at, Step { title, when, tone: Tone::Waiting, ..Step::default() }))
        })
        .collect()
}

/// What lies ahead while the partner's answer is awaited.
pub fn ahead(ctx: &Context, messages: &[Message], told: &[Told]) -> Vec<Step> {
    let Some(question) = messages.last().filter(|last| last.side == Side::Staff) else { return Vec::new() };
    let of_question: Vec<_> =
        told.iter().filter(|told| told.asked == question.id).map(|told| (told.notice, told.at)).collect();
    rules::ahead(question.at, &of_question)
        .into_iter()
        .map(|(notice, due)| Step {
            title: match notice {
                Notice::Closed => tr!(ctx.locale, notices.ahead_closed),
                _ => tr!(ctx.locale, notices.ahead_reminder),
            },
            when: Some(text::time_exact(ctx, due)),
            future: true,
            tone: Tone::Waiting,
            ..Step::default()
        })
        .collect()
}
