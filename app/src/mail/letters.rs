//! The mails there are, in their readers' languages.

use super::home::MailHome;
use super::letter::{Letter, Part};
use crate::base::format;
use crate::base::ids::CaseId;
use crate::base::language::{Locale, tr};
use crate::base::money::{Currency, Money};
use crate::notices::rules::Notice;
use crate::paths;
use crate::payout_methods::model::MethodKind;
use crate::payout_methods::words::kind;
use crate::terms::model::Field;
use crate::terms::plain;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

/// What a mail is about, with everything it says.
#[derive(Clone, Debug)]
pub enum About {
    /// Staff answered in a case.
    Reply {
        /// The case.
        case: CaseId,
        /// What it is about.
        subject: String,
        /// The answer.
        body: String,
    },
    /// Somebody is invited to an account.
    Invitation {
        /// The account.
        partner: String,
        /// The link's secret.
        token: String,
        /// Until when it is good.
        until: DateTime<Utc>,
    },
    /// A payout comes later than promised.
    Delay {
        /// How much, by currency.
        amounts: Vec<Money>,
        /// The day that was promised.
        promised: NaiveDate,
        /// The new one.
        day: NaiveDate,
        /// What the programme says to it.
        message: String,
    },
    /// A word about something that went wrong for many.
    Incident {
        /// What it is called.
        title: String,
        /// What is said.
        body: String,
        /// When more will be said.
        next_at: Option<DateTime<Utc>>,
        /// The reader's case in it.
        case: Option<CaseId>,
    },
    /// Several delays and incidents, the oldest first.
    Bulletin(Vec<About>),
    /// A payout method waits for its confirmation.
    MethodConfirm {
        /// The link's secret.
        token: String,
        /// Until when it is good.
        until: DateTime<Utc>,
        /// How.
        kind: MethodKind,
        /// Where to, masked.
        masked: String,
        /// Whether another one is in use until then.
        replaces: bool,
    },
    /// What the house tells of a case by itself.
    Notice {
        /// The case.
        case: CaseId,
        /// What is told.
        notice: Notice,
        /// What the case is about.
        subject: String,
        /// The question that a reminder repeats.
        question: String,
        /// What rates the case without signing in.
        token: String,
    },
    /// Terms change to the reader's loss.
    Decrease {
        /// What changes.
        field: Field,
        /// The offer's name, where it is about one.
        offer: Option<String>,
        /// Kind and value as they are.
        before: (String, Decimal),
        /// Kind and value as they will be.
        after: (String, Decimal),
        /// The programme's currency.
        currency: Currency,
        /// From when on.
        from: DateTime<Utc>,
        /// Why.
        reason: String,
    },
    /// Something else is offered than what was asked for.
    CounterOffer {
        /// What would change.
        field: Field,
        /// The offer's name, where it is about one.
        offer: Option<String>,
        /// Kind and value that are offered.
        offered: (String, Decimal),
        /// The programme's currency.
        currency: Currency,
        /// Until when it can be accepted.
        until: DateTime<Utc>,
        /// Why.
        reason: String,
    },
    /// Another member set a payout method.
    MethodChanged {
        /// Who.
        by: String,
        /// How.
        kind: MethodKind,
        /// Where to, masked.
        masked: String,
        /// Whether it has to be confirmed first.
        awaits: bool,
        /// From when on money goes there at the earliest.
        usable_from: DateTime<Utc>,
    },
}

/// Who reads and who writes.
#[derive(Clone, Debug)]
pub struct Sides {
    /// The reader's language.
    pub locale: Locale,
    /// The reader's time zone.
    pub zone: Tz,
    /// The name at the end.
    pub signed_by: String,
    /// The programme.
    pub programme: String,
}

