//! TLS of the server.
//!
//! Takes the files of `[http]`; gives what handshakes need, with `ring` as the only cryptography.

use std::{path::Path, sync::Arc};

use tokio_rustls::rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
};

use crate::config::{ConfigError, TlsFiles};

/// Reads the certificate and its key.
///
/// # Errors
/// [`ConfigError::Value`] naming the key whose file cannot be used.
pub(crate) fn server_config(files: &TlsFiles) -> Result<Arc<ServerConfig>, ConfigError> {
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unread("http.tls_certificate", &files.certificate, &error))?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| unread("http.tls_key", &files.key, &error))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| ConfigError::Value {
            key: "http.tls_certificate",
            problem: format!("{}: {error}", files.certificate.display()),
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn unread(key: &'static str, path: &Path, error: &pem::Error) -> ConfigError {
    ConfigError::Value {
        key,
        problem: format!("{}: {error}", path.display()),
    }
}
