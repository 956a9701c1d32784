//! Open pages over HTTP: what each is told, by whom it is read, over restarts, in several processes, and when it ends.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use support::Database;

const NOW: &str = "2011-04-01T09:00:00Z";

/// P1 with Pia and a case, P2 with Otto and a case; Agnes and Lena at the desk. Agnes wants to hear everything.
const SEED: &str = "
    INSERT INTO person (email, name, created_at) VALUES ('pia@example.org', 'Pia Page', '2011-03-01'), ('otto@example.org', 'Otto Oak', '2011-03-01');
    INSERT INTO partner_member (partner_id, person_id, since)
    SELECT a.partner_id, p.person_id, '2011-03-01' FROM (VALUES ('P1', 'pia'), ('P2', 'otto')) AS pair (code, name)
    JOIN partner a ON a.code = pair.code JOIN person p ON p.email = pair.name || '@example.org';
    INSERT INTO support_case (programme_id, partner_id, kind, subject, opened_by, opened_at, next_update_at)
    SELECT a.programme_id, a.partner_id, 'other', 'A question', m.person_id, '2011-03-02', '2011-03-03'
    FROM partner a JOIN partner_member m USING (partner_id) ORDER BY a.code;
    INSERT INTO message (partner_id, case_id, side, author_id, author_name, body, sent_at, form_key)
    SELECT c.partner_id, c.case_id, 'partner', c.opened_by, p.name, 'Hello', c.opened_at, gen_random_uuid()
    FROM support_case c JOIN person p ON p.person_id = c.opened_by;
    INSERT INTO desk_setting (person_id, knock, set_at) SELECT person_id, 'all', '2011-03-01' FROM staff WHERE name = 'Agnes Abel';
    INSERT INTO session (token_hash, person_id, partner_id, created_at, expires_at)
    SELECT sha256(convert_to(repeat(left(p.email, 1), 64), 'UTF8')), p.person_id, m.partner_id, '2011-03-01', '2011-05-01'
    FROM person p LEFT JOIN partner_member m USING (person_id);";

