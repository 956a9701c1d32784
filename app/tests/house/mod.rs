//! A small programme with its people: Garden and Kitchen are partners, Marta and Inés owners, Tomás an agent.
#![allow(dead_code)]

use app::approvals::model::{Authority, By, Proposal, Verdict};
use app::approvals::store::{self, Decide};
use app::base::actor::{Actor, Role, Staff};
use app::base::clock::Clock;
use app::base::context::Context;
use app::base::db::{Db, Tx};
use app::base::error::{AppError, constraint};
use app::base::ids::{OfferId, PartnerId, PersonId, ProgrammeId, ProposalId};
use app::base::language::Locale;
use app::base::secrets::{KeyId, MasterKey, Secrets};
use app::terms::model::{Field, Scope};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use sqlx::{AssertSqlSafe, PgPool};

#[derive(Clone)]
pub struct House {
    pub pool: PgPool,
    pub db: Db,
    pub now: DateTime<Utc>,
    pub programme: ProgrammeId,
    pub plants: OfferId,
    pub tools: OfferId,
    pub garden: PartnerId,
    pub kitchen: PartnerId,
    pub marta: PersonId,
    pub ines: PersonId,
    pub tomas: PersonId,
    pub auditor: PersonId,
}

const PEOPLE: &str = "
    INSERT INTO programme (code, name, currency, margin_floor, created_at) VALUES ('shop', 'Shop', 'GBP', 20, '2026-01-01Z');
    INSERT INTO offer (programme_id, code, name, revenue_kind, revenue_value, created_at)
        SELECT programme_id, 'plants', 'Plants', 'percent', 25, created_at FROM programme;
    INSERT INTO offer (programme_id, code, name, created_at) SELECT programme_id, 'tools', 'Tools', created_at FROM programme;
    INSERT INTO partner (programme_id, code, name, created_at)
        SELECT programme_id, word, initcap(word), created_at FROM programme, unnest(ARRAY['garden', 'kitchen']) word;
    INSERT INTO person (email, name, created_at)
        SELECT split_part(who, ':', 1) || '@example.com', split_part(who, ':', 2), '2026-01-01Z'
        FROM unnest(ARRAY['marta:Marta Ruiz', 'ines:Inés Vega', 'tomas:Tomás Gil', 'ana:Ana Soler']) who;
    INSERT INTO staff (person_id, name, role, since)
        SELECT person_id, name, CASE split_part(email, '@', 1) WHEN 'tomas' THEN 'agent' WHEN 'ana' THEN 'auditor' ELSE 'owner' END, created_at
        FROM person;
    INSERT INTO authority (programme_id, role, lowest_minimum, largest_credit, valid_from)
        SELECT programme_id, 'agent', 5, 25, '2026-01-01Z'::timestamptz FROM programme UNION ALL
        SELECT programme_id, 'agent', 20, 25, '2026-06-01Z' FROM programme UNION ALL
        SELECT programme_id, 'agent', 1, 25, '2027-06-01Z' FROM programme UNION ALL
        SELECT programme_id, 'lead', 10, 100, '2026-01-01Z' FROM programme;";

