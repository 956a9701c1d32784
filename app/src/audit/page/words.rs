//! The record's codes in the reader's words. What has no words here is shown as it is written.

use crate::approvals::model::Verdict;
use crate::base::actor::Role;
use crate::base::context::Context;
use crate::base::format;
use crate::base::ids::{CaseId, PayoutRunId, ProposalId};
use crate::base::language::{Locale, tr};
use crate::base::money::{Currency, Money};
use crate::disputes;
use crate::disputes::model::{Kind, Outcome, Reason, Stage};
use crate::paths;
use crate::payout_methods;
use crate::payout_methods::model::MethodKind;
use crate::payout_runs;
use crate::payout_runs::export::Format;
use crate::payout_runs::model::State;
use crate::settlement;
use crate::tax;
use crate::tax::countries::Country;
use crate::tax::model::Invoices;
use crate::terms::model::Field;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// What was done.
pub(super) fn action(locale: Locale, code: &str) -> String {
    match code {
        "contest.begun" => tr!(locale, audit.contest_begun),
        "contest.let_go" => tr!(locale, audit.contest_let_go),
        "contest.ran_out" => tr!(locale, audit.contest_ran_out),
        "contest.rejected" => tr!(locale, audit.contest_rejected),
        "case.appealed" => tr!(locale, ends.audit_appealed),
        "case.appeal_decided" => tr!(locale, ends.audit_appeal_decided),
        "case.escalated" => tr!(locale, ends.audit_escalated),
        "case.sent_back" => tr!(locale, ends.audit_sent_back),
        "case.escalated_by_silence" => tr!(locale, ends.audit_escalated_by_silence),
        "case.decided_by_silence" => tr!(locale, ends.audit_decided_by_silence),
        "case.credited_provisionally" => tr!(locale, ends.audit_credited_provisionally),
        "case.provisional_ended" => tr!(locale, ends.audit_provisional_ended),
        "case.rated" => tr!(locale, ends.audit_rated),
        "case.told" => tr!(locale, ends.audit_told),
        "enquiry.asked" => tr!(locale, ends.audit_enquiry_asked),
        "enquiry.answered" => tr!(locale, ends.audit_enquiry_answered),
        "enquiry.reminded" => tr!(locale, advertiser.audit_reminded),
        "enquiry.told" => tr!(locale, ends.audit_enquiry_told),
        "claim.linked" => tr!(locale, ends.audit_claim_linked),
        "policy.provisional_set" => tr!(locale, ends.audit_provisional_set),
        "policy.silence_set" => tr!(locale, ends.audit_silence_set),
        "proposal.countered" => tr!(locale, agreement.audit_countered),
        "counter.accepted" => tr!(locale, agreement.audit_accepted),
        "counter.declined" => tr!(locale, agreement.audit_declined),
        "counter.lapsed" => tr!(locale, agreement.audit_lapsed),
        "terms.acknowledged" => tr!(locale, agreement.audit_acknowledged),
        "terms.ending_told" => tr!(locale, ending.audit_told),
        "correction.proposed" => tr!(locale, corrections.audit_proposed),
        "correction.approved" => tr!(locale, corrections.audit_approved),
        "correction.rejected" => tr!(locale, corrections.audit_rejected),
        "correction.booked" => tr!(locale, corrections.audit_booked),
        "terms.acknowledged_by_silence" => tr!(locale, agreement.audit_silent),
        "terms.objected" => tr!(locale, agreement.audit_objected),
        "terms.change_stopped" => tr!(locale, agreement.audit_stopped),
        "terms.asked" => tr!(locale, agreement.audit_asked),
        "terms.request_declined" => tr!(locale, agreement.audit_request_declined),
        "digest.mailed" => tr!(locale, digest.audit_mailed),
        "digest.mail_set" => tr!(locale, digest.audit_mail_set),
        "policy.authority_set" => tr!(locale, authority.audit_authority),
        "policy.floor_set" => tr!(locale, authority.audit_floor),
        "policy.decreases_set" => tr!(locale, authority.audit_decreases),
        "case.opened" => tr!(locale, audit.case_opened),
        "case.ran_out_known" => tr!(locale, clocks.audit_known),
        "case.clock_ran_out" => tr!(locale, audit.case_clock_ran_out),
        "case.answered" => tr!(locale, audit.case_answered),
        "case.logged" => tr!(locale, channels.audit_logged),
        "case.taken" => tr!(locale, audit.case_taken),
        "case.assigned" => tr!(locale, work.audit_assigned),
        "case.given_out" => tr!(locale, work.audit_given_out),
        "case.snoozed" => tr!(locale, work.audit_snoozed),
        "case.woken" => tr!(locale, work.audit_woken),
        "case.undone" => tr!(locale, work.audit_undone),
        "case.merged" => tr!(locale, work.audit_merged),
        "case.took_in" => tr!(locale, work.audit_took_in),
        "case.linked" => tr!(locale, work.audit_linked),
        "case.unlinked" => tr!(locale, work.audit_unlinked),
        "turns.switched" => tr!(locale, work.audit_turns_switched),
        "staff.case_limit_set" => tr!(locale, work.audit_limit_set),
        "staff.keys_set" => tr!(locale, work.audit_keys_set),
        "case.replied" => tr!(locale, audit.case_replied),
        "case.noted" => tr!(locale, audit.case_noted),
        "case.needs_no_answer" => tr!(locale, audit.case_needs_no_answer),
        "case.decided" => tr!(locale, audit.case_decided),
        "case.closed" => tr!(locale, audit.case_closed),
        "view.saved" => tr!(locale, views.audit_saved),
        "view.renamed" => tr!(locale, views.audit_renamed),
        "view.moved" => tr!(locale, views.audit_moved),
        "view.deleted" => tr!(locale, views.audit_deleted),
        "macro.written" => tr!(locale, macros.audit_written),
        "macro.retired" => tr!(locale, macros.audit_retired),
        "article.written" => tr!(locale, help.audit_written),
        "article.published" => tr!(locale, help.audit_published),
        "article.retired" => tr!(locale, help.audit_retired),
        "article.rated" => tr!(locale, help.audit_rated),
        "first_steps.dismissed" => tr!(locale, help.audit_steps_dismissed),
        "desk.set" => tr!(locale, live.audit_knock),
        "mail.quarantined" => tr!(locale, inbox.audit_mail_quarantined),
        "mail.disposed" => tr!(locale, inbox.audit_mail_disposed),
        "person.address_failed" => tr!(locale, inbox.audit_address_failed),
        "person.address_works" => tr!(locale, inbox.audit_address_works),
        "commissions.released" => tr!(locale, audit.commissions_released),
        "incident.opened" => tr!(locale, incidents.audit_opened),
        "incident.updated" => tr!(locale, incidents.audit_updated),
        "incident.closed" => tr!(locale, incidents.audit_closed),
        "incident.cases_put" => tr!(locale, incidents.audit_put),
        "incident.case_taken_out" => tr!(locale, incidents.audit_taken_out),
        "bulletin_policy.set" => tr!(locale, bulletins.audit_policy),
        "complaint.logged" => tr!(locale, complaints.audit_logged),
        "complaint.ended" => tr!(locale, complaints.audit_ended),
        "case.given_away" => tr!(locale, given_away.audit),
        "practice.made" => tr!(locale, practice.audit_made),
        "practice.withdrawn" => tr!(locale, practice.audit_withdrawn),
        "practice.tried" => tr!(locale, practice.audit_tried),
        "practice.marked" => tr!(locale, practice.audit_marked),
        "practice_policy.set" => tr!(locale, practice.audit_policy),
        "funds.booked" => tr!(locale, audit.funds_booked),
        "month.closed" => tr!(locale, audit.month_closed),
        "journal.exported" => tr!(locale, audit.journal_exported),
        "conversions.imported" => tr!(locale, audit.conversions_imported),
        "offer.created" => tr!(locale, audit.offer_created),
        "partner.invited" => tr!(locale, audit.partner_invited),
        "partner.member_joined" => tr!(locale, audit.partner_joined),
        "partner.review_started" => tr!(locale, audit.partner_review_started),
        "partner.review_ended" => tr!(locale, audit.partner_review_ended),
        "payout_method.set" => tr!(locale, audit.payout_method_set),
        "payout_method.confirmed" => tr!(locale, confirmation.audit_confirmed),
        "payout_method.cancelled" => tr!(locale, confirmation.audit_cancelled),
        "payout_method.kept" => tr!(locale, confirmation.audit_kept),
        "mail.sent_again" => tr!(locale, mail.audit_again),
        "payout_method.revealed" => tr!(locale, audit.payout_method_revealed),
        "tax_policy.set" => tr!(locale, tax.audit_policy_set),
        "tax_profile.set" => tr!(locale, tax.audit_profile_set),
        "tax_profile.revealed" => tr!(locale, tax.audit_profile_revealed),
        "partner_invoice.sent" => tr!(locale, tax.audit_invoice_sent),
        "partner_invoice.accepted" => tr!(locale, tax.audit_invoice_accepted),
        "partner_invoice.refused" => tr!(locale, tax.audit_invoice_refused),
        "payout.held" => tr!(locale, audit.payout_held),
        "payout.let_go" => tr!(locale, audit.payout_let_go),
        "payout.cancelled" => tr!(locale, audit.payout_cancelled),
        "payout_file.made" => tr!(locale, audit.payout_file_made),
        "wise_header.set" => tr!(locale, wise_header.audit_set),
        "payout_file.downloaded" => tr!(locale, audit.payout_file_downloaded),
        "payout_file.withdrawn" => tr!(locale, audit.payout_file_withdrawn),
        "payout_run.work_asked" => tr!(locale, run_work.audit_asked),
        "payout_run.started" => tr!(locale, audit.payout_run_started),
        "payout_run.built" => tr!(locale, audit.payout_run_built),
        "payout_run.released" => tr!(locale, audit.payout_run_released),
        "payout_run.cancelled" => tr!(locale, audit.payout_run_cancelled),
        "payout_run.delayed" => tr!(locale, audit.payout_run_delayed),
        "payout_methods.set" => tr!(locale, audit.payout_methods_set),
        "programme.account_set" => tr!(locale, audit.programme_account_set),
        "settlement.read" => tr!(locale, audit.settlement_read),
        "settlement.matched" => tr!(locale, audit.settlement_matched),
        "settlement.dismissed" => tr!(locale, audit.settlement_dismissed),
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
        "enquiry" => tr!(locale, ends.audit_on_enquiry, id = id.to_owned()),
        "claim" => tr!(locale, ends.audit_on_claim, id = id.to_owned()),
        "incident" => tr!(locale, incidents.audit_on, id = id.to_owned()),
        "complaint" => tr!(locale, complaints.audit_on, id = id.to_owned()),
        "practice" => tr!(locale, practice.audit_on, id = id.to_owned()),
        "solution" => tr!(locale, practice.audit_on_solution, id = id.to_owned()),
        "contest" => tr!(locale, audit.on_contest, id = id.to_owned()),
        "proposal" => tr!(locale, audit.on_proposal, id = id.to_owned()),
        "correction" => tr!(locale, corrections.on_correction, id = id.to_owned()),
        "partner" => tr!(locale, audit.on_partner, id = id.to_owned()),
        "import" => tr!(locale, audit.on_import, id = id.to_owned()),
        "offer" => tr!(locale, audit.on_offer, id = id.to_owned()),
        "programme" => tr!(locale, audit.on_programme, id = id.to_owned()),
        "payout_method" => tr!(locale, audit.on_payout_method, id = id.to_owned()),
        "mail" => tr!(locale, mail.audit_on, id = id.to_owned()),
        "tax_profile" => tr!(locale, tax.audit_on_profile, id = id.to_owned()),
        "payout" => tr!(locale, audit.on_payout, id = id.to_owned()),
        "payout_run" => tr!(locale, audit.on_payout_run, id = id.to_owned()),
        "payout_file" => tr!(locale, audit.on_payout_file, id = id.to_owned()),
        "settlement_file" => tr!(locale, audit.on_settlement_file, id = id.to_owned()),
        "settlement_line" => tr!(locale, audit.on_settlement_line, id = id.to_owned()),
        "transfer" => tr!(locale, audit.on_transfer, id = id.to_owned()),
        "terms_version" => tr!(locale, audit.on_terms_version, id = id.to_owned()),
        "person" => tr!(locale, audit.on_person, id = id.to_owned()),
        "digest" => tr!(locale, digest.audit_on, id = id.to_owned()),
        "terms_request" => tr!(locale, audit.on_terms_request, id = id.to_owned()),
        "macro" => tr!(locale, audit.on_macro, id = id.to_owned()),
        "saved_view" => tr!(locale, audit.on_saved_view, id = id.to_owned()),
        "article" => tr!(locale, audit.on_article, id = id.to_owned()),
        _ => subject.to_owned(),
    }
}

