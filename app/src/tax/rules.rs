//! What a payout comes to. Pure; the database works the same out again from nothing (`check_payout_tax`).

use super::model::{Invoices, Kind, Policy, Profile, Taxed, Terms, Vat, Worked};
use crate::base::money::Money;
use crate::payout_methods::model::MethodKind;
use rust_decimal::Decimal;

/// The tax data that the policy asks for is missing, or says too little.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the partner's tax data is missing")]
pub struct FormMissing;

/// Whether a partner's tax data is all that the policy asks for before it pays.
pub fn form_missing(terms: &Terms, profile: Option<&Profile>) -> bool {
    let suffices = |profile: &Profile| {
        // An invoice at home names the supplier's number, and may be written for them only if they agreed beforehand.
        (profile.address.country != terms.address.country || profile.tax_number.is_some())
            && (terms.invoices != Invoices::SelfBilled || profile.agrees_self_billing)
    };
    terms.needs_profile && !profile.is_some_and(suffices)
}

/// What leaves the house where `net` was earned. Without a policy, all of it. Without a method no fee is known yet.
///
/// # Errors
/// [`FormMissing`].
pub fn work_out(
    net: Money,
    method: Option<MethodKind>,
    policy: Option<&Policy>,
    profile: Option<&Profile>,
) -> Result<Worked, FormMissing> {
    let Some(policy) = policy else { return Ok(Worked::plain(net.amount)) };
    if form_missing(&policy.terms, profile) {
        return Err(FormMissing);
    }
    let treatment = treatment(&policy.terms, profile);
    let vat_percent = if treatment == Vat::Domestic { policy.terms.vat_percent } else { Decimal::ZERO };
    let withheld_percent = withheld_percent(&policy.terms, profile);
    let part = |percent: Decimal| net.currency.round(net.amount * percent / Decimal::ONE_HUNDRED);
    let (vat, withheld) = (part(vat_percent), part(withheld_percent));
    let fee = match method {
        Some(kind) if net.currency == policy.currency => policy.terms.fees.of(kind),
        _ => Decimal::ZERO,
    };
    let total = net.amount + vat - withheld - fee;
    Ok(Worked { net: net.amount, treatment, vat_percent, vat, withheld_percent, withheld, fee, total })
}

impl Taxed {
    /// What leaves the house where `net` was earned: [`work_out`].
    ///
    /// # Errors
    /// [`FormMissing`].
    pub fn work_out(&self, net: Money) -> Result<Worked, FormMissing> {
        work_out(net, self.method, self.policy.as_deref(), self.profile.as_ref())
    }

    /// Whether the policy asks for tax data that is not there.
    pub fn form_missing(&self) -> bool {
        self.policy.as_ref().is_some_and(|policy| form_missing(&policy.terms, self.profile.as_ref()))
    }
}

/// How the partner's service is taxed. Between businesses it belongs where the customer is (Directive 2006/112/EC, article
/// 44), who owes the tax where both are in the Union (article 196).
fn treatment(terms: &Terms, profile: Option<&Profile>) -> Vat {
    let (home, Some(profile)) = (terms.address.country, profile) else { return Vat::None };
    let (country, registered) = (profile.address.country, profile.vat_number.is_some());
    match (country == home, registered) {
        (true, true) => Vat::Domestic,
        (true, false) => Vat::None,
        (false, true) if home.is_eu() && country.is_eu() => Vat::ReverseCharge,
        _ => Vat::OutsideScope,
    }
}

fn withheld_percent(terms: &Terms, profile: Option<&Profile>) -> Decimal {
    match profile {
        Some(profile) if profile.address.country == terms.address.country => match profile.kind {
            Kind::Person => terms.withhold_domestic,
            Kind::Company => Decimal::ZERO,
        },
        Some(profile) if profile.tax_number.is_none() => terms.withhold_foreign,
        _ => Decimal::ZERO,
    }
}

#[cfg(test)]
mod tests;
