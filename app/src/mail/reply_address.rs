//! The address that an answer to a case goes to: it names the case and who was written to, and proves that we named them.
//!
//! `case+CASE.PERSON.SIGNATURE@domain`. The signature is the first 80 bits of an HMAC-SHA256, in hexadecimal, since mail servers
//! may write an address in small letters. It finds the case; that its sender is the person it was given to is another question.
//! Addresses without a person were given out before, and find their case still.

use crate::base::ids::{CaseId, PersonId};
use crate::base::secrets::Secrets;

/// What stands before the plus.
const LOCAL: &str = "case";
/// Bytes of the signature: 2^80 tries for one case, each of them a mail.
const SIGNED: usize = 10;

/// What a reply address was signed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The case.
    pub case: CaseId,
    /// Who was given it.
    pub person: Option<PersonId>,
}

/// The address for a person's answers to a case.
pub fn sign(secrets: &Secrets, case: CaseId, person: Option<PersonId>, domain: &str) -> String {
    let name = name(Signed { case, person });
    format!("{LOCAL}+{name}.{}@{domain}", signature(secrets, &name))
}

/// What an address was signed for; nothing where we did not sign it. Its domain does not matter: mail may have come by
/// another name of the house.
pub fn verify(secrets: &Secrets, address: &str) -> Option<Signed> {
    let local = address.trim().rsplit_once('@')?.0.to_ascii_lowercase();
    let (name, given) = local.strip_prefix(LOCAL)?.strip_prefix('+')?.rsplit_once('.')?;
    let (case, person) = match name.split_once('.') {
        Some((case, person)) => (case, Some(PersonId(number(person)?))),
        None => (name, None),
    };
    let signed = Signed { case: CaseId(number(case)?), person };
    same(given.as_bytes(), signature(secrets, name).as_bytes()).then_some(signed)
}

fn number(digits: &str) -> Option<i64> {
    let plain = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

fn name(signed: Signed) -> String {
    match signed.person {
        Some(person) => format!("{}.{person}", signed.case),
        None => signed.case.to_string(),
    }
}

fn signature(secrets: &Secrets, name: &str) -> String {
    let signed = secrets.sign(&format!("reply address/{name}"));
    hex::encode(signed.get(..SIGNED).unwrap_or_default())
}

/// Compares in a time that tells nothing about where the first difference is.
fn same(given: &[u8], right: &[u8]) -> bool {
    !right.is_empty()
        && given.len() == right.len()
        && given.iter().zip(right).fold(0, |different, (one, other)| different | (one ^ other)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::secrets::{KeyId, MasterKey};
    use proptest::prelude::*;

    fn secrets(byte: u8) -> Secrets {
        Secrets::new(&MasterKey::from([byte; 32]), KeyId(1))
    }

    const OF_SEVEN: Signed = Signed { case: CaseId(12), person: Some(PersonId(7)) };

    #[test]
    fn an_address_names_its_case_and_no_other() {
        let address = sign(&secrets(7), CaseId(12), Some(PersonId(7)), "example.org");
        assert!(
            address.starts_with("case+12.7.") && address.ends_with("@example.org") && address.len() < 64,
            "{address}"
        );
        assert_eq!(verify(&secrets(7), &address), Some(OF_SEVEN));
        assert_eq!(verify(&secrets(7), &address.to_uppercase()), Some(OF_SEVEN), "however it is written");
        assert_eq!(verify(&secrets(8), &address), None, "with another key");
        let moved = address.replace("+12.", "+13.");
        let handed_on = address.replace("12.7.", "12.8.");
        let of_nobody = address.replace("12.7.", "12.");
        let cut = address.replace('@', "0@");
        for wrong in [
            "",
            "case@example.org",
            "case+12@example.org",
            "case+12.@example.org",
            "case+012.ab@example.org",
            "case+12.07.ab@example.org",
            &moved,
            &handed_on,
            &of_nobody,
            &cut,
        ] {
            assert_eq!(verify(&secrets(7), wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_address_without_a_person_finds_its_case() {
        let address = sign(&secrets(7), CaseId(12), None, "example.org");
        assert!(address.starts_with("case+12."), "{address}");
        assert_eq!(verify(&secrets(7), &address), Some(Signed { case: CaseId(12), person: None }));
        assert_eq!(verify(&secrets(7), &address.replace("12.", "12.7.")), None);
    }

    proptest! {
        #[test]
        fn nothing_else_is_taken(case in 1_i64.., person in proptest::option::of(1_i64..), text in ".{0,60}") {
            let signed = Signed { case: CaseId(case), person: person.map(PersonId) };
            let address = sign(&secrets(7), signed.case, signed.person, "example.org");
            prop_assert_eq!(verify(&secrets(7), &address), Some(signed));
            prop_assert_eq!(verify(&secrets(7), &text), None);
            prop_assert_eq!(verify(&secrets(7), &format!("case+{case}.{text}@example.org")), None);
        }
    }
}
