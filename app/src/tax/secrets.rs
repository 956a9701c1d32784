//! Tax and VAT numbers on their way into the database and out of it.

use crate::base::ids::PartnerId;
use crate::base::secrets::{KeyId, Secrets, SecretsError};
use std::fmt;
use zeroize::Zeroizing;

/// Which number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Of the person or company.
    Tax,
    /// As registered for VAT.
    Vat,
}

/// Whole numbers. Prints nothing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Of the person or company.
    pub tax: Option<Zeroizing<String>>,
    /// As registered for VAT.
    pub vat: Option<Zeroizing<String>>,
}

impl fmt::Debug for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Numbers(…)")
    }
}

/// Encrypts a partner's number.
///
/// # Errors
/// When the system has no randomness to give.
pub fn seal(secrets: &Secrets, partner: PartnerId, which: Which, number: &str) -> Result<Vec<u8>, SecretsError> {
    secrets.seal(&belongs_to(partner, which), number)
}

/// Decrypts a partner's numbers.
///
/// # Errors
/// When they were written with another key, were changed, or are another partner's.
pub fn open(
    secrets: &Secrets,
    partner: PartnerId,
    key: Option<KeyId>,
    tax: Option<&[u8]>,
    vat: Option<&[u8]>,
) -> Result<Numbers, SecretsError> {
    let Some(key) = key else { return Ok(Numbers::default()) };
    let one = |which, sealed: Option<&[u8]>| {
        sealed.map(|sealed| secrets.open(&belongs_to(partner, which), key, sealed)).transpose()
    };
    Ok(Numbers { tax: one(Which::Tax, tax)?, vat: one(Which::Vat, vat)? })
}

fn belongs_to(partner: PartnerId, which: Which) -> String {
    match which {
        Which::Tax => format!("tax_profile/{partner}/tax"),
        Which::Vat => format!("tax_profile/{partner}/vat"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::secrets::MasterKey;

    #[test]
    fn a_number_opens_for_its_partner_alone_and_is_printed_nowhere() {
        let secrets = Secrets::new(&MasterKey::from([7; 32]), KeyId(1));
        let sealed = seal(&secrets, PartnerId(1), Which::Tax, "12345678Z").expect("sealed");
        let read = |partner, tax, vat| open(&secrets, PartnerId(partner), Some(KeyId(1)), tax, vat);
        let numbers = read(1, Some(&sealed), None).expect("opened");
        assert_eq!(numbers.tax.as_ref().map(|number| number.as_str()), Some("12345678Z"));
        assert_eq!(format!("{numbers:?}"), "Numbers(…)");
        assert_eq!(read(2, Some(&sealed), None), Err(SecretsError::Unreadable));
        assert_eq!(read(1, None, Some(&sealed)), Err(SecretsError::Unreadable));
        assert_eq!(read(1, None, None), Ok(Numbers::default()));
    }
}
