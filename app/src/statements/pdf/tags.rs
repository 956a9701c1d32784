//! What the text on the sheets means, for screen readers: a tree of headings, paragraphs and tables (PDF/UA-1).

use krilla::tagging::{Identifier, Node, TableHeaderScope, Tag, TagGroup, TagKind, TagTree};
use std::num::NonZeroU16;

/// One element of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element(usize);

/// What an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The title.
    Title,
    /// A paragraph.
    Paragraph,
    /// A table.
    Table,
    /// The headings of a table.
    TableHead,
    /// The rows of a table.
    TableBody,
    /// A row.
    Row,
    /// A cell that says what stands under it.
    ColumnLabel,
    /// A cell that says what stands beside it.
    RowLabel,
    /// Any other cell.
    Cell,
}

/// The tree. Elements are in the order in which they are read.
#[derive(Debug, Default)]
pub struct Tags {
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    kind: Kind,
    parent: Option<Element>,
    /// The whole text, where what is printed is not: shortened, or of letters that the fonts lack.
    text: Option<String>,
    marks: Vec<Identifier>,
}

/// A PDF string holds 32 767 bytes (ISO 19005-2, 6.1.13), a character at most four of them.
const MOST_TEXT: usize = 8_000;

impl Tags {
    /// An element under another, or at the top.
    pub fn add(&mut self, kind: Kind, parent: Option<Element>) -> Element {
        self.parts.push(Part { kind, parent, text: None, marks: Vec::new() });
        Element(self.parts.len() - 1)
    }

    /// The text that an element stands for, where it is not what is printed.
    pub fn say(&mut self, element: Element, text: &str) {
        if let Some(part) = self.parts.get_mut(element.0) {
            part.text = (text.chars().count() <= MOST_TEXT).then(|| legible(text));
        }
    }

    /// Text on a page that belongs to an element.
    pub fn mark(&mut self, element: Element, mark: Identifier) {
        if let Some(part) = self.parts.get_mut(element.0) {
            part.marks.push(mark);
        }
    }

    /// The tree for the PDF. An element stands before those under it, so that going back to front every element is
    /// whole when it goes to its parent; each is built back to front too and turned round in the end.
    pub fn into_tree(self, title: &str, language: &str) -> TagTree {
        let mut top = Vec::new();
        let mut under: Vec<Vec<Node>> = self.parts.iter().map(|_| Vec::new()).collect();
        for (index, part) in self.parts.into_iter().enumerate().rev() {
            let mut children: Vec<Node> = part.marks.into_iter().map(Node::from).collect();
            children.extend(std::mem::take(&mut under[index]).into_iter().rev());
            let mut tag = part.kind.tag(title);
            if part.text.is_some() {
                tag.as_any_mut().set_actual_text(part.text);
            }
            let group = TagGroup::with_children(tag, children);
            match part.parent {
                Some(parent) => under[parent.0].push(group.into()),
                None => top.push(group.into()),
            }
        }
        top.reverse();
        let mut tree = TagTree::from(top);
        tree.lang = Some(language.to_owned());
        tree
    }
}

impl Kind {
    fn tag(self, title: &str) -> TagKind {
        match self {
            Self::Title => Tag::Hn(NonZeroU16::MIN, Some(title.to_owned())).into(),
            Self::Paragraph => Tag::P.into(),
            Self::Table => Tag::Table.into(),
            Self::TableHead => Tag::THead.into(),
            Self::TableBody => Tag::TBody.into(),
            Self::Row => Tag::TR.into(),
            Self::ColumnLabel => Tag::TH(TableHeaderScope::Column).into(),
            Self::RowLabel => Tag::TH(TableHeaderScope::Row).into(),
            Self::Cell => Tag::TD.into(),
        }
    }
}

/// Text for the file's metadata: what is neither a letter nor a sign for everyone becomes U+FFFD (control characters
/// may not stand in XML, private ones not in PDF/A-2a).
pub fn legible(text: &str) -> String {
    let legible = |char: char| match char {
        char if char.is_whitespace() => ' ',
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'.. | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' => char::REPLACEMENT_CHARACTER,
        char if char.is_control() || u32::from(char) & 0xfffe == 0xfffe => char::REPLACEMENT_CHARACTER,
        char => char,
    };
    text.chars().map(legible).collect()
}
