//! The published samples, and namespaces, encodings and forms that a message may come in.

use super::made::{CAMTS, camt, entry, reference, status_report, transaction};
use super::*;

#[test]
fn the_published_statement_holds_a_credit_that_is_not_a_return() {
    let Some(path) = reference("sample.camt.053.001.08.xml") else { return };
    let (summary, lines) = told(std::fs::read(path).expect("sample"));
    assert_eq!((summary.kind, summary.version.as_deref()), (Kind::Camt053, Some("camt.053.001.08")));
    assert_eq!(summary.message_id.as_deref(), Some("CAMT053RIB000000000001"));
    assert_eq!(summary.created_at.map(|time| time.to_string()).as_deref(), Some("2015-03-10 18:43:50"));
    assert_eq!(summary.accounts.into_iter().collect::<Vec<_>>(), ["NL26VAYB8060476890"]);
    assert_eq!((summary.ignored, summary.not_booked), (1, 0));
    assert_eq!(lines, Vec::<String>::new());
}

#[test]
fn the_published_notification_holds_a_batch_of_three() {
    let Some(path) = reference("sample.camt.054.001.08.xml") else { return };
    let (summary, lines) = told(std::fs::read(path).expect("sample"));
    assert_eq!((summary.kind, summary.message_id.as_deref()), (Kind::Camt054, Some("AAAASESS-FP-ACCR001")));
    assert_eq!(summary.accounts.into_iter().collect::<Vec<_>>(), ["CH2801234000123456789"]);
    // The entry is a debit, its transactions call themselves credits: for a person.
    let common = "Unknown | status=BOOK | in=UXC06170000006PI00001";
    let rest = "on=2007-10-18 | ref=ACSR160617103200001";
    assert_eq!(
        lines,
        [
            format!(
                "payment UXC06170000006PI00001EE00001 | {common} | 3.1 CHF | {rest} | name=Example Creditor 3 - V1 | \
                 text=Unstructured Remittance Information V1"
            ),
            format!(
                "payment UXC06170000006PI00001EE00002 | {common} | 3.2 CHF | {rest} | name=Example Creditor 3 - V2"
            ),
            format!(
                "payment UXC06170000006PI00001EE00002 | {common} | 3.2 CHF | {rest} | name=Example Creditor 3 - V3 | \
                 text=Unstructured Remittance Information V3 block 1 Unstructured Remittance Information V3 block 2"
            ),
        ]
    );
}

/// A statement with one payment.
fn one_payment(version: &str) -> String {
    let refs = "<EndToEndId>P-1</EndToEndId>";
    let details = format!("<NtryDtls>{}</NtryDtls>", transaction(version, refs, "", "", "Zoë Núñez", ""));
    camt(version, &entry(version, "12.50", "DBIT", "", "BOOK", "ICDT/ESCT", &details))
}

const ONE_PAYMENT: &str = "payment P-1 | Settled | status=BOOK | 12.50 EUR | on=2026-01-31 | ref=B-7 | name=Zoë Núñez";

#[test]
fn national_namespaces_prefixes_and_layouts_are_read() {
    let statement = one_payment("camt.053.001.08");
    let urn = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08";
    for (name, version) in [
        ("urn:iso:std:iso:20022:tech:xsd:camt.053.001.13", "camt.053.001.13"),
        ("urn:swift:xsd:camt.053.001.02", "camt.053.001.02"),
        ("http://www.six-interbank-clearing.com/de/camt.053.001.04.ch.02.xsd", "camt.053.001.04"),
    ] {
        let (summary, lines) = told(statement.replace(urn, name));
        assert_eq!((summary.version.as_deref(), &lines[..]), (Some(version), &[ONE_PAYMENT.to_owned()][..]));
    }
    let prefixed = statement.replace("</", "</n:").replace('<', "<n:").replace("<n:/n:", "</n:").replace("<n:?", "<?");
    let prefixed = prefixed.replace("xmlns=", "xmlns:n=");
    assert!(prefixed.contains("<n:Document xmlns:n=") && prefixed.contains("</n:Ntry>"), "{prefixed}");
    assert_eq!(told(prefixed).1, [ONE_PAYMENT]);
    assert_eq!(told(statement.replace("><", ">\r\n\t<")).1, [ONE_PAYMENT]);
    assert_eq!(told(statement.replace("P-1<", "<!-- x -->P&#45;<![CDATA[1]]><")).1, [ONE_PAYMENT]);
    assert_eq!(
        told(statement.replace("Zoë Núñez", "Zo&#xEB; &amp; &lt;Co&gt;")).1,
        [ONE_PAYMENT.replace("Zoë Núñez", "Zoë & <Co>")]
    );
}

