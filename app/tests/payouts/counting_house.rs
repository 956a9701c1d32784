//! A shop that pays: methods for its partners, runs, files and answers.

use crate::shop::{Shop, time};
use app::base::actor::Actor;
use app::base::ids::PayoutRunId;
use app::base::secrets::{self, MasterKey, Secrets};
use app::payout_methods::bulk;
use app::payout_runs::export::{Format, Made, export, write};
use app::payout_runs::model::Run;
use app::payout_runs::store::{Released, Start, build_batch, release, start};
use app::programmes::store::{PayerAccount, set_account};
use app::settlement::model::Report;
use app::settlement::store::{SettleError, settle};
use app::terms::model::Field;
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use std::ops::Deref;

/// A shop, and the key to its secrets.
pub struct CountingHouse {
    pub shop: Shop,
    pub secrets: Secrets,
}

impl Deref for CountingHouse {
    type Target = Shop;

    fn deref(&self) -> &Shop {
        &self.shop
    }
}

pub const CUTOFF: &str = "2011-03-31";

impl CountingHouse {
    /// The shop of the import tests with a minimum of 5 pounds, payouts on the 15th, and an account to pay from.
    pub async fn open(pool: PgPool) -> Self {
        let shop = Shop::open(pool).await;
        shop.terms(None, Field::Minimum, "amount", "5").await;
        shop.terms(None, Field::Schedule, "monthly", "15").await;
        let secrets = secrets::open(&shop.db, &MasterKey::from([7; 32]), shop.now).await.expect("secrets");
        let house = Self { shop, secrets };
        let mut tx = house.db.begin(&Actor::Command).await.expect("begin");
        let account =
            PayerAccount { currency: "EUR", name: "Giftware Ltd", account: "DE89370400440532013000", bic: None };
        set_account(&mut tx, house.programme, &account, house.now).await.expect("account");
        tx.commit().await.expect("commit");
        house
    }

    /// Sets methods from rows below the usual header, as of the start of the year.
    pub async fn methods(&self, rows: &str) {
        let file = format!("partner,kind,holder,iban,bic,sort_code,account,email\n{rows}");
        let at = time("2011-01-01T00:00:00Z");
        let rows = bulk::read(file.as_bytes()).expect("rows");
        bulk::set(&self.db, &self.secrets, self.programme, rows, at).await.expect("methods");
    }

    /// Builds a run to its end.
    pub async fn build(&self, cutoff: &str) -> Run {
        let run = self.begin(cutoff).await;
        while build_batch(&self.db, &Actor::Command, run.id, self.now).await.expect("batch").is_some() {}
        run
    }

    pub async fn begin(&self, cutoff: &str) -> Run {
        let what =
            Start { programme: self.programme, cutoff: cutoff.parse().expect("day"), pay_day: None, off_cycle: None };
        let mut tx = self.db.begin(&Actor::Command).await.expect("begin");
        let (run, _) = start(&mut tx, &Actor::Command, &what, self.now).await.expect("started");
        tx.commit().await.expect("commit");
        run
    }

    pub async fn let_go(&self, run: PayoutRunId) -> Released {
        let mut tx = self.db.begin(&Actor::Command).await.expect("begin");
        let released = release(&mut tx, &Actor::Command, run, "test", self.now).await.expect("released");
        tx.commit().await.expect("commit");
        released
    }

    pub async fn export(&self, run: PayoutRunId, format: Format) -> Vec<Made> {
        export(&self.db, &self.secrets, &Actor::Command, run, format, self.now).await.expect("exported")
    }

    /// A file's bytes.
    pub async fn bytes(&self, made: &Made) -> String {
        let mut bytes = Vec::new();
        write(&self.db, &self.secrets, &Actor::Command, made.id, &mut bytes).await.expect("written");
        String::from_utf8(bytes).expect("UTF-8")
    }

    pub async fn answer(&self, text: &str) -> Report {
        self.try_answer(text).await.expect("settled")
    }

    pub async fn try_answer(&self, text: &str) -> Result<Report, SettleError> {
        self.answer_at(text, self.now).await
    }

    pub async fn answer_at(&self, text: &str, now: DateTime<Utc>) -> Result<Report, SettleError> {
        settle(&self.db, &Actor::Command, "answer", text.as_bytes().to_vec(), now).await
    }

    /// `partner payable in_payout paid` of everybody.
    pub async fn purses(&self) -> Vec<String> {
        self.lines(
            "SELECT p.code || ' ' || string_agg(trim_scale(a.balance)::text, ' ' ORDER BY a.kind DESC)
             FROM account a JOIN partner p USING (partner_id) WHERE a.kind IN ('payable', 'in_payout', 'paid') AND a.currency = 'GBP'
             GROUP BY p.code",
        )
        .await
        .into_iter()
        .map(|line| line.trim_matches(['(', ')', '"']).to_owned())
        .collect()
    }

    /// `partner amount state` of every payout, in the order they were made.
    pub async fn payouts(&self) -> Vec<String> {
        sqlx::query_scalar(
            "SELECT c.code || ' ' || p.amount || ' ' || p.state FROM payout p JOIN partner c USING (partner_id) ORDER BY p.payout_id",
        )
        .fetch_all(&self.pool)
        .await
        .expect("payouts")
    }

    /// How files name a partner's last payout.
    pub async fn reference(&self, partner: &str) -> String {
        let id: i64 =
            sqlx::query_scalar("SELECT max(payout_id) FROM payout JOIN partner USING (partner_id) WHERE code = $1")
                .bind(partner)
                .fetch_one(&self.pool)
                .await
                .expect("payout");
        app::payout_files::end_to_end_id(id)
    }
}
