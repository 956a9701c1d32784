//! The head of the first page: who pays, what it is, who is paid, and the facts.

use super::super::model::Document;
use super::pairs::{AIR, FROM, Pair};
use super::sheet::{BODY, Ink, LABEL, LEFT, Length, RIGHT, STRONG, Sheets, Style, TITLE};
use super::tags::Kind;

/// Where the partner's address ends.
const ADDRESS: Length = LEFT + (RIGHT - LEFT) * 46 / 100;

/// Sets it.
pub fn set(sheets: &mut Sheets<'_>, document: &Document) {
    sheets.rule(LEFT, LEFT + 28_000, 2_500, Ink::Accent);
    sheets.y += 11_000;
    text(sheets, Kind::Paragraph, &document.programme_name, STRONG, RIGHT);
    sheets.y += 30_000;
    text(sheets, Kind::Title, &document.title, TITLE, RIGHT);
    sheets.y += 20_000;
    let (page, top) = (sheets.page(), sheets.y);
    text(sheets, Kind::Paragraph, &document.partner_name, STRONG, ADDRESS);
    for line in &document.partner_lines {
        text(sheets, Kind::Paragraph, line, BODY, ADDRESS);
    }
    let bottom = sheets.y;
    // Side by side, unless an address of dozens of lines went on to another page.
    let beside = sheets.page() == page;
    if beside {
        sheets.y = top - AIR;
    }
    facts(sheets, &document.facts);
    if beside && sheets.page() == page {
        sheets.y = sheets.y.max(bottom);
    }
    sheets.y += 30_000;
}

fn text(sheets: &mut Sheets<'_>, kind: Kind, text: &str, style: Style, right: Length) {
    if text.trim().is_empty() {
        return;
    }
    let wrapped = sheets.wrap(style, text, right - LEFT, 3);
    let element = sheets.element(kind, None, text, &wrapped);
    sheets.flow(wrapped.lines, style, (LEFT, right), element);
}

fn facts(sheets: &mut Sheets<'_>, facts: &[(String, String)]) {
    if facts.is_empty() {
        return;
    }
    let table = sheets.tags.add(Kind::Table, None);
    for (index, (label, value)) in facts.iter().enumerate() {
        let pair = Pair::new(sheets, label, value, LABEL, BODY);
        let turned = sheets.make_room(pair.height());
        if index > 0 && !turned {
            sheets.rule(FROM, RIGHT, 500, Ink::Rule);
        }
        pair.put(sheets, table);
    }
}
