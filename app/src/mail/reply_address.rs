//! The address that an answer to a case goes to: it names the case and proves that we named it.
//!
//! `case+ID.SIGNATURE@domain`. The signature is the first 80 bits of an HMAC-SHA256, in hexadecimal, since mail servers
//! may write an address in small letters. It finds the case; that its sender is known is another question.

use crate::base::ids::CaseId;
use crate::base::secrets::Secrets;

/// What stands before the plus.
const LOCAL: &str = "case";
/// Bytes of the signature: 2^80 tries for one case, each of them a mail.
const SIGNED: usize = 10;

/// The address for answers to a case.
pub fn sign(secrets: &Secrets, case: CaseId, domain: &str) -> String {
    format!("{LOCAL}+{case}.{}@{domain}", signature(secrets, case))
}

/// The case that an address was signed for; nothing where we did not sign it. Its domain does not matter: mail may
/// have come by another name of the house.
pub fn verify(secrets: &Secrets, address: &str) -> Option<CaseId> {
    let local = address.trim().rsplit_once('@')?.0.to_ascii_lowercase();
    let (case, given) = local.strip_prefix(LOCAL)?.strip_prefix('+')?.split_once('.')?;
    if case.is_empty() || case.starts_with('0') || !case.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let case = CaseId(case.parse().ok()?);
    same(given.as_bytes(), signature(secrets, case).as_bytes()).then_some(case)
}

fn signature(secrets: &Secrets, case: CaseId) -> String {
    let signed = secrets.sign(&format!("reply address/{case}"));
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

    #[test]
    fn an_address_names_its_case_and_no_other() {
        let address = sign(&secrets(7), CaseId(12), "example.org");
        assert!(
            address.starts_with("case+12.") && address.ends_with("@example.org") && address.len() < 64,
            "{address}"
        );
        assert_eq!(verify(&secrets(7), &address), Some(CaseId(12)));
        assert_eq!(verify(&secrets(7), &address.to_uppercase()), Some(CaseId(12)), "however it is written");
        assert_eq!(verify(&secrets(8), &address), None, "with another key");
        let moved = address.replace("+12.", "+13.");
        let cut = address.replace('@', "0@");
        for wrong in [
            "",
            "case@example.org",
            "case+12@example.org",
            "case+12.@example.org",
            "case+012.ab@example.org",
            &moved,
            &cut,
        ] {
            assert_eq!(verify(&secrets(7), wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn nothing_else_is_taken(case in 1_i64.., text in ".{0,60}") {
            let address = sign(&secrets(7), CaseId(case), "example.org");
            prop_assert_eq!(verify(&secrets(7), &address), Some(CaseId(case)));
            prop_assert_eq!(verify(&secrets(7), &text), None);
            prop_assert_eq!(verify(&secrets(7), &format!("case+{case}.{text}@example.org")), None);
        }
    }
}
