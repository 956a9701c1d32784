//! The mails there are, in their readers' languages.

use super::home::MailHome;
use super::letter::{Letter, Part};
use crate::base::format;
use crate::base::ids::CaseId;
use crate::base::language::{Locale, tr};
use crate::base::money::{Currency, Money};
use crate::digest;
use crate::digest::model::Digest;
use crate::notices::rules::Notice;
use crate::paths;
use crate::payout_methods::model::MethodKind;
use crate::payout_methods::words::kind;
use crate::promo::model::{End, Goal};
use crate::promo::words as promo_words;
use crate::terms::model::Field;
use crate::terms::plain;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
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
        /// When it ends; `None`: it has no end.
        ends_at: Option<DateTime<Utc>>,
        /// Until when it can be accepted.
        until: DateTime<Utc>,
        /// Why.
        reason: String,
    },
    /// What a week brought, for an owner.
    Digest(Box<Digest>),
    /// A promotion was granted, reached or is over.
    Promo {
        /// What it is called.
        name: String,
        /// What has to be reached.
        goal: Goal,
        /// How much of it.
        target: Decimal,
        /// What it brings.
        bonus: Money,
        /// The last day, and the last one to leave the hold.
        days: [NaiveDate; 2],
        /// How it ended; `None`: it was granted just now.
        end: Option<End>,
        /// How far the reader had come.
        counted: Decimal,
        /// Why it was granted.
        reason: String,
    },
    /// Terms end soon.
    Ending {
        /// Which field.
        field: Field,
        /// The offer's name, where it is about one.
        offer: Option<String>,
        /// Kind and value that end.
        now: (String, Decimal),
        /// Kind and value that count then; `None`: nothing is said.
        then: Option<(String, Decimal)>,
        /// The programme's currency.
        currency: Currency,
        /// When.
        ends_at: DateTime<Utc>,
        /// Why they were given.
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
    /// Whether the reader is called usted; says nothing where their language knows one form.
    pub formal: bool,
    /// The reader's time zone.
    pub zone: Tz,
    /// The name at the end.
    pub signed_by: String,
    /// The programme.
    pub programme: String,
}

