//! What a pain.002 says.

use super::made::{assert_valid, status_report};
use super::*;

const VERSIONS: [&str; 4] = ["pain.002.001.03", "pain.002.001.10", "pain.002.001.11", "pain.002.003.03"];

fn batch(status: &str, payments: &str) -> String {
    format!("\n <OrgnlPmtInfAndSts><OrgnlPmtInfId>RUN-9-1</OrgnlPmtInfId>{status}{payments}</OrgnlPmtInfAndSts>")
}

fn payment(version: &str, id: &str, status: &str) -> String {
    let name = if version.ends_with("03") { "<Nm>Ana</Nm>" } else { "<Pty><Nm>Ana</Nm></Pty>" };
    let reference =
        format!("<OrgnlTxRef><Amt><InstdAmt Ccy=\"EUR\">12.50</InstdAmt></Amt><Cdtr>{name}</Cdtr></OrgnlTxRef>");
    format!(
        "\n  <TxInfAndSts><OrgnlInstrId>I-{id}</OrgnlInstrId><OrgnlEndToEndId>{id}</OrgnlEndToEndId>{status}{reference}</TxInfAndSts>"
    )
}

const CLOSED: &str =
    "<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>Closed</AddtlInf><AddtlInf>in May</AddtlInf></StsRsnInf>";

#[test]
fn payments_of_every_status_in_every_version() {
    for version in VERSIONS {
        let payments: String = [
            ("P-1", "<TxSts>RJCT</TxSts>".to_owned() + CLOSED),
            ("P-2", "<TxSts>ACSC</TxSts><AcctSvcrRef>B-1</AcctSvcrRef>".to_owned()),
            ("P-3", "<TxSts>ACCC</TxSts>".to_owned()),
            ("P-4", "<TxSts>ACSP</TxSts>".to_owned()),
            ("P-5", "<TxSts>PDNG</TxSts>".to_owned()),
            ("P-6", "<TxSts>ACWC</TxSts>".to_owned()),
            ("P-7", "<TxSts>BLCK</TxSts>".to_owned()),
            ("P-8", "<TxSts>ZZZZ</TxSts>".to_owned()),
            ("P-9", String::new()),
            ("NOTPROVIDED", "<TxSts>RJCT</TxSts><StsRsnInf><Rsn><Prtry>X1</Prtry></Rsn></StsRsnInf>".to_owned()),
        ]
        .iter()
        .map(|(id, status)| payment(version, id, status))
        .collect();
        let file = status_report(version, "<GrpSts>PART</GrpSts>", &batch("<PmtInfSts>PART</PmtInfSts>", &payments));
        assert_valid(version, &file);
        let (summary, lines) = told(&file);
        assert_eq!((summary.kind, summary.message_id.as_deref()), (Kind::Pain002, Some("M-2")));
        assert_eq!((summary.original.as_deref(), summary.status.as_deref()), (Some("RUN-9"), Some("PART")));
        let line = |id: &str, outcome: &str, status: &str, middle: &str, end: &str| {
            format!("payment {id} | {outcome}{status} | in=RUN-9-1 | 12.50 EUR{middle} | name=Ana{end}")
        };
        assert_eq!(
            lines,
            [
                line("P-1", "Rejected", " | status=RJCT", " | code=AC04", " | text=Closed in May"),
                line("P-2", "Settled", " | status=ACSC", " | ref=B-1", ""),
                line("P-3", "Settled", " | status=ACCC", "", ""),
                line("P-4", "Accepted", " | status=ACSP", "", ""),
                line("P-5", "Accepted", " | status=PDNG", "", ""),
                line("P-6", "Accepted", " | status=ACWC", "", ""),
                line("P-7", "Unknown", " | status=BLCK", "", ""),
                line("P-8", "Unknown", " | status=ZZZZ", "", ""),
                line("P-9", "Unknown", "", "", ""),
                line("I-NOTPROVIDED", "Rejected", " | status=RJCT", " | code=X1", ""),
            ],
            "{version}"
        );
    }
}

#[test]
fn a_whole_file_is_told_only_where_that_is_final() {
    let version = "pain.002.001.11";
    for (status, expected) in [
        ("RJCT", "message RUN-9 | Rejected | status=RJCT | payments=3 | code=AC04 | text=Closed in May"),
        ("ACSC", "message RUN-9 | Settled | status=ACSC | payments=3 | code=AC04 | text=Closed in May"),
        ("ACCC", "message RUN-9 | Settled | status=ACCC | payments=3 | code=AC04 | text=Closed in May"),
        ("ACCP", ""),
        ("ACSP", ""),
        ("ACTC", ""),
        ("PART", ""),
        ("PDNG", ""),
        ("RCVD", ""),
        ("ZZZZ", ""),
    ] {
        let file =
            status_report(version, &format!("<OrgnlNbOfTxs>3</OrgnlNbOfTxs><GrpSts>{status}</GrpSts>{CLOSED}"), "");
        assert_valid(version, &file);
        let (summary, lines) = told(&file);
        assert_eq!(summary.status.as_deref(), Some(status));
        assert_eq!(lines.join("\n"), expected);
    }
}

