//! Late answers: what arrived after it was given back, what a bank has of a file that was withdrawn, and sums of files of
//! which a part was refused.

use crate::contests::as_ana;
use crate::people::{done, errors, office};
use crate::screens::page;
use crate::staff::Office;
use app::base::error::AppError;
use app::base::forms::End;
use app::base::ids::PayoutRunId;
use app::base::language::Locale;
use app::payout_runs::api::{make_files, release, withdraw};
use app::payout_runs::export::Format;
use app::settlement::api::{LineForm, by_hand};
use sqlx::PgPool;

const HEADER: &str = "payout,status,date,reference,code\n";

/// Ana's 8.00 and Bob's 16.00 on their way by PayPal.
async fn sent(pool: PgPool) -> (Office, PayoutRunId) {
    let office = office(pool).await;
    let run = office.let_go_by_henrik().await;
    done(make_files(&office.finn(), run, Format::PayPal).await);
    (office, run)
}

impl Office {
    /// The line that has waited longest.
    async fn waiting(&self) -> (String, String, String) {
        let row: (i64, i64, String) = sqlx::query_as(
            "SELECT l.settlement_file_id, l.line, l.disposition FROM settlement_line l LEFT JOIN settlement_by_hand h USING (settlement_file_id, line)
             WHERE l.disposition IN ('unmatched', 'wrong_amount', 'contradicts') AND h.line IS NULL ORDER BY 1, 2 LIMIT 1",
        )
        .fetch_one(&self.pool)
        .await
        .expect("a line that waits");
        (row.0.to_string(), row.1.to_string(), row.2)
    }

    /// Finn's word on it.
    pub async fn finn_says(&self, verdict: &str, reference: &str) -> Result<End, AppError> {
        let (file, line, _) = self.waiting().await;
        let form = LineForm {
            file,
            line,
            verdict: verdict.into(),
            reference: reference.into(),
            reason: "The bank says so by phone".into(),
        };
        by_hand(&self.finn(), &form).await
    }

    /// How the bank names the last file.
    async fn message(&self) -> String {
        sqlx::query_scalar("SELECT message_id FROM payout_file ORDER BY payout_file_id DESC LIMIT 1")
            .fetch_one(&self.pool)
            .await
            .expect("a file")
    }

    async fn dispositions(&self) -> Vec<String> {
        self.lines("SELECT disposition FROM settlement_line ORDER BY settlement_file_id, line").await
    }
}

/// All payments of a file, booked as one sum.
fn statement(message: &str, payments: usize, total: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><GrpHdr><MsgId>S1</MsgId>\
         <CreDtTm>2011-04-15T18:00:00Z</CreDtTm></GrpHdr><Stmt><Id>1</Id><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id></Acct>\
         <Ntry><Amt Ccy=\"GBP\">{total}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2011-04-15</Dt></BookgDt>\
         <AcctSvcrRef>B-1</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>\
         <NtryDtls><Btch><PmtInfId>{message}</PmtInfId><NbOfTxs>{payments}</NbOfTxs><TtlAmt Ccy=\"GBP\">{total}</TtlAmt></Btch></NtryDtls>\
         </Ntry></Stmt></BkToCstmrStmt></Document>"
    )
}

/// What a bank thinks of a whole file.
fn group(message: &str, status: &str, figures: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt><GrpHdr><MsgId>G1</MsgId>\
         <CreDtTm>2011-04-15T10:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId>\
         <OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{figures}<GrpSts>{status}</GrpSts></OrgnlGrpInfAndSts></CstmrPmtStsRpt></Document>"
    )
}

