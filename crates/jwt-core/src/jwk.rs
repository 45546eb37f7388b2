//! JSON Web Keys (RFC 7517, RFC 7518 section 6, RFC 8037, RFC 9964): [`Jwk`], and sets of them.

mod certificate;
pub(crate) mod der;
mod error;
mod octets;
mod read;
mod set;
pub(crate) mod spki;
mod thumbprint;
mod tolerant;
mod write;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

pub(crate) use self::error::Few;
pub use self::error::{KeyError, NoMatch, UnsupportedKey};
pub(crate) use self::octets::{Octets, Text};
pub use self::set::{JwkSet, Limits, MAX_CANDIDATES};
pub use self::thumbprint::Thumbprint;
use crate::algorithm::Family;
use crate::json::Cut;
use crate::{Algorithm, Secret};

/// A JSON Web Key: parsed, and strict about what one key may say.
///
/// What is checked when it is read: `kty` and the members of that type, each of its JSON type and of its exact length (RFC 7518,
/// section 6; RFC 8037, section 2); RSA keys of 2048 to 8192 bits with an odd exponent; no Ed25519 key of small order; no member twice; `alg` in agreement with
/// the type, the curve and, for HMAC, the length. That a point lies on its curve is checked by the backend, at the latest when the key is first used.
///
/// `x5u` is never followed. A certificate (`x5c`, `x5t#S256`) must be of this key (RFC 7517, section 4.7) but proves nothing here: it is not kept, nor are unknown
/// members. Of `x5t`, which is SHA-1, only the length is checked. The keys of a set share one piece of memory, which is wiped when the last of them is dropped.
///
/// Writing it with serde writes the **public** members only, whatever it holds; see [`Jwk::dangerous_to_private_json`] for the others.
///
/// # Examples
///
/// ```
/// use jwt_core::{Algorithm, Jwk};
///
/// let jwk = Jwk::from_slice(br#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#)?;
/// assert_eq!(jwk.algorithm(), Some(Algorithm::Ed25519));
/// assert_eq!(jwk.thumbprint().to_string(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
/// # Ok::<(), jwt_core::KeyError>(())
/// ```
#[derive(Clone)]
pub struct Jwk {
    kid: Option<Text>,
    key_use: Option<Word>,
    key_ops: Option<Vec<String>>,
    alg: Option<Word>,
    material: Material,
}

impl Jwk {
    /// Reads one key, private or public.
    ///
    /// # Errors
    ///
    /// Any [`KeyError`] that says what is wrong with it; [`KeyError::Json`] if it is not strict JSON, [`KeyError::TooLarge`] over [`Limits::max_key_bytes`].
    pub fn from_slice(json: &[u8]) -> Result<Self, KeyError> {
        Self::from_slice_with(json, &Limits::default())
    }

    /// The same within limits of your own.
    ///
    /// # Errors
    ///
    /// As [`Jwk::from_slice`].
    pub fn from_slice_with(json: &[u8], limits: &Limits) -> Result<Self, KeyError> {
        read::jwk(json, limits)
    }

    /// A key of this material, with nothing else said about it.
    #[cfg(feature = "ring")]
    pub(crate) const fn from_material(material: Material) -> Self {
        Self { kid: None, key_use: None, key_ops: None, alg: None, material }
    }

