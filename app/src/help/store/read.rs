//! Reading articles.

use super::{audience, kinds};
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::disputes::model::Kind;
use crate::help::markdown;
use crate::help::model::{Article, Entry};

struct EntryRow {
    slug: String,
    language: String,
    title: String,
    body: String,
    audience: String,
}

impl EntryRow {
    fn read(self) -> Result<Entry, AppError> {
        Ok(Entry {
            summary: markdown::summary(&self.body),
            audience: audience(&self.audience)?,
            slug: self.slug,
            language: self.language,
            title: self.title,
        })
    }
}

/// Every article that is read, in a language where it has one, by title.
///
/// # Errors
/// When the database is away.
pub async fn list(tx: &mut Tx, language: &str) -> Result<Vec<Entry>, AppError> {
    let rows = sqlx::query_as!(
        EntryRow,
        r#"SELECT slug AS "slug!", language AS "language!", title AS "title!", left(body, 600) AS "body!", audience AS "audience!"
           FROM (SELECT DISTINCT ON (article_id) * FROM live_article ORDER BY article_id, language <> $1, language) one
           ORDER BY audience, title LIMIT 500"#,
        language,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(EntryRow::read).collect()
}

/// The articles with any of the words, in either language, with or without accents; the best first, in the reader's
/// language where they are equally good.
///
/// # Errors
/// When the database is away.
pub async fn search(tx: &mut Tx, language: &str, words: &str, most: i64) -> Result<Vec<Entry>, AppError> {
    let rows = sqlx::query_as!(
        EntryRow,
        r#"SELECT slug AS "slug!", language AS "language!", title AS "title!", left(body, 600) AS "body!", audience AS "audience!"
           FROM (SELECT DISTINCT ON (article_id) a.*, ts_rank(a.words, q.query) AS rank
                 FROM live_article a JOIN (SELECT 'en' AS language, help_query('en', $2) AS query
                                           UNION ALL SELECT 'es', help_query('es', $2)) q ON q.language = a.language
                 WHERE a.words @@ q.query
                 ORDER BY article_id, ts_rank(a.words, q.query) < 0.01, a.language <> $1) one
           ORDER BY rank DESC, title LIMIT $3"#,
        language,
        words,
        most,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(EntryRow::read).collect()
}

/// Articles for partners that may spare a case of these kinds, or that speak of the same; those for its kind first.
///
/// # Errors
/// When the database is away.
pub async fn suited(tx: &mut Tx, language: &str, of: &[Kind], words: &str, most: i64) -> Result<Vec<Entry>, AppError> {
    let of: Vec<String> = of.iter().map(|kind| kind.as_str().to_owned()).collect();
    let rows = sqlx::query_as!(
        EntryRow,
        r#"SELECT slug AS "slug!", language AS "language!", title AS "title!", left(body, 600) AS "body!", audience AS "audience!"
           FROM (SELECT DISTINCT ON (article_id) a.*, a.kinds && $2::text[] AS suits, coalesce(ts_rank(a.words, q.query), 0) AS rank
                 FROM live_article a JOIN (SELECT 'en' AS language, help_query('en', $3) AS query
                                           UNION ALL SELECT 'es', help_query('es', $3)) q ON q.language = a.language
                 WHERE a.audience = 'partner' AND (a.kinds && $2::text[] OR a.words @@ q.query)
                 ORDER BY article_id, a.language <> $1) one
           ORDER BY rank DESC, suits DESC, title LIMIT $4"#,
        language,
        &of,
        words,
        most,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(EntryRow::read).collect()
}

struct ArticleRow {
    article_id: i64,
    slug: String,
    audience: String,
    language: String,
    version: i32,
    title: String,
    body: String,
    kinds: Vec<String>,
    written_at: chrono::DateTime<chrono::Utc>,
    published_at: Option<chrono::DateTime<chrono::Utc>>,
    retired: bool,
}

impl ArticleRow {
    fn read(self) -> Result<Article, AppError> {
        Ok(Article {
            id: self.article_id.into(),
            audience: audience(&self.audience)?,
            slug: self.slug,
            language: self.language,
            version: self.version,
            title: self.title,
            body: self.body,
            kinds: kinds(&self.kinds),
            written_at: self.written_at,
            published_at: self.published_at,
            retired: self.retired,
        })
    }
}

/// The versions of an article that are read, one a language, the asked one first.
///
/// # Errors
/// When the database is away.
pub async fn find(tx: &mut Tx, slug: &str, language: &str) -> Result<Vec<Article>, AppError> {
    let rows = sqlx::query_as!(
        ArticleRow,
        r#"SELECT article_id AS "article_id!", slug AS "slug!", audience AS "audience!", language AS "language!", version AS "version!",
                  title AS "title!", body AS "body!", kinds AS "kinds!", written_at AS "written_at!", published_at, false AS "retired!"
           FROM live_article WHERE slug = $1 ORDER BY language <> $2, language"#,
        slug,
        language,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(ArticleRow::read).collect()
}

/// The newest version of an article in a language, draft or not; of another language where it has none in this.
///
/// # Errors
/// [`AppError::NotFound`] where there is no such article.
pub async fn newest(tx: &mut Tx, slug: &str, language: &str) -> Result<Article, AppError> {
    sqlx::query_as!(
        ArticleRow,
        r#"SELECT a.article_id, a.slug, a.audience, v.language, v.version, v.title, v.body, v.kinds, v.written_at, v.published_at,
                  a.retired_at IS NOT NULL AS "retired!"
           FROM article a JOIN article_version v USING (article_id)
           WHERE a.slug = $1 ORDER BY v.language <> $2, v.version DESC LIMIT 1"#,
        slug,
        language,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or(AppError::NotFound)?
    .read()
}
