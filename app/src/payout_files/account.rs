//! Accounts and addresses of money: whether they can be paid at all, and how the files write them.

use super::error::Refusal;
use super::model::Destination;
use iban::{Iban, IbanLike};

/// The country codes of IBANs in the scope of the SEPA schemes: "EPC List of SEPA Scheme Countries", EPC409-09, version
/// 8.0 of 24 December 2025, section 5. Guernsey, Jersey and Man have IBANs with GB; the French and Finnish territories
/// with FR and FI.
pub const SEPA: [&str; 42] = [
    "AD", "AL", "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GI", "GR", "HR", "HU",
    "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MC", "MD", "ME", "MK", "MT", "NL", "NO", "PL", "PT", "RO", "RS", "SE",
    "SI", "SK", "SM", "VA",
];

/// Reads an IBAN, with or without spaces, in any case: length and form by the SWIFT registry, check digits by ISO 7064
/// MOD 97-10 within 02 to 98 (ISO 13616-1).
///
/// # Errors
/// [`Refusal::Iban`].
pub fn iban(text: &str) -> Result<Iban, Refusal> {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
    let iban: Iban = bare.parse().map_err(|_| Refusal::Iban)?;
    // 99 has the same remainder as 02, so the checksum alone would let both pass.
    if iban.check_digits() > 98 { Err(Refusal::Iban) } else { Ok(iban) }
}

/// Reads an IBAN that SEPA can reach.
///
/// # Errors
/// [`Refusal::Iban`], or [`Refusal::OutsideSepa`] where the country is not in [`SEPA`].
pub fn sepa_iban(text: &str) -> Result<Iban, Refusal> {
    let iban = iban(text)?;
    if SEPA.contains(&iban.country_code()) { Ok(iban) } else { Err(Refusal::OutsideSepa) }
}

/// Reads a BIC of 8 or 11 characters (ISO 9362).
///
/// # Errors
/// [`Refusal::Bic`].
pub fn bic(text: &str) -> Result<String, Refusal> {
    let bic = text.trim().to_ascii_uppercase();
    let known_length = matches!(bic.len(), 8 | 11);
    let country = bic.get(4..6).is_some_and(|code| code.bytes().all(|byte| byte.is_ascii_uppercase()));
    if known_length && country && bic.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        Ok(bic)
    } else {
        Err(Refusal::Bic)
    }
}

/// A British account: sort code as `NN-NN-NN` and eight digits. An IBAN of GB holds both (bank 4, sort code 6, account
/// 8), so that is understood too.
///
/// # Errors
/// When either is malformed, or it is another kind of destination.
pub fn british(to: &Destination) -> Result<(String, String), Refusal> {
    match to {
        Destination::SortCode { sort_code, account } => {
            let sort_code = digits(sort_code, 6).ok_or(Refusal::SortCode)?;
            Ok((dashed(&sort_code), digits(account, 8).ok_or(Refusal::AccountNumber)?))
        }
        Destination::Iban { iban: text, .. } => {
            let iban = iban(text)?;
            match (iban.country_code(), iban.bban().get(4..10), iban.bban().get(10..18)) {
                ("GB", Some(sort_code), Some(account)) => Ok((dashed(sort_code), account.to_owned())),
                _ => Err(Refusal::Destination),
            }
        }
        Destination::BankAccount { .. } | Destination::PayPal { .. } | Destination::Wise(_) => {
            Err(Refusal::Destination)
        }
    }
}

/// The number of an account outside SEPA and Britain: letters and digits, at most 34 (SWIFT, field 59).
///
/// # Errors
/// [`Refusal::AccountNumber`].
pub fn number(text: &str) -> Result<&str, Refusal> {
    let fits = (1..=34).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if fits { Ok(text) } else { Err(Refusal::AccountNumber) }
}

/// Exactly `count` digits once spaces and dashes are gone. Nothing is padded: a shorter number may be another account.
fn digits(text: &str, count: usize) -> Option<String> {
    let bare: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    (bare.len() == count && bare.bytes().all(|byte| byte.is_ascii_digit())).then_some(bare)
}

fn dashed(sort_code: &str) -> String {
    let (first, rest) = sort_code.split_at(2);
    let (second, third) = rest.split_at(2);
    format!("{first}-{second}-{third}")
}

