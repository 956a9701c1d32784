//! Keeping articles: writing, publishing, retiring; what their readers said.

use super::audience;
use crate::base::db::Tx;
use crate::base::error::{AppError, exactly_one};
use crate::base::ids::{ArticleId, PartnerId, PersonId};
use crate::disputes::model::Kind;
use crate::help::markdown;
use crate::help::model::{Article, Audience, Kept};
use crate::links::store::{Place, collect};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// A version on its way in.
#[derive(Clone, Debug)]
pub struct NewVersion {
    /// The article's name in addresses; one that is new makes a new article.
    pub slug: String,
    /// Who it is for; an article that is there keeps its own.
    pub audience: Audience,
    /// `en`, `es`.
    pub language: String,
    /// The version that it follows; 0 for the first of a language.
    pub after: i32,
    /// Its title.
    pub title: String,
    /// Markdown.
    pub body: String,
    /// The kinds of case it may spare.
    pub kinds: Vec<Kind>,
    /// Who writes it and keeps the article if nobody does; `None`: the command line.
    pub by: Option<PersonId>,
    /// When.
    pub at: DateTime<Utc>,
    /// Makes the same form, sent twice, one version.
    pub form_key: Uuid,
}

/// Writes a version as a draft; gives the article's id.
///
/// # Errors
/// `article_version_pkey` where somebody else wrote the next version meanwhile; what the database refuses by name.
pub async fn write(tx: &mut Tx, new: &NewVersion) -> Result<ArticleId, AppError> {
    let by = new.by.map(|person| person.0);
    sqlx::query!(
        "INSERT INTO article (slug, audience, owner_id, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (slug) DO NOTHING",
        new.slug,
        new.audience.as_str(),
        by,
        new.at,
    )
    .execute(&mut **tx)
    .await?;
    let found =
        sqlx::query!("SELECT article_id, audience FROM article WHERE slug = $1", new.slug).fetch_one(&mut **tx).await?;
    let id = ArticleId(found.article_id);
    let version = new.after + 1;
    let kinds: Vec<String> = new.kinds.iter().map(|kind| kind.as_str().to_owned()).collect();
    sqlx::query!(
        "INSERT INTO article_version (article_id, language, version, audience, title, body, kinds, written_by, written_at, form_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        id.0,
        new.language,
        version,
        found.audience,
        new.title,
        new.body,
        &kinds,
        by,
        new.at,
        new.form_key,
    )
    .execute(&mut **tx)
    .await?;
    let place = Place::Article { id, language: &new.language, version };
    collect(tx, place, &markdown::links(&new.body), new.at).await?;
    Ok(id)
}