    /// This key under the name `kid`.
    #[must_use]
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into().into());
        self
    }

    /// This key, to be used for signatures with this algorithm only: `alg`, and `use` = `sig` where `key_ops` does not say already what it is for.
    ///
    /// # Errors
    ///
    /// [`KeyError::Mismatch`] if the key is of another kind or names another algorithm, [`KeyError::WrongUse`] if it says that it is for something else than
    /// signatures.
    pub fn with_algorithm(mut self, algorithm: Algorithm) -> Result<Self, KeyError> {
        // RFC 7517, sections 4.2 to 4.4: what the key says of itself is not overruled.
        self.check(algorithm, Operation::Verify).or_else(|_| self.check(algorithm, Operation::Sign))?;
        self.alg = Some(Word::Known(algorithm.as_str()));
        // RFC 7517, section 4.3: "The "use" and "key_ops" JWK members SHOULD NOT be used together".
        if self.key_ops.is_none() {
            self.key_use = Some(Word::Known(SIGNATURES));
        }
        Ok(self)
    }

    /// The key type (`kty`): `oct`, `RSA`, `EC`, `OKP` or `AKP`.
    #[must_use]
    pub const fn kty(&self) -> &'static str {
        match self.material {
            Material::Oct { .. } => "oct",
            Material::Rsa { .. } => "RSA",
            Material::Ec { .. } => "EC",
            Material::Okp { .. } => "OKP",
            Material::Akp { .. } => "AKP",
        }
    }

    /// The curve (`crv`) of an EC or OKP key.
    #[must_use]
    pub const fn crv(&self) -> Option<&'static str> {
        match &self.material {
            Material::Ec { curve, .. } | Material::Okp { curve, .. } => Some(curve.as_str()),
            Material::Oct { .. } | Material::Rsa { .. } | Material::Akp { .. } => None,
        }
    }

    /// The key's name (`kid`).
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_ref().map(Text::as_str)
    }

    /// The public key use (`use`, RFC 7517, section 4.2).
    #[must_use]
    pub fn key_use(&self) -> Option<&str> {
        self.key_use.as_ref().map(Word::as_str)
    }

    /// The key operations (`key_ops`, RFC 7517, section 4.3).
    #[must_use]
    pub fn key_ops(&self) -> Option<&[String]> {
        self.key_ops.as_deref()
    }

    /// The text of `alg`, which need not be a signature algorithm.
    #[must_use]
    pub fn alg(&self) -> Option<&str> {
        self.alg.as_ref().map(Word::as_str)
    }

    /// The one signature algorithm that this key is for: the one that `alg` names or, without `alg`, the only one that its curve allows.
    ///
    /// `None` for RSA and symmetric keys without `alg` (several fit), and for keys that sign nothing.
    #[must_use]
    pub fn algorithm(&self) -> Option<Algorithm> {
        match self.alg() {
            Some(name) => Algorithm::ALL
                .iter()
                .copied()
                .find(|&algorithm| algorithm.is_named(name) && self.material.fits(algorithm)),
            None => self.material.only_algorithm(),
        }
    }

    /// Whether the key has private members. A symmetric key is private.
    #[must_use]
    pub const fn is_private(&self) -> bool {
        match &self.material {
            Material::Oct { .. } => true,
            Material::Rsa { private, .. } => private.is_some(),
            Material::Ec { d, .. } | Material::Okp { d, .. } => d.is_some(),
            Material::Akp { seed, .. } => seed.is_some(),
        }
    }

    /// Whether the key is symmetric (`kty` `oct`).
    #[must_use]
    pub const fn is_symmetric(&self) -> bool {
        matches!(self.material, Material::Oct { .. })
    }

    /// This key without its private members; in `key_ops`, `sign` becomes `verify`, and so on. `None` for a symmetric key, which has no public part.
    #[must_use]
    pub fn public(&self) -> Option<Self> {
        // Copies: what is private does not live on for the sake of what is public.
        let copy = |octets: &Octets| Octets::from(octets.as_ref());
        let material = match &self.material {
            Material::Oct { .. } => return None,
            Material::Rsa { n, e, .. } => Material::Rsa { n: copy(n), e: copy(e), private: None },
            Material::Ec { curve, point, .. } => Material::Ec { curve: *curve, point: copy(point), d: None },
            Material::Okp { curve, x, .. } => Material::Okp { curve: *curve, x: copy(x), d: None },
            Material::Akp { algorithm, public, .. } => {
                Material::Akp { algorithm: *algorithm, public: copy(public), seed: None }
            }
        };
        let copy = |text: &Text| Text(Octets::from(text.as_bytes()));
        Some(Self {
            kid: self.kid.as_ref().map(copy),
            key_use: self.key_use.as_ref().map(|word| word.map(copy)),
            key_ops: self.public_key_ops(),
            alg: self.alg.as_ref().map(|word| word.map(copy)),
            material,
        })
    }

    /// The octets of a public member (`n`, `e`, `x`, `y` or `pub`), decoded: what a [`Verifier`](crate::Verifier) of your own is made from.
    #[must_use]
    pub fn public_member(&self, name: &str) -> Option<&[u8]> {
        match (&self.material, name) {
            (Material::Rsa { n, .. }, "n") => Some(n),
            (Material::Rsa { e, .. }, "e") => Some(e),
            (Material::Ec { point, .. }, "x") => Some(coordinates(point).0),
            (Material::Ec { point, .. }, "y") => Some(coordinates(point).1),
            (Material::Okp { x, .. }, "x") => Some(x),
            (Material::Akp { public, .. }, "pub") => Some(public),
            _ => None,
        }
    }

    /// The octets of a private member (`d`, `p`, `q`, `dp`, `dq`, `qi`, `k` or `priv`), decoded: what a [`Signer`](crate::Signer) of your own is made from.
    #[must_use]
    pub fn dangerous_private_member(&self, name: &str) -> Option<&[u8]> {
        match (&self.material, name) {
            (Material::Oct { k }, "k") => Some(k),
            (Material::Rsa { private: Some(private), .. }, _) => private.member(name),
            (Material::Ec { d: Some(d), .. } | Material::Okp { d: Some(d), .. }, "d") => Some(d),
            (Material::Akp { seed: Some(seed), .. }, "priv") => Some(seed),
            _ => None,
        }
    }

    /// The JSON of the whole key, private members included: for the store that keeps it, and nobody else.
    #[must_use]
    pub fn dangerous_to_private_json(&self) -> Secret {
        write::private_json(self)
    }

    pub(crate) const fn material(&self) -> &Material {
        &self.material
    }

    pub(crate) const fn shared_kid(&self) -> Option<&Text> {
        self.kid.as_ref()
    }

    /// Every piece of shared memory that this key has.
    fn each_octets_mut(&mut self, mut each: impl FnMut(&mut Octets)) {
        let Self { kid, key_use, alg, material, .. } = self;
        let words = [key_use, alg].into_iter().flatten().filter_map(Word::text_mut);
        kid.iter_mut().chain(words).for_each(|text| each(&mut text.0));
        match material {
            Material::Oct { k } => each(k),
            Material::Rsa { n, e, private } => {
                each(n);
                each(e);
                if let Some(private) = private {
                    let RsaPrivate { d, crt } = &mut **private;
                    each(d);
                    if let Some(RsaCrt { p, q, dp, dq, qi }) = crt {
                        [p, q, dp, dq, qi].into_iter().for_each(each);
                    }
                }
            }
            Material::Ec { point, d, .. } => core::iter::once(point).chain(d).for_each(each),
            Material::Okp { x, d, .. } => core::iter::once(x).chain(d).for_each(each),
            Material::Akp { public, seed, .. } => core::iter::once(public).chain(seed).for_each(each),
        }
    }

    /// Whether this key may do `operation` with `algorithm`: its type and curve fit, and nothing it says excludes it.
    pub(crate) fn check(&self, algorithm: Algorithm, operation: Operation) -> Result<(), KeyError> {
        if !self.material.fits(algorithm) {
            return Err(KeyError::Mismatch { expected: algorithm, found: self.material.kind() });
        }
        if let Some(name) = self.alg()
            && !algorithm.is_named(name)
        {
            return Err(match self.algorithm() {
                Some(named) => KeyError::Mismatch { expected: algorithm, found: named.as_str() },
                None => KeyError::WrongUse,
            });
        }
        // RFC 7517, sections 4.2 and 4.3: "use" and "key_ops" say what the key is for; if both are there, both must allow it.
        let by_use = self.key_use().is_none_or(|key_use| key_use == SIGNATURES);
        let by_ops = self.key_ops.as_deref().is_none_or(|ops| ops.iter().any(|op| op == operation.as_str()));
        if by_use && by_ops { Ok(()) } else { Err(KeyError::WrongUse) }
    }

    /// The `key_ops` of the public half.
    fn public_key_ops(&self) -> Option<Vec<String>> {
        let mut public: Vec<String> = Vec::new();
        for op in self.key_ops.as_deref()? {
            let op = match op.as_str() {
                "sign" => "verify",
                "decrypt" => "encrypt",
                "unwrapKey" => "wrapKey",
                other => other,
            };
            if !public.iter().any(|known| known == op) {
                public.push(op.into());
            }
        }
        Some(public)
    }
}

