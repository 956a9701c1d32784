//! The lines above a quotation: "On … wrote:", a block of From, Sent, To, Subject, or a dividing line.

use super::is_blank;
use super::words;

/// The most lines that one introduction runs over.
const LONGEST: usize = 4;

/// The most characters of one.
const WIDEST: usize = 500;

/// Whether a line belongs to the one before, though it begins with `>`: an address broken in two (`<a@b.c` / `>:`).
pub fn is_continued(lines: &[&str], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|before| lines[before]) else { return false };
    let open = match (before.rfind('<'), before.rfind('>')) {
        (Some(open), Some(close)) => open > close,
        (Some(_), None) => true,
        _ => false,
    };
    open && before.contains('@') && lines[at].trim().len() <= 20 && !before.trim_start().starts_with('>')
}

/// The first line of the introduction that ends in line `last`, if one does.
pub fn introduction(lines: &[&str], last: usize) -> Option<usize> {
    if !ends_introduction(lines[last]) {
        return None;
    }
    let mut nearest = None;
    for first in (last.saturating_sub(LONGEST - 1)..=last).rev() {
        if is_blank(lines[first]) {
            break;
        }
        let text = joined(&lines[first..=last]);
        if text.len() > WIDEST {
            break;
        }
        if begins_introduction(&text) && introduces(&text) {
            return Some(first);
        }
        if nearest.is_none() && introduces(&text) {
            nearest = Some(first);
        }
    }
    nearest
}

fn joined(lines: &[&str]) -> String {
    let all: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    all.join(" ").trim_matches(['-', ' ', '*', '_']).to_lowercase()
}

fn ends_introduction(line: &str) -> bool {
    let line = line.trim().trim_end_matches(['-', ' ', '*', '_']).to_lowercase();
    line.ends_with(':') || line.ends_with('：') || ends_with_wrote(&line)
}

fn ends_with_wrote(text: &str) -> bool {
    let text = text.trim_end_matches([':', '：', ' ', '\u{a0}']);
    words::WROTE.iter().any(|verb| {
        text.strip_suffix(verb).is_some_and(|before| before.is_empty() || !before.ends_with(char::is_alphanumeric))
    })
}

fn begins_introduction(text: &str) -> bool {
    let begins = |word: &&str| text.strip_prefix(*word).is_some_and(|rest| rest.starts_with([' ', ',', '.']));
    words::ON.iter().any(begins) || words::DAYS.iter().any(begins)
}

/// Somebody wrote at some time: a date and a verb, or a date and an address with a colon behind it.
fn introduces(text: &str) -> bool {
    let colon = text.ends_with([':', '：']);
    let addressed = text.contains('@');
    let wrote = ends_with_wrote(text)
        || words::WROTE.iter().any(|verb| colon && addressed && text.contains(&format!(" {verb} ")));
    let dated = has_time_or_year(text);
    let day = begins_introduction(text) && text.contains(|c: char| c.is_ascii_digit());
    if wrote { (dated || day) && (colon || addressed || day) } else { colon && addressed && dated }
}

/// `18:02`, `17.50`, `2017` or `01/03/11`; digits within a longer word don't count.
fn has_time_or_year(text: &str) -> bool {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, ':' | '.' | '/' | '-' | '+' | '@')))
        .filter(|word| !word.contains('@'))
        .map(|word| word.trim_end_matches(['.', ':', '-']))
        .any(|word| is_year(word) || is_time_or_date(word))
}

fn is_year(word: &str) -> bool {
    word.len() == 4 && (word.starts_with("19") || word.starts_with("20")) && word.bytes().all(|b| b.is_ascii_digit())
}

fn is_time_or_date(word: &str) -> bool {
    let word = word.trim_end_matches(['a', 'p', 'm', 'h']);
    let numbers: Vec<&str> = word.split([':', '.', '/', '-', 'h']).collect();
    let short = |number: &&str| (1..=4).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    (2..=3).contains(&numbers.len()) && numbers.iter().all(short) && (numbers.len() == 3 || numbers[1].len() == 2)
}

/// A line that by itself says: what follows was written before.
pub fn divider(line: &str) -> bool {
    let line = line.trim().to_lowercase().replace('’', "'");
    if words::FORWARDED.contains(&line.as_str()) {
        return true;
    }
    let inner = line.trim_matches(['-', ' ', '_', '*', '=']);
    let dashed = line.starts_with("--") || line.starts_with("__") || line.starts_with("==") || line.starts_with("*--");
    dashed && words::DIVIDERS.contains(&inner)
}

/// The first line of a block of headers that begins in line `at`, if one does; a dividing line above belongs to it.
pub fn block(lines: &[&str], at: usize) -> Option<usize> {
    let first =
        key(lines[at]).filter(|key| words::FROM.contains(&key.as_str()) || words::HEADERS.contains(&key.as_str()))?;
    let mut from = words::FROM.contains(&first.as_str());
    let mut others = usize::from(!from);
    for line in lines[at + 1..].iter().take_while(|line| !is_blank(line)).take(8) {
        match key(line) {
            Some(key) if words::HEADERS.contains(&key.as_str()) => others += 1,
            Some(key) if words::FROM.contains(&key.as_str()) => from = true,
            _ => {}
        }
    }
    // Without an address it takes all four lines: a journey has a From, a To and a Date as well.
    let addressed = lines[at..].iter().take_while(|line| !is_blank(line)).take(9).any(|line| line.contains('@'));
    if !from || others < if addressed { 2 } else { 3 } {
        return None;
    }
    let mut start = at;
    for above in (0..at).rev() {
        if is_rule(lines[above]) || divider(lines[above]) {
            start = above;
        } else if !is_blank(lines[above]) {
            break;
        }
    }
    Some(start)
}

/// `From` of `*From:* somebody`, in lower case.
fn key(line: &str) -> Option<String> {
    let (key, value) = line.trim().trim_start_matches('*').split_once(':')?;
    let key = key.trim().trim_matches('*').trim().to_lowercase();
    (key.chars().count() <= 20 && value.len() <= 400).then_some(key)
}

/// A line of dashes, underscores or equals signs alone.
pub fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.chars().count() >= 3 && line.chars().all(|c| matches!(c, '-' | '_' | '=' | '*' | '–' | '—' | '─'))
}
