//! Files made to do harm.

use super::made::{camt, entry};
use super::*;
use std::io::{Read, Seek, SeekFrom};

const VERSION: &str = "camt.053.001.08";

fn good() -> String {
    camt(VERSION, &entry(VERSION, "5.00", "DBIT", "", "BOOK", "ICDT/ESCT", "<AddtlNtryInf>Fee</AddtlNtryInf>"))
}

#[test]
fn document_types_and_entities() {
    let bomb = "<!DOCTYPE lolz [<!ENTITY a \"lol\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;\">]>";
    let external = "<!DOCTYPE d [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>";
    let parameter = "<!DOCTYPE d [<!ENTITY % p SYSTEM \"http://example.com/x.dtd\"> %p;]>";
    for doctype in [
        bomb,
        external,
        parameter,
        "<!DOCTYPE d>",
        "<!DOCTYPE d SYSTEM \"x.dtd\">",
        "<!doctype d>",
        "<!DOCTYPE>",
        "<!DOCTYPE d [",
    ] {
        let with = good().replacen('\n', &format!("\n{doctype}"), 1).replace("Fee", "&a;&x;");
        let error = refused(&with);
        assert!(matches!(error, FileError::Doctype { .. }), "{doctype}: {error}");
    }
    for (reference, name) in [("&x;", "x"), ("&nbsp;", "nbsp")] {
        let error = refused(good().replace("Fee", reference));
        assert!(matches!(&error, FileError::Entity { name: found, .. } if found == name), "{error}");
    }
    for broken in ["&", "& ", "&#0;", "&#xD800;", "&#x110000;", "&#;", "&#1;", "\u{0}", "\u{1b}"] {
        let error = refused(good().replace("Fee", broken));
        assert!(matches!(error, FileError::Malformed { .. } | FileError::Entity { .. }), "{broken:?}: {error}");
    }
}

#[test]
fn nesting() {
    let nested = |depth: usize| good().replace("Fee", &format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth)));
    assert!(read_all(nested(59)).is_ok());
    assert!(matches!(refused(nested(60)), FileError::TooDeep { .. }));
    assert!(matches!(refused(nested(100_000)), FileError::TooDeep { .. }));
    let strange = |depth: usize| {
        good().replace("Fee", &format!("{}{}", "<a xmlns=\"urn:x\">".repeat(depth), "</a>".repeat(depth)))
    };
    assert!(read_all(strange(59)).is_ok());
    assert!(matches!(refused(strange(60)), FileError::TooDeep { .. }));
    assert!(!matches!(refused("<a>".repeat(100_000)), FileError::Io(_)));
}

#[test]
fn long_pieces_are_refused_before_they_are_held() {
    let long = "x".repeat(2 * 1024 * 1024);
    let fill = |text: &str| good().replace("Fee", text);
    for file in [
        fill(&long),
        fill(&format!("<![CDATA[{long}]]>")),
        fill(&format!("<!--{long}-->")),
        fill(&format!("<?{long}?>")),
        fill(&format!("<{long}/>")),
        fill(&format!("<a b=\"{long}\"/>")),
        fill(&"<!-- -->x".repeat(70_000)),
        format!("payout,status,date,reference,code\nP-1,accepted,,,\"{long}\"\n"),
        format!("payout,status,{long}\n"),
    ] {
        let error = refused(&file);
        assert!(matches!(error, FileError::TooLong { .. }), "{error}");
    }
    let name = "x".repeat(300);
    assert!(matches!(refused(fill(&format!("<{name}/>"))), FileError::TooLong { .. }));
    let namespace = good().replace("urn:iso:", &format!("urn:{name}:"));
    assert!(matches!(refused(namespace), FileError::UnknownNamespace { .. }));
    let accounts: String = (0..1001).map(|number| format!("<Acct><Id><IBAN>{number}</IBAN></Id></Acct>")).collect();
    let error = refused(good().replace("<Ntry>", &format!("{accounts}<Ntry>")));
    assert!(matches!(error, FileError::TooManyAccounts { limit: 1000 }), "{error}");
    let many: String = (0..100).map(|number| format!(" a{number}=\"\"")).collect();
    assert!(matches!(refused(fill(&format!("<a{many}/>"))), FileError::Malformed { .. }));
    let bindings: String = (0..200).map(|number| format!(" xmlns:a{number}=\"urn:{number}\"")).collect();
    assert!(matches!(refused(fill(&format!("<a{bindings}/>"))), FileError::Malformed { .. }));
}

#[test]
fn size_is_exact() {
    let file = good();
    let size = file.len() as u64;
    let with = |limit: u64| read(Cursor::new(file.as_bytes()), "file", limit, &mut |_| {});
    assert!(with(size).is_ok());
    assert!(matches!(with(size - 1), Err(FileError::TooLarge { limit }) if limit == size - 1));
    assert!(matches!(with(0), Err(FileError::TooLarge { limit: 0 })));
}

#[test]
fn what_is_not_well_formed() {
    for (from, to) in [
        ("</Ntry>", "</Entry>"),
        ("</Document>", "</Document><Document/>"),
        ("</Document>", "</Document>text"),
        ("<Ntry>", "text<Ntry>"),
        ("</Ntry>", "text</Ntry>"),
        ("<Ntry>", "<Ntry>text"),
        ("Ccy=\"EUR\"", "Ccy=EUR"),
        ("Ccy=\"EUR\"", "Ccy=\"EUR\" Ccy=\"USD\""),
        ("<Ntry>", "<!-- -- --><Ntry>"),
        ("<Ntry>", "<!X><Ntry>"),
        ("</Document>", "</Document></Document>"),
    ] {
        let error = refused(good().replacen(from, to, 1));
        assert!(matches!(error, FileError::Malformed { .. }), "{from} {to}: {error}");
    }
}

#[test]
fn files_of_other_kinds() {
    for file in
        [&b"%PDF-1.7\n\x01\x02"[..], b"\x1f\x8b\x08\x00", b"\x00\x00\x00", b"\x89PNG\r\n\x1a\n\x00", &[b' '; 5000]]
    {
        assert!(matches!(refused(file), FileError::UnknownKind), "{file:?}");
    }
    assert!(matches!(refused(b""), FileError::Empty));
    assert!(matches!(refused(b"  \r\n"), FileError::Empty));
    assert!(matches!(refused("{a: 1}"), FileError::UnknownColumns { .. }));
}

/// A disk that fails.
struct Failing(Cursor<Vec<u8>>, u64);

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.0.position() >= self.1 {
            return Err(std::io::Error::other("the disk failed"));
        }
        let some = buffer.len().min(16);
        self.0.read(&mut buffer[..some])
    }
}

impl Seek for Failing {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn a_disk_that_fails_is_told_as_such() {
    let csv = "payout,status,date,reference,code\n".to_owned() + &"P-1,accepted,,,\n".repeat(500);
    for file in [good(), csv] {
        for fails_at in [0, 20, file.len() as u64 - 20] {
            let input = Failing(Cursor::new(file.clone().into_bytes()), fails_at);
            let error = read(input, "file", LARGEST, &mut |_| {}).expect_err("the disk failed");
            assert!(matches!(&error, FileError::Io(inner) if inner.to_string() == "the disk failed"), "{error}");
        }
    }
}
