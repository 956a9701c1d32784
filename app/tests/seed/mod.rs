//! A small house in plain SQL, and a way to try wrong states on it.

use sqlx::{AssertSqlSafe, PgConnection, PgPool};

/// Gives every id a name: `{ana}`, `{rate}`, …
const NAMES: &str = "
    SELECT code, programme_id FROM programme
    UNION ALL SELECT code, offer_id FROM offer
    UNION ALL SELECT code, partner_id FROM partner
    UNION ALL SELECT 'person_' || split_part(email, '@', 1), person_id FROM person
    UNION ALL SELECT lower(order_id), conversion_id FROM conversion
    UNION ALL SELECT concat_ws('_', g.code, t.field, p.code), t.terms_version_id
              FROM terms_version t JOIN programme g USING (programme_id) LEFT JOIN partner p ON p.partner_id = t.partner_scope
    UNION ALL SELECT 'proposal_of_' || split_part(p.email, '@', 1), r.proposal_id
              FROM proposal r JOIN person p ON p.person_id = r.proposer_id
    UNION ALL SELECT CASE kind WHEN 'other' THEN 'question' ELSE 'dispute' END, case_id FROM support_case
    UNION ALL SELECT kind, transfer_id FROM transfer WHERE kind IN ('adjustment', 'release')
    UNION ALL SELECT concat(role, '_authority_', programme_id), authority_id FROM authority
    UNION ALL SELECT 'asked', min(message_id) FROM message
    UNION ALL SELECT 'method_of_' || p.code, payout_method_id FROM payout_method JOIN partner p USING (partner_id)";

/// A wrong state: what it is, the SQL that tries it, and how the database refuses it (SQLSTATE and constraint).
pub type Wrong = (&'static str, String, &'static str, &'static str);

pub struct Seed {
    pub pool: PgPool,
    ids: Vec<(String, i64)>,
}

impl Seed {
    pub async fn open(pool: PgPool) -> Self {
        sqlx::raw_sql(include_str!("seed.sql")).execute(&pool).await.expect("seed");
        let ids = sqlx::query_as(NAMES).fetch_all(&pool).await.expect("names");
        Self { pool, ids }
    }

    /// Puts ids in the place of their names.
    pub fn fill(&self, sql: &str) -> String {
        let filled = self
            .ids
            .iter()
            .fold(sql.to_owned(), |sql, (name, id)| sql.replace(&format!("{{{name}}}"), &id.to_string()));
        assert!(!filled.contains(['{', '}']) || filled.contains('"'), "no such name in {filled}");
        filled
    }

    /// Tries statements as superuser, past every policy and grant, up to the checks of a commit; changes nothing.
    pub async fn attempt(&self, sql: &str) -> Result<(), sqlx::Error> {
        let mut tx = self.pool.begin().await?;
        let done = run(&mut tx, &format!("{}; SET CONSTRAINTS ALL IMMEDIATE", self.fill(sql))).await;
        tx.rollback().await?;
        done
    }

    /// Tries every wrong state; says which were not refused as they should have been.
    pub async fn all_refused(&self, wrongs: Vec<Wrong>) {
        let mut holes = Vec::new();
        for (what, sql, code, constraint) in wrongs {
            match self.attempt(&sql).await {
                Ok(()) => holes.push(format!("{what}: accepted")),
                Err(error) => {
                    let found = refusal(&error);
                    if found != (code.to_owned(), constraint.to_owned()) {
                        holes.push(format!("{what}: {found:?} instead of {code} {constraint} ({error})"));
                    }
                }
            }
        }
        assert!(holes.is_empty(), "{}", holes.join("\n"));
    }

    /// What has to be accepted, so that the refusals prove something.
    pub async fn accepted(&self, sql: &str) {
        self.attempt(sql).await.unwrap_or_else(|error| panic!("{}: {error}", self.fill(sql)));
    }
}

pub async fn run(connection: &mut PgConnection, sql: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.map(|_| ())
}

/// SQLSTATE and constraint of a refusal; the constraint is empty where it was a missing right.
pub fn refusal(error: &sqlx::Error) -> (String, String) {
    let refused = error.as_database_error().unwrap_or_else(|| panic!("not refused by the database: {error}"));
    (refused.code().unwrap_or_default().into_owned(), refused.constraint().unwrap_or_default().to_owned())
}

pub type Column<'a> = (&'a str, &'a str);

/// The usual columns, with some changed.
pub fn but<'a>(usual: &[Column<'a>], changed: &[Column<'a>]) -> Vec<Column<'a>> {
    let kept = usual.iter().filter(|(name, _)| changed.iter().all(|(other, _)| other != name));
    kept.chain(changed).copied().collect()
}

/// An INSERT of one row: its usual columns, with some changed.
pub fn insert(table: &str, usual: &[Column<'_>], changed: &[Column<'_>]) -> String {
    let columns = but(usual, changed);
    let names: Vec<_> = columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let values: Vec<_> = columns.iter().map(|(_, value)| *value).collect();
    format!("INSERT INTO {table} ({}) SELECT {}", names.join(", "), values.join(", "))
}
