//! What must not be seen: passwords and tokens, read from files.
//!
//! Takes the path of a file; gives its text, which no message and no log shows.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use super::link::LinkError;

/// A text that is not shown.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(String);

impl Secret {
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

fn read(path: &Path) -> Result<String, LinkError> {
    fs::read_to_string(path).map_err(|source| refused(path, source))
}

fn refused(path: &Path, source: io::Error) -> LinkError {
    let peer = path.display().to_string();
    LinkError::Io {
        what: "read",
        peer,
        source,
    }
}

/// The text of a file, without the space around it.
pub(super) fn token(path: &Path) -> Result<Secret, LinkError> {
    Ok(Secret(read(path)?.trim().to_owned()))
}

/// A user's name and password: the first two lines of a file.
pub(super) fn login(path: &Path) -> Result<(String, Secret), LinkError> {
    let text = read(path)?;
    let mut lines = text.lines();
    match (lines.next(), lines.next()) {
        (Some(user), Some(password)) if !user.trim().is_empty() => {
            Ok((user.trim().to_owned(), Secret(password.to_owned())))
        }
        _ => {
            let problem = "the first line must be the user, the second the password";
            Err(refused(
                path,
                io::Error::new(io::ErrorKind::InvalidData, problem),
            ))
        }
    }
}

/// A secret file is named, where there is one.
pub(super) type SecretFile = Option<PathBuf>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_two_lines_and_is_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("login");
        fs::write(&path, "mien\n hush hush \n").unwrap();
        let (user, password) = login(&path).unwrap();
        assert_eq!((user.as_str(), password.expose()), ("mien", " hush hush "));
        assert_eq!(format!("{password:?}"), "Secret");
        fs::write(&path, "hush").unwrap();
        let error = login(&path).unwrap_err().to_string();
        assert!(
            error.contains("the second the password") && !error.contains("hush"),
            "{error}"
        );
        assert_eq!(token(&path).unwrap().expose(), "hush");
    }
}
