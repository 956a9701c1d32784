//! What a mail is about, for writing it.

use super::{queue, write};
use crate::base::actor::Actor;
use crate::base::db::{Db, Tx};
use crate::base::error::AppError;
use crate::base::ids::{CaseId, PartnerId, PersonId};
use crate::base::language;
use crate::base::money::{Currency, Money};
use crate::base::secrets::Secrets;
use crate::bulletins::store::{self as bulletins, Item};
use crate::digest;
use crate::mail::letters::{About, Sides};
use crate::mail::model::{Attached, Envelope, Kind, Text};
use crate::notices::rules::Notice;
use crate::payout_methods::model::MethodKind;
use crate::ratings;
use chrono::{DateTime, NaiveDate, Utc};

/// A mail with everything that sending it needs.
pub struct Loaded {
    /// To whom, from whom.
    pub envelope: Envelope,
    /// What it says, where it was tried before.
    pub text: Option<Text>,
    /// What it is about, where it was not.
    pub about: Option<About>,
    /// Who reads and writes.
    pub sides: Sides,
    /// Whether its reader may not sign in any more.
    pub is_disabled: bool,
    /// Whether mails to its reader come back.
    pub is_bounced: bool,
    /// Whether a file that goes along has not been scanned yet.
    pub awaits_scan: bool,
}