/// Writes the letter.
pub fn write(home: &MailHome, sides: &Sides, about: &About) -> Letter {
    let (locale, zone) = (sides.locale, sides.zone);
    let programme = || sides.programme.clone();
    let time = |at| format::date_time(locale, zone, at);
    let place = |method: MethodKind, masked: &str| format!("{}, {masked}", kind(locale, method));
    let link = |words: String, path: &str| Part::Link(words, home.link(path));
    let (subject, parts, foot) = match about {
        About::Reply { case, subject, body } => (
            format!("Re: {subject}"),
            vec![Part::Prose(body.clone()), link(tr!(locale, mail.see_case), &paths::dispute(*case))],
            tr!(locale, mail.foot_reply),
        ),
        About::Invitation { partner, token, until } => (
            tr!(locale, mail.invitation_subject, programme = programme()),
            vec![
                Part::Prose(tr!(locale, mail.invitation, programme = programme(), partner = partner.clone())),
                link(tr!(locale, mail.invitation_link), &paths::join(token)),
                Part::Prose(tr!(locale, mail.invitation_until, until = time(*until))),
            ],
            tr!(locale, mail.foot_invitation),
        ),
        About::Notice { case, notice, subject, question, token } => {
            let see = || link(tr!(locale, mail.see_case), &paths::dispute(*case));
            let parts = match notice {
                Notice::Reminder => {
                    vec![Part::Prose(tr!(locale, notices.mail_reminder)), Part::Prose(question.clone()), see()]
                }
                Notice::LastReminder => {
                    vec![Part::Prose(tr!(locale, notices.mail_last_reminder)), Part::Prose(question.clone()), see()]
                }
                Notice::Closed => vec![Part::Prose(tr!(locale, notices.mail_closed)), see()],
                Notice::SilenceDecided => vec![Part::Prose(tr!(locale, notices.mail_silence)), see()],
                Notice::GivenAway => vec![Part::Prose(tr!(locale, notices.mail_given_away)), see()],
                Notice::Rate => vec![
                    Part::Prose(tr!(locale, notices.mail_rate)),
                    link(tr!(locale, notices.mail_rate_link), &paths::rate(token)),
                    see(),
                ],
            };
            (format!("Re: {subject}"), parts, tr!(locale, mail.foot_reply))
        }
        About::Delay { amounts, promised, day, message } => {
            let (subject, parts) = delay(home, locale, amounts, *promised, *day, message);
            (subject, parts, tr!(locale, mail.foot_account, programme = programme()))
        }
        About::Incident { .. } | About::Bulletin(_) => {
            let (subject, parts) = bulletin(home, sides, about);
            (subject, parts, tr!(locale, mail.foot_account, programme = programme()))
        }
        About::Decrease { .. } | About::CounterOffer { .. } => {
            let (subject, parts) = terms(home, sides, about);
            (subject, parts, tr!(locale, mail.foot_account, programme = programme()))
        }
        About::MethodConfirm { token, until, kind, masked, replaces } => {
            let until_then = if *replaces { tr!(locale, mail.confirm_before) } else { tr!(locale, mail.confirm_first) };
            (
                tr!(locale, mail.confirm_subject),
                vec![
                    Part::Prose(tr!(locale, mail.confirm, method = place(*kind, masked))),
                    link(tr!(locale, mail.confirm_link), &paths::confirm_method(token)),
                    Part::Prose(tr!(locale, mail.confirm_until, until = time(*until), until_then = until_then)),
                    Part::Prose(tr!(locale, mail.confirm_not_me)),
                ],
                tr!(locale, mail.foot_account, programme = programme()),
            )
        }
        About::MethodChanged { by, kind, masked, awaits, usable_from } => {
            let answer = tr!(locale, mail.changed, name = by.clone(), method = place(*kind, masked));
            let when = if *awaits {
                tr!(locale, mail.changed_awaits, name = by.clone(), from = time(*usable_from))
            } else {
                tr!(locale, mail.changed_from, from = time(*usable_from))
            };
            (
                tr!(locale, mail.changed_subject),
                vec![
                    Part::Prose(answer),
                    Part::Prose(when),
                    Part::Prose(tr!(locale, mail.changed_not_us)),
                    link(tr!(locale, mail.changed_link), paths::ACCOUNT),
                ],
                tr!(locale, mail.foot_account, programme = programme()),
            )
        }
    };
    Letter { locale, subject, parts, signed_by: sides.signed_by.clone(), house: sides.programme.clone(), foot }
}

