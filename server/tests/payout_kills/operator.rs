//! Whoever types the commands, and what happens to them while they run.

use super::bank::Bank;
use super::cluster::Cluster;
use super::dice::Dice;
use app::base::actor::{Actor, Role, Staff};
use app::base::db::Db;
use app::base::ids::{PayoutId, PersonId};
use app::settlement::store::{About, ByHand, by_hand};
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use std::collections::{BTreeMap, HashMap};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The only signal that is meant here: a process that ends by another one has fallen over.
const SIGKILL: i32 = 9;

/// Who is asked about lines that wait.
const OWNER: &str = "WITH p AS (INSERT INTO person (email, name, created_at) SELECT 'olga@example.org', 'Olga Orr', '2010-01-01Z'
                                WHERE NOT EXISTS (SELECT FROM staff) RETURNING *)
                     INSERT INTO staff (person_id, name, role, since) SELECT person_id, name, 'owner', created_at FROM p";

/// Places in the server's job, one killed after the other: each leaves a run that the next goes on with.
const BUILDING_SERVERS_DIE_AT: [&str; 3] =
    ["payouts.build.allocated:1", "payouts.build.batch:1", "payouts.build.committed:1"];
/// The same while it makes files; the last leaves them made.
const EXPORTING_SERVERS_DIE_AT: [&str; 3] =
    ["payouts.export.taken:1", "payouts.export.written", "payouts.export.committed"];

/// What disturbs.
pub enum Trouble {
    /// Processes are killed: at named places, at any moment, and beside a second one that does the same.
    Kills,
    /// PostgreSQL is stopped as if the machine had lost its power.
    Stops(Cluster),
}

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    Build,
    Release,
    Export,
    Settle,
}

impl Step {
    /// Every kind of command.
    pub const ALL: [Self; 4] = [Self::Build, Self::Release, Self::Export, Self::Settle];

    /// How often it is disturbed, beside the others: there is one build in a month, and a settling for each answer.
    fn weight(self) -> u64 {
        match self {
            Self::Build => 5,
            Self::Release => 3,
            Self::Export => 2,
            Self::Settle => 1,
        }
    }

    /// Places where its process can be made to end.
    pub fn places(self) -> &'static [&'static str] {
        match self {
            Self::Build => &[
                "payouts.build.started",
                "payouts.build.allocated:1",
                "payouts.build.allocated:2",
                "payouts.build.batch:1",
                "payouts.build.batch:2",
                "payouts.build.committed:1",
                "payouts.build.committed:2",
            ],
            Self::Release => &["payouts.release.written", "payouts.release.approved", "payouts.release.committed"],
            Self::Export => &[
                "payouts.export.taken:1",
                "payouts.export.taken:2",
                "payouts.export.written",
                "payouts.export.committed",
                "payouts.export.writing:1",
                "payouts.export.writing:2",
                "payouts.export.saved",
            ],
            Self::Settle => &[
                "payouts.settle.kept",
                "payouts.settle.moved:1",
                "payouts.settle.moved:2",
                "payouts.settle.batch",
                "payouts.settle.applied",
                "payouts.settle.committed",
            ],
        }
    }
}

/// What was done to processes and servers.
#[derive(Default, Debug)]
pub struct Figures {
    /// Processes that ended at a named place.
    pub crashes: BTreeMap<&'static str, u64>,
    /// Processes that were killed at any moment, by the kind of command.
    pub kills: BTreeMap<Step, u64>,
    /// Servers that were killed while their job built a run, or made its files.
    pub servers: u64,
    /// Two at once.
    pub doubles: u64,
    /// Stops of the server that cut a command off.
    pub stops: BTreeMap<Step, u64>,
}

impl Figures {
    /// Everything that cut a command off.
    pub fn all(&self) -> u64 {
        self.crashes.values().chain(self.kills.values()).chain(self.stops.values()).sum()
    }
}

/// Types the commands.
pub struct Operator {
    pub url: String,
    pub trouble: Trouble,
    pub figures: Figures,
    /// How often commands are to be cut off, in all.
    pub wanted: u64,
    /// Where files for the bank are written, and fetched from.
    pub outbox: PathBuf,
    pub bank: Bank,
    pub dice: Dice,
    durations: HashMap<Step, Duration>,
}

impl Operator {
    /// Nothing has happened yet.
    pub fn new(url: String, trouble: Trouble, wanted: u64, outbox: PathBuf, bank: Bank, dice: Dice) -> Self {
        std::fs::create_dir(&outbox).expect("outbox");
        let (figures, durations) = (Figures::default(), HashMap::new());
        Self { url, trouble, figures, wanted, outbox, bank, dice, durations }
    }

    /// A command without trouble; gives its output.
    pub fn ok(&self, now: &str, arguments: &[&str]) -> String {
        let output = self.command(now, arguments).output().expect("partnerdesk");
        said(arguments, output)
    }

