//! Refusals and steps in the reader's words.

use super::model::Refusal;
use super::rules::{ReasonError, UntilError};
use crate::base::language::{Locale, tr};

/// Why a step was not done.
pub(super) fn refusal(locale: Locale, refusal: Refusal) -> String {
    match refusal {
        Refusal::NotFound => tr!(locale, work.refused_not_found),
        Refusal::Changed => tr!(locale, work.refused_changed),
        Refusal::Closed => tr!(locale, work.refused_closed),
        Refusal::Same => tr!(locale, work.refused_same),
        Refusal::NobodyFree => tr!(locale, work.refused_nobody_free),
        Refusal::NotOfTheDesk => tr!(locale, work.refused_not_of_the_desk),
        Refusal::Unanswered => tr!(locale, work.refused_unanswered),
        Refusal::NothingToMark => tr!(locale, work.refused_nothing_to_mark),
        Refusal::NotSnoozed => tr!(locale, work.refused_not_snoozed),
        Refusal::Itself => tr!(locale, work.refused_itself),
        Refusal::OtherPartner => tr!(locale, work.refused_other_partner),
        Refusal::Merged => tr!(locale, work.refused_merged),
        Refusal::Decided => tr!(locale, work.refused_decided),
        Refusal::AppealWaits => tr!(locale, appeals.error_close),
        Refusal::Provisional => tr!(locale, work.refused_provisional),
        Refusal::Asked => tr!(locale, work.refused_asked),
        Refusal::Escalated => tr!(locale, work.refused_escalated),
        Refusal::Linked => tr!(locale, work.refused_linked),
        Refusal::OtherProgramme => tr!(locale, work.refused_other_programme),
        Refusal::InIncident => tr!(locale, work.refused_in_incident),
        Refusal::Refused => tr!(locale, work.refused_by_rule),
    }
}

/// What is wrong with the day and time.
pub(super) fn until(locale: Locale, error: UntilError) -> String {
    match error {
        UntilError::NotATime => tr!(locale, work.error_until),
        UntilError::Past => tr!(locale, work.error_until_past),
        UntilError::TooFar => tr!(locale, work.error_until_far),
    }
}

/// What is wrong with the reason.
pub(super) fn reason(locale: Locale, error: ReasonError) -> String {
    match error {
        ReasonError::Blank => tr!(locale, work.error_reason_blank),
        ReasonError::TooLong => tr!(locale, work.error_reason_long),
    }
}
