//! The SQL of ratings.

use crate::audit::store::{Change, record};
use crate::base::actor::{Actor, Member};
use crate::base::db::Tx;
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId, PersonId, ProgrammeId};
use crate::rota::spans::Span;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::json;

/// A rating.
#[derive(Clone, Debug)]
pub struct Rating {
    /// One to five.
    pub stars: i16,
    /// A word more.
    pub words: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Whom it is about.
    pub staff: Option<PersonId>,
}

/// The rating of a case, if it has one.
///
/// # Errors
/// When the database is away.
pub async fn of_case(tx: &mut Tx, partner: PartnerId, case: CaseId) -> Result<Option<Rating>, AppError> {
    Ok(sqlx::query_as!(
        Rating,
        r#"SELECT stars, words, rated_at AS at, staff_id AS "staff: PersonId" FROM case_rating WHERE partner_id = $1 AND case_id = $2"#,
        partner.0,
        case.0,
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// A member whom a link names, with what their case is about; none where they may not sign in any more. Needs the role of
/// jobs.
///
/// # Errors
/// When the database is away.
pub async fn named(tx: &mut Tx, case: CaseId, person: PersonId) -> Result<Option<(Member, String)>, AppError> {
    let row = sqlx::query!(
        r#"SELECT c.programme_id AS "programme: ProgrammeId", c.partner_id AS "partner: PartnerId", c.subject, p.name, a.name AS partner_name
           FROM support_case c JOIN partner a USING (partner_id) JOIN partner_member m USING (partner_id) JOIN person p USING (person_id)
           WHERE c.case_id = $1 AND m.person_id = $2 AND p.disabled_at IS NULL AND a.status <> 'closed'"#,
        case.0,
        person.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| {
        let member = Member {
            person,
            name: row.name,
            partner: row.partner,
            partner_name: row.partner_name,
            programme: row.programme,
        };
        (member, row.subject)
    }))
}

/// A rating on its way in.
#[derive(Clone, Debug)]
pub struct NewRating {
    /// One to five.
    pub stars: i16,
    /// A word more.
    pub words: String,
    /// The language that it is given in.
    pub locale: &'static str,
    /// Whether it came by the link in a mail.
    pub by_mail: bool,
}

/// Writes a rating; gives whether it is the first of its case.
///
/// # Errors
/// `case_rating_of_a_resolved_case` where nothing was resolved yet; `case_rating_case` where it is no case of theirs.
pub async fn rate(
    tx: &mut Tx,
    member: &Member,
    case: CaseId,
    new: &NewRating,
    request_id: &str,
    now: DateTime<Utc>,
) -> Result<bool, AppError> {
    let done = sqlx::query!(
        "INSERT INTO case_rating (partner_id, case_id, stars, words, rated_by, rated_at, locale, by_mail)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        member.partner.0,
        case.0,
        new.stars,
        new.words,
        member.person.0,
        now,
        new.locale,
        new.by_mail,
    )
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    let change = Change {
        action: "case.rated",
        subject: format!("case/{case}"),
        partner: Some(member.partner),
        after: Some(json!({ "stars": new.stars, "by_mail": new.by_mail })),
        ..Change::default()
    };
    record(tx, &Actor::Member(member.clone()), now, request_id, change).await?;
    Ok(true)
}

/// The ratings in one language.
#[derive(Clone, Debug, PartialEq)]
pub struct OfLanguage {
    /// Its code.
    pub locale: String,
    /// How many.
    pub count: i64,
    /// Their mean.
    pub mean: Decimal,
    /// How many of one or two.
    pub low: i64,
}

/// Ratings given in a time, by language; those about one person, where one is named.
///
/// # Errors
/// When the database is away.
pub async fn by_language(tx: &mut Tx, window: Span, person: Option<PersonId>) -> Result<Vec<OfLanguage>, AppError> {
    Ok(sqlx::query_as!(
        OfLanguage,
        r#"SELECT locale, count(*) AS "count!", round(avg(stars), 1) AS "mean!", count(*) FILTER (WHERE stars <= 2) AS "low!"
           FROM case_rating WHERE rated_at >= $1 AND rated_at <= $2 AND ($3::bigint IS NULL OR staff_id = $3)
           GROUP BY locale ORDER BY locale"#,
        window.from,
        window.to,
        person.map(|person| person.0),
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// A rating with words.
#[derive(Clone, Debug)]
pub struct Said {
    /// The case.
    pub case: CaseId,
    /// One to five.
    pub stars: i16,
    /// What was said.
    pub words: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Whom it is about.
    pub about: Option<String>,
}

/// The newest ratings with words, in a time; those about one person, where one is named.
///
/// # Errors
/// When the database is away.
pub async fn said(tx: &mut Tx, window: Span, person: Option<PersonId>) -> Result<Vec<Said>, AppError> {
    Ok(sqlx::query_as!(
        Said,
        r#"SELECT r.case_id AS "case: CaseId", r.stars, r.words, r.rated_at AS at, s.name AS "about?"
           FROM case_rating r LEFT JOIN staff s ON s.person_id = r.staff_id
           WHERE r.rated_at >= $1 AND r.rated_at <= $2 AND ($3::bigint IS NULL OR r.staff_id = $3) AND r.words <> ''
           ORDER BY r.rated_at DESC LIMIT 20"#,
        window.from,
        window.to,
        person.map(|person| person.0),
    )
    .fetch_all(&mut **tx)
    .await?)
}