/// Shows the type, the names and whether the key is private; no key material.
impl fmt::Debug for Jwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwk")
            .field("kty", &self.kty())
            .field("kid", &self.kid().map(Cut))
            .field("alg", &self.alg().map(Cut))
            .field("private", &self.is_private())
            .finish_non_exhaustive()
    }
}

/// A word that nearly always is one of a few.
#[derive(Clone)]
pub(crate) enum Word {
    Known(&'static str),
    Other(Text),
}

impl Word {
    fn as_str(&self) -> &str {
        match self {
            Self::Known(word) => word,
            Self::Other(text) => text.as_str(),
        }
    }

    fn map(&self, copy: impl FnOnce(&Text) -> Text) -> Self {
        match self {
            Self::Known(word) => Self::Known(word),
            Self::Other(text) => Self::Other(copy(text)),
        }
    }

    const fn text_mut(&mut self) -> Option<&mut Text> {
        match self {
            Self::Known(_) => None,
            Self::Other(text) => Some(text),
        }
    }
}

/// RFC 7517, section 4.2: the `use` of a key for signatures.
const SIGNATURES: &str = "sig";

/// What a key is to do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation {
    Sign,
    Verify,
}

impl Operation {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Sign => "sign",
            Self::Verify => "verify",
        }
    }
}

