//! What a pain.001 file must be, and what never gets into one.

use super::error::{FileError, Refusal};
use super::model::{Address, Destination, Header, Order};
use super::pain001::{LARGEST_AMOUNT, Writer};
use super::samples;
use super::text::is_sepa;
use proptest::prelude::*;
use quick_xml::events::Event;
use rust_decimal::Decimal;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

fn write(header: &Header, orders: &[Order]) -> Result<String, FileError> {
    let mut writer = Writer::new(Vec::new(), header)?;
    for order in orders {
        writer.push(order)?;
    }
    Ok(String::from_utf8(writer.finish()?).expect("text"))
}

/// A header that agrees with its orders.
fn header(orders: &[Order]) -> Header {
    let mut header = samples::header(1);
    header.payments = orders.len() as u64;
    header.total = orders.iter().map(|order| order.amount).sum();
    header
}

fn refused(change: impl FnOnce(&mut Order)) -> Option<Refusal> {
    let mut order = samples::order(794);
    change(&mut order);
    match write(&samples::header(1), &[order]) {
        Err(FileError::Payment { payment, refusal }) if payment == "PD-794-44" => Some(refusal),
        _ => None,
    }
}

fn address(town: &str, country: &str) -> Address {
    let none = || None;
    Address { street: none(), building: none(), post_code: none(), town: town.to_owned(), country: country.to_owned() }
}

#[test]
fn a_whole_file() {
    let mut first = samples::order(794);
    first.name = "Peñalver & Hijos <\"'>".to_owned();
    first.amount = Decimal::new(5, 0);
    first.address = Some(Address {
        street: Some("Gran Vía".to_owned()),
        building: Some("1".to_owned()),
        post_code: Some(" ".to_owned()),
        ..address("Málaga", "es")
    });
    first.to = Destination::Iban { iban: "es91 2100 0418 4502 0005 1332".to_owned(), bic: Some("caixesbb".to_owned()) };
    let mut second = samples::order(1);
    (second.name, second.remittance) = ("Γεώργιος Παπαδόπουλος".to_owned(), " ".to_owned());
    (second.amount, second.address) = (LARGEST_AMOUNT, None);
    second.to = Destination::Iban { iban: "GR1601101250000000012300695".to_owned(), bic: None };
    let orders = [first, second];
    assert_eq!(
        write(&header(&orders), &orders).expect("a file"),
        concat!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\"><CstmrCdtTrfInitn>",
            "<GrpHdr><MsgId>RUN-2026-10-EUR</MsgId><CreDtTm>2026-11-22T16:44:05Z</CreDtTm><NbOfTxs>2</NbOfTxs>",
            "<CtrlSum>1000000004.99</CtrlSum><InitgPty><Nm>Ejemplo Tecnologia, S.L.</Nm></InitgPty></GrpHdr>",
            "<PmtInf><PmtInfId>RUN-2026-10-EUR</PmtInfId><PmtMtd>TRF</PmtMtd><BtchBookg>true</BtchBookg>",
            "<NbOfTxs>2</NbOfTxs><CtrlSum>1000000004.99</CtrlSum>",
            "<PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl></PmtTpInf><ReqdExctnDt><Dt>2026-11-30</Dt></ReqdExctnDt>",
            "<Dbtr><Nm>Ejemplo Tecnologia, S.L.</Nm></Dbtr>",
            "<DbtrAcct><Id><IBAN>ES9121000418450200051332</IBAN></Id></DbtrAcct>",
            "<DbtrAgt><FinInstnId><Othr><Id>NOTPROVIDED</Id></Othr></FinInstnId></DbtrAgt><ChrgBr>SLEV</ChrgBr>\n",
            "<CdtTrfTxInf><PmtId><EndToEndId>PD-794-44</EndToEndId></PmtId>",
            "<Amt><InstdAmt Ccy=\"EUR\">5.00</InstdAmt></Amt>",
            "<CdtrAgt><FinInstnId><BICFI>CAIXESBB</BICFI></FinInstnId></CdtrAgt>",
            "<Cdtr><Nm>Penalver + Hijos .&apos;&apos;.</Nm><PstlAdr><StrtNm>Gran Via</StrtNm><BldgNb>1</BldgNb>",
            "<TwnNm>Malaga</TwnNm><Ctry>ES</Ctry></PstlAdr></Cdtr>",
            "<CdtrAcct><Id><IBAN>ES9121000418450200051332</IBAN></Id></CdtrAcct>",
            "<RmtInf><Ustrd>Comisiones de octubre + mas PD-794-44</Ustrd></RmtInf></CdtTrfTxInf>\n",
            "<CdtTrfTxInf><PmtId><EndToEndId>PD-1-95</EndToEndId></PmtId>",
            "<Amt><InstdAmt Ccy=\"EUR\">999999999.99</InstdAmt></Amt>",
            "<Cdtr><Nm>Georgios Papadopoulos</Nm></Cdtr>",
            "<CdtrAcct><Id><IBAN>GR1601101250000000012300695</IBAN></Id></CdtrAcct></CdtTrfTxInf>\n",
            "</PmtInf></CstmrCdtTrfInitn></Document>\n",
        )
    );
}

