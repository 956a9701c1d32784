use super::{Broken, read};
use crate::inbox::model::{Failed, Machine};
use proptest::prelude::*;

fn mail(headers: &str, body: &str) -> Vec<u8> {
    format!("{headers}\n\n{body}").replace('\n', "\r\n").into_bytes()
}

#[test]
fn a_plain_reply() {
    let raw = mail(
        "From: =?utf-8?q?Ana_Mu=C3=B1oz?= <Ana@Example.org>\nTo: Desk <case+12.abc@desk.example>, b@c.d\nDelivered-To: inbox@desk.example\n\
         Subject: Re:\n  =?utf-8?b?UGFnbw==?=\nMessage-ID: <a@b>\nIn-Reply-To: <three@desk.example>\n\
         References: <one@desk.example> <two@desk.example>\n <three@desk.example>\nDate: Mon, 23 Nov 2026 10:41:00 +0100\nReceived: from a by b; x\n\
         Received: from c by d; x",
        "Hola\0 y\u{202e} adiós\n\n",
    );
    let read = read(&raw).unwrap();
    assert_eq!(read.from.as_deref(), Some("ana@example.org"));
    assert_eq!(read.from_name, "Ana Muñoz");
    assert_eq!(read.to, ["inbox@desk.example", "case+12.abc@desk.example", "b@c.d"]);
    assert_eq!(read.message_id.as_deref(), Some("a@b"));
    assert_eq!(read.answers, ["three@desk.example", "two@desk.example", "one@desk.example"]);
    assert_eq!(read.text, "Hola y adiós");
    assert_eq!(read.subject, "Re: Pago");
    assert_eq!(read.written_at.map(|at| at.to_rfc3339()).as_deref(), Some("2026-11-23T09:41:00+00:00"));
    assert_eq!((read.hops, read.machine, read.bounce), (2, None, None));
}

#[test]
fn text_from_html_with_its_quotation() {
    let raw = mail(
        "From: a@b.c\nContent-Type: text/html; charset=utf-8",
        "<html><head><style>x{}</style></head><body><div>Gracias,&nbsp;Marta</div><div>ya lo <b>veo</b>.</div><script>alert(1)</script>\
         <div class=gmail_quote><div>El lun, 23 nov 2026 a las 10:41, Marta (<a href=\"mailto:c@d.example\">c@d.example</a>) escribió:</div>\
         <blockquote><div>Hola Ana:</div><blockquote>Vieja</blockquote></blockquote></div></body></html>",
    );
    let text = read(&raw).unwrap().text;
    assert!(text.starts_with("Gracias, Marta\nya lo veo.\n"), "{text}");
    assert!(text.contains("> Hola Ana:") && text.contains(">> Vieja") && !text.contains("alert"), "{text}");
    assert_eq!(crate::inbox::fold::fold(&text).new_text(), "Gracias, Marta\nya lo veo.");
}

#[test]
fn files_are_what_their_first_bytes_say() {
    let raw = mail(
        "From: a@b.c\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x",
        "--x\nContent-Type: text/plain\n\nSee file\n--x\nContent-Type: image/png; name=\"../../e:vil.html\"\nContent-Disposition: attachment\n\n\
         <!DOCTYPE html><script>alert(1)</script>\n--x\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=\"..\"\n\
         Content-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--x--",
    );
    let read = read(&raw).unwrap();
    assert_eq!(read.text, "See file");
    let [page, picture] = &read.attachments[..] else { panic!("{:?}", read.attachments) };
    assert_eq!((page.name.as_str(), page.kind, page.declared.as_str()), ("e_vil.html", "text/html", "image/png"));
    assert_eq!((picture.name.as_str(), picture.kind), ("file-2.png", "image/png"));
}

#[test]
fn machines_give_themselves_away() {
    let machine = |header: &str| read(&mail(&format!("From: a@b.c\n{header}"), "x")).unwrap().machine;
    assert_eq!(machine("Subject: x"), None);
    assert_eq!(machine("Auto-Submitted: no"), None);
    assert_eq!(machine("Auto-Submitted: no; comment"), None);
    assert_eq!(machine("auto-submitted: Auto-Replied (vacation)"), Some(Machine::Automatic));
    assert_eq!(machine("Precedence: Bulk"), Some(Machine::List));
    assert_eq!(machine("Precedence: auto_reply"), Some(Machine::Automatic));
    assert_eq!(machine("Precedence: first-class"), None);
    assert_eq!(machine("List-Id: <x.y>"), Some(Machine::List));
    assert_eq!(machine("X-Auto-Response-Suppress: All"), Some(Machine::Automatic));
    assert_eq!(machine("X-Auto-Response-Suppress: None"), None);
    assert_eq!(machine("Return-Path: <>"), Some(Machine::Report));
    assert_eq!(machine("Return-Path: <a@b.c>"), None);
    assert_eq!(read(&mail("From: No-Reply@b.c", "x")).unwrap().machine, Some(Machine::Automatic));
}

