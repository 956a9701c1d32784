//! What tests of the whole process share: a database of their own, the real binary, a server on a free port.

#![allow(dead_code, missing_docs, clippy::unwrap_used, clippy::expect_used)]

use sqlx::postgres::{PgConnectOptions, PgPool};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Output, Stdio};
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// A database that is dropped at the end of the test.
pub struct Database {
    pub url: String,
    pub pool: PgPool,
    name: String,
    admin: PgConnectOptions,
}

impl Database {
    /// Creates an empty database in the cluster of `DATABASE_URL`.
    pub async fn fresh() -> Self {
        let cluster = std::env::var("DATABASE_URL").expect("DATABASE_URL names the test cluster (make test sets it)");
        let admin = PgConnectOptions::from_str(&cluster).expect("DATABASE_URL").database("postgres");
        let name = format!("pd_test_{}_{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        let pool = PgPool::connect_with(admin.clone()).await.expect("cluster");
        let create = format!("CREATE DATABASE {name}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(create)).execute(&pool).await.expect("create database");
        pool.close().await;
        let url = with_database(&cluster, &name);
        let pool = PgPool::connect_lazy_with(admin.clone().database(&name));
        Self { url, pool, name, admin }
    }

    /// Runs the binary against this database.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, "")
    }

    /// The same, with something on standard input.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().expect("partnerdesk");
        child.stdin.take().expect("stdin").write_all(input.as_bytes()).expect("stdin");
        child.wait_with_output().expect("partnerdesk")
    }

    /// Runs the binary, which has to succeed; gives its standard output.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// The same without the tests' key: it lies in a data folder.
    pub fn ok_without_key(&self, arguments: &[&str], data_dir: &std::path::Path) {
        let mut command = self.command(arguments);
        let output = command.env_remove("PARTNERDESK_SECRET_KEY").arg("--data-dir").arg(data_dir).output();
        let output = output.expect("partnerdesk");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The binary, ready to be spawned.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_partnerdesk"));
        command.args(arguments).env("DATABASE_URL", &self.url).env_remove("RUST_LOG");
        // A key of the tests' own, so that none is left on the machine.
        command.env("PARTNERDESK_SECRET_KEY", "07".repeat(32));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Starts the web server on a free port and waits until it is ready.
    pub fn serve(&self, arguments: &[&str]) -> Server {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0"];
        all.extend(arguments);
        let mut child = self.command(&all).env("NO_COLOR", "1").spawn().expect("serve");
        let mut log = BufReader::new(child.stderr.take().expect("stderr"));
        let mut line = String::new();
        let mut seen = String::new();
        let port = loop {
            line.clear();
            assert!(log.read_line(&mut line).expect("log") > 0, "the server ended: {seen}");
            seen.push_str(&line);
            if let Some(port) = line.split("http://localhost:").nth(1) {
                break port.trim().parse().expect("port");
            }
        };
        // Somebody has to read on, or the server stands still at a full pipe.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Server { child, port }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (admin, name) = (self.admin.clone(), self.name.clone());
        let drop_it = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
            runtime.block_on(async {
                let pool = PgPool::connect_with(admin).await.expect("cluster");
                let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                let _ = sqlx::raw_sql(sqlx::AssertSqlSafe(drop)).execute(&pool).await;
            });
        };
        let _ = std::thread::spawn(drop_it).join();
    }
}

fn with_database(url: &str, name: &str) -> String {
    let (before, query) = url.split_once('?').map_or((url, String::new()), |(url, query)| (url, format!("?{query}")));
    let scheme = before.find("://").expect("scheme") + 3;
    let end = before[scheme..].find('/').map_or(before.len(), |slash| scheme + slash);
    format!("{}/{name}{query}", &before[..end])
}

/// A running web server, stopped at the end of the test.
pub struct Server {
    child: Child,
    pub port: u16,
}

impl Server {
    /// An address on it.
    pub fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
