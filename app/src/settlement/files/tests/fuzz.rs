//! Files cut off anywhere, and files with anything changed: an error or a reading, never a panic.

use super::made::{CAMTS, camt, entry, status_report, transaction};
use super::*;
use proptest::prelude::*;

/// A file of every kind; the first of each pair says whether a file of that kind has an end that can be missed.
fn seeds() -> Vec<(bool, Vec<u8>)> {
    let mut seeds = Vec::new();
    for version in [CAMTS[0], CAMTS[2], CAMTS[4]] {
        let part = transaction(
            version,
            "<EndToEndId>P-1</EndToEndId>",
            "5",
            "DBIT",
            "Zoë",
            "<RmtInf><Ustrd>é</Ustrd></RmtInf>",
        );
        let back = transaction(
            version,
            "<EndToEndId>P-2</EndToEndId>",
            "5",
            "CRDT",
            "Bo",
            "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>",
        );
        let batch = "<NtryDtls><Btch><PmtInfId>R-1</PmtInfId><NbOfTxs>2</NbOfTxs></Btch></NtryDtls>";
        let entries = [
            entry(version, "5.00", "DBIT", "", "BOOK", "ICDT/ESCT", &format!("<NtryDtls>{part}</NtryDtls>")),
            entry(
                version,
                "5.00",
                "CRDT",
                "<RvslInd>true</RvslInd>",
                "BOOK",
                "ICDT/RRTN",
                &format!("<NtryDtls>{back}</NtryDtls>"),
            ),
            entry(version, "10.00", "DBIT", "", "BOOK", "ICDT/ESCT", batch),
        ];
        seeds.push((true, camt(version, &entries.concat()).into_bytes()));
    }
    let payments = "<OrgnlPmtInfAndSts><OrgnlPmtInfId>R-1</OrgnlPmtInfId><PmtInfSts>RJCT</PmtInfSts><TxInfAndSts>\
                    <OrgnlEndToEndId>P-1</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf>\
                    <OrgnlTxRef><Amt><InstdAmt Ccy=\"EUR\">5</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts></OrgnlPmtInfAndSts>";
    let report = status_report("pain.002.001.11", "<GrpSts>RJCT</GrpSts>", payments);
    let wide = report.replace("UTF-8", "UTF-16").encode_utf16().flat_map(u16::to_le_bytes).collect();
    seeds.push((true, report.clone().into_bytes()));
    seeds.push((true, report.replace("UTF-8", "ISO-8859-1").into_bytes()));
    seeds.push((true, wide));
    seeds.push((false, b"payout,status,date,reference,code,amount,currency\nP-1,paid,2026-01-31,\"B\"\"1\",,12.50,EUR\nP-2,failed,2026-01-31,,AC04,,\n".to_vec()));
    seeds.push((false, b"sender_item_id,transaction_status,transaction_id,amount,currency,time_processed\nP-1,SUCCESS,T1,\"1,250.00\",EUR,31/01/2026\n".to_vec()));
    seeds.push((false, b"Date,Type,Status,Currency,Gross,Transaction ID,Custom Number\n01/02/2026,Mass Pay Payment,Completed,EUR,\"-5,00\",T1,P-1\n".to_vec()));
    seeds.push((false, b"ID,Status,Direction,Finished on,Target amount,Target currency,Reference\nTRANSFER-1,COMPLETED,OUT,31-01-2026 10:00,5.00,GBP,P-1\n".to_vec()));
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    writer.start_file("a.xml", options).expect("member");
    std::io::Write::write_all(&mut writer, report.as_bytes()).expect("written");
    seeds.push((true, writer.finish().expect("finished").into_inner()));
    seeds
}

#[test]
fn a_file_cut_off_anywhere_is_never_taken_for_a_whole_one() {
    for (has_end, seed) in seeds() {
        read_all(&seed).expect("a good file");
        let whole = seed.iter().rposition(|byte| !matches!(byte, b'\n' | 0)).map_or(0, |last| last + 1);
        for end in 0..whole {
            let result = read_all(&seed[..end]);
            assert!(!has_end || result.is_err(), "cut off at {end}: {}", String::from_utf8_lossy(&seed[..end]));
        }
    }
}

/// One change to a file.
#[derive(Clone, Debug)]
enum Change {
    Byte(usize, u8),
    Cut(usize, usize),
    Copy(usize, usize, usize),
    Put(usize, &'static str),
}

/// What is put in has a meaning for one of the readers.
const PIECES: [&str; 24] = [
    "<",
    ">",
    "&",
    "&amp;",
    "&#0;",
    "<!DOCTYPE a>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?xml?>",
    "\"",
    ",",
    "\n",
    "-",
    "0",
    "\u{feff}",
    "\u{0}",
    " xmlns=\"x\"",
    "</",
    "/>",
    "é",
    "PK\u{3}\u{4}",
    "Ccy=\"\"",
];

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        (any::<usize>(), 1_usize..200).prop_map(|(at, length)| Change::Cut(at, length)),
        (any::<usize>(), 1_usize..400, any::<usize>()).prop_map(|(at, length, to)| Change::Copy(at, length, to)),
        (any::<usize>(), proptest::sample::select(&PIECES[..])).prop_map(|(at, piece)| Change::Put(at, piece)),
    ]
}

fn changed(mut file: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let size = file.len() + 1;
        let span = |at: usize, length: usize| (at % size)..(at % size + length).min(size - 1);
        match change {
            Change::Byte(at, byte) => {
                if let Some(place) = file.get_mut(at % size) {
                    *place = *byte;
                }
            }
            Change::Cut(at, length) => drop(file.drain(span(*at, *length))),
            Change::Copy(at, length, to) => {
                let piece = file[span(*at, *length)].to_vec();
                file.splice(to % size..to % size, piece);
            }
            Change::Put(at, piece) => drop(file.splice(at % size..at % size, piece.bytes())),
        }
    }
    file
}

proptest! {
    #[test]
    fn a_changed_file_never_panics(number in any::<usize>(), changes in proptest::collection::vec(change(), 1..6)) {
        thread_local!(static SEEDS: Vec<(bool, Vec<u8>)> = seeds());
        let file = SEEDS.with(|seeds| changed(seeds[number % seeds.len()].1.clone(), &changes));
        if let Ok((summaries, lines)) = read_all(&file) {
            prop_assert!(!summaries.is_empty());
            for line in lines {
                prop_assert!(line.amount.is_none_or(|money| !money.amount.is_sign_negative()));
                prop_assert!(line.text.is_none_or(|text| text.chars().count() <= 500 && !text.contains(char::is_control)));
            }
        }
    }

    #[test]
    fn anything_at_all_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read_all(&bytes);
        for start in [&b"<"[..], b"<?xml version=\"1.0\" encoding=\"", b"payout,status,date,reference,code\n", b"PK\x03\x04", b"\xff\xfe"] {
            let _ = read_all([start, &bytes].concat());
        }
    }
}
