//! CSV files: plain, PayPal, Wise.

use super::*;

/// The flaw, column, and line of a value that is refused.
fn flaw(file: impl AsRef<[u8]>) -> (Flaw, String, String, u64) {
    match refused(file) {
        FileError::Value { flaw, field, found, place } => (flaw, field, found, place.line),
        error => panic!("{error}"),
    }
}

fn is(flaw: Flaw, field: &str, found: &str, line: u64) -> (Flaw, String, String, u64) {
    (flaw, field.to_owned(), found.to_owned(), line)
}

#[test]
fn plain_rows_of_every_status() {
    let file = "payout,status,date,reference,code\n\
                P-1,accepted,,,\n\
                P-2,paid,2026-01-31,B-1,\n\
                P-3,failed,2026-01-31,,AC04\n\
                \"P-4\", returned ,2026-01-31,\"B-2\",AC01\n\
                P-5,unknown,,,\n";
    let expected = [
        "payment P-1 | Accepted | status=accepted",
        "payment P-2 | Settled | status=paid | on=2026-01-31 | ref=B-1",
        "payment P-3 | Rejected | status=failed | on=2026-01-31 | code=AC04",
        "payment P-4 | Returned | status=returned | on=2026-01-31 | ref=B-2 | code=AC01",
        "payment P-5 | Unknown | status=unknown",
    ];
    let (summary, lines) = told(file);
    assert_eq!((summary.kind, summary.lines), (Kind::Plain, 5));
    assert_eq!(lines, expected);
    assert_eq!(told(format!("\u{feff}{file}")).1, expected, "with a byte order mark");
    assert_eq!(told(file.replace('\n', "\r\n")).1, expected);
    assert_eq!(told(file.trim_end()).1, expected, "without a last line break");
}

#[test]
fn plain_columns_in_any_order_with_amounts() {
    let file =
        "Currency,code,reference,Amount,status,DATE,payout\nEUR,,,12.50,paid,2026-01-31,P-1\n,,,,accepted,,P-2\n";
    let expected =
        ["payment P-1 | Settled | status=paid | 12.50 EUR | on=2026-01-31", "payment P-2 | Accepted | status=accepted"];
    assert_eq!(told(file).1, expected);
}

#[test]
fn plain_rows_that_cannot_be_are_told_with_line_and_column() {
    let with =
        |row: &str| flaw(format!("payout,status,date,reference,code,amount,currency\nP-0,accepted,,,,,\n{row}\n"));
    assert_eq!(with("P-1,payed,2026-01-31,,,,"), is(Flaw::UnknownWord, "status", "payed", 3));
    assert_eq!(with("P-1,PAID,2026-01-31,,,,"), is(Flaw::UnknownWord, "status", "PAID", 3));
    assert_eq!(with("P-1,,2026-01-31,,,,"), is(Flaw::Empty, "status", "", 3));
    assert_eq!(with(",paid,2026-01-31,,,,"), is(Flaw::Empty, "payout", "", 3));
    assert_eq!(with("P-1,paid,,,,,"), is(Flaw::Empty, "date", "", 3));
    assert_eq!(with("P-1,paid,31.01.2026,,,,"), is(Flaw::NotADate, "date", "31.01.2026", 3));
    assert_eq!(with("P-1,paid,2026-02-30,,,,"), is(Flaw::NotADate, "date", "2026-02-30", 3));
    assert_eq!(with("P-1,paid,2026-01-31,,,\"1,5\",EUR"), is(Flaw::NotAnAmount, "amount", "1,5", 3));
    assert_eq!(with("P-1,paid,2026-01-31,,,-1,EUR"), is(Flaw::NegativeAmount, "amount", "-1", 3));
    assert_eq!(with("P-1,paid,2026-01-31,,,1,"), is(Flaw::NoCurrency, "amount", "1", 3));
    assert_eq!(with("P-1,paid,2026-01-31,,,,EUR"), is(Flaw::NoAmount, "currency", "EUR", 3));
    assert_eq!(with("P-1,paid,2026-01-31,,,1,eur"), is(Flaw::NotACurrency, "currency", "eur", 3));
    assert_eq!(with("\"P-\n1\",paid,2026-01-31,,,,"), is(Flaw::ControlCharacter, "payout", "P- 1", 3));
}

