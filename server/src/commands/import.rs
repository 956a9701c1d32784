//! `import conversions`.

use super::{Failure, Session, print_json};
use app::imports::model::{Progress, Request};
use app::imports::run::run;
use flate2::bufread::MultiGzDecoder;
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

/// What to import, and how.
pub struct Conversions {
    /// The file, or `-`.
    pub file: PathBuf,
    /// Programme code.
    pub programme: String,
    /// Check only.
    pub dry_run: bool,
    /// Make partners.
    pub create_partners: bool,
    /// Make offers.
    pub create_offers: bool,
    /// Where refused rows go.
    pub rejects: Option<PathBuf>,
}

/// Imports and prints `{"rows":…,"accepted":…,"duplicates":…,"rejected":…}`.
///
/// # Errors
/// When the file as a whole is refused.
pub async fn conversions(session: &Session, what: Conversions) -> Result<(), Failure> {
    let programme = super::programmes::find(session, &what.programme).await?;
    let file_name = what.file.file_name().map_or_else(|| "-".into(), |name| name.to_string_lossy().into_owned());
    let request = Request {
        programme,
        file_name,
        dry_run: what.dry_run,
        create_partners: what.create_partners,
        create_offers: what.create_offers,
    };
    let input = open(&what.file)?;
    let mut rejects = match &what.rejects {
        Some(path) => Some(BufWriter::new(File::create(path).map_err(|error| named(path, &error))?)),
        None => None,
    };
    let bar = ProgressBar::new_spinner().with_style(
        ProgressStyle::with_template("{spinner} {msg} ({elapsed})")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    let show = |progress: Progress| {
        bar.set_message(match progress {
            Progress::Read(rows) => format!("{rows} rows read"),
            Progress::Checking => "checking against what is there".into(),
            Progress::Booked(line, of) => format!("booked up to line {line} of {of}"),
        });
        bar.tick();
    };
    let out = rejects.as_mut().map(|file| file as &mut (dyn Write + Send));
    let report = run(&session.db, session.clock, &request, input, out, &show).await;
    bar.finish_and_clear();
    print_json(&report?)
}

fn open(path: &Path) -> Result<Box<dyn BufRead + Send>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(std::io::stdin())));
    }
    let file = BufReader::with_capacity(128 * 1024, File::open(path).map_err(|error| named(path, &error))?);
    if path.extension().is_some_and(|extension| extension == "gz") {
        Ok(Box::new(BufReader::with_capacity(128 * 1024, MultiGzDecoder::new(file))))
    } else {
        Ok(Box::new(file))
    }
}

fn named(path: &Path, error: &std::io::Error) -> Failure {
    Failure::refused(format!("{}: {error}", path.display()))
}
