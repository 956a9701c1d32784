//! A private PostgreSQL in the data folder, from the programs installed on the machine.
//!
//! Used where `DATABASE_URL` is unset. Several commands may share one server: each holds a shared lock while it uses
//! it, and the last to leave stops it. It listens on a socket in a folder that only its user can enter.

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A socket's path can't be longer on Linux (`sun_path`, less room for the file's own name).
const LONGEST_SOCKET_FOLDER: usize = 85;

/// A running server, in use by this process.
#[derive(Debug)]
pub struct EmbeddedPostgres {
    place: Place,
    in_use: File,
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// PostgreSQL is not installed.
    #[error("PostgreSQL's programs are not installed (Debian: apt install postgresql), and DATABASE_URL is not set")]
    NotInstalled,
    /// The data folder can't be used.
    #[error("{path}: {source}")]
    Folder {
        /// Which folder or file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The data folder's path is too long for a socket.
    #[error("the data folder's path is too long for a socket; use one shorter than {LONGEST_SOCKET_FOLDER} bytes")]
    PathTooLong,
    /// As root the server runs as another user, who can't reach the data folder.
    #[error("the user `{user}`, as whom PostgreSQL runs here, can't reach {path}; choose another --data-dir")]
    Unreachable {
        /// Who.
        user: String,
        /// What.
        path: PathBuf,
    },
    /// One of its programs failed.
    #[error("{program} failed: {message}")]
    Failed {
        /// Which program.
        program: &'static str,
        /// What it said.
        message: String,
    },
    /// It does not answer.
    #[error("the private PostgreSQL does not answer: {0}")]
    Silent(#[from] sqlx::Error),
}

#[derive(Debug)]
struct Place {
    programs: PathBuf,
    data: PathBuf,
    socket: PathBuf,
    log: PathBuf,
    /// Whom to become; `None` where we are that user already.
    user: Option<User>,
}

#[derive(Debug)]
struct User {
    name: String,
    uid: u32,
    gid: u32,
}

impl EmbeddedPostgres {
    /// Starts the server in `folder`, or joins the one that runs there.
    ///
    /// # Errors
    /// See [`PostgresError`].
    pub async fn start(folder: &Path) -> Result<(Self, PgConnectOptions), PostgresError> {
        let place = Place::prepare(folder)?;
        let in_use = open_lock(&folder.join("in-use.lock"))?;
        {
            let starting = open_lock(&folder.join("starting.lock"))?;
            starting.lock().map_err(|source| at(folder, source))?;
            in_use.lock_shared().map_err(|source| at(folder, source))?;
            place.initialise()?;
            if !place.is_running() {
                place.launch()?;
            }
        }
        place.wait_until_it_listens().await;
        let options = PgConnectOptions::new_without_pgpass()
            .socket(&place.socket)
            .port(5432)
            .username("postgres")
            .database("partnerdesk");
        create_database(&options).await?;
        Ok((Self { place, in_use }, options))
    }

    /// Leaves the server, and stops it if nobody else uses it.
    pub fn stop(self) {
        let _ = self.in_use.unlock();
        if self.in_use.try_lock().is_ok() {
            let _ = self.place.run("pg_ctl", &["stop", "-m", "fast", "-w", "-s"]);
        }
    }
}

async fn create_database(options: &PgConnectOptions) -> Result<(), PostgresError> {
    let pool = PgPoolOptions::new().max_connections(1).connect_with(options.clone().database("postgres")).await?;
    let made = sqlx::raw_sql("CREATE DATABASE partnerdesk ENCODING 'UTF8' TEMPLATE template0").execute(&pool).await;
    pool.close().await;
    match made {
        Ok(_) => Ok(()),
        // Another command was faster, or it was there before: 42P04 duplicate_database, 23505 at the same moment.
        Err(error)
            if error
                .as_database_error()
                .and_then(|e| e.code())
                .is_some_and(|code| code == "42P04" || code == "23505") =>
        {
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

impl Place {
    fn prepare(folder: &Path) -> Result<Self, PostgresError> {
        fs::create_dir_all(folder).map_err(|source| at(folder, source))?;
        let folder = folder.canonicalize().map_err(|source| at(folder, source))?;
        let socket = folder.join("socket");
        if socket.as_os_str().len() > LONGEST_SOCKET_FOLDER {
            return Err(PostgresError::PathTooLong);
        }
        let user = unprivileged_user()?;
        for path in [&folder.join("postgres"), &socket] {
            fs::create_dir_all(path).map_err(|source| at(path, source))?;
            if let Some(user) = &user {
                chown(path, Some(user.uid), Some(user.gid)).map_err(|source| at(path, source))?;
            }
            fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(|source| at(path, source))?;
        }
        let place = Self {
            programs: programs()?,
            log: folder.join("postgres/server.log"),
            data: folder.join("postgres/data"),
            socket,
            user,
        };
        place.check_reachable(&folder)?;
        Ok(place)
    }

    fn check_reachable(&self, folder: &Path) -> Result<(), PostgresError> {
        let Some(user) = &self.user else { return Ok(()) };
        let reached =
            self.command(Path::new("/bin/sh")).args(["-c", "cd \"$0\"", &self.socket.to_string_lossy()]).status();
        match reached {
            Ok(status) if status.success() => Ok(()),
            _ => Err(PostgresError::Unreachable { user: user.name.clone(), path: folder.to_owned() }),
        }
    }

    fn initialise(&self) -> Result<(), PostgresError> {
        if self.data.join("PG_VERSION").exists() {
            return Ok(());
        }
        // The socket's folder is closed to others, so whoever reaches it may come in.
        self.run("initdb", &["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"])
            .or_else(|_| self.run("initdb", &["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale"]))
    }

    fn is_running(&self) -> bool {
        self.run("pg_ctl", &["status", "-s"]).is_ok()
    }

    /// Who started the server may have been killed before it listened. Where it never does, connecting says so.
    async fn wait_until_it_listens(&self) {
        let mut tries = 0;
        while !self.socket.join(".s.PGSQL.5432").exists() && tries < 600 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            tries += 1;
        }
    }

    fn launch(&self) -> Result<(), PostgresError> {
        let options = format!(
            "-k '{}' -c listen_addresses='' -c timezone=UTC -c max_connections=100 -c max_wal_size=2GB -c jit=off",
            self.socket.display()
        );
        let log = self.log.to_string_lossy().into_owned();
        self.run("pg_ctl", &["start", "-w", "-s", "-t", "60", "-l", &log, "-o", &options]).map_err(|error| {
            let tail = fs::read_to_string(&self.log).unwrap_or_default();
            let last: Vec<&str> = tail.lines().rev().take(3).collect();
            match error {
                PostgresError::Failed { program, message } => {
                    PostgresError::Failed { program, message: format!("{message} {}", last.join(" | ")) }
                }
                other => other,
            }
        })
    }

    fn run(&self, program: &'static str, arguments: &[&str]) -> Result<(), PostgresError> {
        let output: Output = self
            .command(&self.programs.join(program))
            .arg("-D")
            .arg(&self.data)
            .args(arguments)
            .stdin(Stdio::null())
            // A pipe would be inherited by the server and never close.
            .stdout(Stdio::null())
            .stderr(if program == "initdb" { Stdio::piped() } else { Stdio::null() })
            .output()
            .map_err(|source| at(&self.programs, source))?;
        if output.status.success() {
            return Ok(());
        }
        let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(PostgresError::Failed { program, message })
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/").process_group(0);
        if let Some(user) = &self.user {
            command.uid(user.uid).gid(user.gid).env("HOME", "/");
        }
        command
    }
}

fn at(path: &Path, source: io::Error) -> PostgresError {
    PostgresError::Folder { path: path.to_owned(), source }
}

fn open_lock(path: &Path) -> Result<File, PostgresError> {
    File::options().create(true).truncate(false).write(true).open(path).map_err(|source| at(path, source))
}

/// PostgreSQL refuses to run as root; as root it becomes `postgres`, or `nobody`.
fn unprivileged_user() -> Result<Option<User>, PostgresError> {
    let me = fs::metadata("/proc/self").map_err(|source| at(Path::new("/proc/self"), source))?;
    if std::os::unix::fs::MetadataExt::uid(&me) != 0 {
        return Ok(None);
    }
    let passwd = fs::read_to_string("/etc/passwd").map_err(|source| at(Path::new("/etc/passwd"), source))?;
    let find = |wanted: &str| {
        passwd.lines().find_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            let (name, uid, gid) = (*fields.first()?, fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?);
            (name == wanted).then(|| User { name: name.to_owned(), uid, gid })
        })
    };
    Ok(find("postgres").or_else(|| find("nobody")))
}

/// The folder of the newest PostgreSQL on this machine: Debian's, or that of `pg_ctl` on PATH.
fn programs() -> Result<PathBuf, PostgresError> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = debian
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("pg_ctl").exists() && bin.join("initdb").exists())
        .max_by_key(|(version, _)| *version);
    if let Some((_, bin)) = newest {
        return Ok(bin);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .find(|folder| folder.join("pg_ctl").exists() && folder.join("initdb").exists())
        .ok_or(PostgresError::NotInstalled)
}
