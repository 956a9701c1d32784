//! A small programme for the desk's tests: two partners, three of staff, one conversion; and its forms, posted.
#![allow(dead_code)]

use app::approvals::store::initial_terms;
use app::base::actor::{Actor, Member, Role, Staff};
use app::base::clock::Clock;
use app::base::context::Context;
use app::base::db::Db;
use app::base::error::AppError;
use app::base::ids::{CaseId, ConversionId, OfferId, PartnerId, PersonId, ProgrammeId};
use app::base::language::Locale;
use app::base::secrets::{KeyId, MasterKey, Secrets};
use app::desk::api as desk;
use app::desk::model::Authority;
use app::disputes::api as disputes;
use app::inbox::uploads::Uploads;
use app::terms::model::{Field, Scope};
use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;
use leptos::prelude::{Owner, ScopedFuture, ServerFnError, provide_context};
use leptos_axum::ResponseOptions;
use rust_decimal::Decimal;
use sqlx::{AssertSqlSafe, PgPool};
use std::future::Future;

const PEOPLE: &str = "
    INSERT INTO programme (code, name, currency, created_at) VALUES ('shop', 'Shop', 'GBP', '2026-01-01Z');
    INSERT INTO offer (programme_id, code, name, created_at) SELECT programme_id, 'plants', 'Plants', created_at FROM programme;
    INSERT INTO partner (programme_id, code, name, created_at)
        SELECT programme_id, who, initcap(who), created_at FROM programme, unnest(ARRAY['garden', 'kitchen']) who;
    INSERT INTO person (email, name, created_at)
        SELECT split_part(who, ':', 1) || '@example.com', split_part(who, ':', 2), '2026-01-01Z'
        FROM unnest(ARRAY['ana:Ana Soler', 'bo:Bo Lind', 'tomas:Tomás Gil', 'marta:Marta Ruiz', 'lea:Lea Mora']) who;
    INSERT INTO partner_member (partner_id, person_id, since)
        SELECT p.partner_id, m.person_id, m.created_at FROM partner p JOIN person m
        ON (p.code, split_part(m.email, '@', 1)) IN (('garden', 'ana'), ('kitchen', 'bo'));
    INSERT INTO staff (person_id, name, role, since)
        SELECT person_id, name, CASE split_part(email, '@', 1) WHEN 'tomas' THEN 'agent' WHEN 'marta' THEN 'owner' ELSE 'auditor' END, created_at
        FROM person WHERE email ~ '^(tomas|marta|lea)@';
    INSERT INTO authority (programme_id, role, lowest_minimum, largest_credit, valid_from)
        SELECT programme_id, 'agent', 5, 100, '2026-01-01Z'::timestamptz FROM programme UNION ALL
        SELECT programme_id, 'agent', 20, 25, '2026-06-01Z' FROM programme UNION ALL
        SELECT programme_id, 'agent', 20, 900, '2027-06-01Z' FROM programme UNION ALL
        SELECT programme_id, 'owner', 1, 1000, '2026-01-01Z' FROM programme;
    SELECT open_accounts(programme_id, partner_id, 'GBP') FROM partner;
    INSERT INTO secret_key VALUES (1, sha256('test'), now());";

const SALE: &str = "
    INSERT INTO conversion (programme_id, partner_id, offer_id, kind, order_id, occurred_at, amount, currency, booked_at)
        SELECT p.programme_id, p.partner_id, o.offer_id, 'sale', 'O-1', '2026-11-20Z', 200, 'GBP', '2026-11-20Z'
        FROM partner p JOIN offer o USING (programme_id) WHERE p.code = 'garden';
    INSERT INTO conversion_event (programme_id, event_id, event, partner_id, conversion_id, occurred_at, amount, booked_at)
        SELECT programme_id, 'E-1', 'sale', partner_id, conversion_id, occurred_at, amount, booked_at FROM conversion;
    INSERT INTO commission (partner_id, conversion_id, offer_id, occurred_at, currency, rate_kind, rate_value, rate_version_id,
                            hold_days, hold_version_id, hold_until, order_amount)
        SELECT c.partner_id, c.conversion_id, c.offer_id, c.occurred_at, c.currency, r.kind, r.value, r.terms_version_id,
               30, h.terms_version_id, c.occurred_at + interval '30 days', c.amount
        FROM conversion c, terms_version r, terms_version h WHERE r.field = 'rate' AND h.field = 'hold_days';
    INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, conversion_id, effective_at, booked_at)
        SELECT c.programme_id, c.partner_id, 'accrual', 'commission_cost', 'pending', k.amount, c.currency, c.conversion_id, c.occurred_at, c.booked_at
        FROM conversion c JOIN commission k USING (partner_id, conversion_id);";

