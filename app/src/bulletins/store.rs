//! The SQL of bulletins: writing one, finding whom it concerns, gathering mails.

use crate::base::actor::Actor;
use crate::base::db::{Db, Tx};
use crate::base::error::AppError;
use crate::base::ids::{PartnerId, PayoutRunId, PersonId};
use crate::mail::home::MailHome;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Partners that one batch looks at, and items that one batch gathers.
pub const BATCH: i64 = 1000;
/// The policy counts mails in so long a time.
const DAY: TimeDelta = TimeDelta::days(1);

/// Writes a delay down, to be told to everybody in the run whose payout is still on its way.
///
/// # Errors
/// `bulletin_delay_once` where that was done.
pub async fn tell_delay(
    tx: &mut Tx,
    (run, delay): (PayoutRunId, i64),
    signed_by: &str,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO bulletin (payout_run_id, payout_delay_id, signed_by, said_at) VALUES ($1, $2, $3, $4)",
        run.0,
        delay,
        signed_by,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes down that a word about an incident is to be told.
///
/// # Errors
/// `bulletin_update_once` where that was done.
pub async fn tell_incident(
    tx: &mut Tx,
    (incident, nth): (i64, i32),
    signed_by: &str,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    sqlx::query!(
        "INSERT INTO bulletin (incident_id, incident_nth, signed_by, said_at) VALUES ($1, $2, $3, $4)",
        incident,
        nth,
        signed_by,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Finds out whom the oldest bulletin that is not spread yet concerns: the next [`BATCH`] partners. `false` where there is
/// nothing left to spread.
///
/// # Errors
/// When the database is away.
pub async fn spread(db: &Db, now: DateTime<Utc>) -> Result<bool, AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    let next = sqlx::query!(
        r#"SELECT n.bulletin_id, n.payout_run_id, n.incident_id, n.spread_to, i.for_everybody AS "for_everybody?", i.programme_id AS "programme?"
           FROM bulletin n LEFT JOIN incident i USING (incident_id)
           WHERE n.spread_at IS NULL ORDER BY n.bulletin_id LIMIT 1 FOR UPDATE OF n SKIP LOCKED"#,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(next) = next else { return Ok(false) };
    let partners = match (next.payout_run_id, next.programme.filter(|_| next.for_everybody == Some(true))) {
        (Some(run), _) => in_run(&mut tx, run, next.spread_to).await?,
        (None, Some(programme)) => in_programme(&mut tx, programme, next.spread_to).await?,
        // Whose case is in it is told with the case; see `incidents::store`.
        (None, None) => Vec::new(),
    };
    let people = add_items(&mut tx, next.bulletin_id, &partners, now).await?;
    let is_last = i64::try_from(partners.len()).is_ok_and(|count| count < BATCH);
    sqlx::query!(
        "UPDATE bulletin SET spread_to = $2, people = people + $3, spread_at = $4 WHERE bulletin_id = $1",
        next.bulletin_id,
        partners.last().copied().unwrap_or(next.spread_to),
        i32::try_from(people).unwrap_or(i32::MAX),
        is_last.then_some(now),
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(true)
}

async fn in_run(tx: &mut Tx, run: i64, after: i64) -> Result<Vec<i64>, AppError> {
    Ok(sqlx::query_scalar!(
        "SELECT DISTINCT partner_id FROM payout
         WHERE payout_run_id = $1 AND state IN ('scheduled', 'approved', 'held', 'submitted', 'unknown') AND partner_id > $2
         ORDER BY partner_id LIMIT $3",
        run,
        after,
        BATCH,
    )
    .fetch_all(&mut **tx)
    .await?)
}

async fn in_programme(tx: &mut Tx, programme: i64, after: i64) -> Result<Vec<i64>, AppError> {
    Ok(sqlx::query_scalar!(
        "SELECT partner_id FROM partner WHERE programme_id = $1 AND status <> 'closed' AND partner_id > $2 ORDER BY partner_id LIMIT $3",
        programme,
        after,
        BATCH,
    )
    .fetch_all(&mut **tx)
    .await?)
}

async fn add_items(tx: &mut Tx, bulletin: i64, partners: &[i64], now: DateTime<Utc>) -> Result<u64, AppError> {
    let added = sqlx::query!(
        "INSERT INTO bulletin_item (partner_id, person_id, bulletin_id, due_at)
         SELECT m.partner_id, m.person_id, $1, $3 FROM partner_member m JOIN person p USING (person_id)
         WHERE m.partner_id = ANY($2) AND p.disabled_at IS NULL ON CONFLICT DO NOTHING",
        bulletin,
        partners,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(added.rows_affected())
}

/// Notes that the members of a partner are to be told a word about an incident; once, however many of its cases are in it.
///
/// # Errors
/// When the database is away.
pub async fn add_partner(
    tx: &mut Tx,
    partner: PartnerId,
    (incident, nth): (i64, i32),
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let bulletin = sqlx::query_scalar!(
        "SELECT bulletin_id FROM bulletin WHERE incident_id = $1 AND incident_nth = $2",
        incident,
        nth
    )
    .fetch_one(&mut **tx)
    .await?;
    let people = add_items(tx, bulletin, &[partner.0], now).await?;
    sqlx::query!(
        "UPDATE bulletin SET people = people + $2 WHERE bulletin_id = $1",
        bulletin,
        i32::try_from(people).unwrap_or(i32::MAX),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Makes one mail of all that is to be told to each of the next people; gives how many mails, `None` where nothing is due.
///
/// # Errors
/// When the database is away.
pub async fn gather(db: &Db, home: &MailHome, now: DateTime<Utc>) -> Result<Option<u64>, AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    let turn = sqlx::query_scalar!("SELECT only_one FROM bulletin_turn FOR UPDATE SKIP LOCKED");
    if turn.fetch_optional(&mut *tx).await?.is_none() {
        return Ok(None);
    }
    let due = due(&mut tx, now).await?;
    if due.is_empty() {
        return Ok(None);
    }
    let (mut held, mut told, mut seen) = (Held::default(), People::default(), BTreeSet::new());
    for one in due {
        match one.free_at {
            Some(free_at) => held.push(one.person, free_at),
            // The other account of the same person has its turn in the next batch, when this mail counts.
            None if seen.insert(one.person) => told.push(one.partner, one.person),
            None => {}
        }
    }
    hold(&mut tx, &held).await?;
    let mails = write(&mut tx, home, &told, now).await?;
    tx.commit().await?;
    Ok(Some(mails))
}

/// Somebody to whom something is to be told.
struct Due {
    partner: i64,
    person: i64,
    /// When they may be written to again, where they had as many mails as the policy allows.
    free_at: Option<DateTime<Utc>>,
}

async fn due(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<Due>, AppError> {
    Ok(sqlx::query_as!(
        Due,
        r#"WITH policy AS (SELECT most_a_day FROM bulletin_policy WHERE valid_from <= $1 ORDER BY valid_from DESC, bulletin_policy_id DESC LIMIT 1),
           next AS (SELECT DISTINCT partner_id, person_id FROM (
               SELECT partner_id, person_id FROM bulletin_item WHERE mail_id IS NULL AND due_at <= $1
               ORDER BY due_at, partner_id, person_id LIMIT $2) items)
           SELECT n.partner_id AS "partner!", n.person_id AS "person!", had.written_at + interval '1 day' AS free_at
           FROM next n LEFT JOIN LATERAL (
               SELECT m.written_at FROM mail_out m WHERE m.kind = 'bulletin' AND m.person_id = n.person_id AND m.written_at > $3
               ORDER BY m.written_at DESC OFFSET (SELECT most_a_day - 1 FROM policy) LIMIT 1) had ON true
           ORDER BY n.partner_id, n.person_id"#,
        now,
        BATCH,
        now - DAY,
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// People who wait, and until when.
#[derive(Default)]
struct Held {
    people: Vec<i64>,
    until: Vec<DateTime<Utc>>,
}

impl Held {
    fn push(&mut self, person: i64, until: DateTime<Utc>) {
        self.people.push(person);
        self.until.push(until);
    }
}

/// People who get a mail.
#[derive(Default)]
struct People {
    partners: Vec<i64>,
    people: Vec<i64>,
}

impl People {
    fn push(&mut self, partner: i64, person: i64) {
        self.partners.push(partner);
        self.people.push(person);
    }
}

async fn hold(tx: &mut Tx, held: &Held) -> Result<(), AppError> {
    sqlx::query!(
        "UPDATE bulletin_item t SET due_at = h.until FROM unnest($1::bigint[], $2::timestamptz[]) AS h (person_id, until)
         WHERE t.person_id = h.person_id AND t.mail_id IS NULL AND t.due_at < h.until",
        &held.people,
        &held.until,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Signed by whoever said the newest of it.
async fn write(tx: &mut Tx, home: &MailHome, told: &People, now: DateTime<Utc>) -> Result<u64, AppError> {
    let written = sqlx::query!(
        r#"INSERT INTO mail_out (kind, partner_id, person_id, locale, signed_by, message_uid, written_at)
           SELECT 'bulletin', t.partner_id, t.person_id, left(p.locale, 2), newest.signed_by, '<' || gen_random_uuid() || '@' || $3 || '>', $4
           FROM unnest($1::bigint[], $2::bigint[]) AS t (partner_id, person_id) JOIN person p USING (person_id)
           CROSS JOIN LATERAL (
               SELECT n.signed_by FROM bulletin_item i JOIN bulletin n USING (bulletin_id)
               WHERE i.partner_id = t.partner_id AND i.person_id = t.person_id AND i.mail_id IS NULL
               ORDER BY n.bulletin_id DESC LIMIT 1) newest
           ORDER BY t.partner_id, t.person_id
           RETURNING mail_id, partner_id AS "partner_id!", person_id AS "person_id!""#,
        &told.partners,
        &told.people,
        home.domain(),
        now,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mails: Vec<i64> = written.iter().map(|row| row.mail_id).collect();
    let partners: Vec<i64> = written.iter().map(|row| row.partner_id).collect();
    let people: Vec<i64> = written.iter().map(|row| row.person_id).collect();
    sqlx::query!(
        "UPDATE bulletin_item i SET mail_id = m.mail_id FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS m (mail_id, partner_id, person_id)
         WHERE i.partner_id = m.partner_id AND i.person_id = m.person_id AND i.mail_id IS NULL",
        &mails,
        &partners,
        &people,
    )
    .execute(&mut **tx)
    .await?;
    Ok(written.len() as u64)
}

/// Does all that is to be done now, batch by batch.
///
/// # Errors
/// When the database is away; what was done is kept.
pub async fn work(db: &Db, home: &MailHome, now: DateTime<Utc>) -> Result<(), AppError> {
    while spread(db, now).await? {}
    while gather(db, home, now).await?.is_some() {}
    Ok(())
}

/// What a mail gathered: the delays and the words about incidents, the oldest first.
#[derive(Clone, Debug)]
pub enum Item {
    /// A later pay day: run and delay.
    Delay(i64, i64),
    /// A word about an incident: its title, what is said, and the reader's case in it.
    Incident {
        /// Its title.
        title: String,
        /// What is said.
        body: String,
        /// The next word is promised for this moment.
        next_at: Option<DateTime<Utc>>,
        /// The first case of the partner that is in it, or was until its last word.
        case: Option<i64>,
    },
}

/// What a mail tells, in its reader's language.
///
/// # Errors
/// When the database is away.
pub async fn items(tx: &mut Tx, mail: i64, locale: &str) -> Result<Vec<Item>, AppError> {
    let rows = sqlx::query!(
        r#"SELECT n.payout_run_id, n.payout_delay_id, f.title AS "title?", t.body AS "body?", u.next_update_at AS "next_at?",
                  (SELECT min(c.case_id) FROM incident_case c WHERE c.incident_id = n.incident_id AND c.partner_id = i.partner_id
                     AND c.taken_out_by IS NULL) AS "case_id?"
           FROM bulletin_item i JOIN bulletin n USING (bulletin_id)
           LEFT JOIN incident_update u ON u.incident_id = n.incident_id AND u.nth = n.incident_nth
           LEFT JOIN LATERAL (SELECT title FROM incident_text x WHERE x.incident_id = n.incident_id AND x.nth = 0
                              ORDER BY x.locale = $2 DESC, x.locale LIMIT 1) f ON true
           LEFT JOIN LATERAL (SELECT body FROM incident_text x WHERE x.incident_id = n.incident_id AND x.nth = n.incident_nth
                              ORDER BY x.locale = $2 DESC, x.locale LIMIT 1) t ON true
           WHERE i.mail_id = $1 ORDER BY n.bulletin_id"#,
        mail,
        locale,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| match (row.payout_run_id, row.payout_delay_id, row.title, row.body) {
            (Some(run), Some(delay), _, _) => Ok(Item::Delay(run, delay)),
            (_, _, Some(title), Some(body)) => {
                Ok(Item::Incident { title, body, next_at: row.next_at, case: row.case_id })
            }
            _ => Err(AppError::Internal("a bulletin about nothing".into())),
        })
        .collect()
}

/// How many mails a person may get in a day.
///
/// # Errors
/// When the database is away.
pub async fn most_a_day(tx: &mut Tx, now: DateTime<Utc>) -> Result<i32, AppError> {
    Ok(sqlx::query_scalar!(
        "SELECT most_a_day FROM bulletin_policy WHERE valid_from <= $1 ORDER BY valid_from DESC, bulletin_policy_id DESC LIMIT 1",
        now,
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Sets that from now on; `false` where the same form did.
///
/// # Errors
/// `bulletin_policy_in_bounds`, `bulletin_policy_by_a_lead` by name.
pub async fn set_most_a_day(
    tx: &mut Tx,
    most: i32,
    by: PersonId,
    form_key: Uuid,
    now: DateTime<Utc>,
) -> Result<bool, AppError> {
    let done = sqlx::query!(
        "INSERT INTO bulletin_policy (most_a_day, valid_from, written_by, form_key) VALUES ($1, $2, $3, $4) ON CONFLICT (form_key) DO NOTHING",
        most,
        now,
        by.0,
        form_key,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How far what was said lately has come.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The run, where it is a delay.
    pub run: Option<PayoutRunId>,
    /// The incident, where it is a word about one.
    pub incident: Option<i64>,
    /// When it was said.
    pub said_at: DateTime<Utc>,
    /// By whom.
    pub signed_by: String,
    /// Whether everybody whom it concerns is known.
    pub is_spread: bool,
    /// How many people it concerns.
    pub people: i32,
    /// To how many of them a mail was written.
    pub told: i64,
}

/// The newest bulletins, with how far they have come.
///
/// # Errors
/// When the database is away.
pub async fn progress(tx: &mut Tx) -> Result<Vec<Progress>, AppError> {
    Ok(sqlx::query_as!(
        Progress,
        r#"SELECT n.payout_run_id AS "run: PayoutRunId", n.incident_id AS incident, n.said_at, n.signed_by,
                  n.spread_at IS NOT NULL AS "is_spread!", n.people,
                  (SELECT count(*) FROM bulletin_item i WHERE i.bulletin_id = n.bulletin_id AND i.mail_id IS NOT NULL) AS "told!"
           FROM bulletin n ORDER BY n.bulletin_id DESC LIMIT 10"#,
    )
    .fetch_all(&mut **tx)
    .await?)
}
