//! On the terms page: the promotions of its partner.

use crate::base::actor::Member;
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::format;
use crate::base::language::tr;
use crate::promo::model::{End, Goal, Own};
use crate::promo::{rules, store, words};
use crate::ui::badge::{Tone, badge};
use crate::ui::layout::section;
use crate::ui::text;
use leptos::prelude::*;

/// What a partner was granted.
pub struct Granted(Vec<Own>);

impl Granted {
    /// Reads it.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn read(tx: &mut Tx, member: &Member) -> Result<Self, AppError> {
        Ok(Self(store::own(tx, member.partner).await?))
    }

    /// As a section; nothing where there is nothing.
    pub fn show(&self, ctx: &Context) -> AnyView {
        if self.0.is_empty() {
            return ().into_any();
        }
        let each = self.0.iter().map(|own| one(ctx, own)).collect::<Vec<_>>();
        section(tr!(ctx.locale, promo.own_title), each.into_any())
    }
}

fn one(ctx: &Context, own: &Own) -> AnyView {
    let (locale, package) = (ctx.locale, &own.package);
    let bonus = || format::money(locale, package.bonus);
    let day = |at| format::date(locale, ctx.time_zone, at);
    let (state, answer) = match own.end {
        Some((End::Reached, at)) if package.goal == Goal::Once => {
            (badge(Tone::Good, tr!(locale, promo.reached)), tr!(locale, promo.own_once, bonus = bonus(), day = day(at)))
        }
        Some((End::Reached, at)) => (
            badge(Tone::Good, tr!(locale, promo.reached)),
            tr!(locale, promo.own_reached, bonus = bonus(), day = day(at)),
        ),
        Some((End::Over, _)) => (
            badge(Tone::Neutral, tr!(locale, promo.over)),
            tr!(locale, promo.own_over, last = words::last(locale, package)),
        ),
        None => {
            let missing =
                words::amount(locale, package.goal, rules::missing(package, own.progress), package.bonus.currency);
            let last = words::last(locale, package);
            let words = match package.ends_at > ctx.now() {
                true => tr!(locale, promo.own_running, bonus = bonus(), missing = missing, last = last),
                false => tr!(locale, promo.own_settling, bonus = bonus(), missing = missing, last = last),
            };
            (badge(Tone::Info, tr!(locale, promo.running)), words)
        }
    };
    let runs = own.end.is_none();
    let far = (package.goal != Goal::Once).then(|| {
        view! { <p>{words::so_far(locale, package, own.progress)}</p>{words::bar(locale, package, own.progress)} }
    });
    let counts =
        runs.then(|| view! { <p class="small">{tr!(locale, promo.counts, day = words::settled(locale, package))}</p> });
    let who = tr!(locale, promo.own_by, name = own.by.clone(), day = day(own.at));
    view! {
        <h3>{package.name.clone()}" "{state}</h3>
        <p>{answer}</p>
        {far}
        {counts}
        {text::prose(own.reason.clone())}
        <p class="small">{who}</p>
    }
    .into_any()
}
