//! Taking out of a text whatever says whose it is: names, codes, addresses, numbers. Pure.
//!
//! What is known (names of members and staff, codes, order numbers) is taken out wherever it stands; what is not known is
//! taken out by its shape, rather once too often than once too seldom. Amounts go too: who knows one knows the case.

use std::collections::BTreeSet;

/// What stands in the place of what was taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Name,
    Mail,
    Link,
    Account,
    Phone,
    Amount,
    Number,
    Code,
}

impl Mark {
    const ALL: [Self; 8] =
        [Self::Name, Self::Mail, Self::Link, Self::Account, Self::Phone, Self::Amount, Self::Number, Self::Code];

    /// Stands for it while a text is worked on: a sign that no text has by then, so that nothing written looks like one.
    fn sign(self) -> char {
        match self {
            Self::Name => '\u{e000}',
            Self::Mail => '\u{e001}',
            Self::Link => '\u{e002}',
            Self::Account => '\u{e003}',
            Self::Phone => '\u{e004}',
            Self::Amount => '\u{e005}',
            Self::Number => '\u{e006}',
            Self::Code => '\u{e007}',
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Name => "[name]",
            Self::Mail => "[e-mail]",
            Self::Link => "[link]",
            Self::Account => "[account]",
            Self::Phone => "[phone]",
            Self::Amount => "[amount]",
            Self::Number => "[number]",
            Self::Code => "[code]",
        }
    }
}

/// What is known of a case.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Names of people and of the partner's business: each word of them of three letters or more is taken out.
    pub names: Vec<String>,
    /// Codes and order numbers, taken out whole.
    pub codes: Vec<String>,
}

/// Words that are part of names and of much else besides.
const COMMON: [&str; 24] = [
    "the",
    "and",
    "von",
    "van",
    "der",
    "del",
    "los",
    "las",
    "for",
    "con",
    "por",
    "mit",
    "shop",
    "store",
    "media",
    "online",
    "blog",
    "web",
    "group",
    "team",
    "garden",
    "kitchen",
    "affiliate",
    "partner",
];

/// A text without anybody in it.
pub fn anonymise(text: &str, known: &Known) -> String {
    let text: String = text.chars().filter(|c| !is_hidden(*c)).map(plain_space).collect();
    let text = codes(&text, &known.codes);
    let text = whole_names(&text, &known.names);
    let words: BTreeSet<String> = known
        .names
        .iter()
        .flat_map(|name| name.split(|c: char| !c.is_alphanumeric()))
        .map(folded)
        .filter(|word| word.chars().count() >= 3 && !COMMON.contains(&word.as_str()))
        .collect();
    let text = runs(&by_shape(&text), &words);
    Mark::ALL.iter().fold(text, |text, mark| text.replace(mark.sign(), mark.as_str()))
}

/// Signs that nobody sees and that part a word for a machine.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{e000}'..='\u{f8ff}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
        || (c.is_control() && !matches!(c, '\n' | '\t'))
}

/// The many blanks that are not the one on the keyboard; full-width signs as their plain ones.
fn plain_space(c: char) -> char {
    match c {
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    }
}

/// In small letters and without accents, so that `Muñoz`, `MUNOZ` and `munoz` are one.
fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(base).collect()
}

fn base(c: char) -> char {
    match c {
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'ø' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        'ý' | 'ÿ' => 'y',
        other => other,
    }
}

/// Takes known codes out, the longest first, whatever their case.
fn codes(text: &str, codes: &[String]) -> String {
    let mut wanted: Vec<&String> = codes.iter().filter(|code| code.chars().count() >= 2).collect();
    wanted.sort_by_key(|code| std::cmp::Reverse(code.len()));
    wanted.into_iter().fold(text.to_owned(), |text, code| replaced(&text, code, Mark::Code))
}