#[test]
fn headers_that_are_not_ours() {
    assert!(matches!(refused(""), FileError::Empty));
    assert!(matches!(refused("\u{feff} \n"), FileError::Empty));
    assert!(matches!(refused("P-1,paid,2026-01-31,,\n"), FileError::UnknownColumns { .. }));
    assert!(matches!(refused("hello"), FileError::UnknownColumns { .. }));
    assert!(matches!(refused("payout,status,date,reference\n"), FileError::MissingColumn("code")));
    let error = refused("payout,status,date,reference,code,Ammount\n");
    assert!(matches!(&error, FileError::StrayColumn(name) if name == "Ammount"), "{error}");
    let error = refused("payout,status,date,reference,code,Status\n");
    assert!(matches!(&error, FileError::ColumnTwice(name) if name == "Status"), "{error}");
}

#[test]
fn rows_that_are_not_whole() {
    let header = "payout,status,date,reference,code\nP-1,accepted,,,\n";
    for row in ["P-2,paid,2026-01-31", "P-2,paid,2026-01-31,B,AC04,more"] {
        let error = refused(format!("{header}{row}\n"));
        assert!(matches!(error, FileError::RowWidth { place: Place { line: 3, .. }, columns: 5, .. }), "{error}");
    }
    // A mark that is not closed would swallow the rows after it.
    for rows in [
        "P-2,paid,2026-01-31,B,\"AC04\nP-3,paid,2026-01-31,B,\n",
        "P-2,paid,2026-01-31,5\" B,\n",
        "P-2,paid,2026-01-31,B,\"\nP-3,accepted,,,\"x\"\n",
    ] {
        let error = refused(format!("{header}{rows}"));
        assert!(matches!(error, FileError::Malformed { .. }), "{error}");
    }
    let error = refused([header.as_bytes(), b"P-\xff,accepted,,,\n"].concat());
    assert!(matches!(error, FileError::Encoding { place: Place { line: 3, .. }, .. }), "{error}");
}

#[test]
fn paypal_results_of_payouts() {
    let file = "payout_batch_id,payout_item_id,sender_item_id,transaction_id,transaction_status,receiver,amount,currency,time_processed,errors_name,errors_message\n\
        B,I1,P-1,T1,SUCCESS,ana@example.com,12.50,EUR,2026-01-31T10:17:41Z,,\n\
        B,I2,P-2,T2,UNCLAIMED,bo@example.com,12.50,EUR,2026-01-31T10:17:41Z,RECEIVER_UNREGISTERED,No account\n\
        B,I3,P-3,,FAILED,cy@example.com,12.50,EUR,,RECEIVER_ACCOUNT_LOCKED,\n\
        B,I4,P-4,T4,RETURNED,di@example.com,12.50,EUR,,,\n\
        B,I5,P-5,T5,ONHOLD,ed@example.com,12.50,EUR,,,\n\
        B,I6,P-6,,BLOCKED,fy@example.com,12.50,EUR,,,\n\
        B,I7,P-7,T7,REFUNDED,gy@example.com,12.50,EUR,,,\n\
        B,I8,P-8,T8,REVERSED,hi@example.com,12.50,EUR,,,\n\
        B,I9,P-9,T9,PENDING,io@example.com,12.50,EUR,,,\n";
    let (summary, lines) = told(file);
    assert_eq!((summary.kind, summary.ignored), (Kind::PayPal, 0));
    assert_eq!(
        lines,
        [
            "payment P-1 | Settled | status=SUCCESS | 12.50 EUR | on=2026-01-31 | ref=T1 | name=ana@example.com",
            "payment P-2 | Accepted | status=UNCLAIMED | 12.50 EUR | on=2026-01-31 | ref=T2 | code=RECEIVER_UNREGISTERED | name=bo@example.com | text=No account",
            "payment P-3 | Rejected | status=FAILED | 12.50 EUR | ref=I3 | code=RECEIVER_ACCOUNT_LOCKED | name=cy@example.com",
            "payment P-4 | Returned | status=RETURNED | 12.50 EUR | ref=T4 | name=di@example.com",
            "payment P-5 | Accepted | status=ONHOLD | 12.50 EUR | ref=T5 | name=ed@example.com",
            "payment P-6 | Rejected | status=BLOCKED | 12.50 EUR | ref=I6 | name=fy@example.com",
            "payment P-7 | Returned | status=REFUNDED | 12.50 EUR | ref=T7 | name=gy@example.com",
            "payment P-8 | Returned | status=REVERSED | 12.50 EUR | ref=T8 | name=hi@example.com",
            "payment P-9 | Accepted | status=PENDING | 12.50 EUR | ref=T9 | name=io@example.com",
        ]
    );
    assert_eq!(flaw(file.replace("ONHOLD", "LOST")), is(Flaw::UnknownWord, "transaction_status", "LOST", 6));
    let mass_pay = "Recipient,Amount,Currency,Unique ID,Transaction ID,Status,Fee\nana@example.com,\"1,250.00\",USD,P-1,T1,Completed,0.25\n";
    assert_eq!(
        told(mass_pay).1,
        ["payment P-1 | Settled | status=Completed | 1250.00 USD | ref=T1 | name=ana@example.com"]
    );
    assert_eq!(flaw(mass_pay.replace("USD", "")), is(Flaw::NoCurrency, "Amount", "1,250.00", 2));
    assert_eq!(flaw(mass_pay.replace("\"1,250.00\"", "\"1,250\"")), is(Flaw::AmbiguousAmount, "Amount", "1,250", 2));
}

