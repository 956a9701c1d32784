//! `/incidents`, one incident, and the banner that partners see.

mod banner;
mod list;
mod one;

pub use banner::banner;
pub use list::Incidents;
pub use one::IncidentPage;

use super::model::{About, Incident};
use crate::base::context::Context;
use crate::base::language::{Locale, tr};
use crate::ui::Tone;
use crate::ui::badge::badge;
use leptos::prelude::AnyView;

/// What it is about, in the reader's words.
fn about(locale: Locale, about: About) -> String {
    match about {
        About::Tracking => tr!(locale, incidents.about_tracking),
        About::Payouts => tr!(locale, incidents.about_payouts),
        About::Anything => tr!(locale, incidents.about_anything),
    }
}

/// Whether it runs, and whether its next word is late.
fn state(ctx: &Context, incident: &Incident) -> AnyView {
    let locale = ctx.locale;
    match incident.next_update_at {
        None => badge(Tone::Neutral, tr!(locale, incidents.over)),
        Some(next) if next < ctx.now() => badge(Tone::Bad, tr!(locale, incidents.late)),
        Some(_) => badge(Tone::Waiting, tr!(locale, incidents.runs)),
    }
}