#[test]
fn the_payers_bank_is_named_where_it_is_known() {
    let mut header = samples::header(1);
    header.payer.bic = Some("CAIXESBBXXX".to_owned());
    let file = write(&header, &[samples::order(1)]).expect("a file");
    assert!(file.contains("<DbtrAgt><FinInstnId><BICFI>CAIXESBBXXX</BICFI></FinInstnId></DbtrAgt>"));
    assert!(!file.contains("NOTPROVIDED"));
}

#[test]
fn refused_payments_are_named_and_nothing_else_is() {
    let iban = |iban: &str| Destination::Iban { iban: iban.to_owned(), bic: None };
    assert_eq!(refused(|order| order.to = iban("ES9121000418450200051333")), Some(Refusal::Iban));
    assert_eq!(refused(|order| order.to = iban(&samples::iban("TR", 1))), Some(Refusal::OutsideSepa));
    assert_eq!(refused(|order| order.to = Destination::PayPal { email: String::new() }), Some(Refusal::Destination));
    assert_eq!(refused(|order| order.name = "🦀".to_owned()), Some(Refusal::EmptyName));
    assert_eq!(refused(|order| order.address = Some(address("", "ES"))), Some(Refusal::Address));
    assert_eq!(refused(|order| order.address = Some(address("Madrid", "Spain"))), Some(Refusal::Address));
    assert_eq!(refused(|order| order.amount = Decimal::ZERO), Some(Refusal::AmountNotPositive));
    assert_eq!(refused(|order| order.amount = Decimal::new(1, 3)), Some(Refusal::AmountDecimals));
    assert_eq!(refused(|order| order.amount = LARGEST_AMOUNT + Decimal::new(1, 2)), Some(Refusal::AmountTooLarge));
    assert_eq!(refused(|order| order.currency = "USD".to_owned()), Some(Refusal::Currency));
    assert_eq!(
        refused(|order| order.to = Destination::Iban { iban: samples::iban("ES", 1), bic: Some("?".to_owned()) }),
        Some(Refusal::Bic)
    );
    let mut order = samples::order(794);
    order.to = iban("ES9121000418450200051333");
    let error = write(&samples::header(1), &[order]).expect_err("a wrong IBAN");
    assert_eq!(error.to_string(), "payment PD-794-44: the IBAN is not valid");
    assert!(!format!("{error:?}").contains("2100"));
    let mut order = samples::order(1);
    order.end_to_end_id = "a//b".to_owned();
    let error = write(&samples::header(1), &[order]).expect_err("a wrong id");
    assert!(matches!(error, FileError::Payment { refusal: Refusal::EndToEndId, .. }));
}

#[test]
fn a_refused_payment_leaves_no_trace() {
    let orders = [samples::order(1), samples::order(2)];
    let mut writer = Writer::new(Vec::new(), &header(&orders)).expect("a header");
    writer.push(&orders[0]).expect("the first");
    let mut bad = samples::order(3);
    bad.name = String::new();
    writer.push(&bad).expect_err("no name");
    writer.push(&orders[1]).expect("the second");
    let file = String::from_utf8(writer.finish().expect("whole")).expect("text");
    assert_eq!(file, write(&header(&orders), &orders).expect("a file"));
}

#[test]
fn a_file_that_is_not_what_its_header_says_is_not_finished() {
    let orders = [samples::order(1), samples::order(2)];
    let fails = |change: fn(&mut Header)| {
        let mut header = header(&orders);
        change(&mut header);
        write(&header, &orders).expect_err("a mismatch")
    };
    assert!(matches!(fails(|header| header.payments = 3), FileError::Count { expected: 3, pushed: 2 }));
    assert!(matches!(fails(|header| header.payments = 1), FileError::Count { expected: 1, pushed: 2 }));
    assert!(matches!(fails(|header| header.total += Decimal::ONE), FileError::Total { .. }));
}

