//! `[http]`: where the server listens, and who may talk to it.
//!
//! Takes the section as written; gives [`HttpSettings`], in which an address that others can reach
//! has a token and TLS.

use std::{
    fmt,
    net::SocketAddr,
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use subtle::ConstantTimeEq;

use super::{
    ConfigError,
    error::{positive, refuse, some_text},
    raw::RawHttp,
};

/// Shorter tokens can be guessed.
const LEAST_TOKEN: usize = 16;

/// Checked `[http]`.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpSettings {
    /// Where.
    pub listen: Listen,
    /// What clients must show; always there where `listen` is not on loopback.
    pub token: Option<Token>,
    /// The server's certificate; always there where `listen` is not on loopback.
    pub tls: Option<TlsFiles>,
    /// Most connections at a time.
    pub max_connections: NonZeroUsize,
    /// Whether pictures of the sources are served.
    pub preview: bool,
}

/// Where the server listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listen {
    /// On loopback for live sources, nowhere for files.
    Auto,
    /// Nowhere.
    Off,
    /// Always here.
    At(SocketAddr),
}

/// A secret that opens the server; it is never printed.
#[derive(Clone)]
pub struct Token(String);

/// Where the certificate lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, PEM, the server's own certificate first.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
}

impl Token {
    /// Whether `shown` is the token; takes as long for a near miss as for a wild guess.
    #[must_use]
    pub fn is(&self, shown: &str) -> bool {
        self.0.as_bytes().ct_eq(shown.as_bytes()).into()
    }

    /// Reads the first line of a file.
    fn read(path: &Path) -> Result<Self, ConfigError> {
        let key = "http.token_file";
        let text = std::fs::read_to_string(path)
            .map_err(|error| refuse(key, format!("{}: {error}", path.display())))?;
        let token = text.lines().next().unwrap_or_default().trim();
        // What a header and a cookie can both carry: token68 of RFC 9110.
        let fits = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
        if token.len() < LEAST_TOKEN || !token.chars().all(fits) {
            let problem = format!(
                "{}: the first line must be at least {LEAST_TOKEN} letters, digits or -._~+/=",
                path.display()
            );
            return Err(refuse(key, problem));
        }
        Ok(Self(token.into()))
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

impl TryFrom<RawHttp> for HttpSettings {
    type Error = ConfigError;

    fn try_from(raw: RawHttp) -> Result<Self, ConfigError> {
        let listen = listen(&raw.listen)?;
        let token = some_text(&raw.token_file).map(|path| Token::read(Path::new(path)));
        let tls = match (some_text(&raw.tls_certificate), some_text(&raw.tls_key)) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(TlsFiles {
                certificate: certificate.into(),
                key: key.into(),
            }),
            (None, Some(_)) => {
                return Err(refuse("http.tls_certificate", "is missing beside tls_key"));
            }
            (Some(_), None) => {
                return Err(refuse("http.tls_key", "is missing beside tls_certificate"));
            }
        };
        if let Listen::At(address) = listen
            && !address.ip().is_loopback()
        {
            let missing = [
                ("http.token_file", token.is_none()),
                ("http.tls_certificate", tls.is_none()),
            ];
            if let Some((key, _)) = missing.into_iter().find(|(_, missing)| *missing) {
                let problem = format!(
                    "is missing: others can reach {address}, which needs http.token_file, \
                     http.tls_certificate and http.tls_key"
                );
                return Err(refuse(key, problem));
            }
        }
        if let Some(files) = &tls {
            crate::http::tls::server_config(files)?;
        }
        Ok(Self {
            listen,
            token: token.transpose()?,
            tls,
            max_connections: positive("http.max_connections", raw.max_connections)?,
            preview: raw.preview,
        })
    }
}

fn listen(text: &str) -> Result<Listen, ConfigError> {
    match text {
        "auto" => Ok(Listen::Auto),
        "off" => Ok(Listen::Off),
        address => address.parse().map(Listen::At).map_err(|error| {
            let problem = format!("{text:?} is not auto, off or an address: {error}");
            refuse("http.listen", problem)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    fn check(text: &str) -> Result<HttpSettings, String> {
        let raw: crate::config::raw::RawConfig = toml::from_str(text).unwrap();
        let settings = Settings::try_from(raw).map_err(|error| error.to_string())?;
        Ok(settings.http)
    }

    #[test]
    fn what_others_can_reach_needs_a_token_and_tls() {
        let open = "[http]\nlisten = '0.0.0.0:80'\n";
        insta::assert_snapshot!(check(open).unwrap_err(), @"configuration key http.token_file: is missing: others can reach 0.0.0.0:80, which needs http.token_file, http.tls_certificate and http.tls_key");
        let file = tempfile::NamedTempFile::new().unwrap();
        let token = format!("token_file = {:?}\n", file.path());
        std::fs::write(file.path(), "short\n").unwrap();
        let error = check(&format!("[http]\n{token}")).unwrap_err();
        assert!(error.contains("at least 16 letters"), "{error}");
        std::fs::write(file.path(), "0123456789abcdef\n").unwrap();
        let error = check(&format!("{open}{token}")).unwrap_err();
        assert!(
            error.contains("http.tls_certificate: is missing"),
            "{error}"
        );
        let settings = check(&format!("[http]\nlisten = '[::1]:80'\n{token}")).unwrap();
        let token = settings.token.unwrap();
        assert!(token.is("0123456789abcdef") && !token.is("0123456789abcdeF"));
        assert!(!token.is("") && !format!("{token:?}").contains("0123"));
    }

    #[test]
    fn what_cannot_be_is_named() {
        insta::assert_snapshot!(check("[http]\nlisten = 'here'").unwrap_err(), @r#"configuration key http.listen: "here" is not auto, off or an address: invalid socket address syntax"#);
        insta::assert_snapshot!(check("[http]\ntls_key = 'k.pem'").unwrap_err(), @"configuration key http.tls_certificate: is missing beside tls_key");
        insta::assert_snapshot!(check("[http]\ntls_key = 'k.pem'\ntls_certificate = 'no.pem'").unwrap_err(), @"configuration key http.tls_certificate: no.pem: I/O error: No such file or directory (os error 2)");
        insta::assert_snapshot!(check("[http]\nmax_connections = 0").unwrap_err(), @"configuration key http.max_connections: must be at least 1");
    }
}