const REPORT: &str = "--x
Content-Type: text/plain

I'm sorry.
--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Original-Recipient: rfc822;Ana@Example.org
Final-Recipient: rfc822; somewhere@else.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1
  no such user

Final-Recipient: rfc822; late@example.org
Action: delayed
Status: 4.4.1

Final-Recipient: rfc822; full@example.org
Action: Failed
Status: 4.2.2
";

#[test]
fn a_delivery_report_names_what_failed() {
    let head = "From: MAILER-DAEMON@mx.example\nReturn-Path: <>\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=x";
    let failed = [
        Failed {
            address: "ana@example.org".into(),
            permanent: true,
            status: "5.1.1 smtp; 550 5.1.1 no such user".into(),
        },
        Failed { address: "full@example.org".into(), permanent: false, status: "4.2.2".into() },
    ];
    for returned in ["message/rfc822", "text/rfc822-headers", "message/rfc822-headers"] {
        let body = format!(
            "{REPORT}--x\nContent-Type: {returned}\n\nMessage-ID: <out.1@desk.example>\nSubject: Hello\n\nText\n--x--"
        );
        let read = read(&mail(head, &body)).unwrap();
        let bounce = read.bounce.unwrap();
        assert_eq!(bounce.failed, failed);
        let expected = (returned != "message/rfc822-headers").then_some("out.1@desk.example");
        assert_eq!(bounce.returned.as_deref(), expected, "{returned}");
        assert_eq!(read.machine, Some(Machine::Report));
        assert_eq!(read.message_id, None);
    }
}

#[test]
fn what_is_no_mail_is_broken() {
    for raw in [&b""[..], b"\0\0\0", b"\r\n\r\n", b"just a text without a header", &[0xff; 1000]] {
        assert!(matches!(read(raw), Err(Broken::Nothing)), "{raw:?}");
    }
}

#[test]
fn several_authors_are_nobody() {
    assert_eq!(read(&mail("From: a@b.c, d@e.f\nTo: x@y.z", "x")).unwrap().from, None);
    assert_eq!(read(&mail("From: nobody\nTo: x@y.z", "x")).unwrap().from, None);
}

/// Every message of the corpus: read or broken, and every text fit for the database.
#[test]
fn the_corpus_is_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/reference/mail");
    if !folder.is_dir() {
        eprintln!("{} is not there: the corpus of mails was not read", folder.display());
        return;
    }
    let (mut all, mut broken, mut files) = (0, 0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let raw = std::fs::read(entry.unwrap().path()).unwrap();
        all += 1;
        let Ok(read) = read(&raw) else {
            broken += 1;
            continue;
        };
        files += read.attachments.len();
        for text in [&read.text, &read.subject, &read.from_name].into_iter().chain(&read.answers).chain(&read.to) {
            assert!(!text.contains('\0') && !text.contains('\r'));
        }
        assert_eq!(crate::inbox::fold::fold(&read.text).whole(), read.text);
    }
    eprintln!("{all} messages read, {broken} of them broken, {files} files");
    assert_eq!(all, 107);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(raw in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert_ne!(read(&raw).err(), Some(Broken::Parser));
    }

    #[test]
    fn no_mail_makes_it_panic(lines in prop::collection::vec(prop::sample::select(vec![
        "From: a@b.c", "From: <", "To: \"", "Subject: =?utf-8?q?=ff", "Subject: =?x?b?!!", "Content-Type: multipart/mixed; boundary=x",
        "Content-Type: message/rfc822", "Content-Type: message/delivery-status", "Content-Type: text/html; charset=utf-7", "--x", "--x--", "",
        "Content-Transfer-Encoding: base64", "Content-Transfer-Encoding: quoted-printable", "=", "=3D=0", "AAAA", "<blockquote><div>", "Action: failed",
        "Final-Recipient: rfc822;", "Date: Mon, 99 Foo 99999 99:99:99 +9999", "References: <<<>>> <a@b", "\u{f8e0}\u{f8e1}", "&#0; &#x110000;",
        "Content-Disposition: attachment; filename*0*=utf-8''%ff", "begin 644 x", "> > >",
    ]), 0..60)) {
        let raw = lines.join("\r\n").into_bytes();
        prop_assert_ne!(read(&raw).err(), Some(Broken::Parser));
    }
}
