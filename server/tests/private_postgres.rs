//! Without `DATABASE_URL` every command uses a PostgreSQL of its own in its data folder.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A short path, for a socket's name must not be long; open to the user that the server runs as where we are root.
fn folder() -> TempDir {
    let folder = tempfile::Builder::new().prefix("pd").tempdir_in("/tmp").expect("folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("permissions");
    folder
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_partnerdesk"));
    command.arg("--data-dir").arg(folder).args(arguments).env_remove("DATABASE_URL").env_remove("RUST_LOG");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn written(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn run(folder: &Path, arguments: &[&str]) -> String {
    written(command(folder, arguments).output().expect("run"))
}

fn is_running(folder: &Path) -> bool {
    folder.join("postgres/data/postmaster.pid").exists()
}

#[test]
fn a_private_server_keeps_its_data_and_is_shared() {
    let folder = folder();
    let data = folder.path().join("data");
    assert_eq!(run(&data, &["programme", "create", "giftware", "--currency", "GBP"]), "giftware\n");
    assert!(!is_running(&data), "whoever started it stopped it");
    let mode = std::fs::metadata(data.join("socket")).expect("socket folder").permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "whoever reaches the socket may come in");

    // A second start finds what the first one wrote, and several at once share it.
    let several: Vec<_> = ["uk", "eu", "row"]
        .into_iter()
        .map(|offer| command(&data, &["offer", "create", "giftware", offer]).spawn().expect("spawn"))
        .collect();
    for (one, offer) in several.into_iter().zip(["uk", "eu", "row"]) {
        assert_eq!(written(one.wait_with_output().expect("wait")), format!("{offer}\n"));
    }
    assert!(!is_running(&data), "the last to leave stopped it");

    // Killed, it leaves its server behind; the next command takes that over.
    let mut killed =
        command(&data, &["serve", "--listen", "127.0.0.1:0"]).stderr(Stdio::null()).spawn().expect("spawn");
    let began = std::time::Instant::now();
    while !is_running(&data) {
        assert!(began.elapsed().as_secs() < 60, "it never started");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    killed.kill().expect("kill");
    killed.wait().expect("wait");
    assert!(run(&data, &["audit", "verify"]).contains("sealed"));
    let again = command(&data, &["offer", "create", "giftware", "uk"]).output().expect("run");
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("there is an offer uk already"));
    assert!(!is_running(&data), "also after a failure");
}

#[test]
fn a_folder_that_does_not_serve_is_told() {
    let folder = folder();
    let long = folder.path().join("x".repeat(90));
    let output = command(&long, &["ledger", "balances"]).output().expect("run");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("too long for a socket"));
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("file");
    let output = command(&file, &["ledger", "balances"]).output().expect("run");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/file"));
}
