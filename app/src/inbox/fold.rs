//! Folding a mail's text: what is new, what is quoted and what is a signature. Nothing is lost: the segments put
//! together are the text again.

mod header;
mod signature;
#[cfg(test)]
mod tests;
mod words;

/// What a segment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Written for this message.
    New,
    /// Repeated from one before, with the line that introduces it.
    Quoted,
    /// The writer's name, company and disclaimer.
    Signature,
}

/// Lines of one kind that stand together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// What they are.
    pub part: Part,
    /// The lines, blank ones at the end included.
    pub text: String,
}

/// A text, in segments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// In their order; no two neighbours are alike.
    pub segments: Vec<Segment>,
}

impl Folded {
    /// What is new, without the blank lines around it. The whole text where nothing is new: a mail that only passes
    /// something on is not an empty one.
    pub fn new_text(&self) -> String {
        let new: Vec<&str> = self.of(Part::New).collect();
        if new.is_empty() { self.whole().trim().to_owned() } else { new.join("\n\n") }
    }

    /// Whether anything is folded away.
    pub fn hides(&self) -> bool {
        self.of(Part::New).next().is_some() && self.segments.iter().any(|segment| segment.part != Part::New)
    }

    /// The whole text.
    pub fn whole(&self) -> String {
        self.segments.iter().map(|segment| segment.text.as_str()).collect()
    }

    fn of(&self, part: Part) -> impl Iterator<Item = &str> {
        self.segments
            .iter()
            .filter(move |segment| segment.part == part && !segment.text.trim().is_empty())
            .map(|segment| segment.text.trim_matches('\n').trim_end())
    }
}

/// Folds a text. Line ends are `\n`.
pub fn fold(text: &str) -> Folded {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut parts = vec![Part::New; lines.len()];
    mark_quoted_lines(&lines, &mut parts);
    mark_quoted_rest(&lines, &mut parts);
    signature::mark(&lines, &mut parts);
    mark_blank(&lines, &mut parts);
    let mut folded = Folded::default();
    for (line, part) in lines.iter().zip(parts) {
        match folded.segments.last_mut() {
            Some(last) if last.part == part => last.text.push_str(line),
            _ => folded.segments.push(Segment { part, text: (*line).to_owned() }),
        }
    }
    folded
}

/// Lines that begin with `>`, the line that introduces them, and what a mail program wrapped onto a line of its own.
fn mark_quoted_lines(lines: &[&str], parts: &mut [Part]) {
    for at in 0..lines.len() {
        if lines[at].trim_start().starts_with('>') && !header::is_continued(lines, at) {
            parts[at] = Part::Quoted;
        }
    }
    for at in 1..lines.len().saturating_sub(1) {
        let between = parts[at - 1] == Part::Quoted && parts[at + 1] == Part::Quoted;
        if between && parts[at] == Part::New && !is_blank(lines[at]) {
            parts[at] = Part::Quoted;
        }
    }
    for at in 0..lines.len() {
        let begins = parts[at] == Part::Quoted && (at == 0 || parts[at - 1] != Part::Quoted);
        if !begins {
            continue;
        }
        let Some(last) = lines[..at].iter().rposition(|line| !is_blank(line)) else { continue };
        if let Some(first) = header::introduction(lines, last) {
            parts[first..at].fill(Part::Quoted);
        }
    }
}

/// From an introduction, a block of headers or a dividing line on, nothing is new, where no `>` marks what is quoted.
fn mark_quoted_rest(lines: &[&str], parts: &mut [Part]) {
    for at in 0..lines.len() {
        if parts[at] == Part::Quoted || is_blank(lines[at]) {
            continue;
        }
        let found = header::divider(lines[at]).then_some(at).or_else(|| header::block(lines, at)).or_else(|| {
            let first = header::introduction(lines, at)?;
            // Otherwise it introduces lines marked with `>`, and something new may follow those.
            let next = (at + 1..lines.len()).find(|&next| !is_blank(lines[next]));
            next.is_none_or(|next| parts[next] != Part::Quoted).then_some(first)
        });
        if let Some(first) = found {
            parts[first..].fill(Part::Quoted);
            return;
        }
    }
}

/// Blank lines belong to what stands before them.
fn mark_blank(lines: &[&str], parts: &mut [Part]) {
    for at in 1..lines.len() {
        if is_blank(lines[at]) {
            parts[at] = parts[at - 1];
        }
    }
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}
