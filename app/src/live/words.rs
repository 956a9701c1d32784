//! What pages are told, in the reader's words.

use super::model::{Present, Say, Side, Told, What};
use crate::base::ids::PersonId;
use crate::base::language::{Locale, tr};

/// A sentence about what happened; empty where there is nothing to say.
pub fn sentence(locale: Locale, side: Side, told: &Told) -> String {
    let case = told.case.0;
    match (&told.say, side) {
        (None, _) => String::new(),
        (Some(Say::Wrote(name)), Side::House(_)) => tr!(locale, live.wrote, name = name.as_str(), case = case),
        (Some(Say::Wrote(name)), Side::Partner(_)) => tr!(locale, live.answered, name = name.as_str(), case = case),
        (Some(Say::Noted(name)), _) => tr!(locale, live.noted, name = name.as_str(), case = case),
        (Some(Say::Changed), Side::House(_)) => tr!(locale, live.changed, case = case),
        (Some(Say::RanOut), _) => tr!(locale, live.ran_out, case = case),
        (Some(Say::Changed), Side::Partner(_)) => tr!(locale, live.moved, case = case),
    }
}

/// Who else has a case open; empty where nobody has.
pub fn present(locale: Locale, reader: PersonId, present: &[Present]) -> String {
    let others = present.iter().filter(|one| one.person != reader);
    let (writing, looking): (Vec<&Present>, Vec<&Present>) = others.partition(|one| one.writing);
    let names = |people: &[&Present]| {
        let names: Vec<&str> = people.iter().map(|one| one.name.as_str()).collect();
        match names.as_slice() {
            [] => None,
            [one] => Some((1, (*one).to_owned())),
            [first @ .., last] => Some((names.len(), tr!(locale, live.and, first = first.join(", "), last = *last))),
        }
    };
    let writing = names(&writing).map(|(count, names)| match count {
        1 => tr!(locale, live.writing_one, name = names),
        _ => tr!(locale, live.writing_some, names = names),
    });
    let looking = names(&looking).map(|(count, names)| match count {
        1 => tr!(locale, live.looking_one, name = names),
        _ => tr!(locale, live.looking_some, names = names),
    });
    [writing, looking].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// What an unseen thing is called.
pub(super) fn what(locale: Locale, what: What) -> String {
    match what {
        What::Message => tr!(locale, live.unseen_message),
        What::Note => tr!(locale, live.unseen_note),
        What::Step => tr!(locale, live.unseen_step),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_there_is_a_sentence() {
        let one = |person: i64, name: &str, writing| Present { person: person.into(), name: name.into(), writing };
        let say = |people: &[Present]| present(Locale::en, PersonId(1), people);
        let marta = one(2, "Marta Ruiz", true);
        let tomas = one(3, "Tomás Gil", false);
        assert_eq!(say(&[]), "");
        assert_eq!(say(&[one(1, "Me", true)]), "");
        assert_eq!(say(std::slice::from_ref(&marta)), "Marta Ruiz is writing here.");
        assert_eq!(say(&[marta, tomas.clone()]), "Marta Ruiz is writing here. Tomás Gil is looking at this case.");
        assert_eq!(
            say(&[one(2, "Ada", false), one(4, "Bo", false), tomas]),
            "Ada, Bo and Tomás Gil are looking at this case."
        );
    }
}
