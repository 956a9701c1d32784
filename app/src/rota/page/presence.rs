//! What partners see of the rota: who is on, when somebody is next, and how long an answer usually takes.

use crate::base::context::Context;
use crate::base::db::{self, Tx};
use crate::base::error::AppError;
use crate::base::language::tr;
use crate::disputes::words;
use crate::figures::store::usual_reply;
use crate::rota::rules;
use crate::rota::store::{names, rota};
use chrono::{DateTime, TimeDelta, Utc};
use leptos::prelude::*;

/// Who is on, by first name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presence {
    /// Whether there is a rota at all.
    known: bool,
    /// Who is there now, and until when somebody is.
    now: Vec<(String, DateTime<Utc>)>,
    /// When somebody is there next, and who.
    next: Option<(DateTime<Utc>, Vec<String>)>,
    /// How long the first reply usually takes.
    usual: Option<TimeDelta>,
}

/// Who is on, for a partner. The rota's tables stay closed to them; they learn first names and times.
///
/// # Errors
/// When the database is away.
pub async fn presence(tx: &mut Tx, now: DateTime<Utc>) -> Result<Presence, AppError> {
    let former = db::become_system(tx).await?;
    let (rota, names) = (rota(tx, now).await?, names(tx).await?);
    let usual = usual_reply(tx, now).await?;
    db::become_again(tx, former).await?;
    let first = |person| {
        let name = names.get(&person).map(String::as_str).unwrap_or_default();
        name.split_whitespace().next().unwrap_or_default().to_owned()
    };
    let on: Vec<_> = rules::on_duty(&rota, now).into_iter().map(|each| (first(each.person), each.until)).collect();
    let next = rules::next_on(&rota, now).filter(|_| on.is_empty());
    Ok(Presence {
        known: !rota.is_empty(),
        now: on,
        next: next.map(|(at, people)| (at, people.into_iter().map(first).collect())),
        usual,
    })
}

impl Presence {
    /// The sentence for a partner; nothing where there is no rota.
    pub fn sentence(&self, ctx: &Context) -> Option<AnyView> {
        if !self.known {
            return None;
        }
        let locale = ctx.locale;
        let who = match (self.now.first(), &self.next) {
            (Some((_, until)), _) => {
                let names: Vec<_> = self.now.iter().map(|(name, _)| name.as_str()).collect();
                tr!(locale, rota.on_now, names = names.join(", "), when = words::moment(ctx, *until))
            }
            (None, Some((at, names))) => {
                tr!(locale, rota.on_next, names = names.join(", "), when = words::moment(ctx, *at))
            }
            (None, None) => tr!(locale, rota.on_nobody),
        };
        let usual = self.usual.map(|usual| tr!(locale, rota.usual_reply, span = words::span(locale, usual)));
        Some(view! { <p class="quiet">{who}" "{usual}</p> }.into_any())
    }
}
