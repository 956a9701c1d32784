//! Attached files and the real scanner: Debian's clamd, started here as nobody special, with two signatures of our own, so
//! that nothing is fetched from anywhere.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use app::inbox::clamd::{ScanError, Scanner, Verdict};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, chown};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use support::Database;

/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Debian's `nobody` and `nogroup`.
const NOBODY: u32 = 65534;

/// What the test calls harmful: these words, anywhere in a file, and one file as a whole.
const HARMFUL: &str = "this text is harmful in tests alone";
const WHOLE: &[u8] = b"this whole file is harmful in tests alone";

/// A clamd with two signatures.
struct Clamd {
    child: Child,
    folder: tempfile::TempDir,
}

impl Clamd {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path();
        // A body signature: name, any file, anywhere, hexadecimal; a hash signature: MD5, length, name.
        std::fs::create_dir(path.join("db")).expect("folder");
        std::fs::write(path.join("db/own.ndb"), format!("Own.Words:0:*:{}\n", hex(HARMFUL.as_bytes()))).expect("ndb");
        std::fs::write(path.join("db/own.hdb"), format!("{}:{}:Own.Whole\n", md5(WHOLE), WHOLE.len())).expect("hdb");
        let settings = format!(
            "LocalSocket {0}/clamd.sock\nDatabaseDirectory {0}/db\nLogFile {0}/log\nForeground yes\nStreamMaxLength 1M\n\
             OfficialDatabaseOnly no\nConcurrentDatabaseReload no\n",
            path.display()
        );
        std::fs::write(path.join("clamd.conf"), settings).expect("settings");
        let root = std::fs::metadata("/proc/self").expect("/proc").uid() == 0;
        let mut command = if root {
            for part in ["", "db", "db/own.ndb", "db/own.hdb", "clamd.conf"] {
                chown(path.join(part), Some(NOBODY), Some(NOBODY)).expect("chown");
            }
            let mut command = Command::new("setpriv");
            command.args(["--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "/usr/sbin/clamd"]);
            command
        } else {
            Command::new("/usr/sbin/clamd")
        };
        command.arg("-c").arg(path.join("clamd.conf")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let clamd = Self { child: command.spawn().expect("clamd (.ci/tools test)"), folder };
        let since = Instant::now();
        while std::os::unix::net::UnixStream::connect(clamd.socket()).is_err() {
            assert!(since.elapsed() < PATIENCE, "{}", clamd.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        clamd
    }

    fn socket(&self) -> String {
        self.folder.path().join("clamd.sock").display().to_string()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Clamd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn md5(bytes: &[u8]) -> String {
    let mut child =
        Command::new("md5sum").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("md5sum of coreutils");
    std::io::Write::write_all(&mut child.stdin.take().expect("stdin"), bytes).expect("bytes");
    let said = child.wait_with_output().expect("md5sum").stdout;
    String::from_utf8(said).expect("text").split(' ').next().expect("sum").to_owned()
}

#[tokio::test]
async fn the_real_scanner_finds_what_it_knows_and_nothing_else() {
    let clamd = Clamd::start();
    let scanner = Scanner::parse(&clamd.socket()).expect("socket");
    assert_eq!(scanner.scan(b"a harmless text").await.expect("verdict"), Verdict::Clean);
    assert_eq!(scanner.scan(b"").await.expect("verdict"), Verdict::Clean);
    let found = |verdict: Verdict| match verdict {
        Verdict::Infected(name) => name,
        Verdict::Clean => panic!("not found: {}", clamd.log()),
    };
    // It adds to names of signatures that are not its makers'.
    let words = format!("before\r\n{HARMFUL} after");
    assert!(found(scanner.scan(words.as_bytes()).await.expect("verdict")).starts_with("Own.Words"));
    assert!(found(scanner.scan(WHOLE).await.expect("verdict")).starts_with("Own.Whole"));
    // In the middle of a file that is sent in many pieces.
    let mut large = vec![b' '; 300_000];
    large.extend(HARMFUL.as_bytes());
    large.extend(vec![b' '; 300_000]);
    assert!(found(scanner.scan(&large).await.expect("verdict")).starts_with("Own.Words"));
    // What is larger than it takes has no verdict, so it is not given out as clean.
    let too_large = scanner.scan(&vec![b'x'; 3 << 20]).await;
    assert!(matches!(too_large, Err(ScanError::Refused(_) | ScanError::Io(_))), "{too_large:?}");
    // Once it is gone there is none either.
    let socket = clamd.socket();
    drop(clamd);
    assert!(matches!(Scanner::parse(&socket).expect("socket").scan(b"x").await, Err(ScanError::Io(_))));
}

#[tokio::test]
async fn a_file_that_it_cannot_scan_stands_in_no_other_s_way() {
    let database = Database::fresh().await;
    database.ok(&["programme", "create", "garden", "--currency", "EUR"]);
    database.ok(&["partner", "invite", "garden", "P1", "gala@example.org", "--name", "Garden of Gala"]);
    sqlx::raw_sql(
        "INSERT INTO person (email, name, created_at) VALUES ('gala@example.org', 'Gala Page', '2026-01-01Z');
         INSERT INTO partner_member (partner_id, person_id, since)
             SELECT partner_id, person_id, '2026-01-01Z' FROM partner, person WHERE email = 'gala@example.org'",
    )
    .execute(&database.pool)
    .await
    .expect("a member");
    let clamd = Clamd::start();
    // The first is larger than this clamd takes; it refuses it in every round.
    let first =
        [("large.txt", "x".repeat(2 << 20)), ("small.txt", "harmless".to_owned()), ("bad.txt", HARMFUL.to_owned())];
    ingest(&database, &clamd, "1@x", &first);
    assert_eq!(scans(&database).await, "large.txt unscannable, small.txt clean, bad.txt infected");
    // Where nobody answers, what comes waits.
    let socket = clamd.socket();
    drop(clamd);
    ingest_by(&database, &socket, "2@x", &[("later.txt", "harmless".to_owned())]);
    assert!(scans(&database).await.ends_with("later.txt waiting"));
}

fn ingest(database: &Database, clamd: &Clamd, id: &str, files: &[(&str, String)]) {
    ingest_by(database, &clamd.socket(), id, files);
}

/// A mail of Gala's with files arrives, and they are scanned as `serve` would.
fn ingest_by(database: &Database, socket: &str, id: &str, files: &[(&str, String)]) {
    let mut raw = format!(
        "From: Gala <gala@example.org>\r\nMessage-ID: <{id}>\r\nSubject: Files\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=xyz\r\n\r\n--xyz\r\nContent-Type: text/plain\r\n\r\nHere they are, {id}\r\n"
    );
    for (name, text) in files {
        let lines: Vec<&str> =
            text.as_bytes().chunks(70).map(|line| std::str::from_utf8(line).expect("text")).collect();
        raw.push_str(&format!(
            "--xyz\r\nContent-Type: text/plain; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n{}\r\n",
            lines.join("\r\n")
        ));
    }
    raw.push_str("--xyz--\r\n");
    let mut child = database
        .command(&["mail", "ingest"])
        .env("PARTNERDESK_CLAMD", socket)
        .stdin(Stdio::piped())
        .spawn()
        .expect("partnerdesk");
    child.stdin.take().expect("stdin").write_all(raw.as_bytes()).expect("mail");
    let output = child.wait_with_output().expect("partnerdesk");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

async fn scans(database: &Database) -> String {
    sqlx::query_scalar("SELECT string_agg(name || ' ' || scan, ', ' ORDER BY attachment_id) FROM attachment")
        .fetch_one(&database.pool)
        .await
        .expect("files")
}
