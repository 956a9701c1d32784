//! What entries of a statement mean.

use super::made::{CAMTS, assert_valid, camt, entry, transaction};
use super::*;
use proptest::prelude::*;

fn details(inner: &str) -> String {
    format!("<NtryDtls>{inner}</NtryDtls>")
}

fn named(id: &str) -> String {
    format!("<EndToEndId>{id}</EndToEndId>")
}

#[test]
fn payments_batches_and_fees_in_every_version() {
    for version in CAMTS {
        let batch = "<Btch><MsgId>RUN-9</MsgId><PmtInfId>RUN-9-1</PmtInfId><NbOfTxs>3</NbOfTxs></Btch>";
        let total = "<Btch><PmtInfId>RUN-9-2</PmtInfId><NbOfTxs>25</NbOfTxs><TtlAmt Ccy=\"EUR\">250.00</TtlAmt></Btch>";
        let remittance = "<RmtInf><Ustrd>Commissions</Ustrd><Ustrd>January</Ustrd></RmtInf>";
        let entries = [
            // One payment; its amount is that of the entry.
            entry(
                version,
                "12.50",
                "DBIT",
                "",
                "BOOK",
                "ICDT/ESCT",
                &details(&transaction(version, &named("P-1"), "", "", "Ana", remittance)),
            ),
            // Three payments, listed.
            entry(
                version,
                "60.00",
                "DBIT",
                "",
                "BOOK",
                "ICDT/ESCT",
                &details(&format!(
                    "{batch}{}{}{}",
                    transaction(
                        version,
                        &format!("<AcctSvcrRef>B-8</AcctSvcrRef>{}", named("P-2")),
                        "10.00",
                        "DBIT",
                        "Bo",
                        ""
                    ),
                    transaction(version, &named("P-3"), "20.00", "DBIT", "Cy", ""),
                    transaction(version, &named("NOTPROVIDED"), "30.00", "DBIT", "Di", ""),
                )),
            ),
            // A batch that is not taken apart, with and without a total of its own.
            entry(version, "250.00", "DBIT", "", "BOOK", "ICDT/ESCT", &details(total)),
            entry(version, "60.00", "DBIT", "", "BOOK", "ICDT/ESCT", &details(batch)),
            // A batch with one transaction that stands for all of it.
            entry(
                version,
                "60.00",
                "DBIT",
                "",
                "BOOK",
                "ICDT/ESCT",
                &details(&format!(
                    "{batch}{}",
                    transaction(
                        version,
                        "<PmtInfId>RUN-9-1</PmtInfId><EndToEndId>NOTPROVIDED</EndToEndId>",
                        "",
                        "",
                        "Various",
                        ""
                    )
                )),
            ),
            // A fee.
            entry(version, "1.20", "DBIT", "", "BOOK", "ICDT/CHRG", "<AddtlNtryInf>Account fee</AddtlNtryInf>"),
            // Announced, and of no account here.
            entry(
                version,
                "9.00",
                "DBIT",
                "",
                "PDNG",
                "ICDT/ESCT",
                &details(&transaction(version, &named("P-9"), "", "", "Ed", "")),
            ),
            entry(version, "9.00", "CRDT", "", "INFO", "RCDT/ESCT", ""),
            entry(
                version,
                "75.00",
                "CRDT",
                "",
                "BOOK",
                "RCDT/ESCT",
                &details(&transaction(version, &named("P-1"), "", "", "Us", "")),
            ),
        ];
        let file = camt(version, &entries.concat());
        assert_valid(version, &file);
        let (summary, lines) = told(&file);
        assert_eq!(summary.version.as_deref(), Some(version));
        assert_eq!((summary.lines, summary.ignored, summary.not_booked), (8, 1, 2), "{version}");
        assert_eq!(
            lines,
            [
                "payment P-1 | Settled | status=BOOK | 12.50 EUR | on=2026-01-31 | ref=B-7 | name=Ana | text=Commissions January",
                "payment P-2 | Settled | status=BOOK | in=RUN-9-1 | 10.00 EUR | on=2026-01-31 | ref=B-8 | name=Bo",
                "payment P-3 | Settled | status=BOOK | in=RUN-9-1 | 20.00 EUR | on=2026-01-31 | ref=B-7 | name=Cy",
                "unnamed | Settled | status=BOOK | in=RUN-9-1 | 30.00 EUR | on=2026-01-31 | ref=B-7 | name=Di",
                "batch RUN-9-2 | Settled | status=BOOK | 250.00 EUR | payments=25 | on=2026-01-31 | ref=B-7",
                "batch RUN-9-1 | Settled | status=BOOK | 60.00 EUR | payments=3 | on=2026-01-31 | ref=B-7",
                "batch RUN-9-1 | Settled | status=BOOK | 60.00 EUR | payments=3 | on=2026-01-31 | ref=B-7 | name=Various",
                "unnamed | Settled | status=BOOK | 1.20 EUR | on=2026-01-31 | ref=B-7 | text=Account fee",
            ],
            "{version}"
        );
    }
}