    /// A command with trouble, repeated, and at last without any; gives the last output, and whether one before had
    /// ended well.
    pub fn step(&mut self, step: Step, now: &str, arguments: &[&str]) -> (String, bool) {
        let mut done = false;
        for _ in 0..self.attempts(step) {
            done |= match self.trouble {
                Trouble::Kills if self.dice.percent(12) => self.twice_at_once(step, now, arguments),
                Trouble::Kills if self.dice.percent(60) => self.crash(step, now, arguments),
                Trouble::Kills => self.kill(step, now, arguments),
                Trouble::Stops(_) => self.stop(step, now, arguments),
            };
            self.fetch();
        }
        let began = Instant::now();
        let output = self.ok(now, arguments);
        let took = began.elapsed();
        let usual = self.durations.entry(step).or_insert(took);
        *usual = (*usual * 3 + took) / 4;
        self.fetch();
        (output, done)
    }

    /// Two commands at once that do different things, without trouble but each other.
    pub fn both(&self, now: &str, one: &[&str], other: &[&str]) {
        let two = [(self.spawn(now, one), one), (self.spawn(now, other), other)];
        for (child, arguments) in two {
            said(arguments, child.wait_with_output().expect("wait"));
        }
    }

    /// A run is begun and left, and the server's job that goes on with it is killed, again and again; the command that
    /// follows finds what they left.
    pub fn kill_servers(&mut self, now: &str, build: &[&str]) {
        if !matches!(self.trouble, Trouble::Kills) || self.figures.all() >= self.wanted {
            return;
        }
        let begun = self.command(now, build).env("PARTNERDESK_CRASH_AT", "payouts.build.started").output();
        assert_eq!(begun.expect("partnerdesk").status.signal(), Some(SIGKILL));
        for place in BUILDING_SERVERS_DIE_AT {
            self.kill_server(now, place);
        }
    }

    /// Files are asked for on screen, and the server's job that makes them is killed, again and again.
    pub fn kill_servers_making_files(&mut self, now: &str, run: &str) {
        if !matches!(self.trouble, Trouble::Kills) || self.figures.all() >= self.wanted {
            return;
        }
        let run: i64 = run.parse().expect("run");
        self.with_database(async |pool, person| {
            sqlx::query(
                "INSERT INTO run_work (programme_id, payout_run_id, task, asked_by, asked_at, locale, request_id)
                 SELECT programme_id, payout_run_id, 'paypal', $2, $3::timestamptz, 'en', 'test' FROM payout_run WHERE payout_run_id = $1",
            )
            .bind(run)
            .bind(person)
            .bind(now.parse::<DateTime<Utc>>().expect("time"))
            .execute(&pool)
            .await
            .expect("asked");
        });
        for place in EXPORTING_SERVERS_DIE_AT {
            self.kill_server(now, place);
        }
    }

