//! [`Prompt`] and [`Display`]: what the user is to see.

use crate::identifiers::Scope;

/// What the server is to ask the user (OpenID Connect Core, section 3.1.2.1; Initiating User Registration, section 4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Prompt {
    /// Nothing at all: answer with an error if the user would have to do anything.
    None,
    /// To log in again.
    Login,
    /// To consent again.
    Consent,
    /// Which account to use.
    SelectAccount,
    /// To make an account.
    Create,
    /// Something of the server's own: a word.
    Other(Scope),
}

impl Prompt {
    /// The word in `prompt`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::None => "none",
            Self::Login => "login",
            Self::Consent => "consent",
            Self::SelectAccount => "select_account",
            Self::Create => "create",
            Self::Other(word) => word.as_str(),
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "none" => Self::None,
            "login" => Self::Login,
            "consent" => Self::Consent,
            "select_account" => Self::SelectAccount,
            "create" => Self::Create,
            other => Self::Other(Scope::parse(other).ok()?),
        })
    }
}

/// How the server is to show its pages (OpenID Connect Core, section 3.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Display {
    /// As a page of its own.
    Page,
    /// In a popup window.
    Popup,
    /// For a device with a touch screen.
    Touch,
    /// For a feature phone.
    Wap,
}

impl Display {
    /// The value of `display`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Popup => "popup",
            Self::Touch => "touch",
            Self::Wap => "wap",
        }
    }

    /// The display of this name, or `None`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Page, Self::Popup, Self::Touch, Self::Wap].into_iter().find(|display| display.as_str() == name)
    }
}
