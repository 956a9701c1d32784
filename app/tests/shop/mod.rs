//! A programme to import into: files in memory, balances and everything else as text.
#![allow(dead_code)]

use app::approvals::store::initial_terms;
use app::base::actor::Actor;
use app::base::clock::Clock;
use app::base::db::Db;
use app::base::ids::{OfferId, PartnerId, ProgrammeId};
use app::base::money::Currency;
use app::commissions::store::{Released, release};
use app::imports::model::{ImportError, Report, Request};
use app::imports::run::run;
use app::ledger::store::{balances, verify};
use app::programmes::store::{NewProgramme, create, create_offer};
use app::terms::model::{Field, Scope};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::{AssertSqlSafe, PgPool};
use std::io::Cursor;

pub const HEADER: &str = "event_id,event,order_id,partner,offer,occurred_at,amount,currency,reason\n";

/// Everything that money is made of, with what differs from run to run left out.
const MONEY: &str = "
    SELECT 'conversion', p.code, c.kind, c.order_id, o.code, c.occurred_at::text, c.amount::text, c.currency, c.revenue::text, c.sub_id, c.click_id
    FROM conversion c JOIN partner p USING (partner_id) JOIN offer o USING (offer_id)
    UNION ALL SELECT 'event', p.code, e.event, c.order_id, e.event_id, e.occurred_at::text, e.amount::text, e.reason, NULL, NULL, NULL
    FROM conversion_event e JOIN conversion c USING (partner_id, conversion_id) JOIN partner p USING (partner_id)
    UNION ALL SELECT 'commission', p.code, k.state, c.order_id, k.rate_kind || k.rate_value, k.hold_until::text, k.amount::text, k.currency,
              k.amount_left::text, k.refunded::text, k.released_at::text
    FROM commission k JOIN conversion c USING (partner_id, conversion_id) JOIN partner p USING (partner_id)
    UNION ALL SELECT 'transfer', p.code, t.kind, c.order_id, t.debit_kind || ' ' || t.credit_kind, t.effective_at::text, t.amount::text, t.currency,
              t.event_id, NULL, NULL
    FROM transfer t LEFT JOIN conversion c USING (partner_id, conversion_id) JOIN partner p USING (partner_id)
    UNION ALL SELECT 'account', p.code, a.kind, NULL, NULL, NULL, a.balance::text, a.currency, NULL, NULL, NULL
    FROM account a JOIN partner p USING (partner_id)";

#[derive(Clone)]
pub struct Shop {
    pub pool: PgPool,
    pub db: Db,
    pub programme: ProgrammeId,
    pub now: DateTime<Utc>,
}

/// What an import said.
#[derive(Debug)]
pub struct Said {
    pub report: Report,
    /// `line,column,reason,row`, without the header.
    pub rejects: Vec<String>,
}

impl Said {
    pub fn counts(&self) -> (i64, i64, i64, i64) {
        (self.report.rows, self.report.accepted, self.report.duplicates, self.report.rejected)
    }
}

pub fn dec(text: &str) -> Decimal {
    text.parse().expect("number")
}

pub fn time(text: &str) -> DateTime<Utc> {
    text.parse().expect("time")
}

impl Shop {
    /// Opens it on 1 June 2011: 8 percent, 30 days, an offer `uk` with these terms and `mail` with 2.50 a lead.
    pub async fn open(pool: PgPool) -> Self {
        let db = Db::from_pool(pool.clone());
        let now = time("2011-06-01T00:00:00Z");
        let mut tx = db.begin(&Actor::Command).await.expect("begin");
        let currency = Currency::parse("GBP").expect("code");
        let new = NewProgramme { code: "giftware", currency, time_zone: "Europe/London", margin_floor: Decimal::ZERO };
        let programme = create(&mut tx, &new, now).await.expect("programme");
        tx.commit().await.expect("commit");
        let shop = Self { pool, db, programme, now };
        shop.terms(None, Field::Rate, "percent", "8").await;
        shop.terms(None, Field::HoldDays, "days", "30").await;
        shop.offer("uk").await;
        let mail = shop.offer("mail").await;
        shop.terms(Some(mail), Field::Rate, "fixed", "2.50").await;
        shop
    }

