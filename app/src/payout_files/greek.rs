//! Greek in Latin letters, as in Greek and Cypriot passports: ELOT 743 (2001), transcription, which is the transcription
//! of ISO 843:1997. Letter by letter it is the EPC's conversion table (EPC217-08); it differs where two letters are
//! one sound (`ου`, `αυ`, `ευ`, `ηυ`, `γγ`, `μπ`), so that Παπαδόπουλος is the Papadopoulos that banks know and not
//! Papadopoylos.

use super::text::push;
use unicode_normalization::char::decompose_canonical;

/// A Greek letter without its marks.
#[derive(Clone, Copy)]
struct Letter {
    small: char,
    capital: bool,
    accent: bool,
    diaeresis: bool,
}

/// Writes the Greek letter, or two, at `at` and says how many they were; `None` where it is not Greek.
pub(super) fn romanise(chars: &[char], at: usize, out: &mut String) -> Option<usize> {
    let first = letter(*chars.get(at)?)?;
    let next = chars.get(at + 1).copied();
    let second = next.and_then(letter);
    let third = chars.get(at + 2).copied();
    if let Some(second) = second {
        let diphthong = second.small == 'υ' && !second.diaeresis && !first.accent;
        let outer = at.checked_sub(1).and_then(|before| chars.get(before)).is_none_or(|c| !c.is_alphabetic())
            || third.is_none_or(|c| !c.is_alphabetic());
        let pair = match first.small {
            'ο' if diphthong => Some(("o", "u")),
            'α' if diphthong => Some(("a", v_or_f(third))),
            'ε' if diphthong => Some(("e", v_or_f(third))),
            'η' if diphthong => Some(("i", v_or_f(third))),
            'μ' if second.small == 'π' && outer => Some(("b", "")),
            'γ' if matches!(second.small, 'γ' | 'ξ' | 'χ') => {
                push(out, "n", first.capital, next);
                return Some(1);
            }
            _ => None,
        };
        if let Some((one, two)) = pair {
            push(out, one, first.capital, next);
            push(out, two, second.capital, third);
            return Some(2);
        }
    }
    push(out, alone(first.small), first.capital, next);
    Some(1)
}

fn letter(c: char) -> Option<Letter> {
    let (mut base, mut accent, mut diaeresis) = (None, false, false);
    decompose_canonical(c, |part| match part {
        '\u{308}' => diaeresis = true,
        '\u{300}' | '\u{301}' | '\u{342}' => accent = true,
        part => base = base.or(Some(part)),
    });
    let base = base?;
    let small = base.to_lowercase().next()?;
    ('α'..='ω').contains(&small).then_some(Letter { small, capital: base.is_uppercase(), accent, diaeresis })
}

/// `αυ`, `ευ` and `ηυ` end in f before a voiceless consonant and at the end of a word.
fn v_or_f(after: Option<char>) -> &'static str {
    match after.and_then(letter) {
        Some(letter) if !"θκξπσςτφχψ".contains(letter.small) => "v",
        _ => "f",
    }
}

fn alone(small: char) -> &'static str {
    match small {
        'α' => "a",
        'β' => "v",
        'γ' => "g",
        'δ' => "d",
        'ε' => "e",
        'ζ' => "z",
        'η' | 'ι' => "i",
        'θ' => "th",
        'κ' => "k",
        'λ' => "l",
        'μ' => "m",
        'ν' => "n",
        'ξ' => "x",
        'ο' | 'ω' => "o",
        'π' => "p",
        'ρ' => "r",
        'σ' | 'ς' => "s",
        'τ' => "t",
        'υ' => "y",
        'φ' => "f",
        'χ' => "ch",
        _ => "ps",
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::sepa;

    #[test]
    fn names_as_in_a_passport() {
        for (name, expected) in [
            ("Γεώργιος Παπαδόπουλος", "Georgios Papadopoulos"),
            ("ΓΕΩΡΓΙΟΣ ΠΑΠΑΔΟΠΟΥΛΟΣ", "GEORGIOS PAPADOPOULOS"),
            ("Ευάγγελος Θεοδωρίδης", "Evangelos Theodoridis"),
            ("ΕΥΑΓΓΕΛΟΣ ΘΕΟΔΩΡΙΔΗΣ", "EVANGELOS THEODORIDIS"),
            ("Ευτυχία Παύλου", "Eftychia Pavlou"),
            ("Ντόρα Μπακογιάννη", "Ntora Bakogianni"),
            ("Χαράλαμπος Ψαρρός", "Charalampos Psarros"),
            ("Σφίγξ Μελάγχρους", "Sfinx Melanchrous"),
            ("Ταΰγετος", "Taygetos"),
            ("Αύγουστος, Λευκή", "Avgoustos, Lefki"),
            ("Ηύρα ευ", "Ivra ef"),
            ("Ξένια Ωνάση", "Xenia Onasi"),
            ("ᾠδὴ Ἀθῆναι", "odi Athinai"),
        ] {
            assert_eq!(sepa(name, 70), expected, "{name}");
        }
    }

    #[test]
    fn an_accent_on_the_first_vowel_keeps_the_two_apart() {
        assert_eq!(sepa("άυλος", 70), "aylos");
        assert_eq!(sepa("Μαϊου", 70), "Maiou");
    }
}
