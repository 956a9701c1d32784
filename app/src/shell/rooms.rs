//! The way around: a person's rooms, gathered by what one comes for. Where several gatherings are open to a person, the
//! rooms of the present one stand in a row below.

use crate::base::access::Who;
use crate::base::actor::{Actor, Role, Staff};
use crate::base::context::Context;
use crate::base::language::{Locale, tr};
use crate::clocks::RanOut;
use crate::escalations;
use crate::inbox;
use crate::live::page as live;
use crate::mentions;
use crate::paths;
use leptos::prelude::*;

/// An address and what it is called.
type Room = (&'static str, String);

/// Rooms under one name; its link leads into the first.
struct Gathering {
    name: String,
    rooms: Vec<Room>,
}

/// The rooms this person may enter, the present one marked.
pub(super) fn navigation(ctx: &Context) -> Option<AnyView> {
    let gatherings = match &ctx.actor {
        Actor::Member(_) => of_partners(ctx.locale),
        Actor::Staff(staff) => of_staff(ctx, staff),
        _ => return None,
    };
    let path = ctx.path.split('?').next().unwrap_or_default();
    let here = gatherings.iter().position(|one| one.rooms.iter().any(|(href, _)| place(path, href).is_some()));
    let flat = gatherings.len() == 1;
    let upper = if flat {
        gatherings
            .iter()
            .flat_map(|one| one.rooms.clone())
            .map(|room| link(ctx, path, room, true))
            .collect_view()
            .into_any()
    } else {
        let links = gatherings.iter().enumerate().filter_map(|(position, one)| {
            let (href, _) = one.rooms.first()?;
            // The page itself is marked among the rooms below, where it stands alone here.
            let current = (here == Some(position)).then_some(if one.rooms.len() == 1 { "page" } else { "true" });
            let name = one.name.clone();
            Some(view! { <li><a href=*href aria-current=current>{name}{live::badge(ctx, href)}</a></li> })
        });
        links.collect_view().into_any()
    };
    let lower = here.filter(|_| !flat).and_then(|here| gatherings.get(here)).filter(|one| one.rooms.len() > 1);
    let lower = lower.map(|one| {
        let links = one.rooms.iter().cloned().map(|room| link(ctx, path, room, false)).collect_view();
        view! { <ul class="rooms-below">{links}</ul> }
    });
    let label = tr!(ctx.locale, shell.rooms);
    Some(view! { <nav class="rooms" aria-label=label><ul class="rooms-above">{upper}</ul>{lower}</nav> }.into_any())
}

fn link(ctx: &Context, path: &str, (href, words): Room, badge: bool) -> AnyView {
    let current = place(path, href);
    let badge = badge.then(|| live::badge(ctx, href)).flatten();
    view! { <li><a href=href aria-current=current>{words}{badge}</a></li> }.into_any()
}

fn of_partners(locale: Locale) -> Vec<Gathering> {
    let rooms = vec![
        (paths::PAYOUTS, tr!(locale, shell.payouts)),
        (paths::EARNINGS, tr!(locale, shell.earnings)),
        (paths::TERMS, tr!(locale, shell.terms)),
        (paths::DISPUTES, tr!(locale, shell.disputes)),
        (paths::HELP, tr!(locale, help.title)),
        (paths::ACCOUNT, tr!(locale, shell.account)),
    ];
    vec![Gathering { name: String::new(), rooms }]
}

fn of_staff(ctx: &Context, staff: &Staff) -> Vec<Gathering> {
    let locale = ctx.locale;
    let may = |who: Who| who.includes(&ctx.actor);
    let decides = matches!(staff.role, Role::Owner | Role::Auditor);
    let waiting = use_context::<inbox::Waiting>().unwrap_or_default().0;
    let ran_out = use_context::<RanOut>().unwrap_or_default().0;
    let unseen = use_context::<mentions::Unseen>().unwrap_or_default();
    let gather = |name: String, rooms: Vec<(bool, Room)>| Gathering {
        name,
        rooms: rooms.into_iter().filter_map(|(may, room)| may.then_some(room)).collect(),
    };
    let all = vec![
        gather(
            tr!(locale, shell.at_the_desk),
            vec![
                (true, (paths::DESK, tr!(locale, shell.desk))),
                (true, (paths::QUARANTINE, inbox::page::room(locale, waiting))),
                (true, (paths::ESCALATIONS, escalations::page::room(locale, ran_out))),
                (true, (paths::INCIDENTS, tr!(locale, incidents.room))),
                (may(Who::Desk), (paths::MENTIONS, mentions::page::room(locale, unseen))),
            ],
        ),
        gather(
            tr!(locale, shell.checks),
            vec![
                (true, (paths::CONTESTS, tr!(locale, contests.room))),
                (true, (paths::ENQUIRIES, tr!(locale, advertiser.room))),
                (true, (paths::COMPLAINTS, tr!(locale, complaints.room))),
                (true, (paths::TERMS_REQUESTS, tr!(locale, agreement.requests_title))),
            ],
        ),
        gather(
            tr!(locale, shell.guides),
            vec![
                (true, (paths::HELP, tr!(locale, help.title))),
                (true, (paths::MACROS, tr!(locale, macros.title))),
                (true, (paths::LINKS, tr!(locale, links.title))),
                (may(Who::Desk), (paths::PRACTICE, tr!(locale, practice.room))),
            ],
        ),
        gather(
            tr!(locale, shell.team),
            vec![
                (true, (paths::ROTA, tr!(locale, rota.title))),
                (may(Who::Figures), (paths::FIGURES, tr!(locale, figures.room))),
                (may(Who::Leads), (paths::MAIL, tr!(locale, mail.title))),
            ],
        ),
        gather(
            tr!(locale, shell.money),
            vec![
                (may(Who::Counting), (paths::RUNS, tr!(locale, runs.room))),
                (may(Who::Counting), (paths::ANSWERS, tr!(locale, runs.room_answers))),
                (may(Who::Counting), (paths::FUNDS, tr!(locale, funds.room))),
                (may(Who::Counting), (paths::TAX, tr!(locale, tax.room))),
                (may(Who::Counting), (paths::BOOKS, tr!(locale, books.room))),
            ],
        ),
        gather(
            tr!(locale, shell.decisions),
            vec![
                (decides, (paths::APPROVALS, tr!(locale, shell.approvals))),
                (decides, (paths::DIGEST, tr!(locale, digest.title))),
                (decides, (paths::PROMOTIONS, tr!(locale, promo.title))),
                (decides, (paths::CORRECTIONS, tr!(locale, corrections.title))),
                (decides, (paths::OUTCOMES, tr!(locale, outcomes.title))),
                (decides, (paths::LIMITS, tr!(locale, provisional.limits_title))),
                (decides, (paths::AUTHORITY, tr!(locale, authority.title))),
                (decides, (paths::RECORD, tr!(locale, shell.record))),
            ],
        ),
    ];
    all.into_iter().filter(|one| !one.rooms.is_empty()).collect()
}

/// `page` for the page itself, `true` for one inside its room.
fn place(path: &str, room: &str) -> Option<&'static str> {
    match path.strip_prefix(room)? {
        "" => Some("page"),
        rest if rest.starts_with('/') => Some("true"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_present_room_is_marked() {
        assert_eq!(place("/disputes", "/disputes"), Some("page"));
        assert_eq!(place("/disputes/7", "/disputes"), Some("true"));
        assert_eq!(place("/disputesx", "/disputes"), None);
        assert_eq!(place("/earnings", "/disputes"), None);
    }
}
