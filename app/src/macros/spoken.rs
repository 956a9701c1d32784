//! How a text speaks: its language and, in Spanish, its form of address, by its commonest words. It says so only where it
//! is plain, since a wrong warning teaches to overlook the right ones.

use super::model::{Spoken, Variant};

const ENGLISH: [&str; 36] = [
    "the", "and", "you", "your", "we", "is", "are", "have", "has", "will", "this", "that", "for", "with", "not", "it",
    "to", "of", "please", "from", "on", "in", "by", "was", "were", "be", "as", "our", "i", "they", "can", "when",
    "what", "thank", "thanks", "hello",
];
const SPANISH: [&str; 40] = [
    "el", "la", "los", "las", "que", "de", "en", "y", "un", "una", "por", "con", "su", "tu", "es", "hemos", "está",
    "para", "del", "al", "se", "lo", "te", "le", "si", "ya", "pero", "más", "como", "gracias", "hola", "cuando",
    "hasta", "desde", "este", "esta", "ha", "han", "sus", "tus",
];
/// Words that speak to somebody with tú.
const TU: [&str; 30] = [
    "tú",
    "tu",
    "tus",
    "te",
    "ti",
    "contigo",
    "tuyo",
    "tuya",
    "tienes",
    "puedes",
    "quieres",
    "eres",
    "estás",
    "necesitas",
    "debes",
    "sabes",
    "haces",
    "dices",
    "has",
    "crees",
    "dinos",
    "dime",
    "escríbenos",
    "avísanos",
    "mira",
    "tengas",
    "puedas",
    "quieras",
    "necesites",
    "cobras",
];
/// Words that only usted has.
const USTED: [&str; 12] = [
    "usted",
    "ustedes",
    "disculpe",
    "escríbanos",
    "avísenos",
    "díganos",
    "rogamos",
    "estimado",
    "estimada",
    "consulte",
    "indíquenos",
    "permítame",
];
/// Words that usted has, and that are also said of others.
const PERHAPS_USTED: [&str; 9] = ["su", "sus", "le", "puede", "tiene", "recibirá", "cobrará", "necesita", "verá"];
/// So many common words make a language plain.
const ENOUGH: usize = 4;

/// How a text speaks; `None` where it is too short or too mixed to say.
pub fn spoken(text: &str) -> Option<Spoken> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split_whitespace()
        // An address is in no language.
        .filter(|word| !word.contains("://") && !word.contains('@') && !word.starts_with('/'))
        .flat_map(|word| word.split(|letter: char| !letter.is_alphabetic()))
        .filter(|word| !word.is_empty())
        .collect();
    let count = |known: &[&str]| words.iter().filter(|word| known.contains(word)).count();
    let (english, spanish) = (count(&ENGLISH), count(&SPANISH));
    if english >= ENOUGH && english >= 3 * spanish {
        return Some(Spoken::As(Variant::En));
    }
    if spanish < ENOUGH || spanish < 3 * english {
        return None;
    }
    let tu = count(&TU) + words.iter().filter(|word| is_future_of_tu(word)).count();
    let (usted, perhaps) = (count(&USTED), count(&PERHAPS_USTED));
    Some(match (tu, usted, perhaps) {
        (1.., 0, _) => Spoken::As(Variant::EsTu),
        (0, 1.., _) | (0, 0, 3..) => Spoken::As(Variant::EsUsted),
        _ => Spoken::Spanish,
    })
}

/// `recibirás`, `podrás`; not `atrás`, `detrás`.
fn is_future_of_tu(word: &str) -> bool {
    word.ends_with("rás") && !word.ends_with("trás")
}

#[cfg(test)]
mod tests {
    use super::*;

    const EN: &str = "Hello Nora, your commission is in hold until the refund window ends. You have nothing to do.";
    const TU_TEXT: &str =
        "Hola, Nora: tu comisión está en retención hasta que termine el plazo de devolución. No tienes que hacer nada.";
    const USTED_TEXT: &str = "Estimada Nora: su comisión está en retención hasta que termine el plazo de devolución. No tiene que hacer nada.";

    #[test]
    fn plain_texts_are_known() {
        assert_eq!(spoken(EN), Some(Spoken::As(Variant::En)));
        assert_eq!(spoken(TU_TEXT), Some(Spoken::As(Variant::EsTu)));
        assert_eq!(spoken(USTED_TEXT), Some(Spoken::As(Variant::EsUsted)));
        assert_eq!(
            spoken("El pago salió ayer del banco y llega el lunes por la mañana."),
            Some(Spoken::Spanish),
            "it speaks to nobody"
        );
    }

    #[test]
    fn what_is_not_plain_is_not_said() {
        for text in ["", "OK", "Order 12, £5.00", "Gracias, Nora", "https://example.org/the/you/your/is/we/of", "No"] {
            assert_eq!(spoken(text), None, "{text}");
        }
        let mixed = format!("{EN} {TU_TEXT}");
        assert_eq!(spoken(&mixed), None);
    }

    #[test]
    fn both_forms_at_once_are_neither() {
        assert_eq!(spoken(&format!("{TU_TEXT} {USTED_TEXT}")), Some(Spoken::Spanish));
        assert_eq!(spoken("Lo de atrás y lo de detrás de la casa es de los de al lado."), Some(Spoken::Spanish));
    }

    #[test]
    fn spanish_to_nobody_suits_everybody_who_reads_spanish() {
        assert!(Spoken::Spanish.suits(Variant::EsTu) && Spoken::Spanish.suits(Variant::EsUsted));
        assert!(!Spoken::Spanish.suits(Variant::En));
        assert!(!Spoken::As(Variant::EsTu).suits(Variant::EsUsted));
    }
}