/// How a form was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// With a redirect.
    To(String),
    /// With a status.
    Status(StatusCode),
}

impl Answer {
    /// Whether the writer is sent back to the form, with a draft.
    pub fn is_back_to(&self, path: &str) -> bool {
        matches!(self, Self::To(to) if to.starts_with(path) && to.contains("form=") && to.ends_with("#form"))
    }
}

#[derive(Clone)]
pub struct House {
    pool: PgPool,
    db: Db,
    pub now: DateTime<Utc>,
    pub programme: ProgrammeId,
    pub offer: OfferId,
    pub garden: PartnerId,
    pub kitchen: PartnerId,
    pub conversion: ConversionId,
    pub ana: PersonId,
    bo: PersonId,
    pub tomas: PersonId,
    pub marta: PersonId,
    lea: PersonId,
}

pub fn key() -> String {
    app::base::forms::new_key()
}

/// The SQLSTATE of what the database refused.
pub fn code(error: &sqlx::Error) -> String {
    error.as_database_error().and_then(|error| error.code()).map(String::from).unwrap_or_default()
}

/// Posts a form, as the browser of whoever `ctx` is would.
pub async fn post<F>(ctx: &Context, form: impl FnOnce() -> F) -> Answer
where
    F: Future<Output = Result<(), ServerFnError>>,
{
    post_with(ctx, Uploads::default(), form).await
}

/// The same, with files.
pub async fn post_with<F>(ctx: &Context, files: Uploads, form: impl FnOnce() -> F) -> Answer
where
    F: Future<Output = Result<(), ServerFnError>>,
{
    let (parts, ()) = http::Request::new(()).into_parts();
    let response = ResponseOptions::default();
    let future = Owner::new().with(|| {
        provide_context(ctx.clone());
        provide_context(files);
        provide_context(parts);
        provide_context(response.clone());
        ScopedFuture::new(form())
    });
    let done = future.await;
    let response = response.0.read().expect("response");
    match (done, response.headers.get(http::header::LOCATION)) {
        (Ok(()), Some(to)) => Answer::To(to.to_str().expect("path").to_owned()),
        (Ok(()), None) => panic!("neither done nor refused"),
        (Err(error), _) => Answer::Status(response.status.unwrap_or_else(|| panic!("{error}"))),
    }
}

impl House {
    /// Opens it, at noon of 1 December 2026, with 8 percent, 30 days and a minimum of 50.
    pub async fn open(pool: PgPool) -> Self {
        sqlx::raw_sql(PEOPLE).execute(&pool).await.expect("people");
        let now: DateTime<Utc> = "2026-12-01T12:00:00Z".parse().expect("time");
        let db = Db::from_pool(pool.clone());
        let id = async |sql: &'static str| sqlx::query_scalar::<_, i64>(sql).fetch_one(&pool).await.expect("id");
        let scope =
            Scope { programme: id("SELECT programme_id FROM programme").await.into(), offer: None, partner: None };
        let mut tx = db.begin(&Actor::Command).await.expect("begin");
        for (field, kind, value) in
            [(Field::Rate, "percent", 8), (Field::HoldDays, "days", 30), (Field::Minimum, "amount", 50)]
        {
            let since = now - TimeDelta::days(300);
            initial_terms(&mut tx, scope, field, kind, Decimal::from(value), since, "test").await.expect("terms");
        }
        tx.commit().await.expect("commit");
        sqlx::raw_sql(SALE).execute(&pool).await.expect("sale");
        Self {
            now,
            db,
            programme: scope.programme,
            offer: id("SELECT offer_id FROM offer").await.into(),
            garden: id("SELECT partner_id FROM partner WHERE code = 'garden'").await.into(),
            kitchen: id("SELECT partner_id FROM partner WHERE code = 'kitchen'").await.into(),
            conversion: id("SELECT conversion_id FROM conversion").await.into(),
            ana: id("SELECT person_id FROM person WHERE email LIKE 'ana@%'").await.into(),
            bo: id("SELECT person_id FROM person WHERE email LIKE 'bo@%'").await.into(),
            tomas: id("SELECT person_id FROM person WHERE email LIKE 'tomas@%'").await.into(),
            marta: id("SELECT person_id FROM person WHERE email LIKE 'marta@%'").await.into(),
            lea: id("SELECT person_id FROM person WHERE email LIKE 'lea@%'").await.into(),
            pool,
        }
    }

    /// The same house, so many minutes later.
    pub fn later(&self, minutes: i64) -> Self {
        Self { now: self.now + TimeDelta::minutes(minutes), ..self.clone() }
    }

