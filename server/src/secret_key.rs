//! Where the master key lies: in the environment, or in a file of the data folder that is made on the first start.

use crate::commands::Failure;
use app::base::clock::Clock;
use app::base::db::Db;
use app::base::secrets::{self, MasterKey, OpenError, Secrets};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The variable with the key, 64 hexadecimal digits.
pub const VARIABLE: &str = "PARTNERDESK_SECRET_KEY";
const FILE: &str = "secret.key";

/// Finds the key, or makes one where nothing was encrypted yet, and holds it against the database.
///
/// # Errors
/// When it is not the key that the data was written with, is none, or is nowhere although there is data.
pub async fn open(db: &Db, clock: Clock, data_dir: &Path) -> Result<Secrets, Failure> {
    let (master, place) = match std::env::var(VARIABLE) {
        Ok(text) => (parse(&text, VARIABLE)?, VARIABLE.to_owned()),
        Err(_) => {
            let file = data_dir.join(FILE);
            let place = file.display().to_string();
            match read(&file)? {
                Some(master) => (master, place),
                None if secrets::has_key(db).await? => {
                    return Err(Failure::refused(format!(
                        "the key that this database was written with is not here: set {VARIABLE}, or put it into {place}"
                    )));
                }
                None => (make(data_dir)?, place),
            }
        }
    };
    secrets::open(db, &master, clock.now()).await.map_err(|error| match error {
        OpenError::OtherKey => Failure::refused(format!("{place}: {error}")),
        OpenError::Database(error) => error.into(),
    })
}

fn parse(text: &str, place: &str) -> Result<MasterKey, Failure> {
    MasterKey::parse(text).map_err(|error| Failure::refused(format!("{place}: {error}")))
}

fn read(file: &Path) -> Result<Option<MasterKey>, Failure> {
    let place = file.display().to_string();
    let text = match fs::read_to_string(file) {
        Ok(text) => zeroize::Zeroizing::new(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::refused(format!("{place}: {error}"))),
    };
    let mode = fs::metadata(file)?.permissions().mode();
    if mode & 0o007 != 0 {
        return Err(Failure::refused(format!("{place} is open to everybody on this machine: chmod 600 {place}")));
    }
    parse(&text, &place).map(Some)
}

/// Writes a new key beside its place and links it there, so that the file is whole or not there, and one that is there
/// already wins.
fn make(data_dir: &Path) -> Result<MasterKey, Failure> {
    let named = |error: io::Error| {
        let place = data_dir.join(FILE);
        Failure::refused(format!("{}: {error}; a key can also be given in {VARIABLE}", place.display()))
    };
    fs::create_dir_all(data_dir).map_err(named)?;
    let master = MasterKey::fresh().map_err(|error| Failure::refused(error.to_string()))?;
    let draft = data_dir.join(format!("{FILE}.{}", std::process::id()));
    let linked = write_new(&draft, &format!("{}\n", master.to_hex().as_str())).and_then(|()| {
        match fs::hard_link(&draft, data_dir.join(FILE)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        }
    });
    let _ = fs::remove_file(&draft);
    linked.map_err(named)?;
    fs::File::open(data_dir).and_then(|folder| folder.sync_all()).map_err(named)?;
    let file: PathBuf = data_dir.join(FILE);
    tracing::warn!(file = %file.display(), "made the key for payout methods; keep a copy apart from the database's backups");
    read(&file)?.ok_or_else(|| Failure::refused(format!("{} is gone", file.display())))
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("folder");
        let data = folder.path().join("data");
        assert!(read(&data.join(FILE)).expect("read").is_none());
        let first = make(&data).expect("made").to_hex();
        assert_eq!(fs::metadata(data.join(FILE)).expect("file").permissions().mode() & 0o777, 0o600);
        assert_eq!(make(&data).expect("found").to_hex(), first, "what is there wins");
        assert_eq!(read(&data.join(FILE)).expect("read").expect("key").to_hex(), first);
        assert_eq!(fs::read_dir(&data).expect("folder").count(), 1, "no draft is left behind");
    }

    #[test]
    fn a_file_that_everybody_reads_or_that_holds_no_key_is_refused() {
        let folder = tempfile::tempdir().expect("folder");
        make(folder.path()).expect("made");
        let file = folder.path().join(FILE);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o604)).expect("mode");
        assert!(read(&file).expect_err("open").to_string().contains("open to everybody"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("mode");
        fs::write(&file, "").expect("emptied");
        assert!(read(&file).expect_err("empty").to_string().contains("64 hexadecimal digits"));
    }
}