#[test]
fn returns_and_reversals_in_every_version() {
    for version in CAMTS {
        let reason = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>Account closed</AddtlInf></RtrInf>";
        let own = "<RtrInf><Rsn><Prtry>X9</Prtry></Rsn></RtrInf>";
        let reversed = "<RvslInd>true</RvslInd>";
        let one = |id: &str, end: &str| details(&transaction(version, &named(id), "", "", "Ana", end));
        let entries = [
            entry(version, "12.50", "CRDT", "", "BOOK", "RCDT/ESCT", &one("P-1", reason)),
            entry(version, "12.50", "CRDT", "", "BOOK", "RCDT/ESCT", &one("P-2", own)),
            entry(version, "12.50", "CRDT", "", "BOOK", "ICDT/RRTN", &one("P-3", "")),
            entry(version, "12.50", "CRDT", "", "BOOK", "IRCT/RPCR", &one("P-4", "")),
            entry(version, "12.50", "CRDT", reversed, "BOOK", "ICDT/ESCT", &one("P-5", "")),
            entry(version, "12.50", "CRDT", "<RvslInd>false</RvslInd>", "BOOK", "RCDT/ESCT", &one("P-6", "")),
            entry(
                version,
                "60.00",
                "CRDT",
                reversed,
                "BOOK",
                "ICDT/ESCT",
                &details("<Btch><PmtInfId>RUN-9-1</PmtInfId></Btch>"),
            ),
            // Money out that takes money in back: none of ours, but a person looks.
            entry(version, "12.50", "DBIT", reversed, "BOOK", "RCDT/ESCT", &one("P-7", "")),
            entry(version, "12.50", "DBIT", "", "BOOK", "RCDT/RRTN", &one("P-8", "")),
            entry(version, "12.50", "DBIT", "", "BOOK", "RCDT/ESCT", &one("P-9", reason)),
        ];
        let file = camt(version, &entries.concat());
        assert_valid(version, &file);
        let (summary, lines) = told(&file);
        assert_eq!((summary.ignored, summary.not_booked), (1, 0), "{version}");
        let line = |id: &str, outcome: &str, end: &str| {
            format!("payment {id} | {outcome} | status=BOOK | 12.50 EUR | on=2026-01-31 | ref=B-7{end}")
        };
        assert_eq!(
            lines,
            [
                line("P-1", "Returned", " | code=AC04 | name=Ana | text=Account closed"),
                line("P-2", "Returned", " | code=X9 | name=Ana"),
                line("P-3", "Returned", " | name=Ana"),
                line("P-4", "Returned", " | name=Ana"),
                line("P-5", "Returned", " | name=Ana"),
                "batch RUN-9-1 | Returned | status=BOOK | 60.00 EUR | on=2026-01-31 | ref=B-7".to_owned(),
                line("P-7", "Unknown", " | name=Ana"),
                line("P-8", "Unknown", " | name=Ana"),
                line("P-9", "Unknown", " | code=AC04 | name=Ana | text=Account closed"),
            ],
            "{version}"
        );
    }
}

#[test]
fn entry_and_transaction_that_contradict_each_other_are_for_a_person() {
    let version = "camt.053.001.08";
    let reason = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>";
    let cases = [
        ("DBIT", "CRDT", "", "", "Unknown"),
        ("CRDT", "DBIT", "", "", "Unknown"),
        // A debit that nets returns, and a return that repeats the direction of the payment.
        ("DBIT", "CRDT", "", reason, "Returned"),
        ("CRDT", "DBIT", "", reason, "Returned"),
        ("CRDT", "DBIT", "<RvslInd>true</RvslInd>", "", "Returned"),
        ("DBIT", "CRDT", "<RvslInd>true</RvslInd>", "", "Unknown"),
    ];
    for (outer, inner, marks, end, expected) in cases {
        let part = transaction(version, &named("P-1"), "5", inner, "Ana", end);
        let file = camt(version, &entry(version, "5", outer, marks, "BOOK", "ICDT/ESCT", &details(&part)));
        assert_valid(version, &file);
        let (_, lines) = told(&file);
        assert!(
            lines[0].starts_with(&format!("payment P-1 | {expected} |")),
            "{outer} {inner} {marks} {end}: {lines:?}"
        );
    }
}

