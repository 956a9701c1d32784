//! A small programme, written with plain SQL as the superuser that a test connects as.

use app::base::actor::{Actor, Member};
use app::base::clock::Clock;
use app::base::context::Context;
use app::base::db::Db;
use app::base::ids::ConversionId;
use app::base::language::Locale;
use app::base::secrets::{KeyId, MasterKey, Secrets};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;

/// When every test happens.
pub fn now() -> DateTime<Utc> {
    at("2011-06-01T12:00:00Z")
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("time")
}

pub fn dec(text: &str) -> Decimal {
    text.parse().expect("number")
}

/// A programme in pounds with one offer, 8 %, 30 days of hold, £50 minimum, paid on the 15th.
pub struct Programme {
    pub pool: PgPool,
    pub id: i64,
    pub offer: i64,
    pub rate: i64,
    pub hold: i64,
    owner: i64,
}

/// Someone's partner account.
pub struct Partner {
    pub id: i64,
    pub person: i64,
    name: String,
    programme: i64,
}

impl Partner {
    pub fn member(&self) -> Member {
        Member {
            person: self.person.into(),
            name: self.name.clone(),
            partner: self.id.into(),
            partner_name: self.name.clone(),
            programme: self.programme.into(),
        }
    }

    pub fn actor(&self) -> Actor {
        Actor::Member(self.member())
    }

    pub fn context(&self, pool: &PgPool, path: &str) -> Context {
        Context {
            actor: self.actor(),
            clock: Clock::Fixed(now()),
            locale: Locale::en,
            time_zone: chrono_tz::Tz::Europe__London,
            db: Db::from_pool(pool.clone()),
            secrets: Secrets::new(&MasterKey::from([7; 32]), KeyId(1)),
            mail: app::mail::home::MailHome::default(),
            request_id: "test".into(),
            path: path.into(),
            theme: String::new(),
            client: Default::default(),
            session_token: Default::default(),
        }
    }
}

