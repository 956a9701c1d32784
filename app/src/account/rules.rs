//! What an address for money has to look like. Pure.

use super::model::Refusal;

/// Longest e-mail address that can be delivered to (RFC 5321, section 4.5.3.1.3, less the angle brackets).
const LONGEST: usize = 254;

/// Reads an e-mail address as a form sends it: one `@`, a domain with a dot, nothing that can't be seen.
///
/// # Errors
/// [`Refusal::Empty`] or [`Refusal::NotAnAddress`].
pub fn parse_address(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Refusal::Empty);
    }
    let (local, domain) = text.rsplit_once('@').ok_or(Refusal::NotAnAddress)?;
    let local_ok = !local.is_empty()
        && local.len() <= 64
        && local.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"@<>,;:\"\\()[]".contains(c));
    let domain_ok = domain.contains('.')
        && domain.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        });
    if local_ok && domain_ok && text.len() <= LONGEST { Ok(text.to_owned()) } else { Err(Refusal::NotAnAddress) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_people_have_are_taken() {
        for text in ["ana@example.com", " ana.ruiz+paypal@correo.example.es ", "o'neil@sub-domain.example.org"] {
            assert_eq!(parse_address(text).as_deref(), Ok(text.trim()));
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        assert_eq!(parse_address("  "), Err(Refusal::Empty));
        for text in [
            "ana",
            "ana@",
            "@example.com",
            "ana@example",
            "a b@example.com",
            "a@b@example.com",
            "ana@-x.com",
            "ana@x..com",
        ] {
            assert_eq!(parse_address(text), Err(Refusal::NotAnAddress), "{text}");
        }
        assert_eq!(parse_address(&format!("{}@example.com", "a".repeat(65))), Err(Refusal::NotAnAddress));
    }

    proptest! {
        #[test]
        fn what_is_taken_the_database_takes_too(text in "\\PC{0,30}@\\PC{0,30}") {
            if let Ok(address) = parse_address(&text) {
                prop_assert_eq!(address.matches('@').count(), 1);
                prop_assert!(!address.contains(char::is_whitespace));
                prop_assert!(address.rsplit('@').next().is_some_and(|domain| domain.contains('.')));
            }
        }
    }
}
