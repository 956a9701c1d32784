//! Countries and their names.

use crate::base::language::Locale;

/// ISO 3166-1 alpha-2, and the name in English and in Spanish (Unicode CLDR, "territories").
const COUNTRIES: [(&str, &str, &str); 249] = [
    ("AD", "Andorra", "Andorra"),
    ("AE", "United Arab Emirates", "Emiratos Árabes Unidos"),
    ("AF", "Afghanistan", "Afganistán"),
    ("AG", "Antigua & Barbuda", "Antigua y Barbuda"),
    ("AI", "Anguilla", "Anguila"),
    ("AL", "Albania", "Albania"),
    ("AM", "Armenia", "Armenia"),
    ("AO", "Angola", "Angola"),
    ("AQ", "Antarctica", "Antártida"),
    ("AR", "Argentina", "Argentina"),
    ("AS", "American Samoa", "Samoa Americana"),
    ("AT", "Austria", "Austria"),
    ("AU", "Australia", "Australia"),
    ("AW", "Aruba", "Aruba"),
    ("AX", "Åland Islands", "Islas Aland"),
    ("AZ", "Azerbaijan", "Azerbaiyán"),
    ("BA", "Bosnia & Herzegovina", "Bosnia y Herzegovina"),
    ("BB", "Barbados", "Barbados"),
    ("BD", "Bangladesh", "Bangladés"),
    ("BE", "Belgium", "Bélgica"),
    ("BF", "Burkina Faso", "Burkina Faso"),
    ("BG", "Bulgaria", "Bulgaria"),
    ("BH", "Bahrain", "Baréin"),
    ("BI", "Burundi", "Burundi"),
    ("BJ", "Benin", "Benín"),
    ("BL", "St. Barthélemy", "San Bartolomé"),
    ("BM", "Bermuda", "Bermudas"),
    ("BN", "Brunei", "Brunéi"),
    ("BO", "Bolivia", "Bolivia"),
    ("BQ", "Caribbean Netherlands", "Caribe neerlandés"),
    ("BR", "Brazil", "Brasil"),
    ("BS", "Bahamas", "Bahamas"),
    ("BT", "Bhutan", "Bután"),
    ("BV", "Bouvet Island", "Isla Bouvet"),
    ("BW", "Botswana", "Botsuana"),
    ("BY", "Belarus", "Bielorrusia"),
    ("BZ", "Belize", "Belice"),
    ("CA", "Canada", "Canadá"),
    ("CC", "Cocos (Keeling) Islands", "Islas Cocos"),
    ("CD", "Congo - Kinshasa", "República Democrática del Congo"),
    ("CF", "Central African Republic", "República Centroafricana"),
    ("CG", "Congo - Brazzaville", "Congo"),
    ("CH", "Switzerland", "Suiza"),
    ("CI", "Côte d’Ivoire", "Côte d’Ivoire"),
    ("CK", "Cook Islands", "Islas Cook"),
    ("CL", "Chile", "Chile"),
    ("CM", "Cameroon", "Camerún"),
    ("CN", "China", "China"),
    ("CO", "Colombia", "Colombia"),
    ("CR", "Costa Rica", "Costa Rica"),
    ("CU", "Cuba", "Cuba"),
    ("CV", "Cape Verde", "Cabo Verde"),
    ("CW", "Curaçao", "Curazao"),
    ("CX", "Christmas Island", "Isla de Navidad"),
    ("CY", "Cyprus", "Chipre"),
    ("CZ", "Czechia", "Chequia"),
    ("DE", "Germany", "Alemania"),
    ("DJ", "Djibouti", "Yibuti"),
    ("DK", "Denmark", "Dinamarca"),
    ("DM", "Dominica", "Dominica"),
    ("DO", "Dominican Republic", "República Dominicana"),
    ("DZ", "Algeria", "Argelia"),
    ("EC", "Ecuador", "Ecuador"),
    ("EE", "Estonia", "Estonia"),
    ("EG", "Egypt", "Egipto"),
    ("EH", "Western Sahara", "Sáhara Occidental"),
    ("ER", "Eritrea", "Eritrea"),
    ("ES", "Spain", "España"),
    ("ET", "Ethiopia", "Etiopía"),
    ("FI", "Finland", "Finlandia"),
    ("FJ", "Fiji", "Fiyi"),
    ("FK", "Falkland Islands", "Islas Malvinas"),
    ("FM", "Micronesia", "Micronesia"),
    ("FO", "Faroe Islands", "Islas Feroe"),
    ("FR", "France", "Francia"),
    ("GA", "Gabon", "Gabón"),
    ("GB", "United Kingdom", "Reino Unido"),
    ("GD", "Grenada", "Granada"),
    ("GE", "Georgia", "Georgia"),
    ("GF", "French Guiana", "Guayana Francesa"),
    ("GG", "Guernsey", "Guernesey"),
    ("GH", "Ghana", "Ghana"),
    ("GI", "Gibraltar", "Gibraltar"),
    ("GL", "Greenland", "Groenlandia"),
    ("GM", "Gambia", "Gambia"),
    ("GN", "Guinea", "Guinea"),
    ("GP", "Guadeloupe", "Guadalupe"),
    ("GQ", "Equatorial Guinea", "Guinea Ecuatorial"),
    ("GR", "Greece", "Grecia"),
    ("GS", "South Georgia & South Sandwich Islands", "Islas Georgia del Sur y Sandwich del Sur"),
    ("GT", "Guatemala", "Guatemala"),
    ("GU", "Guam", "Guam"),
    ("GW", "Guinea-Bissau", "Guinea-Bisáu"),
    ("GY", "Guyana", "Guyana"),
    ("HK", "Hong Kong SAR China", "RAE de Hong Kong (China)"),
    ("HM", "Heard & McDonald Islands", "Islas Heard y McDonald"),
    ("HN", "Honduras", "Honduras"),
    ("HR", "Croatia", "Croacia"),
    ("HT", "Haiti", "Haití"),
    ("HU", "Hungary", "Hungría"),
    ("ID", "Indonesia", "Indonesia"),
    ("IE", "Ireland", "Irlanda"),
    ("IL", "Israel", "Israel"),
    ("IM", "Isle of Man", "Isla de Man"),
    ("IN", "India", "India"),
    ("IO", "British Indian Ocean Territory", "Territorio Británico del Océano Índico"),
    ("IQ", "Iraq", "Irak"),
    ("IR", "Iran", "Irán"),
    ("IS", "Iceland", "Islandia"),
    ("IT", "Italy", "Italia"),
    ("JE", "Jersey", "Jersey"),
    ("JM", "Jamaica", "Jamaica"),
    ("JO", "Jordan", "Jordania"),
    ("JP", "Japan", "Japón"),
    ("KE", "Kenya", "Kenia"),
    ("KG", "Kyrgyzstan", "Kirguistán"),
    ("KH", "Cambodia", "Camboya"),
    ("KI", "Kiribati", "Kiribati"),
    ("KM", "Comoros", "Comoras"),
    ("KN", "St. Kitts & Nevis", "San Cristóbal y Nieves"),
    ("KP", "North Korea", "Corea del Norte"),
    ("KR", "South Korea", "Corea del Sur"),
    ("KW", "Kuwait", "Kuwait"),
    ("KY", "Cayman Islands", "Islas Caimán"),
    ("KZ", "Kazakhstan", "Kazajistán"),
    ("LA", "Laos", "Laos"),
    ("LB", "Lebanon", "Líbano"),
    ("LC", "St. Lucia", "Santa Lucía"),
    ("LI", "Liechtenstein", "Liechtenstein"),
    ("LK", "Sri Lanka", "Sri Lanka"),
    ("LR", "Liberia", "Liberia"),
    ("LS", "Lesotho", "Lesoto"),
    ("LT", "Lithuania", "Lituania"),
    ("LU", "Luxembourg", "Luxemburgo"),
    ("LV", "Latvia", "Letonia"),
    ("LY", "Libya", "Libia"),
    ("MA", "Morocco", "Marruecos"),
    ("MC", "Monaco", "Mónaco"),
    ("MD", "Moldova", "Moldavia"),
    ("ME", "Montenegro", "Montenegro"),
    ("MF", "St. Martin", "San Martín"),
    ("MG", "Madagascar", "Madagascar"),
    ("MH", "Marshall Islands", "Islas Marshall"),
    ("MK", "North Macedonia", "Macedonia del Norte"),
    ("ML", "Mali", "Mali"),
    ("MM", "Myanmar (Burma)", "Myanmar (Birmania)"),
    ("MN", "Mongolia", "Mongolia"),
    ("MO", "Macao SAR China", "RAE de Macao (China)"),
    ("MP", "Northern Mariana Islands", "Islas Marianas del Norte"),
    ("MQ", "Martinique", "Martinica"),
    ("MR", "Mauritania", "Mauritania"),
    ("MS", "Montserrat", "Montserrat"),
    ("MT", "Malta", "Malta"),
    ("MU", "Mauritius", "Mauricio"),
    ("MV", "Maldives", "Maldivas"),
    ("MW", "Malawi", "Malaui"),
    ("MX", "Mexico", "México"),
    ("MY", "Malaysia", "Malasia"),
    ("MZ", "Mozambique", "Mozambique"),
    ("NA", "Namibia", "Namibia"),
    ("NC", "New Caledonia", "Nueva Caledonia"),
    ("NE", "Niger", "Níger"),
    ("NF", "Norfolk Island", "Isla Norfolk"),
    ("NG", "Nigeria", "Nigeria"),
    ("NI", "Nicaragua", "Nicaragua"),
    ("NL", "Netherlands", "Países Bajos"),
    ("NO", "Norway", "Noruega"),
    ("NP", "Nepal", "Nepal"),
    ("NR", "Nauru", "Nauru"),
    ("NU", "Niue", "Niue"),
    ("NZ", "New Zealand", "Nueva Zelanda"),
    ("OM", "Oman", "Omán"),
    ("PA", "Panama", "Panamá"),
    ("PE", "Peru", "Perú"),
    ("PF", "French Polynesia", "Polinesia Francesa"),
    ("PG", "Papua New Guinea", "Papúa Nueva Guinea"),
    ("PH", "Philippines", "Filipinas"),
    ("PK", "Pakistan", "Pakistán"),
    ("PL", "Poland", "Polonia"),
    ("PM", "St. Pierre & Miquelon", "San Pedro y Miquelón"),
    ("PN", "Pitcairn Islands", "Islas Pitcairn"),
    ("PR", "Puerto Rico", "Puerto Rico"),
    ("PS", "Palestinian Territories", "Territorios Palestinos"),
    ("PT", "Portugal", "Portugal"),
    ("PW", "Palau", "Palaos"),
    ("PY", "Paraguay", "Paraguay"),
    ("QA", "Qatar", "Catar"),
    ("RE", "Réunion", "Reunión"),
    ("RO", "Romania", "Rumanía"),
    ("RS", "Serbia", "Serbia"),
    ("RU", "Russia", "Rusia"),
    ("RW", "Rwanda", "Ruanda"),
    ("SA", "Saudi Arabia", "Arabia Saudí"),
    ("SB", "Solomon Islands", "Islas Salomón"),
    ("SC", "Seychelles", "Seychelles"),
    ("SD", "Sudan", "Sudán"),
    ("SE", "Sweden", "Suecia"),
    ("SG", "Singapore", "Singapur"),
    ("SH", "St. Helena", "Santa Elena"),
    ("SI", "Slovenia", "Eslovenia"),
    ("SJ", "Svalbard & Jan Mayen", "Svalbard y Jan Mayen"),
    ("SK", "Slovakia", "Eslovaquia"),
    ("SL", "Sierra Leone", "Sierra Leona"),
    ("SM", "San Marino", "San Marino"),
    ("SN", "Senegal", "Senegal"),
    ("SO", "Somalia", "Somalia"),
    ("SR", "Suriname", "Surinam"),
    ("SS", "South Sudan", "Sudán del Sur"),
    ("ST", "São Tomé & Príncipe", "Santo Tomé y Príncipe"),
    ("SV", "El Salvador", "El Salvador"),
    ("SX", "Sint Maarten", "Sint Maarten"),
    ("SY", "Syria", "Siria"),
    ("SZ", "Eswatini", "Esuatini"),
    ("TC", "Turks & Caicos Islands", "Islas Turcas y Caicos"),
    ("TD", "Chad", "Chad"),
    ("TF", "French Southern Territories", "Territorios Australes Franceses"),
    ("TG", "Togo", "Togo"),
    ("TH", "Thailand", "Tailandia"),
    ("TJ", "Tajikistan", "Tayikistán"),
    ("TK", "Tokelau", "Tokelau"),
    ("TL", "Timor-Leste", "Timor-Leste"),
    ("TM", "Turkmenistan", "Turkmenistán"),
    ("TN", "Tunisia", "Túnez"),
    ("TO", "Tonga", "Tonga"),
    ("TR", "Türkiye", "Turquía"),
    ("TT", "Trinidad & Tobago", "Trinidad y Tobago"),
    ("TV", "Tuvalu", "Tuvalu"),
    ("TW", "Taiwan", "Taiwán"),
    ("TZ", "Tanzania", "Tanzania"),
    ("UA", "Ukraine", "Ucrania"),
    ("UG", "Uganda", "Uganda"),
    ("UM", "U.S. Outlying Islands", "Islas menores alejadas de EE. UU."),
    ("US", "United States", "Estados Unidos"),
    ("UY", "Uruguay", "Uruguay"),
    ("UZ", "Uzbekistan", "Uzbekistán"),
    ("VA", "Vatican City", "Ciudad del Vaticano"),
    ("VC", "St. Vincent & Grenadines", "San Vicente y las Granadinas"),
    ("VE", "Venezuela", "Venezuela"),
    ("VG", "British Virgin Islands", "Islas Vírgenes Británicas"),
    ("VI", "U.S. Virgin Islands", "Islas Vírgenes de EE. UU."),
    ("VN", "Vietnam", "Vietnam"),
    ("VU", "Vanuatu", "Vanuatu"),
    ("WF", "Wallis & Futuna", "Wallis y Futuna"),
    ("WS", "Samoa", "Samoa"),
    ("YE", "Yemen", "Yemen"),
    ("YT", "Mayotte", "Mayotte"),
    ("ZA", "South Africa", "Sudáfrica"),
    ("ZM", "Zambia", "Zambia"),
    ("ZW", "Zimbabwe", "Zimbabue"),
];

