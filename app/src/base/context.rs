//! What a request carries: who, when, in which language, and the way to the database.

use super::actor::{Actor, Member, Staff};
use super::clock::Clock;
use super::db::{Db, Tx};
use super::error::AppError;
use super::language::Locale;
use super::secrets::Secrets;
use crate::mail::home::MailHome;
use chrono::{DateTime, Utc};

/// The request's surroundings, made by the server's session layer and found with [`current`].
#[derive(Clone)]
pub struct Context {
    /// Who asks.
    pub actor: Actor,
    /// When.
    pub clock: Clock,
    /// In which language they read.
    pub locale: Locale,
    /// In which time zone.
    pub time_zone: chrono_tz::Tz,
    /// The database.
    pub db: Db,
    /// What encrypts and decrypts payout methods.
    pub secrets: Secrets,
    /// Where the house stands on the net, and whether it sends mail.
    pub mail: MailHome,
    /// Names the request in the log and the record.
    pub request_id: String,
    /// Path and query that were asked for.
    pub path: String,
    /// The address that asks, for throttling.
    pub client: String,
    /// The session's token, where there is one.
    pub session_token: Option<String>,
    /// `light`, `dark`, or empty for what the system prefers.
    pub theme: String,
}

impl Context {
    /// The time of this request.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A transaction under the actor's own role.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn begin(&self) -> Result<Tx, AppError> {
        Ok(self.db.begin(&self.actor).await?)
    }

    /// The partner's member, or a refusal.
    ///
    /// # Errors
    /// [`AppError::SignedOut`] or [`AppError::Forbidden`].
    pub fn member(&self) -> Result<&Member, AppError> {
        match &self.actor {
            Actor::Member(member) => Ok(member),
            Actor::Anonymous => Err(AppError::SignedOut),
            _ => Err(AppError::Forbidden),
        }
    }

    /// The member of staff, or a refusal.
    ///
    /// # Errors
    /// [`AppError::SignedOut`] or [`AppError::Forbidden`].
    pub fn staff(&self) -> Result<&Staff, AppError> {
        match &self.actor {
            Actor::Staff(staff) => Ok(staff),
            Actor::Anonymous => Err(AppError::SignedOut),
            _ => Err(AppError::Forbidden),
        }
    }
}

/// The context of the request being answered.
///
/// # Errors
/// [`AppError::Internal`] outside a request.
pub fn current() -> Result<Context, AppError> {
    leptos::prelude::use_context::<Context>().ok_or_else(|| AppError::Internal("no context".into()))
}
