//! `owner create`, `staff create`, `partner invite`.

use super::{Failure, Session, print_json, print_line};
use app::audit::store::{Change, record};
use app::base::actor::{Actor, Role};
use app::base::db::Tx;
use app::base::error::constraint;
use app::base::ids::{PartnerId, PersonId};
use app::mail::store as mail;
use app::partners::store as partners;
use app::programmes::store as programmes;
use app::sign_in::store::NewPerson;
use app::sign_in::{password, rules};
use chrono::{DateTime, Utc};
use serde_json::json;
use std::io::BufRead;

/// Creates a member of staff; the password comes from standard input.
///
/// # Errors
/// When the address is taken, the name is not a person's, or the password is too short.
pub async fn create_staff(session: &Session, email: &str, name: &str, role: Role) -> Result<(), Failure> {
    let mut password = String::new();
    std::io::stdin().lock().read_line(&mut password)?;
    let password = password.trim_end_matches(['\r', '\n']);
    let mut tx = session.db.begin(&Actor::Command).await?;
    create_staff_in(&mut tx, email, name, password, role, "en", session.clock.now()).await?;
    tx.commit().await?;
    if session.json { print_json(&json!({ "email": email, "role": role.as_str() })) } else { print_line(email) }
}

/// The same, in a transaction of the caller's and with the password given; gives the person's number.
///
/// # Errors
/// When the address is taken, the name is not a person's, or the password is too short.
pub async fn create_staff_in(
    tx: &mut Tx,
    email: &str,
    name: &str,
    password: &str,
    role: Role,
    locale: &str,
    now: DateTime<Utc>,
) -> Result<PersonId, Failure> {
    let email = rules::email(email).ok_or_else(|| Failure::refused(format!("not an e-mail address: {email}")))?;
    rules::check_password(password, &email).map_err(|_| {
        Failure::refused(format!(
            "the password (read from standard input) needs at least {} characters, and not one over and over",
            rules::SHORTEST_PASSWORD
        ))
    })?;
    let hash = password::hash(password.to_owned()).await?;
    let person = NewPerson { email: &email, name: name.trim(), password_hash: &hash, locale, time_zone: "UTC" };
    let id = app::staff::store::create(tx, &person, role, now).await.map_err(|error| match constraint(&error) {
        Some("person_email_once") => Failure::refused(format!("{email} has an account already")),
        Some("staff_name_is_human" | "person_name_not_blank") => Failure::refused(format!(
            "`{name}` is not a person's name: staff sign with a human name, not with a role or a number"
        )),
        _ => error.into(),
    })?;
    let change = Change {
        action: "staff.created",
        subject: format!("person/{id}"),
        after: Some(json!({ "role": role.as_str() })),
        ..Change::default()
    };
    record(tx, &Actor::Command, now, "staff-create", change).await?;
    Ok(id)
}

/// What `partner invite` is given.
#[derive(Clone, Debug)]
pub struct Invite {
    /// Programme code.
    pub programme: String,
    /// Partner code.
    pub code: String,
    /// The member's address.
    pub email: String,
    /// The partner's name.
    pub name: Option<String>,
}

/// Makes or finds the partner and prints a sign-up link for a member, which is mailed, too, where there is a mail server.
///
/// # Errors
/// When there is no such programme or the address is none.
pub async fn invite(session: &Session, what: &Invite) -> Result<(), Failure> {
    let mut tx = session.db.begin(&Actor::Command).await?;
    let now = session.clock.now();
    let invited = invite_in(&mut tx, what, now).await?;
    if session.mail.sends() {
        mail::invitation(&mut tx, &session.mail, &session.secrets, invited.partner, &invited.token, now).await?;
    }
    tx.commit().await?;
    let link = session.mail.link(&app::paths::join(&invited.token));
    if session.json { print_json(&json!({ "partner": what.code, "link": link })) } else { print_line(&link) }
}

/// Somebody who was invited.
pub struct Invited {
    /// The account.
    pub partner: PartnerId,
    /// The link's secret.
    pub token: String,
}

/// The same, in a transaction of the caller's and without a mail.
///
/// # Errors
/// When there is no such programme or the address is none.
pub async fn invite_in(tx: &mut Tx, what: &Invite, now: DateTime<Utc>) -> Result<Invited, Failure> {
    let email =
        rules::email(&what.email).ok_or_else(|| Failure::refused(format!("not an e-mail address: {}", what.email)))?;
    let programme = programmes::find(tx, &what.programme)
        .await?
        .ok_or_else(|| Failure::refused(format!("there is no programme {}", what.programme)))?;
    let name = what.name.as_deref().unwrap_or(&what.code);
    let (partner, is_new) = partners::find_or_create(tx, programme.id, &what.code, name, &programme.currency, now)
        .await
        .map_err(|error| match constraint(&error) {
            Some("partner_code_is_plain") => {
                Failure::refused("a code is made of letters, digits, dots, dashes and underscores, 64 at most")
            }
            _ => error.into(),
        })?;
    let token = partners::invite(tx, partner, &email, now).await?;
    let change = Change {
        action: "partner.invited",
        subject: format!("partner/{partner}"),
        partner: Some(partner),
        after: Some(json!({ "created": is_new })),
        ..Change::default()
    };
    record(tx, &Actor::Command, now, "partner-invite", change).await?;
    Ok(Invited { partner, token })
}