impl Programme {
    pub async fn new(pool: &PgPool) -> Self {
        let since = at("2010-01-01T00:00:00Z");
        sqlx::raw_sql("INSERT INTO secret_key VALUES (1, sha256('test'), now())").execute(pool).await.expect("key");
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO programme (code, name, currency, time_zone, created_at) VALUES ('gifts', 'Gifts', 'GBP', 'UTC', $1) RETURNING programme_id",
        )
        .bind(since)
        .fetch_one(pool)
        .await
        .expect("programme");
        let owner = person(pool, "olga@example.com", "Olga Reyes").await;
        sqlx::query("INSERT INTO staff (person_id, name, role, since) VALUES ($1, 'Olga Reyes', 'owner', $2)")
            .bind(owner)
            .bind(since)
            .execute(pool)
            .await
            .expect("owner");
        let mut programme = Self { pool: pool.clone(), id, offer: 0, rate: 0, hold: 0, owner };
        programme.offer = programme.offer("lamps", "Lamps").await;
        programme.rate = programme.terms(0, 0, "rate", "percent", "8", since).await;
        programme.hold = programme.terms(0, 0, "hold_days", "days", "30", since).await;
        programme.terms(0, 0, "minimum", "amount", "50", since).await;
        programme.terms(0, 0, "schedule", "monthly", "15", since).await;
        programme
    }

    pub async fn offer(&self, code: &str, name: &str) -> i64 {
        sqlx::query_scalar(
            "INSERT INTO offer (programme_id, code, name, created_at) VALUES ($1, $2, $3, now()) RETURNING offer_id",
        )
        .bind(self.id)
        .bind(code)
        .bind(name)
        .fetch_one(&self.pool)
        .await
        .expect("offer")
    }

    pub async fn partner(&self, code: &str, name: &str) -> Partner {
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO partner (programme_id, code, name, created_at) VALUES ($1, $2, $3, now()) RETURNING partner_id",
        )
        .bind(self.id)
        .bind(code)
        .bind(name)
        .fetch_one(&self.pool)
        .await
        .expect("partner");
        let person = person(&self.pool, &format!("{code}@example.com"), name).await;
        sqlx::query("INSERT INTO partner_member (partner_id, person_id, since) VALUES ($1, $2, now())")
            .bind(id)
            .bind(person)
            .execute(&self.pool)
            .await
            .expect("member");
        sqlx::query("SELECT open_accounts($1, $2, 'GBP')")
            .bind(self.id)
            .bind(id)
            .execute(&self.pool)
            .await
            .expect("accounts");
        Partner { id, person, name: name.into(), programme: self.id }
    }

    /// Where a partner is paid, used from a moment on; nobody has the key of it.
    pub async fn method(&self, partner: &Partner, usable_from: DateTime<Utc>) -> i64 {
        sqlx::query_scalar(
            "INSERT INTO payout_method (partner_id, kind, holder_name, ciphertext, key_id, fingerprint, masked, set_by, added_at, usable_from)
             VALUES ($1, 'paypal', $2, decode(repeat('00', 60), 'hex'), 1, sha256(convert_to($3::text, 'UTF8')), 'a…@example.com', 'command',
                     least($3, $4), $3) RETURNING payout_method_id",
        )
        .bind(partner.id)
        .bind(&partner.name)
        .bind(usable_from)
        .bind(now())
        .fetch_one(&self.pool)
        .await
        .expect("method")
    }

    /// A version of the terms: the first of its scope by command, a later one decided by the owner a day before.
    pub async fn terms(
        &self,
        offer: i64,
        partner: i64,
        field: &str,
        kind: &str,
        value: &str,
        from: DateTime<Utc>,
    ) -> i64 {
        let earlier: i32 = sqlx::query_scalar(
            "SELECT count(*)::int FROM terms_version WHERE programme_id = $1 AND offer_scope = $2 AND partner_scope = $3 AND field = $4",
        )
        .bind(self.id)
        .bind(offer)
        .bind(partner)
        .bind(field)
        .fetch_one(&self.pool)
        .await
        .expect("count");
        let (by, who) = if earlier == 0 { ("command", None) } else { ("owner", Some(self.owner)) };
        sqlx::query_scalar(
            "WITH p AS (
                 INSERT INTO proposal (programme_id, offer_scope, partner_scope, field, kind, value, valid_from, reason, proposer_id, proposed_at, content_hash)
                 VALUES ($1, $2, $3, $4, $5, $6::numeric, $7, 'asked', $9, $10,
                         proposal_hash($1, $2, $3, $4, $5, $6::numeric, $7, 'asked', NULL))
                 RETURNING proposal_id
             ) SELECT proposal_id FROM p WHERE $8 <> ''",
        )
        .bind(self.id)
        .bind(offer)
        .bind(partner)
        .bind(field)
        .bind(kind)
        .bind(value)
        .bind(from)
        .bind(by)
        .bind(who)
        // What leaves a partner less is announced thirty days before.
        .bind(from - TimeDelta::days(45))
        .fetch_one(&self.pool)
        .await
        .map(|proposal: i64| (proposal, by, who))
        .map(|(proposal, by, who)| self.decide(proposal, by, who, earlier + 1))
        .expect("proposal")
        .await
    }

    async fn decide(&self, proposal: i64, by: &str, who: Option<i64>, revision: i32) -> i64 {
        sqlx::query(
            "INSERT INTO decision (proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash, verdict,
                                   by, proposer_id, decider_id, sole_control, reason_partner, reason_house, valid_from, decided_at)
             SELECT proposal_id, programme_id, offer_scope, partner_scope, field, kind, value, content_hash, 'approved',
                    $2, $3, $3, $3 IS NOT NULL, 'Reason for ' || field, 'the house alone', valid_from, proposed_at
             FROM proposal WHERE proposal_id = $1",
        )
        .bind(proposal)
        .bind(by)
        .bind(who)
        .execute(&self.pool)
        .await
        .expect("decision");
        sqlx::query_scalar(
            "INSERT INTO terms_version (programme_id, offer_scope, partner_scope, field, kind, value, valid_from, revision, proposal_id, recorded_at)
             SELECT programme_id, offer_scope, partner_scope, field, kind, value, valid_from, $2, proposal_id, decided_at
             FROM decision WHERE proposal_id = $1 RETURNING terms_version_id",
        )
        .bind(proposal)
        .bind(revision)
        .fetch_one(&self.pool)
        .await
        .expect("terms")
    }

    /// A sale at 8 % with its accrual; in hold for 30 days.
    pub async fn sale(&self, partner: &Partner, order: &str, amount: &str, when: DateTime<Utc>) -> ConversionId {
        self.sale_in(partner, order, amount, "GBP", when).await
    }

    pub async fn sale_in(
        &self,
        partner: &Partner,
        order: &str,
        amount: &str,
        currency: &str,
        when: DateTime<Utc>,
    ) -> ConversionId {
        sqlx::query("SELECT open_accounts($1, $2, $3)")
            .bind(self.id)
            .bind(partner.id)
            .bind(currency)
            .execute(&self.pool)
            .await
            .expect("accounts");
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO conversion (programme_id, partner_id, offer_id, kind, order_id, occurred_at, amount, currency, revenue, booked_at)
             VALUES ($1, $2, $3, 'sale', $4, $5, $6::numeric, $7, 99, $5) RETURNING conversion_id",
        )
        .bind(self.id)
        .bind(partner.id)
        .bind(self.offer)
        .bind(order)
        .bind(when)
        .bind(amount)
        .bind(currency)
        .fetch_one(&self.pool)
        .await
        .expect("conversion");
        sqlx::query(
            "WITH c AS (
                 INSERT INTO commission (partner_id, conversion_id, offer_id, occurred_at, currency, rate_kind, rate_value, rate_version_id,
                                         hold_days, hold_version_id, hold_until, order_amount)
                 VALUES ($1, $2, $3, $4, $5, 'percent', 8, $6, 30, $7, $4 + interval '30 days', $8::numeric) RETURNING *
             ), e AS (
                 INSERT INTO conversion_event (programme_id, event_id, event, partner_id, conversion_id, occurred_at, amount, booked_at)
                 VALUES ($9, $10, 'sale', $1, $2, $4, $8::numeric, $4)
             )
             INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, conversion_id, event_id, effective_at, booked_at)
             SELECT $9, partner_id, 'accrual', 'commission_cost', 'pending', amount, currency, conversion_id, $10, occurred_at, occurred_at FROM c",
        )
        .bind(partner.id)
        .bind(id)
        .bind(self.offer)
        .bind(when)
        .bind(currency)
        .bind(self.rate)
        .bind(self.hold)
        .bind(amount)
        .bind(self.id)
        .bind(format!("sale-{order}"))
        .execute(&self.pool)
        .await
        .expect("commission");
        ConversionId(id)
    }

    /// A part of an order is given back while its commission is pending or payable.
    pub async fn refund(&self, partner: &Partner, conversion: ConversionId, amount: &str, when: DateTime<Utc>) {
        let event = format!("refund-{conversion}-{amount}");
        sqlx::query(
            "INSERT INTO conversion_event (programme_id, event_id, event, partner_id, conversion_id, occurred_at, amount, reason, booked_at)
             VALUES ($1, $2, 'refund', $3, $4, $5, $6::numeric, 'returned', $5)",
        )
        .bind(self.id)
        .bind(&event)
        .bind(partner.id)
        .bind(conversion.0)
        .bind(when)
        .bind(amount)
        .execute(&self.pool)
        .await
        .expect("event");
        let (back, account, currency): (Decimal, String, String) = sqlx::query_as(
            "WITH b AS (SELECT amount_left, released_at FROM commission WHERE partner_id = $1 AND conversion_id = $2)
             UPDATE commission c SET refunded = refunded + $3::numeric FROM b
             WHERE c.partner_id = $1 AND c.conversion_id = $2
             RETURNING b.amount_left - c.amount_left, CASE WHEN b.released_at IS NULL THEN 'pending' ELSE 'payable' END, c.currency",
        )
        .bind(partner.id)
        .bind(conversion.0)
        .bind(amount)
        .fetch_one(&self.pool)
        .await
        .expect("commission");
        self.transfer(partner, "refund", &account, "commission_cost", back, &currency, conversion, Some(&event), when)
            .await;
    }

    /// A commission leaves its hold.
    pub async fn release(&self, partner: &Partner, conversion: ConversionId) {
        let (left, when, currency): (Decimal, DateTime<Utc>, String) = sqlx::query_as(
            "UPDATE commission SET released_at = hold_until WHERE partner_id = $1 AND conversion_id = $2 RETURNING amount_left, hold_until, currency",
        )
        .bind(partner.id)
        .bind(conversion.0)
        .fetch_one(&self.pool)
        .await
        .expect("commission");
        self.transfer(partner, "release", "pending", "payable", left, &currency, conversion, None, when).await;
    }

    #[allow(clippy::too_many_arguments)]
    async fn transfer(
        &self,
        partner: &Partner,
        kind: &str,
        debit: &str,
        credit: &str,
        amount: Decimal,
        currency: &str,
        conversion: ConversionId,
        event: Option<&str>,
        when: DateTime<Utc>,
    ) {
        sqlx::query(
            "INSERT INTO transfer (programme_id, partner_id, kind, debit_kind, credit_kind, amount, currency, conversion_id, event_id, effective_at, booked_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
        )
        .bind(self.id)
        .bind(partner.id)
        .bind(kind)
        .bind(debit)
        .bind(credit)
        .bind(amount)
        .bind(currency)
        .bind(conversion.0)
        .bind(event)
        .bind(when)
        .execute(&self.pool)
        .await
        .expect("transfer");
    }

    pub async fn review(&self, partner: &Partner, reason: &str, until: DateTime<Utc>) {
        sqlx::query("INSERT INTO partner_review (partner_id, reason, reviewer_id, started_at, ends_at) VALUES ($1, $2, $3, $4, $5)")
            .bind(partner.id)
            .bind(reason)
            .bind(self.owner)
            .bind(now() - TimeDelta::days(1))
            .bind(until)
            .execute(&self.pool)
            .await
            .expect("review");
    }
}

async fn person(pool: &PgPool, email: &str, name: &str) -> i64 {
    sqlx::query_scalar("INSERT INTO person (email, name, created_at) VALUES ($1, $2, now()) RETURNING person_id")
        .bind(email)
        .bind(name)
        .fetch_one(pool)
        .await
        .expect("person")
}
