//! The table: its head on every page, its rows, and what they sum to.

use super::super::model::{Document, Row};
use super::columns::{Columns, Place, Wish, fit};
use super::pairs::{FROM, Pair};
use super::sheet::{
    Align, BODY, BOTTOM, CELL, HEAD, Ink, LABEL, LEFT, Length, RIGHT, STRONG, Sheets, Style, TOP_AGAIN,
};
use super::tags::{Element, Kind};
use super::wrap::Wrapped;
use std::borrow::Cow;

/// Above and below the text of a row.
const AIR: Length = 2_750;
/// Text of a cell is shortened to as many lines.
const TEXT_LINES: usize = 3;
/// Figures are not: these are more lines than the longest decimal takes in the narrowest column.
const FIGURE_LINES: usize = 8;
/// More characters of a cell can't be seen in its lines: none is worth measuring.
const MOST_CHARACTERS: usize = 1_000;
/// As many rows stay together with the totals, so that these never stand alone on a page.
const KEPT: usize = 2;

/// Sets the table and the totals under it.
pub fn set(sheets: &mut Sheets<'_>, document: &Document, rows: Vec<Row>) {
    let totals = Totals::new(sheets, &document.totals);
    if !rows.is_empty() && !document.head.is_empty() {
        Table::new(sheets, document, &rows).set(sheets, &rows, totals.height());
    }
    totals.set(sheets);
}

/// A table that knows its columns.
struct Table {
    columns: Columns,
    aligns: Vec<Align>,
    head: Vec<Wrapped>,
    labels: Vec<String>,
    style: Style,
}

impl Table {
    fn new(sheets: &Sheets<'_>, document: &Document, rows: &[Row]) -> Self {
        let columns = fit(&wishes(sheets, document, rows), HEAD.size, RIGHT - LEFT);
        let style = Style { size: columns.size, pitch: CELL.pitch * columns.size / CELL.size, ..CELL };
        let labels: Vec<String> = document.head.iter().map(|column| column.label.clone()).collect();
        let head =
            labels.iter().zip(&columns.places).map(|(label, place)| sheets.wrap(HEAD, label, place.width, TEXT_LINES));
        let aligns = document.head.iter().map(|column| if column.numeric { Align::Right } else { Align::Left });
        Self { head: head.collect(), aligns: aligns.collect(), columns, labels, style }
    }

    /// All rows. The last stay with what comes after, which takes a height of its own.
    fn set(&self, sheets: &mut Sheets<'_>, rows: &[Row], after: Length) {
        let table = sheets.tags.add(Kind::Table, None);
        let kept = rows.len().saturating_sub(KEPT);
        let (most, last) = rows.split_at(kept);
        let last: Vec<Vec<Wrapped>> = last.iter().map(|row| self.wrap(sheets, row)).collect();
        let last_height = last.iter().map(|cells| self.height(cells)).sum::<Length>() + after;
        let head = sheets.tags.add(Kind::TableHead, Some(table));
        let body = sheets.tags.add(Kind::TableBody, Some(table));
        let first = most.first().map_or(last_height, |row| self.height(&self.wrap(sheets, row)));
        sheets.make_room(self.head_height() + first);
        self.head(sheets, Some(head));
        for row in most {
            let cells = self.wrap(sheets, row);
            self.turn_unless_fits(sheets, self.height(&cells));
            self.row(sheets, body, row, cells);
        }
        if !most.is_empty() {
            self.turn_unless_fits(sheets, last_height);
        }
        for (row, cells) in rows[kept..].iter().zip(last) {
            self.turn_unless_fits(sheets, self.height(&cells));
            self.row(sheets, body, row, cells);
        }
    }

    fn turn_unless_fits(&self, sheets: &mut Sheets<'_>, height: Length) {
        if !sheets.fits(height) {
            sheets.turn();
            self.head(sheets, None);
        }
    }

    fn wrap(&self, sheets: &Sheets<'_>, row: &Row) -> Vec<Wrapped> {
        let cells = row.cells.iter().zip(&self.columns.places).zip(&self.aligns);
        let wrapped = cells.map(|((cell, place), align)| {
            let most = if *align == Align::Right { FIGURE_LINES } else { TEXT_LINES };
            sheets.wrap(self.style, &measured(cell), place.width, most)
        });
        wrapped.collect()
    }

    fn height(&self, cells: &[Wrapped]) -> Length {
        lines(cells) * self.style.pitch + 2 * AIR
    }

