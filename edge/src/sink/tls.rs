//! Encryption and who is who.
//!
//! Takes files of certificates; gives what clients of brokers need. The broker's certificate is always
//! verified: against the system's authorities, or against those of a file.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
};

use super::link::LinkError;

/// How a connection is encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsSettings {
    /// Authorities, in PEM; else the system's.
    pub ca_file: Option<PathBuf>,
    /// A certificate of our own and its key, in PEM, for brokers that ask.
    pub identity: Option<(PathBuf, PathBuf)>,
}

impl TlsSettings {
    /// Reads the files; they may change between connections.
    pub(super) fn client(&self) -> Result<ClientConfig, LinkError> {
        let mut roots = RootCertStore::empty();
        if let Some(path) = &self.ca_file {
            for certificate in certificates(path)? {
                roots
                    .add(certificate)
                    .map_err(|error| refused(path, error.to_string()))?;
            }
        } else {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        if roots.is_empty() {
            let path = self.ca_file.clone();
            let path = path.unwrap_or_else(|| "the system's certificates".into());
            return Err(refused(
                &path,
                "no authority in it; name one with `ca_file`",
            ));
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| refused(Path::new("TLS"), error.to_string()))?
            .with_root_certificates(roots);
        let Some((certificate, key)) = &self.identity else {
            return Ok(builder.with_no_client_auth());
        };
        let chain = certificates(certificate)?;
        let private = PrivateKeyDer::from_pem_file(key).map_err(|error| pem_refused(key, error))?;
        let config = builder.with_client_auth_cert(chain, private);
        config.map_err(|error| refused(certificate, error.to_string()))
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, LinkError> {
    let all = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    all.map_err(|error| pem_refused(path, error))
}

fn pem_refused(path: &Path, error: pem::Error) -> LinkError {
    match error {
        pem::Error::Io(source) => {
            let peer = path.display().to_string();
            LinkError::Io {
                what: "read",
                peer,
                source,
            }
        }
        other => refused(path, other.to_string()),
    }
}

fn refused(path: &Path, problem: impl Into<String>) -> LinkError {
    let (what, peer) = ("use", path.display().to_string());
    let source = io::Error::new(io::ErrorKind::InvalidData, problem.into());
    LinkError::Io { what, peer, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_certificate_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let settings = TlsSettings {
            ca_file: Some(path.clone()),
            identity: None,
        };
        assert!(
            settings
                .client()
                .unwrap_err()
                .to_string()
                .contains("ca.pem")
        );
        std::fs::write(&path, "nothing").unwrap();
        let error = settings.client().unwrap_err().to_string();
        assert!(error.contains("ca.pem: no authority in it"), "{error}");
    }
}