/// Words in the reader's language and form of address: `formal` holds what usted says otherwise.
macro_rules! said {
    ($sides:expr, $room:ident . $key:ident $($rest:tt)*) => {
        match $sides.formal {
            true => tr!($sides.locale, formal.$key $($rest)*),
            false => tr!($sides.locale, $room.$key $($rest)*),
        }
    };
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
            said!(sides, mail.foot_reply),
        ),
        About::Invitation { partner, token, until } => (
            said!(sides, mail.invitation_subject, programme = programme()),
            vec![
                Part::Prose(said!(sides, mail.invitation, programme = programme(), partner = partner.clone())),
                link(said!(sides, mail.invitation_link), &paths::join(token)),
                Part::Prose(said!(sides, mail.invitation_until, until = time(*until))),
            ],
            said!(sides, mail.foot_invitation),
        ),
        About::Notice { case, notice, subject, question, token } => {
            let see = || link(tr!(locale, mail.see_case), &paths::dispute(*case));
            let parts = match notice {
                Notice::Reminder => {
                    vec![Part::Prose(said!(sides, notices.mail_reminder)), Part::Prose(question.clone()), see()]
                }
                Notice::LastReminder => {
                    vec![Part::Prose(said!(sides, notices.mail_last_reminder)), Part::Prose(question.clone()), see()]
                }
                Notice::Closed => vec![Part::Prose(said!(sides, notices.mail_closed)), see()],
                Notice::SilenceDecided => vec![Part::Prose(said!(sides, notices.mail_silence)), see()],
                Notice::GivenAway => vec![Part::Prose(said!(sides, notices.mail_given_away)), see()],
                Notice::Rate => vec![
                    Part::Prose(said!(sides, notices.mail_rate)),
                    link(said!(sides, notices.mail_rate_link), &paths::rate(token)),
                    see(),
                ],
            };
            (format!("Re: {subject}"), parts, said!(sides, mail.foot_reply))
        }
        About::Delay { amounts, promised, day, message } => {
            let (subject, parts) = delay(home, sides, amounts, *promised, *day, message);
            (subject, parts, said!(sides, mail.foot_account, programme = programme()))
        }
        About::Incident { .. } | About::Bulletin(_) => {
            let (subject, parts) = bulletin(home, sides, about);
            (subject, parts, said!(sides, mail.foot_account, programme = programme()))
        }
        About::Decrease { .. } | About::CounterOffer { .. } | About::Ending { .. } => {
            let (subject, parts) = terms(home, sides, about);
            (subject, parts, said!(sides, mail.foot_account, programme = programme()))
        }
        About::Digest(week) => {
            let (subject, parts) = digest::letter::write(home, locale, week);
            (subject, parts, tr!(locale, digest.mail_foot, url = home.link(&paths::digest_mail())))
        }
        About::Promo { .. } => {
            let (subject, parts) = promo(home, sides, about);
            (subject, parts, said!(sides, mail.foot_account, programme = programme()))
        }
        About::MethodConfirm { token, until, kind, masked, replaces } => {
            let until_then =
                if *replaces { said!(sides, mail.confirm_before) } else { said!(sides, mail.confirm_first) };
            (
                said!(sides, mail.confirm_subject),
                vec![
                    Part::Prose(said!(sides, mail.confirm, method = place(*kind, masked))),
                    link(tr!(locale, mail.confirm_link), &paths::confirm_method(token)),
                    Part::Prose(tr!(locale, mail.confirm_until, until = time(*until), until_then = until_then)),
                    Part::Prose(said!(sides, mail.confirm_not_me)),
                ],
                said!(sides, mail.foot_account, programme = programme()),
            )
        }
        About::MethodChanged { by, kind, masked, awaits, usable_from } => {
            let answer = said!(sides, mail.changed, name = by.clone(), method = place(*kind, masked));
            let when = if *awaits {
                tr!(locale, mail.changed_awaits, name = by.clone(), from = time(*usable_from))
            } else {
                tr!(locale, mail.changed_from, from = time(*usable_from))
            };
            (
                said!(sides, mail.changed_subject),
                vec![
                    Part::Prose(answer),
                    Part::Prose(when),
                    Part::Prose(said!(sides, mail.changed_not_us)),
                    link(said!(sides, mail.changed_link), paths::ACCOUNT),
                ],
                said!(sides, mail.foot_account, programme = programme()),
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
    let with_end = |value: String, end: Option<DateTime<Utc>>| match end {
        Some(end) => tr!(locale, ending.until_day, value = value, day = day(end - TimeDelta::microseconds(1))),
        None => value,
    };
    let link = |words: String| Part::Link(words, home.link(paths::TERMS));
    match about {
        About::Decrease { field, offer, before, after, currency, from, reason } => (
            said!(sides, agreement.mail_decrease_subject, day = day(*from)),
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
                Part::Prose(said!(sides, agreement.mail_decrease_answer, day = day(*from))),
                link(said!(sides, agreement.mail_link)),
            ],
        ),
        About::CounterOffer { field, offer, offered, currency, ends_at, until, reason } => (
            said!(sides, agreement.mail_counter_subject),
            vec![
                Part::Prose(said!(
                    sides,
                    agreement.mail_counter,
                    what = what(*field, offer),
                    value = with_end(value(offered, *currency), *ends_at),
                    until = format::date_time(locale, sides.zone, *until)
                )),
                Part::Prose(reason.clone()),
                Part::Prose(said!(sides, agreement.mail_counter_silence)),
                link(said!(sides, agreement.mail_link)),
            ],
        ),
        About::Ending { field, offer, now, then, currency, ends_at, reason } => (
            tr!(locale, ending.mail_subject, day = day(*ends_at)),
            vec![
                Part::Prose(tr!(
                    locale,
                    ending.mail,
                    what = what(*field, offer),
                    now = value(now, *currency),
                    day = format::date_time(locale, sides.zone, *ends_at),
                    then = then.as_ref().map_or_else(|| tr!(locale, terms.not_set), |then| value(then, *currency))
                )),
                Part::Prose(reason.clone()),
                link(said!(sides, agreement.mail_link)),
            ],
        ),
        _ => (String::new(), Vec::new()),
    }
}

/// What came of a promotion, or what it asks for.
fn promo(home: &MailHome, sides: &Sides, about: &About) -> (String, Vec<Part>) {
    let locale = sides.locale;
    let About::Promo { name, goal, target, bonus, days, end, counted, reason } = about else {
        return (String::new(), Vec::new());
    };
    let [last, settled] = days.map(|day| format::day(locale, day));
    let (name, money) = (|| name.clone(), || format::money(locale, *bonus));
    let amount = |of| promo_words::amount(locale, *goal, of, bonus.currency);
    let (subject, said) = match (end, goal) {
        (_, Goal::Once) => (
            tr!(locale, promo.mail_once_subject, bonus = money()),
            vec![tr!(locale, promo.mail_once, name = name(), bonus = money()), reason.clone()],
        ),
        (None, _) => (
            tr!(locale, promo.mail_granted_subject, name = name()),
            vec![
                tr!(locale, promo.mail_granted, name = name(), bonus = money(), goal = amount(*target), last = last),
                tr!(locale, promo.counts, day = settled),
                reason.clone(),
            ],
        ),
        (Some(End::Reached), _) => (
            tr!(locale, promo.mail_reached_subject, name = name()),
            vec![tr!(locale, promo.mail_reached, name = name(), bonus = money(), goal = amount(*target))],
        ),
        (Some(End::Over), _) => (
            tr!(locale, promo.mail_over_subject, name = name()),
            vec![tr!(locale, promo.mail_over, name = name(), counted = amount(*counted), goal = amount(*target))],
        ),
    };
    let mut parts: Vec<_> = said.into_iter().map(Part::Prose).collect();
    parts.push(Part::Link(tr!(locale, promo.mail_link), home.link(paths::TERMS)));
    (subject, parts)
}