    pub async fn offer(&self, code: &str) -> OfferId {
        let mut tx = self.db.begin(&Actor::Command).await.expect("begin");
        let offer = create_offer(&mut tx, self.programme, code, None, self.now).await.expect("offer");
        tx.commit().await.expect("commit");
        offer
    }

    /// First terms of all offers or of one, in force since ever.
    pub async fn terms(&self, offer: Option<OfferId>, field: Field, kind: &str, value: &str) {
        let scope = Scope { programme: self.programme, offer, partner: None };
        let mut tx = self.db.begin(&Actor::Command).await.expect("begin");
        initial_terms(&mut tx, scope, field, kind, dec(value), self.now, "test").await.expect("terms");
        tx.commit().await.expect("commit");
    }

    pub async fn partner(&self, code: &str) -> PartnerId {
        sqlx::query_scalar("SELECT partner_id FROM partner WHERE code = $1")
            .bind(code)
            .fetch_one(&self.pool)
            .await
            .map(PartnerId)
            .expect("partner")
    }

    pub fn request(&self) -> Request {
        Request {
            programme: self.programme,
            file_name: "test.csv".into(),
            dry_run: false,
            create_partners: true,
            create_offers: false,
        }
    }

    /// Imports rows below the usual header; partners are made.
    pub async fn import(&self, rows: &str) -> Said {
        self.import_file(&self.request(), format!("{HEADER}{rows}").into_bytes()).await.expect("imported")
    }

    pub async fn import_file(&self, request: &Request, file: Vec<u8>) -> Result<Said, ImportError> {
        let mut rejects = Vec::new();
        let report =
            run(&self.db, Clock::Fixed(self.now), request, Box::new(Cursor::new(file)), Some(&mut rejects), &|_| {})
                .await?;
        let rejects = String::from_utf8(rejects).expect("UTF-8");
        let mut lines = rejects.lines().map(str::to_owned);
        assert_eq!(lines.next().as_deref(), Some("line,column,reason,row"));
        Ok(Said { report, rejects: lines.collect() })
    }

    /// Pays a partner everything that is payable, on a day, in one payout that the bank has confirmed.
    pub async fn paid(&self, partner: PartnerId, day: &str) {
        self.run(&include_str!("paid.sql").replace("{partner}", &partner.to_string()).replace("{day}", day)).await;
    }

    /// Makes payable what left its hold by then.
    pub async fn release(&self, as_of: &str) -> Released {
        release(&self.db, &Actor::Command, time(as_of), self.now).await.expect("released")
    }

    /// `partner pending payable` of everybody, as kept.
    pub async fn balances(&self) -> Vec<String> {
        self.balances_at(None).await
    }

    /// The same, as of a moment.
    pub async fn as_of(&self, at: &str) -> Vec<String> {
        self.balances_at(Some(time(at))).await
    }

    async fn balances_at(&self, at: Option<DateTime<Utc>>) -> Vec<String> {
        let mut tx = self.db.begin(&Actor::Command).await.expect("begin");
        let all = balances(&mut tx, at).await.expect("balances");
        all.into_iter()
            .map(|b| {
                let currency = if b.currency == "GBP" { String::new() } else { format!(" {}", b.currency) };
                format!("{}{currency} {} {}", b.partner, b.pending.normalize(), b.payable.normalize())
            })
            .collect()
    }

    /// Fails where anything does not add up.
    pub async fn adds_up(&self) {
        let mut tx = self.db.begin(&Actor::Command).await.expect("begin");
        let found = verify(&mut tx).await.expect("verified");
        assert_eq!(found.differences, []);
    }

    /// Everything that money is made of, sorted.
    pub async fn money(&self) -> Vec<String> {
        self.lines(MONEY).await
    }

    /// Rows of a query as text, sorted.
    pub async fn lines(&self, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(format!("SELECT line::text FROM ({sql}) AS line ORDER BY 1"));
        sqlx::query_scalar(sql).fetch_all(&self.pool).await.expect("lines")
    }

    /// A statement past every policy.
    pub async fn run(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&self.pool)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}