/// Reads an e-mail address that money can be sent to: at most 127 ASCII characters (PayPal's limit for a receiver), one
/// `@`, and nothing in it that a CSV or a spreadsheet could take for something else. It is refused, not altered: an
/// altered address is somebody else's.
///
/// # Errors
/// [`Refusal::Email`].
pub fn email(text: &str) -> Result<&str, Refusal> {
    let email = text.trim();
    let shaped = email.len() <= 127
        && email.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && email.chars().all(|c| c.is_ascii_graphic() && !"\",;<>()[]\\:".contains(c))
        && email.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && !domain.contains('@')
                && domain.split('.').count() > 1
                && domain.split('.').all(|label| !label.is_empty())
        });
    if shaped { Ok(email) } else { Err(Refusal::Email) }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_sepa_country_has_ibans_that_can_be_read() {
        // The examples of the SWIFT registry for the countries that joined last, and some of each kind of form.
        for text in [
            "AL47 2121 1009 0000 0002 3569 8741",
            "MD24AG000225100013104168",
            "ME25505000012345678951",
            "MK07250120000058984",
            "RS35260005601001611379",
            "VA59001123000012345678",
            "gb29 nwbk 6016 1331 9268 19",
            "MT84MALT011000012345MTLCAST001S",
            "NO93 8601 1117 947",
        ] {
            assert!(sepa_iban(text).is_ok(), "{text}");
        }
        for country in SEPA {
            assert!(sepa_iban(&samples::iban(country, 7)).is_ok(), "{country}");
        }
    }

    #[test]
    fn other_ibans_are_refused_each_for_its_reason() {
        assert_eq!(sepa_iban("ES9121000418450200051333").err(), Some(Refusal::Iban));
        assert_eq!(sepa_iban("ES91 2100 0418 4502 0005 133").err(), Some(Refusal::Iban));
        assert_eq!(sepa_iban("").err(), Some(Refusal::Iban));
        assert_eq!(sepa_iban("ES").err(), Some(Refusal::Iban));
        assert_eq!(sepa_iban("TR330006100519786457841326").err(), Some(Refusal::OutsideSepa));
        assert_eq!(sepa_iban("AE070331234567890123456").err(), Some(Refusal::OutsideSepa));
    }

    #[test]
    fn check_digits_end_at_98() {
        let whole = (0..).map(|n| samples::iban("DE", n)).find(|iban| iban[2..4] == *"02").expect("one in 97");
        assert!(iban(&whole).is_ok());
        assert_eq!(iban(&whole.replacen("DE02", "DE99", 1)).err(), Some(Refusal::Iban));
    }

    #[test]
    fn bics() {
        assert_eq!(bic("caixesbbxxx"), Ok("CAIXESBBXXX".to_owned()));
        assert_eq!(bic(" DEUTDEFF "), Ok("DEUTDEFF".to_owned()));
        for wrong in ["", "DEUTDEF", "DEUTDEFFXX", "DEUT1EFF", "DEUTDEFF-XX", "ÄEUTDEF", "DEUTDEFFXXXX"] {
            assert_eq!(bic(wrong), Err(Refusal::Bic), "{wrong}");
        }
    }

    #[test]
    fn british_accounts() {
        let at = |sort_code: &str, account: &str| {
            british(&Destination::SortCode { sort_code: sort_code.to_owned(), account: account.to_owned() })
        };
        let good = Ok(("09-01-28".to_owned(), "00012345".to_owned()));
        assert_eq!(at("090128", "00012345"), good);
        assert_eq!(at("09-01-28", "0001 2345"), good);
        assert_eq!(at("9-01-28", "00012345"), Err(Refusal::SortCode));
        assert_eq!(at("09-01-2x", "00012345"), Err(Refusal::SortCode));
        assert_eq!(at("090128", "0012345"), Err(Refusal::AccountNumber));
        assert_eq!(at("090128", "٠٠٠١٢٣٤٥"), Err(Refusal::AccountNumber));
        let by_iban = |iban: &str| british(&Destination::Iban { iban: iban.to_owned(), bic: None });
        assert_eq!(by_iban("GB29 NWBK 6016 1331 9268 19"), Ok(("60-16-13".to_owned(), "31926819".to_owned())));
        assert_eq!(by_iban("ES9121000418450200051332"), Err(Refusal::Destination));
        assert_eq!(by_iban("GB29 NWBK 6016 1331 9268 18"), Err(Refusal::Iban));
    }

    #[test]
    fn emails() {
        assert_eq!(email(" ana@example.com "), Ok("ana@example.com"));
        assert!(email("a.b+c_d@mail.example.co.uk").is_ok());
        for wrong in [
            "",
            "ana",
            "ana@",
            "@example.com",
            "ana@example",
            "ana@@example.com",
            "a@b@example.com",
            "ana@example..com",
            "=ana@example.com",
            "+ana@example.com",
            "-ana@example.com",
            "@SUM(1)@example.com",
            "ana @example.com",
            "ana,b@example.com",
            "ana\"@example.com",
            "añá@example.com",
            "ana@example.com\r\nx",
        ] {
            assert_eq!(email(wrong), Err(Refusal::Email), "{wrong}");
        }
        assert_eq!(email(&format!("{}@example.com", "a".repeat(116))), Err(Refusal::Email));
    }

    proptest! {
        #[test]
        fn a_wrong_digit_or_two_swapped_are_found(country in 0..3_usize, seed: u64, at: prop::sample::Index) {
            // Of digits alone: for letters the standard promises less.
            let right = samples::iban(["ES", "DE", "PL"][country], seed);
            let at = 4 + at.index(right.len() - 5);
            let mut bytes = right.clone().into_bytes();
            bytes.swap(at, at + 1);
            let swapped = String::from_utf8(bytes.clone()).expect("ascii");
            prop_assert!(swapped == right || iban(&swapped).is_err());
            bytes.swap(at, at + 1);
            bytes[at] = if bytes[at] == b'7' { b'3' } else { b'7' };
            let mistyped = String::from_utf8(bytes).expect("ascii");
            prop_assert!(iban(&mistyped).is_err());
        }

        #[test]
        fn no_text_breaks_the_readers(text in any::<String>()) {
            let _ = (iban(&text), bic(&text), email(&text));
        }
    }
}