fn delay(
    home: &MailHome,
    sides: &Sides,
    amounts: &[Money],
    promised: NaiveDate,
    day: NaiveDate,
    message: &str,
) -> (String, Vec<Part>) {
    let locale = sides.locale;
    let amounts: Vec<_> = amounts.iter().map(|amount| format::money(locale, *amount)).collect();
    let day = format::day(locale, day);
    let promised = format::day(locale, promised);
    let answer = tr!(locale, mail.delay, amount = amounts.join(" + "), day = day.clone(), promised = promised);
    let link = Part::Link(said!(sides, mail.delay_link), home.link(paths::PAYOUTS));
    let parts = vec![Part::Prose(answer), Part::Prose(message.to_owned()), link];
    (said!(sides, mail.delay_subject, day = day), parts)
}

/// One thing under its own subject, several below each other, each under its title.
fn bulletin(home: &MailHome, sides: &Sides, about: &About) -> (String, Vec<Part>) {
    let locale = sides.locale;
    match about {
        About::Delay { amounts, promised, day, message } => delay(home, sides, amounts, *promised, *day, message),
        About::Incident { title, body, next_at, case } => {
            let mut parts = vec![Part::Prose(body.clone())];
            if let Some(next) = next_at {
                let when = format::date_time(locale, sides.zone, *next);
                parts.push(Part::Prose(said!(sides, bulletins.mail_next, when = when)));
            }
            let (words, path) = match case {
                Some(case) => (said!(sides, bulletins.mail_case), paths::dispute(*case)),
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
            let subject = said!(sides, bulletins.mail_subject_many, count = all.len());
            let titled = |(title, parts): (String, Vec<Part>)| std::iter::once(Part::Prose(title)).chain(parts);
            (subject, all.into_iter().flat_map(titled).collect())
        }
        _ => (String::new(), Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that the house says by itself, each in one letter.
    fn letters(locale: Locale, formal: bool) -> Vec<String> {
        let home = MailHome::new("https://desk.example.org", Some("desk@example.org"), true).expect("home");
        let sides = Sides { locale, formal, zone: Tz::UTC, signed_by: "Nora Vidal".into(), programme: "Garden".into() };
        let at: DateTime<Utc> = "2026-03-01T12:00:00Z".parse().expect("time");
        let (case, day) = (CaseId(7), at.date_naive());
        let notice = |notice| About::Notice {
            case,
            notice,
            subject: "Pedido 9".into(),
            question: "Qué pedido".into(),
            token: "x".into(),
        };
        let delay = || About::Delay { amounts: Vec::new(), promised: day, day, message: "El banco cierra.".into() };
        let incident =
            |case| About::Incident { title: "Banco".into(), body: "El banco falla.".into(), next_at: Some(at), case };
        let changed = |awaits| About::MethodChanged {
            by: "Ana".into(),
            kind: MethodKind::Iban,
            masked: "**12".into(),
            awaits,
            usable_from: at,
        };
        let confirm = |replaces| About::MethodConfirm {
            token: "x".into(),
            until: at,
            kind: MethodKind::Iban,
            masked: "**12".into(),
            replaces,
        };
        let all = [
            About::Reply { case, subject: "Pedido 9".into(), body: "Hecho.".into() },
            About::Invitation { partner: "Huerta".into(), token: "x".into(), until: at },
            notice(Notice::Reminder),
            notice(Notice::LastReminder),
            notice(Notice::Closed),
            notice(Notice::SilenceDecided),
            notice(Notice::Rate),
            delay(),
            incident(Some(case)),
            About::Bulletin(vec![delay(), incident(None)]),
            confirm(true),
            confirm(false),
            changed(true),
            changed(false),
        ];
        all.iter()
            .map(|about| {
                let text = write(&home, &sides, about).text();
                format!("{}\n{}", text.subject, text.plain)
            })
            .collect()
    }

    /// Words by which a reader is called tú.
    const FAMILIAR: [&str; 24] = [
        "tú",
        "tu",
        "tus",
        "te",
        "ti",
        "contigo",
        "vuestra",
        "vuestras",
        "responde",
        "confirma",
        "confírmalo",
        "confirmes",
        "escríbenos",
        "escribas",
        "cambia tu",
        "recibes",
        "ves",
        "elige",
        "empieza",
        "esperabas",
        "haga falta que hagas",
        "has",
        "debes",
        "di",
    ];

    fn familiar(letter: &str) -> Option<&'static str> {
        let plain = letter.to_lowercase();
        let words: Vec<&str> = plain.split(|sign: char| !sign.is_alphabetic()).collect();
        FAMILIAR.into_iter().find(|known| match known.contains(' ') {
            true => plain.contains(known),
            false => words.contains(known),
        })
    }

    #[test]
    fn whoever_is_called_usted_reads_nothing_else() {
        for letter in letters(Locale::es, true) {
            assert_eq!(familiar(&letter), None, "{letter}");
        }
        let friendly = letters(Locale::es, false);
        let few = friendly.iter().filter(|letter| familiar(letter).is_none()).count();
        assert_eq!(few, 0, "the words would be found: {friendly:#?}");
    }

    #[test]
    fn english_has_one_form() {
        assert_eq!(letters(Locale::en, true), letters(Locale::en, false));
    }
}
