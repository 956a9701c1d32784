//! A macro in a reply's form, and what became of the reply.

use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, MacroId, PartnerId, PersonId};
use crate::macros::model::{Actions, Spoken, Variant};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A reply that is written or sent: in which case, by which form, by whom and when.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// Whose case.
    pub partner: PartnerId,
    /// The case.
    pub case: CaseId,
    /// The form's key.
    pub form_key: Uuid,
    /// Who writes.
    pub by: PersonId,
    /// When.
    pub at: DateTime<Utc>,
}

/// A macro that lies in a form.
#[derive(Clone, Debug)]
pub struct Pick {
    /// The macro.
    pub id: MacroId,
    /// Its version.
    pub version: i32,
    /// In which variant.
    pub variant: Variant,
    /// Its name.
    pub name: String,
    /// What it does besides; nothing where only its text was wanted.
    pub actions: Actions,
    /// The name of who gets the case.
    pub assignee_name: Option<String>,
}

/// Remembers the macro whose text was put into a form; the last one counts.
///
/// # Errors
/// When the database refuses it.
pub async fn pick(
    tx: &mut Tx,
    sent: &Sent,
    (id, version, variant): (MacroId, i32, Variant),
    with_actions: bool,
) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO macro_pick (form_key, partner_id, case_id, macro_id, version, variant, with_actions, picked_by, picked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (form_key) DO UPDATE
         SET macro_id = excluded.macro_id, version = excluded.version, variant = excluded.variant,
             with_actions = excluded.with_actions, picked_at = excluded.picked_at",
        sent.form_key,
        sent.partner.0,
        sent.case.0,
        id.0,
        version,
        variant.as_str(),
        with_actions,
        sent.by.0,
        sent.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The macro that lies in a form of a case.
///
/// # Errors
/// When the database is away.
pub async fn picked(tx: &mut Tx, partner: PartnerId, case: CaseId, form_key: Uuid) -> Result<Option<Pick>, AppError> {
    let row = sqlx::query!(
        r#"SELECT k.macro_id, k.version, k.variant, k.with_actions, v.name, v.asks, v.closes, v.takes, v.put_off_days,
                  s.person_id AS "assignee_id?", s.name AS "assignee_name?"
           FROM macro_pick k JOIN macro_version v USING (macro_id, version)
           LEFT JOIN staff s ON s.person_id = v.assignee_id AND s.disabled_at IS NULL
           WHERE k.form_key = $1 AND k.partner_id = $2 AND k.case_id = $3"#,
        form_key,
        partner.0,
        case.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| {
        let actions = match row.with_actions {
            true => Actions {
                asks: row.asks,
                closes: row.closes,
                takes: row.takes,
                assignee: row.assignee_id.map(PersonId),
                put_off_days: row.put_off_days,
            },
            false => Actions::default(),
        };
        Ok(Pick {
            id: row.macro_id.into(),
            version: row.version,
            variant: Variant::parse(&row.variant).ok_or_else(|| AppError::Internal("unknown variant".into()))?,
            name: row.name,
            actions,
            assignee_name: row.assignee_name,
        })
    })
    .transpose()
}

/// Counts a macro as sent with a message.
///
/// # Errors
/// When the database refuses it.
pub async fn used(tx: &mut Tx, sent: &Sent, pick: &Pick, message: i64) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO macro_use (partner_id, case_id, message_id, macro_id, version, variant, used_by, used_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        sent.partner.0,
        sent.case.0,
        message,
        pick.id.0,
        pick.version,
        pick.variant.as_str(),
        sent.by.0,
        sent.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether the writer of a form was told already that it speaks in this way.
///
/// # Errors
/// When the database is away.
pub async fn was_warned(tx: &mut Tx, form_key: Uuid, found: Spoken) -> Result<bool, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM variant_warning WHERE form_key = $1 AND found = $2) AS "there!""#,
        form_key,
        found.as_str(),
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Remembers that the writer of a form was told; once a form is enough.
///
/// # Errors
/// When the database refuses it.
pub async fn warn(tx: &mut Tx, sent: &Sent, wanted: Variant, found: Spoken) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO variant_warning (form_key, partner_id, case_id, wanted, found, warned, warned_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        sent.form_key,
        sent.partner.0,
        sent.case.0,
        wanted.as_str(),
        found.as_str(),
        sent.by.0,
        sent.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Counts a message that speaks otherwise than its reader is spoken to.
///
/// # Errors
/// When the database refuses it.
pub async fn mismatch(tx: &mut Tx, sent: &Sent, message: i64, wanted: Variant, found: Spoken) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO variant_mismatch (partner_id, case_id, message_id, wanted, found, sent_by, sent_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        sent.partner.0,
        sent.case.0,
        message,
        wanted.as_str(),
        found.as_str(),
        sent.by.0,
        sent.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
