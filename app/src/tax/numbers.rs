//! Tax and VAT numbers as people type them, brought into one form and masked.

use super::countries::Country;

/// Signs that are shown of a number.
const SHOWN: usize = 3;

/// Without what people put between groups of signs, in capitals.
fn compact(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !"-–./".contains(*c)).collect::<String>().to_uppercase()
}

/// Reads a tax number: letters and digits, five to thirty of them. Countries differ too much to ask for more.
pub fn tax_number(text: &str) -> Option<String> {
    let number = compact(text);
    let fits = (5..=30).contains(&number.chars().count())
        && number.chars().all(char::is_alphanumeric)
        && number.chars().any(|c| c.is_ascii_digit());
    fits.then_some(number)
}

/// Reads a VAT number. In the Union it begins with its country (Directive 2006/112/EC, article 215), which is put there
/// where it is missing, and has two to twelve signs more; elsewhere it is a tax number.
pub fn vat_number(text: &str, country: Country) -> Option<String> {
    if !country.is_eu() {
        return tax_number(text);
    }
    let number = compact(text);
    let prefix = country.vat_prefix();
    let rest = match number.strip_prefix(prefix) {
        Some(rest) => rest,
        // Of another country.
        None if number.get(..2).is_some_and(is_prefix) => return None,
        None => &number,
    };
    let fits = (2..=12).contains(&rest.len())
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'*')
        && rest.bytes().any(|byte| byte.is_ascii_digit());
    fits.then(|| format!("{prefix}{rest}"))
}

/// Whether VAT numbers of the Union begin like this.
fn is_prefix(text: &str) -> bool {
    text == "EL" || (text != "GR" && Country::parse(text).is_some_and(Country::is_eu))
}

/// Enough of a number to recognise it.
pub fn masked(number: &str) -> String {
    let signs = number.chars().count();
    let shown = SHOWN.min(signs / 2);
    format!("…{}", number.chars().skip(signs - shown).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn country(code: &str) -> Country {
        Country::parse(code).expect("country")
    }

    #[test]
    fn a_tax_number_is_read_as_people_write_it() {
        assert_eq!(tax_number(" 12.345.678-z ").as_deref(), Some("12345678Z"));
        assert_eq!(tax_number("QQ 12 34 56 C").as_deref(), Some("QQ123456C"));
        for wrong in ["", "1234", "NUMBER", "12345678;", &"1".repeat(31)] {
            assert_eq!(tax_number(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_vat_number_begins_with_its_country() {
        assert_eq!(vat_number("B-12345674", country("ES")).as_deref(), Some("ESB12345674"));
        assert_eq!(vat_number("el 094259216", country("GR")).as_deref(), Some("EL094259216"));
        assert_eq!(vat_number("GB 123 4567 82", country("GB")).as_deref(), Some("GB123456782"));
        for wrong in ["", "DE", "DE1", "DEABC", "DE1234567890123", "ESB12345674"] {
            assert_eq!(vat_number(wrong, country("DE")), None, "{wrong}");
        }
    }

    #[test]
    fn a_mask_shows_its_end() {
        assert_eq!(masked("ESB12345674"), "…674");
        assert_eq!(masked("DE12"), "…12");
        assert_eq!(masked("12345"), "…45");
    }
}
