//! Text in the character sets of the rails.
//!
//! **SEPA** carries `a-z A-Z 0-9 / - ? : ( ) . , ' +` and the space (2025 SCT customer-to-PSP implementation guidelines,
//! section 1.4). Everything else is converted as the EPC recommends ("SEPA Requirements for an Extended Character Set",
//! EPC217-08, with its conversion table), because the payee's bank converts the name it knows by the same table before
//! it compares the two (verification of payee): `ä` becomes `a`, `ß` `s`, `Æ` `A`, `щ` `sht`, `;` a comma, and signs
//! without a counterpart a full stop. Where this module says more than the table:
//! - the table leaves `&` and `"` to XML: they become `+` and an apostrophe; `<` and `>` a full stop. `@` becomes `(at)`
//!   and `_` a dash (chapter 6.2 of the document);
//! - letters for which the table has only a full stop (Cyrillic beyond Bulgarian, Georgian, Vietnamese, Arabic, …)
//!   are romanised, since a name of full stops pays nobody;
//! - Greek is transcribed as in Greek passports, see `greek`;
//! - typographic quotes and dashes, which word processors make, become plain ones;
//! - marks that are not seen (accents on their own, joiners, writing direction) vanish.

use super::error::Refusal;
use super::greek;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Whether SEPA carries a character.
pub fn is_sepa(c: char) -> bool {
    c.is_ascii_alphanumeric() || "/-?:().,'+ ".contains(c)
}

/// Text of at most `longest` characters of the SEPA set, without a slash at either end or two in a row (a clearing
/// system reads those as field marks) and without needless spaces. Empty where nothing is left.
pub fn sepa(text: &str, longest: usize) -> String {
    tidy(&transliterate(text, is_sepa), longest)
}

/// A name in the SEPA set.
///
/// # Errors
/// [`Refusal::EmptyName`] where no letter or digit is left.
pub fn sepa_name(name: &str, longest: usize) -> Result<String, Refusal> {
    named(sepa(name, longest))
}

/// Whether text can be an identifier of SEPA as it is: 1 to 35 characters of the set, no slash at either end, no two in
/// a row (EPC230-15), and a letter or digit first, so that no spreadsheet takes it for a formula. Identifiers are never
/// converted, since they must come back as they went.
pub fn is_sepa_id(id: &str) -> bool {
    (1..=35).contains(&id.len()) && id.starts_with(|c: char| c.is_ascii_alphanumeric()) && sepa(id, 35) == id
}

/// Text for Bacs and Faster Payments: at most `longest` characters of `A-Z 0-9 . & / -` and the space, which is what
/// Bacs Standard 18 allows in names and references, beginning with a letter or digit. Letters go as in [`sepa`]; what
/// is still outside becomes a space, which is what Bacs itself would make of it.
pub fn bacs(text: &str, longest: usize) -> String {
    let text: String = transliterate(text, |c| is_sepa(c) || c == '&')
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || ".&/-".contains(c) { c.to_ascii_uppercase() } else { ' ' })
        .collect();
    tidy(text.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()), longest)
}

/// A name in the set of Bacs and Faster Payments.
///
/// # Errors
/// [`Refusal::EmptyName`] where no letter or digit is left.
pub fn bacs_name(name: &str, longest: usize) -> Result<String, Refusal> {
    named(bacs(name, longest))
}