async fn house() -> Database {
    let database = Database::fresh().await;
    database.ok(&["programme", "create", "giftware", "--currency", "GBP", "--minimum", "5"]);
    for (email, name, role) in [("agnes@example.org", "Agnes Abel", "agent"), ("lena@example.org", "Lena Lind", "lead")]
    {
        let made =
            database.run_with(&["staff", "create", email, "--name", name, "--role", role], "correct horse battery\n");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    database.ok(&["partner", "invite", "giftware", "P1", "pia@example.org"]);
    database.ok(&["partner", "invite", "giftware", "P2", "otto@example.org"]);
    sqlx::raw_sql(SEED).execute(&database.pool).await.expect("seed");
    database
}

async fn case_of(database: &Database, partner: &'static str) -> i64 {
    sqlx::query_scalar("SELECT case_id FROM support_case JOIN partner USING (partner_id) WHERE code = $1")
        .bind(partner)
        .fetch_one(&database.pool)
        .await
        .expect("case")
}

/// Somebody writes into a case.
async fn write(database: &Database, case: i64, side: &str, words: &str) {
    let author =
        if side == "partner" { "c.opened_by" } else { "(SELECT person_id FROM staff WHERE name = 'Lena Lind')" };
    let sql = format!(
        "INSERT INTO message (partner_id, case_id, side, author_id, author_name, body, sent_at, form_key)
         SELECT c.partner_id, c.case_id, '{side}', p.person_id, p.name, '{words}', '2011-03-03', gen_random_uuid()
         FROM support_case c JOIN person p ON p.person_id = {author} WHERE c.case_id = {case}"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&database.pool).await.expect("message");
}

async fn note(database: &Database, case: i64) {
    let sql = format!(
        "INSERT INTO note (partner_id, case_id, author_id, author_name, body, written_at, form_key)
         SELECT c.partner_id, c.case_id, s.person_id, s.name, 'Secret', '2011-03-03', gen_random_uuid()
         FROM support_case c, staff s WHERE c.case_id = {case} AND s.name = 'Lena Lind'"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&database.pool).await.expect("note");
}

/// One event of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Told {
    kind: String,
    data: String,
    id: String,
}

/// A page's stream, read line by line.
struct Stream {
    status: u16,
    head: String,
    lines: BufReader<TcpStream>,
    /// The place after what was read so far.
    place: String,
}

impl Stream {
    /// Opens one as whoever's e-mail begins with this letter.
    fn open(port: u16, who: char, query: &str, place: Option<&str>) -> Self {
        let mut socket = TcpStream::connect(("127.0.0.1", port)).expect("connect");
        socket.set_read_timeout(Some(Duration::from_secs(12))).expect("timeout");
        let cookie = who.to_string().repeat(64);
        let last = place.map(|place| format!("Last-Event-ID: {place}\r\n")).unwrap_or_default();
        write!(
            socket,
            "GET /live{query} HTTP/1.1\r\nHost: localhost:{port}\r\nAccept: text/event-stream\r\nAccept-Encoding: gzip, br\r\nCookie: __Host-session={cookie}\r\n{last}\r\n"
        )
        .expect("ask");
        let mut lines = BufReader::new(socket);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(lines.read_line(&mut head).expect("head") > 0, "{head}");
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("status");
        Self { status, head: head.to_ascii_lowercase(), lines, place: String::new() }
    }

    /// The next event; `None` where the stream ended.
    fn next(&mut self) -> Option<Told> {
        let mut told = Told::default();
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).expect("the stream says something in time") == 0 {
                return None;
            }
            let line = line.trim_end();
            if line == "0" {
                return None;
            }
            match line.split_once(':').map(|(field, value)| (field, value.trim_start())) {
                Some(("event", value)) => value.clone_into(&mut told.kind),
                Some(("id", value)) => value.clone_into(&mut told.id),
                Some(("data", value)) if told.data.is_empty() => value.clone_into(&mut told.data),
                Some(("data", value)) => write!(told.data, "\n{value}").expect("text"),
                // Lengths of chunks, and what else stands between events.
                _ if line.is_empty() && !told.kind.is_empty() => {
                    if !told.id.is_empty() {
                        told.id.clone_into(&mut self.place);
                    }
                    return Some(told);
                }
                _ => {}
            }
        }
    }

    /// The next event of a kind; others are passed over.
    fn wait_for(&mut self, kind: &str) -> Told {
        loop {
            let told = self.next().unwrap_or_else(|| panic!("the stream ended before `{kind}`"));
            if told.kind == kind {
                return told;
            }
        }
    }
}

impl Stream {
    /// Reads on until these people are said to be there.
    fn until_here(&mut self, wanted: &str) {
        while self.wait_for("here").data != wanted {}
    }
}

