//! Where the writer's own words end and the signature begins.

use super::{Part, header, is_blank, words};

/// The most lines of a signature that nothing but a closing or a rule announces.
const LONGEST: usize = 12;

/// The most lines after a closing: name, post, company, telephone.
const AFTER_CLOSING: usize = 8;

/// The longest line among those: longer ones are sentences.
const WIDEST: usize = 70;

/// Marks signatures in each run of new lines, up to the quotation that follows it, or the end.
pub fn mark(lines: &[&str], parts: &mut [Part]) {
    let mut start = 0;
    while start < lines.len() {
        if parts[start] != Part::New {
            start += 1;
            continue;
        }
        let end = (start..lines.len()).find(|&at| parts[at] != Part::New).unwrap_or(lines.len());
        if let Some(first) = (start..end).find(|&at| begins(lines, at, end)) {
            parts[first..end].fill(Part::Signature);
        }
        start = end;
    }
}

fn begins(lines: &[&str], at: usize, end: usize) -> bool {
    let line = lines[at].trim();
    let rest = &lines[at + 1..end];
    // RFC 3676 section 4.3 knows one mark; its blank is often lost on the way.
    line == "--"
        || is_dashes(line) && fits(rest, LONGEST, 200)
        || is_sent_from(lines, at)
        || is_closing(line) && fits(rest, AFTER_CLOSING, WIDEST)
}

/// `—`, `__` or a longer row of them; not the row of hyphens that draws a table or a heading.
fn is_dashes(line: &str) -> bool {
    let dashes = |dash: char, least: usize| line.chars().count() >= least && line.chars().all(|c| c == dash);
    dashes('—', 1) || dashes('–', 2) || dashes('_', 2) || dashes('─', 2)
}

/// At most so many lines that say something, none of them long; and at least one.
fn fits(rest: &[&str], most: usize, widest: usize) -> bool {
    let said: Vec<&&str> = rest.iter().filter(|line| !is_blank(line)).collect();
    (1..=most).contains(&said.len()) && said.iter().all(|line| line.trim().chars().count() <= widest)
}

/// "Sent from my phone", alone in its paragraph or last in the text: not a sentence about something that was sent.
fn is_sent_from(lines: &[&str], at: usize) -> bool {
    let line = lines[at].trim().trim_matches(['*', '_']).to_lowercase();
    let words = line.split('<').next().unwrap_or_default();
    let sentence = words.contains(", ") || words.ends_with(['.', '!', '?']) || words.chars().count() > 60;
    let apart = at == 0 || is_blank(lines[at - 1]) || header::is_rule(lines[at - 1]);
    !sentence && apart && words::SENT_FROM.iter().any(|begin| line.starts_with(begin))
}

/// "Best regards," and its like, alone in a line.
fn is_closing(line: &str) -> bool {
    let plain: String =
        line.to_lowercase().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '&' | ',')).collect();
    let plain = plain.trim().trim_end_matches(',').trim();
    words::CLOSINGS.contains(&plain)
}
