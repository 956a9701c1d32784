//! What finance and owners do with runs, payouts and files, and what they may not.

use crate::counting_house::{CUTOFF, CountingHouse};
use crate::staff::Office;
use app::base::error::{AppError, constraint};
use app::base::forms::{End, Errors};
use app::base::ids::{PayoutFileId, PayoutRunId};
use app::payout_runs::api::{
    BuildForm, DelayForm, OffCycleForm, StepForm, build, cancel, delay, download, make_files, pay_off_cycle, release,
    step, withdraw,
};
use app::payout_runs::export::Format;
use app::payout_runs::store::{self, Wanted, build_batch};
use app::settlement::api::{LineForm, Sent, by_hand, read_answer};
use sqlx::PgPool;

const HEADER: &str = "payout,status,date,reference,code\n";
/// Ana earned 8.00, Bob 16.00, Cleo 0.80, which is too little.
const SALES: &str = "A,sale,1,ana,uk,2011-02-01T10:00:00Z,100.00,GBP,\nB,sale,2,bob,uk,2011-02-01T10:00:00Z,200.00,GBP,\n\
                     C,sale,3,cleo,uk,2011-02-01T10:00:00Z,10.00,GBP,\n";
const METHODS: &str = "ana,paypal,Ana Arias,,,,,ana@example.org\nbob,paypal,Bob Bain,,,,,bob@example.org\n\
                       cleo,paypal,Cleo Cole,,,,,cleo@example.org\n";

/// Olivia and Henrik own the house, Finn is its finance.
pub async fn office(pool: PgPool) -> Office {
    let house = CountingHouse::open(pool).await;
    house.import(SALES).await;
    house.methods(METHODS).await;
    house.release("2011-03-31T00:00:00Z").await;
    Office::open(house).await
}

pub fn done(end: Result<End, AppError>) -> String {
    match end.expect("an end") {
        End::Done(path) => path,
        End::Refused(_, errors) => panic!("refused: {errors:?}"),
    }
}

pub fn errors(end: Result<End, AppError>) -> Errors {
    match end.expect("an end") {
        End::Refused(_, errors) => errors,
        End::Done(path) => panic!("done: {path}"),
    }
}

impl Office {
    /// Has Olivia build the run, and the job do the work.
    pub async fn built_by_olivia(&self) -> PayoutRunId {
        let form = BuildForm { cutoff: CUTOFF.into(), pay_day: "2011-06-15".into(), ..BuildForm::default() };
        let path = done(build(&self.olivia(), &form).await);
        let run = self.only_run().await;
        assert_eq!(path, format!("/runs/{run}?done=started"));
        while build_batch(&self.db, &app::base::actor::Actor::Job, run, self.now).await.expect("batch").is_some() {}
        run
    }

    pub async fn let_go_by_henrik(&self) -> PayoutRunId {
        let run = self.built_by_olivia().await;
        done(release(&self.henrik(), run).await);
        run
    }

    pub async fn only_run(&self) -> PayoutRunId {
        sqlx::query_scalar::<_, i64>("SELECT max(payout_run_id) FROM payout_run")
            .fetch_one(&self.pool)
            .await
            .expect("run")
            .into()
    }

    pub async fn payout_of(&self, partner: &str) -> String {
        sqlx::query_scalar::<_, i64>(
            "SELECT max(payout_id) FROM payout JOIN partner USING (partner_id) WHERE code = $1",
        )
        .bind(partner)
        .fetch_one(&self.pool)
        .await
        .expect("payout")
        .to_string()
    }

    pub async fn form(&self, run: PayoutRunId, partner: &str, step: &str, reason: &str) -> StepForm {
        let payout = self.payout_of(partner).await;
        StepForm { run: run.to_string(), payout, step: step.into(), reason: reason.into() }
    }

    pub async fn files(&self) -> Vec<PayoutFileId> {
        sqlx::query_scalar::<_, i64>("SELECT payout_file_id FROM payout_file ORDER BY 1")
            .fetch_all(&self.pool)
            .await
            .expect("files")
            .into_iter()
            .map(PayoutFileId)
            .collect()
    }