fn whole_names(text: &str, names: &[String]) -> String {
    let mut wanted: Vec<&String> = names.iter().filter(|name| name.trim().chars().count() >= 3).collect();
    wanted.sort_by_key(|name| std::cmp::Reverse(name.len()));
    wanted.into_iter().fold(text.to_owned(), |text, name| replaced(&text, name.trim(), Mark::Name))
}

/// Every place where `wanted` stands by itself, case and accents aside.
fn replaced(text: &str, wanted: &str, mark: Mark) -> String {
    let letters: Vec<char> = text.chars().collect();
    let plain: Vec<char> = letters.iter().map(|c| base(c.to_lowercase().next().unwrap_or(*c))).collect();
    let wanted: Vec<char> = wanted.chars().map(|c| base(c.to_lowercase().next().unwrap_or(c))).collect();
    let alone = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| plain.get(at)).is_none_or(|c| !c.is_alphanumeric());
        before && plain.get(at + wanted.len()).is_none_or(|c| !c.is_alphanumeric())
    };
    let (mut out, mut at) = (String::new(), 0);
    while at < letters.len() {
        if plain.get(at..at + wanted.len()) == Some(wanted.as_slice()) && alone(at) {
            out.push(mark.sign());
            at += wanted.len();
        } else {
            out.extend(letters.get(at));
            at += 1;
        }
    }
    out
}

/// Takes out what a whole word shows to be an address, a link, or a code of letters and digits.
fn by_shape(text: &str) -> String {
    let mut out = String::new();
    for piece in text.split_inclusive(|c: char| c.is_whitespace()) {
        let word = piece.trim_end_matches(char::is_whitespace);
        let space = piece.get(word.len()..).unwrap_or_default();
        let (head, core, tail) = bare(word);
        match shape(core) {
            Some(mark) => {
                out.push_str(head);
                out.push(mark.sign());
                out.push_str(tail);
            }
            None => out.push_str(word),
        }
        out.push_str(space);
    }
    out
}

/// A word without the signs around it.
fn bare(word: &str) -> (&str, &str, &str) {
    let is_edge = |c: char| !c.is_alphanumeric() && c != '@';
    let start = word.len() - word.trim_start_matches(is_edge).len();
    let end = word.trim_end_matches(is_edge).len().max(start);
    (
        word.get(..start).unwrap_or_default(),
        word.get(start..end).unwrap_or_default(),
        word.get(end..).unwrap_or_default(),
    )
}

fn shape(word: &str) -> Option<Mark> {
    let lower = word.to_lowercase();
    let at =
        lower.contains('@') || ["(at)", "[at]", "(arroba)", "[arroba]"].iter().any(|hidden| lower.contains(hidden));
    if at {
        return Some(Mark::Mail);
    }
    // A domain: letters, a dot, at least two letters; also with a path.
    let host = lower.split(['/', '?', '#']).next().unwrap_or_default();
    let is_domain = host.rsplit_once('.').is_some_and(|(before, top)| {
        top.len() >= 2 && top.chars().all(char::is_alphabetic) && before.chars().any(char::is_alphabetic)
    });
    if lower.contains("://") || lower.starts_with("www.") || is_domain {
        return Some(Mark::Link);
    }
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    // Letters and digits in one word name something: an order, a click, a partner, an account.
    (letters > 0 && digits >= 2 && !is_ordinal(&lower)).then_some(Mark::Code)
}

/// `10th`, `30s`: plain words with a number in front.
fn is_ordinal(word: &str) -> bool {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit());
    word.len() != rest.len() && matches!(rest, "th" | "st" | "nd" | "rd" | "h" | "min" | "s" | "d" | "º" | "ª" | "%")
}

