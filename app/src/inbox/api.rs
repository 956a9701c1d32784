//! What staff do with mails that wait, and with addresses that mail comes back from.

use super::store::{self, Disposed, Into};
use crate::audit::store::{Change, record};
use crate::base::context::{self, Context};
use crate::base::error::AppError;
use crate::base::forms::{self, End, Errors};
use crate::base::ids::{CaseId, MailInId, PersonId};
use crate::base::language::tr;
use crate::paths;
use leptos::prelude::*;

/// Places a mail that waits: in a case, in a new case, or nowhere; then leads to the next one.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "place-mail")]
pub async fn place_mail(
    /// The mail.
    mail: String,
    /// `believe`, `attach`, `new_case` or `no_answer`.
    verdict: String,
    /// The number of the case it goes into.
    case: Option<String>,
    /// The code of the partner whose case it becomes.
    partner: Option<String>,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    let (case, partner) = (case.unwrap_or_default(), partner.unwrap_or_default());
    let end = place(&ctx, &mail, &verdict, case.trim(), partner.trim()).await;
    let fields = [("form_name", verdict.as_str()), ("case", case.as_str()), ("partner", partner.as_str())];
    forms::finish(&ctx, &fields, end).await
}

/// The same, in the context of a request.
///
/// # Errors
/// [`AppError::NotFound`] where no such mail waits or waited.
pub async fn place(ctx: &Context, mail: &str, verdict: &str, case: &str, partner: &str) -> Result<End, AppError> {
    let mail: MailInId = mail.parse().map_err(|_| AppError::NotFound)?;
    let locale = ctx.locale;
    let mut errors = Errors::default();
    let into = match verdict {
        "attach" => match case.trim_start_matches('#').parse::<CaseId>() {
            Ok(case) => Some(Into::Case(case)),
            Err(_) => {
                errors.add("case", tr!(locale, inbox.error_case));
                None
            }
        },
        "new_case" => {
            let mut tx = ctx.begin().await?;
            match store::partners_of_code(&mut tx, partner).await?.as_slice() {
                [one] => Some(Into::NewCase(*one)),
                [] => {
                    errors.add("partner", tr!(locale, inbox.error_partner));
                    None
                }
                _ => {
                    errors.add("partner", tr!(locale, inbox.error_partners));
                    None
                }
            }
        }
        "believe" => Some(Into::Believed),
        "no_answer" => Some(Into::NoAnswer),
        _ => return Err(AppError::BadRequest("verdict")),
    };
    let Some(into) = into else { return Ok(End::Refused(paths::quarantined(mail), errors)) };
    let done = match store::dispose(ctx, mail, into).await? {
        Disposed::Done(Some(case)) => format!("placed&case={case}"),
        Disposed::Done(None) => "no_answer".to_owned(),
        Disposed::NoCase => {
            errors.add("case", tr!(locale, inbox.error_case));
            return Ok(End::Refused(paths::quarantined(mail), errors));
        }
        Disposed::Nowhere => {
            errors.add("", tr!(locale, inbox.error_nowhere));
            return Ok(End::Refused(paths::quarantined(mail), errors));
        }
        Disposed::Gone => {
            errors.add("", tr!(locale, inbox.error_gone));
            return Ok(End::Refused(paths::quarantined(mail), errors));
        }
    };
    let mut tx = ctx.begin().await?;
    let next = store::next_after(&mut tx, mail).await?;
    let page = next.map_or_else(|| paths::QUARANTINE.to_owned(), paths::quarantined);
    Ok(End::Done(format!("{page}?done={done}")))
}

/// A person says that an address works after all.
///
/// # Errors
/// A status without details.
#[server(prefix = "/do", endpoint = "address-works")]
pub async fn address_works(
    /// Whose address it is.
    person: String,
    /// The case it was said in.
    case: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    let end = works(&ctx, &person, &case).await;
    forms::finish(&ctx, &[], end).await
}

async fn works(ctx: &Context, person: &str, case: &str) -> Result<End, AppError> {
    let person: PersonId = person.parse().map_err(|_| AppError::NotFound)?;
    let case: CaseId = case.parse().map_err(|_| AppError::NotFound)?;
    let mut tx = ctx.begin().await?;
    if let Some(partner) = store::forget_bounce(&mut tx, person, case).await? {
        let change = Change {
            action: "person.address_works",
            subject: format!("person/{person}"),
            partner: Some(partner),
            ..Change::default()
        };
        record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
        tx.commit().await?;
    }
    Ok(End::Done(paths::case(case)))
}