#[test]
fn elements_of_other_namespaces_are_passed_over() {
    let strange = "<x:Amt xmlns:x=\"urn:x\" Ccy=\"USD\">999<x:Sts>PDNG</x:Sts></x:Amt><x:Ntry xmlns:x=\"urn:x\"/>";
    let statement = one_payment("camt.053.001.08").replace("<Ntry>", &format!("<Ntry>{strange}"));
    assert_eq!(told(statement).1, [ONE_PAYMENT]);
}

#[test]
fn encodings() {
    let statement = one_payment("camt.053.001.08");
    let bom = [b"\xef\xbb\xbf", statement.as_bytes()].concat();
    assert_eq!(told(bom).1, [ONE_PAYMENT]);

    let latin = statement.replace("UTF-8", "ISO-8859-1");
    let bytes: Vec<u8> = latin.chars().map(|c| u8::try_from(u32::from(c)).expect("latin")).collect();
    assert_eq!(told(&bytes).1, [ONE_PAYMENT]);
    let long = format!("<?xml version=\"1.0\"{}encoding=\"ISO-8859-1\"?>", " ".repeat(300));
    let long = [long.as_bytes(), &bytes[bytes.iter().position(|byte| *byte == b'\n').expect("line")..]].concat();
    assert_eq!(told(long).1, [ONE_PAYMENT], "a declaration of any length");

    let wide = statement.replace("UTF-8", "UTF-16");
    let little: Vec<u8> = wide.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = wide.encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(told(&little).1, [ONE_PAYMENT]);
    assert_eq!(told(&big).1, [ONE_PAYMENT]);
    assert_eq!(told([b"\xff\xfe", &little[..]].concat()).1, [ONE_PAYMENT]);
    assert_eq!(told([b"\xfe\xff", &big[..]].concat()).1, [ONE_PAYMENT]);

    let is_encoding = |file: &[u8]| matches!(refused(file), FileError::Encoding { .. });
    for label in ["Shift_JIS", "UTF-7", "ISO-2022-JP", "x-user-defined", "no-such", "UTF-16", "replacement"] {
        let odd = statement.replace("UTF-8", label);
        assert!(is_encoding(odd.as_bytes()), "{label}: {:?}", refused(odd));
    }
    // Says UTF-8 and is not.
    let lying: Vec<u8> = statement.chars().map(|c| u8::try_from(u32::from(c)).expect("latin")).collect();
    assert!(is_encoding(&lying));
    // Says one thing by its mark and another by its declaration.
    assert!(is_encoding(&[b"\xef\xbb\xbf", &bytes[..]].concat()));
    // Declares it so late that it cannot be obeyed any more.
    let late = format!("{}<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>", " ".repeat(500));
    assert!(is_encoding(
        &[late.as_bytes(), &bytes[bytes.iter().position(|byte| *byte == b'\n').expect("line")..]].concat()
    ));
}

#[test]
fn wrong_roots_and_namespaces() {
    let statement = one_payment("camt.053.001.08");
    let root = |file: String| matches!(refused(&file), FileError::WrongRoot { .. });
    assert!(root("<html><body/></html>".to_owned()));
    assert!(root("<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"/>".to_owned()));
    assert!(root(statement.replace("BkToCstmrStmt", "CstmrCdtTrfInitn")));
    let namespace = |file: String| matches!(refused(&file), FileError::UnknownNamespace { .. });
    assert!(namespace(statement.replace("camt.053.001.08", "camt.052.001.08")));
    assert!(namespace(statement.replace("camt.053.001.08", "camt.053.001")));
    assert!(namespace(statement.replace("camt.053.001.08", "camt.053.001.080")));
    assert!(namespace(statement.replace("camt.053.001.08", "xcamt.053.001.08")));
    assert!(namespace(statement.replace(" xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"", "")));
    assert!(namespace(status_report("camt.053.001.08", "", "")));
}

#[test]
fn a_message_without_a_name_is_refused() {
    for version in CAMTS {
        let error = refused(one_payment(version).replace("<MsgId>M-1</MsgId>", ""));
        assert!(matches!(error, FileError::Missing { element: "GrpHdr/MsgId", .. }), "{error}");
        let error = refused(one_payment(version).replace("<MsgId>M-1</MsgId>", "<MsgId>M-1</MsgId><MsgId>M-2</MsgId>"));
        assert!(matches!(error, FileError::Twice { element: "GrpHdr/MsgId", .. }), "{error}");
    }
}
