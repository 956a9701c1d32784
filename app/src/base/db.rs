//! The way to PostgreSQL: a transaction always runs under the database role of its actor.

use super::actor::Actor;
use super::error::AppError;
use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use std::time::Duration;

/// A transaction under an actor's role.
pub type Tx = sqlx::Transaction<'static, sqlx::Postgres>;

/// Roles of the database cluster; made once, before any migration. None can sign in: a process signs in as
/// whoever `DATABASE_URL` names and takes one of these on. `pd_web` inherits nothing, it must take a role on.
pub const ROLES: [(&str, &str); 5] = [
    ("pd_owner", "NOLOGIN"),
    ("pd_partner", "NOLOGIN"),
    ("pd_staff", "NOLOGIN"),
    ("pd_system", "NOLOGIN"),
    ("pd_web", "NOLOGIN NOINHERIT"),
];

/// Every migration, compiled in.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../migrations");

/// The pool behind a process.
#[derive(Clone, Debug)]
pub struct Db {
    pool: PgPool,
}

impl Db {
    /// Connects. Every connection speaks UTC and starts without rights (role `pd_web`).
    ///
    /// # Errors
    /// When the server can't be reached or has not been migrated (the roles are missing).
    pub async fn connect(options: PgConnectOptions, most: u32) -> sqlx::Result<Self> {
        let pool = PgPoolOptions::new()
            .max_connections(most)
            .acquire_timeout(Duration::from_secs(10))
            .after_connect(|connection, _| {
                Box::pin(async move {
                    sqlx::raw_sql("SET TIME ZONE 'UTC'; SET ROLE pd_web").execute(connection).await?;
                    Ok(())
                })
            })
            .connect_with(options)
            .await?;
        Ok(Self { pool })
    }

    /// Wraps a pool, for tests: `#[sqlx::test]` connects as superuser, `begin` still takes the actor's role on.
    pub fn from_pool(pool: PgPool) -> Self {
        Self { pool }
    }

    /// The pool, for a worker's own needs (listening, COPY).
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Begins a transaction as `actor`: a member sees their partner's rows, staff the house's, nobody nothing.
    ///
    /// # Errors
    /// When no connection is to be had in ten seconds.
    pub async fn begin(&self, actor: &Actor) -> sqlx::Result<Tx> {
        let (role, partner) = role_of(actor);
        self.begin_as("BEGIN", role, &partner).await
    }

    /// Begins a transaction as `actor` that only reads, and sees all through what there was at its first question.
    ///
    /// # Errors
    /// When no connection is to be had in ten seconds.
    pub async fn begin_snapshot(&self, actor: &Actor) -> sqlx::Result<Tx> {
        let (role, partner) = role_of(actor);
        self.begin_as("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", role, &partner).await
    }

    /// Begins a transaction for sign-in, which comes before anyone is anyone.
    ///
    /// # Errors
    /// When no connection is to be had in ten seconds.
    pub async fn begin_sign_in(&self) -> sqlx::Result<Tx> {
        self.begin_as("BEGIN", "pd_web", "").await
    }

    async fn begin_as(&self, begin: &'static str, role: &str, partner: &str) -> sqlx::Result<Tx> {
        let pool = self.pool.clone();
        // In a task of its own: sqlx forgets a transaction whose beginning was given up half-way, as when a browser goes away, and
        // lends the connection to the next with it open.
        let begun = tokio::spawn(async move { pool.begin_with(begin).await });
        let mut tx = begun.await.map_err(|_| sqlx::Error::WorkerCrashed)??;
        sqlx::query("SELECT set_config('role', $1, true), set_config('pd.partner', $2, true)")
            .bind(role)
            .bind(partner)
            .execute(&mut *tx)
            .await?;
        Ok(tx)
    }
}

fn role_of(actor: &Actor) -> (&'static str, String) {
    match actor {
        Actor::Anonymous => ("pd_web", String::new()),
        Actor::Member(member) => ("pd_partner", member.partner.to_string()),
        Actor::Staff(_) => ("pd_staff", String::new()),
        Actor::Command | Actor::Job => ("pd_system", String::new()),
    }
}

