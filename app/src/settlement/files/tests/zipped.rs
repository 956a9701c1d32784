//! Zip archives.

use super::made::{camt, entry};
use super::*;
use std::io::Write;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const PLAIN: &str = "payout,status,date,reference,code\nP-1,accepted,,,\nP-2,accepted,,,\n";

fn statement() -> String {
    let version = "camt.053.001.08";
    camt(version, &entry(version, "5.00", "DBIT", "", "BOOK", "ICDT/ESCT", ""))
}

fn zipped<'a>(members: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in members {
        if name.ends_with('/') {
            writer.add_directory(name, options).expect("folder");
        } else {
            writer.start_file(name, options).expect("member");
            writer.write_all(bytes).expect("written");
        }
    }
    writer.finish().expect("finished").into_inner()
}

/// Why the member is refused.
fn member(file: Vec<u8>) -> (String, FileError) {
    match refused(file) {
        FileError::Member { name, source } => (name, *source),
        error => panic!("{error}"),
    }
}

#[test]
fn members_are_read_in_turn_and_their_lines_counted_on() {
    let statement = statement();
    let file = zipped([
        ("2026/", &b""[..]),
        ("2026/one.xml", statement.as_bytes()),
        ("__MACOSX/2026/._one.xml", b"\x00\x05\x16\x07"),
        ("two.txt", PLAIN.as_bytes()),
        (".DS_Store", b"\x00"),
    ]);
    let (summaries, lines) = read_all(&file).expect("a good file");
    let about: Vec<_> = summaries.iter().map(|summary| (summary.file.as_str(), summary.kind, summary.lines)).collect();
    assert_eq!(about, [("file/2026/one.xml", Kind::Camt053, 1), ("file/two.txt", Kind::Plain, 2)]);
    assert_eq!(lines.len(), 3);
}

#[test]
fn one_bad_member_refuses_all() {
    let (name, error) = member(zipped([("a.csv", PLAIN.as_bytes()), ("b.pdf", b"%PDF\x00")]));
    assert_eq!(name, "b.pdf");
    assert!(matches!(error, FileError::UnknownKind));
    let (_, error) = member(zipped([("a.csv", PLAIN.as_bytes()), ("b.csv", b"")]));
    assert!(matches!(error, FileError::Empty));
    let inner = zipped([("a.csv", PLAIN.as_bytes())]);
    assert!(matches!(member(zipped([("inner.zip", &inner[..])])).1, FileError::NestedZip));
    assert!(matches!(refused(zipped([])), FileError::Empty));
    assert!(matches!(refused(zipped([("a/", &b""[..])])), FileError::Empty));
}

#[test]
fn bombs_are_stopped_by_the_bytes_that_come_out() {
    const LIMIT: u64 = 1024 * 1024;
    let refused = |file: &[u8]| match read(Cursor::new(file), "file", LIMIT, &mut |_| {}) {
        Err(FileError::Member { name, source }) => (name, *source),
        other => panic!("{other:?}"),
    };
    let rows = |number: usize| format!("{PLAIN}{}", "P-3,accepted,,,\n".repeat(number));
    let bomb = zipped([("bomb.csv", rows(1024 * 1024).as_bytes())]);
    assert!(bomb.len() < 100_000, "{}", bomb.len());
    assert!(matches!(refused(&bomb).1, FileError::TooLarge { limit: LIMIT }));
    // Spread over members, each of them small enough.
    let part = rows(16 * 1024);
    let parts = zipped(["a", "b", "c", "d", "e"].map(|name| (name, part.as_bytes())));
    let (name, error) = refused(&parts);
    assert!(name == "d" && matches!(error, FileError::TooLarge { .. }), "{name}: {error}");
    // Nothing but white space, and a single piece.
    let blank = " ".repeat(20 * 1024 * 1024);
    assert!(matches!(member(zipped([("a.xml", blank.as_bytes())])).1, FileError::UnknownKind));
    let padded = format!("<Document xmlns=\"x\">{blank}</Document>");
    assert!(matches!(member(zipped([("a.xml", padded.as_bytes())])).1, FileError::TooLong { .. }));
}

#[test]
fn members_are_counted() {
    let names: Vec<String> = (0..=100).map(|number| format!("{number}.csv")).collect();
    let hundred = zipped(names[..100].iter().map(|name| (name.as_str(), PLAIN.as_bytes())));
    assert_eq!(read_all(hundred).expect("a good file").0.len(), 100);
    let more = zipped(names.iter().map(|name| (name.as_str(), PLAIN.as_bytes())));
    assert!(matches!(refused(more), FileError::TooManyMembers { limit: 100 }));
    let names: Vec<String> = (0..40_000).map(|number| format!("{number}.csv")).collect();
    let far_more = zipped(names.iter().map(|name| (name.as_str(), &b""[..])));
    assert!(
        matches!(refused(far_more), FileError::TooManyMembers { limit: 100 }),
        "a directory of that size is not read"
    );
}

#[test]
fn damaged_archives() {
    let file = zipped([("a.csv", PLAIN.as_bytes())]);
    for end in 0..file.len() {
        refused(&file[..end]);
    }
    // The check sum of the member does not fit.
    let mut wrong = file.clone();
    for at in 0..wrong.len() - 4 {
        if wrong[at..].starts_with(b"PK\x01\x02") {
            wrong[at + 16] ^= 1;
        }
    }
    assert!(matches!(member(wrong).1, FileError::Io(_)));
    let mut stored = ZipWriter::new(Cursor::new(Vec::new()));
    stored
        .start_file("a.csv", SimpleFileOptions::default().compression_method(CompressionMethod::Stored))
        .expect("member");
    stored.write_all(PLAIN.as_bytes()).expect("written");
    assert_eq!(read_all(stored.finish().expect("finished").into_inner()).expect("a good file").1.len(), 2);
    assert!(matches!(refused([b"PK\x03\x04", &[0_u8; 100][..]].concat()), FileError::Zip(_)));
}
