//! Sheets as pages of a PDF.

use super::super::model::{Document, Error};
use super::font::{Face, Faces};
use super::sheet::{Ink, LEFT, Length, Mark, PAPER, Rule, Sheet, TOP};
use super::tags::{Tags, legible};
use chrono::{Datelike, Timelike};
use krilla::SerializeSettings;
use krilla::color::rgb;
use krilla::configure::{Accessibility, Archival, Configuration, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata, TextDirection};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, SpanTag};
use krilla::text::{GlyphId, KrillaGlyph};

/// Titles are cut to this many characters where the file names itself.
const MOST_TITLE: usize = 300;

/// The file. It claims PDF/A-2a and PDF/UA-1; what would break either is an error.
pub fn draw(document: &Document, faces: &Faces<'_>, sheets: Vec<Sheet>, mut tags: Tags) -> Result<Vec<u8>, Error> {
    let settings = SerializeSettings { configuration: configuration()?, ..SerializeSettings::default() };
    let mut pdf = krilla::Document::new_with(settings);
    for sheet in sheets {
        let paper = PageSettings::from_wh(points(PAPER.0), points(PAPER.1));
        let mut page = pdf.start_page_with(paper.unwrap_or_default());
        let mut surface = page.surface();
        rules(&mut surface, &sheet.rules);
        for mark in sheet.marks {
            text(&mut surface, faces, mark, &mut tags);
        }
        surface.finish();
        page.finish();
    }
    let title: String = legible(&document.title).chars().take(MOST_TITLE).collect();
    let mut outline = Outline::new();
    let top = Point::from_xy(points(LEFT), points(TOP));
    outline.push_child(OutlineNode::new(title.clone(), XyzDestination::new(0, top)));
    pdf.set_outline(outline);
    pdf.set_tag_tree(tags.into_tree(&title, &document.language));
    pdf.set_metadata(metadata(document, title));
    pdf.finish().map_err(|error| Error::Pdf(format!("{error}: {error:?}")))
}

/// For the archive, and for those who listen.
fn configuration() -> Result<Configuration, Error> {
    ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|error| Error::Pdf(format!("{error:?}")))
}

fn metadata(document: &Document, title: String) -> Metadata {
    let at = document.created_at;
    let part = |part: u32| u8::try_from(part).unwrap_or(0);
    let created = DateTime::new(u16::try_from(at.year()).unwrap_or(0))
        .month(part(at.month()))
        .day(part(at.day()))
        .hour(part(at.hour()))
        .minute(part(at.minute()))
        .second(part(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0);
    let author: String = legible(&document.programme_name).chars().take(MOST_TITLE).collect();
    Metadata::new()
        .title(title)
        .authors(vec![author])
        .creator("Partnerdesk".to_owned())
        .language(document.language.clone())
        .text_direction(TextDirection::LeftToRight)
        .creation_date(created)
}

fn rules(surface: &mut Surface<'_>, rules: &[Rule]) {
    for same_ink in rules.chunk_by(|one, other| one.ink == other.ink) {
        let mut path = PathBuilder::new();
        for rule in same_ink {
            let edges = [rule.left, rule.top, rule.right, rule.top + rule.thick].map(points);
            if let Some(rect) = Rect::from_ltrb(edges[0], edges[1], edges[2], edges[3]) {
                path.push_rect(rect);
            }
        }
        let (Some(path), Some(rule)) = (path.finish(), same_ink.first()) else { continue };
        surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
        surface.set_fill(Some(fill(rule.ink)));
        surface.draw_path(&path);
        surface.end_tagged();
    }
}

fn text(surface: &mut Surface<'_>, faces: &Faces<'_>, mark: Mark, tags: &mut Tags) {
    let face = faces.of(mark.style.weight);
    let glyphs = glyphs(face, &mark.line.text);
    if glyphs.is_empty() {
        return;
    }
    match mark.element {
        Some(element) => {
            let identifier = surface.start_tagged(ContentTag::Span(SpanTag::empty()));
            tags.mark(element, identifier);
        }
        None => {
            surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::PaginationOther)));
        }
    }
    surface.set_fill(Some(fill(mark.style.ink)));
    let start = Point::from_xy(points(mark.left), points(mark.baseline));
    surface.draw_glyphs(start, &glyphs, face.pdf().clone(), &mark.line.text, points(mark.style.size), false);
    surface.end_tagged();
}

fn fill(ink: Ink) -> Fill {
    let [red, green, blue] = ink.rgb();
    Fill { paint: rgb::Color::new(red, green, blue).into(), opacity: NormalizedF32::ONE, rule: FillRule::NonZero }
}

/// What the PDF wants: shares of the size of the type.
#[expect(clippy::float_arithmetic, reason = "krilla takes lengths in floating point; no amount comes here")]
fn glyphs(face: &Face<'_>, text: &str) -> Vec<KrillaGlyph> {
    let units = face.units() as f32;
    let share = |length: i32| length as f32 / units;
    let glyphs = face.glyphs(text).into_iter().map(|glyph| {
        let (right, up) = glyph.offset;
        KrillaGlyph::new(GlyphId::new(glyph.id), share(glyph.advance), share(right), share(up), 0.0, glyph.text, None)
    });
    glyphs.collect()
}

/// Points, as the PDF counts.
#[expect(clippy::float_arithmetic, reason = "krilla takes lengths in floating point; no amount comes here")]
fn points(length: Length) -> f32 {
    length as f32 / 1000.0
}
