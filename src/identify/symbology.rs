//! Kinds of printed codes.

use serde::{Deserialize, Serialize};

/// A kind of printed code that is read on labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Symbology {
    /// Data Matrix ECC 200.
    DataMatrix,
    /// QR code.
    Qr,
    /// Code 128.
    #[serde(rename = "code-128")]
    Code128,
}

impl Symbology {
    /// The word for the operator: `Data Matrix`, `QR code`, `Code 128`.
    pub fn words(self) -> &'static str {
        match self {
            Self::DataMatrix => "Data Matrix",
            Self::Qr => "QR code",
            Self::Code128 => "Code 128",
        }
    }
}
