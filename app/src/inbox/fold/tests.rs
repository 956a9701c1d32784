use super::{Part, fold};
use proptest::prelude::*;

fn parts(text: &str) -> Vec<(Part, String)> {
    fold(text).segments.into_iter().map(|segment| (segment.part, segment.text.trim().to_owned())).collect()
}

#[test]
fn nothing_is_folded_in_a_plain_text() {
    let text = "Hello,\n\nmy payout of 1 December is late. It says from: April, to: May.\nWhere is it?\n";
    assert_eq!(parts(text), [(Part::New, text.trim().to_owned())]);
    assert!(!fold(text).hides());
}

#[test]
fn gmail_in_spanish() {
    let text = "Gracias, ya lo veo.\n\nEl lun, 23 nov 2026 a las 10:41, Marta Ruiz (<casos@desk.example>) escribió:\n\n> Hola Ana:\n> Ya está.\n";
    let folded = fold(text);
    assert_eq!(folded.new_text(), "Gracias, ya lo veo.");
    assert!(folded.hides());
}

#[test]
fn gmail_in_spanish_over_two_lines_and_unmarked() {
    let text = "Perfecto.\n\nEl lun, 23 nov 2026 a las 10:41, Marta Ruiz (<\ncasos@desk.example>) escribió:\n\nHola Ana:\nYa está.\n";
    assert_eq!(fold(text).new_text(), "Perfecto.");
}

#[test]
fn outlook_in_spanish() {
    let text = "Adjunto el recibo.\n\nUn saludo,\nAna\n\n________________________________\nDe: Marta Ruiz <casos@desk.example>\nEnviado: lunes, 23 de noviembre de 2026 10:41\nPara: Ana <ana@example.org>\nAsunto: Pago\n\nHola Ana:\n";
    let found = parts(text);
    assert_eq!(found[0], (Part::New, "Adjunto el recibo.".to_owned()));
    assert_eq!(found[1], (Part::Signature, "Un saludo,\nAna".to_owned()));
    assert_eq!(found[2].0, Part::Quoted);
    assert_eq!(found.len(), 3);
}

#[test]
fn a_telephone_in_spanish() {
    let text = "Vale, gracias\n\nEnviado desde mi iPhone\n\n> El 23 nov 2026, a las 10:41, Marta <casos@desk.example> escribió:\n> \n> Hola\n";
    assert_eq!(fold(text).new_text(), "Vale, gracias");
}

#[test]
fn answers_between_the_lines_stay() {
    let text = "On Mon, 23 Nov 2026 at 10:41, Marta <c@desk.example> wrote:\n> Which order?\n\nOrder 77.\n\n> And the amount?\n\n€12.\n";
    let folded = fold(text);
    assert_eq!(folded.new_text(), "Order 77.\n\n€12.");
    assert_eq!(folded.segments.len(), 4);
}

#[test]
fn a_mail_that_only_passes_something_on_is_not_empty() {
    let text =
        "---------- Forwarded message ---------\nFrom: Shop <a@shop.example>\nDate: Mon\nTo: me\n\nYour order.\n";
    let folded = fold(text);
    assert!(folded.new_text().contains("Your order."));
    assert!(!folded.hides());
}

#[test]
fn a_journey_is_no_block_of_headers() {
    let text = "The sale:\n\nFrom: Madrid\nTo: Berlin\nDate: 3 May\n\nPlease check it.";
    assert!(!fold(text).hides());
}