    fn head_height(&self) -> Length {
        lines(&self.head) * HEAD.pitch + 2 * AIR
    }

    /// The head; read out where it belongs to an element, that is once.
    fn head(&self, sheets: &mut Sheets<'_>, element: Option<Element>) {
        let row = element.map(|head| sheets.tags.add(Kind::Row, Some(head)));
        let bottom = sheets.y + lines(&self.head) * HEAD.pitch;
        for ((wrapped, label), (place, align)) in self.head.iter().zip(&self.labels).zip(self.placed()) {
            let element = row.map(|row| sheets.element(Kind::ColumnLabel, Some(row), label, wrapped));
            let top = bottom - wrapped.lines.len() as Length * HEAD.pitch;
            sheets.stack(wrapped.lines.clone(), HEAD, across(place), align, top, element);
        }
        sheets.y = bottom + 2 * AIR;
        sheets.rule(LEFT, RIGHT, 750, Ink::Full);
    }

    fn row(&self, sheets: &mut Sheets<'_>, body: Element, row: &Row, cells: Vec<Wrapped>) {
        let height = self.height(&cells);
        let element = sheets.tags.add(Kind::Row, Some(body));
        for ((wrapped, cell), (place, align)) in cells.into_iter().zip(&row.cells).zip(self.placed()) {
            let cell = sheets.element(Kind::Cell, Some(element), cell, &wrapped);
            sheets.stack(wrapped.lines, self.style, across(place), align, sheets.y + AIR, Some(cell));
        }
        sheets.y += height;
        sheets.rule(LEFT, RIGHT, 400, Ink::Rule);
    }

    fn placed(&self) -> impl Iterator<Item = (Place, Align)> {
        self.columns.places.iter().copied().zip(self.aligns.iter().copied())
    }
}

/// What the columns would like to be.
fn wishes(sheets: &Sheets<'_>, document: &Document, rows: &[Row]) -> Vec<Wish> {
    let columns = document.head.iter().enumerate().map(|(index, column)| {
        let cells = rows.iter().map(|row| sheets.measure(CELL, &measured(&row.cells[index]))).max();
        let words = column.label.split_whitespace().map(|word| sheets.measure(HEAD, word)).max();
        Wish {
            cells: cells.unwrap_or(0),
            label: sheets.measure(HEAD, &column.label),
            word: words.unwrap_or(0),
            numeric: column.numeric,
        }
    });
    columns.collect()
}

/// As much of a cell as can be seen.
fn measured(cell: &str) -> Cow<'_, str> {
    match cell.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => Cow::Owned(format!("{}…", &cell[..end])),
        None => Cow::Borrowed(cell),
    }
}

fn lines(cells: &[Wrapped]) -> Length {
    cells.iter().map(|cell| cell.lines.len()).max().unwrap_or(1) as Length
}

fn across(place: Place) -> (Length, Length) {
    (LEFT + place.left, LEFT + place.left + place.width)
}

/// What the table sums to.
struct Totals<'t> {
    pairs: Vec<Pair<'t>>,
}

impl<'t> Totals<'t> {
    /// Above the first and the result.
    const GAP: Length = 8_000;

    fn new(sheets: &Sheets<'_>, totals: &'t [(String, String)]) -> Self {
        let last = totals.len().saturating_sub(1);
        let pairs = totals.iter().enumerate().map(|(index, (label, value))| match index == last {
            true => Pair::new(sheets, label, value, STRONG, STRONG),
            false => Pair::new(sheets, label, value, LABEL, BODY),
        });
        Self { pairs: pairs.collect() }
    }

    fn height(&self) -> Length {
        self.pairs.iter().map(Pair::height).sum::<Length>() + 2 * Self::GAP
    }

    /// A rule above the sum, one above the result and a double one under it, as on a slip.
    fn set(self, sheets: &mut Sheets<'_>) {
        let Some(last) = self.pairs.len().checked_sub(1) else { return };
        if self.height() < BOTTOM - TOP_AGAIN {
            sheets.make_room(self.height());
        }
        let table = sheets.tags.add(Kind::Table, None);
        sheets.y += Self::GAP;
        for (index, pair) in self.pairs.into_iter().enumerate() {
            sheets.make_room(pair.height());
            if index == 0 || index == last {
                sheets.rule(FROM, RIGHT, 750, Ink::Full);
            }
            pair.put(sheets, table);
        }
        for _ in 0..2 {
            sheets.rule(FROM, RIGHT, 750, Ink::Full);
            sheets.y += 2_000;
        }
    }
}