    fn context(&self, actor: Actor) -> Context {
        Context {
            actor,
            clock: Clock::Fixed(self.now),
            locale: Locale::en,
            time_zone: chrono_tz::UTC,
            db: self.db.clone(),
            secrets: Secrets::new(&MasterKey::from([7; 32]), KeyId(1)),
            mail: app::mail::home::MailHome::default(),
            request_id: "test".into(),
            path: "/".into(),
            theme: String::new(),
            client: String::new(),
            session_token: None,
        }
    }

    fn member(&self, person: PersonId, name: &str, partner: PartnerId) -> Context {
        self.context(Actor::Member(Member {
            person,
            name: name.into(),
            partner,
            partner_name: String::new(),
            programme: self.programme,
        }))
    }

    fn staff(&self, person: PersonId, name: &str, role: Role) -> Context {
        self.context(Actor::Staff(Staff { person, name: name.into(), role }))
    }

    pub fn ana(&self) -> Context {
        self.member(self.ana, "Ana Soler", self.garden)
    }

    pub fn bo(&self) -> Context {
        self.member(self.bo, "Bo Lind", self.kitchen)
    }

    pub fn tomas(&self) -> Context {
        self.staff(self.tomas, "Tomás Gil", Role::Agent)
    }

    pub fn marta(&self) -> Context {
        self.staff(self.marta, "Marta Ruiz", Role::Owner)
    }

    pub fn lea(&self) -> Context {
        self.staff(self.lea, "Lea Mora", Role::Auditor)
    }