/// Takes out runs of digits, with what parts them, and words of names.
fn runs(text: &str, names: &BTreeSet<String>) -> String {
    let letters: Vec<char> = text.chars().collect();
    let (mut out, mut at) = (String::new(), 0);
    while let Some(&letter) = letters.get(at) {
        if letter.is_numeric()
            || (is_sign(letter)
                && letters.get(at + 1).is_some_and(|next| {
                    next.is_numeric() || *next == ' ' && letters.get(at + 2).is_some_and(|c| c.is_numeric())
                }))
        {
            let end = run_end(&letters, at);
            let run: String = letters.get(at..end).unwrap_or_default().iter().collect();
            let before = out.chars().next_back();
            let after: String = letters.get(end..).unwrap_or_default().iter().take(5).collect();
            out.push_str(&number(&run, before, &after));
            at = end;
        } else if letter.is_alphabetic() {
            let end = letters
                .get(at..)
                .and_then(|rest| rest.iter().position(|c| !c.is_alphanumeric()))
                .map_or(letters.len(), |end| at + end);
            let word: String = letters.get(at..end).unwrap_or_default().iter().collect();
            let plain = folded(&word);
            let genitive = plain.strip_suffix('s').unwrap_or(&plain);
            if names.contains(&plain) || names.contains(genitive) {
                out.push(Mark::Name.sign());
            } else {
                out.push_str(&word);
            }
            at = end;
        } else {
            out.push(letter);
            at += 1;
        }
    }
    out
}

fn is_sign(c: char) -> bool {
    matches!(c, '+' | '€' | '$' | '£' | '¥')
}

/// Where a run of digits ends: single signs between digits belong to it, and so do blanks.
fn run_end(letters: &[char], from: usize) -> usize {
    let (mut end, mut at) = (from + 1, from + 1);
    while let Some(&letter) = letters.get(at) {
        let part = matches!(letter, ' ' | '.' | ',' | '-' | '/' | ':' | '\'' | '(' | ')');
        if letter.is_numeric() {
            end = at + 1;
        } else if !part || at - end >= 2 {
            break;
        }
        at += 1;
    }
    end
}

