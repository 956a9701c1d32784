//! Whole statements: where things stand on the sheets, and what is in the file.

use super::super::model::{Column, Document, Error, Row};
use super::font::{Fonts, MISSING};
use super::sheet::{BOTTOM, LEFT, Mark, RIGHT, Sheet, TOP};
use super::{set, write};
use chrono::DateTime;
use proptest::prelude::*;
use rust_decimal::Decimal;
use std::process::Command;

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect()
}

fn document() -> Document {
    let column = |(label, numeric): (&str, bool)| Column { label: label.to_owned(), numeric };
    Document {
        language: "es".to_owned(),
        title: "Liquidación de comisiones".to_owned(),
        programme_name: "Regalos del Mediterráneo".to_owned(),
        partner_name: "Łucja Dąbrowska-Wójcik".to_owned(),
        partner_lines: vec!["Λεωφόρος Συγγρού 12".to_owned(), "ул. Пушкина, Київ".to_owned()],
        facts: pairs(&[("Periodo", "noviembre de 2025"), ("Número", "LQ-342")]),
        head: [("Pedido", false), ("Oferta", false), ("Comisión", true)].map(column).into(),
        totals: pairs(&[("Comisiones", "12.408,15 €"), ("Total abonado", "12.408,15 €")]),
        notes: vec!["Cada comisión se redondea por separado al céntimo.".to_owned()],
        page_words: "Página {n} de {m}".to_owned(),
        created_at: DateTime::from_timestamp(1_764_547_200, 0).unwrap_or_default(),
    }
}

fn rows(count: usize) -> Vec<Row> {
    let cells = |n| vec![format!("RM-{n:05}"), "Cestas de Navidad".to_owned(), format!("{n},50 €")];
    (0..count).map(|n| Row { cells: cells(n) }).collect()
}

fn sheets(document: &Document, rows: Vec<Row>) -> Vec<Sheet> {
    let fonts = Fonts::load().unwrap();
    set(document, rows.into_iter(), &fonts.faces()).unwrap().0
}

fn texts(sheet: &Sheet) -> Vec<&str> {
    sheet.marks.iter().map(|mark| mark.line.text.as_str()).collect()
}

fn marks(sheets: &[Sheet]) -> impl Iterator<Item = &Mark> {
    sheets.iter().flat_map(|sheet| &sheet.marks)
}

#[test]
fn every_page_has_head_foot_and_rows() {
    for count in [1, 2, 3, 20, 29, 30, 31, 32, 33, 34, 35, 36, 37, 76, 77, 78, 200] {
        let sheets = sheets(&document(), rows(count));
        for (index, sheet) in sheets.iter().enumerate() {
            let texts = texts(sheet);
            assert_eq!(texts.iter().filter(|text| **text == "Comisión").count(), 1, "page {index} of {count} rows");
            assert!(texts.contains(&format!("Página {} de {}", index + 1, sheets.len()).as_str()));
            assert!(texts.iter().any(|text| text.starts_with("RM-")), "page {index} of {count} rows has none");
        }
        let orders: Vec<&str> =
            marks(&sheets).map(|mark| mark.line.text.as_str()).filter(|text| text.starts_with("RM-")).collect();
        assert_eq!(orders, (0..count).map(|n| format!("RM-{n:05}")).collect::<Vec<_>>());
        let last = texts(&sheets[sheets.len() - 1]);
        assert!(
            last.contains(&"Total abonado")
                && last.iter().filter(|text| text.starts_with("RM-")).count() >= count.min(2)
        );
    }
}

#[test]
fn figures_end_under_each_other() {
    let sheets = sheets(&document(), rows(60));
    let figures: Vec<&Mark> = marks(&sheets).filter(|mark| mark.line.text.ends_with(" €")).collect();
    assert_eq!(figures.len(), 62);
    assert!(figures.iter().all(|mark| mark.left + mark.line.width == RIGHT));
}

#[test]
fn no_rows_no_table() {
    let mut document = document();
    document.notes.push("Nada que liquidar.".to_owned());
    let sheets = sheets(&document, Vec::new());
    let texts = texts(&sheets[0]);
    assert!(!texts.contains(&"Comisión") && texts.contains(&"Total abonado") && texts.contains(&"Nada que liquidar."));
}

#[test]
fn says_why_there_is_none() {
    let mut untitled = document();
    untitled.title = "  ".to_owned();
    assert!(matches!(write(&untitled, rows(1).into_iter()), Err(Error::NoTitle)));
    let mut wide = document();
    wide.head = vec![wide.head[0].clone(); 13];
    assert!(matches!(write(&wide, rows(0).into_iter()), Err(Error::TooManyColumns(13))));
    let short = [Row { cells: vec!["RM-1".to_owned()] }];
    assert!(matches!(write(&document(), short.into_iter()), Err(Error::Cells { row: 1, found: 1, expected: 3 })));
}

#[test]
fn same_input_same_bytes() {
    let once = write(&document(), rows(80).into_iter()).unwrap();
    assert_eq!(once, write(&document(), rows(80).into_iter()).unwrap());
    let mut later = document();
    later.created_at += chrono::TimeDelta::seconds(1);
    assert_ne!(once, write(&later, rows(80).into_iter()).unwrap());
}

