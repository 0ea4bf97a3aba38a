//! NumPy arrays as numbers: as much of the format as AffectNet uses.
//!
//! Takes a `.npy` file, version 1 to 3, of floats, whole numbers or text that spells numbers; gives
//! its values in the order of the file. Format: `numpy.lib.format` in NumPy's documentation.

use std::{fs, path::Path};

const MAGIC: &[u8] = b"\x93NUMPY";

/// The values of an array.
///
/// # Errors
/// Why the file is none that can be read.
pub(super) fn read(path: &Path) -> Result<Vec<f32>, String> {
    parse(&fs::read(path).map_err(|error| error.to_string())?)
}

fn parse(bytes: &[u8]) -> Result<Vec<f32>, String> {
    let rest = bytes.strip_prefix(MAGIC).ok_or("is no NumPy array")?;
    let short = "ends within its header";
    let (length, rest) = match rest {
        [1, _, a, b, rest @ ..] => (usize::from(u16::from_le_bytes([*a, *b])), rest),
        [2 | 3, _, a, b, c, d, rest @ ..] => {
            let length = u32::from_le_bytes([*a, *b, *c, *d]);
            (usize::try_from(length).unwrap_or(usize::MAX), rest)
        }
        [] | [_] => return Err(short.into()),
        [version, ..] => return Err(format!("has NumPy's format version {version}, not 1 to 3")),
    };
    let (header, data) = rest.split_at_checked(length).ok_or(short)?;
    let header = std::str::from_utf8(header)
        .ok()
        .ok_or("has no text as its header")?;
    let kind = header
        .split_once("'descr':")
        .and_then(|(_, rest)| rest.split('\'').nth(1))
        .ok_or("names no kind of value in its header")?;
    values(kind, data).ok_or_else(|| format!("holds {kind:?}, which spells no numbers"))
}

/// Values of the kind that NumPy calls `kind`.
fn values(kind: &str, data: &[u8]) -> Option<Vec<f32>> {
    macro_rules! numbers {
        ($number:ty) => {{
            let (values, []) = data.as_chunks::<{ size_of::<$number>() }>() else {
                return None;
            };
            let value =
                |bytes: &[u8; size_of::<$number>()]| <$number>::from_le_bytes(*bytes) as f32;
            Some(values.iter().map(value).collect())
        }};
    }
    match kind {
        "<f8" => numbers!(f64),
        "<f4" => numbers!(f32),
        "<i8" => numbers!(i64),
        "<i4" => numbers!(i32),
        "|i1" => numbers!(i8),
        "|u1" => numbers!(u8),
        _ => texts(kind, data),
    }
}

/// Texts of fixed width, 4 bytes (`<U`) or 1 byte (`|S`) per letter, filled up with zeros.
fn texts(kind: &str, data: &[u8]) -> Option<Vec<f32>> {
    let (letter, width) = match kind.split_at_checked(2)? {
        ("<U", width) => (4, width),
        ("|S", width) => (1, width),
        _ => return None,
    };
    let bytes = width.parse::<usize>().ok().filter(|width| *width > 0)? * letter;
    let text = |text: &[u8]| {
        let letters = text
            .chunks_exact(letter)
            .map(|letter| char::from(letter[0]));
        letters.filter(|letter| *letter != '\0').collect::<String>()
    };
    data.chunks_exact(bytes)
        .map(|value| text(value).trim().parse().ok())
        .collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A file as NumPy writes it.
    pub(in super::super) fn array(kind: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let mut header =
            format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
        while (10 + header.len() + 1) % 64 != 0 {
            header.push(' ');
        }
        header.push('\n');
        let length = u16::try_from(header.len()).unwrap().to_le_bytes();
        [MAGIC, &[1, 0], &length, header.as_bytes(), data].concat()
    }

    #[test]
    fn numbers_and_texts_are_read() {
        let floats: Vec<u8> = [1.5_f64, -2.0]
            .iter()
            .flat_map(|n| n.to_le_bytes())
            .collect();
        assert_eq!(parse(&array("<f8", "(2,)", &floats)).unwrap(), [1.5, -2.0]);
        assert_eq!(
            parse(&array("<i8", "()", &7_i64.to_le_bytes())).unwrap(),
            [7.0]
        );
        let text = [b'1', 0, 0, 0, b'0', 0, 0, 0];
        assert_eq!(parse(&array("<U2", "()", &text)).unwrap(), [10.0]);
        assert_eq!(parse(&array("|S1", "()", b"6")).unwrap(), [6.0]);
    }

    #[test]
    fn other_files_are_refused_with_a_reason() {
        insta::assert_snapshot!(parse(b"PNG").unwrap_err(), @"is no NumPy array");
        insta::assert_snapshot!(parse(&array("|O", "()", b"x")).unwrap_err(), @r#"holds "|O", which spells no numbers"#);
        insta::assert_snapshot!(parse(&array("<U1", "()", &[b'x', 0, 0, 0])).unwrap_err(), @r#"holds "<U1", which spells no numbers"#);
        let cut = &array("<f8", "(1,)", &[0; 8])[..40];
        insta::assert_snapshot!(parse(cut).unwrap_err(), @"ends within its header");
    }
}