/// The answer first, then the reason, then what the reader can do.
fn terms(home: &MailHome, sides: &Sides, about: &About) -> (String, Vec<Part>) {
    let locale = sides.locale;
    let day = |at| format::date(locale, sides.zone, at);
    let what = |field: Field, offer: &Option<String>| match offer {
        Some(offer) => format!("{} ({offer})", plain::field(locale, field)),
        None => plain::field(locale, field),
    };
    let value = |of: &(String, Decimal), currency| plain::value(locale, &of.0, of.1, currency);
    let link = |words: String| Part::Link(words, home.link(paths::TERMS));
    match about {
        About::Decrease { field, offer, before, after, currency, from, reason } => (
            tr!(locale, agreement.mail_decrease_subject, day = day(*from)),
            vec![
                Part::Prose(tr!(
                    locale,
                    agreement.mail_decrease,
                    what = what(*field, offer),
                    before = value(before, *currency),
                    after = value(after, *currency),
                    day = day(*from)
                )),
                Part::Prose(reason.clone()),
                Part::Prose(tr!(locale, agreement.mail_decrease_answer, day = day(*from))),
                link(tr!(locale, agreement.mail_link)),
            ],
        ),
        About::CounterOffer { field, offer, offered, currency, until, reason } => (
            tr!(locale, agreement.mail_counter_subject),
            vec![
                Part::Prose(tr!(
                    locale,
                    agreement.mail_counter,
                    what = what(*field, offer),
                    value = value(offered, *currency),
                    until = format::date_time(locale, sides.zone, *until)
                )),
                Part::Prose(reason.clone()),
                Part::Prose(tr!(locale, agreement.mail_counter_silence)),
                link(tr!(locale, agreement.mail_link)),
            ],
        ),
        _ => (String::new(), Vec::new()),
    }
}

fn delay(
    home: &MailHome,
    locale: Locale,
    amounts: &[Money],
    promised: NaiveDate,
    day: NaiveDate,
    message: &str,
) -> (String, Vec<Part>) {
    let amounts: Vec<_> = amounts.iter().map(|amount| format::money(locale, *amount)).collect();
    let day = format::day(locale, day);
    let promised = format::day(locale, promised);
    let answer = tr!(locale, mail.delay, amount = amounts.join(" + "), day = day.clone(), promised = promised);
    let link = Part::Link(tr!(locale, mail.delay_link), home.link(paths::PAYOUTS));
    let parts = vec![Part::Prose(answer), Part::Prose(message.to_owned()), link];
    (tr!(locale, mail.delay_subject, day = day), parts)
}

/// One thing under its own subject, several below each other, each under its title.
fn bulletin(home: &MailHome, sides: &Sides, about: &About) -> (String, Vec<Part>) {
    let locale = sides.locale;
    match about {
        About::Delay { amounts, promised, day, message } => delay(home, locale, amounts, *promised, *day, message),
        About::Incident { title, body, next_at, case } => {
            let mut parts = vec![Part::Prose(body.clone())];
            if let Some(next) = next_at {
                let when = format::date_time(locale, sides.zone, *next);
                parts.push(Part::Prose(tr!(locale, bulletins.mail_next, when = when)));
            }
            let (words, path) = match case {
                Some(case) => (tr!(locale, bulletins.mail_case), paths::dispute(*case)),
                None => (tr!(locale, bulletins.mail_portal), paths::DISPUTES.to_owned()),
            };
            parts.push(Part::Link(words, home.link(&path)));
            (title.clone(), parts)
        }
        About::Bulletin(said) => {
            let mut all: Vec<_> = said.iter().map(|one| bulletin(home, sides, one)).collect();
            if all.len() == 1 {
                return all.remove(0);
            }
            let subject = tr!(locale, bulletins.mail_subject_many, count = all.len());
            let titled = |(title, parts): (String, Vec<Part>)| std::iter::once(Part::Prose(title)).chain(parts);
            (subject, all.into_iter().flat_map(titled).collect())
        }
        _ => (String::new(), Vec::new()),
    }
}
