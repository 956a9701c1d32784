//! Asking ClamAV's daemon whether a file is harmful: its INSTREAM command, over a socket of this machine or of another.

use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

/// The longest a scan may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes sent at once; the daemon takes any length below its StreamMaxLength.
const CHUNK: usize = 64 * 1024;
/// The longest answer that is read.
const LONGEST_ANSWER: u64 = 1000;

/// Where the daemon listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scanner {
    /// A socket of this machine, by its path.
    Unix(String),
    /// `host:port`.
    Tcp(String),
}

/// What it says about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It knows nothing against it.
    Clean,
    /// The name of what it found.
    Infected(String),
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// It can't be reached, or the line broke.
    #[error("the scanner can't be reached: {0}")]
    Io(#[from] std::io::Error),
    /// It took too long.
    #[error("the scanner did not answer in {} seconds", PATIENCE.as_secs())]
    TooLong,
    /// It could not scan the file, or said what nobody understands.
    #[error("the scanner says: {0}")]
    Refused(String),
}

impl Scanner {
    /// From a setting: a path, `unix:PATH` or `host:port`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.strip_prefix("unix:").or_else(|| text.starts_with('/').then_some(text)) {
            Some(path) => Some(Self::Unix(path.to_owned())),
            None if text.contains(':') => {
                Some(Self::Tcp(text.trim_start_matches("tcp:").trim_start_matches("//").to_owned()))
            }
            None => None,
        }
    }

    /// Scans a file.
    ///
    /// # Errors
    /// [`ScanError`]; the file is to be treated as not scanned then.
    pub async fn scan(&self, bytes: &[u8]) -> Result<Verdict, ScanError> {
        let answer = timeout(PATIENCE, async {
            match self {
                Self::Unix(path) => ask(UnixStream::connect(path).await?, bytes).await,
                Self::Tcp(address) => ask(TcpStream::connect(address).await?, bytes).await,
            }
        });
        verdict(&answer.await.map_err(|_| ScanError::TooLong)??)
    }
}

async fn ask(mut line: impl AsyncRead + AsyncWrite + Unpin, bytes: &[u8]) -> std::io::Result<String> {
    line.write_all(b"zINSTREAM\0").await?;
    for chunk in bytes.chunks(CHUNK) {
        let length = u32::try_from(chunk.len()).unwrap_or_default();
        // Once it has found something or has had enough it answers and closes, in the middle of the file.
        if line.write_all(&length.to_be_bytes()).await.is_err() || line.write_all(chunk).await.is_err() {
            break;
        }
    }
    let _ = line.write_all(&0_u32.to_be_bytes()).await;
    let mut answer = Vec::new();
    line.take(LONGEST_ANSWER).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).trim_matches(['\0', '\n', ' ']).to_owned())
}

/// `stream: OK`, `stream: NAME FOUND`, or why not.
fn verdict(answer: &str) -> Result<Verdict, ScanError> {
    let said = answer.strip_prefix("stream: ").unwrap_or(answer);
    match said.strip_suffix(" FOUND") {
        Some(name) => Ok(Verdict::Infected(name.chars().take(200).collect())),
        None if said == "OK" => Ok(Verdict::Clean),
        None => Err(ScanError::Refused(said.chars().take(200).collect())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_answers() {
        assert_eq!(verdict("stream: OK").unwrap(), Verdict::Clean);
        assert_eq!(
            verdict("stream: Eicar-Test-Signature FOUND").unwrap(),
            Verdict::Infected("Eicar-Test-Signature".into())
        );
        for answer in ["INSTREAM size limit exceeded. ERROR", "", "stream: NOT OK", "OK FOUNDER"] {
            assert!(matches!(verdict(answer), Err(ScanError::Refused(_))), "{answer}");
        }
    }

    #[test]
    fn where_it_listens() {
        assert_eq!(Scanner::parse("/run/clamd.sock"), Some(Scanner::Unix("/run/clamd.sock".into())));
        assert_eq!(Scanner::parse("unix:clamd.sock"), Some(Scanner::Unix("clamd.sock".into())));
        assert_eq!(Scanner::parse("tcp://127.0.0.1:3310"), Some(Scanner::Tcp("127.0.0.1:3310".into())));
        assert_eq!(Scanner::parse("clamd"), None);
    }

    #[tokio::test]
    async fn a_file_arrives_whole_and_in_pieces() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scanner = Scanner::parse(&listener.local_addr().unwrap().to_string()).unwrap();
        let file = vec![7_u8; CHUNK + 5];
        let expected = file.clone();
        let daemon = tokio::spawn(async move {
            let (mut line, _) = listener.accept().await.unwrap();
            let mut command = [0; 10];
            line.read_exact(&mut command).await.unwrap();
            assert_eq!(&command, b"zINSTREAM\0");
            let mut got = Vec::new();
            loop {
                let length = line.read_u32().await.unwrap() as usize;
                if length == 0 {
                    break;
                }
                let start = got.len();
                got.resize(start + length, 0);
                line.read_exact(&mut got[start..]).await.unwrap();
            }
            line.write_all(b"stream: Some.Virus FOUND\0").await.unwrap();
            got
        });
        assert_eq!(scanner.scan(&file).await.unwrap(), Verdict::Infected("Some.Virus".into()));
        assert_eq!(daemon.await.unwrap(), expected);
        assert!(matches!(scanner.scan(&file).await, Err(ScanError::Io(_))), "nobody listens any more");
    }
}