fn case_told(told: &Told) -> (i64, bool, String) {
    let mut lines = told.data.splitn(3, '\n');
    let mut next = || lines.next().unwrap_or_default().to_owned();
    (next().parse().expect("case"), next() == "1", next())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_page_is_told_what_its_reader_may_know() {
    let database = house().await;
    let (one, two) = (case_of(&database, "P1").await, case_of(&database, "P2").await);
    let server = database.serve(&["--now", NOW]);
    let mut queue = Stream::open(server.port, 'a', "?list=yes", None);
    let mut pia = Stream::open(server.port, 'p', &format!("?case={one}"), None);
    let mut otto = Stream::open(server.port, 'o', "?list=yes", None);
    assert_eq!(queue.status, 200);
    assert!(queue.head.contains("content-type: text/event-stream"), "{}", queue.head);
    assert!(
        queue.head.contains("x-accel-buffering: no") && queue.head.contains("cache-control: no-store"),
        "{}",
        queue.head
    );
    assert!(!queue.head.contains("content-encoding"), "nobody gathers it: {}", queue.head);
    assert_eq!(queue.wait_for("hello").data, "2", "two cases wait, which nobody has");
    assert_eq!((pia.wait_for("hello").data, otto.wait_for("hello").data), ("0".into(), "0".into()));

    let began = Instant::now();
    write(&database, one, "partner", "Are you there?").await;
    assert_eq!(case_told(&queue.wait_for("case")), (one, true, format!("Pia Page wrote in case {one}.")));
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    // Her own words: her page is shown anew, and nothing is read out.
    assert_eq!(case_told(&pia.wait_for("case")), (one, false, String::new()));
    note(&database, one).await;
    assert_eq!(case_told(&queue.wait_for("case")), (one, false, format!("Lena Lind left a note in case {one}.")));
    write(&database, one, "staff", "Here I am.").await;
    // The note was before it, and she hears of the answer alone.
    assert_eq!(case_told(&pia.wait_for("case")), (one, false, format!("Lena Lind wrote in dispute {one}.")));
    assert_eq!(queue.wait_for("count").data, "1");
    write(&database, two, "staff", "Good morning.").await;
    assert_eq!(case_told(&otto.wait_for("case")), (two, false, format!("Lena Lind wrote in dispute {two}.")));

    // Another's case is none, by a stream or by asking; and nobody is told nothing.
    assert_eq!(Stream::open(server.port, 'p', &format!("?case={two}"), None).status, 404);
    assert_eq!(Stream::open(server.port, 'p', &format!("/since?case={two}"), None).status, 404);
    assert_eq!(Stream::open(server.port, 'x', "", None).status, 401);
    let mut asked = Stream::open(server.port, 'o', "/since?after=1:1:", None);
    let said: Vec<Told> = std::iter::from_fn(|| asked.next()).take(2).collect();
    assert_eq!(said.iter().map(|told| told.kind.as_str()).collect::<Vec<_>>(), ["hello", "case"]);
    assert_eq!(case_told(&said[1]).0, two);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_over_a_restart_or_without_a_notify() {
    let database = house().await;
    let case = case_of(&database, "P1").await;
    let server = database.serve(&["--now", NOW]);
    let mut page = Stream::open(server.port, 'a', &format!("?case={case}"), None);
    page.wait_for("hello");
    write(&database, case, "partner", "One").await;
    page.wait_for("case");
    let place = page.place.clone();
    drop(server);
    write(&database, case, "partner", "Two").await;
    note(&database, case).await;
    let server = database.serve(&["--now", NOW]);
    let mut page = Stream::open(server.port, 'a', &format!("?case={case}"), Some(&place));
    page.wait_for("hello");
    assert_eq!(case_told(&page.wait_for("case")), (case, true, format!("Pia Page wrote in case {case}.")));
    // The same place again tells the same again; the new place tells nothing twice.
    let mut late = Stream::open(server.port, 'a', &format!("?case={case}&after={place}"), None);
    late.wait_for("case");
    let mut now = Stream::open(server.port, 'a', &format!("?case={case}"), Some(&page.place));
    now.wait_for("hello");

    // A row that no NOTIFY told of is found all the same.
    let sql = format!(
        "INSERT INTO live_event (kind, partner_id, case_id, name) SELECT 'note', partner_id, case_id, 'Nobody' FROM support_case WHERE case_id = {case}"
    );
    let began = Instant::now();
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&database.pool).await.expect("event");
    assert_eq!(case_told(&now.wait_for("case")).2, format!("Nobody left a note in case {case}."));
    assert!(began.elapsed() < Duration::from_millis(2_500), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_looks_and_writes_is_seen_over_several_processes() {
    let database = house().await;
    let case = case_of(&database, "P1").await;
    let (one, two) = (database.serve(&["--now", NOW]), database.serve(&["--now", NOW]));
    let mut agnes = Stream::open(one.port, 'a', &format!("?case={case}"), None);
    agnes.until_here("");
    let page = "6f9619ff-8b86-d011-b42d-00c04fc964ff";
    let mut lena = Stream::open(two.port, 'l', &format!("?case={case}&page={page}"), None);
    lena.until_here("Agnes Abel is looking at this case.");
    agnes.until_here("Lena Lind is looking at this case.");

    let began = Instant::now();
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    let answer = agent
        .post(two.url("/do/writing"))
        .header("cookie", format!("__Host-session={}", "l".repeat(64)))
        .header("content-type", "application/x-www-form-urlencoded")
        .send(format!("case={case}&page={page}"))
        .expect("answer");
    assert_eq!(answer.status().as_u16(), 200);
    agnes.until_here("Lena Lind is writing here.");
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    // She stops typing, and then she goes.
    agnes.until_here("Lena Lind is looking at this case.");
    let began = Instant::now();
    drop(lena);
    agnes.until_here("");
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    // What happens at one process is told at the other.
    write(&database, case, "partner", "Hello?").await;
    assert_eq!(case_told(&agnes.wait_for("case")).0, case);
    // Partners are told of nobody.
    let mut pia = Stream::open(one.port, 'p', &format!("?case={case}"), None);
    pia.wait_for("hello");
    write(&database, case, "staff", "Yes").await;
    assert_eq!(pia.next().map(|told| told.kind), Some("case".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_its_readers_rights() {
    let database = house().await;
    let server = database.serve(&["--now", NOW]);
    let end = |sql: &'static str| {
        let pool = database.pool.clone();
        async move { sqlx::raw_sql(sql).execute(&pool).await.map(|_| ()).expect(sql) }
    };
    for (who, sql) in [
        ('a', "DELETE FROM session WHERE person_id = (SELECT person_id FROM person WHERE email = 'agnes@example.org')"),
        ('l', "UPDATE staff SET role = 'agent' WHERE name = 'Lena Lind'"),
        ('p', "UPDATE person SET disabled_at = '2011-03-30' WHERE email = 'pia@example.org'"),
        ('o', "UPDATE partner SET status = 'closed' WHERE code = 'P2'"),
    ] {
        let mut stream = Stream::open(server.port, who, "?list=yes", None);
        stream.wait_for("hello");
        let began = Instant::now();
        end(sql).await;
        stream.wait_for("ended");
        assert!(stream.next().is_none());
        assert!(began.elapsed() < Duration::from_secs(5), "{who}: {:?}", began.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_has_more_than_so_many_and_open_streams_do_not_keep_the_process() {
    let database = house().await;
    let mut child = serve(&database);
    let port = child.1;
    let mut streams: Vec<Stream> = (0..24).map(|_| Stream::open(port, 'a', "", None)).collect();
    assert!(streams.iter().all(|stream| stream.status == 200));
    let one_more = Stream::open(port, 'a', "", None);
    assert_eq!(one_more.status, 429);
    assert!(one_more.head.contains("retry-after: 30"), "{}", one_more.head);
    assert_eq!(Stream::open(port, 'l', "", None).status, 200);
    // One that was closed makes room.
    streams.pop();
    let until = Instant::now() + Duration::from_secs(5);
    while Stream::open(port, 'a', "", None).status != 200 {
        assert!(Instant::now() < until, "no room was made");
        std::thread::sleep(Duration::from_millis(100));
    }
    let began = Instant::now();
    let told = Command::new("kill").arg(child.0.id().to_string()).status().expect("kill");
    assert!(told.success());
    let mut last = streams.remove(0);
    last.wait_for("stopping");
    assert!(child.0.wait().expect("end").success());
    assert!(began.elapsed() < Duration::from_secs(4), "it waited for streams: {:?}", began.elapsed());
}

fn serve(database: &Database) -> (Child, u16) {
    let mut child = database
        .command(&["serve", "--listen", "127.0.0.1:0", "--now", NOW])
        .env("NO_COLOR", "1")
        .spawn()
        .expect("serve");
    let mut log = BufReader::new(child.stderr.take().expect("stderr"));
    let mut line = String::new();
    let port = loop {
        line.clear();
        assert!(log.read_line(&mut line).expect("log") > 0, "the server ended");
        if let Some(port) = line.split("http://localhost:").nth(1) {
            break port.trim().parse().expect("port");
        }
    };
    std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    (child, port)
}