/// Text in any script for a rail that takes UTF-8: composed (NFC), on one line, without marks that change the writing
/// direction, at most `longest` characters.
pub fn plain(text: &str, longest: usize) -> String {
    let visible: String = text.nfc().filter(|c| !is_unseen(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words: Vec<_> = visible.split_whitespace().collect();
    let cut: String = words.join(" ").chars().take(longest).collect();
    cut.trim_end().to_owned()
}

fn named(name: String) -> Result<String, Refusal> {
    if name.contains(|c: char| c.is_ascii_alphanumeric()) { Ok(name) } else { Err(Refusal::EmptyName) }
}

/// Composed first, so that a letter with its accent behind it, as some systems write it, is the same letter.
fn transliterate(text: &str, carried: impl Fn(char) -> bool) -> String {
    let chars: Vec<char> = text.nfc().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        if carried(c) {
            out.push(c);
            at += 1;
        } else if let Some(used) = greek::romanise(&chars, at, &mut out) {
            at += used;
        } else {
            push(&mut out, converted(c), c.is_uppercase(), chars.get(at + 1).copied());
            at += 1;
        }
    }
    out
}

/// Adds what a letter became. A capital that became several letters is written as its word is: `Θ` in `Θεός` as `Th`,
/// in `ΘΕΟΣ` as `TH`.
pub(super) fn push(out: &mut String, letters: &str, capital: bool, next: Option<char>) {
    let small = next.is_some_and(char::is_lowercase);
    for (place, letter) in letters.chars().enumerate() {
        out.push(match capital {
            true if place > 0 && small => letter.to_ascii_lowercase(),
            true => letter.to_ascii_uppercase(),
            false => letter,
        });
    }
}

fn converted(c: char) -> &'static str {
    match c {
        '&' => "+",
        '@' => "(at)",
        '_' | '~' | '\u{2010}'..='\u{2015}' | '−' => "-",
        '"' | '`' | '´' | '‘' | '’' | '‚' | '‛' | '“' | '”' | '„' | '‟' | '′' | '″' | 'ʹ' | 'ʻ' | 'ʼ' => {
            "'"
        }
        ';' => ",",
        '[' | '{' => "(",
        ']' | '}' => ")",
        '\\' | '|' => "/",
        '¿' => "?",
        '€' => "E",
        'ª' | 'º' => ".",
        'ß' | 'ẞ' => "s",
        'æ' | 'Æ' => "a",
        'œ' | 'Œ' => "o",
        'þ' | 'Þ' => "t",
        'ĳ' | 'Ĳ' => "i",
        'ж' | 'Ж' => "zh",
        'й' | 'Й' => "y",
        'х' | 'Х' => "h",
        'ц' | 'Ц' => "ts",
        'ч' | 'Ч' => "ch",
        'ш' | 'Ш' => "sh",
        'щ' | 'Щ' => "sht",
        'ъ' | 'Ъ' => "a",
        'ь' | 'Ь' => "y",
        'ю' | 'Ю' => "yu",
        'я' | 'Я' => "ya",
        c if c.is_whitespace() || c.is_control() => " ",
        c if is_unseen(c) || is_combining_mark(c) => "",
        c if c.is_alphanumeric() => {
            let letters = any_ascii::any_ascii_char(c);
            if !letters.is_empty() && letters.chars().all(is_sepa) { letters } else { "." }
        }
        _ => ".",
    }
}

