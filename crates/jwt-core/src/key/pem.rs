//! PEM (RFC 7468), strictly: one block, its label, base64 lines, nothing else around it but white space.

use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::KeyError;

/// The one block of `text`: its label and its octets.
pub(super) fn decode(text: &str) -> Result<(&str, Zeroizing<Vec<u8>>), KeyError> {
    if text.len() > MAX_PEM_BYTES {
        return Err(KeyError::TooLarge { limit: MAX_PEM_BYTES });
    }
    let mut lines = text.trim_ascii().lines();
    let label =
        lines.next().and_then(|line| line.strip_prefix("-----BEGIN ")?.strip_suffix("-----")).ok_or(MALFORMED)?;
    // Reserved at once, so that no copy of a private key is left behind by growing.
    let mut base64 = Zeroizing::new(Vec::with_capacity(text.len()));
    loop {
        let line = lines.next().ok_or(MALFORMED)?;
        if let Some(end) = line.strip_prefix("-----END ") {
            if end.strip_suffix("-----") != Some(label) || lines.next().is_some() {
                return Err(MALFORMED);
            }
            break;
        }
        // RFC 7468, section 2: lines of 64 characters; old writers have 76. An empty line or a header ("Proc-Type") is not base64.
        if line.is_empty() || line.len() > 76 {
            return Err(MALFORMED);
        }
        base64.extend_from_slice(line.as_bytes());
    }
    let octets = STANDARD.decode(base64.as_slice()).map_err(|_| MALFORMED)?;
    Ok((label, Zeroizing::new(octets)))
}

const MALFORMED: KeyError = KeyError::Malformed { what: "pem" };

/// As for a JWK: an RSA key of 8192 bits with all private numbers is 7 KiB of PEM.
const MAX_PEM_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "-----BEGIN PUBLIC KEY-----\nAAEC\n-----END PUBLIC KEY-----\n";

    #[test]
    fn one_block_is_read_with_either_line_ending() {
        for text in [GOOD, &GOOD.replace('\n', "\r\n"), GOOD.trim_ascii()] {
            let (label, octets) = decode(text).unwrap();
            assert_eq!((label, octets.as_slice()), ("PUBLIC KEY", &[0, 1, 2][..]));
        }
    }

    #[test]
    fn a10_a_file_and_its_lines_are_as_long_as_they_may_be_and_no_longer() {
        let padded = |length: usize| [GOOD, &" ".repeat(length - GOOD.len())].concat();
        assert!(decode(&padded(65_536)).is_ok());
        assert!(matches!(decode(&padded(65_537)), Err(KeyError::TooLarge { limit: 65_536 })));
        let line =
            |length| alloc::format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", "A".repeat(length));
        for length in [4, 64, 76] {
            assert_eq!(decode(&line(length)).unwrap().1.len(), length / 4 * 3);
        }
        assert!(matches!(decode(&line(80)), Err(MALFORMED)));
    }

    #[test]
    fn everything_else_is_refused() {
        for bad in [
            "",
            "-----BEGIN PUBLIC KEY-----",
            "-----BEGIN PUBLIC KEY-----\nAAEC\n",
            "-----BEGIN PUBLIC KEY-----\nAAEC\n-----END PRIVATE KEY-----\n",
            "-----BEGIN PUBLIC KEY-----\nAAE\n-----END PUBLIC KEY-----\n",
            "-----BEGIN PUBLIC KEY-----\nAAF=\n-----END PUBLIC KEY-----\n",
            "-----BEGIN PUBLIC KEY-----\nAA EC\n-----END PUBLIC KEY-----\n",
            "-----BEGIN PUBLIC KEY-----\n\nAAEC\n-----END PUBLIC KEY-----\n",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAEC\n-----END RSA PRIVATE KEY-----\n",
            "-----BEGIN PUBLIC KEY-----AAEC-----END PUBLIC KEY-----",
            "text\n-----BEGIN PUBLIC KEY-----\nAAEC\n-----END PUBLIC KEY-----\n",
            "-----BEGIN A-----\nAAEC\n-----END A-----\n-----BEGIN A-----\nAAEC\n-----END A-----\n",
        ] {
            assert!(decode(bad).is_err(), "{bad:?}");
        }
    }
}
