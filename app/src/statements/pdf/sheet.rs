//! Sheets of paper with text and rules on them: geometry, styles, where the next thing goes.

use super::font::{Faces, MISSING, Weight};
use super::tags::{Element, Kind, Tags};
use super::wrap::{Line, Wrapped, wrap};

/// A length on paper, in thousandths of a point (1/72 inch). Whole numbers: the same on every machine.
pub type Length = i64;

/// A4, ISO 216.
pub const PAPER: (Length, Length) = (595_276, 841_890);
/// Where text begins and ends across the page: margins of 20 mm.
pub const LEFT: Length = 56_693;
/// See [`LEFT`].
pub const RIGHT: Length = PAPER.0 - LEFT;
/// Where text begins on the first page.
pub const TOP: Length = 56_693;
/// Where text begins on the others, under the running head.
pub const TOP_AGAIN: Length = 84_000;
/// Where text ends, above the foot.
pub const BOTTOM: Length = PAPER.1 - 68_000;

/// The colours of `style/tokens.css`, light, in sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Text and figures.
    Full,
    /// Labels and what is said beside.
    Soft,
    /// Rules between rows.
    Rule,
    /// The mark at the head.
    Accent,
}

impl Ink {
    /// Red, green, blue.
    pub fn rgb(self) -> [u8; 3] {
        match self {
            Self::Full => [0x22, 0x1f, 0x19],
            Self::Soft => [0x56, 0x52, 0x49],
            Self::Rule => [0xda, 0xd5, 0xcc],
            Self::Accent => [0x0f, 0x58, 0x3d],
        }
    }
}

/// How text is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// How heavy.
    pub weight: Weight,
    /// How large.
    pub size: Length,
    /// In which colour.
    pub ink: Ink,
    /// From one line to the next.
    pub pitch: Length,
}

/// The title.
pub const TITLE: Style = Style { weight: Weight::SemiBold, size: 20_000, ink: Ink::Full, pitch: 25_000 };
/// Names and results.
pub const STRONG: Style = Style { weight: Weight::SemiBold, size: 9_500, ink: Ink::Full, pitch: 14_000 };
/// Addresses, facts and sums.
pub const BODY: Style = Style { weight: Weight::Regular, size: 9_500, ink: Ink::Full, pitch: 14_000 };
/// Their labels.
pub const LABEL: Style = Style { ink: Ink::Soft, ..BODY };
/// Cells of the table; their size is the table's to say.
pub const CELL: Style = Style { weight: Weight::Regular, size: 8_500, ink: Ink::Full, pitch: 11_500 };
/// Headings of columns.
pub const HEAD: Style = Style { weight: Weight::SemiBold, size: 7_500, ink: Ink::Soft, pitch: 10_000 };
/// Notes, running heads and feet.
pub const SMALL: Style = Style { weight: Weight::Regular, size: 7_500, ink: Ink::Soft, pitch: 11_500 };

/// On which edge of its place text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Figures.
    Right,
}

/// A line of text on a sheet.
#[derive(Clone, Debug)]
pub struct Mark {
    /// Where it begins.
    pub left: Length,
    /// Where its letters stand, from the top of the sheet.
    pub baseline: Length,
    /// Its text.
    pub line: Line,
    /// How it is set.
    pub style: Style,
    /// What it belongs to; running heads and feet belong to nothing.
    pub element: Option<Element>,
}

/// A horizontal rule on a sheet.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Where it begins.
    pub left: Length,
    /// Where it ends.
    pub right: Length,
    /// Its upper edge.
    pub top: Length,
    /// How thick it is.
    pub thick: Length,
    /// Its colour.
    pub ink: Ink,
}

/// A page.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// The text on it, in reading order.
    pub marks: Vec<Mark>,
    /// The rules on it.
    pub rules: Vec<Rule>,
}

/// The sheets that are being filled.
pub struct Sheets<'a> {
    /// The faces of the text.
    pub faces: &'a Faces<'a>,
    /// What the text means.
    pub tags: Tags,
    /// Where the next thing goes on the last sheet.
    pub y: Length,
    filled: Vec<Sheet>,
    last: Sheet,
}

