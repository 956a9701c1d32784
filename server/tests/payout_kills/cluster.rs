//! A PostgreSQL of the test's own, as durable as in production, that can lose its power.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A server in a folder.
pub struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    /// Whom it runs as where we are root, which PostgreSQL refuses to be.
    user: Option<(u32, u32)>,
}

impl Cluster {
    /// Makes and starts one; the folder's path is short, for it holds a socket.
    pub fn new(folder: &Path) -> Self {
        let folder = folder.join("pg");
        std::fs::create_dir(&folder).expect("folder");
        let user = is_root().then(|| user("postgres").or_else(|| user("nobody")).expect("a user for PostgreSQL"));
        if let Some((uid, gid)) = user {
            chown(&folder, Some(uid), Some(gid)).expect("owner");
        }
        let cluster = Self { programs: programs(), folder, user };
        cluster.run("initdb", &["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale"]);
        cluster.start();
        cluster
    }

    /// The address of a database on it.
    pub fn url(&self, database: &str) -> String {
        format!("postgres:///{database}?host={}&user=postgres", self.folder.display())
    }

    /// Starts; recovers first where it was stopped at once.
    pub fn start(&self) {
        let options = format!("-k '{}' -c listen_addresses='' -c jit=off -c timezone=UTC", self.folder.display());
        let log = self.folder.join("log");
        self.run("pg_ctl", &["start", "-w", "-s", "-t", "60", "-l", &log.to_string_lossy(), "-o", &options]);
    }

    /// Ends every process of it without any last word, as a power cut would.
    pub fn stop_at_once(&self) {
        self.run("pg_ctl", &["stop", "-w", "-s", "-m", "immediate"]);
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(self.programs.join(program));
        command.arg("-D").arg(self.folder.join("data")).args(arguments).current_dir("/").env("HOME", "/");
        // A group of its own, so that a Ctrl-C for the test is none for the server.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        let log = || std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        assert!(command.status().expect(program).success(), "{program} {arguments:?}: {}", log());
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.folder.join("data/postmaster.pid").exists() && !std::thread::panicking() {
            self.stop_at_once();
        } else if self.folder.join("data/postmaster.pid").exists() {
            // A second panic would hide the first.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.stop_at_once()));
        }
    }
}

/// A folder with a short path that other users can enter. In memory where that is to be had: what PostgreSQL gave to the
/// system outlives it there as on a disk, and before each recovery it has every file of its own written out.
pub fn folder() -> tempfile::TempDir {
    let mut folder = tempfile::Builder::new();
    let folder = folder.prefix("pd");
    let folder = folder.tempdir_in("/dev/shm").or_else(|_| folder.tempdir_in("/tmp")).expect("folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("permissions");
    folder
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

fn user(name: &str) -> Option<(u32, u32)> {
    let passwd = std::fs::read_to_string("/etc/passwd").expect("passwd");
    let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
    let fields: Vec<&str> = line.split(':').collect();
    Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
}

/// The newest PostgreSQL of Debian's, or that of `pg_ctl` on PATH.
fn programs() -> PathBuf {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = debian
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("pg_ctl").exists())
        .max_by_key(|(version, _)| *version);
    let path = std::env::var_os("PATH").unwrap_or_default();
    newest
        .map(|(_, bin)| bin)
        .or_else(|| std::env::split_paths(&path).find(|folder| folder.join("pg_ctl").exists()))
        .expect("PostgreSQL's programs")
}
