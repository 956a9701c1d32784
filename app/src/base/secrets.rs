//! Keeping secrets: what is stored encrypted, and what is found again without being read.
//!
//! One master key of 256 bits lies outside the database. Four keys are derived from it (HKDF-SHA256, RFC 5869): one
//! encrypts, one makes fingerprints, one signs what leaves the house and has to come back unchanged, and one is
//! published in the table `secret_key`, so that a process with another master key notices before it writes anything.

use super::actor::Actor;
use super::db::Db;
use super::error::AppError;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use chrono::{DateTime, Utc};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Bytes of a nonce, which stands before the encrypted text: long enough to be drawn at random for ever.
const NONCE: usize = 24;

/// The key from which all others are made. Prints nothing, and is wiped when it goes.
pub struct MasterKey(Zeroizing<[u8; 32]>);

/// Text that is not a master key.
#[derive(Debug, thiserror::Error)]
#[error("a key is 64 hexadecimal digits")]
pub struct NotAKey;

impl MasterKey {
    /// From 64 hexadecimal digits, spaces around them allowed.
    ///
    /// # Errors
    /// [`NotAKey`].
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        hex::decode_to_slice(text.trim(), bytes.as_mut_slice()).map_err(|_| NotAKey)?;
        Ok(Self(bytes))
    }

    /// A new one.
    ///
    /// # Errors
    /// [`SecretsError::NoRandomness`].
    pub fn fresh() -> Result<Self, SecretsError> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        getrandom::fill(bytes.as_mut_slice()).map_err(|_| SecretsError::NoRandomness)?;
        Ok(Self(bytes))
    }

    /// As it is written into a file.
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(self.0.as_slice()))
    }

    fn derive(&self, what: &str) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0_u8; 32]);
        // One block, so it can't be too long.
        let _ =
            Hkdf::<Sha256>::new(Some(b"partnerdesk"), self.0.as_slice()).expand(what.as_bytes(), key.as_mut_slice());
        key
    }
}

impl From<[u8; 32]> for MasterKey {
    fn from(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

/// The number under which `secret_key` knows a master key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct KeyId(pub i16);

/// Why something could not be encrypted or read. Never says what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretsError {
    /// The system has no randomness to give.
    #[error("the system has no randomness to give")]
    NoRandomness,
    /// It was written with a key that is not here.
    #[error("it was encrypted with another key")]
    OtherKey,
    /// It was changed, or belongs to something else.
    #[error("it was changed, or belongs elsewhere")]
    Unreadable,
}

impl From<SecretsError> for AppError {
    fn from(error: SecretsError) -> Self {
        Self::Internal(format!("secrets: {error}"))
    }
}

/// Encrypts, decrypts and makes fingerprints. Cheap to clone; prints nothing.
#[derive(Clone)]
pub struct Secrets(Arc<Keys>);

struct Keys {
    id: KeyId,
    seal: Zeroizing<[u8; 32]>,
    fingerprint: Zeroizing<[u8; 32]>,
    signature: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(…)")
    }
}

impl Secrets {
    /// With a key that `secret_key` knows under this number; [`open`] finds it out.
    pub fn new(master: &MasterKey, id: KeyId) -> Self {
        Self(Arc::new(Keys {
            id,
            seal: master.derive("encryption"),
            fingerprint: master.derive("fingerprint"),
            signature: master.derive("signature"),
        }))
    }

    /// The key's number, to be stored beside what was encrypted.
    pub fn key(&self) -> KeyId {
        self.0.id
    }

    /// Encrypts (XChaCha20-Poly1305). What it belongs to is bound to it: it opens nowhere else.
    ///
    /// # Errors
    /// [`SecretsError::NoRandomness`].
    pub fn seal(&self, belongs_to: &str, plain: &str) -> Result<Vec<u8>, SecretsError> {
        self.seal_bytes(belongs_to, plain.as_bytes())
    }

    /// [`Self::seal`] for what is not text.
    ///
    /// # Errors
    /// [`SecretsError::NoRandomness`].
    pub fn seal_bytes(&self, belongs_to: &str, plain: &[u8]) -> Result<Vec<u8>, SecretsError> {
        let mut nonce = [0_u8; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| SecretsError::NoRandomness)?;
        let payload = Payload { msg: plain, aad: belongs_to.as_bytes() };
        let text = self.cipher().encrypt(&XNonce::from(nonce), payload).map_err(|_| SecretsError::Unreadable)?;
        Ok([&nonce[..], &text].concat())
    }

    /// Decrypts what [`Self::seal`] made.
    ///
    /// # Errors
    /// [`SecretsError::OtherKey`], or [`SecretsError::Unreadable`] where a bit of it, or what it belongs to, is not
    /// what it was.
    pub fn open(&self, belongs_to: &str, key: KeyId, sealed: &[u8]) -> Result<Zeroizing<String>, SecretsError> {
        let plain = self.open_bytes(belongs_to, key, sealed)?;
        String::from_utf8(plain).map(Zeroizing::new).map_err(|_| SecretsError::Unreadable)
    }

    /// Decrypts what [`Self::seal_bytes`] made.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_bytes(&self, belongs_to: &str, key: KeyId, sealed: &[u8]) -> Result<Vec<u8>, SecretsError> {
        if key != self.0.id {
            return Err(SecretsError::OtherKey);
        }
        let (nonce, text) = sealed.split_first_chunk::<NONCE>().ok_or(SecretsError::Unreadable)?;
        let payload = Payload { msg: text, aad: belongs_to.as_bytes() };
        self.cipher().decrypt(&XNonce::from(*nonce), payload).map_err(|_| SecretsError::Unreadable)
    }

    /// HMAC-SHA256: the same for the same text, and no way back to it.
    pub fn fingerprint(&self, text: &str) -> Vec<u8> {
        hmac(&self.0.fingerprint, text)
    }

    /// HMAC-SHA256 under a key of its own: who can make one has the master key.
    pub fn sign(&self, text: &str) -> Vec<u8> {
        hmac(&self.0.signature, text)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(*self.0.seal))
    }
}