    pub async fn actions(&self) -> Vec<String> {
        self.lines("SELECT action FROM audit WHERE action LIKE 'payout%' OR action LIKE 'settlement%'").await
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn who_built_a_run_does_not_release_it(pool: PgPool) {
    let office = office(pool).await;
    let run = office.built_by_olivia().await;
    let refused = errors(release(&office.olivia(), run).await);
    assert!(refused.get("").is_some_and(|text| text.contains("Henrik Aas")), "{refused:?}");
    assert!(matches!(release(&office.finn(), run).await, Err(AppError::Forbidden)));
    assert!(matches!(release(&office.ada(), run).await, Err(AppError::Forbidden)));
    assert_eq!(office.payouts().await, ["ana 8.00 scheduled", "bob 16.00 scheduled"]);
    done(release(&office.henrik(), run).await);
    done(release(&office.henrik(), run).await);
    assert_eq!(office.payouts().await, ["ana 8.00 approved", "bob 16.00 approved"]);
    assert_eq!(office.actions().await.iter().filter(|action| action.contains("released")).count(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_only_owner_releases_what_they_built_and_it_is_marked(pool: PgPool) {
    let office = office(pool).await;
    office.run("UPDATE staff SET disabled_at = '2011-01-01' WHERE name = 'Henrik Aas'").await;
    let run = office.built_by_olivia().await;
    done(release(&office.olivia(), run).await);
    assert_eq!(office.lines("SELECT sole_control FROM payout_release").await, ["(t)"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_form_with_wrong_days_starts_nothing(pool: PgPool) {
    let office = office(pool).await;
    let asked = async |cutoff: &str, pay_day: &str| {
        let form = BuildForm { cutoff: cutoff.into(), pay_day: pay_day.into(), ..BuildForm::default() };
        errors(build(&office.finn(), &form).await)
    };
    assert!(asked("", "").await.get("cutoff").is_some());
    assert!(asked("soon", "").await.get("cutoff").is_some());
    assert!(asked("2011-06-01", "").await.get("cutoff").is_some(), "a day that is not over");
    assert!(asked(CUTOFF, "2011-03-31").await.get("pay_day").is_some());
    assert!(asked(CUTOFF, "2011-04-15").await.get("pay_day").is_some(), "a pay day that is over");
    assert!(office.lines("SELECT 1 FROM payout_run").await.is_empty());
    assert!(matches!(build(&office.ada(), &BuildForm::default()).await, Err(AppError::Forbidden)));
    // The same cut-off again leads to the run that is there.
    let run = office.built_by_olivia().await;
    let form = BuildForm { cutoff: CUTOFF.into(), ..BuildForm::default() };
    assert_eq!(done(build(&office.finn(), &form).await), format!("/runs/{run}?done=known"));
}

#[sqlx::test(migrations = "../migrations")]
async fn off_cycle_pays_one_partner_whatever_the_minimum(pool: PgPool) {
    let office = office(pool).await;
    let form = OffCycleForm { partner: "cleo".into(), reason: "A hardship".into(), ..OffCycleForm::default() };
    let nobody = OffCycleForm { partner: "nobody".into(), reason: String::new(), ..form.clone() };
    let wrong = errors(pay_off_cycle(&office.finn(), &nobody).await);
    assert!(wrong.get("partner").is_some() && wrong.get("reason").is_some());
    let path = done(pay_off_cycle(&office.finn(), &form).await);
    let run = office.only_run().await;
    assert_eq!(path, format!("/runs/{run}?done=started"));
    // Sent twice, it is one run.
    assert_eq!(done(pay_off_cycle(&office.olivia(), &form).await), format!("/runs/{run}?done=known"));
    while build_batch(&office.db, &app::base::actor::Actor::Job, run, office.now).await.expect("batch").is_some() {}
    assert_eq!(office.payouts().await, ["cleo 0.80 scheduled"]);
    done(release(&office.olivia(), run).await);
    office.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_kept_back_from_the_release_needs_an_owner_who_did_not_build(pool: PgPool) {
    let office = office(pool).await;
    let run = office.built_by_olivia().await;
    let hold = office.form(run, "ana", "hold", "New account, we ask first").await;
    assert!(
        errors(step(&office.finn(), &StepForm { reason: " ".into(), ..hold.clone() }).await).get("reason").is_some()
    );
    done(step(&office.finn(), &hold).await);
    done(release(&office.henrik(), run).await);
    assert_eq!(office.payouts().await, ["ana 8.00 held", "bob 16.00 approved"]);
    let let_go = office.form(run, "ana", "let_go", "").await;
    assert!(errors(step(&office.finn(), &let_go).await).get("").is_some());
    assert!(errors(step(&office.olivia(), &let_go).await).get("").is_some());
    // The database holds the same, past the rules.
    let mut tx = office.finn().begin().await.expect("begin");
    for (seq, from, to) in [(3, "held", "scheduled"), (4, "scheduled", "approved")] {
        let written = sqlx::query(
            "INSERT INTO payout_event (partner_id, payout_id, seq, from_state, to_state, by_kind, by_id, at, booked_at)
             SELECT partner_id, payout_id, $1, $2, $3, 'staff', (SELECT person_id FROM staff WHERE role = 'finance'), now(), now()
             FROM payout JOIN partner USING (partner_id) WHERE code = 'ana'",
        )
        .bind(seq)
        .bind(from)
        .bind(to)
        .execute(&mut *tx)
        .await;
        if to == "approved" {
            assert_eq!(constraint(&written.expect_err("approved")), Some("payout_event_approved_by_an_owner"));
        } else {
            written.expect("scheduled");
        }
    }
    drop(tx);
    done(step(&office.henrik(), &let_go).await);
    assert_eq!(office.payouts().await, ["ana 8.00 approved", "bob 16.00 approved"]);
    // Approved once, finance may keep it back and let it go.
    done(step(&office.finn(), &office.form(run, "bob", "hold", "A question").await).await);
    done(step(&office.finn(), &office.form(run, "bob", "let_go", "").await).await);
    done(step(&office.finn(), &office.form(run, "bob", "cancel", "Asked to wait").await).await);
    assert_eq!(office.payouts().await, ["ana 8.00 approved", "bob 16.00 cancelled"]);
    assert_eq!(office.purses().await, ["ana 0 0 8", "bob 16 0 0", "cleo 0.8 0 0"]);
    assert!(matches!(step(&office.ada(), &let_go).await, Err(AppError::Forbidden)));
    office.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_that_was_never_sent_is_withdrawn_and_made_anew(pool: PgPool) {
    let office = office(pool).await;
    let run = office.let_go_by_henrik().await;
    done(make_files(&office.finn(), run, Format::PayPal).await);
    assert!(errors(make_files(&office.finn(), run, Format::Wise).await).get("").is_some());
    let first = office.files().await[0];
    assert!(matches!(withdraw(&office.finn(), run, first, "lost").await, Err(AppError::Forbidden)));
    assert!(errors(withdraw(&office.olivia(), run, first, "").await).get("reason").is_some());
    // Nobody gets a payout back from the bank's door without its file.
    let mut tx = office.olivia().begin().await.expect("begin");
    let alone = sqlx::query(
        "INSERT INTO payout_event (partner_id, payout_id, seq, from_state, to_state, by_kind, by_id, reason, at, booked_at)
         SELECT partner_id, payout_id, seq + 1, state, 'approved', 'staff', (SELECT person_id FROM staff WHERE name = 'Olivia Hart'),
                'no', now(), now() FROM payout",
    )
    .execute(&mut *tx)
    .await
    .expect_err("without its file");
    assert_eq!(constraint(&alone), Some("payout_event_of_a_withdrawn_file"));
    drop(tx);

    done(withdraw(&office.olivia(), run, first, "The disk was lost").await);
    done(withdraw(&office.olivia(), run, first, "again").await);
    assert_eq!(office.payouts().await, ["ana 8.00 approved", "bob 16.00 approved"]);
    assert!(matches!(download(&office.finn(), first).await.map(|_| ()), Err(AppError::Conflict)));
    done(make_files(&office.finn(), run, Format::PayPal).await);
    let files = office.files().await;
    assert_eq!(files.len(), 2);
    assert_eq!(office.export(run, Format::PayPal).await.iter().map(|made| made.id).collect::<Vec<_>>(), files[1..]);
    assert_eq!(office.lines("SELECT part, payments FROM payout_file").await, ["(1,2)", "(2,2)"]);

    // A bank that answers on the withdrawn file has got it after all: a person has to look.
    let message: String = sqlx::query_scalar("SELECT message_id FROM payout_file ORDER BY payout_file_id LIMIT 1")
        .fetch_one(&office.pool)
        .await
        .expect("name");
    let status = format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt><GrpHdr><MsgId>B1</MsgId>\
         <CreDtTm>2011-06-01T10:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId>\
         <OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId><GrpSts>RJCT</GrpSts></OrgnlGrpInfAndSts></CstmrPmtStsRpt></Document>"
    );
    let report = office.answer(&status).await;
    assert_eq!((report.applied, report.waiting), (0, 1));
    assert_eq!(office.lines("SELECT disposition FROM settlement_line").await, ["(contradicts)"]);
    assert_eq!(office.payouts().await, ["ana 8.00 submitted", "bob 16.00 submitted"]);
    office.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_bank_has_answered_was_sent(pool: PgPool) {
    let office = office(pool).await;
    let run = office.let_go_by_henrik().await;
    done(make_files(&office.finn(), run, Format::PayPal).await);
    let ana = office.reference("ana").await;
    office.answer(&format!("{HEADER}{ana},accepted,2011-04-15,,\n")).await;
    let refused = errors(withdraw(&office.olivia(), run, office.files().await[0], "I am sure").await);
    assert!(refused.get("").is_some());
    assert_eq!(office.payouts().await, ["ana 8.00 submitted", "bob 16.00 submitted"]);
    assert!(office.lines("SELECT 1 FROM payout_file_withdrawn").await.is_empty());
    let late = errors(cancel(&office.olivia(), run, "changed our mind").await);
    assert!(late.get("").is_some(), "what was sent is not given up");
}

#[sqlx::test(migrations = "../migrations")]
async fn each_download_is_on_record_and_gives_the_same_bytes(pool: PgPool) {
    let office = office(pool).await;
    let run = office.let_go_by_henrik().await;
    done(make_files(&office.finn(), run, Format::PayPal).await);
    let file = office.files().await[0];
    let mut taken = Vec::new();
    for ctx in [office.finn(), office.olivia()] {
        let mut download = download(&ctx, file).await.expect("a file");
        let mut bytes = Vec::new();
        while let Some(part) = download.file.next().await.expect("a part") {
            bytes.extend(part);
        }
        assert_eq!(i64::try_from(bytes.len()).expect("length"), download.file.bytes);
        taken.push(bytes);
    }
    assert!(taken[0] == taken[1] && String::from_utf8_lossy(&taken[0]).contains("ana@example.org"));
    assert!(matches!(download(&office.ada(), file).await.map(|_| ()), Err(AppError::Forbidden)));
    assert!(matches!(download(&office.finn(), PayoutFileId(99)).await.map(|_| ()), Err(AppError::NotFound)));
    let recorded = office.actions().await.iter().filter(|action| action.contains("downloaded")).count();
    assert_eq!(recorded, 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_delay_is_told_once_and_later(pool: PgPool) {
    let office = office(pool).await;
    let run = office.let_go_by_henrik().await;
    office
        .run(
            "INSERT INTO person (email, name, locale, created_at, disabled_at)
             VALUES ('m1@example.net', 'Mia One', 'en', '2010-01-01Z', NULL), ('m2@example.net', 'Max Dos', 'es', '2010-01-01Z', NULL),
                    ('m3@example.net', 'Moe Gone', 'en', '2010-01-01Z', '2010-02-01Z');
             INSERT INTO partner_member (partner_id, person_id, since)
             SELECT (SELECT min(partner_id) FROM payout), person_id, created_at FROM person WHERE email LIKE 'm_@example.net'",
        )
        .await;
    let form = DelayForm {
        run: run.to_string(),
        day: "2011-06-20".into(),
        message: "Our bank is closed on Thursday.".into(),
        form_key: "6f1c2f3e-0d52-4c8c-9f5e-1f6a7f1c0b11".into(),
    };
    let wrong = async |day: &str| errors(delay(&office.finn(), &DelayForm { day: day.into(), ..form.clone() }).await);
    for day in ["", "2011-06-15", "2011-05-01", "2012-06-15"] {
        assert!(wrong(day).await.get("day").is_some(), "{day}");
    }
    done(delay(&office.finn(), &form).await);
    done(delay(&office.finn(), &form).await);
    assert_eq!(office.lines("SELECT new_pay_day, told_by_name FROM payout_delay").await, ["(2011-06-20,\"Finn Fox\")"]);
    // Everybody whose payout waits is mailed, once, in their language, with their own amount.
    for _ in 0..2 {
        app::bulletins::store::work(&office.db, &office.finn().mail, office.now).await.expect("told");
    }
    let mails: Vec<i64> = sqlx::query_scalar("SELECT mail_id FROM mail_out WHERE kind = 'bulletin' ORDER BY locale")
        .fetch_all(&office.pool)
        .await
        .expect("mails");
    assert_eq!(mails.len(), 2);
    let mut texts = Vec::new();
    for mail in mails {
        let loaded = app::mail::store::load(&office.db, &office.secrets, mail).await.expect("mail");
        let letter = app::mail::letters::write(&office.finn().mail, &loaded.sides, &loaded.about.expect("about"));
        texts.push(letter.text());
    }
    let plain = texts[0].plain.replace(['\u{a0}', '\u{202f}'], " ");
    assert!(plain.contains("will be paid on 20 June 2011, not on 15 June 2011 as we had said."), "{plain}");
    assert!(plain.contains("Our bank is closed on Thursday.") && plain.contains("\nFinn Fox\n"), "{plain}");
    assert!(texts[1].subject.starts_with("Tu pago llega el 20"), "{}", texts[1].subject);
    let mut tx = office.finn().begin().await.expect("begin");
    let head = store::head(&mut tx, run).await.expect("head");
    assert_eq!(
        (head.promised().to_string(), head.listed.run.pay_day.to_string()),
        ("2011-06-20".into(), "2011-06-15".into())
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_run_stands_beside_the_one_before(pool: PgPool) {
    let office = office(pool).await;
    let first = office.built_by_olivia().await;
    office
        .import("D,sale,4,bob,uk,2011-03-15T10:00:00Z,300.00,GBP,\nE,sale,5,cleo,uk,2011-03-15T10:00:00Z,100.00,GBP,\n")
        .await;
    office.release("2011-04-30T00:00:00Z").await;
    let second = office.build("2011-04-30").await.id;
    let mut tx = office.finn().begin().await.expect("begin");
    let previous = store::previous(&mut tx, second).await.expect("asked").expect("a run before");
    assert_eq!(previous.run, first);
    assert_eq!(store::previous(&mut tx, first).await.expect("asked"), None);
    let compared = store::compare(&mut tx, first, second).await.expect("compared");
    let one = &compared[0];
    let said = (one.before.0, one.before.1.to_string(), one.now.0, one.now.1.to_string(), one.new, one.missing);
    assert_eq!(said, (2, "24.00".into(), 2, "32.80".into(), 1, 1));
    let biggest = store::biggest(&mut tx, first, second, 2).await.expect("compared");
    let named: Vec<_> =
        biggest.iter().map(|one| (one.code.as_str(), one.before.is_some(), one.now.is_some())).collect();
    assert_eq!(named, [("cleo", false, true), ("ana", true, false)]);
    // Cleo was under the minimum before; a filter finds one partner's payouts alone.
    let blocks = store::blocks(&mut tx, first, None, None, 10).await.expect("blocks");
    assert_eq!((blocks.len(), blocks[0].code.as_str(), blocks[0].reasons.len()), (1, "cleo", 1));
    let wanted = Wanted { partner: Some("bob".into()), ..Wanted::default() };
    assert_eq!(store::payouts(&mut tx, second, &wanted, 10).await.expect("payouts").len(), 1);
    let first_page = store::payouts(&mut tx, second, &Wanted::default(), 1).await.expect("payouts");
    let after = Wanted { after: Some(first_page[0].id), ..Wanted::default() };
    assert_ne!(store::payouts(&mut tx, second, &after, 1).await.expect("payouts")[0].id, first_page[0].id);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_answer_that_is_sent_in_settles_and_a_wrong_line_is_matched_by_hand(pool: PgPool) {
    let office = office(pool).await;
    let run = office.let_go_by_henrik().await;
    done(make_files(&office.finn(), run, Format::PayPal).await);
    let (ana, bob) = (office.reference("ana").await, office.reference("bob").await);
    let text = format!("{HEADER}{ana},paid,2011-04-15,T-1,\nsomeone,paid,2011-04-15,T-2,\n");
    let sent = || Sent::Whole("bank.csv".into(), text.clone().into_bytes());
    assert!(matches!(read_answer(&office.ada(), sent()).await, Err(AppError::Forbidden)));
    let path = read_answer(&office.finn(), sent()).await.expect("read");
    assert!(path.starts_with("/answers?file=") && path.ends_with("&done=read"), "{path}");
    assert!(read_answer(&office.finn(), sent()).await.expect("read").ends_with("&done=known"));
    for bad in [Sent::Missing, Sent::TooLarge, Sent::BrokenOff, Sent::Whole("x".into(), b"neither,this\n".to_vec())] {
        let path = read_answer(&office.finn(), bad).await.expect("refused");
        assert!(path.contains("?form="), "{path}");
    }
    assert_eq!(office.payouts().await, ["ana 8.00 paid", "bob 16.00 submitted"]);

    let mut tx = office.finn().begin().await.expect("begin");
    let waiting = app::settlement::store::lines(&mut tx, app::settlement::store::Which::After(0, 0), 10).await;
    let waiting = waiting.expect("lines").pop().expect("a line").waiting;
    assert_eq!(app::settlement::store::waiting_count(&mut tx).await.expect("count"), 1);
    drop(tx);
    let form = |reference: &str| LineForm {
        file: waiting.file.to_string(),
        line: waiting.line.to_string(),
        verdict: "match".into(),
        reference: reference.into(),
        reason: "The bank confirmed it by phone".into(),
    };
    for reference in ["", "PD-1-11", "PD-99-96"] {
        assert!(errors(by_hand(&office.finn(), &form(reference)).await).get("reference").is_some(), "{reference}");
    }
    let again = errors(by_hand(&office.finn(), &form(&ana)).await);
    assert!(again.get("reference").is_some(), "what was paid is not paid again");
    assert!(matches!(by_hand(&office.tom(), &form(&bob)).await, Err(AppError::Forbidden)), "an agent settles nothing");
    done(by_hand(&office.finn(), &form(&bob.to_lowercase())).await);
    assert_eq!(office.payouts().await, ["ana 8.00 paid", "bob 16.00 paid"]);
    let dismissed = LineForm { verdict: "dismiss".into(), ..form("") };
    assert!(errors(by_hand(&office.olivia(), &dismissed).await).get("").is_some(), "somebody was quicker");
    office.adds_up().await;
}
