//! What lines of answers say, and why a file is refused, in the reader's words.

use crate::base::format;
use crate::base::language::{Locale, tr};
use crate::settlement::files::codes::{Meaning, meaning};
use crate::settlement::files::{FileError, Outcome};
use crate::settlement::model::{Disposition, Report};
use crate::settlement::store::LineFound;

/// A kind of answer, by the name its readers know it by.
pub fn kind(code: &str) -> String {
    match code {
        "plain" => "CSV".to_owned(),
        "paypal" => "PayPal".to_owned(),
        "wise" => "Wise".to_owned(),
        message => message.to_owned(),
    }
}

/// What a line says became of the money.
pub fn outcome(locale: Locale, outcome: Outcome) -> String {
    match outcome {
        Outcome::Accepted => tr!(locale, runs.says_accepted),
        Outcome::Settled => tr!(locale, runs.says_settled),
        Outcome::Rejected => tr!(locale, runs.says_rejected),
        Outcome::Returned => tr!(locale, runs.says_returned),
        Outcome::Unknown => tr!(locale, runs.says_unknown),
    }
}

/// Why a line waits.
pub fn why(locale: Locale, found: &LineFound) -> String {
    let named = found.named.as_ref();
    match (found.waiting.why, named) {
        (Disposition::WrongAmount, Some(named)) => tr!(
            locale,
            runs.waits_amount,
            reference = named.reference.clone(),
            amount = format::money(locale, named.amount)
        ),
        (Disposition::WrongAmount, None) => tr!(locale, runs.waits_amount_file),
        (Disposition::Contradicts, Some(named)) => tr!(
            locale,
            runs.waits_contradicts,
            reference = named.reference.clone(),
            state = crate::payout_runs::page::words::state(locale, named.state).to_lowercase()
        ),
        (Disposition::Contradicts, None) => tr!(locale, runs.waits_contradicts_file),
        _ if found.waiting.target.is_empty() => tr!(locale, runs.waits_unnamed),
        _ => tr!(locale, runs.waits_unmatched),
    }
}

/// What reading a file did.
pub fn report(locale: Locale, report: &Report) -> String {
    let count = |count| format::count(locale, count);
    tr!(
        locale,
        runs.report,
        lines = count(report.lines),
        applied = count(report.applied),
        known = count(report.known),
        noted = count(report.noted),
        waiting = count(report.waiting)
    )
}

/// A reason code with what it means, where that is known.
pub fn code_words(locale: Locale, code: &str) -> String {
    let Some(meaning) = meaning(code) else { return code.to_owned() };
    let words = match meaning {
        Meaning::AccountClosed => tr!(locale, runs.code_account_closed),
        Meaning::AccountNumberWrong => tr!(locale, runs.code_account_number_wrong),
        Meaning::AccountBlocked => tr!(locale, runs.code_account_blocked),
        Meaning::AccountUnsuitable => tr!(locale, runs.code_account_unsuitable),
        Meaning::NameMismatch => tr!(locale, runs.code_name_mismatch),
        Meaning::AddressIncomplete => tr!(locale, runs.code_address_incomplete),
        Meaning::CreditorDeceased => tr!(locale, runs.code_creditor_deceased),
        Meaning::BankWrong => tr!(locale, runs.code_bank_wrong),
        Meaning::NotClaimed => tr!(locale, runs.code_not_claimed),
        Meaning::AmountRefused => tr!(locale, runs.code_amount_refused),
        Meaning::Duplicate => tr!(locale, runs.code_duplicate),
        Meaning::InsufficientFunds => tr!(locale, runs.code_insufficient_funds),
        Meaning::ProgrammeAccount => tr!(locale, runs.code_programme_account),
        Meaning::Regulatory => tr!(locale, runs.code_regulatory),
        Meaning::FraudSuspected => tr!(locale, runs.code_fraud_suspected),
        Meaning::FormatWrong => tr!(locale, runs.code_format_wrong),
        Meaning::BankTrouble => tr!(locale, runs.code_bank_trouble),
        Meaning::ReturnedOnRequest => tr!(locale, runs.code_returned_on_request),
        Meaning::ReasonNotGiven => tr!(locale, runs.code_reason_not_given),
    };
    format!("{code}: {words}")
}

/// Why a file was refused as a whole.
pub fn file_error(locale: Locale, error: &FileError) -> String {
    match error {
        FileError::Empty => tr!(locale, runs.answer_empty),
        FileError::UnknownKind
        | FileError::WrongRoot { .. }
        | FileError::UnknownNamespace { .. }
        | FileError::UnknownColumns { .. }
        | FileError::NestedZip => tr!(locale, runs.answer_unknown_kind),
        FileError::TooLarge { .. } => tr!(locale, runs.answer_too_long),
        FileError::Truncated { .. } => tr!(locale, runs.answer_cut_off),
        // The rest is for whoever made the file, and names place and element as the standard does.
        other => tr!(locale, runs.answer_malformed, why = other.to_string()),
    }
}
