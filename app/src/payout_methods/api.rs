//! Changing where money goes, by the partner themself.

use super::address::Given;
use super::model::MethodKind;
use super::secrets::seal;
use super::store::{self, Set};
use super::words;
use crate::audit::store::{Change, record};
use crate::base::context::{self, Context};
use crate::base::error::AppError;
use crate::base::forms::{self, Errors};
use crate::base::language::tr;
use crate::paths;
use crate::sign_in::confirm::{Confirmed, confirm};
use crate::sign_in::rules::FAILURE_WINDOW_MINUTES;
use leptos::prelude::*;
use serde_json::json;
use std::fmt;
use uuid::Uuid;

mod confirm;
mod reveal;

pub use confirm::{CancelPayoutMethod, ConfirmPayoutMethod, MailConfirmationAgain};
pub use confirm::{
    ask_again, cancel, cancel_payout_method, confirm as confirm_link, confirm_payout_method, mail_confirmation_again,
};
pub use reveal::{RevealPayoutMethod, reveal_payout_method};

/// The form, as it was sent. Prints nothing.
#[derive(Clone, Default)]
pub struct Typed {
    /// `iban`, `sort_code`, `bank_account`, `paypal` or `wise`.
    pub kind: String,
    /// The account holder.
    pub holder: String,
    /// Of `iban`.
    pub iban: String,
    /// Of `iban` and `bank_account`.
    pub bic: String,
    /// Of `sort_code`.
    pub sort_code: String,
    /// Of `sort_code` and `bank_account`.
    pub account: String,
    /// Of `bank_account`.
    pub country: String,
    /// Of `bank_account`.
    pub bank_code: String,
    /// Of `paypal` and `wise`.
    pub email: String,
    /// The person's own, once more.
    pub password: String,
    /// Tells one form from another.
    pub form_key: String,
}

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Typed(…)")
    }
}

/// Makes an account the one where the partner's money goes.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "set-payout-method")]
#[allow(clippy::too_many_arguments)]
pub async fn set_payout_method(
    /// `iban`, `sort_code`, `bank_account`, `paypal` or `wise`.
    kind: String,
    /// The account holder.
    holder: Option<String>,
    /// Of `iban`.
    iban: Option<String>,
    /// Of `iban` and `bank_account`; may be empty.
    bic: Option<String>,
    /// Of `sort_code`.
    sort_code: Option<String>,
    /// Of `sort_code` and `bank_account`.
    account: Option<String>,
    /// Of `bank_account`.
    country: Option<String>,
    /// Of `bank_account`; may be empty.
    bank_code: Option<String>,
    /// Of `paypal` and `wise`.
    email: Option<String>,
    /// The person's own, once more.
    password: Option<String>,
    /// Tells one form from another.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current().map_err(|error| ServerFnError::new(error.to_string()))?;
    let typed = Typed {
        kind,
        holder: holder.unwrap_or_default(),
        iban: iban.unwrap_or_default(),
        bic: bic.unwrap_or_default(),
        sort_code: sort_code.unwrap_or_default(),
        account: account.unwrap_or_default(),
        country: country.unwrap_or_default(),
        bank_code: bank_code.unwrap_or_default(),
        email: email.unwrap_or_default(),
        password: password.unwrap_or_default(),
        form_key,
    };
    match set(&ctx, &typed).await {
        Ok(Ok(waits)) => {
            forms::redirect(&format!("{}?done={}", paths::ACCOUNT, if waits { "waits" } else { "method" }));
            Ok(())
        }
        Ok(Err((kind, errors))) => {
            let open = [("holder", typed.holder.as_str()), ("country", typed.country.as_str())];
            let secret = [
                ("iban", typed.iban.as_str()),
                ("bic", &typed.bic),
                ("sort_code", &typed.sort_code),
                ("account", &typed.account),
                ("bank_code", &typed.bank_code),
                ("email", &typed.email),
            ];
            forms::refuse_sealed(&ctx, &paths::payout_method(kind), &open, &secret, errors).await
        }
        Err(error) => Err(forms::failed(&ctx, &error)),
    }
}

/// The change, its record and the mails about it, in one transaction: whether it waits for its confirmation; or what is
/// wrong with which form.
///
/// # Errors
/// When the actor may not, the form is none of ours, or the database is away.
pub async fn set(ctx: &Context, typed: &Typed) -> Result<Result<bool, (MethodKind, Errors)>, AppError> {
    let member = ctx.member()?;
    let kind = MethodKind::parse(&typed.kind).ok_or(AppError::BadRequest("no such payout method"))?;
    let form_key: Uuid = typed.form_key.parse().map_err(|_| AppError::BadRequest("no form key"))?;
    let mut errors = Errors::default();
    let given = Given {
        holder: &typed.holder,
        iban: &typed.iban,
        bic: &typed.bic,
        sort_code: &typed.sort_code,
        account: &typed.account,
        country: &typed.country,
        bank_code: &typed.bank_code,
        email: &typed.email,
    };
    let (holder, address) = match given.parse(kind) {
        Ok(parsed) => parsed,
        Err(faults) => {
            faults.into_iter().for_each(|fault| errors.add(fault.field(), words::fault(ctx.locale, fault)));
            return Ok(Err((kind, errors)));
        }
    };
    match confirm(ctx, typed.password.clone()).await? {
        Confirmed::Yes => {}
        Confirmed::Wrong => errors.add("password", tr!(ctx.locale, payout_methods.password_wrong)),
        Confirmed::MustWait => {
            errors.add("password", tr!(ctx.locale, sign_in.must_wait, minutes = FAILURE_WINDOW_MINUTES));
        }
    }
    if !errors.is_empty() {
        return Ok(Err((kind, errors)));
    }
    let new = store::New {
        kind,
        holder,
        masked: address.masked(),
        sealed: seal(&ctx.secrets, member.partner, &address)?,
        says_more: !typed.bic.trim().is_empty(),
        form_key,
        // Without a mail server the password is the confirmation.
        awaits_mail: ctx.mail.sends(),
    };
    let mut tx = ctx.begin().await?;
    let (before, after, usable_from, waits) = match store::set_method(&mut tx, member, &new, ctx.now()).await? {
        Set::Done { before, after, usable_from } => (before, after, usable_from, false),
        Set::Waits { after, usable_from } => (None, after, usable_from, true),
        Set::Kept { live } => {
            let change = Change {
                action: "payout_method.kept",
                subject: format!("payout_method/{live}"),
                partner: Some(member.partner),
                ..Change::default()
            };
            record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
            tx.commit().await?;
            return Ok(Ok(false));
        }
        Set::Unchanged => return Ok(Ok(false)),
        Set::ServesAnother => {
            errors.add(kind.account_field(), tr!(ctx.locale, payout_methods.serves_another));
            return Ok(Err((kind, errors)));
        }
    };
    let change = Change {
        action: "payout_method.set",
        subject: format!("payout_method/{after}"),
        partner: Some(member.partner),
        before: before.map(|id| json!({ "payout_method": id })),
        after: Some(json!({ "payout_method": after, "kind": kind.as_str(), "usable_from": usable_from })),
        ..Change::default()
    };
    record(&mut tx, &ctx.actor, ctx.now(), &ctx.request_id, change).await?;
    if waits {
        store::ask_first(&mut tx, &ctx.mail, &ctx.secrets, member, after, ctx.now()).await?;
    }
    store::tell_others(&mut tx, &ctx.mail, member, after, ctx.now()).await?;
    tx.commit().await?;
    Ok(Ok(waits))
}
