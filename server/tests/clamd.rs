//! Attached files and the real scanner: Debian's clamd, started here as nobody special, with two signatures of our own, so
//! that nothing is fetched from anywhere.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use app::inbox::clamd::{ScanError, Scanner, Verdict};
use std::os::unix::fs::{MetadataExt, chown};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

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