#[test]
fn paypal_activity() {
    let file = "\u{feff}\"Date\",\"Time\",\"TimeZone\",\"Name\",\"Type\",\"Status\",\"Currency\",\"Gross\",\"Fee\",\"Net\",\"From Email Address\",\"To Email Address\",\"Transaction ID\",\"Reference Txn ID\",\"Invoice Number\",\"Custom Number\",\"Subject\",\"Note\"\n\
        \"31/01/2026\",\"10:00:00\",\"GMT\",\"Ana\",\"Mass Pay Payment\",\"Completed\",\"EUR\",\"-12,50\",\"-0,25\",\"-12,75\",\"us@example.com\",\"ana@example.com\",\"T1\",\"\",\"\",\"P-1\",\"You have a payout\",\"\"\n\
        \"01/02/2026\",\"10:00:00\",\"GMT\",\"\",\"Mass Pay Payment\",\"Unclaimed\",\"EUR\",\"-12,50\",\"0,00\",\"-12,50\",\"us@example.com\",\"bo@example.com\",\"T2\",\"\",\"\",\"\",\"\",\"\"\n\
        \"01/02/2026\",\"10:00:00\",\"GMT\",\"Cy\",\"Mass Payment Refund\",\"Completed\",\"EUR\",\"12,50\",\"0,00\",\"12,50\",\"cy@example.com\",\"us@example.com\",\"T3\",\"T0\",\"\",\"P-3\",\"\",\"\"\n\
        \"01/02/2026\",\"10:00:00\",\"GMT\",\"Di\",\"Mass Pay Payment\",\"Completed\",\"EUR\",\"12,50\",\"0,00\",\"12,50\",\"di@example.com\",\"us@example.com\",\"T4\",\"\",\"\",\"P-4\",\"\",\"\"\n\
        \"01/02/2026\",\"10:00:00\",\"GMT\",\"Shop\",\"Express Checkout Payment\",\"Odd\",\"EUR\",\"75,00\",\"-2,00\",\"73,00\",\"x@example.com\",\"us@example.com\",\"T5\",\"\",\"\",\"\",\"\",\"\"\n";
    let (summary, lines) = told(file);
    assert_eq!((summary.kind, summary.lines, summary.ignored), (Kind::PayPal, 4, 1));
    assert_eq!(
        lines,
        [
            "payment P-1 | Settled | status=Completed | 12.50 EUR | on=2026-01-31 | ref=T1 | name=ana@example.com | text=You have a payout",
            // 1 February or 2 January: not said, so not told.
            "unnamed | Accepted | status=Unclaimed | 12.50 EUR | ref=T2 | name=bo@example.com",
            "payment P-3 | Returned | status=Completed | 12.50 EUR | ref=T3 | name=us@example.com",
            // Money in that calls itself a payment.
            "payment P-4 | Unknown | status=Completed | 12.50 EUR | ref=T4 | name=us@example.com",
        ]
    );
}

