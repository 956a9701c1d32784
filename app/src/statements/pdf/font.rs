//! The faces of a statement: which characters they have, how wide text is and which glyphs it is set with.

use super::super::model::Error;
use harfrust::{
    BufferFlags, Direction, Feature, FontRef, ShapeOptions, ShapePlan, Shaper, ShaperData, Tag, UnicodeBuffer, script,
};
use krilla::text::Font;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;

static REGULAR: &[u8] = include_bytes!("../fonts/Inter-Regular.ttf");
static SEMI_BOLD: &[u8] = include_bytes!("../fonts/Inter-SemiBold.ttf");

/// Stands for a character that the fonts lack. Not U+FFFD, which they lack too.
pub const MISSING: char = '□';

/// How heavy letters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Text and figures.
    Regular,
    /// Names, headings, results.
    SemiBold,
}

/// Both fonts, read.
pub struct Fonts {
    regular: Loaded,
    semi_bold: Loaded,
}

struct Loaded {
    font: FontRef<'static>,
    data: ShaperData,
    pdf: Font,
}

impl Fonts {
    /// Reads the fonts that are part of the programme.
    pub fn load() -> Result<Self, Error> {
        Ok(Self { regular: Loaded::new("Inter", REGULAR)?, semi_bold: Loaded::new("Inter SemiBold", SEMI_BOLD)? })
    }

    /// Both, ready to set text.
    pub fn faces(&self) -> Faces<'_> {
        Faces { regular: self.regular.face(), semi_bold: self.semi_bold.face() }
    }
}

impl Loaded {
    fn new(name: &'static str, bytes: &'static [u8]) -> Result<Self, Error> {
        let font = FontRef::new(bytes).map_err(|_| Error::Font(name))?;
        let pdf = Font::new(bytes.into(), 0).ok_or(Error::Font(name))?;
        Ok(Self { data: ShaperData::new(&font), font, pdf })
    }

    fn face(&self) -> Face<'_> {
        let shaper = self.data.shaper(&self.font).build();
        // One plan for every script the fonts have: under Latin they keep all the rules they have for the others.
        let plan = ShapePlan::new(&shaper, Direction::LeftToRight, Some(script::LATIN), None, &tabular());
        Face { shaper, plan, pdf: &self.pdf, plain: RefCell::default() }
    }
}

/// Figures of one width, so that they stand under each other.
fn tabular() -> [Feature; 1] {
    [Feature::new(Tag::new(b"tnum"), 1, ..)]
}

/// Both faces.
pub struct Faces<'a> {
    regular: Face<'a>,
    semi_bold: Face<'a>,
}

impl<'a> Faces<'a> {
    /// The face of a weight.
    pub fn of(&self, weight: Weight) -> &Face<'a> {
        match weight {
            Weight::Regular => &self.regular,
            Weight::SemiBold => &self.semi_bold,
        }
    }
}

/// A font that sets text.
pub struct Face<'a> {
    shaper: Shaper<'a>,
    plan: ShapePlan,
    pdf: &'a Font,
    /// Whether a character is a letter by itself that the font has; filled as characters come.
    plain: RefCell<HashMap<char, bool>>,
}

/// A glyph; lengths in units of the font ([`Face::units`] make the size of the type).
#[derive(Clone, Debug)]
pub struct Glyph {
    /// Its number in the font; 0 where the font lacks the character.
    pub id: u32,
    /// The bytes of the text it stands for. Glyphs that make up one letter share them.
    pub text: Range<usize>,
    /// From its origin to the next one's.
    pub advance: i32,
    /// How far it is drawn from its origin, to the right and up.
    pub offset: (i32, i32),
}