/// Where it can be looked at, if it has a page that every reader of the record may open.
pub(super) fn subject_path(subject: &str) -> Option<String> {
    let (kind, id) = subject.split_once('/')?;
    match kind {
        "case" => Some(paths::case(id.parse::<CaseId>().ok()?)),
        "contest" => Some(paths::contest(id.parse().ok()?)),
        "proposal" => Some(paths::proposal(id.parse::<ProposalId>().ok()?)),
        "correction" => Some(paths::correction(id.parse().ok()?)),
        "payout_run" => Some(paths::run(id.parse::<PayoutRunId>().ok()?)),
        "settlement_file" => Some(paths::answer(id.parse().ok()?)),
        "settlement_line" => {
            let (file, line) = id.split_once('/')?;
            Some(paths::answer_line(file.parse().ok()?, line.parse().ok()?))
        }
        _ => None,
    }
}

/// A value of a fact: codes in words, moments and broken numbers as the reader writes them, the rest as it is (ids are
/// not to be grouped).
pub(super) fn value(ctx: &Context, name: &str, text: &str) -> String {
    if let Some(words) = code(ctx.locale, name, text) {
        return words;
    }
    if let Ok(serde_json::Value::Array(items)) = serde_json::from_str(text) {
        return list(ctx, &items);
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

/// Several values of a fact: what is short stands there, of what is not its number.
fn list(ctx: &Context, items: &[serde_json::Value]) -> String {
    let short = |item: &serde_json::Value| match item {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let words: Option<Vec<_>> = items.iter().map(short).collect();
    match words {
        Some(words) => words.join(", "),
        None => format::count(ctx.locale, i64::try_from(items.len()).unwrap_or(i64::MAX)),
    }
}

/// A code of a fact whose codes are known.
fn code(locale: Locale, name: &str, text: &str) -> Option<String> {
    Some(match name {
        "stage" => match Stage::parse(text)? {
            Stage::AnswerNeeded => tr!(locale, desk.stage_answer_needed),
            stage => disputes::words::stage(locale, stage),
        },
        "clock" => crate::clocks::page::clock_words(locale, crate::clocks::model::Clock::parse(text)?),
        "told" if text == "lead" => tr!(locale, clocks.told_lead),
        "told" if text == "owner" => tr!(locale, clocks.told_owner),
        "totals" => totals(locale, text)?,
        "invoices" => tax::words::invoices(locale, Invoices::parse(text)?),
        "country" => tax::words::country(locale, Country::parse(text)?),
        "format" => payout_runs::page::words::format(locale, Format::parse(text)?),
        "state" => payout_runs::page::words::state(locale, State::parse(text)?),
        "outcome" if settlement::model::outcome(text).is_some() => {
            settlement::page::words::outcome(locale, settlement::model::outcome(text)?)
        }
        "outcome" => match Outcome::parse(text)? {
            Outcome::InFavour => tr!(locale, desk.outcome_in_favour),
            Outcome::InPart => tr!(locale, desk.outcome_in_part),
            Outcome::Declined => tr!(locale, desk.outcome_declined),
        },
        "reason" => disputes::words::reason(locale, Reason::parse(text)?),
        "verdict" => match Verdict::parse(text)? {
            Verdict::Countered => tr!(locale, agreement.countered),
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
            "funding" => tr!(locale, funds.kind_funding),
            "funding_return" => tr!(locale, funds.kind_funding_return),
            "bank_fee" => tr!(locale, funds.kind_bank_fee),
            "bank_fee_return" => tr!(locale, funds.kind_bank_fee_return),
            "plain" => settlement::page::words::kind(text),
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

/// What a run came to, by currency: `3 payouts, £120.50`.
fn totals(locale: Locale, text: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Sum {
        currency: Currency,
        payouts: i64,
        amount: Decimal,
    }
    let sums: Vec<Sum> = serde_json::from_str(text).ok()?;
    let worth =
        |sum: Sum| payout_runs::page::words::worth(locale, sum.payouts, &[Money::new(sum.amount, sum.currency)]);
    Some(sums.into_iter().map(worth).collect::<Vec<_>>().join(" · "))
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
        assert_eq!(subject_path("settlement_line/4/2").as_deref(), Some("/answers/4/2"));
        assert_eq!(subject_path("payout_run/12").as_deref(), Some("/runs/12"));
    }
}
