//! What the digest says, in a language alone: the page and the mail say the same.

use super::model::{AtRisk, Digest, Escalated, Proposed, Rated, Theme, Trend, Waits, Week};
use super::rules;
use crate::base::format;
use crate::base::language::{Locale, tr};
use crate::disputes::words as cases;
use crate::paths;
use crate::rota::model::Coverage;
use crate::rota::spans::Span;
use crate::terms::plain;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

/// What an owner need not see, in percent: nine in ten.
const GOAL: i64 = 90;
/// Gaps of the rota that are listed; the rest is counted.
pub const GAPS: usize = 10;

/// What waits for an owner, as a sentence.
pub fn lead(locale: Locale, digest: &Digest) -> String {
    match waiting(locale, digest) {
        Some(what) => tr!(locale, digest.lead, what = what),
        None => tr!(locale, digest.lead_none),
    }
}

/// `2 decisions and 1 escalation`; `None` where nothing waits.
pub fn waiting(locale: Locale, digest: &Digest) -> Option<String> {
    let decisions = match digest.waiting.1 {
        0 => None,
        1 => Some(tr!(locale, digest.decision_one)),
        count => Some(tr!(locale, digest.decision_some, count = format::count(locale, count))),
    };
    let escalations = match digest.escalated.1 {
        0 => None,
        1 => Some(tr!(locale, digest.escalation_one)),
        count => Some(tr!(locale, digest.escalation_some, count = format::count(locale, count))),
    };
    match (decisions, escalations) {
        (Some(one), Some(other)) => Some(tr!(locale, digest.both, one = one, other = other)),
        (one, other) => one.or(other),
    }
}

/// `16 November 2026 to 22 November 2026`.
pub fn days(locale: Locale, week: &Week) -> String {
    tr!(locale, digest.days, from = format::day(locale, week.monday), to = format::day(locale, week.sunday()))
}

/// A proposal in a line: `Rate for Garden: 8% → 10%`.
pub fn proposal(locale: Locale, waits: &Waits) -> String {
    let partner = waits.partner.clone().unwrap_or_else(|| tr!(locale, approvals.all_partners));
    let whom = match &waits.offer {
        Some(offer) => tr!(locale, approvals.on_offer, partner = partner, offer = offer.clone()),
        None => partner,
    };
    let field = plain::field(locale, waits.field);
    let value = |(kind, value): &(String, Decimal)| plain::value(locale, kind, *value, waits.currency);
    match &waits.change {
        Some((Some(was), now)) => {
            tr!(locale, approvals.title, field = field, whom = whom, was = value(was), now = value(now))
        }
        Some((None, now)) => tr!(locale, approvals.title_first, field = field, whom = whom, now = value(now)),
        None => tr!(locale, digest.with_steps, field = field, whom = whom),
    }
}

/// An escalated case in a line: `Wrong amount, Garden`.
pub fn escalation(locale: Locale, escalated: &Escalated) -> String {
    format!("{}, {}", cases::kind(locale, escalated.kind), escalated.partner)
}

/// `for 3 days, asked by Tomás Gil`.
pub fn since(locale: Locale, by: &str, since: DateTime<Utc>, at: DateTime<Utc>) -> String {
    tr!(locale, digest.since, span = cases::span(locale, at - since), name = by.to_owned())
}

/// What is in dispute, a currency at a time.
pub fn in_dispute(locale: Locale, digest: &Digest) -> String {
    let all: Vec<_> = digest.in_dispute.iter().map(|money| format::money(locale, *money)).collect();
    if all.is_empty() { tr!(locale, digest.nothing) } else { all.join(" · ") }
}

/// What is overdue, and what ran out in the week.
pub fn overdue(locale: Locale, digest: &Digest) -> String {
    tr!(
        locale,
        digest.overdue_words,
        count = format::count(locale, digest.overdue),
        broken = format::count(locale, digest.broken)
    )
}

/// What was solved without owners.
pub fn share(locale: Locale, digest: &Digest) -> String {
    match rules::share(digest.resolved) {
        Some(share) => tr!(
            locale,
            digest.share_words,
            share = format::percent(locale, share),
            count = format::count(locale, digest.resolved.0),
            goal = format::percent(locale, Decimal::from(GOAL))
        ),
        None => tr!(locale, digest.share_none),
    }
}