impl House {
    /// Opens it, at noon of 1 December 2026, with 8 percent, 30 days and a minimum of 50.
    pub async fn open(pool: PgPool) -> Self {
        sqlx::raw_sql(PEOPLE).execute(&pool).await.expect("people");
        let id = async |sql: &'static str| sqlx::query_scalar::<_, i64>(sql).fetch_one(&pool).await.expect("id");
        let house = Self {
            now: "2026-12-01T12:00:00Z".parse().expect("time"),
            db: Db::from_pool(pool.clone()),
            programme: id("SELECT programme_id FROM programme").await.into(),
            plants: id("SELECT offer_id FROM offer WHERE code = 'plants'").await.into(),
            tools: id("SELECT offer_id FROM offer WHERE code = 'tools'").await.into(),
            garden: id("SELECT partner_id FROM partner WHERE code = 'garden'").await.into(),
            kitchen: id("SELECT partner_id FROM partner WHERE code = 'kitchen'").await.into(),
            marta: id("SELECT person_id FROM person WHERE email LIKE 'marta@%'").await.into(),
            ines: id("SELECT person_id FROM person WHERE email LIKE 'ines@%'").await.into(),
            tomas: id("SELECT person_id FROM person WHERE email LIKE 'tomas@%'").await.into(),
            auditor: id("SELECT person_id FROM person WHERE email LIKE 'ana@%'").await.into(),
            pool: pool.clone(),
        };
        let scope = Scope { programme: house.programme, offer: None, partner: None };
        let mut tx = house.begin_command().await;
        for (field, kind, value) in
            [(Field::Rate, "percent", 8), (Field::HoldDays, "days", 30), (Field::Minimum, "amount", 50)]
        {
            store::initial_terms(
                &mut tx,
                scope,
                field,
                kind,
                Decimal::from(value),
                house.now - TimeDelta::days(300),
                "test",
            )
            .await
            .expect("first terms");
        }
        tx.commit().await.expect("commit");
        house
    }

    /// The same house, so many minutes later.
    pub fn later(&self, minutes: i64) -> Self {
        Self { now: self.now + TimeDelta::minutes(minutes), ..self.clone() }
    }

    fn as_staff(&self, person: PersonId, name: &str, role: Role) -> Context {
        Context {
            actor: Actor::Staff(Staff { person, name: name.into(), role }),
            clock: Clock::Fixed(self.now),
            locale: Locale::en,
            time_zone: chrono_tz::UTC,
            db: self.db.clone(),
            secrets: Secrets::new(&MasterKey::from([7; 32]), KeyId(1)),
            mail: app::mail::home::MailHome::default(),
            request_id: "test".into(),
            path: "/".into(),
            client: String::new(),
            session_token: None,
            theme: String::new(),
        }
    }

    pub fn marta(&self) -> Context {
        self.as_staff(self.marta, "Marta Ruiz", Role::Owner)
    }

    pub fn ines(&self) -> Context {
        self.as_staff(self.ines, "Inés Vega", Role::Owner)
    }

    pub fn tomas(&self) -> Context {
        self.as_staff(self.tomas, "Tomás Gil", Role::Agent)
    }

    pub fn auditor(&self) -> Context {
        self.as_staff(self.auditor, "Ana Soler", Role::Auditor)
    }

