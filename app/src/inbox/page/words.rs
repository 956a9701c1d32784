//! Mail in the reader's words.

use crate::base::format;
use crate::base::language::{Locale, tr};
use crate::inbox::model::Reason;

/// The quarantine in the navigation, with how many mails wait there.
pub fn room(locale: Locale, waiting: i64) -> String {
    match waiting {
        0 => tr!(locale, inbox.room),
        count => tr!(locale, inbox.room_waiting, count = format::count(locale, count)),
    }
}

/// Why a mail waits, in a word.
pub(super) fn reason(locale: Locale, reason: Reason) -> String {
    match reason {
        Reason::Stranger => tr!(locale, inbox.reason_stranger),
        Reason::SeveralAccounts => tr!(locale, inbox.reason_several_accounts),
        Reason::Bounce => tr!(locale, inbox.reason_bounce),
        Reason::Machine => tr!(locale, inbox.reason_machine),
        Reason::Loop => tr!(locale, inbox.reason_loop),
        Reason::Broken => tr!(locale, inbox.reason_broken),
        Reason::Forged => tr!(locale, inbox.reason_forged),
        Reason::TooLarge => tr!(locale, inbox.reason_too_large),
        Reason::Unproven => tr!(locale, inbox.reason_unproven),
    }
}

/// The same as a sentence, with what to do.
pub(super) fn explained(locale: Locale, reason: Reason) -> String {
    match reason {
        Reason::Stranger => tr!(locale, inbox.explained_stranger),
        Reason::SeveralAccounts => tr!(locale, inbox.explained_several_accounts),
        Reason::Bounce => tr!(locale, inbox.explained_bounce),
        Reason::Machine => tr!(locale, inbox.explained_machine),
        Reason::Loop => tr!(locale, inbox.explained_loop),
        Reason::Broken => tr!(locale, inbox.explained_broken),
        Reason::Forged => tr!(locale, inbox.explained_forged),
        Reason::TooLarge => tr!(locale, inbox.explained_too_large),
        Reason::Unproven => tr!(locale, inbox.explained_unproven),
    }
}

/// A file's length: `12 kB`.
pub fn size(locale: Locale, bytes: usize) -> String {
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    match bytes {
        0..1_000 => format!("{} B", format::count(locale, bytes)),
        1_000..1_000_000 => format!("{} kB", format::count(locale, (bytes + 500) / 1_000)),
        _ => format!("{} MB", format::count(locale, (bytes + 500_000) / 1_000_000)),
    }
}
