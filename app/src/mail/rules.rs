//! When a mail is tried again, and what may be kept of a server's answer. Pure.

use chrono::TimeDelta;

/// How long a worker has a mail for itself; longer than a try can take.
pub const LEASE: TimeDelta = TimeDelta::minutes(5);
/// How long a mail is tried (RFC 5321, section 4.5.4.1: at least four or five days). One that waited longer, because
/// there was no mail server, is not sent unasked either: by then it may be wrong.
pub const GIVEN_UP_AFTER: TimeDelta = TimeDelta::days(5);
/// The most characters kept of an answer. The database has a little more room: `mail_try_without_addresses`.
const LONGEST_ANSWER: usize = 400;
/// Stands where an address was.
const MASK: &str = "[address]";

/// How long a mail waits after so many tries that were put off.
pub fn pause(tries: i32) -> TimeDelta {
    match tries {
        ..=1 => TimeDelta::minutes(1),
        2 => TimeDelta::minutes(5),
        3 => TimeDelta::minutes(15),
        4 => TimeDelta::hours(1),
        5 => TimeDelta::hours(3),
        _ => TimeDelta::hours(6),
    }
}

/// What a server said, in one line, without addresses: it is shown to staff and written into the log.
pub fn said(answer: &str) -> String {
    let words =
        answer.split(|letter: char| letter.is_whitespace() || letter.is_control()).filter(|word| !word.is_empty());
    let masked: Vec<_> = words.map(|word| if word.contains('@') { MASK } else { word }).collect();
    masked.join(" ").chars().take(LONGEST_ANSWER).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pauses_grow_to_hours_and_fit_into_the_days() {
        let pauses: Vec<_> = (1..30).map(pause).collect();
        assert!(pauses.is_sorted());
        assert_eq!((pause(0), pauses.first().copied()), (TimeDelta::minutes(1), Some(TimeDelta::minutes(1))));
        assert!(pauses.iter().sum::<TimeDelta>() > GIVEN_UP_AFTER);
    }

    #[test]
    fn an_answer_names_nobody() {
        let answer = "permanent error (550): 5.1.1 <ana@example.org>: no such user\r\nhere\u{1b}[31m";
        assert_eq!(said(answer), "permanent error (550): 5.1.1 [address] no such user here [31m");
    }

    proptest! {
        #[test]
        fn any_answer_can_be_kept(answer in "(?s).{0,600}") {
            let said = said(&answer);
            prop_assert!(!said.contains('@') && !said.chars().any(char::is_control) && said.chars().count() <= LONGEST_ANSWER);
        }
    }
}