#[test]
fn wise_transfers() {
    let header = "id,status,reference,targetValue,targetCurrency,created";
    let statuses = [
        ("outgoing_payment_sent", "Settled"),
        ("processing", "Accepted"),
        ("incoming_payment_waiting", "Accepted"),
        ("incoming_payment_initiated", "Accepted"),
        ("funds_converted", "Accepted"),
        ("cancelled", "Rejected"),
        ("funds_refunded", "Returned"),
        ("bounced_back", "Unknown"),
        ("charged_back", "Unknown"),
        ("unknown", "Unknown"),
    ];
    for (status, outcome) in statuses {
        let file = format!("{header}\n1709494792,{status},P-1,12.50,GBP,2026-01-31\n");
        let (summary, lines) = told(&file);
        assert_eq!(summary.kind, Kind::Wise);
        assert_eq!(lines, [format!("payment P-1 | {outcome} | status={status} | 12.50 GBP | ref=1709494792")]);
    }
    assert_eq!(flaw(format!("{header}\n1,sent,P-1,12.50,GBP,\n")), is(Flaw::UnknownWord, "status", "sent", 2));
    assert!(matches!(refused("id,status,targetValue,targetCurrency\n"), FileError::MissingColumn("paymentreference")));
}

#[test]
fn wise_history() {
    let header = "ID,Status,Direction,Created on,Finished on,Source fee amount,Source fee currency,Target fee amount,Target fee currency,Source name,Source amount (after fees),Source currency,Target name,Target amount (after fees),Target currency,Exchange rate,Reference,Batch,Created by,Category,Note";
    let row = |id: &str, status: &str, direction: &str, finished: &str, reference: &str| {
        format!(
            "{id},{status},{direction},2026-01-30 09:00:00,{finished},0.45,EUR,,,Us,12.50,EUR,Ana,10.60,GBP,0.848,{reference},R-9,Us,General,\n"
        )
    };
    let file = [
        format!("{header}\n"),
        row("TRANSFER-1", "COMPLETED", "OUT", "2026-01-31 09:01:00", "P-1"),
        row("1234567", "COMPLETED", "OUT", "31-01-2026 09:01", "P-2"),
        row("TRANSFER-3", "CANCELLED", "OUT", "", "P-3"),
        row("TRANSFER-4", "REFUNDED", "OUT", "2026-01-31 09:01:00", ""),
        row("TRANSFER-5", "COMPLETED", "IN", "2026-01-31 09:01:00", "Invoice"),
        row("CARD_TRANSACTION-6", "COMPLETED", "OUT", "2026-01-31 09:01:00", ""),
        row("BALANCE-7", "COMPLETED", "NEUTRAL", "2026-01-31 09:01:00", ""),
    ]
    .concat();
    let (summary, lines) = told(&file);
    assert_eq!((summary.kind, summary.lines, summary.ignored), (Kind::Wise, 4, 3));
    assert_eq!(
        lines,
        [
            "payment P-1 | Settled | status=COMPLETED | 10.60 GBP | on=2026-01-31 | ref=TRANSFER-1 | name=Ana",
            "payment P-2 | Settled | status=COMPLETED | 10.60 GBP | on=2026-01-31 | ref=1234567 | name=Ana",
            "payment P-3 | Rejected | status=CANCELLED | 10.60 GBP | ref=TRANSFER-3 | name=Ana",
            "unnamed | Returned | status=REFUNDED | 10.60 GBP | on=2026-01-31 | ref=TRANSFER-4 | name=Ana",
        ]
    );
    assert_eq!(flaw(file.replacen("CANCELLED", "PAUSED", 1)), is(Flaw::UnknownWord, "Status", "PAUSED", 4));
}
