//! Invoices as partners and the house read, send and judge them, and the pages around tax.

use crate::counting_house::{CUTOFF, CountingHouse};
use crate::people::{done, errors};
use crate::screens::{HOSTILE, in_spanish, page, says};
use crate::staff::Office;
use crate::taxes::{taxed, terms};
use app::base::actor::{Actor, Member};
use app::base::context::Context;
use app::base::error::AppError;
use app::base::forms::recall;
use app::base::ids::{PayoutId, PersonId};
use app::invoices::api::{JudgeForm, judge, own_sent, receive, sent_of_run};
use app::invoices::document::{of_run, own};
use app::invoices::model::{Kind, LARGEST_INVOICE};
use app::payout_runs::export::Format;
use app::settlement::api::Sent;
use app::tax::api::{PolicyForm, set_policy};
use app::tax::model::Invoices;
use sqlx::PgPool;
use std::io::Write;
use std::process::{Command, Stdio};

const PDF: &[u8] = b"%PDF-1.7\nan invoice\n%%EOF\n";

/// The taxed house with its staff; Ana and Bob have members of their own.
async fn office(pool: PgPool, invoices: Invoices) -> Office {
    let house = taxed(pool, invoices).await;
    house
        .run(
            "INSERT INTO person (email, name, locale, created_at)
             SELECT code || '@example.net', initcap(code) || ' Member', CASE code WHEN 'bob' THEN 'es' ELSE 'en' END, '2010-01-01Z' FROM partner;
             INSERT INTO partner_member (partner_id, person_id, since)
             SELECT p.partner_id, q.person_id, '2010-01-01Z' FROM partner p JOIN person q ON q.email = p.code || '@example.net'",
        )
        .await;
    Office::open(house).await
}

async fn member(office: &Office, code: &str) -> Context {
    let person: i64 = sqlx::query_scalar("SELECT person_id FROM person WHERE email = $1 || '@example.net'")
        .bind(code)
        .fetch_one(&office.pool)
        .await
        .expect("person");
    let actor = Actor::Member(Member {
        person: PersonId(person),
        name: format!("{code} Member"),
        partner: office.partner(code).await,
        partner_name: code.to_owned(),
        programme: office.programme,
    });
    Context { actor, ..office.olivia() }
}

async fn last_payout(house: &CountingHouse, code: &str) -> PayoutId {
    sqlx::query_scalar::<_, i64>("SELECT max(payout_id) FROM payout JOIN partner USING (partner_id) WHERE code = $1")
        .bind(code)
        .fetch_one(&house.pool)
        .await
        .expect("payout")
        .into()
}