impl<'a> Sheets<'a> {
    /// One empty sheet.
    pub fn new(faces: &'a Faces<'a>) -> Self {
        Self { faces, tags: Tags::default(), y: TOP, filled: Vec::new(), last: Sheet::default() }
    }

    /// Whether something of this height fits on the sheet.
    pub fn fits(&self, height: Length) -> bool {
        self.y + height <= BOTTOM
    }

    /// Starts another sheet.
    pub fn turn(&mut self) {
        self.filled.push(std::mem::take(&mut self.last));
        self.y = TOP_AGAIN;
    }

    /// Starts another sheet if something of this height doesn't fit on this one; says whether it did.
    pub fn make_room(&mut self, height: Length) -> bool {
        let turns = !self.fits(height);
        if turns {
            self.turn();
        }
        turns
    }

    /// How many sheets are full.
    pub fn page(&self) -> usize {
        self.filled.len()
    }

    /// All sheets.
    pub fn finish(mut self) -> (Vec<Sheet>, Tags) {
        self.filled.push(self.last);
        (self.filled, self.tags)
    }

    /// Breaks text that may hold any character.
    pub fn wrap(&self, style: Style, text: &str, width: Length, most: usize) -> Wrapped {
        let face = self.faces.of(style.weight);
        wrap(face, style.size, &face.printable(text), width, most)
    }

    /// How wide text is on one line, in thousandths of the size of its type.
    pub fn measure(&self, style: Style, text: &str) -> i64 {
        let face = self.faces.of(style.weight);
        (face.width(face.printable(text).trim_end_matches(' ')) * 1000 + face.units() - 1) / face.units()
    }

    /// An element for text, which says so where the lines do not show all of it.
    pub fn element(&mut self, kind: Kind, parent: Option<Element>, text: &str, wrapped: &Wrapped) -> Element {
        let element = self.tags.add(kind, parent);
        if wrapped.shortened || wrapped.lines.iter().any(|line| line.text.contains(MISSING)) {
            self.tags.say(element, text);
        }
        element
    }

    /// Lines under each other from a height of the sheet on.
    pub fn stack(
        &mut self,
        lines: Vec<Line>,
        style: Style,
        place: (Length, Length),
        align: Align,
        top: Length,
        element: Option<Element>,
    ) {
        for (index, line) in (0..).zip(lines) {
            self.last.put(line, style, place, align, top + index * style.pitch, element);
        }
    }

    /// Lines under each other from here on, over several sheets if need be.
    pub fn flow(&mut self, lines: Vec<Line>, style: Style, place: (Length, Length), element: Element) {
        for line in lines {
            self.make_room(style.pitch);
            self.last.put(line, style, place, Align::Left, self.y, Some(element));
            self.y += style.pitch;
        }
    }

    /// A rule from here down.
    pub fn rule(&mut self, left: Length, right: Length, thick: Length, ink: Ink) {
        self.last.rules.push(Rule { left, right, top: self.y, thick, ink });
    }
}

impl Sheet {
    /// A line between two edges; `top` is the upper edge of a line of the style's pitch.
    fn put(
        &mut self,
        line: Line,
        style: Style,
        (from, to): (Length, Length),
        align: Align,
        top: Length,
        element: Option<Element>,
    ) {
        let left = match align {
            Align::Left => from,
            Align::Right => to - line.width,
        };
        // Capitals and figures of Inter are 0.727 of its size high; they stand in the middle of the line.
        let baseline = top + (style.pitch + style.size * 727 / 1000) / 2;
        self.marks.push(Mark { left, baseline, line, style, element });
    }

    /// A line of a running head or foot.
    pub fn running(&mut self, faces: &Faces<'_>, text: &str, style: Style, width: Length, align: Align, top: Length) {
        let face = faces.of(style.weight);
        let place = match align {
            Align::Left => (LEFT, LEFT + width),
            Align::Right => (RIGHT - width, RIGHT),
        };
        for line in wrap(face, style.size, &face.printable(text), width, 1).lines {
            self.put(line, style, place, align, top, None);
        }
    }
}
