//! How wide the columns of a table are.

use super::sheet::Length;

/// What a column would like to be, in thousandths of the size of its type.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// Its widest cell on one line.
    pub cells: i64,
    /// Its heading on one line.
    pub label: i64,
    /// The widest word of its heading.
    pub word: i64,
    /// Whether it holds figures, which are never shortened and broken only as the last resort.
    pub numeric: bool,
}

/// What the columns got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// The size of the type of the cells.
    pub size: Length,
    /// From the left edge of the table.
    pub places: Vec<Place>,
}

/// Where a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its left edge.
    pub left: Length,
    /// How wide it is.
    pub width: Length,
}

/// Sizes of the type that are tried, the largest first.
const SIZES: [Length; 3] = [8_500, 7_500, 6_500];
/// A column of text is not made narrower than this to spare the headings a break.
const AMPLE: Length = 110_000;
/// A column of text is not made narrower than this to spare all a smaller type.
const LEAST: Length = 60_000;
/// A column of text is not made narrower than this to spare figures a break.
const BARE: Length = 30_000;

/// Shares out a width. Columns get what they wish for and an equal part of the rest; where that is too much, headings
/// break first, then cells of text, then the type gets smaller, and only then are figures broken.
pub fn fit(wishes: &[Wish], label_size: Length, whole: Length) -> Columns {
    let gap = if wishes.len() > 8 { 6_000 } else { 12_000 };
    let count = wishes.len() as Length;
    let inner = whole - gap * (count - 1);
    for size in SIZES {
        let widths = |label: fn(&Wish) -> i64| -> Vec<Length> {
            wishes.iter().map(|wish| scaled(wish.cells, size).max(scaled(label(wish), label_size))).collect()
        };
        let (whole, broken) = (widths(|wish| wish.label), widths(|wish| wish.word));
        for widths in [&whole, &broken] {
            if widths.iter().sum::<Length>() <= inner {
                return Columns { size, places: places(spread(widths.clone(), inner), gap) };
            }
        }
        for (widths, least) in [(&whole, AMPLE), (&broken, LEAST)] {
            if let Some(widths) = squeeze_text(widths, wishes, inner, least) {
                return Columns { size, places: places(widths, gap) };
            }
        }
    }
    let size = SIZES[SIZES.len() - 1];
    let widths: Vec<Length> =
        wishes.iter().map(|wish| scaled(wish.cells, size).max(scaled(wish.word, label_size))).collect();
    let widths = squeeze_text(&widths, wishes, inner, BARE).unwrap_or_else(|| share(&widths, inner));
    Columns { size, places: places(widths, gap) }
}

/// Rounded up, as lines are.
fn scaled(wish: i64, size: Length) -> Length {
    (wish * size + 999) / 1000
}

/// What is left over, in equal parts; the last column takes what can't be divided and so ends at the edge.
fn spread(mut widths: Vec<Length>, inner: Length) -> Vec<Length> {
    let count = widths.len() as Length;
    let rest = inner - widths.iter().sum::<Length>();
    for width in &mut widths {
        *width += rest / count;
    }
    if let Some(last) = widths.last_mut() {
        *last += rest % count;
    }
    widths
}

/// Figures as wide as they wish, text in what they leave. `None` where a column of text would be narrower than `least`.
fn squeeze_text(widths: &[Length], wishes: &[Wish], inner: Length, least: Length) -> Option<Vec<Length>> {
    let figures: Length = widths.iter().zip(wishes).filter(|(_, wish)| wish.numeric).map(|(width, _)| width).sum();
    let text: Vec<Length> =
        widths.iter().zip(wishes).filter(|(_, wish)| !wish.numeric).map(|(width, _)| *width).collect();
    let room = inner - figures;
    if room < text.iter().map(|width| (*width).min(least)).sum() {
        return None;
    }
    let mut text = share(&text, room).into_iter();
    Some(
        widths
            .iter()
            .zip(wishes)
            .filter_map(|(width, wish)| if wish.numeric { Some(*width) } else { text.next() })
            .collect(),
    )
}

/// Narrow ones get what they wish for, wide ones equal parts of the rest.
fn share(wishes: &[Length], room: Length) -> Vec<Length> {
    let mut order: Vec<usize> = (0..wishes.len()).collect();
    order.sort_by_key(|&index| wishes[index]);
    let mut widths = vec![0; wishes.len()];
    let mut room = room.max(0);
    for (done, index) in order.into_iter().enumerate() {
        let part = room / (wishes.len() - done) as Length;
        widths[index] = wishes[index].min(part);
        room -= widths[index];
    }
    widths
}

fn places(widths: Vec<Length>, gap: Length) -> Vec<Place> {
    let mut left = 0;
    let place = |width| {
        let place = Place { left, width };
        left += width + gap;
        place
    };
    widths.into_iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WHOLE: Length = 482_000;
    const LABEL: Length = 7_500;

    fn text(cells: i64) -> Wish {
        Wish { cells, label: 4_000, word: 4_000, numeric: false }
    }

    fn figures(cells: i64) -> Wish {
        Wish { cells, label: 8_000, word: 5_000, numeric: true }
    }

    #[test]
    fn shares_what_is_left_over() {
        let columns = fit(&[text(8_000), figures(6_000)], LABEL, WHOLE);
        assert_eq!(columns.size, SIZES[0]);
        assert_eq!(columns.places[0].width - 68_000, columns.places[1].width - 60_000);
        assert_eq!(columns.places[1].left + columns.places[1].width, WHOLE);
    }

    #[test]
    fn breaks_text_before_figures() {
        let columns = fit(&[text(6_000), text(90_000), figures(7_000), figures(9_000)], LABEL, WHOLE);
        assert_eq!(columns.size, SIZES[0]);
        let widths: Vec<Length> = columns.places.iter().map(|place| place.width).collect();
        assert_eq!((widths[0], widths[2], widths[3]), (51_000, 60_000, 76_500));
        assert_eq!(widths[1], WHOLE - 3 * 12_000 - 51_000 - 60_000 - 76_500);
    }

    #[test]
    fn makes_the_type_smaller_before_it_breaks_figures() {
        let columns = fit(&[text(4_000), figures(17_000), figures(17_000), figures(17_000)], LABEL, WHOLE);
        assert_eq!(columns.size, SIZES[1]);
        assert!(columns.places[1..].iter().all(|place| place.width >= 127_500));
    }

    proptest! {
        #[test]
        fn stays_within_the_width(wishes in proptest::collection::vec((0i64..200_000, 0i64..90_000, any::<bool>()), 1..=12)) {
            let wishes: Vec<Wish> = wishes
                .into_iter()
                .map(|(cells, label, numeric)| Wish { cells, label, word: label / 2, numeric })
                .collect();
            let columns = fit(&wishes, LABEL, WHOLE);
            let mut edge = 0;
            for place in &columns.places {
                prop_assert!(place.left >= edge && place.width >= 0);
                edge = place.left + place.width;
            }
            prop_assert!(edge <= WHOLE);
        }
    }
}