/// The numbers of a key. Every length was checked when it was made.
#[derive(Clone)]
pub(crate) enum Material {
    Oct {
        k: Octets,
    },
    Rsa {
        n: Octets,
        e: Octets,
        private: Option<Box<RsaPrivate>>,
    },
    /// The point is uncompressed (SEC 1, section 2.3.3).
    Ec {
        curve: Curve,
        point: Octets,
        d: Option<Octets>,
    },
    Okp {
        curve: Curve,
        x: Octets,
        d: Option<Octets>,
    },
    Akp {
        algorithm: Algorithm,
        public: Octets,
        seed: Option<Octets>,
    },
}

/// Both coordinates of an uncompressed point.
pub(crate) fn coordinates(point: &[u8]) -> (&[u8], &[u8]) {
    let xy = point.get(1..).unwrap_or_default();
    xy.split_at_checked(xy.len() / 2).unwrap_or_default()
}

/// How many bits a big-endian number has that begins with no zero octet.
pub(crate) fn bits(number: &[u8]) -> usize {
    let idle = number.first().map_or(0, |first| first.leading_zeros() as usize);
    number.len().saturating_mul(8).saturating_sub(idle)
}

impl Material {
    /// Public RSA numbers, checked.
    pub(crate) fn rsa(n: &[u8], e: &[u8]) -> Result<Self, KeyError> {
        Self::check_rsa(n, e)?;
        Ok(Self::Rsa { n: n.into(), e: e.into(), private: None })
    }

    /// RFC 7518, section 3.2: "A key of the same size as the hash output (for instance, 256 bits for "HS256") or larger MUST be used".
    pub(crate) fn check_hmac(octets: usize, algorithm: Algorithm) -> Result<(), KeyError> {
        let minimum = algorithm.signature_len().unwrap_or(usize::MAX);
        if octets < minimum {
            return Err(KeyError::TooShort { bits: octets.saturating_mul(8), minimum: minimum.saturating_mul(8) });
        }
        Ok(())
    }

    /// No leading zero octets (RFC 7518, section 2), size and exponent as [`KeyError`] says, and no modulus that two divides.
    pub(crate) fn check_rsa(n: &[u8], e: &[u8]) -> Result<(), KeyError> {
        if n.first().is_none_or(|&first| first == 0) {
            return Err(KeyError::Malformed { what: "n" });
        }
        let bits = bits(n);
        if bits < RSA_MIN_BITS {
            return Err(KeyError::TooShort { bits, minimum: RSA_MIN_BITS });
        }
        if bits > RSA_MAX_BITS {
            return Err(KeyError::TooLong { bits, maximum: RSA_MAX_BITS });
        }
        if e.first().is_none_or(|&first| first == 0) {
            return Err(KeyError::Malformed { what: "e" });
        }
        let odd = |number: &[u8]| number.last().is_some_and(|last| last & 1 == 1);
        let in_range = e.len() < 5 || (e.len() == 5 && e.first() == Some(&1));
        if !odd(e) || !in_range || e == [1] {
            return Err(KeyError::Exponent);
        }
        // A product of odd primes.
        if odd(n) { Ok(()) } else { Err(KeyError::Malformed { what: "n" }) }
    }

