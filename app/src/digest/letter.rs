//! The digest as a mail: what waits first, each with its link; of partners no more than name and code.

use super::model::Digest;
use super::words;
use crate::base::format;
use crate::base::language::{Locale, tr};
use crate::mail::home::MailHome;
use crate::mail::letter::Part;
use crate::paths;

/// Subject and parts.
pub fn write(home: &MailHome, locale: Locale, digest: &Digest) -> (String, Vec<Part>) {
    let at = digest.week.seen.to;
    let link = |words: String, path: &str| Part::Link(words, home.link(path));
    let title = |text: String| Part::Title(text);
    let days = words::days(locale, &digest.week);
    let subject = match words::waiting(locale, digest) {
        Some(what) => tr!(locale, digest.mail_subject, what = what, days = days.clone()),
        None => tr!(locale, digest.mail_subject_none, days = days.clone()),
    };
    let mut parts = vec![
        Part::Prose(format!("{} {}", words::lead(locale, digest), tr!(locale, digest.mail_as_of, days = days))),
        link(tr!(locale, digest.mail_link), &paths::digest(digest.week.monday)),
    ];
    let more = |listed: usize, in_all: i64| {
        let rest = in_all - i64::try_from(listed).unwrap_or(in_all);
        (rest > 0).then(|| Part::Prose(tr!(locale, digest.more, count = format::count(locale, rest))))
    };
    if !digest.waiting.0.is_empty() {
        parts.push(title(tr!(locale, digest.decisions_title)));
        parts.extend(digest.waiting.0.iter().map(|one| {
            let line = format!("{}, {}", words::proposal(locale, one), words::since(locale, &one.by, one.since, at));
            link(line, &paths::proposal(one.proposal))
        }));
        parts.extend(more(digest.waiting.0.len(), digest.waiting.1));
    }
    if !digest.escalated.0.is_empty() {
        parts.push(title(tr!(locale, digest.escalations_title)));
        parts.extend(digest.escalated.0.iter().map(|one| {
            let line = format!("{}, {}", words::escalation(locale, one), words::since(locale, &one.by, one.since, at));
            link(line, &paths::case(one.case))
        }));
        parts.extend(more(digest.escalated.0.len(), digest.escalated.1));
    }
    parts.push(title(tr!(locale, digest.desk_title)));
    let line = |label: String, value: String| format!("{label}: {value}");
    let lines = [
        line(tr!(locale, digest.in_dispute), words::in_dispute(locale, digest)),
        line(tr!(locale, digest.overdue), words::overdue(locale, digest)),
        line(tr!(locale, digest.share), words::share(locale, digest)),
        line(tr!(locale, digest.coverage), words::coverage(locale, &digest.coverage)),
        line(tr!(locale, digest.rating), words::rating(locale, digest)),
        line(tr!(locale, digest.public), words::public(locale, digest.public)),
    ];
    parts.push(Part::Prose(lines.join("\n")));
    let gaps = &digest.coverage.gaps;
    if !gaps.is_empty() {
        let listed = gaps.iter().take(words::GAPS).map(|gap| words::gap(locale, digest.week.zone, gap));
        let listed = listed.collect::<Vec<_>>().join("\n");
        parts.push(Part::Prose(format!("{}:\n{listed}", tr!(locale, digest.gaps))));
        parts.extend(more(gaps.len().min(words::GAPS), i64::try_from(gaps.len()).unwrap_or(i64::MAX)));
    }
    parts.push(title(tr!(locale, digest.themes_title)));
    parts.push(Part::Prose(themes(locale, digest)));
    parts.push(title(tr!(locale, digest.risks_title)));
    if digest.at_risk.0.is_empty() {
        parts.push(Part::Prose(tr!(locale, digest.no_risks)));
    }
    for risk in &digest.at_risk.0 {
        let (proposed, path) = words::proposed(locale, &risk.proposed);
        let mut said: Vec<_> = words::risks(locale, risk, at).into_iter().map(|(words, _)| words).collect();
        if path.is_none() {
            said.push(proposed.clone());
        }
        parts.push(Part::Prose(format!("{} ({}): {}", risk.name, risk.code, said.join(" "))));
        parts.extend(path.map(|path| link(proposed, &path)));
    }
    parts.extend(more(digest.at_risk.0.len(), digest.at_risk.1));
    (subject, parts)
}

fn themes(locale: Locale, digest: &Digest) -> String {
    if digest.themes.is_empty() {
        return tr!(locale, digest.no_themes);
    }
    let lines = digest.themes.iter().map(|theme| {
        let words = tr!(
            locale,
            digest.theme_words,
            theme = words::theme(locale, theme),
            now = format::count(locale, theme.now),
            before = format::count(locale, theme.before),
            trend = words::trend(locale, theme)
        );
        match words::reasons(locale, theme) {
            reasons if reasons.is_empty() => words,
            reasons => format!("{words} ({reasons})"),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}
