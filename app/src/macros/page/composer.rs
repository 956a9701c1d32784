//! Beside the reply that is written: how its reader is spoken to, the macros there are, and the one it began as.

use super::{actions, variant_words};
use crate::base::context::Context;
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::forms::Draft;
use crate::base::ids::{CaseId, MacroId, PartnerId};
use crate::base::language::tr;
use crate::macros::model::{Contact, Spoken};
use crate::macros::store::{self, Pick};
use crate::paths;
use crate::ui::Tone;
use crate::ui::field::{Check, Select};
use crate::ui::notice::notice;
use crate::ui::text;
use leptos::prelude::*;

/// What the reply's form is told of macros.
#[derive(Debug, Default)]
pub struct Composer {
    contact: Option<Contact>,
    names: Vec<(MacroId, String)>,
    picked: Option<Pick>,
}

impl Composer {
    /// Reads it for a case; `draft` is the reply's.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn read(
        ctx: &Context,
        tx: &mut Tx,
        partner: PartnerId,
        case: CaseId,
        draft: &Draft,
    ) -> Result<Self, AppError> {
        let picked = match draft.value("form_key").parse() {
            Ok(form_key) => store::picked(tx, partner, case, form_key).await?,
            Err(_) => None,
        };
        let contact = store::contact(tx, partner, case).await?;
        Ok(Self { contact, names: store::names(tx, ctx.now()).await?, picked })
    }
}

/// The part of the reply's form that stands above its text. A button of its own sends what was typed along, so that it
/// comes back with the macro below it.
pub fn composer(ctx: &Context, case: CaseId, composer: &Composer, draft: &Draft) -> AnyView {
    let locale = ctx.locale;
    let reader = composer.contact.as_ref().map(|contact| {
        let how = variant_words(locale, Spoken::As(contact.variant));
        view! { <p class="hint">{tr!(locale, macros.reader, name = contact.name.as_str(), how = how)}</p> }
    });
    let picked = composer.picked.as_ref().map(|pick| {
        let how = variant_words(locale, Spoken::As(pick.variant));
        let mut said = vec![tr!(locale, macros.picked, name = pick.name.as_str(), how = how)];
        said.extend(actions(locale, &pick.actions, pick.assignee_name.as_deref()));
        notice(Tone::Info, said.join(" "))
    });
    if composer.names.is_empty() {
        return view! { {reader}{picked} }.into_any();
    }
    let options = std::iter::once((String::new(), tr!(locale, macros.choose)));
    let options =
        options.chain(composer.names.iter().map(|(id, name)| (id.to_string(), name.clone()))).collect::<Vec<_>>();
    view! {
        {reader}
        <details class="composer-help" open=draft.error("macro").is_some()>
            <summary>{tr!(locale, macros.title)}</summary>
            <Select name="macro" label=tr!(locale, macros.pick_label) options=options error=draft.error("macro")/>
            <Check name="text_only" label=tr!(locale, macros.text_only)/>
            <p>
                <button class="button" data-weight="quiet" type="submit" formaction="/do/use-macro" formnovalidate=true>
                    {tr!(locale, macros.pick_button)}
                </button>
                " "{text::link(format!("{}?case={case}", paths::MACROS), tr!(locale, macros.preview_link))}
            </p>
        </details>
        {picked}
    }
    .into_any()
}
