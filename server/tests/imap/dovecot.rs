//! Debian's Dovecot with one mailbox, started as nobody special.

use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long anything here may take.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Debian's `nobody` and `nogroup`, whom Dovecot runs as where the tests run as root.
const NOBODY: u32 = 65534;

/// A Dovecot with one mailbox.
pub struct Dovecot {
    child: Option<Child>,
    pub folder: tempfile::TempDir,
    pub port: u16,
    tls: bool,
}

impl Dovecot {
    pub fn start() -> Self {
        Self::start_with(false)
    }

    /// With TLS from the first byte (RFC 8314), and a certificate of its own making for `localhost`.
    pub fn start_with(tls: bool) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        // A port that was free a moment ago.
        let port = TcpListener::bind("127.0.0.1:0").expect("port").local_addr().expect("port").port();
        let dovecot = Self { child: None, folder, port, tls };
        let (user, group) = if is_root() { (NOBODY, NOBODY) } else { (own().0, own().1) };
        let path = dovecot.folder.path().display();
        let names = |flag: &str, id: u32| {
            let said = Command::new("getent").args([flag, &id.to_string()]).output().expect("getent").stdout;
            String::from_utf8(said).expect("text").split(':').next().expect("a name").to_owned()
        };
        let (user_name, group_name) = (names("passwd", user), names("group", group));
        let (ssl, plain, secret) = match tls {
            true => (dovecot.make_certificate(), 0, port),
            false => ("ssl = no".to_owned(), port, 0),
        };
        let settings = format!(
            "protocols = imap\nbase_dir = {path}/run\nstate_dir = {path}/state\nlog_path = {path}/log\n{ssl}\n\
             disable_plaintext_auth = no\ndefault_login_user = {user_name}\ndefault_internal_user = {user_name}\n\
             default_internal_group = {group_name}\nmail_location = maildir:{path}/mail\nlisten = 127.0.0.1\nfirst_valid_uid = 1\n\
             passdb {{\n driver = static\n args = password=secret\n}}\n\
             userdb {{\n driver = static\n args = uid={user} gid={group} home={path}\n}}\n\
             service imap-login {{\n chroot =\n inet_listener imap {{\n port = {plain}\n }}\n inet_listener imaps {{\n port = {secret}\n ssl = yes\n }}\n}}\n\
             service anvil {{\n chroot =\n}}\nservice stats {{\n chroot =\n}}\n"
        );
        std::fs::write(dovecot.folder.path().join("dovecot.conf"), settings).expect("settings");
        for part in ["mail", "mail/cur", "mail/new", "mail/tmp"] {
            std::fs::create_dir(dovecot.folder.path().join(part)).expect("mailbox");
        }
        if is_root() {
            for part in ["", "mail", "mail/cur", "mail/new", "mail/tmp"] {
                chown(dovecot.folder.path().join(part), Some(user), Some(group)).expect("chown");
            }
        }
        let mut dovecot = dovecot;
        dovecot.run();
        dovecot
    }

    fn make_certificate(&self) -> String {
        let (key, certificate) = (self.folder.path().join("key.pem"), self.certificate());
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
            .args(["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"])
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate)
            .output()
            .expect("openssl");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        for file in [&key, &certificate] {
            std::fs::set_permissions(file, PermissionsExt::from_mode(0o644)).expect("mode");
        }
        format!("ssl = required\nssl_cert = <{}\nssl_key = <{}", certificate.display(), key.display())
    }

    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    pub fn run(&mut self) {
        let settings = self.folder.path().join("dovecot.conf");
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "/usr/sbin/dovecot"]);
            command
        } else {
            Command::new("/usr/sbin/dovecot")
        };
        let child = command.arg("-F").arg("-c").arg(settings).stdin(Stdio::null()).spawn();
        self.child = Some(child.expect("dovecot (.ci/tools test)"));
        let since = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(since.elapsed() < PATIENCE, "{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Told to end it takes its children along.
            let _ = Command::new("kill").arg(child.id().to_string()).status();
            let _ = child.wait();
        }
    }

    /// A mail arrives, as a delivery agent leaves it.
    pub fn deliver(&self, name: &str, raw: &str) {
        let mail = self.folder.path().join("mail");
        let draft = mail.join("tmp").join(name);
        std::fs::write(&draft, raw).expect("mail");
        std::fs::set_permissions(&draft, PermissionsExt::from_mode(0o666)).expect("mode");
        std::fs::rename(draft, mail.join("new").join(name)).expect("mail");
    }

    /// How many mails are marked as seen.
    pub fn seen(&self) -> usize {
        let files = std::fs::read_dir(self.folder.path().join("mail/cur")).expect("mailbox");
        files.filter(|file| file.as_ref().is_ok_and(|file| is_seen(&file.path()))).count()
    }

    pub fn url(&self) -> String {
        if self.tls {
            format!("imaps://desk:secret@localhost:{}", self.port)
        } else {
            format!("imap://desk:secret@127.0.0.1:{}", self.port)
        }
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        self.stop();
    }
}

fn is_seen(path: &Path) -> bool {
    path.to_string_lossy().rsplit_once(":2,").is_some_and(|(_, flags)| flags.contains('S'))
}

fn own() -> (u32, u32) {
    let me = std::fs::metadata("/proc/self").expect("/proc");
    (me.uid(), me.gid())
}

fn is_root() -> bool {
    own().0 == 0
}