/// What the usual programs put between an answer and what it answers, in both languages.
const PROGRAMS: [&str; 18] = [
    // Gmail
    "On Mon, Nov 23, 2026 at 10:41 AM Marta Ruiz <desk@example.org> wrote:\n\n> Hello",
    "El lun, 23 nov 2026 a las 10:41, Marta Ruiz (<desk@example.org>) escribió:\n\n> Hola",
    "El lun., 23 nov. 2026 10:41, Marta Ruiz <desk@example.org>\nescribió:\n\n> Hola",
    // Apple Mail, on a computer and on a telephone
    "> On 23 Nov 2026, at 10:41, Marta Ruiz <desk@example.org> wrote:\n> \n> Hello",
    "> El 23 nov 2026, a las 10:41, Marta Ruiz <desk@example.org> escribió:\n> \n> Hola",
    "Enviado desde mi iPhone\n\n> El 23 nov 2026, a las 10:41, Marta <desk@example.org> escribió:\n> \n> ﻿Hola",
    // Outlook, on a computer, in the browser, on a telephone
    "From: Marta Ruiz <desk@example.org>\nSent: Monday, November 23, 2026 10:41 AM\nTo: Ana <ana@example.net>\nSubject: Payout\n\nHello",
    "De: Marta Ruiz <desk@example.org> \nEnviado el: lunes, 23 de noviembre de 2026 10:41\nPara: Ana <ana@example.net>\nAsunto: Pago\n\nHola",
    "________________________________\nDe: Marta Ruiz <desk@example.org>\nEnviado: lunes, 23 de noviembre de 2026 10:41\nPara: Ana\nAsunto: Pago\n\nHola",
    "Obtener Outlook para Android<https://aka.ms/AAb9ysg>\n________________________________\nFrom: Marta\nSent: Monday\nTo: Ana\nSubject: Pago\n\nHola",
    "-----Mensaje original-----\nDe: Marta Ruiz [mailto:desk@example.org] \nEnviado el: lunes 10:41\nPara: ana@example.net\nAsunto: Pago\n\nHola",
    // Thunderbird
    "On 23/11/2026 10:41, Marta Ruiz wrote:\n> Hello",
    "El 23/11/2026 a las 10:41, Marta Ruiz escribió:\n> Hola",
    // Yahoo
    "On Monday, November 23, 2026 at 10:41:00 AM GMT+1, Marta Ruiz <desk@example.org> wrote: \n\n Hello",
    "    El lunes, 23 de noviembre de 2026, 10:41:00 CET, Marta Ruiz <desk@example.org> escribió: \n \n Hola",
    // Proton, Samsung, Zoho
    "On Monday, November 23rd, 2026 at 10:41 AM, Marta <desk@example.org> wrote:\n\n> Hello",
    "Enviado desde mi Galaxy\n\n\n-------- Mensaje original --------\nDe: Marta <desk@example.org>\nFecha: 23/11/26 10:41 (GMT+01:00)\nPara: ana@example.net\nAsunto: Pago\n\nHola",
    "---- El lun, 23 nov 2026 10:41:00 +0100 Marta <desk@example.org> escribió ----\n\nHola",
];

#[test]
fn the_usual_programs() {
    for quoted in PROGRAMS {
        for own in [
            "Thank you.\n\nWhere is it?",
            "Gracias.\n\nEl pedido es el 77.\nEl lunes escribí a la tienda:\nno contestan.",
        ] {
            assert_eq!(fold(&format!("{own}\n\n{quoted}\n")).new_text(), own, "{quoted}");
        }
    }
}

proptest! {
    #[test]
    fn nothing_is_lost(text in "\\PC{0,40}(\n\\PC{0,20}){0,12}") {
        prop_assert_eq!(fold(&text).whole(), text);
    }

    #[test]
    fn nothing_is_lost_of_what_looks_like_mail(lines in prop::collection::vec(prop::sample::select(vec![
        "", ">", "> a", "On 1 May 2026, A <a@b.c> wrote:", "wrote:", "El 2 de mayo de 2026, B <b@c.d> escribió:", "<", "a@b.c>:", "--",
        "From: a@b.c", "To: b@c.d", "Sent: 2 May", "Subject: x", "hello", "Regards,", "—", "____", "Sent from my phone",
    ]), 0..30)) {
        let text = lines.join("\n");
        let folded = fold(&text);
        prop_assert_eq!(folded.whole(), text.clone());
        for pair in folded.segments.windows(2) {
            prop_assert_ne!(pair[0].part, pair[1].part);
        }
        prop_assert!(text.trim().is_empty() || !folded.new_text().is_empty());
    }
}