/// The role that a transaction had before [`become_system`].
#[derive(Debug)]
#[must_use = "a transaction goes back to its actor's role with `become_again`"]
pub struct FormerRole(String);

/// Takes the role of commands and jobs on, for what the program itself works out in somebody's transaction and that
/// somebody may not read: whose shift it is, what limits a clock has. Nothing that was asked for runs under it.
///
/// # Errors
/// When the database is away.
pub async fn become_system(tx: &mut Tx) -> sqlx::Result<FormerRole> {
    // The inner query is answered first, so that it still sees the former role.
    let former = sqlx::query_scalar(
        "WITH former AS MATERIALIZED (SELECT current_setting('role') AS role)
         SELECT role FROM former WHERE set_config('role', 'pd_system', true) IS NOT NULL",
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(FormerRole(former))
}

/// Goes back to the role of the transaction's actor.
///
/// # Errors
/// When the database is away.
pub async fn become_again(tx: &mut Tx, former: FormerRole) -> sqlx::Result<()> {
    sqlx::query("SELECT set_config('role', $1, true)").bind(former.0).execute(&mut **tx).await?;
    Ok(())
}

/// Creates the roles, where they are missing, and brings the schema up to date.
///
/// # Errors
/// When the login may not create roles, or a migration fails.
pub async fn migrate(options: PgConnectOptions) -> Result<(), sqlx::migrate::MigrateError> {
    // A connection, not a pool: that would try for half a minute and then say only that it took too long.
    let mut connection = PgConnection::connect_with(&options).await?;
    make_roles(&mut connection).await?;
    MIGRATIONS.run(&mut connection).await?;
    Ok(connection.close().await?)
}

/// Creates the cluster's roles where they are missing, and puts right what was given to them since: none signs in, and
/// `pd_web` inherits nothing. Two at once do not hurt each other.
///
/// # Errors
/// When the login may not create roles.
pub async fn make_roles(connection: &mut PgConnection) -> sqlx::Result<()> {
    for (role, how) in ROLES {
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
            "DO $$ BEGIN
                 IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {role} {how}; END IF;
             EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
             DO $$ BEGIN
                 IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}'
                            AND (rolcanlogin OR (rolinherit AND rolname = 'pd_web'))) THEN
                     ALTER ROLE {role} {how};
                 END IF;
                 IF NOT pg_has_role('{role}', 'MEMBER') THEN GRANT {role} TO CURRENT_USER; END IF;
             EXCEPTION WHEN unique_violation OR internal_error THEN NULL; END $$"
        )))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Begins a part of a transaction whose failure is its own: [`end_part`] ends it, and the other parts stand.
///
/// # Errors
/// When the database is away.
pub async fn begin_part(tx: &mut Tx) -> Result<(), AppError> {
    sqlx::query("SAVEPOINT one_part").execute(&mut **tx).await?;
    Ok(())
}

/// Ends a part. What is checked at the end of a transaction is checked here, so that it is this part's own matter; what failed is
/// as it was before, and given back.
///
/// # Errors
/// When the database is away.
pub async fn end_part<T>(tx: &mut Tx, done: Result<T, AppError>) -> Result<Result<T, AppError>, AppError> {
    let done = match done {
        Ok(value) => match sqlx::query("SET CONSTRAINTS ALL IMMEDIATE").execute(&mut **tx).await {
            Ok(_) => Ok(value),
            Err(error) => Err(error.into()),
        },
        failed => failed,
    };
    let end = if done.is_ok() { "RELEASE SAVEPOINT one_part" } else { "ROLLBACK TO SAVEPOINT one_part" };
    sqlx::query(end).execute(&mut **tx).await?;
    sqlx::query("SET CONSTRAINTS ALL DEFERRED").execute(&mut **tx).await?;
    Ok(done)
}
