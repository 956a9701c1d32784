//! Text from a message that has only HTML. What is quoted there (`<blockquote>`) becomes lines that begin with `>`, as
//! in a plain message, so that both fold by the same rules.

use mail_parser::decoders::html::html_to_text;

/// Marks that no text contains: they come back out of the converter as they went in.
const OPEN: char = '\u{f8e0}';
const CLOSE: char = '\u{f8e1}';
/// Here a line ends, if it has begun.
const SOFT: char = '\u{f8e2}';

/// The deepest quotation that is told apart.
const DEEPEST: usize = 20;

/// The text of an HTML document.
pub fn to_text(html: &str) -> String {
    quoted(&html_to_text(&with_breaks(html)))
}

/// The same HTML with marks where a block begins or ends; the converter alone breaks at `<br>` and `</p>` only.
fn with_breaks(html: &str) -> String {
    let mut out = String::with_capacity(html.len() + html.len() / 8);
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at].replace([OPEN, CLOSE, SOFT], ""));
        rest = &rest[at..];
        let (closes, name) = tag_name(rest);
        let end = rest.find('>').map_or(rest.len(), |end| end + 1);
        match (name.as_str(), closes) {
            ("blockquote", false) => out.extend([SOFT, OPEN, SOFT]),
            ("blockquote", true) => out.extend([SOFT, CLOSE, SOFT]),
            ("div" | "tr" | "li" | "ul" | "ol" | "table" | "h1" | "h2" | "h3" | "h4" | "pre" | "hr" | "p", _) => {
                out.push(SOFT);
                out.push_str(&rest[..end]);
            }
            _ => out.push_str(&rest[..end]),
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

fn tag_name(tag: &str) -> (bool, String) {
    let inner = tag.trim_start_matches('<');
    let (closes, inner) = inner.strip_prefix('/').map_or((false, inner), |inner| (true, inner));
    let name: String = inner.chars().take_while(char::is_ascii_alphanumeric).take(12).collect();
    (closes, name.to_ascii_lowercase())
}

/// Lines within the marks, each with as many `>` as it is deep; runs of blank lines become one.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut depth = 0_usize;
    let mut blank = true;
    for line in text.replace('\u{a0}', " ").lines() {
        let mut said = false;
        for piece in line.split_inclusive([OPEN, CLOSE, SOFT]) {
            let words = piece.trim_end_matches([OPEN, CLOSE, SOFT]).trim();
            if !words.is_empty() {
                add_line(&mut out, depth, words);
                (said, blank) = (true, false);
            }
            match piece.chars().next_back() {
                Some(OPEN) => depth = (depth + 1).min(DEEPEST),
                Some(CLOSE) => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        if !said && !blank {
            add_line(&mut out, depth, "");
            blank = true;
        }
    }
    out
}

fn add_line(out: &mut String, depth: usize, words: &str) {
    if depth > 0 {
        out.push_str(&">".repeat(depth));
        out.push(' ');
    }
    out.push_str(words);
    out.push('\n');
}