    fn kill_server(&mut self, now: &str, place: &str) {
        let mut serve = self.command(now, &["serve", "--listen", "127.0.0.1:0"]);
        serve.env("PARTNERDESK_CRASH_AT", place).stdout(Stdio::null()).stderr(Stdio::null());
        let mut serve = serve.spawn().expect("serve");
        let began = Instant::now();
        let status = loop {
            match serve.try_wait().expect("serve") {
                Some(status) => break status,
                None => assert!(began.elapsed() < Duration::from_secs(120), "the server never came to {place}"),
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        assert_eq!(status.signal(), Some(SIGKILL), "{place}");
        self.figures.servers += 1;
    }

    /// A person looks at the lines that contradict what is known, asks the bank, and makes them count or sets them aside.
    pub fn decide(&self, now: &str) {
        let now: DateTime<Utc> = now.parse().expect("time");
        self.with_database(async |pool, person| self.decide_all(&pool, person, now).await);
    }

    /// Something with the database, by the owner.
    fn with_database(&self, work: impl AsyncFnOnce(PgPool, i64) + Send) {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
                runtime.block_on(async {
                    let pool = PgPool::connect(&self.url).await.expect("database");
                    sqlx::raw_sql(OWNER).execute(&pool).await.expect("owner");
                    let person = sqlx::query_scalar("SELECT person_id FROM staff").fetch_one(&pool).await;
                    work(pool.clone(), person.expect("owner")).await;
                    pool.close().await;
                });
            });
        });
    }

    async fn decide_all(&self, pool: &PgPool, person: i64, now: DateTime<Utc>) {
        let lines: Vec<(i64, i64, i64, String, String)> = sqlx::query_as(
            "SELECT settlement_file_id, line, payout_number, target, outcome
             FROM settlement_line l LEFT JOIN settlement_by_hand h USING (settlement_file_id, line)
             WHERE disposition = 'contradicts' AND h.settled_at IS NULL ORDER BY 1, 2",
        )
        .fetch_all(pool)
        .await
        .expect("lines");
        let actor = Actor::Staff(Staff { person: PersonId(person), name: "Olga Orr".into(), role: Role::Owner });
        let db = Db::from_pool(pool.clone());
        for (file, line, payout, target, outcome) in lines {
            let state: String = sqlx::query_scalar("SELECT state FROM payout WHERE payout_id = $1")
                .bind(payout)
                .fetch_one(pool)
                .await
                .expect("payout");
            let arrived = outcome == "settled" && state == "failed" && self.bank.has_paid_late(&target);
            let about = if arrived { About::Payout(PayoutId(payout)) } else { About::Nothing };
            let mut tx = db.begin(&actor).await.expect("begin");
            let done = by_hand(&mut tx, &actor, (file, line), about, "Asked the bank", "test", now).await;
            assert_eq!(done.expect("decided"), ByHand::Done, "{target}");
            tx.commit().await.expect("commit");
        }
    }

    /// As often as spreads what is wanted over a few months, and no more once there was enough.
    fn attempts(&mut self, step: Step) -> u64 {
        if self.figures.all() >= self.wanted {
            return 0;
        }
        let percent = step.weight() * (self.wanted * 3 / 2).min(250);
        percent / 100 + u64::from(self.dice.percent(percent % 100))
    }

    /// The bank fetches whatever lies in the outbox under a name that is a file's.
    fn fetch(&mut self) {
        for entry in std::fs::read_dir(&self.outbox).expect("outbox") {
            let path = entry.expect("outbox").path();
            let name = path.file_name().expect("name").to_string_lossy().into_owned();
            // What is still being written, or was left half-written, has a name with a dot.
            if !name.starts_with('.') {
                self.bank.take(&name, &std::fs::read(&path).expect("file"));
            }
            if self.dice.percent(30) {
                std::fs::remove_file(&path).expect("file");
            }
        }
    }

    fn crash(&mut self, step: Step, now: &str, arguments: &[&str]) -> bool {
        let place = *self.dice.one_of(step.places()).expect("places");
        let output = self.command(now, arguments).env("PARTNERDESK_CRASH_AT", place).output().expect("partnerdesk");
        if output.status.signal() == Some(SIGKILL) {
            *self.figures.crashes.entry(place).or_default() += 1;
            return false;
        }
        // It did not come that way.
        said(arguments, output);
        true
    }

    fn kill(&mut self, step: Step, now: &str, arguments: &[&str]) -> bool {
        let mut child = self.spawn(now, arguments);
        std::thread::sleep(self.moment(step));
        child.kill().expect("kill");
        self.ended(step, arguments, child)
    }

    /// Waits for a process that was killed, or not; whether it ended by itself, and then well.
    fn ended(&mut self, step: Step, arguments: &[&str], child: Child) -> bool {
        let output = child.wait_with_output().expect("wait");
        if output.status.signal() == Some(SIGKILL) {
            *self.figures.kills.entry(step).or_default() += 1;
            return false;
        }
        said(arguments, output);
        true
    }

    /// A double click, of which one may be killed. Whoever lives ends well.
    fn twice_at_once(&mut self, step: Step, now: &str, arguments: &[&str]) -> bool {
        let mut one = self.spawn(now, arguments);
        let other = self.spawn(now, arguments);
        if self.dice.percent(50) {
            std::thread::sleep(self.moment(step));
            one.kill().expect("kill");
        }
        self.figures.doubles += 1;
        let first = self.ended(step, arguments, one);
        self.ended(step, arguments, other) || first
    }

    fn stop(&mut self, step: Step, now: &str, arguments: &[&str]) -> bool {
        let moment = self.moment(step);
        let Trouble::Stops(cluster) = &self.trouble else { return false };
        let child = self.spawn(now, arguments);
        std::thread::sleep(moment);
        cluster.stop_at_once();
        let output = child.wait_with_output().expect("wait");
        let done = output.status.success();
        if !done {
            assert_eq!(output.status.code(), Some(1), "{arguments:?}: told, not fallen over");
            *self.figures.stops.entry(step).or_default() += 1;
        }
        cluster.start();
        done
    }

    /// Some moment of a command's life.
    fn moment(&mut self, step: Step) -> Duration {
        let usual = self.durations.get(&step).copied().unwrap_or(Duration::from_millis(300));
        usual * u32::try_from(self.dice.below(100)).expect("percent") / 100
    }

    fn spawn(&self, now: &str, arguments: &[&str]) -> Child {
        self.command(now, arguments).spawn().expect("partnerdesk")
    }

    fn command(&self, now: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_partnerdesk"));
        command.args(["--now", now]).args(arguments).env("DATABASE_URL", &self.url).env_remove("RUST_LOG");
        command.env("PARTNERDESK_SECRET_KEY", "07".repeat(32));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Writes a file for a command to read.
    pub fn file(&self, name: &str, bytes: &[u8]) -> String {
        let folder: &Path = self.outbox.parent().expect("folder");
        let path = folder.join(name);
        std::fs::write(&path, bytes).expect("file");
        path.to_string_lossy().into_owned()
    }
}

fn said(arguments: &[&str], output: Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {} {errors}", output.status);
    String::from_utf8(output.stdout).expect("UTF-8")
}