fn hmac(key: &Zeroizing<[u8; 32]>, text: &str) -> Vec<u8> {
    // Every length of key will do for an HMAC.
    let Ok(mut mac) = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key.as_slice()) else {
        return Vec::new();
    };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Why a key was not taken.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data was written with another one.
    #[error(
        "this is not the key that the data was written with, so nothing was started: \
         payout methods could not be read, and new ones would be lost with this key"
    )]
    OtherKey,
    /// The database is away.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
}

/// Whether the data was written with any key yet.
///
/// # Errors
/// When the database is away.
pub async fn has_key(db: &Db) -> sqlx::Result<bool> {
    let mut tx = db.begin(&Actor::Command).await?;
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM secret_key) AS "known!""#).fetch_one(&mut *tx).await
}

/// Takes a master key for this database: the first one is noted down, afterwards only that one is taken.
///
/// Two processes that come first at once with different keys meet at the number one, and one of them is refused.
///
/// # Errors
/// [`OpenError::OtherKey`], or the database is away.
pub async fn open(db: &Db, master: &MasterKey, now: DateTime<Utc>) -> Result<Secrets, OpenError> {
    let check = master.derive("check value").to_vec();
    let mut tx = db.begin(&Actor::Command).await?;
    sqlx::query!(
        "INSERT INTO secret_key (key_id, check_value, made_at)
         SELECT 1, $1, $2 WHERE NOT EXISTS (SELECT FROM secret_key) ON CONFLICT DO NOTHING",
        check,
        now,
    )
    .execute(&mut *tx)
    .await?;
    let id = sqlx::query_scalar!(r#"SELECT key_id AS "id: KeyId" FROM secret_key WHERE check_value = $1"#, check)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(OpenError::OtherKey)?;
    tx.commit().await?;
    Ok(Secrets::new(master, id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secrets(byte: u8) -> Secrets {
        Secrets::new(&MasterKey::from([byte; 32]), KeyId(1))
    }

    #[test]
    fn a_key_is_64_digits_and_tells_nothing() {
        let key = MasterKey::parse(&format!(" {}\n", "0aF9".repeat(16))).expect("key");
        assert_eq!(key.to_hex().as_str(), "0af9".repeat(16));
        for wrong in ["", "0a", &"g".repeat(64), &"0".repeat(63), &"0".repeat(66)] {
            assert!(MasterKey::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(format!("{key:?} {:?}", secrets(7)), "MasterKey(…) Secrets(…)");
        assert_ne!(MasterKey::fresh().expect("key").to_hex(), MasterKey::fresh().expect("key").to_hex());
    }

    #[test]
    fn another_key_another_owner_and_a_changed_bit_are_refused() {
        let sealed = secrets(7).seal("partner 1", "ES91").expect("sealed");
        let open = |secrets: Secrets, owner, key, sealed: &[u8]| secrets.open(owner, KeyId(key), sealed).map(|_| ());
        assert_eq!(open(secrets(7), "partner 1", 1, &sealed), Ok(()));
        assert_eq!(open(secrets(8), "partner 1", 1, &sealed), Err(SecretsError::Unreadable));
        assert_eq!(open(secrets(7), "partner 1", 2, &sealed), Err(SecretsError::OtherKey));
        assert_eq!(open(secrets(7), "partner 2", 1, &sealed), Err(SecretsError::Unreadable));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(open(secrets(7), "partner 1", 1, &changed), Err(SecretsError::Unreadable), "byte {at}");
            assert_eq!(open(secrets(7), "partner 1", 1, &sealed[..at]), Err(SecretsError::Unreadable), "cut at {at}");
        }
    }

    #[test]
    fn a_fingerprint_is_the_keys_own() {
        assert_eq!(secrets(7).fingerprint("iban:ES91"), secrets(7).fingerprint("iban:ES91"));
        assert_ne!(secrets(7).fingerprint("iban:ES91"), secrets(7).fingerprint("iban:ES92"));
        assert_ne!(secrets(7).fingerprint("iban:ES91"), secrets(8).fingerprint("iban:ES91"));
        assert_eq!(secrets(7).fingerprint("").len(), 32);
    }

    #[test]
    fn the_keys_differ_from_each_other_and_from_their_master() {
        let master = MasterKey::from([7; 32]);
        let keys = ["encryption", "fingerprint", "signature", "check value"].map(|what| *master.derive(what));
        let different: std::collections::BTreeSet<_> = keys.iter().collect();
        assert!(different.len() == 4 && !keys.contains(&[7; 32]));
        assert_ne!(secrets(7).sign("case 1"), secrets(7).fingerprint("case 1"));
    }

    proptest! {
        #[test]
        fn what_was_sealed_is_read_again(plain in ".{0,80}", owner in ".{0,20}") {
            let sealed = secrets(3).seal(&owner, &plain).expect("sealed");
            prop_assert_eq!(sealed.len(), 24 + plain.len() + 16);
            let read = secrets(3).open(&owner, KeyId(1), &sealed);
            prop_assert_eq!(read.as_deref().map(String::as_str), Ok(plain.as_str()));
            // The same text never looks the same twice.
            prop_assert_ne!(sealed, secrets(3).seal(&owner, &plain).expect("sealed"));
        }
    }
}
