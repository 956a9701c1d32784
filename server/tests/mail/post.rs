//! A real mail server, a house that mails, and the processes that do it.

use crate::support::Database;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Debian's aiosmtpd, in a folder of its own.
pub struct MailServer {
    child: Child,
    pub folder: PathBuf,
    pub port: u16,
}

impl MailServer {
    pub fn start(folder: &Path, port: u16) -> Self {
        Self::start_with(folder, port, &[])
    }

    /// With TLS, `tls` or `starttls`, and a key and certificate in a file.
    pub fn start_with(folder: &Path, port: u16, more: &[&str]) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mail/smtp.py");
        let mut child = Command::new("/usr/bin/python3")
            .args([script, folder.to_str().expect("path"), &port.to_string()])
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 with aiosmtpd (.ci/tools test)");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line).expect("port");
        let port = line.trim().parse().expect("python3-aiosmtpd is there (.ci/tools test)");
        Self { child, folder: folder.to_owned(), port }
    }

    /// From now on it behaves like this.
    pub fn mode(&self, mode: &str) {
        let draft = self.folder.join("mode.new");
        std::fs::write(&draft, mode).expect("mode");
        std::fs::rename(draft, self.folder.join("mode")).expect("mode");
    }

    /// What it got, in order.
    pub fn got(&self) -> Vec<Got> {
        let mut files: Vec<_> = std::fs::read_dir(&self.folder)
            .expect("folder")
            .map(|entry| entry.expect("entry").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
            .collect();
        files.sort();
        files.iter().map(|file| Got(String::from_utf8(std::fs::read(file).expect("mail")).expect("7 bits"))).collect()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A mail, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Got(pub String);

impl Got {
    /// A header, unfolded.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.0.split("\r\n\r\n").next()?.replace("\r\n ", " ");
        let prefix = format!("{name}: ");
        head.split("\r\n").find_map(|line| line.strip_prefix(&prefix).map(str::to_owned))
    }

    pub fn uid(&self) -> String {
        self.header("Message-ID").expect("Message-ID")
    }

    /// Its parts, decoded by Python's library, which nobody here wrote: plain text, then HTML.
    pub fn parts(&self) -> (String, String) {
        let script = "import email,email.policy,json,sys
m=email.message_from_bytes(sys.stdin.buffer.read(),policy=email.policy.default)
print(json.dumps([[p.get_content_type(),p.get_content()] for p in m.iter_parts()]))";
        let mut child = Command::new("/usr/bin/python3")
            .args(["-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3");
        std::io::Write::write_all(&mut child.stdin.take().expect("stdin"), self.0.as_bytes()).expect("mail");
        let out = child.wait_with_output().expect("python3").stdout;
        let parts: Vec<(String, String)> = serde_json::from_slice(&out).expect("parts");
        let [(plain, text), (html, page)] = parts.as_slice() else { panic!("two parts: {parts:?}") };
        assert_eq!((plain.as_str(), html.as_str()), ("text/plain", "text/html"));
        (text.replace("\r\n", "\n"), page.replace("\r\n", "\n"))
    }
}

/// A `serve` that mails, with its log in a file.
pub struct Serve {
    pub child: Child,
    pub port: u16,
    log: PathBuf,
}

impl Serve {
    pub fn start(database: &Database, folder: &Path, smtp: Option<u16>, crash_at: Option<&str>) -> Self {
        let url = smtp.map(|port| format!("smtp://127.0.0.1:{port}"));
        let crash_at = crash_at.map(|place| ("PARTNERDESK_CRASH_AT", place));
        Self::start_with(database, folder, url.as_deref(), crash_at)
    }

    /// With any address of a mail server, and something more in its environment.
    pub fn start_with(database: &Database, folder: &Path, smtp: Option<&str>, more: Option<(&str, &str)>) -> Self {
        let log = folder.join(format!("log-{}", std::fs::read_dir(folder).expect("folder").count()));
        let mut command = database.command(&["serve", "--listen", "127.0.0.1:0", "--url", "https://desk.example.org"]);
        command.env("PARTNERDESK_MAIL_FROM", "Garden <desk@example.org>");
        command.env("NO_COLOR", "1").stdout(Stdio::null()).stderr(File::create(&log).expect("log"));
        if let Some(url) = smtp {
            command.env("PARTNERDESK_SMTP_URL", url);
        }
        command.envs(more);
        let child = command.spawn().expect("serve");
        let mut serve = Self { child, port: 0, log };
        let ready = "http://localhost:";
        wait("serve is ready", || serve.log().contains(ready));
        let log = serve.log();
        let rest = log.split(ready).nth(1).expect("port");
        serve.port = rest.split(|c: char| !c.is_ascii_digit()).next().and_then(|port| port.parse().ok()).expect("port");
        serve
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("log")
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until something is so.
pub fn wait(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "{what}: not after {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