    /// Whether a key of this kind can do `algorithm` (RFC 8725, section 3.1; RFC 7518, section 3.4 for the curves).
    pub(crate) fn fits(&self, algorithm: Algorithm) -> bool {
        match self {
            Self::Oct { .. } => algorithm.family() == Family::Hmac,
            Self::Rsa { .. } => algorithm.family() == Family::Rsa,
            Self::Ec { curve, .. } | Self::Okp { curve, .. } => curve.algorithm() == Some(algorithm),
            Self::Akp { algorithm: own, .. } => *own == algorithm,
        }
    }

    /// The one algorithm that a key of this kind can do, if it is only one.
    const fn only_algorithm(&self) -> Option<Algorithm> {
        match self {
            Self::Oct { .. } | Self::Rsa { .. } => None,
            Self::Ec { curve, .. } | Self::Okp { curve, .. } => curve.algorithm(),
            Self::Akp { algorithm, .. } => Some(*algorithm),
        }
    }

    /// What a key of this kind is called in an error.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Oct { .. } => "a symmetric key",
            Self::Rsa { .. } => "RSA",
            Self::Ec { curve, .. } | Self::Okp { curve, .. } => curve.as_str(),
            Self::Akp { algorithm, .. } => algorithm.as_str(),
        }
    }
}

/// The private numbers of an RSA key (RFC 7518, section 6.3.2).
#[derive(Clone)]
pub(crate) struct RsaPrivate {
    pub(crate) d: Octets,
    /// All five or none (section 6.3.2).
    pub(crate) crt: Option<RsaCrt>,
}

/// The primes and what follows from them.
#[derive(Clone)]
pub(crate) struct RsaCrt {
    pub(crate) p: Octets,
    pub(crate) q: Octets,
    pub(crate) dp: Octets,
    pub(crate) dq: Octets,
    pub(crate) qi: Octets,
}

impl RsaPrivate {
    fn member(&self, name: &str) -> Option<&[u8]> {
        if name == "d" {
            return Some(&self.d);
        }
        let crt = self.crt.as_ref()?;
        match name {
            "p" => Some(&crt.p),
            "q" => Some(&crt.q),
            "dp" => Some(&crt.dp),
            "dq" => Some(&crt.dq),
            "qi" => Some(&crt.qi),
            _ => None,
        }
    }
}

/// The curves that have a name in the JOSE registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
    P521,
    Secp256k1,
    Ed25519,
    Ed448,
    X25519,
    X448,
}

impl Curve {
    const EC: &[Self] = &[Self::P256, Self::P384, Self::P521, Self::Secp256k1];
    const OKP: &[Self] = &[Self::Ed25519, Self::Ed448, Self::X25519, Self::X448];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::Secp256k1 => "secp256k1",
            Self::Ed25519 => "Ed25519",
            Self::Ed448 => "Ed448",
            Self::X25519 => "X25519",
            Self::X448 => "X448",
        }
    }

    /// The octets of a coordinate, of a private number and of an OKP key (RFC 7518, section 6.2.1.2; RFC 8037, section 2).
    pub(crate) const fn octets(self) -> usize {
        match self {
            Self::P256 | Self::Secp256k1 | Self::Ed25519 | Self::X25519 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
            Self::Ed448 => 57,
            Self::X448 => 56,
        }
    }

    /// The one signature algorithm on this curve; none on those for key agreement.
    pub(crate) const fn algorithm(self) -> Option<Algorithm> {
        match self {
            Self::P256 => Some(Algorithm::ES256),
            Self::P384 => Some(Algorithm::ES384),
            Self::P521 => Some(Algorithm::ES512),
            Self::Secp256k1 => Some(Algorithm::ES256K),
            Self::Ed25519 => Some(Algorithm::Ed25519),
            Self::Ed448 => Some(Algorithm::Ed448),
            Self::X25519 | Self::X448 => None,
        }
    }
}

/// RFC 7518, section 3.3: "A key of size 2048 bits or larger MUST be used".
pub(crate) const RSA_MIN_BITS: usize = 2048;
/// What ring takes; verifying costs time with the square of it, and no issuer uses more than 4096.
pub(crate) const RSA_MAX_BITS: usize = 8192;