/// How much of the desk's hours was covered.
pub fn coverage(locale: Locale, coverage: &Coverage) -> String {
    if coverage.meant == 0 {
        tr!(locale, digest.coverage_unknown)
    } else if coverage.uncovered == 0 {
        tr!(locale, rota.coverage_whole)
    } else {
        tr!(
            locale,
            rota.coverage_gaps,
            uncovered = format::count(locale, coverage.uncovered),
            meant = format::count(locale, coverage.meant),
            gaps = coverage.gaps.len()
        )
    }
}

/// A gap: `16 November 2026, 09:00–11:30`.
pub fn gap(locale: Locale, zone: Tz, gap: &Span) -> String {
    let (from, to) = (gap.from.with_timezone(&zone), gap.to.with_timezone(&zone));
    let clock = |at: DateTime<Tz>| at.format("%H:%M").to_string();
    let first = format!("{}, {}", format::day(locale, from.date_naive()), clock(from));
    if from.date_naive() == to.date_naive() {
        return format!("{first}–{}", clock(to));
    }
    format!("{first} – {}, {}", format::day(locale, to.date_naive()), clock(to))
}

/// How cases were rated, and how in the week before.
pub fn rating(locale: Locale, digest: &Digest) -> String {
    let of = |rated: &Rated| format::number(locale, rated.mean.normalize());
    let Some(rated) = &digest.rated else { return tr!(locale, digest.rating_none) };
    let words = tr!(
        locale,
        digest.rating_words,
        mean = of(rated),
        count = format::count(locale, rated.count),
        low = format::count(locale, rated.low)
    );
    match &digest.rated_before {
        Some(before) => format!("{words} {}", tr!(locale, digest.rating_before, mean = of(before))),
        None => words,
    }
}

/// What was said of us elsewhere.
pub fn public(locale: Locale, (now, before): (i64, i64)) -> String {
    tr!(locale, digest.public_words, now = format::count(locale, now), before = format::count(locale, before))
}

/// A theme: `Wrong amount, Plants`.
pub fn theme(locale: Locale, theme: &Theme) -> String {
    match &theme.offer {
        Some(offer) => format!("{}, {offer}", cases::kind(locale, theme.kind)),
        None => cases::kind(locale, theme.kind),
    }
}

/// Why its cases were decided so: `booking error 3, goodwill 1`; empty where none is decided.
pub fn reasons(locale: Locale, theme: &Theme) -> String {
    let each =
        |(reason, count): &(_, i64)| format!("{} {}", cases::reason(locale, *reason), format::count(locale, *count));
    theme.reasons.iter().map(each).collect::<Vec<_>>().join(", ")
}

/// Where it is going, in a word.
pub fn trend(locale: Locale, theme: &Theme) -> String {
    match rules::trend(theme.now, theme.before) {
        Trend::Up => tr!(locale, digest.trend_up),
        Trend::Same => tr!(locale, digest.trend_same),
        Trend::Down => tr!(locale, digest.trend_down),
    }
}

/// Why a partner may leave, a sentence each, with where to look; nothing of what was written to or by them.
pub fn risks(locale: Locale, risk: &AtRisk, at: DateTime<Utc>) -> Vec<(String, Option<String>)> {
    let fell = risk.fell.map(|(late, usual)| {
        let (late, usual) = (format::money(locale, late), format::money(locale, usual));
        (tr!(locale, digest.risk_fell, late = late, usual = usual), None)
    });
    let unanswered = risk.unanswered.map(|(case, since)| {
        let span = cases::span(locale, at - since);
        (tr!(locale, digest.risk_unanswered, span = span), Some(paths::case(case)))
    });
    let failed = risk.payout_failed.is_some().then(|| (tr!(locale, digest.risk_failed), None));
    [fell, unanswered, failed].into_iter().flatten().collect()
}

/// What is proposed for them, and where that is.
pub fn proposed(locale: Locale, proposed: &Proposed) -> (String, Option<String>) {
    match proposed {
        Proposed::Terms(id) => (tr!(locale, digest.proposed_terms), Some(paths::proposal(*id))),
        Proposed::Escalation(case) => (tr!(locale, digest.proposed_escalation), Some(paths::case(*case))),
        Proposed::Asked(id) => (tr!(locale, digest.proposed_asked), Some(paths::terms_request(*id))),
        Proposed::Nothing => (tr!(locale, digest.proposed_nothing), None),
    }
}
