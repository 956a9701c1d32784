//! Messages made for the tests, built as the schemas want them.

use std::path::PathBuf;
use std::process::Command;

/// Every statement and notification that is made here.
pub const CAMTS: [&str; 6] =
    ["camt.053.001.02", "camt.053.001.04", "camt.053.001.08", "camt.054.001.02", "camt.054.001.04", "camt.054.001.08"];

/// Whether the version writes statuses and parties as it has done since .001.08.
fn is_new(version: &str) -> bool {
    version.ends_with("08")
}

/// A whole statement or notification.
pub fn camt(version: &str, entries: &str) -> String {
    let (message, account, balance) = if version.contains("053") {
        let balance = "<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">900.00</Amt>\
                       <CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-01-30</Dt></Dt></Bal>";
        ("BkToCstmrStmt", "Stmt", balance)
    } else {
        ("BkToCstmrDbtCdtNtfctn", "Ntfctn", "")
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{version}\">\n <{message}>\n  \
         <GrpHdr><MsgId>M-1</MsgId><CreDtTm>2026-02-01T06:00:00+01:00</CreDtTm></GrpHdr>\n  \
         <{account}><Id>S-1</Id><CreDtTm>2026-02-01T06:00:00+01:00</CreDtTm>\
         <Acct><Id><IBAN>DE89370400440532013000</IBAN></Id></Acct>{balance}{entries}</{account}>\n </{message}>\n\
         </Document>\n"
    )
}

/// An entry. `marks` go between direction and status (RvslInd), `code` is family and sub-family.
pub fn entry(
    version: &str,
    amount: &str,
    direction: &str,
    marks: &str,
    status: &str,
    code: &str,
    rest: &str,
) -> String {
    let status = if is_new(version) { format!("<Cd>{status}</Cd>") } else { status.to_owned() };
    let (family, sub) = code.split_once('/').expect("family/sub-family");
    format!(
        "\n   <Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>{marks}<Sts>{status}</Sts>\
         <BookgDt><Dt>2026-01-31</Dt></BookgDt><AcctSvcrRef>B-7</AcctSvcrRef>\
         <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{sub}</SubFmlyCd></Fmly></Domn></BkTxCd>{rest}</Ntry>"
    )
}

/// A transaction of an entry; `amount` empty for none.
pub fn transaction(version: &str, refs: &str, amount: &str, direction: &str, name: &str, end: &str) -> String {
    let amount = match (amount, version.ends_with("02")) {
        ("", _) => String::new(),
        (amount, true) => format!("<AmtDtls><TxAmt><Amt Ccy=\"EUR\">{amount}</Amt></TxAmt></AmtDtls>"),
        (amount, false) => format!("<Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>"),
    };
    let name = if is_new(version) { format!("<Pty><Nm>{name}</Nm></Pty>") } else { format!("<Nm>{name}</Nm>") };
    format!(
        "<TxDtls><Refs>{refs}</Refs>{amount}<RltdPties><Dbtr>{}</Dbtr><Cdtr>{name}</Cdtr></RltdPties>{end}</TxDtls>",
        if is_new(version) { "<Pty><Nm>Us</Nm></Pty>" } else { "<Nm>Us</Nm>" }
    )
}

/// A pain.002: what is said of the file, and of its batches.
pub fn status_report(version: &str, group: &str, batches: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{version}\"><CstmrPmtStsRpt>\n \
         <GrpHdr><MsgId>M-2</MsgId><CreDtTm>2026-02-01T06:00:00</CreDtTm></GrpHdr>\n \
         <OrgnlGrpInfAndSts><OrgnlMsgId>RUN-9</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{group}\
         </OrgnlGrpInfAndSts>{batches}\n</CstmrPmtStsRpt></Document>\n"
    )
}

/// The schema of a message, or `None` with a word on standard error.
pub fn reference(file: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/reference/iso20022").join(file);
    if path.is_file() {
        Some(path)
    } else {
        eprintln!("{} is not there: not checked against it", path.display());
        None
    }
}

/// Holds a message against its schema, where both that and xmllint are there.
pub fn assert_valid(version: &str, message: &str) {
    let Some(schema) = reference(&format!("{version}.xsd")) else { return };
    let file = tempfile::NamedTempFile::new().expect("file");
    std::fs::write(file.path(), message).expect("written");
    match Command::new("xmllint").args(["--noout", "--schema"]).arg(schema).arg(file.path()).output() {
        Ok(output) => assert!(output.status.success(), "{version}: {}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => eprintln!("xmllint: {error}: not checked against the schema"),
    }
}
