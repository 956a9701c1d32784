//! What can go wrong, as a reader needs it. Details for engineers go to the log, never to the page.

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// Nobody is signed in, or the session ended.
    #[error("not signed in")]
    SignedOut,
    /// Signed in, but this is not theirs to do.
    #[error("forbidden")]
    Forbidden,
    /// There is no such thing, or it is somebody else's; the two can't be told apart.
    #[error("not found")]
    NotFound,
    /// Somebody else changed it in between.
    #[error("changed in between")]
    Conflict,
    /// A request that no page of ours sends.
    #[error("bad request: {0}")]
    BadRequest(&'static str),
    /// The database said no, or is away.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// Anything else that is our fault.
    #[error("internal: {0}")]
    Internal(String),
}

impl AppError {
    /// The HTTP status that says it.
    pub fn status(&self) -> http::StatusCode {
        use http::StatusCode as S;
        match self {
            Self::SignedOut => S::UNAUTHORIZED,
            Self::Forbidden => S::FORBIDDEN,
            Self::NotFound => S::NOT_FOUND,
            Self::Conflict => S::CONFLICT,
            Self::BadRequest(_) => S::BAD_REQUEST,
            Self::Database(error) if is_unstorable_text(error) => S::BAD_REQUEST,
            Self::Database(_) | Self::Internal(_) => S::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<super::money::NotACurrency> for AppError {
    fn from(_: super::money::NotACurrency) -> Self {
        Self::Internal("the database holds a currency that is none".into())
    }
}

/// Text that PostgreSQL can't hold, as a NUL in it: no page of ours sends that. SQLSTATE 22021 in text, 22P05 in JSON.
fn is_unstorable_text(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    matches!(code.as_deref(), Some("22021" | "22P05"))
}

/// The constraint that refused a row, if that is why a statement failed.
pub fn constraint(error: &sqlx::Error) -> Option<&str> {
    error.as_database_error()?.constraint()
}

/// Exactly one row, or [`AppError::Conflict`].
///
/// # Errors
/// When another number of rows was touched.
pub fn exactly_one(rows: u64) -> Result<(), AppError> {
    if rows == 1 { Ok(()) } else { Err(AppError::Conflict) }
}
