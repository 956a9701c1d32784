//! What a bank sends about a run of ours, by the structure of the official schemas: a notification of single bookings
//! (camt.054) and the statement of the day (camt.053).

use crate::counting_house::{CUTOFF, CountingHouse};
use app::base::actor::Actor;
use app::payout_runs::export::Format;
use app::settlement::files::FileError;
use app::settlement::store::{SettleError, settle};
use sqlx::PgPool;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

/// Ana, Bob and Cleo are paid by euro transfers, in one pain.001.
async fn sent(pool: PgPool) -> CountingHouse {
    let house = CountingHouse::open(pool).await;
    house
        .import(
            "A,sale,1,ana,uk,2011-02-01T10:00:00Z,100.00,EUR,\nB,sale,2,bob,uk,2011-02-01T10:00:00Z,200.00,EUR,\n\
             C,sale,3,cleo,uk,2011-02-01T10:00:00Z,300.00,EUR,\n",
        )
        .await;
    house
        .methods(
            "ana,iban,Ana Arias,ES9121000418450200051332,,,,\nbob,iban,Bob Bain,DE89370400440532013000,,,,\n\
             cleo,iban,Cleo Cole,FR1420041010050500013M02606,,,,\n",
        )
        .await;
    house.release("2011-03-31T00:00:00Z").await;
    let run = house.build(CUTOFF).await;
    house.let_go(run.id).await;
    house.export(run.id, Format::Pain001).await;
    house
}

/// Each payout as banks name it, and its amount.
async fn payments(house: &CountingHouse) -> Vec<(String, String)> {
    let rows: Vec<(i64, String)> = sqlx::query_as("SELECT payout_id, total::text FROM payout ORDER BY payout_id")
        .fetch_all(&house.pool)
        .await
        .expect("payouts");
    rows.into_iter().map(|(id, amount)| (app::payout_files::end_to_end_id(id), amount)).collect()
}

/// A message of version 08 with a debit for each payment; a statement has balances, a notification none.
fn message(kind: &str, payments: &[(String, String)]) -> String {
    let (root, body, balances) = match kind {
        "camt.053" => ("BkToCstmrStmt", "Stmt", [balance("OPBD", "1000.00"), balance("CLBD", "952.00")].concat()),
        _ => ("BkToCstmrDbtCdtNtfctn", "Ntfctn", String::new()),
    };
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{kind}.001.08\"><{root}>\
         <GrpHdr><MsgId>{kind}-1</MsgId><CreDtTm>2011-06-02T18:00:00Z</CreDtTm></GrpHdr><{body}><Id>1</Id>\
         <Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>{balances}"
    );
    for (number, (id, amount)) in payments.iter().enumerate() {
        write!(
            text,
            "<Ntry><NtryRef>{number}</NtryRef><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
             <BookgDt><Dt>2011-06-02</Dt></BookgDt><ValDt><Dt>2011-06-02</Dt></ValDt><AcctSvcrRef>B-{number}-{id}</AcctSvcrRef>\
             <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>\
             <NtryDtls><TxDtls><Refs><EndToEndId>{id}</EndToEndId></Refs><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd>\
             </TxDtls></NtryDtls></Ntry>"
        )
        .expect("text");
    }
    text + &format!("</{body}></{root}></Document>\n")
}

fn balance(code: &str, amount: &str) -> String {
    format!(
        "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
         <Dt><Dt>2011-06-02</Dt></Dt></Bal>"
    )
}

/// Has xmllint hold a message against the official schema, where both are there.
fn validate(kind: &str, text: &str) {
    let schema =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../shared/reference/iso20022/{kind}.001.08.xsd"));
    if !schema.exists() {
        eprintln!("NOT CHECKED against the schema: {} is not there", schema.display());
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("message.xml");
    let lint = |text: &str| {
        std::fs::write(&path, text).expect("a file");
        Command::new("xmllint").args(["--noout", "--schema"]).args([&schema, &path]).output()
    };
    let Ok(found) = lint(text) else {
        eprintln!("NOT CHECKED against the schema: xmllint is not installed (Debian: libxml2-utils)");
        return;
    };
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stderr));
    // A check that finds nothing must be able to find something.
    assert!(!lint(&text.replacen("<Id>1</Id>", "", 1)).expect("xmllint ran before").status.success());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_notification_and_the_statement_of_the_day_settle_a_run(pool: PgPool) {
    let house = sent(pool).await;
    let payments = payments(&house).await;
    assert_eq!(payments.iter().map(|(_, amount)| amount.as_str()).collect::<Vec<_>>(), ["8.00", "16.00", "24.00"]);
    let notification = message("camt.054", &payments[..1]);
    validate("camt.054", &notification);
    let report = house.answer(&notification).await;
    assert_eq!((report.kind.as_str(), report.applied, report.waiting), ("camt.054", 1, 0));
    assert_eq!(house.payouts().await, ["ana 8.00 paid", "bob 16.00 submitted", "cleo 24.00 submitted"]);
    let statement = message("camt.053", &payments);
    validate("camt.053", &statement);
    let report = house.answer(&statement).await;
    assert_eq!((report.kind.as_str(), report.applied, report.known, report.waiting), ("camt.053", 2, 1, 0));
    assert_eq!(house.payouts().await, ["ana 8.00 paid", "bob 16.00 paid", "cleo 24.00 paid"]);
    house.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_too_large_is_refused_and_says_so(pool: PgPool) {
    let house = CountingHouse::open(pool).await;
    let bytes = vec![b' '; 100_000_000];
    let refused = settle(&house.db, &Actor::Command, "statement.xml", bytes, house.now).await.expect_err("refused");
    assert!(matches!(refused, SettleError::File(FileError::TooLarge { .. })), "{refused}");
    assert!(refused.to_string().contains("99999999"), "{refused}");
    assert!(house.lines("SELECT 1 FROM settlement_file").await.is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn an_answer_that_was_cut_off_is_gone_on_with(pool: PgPool) {
    let house = sent(pool).await;
    let payments = payments(&house).await;
    let statement = message("camt.053", &payments);
    house.answer(&statement).await;
    // As a process leaves it that is killed once the lines are kept.
    let other = message("camt.054", &payments).replace("camt.054-1", "camt.054-2");
    house
        .run(
            "INSERT INTO settlement_file (kind, file_name, sha256, lines, read_at) VALUES ('camt.054', 'x', sha256('x'), 3, '2011-06-02Z');
             INSERT INTO settlement_line (settlement_file_id, line, kind, outcome, target_kind, target, payout_number, amount, currency, on_day,
                                          bank_reference, disposition)
             SELECT f.settlement_file_id, l.line, 'camt.054', l.outcome, l.target_kind, l.target, l.payout_number, l.amount, l.currency, l.on_day,
                    l.bank_reference, 'pending'
             FROM settlement_line l, settlement_file f WHERE f.file_name = 'x'",
        )
        .await;
    assert_eq!(app::settlement::store::finish(&house.db, house.now).await.expect("finished"), 1);
    assert_eq!(app::settlement::store::finish(&house.db, house.now).await.expect("finished"), 0);
    let left = house.lines("SELECT disposition, count(*) FROM settlement_line GROUP BY 1");
    assert_eq!(left.await, ["(applied,3)", "(known,3)"]);
    let report = house.answer(&other).await;
    assert_eq!((report.known, report.known_file), (3, false));
}
