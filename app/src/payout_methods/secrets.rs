//! An account on its way into the database and out of it.

use super::address::Address;
use super::model::MethodKind;
use crate::base::ids::PartnerId;
use crate::base::secrets::{KeyId, Secrets, SecretsError};

/// An account, encrypted.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// Opens for its partner and kind alone.
    pub ciphertext: Vec<u8>,
    /// With which key.
    pub key: KeyId,
    /// Finds the same account again.
    pub fingerprint: Vec<u8>,
}

/// Encrypts a partner's account.
///
/// # Errors
/// When the system has no randomness to give.
pub fn seal(secrets: &Secrets, partner: PartnerId, address: &Address) -> Result<Sealed, SecretsError> {
    Ok(Sealed {
        ciphertext: secrets.seal(&belongs_to(partner, address.kind()), &address.to_plain())?,
        key: secrets.key(),
        fingerprint: secrets.fingerprint(&address.identity()),
    })
}

/// Decrypts a partner's account.
///
/// # Errors
/// When it was written with another key, was changed, or is another partner's or another kind's.
pub fn open(
    secrets: &Secrets,
    partner: PartnerId,
    kind: MethodKind,
    key: KeyId,
    ciphertext: &[u8],
) -> Result<Address, SecretsError> {
    let plain = secrets.open(&belongs_to(partner, kind), key, ciphertext)?;
    Address::from_plain(kind, &plain).ok_or(SecretsError::Unreadable)
}

fn belongs_to(partner: PartnerId, kind: MethodKind) -> String {
    format!("payout_method/{partner}/{}", kind.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::secrets::MasterKey;

    #[test]
    fn an_account_opens_for_its_partner_and_kind_alone() {
        let secrets = Secrets::new(&MasterKey::from([7; 32]), KeyId(1));
        let (ana, bob) = (PartnerId(1), PartnerId(2));
        let address = Address::PayPal("ana@example.org".into());
        let sealed = seal(&secrets, ana, &address).expect("sealed");
        assert_eq!(open(&secrets, ana, MethodKind::PayPal, sealed.key, &sealed.ciphertext), Ok(address));
        assert_eq!(
            open(&secrets, bob, MethodKind::PayPal, sealed.key, &sealed.ciphertext),
            Err(SecretsError::Unreadable)
        );
        assert_eq!(
            open(&secrets, ana, MethodKind::Wise, sealed.key, &sealed.ciphertext),
            Err(SecretsError::Unreadable)
        );
        assert!(!sealed.ciphertext.windows(3).any(|window| window == b"ana"));
    }

    #[test]
    fn the_fingerprint_is_of_the_account_and_not_of_who_has_it() {
        let secrets = Secrets::new(&MasterKey::from([7; 32]), KeyId(1));
        let print = |partner, email: &str| {
            seal(&secrets, PartnerId(partner), &Address::PayPal(email.into())).expect("sealed").fingerprint
        };
        assert_eq!(print(1, "ana@example.org"), print(2, "ANA@example.org"));
        assert_ne!(print(1, "ana@example.org"), print(1, "ana@example.com"));
    }
}