#[test]
fn another_currency_keeps_what_was_ordered() {
    let version = "camt.053.001.08";
    let amounts = "<AmtDtls><InstdAmt><Amt Ccy=\"USD\">50.00</Amt></InstdAmt><TxAmt><Amt Ccy=\"EUR\">46.11</Amt></TxAmt></AmtDtls>";
    let part = format!("<TxDtls><Refs>{}</Refs>{amounts}</TxDtls>", named("P-1"));
    let file = camt(version, &entry(version, "46.11", "DBIT", "", "BOOK", "ICDT/XBCT", &details(&part)));
    assert_valid(version, &file);
    let expected = "payment P-1 | Settled | status=BOOK | 46.11 EUR | instructed=50.00 USD | on=2026-01-31 | ref=B-7";
    assert_eq!(told(file).1, [expected]);
}

#[test]
fn the_amount_of_an_entry_is_not_that_of_one_of_several() {
    let version = "camt.053.001.02";
    let two =
        [transaction(version, &named("P-1"), "", "", "Ana", ""), transaction(version, &named("P-2"), "", "", "Bo", "")];
    let together = entry(version, "30.00", "DBIT", "", "BOOK", "ICDT/ESCT", &details(&two.concat()));
    let apart =
        entry(version, "30.00", "DBIT", "", "BOOK", "ICDT/ESCT", &format!("{}{}", details(&two[0]), details(&two[1])));
    for entries in [together, apart] {
        let file = camt(version, &entries);
        assert_valid(version, &file);
        let expected = ["P-1", "P-2"].map(|id| {
            let name = if id == "P-1" { "Ana" } else { "Bo" };
            format!("payment {id} | Settled | status=BOOK | on=2026-01-31 | ref=B-7 | name={name}")
        });
        assert_eq!(told(file).1, expected);
    }
}

#[test]
fn several_accounts_and_a_time_of_booking() {
    let version = "camt.053.001.08";
    let fee = entry(version, "1.20", "DBIT", "", "BOOK", "ICDT/CHRG", "");
    let file = camt(version, &fee.replace("<Dt>2026-01-31</Dt>", "<DtTm>2026-01-31T23:59:00-05:00</DtTm>"));
    let second = "<Stmt><Id>S-2</Id><Acct><Id><Othr><Id>12-345</Id></Othr></Id></Acct><Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp>\
                  <Amt Ccy=\"EUR\">1</Amt><CdtDbtInd>DBIT</CdtDbtInd><Dt><Dt>2026-01-31</Dt></Dt></Bal></Stmt></BkToCstmrStmt>";
    let file = file.replace("</BkToCstmrStmt>", second);
    assert_valid(version, &file);
    let (summary, lines) = told(file);
    assert_eq!(summary.accounts.into_iter().collect::<Vec<_>>(), ["12-345", "DE89370400440532013000"]);
    assert_eq!(lines, ["unnamed | Settled | status=BOOK | 1.20 EUR | on=2026-01-31 | ref=B-7"]);
}

#[test]
fn entries_that_lack_or_repeat_what_decides_are_refused() {
    let version = "camt.053.001.08";
    let good = camt(
        version,
        &entry(
            version,
            "5",
            "DBIT",
            "",
            "BOOK",
            "ICDT/ESCT",
            &details(&transaction(version, &named("P-1"), "5", "DBIT", "Ana", "")),
        ),
    );
    let amount = "<Amt Ccy=\"EUR\">5</Amt>";
    let missing = |from: &str, to: &str| match refused(good.replacen(from, to, 1)) {
        FileError::Missing { element, .. }
        | FileError::Twice { element, .. }
        | FileError::OutOfOrder { element, .. } => element,
        error => panic!("{error}"),
    };
    assert_eq!(missing(amount, ""), "Ntry/Amt");
    assert_eq!(missing(amount, &amount.repeat(2)), "Ntry/Amt");
    assert_eq!(missing("<CdtDbtInd>DBIT</CdtDbtInd><Sts>", "<Sts>"), "Ntry/CdtDbtInd");
    assert_eq!(missing("<Sts><Cd>BOOK</Cd></Sts>", ""), "Ntry/Sts");
    assert_eq!(missing("<Sts><Cd>BOOK</Cd></Sts>", "<Sts/>"), "Ntry/Sts");
    let (summary, lines) = told(good.replace("<Cd>BOOK</Cd></Sts>", "<Prtry>BOOK</Prtry></Sts>"));
    assert_eq!((summary.not_booked, lines.len()), (1, 0));
    assert_eq!(missing("<Cd>BOOK</Cd>", "<Cd>BOOK</Cd><Cd>PDNG</Cd>"), "Ntry/Sts");
    assert_eq!(
        missing("<EndToEndId>P-1</EndToEndId>", "<EndToEndId>P-1</EndToEndId><EndToEndId>P-2</EndToEndId>"),
        "EndToEndId"
    );
    assert_eq!(missing("</NtryDtls>", "</NtryDtls><CdtDbtInd>CRDT</CdtDbtInd>"), "CdtDbtInd");
    assert_eq!(missing("</NtryDtls>", "</NtryDtls><RvslInd>true</RvslInd>"), "RvslInd");
    assert_eq!(missing("</NtryDtls>", "</NtryDtls><Sts><Cd>PDNG</Cd></Sts>"), "Sts");
}