#[sqlx::test(migrations = "../migrations")]
async fn what_arrived_after_a_refusal_is_paid_once(pool: PgPool) {
    let (office, _) = sent(pool).await;
    let (first, bob) = (office.reference("ana").await, office.reference("bob").await);
    office.answer(&format!("{HEADER}{first},failed,2011-04-16,,AM04\n{bob},paid,2011-04-16,T-1,\n")).await;
    let next = office.build("2011-04-30").await.id;
    assert_eq!(office.payouts().await[2], "ana 8.00 scheduled");
    let late = format!("{HEADER}{first},paid,2011-04-25,T-9,\n");
    assert_eq!(office.answer(&late).await.waiting, 1);

    // While nobody has looked, nothing goes to Ana: not by this run, and not by the next.
    done(release(&office.olivia(), next).await);
    assert_eq!(office.payouts().await[2], "ana 8.00 held");
    let none = errors(make_files(&office.finn(), next, Format::PayPal).await);
    assert!(none.get("").is_some(), "{none:?}");
    office.import("D,sale,4,ana,uk,2011-04-10T10:00:00Z,100.00,GBP,\n").await;
    office.release("2011-05-31T00:00:00Z").await;
    let third = office.build("2011-05-31").await.id;
    assert_eq!(office.payouts().await.len(), 3);
    let blocks = office.lines("SELECT p.code, b.reason, b.payable FROM payout_block b JOIN partner p USING (partner_id) WHERE b.reason = 'bank_unclear'");
    assert_eq!(blocks.await, ["(ana,bank_unclear,8.00)"]);

    // Ana reads why it waits, and who is at it.
    let ana = as_ana(&office, Locale::en).await;
    let html = page(ana, "/payouts").await;
    assert!(
        html.contains("answers about an earlier payout contradict each other. The programme is settling"),
        "{html}"
    );

    // Finn finds that it did arrive: the first is paid, the second given up, and the books know one payment.
    done(office.finn_says("match", &first).await);
    assert_eq!(office.payouts().await, ["ana 8.00 paid", "bob 16.00 paid", "ana 8.00 cancelled"]);
    assert_eq!(office.purses().await[..2], ["ana 8 8 0", "bob 0 16 0"]);
    let booked =
        office.lines("SELECT kind, effective_at::date FROM transfer WHERE payout_turn = 2 ORDER BY transfer_id");
    assert_eq!(booked.await, ["(payout,2011-06-01)", "(settlement,2011-06-01)"]);
    office.adds_up().await;
    // The old refusal and the booking, told again, change nothing.
    let again = office.answer(&format!("{late}{first},failed,2011-04-16,,AM04\n")).await;
    assert_eq!((again.known, again.waiting, again.applied), (2, 0, 0));
    let fourth = {
        let mut tx = office.db.begin(&app::base::actor::Actor::Command).await.expect("begin");
        app::payout_runs::store::cancel(&mut tx, &app::base::actor::Actor::Command, third, "Again", "test", office.now)
            .await
            .expect("cancelled");
        tx.commit().await.expect("commit");
        office.build("2011-05-31").await.id
    };
    done(release(&office.olivia(), fourth).await);
    assert_eq!(office.payouts().await[3..], ["ana 8.00 approved"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_arrived_after_it_was_paid_again_is_owed(pool: PgPool) {
    let (office, _) = sent(pool).await;
    let first = office.reference("ana").await;
    office.answer(&format!("{HEADER}{first},failed,2011-04-16,,AM04\n")).await;
    let next = office.build("2011-04-30").await.id;
    done(release(&office.olivia(), next).await);
    done(make_files(&office.finn(), next, Format::PayPal).await);
    let second = office.reference("ana").await;
    office.answer(&format!("{HEADER}{second},paid,2011-05-02,T-2,\n")).await;
    office.answer(&format!("{HEADER}{first},paid,2011-05-03,T-9,\n")).await;
    done(office.finn_says("match", &first).await);
    assert_eq!(office.payouts().await, ["ana 8.00 paid", "bob 16.00 submitted", "ana 8.00 paid"]);
    assert_eq!(office.purses().await[0], "ana -8 16 0");
    office.adds_up().await;
    // What comes next pays it off, line by line.
    office.import("N,sale,9,ana,uk,2011-04-25T10:00:00Z,187.50,GBP,\n").await;
    office.release("2011-05-31T00:00:00Z").await;
    office.build("2011-05-31").await;
    assert_eq!(office.payouts().await[3], "ana 7.00 scheduled");
    let items = office.lines("SELECT a.kind, a.amount FROM payout_allocation a JOIN payout p USING (partner_id, payout_id) WHERE p.amount = 7");
    assert_eq!(items.await, ["(late_payment,-8.00)", "(release,15.00)"]);
    // And where even that comes back, Ana has it again.
    office.answer(&format!("{HEADER}{first},returned,2011-05-20,T-10,AC06\n")).await;
    assert_eq!(office.payouts().await[0], "ana 8.00 returned");
    assert_eq!(office.purses().await[0], "ana 8 8 7");
    office.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_bank_has_of_a_withdrawn_file_is_not_sent_again(pool: PgPool) {
    let (office, run) = sent(pool).await;
    let (ana, bob) = (office.reference("ana").await, office.reference("bob").await);
    done(withdraw(&office.olivia(), run, office.files().await[0], "The disk was lost").await);
    let text = format!("{HEADER}{ana},accepted,2011-04-15,,\n{bob},paid,2011-04-15,T-2,\n");
    assert_eq!(office.answer(&text).await.waiting, 2);
    let none = errors(make_files(&office.finn(), run, Format::PayPal).await);
    assert!(none.get("").is_some(), "{none:?}");
    assert_eq!(office.payouts().await, ["ana 8.00 approved", "bob 16.00 approved"]);
    // Finn was told that the bank has both: they are where the bank says, and in no other file.
    done(office.finn_says("match", &ana).await);
    assert_eq!(office.payouts().await, ["ana 8.00 submitted", "bob 16.00 approved"]);
    done(office.finn_says("match", &bob).await);
    assert_eq!(office.payouts().await, ["ana 8.00 submitted", "bob 16.00 paid"]);
    office.answer(&format!("{HEADER}{ana},paid,2011-04-16,T-3,\n")).await;
    assert_eq!(office.purses().await[..2], ["ana 0 8 0", "bob 0 16 0"]);
    assert_eq!(office.files().await.len(), 1);
    office.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_word_about_a_withdrawn_file_is_settled_for_all_or_set_aside(pool: PgPool) {
    let (office, run) = sent(pool).await;
    let message = office.message().await;
    done(withdraw(&office.olivia(), run, office.files().await[0], "The disk was lost").await);
    office.answer(&statement(&message, 2, "24.00")).await;
    assert_eq!(office.dispositions().await, ["(contradicts)"]);
    assert!(errors(make_files(&office.finn(), run, Format::PayPal).await).get("").is_some());
    done(office.finn_says("file", "").await);
    assert_eq!(office.payouts().await, ["ana 8.00 paid", "bob 16.00 paid"]);
    office.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_set_aside_goes_out_in_a_new_file(pool: PgPool) {
    let (office, run) = sent(pool).await;
    let message = office.message().await;
    done(withdraw(&office.olivia(), run, office.files().await[0], "The disk was lost").await);
    office.answer(&group(&message, "RJCT", "")).await;
    assert!(errors(make_files(&office.finn(), run, Format::PayPal).await).get("").is_some());
    done(office.finn_says("dismiss", "").await);
    done(make_files(&office.finn(), run, Format::PayPal).await);
    assert_eq!(office.payouts().await, ["ana 8.00 submitted", "bob 16.00 submitted"]);
    assert_eq!(office.files().await.len(), 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_rest_of_a_file_is_booked_as_one_sum(pool: PgPool) {
    let (office, _) = sent(pool).await;
    let message = office.message().await;
    let ana = office.reference("ana").await;
    office.answer(&format!("{HEADER}{ana},failed,2011-04-15,,AM04\n")).await;
    let report = office.answer(&statement(&message, 1, "16.00")).await;
    assert_eq!((report.applied, report.waiting), (1, 0));
    assert_eq!(office.payouts().await, ["ana 8.00 failed", "bob 16.00 paid"]);
    // The same sum under another name is known.
    let again = office.answer(&statement(&message, 1, "16.00").replace("S1", "S2")).await;
    assert_eq!((again.known, again.waiting), (1, 0));
    office.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sum_with_what_was_refused_is_for_a_person(pool: PgPool) {
    let (office, _) = sent(pool).await;
    let message = office.message().await;
    let ana = office.reference("ana").await;
    office.answer(&format!("{HEADER}{ana},failed,2011-04-15,,AM04\n")).await;
    let report = office.answer(&statement(&message, 2, "24.00")).await;
    assert_eq!((report.applied, report.waiting), (0, 1));
    assert_eq!(office.waiting().await.2, "contradicts");
    assert!(office.build("2011-04-30").await.id.0 > 0);
    assert_eq!(office.payouts().await.len(), 2, "Ana is in doubt, Bob's is on its way");
    done(office.finn_says("file", "").await);
    assert_eq!(office.payouts().await, ["ana 8.00 paid", "bob 16.00 paid"]);
    assert_eq!(office.purses().await[..2], ["ana 0 8 0", "bob 0 16 0"]);
    office.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn another_sum_settles_nothing_by_rule_or_by_hand(pool: PgPool) {
    let (office, _) = sent(pool).await;
    let message = office.message().await;
    office.answer(&statement(&message, 2, "23.99")).await;
    assert_eq!(office.dispositions().await, ["(wrong_amount)"]);
    assert!(errors(office.finn_says("file", "").await).get("").is_some());
    assert_eq!(office.payouts().await, ["ana 8.00 submitted", "bob 16.00 submitted"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_bare_word_of_success_settles_no_file(pool: PgPool) {
    let (office, _) = sent(pool).await;
    let message = office.message().await;
    for figures in ["", "<OrgnlCtrlSum>24.01</OrgnlCtrlSum>", "<OrgnlNbOfTxs>3</OrgnlNbOfTxs>"] {
        office.answer(&group(&message, "ACSC", figures)).await;
    }
    assert_eq!(office.dispositions().await, ["(wrong_amount)", "(wrong_amount)", "(wrong_amount)"]);
    assert_eq!(office.payouts().await, ["ana 8.00 submitted", "bob 16.00 submitted"]);
    let report = office.answer(&group(&message, "ACSC", "<OrgnlCtrlSum>24</OrgnlCtrlSum>")).await;
    assert_eq!(report.applied, 1);
    assert_eq!(office.payouts().await, ["ana 8.00 paid", "bob 16.00 paid"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_bounced_at_wise_may_yet_arrive(pool: PgPool) {
    let (office, _) = sent(pool).await;
    let ana = office.reference("ana").await;
    let says = async |status: &str| {
        let text = format!("id,status,reference,targetValue,targetCurrency\n77,{status},{ana},8.00,GBP\n");
        office.answer(&text).await
    };
    assert_eq!(says("outgoing_payment_sent").await.applied, 1);
    assert_eq!(says("bounced_back").await.applied, 0);
    assert_eq!(office.payouts().await[0], "ana 8.00 paid");
    assert_eq!(says("funds_refunded").await.applied, 1);
    assert_eq!(office.purses().await[0], "ana 8 0 0");
    // Sent again under its old name, as far as anybody can tell.
    let report = office
        .answer(&format!("id,status,reference,targetValue,targetCurrency,finishedOn\n77,outgoing_payment_sent,{ana},8.00,GBP,2011-12-01\n"))
        .await;
    assert_eq!((report.known, report.waiting), (0, 1));
}

#[sqlx::test(migrations = "../migrations")]
async fn by_hand_the_books_get_the_day_of_the_bank(pool: PgPool) {
    let (office, _) = sent(pool).await;
    let ana = office.reference("ana").await;
    let sent: String =
        sqlx::query_scalar("SELECT to_char(max(at), 'YYYY-MM-DD') FROM payout_event WHERE to_state = 'submitted'")
            .fetch_one(&office.pool)
            .await
            .expect("day");
    let later = office.now + chrono::TimeDelta::days(9);
    let booked = (office.now + chrono::TimeDelta::days(3)).date_naive();
    let report = office.answer_at(&format!("{HEADER}someone,paid,{booked},T-2,\n"), later).await.expect("read");
    assert_eq!(report.waiting, 1);
    let finn = office.finn_at(later);
    let (file, line, _) = office.waiting().await;
    let form =
        LineForm { file, line, verdict: "match".into(), reference: ana, reason: "Named wrongly by the bank".into() };
    done(by_hand(&finn, &form).await);
    let days = office
        .lines("SELECT (effective_at AT TIME ZONE 'Europe/London')::date FROM transfer WHERE kind = 'settlement'");
    assert_eq!(days.await, [format!("({booked})")]);
    assert!(sent < booked.to_string());
}

#[sqlx::test(migrations = "../migrations")]
async fn what_comes_back_after_the_next_payout_was_made_is_told(pool: PgPool) {
    let (office, _) = sent(pool).await;
    let first = office.reference("ana").await;
    office.answer(&format!("{HEADER}{first},paid,2011-04-15,T-1,\n")).await;
    office.import("D,sale,4,ana,uk,2011-04-10T10:00:00Z,100.00,GBP,\n").await;
    office.release("2011-05-31T00:00:00Z").await;
    office.build("2011-05-31").await;
    office.answer(&format!("{HEADER}{first},returned,2011-06-02,,AC04\n")).await;
    let html = page(as_ana(&office, Locale::en).await, "/payouts").await;
    assert!(html.contains("came back and is payable again"), "{html}");
}
