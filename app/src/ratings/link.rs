//! The link in the mail that asks how it was: it names the case and the member, and proves that we named them.

use crate::base::ids::{CaseId, PersonId};
use crate::base::secrets::Secrets;

/// Bytes of the signature.
const SIGNED: usize = 16;

/// What stands in the link: `CASE.PERSON.SIGNATURE`, the signature 128 bits of an HMAC-SHA256 in hexadecimal.
pub fn sign(secrets: &Secrets, case: CaseId, person: PersonId) -> String {
    format!("{case}.{person}.{}", signature(secrets, case, person))
}

/// The case and the member that a link was signed for.
pub fn verify(secrets: &Secrets, token: &str) -> Option<(CaseId, PersonId)> {
    let mut parts = token.split('.');
    let (case, person, given) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?);
    let right = sign(secrets, case, person);
    let same = right.len() == token.len()
        && right.bytes().zip(token.bytes()).fold(0, |different, (one, other)| different | (one ^ other)) == 0;
    (same && !given.is_empty() && parts.next().is_none()).then_some((case, person))
}

fn signature(secrets: &Secrets, case: CaseId, person: PersonId) -> String {
    let signed = secrets.sign(&format!("rating/{case}/{person}"));
    hex::encode(signed.get(..SIGNED).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::secrets::{KeyId, MasterKey};
    use proptest::prelude::*;

    fn secrets(byte: u8) -> Secrets {
        Secrets::new(&MasterKey::from([byte; 32]), KeyId(1))
    }

    #[test]
    fn a_link_names_its_case_and_member_and_no_other() {
        let token = sign(&secrets(7), CaseId(12), PersonId(3));
        assert_eq!(verify(&secrets(7), &token), Some((CaseId(12), PersonId(3))));
        assert_eq!(verify(&secrets(8), &token), None, "with another key");
        for wrong in [
            "",
            "12.3",
            "12.3.",
            &token.replacen("12", "13", 1),
            &token.replacen(".3.", ".4.", 1),
            &format!("{token}0"),
        ] {
            assert_eq!(verify(&secrets(7), wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn nothing_else_is_taken(text in "[0-9a-f.+-]{0,60}") {
            prop_assert_eq!(verify(&secrets(7), &text), None);
        }
    }
}