/// Member states of the European Union (Treaty on European Union, article 52). The SQL function `is_eu` has the same.
const EU: [&str; 27] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// A country, by its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Country(&'static (&'static str, &'static str, &'static str));

impl Country {
    /// From two capital letters.
    pub fn parse(code: &str) -> Option<Self> {
        COUNTRIES.iter().find(|(known, ..)| *known == code).map(Self)
    }

    /// Its code.
    pub fn code(self) -> &'static str {
        self.0.0
    }

    /// Its name.
    pub fn name(self, locale: Locale) -> &'static str {
        match locale {
            Locale::en => self.0.1,
            Locale::es => self.0.2,
        }
    }

    /// Whether it is in the European Union.
    pub fn is_eu(self) -> bool {
        EU.contains(&self.code())
    }

    /// What its VAT numbers begin with in the Union (Directive 2006/112/EC, article 215; Greece uses EL).
    pub fn vat_prefix(self) -> &'static str {
        if self.code() == "GR" { "EL" } else { self.code() }
    }

    /// Every country as code and name, in the order of a reader's alphabet.
    pub fn all(locale: Locale) -> Vec<(String, String)> {
        let mut all: Vec<_> =
            COUNTRIES.iter().map(|row| (row.0.to_owned(), Self(row).name(locale).to_owned())).collect();
        // Marked letters stand with plain ones: Åland and Áustria are found under A.
        all.sort_by_key(|(_, name)| name.chars().map(plain).collect::<String>());
        all
    }
}

fn plain(letter: char) -> char {
    match letter.to_ascii_lowercase() {
        'á' | 'Á' | 'Å' => 'a',
        'é' | 'É' => 'e',
        'í' | 'Í' => 'i',
        'ó' | 'Ó' | 'ô' => 'o',
        'ú' => 'u',
        letter => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_known() {
        assert!(COUNTRIES.is_sorted_by_key(|row| row.0) && EU.is_sorted());
        assert!(EU.iter().all(|code| Country::parse(code).is_some_and(Country::is_eu)));
        assert_eq!(Country::parse("ES").map(|country| country.name(Locale::es)), Some("España"));
        assert_eq!(Country::parse("GR").map(Country::vat_prefix), Some("EL"));
        assert!(Country::parse("GB").is_some_and(|country| !country.is_eu()));
        for wrong in ["", "es", "XX", "ESP"] {
            assert_eq!(Country::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn readers_find_theirs_by_the_alphabet() {
        let names: Vec<_> = Country::all(Locale::en).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names.len(), COUNTRIES.len());
        assert_eq!(names[..3], ["Afghanistan", "Åland Islands", "Albania"]);
    }
}
