//! The register in SQL.

use super::model::{Finding, Listed, State, Used};
use super::rules;
use crate::base::db::Tx;
use crate::base::error::{AppError, exactly_one};
use crate::base::ids::{ArticleId, LinkId, MacroId};
use crate::macros::model::Variant;
use chrono::{DateTime, TimeDelta, Utc};

/// So long nobody else takes up a link that is being checked.
const TAKEN: TimeDelta = TimeDelta::minutes(10);

/// A text that links stand in.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// A version of an article in a language.
    Article {
        /// The article.
        id: ArticleId,
        /// `en`, `es`.
        language: &'a str,
        /// The version.
        version: i32,
    },
    /// A variant of a version of a macro.
    Macro {
        /// The macro.
        id: MacroId,
        /// The version.
        version: i32,
        /// The variant.
        variant: Variant,
    },
}

/// Takes the addresses of a text into the register; those that are new are checked next. What is not kept is left out.
///
/// # Errors
/// When the database refuses it.
pub async fn collect(tx: &mut Tx, place: Place<'_>, addresses: &[String], at: DateTime<Utc>) -> Result<(), AppError> {
    let kept = addresses.iter().map(|address| rules::lowered_scheme(address));
    let kept: Vec<String> = kept.filter(|address| rules::is_kept(address)).collect();
    if kept.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO link (address, added_at, next_check_at) SELECT DISTINCT a, $2::timestamptz, $2 FROM unnest($1::text[]) a
         ON CONFLICT (address) DO NOTHING",
        &kept,
        at,
    )
    .execute(&mut **tx)
    .await?;
    let (article, language, article_version, id, version, variant) = match place {
        Place::Article { id, language, version } => (Some(id.0), Some(language), Some(version), None, None, None),
        Place::Macro { id, version, variant } => (None, None, None, Some(id.0), Some(version), Some(variant.as_str())),
    };
    sqlx::query!(
        "INSERT INTO link_place (link_id, article_id, language, article_version, macro_id, macro_version, variant)
         SELECT link_id, $2, $3, $4, $5, $6, $7 FROM link WHERE address = ANY ($1) ON CONFLICT DO NOTHING",
        &kept,
        article,
        language,
        article_version,
        id,
        version,
        variant,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A link that is to be checked.
#[derive(Clone, Debug)]
pub struct Due {
    /// Its id.
    pub id: LinkId,
    /// Where it leads.
    pub address: String,
    /// How often in a row it failed.
    pub failures: i32,
    /// Whether partners read it somewhere.
    pub for_partners: bool,
}

/// Takes up links that stand somewhere and are due, so that no other process does.
///
/// # Errors
/// When the database is away.
pub async fn take_due(tx: &mut Tx, now: DateTime<Utc>, most: i64) -> Result<Vec<Due>, AppError> {
    Ok(sqlx::query_as!(
        Due,
        r#"UPDATE link l SET next_check_at = $2
           FROM (SELECT link_id FROM link k
                 WHERE k.next_check_at <= $1 AND EXISTS (SELECT FROM live_link_place p WHERE p.link_id = k.link_id)
                 ORDER BY k.next_check_at, k.link_id LIMIT $3 FOR UPDATE SKIP LOCKED) due
           WHERE l.link_id = due.link_id
           RETURNING l.link_id AS "id: LinkId", l.address, l.failures,
                     EXISTS (SELECT FROM live_link_place p WHERE p.link_id = l.link_id AND p.audience = 'partner') AS "for_partners!""#,
        now,
        now + TAKEN,
        most,
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Writes down what a check found.
///
/// # Errors
/// When the database refuses it.
pub async fn found(tx: &mut Tx, due: &Due, finding: Finding, now: DateTime<Utc>) -> Result<(), AppError> {
    let (state, failures, next) = rules::after(due.failures, finding, now);
    let done = sqlx::query!(
        "UPDATE link SET state = $2, failures = $3, finding = $4, status = $5, checked_at = $6, next_check_at = $7 WHERE link_id = $1",
        due.id.0,
        state.as_str(),
        failures,
        finding.as_str(),
        finding.status().map(i32::from),
        now,
        next,
    )
    .execute(&mut **tx)
    .await?;
    exactly_one(done.rows_affected())
}

/// Whether a page of ours is there, also where it is an article's.
///
/// # Errors
/// When the database is away.
pub async fn own_page(tx: &mut Tx, path: &str, for_partners: bool) -> Result<Finding, AppError> {
    let finding = rules::own_page(path, for_partners);
    let slug = path.split(['?', '#']).next().and_then(|path| path.strip_prefix("/help/"));
    let Some(slug) = slug.filter(|_| matches!(finding, Finding::Answers(_))) else { return Ok(finding) };
    let audience =
        sqlx::query_scalar!(r#"SELECT audience AS "audience!" FROM live_article WHERE slug = $1 LIMIT 1"#, slug)
            .fetch_optional(&mut **tx)
            .await?;
    Ok(match audience.as_deref() {
        None => Finding::NoPage,
        Some("staff") if for_partners => Finding::NotForPartners,
        Some(_) => finding,
    })
}

/// The links that stand somewhere, dead ones first; `most` of them.
///
/// # Errors
/// When the database is away.
pub async fn list(tx: &mut Tx, most: i64) -> Result<Vec<Listed>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT l.link_id, l.address, l.state, l.finding, l.status, l.checked_at FROM link l
           WHERE EXISTS (SELECT FROM live_link_place p WHERE p.link_id = l.link_id)
           ORDER BY array_position(ARRAY['dead', 'doubtful', 'unchecked', 'works'], l.state), l.address LIMIT $1"#,
        most,
    )
    .fetch_all(&mut **tx)
    .await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.link_id).collect();
    let places = sqlx::query!(
        r#"SELECT link_id AS "link_id!", slug, language AS "language!", name AS "name!", macro_id FROM live_link_place
           WHERE link_id = ANY ($1) ORDER BY link_id, name, language"#,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let used = places.iter().filter(|place| place.link_id == row.link_id).map(|place| Used {
                slug: place.slug.clone(),
                r#macro: place.macro_id,
                name: place.name.clone(),
                language: place.language.clone(),
            });
            Ok(Listed {
                id: row.link_id.into(),
                used: used.collect(),
                address: row.address,
                state: State::parse(&row.state).ok_or_else(|| AppError::Internal("unknown state of a link".into()))?,
                finding: Finding::parse(&row.finding, row.status.and_then(|status| u16::try_from(status).ok())),
                checked_at: row.checked_at,
            })
        })
        .collect()
}

/// How many links that stand somewhere are dead.
///
/// # Errors
/// When the database is away.
pub async fn dead(tx: &mut Tx) -> Result<i64, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM link l
           WHERE l.state = 'dead' AND EXISTS (SELECT FROM live_link_place p WHERE p.link_id = l.link_id)"#,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Has a link checked next.
///
/// # Errors
/// [`AppError::NotFound`] where there is none.
pub async fn check_soon(tx: &mut Tx, id: LinkId, now: DateTime<Utc>) -> Result<(), AppError> {
    let done =
        sqlx::query!("UPDATE link SET next_check_at = $2 WHERE link_id = $1", id.0, now).execute(&mut **tx).await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(AppError::NotFound) }
}
