//! Text from outside, made fit to be kept and shown: no control characters (PostgreSQL refuses NUL), no characters that
//! turn the direction of what follows, line ends as `\n`.

/// A text of many lines.
pub fn text(raw: &str) -> String {
    let mut clean = String::with_capacity(raw.len());
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' | '\u{c}' => clean.push('\n'),
            '\n' | '\t' => clean.push(c),
            _ if hides(c) => {}
            _ => clean.push(c),
        }
    }
    let kept = clean.trim_end().len();
    clean.truncate(kept);
    let blank = clean.len() - clean.trim_start_matches('\n').len();
    clean.drain(..blank);
    clean
}

/// One line of at most `most` characters: white space becomes one blank.
pub fn line(raw: &str, most: usize) -> String {
    let mut clean = String::new();
    for word in raw.split(|c: char| c.is_whitespace() || c == '\0') {
        let word: String = word.chars().filter(|&c| !hides(c)).collect();
        if !word.is_empty() {
            if !clean.is_empty() {
                clean.push(' ');
            }
            clean.push_str(&word);
        }
    }
    if let Some((end, _)) = clean.char_indices().nth(most) {
        clean.truncate(end);
    }
    clean
}

fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}
