//! Who is named in a note.

use crate::base::ids::PersonId;

/// Whoever a note names with `@` and their whole name, or their first name where nobody else has it. Letters count without
/// case and accents. Each once, in the order of `staff`.
pub fn named(body: &str, staff: &[(PersonId, String)]) -> Vec<PersonId> {
    let body = plain(body);
    let whole: Vec<_> = staff.iter().map(|(_, name)| plain(name)).collect();
    let first: Vec<_> = whole.iter().map(|name| name.split(' ').next().unwrap_or_default().to_owned()).collect();
    let mut found = vec![false; staff.len()];
    // An address of mail names nobody.
    let signs = body.match_indices('@').filter(|(at, _)| {
        body.get(..*at).and_then(|before| before.chars().last()).is_none_or(|letter| !letter.is_alphanumeric())
    });
    for (at, _) in signs {
        let rest = body.get(at + 1..).unwrap_or_default();
        // Of two names the longer one is meant: `@Ana María Soler` is not Ana María.
        let longest =
            (0..staff.len()).filter(|index| begins(rest, &whole[*index])).max_by_key(|index| whole[*index].len());
        let by_first = || {
            let mut with = (0..staff.len()).filter(|index| begins(rest, &first[*index]));
            with.next().filter(|_| with.next().is_none())
        };
        if let Some(index) = longest.or_else(by_first) {
            found[index] = true;
        }
    }
    staff.iter().zip(found).filter(|(_, found)| *found).map(|((person, _), _)| *person).collect()
}

/// Whether a text begins with a name and goes on with something else.
fn begins(text: &str, name: &str) -> bool {
    !name.is_empty()
        && text.strip_prefix(name).is_some_and(|rest| rest.chars().next().is_none_or(|next| !next.is_alphanumeric()))
}

fn plain(text: &str) -> String {
    any_ascii::any_ascii(text).to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A note with a name that was chosen beside it, where it does not name that person already.
pub fn with_name(body: &str, name: &str) -> String {
    let is_there = !named(body, &[(PersonId(0), name.to_owned())]).is_empty();
    if name.is_empty() || body.trim().is_empty() || is_there { body.to_owned() } else { format!("@{name} {body}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn staff() -> Vec<(PersonId, String)> {
        [(1, "Marta Ruiz"), (2, "Inés Prado"), (3, "Marta Gil"), (4, "Tom Reed"), (5, "Tom Reed Junior")]
            .map(|(id, name)| (PersonId(id), name.to_owned()))
            .to_vec()
    }

    #[test]
    fn whole_names_and_first_names_that_one_person_has() {
        let named = |body: &str| named(body, &staff()).iter().map(|person| person.0).collect::<Vec<_>>();
        assert_eq!(named("@Marta Ruiz, look. @marta ruiz!"), [1]);
        assert_eq!(named("(@INES) and @Inés Prado"), [2]);
        assert_eq!(named("@Marta, which one?"), Vec::<i64>::new(), "two have that name");
        assert_eq!(named("@Tom Reed"), [4]);
        assert_eq!(named("@Tom  Reed\nJunior"), [5], "the longer name is meant");
        assert_eq!(named("@Martha @Tomás x@ines.example @"), Vec::<i64>::new());
        assert_eq!(named("@Nobody @Ine"), Vec::<i64>::new());
    }

    #[test]
    fn a_chosen_name_stands_in_the_note_once() {
        assert_eq!(with_name("please look", "Marta Ruiz"), "@Marta Ruiz please look");
        assert_eq!(with_name("@marta ruiz look", "Marta Ruiz"), "@marta ruiz look");
        assert_eq!(with_name("look", ""), "look");
        assert_eq!(with_name(" ", "Marta Ruiz"), " ", "a note that says nothing is none");
    }

    proptest! {
        #[test]
        fn nobody_is_named_without_the_sign(body in "[^@]{0,80}") {
            prop_assert!(named(&body.replace(|letter: char| !letter.is_ascii(), ""), &staff()).is_empty());
        }
    }
}
