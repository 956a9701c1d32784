//! Help articles and macros of the demonstration, in both languages.

use super::Failure;
use app::base::db::Tx;
use app::base::ids::PersonId;
use app::disputes::model::Kind;
use app::help::model::Audience;
use app::help::store as help;
use app::macros::model::{Actions, Variant};
use app::macros::store as macros;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// An article: its name in addresses, for whom, before which disputes, then title and text in English and in Spanish.
struct Article {
    slug: &'static str,
    audience: Audience,
    kinds: &'static [Kind],
    texts: [(&'static str, &'static str, &'static str); 2],
}

const ARTICLES: [Article; 7] = [
    Article {
        slug: "how-payouts-work",
        audience: Audience::Partner,
        kinds: &[Kind::PayoutLate, Kind::PayoutAmount, Kind::PayoutFailed, Kind::Other],
        texts: [
            ("en", "How payouts work", include_str!("help/how-payouts-work.en.md")),
            ("es", "Cómo funcionan los pagos", include_str!("help/how-payouts-work.es.md")),
        ],
    },
    Article {
        slug: "minimum-payout",
        audience: Audience::Partner,
        kinds: &[Kind::PayoutLate, Kind::MyTerms, Kind::Other],
        texts: [
            ("en", "The minimum, and how to reach it", include_str!("help/minimum-payout.en.md")),
            ("es", "El mínimo y cómo alcanzarlo", include_str!("help/minimum-payout.es.md")),
        ],
    },
    Article {
        slug: "why-pending",
        audience: Audience::Partner,
        kinds: &[Kind::WrongAmount, Kind::PayoutLate],
        texts: [
            ("en", "Why a commission is pending", include_str!("help/why-pending.en.md")),
            ("es", "Por qué una comisión está pendiente", include_str!("help/why-pending.es.md")),
        ],
    },
    Article {
        slug: "missing-conversion",
        audience: Audience::Partner,
        kinds: &[Kind::MissingConversion],
        texts: [
            ("en", "A sale is missing", include_str!("help/missing-conversion.en.md")),
            ("es", "Falta una venta", include_str!("help/missing-conversion.es.md")),
        ],
    },
    Article {
        slug: "reversed-commission",
        audience: Audience::Partner,
        kinds: &[Kind::WronglyReversed, Kind::WrongAmount],
        texts: [
            ("en", "Why a commission was reversed", include_str!("help/reversed-commission.en.md")),
            ("es", "Por qué se anuló una comisión", include_str!("help/reversed-commission.es.md")),
        ],
    },
    Article {
        slug: "tax-data",
        audience: Audience::Partner,
        kinds: &[Kind::PayoutAmount, Kind::PayoutFailed],
        texts: [
            ("en", "Tax data: what we need and why", include_str!("help/tax-data.en.md")),
            ("es", "Datos fiscales: qué necesitamos y por qué", include_str!("help/tax-data.es.md")),
        ],
    },
    Article {
        slug: "first-answer",
        audience: Audience::Staff,
        kinds: &[],
        texts: [
            ("en", "A good first answer", include_str!("help/first-answer.en.md")),
            ("es", "Una buena primera respuesta", include_str!("help/first-answer.es.md")),
        ],
    },
];

/// A macro: its name, what it does, its texts in English, with tú and with usted.
struct Macro {
    name: &'static str,
    actions: Actions,
    texts: [&'static str; 3],
}

const TEXT_ALONE: Actions = Actions { asks: false, closes: false, takes: false, assignee: None, put_off_days: None };

const MACROS: [Macro; 5] = [
    Macro {
        name: "Next payout: when and how much",
        actions: TEXT_ALONE,
        texts: [
            "Hello {contact},\n\nyour next payout is on {next_payout_date}: {balance} is payable now, and what leaves its hold until then goes with it. You have nothing to do.\n\nYours,\n{agent}",
            "Hola, {contact}:\n\ntu próximo pago es el {next_payout_date}: ahora tienes {balance} por cobrar, y lo que termine su retención hasta entonces va también. No tienes que hacer nada.\n\nUn saludo,\n{agent}",
            "Hola, {contact}:\n\nsu próximo pago es el {next_payout_date}: ahora tiene {balance} por cobrar, y lo que termine su retención hasta entonces va también. Usted no tiene que hacer nada.\n\nUn saludo,\n{agent}",
        ],
    },
    Macro {
        name: "Under the minimum",
        actions: TEXT_ALONE,
        texts: [
            "Hello {contact},\n\nwe pay from {minimum} on, and {missing} is missing. Nothing is lost: what you have earned stays yours and is paid with the first payout that reaches it. If that takes long for you, you can ask for a lower minimum on the page “Terms”.\n\nYours,\n{agent}",
            "Hola, {contact}:\n\npagamos a partir de {minimum} y te faltan {missing}. No se pierde nada: lo que has ganado es tuyo y va con el primer pago que llegue al mínimo. Si ves que tarda, puedes pedir un mínimo más bajo en la página «Condiciones».\n\nUn saludo,\n{agent}",
            "Hola, {contact}:\n\npagamos a partir de {minimum} y le faltan {missing}. No se pierde nada: lo que usted ha ganado es suyo y va con el primer pago que llegue al mínimo. Si ve que tarda, puede pedir un mínimo más bajo en la página «Condiciones».\n\nUn saludo,\n{agent}",
        ],
    },
    Macro {
        name: "Missing sale: ask for proof",
        actions: Actions { asks: true, ..TEXT_ALONE },
        texts: [
            "Hello {contact},\n\nthank you for telling us about order {order}. So that the advertiser can find it, please send us the confirmation with its date and time, or a picture of it. We ask them as soon as we have it, and tell you when they answer.\n\nYours,\n{agent}",
            "Hola, {contact}:\n\ngracias por avisarnos del pedido {order}. Para que el anunciante lo encuentre, envíanos por favor la confirmación con la fecha y la hora, o una imagen de ella. Se lo preguntamos en cuanto la tengamos y te decimos qué contesta.\n\nUn saludo,\n{agent}",
            "Hola, {contact}:\n\ngracias por avisarnos del pedido {order}. Para que el anunciante lo encuentre, le rogamos que nos envíe la confirmación con la fecha y la hora, o una imagen de ella. Se lo preguntamos en cuanto la tengamos y le decimos qué contesta.\n\nUn saludo,\n{agent}",
        ],
    },
    Macro {
        name: "Pending: what the hold is for",
        actions: TEXT_ALONE,
        texts: [
            "Hello {contact},\n\nthe commission of {amount} is in hold: customers may still give the order back. You see the day on which that ends beside the order, and from then on it is payable. Nothing is wrong with it.\n\nYours,\n{agent}",
            "Hola, {contact}:\n\nla comisión de {amount} está en retención: el cliente todavía puede devolver el pedido. Al lado del pedido ves el día en que termina, y desde entonces la puedes cobrar. No le pasa nada malo.\n\nUn saludo,\n{agent}",
            "Hola, {contact}:\n\nla comisión de {amount} está en retención: el cliente todavía puede devolver el pedido. Al lado del pedido usted ve el día en que termina, y desde entonces la puede cobrar. No le pasa nada malo.\n\nUn saludo,\n{agent}",
        ],
    },
    Macro {
        name: "Solved: thank you",
        actions: Actions { closes: true, ..TEXT_ALONE },
        texts: [
            "Hello {contact},\n\nthat is done, and case {case} is closed with this. If anything is left, just answer: it opens again and comes back to me.\n\nYours,\n{agent}",
            "Hola, {contact}:\n\nya está hecho, y con esto se cierra el caso {case}. Si te queda algo, contesta sin más: se abre otra vez y vuelve a mí.\n\nUn saludo,\n{agent}",
            "Hola, {contact}:\n\nya está hecho, y con esto se cierra el caso {case}. Si le queda algo, conteste sin más: se abre otra vez y vuelve a mí. Gracias por escribirnos; usted siempre puede hacerlo.\n\nUn saludo,\n{agent}",
        ],
    },
];

/// Writes and publishes them; `lead` keeps the articles.
///
/// # Errors
/// When the database is away.
pub async fn write(tx: &mut Tx, lead: PersonId, at: DateTime<Utc>) -> Result<(), Failure> {
    for article in ARTICLES {
        for (language, title, body) in article.texts {
            let new = help::NewVersion {
                slug: article.slug.into(),
                audience: article.audience,
                language: language.into(),
                after: 0,
                title: title.into(),
                body: body.trim().into(),
                kinds: article.kinds.to_vec(),
                by: Some(lead),
                at,
                form_key: Uuid::new_v4(),
            };
            let id = help::write(tx, &new).await?;
            help::publish(tx, (id, language, 1), None, at).await?;
        }
    }
    for each in MACROS {
        let texts =
            Variant::ALL.into_iter().zip(each.texts).map(|(variant, text)| (variant, text.to_owned())).collect();
        let new = macros::NewVersion {
            of: None,
            name: each.name.into(),
            actions: each.actions,
            texts,
            by: None,
            at,
            form_key: Uuid::new_v4(),
        };
        macros::write(tx, &new).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::help::markdown;
    use app::links::model::Finding;
    use app::links::rules::own_page;
    use app::macros::model::Spoken;
    use app::macros::rules::unknown;
    use app::macros::spoken::spoken;

    #[test]
    fn every_macro_speaks_as_it_says() {
        for each in MACROS {
            for (variant, text) in Variant::ALL.into_iter().zip(each.texts) {
                assert_eq!(spoken(text), Some(Spoken::As(variant)), "{}: {text}", each.name);
                assert!(unknown(text).is_empty(), "{}", each.name);
            }
        }
    }

    #[test]
    fn every_link_in_an_article_leads_to_a_page_its_readers_may_see() {
        let slugs: Vec<_> =
            ARTICLES.iter().filter(|each| each.audience == Audience::Partner).map(|each| each.slug).collect();
        for article in &ARTICLES {
            for (language, _, body) in article.texts {
                for link in markdown::links(body) {
                    let for_partners = article.audience == Audience::Partner;
                    assert_eq!(
                        own_page(&link, for_partners),
                        Finding::Answers(None),
                        "{} {language}: {link}",
                        article.slug
                    );
                    if let Some(slug) = link.strip_prefix("/help/") {
                        assert!(slugs.contains(&slug), "{} {language}: {link}", article.slug);
                    }
                }
            }
        }
    }
}