    /// As superuser, past every policy and grant.
    pub async fn try_run(&self, sql: &str) -> Result<(), AppError> {
        let mut tx = self.pool.begin().await?;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    pub async fn run(&self, sql: &str) {
        self.try_run(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    pub async fn one<T>(&self, sql: &'static str) -> T
    where
        T: Send + Unpin + for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.expect(sql)
    }

    pub async fn count(&self, from: &str) -> i64 {
        let sql = AssertSqlSafe(format!("SELECT count(*) FROM {from}"));
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.expect("count")
    }

    pub async fn authority(&self, role: &str) -> Authority {
        let sql = "SELECT authority_id, largest_credit, lowest_minimum FROM authority
                   WHERE role = $1 AND valid_from <= $2 ORDER BY valid_from DESC LIMIT 1";
        let (id, largest_credit, lowest_minimum): (i64, Decimal, Decimal) =
            sqlx::query_as(sql).bind(role).bind(self.now).fetch_one(&self.pool).await.expect("authority");
        Authority { id: id.into(), largest_credit, lowest_minimum }
    }

    pub async fn last_case(&self) -> CaseId {
        self.one::<i64>("SELECT max(case_id) FROM support_case").await.into()
    }

    pub async fn last_message(&self) -> i64 {
        self.one("SELECT max(message_id) FROM message").await
    }

    pub async fn stage(&self, case: CaseId) -> String {
        sqlx::query_scalar("SELECT stage FROM support_case WHERE case_id = $1")
            .bind(case.0)
            .fetch_one(&self.pool)
            .await
            .expect("case")
    }

    async fn version(&self, case: CaseId) -> i32 {
        sqlx::query_scalar("SELECT version FROM support_case WHERE case_id = $1")
            .bind(case.0)
            .fetch_one(&self.pool)
            .await
            .expect("case")
    }

    /// Ana's dispute about her conversion.
    pub async fn opened(&self) -> CaseId {
        let answer = self.open_about_conversion(&self.ana(), "wrong_amount", &key()).await;
        let case = self.last_case().await;
        assert_eq!(answer, Answer::To(format!("/disputes/{case}?done=opened")));
        case
    }

    pub async fn open_about_conversion(&self, ctx: &Context, kind: &str, form_key: &str) -> Answer {
        let (kind, conversion) = (Some(kind.to_owned()), Some(self.conversion.to_string()));
        let (body, form_key) = (Some("I expected more.".to_owned()), form_key.to_owned());
        post(ctx, || {
            disputes::open_dispute(kind, conversion, None, None, None, None, None, None, None, None, body, form_key)
        })
        .await
    }

    pub async fn open_other(&self, ctx: &Context, form_key: &str) -> Answer {
        let (body, form_key) = (Some("Where do I find my links?".to_owned()), form_key.to_owned());
        post(ctx, || disputes::open_dispute(None, None, None, None, None, None, None, None, None, None, body, form_key))
            .await
    }

    pub async fn claim(&self, ctx: &Context, offer: &str, order: &str, at: &str, amount: &str) -> Answer {
        let some = |text: &str| Some(text.to_owned());
        post(ctx, || {
            disputes::open_dispute(
                some("missing_conversion"),
                None,
                None,
                None,
                some(offer),
                some(order),
                some(at),
                some(amount),
                some("GBP"),
                some("The confirmation says so."),
                some("It never came."),
                key(),
            )
        })
        .await
    }

    pub async fn answer(&self, ctx: &Context, case: CaseId, body: &str, form_key: &str) -> Answer {
        let seen = self.last_message().await.to_string();
        let (body, form_key) = (Some(body.to_owned()), form_key.to_owned());
        post(ctx, || disputes::answer_dispute(case.to_string(), body, form_key, seen)).await
    }

    pub async fn answer_with(&self, ctx: &Context, case: CaseId, body: &str, form_key: &str, files: Uploads) -> Answer {
        let seen = self.last_message().await.to_string();
        let (body, form_key) = (Some(body.to_owned()), form_key.to_owned());
        post_with(ctx, files, || disputes::answer_dispute(case.to_string(), body, form_key, seen)).await
    }

    pub async fn reply_with(&self, ctx: &Context, case: CaseId, body: &str, files: Uploads) -> Answer {
        let (seen, body) = (self.last_message().await.to_string(), Some(body.to_owned()));
        post_with(ctx, files, || desk::reply(case.to_string(), body, key(), seen, None)).await
    }

    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    pub fn db(&self) -> &Db {
        &self.db
    }

    pub async fn take(&self, ctx: &Context, case: CaseId) -> Answer {
        self.take_version(ctx, case, self.version(case).await).await
    }

    pub async fn take_version(&self, ctx: &Context, case: CaseId, version: i32) -> Answer {
        post(ctx, || desk::take_case(case.to_string(), version.to_string())).await
    }

    pub async fn reply(&self, ctx: &Context, case: CaseId, body: &str, ask: bool) -> Answer {
        let seen: i64 = sqlx::query_scalar("SELECT max(message_id) FROM message WHERE case_id = $1")
            .bind(case.0)
            .fetch_one(&self.pool)
            .await
            .expect("message");
        self.reply_seen(ctx, case, body, seen, ask).await
    }

    pub async fn reply_seen(&self, ctx: &Context, case: CaseId, body: &str, seen: i64, ask: bool) -> Answer {
        let (body, ask) = (Some(body.to_owned()), ask.then(|| "yes".to_owned()));
        post(ctx, || desk::reply(case.to_string(), body, key(), seen.to_string(), ask)).await
    }

    pub async fn note(&self, ctx: &Context, case: CaseId, body: &str) -> Answer {
        post(ctx, || desk::note(case.to_string(), Some(body.to_owned()), key(), None)).await
    }

    pub async fn mark(&self, ctx: &Context, case: CaseId, message: i64) -> Answer {
        let version = self.version(case).await.to_string();
        post(ctx, || desk::needs_no_answer(case.to_string(), message.to_string(), version)).await
    }

    pub async fn decide(&self, ctx: &Context, case: CaseId, outcome: &str, amount: &str, form_key: &str) -> Answer {
        let version = self.version(case).await.to_string();
        let some = |text: &str| Some(text.to_owned());
        let (reason, words, house) = (some("booking_error"), some("You were right."), some("The feed was late."));
        let (outcome, amount, form_key) = (some(outcome), some(amount), form_key.to_owned());
        post(ctx, || desk::decide_case(case.to_string(), version, outcome, reason, amount, words, house, form_key))
            .await
    }

    pub async fn close(&self, ctx: &Context, case: CaseId) -> Answer {
        let version = self.version(case).await.to_string();
        post(ctx, || desk::close_case(case.to_string(), version)).await
    }

    /// Tomás gave a case away, to Marta.
    pub async fn give_away(&self, case: CaseId) {
        self.run(&format!(
            "INSERT INTO case_given_away (partner_id, case_id, from_id, to_id, reason, given_at)
             SELECT partner_id, case_id, {}, {}, 'Rude.', '2026-12-01T12:00Z' FROM support_case WHERE case_id = {case}
             ON CONFLICT DO NOTHING",
            self.tomas, self.marta
        ))
        .await;
    }

    pub async fn review(&self, ctx: &Context, case: CaseId, reason: &str, until: &str) -> Answer {
        let (reason, until) = (Some(reason.to_owned()), Some(until.to_owned()));
        post(ctx, || desk::review_partner(case.to_string(), reason, until)).await
    }

    pub async fn end_review(&self, ctx: &Context, case: CaseId) -> Answer {
        post(ctx, || desk::end_review(case.to_string())).await
    }
}