/// Reads a mail.
///
/// # Errors
/// When the database is away, or was written with another key.
pub async fn load(db: &Db, secrets: &Secrets, mail: i64) -> Result<Loaded, AppError> {
    let mut tx = db.begin(&Actor::Job).await?;
    let row = sqlx::query!(
        r#"SELECT o.kind, coalesce(o.partner_id, 0) AS "partner!: PartnerId", o.digest_week, o.case_id AS "case: CaseId", o.message_id, o.payout_run_id, o.payout_delay_id,
                  o.payout_method_id, o.locale, o.signed_by, o.message_uid, o.refs, o.sealed_token, o.written_at, o.tries,
                  o.person_id AS "person: PersonId", o.notice, o.notice_message_id, o.terms_version_id, o.counter_offer_id, o.terms_ending_id, o.promo_grant_id, o.promo_step,
                  p.name AS "name?", p.disabled_at AS "disabled_at?", p.bounced_at AS "bounced_at?", coalesce(p.time_zone, 'UTC') AS "zone!", coalesce(p.address_form = 'usted', false) AS "formal!",
                  coalesce(p.email, i.email) AS "email!", i.expires_at AS "invited_until?", coalesce(a.name, '') AS "partner_name!",
                  coalesce(g.name, o.signed_by) AS "programme!"
           FROM mail_out o LEFT JOIN partner a USING (partner_id) LEFT JOIN programme g USING (programme_id)
           LEFT JOIN person p USING (person_id) LEFT JOIN invitation i ON i.token_hash = o.invitation
           WHERE o.mail_id = $1"#,
        mail,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(AppError::NotFound)?;
    let kind = Kind::parse(&row.kind).ok_or_else(|| AppError::Internal("a mail of no known kind".into()))?;
    let text = queue::text(&mut tx, secrets, mail).await?;
    let token = row.sealed_token.map(|sealed| write::secret_of(secrets, &sealed)).transpose()?;
    let token = token.map(|token| token.to_string()).unwrap_or_default();
    let about = match (&text, kind) {
        (Some(_), _) => None,
        (None, Kind::Reply) => Some(reply(&mut tx, row.partner, row.case, row.message_id).await?),
        (None, Kind::Invitation) => {
            let until = row.invited_until.ok_or(AppError::NotFound)?;
            Some(About::Invitation { partner: row.partner_name, token, until })
        }
        (None, Kind::Delay) => Some(delay(&mut tx, row.partner, row.payout_run_id, row.payout_delay_id).await?),
        (None, Kind::Bulletin) => Some(bulletin(&mut tx, row.partner, mail, &row.locale).await?),
        (None, Kind::MethodConfirm) => Some(confirm(&mut tx, row.partner, row.payout_method_id, token).await?),
        (None, Kind::Notice) => {
            let (kind, asked) = (row.notice.unwrap_or_default(), row.notice_message_id);
            let token = row.case.zip(row.person).map(|(case, person)| ratings::link::sign(secrets, case, person));
            Some(notice(&mut tx, row.partner, row.case, (&kind, asked), token.unwrap_or_default()).await?)
        }
        (None, Kind::Terms) => Some(
            super::terms::about(&mut tx, row.partner, row.terms_version_id, row.counter_offer_id, row.terms_ending_id)
                .await?,
        ),
        (None, Kind::Digest) => Some(digest(&mut tx, row.digest_week, row.written_at).await?),
        (None, Kind::Promo) => {
            Some(super::promo::about(&mut tx, row.partner, row.promo_grant_id, row.promo_step).await?)
        }
        (None, Kind::MethodChanged) => Some(changed(&mut tx, row.partner, row.payout_method_id).await?),
    };
    let (files, awaits_scan) = files(&mut tx, row.partner, row.case, row.message_id).await?;
    let sides = Sides {
        locale: language::parse(&row.locale),
        formal: row.formal,
        zone: row.zone.parse().unwrap_or(chrono_tz::Tz::UTC),
        signed_by: row.signed_by.clone(),
        programme: row.programme.clone(),
    };
    let envelope = Envelope {
        id: mail,
        kind,
        to: (row.name, row.email),
        signed_by: row.signed_by,
        programme: row.programme,
        message_uid: row.message_uid,
        refs: row.refs,
        files,
        case: row.case,
        person: row.person,
        written_at: row.written_at,
        tries: row.tries,
    };
    Ok(Loaded {
        envelope,
        text,
        about,
        sides,
        is_disabled: row.disabled_at.is_some(),
        is_bounced: row.bounced_at.is_some(),
        awaits_scan,
    })
}

/// The files of a message, those that are harmful left out, and whether one is still to be scanned.
async fn files(
    tx: &mut Tx,
    partner: PartnerId,
    case: Option<CaseId>,
    message: Option<i64>,
) -> Result<(Vec<Attached>, bool), AppError> {
    let (Some(case), Some(message)) = (case, message) else { return Ok((Vec::new(), false)) };
    let rows = sqlx::query!(
        r#"SELECT name, kind, data AS "data!", scan FROM attachment
           WHERE partner_id = $1 AND case_id = $2 AND message_id = $3 AND data IS NOT NULL AND scan <> 'infected' ORDER BY attachment_id"#,
        partner.0,
        case.0,
        message,
    )
    .fetch_all(&mut **tx)
    .await?;
    let awaits_scan = rows.iter().any(|row| row.scan == "waiting");
    Ok((
        rows.into_iter().map(|row| Attached { name: row.name, kind: row.kind, bytes: row.data }).collect(),
        awaits_scan,
    ))
}

/// The week as of its end, whenever the mail is tried first.
async fn digest(tx: &mut Tx, monday: Option<NaiveDate>, written_at: DateTime<Utc>) -> Result<About, AppError> {
    let zone = digest::store::zone(tx).await?;
    let week = digest::rules::week(monday, written_at, zone);
    Ok(About::Digest(Box::new(digest::store::read(tx, week).await?)))
}

async fn reply(tx: &mut Tx, partner: PartnerId, case: Option<CaseId>, message: Option<i64>) -> Result<About, AppError> {
    let case = case.ok_or(AppError::NotFound)?;
    let row = sqlx::query!(
        "SELECT c.subject, m.body FROM message m JOIN support_case c USING (partner_id, case_id)
         WHERE m.partner_id = $1 AND m.case_id = $2 AND m.message_id = $3",
        partner.0,
        case.0,
        message,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(About::Reply { case, subject: row.subject, body: row.body })
}

async fn notice(
    tx: &mut Tx,
    partner: PartnerId,
    case: Option<CaseId>,
    (kind, asked): (&str, Option<i64>),
    token: String,
) -> Result<About, AppError> {
    let case = case.ok_or(AppError::NotFound)?;
    let notice = Notice::parse(kind).ok_or_else(|| AppError::Internal("a notice of no known kind".into()))?;
    let row = sqlx::query!(
        r#"SELECT c.subject, (SELECT m.body FROM message m WHERE m.partner_id = c.partner_id AND m.case_id = c.case_id AND m.message_id = $3) AS question
           FROM support_case c WHERE c.partner_id = $1 AND c.case_id = $2"#,
        partner.0,
        case.0,
        asked,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(About::Notice { case, notice, subject: row.subject, question: row.question.unwrap_or_default(), token })
}

async fn delay(tx: &mut Tx, partner: PartnerId, run: Option<i64>, delay: Option<i64>) -> Result<About, AppError> {
    let row = sqlx::query!(
        r#"SELECT d.new_pay_day, d.message, coalesce(
                      (SELECT max(b.new_pay_day) FROM payout_delay b
                       WHERE b.payout_run_id = d.payout_run_id AND b.payout_delay_id < d.payout_delay_id), r.pay_day) AS "promised!"
           FROM payout_delay d JOIN payout_run r USING (payout_run_id) WHERE d.payout_run_id = $1 AND d.payout_delay_id = $2"#,
        run,
        delay,
    )
    .fetch_one(&mut **tx)
    .await?;
    let payouts = sqlx::query!(
        r#"SELECT currency, total AS "total!" FROM payout WHERE payout_run_id = $1 AND partner_id = $2 AND live ORDER BY payout_id"#,
        run,
        partner.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let amounts = payouts
        .into_iter()
        .map(|payout| Ok(Money::new(payout.total, Currency::parse(&payout.currency)?)))
        .collect::<Result<_, AppError>>()?;
    Ok(About::Delay { amounts, promised: row.promised, day: row.new_pay_day, message: row.message })
}

/// Everything that the mail gathered.
async fn bulletin(tx: &mut Tx, partner: PartnerId, mail: i64, locale: &str) -> Result<About, AppError> {
    let mut said = Vec::new();
    for item in bulletins::items(tx, mail, locale).await? {
        said.push(match item {
            Item::Delay(run, id) => delay(tx, partner, Some(run), Some(id)).await?,
            Item::Incident { title, body, next_at, case } => {
                About::Incident { title, body, next_at, case: case.map(CaseId) }
            }
        });
    }
    Ok(About::Bulletin(said))
}

async fn confirm(tx: &mut Tx, partner: PartnerId, method: Option<i64>, token: String) -> Result<About, AppError> {
    let row = sqlx::query!(
        r#"SELECT m.kind, m.masked, c.expires_at,
                  EXISTS (SELECT FROM payout_method o WHERE o.partner_id = m.partner_id AND o.ended_at IS NULL AND NOT o.waiting) AS "replaces!"
           FROM payout_method m JOIN method_confirmation c USING (partner_id, payout_method_id)
           WHERE m.partner_id = $1 AND m.payout_method_id = $2 AND c.token_hash = $3"#,
        partner.0,
        method,
        crate::sign_in::token::hash(&token),
    )
    .fetch_one(&mut **tx)
    .await?;
    let kind = parse_kind(&row.kind)?;
    Ok(About::MethodConfirm { token, until: row.expires_at, kind, masked: row.masked, replaces: row.replaces })
}

async fn changed(tx: &mut Tx, partner: PartnerId, method: Option<i64>) -> Result<About, AppError> {
    let row = sqlx::query!(
        r#"SELECT m.kind, m.masked, m.awaits_mail, m.usable_from AS "usable_from: DateTime<Utc>", p.name FROM payout_method m
           JOIN person p ON p.person_id = m.added_by WHERE m.partner_id = $1 AND m.payout_method_id = $2"#,
        partner.0,
        method,
    )
    .fetch_one(&mut **tx)
    .await?;
    let kind = parse_kind(&row.kind)?;
    Ok(About::MethodChanged {
        by: row.name,
        kind,
        masked: row.masked,
        awaits: row.awaits_mail,
        usable_from: row.usable_from,
    })
}

fn parse_kind(text: &str) -> Result<MethodKind, AppError> {
    MethodKind::parse(text).ok_or_else(|| AppError::Internal("a payout method of no known kind".into()))
}
