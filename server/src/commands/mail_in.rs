//! `mail`: takes messages from a mail server's pipe or from files.

use super::{Failure, Session, print_json, print_line};
use app::base::ids::MailInId;
use app::inbox::Home;
use app::inbox::clamd::Scanner;
use app::inbox::store::{Became, LARGEST, Source, ingest, scan_waiting};
use serde_json::json;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The setting that names ClamAV's socket.
const CLAMD: &str = "PARTNERDESK_CLAMD";

/// The setting that names one's own mail server, as it writes itself into Authentication-Results.
const AUTHSERV_ID: &str = "PARTNERDESK_AUTHSERV_ID";

/// The scanner of files that this installation has.
///
/// # Errors
/// When the setting is none.
pub fn scanner() -> Result<Option<Scanner>, Failure> {
    match std::env::var(CLAMD) {
        Ok(text) if !text.trim().is_empty() => Scanner::parse(&text)
            .map(Some)
            .ok_or_else(|| Failure::refused(format!("{CLAMD} is a socket's path or host:port, not {text:?}"))),
        _ => Ok(None),
    }
}

/// Where this installation stands on the net, and whose verdicts about mail it trusts.
pub fn home(session: &Session) -> Home {
    Home::new(&session.mail, &session.secrets).trusting(std::env::var(AUTHSERV_ID).ok().as_deref())
}

/// Takes each file as one raw message, or standard input where none is named, and prints what each became.
///
/// # Errors
/// When a file can't be read or a message could not be stored; those before it are.
pub async fn take(session: &Session, files: &[PathBuf]) -> Result<(), Failure> {
    let scanner = scanner()?;
    let standard_input = [PathBuf::from("-")];
    let files = if files.is_empty() { &standard_input } else { files };
    let home = home(session);
    for file in files {
        let raw = read(file)?;
        let now = session.clock.now();
        let (id, known, became) = ingest(&session.db, &home, raw, Source::Command, now).await?;
        say(session, id, known, became)?;
    }
    // The mails are safe; a scanner that is away now is asked again by the server.
    if let Err(error) = scan_waiting(&session.db, scanner.as_ref(), session.clock.now()).await {
        tracing::warn!(%error, "files wait to be scanned");
    }
    Ok(())
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut raw = Vec::new();
    let named = |error: std::io::Error| Failure::refused(format!("{}: {error}", file.display()));
    if file == Path::new("-") {
        std::io::stdin().lock().take(LARGEST + 1).read_to_end(&mut raw)?;
    } else {
        std::fs::File::open(file).map_err(named)?.take(LARGEST + 1).read_to_end(&mut raw).map_err(named)?;
    }
    if raw.len() as u64 > LARGEST {
        return Err(Failure::refused(format!("{}: the message is larger than {} MB", file.display(), LARGEST >> 20)));
    }
    Ok(raw)
}

fn say(session: &Session, id: MailInId, known: bool, became: Became) -> Result<(), Failure> {
    let first = match became {
        Became::Duplicate(first) => Some(first),
        _ => known.then_some(id),
    };
    if session.json {
        return print_json(&match (first, became) {
            (Some(first), _) => json!({ "mail": id.0, "became": "duplicate", "of": first.0 }),
            (None, Became::Message { case, message }) => {
                json!({ "mail": id.0, "became": "message", "case": case.0, "message": message })
            }
            (None, Became::Quarantine(reason)) => {
                json!({ "mail": id.0, "became": "quarantine", "reason": reason.as_str() })
            }
            (None, Became::Received | Became::Duplicate(_)) => json!({ "mail": id.0, "became": "received" }),
        });
    }
    print_line(&match (first, became) {
        (Some(first), _) => format!("duplicate of mail {first}"),
        (None, Became::Message { case, message }) => format!("case {case}, message {message}"),
        (None, Became::Quarantine(reason)) => format!("quarantine, mail {id}: {}", reason.as_str()),
        (None, Became::Received | Became::Duplicate(_)) => format!("received, mail {id}: it will be placed later"),
    })
}