#[test]
fn a_batch_is_told_before_its_payments_and_shares_what_is_final() {
    let version = "pain.002.001.11";
    let rejected =
        "<OrgnlNbOfTxs>2</OrgnlNbOfTxs><PmtInfSts>RJCT</PmtInfSts><StsRsnInf><Rsn><Cd>RC01</Cd></Rsn></StsRsnInf>";
    let payments = payment(version, "P-1", CLOSED) + &payment(version, "P-2", "<TxSts>ACSP</TxSts>");
    let file = status_report(
        version,
        "",
        &(batch(rejected, &payments)
            + &batch("<PmtInfSts>ACSP</PmtInfSts>", "")
            + &batch("", &payment(version, "P-3", ""))),
    );
    assert_valid(version, &file);
    let (summary, lines) = told(&file);
    assert_eq!(summary.status, None);
    assert_eq!(
        lines,
        [
            "batch RUN-9-1 | Rejected | status=RJCT | payments=2 | code=RC01",
            "payment P-1 | Rejected | in=RUN-9-1 | 12.50 EUR | code=AC04 | name=Ana | text=Closed in May",
            "payment P-2 | Accepted | status=ACSP | in=RUN-9-1 | 12.50 EUR | name=Ana",
            "payment P-3 | Unknown | in=RUN-9-1 | 12.50 EUR | name=Ana",
        ]
    );
    let file = status_report(version, "<GrpSts>RJCT</GrpSts>", &batch("", &payment(version, "P-3", "")));
    assert_eq!(told(file).1[1], "payment P-3 | Rejected | in=RUN-9-1 | 12.50 EUR | name=Ana");
}

#[test]
fn the_day_and_amount_of_settlement_are_kept() {
    let version = "pain.002.001.11";
    let settled = "<TxInfAndSts><OrgnlEndToEndId>P-1</OrgnlEndToEndId><TxSts>ACSC</TxSts><OrgnlTxRef>\
                   <IntrBkSttlmAmt Ccy=\"EUR\">12.5</IntrBkSttlmAmt><IntrBkSttlmDt>2026-01-31</IntrBkSttlmDt>\
                   </OrgnlTxRef></TxInfAndSts>";
    let file = status_report(version, "", &batch("", settled));
    assert_valid(version, &file);
    assert_eq!(told(file).1, ["payment P-1 | Settled | status=ACSC | in=RUN-9-1 | 12.5 EUR | on=2026-01-31"]);
}

#[test]
fn what_is_there_twice_or_too_late_is_refused() {
    let version = "pain.002.001.11";
    let good = status_report(
        version,
        "<GrpSts>PART</GrpSts>",
        &batch("<PmtInfSts>PART</PmtInfSts>", &payment(version, "P-1", "<TxSts>RJCT</TxSts>")),
    );
    let refused_with = |from: &str, to: &str| match refused(good.replacen(from, to, 1)) {
        FileError::Missing { element, .. }
        | FileError::Twice { element, .. }
        | FileError::OutOfOrder { element, .. } => element,
        error => panic!("{error}"),
    };
    assert_eq!(refused_with("<TxSts>RJCT</TxSts>", "<TxSts>RJCT</TxSts><TxSts>ACSC</TxSts>"), "TxSts");
    assert_eq!(refused_with("<PmtInfSts>PART", "<PmtInfSts>ACSC</PmtInfSts><PmtInfSts>PART"), "PmtInfSts");
    assert_eq!(refused_with("</TxInfAndSts>", "</TxInfAndSts><PmtInfSts>ACSC</PmtInfSts>"), "PmtInfSts");
    assert_eq!(
        refused_with("<OrgnlEndToEndId>", "<OrgnlEndToEndId>P-0</OrgnlEndToEndId><OrgnlEndToEndId>"),
        "OrgnlEndToEndId"
    );
    let late = "</OrgnlPmtInfAndSts><OrgnlGrpInfAndSts><GrpSts>RJCT</GrpSts></OrgnlGrpInfAndSts>";
    assert_eq!(refused_with("</OrgnlPmtInfAndSts>", late), "OrgnlGrpInfAndSts");
    let nameless = status_report(version, "<GrpSts>RJCT</GrpSts>", "").replace("<OrgnlMsgId>RUN-9</OrgnlMsgId>", "");
    assert!(matches!(refused(nameless), FileError::Missing { element: "OrgnlMsgId", .. }));
}