/// How many lines of each text are new (blank ones not counted), what the last of them and the first folded line begin
/// with. Marked by hand, by reading. Nothing: nothing is to be folded.
const MARKED: &str = "
correct_sig|1|this is an email|--
email_1|5|-Abhishek|__
email_10|5|et mollis|De :
email_11|5|et mollis|De :
email_12|5|et mollis|Van:
email_13|5|et mollis|Da:
email_14|5|et mollis|W dniu
email_15|5|et mollis|Sent from
email_16|5|et mollis|Dnia
email_17|5|et mollis|W dniu
email_18|5|et mollis|From:
email_19|1|On Thursday|Sent from
email_2|18|all the keys|On Tue
email_20|1|On Thursday|>
email_21|497|proident|
email_22|5|et mollis|30.09
email_23|5|et mollis|2017-11
email_24|5|et mollis|On Wed
email_25|5|et mollis|11:00
email_26|5|et mollis|Wednesday
email_2_1|1|Outlook|---
email_3|3|-Abhishek|On 01
email_4|1|Awesome|On Aug
email_5|12|for a while|
email_6|2|Sent a mag|On Dec
email_7|5|et mollis|Il gio
email_8|5|et mollis|Op 12
email_9|5|et mollis|====
email_blackberry|1|Here|Sent from
email_bullets|5|- and another|On Fri
email_custom_quote_header|1|Thank|2013
email_customer_quote_header_2|1|Thank|From:
email_customer_quote_header_3|3|merci|De :
email_danish_dash_separator|5|et mollis|---
email_emoji|1|🎉|—
email_en_multiline_2|5|et mollis|On Tue
email_finnish|5|et mollis|pe 20
email_fr_multiline|5|et mollis|Le lun
email_french_2|5|et mollis|> Le
email_french_dash_separator|5|et mollis|---
email_german|5|et mollis|Am 13
email_german_2|5|et mollis|Von:
email_german_3|5|et mollis|Gesendet
email_german_outlook|5|et mollis|---
email_gmail_split_line_from|5|et mollis|On Mon
email_ios_outlook|5|et mollis|Get Out
email_ios_outlook_fr|5|et mollis|Envoyé
email_iphone|1|Here|Sent from
email_italian|5|et mollis|In data
email_msn|5|et mollis|____
email_multi_word_sent_from_my_mobile_device|1|Here|Sent from
email_norwegian_gmail|5|et mollis|tir.
email_not_a_signature|9|If you have|Sincerely
email_not_a_signature_2|7|Thanks!|
email_one_is_not_on|3|Locally|On Oct
email_original_message|5|et mollis|---
email_original_message_2|5|et mollis|---
email_outlook_split_line_from|5|et mollis|From:
email_portuguese|5|et mollis|Em 10
email_reply_header|6|Stranger|On Wed
email_russian|5|et mollis|ср
email_sent_from|1|Hi it|Sent from
email_sent_from_my_not_signature|2|Sent from my desk|
email_thread|1|This is new|On Nov
email_tricky_10_special_chars_in_name|5|et mollis|On Dec
email_tricky_11_double_signature|1|Thanks|Best
email_tricky_12_no_space_after_header|5|et mollis|On Dec
email_tricky_13_timestamp_variations|7|All of|
email_tricky_14_long_quote_header|5|et mollis|On Mon
email_tricky_15_original_message_variations|5|et mollis|---
email_tricky_16_unicode_signatures|1|Thanks|Cheers
email_tricky_17_forward_header|1|See the|---
email_tricky_18_inline_reply|3|Option C|On Dec
email_tricky_19_quote_without_header|3|And my|> This
email_tricky_1_on_false_positive|4|On a sep|
email_tricky_20_html_entities|2|We need|On Dec
email_tricky_2_url_with_wrote|3|It's|Best
email_tricky_3_code_block|10|Notice|
email_tricky_4_from_in_body|3|This is|
email_tricky_5_mixed_languages|5|et mollis|Le 15
email_tricky_6_regards_in_sentence|4|This is|
email_tricky_7_multiple_dashes|9|Also|
email_tricky_8_sent_from_in_content|3|All mes|
email_tricky_9_nested_quotes|1|I agree|On Dec
email_unquoted_reply|1|This is|On Nov
email_with_date_headers|1|Thank|On
email_with_from_headers|1|From:|
email_with_regards|3|Can you|Regards
email_zoho|2|running|----
sig_no_empty_line|1|this is|--
";

#[test]
fn the_corpus_of_replies() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(CORPUS);
    if !folder.is_dir() {
        eprintln!("{} is not there: the corpus of replies was not folded", folder.display());
        return;
    }
    let (mut right, mut all) = (0, 0);
    for marked in MARKED.trim().lines() {
        let [name, count, last, folded] = marked.splitn(4, '|').collect::<Vec<_>>()[..] else { panic!("{marked}") };
        let text = std::fs::read_to_string(folder.join(format!("{name}.txt"))).unwrap().replace('\r', "");
        // Two of them are forms to be filled in.
        let text = text.replace("[DATE]", "On 23 Nov 2026 at 10:41, Marta Ruiz <marta@desk.example> wrote:").replace(
            "[FROM]",
            "From: Marta Ruiz <marta@desk.example>\nSent: Monday, 23 November 2026\nTo: Ana\nSubject: Hello",
        );
        let result = fold(&text);
        assert_eq!(result.whole(), text, "{name}");
        let lines = |of: fn(&super::Segment) -> bool| -> Vec<String> {
            let segments = result.segments.iter().filter(move |segment| of(segment));
            segments
                .flat_map(|one| one.text.lines())
                .filter(|line| !line.trim().is_empty())
                .map(|line| line.trim().to_owned())
                .collect()
        };
        let new = match result.hides() {
            true => lines(|segment| segment.part == Part::New),
            false => lines(|_| true),
        };
        let hidden = lines(|segment| segment.part != Part::New);
        let begins = if folded.is_empty() {
            !result.hides()
        } else {
            hidden.first().is_some_and(|line| line.starts_with(folded))
        };
        // A form that is all quotation is shown whole.
        let new_is_right = name == "email_with_from_headers" && !result.hides()
            || new.len().to_string() == count && new.last().is_some_and(|line| line.starts_with(last));
        all += 1;
        if begins && new_is_right {
            right += 1;
        } else {
            eprintln!("{name}: {} new lines, the last {:?}; first folded {:?}", new.len(), new.last(), hidden.first());
        }
    }
    eprintln!("{right} of {all} texts folded as a person marked them ({} %)", right * 100 / all);
    assert_eq!(all, 90);
    assert!(right * 100 >= all * 95, "{right} of {all}");
}

const CORPUS: &str = "../../shared/reference/mail-replies";