/// Publishes a version; an article that was retired is shown again.
///
/// # Errors
/// [`AppError::Conflict`] where it is published already.
pub async fn publish(
    tx: &mut Tx,
    (id, language, version): (ArticleId, &str, i32),
    by: Option<PersonId>,
    at: DateTime<Utc>,
) -> Result<(), AppError> {
    let done = sqlx::query!(
        "UPDATE article_version SET published_at = greatest($5, written_at), published_by = $4
         WHERE article_id = $1 AND language = $2 AND version = $3 AND published_at IS NULL",
        id.0,
        language,
        version,
        by.map(|person| person.0),
        at,
    )
    .execute(&mut **tx)
    .await?;
    exactly_one(done.rows_affected())?;
    // A command has nothing to take back, and may not.
    if by.is_some() {
        sqlx::query!(
            "UPDATE article SET retired_at = NULL, retired_by = NULL WHERE article_id = $1 AND retired_at IS NOT NULL",
            id.0,
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Shows an article no more.
///
/// # Errors
/// [`AppError::Conflict`] where it is not shown already.
pub async fn retire(tx: &mut Tx, id: ArticleId, by: PersonId, at: DateTime<Utc>) -> Result<(), AppError> {
    let done = sqlx::query!(
        "UPDATE article SET retired_at = $3, retired_by = $2 WHERE article_id = $1 AND retired_at IS NULL",
        id.0,
        by.0,
        at,
    )
    .execute(&mut **tx)
    .await?;
    exactly_one(done.rows_affected())
}

/// The name of the article that a form wrote already, with its language.
///
/// # Errors
/// When the database is away.
pub async fn of_form(tx: &mut Tx, form_key: Uuid) -> Result<Option<(String, String)>, AppError> {
    let row = sqlx::query!(
        "SELECT a.slug, v.language FROM article_version v JOIN article a USING (article_id) WHERE v.form_key = $1",
        form_key,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| (row.slug, row.language)))
}

/// Says whether a version helped; `false` where the reader said so before.
///
/// # Errors
/// `article_feedback_of_a_reader` where it was never theirs to read.
pub async fn rate(
    tx: &mut Tx,
    article: &Article,
    (person, partner): (PersonId, Option<PartnerId>),
    helped: bool,
    at: DateTime<Utc>,
) -> Result<bool, AppError> {
    let done = sqlx::query!(
        "INSERT INTO article_feedback (article_id, language, version, person_id, partner_id, helped, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        article.id.0,
        article.language,
        article.version,
        person.0,
        partner.map(|partner| partner.0),
        helped,
        at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What a reader said of a version.
///
/// # Errors
/// When the database is away.
pub async fn rated(tx: &mut Tx, article: &Article, person: PersonId) -> Result<Option<bool>, AppError> {
    Ok(sqlx::query_scalar!(
        "SELECT helped FROM article_feedback WHERE article_id = $1 AND language = $2 AND version = $3 AND person_id = $4",
        article.id.0,
        article.language,
        article.version,
        person.0,
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Every article in every language it has, those longest untouched first, retired ones last.
///
/// # Errors
/// When the database is away.
pub async fn kept(tx: &mut Tx) -> Result<Vec<Kept>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT a.slug, v.language, v.title, a.audience, v.version, v.published_at IS NOT NULL AS "published!",
                  l.version IS NOT NULL AS "is_live!", a.retired_at IS NOT NULL AS "retired!", s.name AS "owner?", v.written_at,
                  count(f.helped) FILTER (WHERE f.helped) AS "helped!", count(f.helped) FILTER (WHERE NOT f.helped) AS "did_not!"
           FROM article a
           JOIN LATERAL (SELECT DISTINCT ON (n.language) n.language, n.version, n.title, n.written_at, n.published_at FROM article_version n
                         WHERE n.article_id = a.article_id ORDER BY n.language, n.version DESC) v ON true
           LEFT JOIN live_article l ON l.article_id = a.article_id AND l.language = v.language
           LEFT JOIN article_feedback f ON f.article_id = a.article_id AND f.language = v.language AND f.version = l.version
           LEFT JOIN staff s ON s.person_id = a.owner_id
           GROUP BY a.slug, v.language, v.title, a.audience, v.version, v.published_at, l.version, a.retired_at, s.name, v.written_at
           ORDER BY "retired!", v.written_at, a.slug, v.language LIMIT 1000"#,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Kept {
                slug: row.slug,
                language: row.language,
                title: row.title,
                audience: audience(&row.audience)?,
                version: row.version,
                published: row.published,
                is_live: row.is_live,
                retired: row.retired,
                owner: row.owner,
                touched_at: row.written_at,
                helped: (row.helped, row.did_not),
            })
        })
        .collect()
}

/// How many articles that are read nobody wrote on for ninety days, as of a moment.
///
/// # Errors
/// When the database is away.
pub async fn untouched(tx: &mut Tx, at: DateTime<Utc>) -> Result<i64, AppError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM (
               SELECT v.article_id FROM article_version v JOIN article a USING (article_id)
               WHERE v.written_at <= $2 AND (a.retired_at IS NULL OR a.retired_at > $2)
               GROUP BY v.article_id
               HAVING max(v.written_at) < $1 AND bool_or(v.published_at <= $2)) old"#,
        at - TimeDelta::days(90),
        at,
    )
    .fetch_one(&mut **tx)
    .await?)
}