impl<'a> Face<'a> {
    /// The font, for the PDF.
    pub fn pdf(&self) -> &'a Font {
        self.pdf
    }

    /// How many units of the font make the size of the type.
    pub fn units(&self) -> i64 {
        i64::from(self.shaper.units_per_em())
    }

    /// The glyphs of text, from left to right.
    pub fn glyphs(&self, text: &str) -> Vec<Glyph> {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.set_direction(Direction::LeftToRight);
        buffer.set_script(script::LATIN);
        buffer.set_flags(BufferFlags::REMOVE_DEFAULT_IGNORABLES);
        let features = tabular();
        let options = ShapeOptions::new().plan(Some(&self.plan)).features(&features);
        let set = self.shaper.shape(buffer, options);
        let mut end = text.len();
        let mut glyphs = Vec::with_capacity(set.len());
        for (info, position) in set.glyph_infos().iter().zip(set.glyph_positions()).rev() {
            let start = info.cluster as usize;
            let follower: Option<&Glyph> = glyphs.last();
            if let Some(follower) = follower.filter(|follower| follower.text.start != start) {
                end = follower.text.start;
            }
            glyphs.push(Glyph {
                id: info.glyph_id,
                text: start..end,
                advance: position.x_advance,
                offset: (position.x_offset, position.y_offset),
            });
        }
        glyphs.reverse();
        glyphs
    }

    /// How wide text is, in units of the font.
    pub fn width(&self, text: &str) -> i64 {
        self.glyphs(text).iter().map(|glyph| i64::from(glyph.advance)).sum()
    }

    /// The text as it can be printed: what breaks lines is a space, and each letter (a grapheme cluster: an emoji of
    /// many characters is one) that the font lacks is [`MISSING`].
    pub fn printable<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if text.chars().all(|char| self.is_plain(char)) {
            return Cow::Borrowed(text);
        }
        let text = text.replace(breaks_line, " ");
        let mut printable = String::with_capacity(text.len());
        let mut last = None;
        for glyph in self.glyphs(&text) {
            let lacks = glyph.id == 0;
            if last.as_ref() == Some(&glyph.text) {
                // A further part of the letter before. One missing part makes it unreadable.
                if lacks && !printable.ends_with(MISSING) {
                    printable.truncate(printable.len() - text[glyph.text.clone()].len());
                    printable.push(MISSING);
                }
                continue;
            }
            last = Some(glyph.text.clone());
            match lacks {
                true => printable.push(MISSING),
                false => printable.push_str(&text[glyph.text]),
            }
        }
        printable.retain(|char| !is_invisible(char));
        Cow::Owned(printable)
    }

    fn is_plain(&self, char: char) -> bool {
        let look = |char: &char| match self.glyphs(char.encode_utf8(&mut [0; 4])).as_slice() {
            [glyph] => glyph.id != 0 && glyph.advance > 0 && !is_invisible(*char) && !breaks_line(*char),
            _ => false,
        };
        *self.plain.borrow_mut().entry(char).or_insert_with_key(look)
    }
}

/// Control characters and separators that would start another line or stop.
fn breaks_line(char: char) -> bool {
    matches!(char, '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Characters without a shape of their own: they steer how their neighbours are joined, broken or ordered
/// (Unicode: Default_Ignorable_Code_Point).
fn is_invisible(char: char) -> bool {
    matches!(char,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_one_width() {
        let fonts = Fonts::load().unwrap();
        let faces = fonts.faces();
        for weight in [Weight::Regular, Weight::SemiBold] {
            let face = faces.of(weight);
            for text in ["9.999,99 €", "0.000,74 €", "7.411,17 €"] {
                assert_eq!(face.width(text), face.width("1.111,11 €"), "{text} in {weight:?}");
            }
            assert!(face.width("-") < face.width("1"), "the hyphen of an order number is narrow");
        }
    }

    #[test]
    fn has_the_letters_of_latin_greek_and_cyrillic() {
        let fonts = Fonts::load().unwrap();
        let faces = fonts.faces();
        for text in [
            "Zażółć gęślą jaźń, ¿qué? Iñaki Güell, 5.º B, Ærø, Đặng, Ștefan, ẞ, e\u{301}a\u{323}\u{302}",
            "Ξεσκεπάζω τὴν ψυχοφθόρα: ΐ ΰ",
            "Съешь же ещё этих мягких булок, Їжак, Ђорђе, Ўзбекістан",
            "1\u{a0}204,50\u{202f}€ −7 % £ $ zł ₴ ₽ ₺ ₿ № ™ ½ → • … „a“ ‘b’ «c» — –",
        ] {
            for weight in [Weight::Regular, Weight::SemiBold] {
                assert_eq!(faces.of(weight).printable(text), text);
            }
        }
    }

    #[test]
    fn shows_one_box_for_each_letter_it_lacks() {
        let fonts = Fonts::load().unwrap();
        let faces = fonts.faces();
        for (text, printable) in [
            ("", ""),
            ("山田 Taro", "□□ Taro"),
            ("שלום", "□□□□"),
            ("👩\u{200d}👩\u{200d}👧 and 🇪🇸", "□ and □"),
            ("soft\u{ad}hy\u{200b}phen\u{202e}!", "softhyphen!"),
            ("a\r\nb\tc\u{2028}d", "a  b c d"),
            ("\0\u{7f}\u{e000}\u{ffff}\u{fffd}", "□□□□□"),
            ("\u{feff}\u{200d}", ""),
        ] {
            assert_eq!(faces.of(Weight::Regular).printable(text), printable, "{text:?}");
        }
    }
}