/// What stands on a PDF, where the program that reads it is installed.
fn text_of(pdf: &[u8]) -> Option<String> {
    let child =
        Command::new("pdftotext").args(["-layout", "-", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        eprintln!("pdftotext is not installed: what stands on the invoice is not looked at");
        return None;
    };
    child.stdin.take().expect("stdin").write_all(pdf).expect("written");
    let output = child.wait_with_output().expect("output");
    Some(String::from_utf8(output.stdout).expect("UTF-8").replace('\u{a0}', " "))
}

#[sqlx::test(migrations = "../migrations")]
async fn a_self_billed_invoice_says_all_that_the_directive_asks(pool: PgPool) {
    let office = office(pool, Invoices::SelfBilled).await;
    let run = office.build(CUTOFF).await;
    office.let_go(run.id).await;
    let (ana, bob) = (member(&office, "ana").await, member(&office, "bob").await);
    let payout = last_payout(&office, "ana").await;
    let file = own(&ana, payout, Kind::Invoice, 1).await.expect("invoice");
    assert_eq!(file.name, "SB-giftware-ana-0001.pdf");
    assert!(file.bytes.starts_with(b"%PDF-"));
    // The same bytes for the house, and nobody else's.
    let again = of_run(&office.ada(), run.id, payout, Kind::Invoice, 1).await.expect("invoice");
    assert_eq!(again.bytes, file.bytes);
    assert!(matches!(own(&bob, payout, Kind::Invoice, 1).await, Err(AppError::NotFound)));
    assert!(matches!(of_run(&office.tom(), run.id, payout, Kind::Invoice, 1).await, Err(AppError::Forbidden)));
    assert!(matches!(own(&ana, payout, Kind::CreditNote, 1).await, Err(AppError::NotFound)));
    if let Some(text) = text_of(&file.bytes) {
        let one = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in [
            "SB-giftware-ana-0001",
            "1 June 2011",
            "31 March 2011",
            "ana in law",
            "High Street 1",
            "United Kingdom",
            "GB123456782",
            "Giftware Ltd",
            "£80.00",
            "20%",
            "£16.00",
            "£96.00",
            "Self-billing",
        ] {
            assert!(one.contains(words), "{words} is not on {text}");
        }
    }
    // In the partner's language, whoever reads it.
    let spanish =
        of_run(&office.finn(), run.id, last_payout(&office, "bob").await, Kind::Invoice, 1).await.expect("invoice");
    if let Some(text) = text_of(&spanish.bytes) {
        let one = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in
            ["Factura", "Facturación por el destinatario", "no se repercute IVA", "QQ123456C", "-1,60 £", "13,90 £"]
        {
            assert!(one.contains(words), "{words} is not on {text}");
        }
    }
    office.export(run.id, Format::PayPal).await;
    let name = office.reference("bob").await;
    office.answer(&format!("payout,status,date,reference,code\n{name},failed,2011-04-18,,AC04\n")).await;
    let note = own(&bob, last_payout(&office, "bob").await, Kind::CreditNote, 1).await.expect("credit note");
    assert_eq!(note.name, "CN-giftware-bob-0001.pdf");
    if let Some(text) = text_of(&note.bytes) {
        assert!(text.contains("SB-giftware-bob-0001") && text.contains("-16,00"), "{text}");
    }
    let read = page(bob.clone(), &format!("/payouts/{}", last_payout(&office, "bob").await)).await;
    says(
        &read,
        &["/invoice.pdf", "/credit-note.pdf", "Withheld for the tax office, 10%", "Cost of sending it", "£13.90"],
    );
    let staff = page(office.finn(), &format!("/runs/{}/payouts/{payout}", run.id)).await;
    says(&staff, &["SB-giftware-ana-0001", "VAT, 20%", "£96.00"]);

    // It arrived after all: what was taken back is invoiced anew, and taken back again where it comes back.
    office.answer(&format!("payout,status,date,reference,code\n{name},paid,2011-04-25,T-9,\n")).await;
    done(office.finn_says("match", &name).await);
    let bobs = last_payout(&office, "bob").await;
    assert_eq!(own(&bob, bobs, Kind::Invoice, 2).await.expect("invoice").name, "SB-giftware-bob-0002.pdf");
    assert!(matches!(own(&bob, bobs, Kind::CreditNote, 2).await, Err(AppError::NotFound)));
    let read = page(bob.clone(), &format!("/payouts/{bobs}")).await;
    says(&read, &["/invoice.pdf\"", "/credit-note.pdf\"", "/invoice.pdf?turn=2\""]);
    office.answer(&format!("payout,status,date,reference,code\n{name},returned,2011-05-02,,AC04\n")).await;
    let note = own(&bob, bobs, Kind::CreditNote, 2).await.expect("credit note");
    assert_eq!(note.name, "CN-giftware-bob-0002.pdf");
    if let Some(text) = text_of(&note.bytes) {
        assert!(text.contains("SB-giftware-bob-0002"), "{text}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_partners_own_invoice_is_sent_judged_and_waited_for(pool: PgPool) {
    let office = office(pool, Invoices::Own).await;
    let run = office.build(CUTOFF).await;
    let (ana, bob) = (member(&office, "ana").await, member(&office, "bob").await);
    let payout = last_payout(&office, "ana").await;
    let send = async |ctx: &Context, bytes: &[u8]| {
        receive(ctx, payout, Sent::Whole(format!("fac{HOSTILE}.pdf"), bytes.to_vec())).await
    };
    // Not before the release, not by others, and not what is no PDF.
    assert!(send(&ana, PDF).await.expect("told").contains("form="));
    office.let_go(run.id).await;
    assert!(matches!(send(&bob, PDF).await, Err(AppError::NotFound)));
    assert!(matches!(send(&office.finn(), PDF).await, Err(AppError::Forbidden)));
    let told = async |path: String| {
        let form = path.split("form=").nth(1).and_then(|rest| rest.split('#').next()).expect("draft").to_owned();
        recall(&ana, Some(&form)).await.expect("draft").error("invoice").expect("an error")
    };
    assert!(told(send(&ana, b"<html>").await.expect("path")).await.contains("not a PDF"));
    assert!(told(send(&ana, b"").await.expect("path")).await.contains("No file"));
    let large = [PDF, &vec![b' '; LARGEST_INVOICE], b"%%EOF"].concat();
    assert!(told(send(&ana, &large).await.expect("path")).await.contains("larger than 5 MB"));
    assert!(told(receive(&ana, payout, Sent::BrokenOff).await.expect("path")).await.contains("broke off"));
    says(&page(ana.clone(), &format!("/payouts/{payout}")).await, &["waits for your invoice", "multipart/form-data"]);

    assert_eq!(send(&ana, PDF).await.expect("sent"), format!("/payouts/{payout}?done=invoice"));
    assert_eq!(send(&ana, PDF).await.expect("the same"), format!("/payouts/{payout}?done=invoice"));
    assert!(told(send(&ana, b"%PDF-1.7\nanother\n%%EOF").await.expect("path")).await.contains("No invoice is awaited"));
    assert_eq!(own_sent(&ana, payout).await.expect("file").bytes, PDF);
    assert_eq!(sent_of_run(&office.ada(), run.id, payout).await.expect("file").bytes, PDF);
    assert!(matches!(sent_of_run(&office.tom(), run.id, payout).await, Err(AppError::Forbidden)));
    assert_eq!(
        office.lines("SELECT count(*) FROM partner_invoice WHERE position('an invoice'::bytea IN sealed) > 0").await,
        ["(0)"]
    );

    says(&page(office.finn(), "/tax").await, &["ana", "£96.00", "Invoices to look at"]);
    let here = format!("/runs/{}/payouts/{payout}", run.id);
    says(&page(office.finn(), &here).await, &["Received", "Accept the invoice", "sent-invoice.pdf"]);
    assert!(!page(office.ada(), &here).await.contains("judge-invoice"), "an auditor judges nothing");
    let form = |verdict: &str, reason: &str| JudgeForm {
        run: run.id.to_string(),
        payout: payout.to_string(),
        verdict: verdict.into(),
        reason: reason.into(),
    };
    assert!(matches!(judge(&office.ada(), &form("accept", "")).await, Err(AppError::Forbidden)));
    assert!(errors(judge(&office.finn(), &form("refuse", " ")).await).get("reason").is_some());
    done(judge(&office.finn(), &form("refuse", &format!("The number is missing. {HOSTILE}"))).await);
    assert!(errors(judge(&office.olivia(), &form("accept", "")).await).get("").is_some());
    says(&page(ana.clone(), &format!("/payouts/{payout}")).await, &["Refused", "The number is missing."]);

    // While it is refused, and Bob's and Cleo's are missing, the next run pays nobody.
    office
        .import(
            "D,sale,4,ana,uk,2011-04-01T10:00:00Z,1000.00,GBP,\nE,sale,5,bob,uk,2011-04-01T10:00:00Z,1000.00,GBP,\n",
        )
        .await;
    office.release("2011-05-31T00:00:00Z").await;
    let blocked = office.build("2011-05-31").await;
    let blocks = "SELECT c.code, b.reason FROM payout_block b JOIN partner c USING (partner_id)";
    assert_eq!(office.lines(blocks).await, ["(ana,invoice_missing)", "(bob,invoice_missing)"]);
    says(&page(ana.clone(), "/payouts").await, &["your invoice for an earlier payout is missing", "Send your invoice"]);
    let mut tx = office.db.begin(&Actor::Command).await.expect("begin");
    app::payout_runs::store::cancel(&mut tx, &Actor::Command, blocked.id, "again", "test", office.now)
        .await
        .expect("cancelled");
    tx.commit().await.expect("commit");
    assert!(send(&ana, b"%PDF-1.7\nanother\n%%EOF").await.expect("sent").contains("done=invoice"));
    done(judge(&office.finn(), &form("accept", "")).await);
    office.build("2011-05-31").await;
    assert_eq!(office.payouts().await[3..], ["ana 80.00 scheduled"]);
    says(&page(in_spanish(office.olivia()), "/record").await, &["Factura del afiliado rechazada"]);
    office.adds_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_owner_sets_the_policy_and_finance_reads_it(pool: PgPool) {
    let office = office(pool, Invoices::None).await;
    says(&page(office.ada(), "/tax").await, &["No invoices", "20%", "Giftware Ltd", "No invoice waits"]);
    assert!(!page(office.finn(), "/tax").await.contains("set-tax-policy"), "finance reads");
    let given = terms(Invoices::Own);
    let form = PolicyForm {
        programme: "giftware".into(),
        valid_from: "2011-06-01".into(),
        legal_name: format!("Giftware {HOSTILE}"),
        street: given.address.street,
        town: given.address.town,
        country: "GB".into(),
        tax_number: "GB123456782".into(),
        invoices: "own".into(),
        waits_for_invoice: "yes".into(),
        needs_profile: "yes".into(),
        vat_percent: "20".into(),
        fee_wise: "1,50".into(),
        form_key: "6f1c2f3e-0d52-4c8c-9f5e-1f6a7f1c0b11".into(),
        ..PolicyForm::default()
    };
    for ctx in [office.finn(), office.ada(), office.tom()] {
        assert!(matches!(set_policy(&ctx, &form).await, Err(AppError::Forbidden)));
    }
    let wrong = PolicyForm {
        valid_from: "2011-05-31".into(),
        country: "England".into(),
        vat_percent: "120".into(),
        needs_profile: String::new(),
        ..form.clone()
    };
    let told = errors(set_policy(&office.olivia(), &wrong).await);
    for field in ["valid_from", "country", "vat_percent", "needs_profile"] {
        assert!(told.get(field).is_some(), "{field}: {told:?}");
    }
    assert_eq!(done(set_policy(&office.olivia(), &form).await), "/tax?programme=giftware&done=policy");
    // Sent twice, it is one version.
    done(set_policy(&office.olivia(), &form).await);
    assert_eq!(office.lines("SELECT count(*) FROM tax_policy").await, ["(2)"]);
    assert_eq!(office.lines("SELECT count(*) FROM audit WHERE action = 'tax_policy.set'").await, ["(1)"]);
    says(
        &page(office.finn(), "/tax?programme=giftware").await,
        &["Partners send their own invoices", "Olivia Hart", "£1.50"],
    );
    says(
        &page(in_spanish(office.olivia()), "/tax").await,
        &["Los afiliados envían sus propias facturas", "Guardar la política"],
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_partner_reads_what_arrives_and_what_is_missing(pool: PgPool) {
    let office = office(pool, Invoices::SelfBilled).await;
    office.run("UPDATE programme SET name = 'Giftware'").await;
    let (ana, cleo) = (member(&office, "ana").await, member(&office, "cleo").await);
    says(&page(ana.clone(), "/payouts").await, &["£96.00 will be paid on", "VAT, 20%", "£16.00"]);
    says(&page(in_spanish(cleo.clone()), "/payouts").await, &["5,58 £", "Retención para Hacienda, 24"]);
    says(&page(ana.clone(), "/account").await, &["ana in law", "…782", "High Street 1", "/account/tax"]);
    let form = page(ana.clone(), "/account/tax").await;
    says(&form, &["set-tax-profile", "Giftware Ltd writes my invoices", "Spain", "We keep …678"]);
    assert!(!form.contains("12345678"), "{form}");
    // Whose tax data is missing reads what to do.
    office.run("ALTER TABLE tax_profile DISABLE TRIGGER USER; DELETE FROM tax_profile").await;
    says(
        &page(ana.clone(), "/payouts").await,
        &["£80.00 is ready, but the programme pays nobody", "Give your tax data"],
    );
    says(&page(in_spanish(ana), "/account").await, &["El programa no paga a nadie sin sus datos fiscales"]);
}
