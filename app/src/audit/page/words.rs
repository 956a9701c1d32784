//! The record's codes in the reader's words. What has no words here is shown as it is written.

use crate::approvals::model::Verdict;
use crate::base::actor::Role;
use crate::base::context::Context;
use crate::base::format;
use crate::base::ids::{CaseId, ProposalId};
use crate::base::language::{Locale, tr};
use crate::disputes;
use crate::disputes::model::{Kind, Outcome, Reason, Stage};
use crate::paths;
use crate::payout_methods;
use crate::payout_methods::model::MethodKind;
use crate::terms::model::Field;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// What was done.
pub(super) fn action(locale: Locale, code: &str) -> String {
    match code {
        "case.opened" => tr!(locale, audit.case_opened),
        "case.answered" => tr!(locale, audit.case_answered),
        "case.taken" => tr!(locale, audit.case_taken),
        "case.replied" => tr!(locale, audit.case_replied),
        "case.noted" => tr!(locale, audit.case_noted),
        "case.needs_no_answer" => tr!(locale, audit.case_needs_no_answer),
        "case.decided" => tr!(locale, audit.case_decided),
        "case.closed" => tr!(locale, audit.case_closed),
        "commissions.released" => tr!(locale, audit.commissions_released),
        "month.closed" => tr!(locale, audit.month_closed),
        "conversions.imported" => tr!(locale, audit.conversions_imported),
        "offer.created" => tr!(locale, audit.offer_created),
        "partner.invited" => tr!(locale, audit.partner_invited),
        "partner.member_joined" => tr!(locale, audit.partner_joined),
        "partner.review_started" => tr!(locale, audit.partner_review_started),
        "partner.review_ended" => tr!(locale, audit.partner_review_ended),
        "payout_method.set" => tr!(locale, audit.payout_method_set),
        "payout_method.revealed" => tr!(locale, audit.payout_method_revealed),
        "payout_methods.set" => tr!(locale, audit.payout_methods_set),
        "programme.created" => tr!(locale, audit.programme_created),
        "proposal.made" => tr!(locale, audit.proposal_made),
        "proposal.approved" => tr!(locale, audit.proposal_approved),
        "proposal.rejected" => tr!(locale, audit.proposal_rejected),
        "staff.created" => tr!(locale, audit.staff_created),
        "terms.minimum_lowered" => tr!(locale, audit.terms_minimum_lowered),
        "terms.set" => tr!(locale, audit.terms_set),
        code => code.to_owned(),
    }
}

/// What it was done to: `case/12` is "Case 12".
pub(super) fn subject(locale: Locale, subject: &str) -> String {
    let Some((kind, id)) = subject.split_once('/') else {
        return if subject == "commissions" { tr!(locale, audit.fact_commissions) } else { subject.to_owned() };
    };
    match kind {
        "case" => tr!(locale, audit.on_case, id = id.to_owned()),
        "proposal" => tr!(locale, audit.on_proposal, id = id.to_owned()),
        "partner" => tr!(locale, audit.on_partner, id = id.to_owned()),
        "import" => tr!(locale, audit.on_import, id = id.to_owned()),
        "offer" => tr!(locale, audit.on_offer, id = id.to_owned()),
        "programme" => tr!(locale, audit.on_programme, id = id.to_owned()),
        "payout_method" => tr!(locale, audit.on_payout_method, id = id.to_owned()),
        "terms_version" => tr!(locale, audit.on_terms_version, id = id.to_owned()),
        "person" => tr!(locale, audit.on_person, id = id.to_owned()),
        _ => subject.to_owned(),
    }
}

/// Where it can be looked at, if it has a page that every reader of the record may open.
pub(super) fn subject_path(subject: &str) -> Option<String> {
    let (kind, id) = subject.split_once('/')?;
    match kind {
        "case" => Some(paths::case(id.parse::<CaseId>().ok()?)),
        "proposal" => Some(paths::proposal(id.parse::<ProposalId>().ok()?)),
        _ => None,
    }
}

