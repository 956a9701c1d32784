//! Sends mail: one worker a process, each mail claimed by one of them at a time.

mod smtp;

use app::base::clock::Clock;
use app::base::crash;
use app::base::db::Db;
use app::base::error::AppError;
use app::base::secrets::Secrets;
use app::mail::compose::compose;
use app::mail::home::MailHome;
use app::mail::letters;
use app::mail::model::{Outcome, Unsent};
use app::mail::rules::{pause, said};
use app::mail::store::{self, Claimed};
use chrono::TimeDelta;
use smtp::Answer;
pub use smtp::Smtp;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How soon a mail that was written is sent.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long to wait after the mail server did not work, the first time and at most.
const TROUBLE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(300));

/// How soon a mail is tried again whose files were not scanned yet.
const SCANNED_IN: TimeDelta = TimeDelta::seconds(5);

/// What the worker works with.
#[derive(Clone)]
pub struct Post {
    /// The database.
    pub db: Db,
    /// Decrypts links and texts.
    pub secrets: Secrets,
    /// Sender and site.
    pub home: MailHome,
    /// Where time comes from.
    pub clock: Clock,
    /// The way to the mail server.
    pub smtp: Smtp,
}

/// What a round ended with.
enum Round {
    /// Nothing more is due.
    Done,
    /// The mail server does not work.
    Trouble,
}

/// Sends what is due until it is told to stop. Nothing that happens to one mail ends it.
pub async fn work(post: Post, stop: CancellationToken) {
    let mut trouble = TROUBLE.0;
    loop {
        let wait = match round(&post, &stop).await {
            Ok(Round::Done) => {
                trouble = TROUBLE.0;
                LOOK_EVERY
            }
            Ok(Round::Trouble) => {
                let wait = trouble;
                trouble = (trouble * 2).min(TROUBLE.1);
                wait
            }
            Err(error) => {
                tracing::warn!(job = "mail", %error, "will be tried again");
                LOOK_EVERY
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Sends everything that is due, one after the other.
async fn round(post: &Post, stop: &CancellationToken) -> Result<Round, AppError> {
    if !store::something_is_due(&post.db).await? {
        return Ok(Round::Done);
    }
    // Whether the server works is found out before a mail is touched, so that no mail suffers for it.
    if let Err(why) = post.smtp.ready().await {
        tracing::warn!(job = "mail", why = %said(&why), "the mail server does not work");
        store::note_server(&post.db, Err(&why), post.clock.now()).await?;
        return Ok(Round::Trouble);
    }
    store::note_server(&post.db, Ok(()), post.clock.now()).await?;
    let worker = Uuid::new_v4();
    while !stop.is_cancelled() {
        let Some(claimed) = store::claim(&post.db, worker).await? else { return Ok(Round::Done) };
        crash::point("mail.claimed");
        match one(post, worker, claimed).await {
            Ok(true) => {}
            Ok(false) => return Ok(Round::Trouble),
            Err(error) => {
                // Not the mail server's fault: it waits like one that was put off, and staff see it.
                tracing::error!(job = "mail", mail = claimed.id, %error, "a mail could not be written");
                let tried = (Outcome::PutOff, Unsent::Unwritten.as_str());
                store::note_try(&post.db, worker, claimed.id, tried, pause(1), post.clock.now()).await?;
            }
        }
    }
    Ok(Round::Done)
}

/// Sends one mail and writes down what became of it; `false` where the mail server should be left alone for a while.
async fn one(post: &Post, worker: Uuid, claimed: Claimed) -> Result<bool, AppError> {
    let (db, now) = (&post.db, post.clock.now());
    let note = |outcome: Outcome, answer: String, pause: TimeDelta| async move {
        store::note_try(db, worker, claimed.id, (outcome, &answer), pause, now).await
    };
    let none = TimeDelta::zero();
    if claimed.too_old {
        note(Outcome::GivenUp, Unsent::TooOld.as_str().into(), none).await?;
        return Ok(true);
    }
    let loaded = store::load(db, &post.secrets, claimed.id).await?;
    if loaded.is_disabled {
        note(Outcome::Refused, Unsent::Disabled.as_str().into(), none).await?;
        return Ok(true);
    }
    if loaded.is_bounced {
        note(Outcome::Refused, Unsent::Bounced.as_str().into(), none).await?;
        return Ok(true);
    }
    if loaded.awaits_scan {
        note(Outcome::PutOff, Unsent::Scanning.as_str().into(), SCANNED_IN).await?;
        return Ok(true);
    }
    let text = match (loaded.text, loaded.about) {
        (Some(text), _) => text,
        (None, Some(about)) => {
            let text = letters::write(&post.home, &loaded.sides, &about).text();
            store::keep_text(db, &post.secrets, claimed.id, text, now).await?
        }
        (None, None) => return Err(AppError::Internal("a mail about nothing".into())),
    };
    crash::point("mail.written");
    let mail = match compose(&post.home, &post.secrets, &loaded.envelope, &text) {
        Ok(mail) => mail,
        Err(error) => {
            tracing::warn!(job = "mail", mail = claimed.id, %error, "a mail can't be sent");
            note(Outcome::Refused, Unsent::Address.as_str().into(), none).await?;
            return Ok(true);
        }
    };
    let answer = post.smtp.send(&mail).await;
    match answer {
        Answer::Taken(answer) => {
            crash::point("mail.accepted");
            note(Outcome::Sent, answer, none).await?;
            crash::point("mail.recorded");
            Ok(true)
        }
        Answer::Refused(answer) => {
            note(Outcome::Refused, answer, none).await?;
            Ok(true)
        }
        Answer::NotNow(answer) => {
            note(Outcome::PutOff, answer, pause(loaded.envelope.tries + 1)).await?;
            Ok(true)
        }
        // Whether it arrived is not known; it is sent again under the same Message-ID.
        Answer::Lost(answer) => {
            note(Outcome::PutOff, answer, pause(loaded.envelope.tries + 1)).await?;
            Ok(false)
        }
    }
}