/// What becomes of a run of digits: small whole numbers, times and percentages say nothing about anybody.
fn number(run: &str, before: Option<char>, after: &str) -> String {
    let digits = run.chars().filter(|c| c.is_numeric()).count();
    let next = after.trim_start();
    let unit = ["€", "$", "£", "eur", "gbp", "usd", "euro", "libra", "pound", "dollar", "dólar"];
    let is_money = run.starts_with(['€', '$', '£', '¥'])
        || before.is_some_and(|c| matches!(c, '€' | '$' | '£' | '¥'))
        || unit.iter().any(|unit| next.to_lowercase().starts_with(unit));
    if is_money {
        return Mark::Amount.sign().to_string();
    }
    let percent = next.starts_with('%') && digits <= 4;
    let small = digits <= 2 && run.chars().all(char::is_numeric);
    let time = run.contains(':') && digits <= 6 && run.chars().all(|c| c.is_numeric() || c == ':');
    let cents = run.rsplit_once(['.', ',']).is_some_and(|(_, end)| end.len() == 2 && end.chars().all(char::is_numeric));
    if small || percent || time {
        run.to_owned()
    } else if run.starts_with('+') || (7..=15).contains(&digits) {
        Mark::Phone.sign().to_string()
    } else if digits > 15 {
        Mark::Account.sign().to_string()
    } else if cents {
        Mark::Amount.sign().to_string()
    } else {
        Mark::Number.sign().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn known() -> Known {
        Known {
            names: vec!["Ana María Soler-Muñoz".into(), "Bo".into(), "Soler Cupones S.L.".into(), "Tomás Gil".into()],
            codes: vec!["garden".into(), "O-1".into(), "ES-77/x".into()],
        }
    }

    fn of(text: &str) -> String {
        anonymise(text, &known())
    }

    #[test]
    fn addresses_and_links_go() {
        for text in [
            "ana.soler+aff@correo.example",
            "<ANA@EXAMPLE.COM>",
            "ana\u{200b}@\u{200b}example.com",
            "ana＠example.com",
            "ana(at)example.com",
            "mailto:ana@example.com?subject=x",
            "\"ana@example.com\"",
        ] {
            assert_eq!(of(text).replace(['<', '>', '"'], ""), "[e-mail]", "{text}");
        }
        for text in
            ["https://soler-cupones.example/ana?id=7", "www.ana.es", "soler.blog", "t.me/anasoler", "HTTP://X.Y.com"]
        {
            assert_eq!(of(text), "[link]", "{text}");
        }
        assert_eq!(of("escríbeme a ana@example.com, gracias."), "escríbeme a [e-mail], gracias.");
    }

    #[test]
    fn accounts_and_phones_go() {
        for text in [
            "ES9121000418450200051332",
            "es91 2100 0418 4502 0005 1332",
            "GB82 WEST 1234 5698 7654 32",
            "DE89-3704-0044-0532-0130-00",
            "4111 1111 1111 1111",
        ] {
            let left = of(text);
            assert!(!left.chars().any(|c| c.is_ascii_digit()), "{text}: {left}");
        }
        for text in
            ["+34 612 34 56 78", "612345678", "(0034) 612-345-678", "+44 (0)20 7946 0958", "612.34.56.78", "٠٦١٢٣٤٥٦٧"]
        {
            let left = of(text);
            assert!(left.contains("[phone]") && !left.chars().any(char::is_numeric), "{text}: {left}");
        }
    }

    #[test]
    fn names_go_however_they_are_written() {
        for text in
            ["Ana", "MARÍA", "maria", "Soler-Munoz", "Muñoz", "A\u{200b}na", "anas", "Tomás", "TOMAS GIL", "Cupones"]
        {
            let left = of(text).to_lowercase();
            for name in ["ana", "mar", "soler", "mu", "tom", "gil", "cupones"] {
                assert!(!left.replace("[name]", "").contains(name), "{text}: {left}");
            }
        }
        assert_eq!(of("Hola Ana, soy Bo de Soler Cupones S.L."), "Hola [name], soy Bo de [name]");
        assert_eq!(of("Banana y anagrama se quedan."), "Banana y anagrama se quedan.");
    }

    #[test]
    fn codes_and_amounts_go_and_plain_numbers_stay() {
        assert_eq!(of("My order O-1 of GARDEN, click a1b2c3d4"), "My order [code] of [code], click [code]");
        assert_eq!(
            of("£1,234.50 and 12,5 € and $ 7 and 12 EUR"),
            "[amount] and [amount] € and [amount] and [amount] EUR"
        );
        assert_eq!(of("Order 1234567890123, invoice 20-117"), "Order [phone], invoice [number]");
        assert_eq!(of("3 days, 30 %, 8%, at 14:30, the 10th"), "3 days, 30 %, 8%, at 14:30, the 10th");
        assert_eq!(of("49.90"), "[amount]");
    }

    #[test]
    fn what_was_written_to_fool_it_does_not() {
        let text =
            "[name] ana@example.com [e-mail ES9121000418450200051332 [call Ana, 612345678] \u{e000}612345678\u{e001}";
        let left = of(text);
        assert!(
            !left.contains("example") && !left.contains("9121") && !left.contains("612") && !left.contains("Ana"),
            "{left}"
        );
        assert_eq!(anonymise("", &Known::default()), "");
        assert_eq!(of("[[[[ana@x.example]]]]").matches("[e-mail]").count(), 1);
    }

    proptest! {
        #[test]
        fn nothing_known_is_left_and_nothing_panics(
            before in "[a-z ,.]{0,20}", after in "[ ,.!?\n][a-z ,.]{0,20}", spaced in "(?s).{0,200}",
        ) {
            let _ = of(&spaced);
            for secret in ["ana@example.com", "ES9121000418450200051332", "+34612345678", "Soler-Muñoz", "O-1"] {
                let left = of(&format!("{before} {secret}{after}"));
                prop_assert!(!left.contains(secret), "{} {}", secret, left);
                prop_assert!(!left.to_lowercase().contains("soler") && !left.contains("2100") && !left.contains("612"), "{}", left);
            }
        }
    }
}
