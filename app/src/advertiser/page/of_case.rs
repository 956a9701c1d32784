//! The advertiser's part on the pages of a dispute.

use super::shown_end;
use crate::advertiser::model::{Asked, Verdict};
use crate::base::context::Context;
use crate::base::format;
use crate::base::language::tr;
use crate::disputes::words::moment;
use crate::paths;
use crate::ui::Tone;
use crate::ui::layout::section;
use crate::ui::text;
use crate::ui::timeline::Step;
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// What a dispute's page says of it: who is awaited since when, or what was answered and what follows. For staff with the
/// way to the enquiry.
pub fn of_case(ctx: &Context, asked: &[Asked], staff: bool) -> Option<AnyView> {
    let locale = ctx.locale;
    let last = asked.last()?;
    let offer = last.offer.clone();
    let words = match &last.answered {
        None => {
            let when = moment(ctx, shown_end(last.next_update_at));
            match last.next_update_at < ctx.now() {
                true => tr!(locale, advertiser.case_late, offer = offer, when = when),
                false if staff => tr!(locale, advertiser.case_awaited_staff, offer = offer, when = when),
                false => tr!(locale, advertiser.case_awaited, offer = offer, when = when),
            }
        }
        Some((Verdict::Valid, confirmed, _)) => {
            let amount = confirmed.map(|amount| format::money(locale, amount)).unwrap_or_default();
            tr!(locale, advertiser.case_valid, offer = offer, amount = amount)
        }
        Some((Verdict::Declined, ..)) => tr!(locale, advertiser.case_declined, offer = offer),
    };
    let meanwhile = last.last.as_ref().filter(|_| last.answered.is_none()).map(|(words, by, at)| {
        view! { {text::prose(words.clone())}<p class="small">{by.clone()}", "{text::time_exact(ctx, *at)}</p> }
    });
    let next = staff.then(|| {
        let follow = match last.answered {
            Some((Verdict::Valid, ..)) => Some(tr!(locale, advertiser.case_credit)),
            Some((Verdict::Declined, ..)) => Some(tr!(locale, advertiser.case_tell)),
            None => None,
        };
        let to = tr!(locale, advertiser.to_enquiry, number = last.enquiry.0);
        view! { {follow.map(|follow| view! { <p>{follow}</p> })}<p>{text::link(paths::enquiry(last.enquiry), to)}</p> }
    });
    Some(section(tr!(locale, advertiser.case_title), view! { <p>{words}</p>{meanwhile}{next} }.into_any()))
}

/// The same on the time line.
pub fn steps(ctx: &Context, asked: &[Asked]) -> Vec<(DateTime<Utc>, Step)> {
    let locale = ctx.locale;
    let mut steps = Vec::new();
    for asked in asked {
        let title = tr!(locale, advertiser.step_asked, offer = asked.offer.clone());
        let when = Some(text::time_exact(ctx, asked.at));
        let step = Step { title, when, who: Some(asked.by.clone()), tone: Tone::Waiting, ..Step::default() };
        steps.push((asked.at, step));
        steps.extend(asked.again.iter().map(|(by, at)| {
            let title = tr!(locale, advertiser.step_again, offer = asked.offer.clone());
            let when = Some(text::time_exact(ctx, *at));
            (*at, Step { title, when, who: Some(by.clone()), tone: Tone::Waiting, ..Step::default() })
        }));
        let Some((verdict, _, at)) = asked.answered else { continue };
        let (title, tone) = match verdict {
            Verdict::Valid => (tr!(locale, advertiser.step_valid), Tone::Good),
            Verdict::Declined => (tr!(locale, advertiser.step_declined), Tone::Bad),
        };
        let who = Some(asked.offer.clone());
        steps.push((at, Step { title, when: Some(text::time_exact(ctx, at)), who, tone, ..Step::default() }));
    }
    steps
}