/// What a programme of poppler-utils prints of a file; `None`, and said so, where it is not installed.
fn poppler(program: &str, arguments: &[&str], pdf: &[u8]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("statement.pdf");
    std::fs::write(&path, pdf).unwrap();
    let mut command = Command::new(program);
    command.args(arguments).arg(&path);
    if program == "pdftotext" {
        command.arg("-");
    }
    match command.output() {
        Ok(output) => {
            assert!(output.status.success(), "{output:?}");
            Some(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Err(error) => {
            eprintln!("not tested: {program} (poppler-utils): {error}");
            None
        }
    }
}

#[test]
fn text_can_be_copied() {
    let mut document = document();
    document.partner_lines.push("חיים 山田".to_owned());
    let pdf = write(&document, rows(80).into_iter()).unwrap();
    let Some(text) = poppler("pdftotext", &["-layout"], &pdf) else { return };
    let expected = [
        "Liquidación de comisiones",
        "Łucja Dąbrowska-Wójcik",
        "Λεωφόρος Συγγρού 12",
        "ул. Пушкина, Київ",
        "□□□□ □□",
        "Página 2 de 3",
        "12.408,15 €",
    ];
    for expected in expected {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    for n in 0..80 {
        let line = text.lines().find(|line| line.contains(&format!("RM-{n:05}"))).unwrap();
        assert!(line.contains("Cestas de Navidad") && line.ends_with(&format!(" {n},50 €")), "{line}");
    }
}

#[test]
fn screen_readers_get_a_table_and_the_whole_text() {
    let mut document = document();
    document.partner_name = "山田".to_owned();
    let pdf = write(&document, rows(80).into_iter()).unwrap();
    let Some(text) = poppler("pdfinfo", &["-struct-text"], &pdf) else { return };
    assert_eq!(text.lines().filter(|line| line.trim() == "TD").count(), 2 + 80 * 3 + 2);
    assert_eq!(text.matches("/Scope /Column").count(), 3, "the head is read once");
    assert_eq!(text.matches("H1 ").count(), 1);
    assert!(!text.contains("Página"), "running text is not read");
    assert!(text.find("RM-00079") < text.find("Total abonado"), "in reading order");
    let Some(about) = poppler("pdfinfo", &[], &pdf) else { return };
    for line in ["Liquidación de comisiones", "Tagged:          yes", "A4"] {
        assert!(about.contains(line), "{line} in {about}");
    }
    assert!(String::from_utf8_lossy(&pdf).contains("/ActualText"), "what is not printed as it is");
}

/// Any characters, and more often those that fonts and PDF find hard.
fn hostile() -> impl Strategy<Value = String> {
    let hard = "[\u{5d0}-\u{5ea}\u{627}-\u{64a}\u{1f300}-\u{1f6ff}\u{200b}-\u{200f}\u{202a}-\u{202e}\u{300}-\u{36f}\u{fe0f}\u{e000}\\x00-\\x20a-z0-9€-]{0,60}";
    prop_oneof![3 => hard, 1 => any::<String>(), 1 => "[a-z]{300,1200}"]
}

prop_compose! {
    fn any_document()(
        words in proptest::collection::vec(hostile(), 8),
        head in proptest::collection::vec((hostile(), any::<bool>()), 0..=12),
        facts in proptest::collection::vec((hostile(), hostile()), 0..4),
    )(
        rows in proptest::collection::vec(proptest::collection::vec(hostile(), head.len()), 0..6),
        words in Just(words), head in Just(head), facts in Just(facts),
    ) -> (Document, Vec<Row>) {
        let word = |index: usize| words[index].clone();
        let document = Document {
            title: format!("x{}", word(0)),
            programme_name: word(1),
            partner_name: word(2),
            partner_lines: vec![word(3), word(4)],
            totals: facts.clone(),
            facts,
            head: head.into_iter().map(|(label, numeric)| Column { label, numeric }).collect(),
            notes: vec![word(5), word(6)],
            page_words: word(7),
            ..document()
        };
        (document, rows.into_iter().map(|cells| Row { cells }).collect())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_text_makes_a_statement((document, rows) in any_document()) {
        let pdf = write(&document, rows.clone().into_iter()).unwrap();
        prop_assert!(pdf.starts_with(b"%PDF-1.7"));
        for mark in marks(&sheets(&document, rows)) {
            prop_assert!(mark.left >= LEFT - mark.style.size && mark.left + mark.line.width <= RIGHT + mark.style.size);
            prop_assert!(mark.baseline > TOP - 20_000 && mark.baseline < BOTTOM + 40_000);
        }
    }

    #[test]
    fn figures_are_never_shortened(amounts in proptest::collection::vec(any::<i128>(), 12)) {
        let amount = |units: &i128| Decimal::from_i128_with_scale(units % (1 << 95), 4).to_string();
        let cells: Vec<String> = amounts.iter().map(amount).collect();
        let mut document = document();
        document.head = vec![document.head[2].clone(); 12];
        let sheets = sheets(&document, vec![Row { cells: cells.clone() }]);
        let printed: String = marks(&sheets).map(|mark| mark.line.text.as_str()).collect();
        prop_assert!(cells.iter().all(|cell| printed.contains(cell)), "{printed}");
        prop_assert!(!printed.contains(['…', MISSING]));
    }
}