#[test]
fn values_that_cannot_be_are_told_with_their_place() {
    let version = "camt.053.001.08";
    let good = camt(version, &entry(version, "5.00", "DBIT", "", "BOOK", "ICDT/ESCT", ""));
    let value = |from: &str, to: &str| match refused(good.replacen(from, to, 1)) {
        FileError::Value { flaw, field, found, place } => {
            assert_eq!(place.line, 6, "{place}");
            let end = good.find(from).expect("there") as u64;
            assert!(place.byte >= end && place.byte < end + 200, "{place}");
            (flaw, field, found)
        }
        error => panic!("{error}"),
    };
    let of = |flaw, field: &str, found: &str| (flaw, format!("Stmt/Ntry/{field}"), found.to_owned());
    assert_eq!(value("5.00", "-5.00"), of(Flaw::NegativeAmount, "Amt", "-5.00"));
    assert_eq!(value("5.00", "5,00"), of(Flaw::NotAnAmount, "Amt", "5,00"));
    assert_eq!(value("5.00", "5.000000"), of(Flaw::TooManyDecimals, "Amt", "5.000000"));
    assert_eq!(value("5.00", "1234567890123456789"), of(Flaw::TooManyDigits, "Amt", "1234567890123456789"));
    assert_eq!(value("5.00", ""), of(Flaw::Empty, "Amt", ""));
    assert_eq!(value("<Amt Ccy=\"EUR\">5.00", "<Amt>5.00"), of(Flaw::NoCurrency, "Amt", "5.00"));
    assert_eq!(value("<Amt Ccy=\"EUR\">5.00", "<Amt Ccy=\"euro\">5.00"), of(Flaw::NotACurrency, "Amt", "euro"));
    assert_eq!(value("DBIT", "debit"), of(Flaw::UnknownWord, "CdtDbtInd", "debit"));
    assert_eq!(
        value("2026-01-31</Dt></BookgDt>", "31.01.2026</Dt></BookgDt>"),
        of(Flaw::NotADate, "BookgDt/Dt", "31.01.2026")
    );
    assert_eq!(value("<Sts>", "<RvslInd>yes</RvslInd><Sts>"), of(Flaw::UnknownWord, "RvslInd", "yes"));
    let long = "x".repeat(141);
    let details = format!("<NtryDtls><TxDtls><Refs><EndToEndId>{long}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>");
    assert_eq!(value("</Ntry>", &details), of(Flaw::TooLong, "NtryDtls/TxDtls/Refs/EndToEndId", &"x".repeat(60)));
}

proptest! {
    /// Whatever is booked is what is told, in whatever version and grouping.
    #[test]
    fn what_was_booked_is_what_is_told(
        version in proptest::sample::select(&CAMTS[..]),
        entries in proptest::collection::vec(proptest::collection::vec((1_i64..100_000_000, any::<bool>()), 1..5), 0..12),
    ) {
        let mut expected = Vec::new();
        let mut made = String::new();
        for (number, payments) in entries.iter().enumerate() {
            let (mut parts, mut total) = (String::new(), Decimal::ZERO);
            for (place, (cents, came_back)) in payments.iter().enumerate() {
                let (id, amount) = (format!("P-{number}-{place}"), Decimal::new(*cents, 2));
                // A bank does not mix directions without saying so; here returns are in entries of their own.
                let came_back = *came_back && payments.len() == 1;
                let (direction, end) = if came_back { ("CRDT", "<RtrInf/>") } else { ("DBIT", "") };
                parts += &transaction(version, &named(&id), &amount.to_string(), direction, "Ana &amp; Co", end);
                total += amount;
                let outcome = if came_back { Outcome::Returned } else { Outcome::Settled };
                expected.push((Target::Payment(id), outcome, Some(amount)));
            }
            let direction = if payments.len() == 1 && payments[0].1 { "CRDT" } else { "DBIT" };
            made += &entry(version, &total.to_string(), direction, "", "BOOK", "ICDT/ESCT", &details(&parts));
        }
        let (_, lines) = read_all(camt(version, &made)).expect("a good file");
        let found: Vec<_> = lines.into_iter().map(|line| (line.target, line.outcome, line.amount.map(|money| money.amount))).collect();
        prop_assert_eq!(found, expected);
    }
}

use rust_decimal::Decimal;
