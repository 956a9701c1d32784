//! A statement as a PDF on A4: PDF/A-2a for the archive, PDF/UA-1 for those who listen, text that can be copied.
//!
//! Each step has a file: `font` and `wrap` set text, `columns` shares out the width, `opening`, `pairs` and `table` place
//! everything on the sheets of `sheet`, `tags` says what it means, `draw` makes a PDF of it.

mod columns;
mod draw;
mod font;
mod opening;
mod pairs;
mod sheet;
mod table;
mod tags;
#[cfg(test)]
mod tests;
mod wrap;

use super::model::{Document, Error, MOST_COLUMNS, Row};
use font::{Faces, Fonts};
use sheet::{Align, BOTTOM, Ink, LEFT, Length, RIGHT, Rule, SMALL, Sheet, Sheets, TOP_AGAIN};
use tags::{Kind, Tags};

/// The statement. The same document and rows make the same bytes. Without rows there is no table: a note should say so.
///
/// Letters that the font lacks (it has Latin, Greek and Cyrillic ones) are printed as □, once for each; screen readers
/// get the text as it is.
pub fn write(document: &Document, rows: impl Iterator<Item = Row>) -> Result<Vec<u8>, Error> {
    let fonts = Fonts::load()?;
    let faces = fonts.faces();
    let (sheets, tags) = set(document, rows, &faces)?;
    draw::draw(document, &faces, sheets, tags)
}

/// Everything in its place.
fn set(document: &Document, rows: impl Iterator<Item = Row>, faces: &Faces<'_>) -> Result<(Vec<Sheet>, Tags), Error> {
    if document.title.trim().is_empty() {
        return Err(Error::NoTitle);
    }
    if document.head.len() > MOST_COLUMNS {
        return Err(Error::TooManyColumns(document.head.len()));
    }
    let rows =
        rows.enumerate().map(|(index, row)| document.checked(index, row)).collect::<Result<Vec<Row>, Error>>()?;
    let mut sheets = Sheets::new(faces);
    opening::set(&mut sheets, document);
    table::set(&mut sheets, document, rows);
    notes(&mut sheets, &document.notes);
    let (mut sheets, tags) = sheets.finish();
    running(&mut sheets, document, faces);
    Ok((sheets, tags))
}

/// Paragraphs of at most some 75 characters a line.
fn notes(sheets: &mut Sheets<'_>, notes: &[String]) {
    const MEASURE: Length = 310_000;
    for (index, note) in notes.iter().enumerate() {
        sheets.y += if index == 0 { 26_000 } else { 5_000 };
        let wrapped = sheets.wrap(SMALL, note, MEASURE, usize::MAX);
        let paragraph = sheets.element(Kind::Paragraph, None, note, &wrapped);
        sheets.flow(wrapped.lines, SMALL, (LEFT, LEFT + MEASURE), paragraph);
    }
}

/// The foot of every page and the running head of those after the first. They are not read out: they repeat.
fn running(sheets: &mut [Sheet], document: &Document, faces: &Faces<'_>) {
    const HEAD: Length = TOP_AGAIN - 34_000;
    const FOOT: Length = BOTTOM + 26_000;
    let half = (RIGHT - LEFT) / 2;
    let rule = |top| Rule { left: LEFT, right: RIGHT, top, thick: 500, ink: Ink::Rule };
    let pages = sheets.len().to_string();
    for (index, sheet) in sheets.iter_mut().enumerate() {
        let page = document.page_words.replace("{n}", &(index + 1).to_string()).replace("{m}", &pages);
        sheet.rules.push(rule(FOOT - 7_000));
        sheet.running(faces, &document.programme_name, SMALL, half, Align::Left, FOOT);
        sheet.running(faces, &page, SMALL, half, Align::Right, FOOT);
        if index > 0 {
            sheet.rules.push(rule(HEAD + SMALL.pitch + 5_000));
            sheet.running(faces, &document.title, SMALL, half, Align::Left, HEAD);
            sheet.running(faces, &document.partner_name, SMALL, half, Align::Right, HEAD);
        }
    }
}
