//! A label and its value on the right half of the page: a fact, or a line of a sum.

use super::sheet::{Align, LEFT, Length, RIGHT, Sheets, Style};
use super::tags::{Element, Kind};
use super::wrap::Wrapped;

/// Where pairs begin; they end at the edge, under the figures of the last column.
pub const FROM: Length = LEFT + (RIGHT - LEFT) * 52 / 100;
/// Above and below each.
pub const AIR: Length = 2_500;

/// Between a label and its value.
const BETWEEN: Length = 12_000;
/// No value is wider, so that there is always room for a label.
const WIDEST: Length = (RIGHT - FROM) * 65 / 100;

/// A label and its value, in lines.
pub struct Pair<'t> {
    label: Part<'t>,
    value: Part<'t>,
}

struct Part<'t> {
    text: &'t str,
    wrapped: Wrapped,
    style: Style,
    place: (Length, Length),
}

impl<'t> Pair<'t> {
    /// Breaks both into lines.
    pub fn new(sheets: &Sheets<'_>, label: &'t str, value: &'t str, label_style: Style, value_style: Style) -> Self {
        let wrapped = sheets.wrap(value_style, value, WIDEST, 8);
        let widest = wrapped.lines.iter().map(|line| line.width).max().unwrap_or(0);
        let value = Part { text: value, wrapped, style: value_style, place: (RIGHT - widest, RIGHT) };
        let to = RIGHT - widest - BETWEEN;
        let wrapped = sheets.wrap(label_style, label, to - FROM, 3);
        Self { label: Part { text: label, wrapped, style: label_style, place: (FROM, to) }, value }
    }

    /// How much room it takes.
    pub fn height(&self) -> Length {
        self.label.height().max(self.value.height()) + 2 * AIR
    }

    /// Sets it from here down, as a row of a table.
    pub fn put(self, sheets: &mut Sheets<'_>, table: Element) {
        let height = self.height();
        let top = sheets.y + AIR;
        let row = sheets.tags.add(Kind::Row, Some(table));
        self.label.put(sheets, Kind::RowLabel, row, Align::Left, top);
        self.value.put(sheets, Kind::Cell, row, Align::Right, top);
        sheets.y += height;
    }
}

impl Part<'_> {
    fn height(&self) -> Length {
        self.wrapped.lines.len() as Length * self.style.pitch
    }

    fn put(self, sheets: &mut Sheets<'_>, kind: Kind, row: Element, align: Align, top: Length) {
        let element = sheets.element(kind, Some(row), self.text, &self.wrapped);
        sheets.stack(self.wrapped.lines, self.style, self.place, align, top, Some(element));
    }
}