#[test]
fn headers_that_no_bank_takes() {
    let fails = |change: fn(&mut Header)| {
        let mut header = samples::header(1);
        change(&mut header);
        write(&header, &[samples::order(1)]).expect_err("a wrong header")
    };
    assert!(matches!(fails(|header| header.currency = "GBP".to_owned()), FileError::Currency(_)));
    assert!(matches!(fails(|header| header.message_id = "X".repeat(36)), FileError::MessageId));
    assert!(matches!(fails(|header| header.message_id = "/X".to_owned()), FileError::MessageId));
    assert!(matches!(fails(|header| header.payments = 0), FileError::NoPayments));
    assert!(matches!(fails(|header| header.total = Decimal::new(i64::MAX, 2)), FileError::TotalAmount));
    assert!(matches!(fails(|header| header.total = Decimal::new(1, 3)), FileError::TotalAmount));
    assert!(matches!(fails(|header| header.payer.name = String::new()), FileError::Payer(Refusal::EmptyName)));
    assert!(matches!(fails(|header| header.payer.iban = "ES00".to_owned()), FileError::Payer(Refusal::Iban)));
    assert!(matches!(fails(|header| header.payer.bic = Some("X".to_owned())), FileError::Payer(Refusal::Bic)));
}

/// A disk with room for so many bytes.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_is_an_error_wherever_it_fills_up() {
    let orders: Vec<_> = (1..=100).map(samples::order).collect();
    let whole = write(&header(&orders), &orders).expect("a file").len();
    let onto = |room: usize| -> Result<(), FileError> {
        let mut writer = Writer::new(Full(room), &header(&orders))?;
        for order in &orders {
            writer.push(order)?;
        }
        writer.finish().map(drop)
    };
    for room in [0, 100, whole / 2, whole - 1] {
        assert!(matches!(onto(room), Err(FileError::Io(_))), "{room}");
    }
    onto(whole).expect("room enough");
}

#[test]
fn the_schema_accepts_1_and_1000_payments() {
    validate(1);
    validate(1_000);
}

#[test]
fn the_schema_accepts_100_000_payments() {
    validate(100_000);
}

/// Has xmllint hold a file against the official schema, where both are there.
fn validate(payments: u32) {
    let Some(schema) = schema() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pain001.xml");
    let file = BufWriter::new(std::fs::File::create(&path).expect("a file"));
    let mut writer = Writer::new(file, &samples::header(payments)).expect("a header");
    for n in 1..=payments {
        writer.push(&samples::order(n)).expect("a payment");
    }
    writer.finish().expect("a whole file");
    let lint = |path: &Path| {
        Command::new("xmllint").args(["--noout", "--stream", "--huge", "--schema"]).args([&schema, path]).output()
    };
    let found = lint(&path).expect("xmllint (Debian: libxml2-utils)");
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stderr));
    // A check that finds nothing must be able to find something.
    let broken = std::fs::read_to_string(&path).expect("text").replacen("<Cd>SEPA</Cd>", "<Cd>TOO LONG</Cd>", 1);
    std::fs::write(&path, broken).expect("a file");
    assert!(!lint(&path).expect("xmllint ran before").status.success());
}

fn schema() -> Option<PathBuf> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/reference/iso20022");
    let schema = shared.join("pain.001.001.09.xsd");
    if !schema.exists() {
        eprintln!("NOT CHECKED against the schema: {} is not there", schema.display());
        return None;
    }
    Some(schema)
}

/// Every text between tags.
fn texts(xml: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut texts = vec![String::new()];
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Text(text) => texts.last_mut().expect("one").push_str(&text.xml10_content()),
            Event::GeneralRef(name) => {
                let name = String::from_utf8_lossy(name.as_bytes()).into_owned();
                assert_eq!(name, "apos", "the only reference that the character set leaves");
                texts.last_mut().expect("one").push('\'');
            }
            Event::Eof => return texts,
            _ => texts.push(String::new()),
        }
    }
}

proptest! {
    #[test]
    fn any_text_gives_sepa_text(name: String, town: String, remittance: String, street: Option<String>) {
        let mut order = samples::order(1);
        order.name = format!("A{name}");
        order.remittance = remittance;
        order.address = Some(Address { street, ..address(&format!("B{town}"), "ES") });
        let file = write(&header(std::slice::from_ref(&order)), &[order]).expect("a file");
        for text in texts(&file) {
            prop_assert!(text.trim_matches('\n').chars().all(is_sepa), "{}", text);
            prop_assert!(text.len() <= 140);
        }
    }
}
