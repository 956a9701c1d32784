//! The desk proposes a package for the partner of a case; within the author's authority it is granted at once.

use super::{refusal, text_of};
use crate::approvals::store::authority_of;
use crate::audit::store::{Change, record};
use crate::base::access::Who;
use crate::base::context::{self, Context};
use crate::base::error::{AppError, constraint};
use crate::base::forms::{self, End, Errors};
use crate::base::ids::{CaseId, PromoPackageId};
use crate::base::language::tr;
use crate::desk;
use crate::mail;
use crate::paths;
use crate::promo::store::{self, Decide, Propose};
use crate::terms;
use leptos::prelude::*;
use serde_json::json;
use uuid::Uuid;

/// Proposes that the partner of a case gets a package.
///
/// # Errors
/// A status without details; what the writer can mend is told beside the fields instead.
#[server(prefix = "/do", endpoint = "propose-promo")]
pub async fn propose_promo(
    /// The case.
    case: String,
    /// The package.
    package: Option<String>,
    /// Why, for the owners.
    reason: Option<String>,
    /// Why, for the partner, where it is granted at once.
    reason_partner: Option<String>,
    /// The form's key: sent twice, it is done once.
    form_key: String,
) -> Result<(), ServerFnError> {
    let ctx = context::current()?;
    let form = ProposalForm {
        case,
        package: package.unwrap_or_default(),
        reason: reason.unwrap_or_default(),
        reason_partner: reason_partner.unwrap_or_default(),
        form_key,
    };
    let end = propose(&ctx, &form).await;
    let fields = [
        ("form_name", "propose-promo"),
        ("package", form.package.as_str()),
        ("reason", &form.reason),
        ("reason_partner", &form.reason_partner),
        ("form_key", &form.form_key),
    ];
    forms::finish(&ctx, &fields, end).await
}

/// The form, as typed.
#[derive(Clone, Debug, Default)]
pub struct ProposalForm {
    /// The case.
    pub case: String,
    /// The package.
    pub package: String,
    /// Why, for the owners.
    pub reason: String,
    /// Why, for the partner.
    pub reason_partner: String,
    /// The form's key.
    pub form_key: String,
}

/// Writes down who should get what and why, and the grant where the author's authority is enough.
///
/// # Errors
/// Who may not, what no form of ours sends, and a database that is away.
pub async fn propose(ctx: &Context, form: &ProposalForm) -> Result<End, AppError> {
    let staff = ctx.staff()?.clone();
    if !Who::Desk.includes(&ctx.actor) {
        return Err(AppError::Forbidden);
    }
    let key: Uuid = form.form_key.parse().map_err(|_| AppError::BadRequest("form_key"))?;
    let case: CaseId = form.case.parse().map_err(|_| AppError::NotFound)?;
    let back = paths::case(case);
    let done =
        |granted: bool| End::Done(format!("{back}?done={}", if granted { "promo_granted" } else { "promo_proposed" }));
    let mut tx = ctx.begin().await?;
    if let Some(is_decided) = store::by_form_key(&mut tx, key, staff.person).await? {
        return Ok(done(is_decided));
    }
    let partner = desk::store::partner_of(&mut tx, case).await?;
    let now = ctx.now();
    let mut errors = Errors::default();
    let id: Option<PromoPackageId> = form.package.parse().ok();
    let package = store::available(&mut tx, partner, now).await?.into_iter().find(|package| Some(package.id) == id);
    if package.is_none() {
        errors.add("package", tr!(ctx.locale, promo.error_package));
    }
    let reason = text_of(ctx, "reason", &form.reason, true, &mut errors);
    let reason_partner = text_of(ctx, "reason_partner", &form.reason_partner, true, &mut errors);
    let (Some(package), true) = (package, errors.is_empty()) else { return Ok(End::Refused(back, errors)) };

    let new = Propose { partner, case: Some(case), package: &package, reason: &reason, form_key: key };
    let written = async {
        let id = store::propose(&mut tx, &new, &staff, now).await?;
        let grant = store::find(&mut tx, id).await?;
        let own_currency = terms::store::currency(&mut tx, grant.programme).await?;
        let authority = authority_of(&mut tx, grant.programme, staff.person, now).await?;
        let authority = authority.filter(|authority| {
            package.bonus.currency == own_currency && package.bonus.amount <= authority.largest_credit
        });
        if let Some(authority) = authority {
            let decision = Decide {
                approved: true,
                authority: Some((authority.id, authority.largest_credit)),
                sole_control: false,
                reason_partner: &reason_partner,
                reason_house: "",
            };
            store::decide(&mut tx, &grant, &decision, &staff, now).await?;
            mail::store::promo(&mut tx, &ctx.mail, grant.partner, id, "reserved", now).await?;
        }
        let change = Change {
            action: if authority.is_some() { "promo.granted" } else { "promo.proposed" },
            subject: format!("promo_grant/{id}"),
            partner: Some(partner),
            on_behalf_of: Some(partner),
            after: Some(json!({
                "package": package.id, "bonus": package.bonus.amount, "currency": package.bonus.currency.code(), "case": case,
                "authority": authority.map(|authority| authority.id),
            })),
            ..Change::default()
        };
        record(&mut tx, &ctx.actor, now, &ctx.request_id, change).await?;
        Ok::<_, AppError>(authority.is_some())
    }
    .await;
    match written {
        Ok(granted) => {
            tx.commit().await?;
            Ok(done(granted))
        }
        Err(AppError::Database(error)) => match constraint(&error) {
            // Sent twice at once: the first one is as good.
            Some("promo_grant_form_once") => Ok(done(false)),
            name => {
                errors.add("", name.and_then(|name| refusal(ctx, name)).ok_or(AppError::Database(error))?);
                Ok(End::Refused(back, errors))
            }
        },
        Err(error) => Err(error),
    }
}