    pub async fn begin_command(&self) -> Tx {
        self.db.begin(&Actor::Command).await.expect("begin")
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

    pub async fn count(&self, from: &str) -> i64 {
        let sql = AssertSqlSafe(format!("SELECT count(*) FROM {from}"));
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.expect("count")
    }

    pub async fn last_proposal(&self) -> ProposalId {
        let id: i64 =
            sqlx::query_scalar("SELECT max(proposal_id) FROM proposal").fetch_one(&self.pool).await.expect("id");
        id.into()
    }

    pub async fn proposal(&self, id: ProposalId) -> Proposal {
        let mut tx = self.marta().begin().await.expect("begin");
        store::find(&mut tx, id, self.now).await.expect("proposal")
    }

    pub async fn record_of(&self, id: ProposalId) -> Vec<(String, Option<i64>)> {
        sqlx::query_as("SELECT action, approval_id FROM audit WHERE subject = $1 ORDER BY audit_id")
            .bind(format!("proposal/{id}"))
            .fetch_all(&self.pool)
            .await
            .expect("record")
    }

    async fn in_force(&self, field: Field, partner: PartnerId, at: &str) -> String {
        let mut tx = self.marta().begin().await.expect("begin");
        let at = at.parse().expect("time");
        let version = app::terms::store::field_in_force(&mut tx, field, self.programme, None, partner, at).await;
        version.expect("terms").expect("a version").value.normalize().to_string()
    }

    pub async fn rate_at(&self, at: &str) -> String {
        self.in_force(Field::Rate, self.garden, at).await
    }

    pub async fn rate_of_other_partner_at(&self, at: &str) -> String {
        self.in_force(Field::Rate, self.kitchen, at).await
    }

    pub async fn minimum_at(&self, at: &str) -> String {
        self.in_force(Field::Minimum, self.garden, at).await
    }

    /// Writes an approval straight into the database, as staff may.
    pub async fn decide_by_hand(&self, id: ProposalId, decider: PersonId, sole_control: bool) -> Result<(), AppError> {
        self.write_decision(id, decider, sole_control, By::Owner, None).await
    }

    /// Writes a decision by policy under the newest authority of a role.
    pub async fn by_policy(&self, id: ProposalId, decider: PersonId, role: &str) -> Result<(), AppError> {
        let role = Role::parse(role).expect("role");
        let mut tx = self.marta().begin().await?;
        let authority = store::authority(&mut tx, self.programme, role, self.now).await?.expect("authority");
        drop(tx);
        self.write_decision(id, decider, false, By::Policy, Some(authority)).await
    }

    async fn write_decision(
        &self,
        id: ProposalId,
        decider: PersonId,
        sole_control: bool,
        by: By,
        authority: Option<Authority>,
    ) -> Result<(), AppError> {
        let read = hex::decode(self.proposal(id).await.content_hash).expect("hex");
        let mut tx = self.tomas().begin().await?;
        let decision = Decide {
            proposal: id,
            content_hash: &read,
            verdict: Verdict::Approved,
            by,
            decider: Some(decider),
            sole_control,
            authority,
            reason_partner: "by hand",
            reason_house: "",
            floor_reason: None,
            earliest: self.now,
            until: None,
            at: self.now,
        };
        store::decide(&mut tx, decision).await?;
        Ok(tx.commit().await?)
    }

    /// Sets a rate for Garden on an offer, by command.
    pub async fn set_rate(&self, offer: Option<OfferId>, percent: &str) {
        let scope = Scope { programme: self.programme, offer, partner: Some(self.garden) };
        let mut tx = self.begin_command().await;
        let value = percent.parse().expect("number");
        store::initial_terms(&mut tx, scope, Field::Rate, "percent", value, self.now, "test").await.expect("terms");
        tx.commit().await.expect("commit");
    }

    /// A sale with its commission at the programme's rate, in force when it happened.
    pub async fn sale(&self, partner: PartnerId, offer: OfferId, at: &str, amount: &str, refunded: &str) {
        self.run(&format!(
            "WITH sold AS (
                INSERT INTO conversion (programme_id, partner_id, offer_id, kind, order_id, occurred_at, amount, currency, booked_at)
                VALUES ({}, {partner}, {offer}, 'sale', gen_random_uuid()::text, '{at}', {amount}, 'GBP', '{at}') RETURNING *)
             INSERT INTO commission (partner_id, conversion_id, offer_id, occurred_at, currency, rate_kind, rate_value, rate_version_id,
                                     hold_days, hold_version_id, order_amount, refunded)
             SELECT partner_id, conversion_id, offer_id, occurred_at, currency, r.kind, r.value, r.terms_version_id, h.value::int, h.terms_version_id,
                    amount, {refunded}
             FROM sold, terms_version r, terms_version h
             WHERE (r.field, r.partner_scope) = ('rate', 0) AND h.field = 'hold_days'",
            self.programme
        ))
        .await;
    }
}

/// A key, as every form has its own.
pub fn key() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// The name of the constraint that refused.
pub fn constraint_of(error: &AppError) -> String {
    match error {
        AppError::Database(cause) => constraint(cause).unwrap_or_else(|| panic!("no constraint: {cause}")).to_owned(),
        other => panic!("not refused by the database: {other}"),
    }
}

/// The SQLSTATE of a refusal.
pub fn sqlstate(error: &AppError) -> String {
    match error {
        AppError::Database(cause) => cause
            .as_database_error()
            .and_then(|error| error.code())
            .map(|code| code.into_owned())
            .unwrap_or_else(|| panic!("no code: {cause}")),
        other => panic!("not refused by the database: {other}"),
    }
}
