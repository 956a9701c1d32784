//! What owners and the desk do with packages: plain forms, sent to four server functions.

mod decide;
mod owner;
mod propose;

pub use decide::{DecidePromo, DecisionForm, decide, decide_promo};
pub use owner::{
    AddPromoPackage, BudgetForm, PackageForm, SetPromoBudget, add, add_promo_package, budget, set_promo_budget,
};
pub use propose::{ProposalForm, ProposePromo, propose, propose_promo};

use crate::base::context::Context;
use crate::base::forms::Errors;
use crate::base::language::tr;

/// The longest text of a form here.
const LONGEST: usize = 4_000;

/// A text without blanks around it; what is wrong with it stands beside its field.
fn text_of(ctx: &Context, field: &str, typed: &str, required: bool, errors: &mut Errors) -> String {
    let text = typed.replace("\r\n", "\n").replace('\0', "").trim().to_owned();
    if text.is_empty() && required {
        errors.add(field, tr!(ctx.locale, approvals.reason_missing));
    } else if text.chars().count() > LONGEST {
        errors.add(field, tr!(ctx.locale, approvals.reason_too_long, most = LONGEST));
    }
    text
}

/// What a refusal of the database means to whoever grants; `None` where it is none of theirs.
fn refusal(ctx: &Context, constraint: &str) -> Option<String> {
    let locale = ctx.locale;
    Some(match constraint {
        "promo_budget_not_exceeded" => tr!(locale, promo.error_budget),
        "promo_grant_once_a_package" => tr!(locale, promo.error_has_it),
        "promo_grant_within_its_period" | "promo_decision_within_its_period" => tr!(locale, promo.error_over),
        "promo_grant_to_an_active_partner" => tr!(locale, promo.error_partner),
        "promo_decision_not_by_its_author" => tr!(locale, promo.error_own),
        "promo_decision_sole_control_only_when_alone" => tr!(locale, promo.error_own),
        _ => return None,
    })
}
