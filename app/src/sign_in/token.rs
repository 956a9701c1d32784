//! Secrets handed out: 256 random bits, of which only the SHA-256 is stored.

use crate::base::error::AppError;
use sha2::{Digest, Sha256};

/// A fresh token, in hexadecimal.
///
/// # Errors
/// When the system has no randomness to give.
pub fn fresh() -> Result<String, AppError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| AppError::Internal(error.to_string()))?;
    Ok(hex::encode(bytes))
}

/// What is stored of a token, or of anything that must be found again without being known.
pub fn hash(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).to_vec()
}