/// Joiners, soft hyphens, byte order marks and changes of the writing direction.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn tidy(text: &str, longest: usize) -> String {
    let mut out = String::with_capacity(text.len().min(longest));
    for c in text.chars() {
        let again = (c == ' ' || c == '/') && out.ends_with(c);
        let at_start = out.is_empty() && (c == ' ' || c == '/');
        if out.len() < longest && !again && !at_start {
            out.push(c);
        }
    }
    out.truncate(out.trim_end_matches([' ', '/']).len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_of_europe() {
        for (name, expected) in [
            ("José Núñez Ibáñez, S.L.", "Jose Nunez Ibanez, S.L."),
            ("Peñalver & Hijos", "Penalver + Hijos"),
            ("Łukasz Żółć-Święcicki", "Lukasz Zolc-Swiecicki"),
            ("Müller Straße GmbH", "Muller Strase GmbH"),
            ("GROẞE ÄÖÜ", "GROSE AOU"),
            ("Ærøskøbing Æ", "Aroskobing A"),
            ("Þór Ðóra", "Tor Dora"),
            ("Șerban Țepeș", "Serban Tepes"),
            ("Őry Űr", "Ory Ur"),
            ("Đorđe Čašić", "Dorde Casic"),
            ("Jānis Bērziņš", "Janis Berzins"),
            ("Işık Ğ", "Isik G"),
            ("Għaxaq", "Ghaxaq"),
            ("Ŀl·lusió", "Ll.lusio"),
            ("Щерьо Жабов", "Shteryo Zhabov"),
            ("ЮЛИЯ ЦЪРКОВА", "YULIYA TSARKOVA"),
            ("Ђорђе Љубић", "Djordje Ljubic"),
            ("Ёлкин Быков Эдуард", "Elkin Bykov Eduard"),
            ("Їжак Ґалаґан Євген", "Izhak Galagan Ievgen"),
            ("Əliyev", "Eliyev"),
            ("Nguyễn Thị", "Nguyen Thi"),
            ("გიორგი", "giorgi"),
        ] {
            assert_eq!(sepa(name, 70), expected, "{name}");
        }
    }

    #[test]
    fn decomposed_letters_are_the_same_letters() {
        for name in ["José Núñez", "Żółć", "Παπαδόπουλος", "Йордан", "Ταΰγετος"] {
            let apart: String = name.nfd().collect();
            assert_eq!(sepa(&apart, 70), sepa(name, 70));
        }
    }

    #[test]
    fn signs() {
        assert_eq!(sepa(r#"A & B <c> "d" 'e'"#, 70), "A + B .c. 'd' 'e'");
        assert_eq!(sepa("a_b@c;d", 70), "a-b(at)c,d");
        assert_eq!(sepa("[x] {y} a\\b|c", 70), "(x) (y) a/b/c");
        assert_eq!(sepa("«¡Olé!» – “ok” — 5 €…", 70), "..Ole.. - 'ok' - 5 E.");
        assert_eq!(sepa("a\tb\r\nc\u{a0}d  e", 70), "a b c d e");
        assert_eq!(sepa("a\u{200b}b\u{202e}c\u{feff}\u{301}", 70), "abc");
        assert_eq!(sepa("100% 🦀 #1", 70), "100. . .1");
    }

    #[test]
    fn slashes_never_mark_a_field() {
        assert_eq!(sepa("/a//b/", 70), "a/b");
        assert_eq!(sepa("a///b", 70), "a/b");
        assert_eq!(sepa(" / a / ", 70), "a");
        assert_eq!(sepa("\\|a|\\b", 70), "a/b");
        assert_eq!(sepa("abc/def", 4), "abc");
        assert_eq!(sepa("abc def", 4), "abc");
    }

    #[test]
    fn a_name_needs_a_letter_or_digit() {
        assert_eq!(sepa_name("Ω", 70), Ok("O".to_owned()));
        for name in ["", " ", "///", "🦀🦀", "?!", "\u{200b}", "\u{301}"] {
            assert_eq!(sepa_name(name, 70), Err(Refusal::EmptyName), "{name}");
            assert_eq!(bacs_name(name, 18), Err(Refusal::EmptyName), "{name}");
        }
    }

    #[test]
    fn identifiers_are_taken_as_they_are_or_not_at_all() {
        for id in ["PD-794-44", "A", "a/b", "2026-11:run (1)"] {
            assert!(is_sepa_id(id), "{id}");
        }
        for id in ["", "/a", "a/", "a//b", "ñ", "a  b", "a ", "-1", "+1", "a\n", "a_b", &"a".repeat(36)] {
            assert!(!is_sepa_id(id), "{id}");
        }
    }

    #[test]
    fn british_text() {
        assert_eq!(bacs("Seán O'Brien & Sons Ltd.", 40), "SEAN O BRIEN & SONS LTD.");
        assert_eq!(bacs("& Sons", 18), "SONS");
        assert_eq!(bacs("(Ana) Müller+Co", 18), "ANA MULLER CO");
        assert_eq!(bacs("Christopher Montgomery", 18), "CHRISTOPHER MONTGO");
        assert_eq!(bacs("a@b", 18), "A AT B");
    }

    #[test]
    fn plain_text_keeps_its_script() {
        assert_eq!(plain(" Γεια\tσου\r\n\u{202e}José ", 400), "Γεια σου José");
        assert_eq!(plain("ññññ", 3), "ñññ");
        assert_eq!(plain("ab cd", 3), "ab");
    }

    proptest! {
        #[test]
        fn whatever_comes_in_sepa_comes_out(text in any::<String>(), longest in 1..150_usize) {
            let out = sepa(&text, longest);
            prop_assert!(out.len() <= longest);
            prop_assert!(out.chars().all(is_sepa));
            prop_assert!(!out.contains("//") && !out.contains("  "));
            prop_assert!(!out.starts_with(['/', ' ']) && !out.ends_with(['/', ' ']));
            prop_assert_eq!(sepa(&out, longest), out);
        }

        #[test]
        fn whatever_comes_in_bacs_comes_out(text in any::<String>(), longest in 1..40_usize) {
            let out = bacs(&text, longest);
            prop_assert!(out.len() <= longest);
            prop_assert!(out.is_empty() || out.starts_with(|c: char| c.is_ascii_alphanumeric()));
            prop_assert!(out.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || ".&/- ".contains(c)));
            prop_assert_eq!(bacs(&out, longest), out);
        }

        #[test]
        fn no_letter_of_europe_is_lost(name in "[A-Za-zÀ-ÖØ-öø-ňŐ-žȘ-țΑ-ΡΣ-Ωα-ωЀ-џ]{1,40}") {
            let out = sepa(&name, 400);
            prop_assert!(out.chars().all(|c| c.is_ascii_alphabetic()), "{} {}", name, out);
            prop_assert!(sepa_name(&name, 70).is_ok());
        }
    }
}
