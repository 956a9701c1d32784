//! Text in lines of a given width.

use super::font::Face;
use super::sheet::Length;

const ELLIPSIS: &str = "…";

/// A line of text that is printable in its face.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its characters. Where it was broken at a space, the space is still there, for those who copy or listen.
    pub text: String,
    /// How wide it is, without a space at its end.
    pub width: Length,
}

/// What a text came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapped {
    /// At least one line.
    pub lines: Vec<Line>,
    /// Whether an ellipsis stands for the rest.
    pub shortened: bool,
}

/// A letter: the end of its bytes and its width in units of the font.
struct Letter {
    end: usize,
    advance: i64,
}

/// Breaks printable text into at most `most` lines: after a space, a hyphen or a slash, or, where a word alone is too
/// wide, within it. What does not fit is shortened with an ellipsis. A line holds at least one letter, however narrow.
pub fn wrap(face: &Face<'_>, size: Length, text: &str, width: Length, most: usize) -> Wrapped {
    let whole = line(face, size, text);
    if whole.width <= width {
        return Wrapped { lines: vec![whole], shortened: false };
    }
    let units = width * face.units() / size;
    let letters = letters(face, text);
    let mut lines = Vec::new();
    let (mut start, mut from) = (0, 0);
    while from < letters.len() {
        let to = fit(text, start, &letters[from..], units) + from;
        if lines.len() + 1 >= most && to < letters.len() {
            lines.push(shorten(face, size, text, start, &letters[from..], units));
            return Wrapped { lines, shortened: true };
        }
        let end = letters[to - 1].end;
        lines.push(line(face, size, &text[start..end]));
        (start, from) = (end, to);
        while from < letters.len() && &text[start..letters[from].end] == " " {
            (start, from) = (letters[from].end, from + 1);
        }
    }
    Wrapped { lines, shortened: false }
}

/// A line that is not broken further.
pub fn line(face: &Face<'_>, size: Length, text: &str) -> Line {
    // Rounded up, so that a column measured by its widest cell holds it.
    let width = (face.width(text.trim_end_matches(' ')) * size + face.units() - 1) / face.units();
    Line { text: text.to_owned(), width }
}

fn letters(face: &Face<'_>, text: &str) -> Vec<Letter> {
    let mut letters: Vec<Letter> = Vec::with_capacity(text.len());
    for glyph in face.glyphs(text) {
        match letters.last_mut() {
            Some(last) if last.end == glyph.text.end => last.advance += i64::from(glyph.advance),
            _ => letters.push(Letter { end: glyph.text.end, advance: i64::from(glyph.advance) }),
        }
    }
    letters
}

/// How many of the letters, which begin at byte `start`, make up the next line.
fn fit(text: &str, start: usize, letters: &[Letter], units: i64) -> usize {
    let (mut used, mut fitting, mut begin) = (0, None, start);
    for (index, letter) in letters.iter().enumerate() {
        let space = &text[begin..letter.end] == " ";
        used += letter.advance;
        if used > units && !space {
            return fitting.unwrap_or(index).max(1);
        }
        if space || breaks_after(&text[begin..letter.end], &text[letter.end..]) {
            fitting = Some(index + 1);
        }
        begin = letter.end;
    }
    letters.len()
}

/// Whether a line may end after this letter. Dates and numbers (1/12, 2025-12-01) stay whole.
fn breaks_after(letter: &str, rest: &str) -> bool {
    matches!(letter, "-" | "/" | "–" | "—" | "‐") && !rest.starts_with(|next: char| next.is_ascii_digit())
}

/// As many of the letters as leave room for an ellipsis.
fn shorten(face: &Face<'_>, size: Length, text: &str, start: usize, letters: &[Letter], units: i64) -> Line {
    let mut room = units - face.width(ELLIPSIS);
    let mut end = start;
    for letter in letters {
        room -= letter.advance;
        if room < 0 {
            break;
        }
        end = letter.end;
    }
    line(face, size, &format!("{}{ELLIPSIS}", text[start..end].trim_end_matches(' ')))
}

#[cfg(test)]
mod tests {
    use super::super::font::{Fonts, Weight};
    use super::*;
    use proptest::prelude::*;

    const SIZE: Length = 8_500;

    /// In a column that holds `sample`.
    fn wrapped(text: &str, sample: &str, most: usize) -> Vec<String> {
        let fonts = Fonts::load().unwrap();
        let faces = fonts.faces();
        let face = faces.of(Weight::Regular);
        let width = line(face, SIZE, sample).width;
        wrap(face, SIZE, text, width, most).lines.into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn breaks_where_words_end() {
        assert_eq!(wrapped("Cestas de Navidad", "Cestas de Nav", 3), ["Cestas de ", "Navidad"]);
        assert_eq!(wrapped("newsletter-autumn", "newsletter-aut", 3), ["newsletter-", "autumn"]);
        assert_eq!(wrapped("Cestas", "Cestas", 3), ["Cestas"]);
        assert_eq!(wrapped("", "x", 3), [""]);
    }

    #[test]
    fn keeps_dates_together() {
        assert_eq!(wrapped("on 2025-12-01", "2025-12-01.", 3), ["on ", "2025-12-01"]);
    }

    #[test]
    fn breaks_words_that_are_too_wide_alone() {
        assert_eq!(wrapped("0123456789", "0123", 3), ["0123", "4567", "89"]);
        assert_eq!(wrapped("WW", ".", 3), ["W", "W"]);
    }

    #[test]
    fn shortens_with_an_ellipsis() {
        assert_eq!(wrapped("one two three four five six", "one two", 2), ["one two ", "three…"]);
        assert_eq!(wrapped("one two", "one", 1), ["o…"]);
    }

    proptest! {
        #[test]
        fn loses_nothing_it_does_not_say(text in "[ a-zñŁ—/€-]{0,80}", width in 1i64..120_000, most in 1usize..6) {
            let fonts = Fonts::load().unwrap();
            let faces = fonts.faces();
            let face = faces.of(Weight::SemiBold);
            let wrapped = wrap(face, SIZE, &text, width, most);
            prop_assert!((1..=most).contains(&wrapped.lines.len()));
            let all: String = wrapped.lines.iter().map(|line| line.text.as_str()).collect();
            let letters = |text: &str| text.replace([' ', '…'], "");
            prop_assert!(letters(&text).starts_with(&letters(&all)));
            prop_assert!(wrapped.shortened || letters(&text) == letters(&all));
            for line in &wrapped.lines {
                let one = line.text.trim_end_matches([' ', '…']).chars().count() <= 1;
                // Letters stand closer or wider where a line ends between them: by less than a tenth of the size.
                prop_assert!(one || line.width <= width + SIZE / 10, "{line:?} in {width}");
            }
        }
    }
}