/// The name of a fact.
pub(super) fn fact(locale: Locale, name: &str) -> String {
    match name {
        "amount" => tr!(locale, audit.fact_amount),
        "assignee" => tr!(locale, audit.fact_assignee),
        "authority" => tr!(locale, audit.fact_authority),
        "case" => tr!(locale, audit.fact_case),
        "currency" => tr!(locale, audit.fact_currency),
        "expires_at" => tr!(locale, audit.fact_expires_at),
        "field" => tr!(locale, audit.fact_field),
        "hold_days" => tr!(locale, audit.fact_hold_days),
        "kind" => tr!(locale, audit.fact_kind),
        "lowest_minimum" => tr!(locale, audit.fact_lowest_minimum),
        "minimum" => tr!(locale, audit.fact_minimum),
        "offer" => tr!(locale, audit.fact_offer),
        "outcome" => tr!(locale, audit.fact_outcome),
        "partner" => tr!(locale, audit.fact_partner),
        "programme" => tr!(locale, audit.fact_programme),
        "rate" => tr!(locale, audit.fact_rate),
        "reason" => tr!(locale, audit.fact_reason),
        "sole_control" => tr!(locale, audit.fact_sole_control),
        "stage" => tr!(locale, audit.fact_stage),
        "terms_version" => tr!(locale, audit.fact_terms_version),
        "transfer" => tr!(locale, audit.fact_transfer),
        "valid_from" => tr!(locale, audit.fact_valid_from),
        "value" => tr!(locale, audit.fact_value),
        "verdict" => tr!(locale, audit.fact_verdict),
        "report.accepted" => tr!(locale, audit.fact_accepted),
        "as_of" => tr!(locale, audit.fact_as_of),
        "code" => tr!(locale, audit.fact_code),
        "commissions" => tr!(locale, audit.fact_commissions),
        "conversion" => tr!(locale, audit.fact_conversion),
        "created" => tr!(locale, audit.fact_created),
        "report.duplicates" => tr!(locale, audit.fact_duplicates),
        "ends_at" => tr!(locale, audit.fact_ends_at),
        "fixed" => tr!(locale, audit.fact_fixed),
        "message" => tr!(locale, audit.fact_message),
        "note" => tr!(locale, audit.fact_note),
        "offers_created" => tr!(locale, audit.fact_offers_created),
        "partners_created" => tr!(locale, audit.fact_partners_created),
        "payout_method" => tr!(locale, audit.fact_payout_method),
        "report.changed" => tr!(locale, audit.fact_changed),
        "report.set" => tr!(locale, audit.fact_set),
        "report.unchanged" => tr!(locale, audit.fact_unchanged),
        "reveal" => tr!(locale, audit.fact_reveal),
        "usable_from" => tr!(locale, audit.fact_usable_from),
        "promised_at" => tr!(locale, audit.fact_promised_at),
        "report.rejected" => tr!(locale, audit.fact_rejected),
        "revenue" => tr!(locale, audit.fact_revenue),
        "review" => tr!(locale, audit.fact_review),
        "role" => tr!(locale, audit.fact_role),
        "report.rows" => tr!(locale, audit.fact_rows),
        "transfers" => tr!(locale, audit.fact_transfers),
        "validation" => tr!(locale, approvals.field_validation),
        name => name.replace('_', " "),
    }
}

/// A value of a fact: codes in words, moments and broken numbers as the reader writes them, the rest as it is (ids are
/// not to be grouped).
pub(super) fn value(ctx: &Context, name: &str, text: &str) -> String {
    if let Some(words) = code(ctx.locale, name, text) {
        return words;
    }
    match text {
        "true" => return tr!(ctx.locale, audit.yes),
        "false" => return tr!(ctx.locale, audit.no),
        _ => {}
    }
    if let Ok(at) = text.parse::<DateTime<Utc>>() {
        return format::date_time(ctx.locale, ctx.time_zone, at);
    }
    match text.parse::<Decimal>() {
        Ok(number) if text.contains('.') => format::number(ctx.locale, number),
        _ => text.to_owned(),
    }
}

/// A code of a fact whose codes are known.
fn code(locale: Locale, name: &str, text: &str) -> Option<String> {
    Some(match name {
        "stage" => match Stage::parse(text)? {
            Stage::AnswerNeeded => tr!(locale, desk.stage_answer_needed),
            stage => disputes::words::stage(locale, stage),
        },
        "outcome" => match Outcome::parse(text)? {
            Outcome::InFavour => tr!(locale, desk.outcome_in_favour),
            Outcome::InPart => tr!(locale, desk.outcome_in_part),
            Outcome::Declined => tr!(locale, desk.outcome_declined),
        },
        "reason" => disputes::words::reason(locale, Reason::parse(text)?),
        "verdict" => match Verdict::parse(text)? {
            Verdict::Approved => tr!(locale, approvals.approved),
            Verdict::Rejected => tr!(locale, approvals.rejected),
        },
        "field" => match Field::parse(text)? {
            Field::Rate => tr!(locale, approvals.field_rate),
            Field::HoldDays => tr!(locale, approvals.field_hold_days),
            Field::Validation => tr!(locale, approvals.field_validation),
            Field::Minimum => tr!(locale, approvals.field_minimum),
            Field::Schedule => tr!(locale, approvals.field_schedule),
        },
        "kind" => match text {
            "percent" => tr!(locale, audit.kind_percent),
            "fixed" => tr!(locale, audit.kind_fixed),
            "amount" => tr!(locale, audit.kind_amount),
            "days" => tr!(locale, audit.kind_days),
            "flag" => tr!(locale, audit.kind_flag),
            "weekly" => tr!(locale, audit.kind_weekly),
            "twice_monthly" => tr!(locale, audit.kind_twice_monthly),
            "monthly" => tr!(locale, audit.kind_monthly),
            text => match MethodKind::parse(text) {
                Some(kind) => payout_methods::words::kind(locale, kind),
                None => disputes::words::kind(locale, Kind::parse(text)?),
            },
        },
        "role" => match Role::parse(text)? {
            Role::Agent => tr!(locale, audit.role_agent),
            Role::Lead => tr!(locale, audit.role_lead),
            Role::Finance => tr!(locale, audit.role_finance),
            Role::Owner => tr!(locale, audit.role_owner),
            Role::Auditor => tr!(locale, audit.role_auditor),
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_words_keeps_its_code() {
        assert_eq!(action(Locale::es, "moon.landed"), "moon.landed");
        assert_eq!(subject(Locale::en, "case/12"), "Case 12");
        assert_eq!(subject(Locale::en, "moon/1"), "moon/1");
        assert_eq!(subject_path("case/12").as_deref(), Some("/desk/12"));
        assert_eq!(subject_path("case/../../etc"), None);
        assert_eq!(fact(Locale::en, "largest_credit"), "largest credit");
    }
}
